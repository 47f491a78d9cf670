"""Alarms: begun and calmed by the worker, told to officers on duty, answered or silenced once for all by one of them.

Web Push tells that something rises, and no word of what: a phone shows it on its lock screen, so it says only where to
look. Whoever is on duty is decided with the notices (duty.py). When is asked again here: what waited for its hour or
for another try is told while the alarm stands, and but for the urgent topics while the offices are open.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask_babel import force_locale, gettext as _, lazy_gettext as _l
from sqlalchemy.orm import joinedload

from hoax_tracker.claims.priority import is_open_alarm
from hoax_tracker.claims.response_targets import load_targets
from hoax_tracker.clock import is_recent
from hoax_tracker.core.audit import audit_log
from hoax_tracker.core.audit.audit_log import AuditAct, register_acts
from hoax_tracker.core.audit.tracked_edits import lock_row
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.database.transactions import Turn, read_transaction, write_transaction
from hoax_tracker.core.encryption import DecryptionError
from hoax_tracker.errors import EditConflictError
from hoax_tracker.insight.early_warning.duty import require_may_end, tell_officers_on_duty
from hoax_tracker.insight.early_warning.hourly_counts import (
    APPEARANCES_AT_ONCE,
    count_new_appearances,
    forget_old_counts,
    load_state,
    recount_lately,
)
from hoax_tracker.insight.early_warning.rising_subjects import WATCHED_STATUSES, RisingSubject, find_rising_subjects
from hoax_tracker.insight.early_warning.significance import CALM_AFTER_HOURS
from hoax_tracker.models import (
    Alarm,
    AlarmAnswer,
    AlarmBrowser,
    District,
    EarlyWarningState,
    Notice,
    NoticeKind,
    Officer,
    RisingKind,
    Topic,
    db,
)
from hoax_tracker.notifications import notices
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

register_acts(
    AuditAct("alarm_answered", _l("menangani peringatan bahwa %(what)s sedang naik")),
    AuditAct("alarm_silenced", _l("mendiamkan peringatan bahwa %(what)s sedang naik")),
)


def _update_alarms(rising: Mapping[str, RisingSubject], now: datetime) -> int:
    """Begin alarms, keep their counts up to date, and calm those that are over, in the current transaction.

    Return how many began.
    """
    query = sa.select(Alarm).where(Alarm.calmed_at.is_(None)).options(joinedload(Alarm.claim))
    going_on = {alarm.subject: alarm for alarm in db.session.scalars(query)}
    for name, alarm in going_on.items():
        if subject := rising.get(name):
            _set_sign(alarm, subject, now)
        elif is_over(alarm, now):
            alarm.calmed_at = now
            notices.mark_notices_seen(Notice.alarm_id == alarm.id, now=now)
    new = [subject for name, subject in rising.items() if subject.is_alarming and name not in going_on]
    codes = [subject.key for subject in new if subject.kind is RisingKind.PLACE]
    districts = dict(db.session.execute(sa.select(District.code, District.id).where(District.code.in_(codes))).all())
    for subject in new:
        alarm = Alarm(subject=subject.name, kind=subject.kind, raised_at=now, **_describe_subject(subject, districts))
        _set_sign(alarm, subject, now)
        db.session.add(alarm)
    return len(new)


def is_over(alarm: Alarm, now: datetime) -> bool:
    """Tell whether an alarm without a sign is over: after a whole day, or where its claim is watched no more."""
    if alarm.claim is not None and alarm.claim.status not in WATCHED_STATUSES:
        return True
    return not is_recent(alarm.last_sign_at, timedelta(hours=CALM_AFTER_HOURS), now)


def _set_sign(alarm: Alarm, subject: RisingSubject, now: datetime) -> None:
    """Set what is counted now. The numbers of an ended alarm stay as they were when it was ended."""
    sign = subject.sign
    alarm.last_sign_at = now
    if alarm.answer is None:
        alarm.measure, alarm.hours, alarm.count, alarm.usual = sign.measure, sign.hours, sign.count, sign.usual


def _describe_subject(subject: RisingSubject, districts: Mapping[str, int]) -> dict[str, Any]:
    """Return the columns that name what rises."""
    if subject.kind is RisingKind.CLAIM:
        return {"claim_id": int(subject.key)}
    if subject.kind is RisingKind.TOPIC:
        return {"topic": Topic(subject.key)}
    return {"district_id": districts.get(subject.key)}


def end_alarm(alarm_id: int, answer: AlarmAnswer, *, officer: Officer, now: datetime) -> Alarm:
    """Answer or silence an alarm for all. Raises NotFoundError, NotAllowedError, or EditConflictError if it is ended.

    Who may is decided in duty.py.
    """
    with write_transaction():
        alarm = lock_row(Alarm, alarm_id)
        require_may_end(alarm, officer)
        if alarm.answer is not None or alarm.calmed_at is not None:
            message = _("Peringatan ini sudah selesai: seorang petugas lebih dulu, atau angkanya sudah turun.")
            raise EditConflictError(f"alarm {alarm_id} is ended", user_message=message)
        alarm.answer, alarm.answered_at, alarm.answered_by_id = answer, now, officer.id
        notices.mark_notices_seen(Notice.alarm_id == alarm.id, now=now)
        action = "alarm_answered" if answer is AlarmAnswer.ANSWERED else "alarm_silenced"
        detail = {"count": alarm.count, "hours": alarm.hours}
        subject = f"district:{alarm.district_id}" if alarm.kind is RisingKind.PLACE else alarm.subject
        audit_log.record_event(action, subject, officer=officer, now=now, detail=detail)
        return alarm


def list_alarms(*, ended: bool = False, limit: int | None = None) -> Sequence[Alarm]:
    """Return what rises now, newest first; or those that ended last."""
    query = sa.select(Alarm).where(~is_open_alarm() if ended else is_open_alarm())
    loaded = query.options(joinedload(Alarm.claim), joinedload(Alarm.district), joinedload(Alarm.answered_by))
    return db.session.scalars(loaded.order_by(Alarm.raised_at.desc(), Alarm.id.desc()).limit(limit)).all()


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


LOOK_EVERY = timedelta(minutes=5)
BATCHES_AT_ONCE = 10


def watch_for_waves(now: datetime) -> int:
    """Look for what rises, where five minutes went by; return how many alarms began.

    After an upgrade many appearances are to be counted first, some in each round; until then nothing is compared.
    """
    state = db.session.get(EarlyWarningState, 1)
    if state is not None and state.looked_at is not None and is_recent(state.looked_at, LOOK_EVERY, now):
        return 0
    if not _count_what_is_new(now):
        return 0
    db.session.rollback()  # who writes does not wait for the comparison
    with read_transaction():
        since_hour = db.session.get_one(EarlyWarningState, 1).since_hour
        alarmed = db.session.scalars(sa.select(Alarm.subject).where(Alarm.calmed_at.is_(None))).all()
        rising = find_rising_subjects(now, since_hour, alarmed)
    db.session.rollback()
    with write_transaction():
        alarm_count = _update_alarms(rising, now)
        db.session.flush()
        tell_officers_on_duty(now)
        db.session.get_one(EarlyWarningState, 1).looked_at = now
    return alarm_count


def _count_what_is_new(now: datetime) -> bool:
    """Bring the hourly counts up to date; return False where appearances are left to the next round."""
    for _batch in range(BATCHES_AT_ONCE):
        with write_transaction(Turn.FLAG):
            if count_new_appearances(load_state(now), now) < APPEARANCES_AT_ONCE:
                break
    else:
        return False
    with write_transaction(Turn.FLAG):
        recount_lately(load_state(now), now)
        forget_old_counts(now)
    return True
