"""Who is told of an alarm, and when.

On duty, while the offices are open, are the officers who decide in the unit that answers for it, and those of PPID
Utama, whose queue holds everything; never those of a unit that a claim in it accuses. Outside the office hours nobody
is on duty, and the word waits until the offices open. Of a disaster and of health it goes at once.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from flask_babel import force_locale
from sqlalchemy.orm import aliased, joinedload

from hoax_tracker.claims.alarm_sentences import describe_alarm, name_alarm
from hoax_tracker.claims.business_hours import BusinessCalendar
from hoax_tracker.claims.recusal import is_accused
from hoax_tracker.claims.response_targets import load_targets
from hoax_tracker.claims.rising import is_open_alarm
from hoax_tracker.core.database.job_wakeups import WokenJob, wake_job
from hoax_tracker.insight.early_warning.responsibility import find_accusing_claims
from hoax_tracker.models import URGENT_TOPICS, Alarm, NoticeKind, Officer, Unit, UnitTopic, db
from hoax_tracker.notifications import notices

QUIET_AFTER = timedelta(days=1)
"""So long after the word of a subject, or an officer's answer, nobody is told of it again."""


def tell_officers_on_duty(now: datetime) -> int:
    """Notify of alarms that nobody was told of and that show a sign now, in the current transaction; return how many.

    Notices are shown on the desk and mailed where nobody sees them soon (notifications/notices.py).
    """
    untold = sa.select(Alarm).where(
        Alarm.told_at.is_(None), is_open_alarm(), Alarm.last_sign_at == now, ~_was_told_lately(now)
    )
    alarms = db.session.scalars(untold.options(joinedload(Alarm.claim)).order_by(Alarm.id)).all()
    if not alarms:
        return 0
    calendar = load_targets().calendar
    return sum(_tell_officers(alarm, now) for alarm in alarms if _may_tell(alarm, calendar, now))


def _was_told_lately(now: datetime) -> sa.ColumnElement[bool]:
    """Return the condition that officers were told of the same subject in the last day, or answered."""
    earlier = aliased(Alarm)
    lately = [moment.between(now - QUIET_AFTER, now) for moment in (earlier.told_at, earlier.answered_at)]
    return sa.exists().where(earlier.subject == Alarm.subject, earlier.id != Alarm.id, sa.or_(*lately))


def _may_tell(alarm: Alarm, calendar: BusinessCalendar, now: datetime) -> bool:
    """Tell whether an alarm may disturb people now."""
    topic = alarm.claim.topic if alarm.claim else alarm.topic
    return topic in URGENT_TOPICS or calendar.is_open(now)


def _tell_officers(alarm: Alarm, now: datetime) -> bool:
    """Notify the officers on duty; False where there are none."""
    people = list_officers_on_duty(alarm)
    if not people:
        return False
    with force_locale("id"):
        words = describe_alarm(alarm) if alarm.claim else f"{name_alarm(alarm)}, {describe_alarm(alarm)}"
    alarm.told_at = now
    wake_job(WokenJob.PUSHES)
    notices.notify_officers(people, NoticeKind.RISING, now, claim_id=alarm.claim_id, alarm_id=alarm.id, text=words)
    return True


def list_officers_on_duty(alarm: Alarm) -> list[Officer]:
    """Return the deciding officers of the answering unit and of PPID Utama, without those accused in it."""
    if alarm.claim is not None:
        unit_id = alarm.claim.unit_id
    else:
        unit_id = db.session.scalar(sa.select(UnitTopic.unit_id).where(UnitTopic.topic == alarm.topic))
    people = notices.list_officers_in(sa.or_(Unit.is_root, Officer.unit_id == unit_id))
    accusing = find_accusing_claims([alarm])[alarm.id]
    return [officer for officer in people if not any(is_accused(claim, officer) for claim in accusing)]
