"""Claims that rise: what the early warning found (insight/early_warning/) and nobody has answered.

What an alarm says, in the current language. It names a topic or a place, and quotes no text that circulates.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import ngettext

from hoax_tracker.core.web.template_filters import format_number
from hoax_tracker.models import Alarm, Measure


def is_open_alarm() -> sa.ColumnElement[bool]:
    """Return the condition for alarms that go on and that nobody ended."""
    return sa.and_(Alarm.calmed_at.is_(None), Alarm.answer.is_(None))


def is_rising(claim_id: Any) -> sa.ColumnElement[bool]:
    """Return the condition that a claim has an open alarm. They are few: their ids are read once a statement."""
    alarms = sa.select(Alarm.claim_id).where(is_open_alarm(), Alarm.claim_id.is_not(None))
    return claim_id.in_(alarms)  # type: ignore[no-any-return]


def describe_alarm(alarm: Alarm) -> str:
    """Return how many there were and what is usual: "14 kemunculan dalam 6 jam, biasanya 1"."""
    return str(
        _(
            "%(what)s dalam %(hours)s jam, biasanya %(usual)s.",
            what=_describe_count(alarm.measure, alarm.count),
            hours=alarm.hours,
            usual=_describe_usual(alarm.usual),
        )
    )


def _describe_count(measure: Measure, count: int) -> str:
    if measure is Measure.ASKED:
        words = ngettext("%(num)d pertanyaan", "%(num)d pertanyaan", count)
    elif measure is Measure.FORWARDED:
        words = ngettext("%(num)d kiriman terusan", "%(num)d kiriman terusan", count)
    elif measure is Measure.REPORTED:
        words = ngettext("%(num)d aduan", "%(num)d aduan", count)
    else:
        words = ngettext("%(num)d kemunculan", "%(num)d kemunculan", count)
    return str(words)


def _describe_usual(usual: float) -> str:
    """Return the usual count in everyday words."""
    if usual < 0.5:
        return str(_("hampir tidak ada"))
    return format_number(usual, 0 if usual >= 10 else 1)


def name_alarm(alarm: Alarm) -> str:
    """Return what rises: the title of the claim, the topic, or the place."""
    if alarm.claim is not None:
        return alarm.claim.title
    if alarm.topic is not None:
        return str(_("Pokok %(topic)s", topic=alarm.topic.label))
    return alarm.district.name if alarm.district is not None else alarm.subject.partition(":")[2]
