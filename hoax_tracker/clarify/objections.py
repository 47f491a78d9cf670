"""Deciding about an objection: one person proposes what residents will read, another confirms it.

Both stand outside: nobody who wrote or approved the page, who is tied to one of them (authority/confirmers.py), who is
of the branch of a unit that wrote it or that it names as its source, or whom the page or its claims accuse, decides or
reads what residents wrote. All who wrote or approved the page count as hands of the proposal; the database holds that,
too. A withdrawal takes effect with the decision. A correction has to be written, so it follows the usual way
(clarify/corrections.py); until then the page says that the objection was upheld, and why.

Who may decide is told by a job that compares rows, so a resident's form waits for nobody, and an objection that nobody
may decide is told to the first officer who may.
"""

from __future__ import annotations

import enum
from collections.abc import Collection
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _, lazy_gettext as _l, ngettext
from sqlalchemy.orm import joinedload

from hoax_tracker.authority import proposals
from hoax_tracker.authority.acts import Act, ActClass, Shown, register_act
from hoax_tracker.authority.confirmers import find_tied
from hoax_tracker.claims.public_words.objections import (
    OBJECTION_ACT,
    describe_public,
    is_decision_proposed,
    objection_subject,
)
from hoax_tracker.claims.recusal import is_recused_unit
from hoax_tracker.claims.response_targets import load_targets
from hoax_tracker.clarify.corrections import is_long_note, read_public, retract_page
from hoax_tracker.clarify.publication import find_page_proposal, is_impartial
from hoax_tracker.clock import utc_now
from hoax_tracker.core.database.transactions import read_transaction, write_transaction
from hoax_tracker.errors import EditConflictError, InvalidInputError, NotAllowedError, NotFoundError
from hoax_tracker.models import (
    Clarification,
    Notice,
    NoticeKind,
    Objection,
    ObjectionOutcome,
    Officer,
    Proposal,
    ProposalOutcome,
    RoleName,
    Unit,
    db,
)
from hoax_tracker.notifications import notices


class Bar(enum.Enum):
    """Why somebody has no part in an objection, in words to them."""

    HAND = _l("Anda ikut menulis atau menyetujui halaman itu.")
    TIED = _l("Dalam 90 hari terakhir akun Anda bergantung pada akun penulis atau penyetuju halaman itu.")
    UNIT = _l("Halaman itu ditulis perangkat daerah Anda, induknya, atau bawahannya.")
    ACCUSED = _l("Ini menyangkut perangkat daerah Anda, induknya, atau bawahannya.")


def _list_page_hands(page: Clarification) -> set[int]:
    """Return the ids of all who wrote or approved the page, in any of its revisions."""
    hands = {page.author_id, page.approver_id, page.proposed_by_id}
    for revision in page.revisions:
        hands |= {revision.author_id, revision.approver_id}
    return {one for one in hands if one is not None}


def _list_writing_units(page: Clarification, hands: Collection[int]) -> set[int]:
    """Return the ids of the units that wrote the page: its source, and those of its authors."""
    authors = {page.author_id, *(revision.author_id for revision in page.revisions)} & set(hands)
    query = sa.select(Officer.unit_id).where(Officer.id.in_(authors))
    return {page.unit_id, *db.session.scalars(query)}


def find_bar(page: Clarification, person: Officer, now: datetime) -> Bar | None:
    """Return why the person has no part in an objection to the page, or None."""
    return _find_bars(page, [person], now)[person.id]


def _find_bars(page: Clarification, people: Collection[Officer], now: datetime) -> dict[int, Bar | None]:
    """Return by the id of each person why they have no part in an objection to the page, or None."""
    hands = _list_page_hands(page)
    units = [db.session.get_one(Unit, unit_id) for unit_id in _list_writing_units(page, hands)]
    tied = find_tied([person.id for person in people], hands, now)

    def bar_of(person: Officer) -> Bar | None:
        if person.id in hands:
            return Bar.HAND
        if any(is_recused_unit(person.unit, unit) for unit in units):
            return Bar.UNIT
        if not is_impartial(page, person):
            return Bar.ACCUSED
        return Bar.TIED if person.id in tied else None

    return {person.id: bar_of(person) for person in people}


def _list_deciders(page: Clarification, now: datetime) -> list[Officer]:
    """Return all who may propose a decision about an objection to the page."""
    officers = notices.list_officers_in(sa.true())
    bars = _find_bars(page, officers, now)
    return [officer for officer in officers if bars[officer.id] is None]


def _require_decider(page: Clarification, person: Officer, now: datetime) -> None:
    """Raise NotAllowedError unless the person may propose a decision about an objection to the page."""
    if not person.is_a(RoleName.OFFICER):
        raise NotAllowedError("deciding needs the role officer")
    bar = find_bar(page, person, now)
    if bar is not None:
        raise NotAllowedError(f"clarification {page.id}: {bar.name}", user_message=str(bar.value))


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
        _require_decider(page, officer, now)
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
        about: dict[str, Any] = {"before": read_public(page), "hands": _list_page_hands(page)}
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
    count_in_words = ngettext("disampaikan %(num)s kali", "disampaikan %(num)s kali", count)
    effect = _(
        "Keberatan «%(ground)s», %(count)s. Warga membaca keputusannya di halaman itu.",
        ground=row.ground.label,
        count=count_in_words,
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


def notify_deciders(now: datetime) -> int:
    """Notify who may decide about each new objection; return how many officers."""
    with read_transaction():
        waiting = db.session.scalars(_unannounced_objections()).all()
        db.session.rollback()
    notified = 0
    for objection_id in waiting:
        with write_transaction():
            notified += _notify_deciders_of(objection_id, now)
    return notified


def _unannounced_objections() -> sa.Select[int]:
    """Return the query of the ids of undecided objections that no officer got a notice of."""
    announced = sa.exists().where(Notice.objection_id == Objection.id)
    return sa.select(Objection.id).where(Objection.outcome.is_(None), ~announced).order_by(Objection.id)


def _notify_deciders_of(objection_id: int, now: datetime) -> int:
    """Notify who may decide, unless it was decided, erased or announced meanwhile; return how many.

    The notice names the page. What the resident wrote stands on the objection's own page, for those who may read it.
    """
    query = sa.select(Objection).where(Objection.id.in_(_unannounced_objections()), Objection.id == objection_id)
    row = db.session.scalar(query.options(joinedload(Objection.clarification)))
    if row is None or is_decision_proposed(row.id):
        return 0
    people = _list_deciders(row.clarification, now)
    about: dict[str, Any] = {"objection_id": row.id, "text": row.clarification.title[:500]}
    return notices.notify_officers(people, NoticeKind.OBJECTED, now, **about)
