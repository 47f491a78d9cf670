"""The one way in which something waits for a second person: proposed, then confirmed, refused or withdrawn.

1. ``propose`` stores what somebody wants; nothing changes yet. A second proposal of the same change joins the first,
   and both people count as its authors.
2. ``confirm`` carries it out, where the person is independent and saw exactly what is stored.
3. ``refuse`` and ``withdraw`` end it and delete nothing.
4. A power act that nobody else could confirm, because there is nobody (a new office, or one that lost everybody), takes
   effect after a day (``take_effect_alone``). A public act never does.

Mails tell of acts of power: administrators, the named second and the officer concerned, whoever proposed them. Whoever
was robbed of an account, or sees a name that nobody knows, hears of it before it takes effect.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from types import EllipsisType
from typing import Any

import sqlalchemy as sa
from flask_babel import force_locale, gettext as _, lazy_gettext as _l
from sqlalchemy.orm import selectinload

from hoax_tracker.authority.acts import Act, ActClass, acts_of_class, find_act
from hoax_tracker.authority.confirmers import (
    Refusal,
    describe_refusal,
    find_refusal,
    has_other_decider,
    list_allowed,
    list_deciders,
)
from hoax_tracker.core.audit import audit_log
from hoax_tracker.core.audit.audit_log import AuditAct, register_acts
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.errors import EditConflictError, HoaxTrackerError, InvalidInputError, NotAllowedError, NotFoundError
from hoax_tracker.models import (
    Notice,
    NoticeKind,
    Officer,
    Proposal,
    ProposalHand,
    ProposalOutcome,
    Role,
    RoleName,
    Unit,
    db,
)
from hoax_tracker.notifications import notices
from hoax_tracker.notifications.mail import Letter, enqueue_letter, public_url_for

log = logging.getLogger(__name__)

ALONE_AFTER = timedelta(hours=24)
REASON_LONGEST = 1_000

register_acts(
    AuditAct("proposal_made", _l("mengusulkan perubahan: %(what)s")),
    AuditAct("proposal_confirmed", _l("menyetujui usulan: %(what)s")),
    AuditAct("proposal_refused", _l("menolak usulan: %(what)s")),
    AuditAct("proposal_withdrawn", _l("menarik usulan: %(what)s")),
    AuditAct("proposal_alone", _l("memberlakukan usulan tanpa orang kedua, karena tidak ada yang lain: %(what)s")),
    AuditAct("proposal_stands", _l("memberlakukan sebelum orang kedua melihatnya, dalam keadaan darurat: %(what)s")),
    is_setup=True,
)


def propose(
    act: str,
    subject: str,
    values: Mapping[str, Any],
    *,
    by: Officer | None,
    now: datetime,
    before: Mapping[str, Any] | None = None,
    note: str = "",
    hands: Iterable[int] = (),
    waiting: Proposal | EllipsisType | None = ...,
) -> Proposal:
    """Store a proposal in the current transaction, and tell who may confirm it.

    ``by`` None: a command on the server. ``hands``: others who wrote in it. ``waiting``: the same proposal that waits
    (None: there is none), where this transaction has looked for it. At the first setup, where nobody could
    decide anything yet, a power act takes effect at once.
    """
    row = find_open(act, subject) if waiting is ... else waiting
    if row is None:
        row = Proposal(act=act, subject=subject, outcome=ProposalOutcome.OPEN, hands=[])
    row.values, row.before, row.note = dict(values), dict(before or {}), note
    row.proposed_by_id, row.proposed_at = (by.id if by else None), now
    db.session.add(row)
    db.session.flush()
    _add_hands(row, {*hands, *({by.id} if by else ())})
    audited = find_act(act).audited
    detail = {"act": act, "proposal": row.id, "before": audited(row.before), "after": audited(row.values)}
    audit_log.record_event("proposal_made", subject, officer=by, now=now, detail=detail)
    if find_act(act).act_class is ActClass.POWER and not _has_administrator():
        _take_effect(row, ProposalOutcome.ALONE, None, now)
    else:
        _tell_confirmers(row, by, now)
        _post_proposed(row, now)
    return row


def find_open(act: str, subject: str) -> Proposal | None:
    """Return the proposal that waits, or None."""
    query = sa.select(Proposal).where(
        Proposal.act == act, Proposal.subject == subject, Proposal.outcome == ProposalOutcome.OPEN
    )
    return db.session.scalar(query)


def find_open_of(subject: str) -> Sequence[Proposal]:
    """Return all proposals about a row that wait, oldest first."""
    query = sa.select(Proposal).where(Proposal.subject == subject, Proposal.outcome == ProposalOutcome.OPEN)
    return db.session.scalars(query.order_by(Proposal.id)).all()


def list_open(acts: Iterable[str] | None = None) -> Sequence[Proposal]:
    """Return the proposals that wait, oldest first; of these acts, or all."""
    query = sa.select(Proposal).where(Proposal.outcome == ProposalOutcome.OPEN)
    if acts is not None:
        query = query.where(Proposal.act.in_(list(acts)))
    return db.session.scalars(query.order_by(Proposal.proposed_at, Proposal.id)).all()


def list_open_keys() -> Sequence[sa.Row[int, str, int | None]]:
    """Return (id, act, who proposed it) of all proposals that wait, oldest first."""
    query = sa.select(Proposal.id, Proposal.act, Proposal.proposed_by_id)
    waiting = query.where(Proposal.outcome == ProposalOutcome.OPEN)
    return db.session.execute(waiting.order_by(Proposal.proposed_at, Proposal.id)).all()


def load_proposals(ids: Sequence[int]) -> list[Proposal]:
    """Return the proposals of these ids, in their order, with who proposed them."""
    query = sa.select(Proposal).where(Proposal.id.in_(ids)).options(selectinload(Proposal.proposed_by))
    rows = {row.id: row for row in db.session.scalars(query)}
    return [rows[key] for key in ids]


def list_settled(limit: int = 50) -> Sequence[Proposal]:
    """Return what was settled last, newest first."""
    settled = Proposal.outcome.not_in((ProposalOutcome.OPEN, ProposalOutcome.SHIPPED))
    query = sa.select(Proposal).where(settled).options(selectinload(Proposal.settled_by))
    return db.session.scalars(query.order_by(Proposal.settled_at.desc(), Proposal.id.desc()).limit(limit)).all()


def proposal_digest(row: Proposal) -> str:
    """Return a digest of what a person sees of a proposal, 32 hex digits."""
    text = json.dumps([row.id, row.values, row.before, sorted(map(str, row.hand_ids))], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def subject_id(row: Proposal) -> int:
    """Return the number in the subject of a proposal: 5 of "channel:5"; 0 for one without."""
    number = row.subject.rpartition(":")[2]
    return int(number) if number.isdecimal() else 0


def confirm(proposal_id: int, seen: str, *, by: Officer, now: datetime, in_list: bool = False) -> Proposal:
    """Carry a proposal out as its confirmer saw it; ``in_list``: in its words alone, as one of many.

    Raises NotAllowedError with the reason, EditConflictError where it was changed or settled meanwhile, or where what
    it changes is no longer as it was.
    """
    with write_transaction():
        row = _require_open(proposal_id)
        if seen != proposal_digest(row):
            message = _("Usulan ini diubah sesudah Anda membukanya. Baca lagi, lalu putuskan.")
            raise EditConflictError(f"proposal {row.id} changed", user_message=message)
        if in_list and find_act(row.act).is_read_at_its_page:
            message = _("Halaman disetujui sesudah dibaca, di halamannya sendiri.")
            raise NotAllowedError(f"proposal {row.id} is read at its page", user_message=message)
        confirm_open(row, by=by, now=now)
        return row


def confirm_open(row: Proposal, *, by: Officer, now: datetime, reason: str = "") -> None:
    """Carry a proposal out in the current transaction. Raises NotAllowedError or EditConflictError."""
    require_confirmer(row, by, now)
    _require_current(row)
    _take_effect(row, ProposalOutcome.CONFIRMED, by, now, reason)
    _tell_authors(row, by, now)


def require_confirmer(row: Proposal, person: Officer, now: datetime) -> None:
    """Raise NotAllowedError, saying why, unless the person may confirm the proposal."""
    refusal = find_refusal(row, person, now)
    if refusal is not None:
        raise NotAllowedError(f"proposal {row.id}: {refusal.value}", user_message=describe_refusal(refusal))


def refuse(proposal_id: int, reason: str, *, by: Officer, now: datetime) -> Proposal:
    """End a proposal without carrying it out; its authors read why. Raises NotAllowedError or InvalidInputError."""
    with write_transaction():
        row = _require_open(proposal_id)
        require_confirmer(row, by, now)
        if not reason.strip():
            message = _("Tulis mengapa ditolak: pengusulnya membacanya.")
            raise InvalidInputError("refused without a reason", user_message=message, field="reason")
        end_open(row, ProposalOutcome.REFUSED, reason, by=by, now=now)
        return row


def withdraw(proposal_id: int, *, by: Officer, now: datetime) -> Proposal:
    """End one's own proposal. Raises NotAllowedError for anybody else."""
    with write_transaction():
        row = _require_open(proposal_id)
        if not find_act(row.act).may_withdraw(row, by):
            raise NotAllowedError("not an author", user_message=_("Hanya pengusulnya yang menarik usulan ini."))
        end_open(row, ProposalOutcome.WITHDRAWN, "", by=by, now=now)
        return row


def end_open(row: Proposal, outcome: ProposalOutcome, reason: str, *, by: Officer | None, now: datetime) -> None:
    """End a proposal in the current transaction without carrying it out; what it did at once is taken back."""
    _settle(row, outcome, by, now, reason.strip()[:REASON_LONGEST])
    find_act(row.act).undo(row, by, now)
    _record(row, by, now, {})
    _post_settled(row, now)
    if outcome is ProposalOutcome.REFUSED:
        _tell_authors(row, by, now)


def take_effect_alone(now: datetime) -> int:
    """Carry out the power acts that have waited for a day and that nobody else could confirm; return how many.

    One that can no longer be carried out goes on waiting: its author withdraws it.
    """
    waiting = [row.id for row in list_open(acts_of_class(ActClass.POWER)) if row.proposed_at <= now - ALONE_AFTER]
    return sum(_take_effect_if_alone(proposal_id, now) for proposal_id in waiting)


def _take_effect_if_alone(proposal_id: int, now: datetime) -> bool:
    try:
        with write_transaction():
            row = db.session.get_one(Proposal, proposal_id)
            if row.outcome is not ProposalOutcome.OPEN or has_other_decider(row, now):
                return False
            _require_current(row)
            _take_effect(row, ProposalOutcome.ALONE, None, now)
    except HoaxTrackerError as error:
        log.warning("a proposal could not take effect: %s", error)
        return False
    return True


def let_stand(row: Proposal, until: datetime, *, by: Officer, reason: str, now: datetime) -> None:
    """Let a proposal take effect before anybody confirmed it, until a time, in the current transaction: an emergency.

    Who does so counts as one of its authors. Everybody who decides anything is told.
    """
    row.stands_until, row.note = until, reason.strip()[:REASON_LONGEST]
    _add_hands(row, {by.id})
    detail = {"act": row.act, "proposal": row.id, "until": until.isoformat(), "reason": row.note}
    audit_log.record_event("proposal_stands", row.subject, officer=by, now=now, detail=detail)
    with force_locale("id"):
        what = find_act(row.act).show(row).title
        words = _(
            "Terbit sendirian dalam keadaan darurat, konfirmasi dalam 24 jam: %(what)s (%(why)s)",
            what=what,
            why=row.note,
        )
    about = {"proposal_id": row.id, "text": words[:1000]}
    notices.notify_officers(list_deciders(), NoticeKind.PROPOSED, now, but=by, **about)


def end_what_stood(now: datetime) -> int:
    """Take back what took effect in an emergency and was not confirmed in time; return how many."""
    overdue = [row.id for row in list_open() if row.stands_until is not None and row.stands_until <= now]
    for proposal_id in overdue:
        with write_transaction():
            row = db.session.get_one(Proposal, proposal_id, with_for_update=True)
            if row.outcome is ProposalOutcome.OPEN:
                end_open(row, ProposalOutcome.REFUSED, "", by=None, now=now)
    return len(overdue)


def confirm_as_shipped(now: datetime, *, anew: bool = False) -> Proposal:
    """Return the row on which data that the program ships stands, in the current transaction.

    ``anew``: another one, for shipped words that replace earlier ones.
    """
    query = sa.select(Proposal).where(Proposal.act == "shipped").order_by(Proposal.id.desc()).limit(1)
    row = db.session.scalar(query)
    if row is None or anew:
        outcome = ProposalOutcome.SHIPPED
        row = Proposal(act="shipped", subject="all", outcome=outcome, proposed_at=now, settled_at=now)
        db.session.add(row)
        db.session.flush()
    return row


def why_not(row: Proposal, person: Officer, now: datetime) -> str:
    """Return to the person why they may not confirm the proposal, "" where they may."""
    refusal: Refusal | None = find_refusal(row, person, now)
    return describe_refusal(refusal) if refusal else ""


def _require_open(proposal_id: int) -> Proposal:
    row = db.session.get(Proposal, proposal_id, with_for_update=True)
    if row is None:
        raise NotFoundError(f"proposal {proposal_id}")
    if row.outcome is not ProposalOutcome.OPEN:
        message = _("Itu tidak menunggu lagi: %(outcome)s.", outcome=str(row.outcome.label).lower())
        raise EditConflictError(f"proposal {proposal_id} is {row.outcome.value}", user_message=message)
    return row


def _require_current(row: Proposal) -> None:
    """Raise EditConflictError where what the proposal changes is no longer as it was."""
    if dict(find_act(row.act).read_current(row)) != row.before:
        message = _("Yang hendak diubah sudah berubah sejak diusulkan. Tolak usulan ini; pengusul mengusulkannya lagi.")
        raise EditConflictError(f"proposal {row.id} is out of date", user_message=message)


def add_author(row: Proposal, officer: Officer) -> None:
    """Count an officer who goes on with a proposal among its authors, in the current transaction."""
    _add_hands(row, {officer.id})


def _add_hands(row: Proposal, officer_ids: set[int]) -> None:
    known = {hand.officer_id for hand in row.hands}
    row.hands.extend(ProposalHand(proposal_id=row.id, officer_id=key) for key in sorted(officer_ids - known))
    db.session.flush()


def _take_effect(row: Proposal, outcome: ProposalOutcome, by: Officer | None, now: datetime, reason: str = "") -> None:
    """Settle the proposal first, so that what it changes can stand on it, then carry it out."""
    _settle(row, outcome, by, now, reason.strip()[:REASON_LONGEST])
    with db.session.no_autoflush:  # a public row changes together with its confirmation, or the database refuses it
        detail = find_act(row.act).apply(row, by, now) or {}
    _record(row, by, now, dict(detail))
    _post_settled(row, now)


def _settle(row: Proposal, outcome: ProposalOutcome, by: Officer | None, now: datetime, reason: str) -> None:
    row.outcome, row.settled_by_id, row.settled_at = outcome, (by.id if by else None), now
    row.settled_reason = reason
    db.session.flush()
    notices.mark_notices_seen(Notice.proposal_id == row.id, Notice.kind == NoticeKind.PROPOSED, now=now)


def _record(row: Proposal, by: Officer | None, now: datetime, detail: dict[str, Any]) -> None:
    about = {"act": row.act, "proposal": row.id, "author": row.proposed_by_id}
    about["after"] = dict(find_act(row.act).audited(row.values))
    if row.settled_reason:
        about["reason"] = row.settled_reason
    audit_log.record_event(f"proposal_{row.outcome.value}", row.subject, officer=by, now=now, detail=about | detail)


def _tell_confirmers(row: Proposal, by: Officer | None, now: datetime) -> None:
    with force_locale("id"):
        shown = find_act(row.act).show(row)
        words = _("%(what)s: %(title)s", what=str(find_act(row.act).label), title=shown.title)
    about = {"proposal_id": row.id, "text": words[:500]}
    notices.notify_officers(list_allowed(row, now), NoticeKind.PROPOSED, now, but=by, **about)


def _tell_authors(row: Proposal, by: Officer | None, now: datetime) -> None:
    with force_locale("id"):
        shown = find_act(row.act).show(row)
        words = f"{row.outcome.label}: {shown.title}" + (f" ({row.settled_reason})" if row.settled_reason else "")
    people = db.session.scalars(sa.select(Officer).where(Officer.id.in_([key for key in row.hand_ids if key]))).unique()
    about = {"proposal_id": row.id, "text": words[:1000]}
    notices.notify_officers(list(people), NoticeKind.SETTLED, now, but=by, **about)


def _has_administrator() -> bool:
    query = sa.select(Officer.id).join(Officer.roles).where(Role.name == RoleName.ADMINISTRATOR.value)
    return db.session.scalar(query.limit(1)) is not None


def _post_proposed(row: Proposal, now: datetime) -> None:
    """Queue the mails that an act of power waits for a second person, in the current transaction."""
    act = find_act(row.act)
    for reader in _list_readers(row, act):
        with force_locale(reader.mail_language):
            subject = _("Menunggu orang kedua: %(what)s", what=_describe(row, act))
            waits = _("Diusulkan %(name)s. Orang kedua menyetujui atau menolaknya.", name=_name_author(row))
            effect = act.show(row).effect
            doubt = _("Tidak tahu-menahu tentang ini? Tanyakan hari ini juga kepada yang mengusulkannya.")
            _post(row, reader, subject, (waits, effect, doubt) if effect else (waits, doubt), now)


def _post_settled(row: Proposal, now: datetime) -> None:
    """Queue the mails of what became of an act of power, in the current transaction."""
    act = find_act(row.act)
    for reader in _list_readers(row, act):
        with force_locale(reader.mail_language):
            subject = f"{row.outcome.label}: {_describe(row, act)}"
            by = row.settled_by.name if row.settled_by else "–"
            words = _("Diusulkan %(name)s, diputuskan %(by)s.", name=_name_author(row), by=by)
            _post(row, reader, subject, (words, row.settled_reason) if row.settled_reason else (words,), now)


def _list_readers(row: Proposal, act: Act) -> list[Officer]:
    """Return who gets the mails, the officer concerned first; nobody for what changes no power."""
    if act.act_class is not ActClass.POWER:
        return []
    concerned = _find_concerned_id(row)
    person = db.session.get(Officer, concerned) if concerned else None
    confirms = Officer.roles.any(Role.name == RoleName.ADMINISTRATOR.value) | Officer.is_named_second
    query = sa.select(Officer).join(Officer.unit).where(Officer.active, Unit.is_active, confirms).order_by(Officer.id)
    others = [one for one in db.session.scalars(query).unique() if one.id != concerned]
    return [person, *others] if person else others


def _find_concerned_id(proposal: Proposal) -> int | None:
    """Return the id of the officer whose account the proposal is about, or None."""
    kind, _colon, key = proposal.subject.partition(":")
    return int(key) if kind == "officer" and key.isdecimal() else None


def _describe(row: Proposal, act: Act) -> str:
    return f"{act.label}, {act.show(row).title}"


def _name_author(row: Proposal) -> str:
    return row.proposed_by.name if row.proposed_by else str(_("dengan perintah di server"))


def _post(row: Proposal, reader: Officer, subject: str, paragraphs: tuple[str, ...], now: datetime) -> None:
    is_owner = reader.id == _find_concerned_id(row)
    letter = Letter(
        subject=subject[:200],
        paragraphs=paragraphs,
        action=(_("Buka akun Anda"), public_url_for("own_account.show"))
        if is_owner
        else (_("Buka yang menunggu"), public_url_for("proposals.listing")),
        why=_("Anda menerima email ini karena ini akun Anda.")
        if is_owner
        else _("Anda menerima email ini karena Anda administrator atau pihak kedua."),
    )
    moment = int((row.settled_at or row.proposed_at).timestamp())
    enqueue_letter(f"proposal:{row.id}:{row.outcome.value}:{moment}:{reader.id}", reader.email, letter, now)
