"""Who is told of an alarm, and when; and who answers for it.

On duty, while the offices are open, are the officers who decide in the unit that answers for it, and those of PPID
Utama, whose queue holds everything; never those of a unit that a claim in it accuses. Outside the office hours nobody
is on duty, and the word waits until the offices open. Of a disaster and of health it goes at once.

The alarm of a claim is ended by who may decide about the claim. That of a topic or place is ended by PPID Utama, or by
the unit that answers for the topic, but by nobody whose unit is accused in a claim that counts in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from flask_babel import force_locale, gettext as _
from sqlalchemy.orm import aliased, joinedload, selectinload

from hoax_tracker.claims.priority import describe_alarm, is_open_alarm, name_alarm
from hoax_tracker.claims.recusal import is_accused, is_accusing, may_decide, require_may_decide
from hoax_tracker.claims.response_targets import BusinessCalendar, load_targets
from hoax_tracker.clock import day_in_kupang
from hoax_tracker.core.database.job_wakeups import WokenJob, wake_job
from hoax_tracker.errors import NotAllowedError
from hoax_tracker.insight.early_warning.hourly_counts import name_subjects
from hoax_tracker.insight.early_warning.significance import LONG_HOURS
from hoax_tracker.insight.figures.month_figures import load_place_names
from hoax_tracker.models import (
    URGENT_TOPICS,
    Alarm,
    Claim,
    ClaimStatus,
    Demand,
    NoticeKind,
    Officer,
    RisingKind,
    RoleName,
    Unit,
    UnitTopic,
    db,
)
from hoax_tracker.notifications import notices

COUNTED_STATUSES = tuple(status for status in ClaimStatus if status is not ClaimStatus.MERGED)
"""A dismissed claim counts in its topic, too. Of a merged one the appearances are the other claim's."""


def find_endable(alarms: Sequence[Alarm], officer: Officer) -> set[int]:
    """Return the ids of the alarms that the officer may end."""
    if not officer.is_a(RoleName.OFFICER):
        return set()
    query = sa.select(UnitTopic.topic).where(UnitTopic.unit_id == officer.unit_id)
    topics = set() if officer.unit.is_root else set(db.session.scalars(query))
    theirs = [alarm for alarm in alarms if alarm.claim or officer.unit.is_root or alarm.topic in topics]
    accusing = find_accusing_claims(theirs)
    return {
        alarm.id
        for alarm in theirs
        if all(may_decide(claim, officer) for claim in ([alarm.claim] if alarm.claim else accusing[alarm.id]))
    }


def require_may_end(alarm: Alarm, officer: Officer) -> None:
    """Raise NotAllowedError unless the officer may end the alarm."""
    if alarm.claim is not None:
        require_may_decide(alarm.claim, officer)
    elif alarm.id not in find_endable([alarm], officer):
        message = _(
            "Peringatan ini diselesaikan PPID Utama atau perangkat daerah yang menjawab pokoknya, dan bukan oleh yang "
            "dituduh di dalamnya."
        )
        raise NotAllowedError("not of a unit that answers for the alarm", user_message=message)


def find_accusing_claims(alarms: Sequence[Alarm]) -> dict[int, list[Claim]]:
    """Return the claims that accuse a unit and count in each alarm, by its id; of the alarm of a claim only that."""
    accusing: dict[int, list[Claim]] = {alarm.id: [alarm.claim] if alarm.claim else [] for alarm in alarms}
    wide = [alarm for alarm in alarms if alarm.claim is None]
    if not wide:
        return accusing
    places = load_place_names() if any(alarm.kind is RisingKind.PLACE for alarm in wide) else {}
    for claim, asked_on in _load_accusing_claims(min(_counted_since(alarm) for alarm in wide)):
        names = name_subjects(claim.topic, f"{claim.title} {claim.text}", places)
        for alarm in wide:
            since = _counted_since(alarm)
            is_counted = claim.last_seen_at > since or (asked_on is not None and asked_on >= day_in_kupang(since))
            if alarm.subject in names and is_counted:
                accusing[alarm.id].append(claim)
    return accusing


def _counted_since(alarm: Alarm) -> datetime:
    """Return the moment from which an alarm was counted."""
    return alarm.raised_at - timedelta(hours=LONG_HOURS)


def _load_accusing_claims(since: datetime) -> list[tuple[Claim, date | None]]:
    """Return the claims that accuse a unit and were seen or asked about since, with the last day of the questions."""
    asked = sa.select(Demand.claim_id).where(Demand.last_day >= day_in_kupang(since), Demand.claim_id.is_not(None))
    asked_on = sa.select(sa.func.max(Demand.last_day)).where(Demand.claim_id == Claim.id).scalar_subquery()
    query = (
        sa.select(Claim, asked_on)
        .where(is_accusing(), Claim.status.in_(COUNTED_STATUSES))
        .where(sa.or_(Claim.last_seen_at > since, Claim.id.in_(asked)))
        .options(selectinload(Claim.accusations))
    )
    return [(claim, last_day) for claim, last_day in db.session.execute(query)]


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
