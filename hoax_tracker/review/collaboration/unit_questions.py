"""Questions to units: PPID Utama asks a unit for facts; the unit answers, declines, or passes the question on.

Every step stays with the claim, and each is one transaction with its audit event.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import force_locale, gettext as _
from sqlalchemy.orm import joinedload

from hoax_tracker.claims import response_targets
from hoax_tracker.claims.recusal import require_may_decide
from hoax_tracker.core.audit import audit_log
from hoax_tracker.core.audit.tracked_edits import edit_conflict
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.errors import EditConflictError, InvalidInputError, NotAllowedError, NotFoundError
from hoax_tracker.models import WAITING_STATUSES, Claim, Notice, NoticeKind, Officer, Question, RoleName, Unit, db
from hoax_tracker.notifications import notices
from hoax_tracker.review.decisions.service import require_officer
from hoax_tracker.review.evidence import evidence
from hoax_tracker.review.evidence.safe_files import SafeFile

QUESTION_LENGTH_LIMIT = 5_000
SOURCE_LENGTH_LIMIT = 300


def ask_unit(claim_id: int, unit_id: int | None, text: str, *, officer: Officer, now: datetime) -> int:
    """Ask a unit about a claim and return the question's id. The accused unit may be asked as well."""
    require_officer(officer)
    with write_transaction():
        claim = db.session.get(Claim, claim_id)
        if claim is None:
            raise NotFoundError(f"claim {claim_id}")
        require_may_decide(claim, officer)  # an open question holds up what is published
        if claim.status not in WAITING_STATUSES:
            raise InvalidInputError("closed claim", user_message=_("Klaim ini sudah selesai. Buka kembali dulu."))
        unit, asked = (
            _require_active_unit(unit_id),
            require_written_text(text, _("Tulis apa yang ingin Anda ketahui."), "reason"),
        )
        due = response_targets.load_targets().due(claim.priority, now)
        row = Question(claim_id=claim.id, unit_id=unit.id, text=asked, asked_by_id=officer.id, asked_at=now, due_at=due)
        db.session.add(row)
        db.session.flush()
        record_question_change(row, "question_asked", officer, now, unit=unit.code)
        _notify_asked_unit(row, officer, now)
        return row.id


def answer_question(
    question_id: int,
    version: int,
    text: str,
    *,
    source: str = "",
    files: Sequence[SafeFile] = (),
    key: str = "",
    officer: Officer,
    now: datetime,
) -> int:
    """Answer a question and return its claim's id.

    PPID Utama may record what the unit answered outside of the program; ``source`` then says by what it is known, and
    stands beside the answer wherever that is shown.

    ``files`` are stored with the answer, encrypted with ``key``.
    """
    with _editing_question(question_id, version) as row:
        _require_answerer(row, officer)
        row.answer = require_written_text(text, _("Tulis jawabannya."), "text")
        row.closed_reason = None if officer.unit_id == row.unit_id else _require_source(source)
        row.answered_by_id, row.answered_at, row.closed_at = officer.id, now, now
        evidence.attach_answer_files(row, files, key=key, officer=officer, now=now)
        outside = {"outside": row.closed_reason} if row.closed_reason else {}
        record_question_change(row, "question_answered", officer, now, **outside)
        _notify_asker(row, NoticeKind.ANSWERED, row.answer, officer, now)
        return row.claim_id


def decline_question(question_id: int, version: int, reason: str, *, officer: Officer, now: datetime) -> int:
    """Decline a question as not the unit's business. Returns the claim's id."""
    with _editing_question(question_id, version) as row:
        _require_answerer(row, officer)
        row.closed_reason = require_written_text(reason, _("Tulis mengapa Anda tidak dapat menjawabnya."), "reason")
        row.closed_at = now
        record_question_change(row, "question_declined", officer, now, reason=row.closed_reason)
        _notify_asker(row, NoticeKind.DECLINED, row.closed_reason, officer, now)
        return row.claim_id


def pass_on_question(
    question_id: int, version: int, unit_id: int | None, reason: str, *, officer: Officer, now: datetime
) -> int:
    """Pass a question on to the unit that knows. Returns the claim's id."""
    with _editing_question(question_id, version) as row:
        _require_answerer(row, officer)
        unit, before = _require_active_unit(unit_id), row.unit.code
        if unit.id == row.unit_id:
            message = _("Pertanyaan ini sudah di perangkat daerah itu.")
            raise InvalidInputError("same unit", user_message=message, field="unit_id")
        row.unit_id = unit.id
        record_question_change(
            row, "question_passed_on", officer, now, reason=reason.strip(), before=before, unit=unit.code
        )
        notices.mark_notices_seen(Notice.question_id == row.id, now=now)
        _notify_asked_unit(row, officer, now)
        return row.claim_id


def withdraw_question(question_id: int, version: int, *, officer: Officer, now: datetime) -> int:
    """Withdraw a question that needs no answer any more. Returns the claim's id."""
    with _editing_question(question_id, version) as row:
        require_officer(officer)
        if officer.unit_id != row.asked_by.unit_id:
            message = _("Hanya yang bertanya, atau rekan seunitnya, yang menarik pertanyaan.")
            raise NotAllowedError("not the asker", user_message=message)
        with force_locale("id"):
            row.closed_at, row.closed_reason = now, _("Ditarik oleh %(name)s.", name=officer.name)
        record_question_change(row, "question_withdrawn", officer, now)
        notices.mark_notices_seen(Notice.question_id == row.id, now=now)
        return row.claim_id


@contextmanager
def _editing_question(question_id: int, version: int) -> Iterator[Question]:
    """Run a block that changes an open question at ``version``. Raises EditConflictError for a stale version."""
    claim_id = 0
    try:
        with write_transaction():
            row = require_question(question_id)
            claim_id = row.claim_id
            if row.version != version or not row.is_open:
                raise EditConflictError(f"question {question_id} is at version {row.version}, the form at {version}")
            yield row
    except EditConflictError as error:
        raise edit_conflict(f"claim:{claim_id}", "question_") from error


def require_question(question_id: int) -> Question:
    """Return the question. Raises NotFoundError."""
    row = db.session.get(Question, question_id)
    if row is None:
        raise NotFoundError(f"question {question_id}")
    return row


def may_answer(row: Question, officer: Officer) -> bool:
    """Tell whether the officer may answer: a member of the asked unit, or of PPID Utama on its behalf."""
    return officer.is_a(RoleName.OFFICER) and (officer.unit_id == row.unit_id or officer.unit.is_root)


def _require_answerer(row: Question, officer: Officer) -> None:
    """Raise NotAllowedError for an officer who may not answer the question."""
    if not may_answer(row, officer):
        message = _("Pertanyaan ini untuk %(unit)s. Petugasnya yang menjawab.", unit=row.unit.name)
        raise NotAllowedError("not of the unit that was asked", user_message=message)


def _require_active_unit(unit_id: int | None) -> Unit:
    """Return the unit. Raises InvalidInputError where it is missing or closed."""
    unit = db.session.get(Unit, unit_id) if unit_id else None
    if unit is None or not unit.is_active:
        raise InvalidInputError("no such unit", user_message=_("Pilih perangkat daerah yang ditanya."), field="unit_id")
    return unit


def _require_source(source: str) -> str:
    """Return by what an answer from outside of the program is known. Raises InvalidInputError without it."""
    words = " ".join(source.split())
    message = _("Tulis dari mana jawaban unit itu: nomor surat atau pesan, dari siapa, dan tanggalnya.")
    if not words:
        raise InvalidInputError("an answer of another unit without a source", user_message=message, field="source")
    if len(words) > SOURCE_LENGTH_LIMIT:
        long = _("Paling banyak %(max)s huruf.", max=SOURCE_LENGTH_LIMIT)
        raise InvalidInputError("a long source", user_message=long, field="source")
    return words


def require_written_text(text: str, message: str, field: str) -> str:
    """Return the stripped text. Raises InvalidInputError where it is empty or too long."""
    text = text.replace("\r\n", "\n").strip()
    if not text or len(text) > QUESTION_LENGTH_LIMIT:
        long = _("Paling banyak %(max)s huruf.", max=QUESTION_LENGTH_LIMIT)
        raise InvalidInputError("empty or too long", user_message=long if text else message, field=field)
    return text


def record_question_change(row: Question, action: str, officer: Officer, now: datetime, **detail: Any) -> None:
    """Raise the version of an existing question, and add the audit event to the claim."""
    if action != "question_asked":
        row.version += 1
    audit_log.record_event(
        action, f"claim:{row.claim_id}", officer=officer, now=now, detail={"question": row.id} | detail
    )


def _notify_asked_unit(row: Question, officer: Officer, now: datetime) -> None:
    people = notices.list_answering_officers(row.unit_id)
    notices.notify_officers(
        people, NoticeKind.ASKED, now, but=officer, claim_id=row.claim_id, question_id=row.id, text=row.text
    )


def _notify_asker(row: Question, kind: NoticeKind, text: str, officer: Officer, now: datetime) -> None:
    """Notify the officer who asked, and mark the unit's own notices of the question as seen."""
    notices.mark_notices_seen(Notice.question_id == row.id, now=now)
    notices.notify_officers(
        [row.asked_by], kind, now, but=officer, claim_id=row.claim_id, question_id=row.id, text=text
    )


def list_claim_questions(claim_id: int) -> Sequence[Question]:
    """Return the questions of a claim, oldest first."""
    return _list_questions(Question.claim_id == claim_id)


def list_questions_of(officer: Officer) -> Sequence[Question]:
    """Return the open questions to the officer's unit and those that the officer asked, most urgent first."""
    theirs = sa.or_(Question.unit_id == officer.unit_id, Question.asked_by_id == officer.id)
    return _list_questions(theirs, Question.closed_at.is_(None), order=Question.due_at)


def _list_questions(*conditions: sa.ColumnElement[bool], order: Any = Question.id) -> Sequence[Question]:
    """Return questions with the officers and units they name loaded."""
    people = (joinedload(relation).lazyload(Officer.roles) for relation in (Question.asked_by, Question.answered_by))
    names = (joinedload(Question.unit), joinedload(Question.claim), *people)
    query = sa.select(Question).where(*conditions).options(*names)
    return db.session.scalars(query.order_by(order, Question.id).limit(100)).all()
