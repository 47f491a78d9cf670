"""The model that is in use: the shipped bundle, or the version an administrator activated.

Loaded once a process, and again only when another version is active.
"""

from __future__ import annotations

import hashlib
import shutil
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa
from flask import current_app

from hoax_tracker.assets import data
from hoax_tracker.models import ModelVersion, db

ABOUT = ("data_hash", "code_version", "base_digest", "rows")
"""What of a file's own account is kept in its row."""

if TYPE_CHECKING:
    from classifiers.artefact import Bundle


def shipped() -> Path:
    """Return the file of the model that comes with the program."""
    return data("models", "base.skops")


def folder() -> Path:
    """Return where this instance keeps models of its own."""
    return Path(current_app.extensions["settings"].data_folder) / "models"


def register_shipped(now: datetime) -> ModelVersion:
    """Make the shipped model known in the current transaction; in use unless this instance uses one of its own.

    A newer program ships a newer model, and the file of the one before is gone. A model of this instance that adapts
    another base than the one shipped now, or that this program cannot read, gives way too; a new one is proposed.
    """
    used = active()
    return register(shipped(), now, activate=used is None or not is_ours(used))


def is_ours(version: ModelVersion) -> bool:
    """Tell whether a version is a file of this instance that this program can use."""
    from classifiers.artefact import ArtefactError

    path = folder() / version.file_name
    base = (version.about or {}).get("base_digest")
    if not path.exists() or (base and base != digest_of(shipped())):
        return False
    try:
        return bool(loaded(path, version.digest))
    except ArtefactError:
        return False


def take_in(path: Path, now: datetime) -> ModelVersion:
    """Copy a trained model file into this instance and make it known in the current transaction, not in use yet.

    Raises ArtefactError, before anything is copied, where it is no model of this program.
    """
    from classifiers.artefact import load

    digest = digest_of(path)
    load(path)
    target = folder() / f"{digest[:16]}.skops"
    if digest != digest_of(shipped()):
        target.parent.mkdir(mode=0o700, exist_ok=True)
        if not target.exists() or digest_of(target) != digest:
            shutil.copyfile(path, target)
    return register(target if target.exists() else shipped(), now, activate=False)


def register(path: Path, now: datetime, *, activate: bool) -> ModelVersion:
    """Make a model file known by its digest, with the metrics and thresholds it carries."""
    digest = digest_of(path)
    version = db.session.scalar(sa.select(ModelVersion).where(ModelVersion.digest == digest))
    if version is None:
        bundle = loaded(path, digest)
        version = ModelVersion(
            digest=digest,
            name=str(bundle.meta.get("name", path.stem)),
            file_name=path.name,
            metrics=dict(bundle.meta.get("metrics", {})),
            thresholds=dict(bundle.thresholds),
            registered_at=now,
            trained_at=moment(bundle.meta.get("trained_at")),
            about={name: bundle.meta[name] for name in ABOUT if name in bundle.meta},
        )
        db.session.add(version)
    if activate:
        db.session.execute(sa.update(ModelVersion).values(is_active=False))
        version.is_active = True
    db.session.flush()
    return version


def moment(written: object) -> datetime | None:
    """Return when a model was trained, as its file says; None where it says nothing that can be read."""
    try:
        return datetime.fromisoformat(str(written))
    except ValueError:
        return None


def active() -> ModelVersion | None:
    """Return the version in use."""
    return db.session.scalar(sa.select(ModelVersion).where(ModelVersion.is_active))


def bundle_of(version: ModelVersion) -> Bundle:
    """Return the loaded model of a version, from this instance's folder or from the program."""
    return loaded(path_of(version), version.digest)


def path_of(version: ModelVersion) -> Path:
    """Return the file of a version: this instance's, or the program's."""
    own = folder() / version.file_name
    return own if own.exists() else shipped()


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file in hex."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


@lru_cache(maxsize=2)
def loaded(path: Path, _digest: str) -> Bundle:
    """Return the model in the file; the digest is part of the key, so a replaced file is read anew."""
    from classifiers.artefact import load  # scikit-learn comes along: only where a model is used

    return load(path)
