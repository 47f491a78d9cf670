"""What was done to an account, in words for letters and for the page."""

from __future__ import annotations

from flask_babel import gettext as _

from hoax_tracker.accounts.waiting_periods.policy import ROLE_REASONS, waiting_powers
from hoax_tracker.models import Officer, RoleName, WaitingPeriod, WaitingReason, db


def describe_change(period: WaitingPeriod) -> str:
    """Return who changed whose account, and how, as a sentence."""
    facts = {
        "by": name_of_hand(period.made_by[0] if period.made_by else None),
        "name": period.officer.name,
        "roles": ", ".join(str(RoleName(role).label) for role in period.roles),
        "unit": period.officer.unit.name,
    }
    sentences = {
        WaitingReason.ROLES: _("%(by)s memberi %(name)s peran %(roles)s.", **facts),
        WaitingReason.UNIT: _("%(by)s memindahkan %(name)s ke %(unit)s.", **facts),
        WaitingReason.INVITATION: _("%(name)s menerima undangan dari %(by)s, dengan peran %(roles)s.", **facts),
        WaitingReason.REOPENED: _("%(by)s membuka lagi akun %(name)s.", **facts),
        WaitingReason.PASSWORD: _("%(by)s menyetel ulang kata sandi %(name)s.", **facts),
        WaitingReason.SECOND_FACTOR: _("%(by)s menyetel ulang kode kedua %(name)s.", **facts),
        WaitingReason.IDENTITY: _("%(by)s melepas akun kantor dari %(name)s.", **facts),
        WaitingReason.NAMED_SECOND: _(
            "%(by)s menunjuk %(name)s sebagai orang kedua, yang boleh mengonfirmasi perubahan akun.", **facts
        ),
    }
    return str(sentences[period.reason])


def name_of_hand(officer_id: int | None) -> str:
    """Return the name of who changed the account."""
    person = db.session.get(Officer, officer_id) if officer_id is not None else None
    return person.name if person is not None else str(_("Seseorang dengan perintah di server"))


def list_powers(period: WaitingPeriod) -> str:
    """Return what waits, in words."""
    return ", ".join(str(power.label) for power in waiting_powers(period))


def describe_rejection(period: WaitingPeriod) -> str:
    """Return what a rejection does, as a sentence."""
    if period.reason is WaitingReason.NAMED_SECOND:
        return str(_("Bila ditolak, %(name)s bukan lagi orang kedua.", name=period.officer.name))
    kept = {role.name for role in period.officer.roles} - set(period.roles)
    if period.reason in ROLE_REASONS and kept:
        return str(_("Bila ditolak, peran itu dicabut."))
    return str(_("Bila ditolak, akunnya ditutup sampai administrator membukanya lagi."))
