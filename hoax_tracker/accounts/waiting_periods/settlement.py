"""A second person confirms or rejects what somebody did to an account; the list of what waits; the named second."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext as _

from hoax_tracker.accounts import officers
from hoax_tracker.accounts.waiting_periods import letters, periods, words
from hoax_tracker.accounts.waiting_periods.policy import (
    ROLE_REASONS,
    ConfirmationRefusal,
    Confirmer,
    confirmation_refusal,
    rejection_refusal,
    waiting_powers,
)
from hoax_tracker.core.audit import audit_log
from hoax_tracker.core.audit.tracked_edits import lock_row
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.errors import EditConflictError, InvalidInputError, NotAllowedError, NotFoundError
from hoax_tracker.models import AuditEvent, Officer, Power, RoleName, Unit, WaitingPeriod, WaitingReason, db


@dataclass(frozen=True)
class WaitingChange:
    """A change that waits, in words; ``why_not``: why its reader may not confirm it, "" where they may."""

    period: WaitingPeriod
    sentence: str
    powers: str
    after_rejection: str
    why_not: str
    may_reject: bool


def list_waiting_changes(reader: Officer, now: datetime) -> list[WaitingChange]:
    """Return what waits for a second person, what ends first first, as one of them sees it."""
    query = (
        sa.select(WaitingPeriod)
        .join(WaitingPeriod.officer)
        .join(Officer.unit)
        .where(WaitingPeriod.ends_at > now, Officer.active, Unit.is_active)
        .options(sa.orm.contains_eager(WaitingPeriod.officer).contains_eager(Officer.unit))
        .order_by(WaitingPeriod.ends_at, WaitingPeriod.id)
    )
    rows, confirmer = db.session.scalars(query).all(), confirmer_facts(reader, now)
    return [describe_waiting(row, confirmer) for row in rows if waiting_powers(row)]


def describe_waiting(period: WaitingPeriod, reader: Confirmer) -> WaitingChange:
    """Return a change that waits, in words, as the reader sees it."""
    refusal = confirmation_refusal(reader, period.officer_id, period.made_by)
    return WaitingChange(
        period,
        words.describe_change(period),
        words.list_powers(period),
        words.describe_rejection(period),
        refusal_message(refusal) if refusal else "",
        rejection_refusal(reader, period.officer_id) is None,
    )


def confirm_change(period_id: int, *, by: Officer, now: datetime) -> str:
    """End a wait and return the officer's name. Raises NotAllowedError or EditConflictError."""
    with write_transaction():
        period, person = lock_open_period(period_id, now), lock_row(Officer, by.id)
        require_allowed(confirmation_refusal(confirmer_facts(person, now), period.officer_id, period.made_by))
        event = record_settlement("waiting_period_confirmed", period, by=person, now=now)
        letters.post_settled(period, event, person, now, is_confirmed=True)
        db.session.delete(period)
        return period.officer.name


def reject_change(period_id: int, *, by: Officer, now: datetime) -> str:
    """Undo a change by taking the given roles away, or closing the account, and return the officer's name.

    Raises NotAllowedError or EditConflictError, also where no administrator would remain.
    """
    with write_transaction():
        period, person = lock_open_period(period_id, now), lock_row(Officer, by.id)
        require_allowed(rejection_refusal(confirmer_facts(person, now), period.officer_id))
        event = record_settlement("waiting_period_rejected", period, by=person, now=now)
        letters.post_settled(period, event, person, now, is_confirmed=False)
        undo_change(period, by=person, now=now)
        db.session.delete(period)
        return period.officer.name


def undo_change(period: WaitingPeriod, *, by: Officer, now: datetime) -> None:
    """Take away what a rejected change gave, in the current transaction."""
    officer = lock_row(Officer, period.officer_id)
    if period.reason is WaitingReason.NAMED_SECOND:
        officer.is_named_second = False
        return
    kept = {RoleName(role.name) for role in officer.roles} - {RoleName(role) for role in period.roles}
    if period.reason in ROLE_REASONS and kept:
        officers.change_officer(officer, name=officer.name, roles=kept, unit=officer.unit, by=by, now=now)
    else:
        officers.disable_officer(officer, by=by, now=now)


def lock_open_period(period_id: int, now: datetime) -> WaitingPeriod:
    """Return the period, locked. Raises EditConflictError where it is over: confirmed, rejected, or its time passed."""
    try:
        period = lock_row(WaitingPeriod, period_id)
    except NotFoundError:
        period = None
    if period is None or period.ends_at <= now:
        message = _("Itu tidak menunggu lagi: orang lain sudah memutuskannya, atau waktunya sudah lewat.")
        raise EditConflictError(f"waiting period {period_id} is over", user_message=message)
    return period


def record_settlement(action: str, period: WaitingPeriod, *, by: Officer, now: datetime) -> AuditEvent:
    """Record in the audit log, in the current transaction, who confirmed or rejected what."""
    detail = {"reason": period.reason.value, "powers": period.powers, "roles": period.roles, "made_by": period.made_by}
    return audit_log.record_event(action, f"officer:{period.officer_id}", officer=by, now=now, detail=detail)


def confirmer_facts(person: Officer, now: datetime) -> Confirmer:
    """Return the facts about a second person that the policy needs."""
    may_confirm = person.may_sign_in
    is_waiting = periods.is_waiting(person, Power.CONFIRM, now)
    return Confirmer(
        person.id, may_confirm and person.is_administrator, may_confirm and person.is_named_second, is_waiting
    )


def require_allowed(refusal: ConfirmationRefusal | None) -> None:
    """Raise NotAllowedError for a refusal."""
    if refusal is not None:
        raise NotAllowedError(f"confirmation: {refusal.value}", user_message=refusal_message(refusal))


def refusal_message(refusal: ConfirmationRefusal) -> str:
    """Return the message of a refusal."""
    sentences = {
        ConfirmationRefusal.NO_ROLE: _("Hanya administrator dan orang kedua yang mengonfirmasi."),
        ConfirmationRefusal.WAITING: _("Akun Anda sendiri masih menunggu konfirmasi, jadi orang lain yang memutuskan."),
        ConfirmationRefusal.OWN_ACCOUNT: _("Ini akun Anda sendiri, jadi orang lain yang memutuskan."),
        ConfirmationRefusal.OWN_ACT: _("Anda ikut melakukannya, jadi orang lain yang mengonfirmasi."),
        ConfirmationRefusal.BY_COMMAND: _(
            "Dilakukan dengan perintah di server, dan tidak tercatat oleh siapa. Hanya orang kedua yang ditunjuk yang "
            "mengonfirmasinya; kalau tidak, tunggu."
        ),
    }
    return str(sentences[refusal])


def name_second(person: Officer, now: datetime) -> None:
    """Name an officer as the second who confirms, in the current transaction. This waits like any other power.

    Raises InvalidInputError for an administrator, an auditor, or a closed account.
    """
    if person.is_administrator or person.is_auditor or not person.may_sign_in:
        message = _("Orang kedua punya akun yang terbuka, dan bukan administrator atau auditor.")
        raise InvalidInputError("cannot be the second", user_message=message)
    if person.is_named_second:
        return
    person.is_named_second = True
    audit_log.record_event("second_named", f"officer:{person.id}", officer=None, now=now)
    periods.start_waiting_period(person, WaitingReason.NAMED_SECOND, {Power.CONFIRM}, by=None, now=now)


def remove_second(person: Officer, now: datetime) -> None:
    """Take that back, in the current transaction."""
    if person.is_named_second:
        person.is_named_second = False
        audit_log.record_event("second_removed", f"officer:{person.id}", officer=None, now=now)
