"""Questions are counted per day without the asker, sightings once per address and day."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from apiflask import APIFlask

from hoax_tracker.check.answers import question_log
from hoax_tracker.check.answers.question_log import SightingOutcome, count_question, count_sighting, group_questions
from hoax_tracker.check.answers.service import answer_message
from hoax_tracker.check.rate_limits import consume_check_limit
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.errors import RateLimitedError
from hoax_tracker.models import CheckDecision, CheckQuery, Claim, ClaimStatus, db
from tests import factories
from tests.check.conftest import MARKET, UNRELATED, Publish, kept


def ask(text: str, now: datetime) -> None:
    """Ask as the public does."""
    count_question(text, answer_message(text, now))


def counted() -> list[tuple[str, str, int]]:
    """What is kept of all questions."""
    query = sa.select(CheckQuery.day, CheckQuery.text, CheckQuery.count).order_by(CheckQuery.day)
    return kept(lambda: [(str(day), text, count) for day, text, count in db.session.execute(query)])


def test_the_same_question_is_counted_together(app: APIFlask, now: datetime) -> None:
    ask("Apakah air mati besok?", now)
    ask("APAKAH   air mati besok?", now)
    ask("apakah air mati besok? 🙏", now)
    assert [count for _, _, count in counted()] == [3]


def test_days_are_those_of_kupang(app: APIFlask, now: datetime) -> None:
    late = now.replace(hour=16, minute=30)  # half past midnight in Kupang
    ask("apakah air mati", now)
    ask("apakah air mati", late)
    assert [day for day, _, _ in counted()] == ["2026-11-24", "2026-11-25"]


def test_the_citys_own_words_count_as_answered(publish: Publish, now: datetime) -> None:
    publish(title="Jembatan Liliba tidak retak; foto itu foto lama", claim_quote="Jembatan Liliba RETAK pagi ini")
    ask("jembatan liliba tidak retak", now)
    ask("jembatan liliba tidak retak katanya mau roboh", now)
    assert kept(lambda: db.session.execute(sa.select(CheckQuery.text, CheckQuery.decision)).all()) == [
        ("jembatan liliba tidak retak", CheckDecision.MATCH),
        ("jembatan liliba tidak retak katanya mau roboh", CheckDecision.POSSIBLE),
    ]
    assert group_questions() == 1


@pytest.mark.parametrize("text", ["🙏", "", "https://berita.example/x", "0812 3456 7890"])
def test_what_holds_no_words_is_not_kept(app: APIFlask, now: datetime, text: str) -> None:
    ask(text, now)
    assert counted() == []


def test_personal_data_is_gone_before_it_is_kept(app: APIFlask, now: datetime) -> None:
    ask("Bansos a.n. Maria Bere, hubungi 0812-3456-7890 atau maria@surel.example, betul?", now)
    ((_, text, _),) = counted()
    assert "bansos" in text
    assert not any(secret in text for secret in ("maria", "bere", "0812", "7890", "surel.example"))


def test_a_flood_of_questions_does_not_fill_the_disk(
    app: APIFlask, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(question_log, "QUESTIONS_A_DAY", 2)
    for text in ("apakah air mati", "apakah pasar tutup", "apakah listrik padam", "apakah air mati"):
        ask(text, now)
    ask("apakah listrik padam", now + timedelta(days=1))
    assert sorted((text, count) for _, text, count in counted()) == [
        ("apakah air mati", 2),
        ("apakah listrik padam", 1),
        ("apakah pasar tutup", 1),
    ]


def sightings() -> tuple[int, int]:
    """Sightings and version of the only claim."""
    return kept(lambda: tuple(db.session.execute(sa.select(Claim.sightings, Claim.version)).one()))


def test_a_sighting_counts_once_an_address_and_day(app: APIFlask, settings: Settings, now: datetime) -> None:
    factories.make_claim(MARKET, status=ClaimStatus.INVESTIGATING, examined_since=now)
    assert count_sighting(MARKET, "10.0.0.1", now) is SightingOutcome.COUNTED
    assert count_sighting(MARKET, "10.0.0.1", now) is SightingOutcome.COUNTED_BEFORE
    assert sightings() == (1, 1)  # the version is the officers'
    assert count_sighting(MARKET, "10.0.0.2", now) is SightingOutcome.COUNTED
    assert count_sighting(MARKET, "10.0.0.1", now + timedelta(days=1)) is SightingOutcome.COUNTED
    assert sightings() == (3, 1)


def test_a_sighting_of_what_nobody_examines_is_not_counted(app: APIFlask, settings: Settings, now: datetime) -> None:
    factories.make_claim(MARKET, status=ClaimStatus.NEW)
    assert count_sighting(MARKET, "10.0.0.1", now) is SightingOutcome.NOT_UNDER_REVIEW
    assert count_sighting(UNRELATED, "10.0.0.1", now) is SightingOutcome.NOT_UNDER_REVIEW
    assert sightings() == (0, 1)


def test_a_sighting_moves_when_it_was_last_seen(app: APIFlask, settings: Settings, now: datetime) -> None:
    factories.make_claim(MARKET, status=ClaimStatus.TRIAGED)
    later = now + timedelta(hours=4)
    count_sighting(MARKET, "10.0.0.1", later)
    assert kept(lambda: db.session.scalar(sa.select(Claim.last_seen_at))) == later


def test_questions_are_limited(app: APIFlask, settings: Settings, now: datetime) -> None:
    tight = replace(settings, checks_per_minute=2)
    consume_check_limit("10.0.0.1", tight, now)
    consume_check_limit("10.0.0.1", tight, now)
    with pytest.raises(RateLimitedError) as fault:
        consume_check_limit("10.0.0.1", tight, now)
    assert 1 <= fault.value.retry_after_s <= 60
    consume_check_limit("10.0.0.2", tight, now)
    consume_check_limit("10.0.0.1", tight, now + timedelta(minutes=1))
