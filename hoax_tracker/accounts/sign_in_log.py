"""Sign-ins and refused attempts in the audit log, and the history that an officer sees.

The worker writes refused attempts and groups those of one connection into one event. Mass guessing therefore adds only
a few rows a minute. At a sign-in the account's earlier failures are written first.

A sign-in that stopped at the second step is one, too: whoever began it knows the password. Its row is noted when the
step begins and deleted when it succeeds; what is left once its time is over was stopped.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _, lazy_gettext as _l

from hoax_tracker.accounts import letters
from hoax_tracker.accounts.connections import UNKNOWN, browser_in_words, current_connection
from hoax_tracker.accounts.sign_in_brakes import FREE_FAILURES
from hoax_tracker.clock import CLOCK_TOLERANCE
from hoax_tracker.core.audit import audit_log
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.models import AuditEvent, Officer, SignInBrake, SignInFailure, db

SIGNED_IN = "signed_in"
FAILED = "sign_in_failed"
STOPPED = "sign_in_stopped"
WAITS = "sign_in_waits"
SECOND_STEP_TIME = timedelta(minutes=10)
"""How long a sign-in waits for the second factor."""
SHOWN = 20
BATCH = 1000
METHOD_LABELS: dict[str, Any] = {
    "password": _l("kata sandi"),
    "code": _l("kode aplikasi"),
    "recovery code": _l("kode cadangan"),
    "passkey": _l("kunci sandi"),
    "openid": _l("akun kantor"),
}
"""How somebody signed in, by the library's name for it; a name without words is shown as it is."""


@dataclass(frozen=True)
class SignIn:
    """A row of an officer's history: time, number of failures (0: signed in), method, browser and network."""

    at: datetime
    failures: int
    method: str
    browser: str
    network: str


def record_sign_in(officer: Officer, methods: Sequence[str], now: datetime) -> None:
    """Record a sign-in in the current transaction, after the officer's failures not written yet."""
    _write_failures(_list_waiting_failures(now, SignInFailure.officer_id == officer.id), now)
    detail = current_connection().facts() | {"method": "+".join(methods) or UNKNOWN}
    audit_log.record_event(SIGNED_IN, f"officer:{officer.id}", officer=officer, now=now, detail=detail)


def record_failures(now: datetime) -> int:
    """Write the stored refused attempts to the audit log and return how many.

    Mail the officers who must wait.
    """
    count = 0
    while rows := _record_failure_batch(now):
        count += rows
    _post_brake_letters(now)
    return count


def _record_failure_batch(now: datetime) -> int:
    """Write one batch of refused attempts to the audit log and return how many."""
    if db.session.scalar(sa.select(SignInFailure.id).limit(1)) is None:
        return 0
    with write_transaction():
        rows = _list_waiting_failures(now)
        _write_failures(rows, now)
        return len(rows)


def note_second_step(officer: Officer, method: str, now: datetime) -> int:
    """Note a sign-in that waits for the second factor, in a transaction of its own, and return its number."""
    connection = current_connection()
    row = SignInFailure(officer_id=officer.id, at=now, network=connection.network, browser=connection.browser)
    row.stopped_after = method
    with write_transaction(None):
        db.session.add(row)
        db.session.flush()
        return row.id


def forget_second_step(number: int) -> None:
    """Delete that note in the current transaction, because the second factor was given."""
    mine = (SignInFailure.id == number, SignInFailure.stopped_after.is_not(None))
    db.session.execute(sa.delete(SignInFailure).where(*mine), execution_options={"synchronize_session": False})


def _list_waiting_failures(now: datetime, *conditions: sa.ColumnElement[bool]) -> Sequence[SignInFailure]:
    """Return a batch of refused attempts that are not in the audit log yet, oldest first.

    A sign-in that may still get its second factor is none.
    """
    is_over = sa.or_(
        SignInFailure.stopped_after.is_(None),
        SignInFailure.at < now - SECOND_STEP_TIME,
        SignInFailure.at > now + CLOCK_TOLERANCE,
    )
    query = sa.select(SignInFailure).where(is_over, *conditions).order_by(SignInFailure.id).limit(BATCH)
    return db.session.scalars(query.with_for_update(skip_locked=True)).all()


def _write_failures(rows: Sequence[SignInFailure], now: datetime) -> None:
    """Move refused attempts to the audit log in the current transaction: one event per connection."""
    aimed = Counter((row.officer_id, row.network, row.browser, row.stopped_after) for row in rows if row.officer_id)
    acts = [_failure_entry(*about, times) for about, times in aimed.items()]
    nobodys = [row for row in rows if not row.officer_id]
    if nobodys:
        detail = {"times": len(nobodys), "networks": len({row.network for row in nobodys})}
        acts.append(audit_log.AuditEntry(FAILED, "officer:unknown", detail))
    audit_log.record_events(acts, officer=None, now=now)
    _post_stopped_letters(rows, now)
    deletion = sa.delete(SignInFailure).where(SignInFailure.id.in_([row.id for row in rows]))
    db.session.execute(deletion, execution_options={"synchronize_session": False})


def _failure_entry(
    officer_id: int | None, network: str, browser: str, stopped_after: str | None, times: int
) -> audit_log.AuditEntry:
    """Return the audit entry of refused attempts of one connection at one account."""
    detail: dict[str, Any] = {"network": network, "browser": browser, "times": times}
    if stopped_after is None:
        return audit_log.AuditEntry(FAILED, f"officer:{officer_id}", detail)
    return audit_log.AuditEntry(STOPPED, f"officer:{officer_id}", detail | {"method": stopped_after})


def _post_stopped_letters(rows: Sequence[SignInFailure], now: datetime) -> None:
    """Queue a mail to each officer whose password was right and no second factor followed; one a day at most."""
    for row in rows:
        officer = db.session.get(Officer, row.officer_id) if row.stopped_after and row.officer_id else None
        if officer is not None:
            letters.post_stopped_sign_in(officer, row, now)


def _post_brake_letters(now: datetime) -> None:
    """Mail each officer whose account waits, once until the brake is released."""
    waits = sa.and_(
        SignInBrake.failures >= FREE_FAILURES, SignInBrake.told_at.is_(None), SignInBrake.officer_id.is_not(None)
    )
    for key in db.session.scalars(sa.select(SignInBrake.key).where(waits).limit(BATCH)).all():
        with write_transaction():
            brake = db.session.get(SignInBrake, key, with_for_update=True)
            officer = db.session.get(Officer, brake.officer_id) if brake and not brake.told_at else None
            if brake is None or officer is None:
                continue
            brake.told_at = now
            detail = {"failures": brake.failures}
            audit_log.record_event(WAITS, f"officer:{officer.id}", officer=None, now=now, detail=detail)
            letters.post_brake_letter(officer, brake, now)


def list_sign_ins(officer: Officer, count: int = SHOWN) -> list[SignIn]:
    """Return the account's newest sign-ins and refused attempts."""
    query = sa.select(AuditEvent).where(
        AuditEvent.subject == f"officer:{officer.id}", AuditEvent.action.in_((SIGNED_IN, FAILED, STOPPED))
    )
    events = db.session.scalars(query.order_by(AuditEvent.id.desc()).limit(count)).all()
    return [_sign_in_of_event(event) for event in events]


def _sign_in_of_event(event: AuditEvent) -> SignIn:
    """Return an audit event as a row of the history."""
    detail = event.detail
    failures = int(detail.get("times", 1)) if event.action != SIGNED_IN else 0
    named = ", ".join(str(METHOD_LABELS.get(part, part)) for part in str(detail.get("method", "password")).split("+"))
    method = named if not failures else _("kata sandi salah")
    if event.action == STOPPED:
        method = _("%(method)s benar, tanpa kode kedua", method=named)
    return SignIn(
        event.at,
        failures,
        str(method),
        browser_in_words(detail.get("browser", UNKNOWN)),
        detail.get("network", UNKNOWN),
    )
