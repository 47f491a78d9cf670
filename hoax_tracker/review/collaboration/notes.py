"""Notes on a claim: plain text between officers. A mentioned officer gets a notice in the app and by mail.

Members of the accused unit cannot read notes, nor be mentioned in them; what they write is a statement for those who
decide. Notes are never edited. The author may delete one; its notices go with it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
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
from hoax_tracker.review.decisions.service import require_officer, require_unmerged

MENTION_SIGN = re.compile(r"(?<![\w@.])@(?=\w)")
NAME_WORD = re.compile(r"[^\s@,;:!?()«»\"]+")
TRAILING_MARKS = ".'’-"
MAX_NAME_WORDS = 6
NAMES_OFFERED = 5


def mentioned_officers(text: str, writer: Officer) -> list[Officer]:
    """Return the officers mentioned in the text, each once, without the author.

    Raises InvalidInputError where a name fits several officers.
    """
    people = list_active_officers() if MENTION_SIGN.search(text) else []
    mentioned: dict[int, Officer] = {}
    for words in _words_after_each_at(text):
        fitting = _matching_officers(words, people)
        if len(fitting) > 1:
            raise _ambiguous_mention_error(words[0], fitting)
        mentioned.update({officer.id: officer for officer in fitting if officer.id != writer.id})
    return list(mentioned.values())


@dataclass(frozen=True)
class MentionSuggestion:
    """An officer who may be mentioned, and the shortest unambiguous text to write after the "@"."""

    name: str
    unit: str
    write: str


def suggest_mentions(people: Sequence[Officer], everybody: Sequence[Officer]) -> list[MentionSuggestion]:
    """Return how to mention each officer: by name, else by mailbox. Officers without an unambiguous form are left out.

    Each name is compared only with names that share its first word, so two hundred officers stay fast.
    """
    holding: dict[str, list[Officer]] = defaultdict(list)
    for officer in everybody:
        for word in {*_normalise_name_words(officer.name), _mailbox_name(officer).casefold()}:
            holding[word].append(officer)
    suggestions = []
    for officer in people:
        ways = (way for way in (officer.name, _mailbox_name(officer)) if _is_unambiguous_mention(way, officer, holding))
        if write := next(ways, ""):
            suggestions.append(MentionSuggestion(officer.name, officer.unit.short_name, write))
    return suggestions


def _normalise_name_words(name: str) -> list[str]:
    """Return the words of a name in the form they are compared in."""
    return [part.strip(".,").casefold() for part in name.split()]


def _mailbox_name(officer: Officer) -> str:
    return officer.email.split("@")[0]


def _is_unambiguous_mention(way: str, officer: Officer, holding: dict[str, list[Officer]]) -> bool:
    """Tell whether an "@" before these words means that officer and nobody else."""
    words = next(_words_after_each_at(f"@{way} "), [])
    return bool(words) and [fit.id for fit in _matching_officers(words, holding[words[0].casefold()])] == [officer.id]


def list_active_officers() -> Sequence[Officer]:
    """Return the officers who may sign in."""
    query = sa.select(Officer).where(Officer.active).options(joinedload(Officer.unit)).order_by(Officer.name)
    return db.session.scalars(query).all()


def _words_after_each_at(text: str) -> Iterator[list[str]]:
    """Yield the words after each "@", as many as the longest name has."""
    for match in MENTION_SIGN.finditer(text):
        words = [word.rstrip(TRAILING_MARKS) for word in NAME_WORD.findall(text[match.end() : match.end() + 200])]
        yield [word for word in words if word][:MAX_NAME_WORDS]


def _matching_officers(words: list[str], people: Sequence[Officer]) -> list[Officer]:
    """Return the officers whose names share the most words with the text; a fully written name wins."""
    mailbox = [officer for officer in people if _mailbox_name(officer).casefold() == words[0].casefold()]
    if mailbox:
        return mailbox
    agreeing = {officer.id: _count_agreeing_words(words, officer.name) for officer in people}
    most = max(agreeing.values(), default=0)
    best = [officer for officer in people if most and agreeing[officer.id] == most]
    whole = [officer for officer in best if len(officer.name.split()) == most]
    return whole or best


def _count_agreeing_words(words: list[str], name: str) -> int:
    """Return the length of the longest run of the given words inside the name, counted from the first given word."""
    asked, name_words = [word.casefold() for word in words], _normalise_name_words(name)
    return max((_common_prefix_length(asked, name_words[start:]) for start in range(len(name_words))), default=0)


def _common_prefix_length(asked: list[str], name_words: list[str]) -> int:
    """Return how many leading words two lists share."""
    count = 0
    for word, other in zip(asked, name_words, strict=False):
        if word != other:
            break
        count += 1
    return count


def _ambiguous_mention_error(word: str, fitting: Sequence[Officer]) -> InvalidInputError:
    """Return the error for a name that several officers share, listing their names and units."""
    names = ", ".join(f"@{officer.name} ({officer.unit.short_name})" for officer in fitting[:NAMES_OFFERED])
    message = _("«@%(word)s» dapat berarti beberapa petugas: %(names)s. Tulis nama lengkapnya.", word=word, names=names)
    return InvalidInputError(f"{len(fitting)} officers fit a mention", user_message=message, field="text")


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
        people = mentioned_officers(note_text, officer)
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
    everybody = list_active_officers()
    # Held until the end of this call, so that walking up from a unit asks the database nothing.
    _units = db.session.scalars(sa.select(Unit)).all() if claim.accusations else []
    readers = [reader for reader in everybody if reader.id != officer.id and not is_accused(claim, reader)]
    return suggest_mentions(sorted(readers, key=lambda reader: reader.unit_id != claim.unit_id), everybody)


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
