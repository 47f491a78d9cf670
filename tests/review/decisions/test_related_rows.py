"""Questions, demand, evidence and priority move with their claim and return with it."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
import sqlalchemy as sa
from apiflask import APIFlask

from hoax_tracker.claims import locks, priority
from hoax_tracker.errors import ClaimLockedError
from hoax_tracker.models import (
    CheckDecision,
    CheckQuery,
    Claim,
    ClaimAppearance,
    ClaimStatus,
    Demand,
    Evidence,
    EvidenceKind,
    Officer,
    Question,
    RoleName,
    db,
)
from hoax_tracker.review.decisions import split, undo
from hoax_tracker.review.decisions.service import DecisionOutcome
from tests import factories
from tests.desk_search.rows import add_row, make_question
from tests.review.decisions.test_merge import held, merge
from tests.review.decisions.test_service import make_report

DAY = date(2026, 11, 24)


def belonging(claim: Claim) -> tuple[int, int, int]:
    """How many questions, groups of demand and pieces of evidence belong to a claim."""
    counts = (sa.select(sa.func.count()).where(table.claim_id == claim.id) for table in (Question, Demand, Evidence))
    found = tuple(db.session.scalar(count) or 0 for count in counts)
    return found[0], found[1], found[2]


def give(claim: Claim, officer: Officer, asked: int = 8) -> Demand:
    """Let a question, a piece of evidence and what residents ask belong to a claim."""
    make_question(claim, officer, "Benarkah?")
    link = {"kind": EvidenceKind.LINK, "title": "bukti", "url": "https://e.example/", "added_at": factories.NOW}
    add_row(Evidence(claim_id=claim.id, **link))
    demand: Demand = add_row(Demand(text="air", first_day=DAY, last_day=DAY, claim_id=claim.id))
    key = {"day": DAY, "digest": str(claim.id), "decision": CheckDecision.NONE}
    add_row(CheckQuery(text="air", count=asked, demand_id=demand.id, **key))
    claim.demand = asked
    db.session.commit()
    return demand


def pair(officer: Officer) -> tuple[Claim, Claim]:
    """Two claims with parts of a priority, a report each; the first asks for money."""
    parts = priority.build_priority_parts(0.9, 0.9, "water", asks=True, reported=True)
    first = factories.make_claim(
        "Air mati", priority=priority.calculate_priority(parts), priority_parts=parts.as_json()
    )
    parts = priority.build_priority_parts(0.5, 0.5, "water", reported=True)
    second = factories.make_claim(
        "Air PDAM mati", priority=priority.calculate_priority(parts), priority_parts=parts.as_json()
    )
    make_report(first)
    make_report(second)
    return first, second


def state(*claims: Claim) -> list[object]:
    """Everything that is known of claims, but their versions."""
    db.session.expire_all()
    names = [column.name for column in Claim.__table__.columns if column.name != "version"]
    return [[getattr(claim, name) for name in names] + held(claim) + list(belonging(claim)) for claim in claims]


def test_a_merge_carries_everything_and_undoing_brings_it_back(officer: Officer, now: datetime) -> None:
    first, second = pair(officer)
    give(first, officer)
    give(second, officer)
    before = state(first, second)
    outcome = merge(first, second, officer, now)
    assert (belonging(first), belonging(second)) == ((0, 0, 0), (2, 2, 2))
    undo.undo_decision(outcome.decision_id, officer=officer, now=now)
    assert state(first, second) == before


def test_the_priority_is_that_of_both(officer: Officer, now: datetime) -> None:
    first, second = pair(officer)
    give(first, officer)
    strongest = first.priority
    merge(first, second, officer, now)
    parts = second.priority_parts or {}
    assert (parts["relevance"], parts["asks"], second.demand) == (0.9, True, 8)
    assert (parts["reach"] > 0, parts["demand"] > 0, second.priority > strongest) == (True, True, True)


def test_what_was_brought_is_taken_out_long_after(officer: Officer, now: datetime) -> None:
    first, second = pair(officer)
    give(first, officer)
    merge(first, second, officer, now)
    give(second, officer)  # asked of the joined claim since: it stays there
    taken = split.unmerge_claim(first.id, first.version, officer=officer, now=now + timedelta(days=9))
    assert (belonging(first), belonging(second)) == ((1, 1, 1), (1, 1, 1))
    assert (first.demand, second.demand) == (8, 8)
    undo.undo_decision(taken.decision_id, officer=officer, now=now + timedelta(days=9))
    assert (belonging(first), belonging(second)) == ((0, 0, 0), (2, 2, 2))


@pytest.mark.parametrize("how", ["split", "taken out"])
def test_what_joined_since_is_found_where_the_claim_is_merged_again(how: str, officer: Officer, now: datetime) -> None:
    first, second = pair(officer)
    merge(first, second, officer, now)
    outcome: DecisionOutcome
    if how == "split":
        outcome = split.split_claim(second.id, second.version, held(second)[:1], officer=officer, now=now)
        apart = db.session.get_one(Claim, outcome.other_id)
    else:
        outcome = split.unmerge_claim(first.id, first.version, officer=officer, now=now)
        apart = first
    sightings = second.sightings + apart.sightings if how == "split" else second.sightings
    # The machine gives it another report meanwhile, residents ask and count themselves: no version is raised.
    report = make_report(apart)
    demand = add_row(Demand(text="air", first_day=DAY, last_day=DAY, claim_id=apart.id))
    apart.sightings += 3
    db.session.commit()
    undo.undo_decision(outcome.decision_id, officer=officer, now=now)
    db.session.expire_all()
    assert (apart.status, held(apart), len(held(second))) == (ClaimStatus.MERGED, [], 3)
    assert (demand.claim_id, second.sightings) == (second.id, sightings + 3)
    where = sa.select(ClaimAppearance.claim_id, ClaimAppearance.opens).where(ClaimAppearance.report_id == report.id)
    assert db.session.execute(where).one() == (second.id, False)


def test_nothing_is_undone_or_taken_out_over_somebody_who_works_on_it(
    app: APIFlask, officer: Officer, now: datetime
) -> None:
    other = factories.make_officer("kedua@kupang.example", RoleName.OFFICER)
    first, second = pair(officer)
    outcome = merge(first, second, officer, now)
    locks.lock_claim(second.id, officer=other, now=now)
    with pytest.raises(ClaimLockedError) as refused:
        undo.undo_decision(outcome.decision_id, officer=officer, now=now)
    assert other.name in str(refused.value.user_message)
    with pytest.raises(ClaimLockedError):
        split.unmerge_claim(first.id, first.version, officer=officer, now=now)
    locks.lock_claim(second.id, officer=officer, now=now, over=True)
    undo.undo_decision(outcome.decision_id, officer=officer, now=now)
    assert first.status is ClaimStatus.NEW
