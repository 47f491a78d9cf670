"""A message in the words of a linked claim gets that claim's clarification, as long as the link exists."""

from __future__ import annotations

from datetime import datetime

import pytest
from apiflask import APIFlask

from classifiers.matcher.match import Match, MatchResult
from hoax_tracker.check.answers import service
from hoax_tracker.check.answers.known_wordings import (
    KnownWording,
    find_judged_wording,
    find_near_claims,
    find_related_wording,
)
from hoax_tracker.check.answers.service import answer_message
from hoax_tracker.claims.public_words.judged_claims import end_judgement_of, list_with_merged
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.match_index import MatchIndex
from hoax_tracker.models import CheckDecision, Claim, ClaimStatus, Clarification, ClarificationStatus, Officer, db
from tests import factories

SPOKEN = (
    "Mama kas tau tadi di kios, orang dari kantor datang kumpul lima puluh ribu par timbangan ikan di Oeba, "
    "sonde bayar lapak dong angkat."
)


def find(text: str, shown: frozenset[int] = frozenset()) -> KnownWording | None:
    """Return what a check finds among the linked claims, beside the pages that it shows anyway."""
    near = find_near_claims(text)
    return find_judged_wording(text, near) or find_related_wording(text, near, shown)


PAGE = {
    "title": "Tera ulang timbangan pedagang tidak dipungut biaya di tempat",
    "claim_quote": "Petugas metrologi menagih biaya tera secara tunai.",
    "summary": "Retribusi dibayar lewat bank, bukan kepada petugas.",
}


@pytest.fixture
def linked(officer: Officer, approver: Officer) -> tuple[Claim, Clarification]:
    """A claim in words of its own, and the published clarification that an officer linked it to."""
    page = factories.make_clarification(officer, approver, **PAGE)
    claim = factories.make_claim(SPOKEN, status=ClaimStatus.CLARIFIED)
    page.claims.append(claim)
    db.session.commit()
    factories.judge(page)
    return claim, page


def test_the_words_of_a_linked_claim_are_answered(linked: tuple[Claim, Clarification], now: datetime) -> None:
    found = answer_message(f"Diteruskan\n{SPOKEN} 🙏", now)
    assert found.decision is CheckDecision.MATCH
    assert [one.clarification.id for one in found.matches] == [linked[1].id]
    assert found.stamped
    assert found.line is not None
    assert found.matches[0].likeness >= found.line


def test_another_place_or_number_leaves_doubt(linked: tuple[Claim, Clarification], now: datetime) -> None:
    found = answer_message(SPOKEN.replace("Oeba", "Lasiana"), now)
    assert found.decision is CheckDecision.POSSIBLE
    assert any("Lasiana" in one for one in found.matches[0].differed)
    assert not found.stamped


def test_other_words_for_the_claim_are_compared_and_not_stamped(
    linked: tuple[Claim, Clarification], now: datetime
) -> None:
    known = find(SPOKEN.replace("kumpul", "pungut"))
    assert known is not None
    assert not known.was_judged
    found = answer_message(SPOKEN.replace("kumpul", "pungut"), now)
    assert (found.decision, found.stamped) == (CheckDecision.POSSIBLE, False)


def test_a_page_that_stands_first_is_not_looked_for_again(linked: tuple[Claim, Clarification]) -> None:
    told = SPOKEN.replace("kumpul", "pungut")
    assert find(told, frozenset((linked[1].id,))) is None
    assert find(told, frozenset((linked[1].id + 1,))) == find(told)
    judged = find(SPOKEN, frozenset((linked[1].id,)))
    assert judged is not None
    assert judged.was_judged, "what officers judged is stamped wherever its page stands"


@pytest.mark.parametrize("is_divided", [False, True])
def test_a_linked_claim_leads_unless_its_page_is_about_another_part(
    linked: tuple[Claim, Clarification],
    officer: Officer,
    approver: Officer,
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
    is_divided: bool,
) -> None:
    other = factories.make_clarification(officer, approver, title="Lapak ikan di Oeba tidak dibongkar")
    pages = [other.id, linked[1].id]
    found = MatchResult(
        "possible", tuple(Match(str(page), 0.5, 0.9) for page in pages), "asserts", is_divided=is_divided
    )
    monkeypatch.setattr(MatchIndex, "published", lambda *_: found)
    monkeypatch.setattr(service, "find_related_wording", lambda *_: KnownWording(linked[1].id, 0.95, 0.5))
    answer = answer_message("lapak ikan di Oeba dong bongkar, su begitu dong tagih uang timbangan lagi", now)
    assert [one.clarification.id for one in answer.matches] == (pages if is_divided else pages[::-1])


def test_unlinked_words_are_not_answered(linked: tuple[Claim, Clarification], now: datetime) -> None:
    linked[1].claims.clear()
    end_judgement_of([linked[0].id], now)
    db.session.commit()
    assert find(SPOKEN) is None
    assert answer_message(SPOKEN, now).decision is not CheckDecision.MATCH


def test_a_retracted_page_answers_no_wording(linked: tuple[Claim, Clarification], now: datetime) -> None:
    with write_transaction():
        page = db.session.get_one(Clarification, linked[1].id)
        page.status, page.version = ClarificationStatus.RETRACTED, page.version + 1
    assert find(SPOKEN) is None


def test_the_words_of_a_claim_that_was_merged_count_for_where_it_went(linked: tuple[Claim, Clarification]) -> None:
    told = "Dong tagih uang timbang lima pulu rb tiap penjual ikan pasar Oeba, sonde kasih lapak hilang, aturan baru ka"
    middle = factories.make_claim("Yang di tengah", status=ClaimStatus.MERGED, merged_into_id=linked[0].id)
    first = factories.make_claim(told, status=ClaimStatus.MERGED, merged_into_id=middle.id)
    before = find(told)
    assert before is None or not before.was_judged, "nobody read these words with the page"
    factories.judge(linked[1])
    assert list_with_merged([linked[0].id]) == sorted([linked[0].id, middle.id, first.id])
    found = find(told)
    assert found is not None
    assert (found.clarification_id, found.was_judged) == (linked[1].id, True)


def test_no_claims_no_wording(app: APIFlask) -> None:
    assert find(SPOKEN) is None
    assert list_with_merged([]) == []
