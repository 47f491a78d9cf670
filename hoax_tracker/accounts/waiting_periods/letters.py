"""Mails about an account that somebody else changed: to its owner, all administrators and the named second."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from flask_babel import force_locale
from flask_babel import gettext as _

from hoax_tracker.accounts.letters import format_moment
from hoax_tracker.accounts.waiting_periods.words import describe_change, list_powers
from hoax_tracker.models import AuditEvent, Officer, Role, RoleName, Unit, WaitingPeriod, db
from hoax_tracker.notifications.mail import Letter, enqueue_letter, public_url_for


def list_confirmers() -> Sequence[Officer]:
    """Return the administrators and the named seconds who can sign in."""
    confirms = sa.or_(Officer.roles.any(Role.name == RoleName.ADMINISTRATOR.value), Officer.is_named_second)
    query = sa.select(Officer).join(Officer.unit).where(Officer.active, Unit.is_active, confirms)
    return db.session.scalars(query.order_by(Officer.id)).all()


def list_readers(period: WaitingPeriod) -> list[Officer]:
    """Return who gets the mails about a change: its owner first."""
    return [period.officer, *(person for person in list_confirmers() if person.id != period.officer_id)]


def post_started(period: WaitingPeriod, event: AuditEvent, now: datetime) -> None:
    """Queue the mails that an account was changed and that its powers wait, in the current transaction."""
    for reader in list_readers(period):
        with force_locale(reader.mail_language):
            lines = (
                describe_change(period),
                _(
                    "Sampai %(until)s, %(name)s belum dapat: %(what)s. Sesudah itu dapat, kecuali seseorang "
                    "menolaknya. Orang kedua dapat mengonfirmasinya lebih cepat.",
                    until=format_moment(period.ends_at),
                    name=period.officer.name,
                    what=list_powers(period),
                ),
                _("Tidak tahu-menahu tentang ini? Tanyakan hari ini juga kepada yang melakukannya, atau tolak."),
            )
            subject = _("Akun %(name)s diubah dan menunggu konfirmasi", name=period.officer.name)
            post_letter(event, reader, period, subject, lines, now)


def post_settled(period: WaitingPeriod, event: AuditEvent, by: Officer, now: datetime, *, is_confirmed: bool) -> None:
    """Queue the mails that a second person confirmed or rejected the change, in the current transaction."""
    facts = {"by": by.name, "name": period.officer.name}
    for reader in list_readers(period):
        with force_locale(reader.mail_language):
            subject, words = (
                (_("Perubahan akun %(name)s dikonfirmasi", **facts), _("%(by)s mengonfirmasinya.", **facts))
                if is_confirmed
                else (_("Perubahan akun %(name)s ditolak", **facts), _("%(by)s menolaknya.", **facts))
            )
            post_letter(event, reader, period, subject, (describe_change(period), words), now)


def post_letter(
    event: AuditEvent, reader: Officer, period: WaitingPeriod, subject: str, paragraphs: tuple[str, ...], now: datetime
) -> None:
    """Queue one mail about an act in the audit log: its owner is led to the account, all others to the list."""
    is_owner = reader.id == period.officer_id
    letter = Letter(
        subject=subject,
        paragraphs=paragraphs,
        action=(_("Buka akun Anda"), public_url_for("own_account.show"))
        if is_owner
        else (_("Buka daftar konfirmasi"), public_url_for("waiting_periods.listing")),
        why=_("Anda menerima email ini karena ini akun Anda.")
        if is_owner
        else _("Anda menerima email ini karena Anda administrator atau orang kedua."),
    )
    enqueue_letter(f"waiting:{event.id}:{reader.id}", reader.email, letter, now)
