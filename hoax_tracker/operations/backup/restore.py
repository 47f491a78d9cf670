"""Restore an instance from an archive after verifying everything in it beside the running instance.

1. The seal, the manifest and every checksum must be right; the program, the kind of database and the contact key must
   fit. Where the seal cannot prove who built the archive (an older program did, or its backup key is not here), a
   person must accept that, as well as an audit log that was broken when the archive was made.
2. The database is loaded beside the present one; its rows and its audit chain must be those of the manifest.
3. Only then are both swapped, and the old ones are kept beside. A failure before this step leaves everything unchanged.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from hoax_tracker.core import instance_lock
from hoax_tracker.core.audit.audit_log import KEY_FILE as AUDIT_KEY, audit_key_id
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.database.schema_version import is_older_than_all, known_revisions
from hoax_tracker.errors import HoaxTrackerError
from hoax_tracker.operations.backup import seal
from hoax_tracker.operations.backup.backup import (
    ARCHIVE_FORMAT,
    COPY_CHUNK_BYTES,
    DATABASE_MEMBER,
    FILES_PREFIX,
    MANIFEST_NAME,
    ArchiveMember,
    BackupProgress,
    Manifest,
    database_kind,
    describe_backup_error,
    key_fingerprint,
)
from hoax_tracker.operations.backup.database_copy import (
    DatabaseFacts,
    check_sqlite,
    count_rows,
    is_postgresql,
    open_engine,
    opened_file,
    require_confirmed,
    sqlite_path,
)
from hoax_tracker.operations.backup.swap import (
    RestorePaths,
    SwapAction,
    prepare_postgresql_swap,
    prepare_sqlite_swap,
    require_same_facts,
)

FORMATS = (1, ARCHIVE_FORMAT)
COUNTED_TABLES = ("audit_event", "report")
"""What people ask for first after a restore: which acts and which reports are only in the old instance."""
KEPT_KEYS = (seal.KEY_FILE, AUDIT_KEY)
DAMAGE_ERRORS = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    RuntimeError,
)


class RestoreRefusedError(HoaxTrackerError):
    """The archive was not used. The message says why."""

    user_message = _l("Cadangan itu tidak dipakai. Data yang sekarang tidak disentuh.")


@dataclass(frozen=True)
class RestoreResult:
    """What was restored, and where the old instance is kept.

    ``kept`` is None where there was no old instance or nothing was swapped. ``unproven`` says why nobody can prove that
    this instance made the archive; it is empty where the seal proves it. ``later`` says how many rows of COUNTED_TABLES
    the old instance had more than the archive, None where it could not be read.
    """

    manifest: Manifest
    kept: str | None = None
    unproven: str = ""
    later: Mapping[str, int] | None = None


def restore_backup(
    settings: Settings,
    path: Path,
    environ: Mapping[str, str],
    now: datetime,
    progress: BackupProgress,
    *,
    swap: bool = True,
    unproven: bool = False,
) -> RestoreResult:
    """Verify an archive. Where ``swap`` is set, put it in the place of the instance.

    Raises RestoreRefusedError or InstanceInUseError.

    Without ``swap`` the instance is not touched, so it may run meanwhile. ``unproven`` also accepts an archive without
    proof that this instance made it.
    """
    hold = instance_lock.lock_instance_exclusively if swap else instance_lock.lock_instance_shared
    try:
        with hold(settings.data_folder):
            return _verify_and_swap(settings, path, environ, now, progress, swap, unproven)
    except (RestoreRefusedError, instance_lock.InstanceInUseError):
        raise
    except (OSError, HoaxTrackerError, sa.exc.SQLAlchemyError) as error:
        raise RestoreRefusedError(describe_backup_error(error)) from error


def _verify_and_swap(
    settings: Settings,
    path: Path,
    environ: Mapping[str, str],
    now: datetime,
    progress: BackupProgress,
    swap: bool,
    unproven: bool,
) -> RestoreResult:
    """Do the three steps, and always remove the staged files."""
    progress("seal", 0, 0)
    _require_whole(path)
    with _open_archive(path) as (archive, manifest):
        doubt = _doubt_of(path, manifest, seal.known_backup_key(settings)) or _audit_doubt_of(manifest, settings)
        doubt = "; ".join(filter(None, (doubt, manifest.facts.audit_warning)))
        if doubt and not unproven:
            raise RestoreRefusedError(f"{path}: {doubt}. To restore it all the same: --unproven")
        _require_compatible_backup(manifest, settings)
        beside = RestorePaths.of(settings.data_folder, now)
        try:
            _unpack_archive(archive, manifest, beside.staged, progress)
            _require_contact_key(manifest, beside.staged, environ)
            _carry_kept_keys(settings, beside.staged)
            progress("database", 0, 0)
            with _load_staged_database(settings, manifest, beside, unproven=unproven) as swap_database:
                later = _count_later_rows(settings, manifest) if swap else None
                former_path = swap_database() if swap else None
            return RestoreResult(manifest, former_path, doubt, later)
        finally:
            shutil.rmtree(beside.staged, ignore_errors=True)


def _count_later_rows(settings: Settings, manifest: Manifest) -> dict[str, int] | None:
    """Return how many rows of COUNTED_TABLES the present database has more than the archive.

    None where it cannot be read: that it is missing or damaged is a reason to restore.
    """
    try:
        with _open_present_database(settings) as connection:
            counts = {name: count_rows(connection, name) for name in COUNTED_TABLES}
    except (OSError, HoaxTrackerError, sa.exc.SQLAlchemyError):
        return None
    return {name: max(0, count - manifest.facts.tables.get(name, 0)) for name, count in counts.items()}


@contextmanager
def _open_present_database(settings: Settings) -> Iterator[sa.Connection]:
    """Yield a connection to the database that is about to be replaced. Raises FileNotFoundError, makes no file."""
    if is_postgresql(settings):
        with open_engine(settings.database_url) as engine, engine.connect() as connection:
            yield connection
    else:
        with opened_file(sqlite_path(settings).resolve(strict=True)) as connection:
            yield connection


def _require_whole(path: Path) -> None:
    """Raise RestoreRefusedError unless the file ends with the checksum of everything before it."""
    if not seal.is_whole(path):
        raise RestoreRefusedError(f"{path} is no backup, was cut short, or was altered")


def _doubt_of(path: Path, manifest: Manifest, key: str) -> str:
    """Explain why nobody can prove that this instance made the archive; "" where its seal proves it.

    Raises RestoreRefusedError for an archive that names our backup key but was not sealed with it.
    """
    if manifest.format < ARCHIVE_FORMAT:
        return "an older program made it, whose seal anybody can make: compare the seal or the audit hash noted then"
    if not key:
        return (
            "its seal cannot be checked, because the backup key is not here: bring the file backup_key of the host "
            "that made it, or set HOAX_TRACKER_BACKUP_KEY"
        )
    if seal.is_proven(path, key):
        return ""
    if manifest.backup_key == seal.fingerprint_of(key):
        raise RestoreRefusedError(f"{path} was altered: somebody who has not the backup key built it anew")
    return "it was sealed with another backup key: bring that of the host that made it, or somebody else built it"


def _audit_doubt_of(manifest: Manifest, settings: Settings) -> str:
    """Explain why the seals of the audit log cannot be checked; "" where they can, or none exist."""
    if manifest.audit_key in ("", audit_key_id(settings.audit_key)):
        return ""
    return (
        "its audit log is sealed with another audit key: bring the file audit_key of the host that made it, or set "
        "HOAX_TRACKER_AUDIT_KEY; where that is lost: hoax-tracker audit new-key after the restore"
    )


def _audit_key_for(manifest: Manifest, settings: Settings) -> str:
    """Return the key that checks the seals of the audit log, or "" where they cannot be checked."""
    return settings.audit_key if manifest.audit_key == audit_key_id(settings.audit_key) else ""


def _carry_kept_keys(settings: Settings, staged: Path) -> None:
    """Keep the backup key and the audit key of this host: no archive holds them."""
    for name in KEPT_KEYS:
        present = settings.data_folder / name
        if present.exists():
            target = staged / "files" / name
            shutil.copyfile(present, target)
            target.chmod(0o600)


@contextmanager
def _open_archive(path: Path) -> Iterator[tuple[zipfile.ZipFile, Manifest]]:
    """Yield the archive with its manifest. Raises RestoreRefusedError for an unreadable file."""
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive, _read_manifest(archive.read(MANIFEST_NAME))
    except DAMAGE_ERRORS as error:
        raise RestoreRefusedError(f"{path} cannot be read as a backup: {error}") from error


def _read_manifest(text: bytes) -> Manifest:
    """Return the manifest. Raises RestoreRefusedError for another format."""
    content = json.loads(text)
    if content.get("format") not in FORMATS:
        raise RestoreRefusedError(
            f"the backup has format {content.get('format')}, this program reads up to {ARCHIVE_FORMAT}"
        )
    facts = DatabaseFacts(**content.pop("facts"))
    files = {name: ArchiveMember(**member) for name, member in content.pop("files").items()}
    return Manifest(**content, facts=facts, files=files)


def _require_compatible_backup(manifest: Manifest, settings: Settings) -> None:
    """Raise RestoreRefusedError unless this program and this instance can use the archive."""
    if manifest.database != database_kind(settings):
        raise RestoreRefusedError(
            f"the backup is of {manifest.database}, this instance runs on {database_kind(settings)}"
        )
    if manifest.facts.migration not in known_revisions():
        is_outdated = is_older_than_all(manifest.facts.migration)
        made_by = "an older program whose migrations are gone" if is_outdated else "a newer program"
        raise RestoreRefusedError(
            f"the backup is at migration {manifest.facts.migration} of program {manifest.program}: {made_by}"
        )


def _unpack_archive(archive: zipfile.ZipFile, manifest: Manifest, folder: Path, progress: BackupProgress) -> None:
    """Extract and check every file of the manifest below the folder; the database as ``database``."""
    if sorted(archive.namelist()) != sorted([*manifest.files, MANIFEST_NAME]):
        raise RestoreRefusedError("the backup does not hold what its manifest says")
    folder.mkdir(mode=0o700)
    for number, (name, member) in enumerate(manifest.files.items(), 1):
        progress("unpack", number, len(manifest.files))
        target = folder / DATABASE_MEMBER if name == DATABASE_MEMBER else folder / "files" / _inner_path(name)
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with archive.open(name) as content, target.open("xb") as out:
            target.chmod(0o600)
            shutil.copyfileobj(content, out, COPY_CHUNK_BYTES)
        if _measure_file(target) != member:
            raise RestoreRefusedError(f"{name} in the backup is not what its manifest says")
    (folder / "files").mkdir(mode=0o700, exist_ok=True)


def _inner_path(name: str) -> PurePosixPath:
    """Return the path of a file below the data folder.

    Raises RestoreRefusedError for a name that leads out of it, and for a key that no archive may hold.
    """
    path = PurePosixPath(name.removeprefix(FILES_PREFIX))
    if name.removeprefix(FILES_PREFIX) in KEPT_KEYS:
        raise RestoreRefusedError(f"the backup holds a {path.name}: no program of ours packs one")
    if not name.startswith(FILES_PREFIX) or path.is_absolute() or ".." in path.parts or "\\" in name or not path.parts:
        raise RestoreRefusedError(f"the backup holds a file with the name {name!r}")
    return path


def _measure_file(path: Path) -> ArchiveMember:
    with path.open("rb") as file:
        return ArchiveMember(path.stat().st_size, hashlib.file_digest(file, "sha256").hexdigest())


def _require_contact_key(manifest: Manifest, staged: Path, environ: Mapping[str, str]) -> None:
    """Raise RestoreRefusedError where the key that will be used cannot open the restored contacts."""
    key_file = staged / "files" / "contact_key"
    key = environ.get("HOAX_TRACKER_CONTACT_KEY") or (key_file.read_text().strip() if key_file.exists() else "")
    keys = key.split(",")
    # The backup may be from before a rotation: the older keys still open it.
    if manifest.contact_key not in {key_fingerprint(",".join(keys[newer:])) for newer in range(len(keys))}:
        raise RestoreRefusedError(
            "reporters' contacts in the backup are sealed with another key: give it as HOAX_TRACKER_CONTACT_KEY"
        )


@contextmanager
def _load_staged_database(
    settings: Settings, manifest: Manifest, beside: RestorePaths, *, unproven: bool
) -> Iterator[SwapAction]:
    """Yield the swap action once the staged database is loaded and agrees with the manifest.

    One that shows residents what no second person confirmed was changed by hand: only with ``unproven``.
    """
    key = _audit_key_for(manifest, settings)
    if is_postgresql(settings):
        with prepare_postgresql_swap(settings.database_url, beside, manifest.facts, key, unproven=unproven) as swap:
            yield swap
    else:
        require_same_facts(check_sqlite(beside.staged / DATABASE_MEMBER, key), manifest.facts)
        if not unproven:
            with opened_file(beside.staged / DATABASE_MEMBER) as connection:
                require_confirmed(connection)
        yield prepare_sqlite_swap(beside, sqlite_path(settings))
