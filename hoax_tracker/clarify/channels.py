"""Changes of the list of official channels: proposals that change the list once another person confirmed them.

The kind and value of a channel never change, so that a confirmation is always about the number that was seen.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _, lazy_gettext as _l

from hoax_tracker.authority import proposals
from hoax_tracker.authority.acts import Act, ActClass, Shown, register_act
from hoax_tracker.core.audit.tracked_edits import lock_row, require_unchanged_values
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.errors import InvalidInputError
from hoax_tracker.models import CHANNEL_FIELDS, ChannelKind, Officer, OfficialChannel, Proposal, db
from hoax_tracker.organisation.channels.official_list import read_channel

NEW_VALUES: dict[str, Any] = {"kind": "", "value": "", "owner": "", "is_listed": True}


def list_channels() -> Sequence[OfficialChannel]:
    """Return all channels by kind and value."""
    query = sa.select(OfficialChannel).order_by(OfficialChannel.kind, OfficialChannel.value)
    return db.session.scalars(query).all()


def channel_values(row: OfficialChannel | None) -> dict[str, Any]:
    """Return the values that count, or those of an empty form."""
    if row is None:
        return dict(NEW_VALUES)
    return {"kind": row.kind.value, "value": row.value} | {name: getattr(row, name) for name in CHANNEL_FIELDS}


def propose_channel(kind: ChannelKind | None, typed: str, owner: str, *, officer: Officer, now: datetime) -> None:
    """Propose a channel. Nobody is told that it is official.

    Without a ``kind`` it is the one that the value has. Raises InvalidInputError for a value that is none of its kind,
    or one that the list holds already.
    """
    kind, value = read_channel(kind, typed)
    subject = _new_subject(kind, value)
    with write_transaction():
        if _find_channel(kind, value) is not None or proposals.find_open("channel", subject) is not None:
            message = _("Itu sudah ada di daftar, atau sudah diusulkan. Cari di daftar, lalu ubah di sana.")
            raise InvalidInputError("a channel that exists", user_message=message, field="value")
        values = {"kind": kind.value, "value": value, "owner": owner, "is_listed": True}
        proposals.propose("channel", subject, values, by=officer, now=now, waiting=None)


def _new_subject(kind: ChannelKind, value: str) -> str:
    """Return the name of a channel that is no row yet, in proposals and the audit log."""
    return f"channel:new:{hashlib.sha256(f'{kind.value} {value}'.encode()).hexdigest()[:24]}"


def propose_change(channel_id: int, values: Mapping[str, Any], seen: str, *, officer: Officer, now: datetime) -> None:
    """Propose another owner's name, or that a channel leaves the list or returns to it.

    Raises EditConflictError where somebody else changed it meanwhile.
    """
    with write_transaction():
        row = lock_row(OfficialChannel, channel_id)
        before = channel_values(row)
        require_unchanged_values(f"channel:{channel_id}", before, seen)
        after = before | {name: values[name] for name in CHANNEL_FIELDS}
        proposals.propose("channel", f"channel:{channel_id}", after, by=officer, now=now, before=before)


def _find_channel(kind: ChannelKind, value: str) -> OfficialChannel | None:
    """Return the channel of that kind and value, whether it is listed or not."""
    query = sa.select(OfficialChannel).where(OfficialChannel.kind == kind, OfficialChannel.value == value)
    return db.session.scalar(query)


def _apply_channel(proposal: Proposal, _by: Officer | None, now: datetime) -> dict[str, Any]:
    """Let the confirmed values count, in the current transaction."""
    values = proposal.values
    kind = ChannelKind(values["kind"])
    row = _find_channel(kind, values["value"])
    if row is None:
        row = OfficialChannel(kind=kind, value=values["value"], changed_at=now)
    row.owner, row.is_listed, row.confirmation_id = values["owner"], values["is_listed"], proposal.id
    row.changed_at = row.edited_at = now
    db.session.add(row)
    db.session.flush()
    return {"channel": row.id}


def _read_channel_now(proposal: Proposal) -> dict[str, Any]:
    """Return what counts now of the channel that a proposal is about."""
    row = _find_channel(ChannelKind(proposal.values["kind"]), proposal.values["value"])
    return channel_values(row) if row else {}


def show_channel(proposal: Proposal) -> Shown:
    """Put a proposed channel in words."""
    values, before = proposal.values, proposal.before
    words = {True: _("saluran resmi %(owner)s", owner=values["owner"]), False: _("tidak di daftar resmi")}
    now_read = _("saluran resmi %(owner)s", owner=before["owner"]) if before.get("is_listed") else words[False]
    effect = _("Cocokkan tiap angka dan huruf dengan kantor yang memakainya, bukan dengan pengusulnya.")
    title = f"{ChannelKind(values['kind']).label}: {values['value']}"
    is_new = ":new:" in proposal.subject
    link = None if is_new else ("channels.page", {"channel_id": proposals.subject_id(proposal)})
    return Shown(title, effect, ((_("Warga membaca"), now_read, words[bool(values["is_listed"])]),), link)


register_act(
    Act(
        "channel",
        _l("Saluran resmi"),
        ActClass.PUBLIC,
        apply=_apply_channel,
        show=show_channel,
        read_current=_read_channel_now,
    )
)
