"""A claim's page offers the claims that it may repeat, to be merged with; what surely repeats one has joined it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from apiflask import APIFlask

from hoax_tracker.flag.claim_grouping import ClaimGrouper
from hoax_tracker.models import JOIN_WITHIN, Claim, ClaimStatus, Officer, Proposal, db
from hoax_tracker.review.claim_page.similar import list_possible_duplicates
from hoax_tracker.review.decisions.merge import merge_claims
from hoax_tracker.review.narratives.suggestions import list_suggestions
from tests import factories
from tests.factories import NOW

SEVEN_DAYS = "Mulai Senin besok air PDAM se-Kota Kupang mati total 7 hari karena pipa induk pecah, isi semua bak mandi"
TEN_DAYS = SEVEN_DAYS.replace("7 hari", "10 hari")


def offered(claim: Claim) -> list[tuple[int, bool]]:
    """The claims that are offered, and whether they surely are the same."""
    return [(one.id, one.certain) for one in list_possible_duplicates(claim, factories.load_unit())]


@pytest.mark.parametrize("status", [ClaimStatus.NEW, ClaimStatus.INVESTIGATING, ClaimStatus.CLARIFIED])
def test_a_claim_with_another_duration_joins_none_and_is_offered(app: APIFlask, status: ClaimStatus) -> None:
    earlier = factories.make_claim(SEVEN_DAYS, status=status)
    factories.make_claim("Puskesmas Oesapa tidak terima pasien BPJS mulai Desember, semua harus bayar")
    assert ClaimGrouper().begin(NOW).find(TEN_DAYS) is None
    claim = factories.make_claim(TEN_DAYS)
    assert offered(claim) == [(earlier.id, False)]
    assert [one.claim_id for one in list_suggestions(claim, factories.load_unit())] == [earlier.id]


def test_the_same_claim_of_long_ago_is_offered_as_surely_the_same(app: APIFlask) -> None:
    earlier = factories.make_claim(SEVEN_DAYS)
    earlier.first_seen_at = earlier.last_seen_at = NOW - JOIN_WITHIN - timedelta(days=1)
    db.session.commit()
    assert offered(factories.make_claim(SEVEN_DAYS + " sekarang juga")) == [(earlier.id, True)]


def test_what_was_closed_or_merged_is_not_offered(app: APIFlask) -> None:
    factories.make_claim(SEVEN_DAYS, status=ClaimStatus.DISMISSED)
    claim = factories.make_claim(TEN_DAYS)
    assert offered(claim) == []
    claim.status = ClaimStatus.CLARIFIED
    factories.make_claim(SEVEN_DAYS)
    assert offered(claim) == []


def test_merging_into_an_offered_claim_with_an_answer_waits_for_a_second_person(
    app: APIFlask, officer: Officer
) -> None:
    factories.make_claim(SEVEN_DAYS, status=ClaimStatus.CLARIFIED)
    claim = factories.make_claim(TEN_DAYS)
    (one,) = list_possible_duplicates(claim, factories.load_unit())
    outcome = merge_claims(claim.id, claim.version, one.id, into_version=one.version, officer=officer, now=NOW)
    assert outcome.is_proposed
    assert db.session.query(Proposal).count() == 1
    assert db.session.get_one(Claim, claim.id).status is ClaimStatus.NEW
