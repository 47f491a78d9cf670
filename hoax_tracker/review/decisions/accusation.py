"""Officers' acts on what a claim accuses: they note a further unit, and lift an accusation from outside its branch.

Lifting lets the accused branch decide, and read who reported it. So it takes who may open the reporters' contacts: an
officer of PPID Utama, or of the unit that answers the claim and did not give it to that unit, outside the branch now
and before, and whose powers do not wait. They say why; the audit log keeps it and PPID Utama is told.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import force_locale, gettext as _

from hoax_tracker.authority.acts import require_may_act
from hoax_tracker.claims.recusal import (
    is_accused,
    is_unit_accused,
    lift_accusations,
    note_accusations,
    standing_accusations,
)
from hoax_tracker.errors import InvalidInputError, NotAllowedError
from hoax_tracker.models import (
    AuditEvent,
    Claim,
    ClaimAccusation,
    Decision,
    DecisionKind,
    NoticeKind,
    Officer,
    Unit,
    db,
)
from hoax_tracker.notifications import notices
from hoax_tracker.organisation.named_units import KIND_LABELS, NamedUnits

REASON_LONGEST = 300


def note_accused_unit(claim: Claim, unit_id: int | None, officer: Officer, now: datetime) -> dict[str, Any]:
    """Note a unit that the claim accuses (None: none further); return the audit detail, empty where nothing changed.

    Raises InvalidInputError for an unknown unit, NotAllowedError for a member of an accused branch.
    """
    if unit_id is None:
        return {}
    unit = db.session.get(Unit, unit_id)
    if unit is None:
        message = _("Perangkat daerah itu tidak ada dalam daftar.")
        raise InvalidInputError("no such unit", user_message=message, field="accused_unit_id")
    if any(row.unit_id == unit_id for row in standing_accusations(claim)):
        return {}
    if is_accused(claim, officer):  # administrators, too
        raise accused_branch_error(
            _(
                "Klaim ini menuduh perangkat daerah Anda, induknya, atau bawahannya. "
                "Hanya petugas di luarnya yang dapat mengubah catatan itu."
            )
        )
    note_accusations(claim, NamedUnits(frozenset({unit_id})), now, officer=officer)
    return {"accused": unit.code}


def lift(
    claim: Claim, chosen: Collection[int] | None, reason: str, officer: Officer, now: datetime
) -> list[ClaimAccusation]:
    """Lift the chosen accusations (None: all that stand) in the current transaction; return them.

    Raises NotAllowedError for who may not, InvalidInputError without a reason, or where none of them stands.
    """
    require_outside_answerer(claim, officer, now)
    rows = [row for row in standing_accusations(claim) if chosen is None or row.id in chosen]
    if not rows:
        raise InvalidInputError("nothing to lift", user_message=_("Tuduhan itu sudah tidak tercatat."))
    required_reason = require_reason(reason)
    people = [member for member in notices.list_officers_in(Unit.is_root) if not is_accused(claim, member)]
    lift_accusations(rows, required_reason, officer, now)
    with force_locale("id"):
        words = _(
            "%(name)s (%(unit)s) menyatakan bukan tuduhan pada Klaim %(number)s: %(accused)s. Alasannya: %(reason)s",
            name=officer.name,
            unit=officer.unit.short_name,
            number=claim.id,
            accused=name_accused(rows),
            reason=required_reason,
        )
    notices.notify_officers(people, NoticeKind.CONTACT_SHOWN, now, but=officer, claim_id=claim.id, text=words)
    return rows


def name_accused(rows: Sequence[ClaimAccusation]) -> str:
    """Return the names of the accused units in one line."""
    return ", ".join(row.unit.name if row.unit else str(KIND_LABELS.get(row.unit_kind or "", "")) for row in rows)


def may_lift(claim: Claim, officer: Officer, now: datetime) -> bool:
    """Tell whether the officer may lift what the claim accuses."""
    try:
        require_outside_answerer(claim, officer, now)
    except NotAllowedError:
        return False
    return bool(standing_accusations(claim))


def require_outside_answerer(claim: Claim, officer: Officer, now: datetime) -> None:
    """Raise NotAllowedError unless the officer may know who reported the claim, and say whom it does not accuse."""
    if is_accused(claim, officer):
        raise accused_branch_error(
            _(
                "Klaim ini menuduh perangkat daerah Anda, induknya, atau bawahannya. "
                "Kontak pelapornya hanya untuk petugas di luarnya."
            )
        )
    if any(is_unit_accused(claim, unit) for unit in _former_units(officer)):
        raise accused_branch_error(
            _(
                "Klaim ini menuduh perangkat daerah tempat Anda pernah bertugas, induknya, atau bawahannya. Kontak "
                "pelapornya hanya untuk petugas di luarnya."
            )
        )
    if not is_answering(claim, officer):
        message = _("Kontak pelapor hanya dibuka perangkat daerah yang menjawab klaim ini, atau PPID Utama.")
        raise NotAllowedError("of a unit that does not answer", user_message=message)
    _require_given_by_other(claim, officer)


def is_answering(claim: Claim, officer: Officer) -> bool:
    """Tell whether the officer belongs to the unit that answers the claim, or to PPID Utama."""
    return officer.is_officer and (officer.unit.is_root or officer.unit_id == claim.unit_id)


def _former_units(officer: Officer) -> Sequence[Unit]:
    """Return the units the officer belonged to before, according to the audit log."""
    moved = (AuditEvent.subject == f"officer:{officer.id}", AuditEvent.action == "officer_changed")
    details = db.session.scalars(sa.select(AuditEvent.detail).where(*moved))
    codes = {detail.get("before", {}).get("unit") for detail in details}
    return db.session.scalars(sa.select(Unit).where(Unit.code.in_(codes))).all() if codes else []


def _require_given_by_other(claim: Claim, officer: Officer) -> None:
    """Raise NotAllowedError where the officer alone gave the claim to their own unit.

    PPID Utama is exempt: it sees every claim anyway.
    """
    if officer.unit.is_root:
        return
    given_by = sa.select(Decision.officer_id).where(
        Decision.claim_id == claim.id, Decision.kind == DecisionKind.ASSIGN, is_standing_decision()
    )
    if db.session.scalar(given_by.order_by(Decision.id.desc()).limit(1)) == officer.id:
        raise brought_by_same_person_error()


def is_standing_decision() -> sa.ColumnElement[bool]:
    """Return the condition that a decision was not undone."""
    return Decision.id.not_in(sa.select(Decision.undoes_id).where(Decision.undoes_id.is_not(None)))


def brought_by_same_person_error() -> NotAllowedError:
    """Return the error for who alone brought a claim or its report to their own unit."""
    message = _(
        "Anda sendiri yang membawa aduan ini ke perangkat daerah Anda. Minta rekan seperangkat daerah atau PPID "
        "Utama membuka kontaknya."
    )
    return NotAllowedError("brought by the same person", user_message=message)


def require_reason(reason: str) -> str:
    """Return the stripped reason. Raises InvalidInputError where it is empty or too long."""
    words = " ".join(reason.split())
    if not words:
        message = _("Tulis alasannya. Log audit menyimpannya dan PPID Utama membacanya.")
        raise InvalidInputError("no reason", user_message=message, field="reason")
    if len(words) > REASON_LONGEST:
        message = _("Paling banyak %(max)s huruf.", max=REASON_LONGEST)
        raise InvalidInputError("long reason", user_message=message, field="reason")
    return words


def require_impartial(claim: Claim, officer: Officer) -> None:
    """Raise NotAllowedError for members of an accused branch, whatever their roles: reporters stay hidden from it."""
    if is_accused(claim, officer):
        raise accused_branch_error(
            _(
                "Klaim ini menuduh perangkat daerah Anda, induknya, atau bawahannya. "
                "Kontak pelapornya hanya untuk petugas di luarnya."
            )
        )


def require_may_join(claim: Claim, officer: Officer, act: DecisionKind) -> None:
    """Raise NotAllowedError for a member of an accused branch, and for who is not in charge of this side."""
    if is_accused(claim, officer):
        raise accused_branch_error(
            _(
                "Klaim %(number)s menuduh perangkat daerah Anda, induknya, atau bawahannya. "
                "Hanya petugas di luarnya yang dapat menggabung atau "
                "memisahkannya.",
                number=claim.id,
            )
        )
    require_may_act(act, claim, officer)


def accused_branch_error(message: str) -> NotAllowedError:
    """Return the error for a member of an accused branch."""
    return NotAllowedError("of the accused unit", user_message=message)
