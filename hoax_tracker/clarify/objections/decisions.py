"""Deciding about an objection: one person proposes what residents will read, another confirms it.

Both stand outside (deciders.py). All who wrote or approved the page count as hands of the proposal, so neither they nor
anybody who is tied to them confirms it; the database holds that, too. A withdrawal takes effect with the decision. A
correction has to be written, so it follows the usual way (clarify/corrections.py); until then the page says that the
objection was upheld, and why.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from hoax_tracker.authority import proposals
from hoax_tracker.authority.acts import Act, ActClass, Shown, register_act
from hoax_tracker.claims.public_words.objections import (
    OBJECTION_ACT,
    describe_public,
    is_decision_proposed,
    objection_subject,
)
from hoax_tracker.claims.response_targets import load_targets
from hoax_tracker.clarify.corrections import is_long_note, read_public, retract_page
from hoax_tracker.clarify.objections.deciders import find_bar, list_page_hands, require_decider
from hoax_tracker.clarify.second_person import find_page_proposal
from hoax_tracker.clock import utc_now
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.errors import EditConflictError, InvalidInputError, NotFoundError
from hoax_tracker.models import Objection, ObjectionOutcome, Officer, Proposal, ProposalOutcome, db


def require_objection(objection_id: int) -> Objection:
    """Return the objection. Raises NotFoundError."""
    row = db.session.get(Objection, objection_id)
    if row is None:
        raise NotFoundError(f"objection {objection_id}")
    return row


def propose_decision(
    objection_id: int, outcome: ObjectionOutcome | None, reason: str, *, officer: Officer, now: datetime
) -> None:
    """Propose what is decided. ``reason`` is what residents read.

    Raises NotAllowedError, InvalidInputError that names the field, or EditConflictError where it is decided already.
    """
    with write_transaction():
        row = require_objection(objection_id)
        page = row.clarification
        require_decider(page, officer, now)
        _require_undecided(row)
        if outcome is None:
            raise InvalidInputError("no outcome", user_message=_("Pilih keputusannya."), field="outcome")
        if not reason.strip() or is_long_note(reason):
            message = _("Tulis mengapa, paling banyak 1.000 huruf: warga membacanya di halaman itu.")
            raise InvalidInputError("no reason", user_message=message, field="reason")
        if page.emergency_until is not None:
            message = _("Halaman darurat ini menunggu orang kedua. Putuskan sesudah dikonfirmasi atau ditarik.")
            raise InvalidInputError("not confirmed yet", user_message=message)
        values = {"outcome": outcome.value, "reason": reason.strip()}
        about: dict[str, Any] = {"before": read_public(page), "hands": list_page_hands(page)}
        proposals.propose(OBJECTION_ACT, objection_subject(row.id), values, by=officer, now=now, **about)


def _require_undecided(row: Objection) -> None:
    """Raise EditConflictError where the objection is decided, or a decision waits."""
    if row.outcome is not None:
        message = _("Keberatan ini sudah diputuskan.")
        raise EditConflictError(f"objection {row.id} is decided", user_message=message)
    if is_decision_proposed(row.id):
        message = _("Keputusan atas keberatan ini sudah diusulkan dan menunggu orang kedua.")
        raise EditConflictError(f"objection {row.id} has a proposal", user_message=message)


def _apply_decision(proposal: Proposal, officer: Officer | None, now: datetime) -> dict[str, Any]:
    """Write the confirmed decision, and withdraw the page where that was decided, in the current transaction."""
    row = require_objection(proposals.subject_id(proposal))
    page, reason = row.clarification, proposal.values["reason"]
    row.working_days = load_targets().calendar.days_between(row.received_at, now)
    row.outcome, row.reason = ObjectionOutcome(proposal.values["outcome"]), reason
    row.decided_at, row.confirmation_id = now, proposal.id
    if row.outcome is ObjectionOutcome.WITHDRAW and page.is_public:
        _end_waiting_change(row, officer, now)
        assert proposal.proposed_by_id is not None  # noqa: S101 - no command proposes a decision
        retract_page(page, proposal, reason, proposal.proposed_by_id, officer, now)
    return {"clarification": page.id, "working_days": row.working_days}


def _end_waiting_change(row: Objection, officer: Officer | None, now: datetime) -> None:
    """End a change of the page that waits: the page is withdrawn."""
    waiting = find_page_proposal(row.clarification)
    if waiting is not None:
        proposals.end_open(waiting, ProposalOutcome.REFUSED, row.reason, by=officer, now=now)
        row.clarification.proposed = row.clarification.proposed_note = row.clarification.proposed_by_id = None


def _show_decision(proposal: Proposal) -> Shown:
    """Put a proposed decision in words, without those of the residents."""
    row = require_objection(proposals.subject_id(proposal))
    outcome = ObjectionOutcome(proposal.values["outcome"])
    count = describe_public(row).statements
    said = ngettext("disampaikan %(num)s kali", "disampaikan %(num)s kali", count)
    effect = _(
        "Keberatan «%(ground)s», %(count)s. Warga membaca keputusannya di halaman itu.",
        ground=row.ground.label,
        count=said,
    )
    lines = [
        (_("Keputusan"), _("Sedang diputuskan"), str(outcome.label)),
        (_("Mengapa, dibaca warga"), "–", proposal.values["reason"]),
    ]
    if outcome is ObjectionOutcome.WITHDRAW and row.clarification.is_public:
        lines.append((_("Halaman"), row.clarification.title, _("Halaman ditarik")))
    return Shown(row.clarification.title, effect, tuple(lines), ("objection_desk.page", {"objection_id": row.id}))


def _read_current_page(proposal: Proposal) -> dict[str, Any]:
    """Return what residents read of the page now."""
    return read_public(require_objection(proposals.subject_id(proposal)).clarification)


def _may_judge(proposal: Proposal, person: Officer) -> bool:
    """Tell whether somebody stands outside the page that is objected to."""
    return find_bar(require_objection(proposals.subject_id(proposal)).clarification, person, utc_now()) is None


register_act(
    Act(
        OBJECTION_ACT,
        _l("Keberatan"),
        ActClass.PUBLIC,
        apply=_apply_decision,
        show=_show_decision,
        read_current=_read_current_page,
        is_impartial=_may_judge,
        may_withdraw=lambda proposal, person: person.id == proposal.proposed_by_id,
    )
)
