"""The files of this instance's own models as rows: the host that fitted one stores it, the others fetch it.

A file in a host's data folder is a copy. It counts only where its digest is the version's.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

import sqlalchemy as sa

from hoax_tracker.errors import ModelUnusableError
from hoax_tracker.models import ModelFile, ModelVersion, db

STORED = 10
"""The newest versions whose files are stored beside that of the one in use: a new one may come every day."""


def store_file(version: ModelVersion, path: Path) -> None:
    """Store the bytes of a version in the current transaction, replacing earlier ones."""
    db.session.execute(sa.delete(ModelFile).where(ModelFile.version_id == version.id))
    db.session.execute(sa.insert(ModelFile), {"version_id": version.id, "content": path.read_bytes()})


def forget_old_files() -> None:
    """Delete the stored files of all but the newest versions and the active one, in the current transaction."""
    newest = sa.select(ModelVersion.id).order_by(ModelVersion.id.desc()).limit(STORED)
    used = sa.select(ModelVersion.id).where(ModelVersion.is_active)
    old = sa.and_(ModelFile.version_id.not_in(newest), ModelFile.version_id.not_in(used))
    db.session.execute(sa.delete(ModelFile).where(old))


def is_stored(version: ModelVersion) -> bool:
    """Tell whether the file of a version is in the database."""
    return db.session.scalar(sa.select(sa.exists().where(ModelFile.version_id == version.id))) or False


def fetch_file(version: ModelVersion, target: Path) -> bool:
    """Write the stored file of a version to ``target`` atomically; False where it is missing or damaged.

    Raises ModelUnusableError where this host cannot write it.
    """
    content = db.session.scalar(sa.select(ModelFile.content).where(ModelFile.version_id == version.id))
    if content is None or hashlib.sha256(content).hexdigest() != version.digest:
        return False
    try:
        target.parent.mkdir(mode=0o700, exist_ok=True)
        write_whole(target, content)
    except OSError as error:
        raise ModelUnusableError(f"model {version.id} cannot be written to {target}: {error.strerror}") from error
    return True


def write_whole(target: Path, content: bytes) -> None:
    """Write a file aside and rename it, so that a reader sees the old or the new one."""
    handle, aside = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(aside).replace(target)
    finally:
        Path(aside).unlink(missing_ok=True)
