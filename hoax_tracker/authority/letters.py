"""Mails about acts of power: to administrators, the named second and the officer concerned, whoever proposed them.

Whoever was robbed of an account, or sees a name that nobody knows, hears of it before it takes effect.
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from flask_babel import force_locale
from flask_babel import gettext as _

from hoax_tracker.authority.acts import Act, ActClass, find_act
from hoax_tracker.models import Officer, Proposal, Role, RoleName, Unit, db
from hoax_tracker.notifications.mail import Letter, enqueue_letter, public_url_for


def post_proposed(row: Proposal, now: datetime) -> None:
    """Queue the mails that an act of power waits for a second person, in the current transaction."""
    act = find_act(row.act)
    for reader in _list_readers(row, act):
        with force_locale(reader.mail_language):
            subject = _("Menunggu orang kedua: %(what)s", what=_describe(row, act))
            waits = _("Diusulkan %(name)s. Orang kedua menyetujui atau menolaknya.", name=_name_author(row))
            effect = act.show(row).effect
            doubt = _("Tidak tahu-menahu tentang ini? Tanyakan hari ini juga kepada yang mengusulkannya.")
            _post(row, reader, subject, (waits, effect, doubt) if effect else (waits, doubt), now)


def post_settled(row: Proposal, now: datetime) -> None:
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
