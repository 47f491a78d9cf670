"""Changes of the list of official channels. One person proposes; the list changes once another approved.

What one person proposed never counts: not a new number, not another owner's name, not that a channel goes. The kind and
value of a channel never change, so that an approval is always about the number that the approver saw.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import joinedload

from hoax_tracker.clarify.approval_facts import refusal_message, work_refusal_reason
from hoax_tracker.clarify.approval_policy import ApprovalRefusal, ApprovalSubject
from hoax_tracker.core.audit import audit_log
from hoax_tracker.core.audit.tracked_edits import lock_row, require_unchanged_values
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.errors import InvalidInputError, NotAllowedError
from hoax_tracker.models import CHANNEL_FIELDS, ChannelKind, Officer, OfficialChannel, db
from hoax_tracker.organisation.channels.list_values import read_channel

NEW_VALUES: dict[str, Any] = {"kind": "", "value": "", "owner": "", "is_listed": True}


def list_channels() -> Sequence[OfficialChannel]:
    """Return all channels: proposals first, then by kind and value."""
    query = sa.select(OfficialChannel).options(joinedload(OfficialChannel.proposed_by).lazyload(Officer.roles))
    order = (OfficialChannel.proposed_at.is_(None), OfficialChannel.kind, OfficialChannel.value)
    return db.session.scalars(query.order_by(*order)).all()


def live_values(row: OfficialChannel) -> dict[str, Any]:
    """Return the values that count."""
    return {"kind": row.kind.value, "value": row.value} | {name: getattr(row, name) for name in CHANNEL_FIELDS}


def pending_values(row: OfficialChannel | None) -> dict[str, Any]:
    """Return the values that an editor goes on with: the proposal where there is one, else what counts."""
    if row is None:
        return dict(NEW_VALUES)
    return live_values(row) | (row.proposal or {})


def was_ever_listed(row: OfficialChannel) -> bool:
    """Tell whether two people, or the shipped list, ever agreed on the channel."""
    return row.is_listed or row.edited_at is not None


def propose_channel(kind: ChannelKind | None, typed: str, owner: str, *, officer: Officer, now: datetime) -> int:
    """Store a channel that awaits another person's approval; return its id. Nobody is told that it is official.

    Without a ``kind`` it is the one that the value has. Raises InvalidInputError for a value that is none of its kind,
    or one that the list holds already.
    """
    kind, value = read_channel(kind, typed)
    with write_transaction():
        query = sa.select(OfficialChannel.id).where(OfficialChannel.kind == kind, OfficialChannel.value == value)
        if db.session.scalar(query) is not None:
            message = _("Itu sudah ada di daftar, atau sudah diusulkan. Cari di daftar, lalu ubah di sana.")
            raise InvalidInputError("a channel that exists", user_message=message, field="value")
        row = OfficialChannel(kind=kind, value=value, is_listed=False, proposal_hands=[], changed_at=now)
        db.session.add(row)
        db.session.flush()
        store_proposal(row, {"owner": owner, "is_listed": True}, officer, now)
        return row.id


def propose_change(channel_id: int, values: Mapping[str, Any], seen: str, *, officer: Officer, now: datetime) -> None:
    """Store a change of a channel that awaits another person's approval.

    Raises EditConflictError where somebody else changed it meanwhile.
    """
    with write_transaction():
        row = lock_row(OfficialChannel, channel_id)
        require_unchanged_values(f"channel:{channel_id}", pending_values(row), seen)
        store_proposal(row, {name: values[name] for name in CHANNEL_FIELDS}, officer, now)


def store_proposal(row: OfficialChannel, values: dict[str, Any], officer: Officer, now: datetime) -> None:
    """Store and record a proposal, in the current transaction."""
    row.proposal = values
    row.proposal_hands = sorted({*row.proposal_hands, officer.id}) if row.proposed_by_id else [officer.id]
    row.proposed_by_id, row.proposed_at = officer.id, now
    detail = {"kind": row.kind.value, "value": row.value} | values
    audit_log.record_event("channel_proposed", f"channel:{row.id}", officer=officer, now=now, detail=detail)


def approval_refusal_of(
    row: OfficialChannel, officer: Officer, reason: str = "", *, now: datetime
) -> ApprovalRefusal | None:
    """Return why the officer may not approve the proposal, or None."""
    work = ApprovalSubject(row.proposed_by_id or 0, hands=frozenset(row.proposal_hands))
    return work_refusal_reason(work, officer, reason, now=now)


def approve_channel(channel_id: int, seen: str, reason: str, *, officer: Officer, now: datetime) -> None:
    """Make the proposed values count. Raises NotAllowedError, InvalidInputError or EditConflictError."""
    with write_transaction():
        row = lock_row(OfficialChannel, channel_id)
        require_unchanged_values(f"channel:{channel_id}", pending_values(row), seen)
        if row.proposal is None:
            return
        if refusal := approval_refusal_of(row, officer, reason, now=now):
            kind = InvalidInputError if refusal is ApprovalRefusal.REASON_MISSING else NotAllowedError
            raise kind(f"channel {channel_id}: {refusal.value}", user_message=refusal_message(refusal, officer, now))
        before = {name: getattr(row, name) for name in CHANNEL_FIELDS}
        detail = {"kind": row.kind.value, "value": row.value, "before": before, "after": dict(row.proposal)}
        detail |= {"author": row.proposed_by_id} | ({"reason": reason} if reason else {})
        row.owner, row.is_listed = row.proposal["owner"], row.proposal["is_listed"]
        row.changed_at = row.edited_at = now
        clear_proposal(row)
        audit_log.record_event("channel_approved", f"channel:{channel_id}", officer=officer, now=now, detail=detail)


def drop_proposal(channel_id: int, seen: str, *, officer: Officer, now: datetime) -> bool:
    """Discard the proposal; delete a channel that never counted and return False."""
    with write_transaction():
        row = lock_row(OfficialChannel, channel_id)
        require_unchanged_values(f"channel:{channel_id}", pending_values(row), seen)
        if row.proposal is None:
            raise InvalidInputError("no proposal", user_message=_("Tidak ada usulan pada saluran ini."))
        detail = {"kind": row.kind.value, "value": row.value}
        audit_log.record_event("channel_dropped", f"channel:{channel_id}", officer=officer, now=now, detail=detail)
        clear_proposal(row)
        was_listed = was_ever_listed(row)
        if not was_listed:
            db.session.delete(row)
        return was_listed


def clear_proposal(row: OfficialChannel) -> None:
    """Remove the proposal from the row."""
    row.proposal, row.proposal_hands, row.proposed_by_id, row.proposed_at = None, [], None, None
