"""Claims come into narratives and out of them: by hand or by suggestion, once each, by who may, with an audit trail."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from apiflask import APIFlask

from hoax_tracker.claims import locks
from hoax_tracker.core.audit import chain_check
from hoax_tracker.errors import ClaimLockedError, EditConflictError, InvalidInputError, NotAllowedError, NotFoundError
from hoax_tracker.models import (
    AuditEvent,
    Claim,
    ClaimStatus,
    Narrative,
    NarrativeClaim,
    NarrativeOrigin,
    NarrativeRefusal,
    Officer,
    RoleName,
    db,
)
from hoax_tracker.review.decisions import merge as merging_claims, split, undo
from hoax_tracker.review.narratives import membership
from hoax_tracker.review.narratives.merging import merge_narratives, separate_narrative
from tests import factories
from tests.review.narratives.stories import JULY, MARCH, OTHER, make_edition
from tests.test_concurrency import together


def narrative_of(claim: Claim) -> int | None:
    """The narrative that the claim is in."""
    return membership.find_narrative_id(claim.id)


def acts() -> list[tuple[str, str, dict[str, Any]]]:
    """What the audit log holds of narratives, oldest first."""
    query = sa.select(AuditEvent).where(AuditEvent.action.startswith("narrative_")).order_by(AuditEvent.id)
    return [(event.action, event.subject, event.detail) for event in db.session.scalars(query)]


def test_two_claims_become_one_narrative_and_a_third_joins_it(app: APIFlask, officer: Officer, now: datetime) -> None:
    ninth, tenth, eleventh = (make_edition(text) for text in (MARCH, JULY, JULY + " lagi"))
    by: Any = {"officer": officer, "now": now}
    origin = NarrativeOrigin.SUGGESTION
    narrative_id = membership.join_claims(tenth.id, ninth.id, origin=origin, reason=" Pola sama ", **by)
    assert membership.join_claims(ninth.id, eleventh.id, **by) == narrative_id
    rows = db.session.scalars(sa.select(NarrativeClaim).order_by(NarrativeClaim.id)).all()
    assert [(row.claim_id, row.origin, row.reason, row.added_by_id, row.added_at) for row in rows] == [
        (tenth.id, origin, "Pola sama", officer.id, now),
        (ninth.id, origin, "Pola sama", officer.id, now),
        (eleventh.id, NarrativeOrigin.BY_HAND, "", officer.id, now),
    ]
    subject = f"narrative:{narrative_id}"
    assert acts() == [
        ("narrative_started", subject, {"claim": tenth.id}),
        ("narrative_claim_added", subject, {"claim": tenth.id, "origin": "suggestion", "reason": "Pola sama"}),
        ("narrative_claim_added", subject, {"claim": ninth.id, "origin": "suggestion", "reason": "Pola sama"}),
        ("narrative_claim_added", subject, {"claim": eleventh.id, "origin": "by_hand"}),
    ]
    assert chain_check.verify_chain().broken_at is None


def test_the_same_act_twice_changes_nothing(app: APIFlask, officer: Officer, now: datetime) -> None:
    claim, other = make_edition(MARCH), make_edition(JULY)
    by: Any = {"officer": officer, "now": now}
    narrative_id = membership.join_claims(claim.id, other.id, **by)
    before = acts()
    assert membership.join_claims(claim.id, other.id, **by) == narrative_id
    assert membership.add_claim(claim.id, narrative_id, **by) == narrative_id
    assert acts() == before


def test_a_claim_is_in_one_narrative_and_the_second_officer_learns_who_put_it_there(
    app: APIFlask, officer: Officer, now: datetime
) -> None:
    claim, other = make_edition(MARCH), make_edition(OTHER)
    by: Any = {"officer": officer, "now": now}
    membership.start_narrative(claim.id, title=" Gaji\n honorer ", notes="Muncul tiap tahun", **by)
    second = membership.start_narrative(other.id, **by)
    narrative = db.session.scalars(sa.select(Narrative).order_by(Narrative.id)).first()
    assert narrative is not None
    assert (narrative.title, narrative.notes, narrative.version) == ("Gaji honorer", "Muncul tiap tahun", 1)
    for act in (
        lambda: membership.start_narrative(claim.id, **by),
        lambda: membership.add_claim(claim.id, second, **by),
        lambda: membership.join_claims(other.id, claim.id, **by),
    ):
        with pytest.raises(EditConflictError) as refused:
            act()
        assert officer.name in str(refused.value.user_message)
    assert narrative_of(claim) == narrative.id


def test_a_claim_is_taken_out_and_put_back(app: APIFlask, officer: Officer, now: datetime) -> None:
    claim = make_edition(MARCH)
    by: Any = {"officer": officer, "now": now}
    narrative_id = membership.start_narrative(claim.id, **by)
    membership.remove_claim(claim.id, narrative_id, reason="Lain cerita", **by)
    assert narrative_of(claim) is None
    assert acts()[-1] == (
        "narrative_claim_removed",
        f"narrative:{narrative_id}",
        {"claim": claim.id, "reason": "Lain cerita"},
    )
    with pytest.raises(EditConflictError, match="narrative_claim_removed"):
        membership.remove_claim(claim.id, narrative_id, **by)
    membership.add_claim(claim.id, narrative_id, **by)
    assert narrative_of(claim) == narrative_id


def test_title_and_notes_are_changed_by_who_saw_the_newest(app: APIFlask, officer: Officer, now: datetime) -> None:
    narrative = factories.make_narrative(officer, make_edition(MARCH), title="Gaji")
    by: Any = {"officer": officer, "now": now}
    assert membership.edit_narrative(narrative.id, 1, title="Gaji honorer", notes=" Tiap tahun ", **by)
    assert not membership.edit_narrative(narrative.id, 2, title="Gaji honorer", notes="Tiap tahun", **by)
    with pytest.raises(EditConflictError, match="narrative_changed"):
        membership.edit_narrative(narrative.id, 1, title="Lain", notes="", **by)
    with pytest.raises(InvalidInputError) as refused:
        membership.edit_narrative(narrative.id, 2, title="x" * 201, notes="", **by)
    assert refused.value.field == "title"
    assert acts() == [
        (
            "narrative_changed",
            f"narrative:{narrative.id}",
            {
                "before": {"title": "Gaji", "notes": ""},
                "after": {"title": "Gaji honorer", "notes": "Tiap tahun"},
            },
        )
    ]


def test_a_refused_suggestion_is_noted_for_the_whole_story_and_can_be_withdrawn(
    app: APIFlask, officer: Officer, now: datetime
) -> None:
    claim, first, second = (make_edition(text) for text in (OTHER, MARCH, JULY))
    factories.make_narrative(officer, first, second)
    by: Any = {"officer": officer, "now": now}
    membership.refuse_suggestion(claim.id, second.id, **by)
    membership.refuse_suggestion(claim.id, second.id, **by)
    pairs = {(row.first_claim_id, row.second_claim_id) for row in db.session.scalars(sa.select(NarrativeRefusal))}
    assert pairs == {(claim.id, first.id), (claim.id, second.id)}
    membership.withdraw_refusal(claim.id, second.id, **by)
    assert db.session.scalars(sa.select(NarrativeRefusal)).all() == []
    subject, detail = f"claim:{claim.id}", {"other": second.id}
    assert acts() == [
        ("narrative_suggestion_refused", subject, detail),
        ("narrative_refusal_withdrawn", subject, detail),
    ]


def test_who_belongs_to_the_accused_unit_changes_nothing(app: APIFlask, officer: Officer, now: datetime) -> None:
    accusing = make_edition(MARCH, accused_unit_id=factories.load_unit("dinkes").id)
    other, third = make_edition(JULY), make_edition(OTHER)
    fellow = make_edition(MARCH + " besok")
    narrative = factories.make_narrative(officer, accusing, fellow)
    loose = make_edition(MARCH + " lagi", accused_unit_id=factories.load_unit("dinkes").id)
    theirs = factories.make_narrative(officer, third)
    accused = factories.make_officer("dinkes@kupang.example", RoleName.OFFICER, unit_code="dinkes")
    by: Any = {"officer": accused, "now": now}
    for act in (
        lambda: membership.start_narrative(loose.id, **by),
        lambda: membership.add_claim(loose.id, theirs.id, **by),
        lambda: membership.join_claims(other.id, loose.id, **by),
        lambda: membership.remove_claim(accusing.id, narrative.id, **by),
        lambda: membership.refuse_suggestion(loose.id, other.id, **by),
        lambda: membership.refuse_suggestion(other.id, loose.id, **by),
        lambda: membership.refuse_suggestion(other.id, fellow.id, **by),
        lambda: membership.withdraw_refusal(other.id, fellow.id, **by),
        lambda: membership.add_claim(other.id, narrative.id, **by),
        lambda: membership.join_claims(other.id, fellow.id, **by),
        lambda: membership.edit_narrative(narrative.id, 1, title="Biasa saja", notes="", **by),
        lambda: merge_narratives(narrative.id, 1, theirs.id, **by),
        lambda: merge_narratives(theirs.id, 1, narrative.id, **by),
    ):
        with pytest.raises(NotAllowedError):
            act()
    assert acts() == []


@pytest.mark.parametrize("role", [RoleName.APPROVER, RoleName.ADMINISTRATOR])
def test_only_officers_arrange_narratives(app: APIFlask, officer: Officer, now: datetime, role: RoleName) -> None:
    person = factories.make_officer("lain@kupang.example", role)
    claim = make_edition(MARCH)
    narrative = factories.make_narrative(officer, claim)
    with pytest.raises(NotAllowedError):
        membership.start_narrative(make_edition(JULY).id, officer=person, now=now)
    with pytest.raises(NotAllowedError):
        membership.edit_narrative(narrative.id, 1, title="x", notes="", officer=person, now=now)


def test_a_locked_claim_stays_where_it_is(app: APIFlask, officer: Officer, now: datetime) -> None:
    claim, other = make_edition(MARCH), make_edition(JULY)
    narrative = factories.make_narrative(officer, claim)
    into = factories.make_narrative(officer, other)
    colleague = factories.make_officer("rekan@kupang.example", RoleName.OFFICER)
    locks.lock_claim(claim.id, officer=colleague, now=now)
    by: Any = {"officer": officer, "now": now}
    for act in (
        lambda: membership.remove_claim(claim.id, narrative.id, **by),
        lambda: merge_narratives(narrative.id, 1, into.id, **by),
    ):
        with pytest.raises(ClaimLockedError, match="held by"):
            act()
    membership.remove_claim(claim.id, narrative.id, officer=colleague, now=now)


def test_what_does_not_exist_is_told(app: APIFlask, officer: Officer, now: datetime) -> None:
    claim = make_edition(MARCH)
    by: Any = {"officer": officer, "now": now}
    merged = make_edition(JULY, status=ClaimStatus.MERGED, merged_into_id=claim.id)
    for act in (
        lambda: membership.start_narrative(999, **by),
        lambda: membership.add_claim(claim.id, 999, **by),
        lambda: membership.refuse_suggestion(claim.id, 999, **by),
    ):
        with pytest.raises(NotFoundError):
            act()
    for act in (
        lambda: membership.join_claims(claim.id, claim.id, **by),
        lambda: membership.join_claims(claim.id, merged.id, **by),
        lambda: membership.start_narrative(claim.id, title="x" * 201, **by),
        lambda: membership.start_narrative(claim.id, notes="x" * 2001, **by),
        lambda: membership.start_narrative(claim.id, reason="x" * 501, **by),
    ):
        with pytest.raises(InvalidInputError):
            act()
    assert db.session.scalars(sa.select(Narrative)).all() == []


def test_two_officers_at_once_make_one_narrative(app: APIFlask, officer: Officer, now: datetime) -> None:
    claim_id, first, second = (make_edition(text).id for text in (OTHER, MARCH, JULY))
    people = [officer.id, factories.make_officer("rekan@kupang.example", RoleName.OFFICER).id]

    def joining(officer_id: int, other_id: int) -> int:
        person = db.session.get_one(Officer, officer_id)
        db.session.rollback()
        return membership.join_claims(claim_id, other_id, officer=person, now=now)

    results = together(app, [lambda: joining(people[0], first), lambda: joining(people[1], second)])
    assert results[0] == results[1]
    loose_id = make_edition(OTHER + " di Alak").id

    def starting() -> int:
        person = db.session.get_one(Officer, people[0])
        db.session.rollback()
        return membership.start_narrative(loose_id, officer=person, now=now)

    started = together(app, [starting, starting])
    assert sorted(type(result).__name__ for result in started) == ["EditConflictError", "int"]
    assert len(db.session.scalars(sa.select(Narrative)).all()) == 2


def test_merged_narratives_are_separated_again_also_through_another_merge(
    app: APIFlask, officer: Officer, now: datetime
) -> None:
    first, second, third, late = (make_edition(f"{MARCH} {n}") for n in range(4))
    a, b, c = (factories.make_narrative(officer, claim) for claim in (first, second, third))
    by: Any = {"officer": officer, "now": now}
    assert merge_narratives(a.id, 1, b.id, **by) == b.id
    assert narrative_of(first) == b.id
    assert membership.add_claim(late.id, a.id, **by) == b.id  # who still has the old page before them
    assert merge_narratives(b.id, b.version, c.id, **by) == c.id
    with pytest.raises(EditConflictError):
        merge_narratives(a.id, a.version, c.id, **by)
    with pytest.raises(InvalidInputError):
        merge_narratives(c.id, c.version, a.id, **by)
    separate_narrative(a.id, a.version, **by)
    assert [narrative_of(claim) for claim in (first, second, third, late)] == [a.id, c.id, c.id, c.id]
    membership.remove_claim(late.id, c.id, **by)
    separate_narrative(b.id, b.version, **by)
    assert [narrative_of(claim) for claim in (first, second, third, late)] == [a.id, b.id, c.id, None]
    with pytest.raises(InvalidInputError):
        separate_narrative(b.id, b.version, **by)
    assert [act for act, *_rest in acts()].count("narrative_separated") == 4


def test_a_separated_narrative_gets_back_a_place_whose_claim_was_merged_since(
    app: APIFlask, officer: Officer, now: datetime
) -> None:
    first, second, third, ninth = (make_edition(f"{MARCH} {n}") for n in range(4))
    narrative, into = factories.make_narrative(officer, first, second), factories.make_narrative(officer, third)
    by: Any = {"officer": officer, "now": now}
    merge_narratives(narrative.id, 1, into.id, **by)
    merging_claims.merge_claims(first.id, first.version, ninth.id, **by)
    separate_narrative(narrative.id, narrative.version, **by)
    assert [narrative_of(claim) for claim in (ninth, second, third)] == [narrative.id, narrative.id, into.id]


def test_a_separated_narrative_takes_no_claim_that_came_since(app: APIFlask, officer: Officer, now: datetime) -> None:
    """SQLite gives the number of a deleted place to the next one."""
    first, second, late = (make_edition(f"{MARCH} {n}") for n in range(3))
    into, narrative = factories.make_narrative(officer, first), factories.make_narrative(officer, second)
    by: Any = {"officer": officer, "now": now}
    merge_narratives(narrative.id, 1, into.id, **by)
    membership.remove_claim(second.id, into.id, **by)
    membership.add_claim(late.id, into.id, officer=officer, now=now + timedelta(minutes=1))
    separate_narrative(narrative.id, narrative.version, **by)
    assert [narrative_of(claim) for claim in (first, second, late)] == [into.id, None, into.id]


def test_a_merged_claim_takes_its_place_along_and_gets_it_back(app: APIFlask, officer: Officer, now: datetime) -> None:
    claim, into = make_edition(MARCH), make_edition(JULY)
    narrative = factories.make_narrative(officer, claim)
    by: Any = {"officer": officer, "now": now}
    outcome = merging_claims.merge_claims(claim.id, claim.version, into.id, **by)
    db.session.expire_all()
    assert (narrative_of(claim), narrative_of(into)) == (None, narrative.id)
    undo.undo_decision(outcome.decision_id, **by)
    assert (narrative_of(claim), narrative_of(into)) == (narrative.id, None)
    subject = f"narrative:{narrative.id}"
    assert acts() == [
        ("narrative_claim_moved", subject, {"claim": into.id}),
        ("narrative_claim_moved", subject, {"claim": claim.id}),
    ]


def test_a_merge_of_claims_that_is_taken_apart_later_is_told_too(
    app: APIFlask, officer: Officer, now: datetime
) -> None:
    claim, into = make_edition(MARCH), make_edition(JULY)
    narrative = factories.make_narrative(officer, claim)
    merging_claims.merge_claims(claim.id, claim.version, into.id, officer=officer, now=now)
    db.session.expire_all()
    split.unmerge_claim(claim.id, claim.version, officer=officer, now=now + timedelta(hours=1))
    assert narrative_of(claim) == narrative.id
    assert [detail["claim"] for _act, _subject, detail in acts()] == [into.id, claim.id]


def test_a_claim_that_takes_in_another_stays_in_its_own_narrative(
    app: APIFlask, officer: Officer, now: datetime
) -> None:
    claim, into = make_edition(MARCH), make_edition(JULY)
    first, second = (factories.make_narrative(officer, one) for one in (claim, into))
    by: Any = {"officer": officer, "now": now}
    merging_claims.merge_claims(claim.id, claim.version, into.id, **by)
    assert (narrative_of(claim), narrative_of(into)) == (first.id, second.id)
    db.session.expire_all()
    split.unmerge_claim(claim.id, claim.version, officer=officer, now=now + timedelta(hours=1))
    assert (narrative_of(claim), narrative_of(into)) == (first.id, second.id)
    assert acts() == []
