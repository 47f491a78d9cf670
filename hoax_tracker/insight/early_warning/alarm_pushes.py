"""What officers on duty are told by Web Push: that something rises, and no word of what.

A phone shows it on its lock screen, so it says only where to look. Whoever is on duty is decided with the notices
(duty.py). When is asked again here: what waited for its hour or for another try is told while the alarm stands, and but
for the urgent topics while the offices are open.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta

import sqlalchemy as sa
from flask_babel import force_locale
from flask_babel import gettext as _

from hoax_tracker.claims.response_targets import load_targets
from hoax_tracker.claims.rising import is_open_alarm
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.core.encryption import DecryptionError
from hoax_tracker.models import Alarm, AlarmBrowser, Notice, NoticeKind, Officer, db
from hoax_tracker.notifications.mail import public_url_for
from hoax_tracker.notifications.notices import RISING_MAIL_EVERY, is_urgent
from hoax_tracker.notifications.push.delivery import (
    LeasedPush,
    begin_try,
    is_null_or_outside,
    may_be_sent_to,
    send_leased_pushes,
)
from hoax_tracker.notifications.push.targets import open_push_target

TOLD_WITHIN = timedelta(hours=2)
"""What is older, as the worker was off, is on the desk and in the letter: nobody is woken for it."""
TOPIC = "meja"
"""Apart from what residents are told, which may go to the same browser: neither takes the other's place."""
KEPT_FOR_S = int(TOLD_WITHIN.total_seconds())


def send_due_alarm_pushes(settings: Settings, now: datetime, beat: Callable[[], None] = lambda: None) -> int:
    """Tell the browsers of officers that something rises, for at most twenty seconds; return how many took it."""
    return send_leased_pushes(_lease_next_alarm, settings, now, beat)


def _lease_next_alarm(settings: Settings, now: datetime) -> LeasedPush | None:
    """Lease the next browser whose officer has a notice that it was not told of."""
    while True:
        with write_transaction(None):
            is_open = load_targets().calendar.is_open(now)
            due = db.session.execute(_due_browsers(now, is_open)).first()
            if due is None:
                return None
            row, officer, notice_id = due[0], due[1], due[2]
            try:
                target = open_push_target(row.sealed, settings)
            except DecryptionError:
                db.session.delete(row)
                continue
            begin_try(row, now)
            payload, marks = render_alarm(officer.mail_language), {"told_notice_id": notice_id}
            sent = (AlarmBrowser, row.id, target, payload, KEPT_FOR_S, row.attempts, marks)
            return LeasedPush(*sent, topic=TOPIC, urgency="high")


def _due_browsers(now: datetime, is_open: bool) -> sa.Select[AlarmBrowser, Officer, int]:
    """Return the query for a browser that may be told now, its officer, and the newest notice that it is told of.

    What is not urgent comes once an hour, and while the offices are open.
    """
    may_come = is_null_or_outside(AlarmBrowser.last_sent_at, now - RISING_MAIL_EVERY, now) if is_open else sa.false()
    newest = (
        sa.select(sa.func.max(Notice.id))
        .where(
            Notice.officer_id == AlarmBrowser.officer_id,
            Notice.kind == NoticeKind.RISING,
            Notice.seen_at.is_(None),
            Notice.id > AlarmBrowser.told_notice_id,
            Notice.made_at.between(now - TOLD_WITHIN, now),
            Notice.alarm_id.in_(sa.select(Alarm.id).where(is_open_alarm())),
            sa.or_(is_urgent(), may_come),
        )
        .correlate(AlarmBrowser)
        .scalar_subquery()
    )
    return (
        sa.select(AlarmBrowser, Officer, newest)
        .join(Officer, Officer.id == AlarmBrowser.officer_id)
        .where(Officer.active, may_be_sent_to(AlarmBrowser, now), newest.is_not(None))
        .order_by(AlarmBrowser.id)
        .limit(1)
        .with_for_update(of=AlarmBrowser, skip_locked=True)
    )


def render_alarm(language: str) -> bytes:
    """Return what the browser shows: the same for every alarm."""
    with force_locale(language):
        title, body = _("Ada yang naik"), _("Buka meja petugas untuk melihatnya.")
    shown = {"title": title, "body": body, "url": public_url_for("morning.show"), "tag": TOPIC}
    return json.dumps(shown, ensure_ascii=False).encode()
