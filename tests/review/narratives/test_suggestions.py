"""What is suggested as one story: other editions, never a repeat, never again what was refused."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from apiflask import APIFlask

from hoax_tracker.models import JOIN_WITHIN, Claim, ClaimStatus, Officer
from hoax_tracker.review.narratives import membership
from hoax_tracker.review.narratives.suggestions import list_suggestions
from hoax_tracker.review.narratives.wave_chart import QUIET_DAYS
from tests import factories
from tests.review.narratives.stories import JULY, MARCH, OTHER, make_edition


def suggested(claim: Claim) -> list[tuple[int, int | None]]:
    """The claims that are suggested, with their narratives."""
    return [(one.claim_id, one.narrative_id) for one in list_suggestions(claim, factories.load_unit())]


def test_another_edition_is_suggested_with_what_differs(app: APIFlask) -> None:
    earlier = make_edition(MARCH, 120, status=ClaimStatus.CLARIFIED)
    make_edition(OTHER, 100)
    claim = make_edition(JULY)
    (one,) = list_suggestions(claim, factories.load_unit())
    assert (one.claim_id, one.narrative_id, one.days_apart) == (earlier.id, None, 120)
    assert one.status is ClaimStatus.CLARIFIED
    assert [(str(d.label), d.now, d.before) for d in one.differences] == [
        ("Tanggal", "1 Juli", "1 Maret"),
        ("Jumlah uang", "Rp750.000", "Rp500.000"),
    ]


@pytest.mark.parametrize(("days_ago", "is_suggested"), [(JOIN_WITHIN.days, False), (JOIN_WITHIN.days + 1, True)])
def test_a_repeat_is_merged_and_only_a_late_one_is_another_edition(
    app: APIFlask, days_ago: int, is_suggested: bool
) -> None:
    earlier = make_edition(MARCH, days_ago)
    claim = make_edition(MARCH + "!")
    assert suggested(claim) == ([(earlier.id, None)] if is_suggested else [])


@pytest.mark.parametrize(("days_ago", "is_suggested"), [(0, False), (QUIET_DAYS, False), (QUIET_DAYS + 1, True)])
def test_without_another_detail_only_a_claim_of_another_wave_is_suggested(
    app: APIFlask, days_ago: int, is_suggested: bool
) -> None:
    earlier = make_edition("Guru honorer Pemkot Kupang protes, sisa gaji belum masuk kas kantor", days_ago)
    assert suggested(make_edition(MARCH)) == ([(earlier.id, None)] if is_suggested else [])


def test_a_claim_of_the_same_day_is_suggested_for_another_amount(app: APIFlask) -> None:
    other = make_edition(JULY)
    assert suggested(make_edition(MARCH)) == [(other.id, None)]


def test_a_narrative_is_suggested_once_by_its_nearest_claim(app: APIFlask, officer: Officer) -> None:
    near, far = make_edition(MARCH, 100), make_edition(f"{MARCH} kata orang dalam yang tahu betul soal ini", 200)
    narrative = factories.make_narrative(officer, near, far, title="Gaji honorer")
    claim = make_edition(JULY)
    (one,) = list_suggestions(claim, factories.load_unit())
    assert (one.claim_id, one.narrative_id, one.narrative_title) == (near.id, narrative.id, "Gaji honorer")
    assert suggested(near) == [(claim.id, None)]


def test_a_narrative_without_title_goes_by_its_oldest_claim(app: APIFlask, officer: Officer) -> None:
    late, oldest = make_edition(MARCH, 100), make_edition(f"{MARCH} lagi", 200)
    factories.make_narrative(officer, late, oldest)
    (one,) = list_suggestions(make_edition(JULY), factories.load_unit())
    assert one.narrative_title == oldest.title


def test_a_refused_suggestion_does_not_come_back(app: APIFlask, officer: Officer, now: datetime) -> None:
    first, second = make_edition(MARCH, 100), make_edition(f"{MARCH} lagi", 200)
    claim = make_edition(JULY)
    by: Any = {"officer": officer, "now": now}
    membership.refuse_suggestion(claim.id, first.id, **by)
    assert suggested(claim) == [(second.id, None)]
    assert (claim.id, None) not in suggested(first)
    membership.join_claims(first.id, second.id, **by)
    assert suggested(claim) == []  # nor by another claim of the story
    membership.withdraw_refusal(claim.id, first.id, **by)
    assert [key for key, _narrative in suggested(claim)] == [first.id]


def test_a_refusal_holds_for_the_claim_that_takes_in_the_refused_one(
    app: APIFlask, officer: Officer, now: datetime
) -> None:
    claim, refused = make_edition(JULY), make_edition(MARCH, 100)
    membership.refuse_suggestion(claim.id, refused.id, officer=officer, now=now)
    heir = make_edition(f"{MARCH} lagi", 200)
    assert suggested(claim) == [(heir.id, None)]
    refused.status, refused.merged_into_id, refused.version = ClaimStatus.MERGED, heir.id, 2
    assert suggested(claim) == []


def test_nothing_is_suggested_to_a_merged_claim_nor_a_merged_one_to_others(app: APIFlask) -> None:
    claim = make_edition(JULY)
    merged = make_edition(MARCH, 100, status=ClaimStatus.MERGED, merged_into_id=claim.id)
    assert suggested(merged) == []
    assert suggested(claim) == []


def test_an_empty_desk_has_no_suggestions(app: APIFlask) -> None:
    assert suggested(make_edition(MARCH)) == []
