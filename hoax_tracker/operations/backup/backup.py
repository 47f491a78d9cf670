"""Back up an instance to one file: database, data folder, and the secrets that open sealed contacts.

The archive is a zip file that only its owner may read. It holds ``manifest.json`` (program, migration, rows per table,
end of the audit chain, checksum of every file) and ends with a seal (operations/backup/seal.py). The seal reveals an
archive that was cut short or altered anywhere, or rebuilt without the backup key. Anyone who has the archive can read
reporters' contacts: keep it as safe as the server.

A broken audit chain is backed up as well, because it is evidence. The manifest, the log and the command say where it is
broken.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import secrets
import zipfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Any, NamedTuple

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from sqlalchemy.exc import SQLAlchemyError

from hoax_tracker import __version__, match_index
from hoax_tracker.check.sharing import card_files
from hoax_tracker.core import instance_lock, rate_limiting
from hoax_tracker.core.audit import audit_log
from hoax_tracker.core.audit.audit_log import KEY_FILE as AUDIT_KEY, STAMP_FILE, AuditAct, audit_key_id, register_acts
from hoax_tracker.core.config import secret_files
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.database.fault_messages import first_error_line
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.errors import HoaxTrackerError
from hoax_tracker.models import AuditEvent, db
from hoax_tracker.operations import metrics
from hoax_tracker.operations.backup import seal as backup_seal
from hoax_tracker.operations.backup.database_copy import (
    Copy,
    DatabaseFacts,
    copy_sqlite,
    dump_postgresql,
    is_postgresql,
    sqlite_path,
)

ARCHIVE_FORMAT = 2
MANIFEST_NAME = "manifest.json"
DATABASE_MEMBER = "database"
FILES_PREFIX = "files/"
MODELS = "models"
EXCLUDED_NAMES = (
    instance_lock.LOCK_FILE_NAME,
    match_index.INDEX_FOLDER,
    card_files.CARDS_FOLDER,
    metrics.METRICS_FOLDER,
    rate_limiting.FOLDER,
)
"""What only processes that run need, and what is made anew from the rows."""
COPY_CHUNK_BYTES = 2**20
EXCLUDED_PREFIXES = (
    backup_seal.KEY_FILE,
    AUDIT_KEY,
    STAMP_FILE,
    ".restoring-",
    ".before-",
)
"""The keys that prove archives and the log, with any copy beside them; what a restore leaves in a mount point."""

log = logging.getLogger(__name__)
BackupProgress = Callable[[str, int, int], None]


class BackupFailedError(HoaxTrackerError):
    """No archive was made. The message says why."""

    user_message = _l("Cadangan tidak jadi dibuat. Data yang berjalan tidak berubah.")


class ArchiveExistsError(BackupFailedError):
    """The file is there already; an archive is never overwritten."""

    user_message = _l("Berkas cadangan itu sudah ada dan tidak ditimpa. Pilih nama lain.")


@dataclass(frozen=True)
class ArchiveMember:
    """A file of the archive."""

    size: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """The contents of an archive and its origin.

    ``contact_key``, ``backup_key`` and ``audit_key`` are fingerprints.
    """

    format: int
    program: str
    made_at: str
    database: str
    facts: DatabaseFacts
    contact_key: str
    files: dict[str, ArchiveMember]
    backup_key: str = ""
    audit_key: str = ""


def create_backup(settings: Settings, target: Path, now: datetime, progress: BackupProgress) -> tuple[Manifest, str]:
    """Write the archive while the instance runs. Return its manifest, and the seal to keep elsewhere.

    Raises BackupFailedError; no archive then remains, not even a partial one.
    """
    if target.exists():
        raise ArchiveExistsError(f"{target} is there already")
    aside = target.with_name(f".{target.name}.{secrets.token_hex(4)}.partial")
    try:
        key = backup_seal.backup_key(settings)
        with instance_lock.lock_instance_shared(settings.data_folder):
            manifest = _write_archive(settings, aside, now, progress)
        seal = backup_seal.put_seal(aside, key)
        aside.rename(target)
    except BackupFailedError:
        raise
    except (OSError, HoaxTrackerError, SQLAlchemyError) as error:
        raise BackupFailedError(describe_backup_error(error)) from error
    finally:
        aside.unlink(missing_ok=True)
    if manifest.facts.audit_warning:
        log.error("%s: %s", target, manifest.facts.audit_warning)
    return manifest, seal


def describe_backup_error(error: Exception) -> str:
    """Describe an error: in the system's words for a file or a disk, in the database driver's, or in ours."""
    if isinstance(error, SQLAlchemyError):
        return first_error_line(error)
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}: {error.filename}" if error.filename else error.strerror
    return str(error)


def _write_archive(settings: Settings, aside: Path, now: datetime, progress: BackupProgress) -> Manifest:
    """Write everything but the seal.

    The database comes first: the files that it names still exist afterwards, or later ones do.
    """
    files: dict[str, ArchiveMember] = {}
    with (
        _open_private_file(aside) as file,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
    ):
        progress(DATABASE_MEMBER, 0, 0)
        with copy_database(settings, aside) as copy:
            files[DATABASE_MEMBER] = _add_to_archive(archive, DATABASE_MEMBER, copy.content, progress)
        paths = list(files_to_back_up(settings))
        for number, path in enumerate(paths, 1):
            progress("files", number, len(paths))
            name = FILES_PREFIX + path.relative_to(settings.data_folder).as_posix()
            try:
                if _is_row(path, settings, copy.model_digests):
                    continue
                with path.open("rb") as content:
                    files[name] = _add_to_archive(archive, name, content)
            except FileNotFoundError:
                continue  # deleted since it was listed
        manifest = Manifest(
            ARCHIVE_FORMAT,
            __version__,
            now.isoformat(),
            database_kind(settings),
            copy.facts,
            key_fingerprint(settings.contact_key),
            files,
            backup_seal.fingerprint_of(backup_seal.backup_key(settings)),
            audit_key_id(settings.audit_key),
        )
        archive.writestr(MANIFEST_NAME, json.dumps(asdict(manifest), indent=1))
        archive.comment = b"0" * backup_seal.SEAL
    return manifest


def database_kind(settings: Settings) -> str:
    """Return the database's name in the manifest."""
    return "postgresql" if is_postgresql(settings) else "sqlite"


def _is_row(path: Path, settings: Settings, model_digests: frozenset[str]) -> bool:
    """Tell whether a file is a model that the copied database holds.

    Such a file is fetched from the database when it is missing.
    """
    if path.parent != settings.data_folder / MODELS:
        return False
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() in model_digests


def copy_database(settings: Settings, aside: Path) -> AbstractContextManager[Copy]:
    """Return a snapshot of the database."""
    if is_postgresql(settings):
        return dump_postgresql(settings)
    return copy_sqlite(settings, aside.with_suffix(".sqlite3"))


def files_to_back_up(settings: Settings) -> Iterator[Path]:
    """Yield the files of the data folder except the database, its companions, and what is never packed."""
    database = None if is_postgresql(settings) else sqlite_path(settings)
    for path in sorted(settings.data_folder.rglob("*")):
        top = path.relative_to(settings.data_folder).parts[0]
        is_database = database is not None and path.parent == database.parent and path.name.startswith(database.name)
        if path.is_file() and not is_database and not _is_excluded(top):
            yield path


def _is_excluded(name: str) -> bool:
    """Tell whether what has this name in the data folder is never packed."""
    return name in EXCLUDED_NAMES or name.startswith(EXCLUDED_PREFIXES) or secret_files.is_left_over(name)


def _add_to_archive(
    archive: zipfile.ZipFile, name: str, content: IO[bytes], progress: BackupProgress | None = None
) -> ArchiveMember:
    """Copy bytes into the archive. Return their size and checksum."""
    digest, size = hashlib.sha256(), 0
    with archive.open(name, "w", force_zip64=True) as out:
        while chunk := content.read(COPY_CHUNK_BYTES):
            digest.update(chunk)
            size += len(chunk)
            out.write(chunk)
            if progress is not None:
                progress(f"{name} {size // 2**20} MB", 0, 0)
    return ArchiveMember(size, digest.hexdigest())


@contextmanager
def _open_private_file(path: Path) -> Iterator[IO[bytes]]:
    """Yield a new file that only its owner may read. It is flushed to the disk at the end."""
    with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())


def key_fingerprint(key: str) -> str:
    """Return a fingerprint that tells two keys apart without revealing them."""
    return hashlib.sha256(b"contact key|" + key.encode()).hexdigest()[:16]


MADE = "backup_made"
RESTORED = "backup_restored"
STALE_AFTER = timedelta(days=7)
"""The timer of deploy/ makes one each night: after a week without, somebody has to look."""

register_acts(
    AuditAct(MADE, _l("membuat cadangan")),
    AuditAct(RESTORED, _l("memulihkan layanan dari cadangan")),
    actor=_l("Program"),
)


class LastBackup(NamedTuple):
    """When the last backup was made, None where none ever was, and whether one is due."""

    made_at: datetime | None
    is_due: bool


def record_backup(now: datetime, **detail: Any) -> None:
    """Record that an archive was made: whoever has it can read what only officers may."""
    with write_transaction():
        audit_log.record_event(MADE, "backup", officer=None, now=now, detail=detail)


def record_restore(now: datetime, **detail: Any) -> None:
    """Record, in the restored log, that an archive took the place of an instance: what came after it is gone there."""
    with write_transaction():
        audit_log.record_event(RESTORED, "backup", officer=None, now=now, detail=detail)


def find_last_backup(now: datetime) -> LastBackup:
    """Return when the last backup was made."""
    newest = sa.select(AuditEvent.at).where(AuditEvent.action == MADE).order_by(AuditEvent.id.desc()).limit(1)
    made_at = db.session.scalar(newest)
    return LastBackup(made_at, made_at is None or now - made_at > STALE_AFTER)
