"""Answers: match, possible, under review and none; none says more than it may."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import get_args

import pytest
import sqlalchemy as sa
from apiflask import APIFlask
from hypothesis import HealthCheck, given, settings as rules, strategies as st

from classifiers.matcher.details import Difference
from classifiers.matcher.stance import Stance
from hoax_tracker.check.answers.service import (
    MESSAGE_LENGTH_LIMIT,
    AnswerHint,
    answer_as_json,
    answer_message,
    load_public_clarifications,
)
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.errors import InvalidInputError
from hoax_tracker.models import (
    CheckDecision,
    ClaimStatus,
    Clarification,
    ClarificationStatus,
    Decision,
    DecisionKind,
    Officer,
    Verdict,
    db,
)
from tests import factories
from tests.check.conftest import MARKET, MESSAGE, REORDERED, RETOLD, UNRELATED, Found, Publish, judged


def test_a_published_clarification_answers_its_message(publish: Publish, now: datetime) -> None:
    key = publish()
    given_answer = answer_message(f"Diteruskan\n{MESSAGE}!!", now)
    assert given_answer.decision is CheckDecision.MATCH
    assert given_answer.matches[0].clarification.id == key
    assert given_answer.matches[0].probability > 0.5


DAYS = Difference("duration", "tujuh hari", "tiga hari")


@pytest.mark.parametrize("around", ["{}", "Diteruskan\n{} 🙏", "Selamat pagi bapak ibu, ini batul ko? {}"])
def test_words_that_officers_judged_are_stamped(publish: Publish, now: datetime, around: str) -> None:
    judged(publish())
    told = answer_message(around.format(MESSAGE), now)
    assert (told.decision, told.stamped) == (CheckDecision.MATCH, True)


def test_likeness_to_a_page_is_no_stamp(publish: Publish, now: datetime) -> None:
    publish()
    told = answer_message(RETOLD, now)
    assert (told.decision, told.stamped) == (CheckDecision.MATCH, False)


def test_the_quote_of_a_page_is_a_wording_that_officers_judged(publish: Publish, now: datetime) -> None:
    publish()
    told = answer_message(f"Diteruskan, batul ko? {MESSAGE}", now)
    assert (told.decision, told.stamped) == (CheckDecision.MATCH, True)


def test_the_city_never_confirms_on_likeness(publish: Publish, now: datetime) -> None:
    publish(verdict=Verdict.BENAR)
    assert answer_message(RETOLD, now).decision is CheckDecision.POSSIBLE
    assert (answer_message(MESSAGE, now).decision, answer_message(MESSAGE, now).stamped) == (CheckDecision.MATCH, True)


@pytest.mark.parametrize(
    "near",
    [
        MESSAGE.replace("tujuh hari", "tujuh minggu"),
        MESSAGE.replace("tujuh", "delapan"),
        MESSAGE.replace("Tarus", "Oebobo"),
        MESSAGE.replace("Senin", "Jumat"),
        MESSAGE.replace("pipa induk pecah", "gardu listrik terbakar"),
        MESSAGE.replace("mati total", "tidak mati total"),
    ],
)
def test_a_near_miss_is_never_stamped(publish: Publish, now: datetime, near: str) -> None:
    judged(publish())
    assert not answer_message(near, now).stamped


@pytest.mark.parametrize(
    ("word", "other"),
    [("tujuh hari", "tujuh minggu"), ("tujuh", "delapan"), ("Tarus", "Oebobo"), ("mati total", "mengalir lancar")],
)
def test_words_like_judged_ones_do_not_answer_what_matching_refuses(
    publish: Publish, now: datetime, word: str, other: str
) -> None:
    judged(publish())
    assert answer_message(MESSAGE.replace(word, other), now).decision is not CheckDecision.MATCH


def test_words_judged_with_another_page_are_no_stamp_of_this_one(publish: Publish, now: datetime) -> None:
    publish(title="Yang lebih dulu")
    judged(publish(claim_quote=UNRELATED, title="Yang lain"))
    told = answer_message(RETOLD, now)
    assert (told.matches[0].clarification.title, told.stamped) == ("Yang lebih dulu", False)


def test_details_that_differ_leave_doubt(publish: Publish, found: Found, now: datetime) -> None:
    judged(publish())
    found(DAYS)
    told = answer_message(MESSAGE, now)
    assert (told.decision, told.stamped) == (CheckDecision.POSSIBLE, False)
    assert told.matches[0].differs == (DAYS,)


@pytest.mark.parametrize("stance", get_args(Stance))
def test_only_what_tells_the_claim_is_a_match_by_likeness(
    publish: Publish, found: Found, now: datetime, stance: Stance
) -> None:
    publish()
    found(stance=stance)
    told = answer_message(REORDERED, now)
    assert (told.decision is CheckDecision.MATCH) == (stance in ("asserts", "asks"))


@pytest.mark.parametrize("stance", get_args(Stance))
def test_the_very_words_are_stamped_whatever_their_tone(
    publish: Publish, found: Found, now: datetime, stance: Stance
) -> None:
    judged(publish())
    found(stance=stance)
    told = answer_message(MESSAGE, now)
    assert (told.decision, told.stamped) == (CheckDecision.MATCH, True)


def test_the_json_names_the_details_that_differ(publish: Publish, found: Found, now: datetime) -> None:
    publish()
    found(DAYS)
    told = answer_as_json(answer_message(MESSAGE, now))
    assert told["decision"] == "possible"
    assert told["matches"][0]["differs"] == [{"kind": "duration", "yours": "tujuh hari", "theirs": "tiga hari"}]


def test_nothing_is_answered_from_another_subject(publish: Publish, now: datetime) -> None:
    publish()
    found = answer_message(UNRELATED, now)
    assert found.decision is CheckDecision.NONE
    assert found.matches == ()


def test_a_draft_answers_nothing(officer: Officer, now: datetime) -> None:
    factories.make_clarification(officer, None, claim_quote=MESSAGE)
    assert answer_message(MESSAGE, now).decision is CheckDecision.NONE


@pytest.mark.parametrize("status", [ClarificationStatus.RETRACTED, ClarificationStatus.CORRECTED])
def test_a_change_counts_at_once(publish: Publish, now: datetime, status: ClarificationStatus) -> None:
    key = publish()
    assert answer_message(MESSAGE, now).decision is CheckDecision.MATCH
    with write_transaction():
        row = db.session.get_one(Clarification, key)
        row.status, row.version, row.changed_at = status, row.version + 1, now
    expected = CheckDecision.MATCH if status is ClarificationStatus.CORRECTED else CheckDecision.NONE
    assert answer_message(MESSAGE, now).decision is expected


def test_a_page_retracted_while_the_index_answers_is_not_shown(publish: Publish) -> None:
    shown, gone = publish(), publish(status=ClarificationStatus.RETRACTED)
    assert set(load_public_clarifications({shown, gone})) == {shown}


@pytest.mark.parametrize("status", list(ClaimStatus))
def test_only_what_officers_examine_is_under_review(app: APIFlask, now: datetime, status: ClaimStatus) -> None:
    into = factories.make_claim("Yang sama").id if status is ClaimStatus.MERGED else None
    factories.make_claim(MARKET, status=status, examined_since=now - timedelta(hours=5), merged_into_id=into)
    found = answer_message(MARKET, now)
    assert found.decision is CheckDecision.NONE
    if status in (ClaimStatus.TRIAGED, ClaimStatus.INVESTIGATING):
        assert found.under_review is not None
        assert found.under_review.since == now - timedelta(hours=5)
    else:
        assert found.under_review is None


def test_since_when_falls_back_to_the_first_decision(officer: Officer, now: datetime) -> None:
    claim = factories.make_claim(MARKET, status=ClaimStatus.TRIAGED)
    decided = now - timedelta(hours=3)
    db.session.add(
        Decision(claim_id=claim.id, officer_id=officer.id, kind=DecisionKind.INVESTIGATE, decided_at=decided)
    )
    db.session.commit()
    found = answer_message(MARKET, now).under_review
    assert found is not None
    assert found.since == decided


def test_the_content_of_a_claim_under_review_is_never_told(app: APIFlask, now: datetime) -> None:
    factories.make_claim(MARKET, title="Judul rahasia meja petugas", status=ClaimStatus.INVESTIGATING)
    told = answer_as_json(answer_message(MARKET, now))
    assert set(told["under_review"]) == {"since"}
    assert "rahasia" not in str(told)


@pytest.mark.parametrize("text", ["", " \n\t", "a", "🙏", "🙏🙏🔥", "\u200b\u200d\ufeff", "12345", "!!!", "7"])
def test_a_message_that_says_nothing_is_not_guessed_at(publish: Publish, now: datetime, text: str) -> None:
    publish()
    found = answer_message(text, now)
    assert (found.decision, found.hint, found.matches) == (CheckDecision.NONE, AnswerHint.SAYS_NOTHING, ())


def test_a_message_of_100_000_characters_is_answered_from_its_head(publish: Publish, now: datetime) -> None:
    publish()
    text = f"{MESSAGE}\n" + "teruskan ke semua grup " * 5000
    assert len(text) > MESSAGE_LENGTH_LIMIT
    assert answer_message(text[:MESSAGE_LENGTH_LIMIT], now).matches
    with pytest.raises(InvalidInputError) as fault:
        answer_message(text, now)
    assert fault.value.field == "text"
    assert "100.000" in str(fault.value.user_message)


def test_words_in_another_script_are_no_match(publish: Publish, now: datetime) -> None:
    publish()
    found = answer_message("انقطاع المياه في المدينة لمدة سبعة أيام", now)
    assert (found.decision, found.hint) == (CheckDecision.NONE, None)


def test_an_unknown_link_is_asked_for_its_words(publish: Publish, now: datetime) -> None:
    publish()
    found = answer_message("https://berita.example/2026/air?utm_source=wa", now)
    assert (found.decision, found.hint) == (CheckDecision.NONE, AnswerHint.ONLY_LINK)


def test_the_json_has_exactly_the_agreed_shape(publish: Publish, app: APIFlask, now: datetime) -> None:
    publish(slug="air-mengalir", published_at=now)
    told = answer_as_json(answer_message(MESSAGE, now))
    assert set(told) == {"decision", "matches", "under_review", "channels"}
    assert told["decision"] == "match"
    assert set(told["matches"][0]) == {"probability", "clarification", "judged_wording"}
    assert told["matches"][0]["clarification"] == {
        "url": f"{app.extensions['settings'].base_url}/klarifikasi/air-mengalir",
        "title": "Air PDAM tetap mengalir di seluruh kota",
        "verdict": "hoaks",
        "summary": "Tidak ada pipa induk yang pecah.",
        "published_at": "2026-11-24T08:05:00+00:00",
    }
    empty = {"decision": "none", "matches": [], "under_review": None, "channels": []}
    assert answer_as_json(answer_message(UNRELATED, now)) == empty


@rules(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=200))
def test_no_text_breaks_it(app: APIFlask, now: datetime, text: str) -> None:
    """With nothing published, whatever is asked gets the answer none."""
    assert db.session.scalar(sa.select(sa.func.count(Clarification.id))) == 0
    assert answer_message(text, now).decision is CheckDecision.NONE
