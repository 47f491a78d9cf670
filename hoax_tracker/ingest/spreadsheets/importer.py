"""Import of a table of posts: upload, preview with named columns, storage. Each step is a transaction.

Between the steps the file belongs to its administrator; privacy/retention.py deletes abandoned ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext as _

from hoax_tracker.core.audit import audit_log
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.errors import InvalidInputError, NotFoundError
from hoax_tracker.ingest.spreadsheets.posts import ColumnMapping, keep_existing_columns, read_posts_from_table
from hoax_tracker.ingest.spreadsheets.reader import SpreadsheetTable, read_uploaded_table
from hoax_tracker.ingest.storage.store import STORED_AT_ONCE, store_entries
from hoax_tracker.models import Officer, PostsFile, Source, SourceKind, db

"""Posts in one transaction: others that write wait a second or two. What was stored before a fault is known again."""


@dataclass(frozen=True)
class PostsImport:
    """The result of an import."""

    source_id: int
    new: int
    known: int
    problems: tuple[str, ...]


def store_upload(content: bytes, file_name: str, *, by: Officer, now: datetime) -> int:
    """Store the table in a file until its columns are named; return its id. Raises InvalidInputError where it is none.

    Only the table is stored: of a chat it has no names. Its file's name is often that of a person, too.
    """
    table = read_uploaded_table(content)
    file_name = "WhatsApp" if table.is_chat else file_name
    with write_transaction():
        db.session.execute(sa.delete(PostsFile).where(PostsFile.officer_id == by.id))
        row = PostsFile(officer_id=by.id, file_name=file_name[:200], content=table.to_bytes(), added_at=now)
        db.session.add(row)
        db.session.flush()
        return row.id


def require_upload(upload_id: int, by: Officer) -> PostsFile:
    """Return a file that this officer uploaded. Raises NotFoundError."""
    row = db.session.get(PostsFile, upload_id)
    if row is None or row.officer_id != by.id:
        raise NotFoundError(f"upload {upload_id}")
    return row


def load_last_columns(name: str | None) -> dict[str, str]:
    """Return the column names of a source's last table."""
    source = db.session.scalar(sa.select(Source).where(Source.name == name)) if name else None
    return dict(source.columns or {}) if source else {}


def last_posts_source_name() -> str | None:
    """Return the source of the last table: tools export the same columns each time."""
    query = sa.select(Source.name).where(Source.kind == SourceKind.POSTS).order_by(Source.last_fetch_at.desc())
    return db.session.scalar(query.limit(1))


def import_posts(
    table: SpreadsheetTable, mapped: ColumnMapping, name: str, *, by: Officer | None, now: datetime
) -> PostsImport:
    """Store the posts of a table in the named source, creating it if needed. Raises InvalidInputError."""
    mapped = keep_existing_columns(table, mapped)
    if not {"text", "title"} & mapped.keys():
        raise InvalidInputError("no words", user_message=_("Pilih kolom yang memuat isi unggahan."), field="text")
    feed = read_posts_from_table(table, mapped, now)
    source_id, new, duplicates = _ensure_posts_source(name, mapped, feed.problems, now), 0, 0
    for start in range(0, len(feed.entries), STORED_AT_ONCE):
        with write_transaction(None, in_batches=True):
            source = db.session.get_one(Source, source_id)
            stored = store_entries(source, feed.entries[start : start + STORED_AT_ONCE], now)
            new, duplicates = new + len(stored.new), duplicates + stored.duplicates
    with write_transaction():
        source = db.session.get_one(Source, source_id)
        source.last_fetch_at = source.last_success_at = now
        if by is not None:
            db.session.execute(sa.delete(PostsFile).where(PostsFile.officer_id == by.id))
        detail = {"name": name, "new": new, "known": duplicates}
        audit_log.record_event("posts_imported", f"source:{source_id}", officer=by, now=now, detail=detail)
    return PostsImport(source_id, new, duplicates, feed.problems)


def _ensure_posts_source(name: str, mapped: ColumnMapping, problems: tuple[str, ...], now: datetime) -> int:
    """Return the named source of posts, with its columns stored for the next table. Raises InvalidInputError."""
    with write_transaction():
        source = db.session.scalar(sa.select(Source).where(Source.name == name))
        if source is not None and source.kind is not SourceKind.POSTS:
            raise InvalidInputError("name taken", user_message=_("Nama itu sudah dipakai sumber lain."), field="name")
        if source is None:
            source = Source(name=name, kind=SourceKind.POSTS, is_active=False, created_at=now)
            db.session.add(source)
        source.columns, source.problems = dict(mapped), list(problems)
        db.session.flush()
        return source.id
