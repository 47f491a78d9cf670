"""The model files: the active model is the shipped bundle, or the version an administrator activated.

It is loaded once a process, and again only when another version becomes active. The host that fits a version stores its
file in the database as rows, and the others fetch it from there. The file in a host's data folder is a copy: it counts
only where its digest is the version's, and goes when its row does.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import time
from contextlib import suppress
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from hoax_tracker.core.audit.audit_log import AuditAct, register_acts
from hoax_tracker.core.database.transactions import read_transaction
from hoax_tracker.core.extensions import current_settings
from hoax_tracker.core.paths import data_file_path
from hoax_tracker.errors import ModelUnusableError
from hoax_tracker.models import AuditEvent, ModelFile, ModelVersion, UtcDateTime, db

USED_LATELY = 3
"""The versions last put into use, whose files are stored, too: somebody may want to go back."""
STORED = 10
"""The newest versions whose files are stored beside that of the one in use: a new one may come every day."""
MODEL_SIZE_LIMIT_BYTES = 100_000_000
"""Of a stored file, twenty times the shipped one: every host that fetches it holds it in memory whole."""
ABANDONED_AFTER_S = 3600.0
"""A file that is still being written by then was left by a process that was killed."""


register_acts(
    AuditAct("model_activated", _l("memakai %(what)s")),
    AuditAct("model_fell_back", _l("kembali ke %(what)s karena yang dipakai rusak atau hilang")),
    actor=_l("Program"),
)


def store_file(version: ModelVersion, path: Path) -> None:
    """Store the bytes of a version in the current transaction, replacing earlier ones. Raises ArtefactError."""
    _require_storable_size(path)
    db.session.execute(sa.delete(ModelFile).where(ModelFile.version_id == version.id))
    db.session.execute(sa.insert(ModelFile), {"version_id": version.id, "content": path.read_bytes()})


def _require_storable_size(path: Path) -> None:
    """Raise ArtefactError where a file is too large for a row."""
    from classifiers.flagger.artefact import ArtefactError

    size = path.stat().st_size
    if size > MODEL_SIZE_LIMIT_BYTES:
        raise ArtefactError(f"{path}: {size} byte, paling besar {MODEL_SIZE_LIMIT_BYTES}: tidak disimpan")


def forget_old_files() -> None:
    """Delete the stored files of all but the newest versions and the active one, in the current transaction."""
    db.session.execute(sa.delete(ModelFile).where(ModelFile.version_id.in_(_old_versions_query())))


def _old_versions_query() -> sa.Select[int]:
    """Return the query for the ids of versions that are neither among the newest, nor in use now or until lately."""
    newest = sa.select(ModelVersion.id).order_by(ModelVersion.id.desc()).limit(STORED)
    acts = sa.select(AuditEvent.subject).where(AuditEvent.action == "model_activated")
    used_lately = acts.order_by(AuditEvent.id.desc()).limit(USED_LATELY)
    subject = sa.literal("model:") + sa.cast(ModelVersion.id, sa.String)
    return sa.select(ModelVersion.id).where(
        ModelVersion.id.not_in(newest), ~ModelVersion.is_active, subject.not_in(used_lately)
    )


def delete_old_copies(folder: Path, wanted: ModelVersion) -> None:
    """Delete this host's copies of versions that are stored no longer, and what killed processes left half written.

    ``wanted``: the version that somebody asks for just now, old or not. Files that no version names are not ours to
    delete.
    """
    names: dict[bool, set[str]] = {True: set(), False: set()}
    is_old = sa.and_(ModelVersion.id.in_(_old_versions_query()), ModelVersion.id != wanted.id)
    for old, file_name, digest in db.session.execute(sa.select(is_old, ModelVersion.file_name, ModelVersion.digest)):
        names[bool(old)] |= {file_name, copy_name(digest)}
    with suppress(OSError):  # another process deletes the same
        for path in folder.iterdir():
            if _is_abandoned(path) or path.name in names[True] - names[False]:
                path.unlink()


def _is_abandoned(path: Path) -> bool:
    """Tell whether a file was being written long ago (``_write_whole``, and ``save_bundle`` likewise)."""
    is_aside = path.name.startswith(".") and ".skops." in path.name
    return is_aside and time.time() - path.stat().st_mtime > ABANDONED_AFTER_S


def copy_name(digest: str) -> str:
    """Return the name of a fetched file; no other version shares it."""
    return f"{digest[:16]}.skops"


def is_stored(version: ModelVersion) -> bool:
    """Tell whether the file of a version is in the database."""
    return db.session.scalar(sa.select(sa.exists().where(ModelFile.version_id == version.id))) or False


def list_damaged_files() -> list[int]:
    """Return the ids of versions whose stored file is not the registered one."""
    query = sa.select(ModelVersion.id, ModelVersion.digest, ModelFile.content).join(ModelFile).order_by(ModelVersion.id)
    stored = db.session.execute(query.execution_options(yield_per=1))
    return [key for key, digest, content in stored if _content_digest(content) != digest]


def _content_digest(content: bytes) -> str:
    """Return the SHA-256 of a file's bytes in hex."""
    return hashlib.sha256(content).hexdigest()


def _fetch_file(version: ModelVersion, target: Path) -> str:
    """Write the stored file of a version to ``target`` atomically; return why that cannot be, "" where it was written.

    What has another digest than the registered one is never written. Raises ModelUnusableError where this host cannot
    write it.
    """
    content = db.session.scalar(sa.select(ModelFile.content).where(ModelFile.version_id == version.id))
    if content is None:
        return "tidak tersimpan di basis data"
    if (digest := _content_digest(content)) != version.digest:
        return f"yang di basis data bukan yang terdaftar (sidik {digest[:12]}, terdaftar {version.digest[:12]})"
    try:
        target.parent.mkdir(mode=0o700, exist_ok=True)
        delete_old_copies(target.parent, version)
        _write_whole(target, content)
    except OSError as error:
        raise ModelUnusableError(f"model {version.id} cannot be written to {target}: {error.strerror}") from error
    return ""


def _write_whole(target: Path, content: bytes) -> None:
    """Write a file aside and rename it, so that a reader sees the old or the new one."""
    handle, aside = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(aside).replace(target)
    finally:
        Path(aside).unlink(missing_ok=True)


KEPT_METADATA = ("data_hash", "code_version", "base_digest", "rows")
"""What of a file's own account is kept in its row."""

if TYPE_CHECKING:
    from classifiers.flagger.artefact import Bundle


def shipped_model_path() -> Path:
    """Return the path of the shipped model."""
    return data_file_path("models", "base.skops")


def own_models_folder() -> Path:
    """Return the folder of this instance's own models."""
    return Path(current_settings().data_folder) / "models"


def preload_shipped_model() -> None:
    """Load the shipped model before any lock is taken: it takes seconds."""
    digest = file_digest(shipped_model_path())
    with read_transaction():
        version_id = db.session.scalar(sa.select(ModelVersion.id).where(ModelVersion.digest == digest))
        db.session.rollback()
    if version_id is None:
        load_cached_bundle(shipped_model_path(), digest)


def register_shipped_model(now: datetime) -> ModelVersion:
    """Register the shipped model in the current transaction; it becomes active unless this instance uses its own.

    A newer program ships a newer model, and the file of the old one is gone. A model of this instance that adapts
    another base, or that this program cannot read, gives way too; a new one is proposed.
    """
    used = find_active_version()
    version = register_model_file(shipped_model_path(), now, activate=used is None or bool(model_fault(used)))
    if is_outdated():
        version.registered_at = now  # an older program was set up again, and is now the one that counts
        db.session.flush()
    return version


def is_outdated() -> bool:
    """Tell whether a program with another shipped model was set up after this one: another host runs a newer program.

    A program that was never set up here is not outdated: it was installed over the one before.
    """
    try:
        ours = db.session.scalar(
            sa.select(ModelVersion).where(ModelVersion.digest == file_digest(shipped_model_path()))
        )
    except OSError:
        return False
    if ours is None:
        return False
    later = sa.tuple_(ModelVersion.registered_at, ModelVersion.id) > sa.tuple_(
        sa.literal(ours.registered_at, UtcDateTime), sa.literal(ours.id)
    )
    return bool(
        db.session.scalar(sa.select(sa.exists().where(ModelVersion.file_name == shipped_model_path().name, later)))
    )


def model_fault(version: ModelVersion) -> str:
    """Return why this program cannot use a version; "" where it can."""
    from classifiers.flagger.artefact import ArtefactError

    base = (version.about or {}).get("base_digest")
    if base and shipped_model_path().exists() and base != file_digest(shipped_model_path()):
        return f"{version.file_name}: menyesuaikan model dasar yang bukan lagi model dasar program ini"
    try:
        load_version_bundle(version)
    except ArtefactError as error:
        return str(error)
    return ""


def import_model_file(path: Path, now: datetime) -> ModelVersion:
    """Copy a trained model file into this instance and register it in the current transaction, inactive.

    Raises ArtefactError, before anything is copied, where it is no model of this program.
    """
    _require_storable_size(path)
    digest = file_digest(path)
    load_cached_bundle(path, digest)
    target = own_models_folder() / copy_name(digest)
    if digest != file_digest(shipped_model_path()):
        target.parent.mkdir(mode=0o700, exist_ok=True)
        if not target.exists() or file_digest(target) != digest:
            _write_whole(target, path.read_bytes())
    return register_model_file(target if target.exists() else shipped_model_path(), now, activate=False)


def register_model_file(path: Path, now: datetime, *, activate: bool) -> ModelVersion:
    """Register a model file by its digest, with its metrics and thresholds; store the file of an own model."""
    digest = file_digest(path)
    version = db.session.scalar(sa.select(ModelVersion).where(ModelVersion.digest == digest))
    if version is None:
        bundle = load_cached_bundle(path, digest)
        version = ModelVersion(
            digest=digest,
            name=str(bundle.meta.get("name", path.stem)),
            file_name=path.name,
            metrics=dict(bundle.meta.get("metrics", {})),
            thresholds=dict(bundle.thresholds),
            registered_at=now,
            trained_at=_read_training_time(bundle.meta.get("trained_at")),
            about={name: bundle.meta[name] for name in KEPT_METADATA if name in bundle.meta},
        )
        db.session.add(version)
    if activate:
        db.session.execute(sa.update(ModelVersion).values(is_active=False))
        version.is_active = True
    db.session.flush()
    if path != shipped_model_path():
        store_file(version, path)
        forget_old_files()
        delete_old_copies(own_models_folder(), version)
    return version


def _read_training_time(written: object) -> datetime | None:
    """Return when a model was trained according to its file; None where that is unreadable."""
    try:
        return datetime.fromisoformat(str(written))
    except ValueError:
        return None


def find_active_version() -> ModelVersion | None:
    """Return the active version."""
    return db.session.scalar(sa.select(ModelVersion).where(ModelVersion.is_active))


def load_version_bundle(version: ModelVersion) -> Bundle:
    """Return the loaded model of a version: from this host, the database, or the program.

    Raises ArtefactError where the file is gone, replaced or unreadable; ModelUnusableError where this host cannot write
    what it fetched.
    """
    from classifiers.flagger.artefact import ArtefactError

    if not has_its_file(version) and (why := _fetch_file(version, _place_of(version))):
        raise ArtefactError(f"{version.file_name}: berkas di mesin ini hilang atau sudah berubah, dan {why}")
    return load_cached_bundle(model_path(version), version.digest)


def has_its_file(version: ModelVersion) -> bool:
    """Tell whether this host has the exact file of a version, readable or not."""
    return _is_file_of(model_path(version), version)


def model_path(version: ModelVersion) -> Path:
    """Return the file of a version: this host's, or the program's."""
    places = (own_models_folder() / Path(version.file_name).name, _place_of(version))
    return next((path for path in places if _is_file_of(path, version)), shipped_model_path())


def _place_of(version: ModelVersion) -> Path:
    """Return where the fetched file of a version is stored; no other version shares the name."""
    return own_models_folder() / copy_name(version.digest)


def _is_file_of(path: Path, version: ModelVersion) -> bool:
    """Tell whether a file is exactly the registered one."""
    try:
        return file_digest(path) == version.digest
    except OSError:
        return False


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file in hex. Raises OSError."""
    stat = path.stat()
    return _cached_file_digest(path, stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=8)
def _cached_file_digest(path: Path, _changed_ns: int, _size: int) -> str:
    """Return the digest of a file, cached until the file changes."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


@lru_cache(maxsize=2)
def load_cached_bundle(path: Path, _digest: str) -> Bundle:
    """Return the model in the file. The digest is part of the cache key, so a replaced file is loaded anew."""
    from classifiers.flagger.artefact import load_bundle  # scikit-learn comes along: only where a model is used

    return load_bundle(path)
