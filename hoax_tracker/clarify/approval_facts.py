"""The facts that the approval policy asks for, read from the rows; and its refusals in words."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import joinedload

from hoax_tracker.claims.recusal import partial_units
from hoax_tracker.clarify.approval_policy import Person, Refusal, Work, impartial, refusal
from hoax_tracker.errors import HoaxTrackerError, Invalid, NotAllowed
from hoax_tracker.models import AuditEvent, Clarification, Officer, RoleName, Unit, db

TAKEN_OVER = "clarification_taken_over"
WRITES = ("clarification_drafted", "clarification_edited", TAKEN_OVER)
# What was written before has been approved, or is gone.
ENDS = (
    "clarification_published",
    "clarification_corrected",
    "clarification_retracted",
    "clarification_retraction_proposed",
)


def why_not(page: Clarification, officer: Officer, reason: str = "") -> Refusal | None:
    """Return why the officer may not approve what waits on the page (the draft, or a proposed change), or None."""
    units = db.session.scalars(sa.select(Unit)).all()
    query = sa.select(Officer).where(Officer.active, Officer.id != officer.id).options(joinedload(Officer.roles))
    others = db.session.scalars(query).unique()
    return refusal(person(officer, units), work(page), [person(other, units) for other in others], reason)


def is_impartial(page: Clarification, officer: Officer) -> bool:
    """Tell whether the officer is a judge of what the page accuses, and what waits on it."""
    return impartial(person(officer, db.session.scalars(sa.select(Unit)).all()), work(page))


def person(officer: Officer, units: Sequence[Unit]) -> Person:
    """Return what the policy needs to know of an officer; ``units`` are all there are."""
    roles = frozenset(RoleName(role.name) for role in officer.roles)
    return Person(officer.id, roles, partial_units(officer.unit, units))


def work(page: Clarification) -> Work:
    """Return what is to be approved. A unit counts as accused where the page or any of its claims says so."""
    author_id = page.proposed_by_id if page.proposed_kind and page.proposed_by_id else page.author_id
    accused = {page.accused_unit_id, *(claim.accused_unit_id for claim in page.claims)}
    if page.proposed_kind and page.proposed:
        accused.add(page.proposed.get("accused_unit_id"))
    return Work(author_id, frozenset(unit for unit in accused if unit is not None), hands(page))


def hands(page: Clarification) -> frozenset[int]:
    """Return the ids of those who had a hand in what waits, as the audit knows them: the text may have been taken over.

    Who proposed a change that was declined counts only where it was taken over from them.
    """
    query = sa.select(AuditEvent.action, AuditEvent.officer_id, AuditEvent.detail).order_by(AuditEvent.id)
    subject = AuditEvent.subject == f"clarification:{page.id}"
    found: set[int | None] = set()
    for action, officer_id, detail in db.session.execute(query.where(subject, AuditEvent.action.in_(WRITES + ENDS))):
        if action in ENDS:
            found.clear()
        else:
            found |= {officer_id, detail.get("from")}
    return frozenset(key for key in found if key is not None)


def words(code: Refusal) -> str:
    """Return a refusal in words."""
    sentences = {
        Refusal.AUTHOR: _("Penulis tidak menyetujui tulisannya sendiri. Minta petugas lain menyetujuinya."),
        Refusal.NO_ROLE: _("Menyetujui klarifikasi memerlukan peran Penyetuju."),
        Refusal.ACCUSED_UNIT: _(
            "Klaim ini menuduh perangkat daerah Anda, induknya, atau bawahannya, jadi orang lain yang menyetujuinya."
        ),
        Refusal.OTHERS_CAN: _(
            "Masih ada penyetuju lain yang dapat menyetujuinya. Administrator hanya menggantikan bila tidak ada."
        ),
        Refusal.REASON_MISSING: _(
            "Tidak ada penyetuju lain. Tulis alasan Anda menyetujui sebagai administrator; log audit menyimpannya."
        ),
    }
    return str(sentences[code])


def require_approver(page: Clarification, officer: Officer, reason: str) -> None:
    """Raise NotAllowed, or Invalid where only the reason is missing, unless the officer may approve."""
    code = why_not(page, officer, reason)
    if code is None:
        return
    kind: type[HoaxTrackerError] = Invalid if code is Refusal.REASON_MISSING else NotAllowed
    raise kind(f"clarification {page.id}: {code.value}", user_message=words(code))
