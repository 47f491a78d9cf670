"""Waiting periods: begun in the transaction of the change itself, and asked for wherever a power is used."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext as _

from hoax_tracker.accounts.letters import format_moment
from hoax_tracker.accounts.waiting_periods import letters
from hoax_tracker.accounts.waiting_periods.policy import TAKEOVER_REASONS, WAIT, holds_back, powers_of, waiting_powers
from hoax_tracker.accounts.waiting_periods.words import list_powers
from hoax_tracker.core.audit import audit_log
from hoax_tracker.errors import NotAllowedError
from hoax_tracker.models import Officer, Power, RoleName, WaitingPeriod, WaitingReason, db

STARTED_ACTION = "waiting_period_started"


def start_waiting_period(
    person: Officer,
    reason: WaitingReason,
    powers: Collection[Power],
    *,
    by: Officer | None,
    now: datetime,
    roles: Iterable[RoleName] = (),
    others: Iterable[int | None] = (),
) -> None:
    """Let powers of an officer wait, in the current transaction.

    Where the officer has none of them nothing begins, except after a reset: the account may be given some later.
    ``by`` changed it (None: a command on the server), together with ``others``.
    """
    db.session.flush()
    waiting = frozenset(powers) & powers_of(person)
    if not waiting and reason not in TAKEOVER_REASONS:
        return
    period = WaitingPeriod(
        officer=person,
        reason=reason,
        powers=sorted(power.value for power in waiting),
        roles=sorted(role.value for role in roles),
        made_by=list(dict.fromkeys([by.id if by else None, *others, *list_hands(by, now)])),
        began_at=now,
        ends_at=now + WAIT,
    )
    db.session.add(period)
    db.session.flush()
    detail = {"reason": reason.value, "powers": period.powers, "until": period.ends_at.isoformat()}
    event = audit_log.record_event(STARTED_ACTION, f"officer:{person.id}", officer=by, now=now, detail=detail)
    if waiting:
        letters.post_started(period, event, now)


def start_after_reset(person: Officer, reason: WaitingReason, *, by: Officer | None, now: datetime) -> None:
    """Let all powers of an officer wait, because somebody else reset a way to sign in. One's own reset begins none."""
    if by is None or by.id != person.id:
        start_waiting_period(person, reason, powers_of(person), by=by, now=now)


def list_hands(by: Officer | None, now: datetime) -> list[int | None]:
    """Return who gave an administrator the power to confirm, as long as it waits: their acts count as theirs, too."""
    periods = list_waits(by.id, Power.CONFIRM, now) if by else []
    return [hand for period in periods for hand in period.made_by]


def list_open_periods(officer_ids: Iterable[int], now: datetime) -> Sequence[WaitingPeriod]:
    """Return the periods of these officers that are not over, the longest first.

    Nothing but ``ends_at`` counts: a clock that was set back makes them longer, never shorter.
    """
    theirs = WaitingPeriod.officer_id.in_(sorted(officer_ids))
    query = sa.select(WaitingPeriod).where(theirs, WaitingPeriod.ends_at > now)
    return db.session.scalars(query.order_by(WaitingPeriod.ends_at.desc(), WaitingPeriod.id)).all()


def list_waits(officer_id: int, power: Power, now: datetime) -> list[WaitingPeriod]:
    """Return the periods in which the officer's power waits, the longest first."""
    return [period for period in list_open_periods([officer_id], now) if holds_back(period, officer_id, power)]


def is_waiting(officer: Officer, power: Power, now: datetime) -> bool:
    """Tell whether the officer's power waits."""
    return bool(list_waits(officer.id, power, now))


def require_power(officer: Officer, power: Power, now: datetime) -> None:
    """Raise NotAllowedError, saying why and until when, where the officer's power waits."""
    if is_waiting(officer, power, now):
        raise NotAllowedError(f"{power.value} waits", user_message=describe_wait(officer, power, now))


def describe_wait(officer: Officer, power: Power, now: datetime) -> str:
    """Return to the officer why and until when a power waits, "" where it does not."""
    periods = list_waits(officer.id, power, now)
    return describe_period(periods[0], str(power.label)) if periods else ""


def describe_waits(officer: Officer, now: datetime) -> list[str]:
    """Return to the officer everything that waits, a sentence each."""
    rows = list_open_periods([officer.id], now)
    return [describe_period(row, list_powers(row)) for row in rows if waiting_powers(row)]


def describe_period(period: WaitingPeriod, what: str) -> str:
    """Return to the officer why and until when something waits."""
    return str(
        _(
            "Anda belum dapat %(what)s, karena %(why)s pada %(since)s. Dapat mulai %(until)s, atau begitu orang kedua "
            "mengonfirmasinya. Begitulah tidak seorang pun menerbitkan sendirian.",
            what=what,
            why=period.reason.label,
            since=format_moment(period.began_at),
            until=format_moment(period.ends_at),
        )
    )
