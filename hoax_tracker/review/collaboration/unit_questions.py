"""The desk asks a unit for facts; the unit answers, sends the question back, or hands it on.

All of it stays with the claim, and each act is one transaction with its audit event.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import force_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import joinedload

from hoax_tracker.claims import response_targets
from hoax_tracker.claims.recusal import require_decider
from hoax_tracker.core.audit import audit_log
from hoax_tracker.core.audit.conflicts import told
from hoax_tracker.core.database.transactions import writing
from hoax_tracker.errors import Conflict, Invalid, NotAllowed, NotFound
from hoax_tracker.models import WAITING_STATUSES, Claim, Notice, NoticeKind, Officer, Question, RoleName, Unit, db
from hoax_tracker.notifications import notices
from hoax_tracker.review.decisions.service import require_officer
from hoax_tracker.review.evidence import evidence
from hoax_tracker.review.evidence.safe_files import SafeFile

LONGEST = 5_000
LABELS: dict[str, Any] = {
    "question_asked": _l("Bertanya ke perangkat daerah"),
    "question_answered": _l("Menjawab pertanyaan"),
    "question_declined": _l("Mengembalikan pertanyaan"),
    "question_passed_on": _l("Meneruskan pertanyaan"),
    "question_withdrawn": _l("Menarik pertanyaan"),
}


def ask(claim_id: int, unit_id: int | None, text: str, *, officer: Officer, now: datetime) -> int:
    """Ask a unit about a claim and return the question's id. The unit that a claim accuses may be asked, too."""
    require_officer(officer)
    with writing():
        claim = db.session.get(Claim, claim_id)
        if claim is None:
            raise NotFound(f"claim {claim_id}")
        require_decider(claim, officer)  # an open question holds up what is published
        if claim.status not in WAITING_STATUSES:
            raise Invalid("closed claim", user_message=_("Klaim ini sudah selesai. Buka kembali dulu."))
        unit, asked = active_unit(unit_id), written(text, _("Tulis apa yang ingin Anda ketahui."), "text")
        due = response_targets.read().due(claim.priority, now)
        row = Question(claim_id=claim.id, unit_id=unit.id, text=asked, asked_by_id=officer.id, asked_at=now, due_at=due)
        db.session.add(row)
        db.session.flush()
        keep(row, "question_asked", officer, now, unit=unit.code)
        tell_unit(row, officer, now)
        return row.id


def answer(
    question_id: int,
    version: int,
    text: str,
    *,
    files: Sequence[SafeFile] = (),
    key: str = "",
    officer: Officer,
    now: datetime,
) -> int:
    """Answer a question and return its claim's id. PPID Utama may note an answer that came another way.

    ``files`` go with the answer, sealed with ``key``.
    """
    with changing(question_id, version) as row:
        require_answerer(row, officer)
        row.answer = written(text, _("Tulis jawabannya."), "text")
        row.answered_by_id, row.answered_at, row.closed_at = officer.id, now, now
        evidence.attach(row, files, key=key, officer=officer, now=now)
        keep(row, "question_answered", officer, now)
        tell_asker(row, NoticeKind.ANSWERED, row.answer, officer, now)
        return row.claim_id


def send_back(question_id: int, version: int, reason: str, *, officer: Officer, now: datetime) -> int:
    """Send a question back to the desk: it is not for this unit. Returns the claim's id."""
    with changing(question_id, version) as row:
        require_answerer(row, officer)
        row.closed_reason = written(reason, _("Tulis mengapa Anda tidak dapat menjawabnya."), "reason")
        row.closed_at = now
        keep(row, "question_declined", officer, now, reason=row.closed_reason)
        tell_asker(row, NoticeKind.DECLINED, row.closed_reason, officer, now)
        return row.claim_id


def pass_on(
    question_id: int, version: int, unit_id: int | None, reason: str, *, officer: Officer, now: datetime
) -> int:
    """Hand a question on to the unit that knows. Returns the claim's id."""
    with changing(question_id, version) as row:
        require_answerer(row, officer)
        unit, before = active_unit(unit_id), row.unit.code
        if unit.id == row.unit_id:
            message = _("Pertanyaan ini sudah di perangkat daerah itu.")
            raise Invalid("same unit", user_message=message, field="unit_id")
        row.unit_id = unit.id
        keep(row, "question_passed_on", officer, now, reason=reason.strip(), before=before, unit=unit.code)
        notices.mark(Notice.question_id == row.id, now=now)
        tell_unit(row, officer, now)
        return row.claim_id


def withdraw(question_id: int, version: int, *, officer: Officer, now: datetime) -> int:
    """Take a question back that needs no answer any more. Returns the claim's id."""
    with changing(question_id, version) as row:
        require_officer(officer)
        if officer.unit_id != row.asked_by.unit_id:
            message = _("Hanya yang bertanya, atau rekan seunitnya, yang menarik pertanyaan.")
            raise NotAllowed("not the asker", user_message=message)
        with force_locale("id"):
            row.closed_at, row.closed_reason = now, _("Ditarik oleh %(name)s.", name=officer.name)
        keep(row, "question_withdrawn", officer, now)
        notices.mark(Notice.question_id == row.id, now=now)
        return row.claim_id


@contextmanager
def changing(question_id: int, version: int) -> Iterator[Question]:
    """Run a block that changes an open question as it was at ``version``; who was late is told who was first."""
    claim_id = 0
    try:
        with writing():
            row = found(question_id)
            claim_id = row.claim_id
            if row.version != version or not row.is_open:
                raise Conflict(f"question {question_id} is at version {row.version}, the form at {version}")
            yield row
    except Conflict as error:
        raise told(f"claim:{claim_id}", LABELS) from error


def found(question_id: int) -> Question:
    """Return the question. Raises NotFound."""
    row = db.session.get(Question, question_id)
    if row is None:
        raise NotFound(f"question {question_id}")
    return row


def may_answer(row: Question, officer: Officer) -> bool:
    """Tell whether the officer answers: one of the unit that is asked, or of PPID Utama on its behalf."""
    return officer.is_a(RoleName.OFFICER) and (officer.unit_id == row.unit_id or officer.unit.parent_id is None)


def require_answerer(row: Question, officer: Officer) -> None:
    """Raise NotAllowed for who does not answer this question."""
    if not may_answer(row, officer):
        message = _("Pertanyaan ini untuk %(unit)s. Petugasnya yang menjawab.", unit=row.unit.name)
        raise NotAllowed("not of the unit that was asked", user_message=message)


def active_unit(unit_id: int | None) -> Unit:
    """Return the unit. Raises Invalid for one that is not there or answers no more."""
    unit = db.session.get(Unit, unit_id) if unit_id else None
    if unit is None or not unit.is_active:
        raise Invalid("no such unit", user_message=_("Pilih perangkat daerah yang ditanya."), field="unit_id")
    return unit


def written(text: str, message: str, field: str) -> str:
    """Return the text without blanks around it. Raises Invalid for none, or for too much."""
    text = text.replace("\r\n", "\n").strip()
    if not text or len(text) > LONGEST:
        long = _("Paling banyak %(max)s huruf.", max=LONGEST)
        raise Invalid("empty or too long", user_message=long if text else message, field=field)
    return text


def keep(row: Question, action: str, officer: Officer, now: datetime, **detail: Any) -> None:
    """Raise the version where the row was there before, and add the audit event to the claim."""
    if action != "question_asked":
        row.version += 1
    audit_log.record(action, f"claim:{row.claim_id}", officer=officer, now=now, detail={"question": row.id} | detail)


def tell_unit(row: Question, officer: Officer, now: datetime) -> None:
    """Tell the officers of the unit that is asked."""
    people = notices.officers_of(row.unit_id)
    notices.add(people, NoticeKind.ASKED, now, but=officer, claim_id=row.claim_id, question_id=row.id, text=row.text)


def tell_asker(row: Question, kind: NoticeKind, text: str, officer: Officer, now: datetime) -> None:
    """Tell who asked, and let the unit's own notices of the question be seen."""
    notices.mark(Notice.question_id == row.id, now=now)
    notices.add([row.asked_by], kind, now, but=officer, claim_id=row.claim_id, question_id=row.id, text=text)


def of_claim(claim_id: int) -> Sequence[Question]:
    """Return the questions of a claim, oldest first."""
    return listed(Question.claim_id == claim_id)


def open_to(unit_id: int) -> Sequence[Question]:
    """Return what a unit is asked and has not answered, most pressing first."""
    return listed(Question.unit_id == unit_id, Question.closed_at.is_(None), order=Question.due_at)


def open_of(officer: Officer) -> Sequence[Question]:
    """Return what the officer asked and nobody answered yet."""
    return listed(Question.asked_by_id == officer.id, Question.closed_at.is_(None), order=Question.due_at)


def listed(*conditions: sa.ColumnElement[bool], order: Any = Question.id) -> Sequence[Question]:
    """Return questions with everybody they name."""
    people = (joinedload(one).lazyload(Officer.roles) for one in (Question.asked_by, Question.answered_by))
    names = (joinedload(Question.unit), joinedload(Question.claim), *people)
    query = sa.select(Question).where(*conditions).options(*names)
    return db.session.scalars(query.order_by(order, Question.id).limit(100)).all()
