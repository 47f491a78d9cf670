"""Questions in different wordings are counted in groups without personal data."""

from __future__ import annotations

import hashlib
from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from apiflask import APIFlask

from hoax_tracker.check.answers import question_log
from hoax_tracker.check.answers.question_log import count_question, group_questions
from hoax_tracker.check.answers.service import CheckAnswer
from hoax_tracker.models import CheckDecision, CheckQuery, Claim, ClaimStatus, Demand, db
from tests import factories
from tests.check.conftest import MARKET, UNRELATED
from tests.factories import count_rows

TODAY = date(2026, 11, 24)
WATER = (
    "mulai senin besok air pdam se-kota kupang mati total 7 hari karena pipa induk pecah",
    "air pdam kota kupang mati total tujuh hari mulai senin karena pipa induk pecah, batul ko?",
    "mulai senin air leding kota kupang mati 7 hari krn pipa induk pecah, batul ko?",
)


def ask(text: str, decision: CheckDecision = CheckDecision.NONE, days_ago: int = 0, count: int = 1) -> int:
    """Store a question as it is kept, and return its id."""
    digest = hashlib.sha256(text.encode()).hexdigest()
    row = CheckQuery(day=TODAY - timedelta(days_ago), digest=digest, text=text, decision=decision, count=count)
    db.session.add(row)
    db.session.commit()
    return row.id


def groups() -> list[Demand]:
    """All groups, oldest first."""
    return list(db.session.scalars(sa.select(Demand).order_by(Demand.id)))


def group_of(question: int) -> int | None:
    """The group of a question."""
    return db.session.scalar(sa.select(CheckQuery.demand_id).where(CheckQuery.id == question))


def test_wordings_of_one_question_are_one_group(app: APIFlask) -> None:
    asked = [ask(text) for text in WATER]
    other = ask(MARKET.lower())
    assert group_questions() == 4
    assert len(groups()) == 2
    assert len({group_of(key) for key in asked}) == 1
    assert group_of(other) not in (None, group_of(asked[0]))
    assert groups()[0].text == WATER[0], "the first wording stands for all"
    assert group_questions() == 0, "nothing is read twice"


def test_later_questions_join_and_widen_the_days(app: APIFlask) -> None:
    first = ask(WATER[0], days_ago=5)
    group_questions()
    later, same = ask(WATER[1]), ask(WATER[0])
    group_questions()
    (group,) = groups()
    assert {group_of(first), group_of(later), group_of(same)} == {group.id}
    assert (group.first_day, group.last_day) == (TODAY - timedelta(5), TODAY)


def test_the_very_same_words_join_without_the_matcher(app: APIFlask, monkeypatch: pytest.MonkeyPatch) -> None:
    ask(WATER[0], days_ago=1)
    group_questions()
    monkeypatch.setattr(question_log, "find_best_match", lambda *_, **__: None)
    again = ask(WATER[0])
    group_questions()
    assert group_of(again) == groups()[0].id


def test_what_was_answered_is_no_demand(app: APIFlask) -> None:
    answered = ask(WATER[0], CheckDecision.MATCH)
    unsure = ask(MARKET.lower(), CheckDecision.POSSIBLE)
    assert group_questions() == 1
    assert group_of(answered) is None
    assert group_of(unsure) is not None


def test_a_question_under_review_counts_for_its_claim(app: APIFlask) -> None:
    claim = factories.make_claim(MARKET, status=ClaimStatus.INVESTIGATING, examined_since=factories.NOW)
    ask(MARKET.lower())
    group_questions()
    assert groups()[0].claim_id == claim.id


def test_a_claim_that_is_examined_later_is_found_with_the_next_question(app: APIFlask) -> None:
    ask(MARKET.lower(), days_ago=1)
    group_questions()
    assert groups()[0].claim_id is None
    claim = factories.make_claim(MARKET, status=ClaimStatus.INVESTIGATING, examined_since=factories.NOW)
    ask(MARKET.lower())
    group_questions()
    db.session.expire_all()
    assert groups()[0].claim_id == claim.id


def test_a_new_claim_is_only_suggested(app: APIFlask) -> None:
    claim = factories.make_claim(MARKET, status=ClaimStatus.NEW)
    factories.make_claim(UNRELATED, status=ClaimStatus.NEW)
    ask(MARKET.lower())
    group_questions()
    (group,) = groups()
    assert (group.claim_id, group.suggested_id) == (None, claim.id)


def test_a_round_reads_so_many_and_the_next_the_rest(app: APIFlask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(question_log, "QUESTIONS_BATCH", 2)
    for text in WATER:
        ask(text)
    assert [group_questions() for _ in range(3)] == [2, 1, 0]
    assert len(groups()) == 1


@pytest.mark.parametrize("text", ["", "🙏", "\u200b", "مرحبا", "a" * 1000, "7 7 7", "(mati"])
def test_odd_questions_do_no_harm(app: APIFlask, text: str) -> None:
    ask(text)
    ask(WATER[0])
    assert group_questions() == 2
    assert len(groups()) == 2
    assert group_questions() == 0


def test_a_group_holds_nobodys_data(app: APIFlask) -> None:
    text = f"{UNRELATED} hubungi 0812-3456-7890 a.n. Maria Bere, NIK 5371010101900001, maria@surel.example"
    count_question(text, CheckAnswer(CheckDecision.NONE, factories.NOW))
    group_questions()
    (group,) = groups()
    for secret in ("7890", "maria", "bere", "5371", "surel"):
        assert secret not in group.text.casefold()


def test_claims_are_left_as_they_are(app: APIFlask) -> None:
    claim = factories.make_claim(MARKET, status=ClaimStatus.INVESTIGATING, examined_since=factories.NOW)
    before = (claim.version, claim.status, claim.text)
    ask(MARKET.lower())
    group_questions()
    db.session.expire_all()
    assert (claim.version, claim.status, claim.text) == before
    assert count_rows(Claim) == 1
