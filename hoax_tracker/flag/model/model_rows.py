"""The files of this instance's own models as rows: the host that fitted one stores it, the others fetch it.

A file in a host's data folder is a copy. It counts only where its digest is the version's, and goes when its row does.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from hoax_tracker.core.audit.acts import AuditAct, register_acts
from hoax_tracker.errors import ModelUnusableError
from hoax_tracker.models import AuditEvent, ModelFile, ModelVersion, db

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
    require_storable_size(path)
    db.session.execute(sa.delete(ModelFile).where(ModelFile.version_id == version.id))
    db.session.execute(sa.insert(ModelFile), {"version_id": version.id, "content": path.read_bytes()})


def require_storable_size(path: Path) -> None:
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
    """Tell whether a file was being written long ago (``write_whole``, and ``save_bundle`` likewise)."""
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


def fetch_file(version: ModelVersion, target: Path) -> str:
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
        write_whole(target, content)
    except OSError as error:
        raise ModelUnusableError(f"model {version.id} cannot be written to {target}: {error.strerror}") from error
    return ""


def write_whole(target: Path, content: bytes) -> None:
    """Write a file aside and rename it, so that a reader sees the old or the new one."""
    handle, aside = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(aside).replace(target)
    finally:
        Path(aside).unlink(missing_ok=True)
