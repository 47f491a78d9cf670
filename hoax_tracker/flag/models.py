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

    A newer program ships a newer model, and the file of the one before is gone.
    """
    used = active()
    return register(shipped(), now, activate=used is None or not (folder() / used.file_name).exists())


def adopt(path: Path, now: datetime) -> ModelVersion:
    """Copy a trained model file into this instance and put it into use, in the current transaction.

    Raises ArtefactError, before anything is copied, where it is no model of this program.
    """
    from classifiers.artefact import load

    digest = digest_of(path)
    load(path)
    target = folder() / f"{digest[:16]}.skops"
    target.parent.mkdir(mode=0o700, exist_ok=True)
    shutil.copyfile(path, target)
    version = register(target, now, activate=True)
    version.file_name = target.name
    return version


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
        )
        db.session.add(version)
    if activate:
        db.session.execute(sa.update(ModelVersion).values(is_active=False))
        version.is_active = True
    db.session.flush()
    return version


def active() -> ModelVersion | None:
    """Return the version in use."""
    return db.session.scalar(sa.select(ModelVersion).where(ModelVersion.is_active))


def bundle_of(version: ModelVersion) -> Bundle:
    """Return the loaded model of a version, from this instance's folder or from the program."""
    own = folder() / version.file_name
    return loaded(own if own.exists() else shipped(), version.digest)


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file in hex."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


@lru_cache(maxsize=2)
def loaded(path: Path, _digest: str) -> Bundle:
    """Return the model in the file; the digest is part of the key, so a replaced file is read anew."""
    from classifiers.artefact import load  # scikit-learn comes along: only where a model is used

    return load(path)
