"""Notes on a claim: plain text between officers. A mentioned officer gets a notice in the app and by mail.

Members of the accused unit cannot read notes, nor be mentioned in them; what they write is a statement for those who
decide. Notes are never edited. The author may delete one; its notices go with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import contains_eager, joinedload, lazyload

from hoax_tracker.claims.recusal import is_accused
from hoax_tracker.core.audit import audit_log
from hoax_tracker.core.audit.tracked_edits import require_row
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.errors import InvalidInputError, NotAllowedError, NotFoundError
from hoax_tracker.models import Claim, Note, NoticeKind, Officer, Unit, db
from hoax_tracker.notifications import notices
from hoax_tracker.privacy.retention import forget_deleted
from hoax_tracker.review.collaboration import mentions
from hoax_tracker.review.collaboration.mentions import MentionSuggestion
from hoax_tracker.review.decisions.service import require_officer, require_unmerged

NOTE_LENGTH_LIMIT = 4_000
NOTES_SHOWN = 50
RESEND_WINDOW = timedelta(minutes=5)


@dataclass(frozen=True)
class WrittenNote:
    """The id of a note and the names of the officers it notified."""

    note_id: int
    told: list[str]


def write_note(claim_id: int, text: str, *, officer: Officer, now: datetime) -> WrittenNote:
    """Write a note on a claim. Sending the same text twice creates one note.

    Raises InvalidInputError for an empty or too long text, an ambiguous mention, or a mention of somebody who may not
    read the note; NotAllowedError for a member of the accused unit.
    """
    with write_transaction():
        claim = db.session.get(Claim, claim_id)
        if claim is None:
            raise NotFoundError(f"claim {claim_id}")
        _require_note_reader(claim, officer)
        require_unmerged(claim)
        note_text = _require_note_text(text)
        if same := _find_repeated_note(claim, note_text, officer, now):
            return WrittenNote(same.id, same.told)
        people = mentions.mentioned_officers(note_text, officer)
        _require_mentioned_readers(claim, people)
        names = [mentioned.name for mentioned in people]
        note = Note(claim_id=claim.id, officer_id=officer.id, text=note_text, told=names, written_at=now)
        db.session.add(note)
        db.session.flush()
        notices.notify_officers(people, NoticeKind.MENTIONED, now, claim_id=claim.id, note_id=note.id)
        detail = {"note": note.id, "told": [mentioned.id for mentioned in people]}
        audit_log.record_event("note_written", f"claim:{claim.id}", officer=officer, now=now, detail=detail)
        return WrittenNote(note.id, names)


def write_statement(claim_id: int, text: str, *, officer: Officer, now: datetime) -> None:
    """Note what an officer of the accused unit says about the claim, and notify those who answer it.

    Sending the same text twice creates one note. Raises InvalidInputError for an empty or too long text,
    NotAllowedError for who is of no accused unit.
    """
    with write_transaction():
        claim = db.session.get(Claim, claim_id)
        if claim is None:
            raise NotFoundError(f"claim {claim_id}")
        require_officer(officer)
        if not is_accused(claim, officer):
            raise NotAllowedError("of no accused unit")
        require_unmerged(claim)
        statement = _require_note_text(text)
        if _find_repeated_note(claim, statement, officer, now):
            return
        note = Note(claim_id=claim.id, officer_id=officer.id, text=statement, told=[], written_at=now)
        db.session.add(note)
        db.session.flush()
        people = [one for one in notices.list_answering_officers(claim.unit_id or 0) if not is_accused(claim, one)]
        notices.notify_officers(people, NoticeKind.MENTIONED, now, claim_id=claim.id, note_id=note.id)
        detail = {"note": note.id, "told": [one.id for one in people]}
        audit_log.record_event("statement_written", f"claim:{claim.id}", officer=officer, now=now, detail=detail)


def delete_note(note_id: int, *, officer: Officer, now: datetime) -> int:
    """Delete the officer's own note and return its claim's id."""
    with write_transaction():
        note = db.session.get(Note, note_id)
        if note is None:
            raise NotFoundError(f"note {note_id}")
        if note.officer_id != officer.id:
            message = _("Hanya %(name)s yang dapat menghapus catatannya sendiri.", name=note.officer.name)
            raise NotAllowedError("not the writer", user_message=message)
        claim_id = note.claim_id
        db.session.delete(note)
        audit_log.record_event("note_deleted", f"claim:{claim_id}", officer=officer, now=now, detail={"note": note_id})
    forget_deleted()
    return claim_id


def suggest_note_mentions(claim_id: int, officer: Officer) -> list[MentionSuggestion]:
    """Return the officers whom a note on the claim may mention, the answering unit's first.

    Members of the accused unit are left out. Raises NotAllowedError where the officer is one of them.
    """
    claim = require_row(Claim, claim_id)
    _require_note_reader(claim, officer)
    everybody = mentions.list_active_officers()
    # Held until the end of this call, so that walking up from a unit asks the database nothing.
    _units = db.session.scalars(sa.select(Unit)).all() if claim.accusations else []
    readers = [reader for reader in everybody if reader.id != officer.id and not is_accused(claim, reader)]
    return mentions.suggest_mentions(sorted(readers, key=lambda reader: reader.unit_id != claim.unit_id), everybody)


def list_claim_notes(claim_id: int) -> Sequence[Note]:
    """Return the newest notes of a claim, in order of time."""
    query = (
        sa.select(Note)
        .join(Note.officer)
        .where(Note.claim_id == claim_id)
        .options(contains_eager(Note.officer).options(joinedload(Officer.unit), lazyload(Officer.roles)))
        .order_by(Note.id.desc())
        .limit(NOTES_SHOWN)
    )
    return db.session.scalars(query).all()[::-1]


def _require_note_reader(claim: Claim, officer: Officer) -> None:
    """Raise NotAllowedError for a member of the accused unit."""
    if is_accused(claim, officer):
        message = _(
            "Klaim ini menuduh perangkat daerah Anda, induknya, atau bawahannya. "
            "Catatannya hanya untuk petugas di luarnya."
        )
        raise NotAllowedError("of the accused unit", user_message=message)


def _require_mentioned_readers(claim: Claim, people: Sequence[Officer]) -> None:
    """Raise InvalidInputError where a mentioned officer may not read the note."""
    for person in people:
        if is_accused(claim, person):
            message = _(
                "%(name)s tidak dapat disebut: klaim ini menuduh perangkat daerahnya, induknya, atau bawahannya, "
                "dan ia tidak membaca "
                "catatannya. Hapus «@» di depan namanya.",
                name=person.name,
            )
            raise InvalidInputError("mentions somebody of the accused unit", user_message=message, field="text")


def _require_note_text(text: str) -> str:
    """Return the stripped text. Raises InvalidInputError where it is empty or too long."""
    stripped = text.replace("\r\n", "\n").replace("\x00", "").strip()
    if not stripped:
        raise InvalidInputError("an empty note", user_message=_("Tulis catatannya."), field="text")
    if len(stripped) > NOTE_LENGTH_LIMIT:
        message = _(
            "Catatan ini %(length)s huruf; paling banyak %(max)s. Bagi menjadi beberapa catatan.",
            length=len(stripped),
            max=NOTE_LENGTH_LIMIT,
        )
        raise InvalidInputError("a note that is too long", user_message=message, field="text")
    return stripped


def _find_repeated_note(claim: Claim, text: str, officer: Officer, now: datetime) -> Note | None:
    """Return the officer's newest note on the claim if it repeats the text within minutes: a form sent twice."""
    query = sa.select(Note).where(Note.claim_id == claim.id, Note.officer_id == officer.id)
    newest = db.session.scalars(query.order_by(Note.id.desc()).limit(1)).first()
    return newest if newest and newest.text == text and abs(now - newest.written_at) < RESEND_WINDOW else None
