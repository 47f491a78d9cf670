"""The early warning: what stands out is marked, told to who is on duty, and ended once for all."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from apiflask import APIFlask
from flask.testing import FlaskClient

from hoax_tracker.errors import EditConflictError, NotAllowedError
from hoax_tracker.insight.early_warning.alarms import end_alarm, list_alarms, watch_for_waves
from hoax_tracker.insight.early_warning.duty import find_accusing_claims, find_endable, list_officers_on_duty
from hoax_tracker.insight.early_warning.hourly_counts import (
    APPEARANCES_AT_ONCE,
    first_hour_of,
    hour_of,
    list_counted_claims,
)
from hoax_tracker.models import (
    Alarm,
    AlarmAnswer,
    AuditEvent,
    ClaimStatus,
    District,
    EarlyWarningState,
    HourlyCount,
    Measure,
    Notice,
    NoticeKind,
    Officer,
    OutgoingMail,
    RisingKind,
    RoleName,
    Topic,
    UnitTopic,
    db,
)
from hoax_tracker.notifications.notices import MAIL_AFTER, mail_unseen_notices
from hoax_tracker.review.queue.queue import QueueFilters, load_claim_queue
from tests import factories
from tests.crowded import count_statements
from tests.factories import count_rows
from tests.insight.waves import NIGHT, OPEN_HOUR, add_asked, add_seen, look_again, make_wave
from tests.mail_server import turn_mail_on

SignIn = Callable[[Officer], FlaskClient]
LONG_AGO = OPEN_HOUR - timedelta(days=29)


def open_alarms() -> list[str]:
    """What rises now."""
    return sorted(alarm.subject for alarm in list_alarms())


def told() -> list[str]:
    """Who was told of what rises."""
    query = sa.select(Officer.email).join(Notice, Notice.officer_id == Officer.id).order_by(Officer.email)
    return list(db.session.scalars(query.where(Notice.kind == NoticeKind.RISING)))


def test_a_claim_that_stands_out_is_an_alarm_and_four_are_none(officer: Officer) -> None:
    few, many = factories.make_claim("Kabar pertama"), factories.make_claim("Kabar kedua")
    make_wave(few, OPEN_HOUR, 4)
    make_wave(many, OPEN_HOUR)
    assert watch_for_waves(OPEN_HOUR) == 1
    assert open_alarms() == [f"claim:{many.id}"]
    alarm = list_alarms()[0]
    assert (alarm.measure, alarm.count, alarm.hours) == (Measure.SEEN, 12, 6)


def test_what_is_usual_for_a_claim_is_no_alarm(officer: Officer) -> None:
    claim = factories.make_claim(first_seen_at=LONG_AGO)
    for day in range(28):
        add_seen(claim, [OPEN_HOUR - timedelta(days=day, minutes=20 * number) for number in range(12)])
    assert watch_for_waves(OPEN_HOUR) == 0


def test_questions_of_residents_alone_are_an_alarm(officer: Officer) -> None:
    claim = factories.make_claim()
    add_asked(claim, OPEN_HOUR, 20)
    assert watch_for_waves(OPEN_HOUR) == 1
    assert list_alarms()[0].measure is Measure.ASKED


def test_a_dismissed_claim_rises_for_nobody_and_a_clarified_one_does(officer: Officer) -> None:
    for status in (ClaimStatus.DISMISSED, ClaimStatus.CLARIFIED):
        make_wave(factories.make_claim(status.value, status=status), OPEN_HOUR)
    watch_for_waves(OPEN_HOUR)
    assert [alarm.claim and alarm.claim.status for alarm in list_alarms()] == [ClaimStatus.CLARIFIED]


def spread_over_claims(topic: Topic, text: str, now: datetime, count: int = 24) -> None:
    """Many claims, each seen once in the last hours."""
    for number in range(count):
        claim = factories.make_claim(f"{text} {number}", topic=topic, first_seen_at=now - timedelta(hours=4))
        add_seen(claim, [now - timedelta(minutes=10 * number)])


def test_a_topic_of_many_claims_is_an_alarm_once_two_weeks_are_known(officer: Officer) -> None:
    spread_over_claims(Topic.TAX, "Pajak", OPEN_HOUR)
    watch_for_waves(OPEN_HOUR)
    assert open_alarms() == [], "nothing is known of other days"
    db.session.execute(sa.update(EarlyWarningState).values(since_hour=hour_of(LONG_AGO)))
    db.session.commit()
    look_again(OPEN_HOUR)
    assert open_alarms() == ["topic:tax"]


def test_a_place_in_many_claims_is_an_alarm(officer: Officer) -> None:
    db.session.add(District(code="kec-alak", name="Alak", kind="kecamatan", aliases=[]))
    add_seen(factories.make_claim("Lain", first_seen_at=LONG_AGO), [LONG_AGO])
    for topic in (Topic.TAX, Topic.WATER, Topic.MARKET):
        spread_over_claims(topic, f"Di Alak {topic.value}", OPEN_HOUR, 8)
    watch_for_waves(OPEN_HOUR)
    assert "place:kec-alak" in open_alarms()


def test_the_same_wave_is_told_once(officer: Officer) -> None:
    """A claim that rises lifts its topic too: no second alarm."""
    add_seen(factories.make_claim("Lain", first_seen_at=LONG_AGO), [LONG_AGO])
    make_wave(factories.make_claim(topic=Topic.TAX), OPEN_HOUR, 30)
    watch_for_waves(OPEN_HOUR)
    assert [alarm.kind for alarm in list_alarms()] == ["claim"]


def test_each_appearance_is_counted_once_however_often_the_worker_looks(officer: Officer) -> None:
    make_wave(factories.make_claim(topic=Topic.TAX), OPEN_HOUR, 5)
    add_asked(factories.make_claim(topic=Topic.MARKET), OPEN_HOUR, 7)
    moment = look_again(OPEN_HOUR, 3)
    counts = dict(
        db.session.execute(sa.select(HourlyCount.measure, sa.func.sum(HourlyCount.count)).group_by("measure")).all()
    )
    assert counts == {Measure.SEEN: 5, Measure.ASKED: 7}
    make_wave(factories.make_claim(topic=Topic.TAX), moment, 2)
    look_again(moment, 2)
    seen = sa.select(sa.func.sum(HourlyCount.count)).where(HourlyCount.measure == Measure.SEEN)
    assert db.session.scalar(seen) == 7


def test_old_counts_are_forgotten(officer: Officer) -> None:
    claim = factories.make_claim()
    add_seen(claim, [OPEN_HOUR])
    watch_for_waves(OPEN_HOUR)
    add_seen(claim, [OPEN_HOUR + timedelta(days=40)])
    look_again(OPEN_HOUR + timedelta(days=40))
    hours = db.session.scalars(sa.select(HourlyCount.hour)).all()
    assert hours == [hour_of(OPEN_HOUR + timedelta(days=40))]


def test_questions_count_in_the_first_hour_of_the_day_in_kupang() -> None:
    day = OPEN_HOUR.date()
    assert first_hour_of(day) == hour_of(datetime(2026, 11, 23, 16, tzinfo=UTC))


def test_the_worker_looks_every_five_minutes_and_asks_little(officer: Officer) -> None:
    make_wave(factories.make_claim(), OPEN_HOUR)
    watch_for_waves(OPEN_HOUR)
    with count_statements() as statements:
        assert watch_for_waves(OPEN_HOUR + timedelta(minutes=4)) == 0
    assert len(statements) <= 3
    counts = []
    for claims in (1, 12):
        for number in range(claims):
            make_wave(factories.make_claim(f"Kabar {claims} {number}"), OPEN_HOUR)
        watch_for_waves(OPEN_HOUR + timedelta(hours=claims))  # with the new alarms
        with count_statements() as statements:
            look_again(OPEN_HOUR + timedelta(hours=claims))
        counts.append(len(statements))
    assert counts[1] <= counts[0] + 2 <= 30, "no statement for each claim"


def test_after_an_upgrade_nothing_is_compared_until_all_is_counted(
    officer: Officer, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert APPEARANCES_AT_ONCE > 100
    for module in ("alarms", "hourly_counts"):
        monkeypatch.setattr(f"hoax_tracker.insight.early_warning.{module}.APPEARANCES_AT_ONCE", 4)
    monkeypatch.setattr("hoax_tracker.insight.early_warning.alarms.BATCHES_AT_ONCE", 2)
    make_wave(factories.make_claim(), OPEN_HOUR, 12)
    assert [watch_for_waves(OPEN_HOUR), watch_for_waves(OPEN_HOUR)] == [0, 1], "the next round goes on at once"


def test_a_flood_of_claims_does_not_calm_those_with_an_alarm(officer: Officer, monkeypatch: pytest.MonkeyPatch) -> None:
    claim = factories.make_claim()
    make_wave(claim, OPEN_HOUR)
    watch_for_waves(OPEN_HOUR)
    monkeypatch.setattr("hoax_tracker.insight.early_warning.rising_subjects.MOST_CLAIMS", 1)
    make_wave(factories.make_claim("Banjir"), OPEN_HOUR + timedelta(hours=1), 30)
    moment = OPEN_HOUR + timedelta(hours=20)
    watch_for_waves(moment)
    assert db.session.get_one(Alarm, 1).last_sign_at == moment
    make_wave(claim, OPEN_HOUR + timedelta(hours=30), 14)
    watch_for_waves(OPEN_HOUR + timedelta(hours=30))
    assert db.session.get_one(Alarm, 1).count == 14
    assert count_rows(Alarm) == 2


# Who is told


def test_who_is_on_duty_is_told_and_by_letter_where_nobody_looks(
    app: APIFlask, officer: Officer, approver: Officer
) -> None:
    turn_mail_on(app)
    factories.make_officer("air@kupang.example", RoleName.OFFICER, unit_code="pdam")
    factories.make_officer("dinkes@kupang.example", RoleName.OFFICER, unit_code="dinkes")
    claim = factories.make_claim(unit_id=factories.load_unit("pdam").id)
    make_wave(claim, OPEN_HOUR)
    watch_for_waves(OPEN_HOUR)
    assert told() == ["air@kupang.example", "petugas@kupang.example"], "the answering unit and PPID Utama"
    look_again(OPEN_HOUR, 2)
    assert len(told()) == 2, "once"
    assert mail_unseen_notices(OPEN_HOUR + MAIL_AFTER + timedelta(minutes=1)) == 2
    assert count_rows(OutgoingMail) == 2


def test_an_accused_unit_is_not_told(officer: Officer) -> None:
    factories.make_officer("air@kupang.example", RoleName.OFFICER, unit_code="pdam")
    pdam = factories.load_unit("pdam").id
    make_wave(factories.make_claim(unit_id=pdam, accused_unit_id=pdam), OPEN_HOUR)
    watch_for_waves(OPEN_HOUR)
    assert told() == ["petugas@kupang.example"]


@pytest.mark.parametrize("topic", [Topic.DISASTER, Topic.HEALTH])
def test_disaster_and_health_are_told_at_night(officer: Officer, topic: Topic) -> None:
    make_wave(factories.make_claim(topic=topic), NIGHT)
    watch_for_waves(NIGHT)
    assert told() == [officer.email]


@pytest.mark.parametrize("closed", [NIGHT, OPEN_HOUR + timedelta(days=4)])
def test_outside_office_hours_the_word_waits(officer: Officer, closed: datetime) -> None:
    make_wave(factories.make_claim(topic=Topic.TAX), closed)
    watch_for_waves(closed)
    assert (len(open_alarms()), told()) == (1, []), "marked, and nobody is disturbed"
    monday = datetime.fromisoformat("2026-11-30T08:00:00+08:00")
    morning = closed.replace(hour=7, minute=31) + timedelta(days=1) if closed == NIGHT else monday
    add_seen(db.session.get_one(Alarm, 1).claim, [morning - timedelta(minutes=number) for number in range(40)])
    watch_for_waves(morning)
    assert told() == [officer.email]


def test_a_topic_is_told_to_the_unit_that_answers_it(officer: Officer) -> None:
    factories.make_officer("air@kupang.example", RoleName.OFFICER, unit_code="pdam")
    db.session.add(UnitTopic(topic=Topic.WATER, unit_id=factories.load_unit("pdam").id))
    add_seen(factories.make_claim("Lain", topic=Topic.TAX, first_seen_at=LONG_AGO), [LONG_AGO])
    spread_over_claims(Topic.WATER, "Air", OPEN_HOUR)
    watch_for_waves(OPEN_HOUR)
    assert told() == ["air@kupang.example", "petugas@kupang.example"]
    assert "Air bersih" in db.session.scalars(sa.select(Notice.text)).first()


@pytest.mark.parametrize("topic", [Topic.TAX, Topic.HEALTH])
def test_what_rises_is_one_letter_an_hour_but_of_disaster_and_health(
    app: APIFlask, officer: Officer, topic: Topic
) -> None:
    turn_mail_on(app)
    letters = []
    for minutes in range(0, 100, 5):
        moment = OPEN_HOUR + timedelta(minutes=minutes, seconds=minutes)
        if minutes < 60:
            make_wave(factories.make_claim(f"Kabar {minutes}", topic=topic), moment)
        watch_for_waves(moment)
        mail_unseen_notices(moment)
        letters.append(count_rows(OutgoingMail))
    assert len(told()) == 12
    assert letters[-1] == (2 if topic is Topic.TAX else 12)
    unmailed = sa.select(sa.func.count()).select_from(Notice).where(Notice.mailed_at.is_(None))
    assert db.session.scalar(unmailed) == 0, "the second letter names all the others"


def test_what_rises_delays_no_other_letter(app: APIFlask, officer: Officer) -> None:
    turn_mail_on(app)
    claim = factories.make_claim(topic=Topic.TAX)
    make_wave(claim, OPEN_HOUR)
    watch_for_waves(OPEN_HOUR)
    assert mail_unseen_notices(OPEN_HOUR + timedelta(minutes=11)) == 1
    asked = Notice(officer_id=officer.id, kind=NoticeKind.ASKED, claim_id=claim.id, made_at=OPEN_HOUR)
    db.session.add(asked)
    db.session.commit()
    assert mail_unseen_notices(OPEN_HOUR + timedelta(minutes=12)) == 1


# Answered or silenced once for all


@pytest.mark.parametrize("answer", list(AlarmAnswer))
def test_an_alarm_is_ended_once_for_all(officer: Officer, answer: AlarmAnswer) -> None:
    colleague = factories.make_officer("lain@kupang.example", RoleName.OFFICER)
    claim = factories.make_claim()
    make_wave(claim, OPEN_HOUR)
    watch_for_waves(OPEN_HOUR)
    end_alarm(1, answer, officer=officer, now=OPEN_HOUR)
    assert open_alarms() == []
    unseen = sa.select(sa.func.count()).select_from(Notice).where(Notice.seen_at.is_(None))
    assert db.session.scalar(unseen) == 0, "nobody is told any more"
    with pytest.raises(EditConflictError):
        end_alarm(1, AlarmAnswer.ANSWERED, officer=colleague, now=OPEN_HOUR)
    make_wave(claim, OPEN_HOUR + timedelta(hours=1), 20)
    look_again(OPEN_HOUR + timedelta(hours=1), 2)
    assert open_alarms() == [], "the same wave begins no second alarm"
    event = db.session.scalars(sa.select(AuditEvent).order_by(AuditEvent.id.desc())).first()
    assert event is not None
    assert (event.action, event.subject) == (f"alarm_{answer.value}", f"claim:{claim.id}")


def test_a_wave_that_is_over_is_calm_and_the_next_one_is_told(officer: Officer) -> None:
    claim = factories.make_claim()
    make_wave(claim, OPEN_HOUR)
    watch_for_waves(OPEN_HOUR)
    later = OPEN_HOUR + timedelta(days=2)
    watch_for_waves(later)
    assert (open_alarms(), db.session.get_one(Alarm, 1).calmed_at) == ([], later)
    assert db.session.scalars(sa.select(Notice.seen_at)).all() == [later]
    make_wave(claim, later + timedelta(hours=1), 20)
    assert watch_for_waves(later + timedelta(hours=1)) == 1


@pytest.mark.parametrize("answer", [None, *AlarmAnswer])
def test_a_count_about_five_neither_ends_nor_begins_an_alarm_at_each_turn(
    officer: Officer, answer: AlarmAnswer | None
) -> None:
    claim = factories.make_claim()
    make_wave(claim, OPEN_HOUR)
    watch_for_waves(OPEN_HOUR)
    if answer is not None:
        end_alarm(1, answer, officer=officer, now=OPEN_HOUR)
    moment = OPEN_HOUR
    for _turn in range(2):
        watch_for_waves(moment + timedelta(hours=20))
        watch_for_waves(moment + timedelta(hours=26))  # the window of a day is empty again: no sign
        moment += timedelta(hours=27)
        make_wave(claim, moment)
        watch_for_waves(moment)
    assert count_rows(Alarm) == 1
    assert len(told()) == 1
    assert open_alarms() == ([] if answer else [f"claim:{claim.id}"])


def test_questions_do_not_calm_at_midnight(officer: Officer) -> None:
    add_asked(factories.make_claim(), OPEN_HOUR, 20)
    watch_for_waves(OPEN_HOUR)
    watch_for_waves(OPEN_HOUR.replace(hour=23, minute=58))
    watch_for_waves(OPEN_HOUR.replace(hour=0, minute=3) + timedelta(days=1))
    assert len(open_alarms()) == 1


def test_a_claim_that_is_dismissed_is_calm_at_once_and_its_return_disturbs_nobody_twice_a_day(officer: Officer) -> None:
    claim = factories.make_claim()
    make_wave(claim, OPEN_HOUR)
    watch_for_waves(OPEN_HOUR)
    claim.status = ClaimStatus.DISMISSED
    db.session.commit()
    moment = look_again(OPEN_HOUR)
    assert open_alarms() == []
    claim.status = ClaimStatus.NEW
    db.session.commit()
    moment = look_again(moment)
    assert (count_rows(Alarm), len(open_alarms()), len(told())) == (2, 1, 1)
    next_day = OPEN_HOUR + timedelta(days=1, minutes=1)
    make_wave(claim, next_day)
    watch_for_waves(next_day)
    assert len(told()) == 2, "it still rises a day later"


def test_what_rose_on_a_saturday_and_no_more_is_told_to_nobody_on_monday(officer: Officer) -> None:
    saturday = OPEN_HOUR + timedelta(days=4)
    make_wave(factories.make_claim(topic=Topic.TAX), saturday)
    for hours in (0, 21.75, 40, 45.5):
        watch_for_waves(saturday + timedelta(hours=hours))
    assert open_alarms(), "it goes on for a day"
    for minutes in range(0, 120, 10):
        watch_for_waves(saturday + timedelta(hours=45.5, minutes=minutes))
    assert told() == []


def test_only_who_may_decide_about_the_claim_ends_its_alarm(officer: Officer, approver: Officer) -> None:
    pdam = factories.load_unit("pdam").id
    accused = factories.make_officer("air@kupang.example", RoleName.OFFICER, unit_code="pdam")
    make_wave(factories.make_claim(accused_unit_id=pdam), OPEN_HOUR)
    watch_for_waves(OPEN_HOUR)
    for person in (accused, approver):
        with pytest.raises(NotAllowedError):
            end_alarm(1, AlarmAnswer.SILENCED, officer=person, now=OPEN_HOUR)
    assert len(open_alarms()) == 1


def test_the_alarm_of_a_topic_is_ended_by_who_answers_for_it_and_by_no_other_unit(officer: Officer) -> None:
    water = factories.make_officer("air@kupang.example", RoleName.OFFICER, unit_code="pdam")
    health = factories.make_officer("dinkes@kupang.example", RoleName.OFFICER, unit_code="dinkes")
    db.session.add(UnitTopic(topic=Topic.WATER, unit_id=water.unit_id))
    topic = factories.make_alarm(topic=Topic.WATER)
    place = factories.make_alarm(kind=RisingKind.PLACE, subject="place:kec-alak", topic=None)
    assert find_endable(list_alarms(), officer) == {topic.id, place.id}
    assert find_endable(list_alarms(), water) == {topic.id}
    assert find_endable(list_alarms(), health) == set()
    for alarm, person in [(topic, health), (place, health), (place, water)]:
        with pytest.raises(NotAllowedError):
            end_alarm(alarm.id, AlarmAnswer.SILENCED, officer=person, now=OPEN_HOUR)
    end_alarm(topic.id, AlarmAnswer.ANSWERED, officer=water, now=OPEN_HOUR)
    end_alarm(place.id, AlarmAnswer.ANSWERED, officer=officer, now=OPEN_HOUR)


@pytest.mark.parametrize("is_asked_about", [False, True])
def test_who_is_accused_in_a_topic_neither_hears_of_its_alarm_nor_ends_it(
    officer: Officer, is_asked_about: bool
) -> None:
    water = factories.make_officer("air@kupang.example", RoleName.OFFICER, unit_code="pdam")
    db.session.add(UnitTopic(topic=Topic.WATER, unit_id=water.unit_id))
    add_seen(factories.make_claim("Lain", topic=Topic.TAX, first_seen_at=LONG_AGO), [LONG_AGO])
    spread_over_claims(Topic.WATER, "Air", OPEN_HOUR)
    seen_at = OPEN_HOUR - timedelta(days=5) if is_asked_about else OPEN_HOUR
    times = {"first_seen_at": LONG_AGO, "last_seen_at": seen_at}
    accusing = factories.make_claim("Pegawai air", topic=Topic.WATER, accused_unit_id=water.unit_id, **times)
    if is_asked_about:
        add_asked(accusing, OPEN_HOUR, 1)
    watch_for_waves(OPEN_HOUR)
    assert (open_alarms(), told()) == (["topic:water"], [officer.email])
    with pytest.raises(NotAllowedError):
        end_alarm(1, AlarmAnswer.SILENCED, officer=water, now=OPEN_HOUR)


def test_who_is_accused_of_something_else_or_long_ago_ends_the_alarm_of_a_topic(officer: Officer) -> None:
    water = factories.make_officer("air@kupang.example", RoleName.OFFICER, unit_code="pdam")
    db.session.add(UnitTopic(topic=Topic.WATER, unit_id=water.unit_id))
    old = {"first_seen_at": LONG_AGO, "last_seen_at": LONG_AGO}
    factories.make_claim("Pajak", topic=Topic.TAX, accused_unit_id=water.unit_id)
    factories.make_claim("Air", topic=Topic.WATER, accused_unit_id=water.unit_id, **old)
    end_alarm(factories.make_alarm(topic=Topic.WATER).id, AlarmAnswer.ANSWERED, officer=water, now=OPEN_HOUR)


def test_who_is_accused_in_a_place_hears_nothing_of_its_alarm(officer: Officer) -> None:
    db.session.add(District(code="kec-alak", name="Alak", kind="kecamatan", aliases=[]))
    factories.make_claim("PPID menutupi air di Alak", accused_unit_id=officer.unit_id)
    factories.make_claim("Pegawai di Oebobo", accused_unit_id=officer.unit_id)
    alarm = factories.make_alarm(kind=RisingKind.PLACE, subject="place:kec-alak", topic=None)
    assert [claim.title for claim in find_accusing_claims([alarm])[alarm.id]] == ["PPID menutupi air di Alak"]
    assert list_officers_on_duty(alarm) == []
    assert find_endable([alarm], officer) == set()


def test_the_numbers_of_an_ended_alarm_stay_as_they_were(officer: Officer) -> None:
    claim = factories.make_claim()
    make_wave(claim, OPEN_HOUR)
    watch_for_waves(OPEN_HOUR)
    end_alarm(1, AlarmAnswer.ANSWERED, officer=officer, now=OPEN_HOUR)
    make_wave(claim, OPEN_HOUR + timedelta(minutes=1), 20)
    look_again(OPEN_HOUR)
    assert db.session.get_one(Alarm, 1).count == 12


# On the pages


def test_what_rises_heads_the_queue(officer: Officer) -> None:
    late = factories.make_claim("Terlambat sekali", due_at=OPEN_HOUR - timedelta(days=9))
    rising = factories.make_claim("Sedang menyebar", priority=0.1, due_at=OPEN_HOUR + timedelta(days=3))
    make_wave(rising, OPEN_HOUR)
    watch_for_waves(OPEN_HOUR)
    shown = load_claim_queue(QueueFilters(), officer.unit, OPEN_HOUR)
    assert [(group.title, [row.claim.id for row in group.rows]) for group in shown.groups] == [
        ("Sedang naik", [rising.id]),
        ("Terlambat", [late.id]),
    ]
    assert shown.total == 2
    end_alarm(1, AlarmAnswer.ANSWERED, officer=officer, now=OPEN_HOUR)
    shown = load_claim_queue(QueueFilters(), officer.unit, OPEN_HOUR)
    assert [group.title for group in shown.groups] == ["Terlambat", "Sesudah hari ini"]


def test_a_flood_of_alarms_is_counted_and_not_shown_whole(
    officer: Officer, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hoax_tracker.insight.views.morning.RISING_SHOWN", 2)
    for number in range(4):
        factories.make_alarm(factories.make_claim(f"Kabar {number}"), count=20 - number)
    page = sign_in(officer).get("/petugas/untuk-anda").get_data(as_text=True)
    rising = page.partition('id="naik"')[2].partition('id="tulisan"')[0]
    assert "4 hal sedang naik" in page
    assert ["Kabar 1" in rising, "Kabar 2" in rising, "Semua klaim yang naik" in rising] == [True, False, True]


@pytest.mark.parametrize("measure", [Measure.SEEN, Measure.REPORTED])
def test_a_place_leads_to_exactly_the_claims_that_it_counted(
    officer: Officer, sign_in: SignIn, measure: Measure
) -> None:
    at, hour = OPEN_HOUR, timedelta(hours=1)
    db.session.add(District(code="kec-alak", name="Alak", kind="kecamatan", aliases=[]))
    counted = [factories.make_claim(f"Kabar {word} di Alak") for word in ("air", "pajak")]
    elsewhere, alone = factories.make_claim("Kabar di Oebobo"), factories.make_claim("Kabar besar di Alak")
    for claim, count in zip([*counted, elsewhere, alone], (4, 3, 5, 9), strict=True):
        make_wave(claim, at, count)
    make_wave(counted[0], at - 7 * hour, 2)  # before the hours that were counted
    factories.make_alarm(alone)  # told by itself
    alarm = factories.make_alarm(
        kind=RisingKind.PLACE, subject="place:kec-alak", topic=None, measure=measure,
        count=7, last_sign_at=at,
    )  # fmt: skip
    found = [(one.claim_id, one.count) for one in list_counted_claims([alarm])[alarm.id]]
    if measure is Measure.REPORTED:
        assert found == [], "nobody reported them"
        return
    assert found == [(counted[0].id, 4), (counted[1].id, 3)]
    assert sum(count for _claim, count in found) == alarm.count
    page = sign_in(officer).get("/petugas/untuk-anda").get_data(as_text=True).partition(f'id="naik{alarm.id}"')[2]
    shown = page.partition("</details>")[0]
    assert "Dihitung dari 2 klaim" in shown
    linked = [f"/petugas/klaim/{claim.id}" in shown for claim in (*counted, elsewhere, alone)]
    assert linked == [True, True, False, False]


def test_a_part_of_the_queue_can_be_asked_for_alone(officer: Officer) -> None:
    make_wave(factories.make_claim("Naik dan terlambat", due_at=OPEN_HOUR - timedelta(days=1)), OPEN_HOUR)
    factories.make_claim("Terlambat", due_at=OPEN_HOUR - timedelta(days=2))
    factories.make_claim("Nanti", due_at=OPEN_HOUR + timedelta(days=3))
    watch_for_waves(OPEN_HOUR)
    titles = {}
    for part in ("rising", "late", "today", "awaiting"):
        filters = QueueFilters.from_args({"part": part})
        queue = load_claim_queue(filters, officer.unit, OPEN_HOUR)
        titles[part] = [row.claim.title for group in queue.groups for row in group.rows]
        assert queue.total == len(titles[part])
    assert titles == {
        "rising": ["Naik dan terlambat"], "late": ["Naik dan terlambat", "Terlambat"], "today": [], "awaiting": [],
    }  # fmt: skip


def test_the_pages_mark_it_and_end_it(officer: Officer, approver: Officer, sign_in: SignIn) -> None:
    claim = factories.make_claim()
    make_wave(claim, OPEN_HOUR)
    watch_for_waves(OPEN_HOUR)
    browser = sign_in(officer)
    page = browser.get(f"/petugas/klaim/{claim.id}").get_data(as_text=True)
    assert "Sedang naik." in page
    assert "12 kemunculan dalam 6 jam, biasanya hampir tidak ada." in page
    assert "12 kemunculan dalam 6 jam" in browser.get("/petugas/untuk-anda").get_data(as_text=True)
    assert "Saya tangani" not in sign_in(approver).get(f"/petugas/klaim/{claim.id}").get_data(as_text=True)
    here = "/petugas/untuk-anda"
    assert factories.submit_form(sign_in(approver), "/petugas/naik/1/diamkan", page=here).status_code == 403
    answer = factories.submit_form(browser, "/petugas/naik/1/tangani?dari=klaim", page=here)
    assert answer.headers["Location"] == f"/petugas/klaim/{claim.id}"
    page = browser.get(here).get_data(as_text=True)
    assert "Ditangani Petugas" in page
    assert "Sedang naik." not in browser.get(f"/petugas/klaim/{claim.id}").get_data(as_text=True)
    factories.submit_form(browser, "/petugas/naik/1/diamkan", page=here)
    assert "sudah selesai" in browser.get(here).get_data(as_text=True)
