"""An answer page says no more about the message than is known."""

from __future__ import annotations

from datetime import datetime

import pytest
from apiflask import APIFlask

from classifiers.matcher.details import Difference
from classifiers.matcher.stance import Stance
from hoax_tracker.check.answers.claim_comparison import answer_heading, answer_nearness, shows_verdict
from hoax_tracker.check.answers.link_lookup import LinkKnowledge
from hoax_tracker.check.answers.service import AnswerCandidate, CheckAnswer, answer_message
from hoax_tracker.models import CheckDecision, Clarification, Topic, Verdict
from tests.check.conftest import Publish

DAYS = (Difference("duration", "3 bulan", "3 minggu"),)
TELLS, DENIES = "Kota sudah memeriksa kabar ini:", "Pesan ini membantah kabar yang sudah diperiksa kota"
AGREES, CONTRADICTS = "Pesan ini sejalan dengan klarifikasi kota", "Pesan ini berbeda dari yang dinyatakan kota"


def given(
    now: datetime,
    stance: Stance = "asserts",
    verdict: Verdict = Verdict.HOAKS,
    decision: CheckDecision = CheckDecision.MATCH,
    **candidate: object,
) -> CheckAnswer:
    """An answer with one candidate."""
    best = AnswerCandidate(Clarification(verdict=verdict), 0.97, 0.97, **candidate)  # type: ignore[arg-type]
    return CheckAnswer(decision, now, (best,), stance=stance)


@pytest.mark.parametrize(
    ("stance", "verdict", "differs", "head"),
    [
        ("asserts", Verdict.BENAR, (), TELLS),
        ("asks", Verdict.HOAKS, (), TELLS),
        ("asserts", Verdict.HOAKS, DAYS, TELLS),
        ("denies", Verdict.HOAKS, (), AGREES),
        ("denies", Verdict.MENYESATKAN, (), AGREES),
        ("denies", Verdict.PENIPUAN, (), AGREES),
        ("denies", Verdict.HOAKS, DAYS, DENIES),
        ("denies", Verdict.BENAR, (), CONTRADICTS),
        ("denies", Verdict.SATIRE, (), DENIES),
        ("reports", Verdict.BENAR, (), "Pesan ini memberitakan klarifikasi itu"),
        ("notice", Verdict.HOAKS, (), "Pesan ini mirip pengumuman kota"),
    ],
)
def test_the_heading(
    app: APIFlask, now: datetime, stance: Stance, verdict: Verdict, differs: tuple[Difference, ...], head: str
) -> None:
    with app.test_request_context("/"):
        assert answer_heading(given(now, stance, verdict, differs=differs)) == head


def test_the_verdict_stands_only_beside_what_the_message_tells(now: datetime) -> None:
    for plain in (given(now), given(now, "asks"), given(now, decision=CheckDecision.POSSIBLE)):
        assert shows_verdict(plain, plain.matches[0])
    others = [given(now, stance) for stance in ("denies", "reports", "notice")]  # type: ignore[arg-type]
    for other in (*others, given(now, differs=DAYS), given(now, by_link=LinkKnowledge.SOURCE)):
        assert not shows_verdict(other, other.matches[0])


def test_only_a_match_in_equal_details_is_the_same(now: datetime) -> None:
    assert answer_nearness(given(now)) == "same"
    assert answer_nearness(given(now, verdict=Verdict.BENAR)) == "near"
    assert answer_nearness(given(now, decision=CheckDecision.POSSIBLE)) == "unsure"


SCHOOLS = "semua SD dan SMP di Kota Kupang libur 14 hari mulai besok karena DBD, sesuai edaran Dinas Pendidikan"


@pytest.mark.parametrize(
    ("message", "decision", "yours"),
    [
        (SCHOOLS, CheckDecision.MATCH, None),
        (f"Diteruskan: {SCHOOLS.upper()}", CheckDecision.MATCH, None),
        ("besok semua TK libur 14 hari karena DBD, sesuai edaran Dinas Pendidikan", CheckDecision.POSSIBLE, "TK"),
        ("semua SMA di Kota Kupang libur 14 hari mulai besok karena DBD", CheckDecision.POSSIBLE, "SMA"),
        ("semua SDN dan SMPN di Kota Kupang libur 14 hari mulai besok karena DBD", CheckDecision.MATCH, None),
    ],
)
def test_other_kinds_of_schools_are_another_claim(
    app: APIFlask, publish: Publish, now: datetime, message: str, decision: CheckDecision, yours: str | None
) -> None:
    publish(
        slug="sekolah",
        title="Sekolah di Kota Kupang tetap masuk; surat edaran libur 14 hari karena DBD itu palsu",
        claim_quote=SCHOOLS,
        topic=Topic.EDUCATION,
    )
    answer = answer_message(message, now)
    assert answer.decision is decision
    told = [difference.yours for difference in answer.matches[0].differs if difference.kind == "school"]
    assert (yours in told) if yours else not told


def test_a_word_in_place_of_the_claims_own_is_never_called_the_same(
    app: APIFlask, publish: Publish, now: datetime
) -> None:
    publish(slug="sekolah", title="Sekolah di Kota Kupang tetap masuk", claim_quote=SCHOOLS, topic=Topic.EDUCATION)
    for message in (
        "besok semua bus libur 14 hari karena DBD",
        "semua guru SD dan SMP libur 14 hari mulai besok karena DBD",
    ):
        assert answer_nearness(answer_message(message, now)) != "same"
    assert answer_nearness(answer_message(SCHOOLS, now)) == "same"
