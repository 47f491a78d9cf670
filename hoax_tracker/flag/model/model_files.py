"""The model files: the active model is the shipped bundle, or the version an administrator activated.

It is loaded once a process, and again only when another version becomes active. A host without the file of a version
fetches it from the database (model_rows.py).
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from hoax_tracker.core.current import current_settings
from hoax_tracker.core.database.transactions import read_transaction
from hoax_tracker.core.paths import data_file_path
from hoax_tracker.flag.model import model_rows
from hoax_tracker.models import ModelVersion, UtcDateTime, db

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
    from classifiers.flagger.artefact import load_bundle

    model_rows.require_storable_size(path)
    digest = file_digest(path)
    load_bundle(path)
    target = own_models_folder() / model_rows.copy_name(digest)
    if digest != file_digest(shipped_model_path()):
        target.parent.mkdir(mode=0o700, exist_ok=True)
        if not target.exists() or file_digest(target) != digest:
            model_rows.write_whole(target, path.read_bytes())
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
        model_rows.store_file(version, path)
        model_rows.forget_old_files()
        model_rows.delete_old_copies(own_models_folder(), version)
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

    if not has_its_file(version) and (why := model_rows.fetch_file(version, _place_of(version))):
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
    return own_models_folder() / model_rows.copy_name(version.digest)


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
