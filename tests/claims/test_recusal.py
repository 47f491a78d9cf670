"""Members of the accused unit may comment and decide nothing."""

from __future__ import annotations

from datetime import datetime

import pytest
import sqlalchemy as sa
from apiflask import APIFlask

from hoax_tracker.claims.recusal import (
    accuses_unit,
    first_accused_unit_id,
    is_recused_unit,
    is_unit_accused,
    kept_away_unit_ids,
    may_decide,
    note_accusations,
    standing_accusations,
)
from hoax_tracker.clarify import service as clarify
from hoax_tracker.errors import NotAllowedError
from hoax_tracker.models import Claim, ClaimStatus, DecisionKind, Officer, RoleName, Unit, db
from hoax_tracker.organisation.named_units import NamedUnits
from hoax_tracker.organisation.units import is_same_or_below
from hoax_tracker.review.collaboration import unit_questions
from hoax_tracker.review.decisions import service
from hoax_tracker.review.decisions.service import DecisionChoice
from tests import factories


def test_the_accused_units_officer_closes_and_drafts_nothing(officer: Officer, now: datetime) -> None:
    nurse = factories.make_officer("dinkes@kupang.example", RoleName.OFFICER, unit_code="dinkes")
    claim = factories.make_claim(accused_unit_id=factories.load_unit("dinkes").id)
    for kind in (DecisionKind.DISMISS, DecisionKind.INVESTIGATE, DecisionKind.NOT_A_CLAIM):
        with pytest.raises(NotAllowedError):
            service.decide_claim(claim.id, claim.version, DecisionChoice(kind, "Tidak benar."), officer=nurse, now=now)
    with pytest.raises(NotAllowedError):
        clarify.draft_from_claim(claim.id, claim.version, officer=nurse, now=now)
    assert (claim.status, claim.version) == (ClaimStatus.NEW, 1)
    asked = unit_questions.ask_unit(
        claim.id, factories.load_unit("dinkes").id, "Apa yang terjadi?", officer=officer, now=now
    )
    unit_questions.answer_question(asked, 1, "Begini duduk perkaranya.", officer=nurse, now=now)
    service.decide_claim(claim.id, claim.version, DecisionChoice(DecisionKind.INVESTIGATE), officer=officer, now=now)


def test_everybody_lies_under_ppid_utama_but_only_its_own_are_accused_with_it(officer: Officer) -> None:
    nurse = factories.make_officer("dinkes@kupang.example", RoleName.OFFICER, unit_code="dinkes")
    claim = factories.make_claim(accused_unit_id=factories.load_unit().id)
    assert is_same_or_below(nurse.unit, factories.load_unit("dinkes"))
    assert not is_same_or_below(nurse.unit, factories.load_unit())
    assert may_decide(claim, nurse)
    assert not may_decide(claim, officer)


def test_a_claim_keeps_away_whom_the_tree_puts_in_a_branch_with_the_accused(officer: Officer) -> None:
    factories.make_unit("oesapa", "dinkes")
    factories.make_unit("pustu", "oesapa")
    units = db.session.scalars(db.select(Unit)).all()
    for accused in units:
        branch = {unit.id for unit in units if is_recused_unit(unit, accused)}
        assert kept_away_unit_ids((), [accused.id]) == branch, accused.code
    assert len(branch) < len(units)


@pytest.mark.parametrize(
    ("accused", "of", "is_judge"),
    [
        ("oesapa", "oesapa", False),
        ("oesapa", "dinkes", False),  # who runs a puskesmas answers to the head of its Dinas
        ("oesapa", "diskominfo", True),
        ("oesapa", "pdam", True),
        ("oesapa", "sikumana", True),
        ("dinkes", "oesapa", False),
        ("dinkes", "diskominfo", True),
        ("diskominfo", "diskominfo", False),
        ("diskominfo", "dinkes", True),
    ],
)
def test_the_accused_those_under_it_and_those_above_it_decide_nothing(
    accused: str, of: str, is_judge: bool, officer: Officer, now: datetime
) -> None:
    for code in ("oesapa", "sikumana"):
        factories.make_unit(code, "dinkes")
    factories.make_officer("lain@kupang.example", RoleName.OFFICER, unit_code="pdam")
    person = factories.make_officer("dia@kupang.example", RoleName.OFFICER, unit_code=of)
    claim = factories.make_claim(accused_unit_id=factories.load_unit(accused).id)
    assert may_decide(claim, person) is is_judge
    if is_judge:
        service.decide_claim(claim.id, 1, DecisionChoice(DecisionKind.DISMISS, "Tidak benar."), officer=person, now=now)
        return
    with pytest.raises(NotAllowedError):
        service.decide_claim(claim.id, 1, DecisionChoice(DecisionKind.DISMISS, "Tidak benar."), officer=person, now=now)


def test_an_administrator_of_the_accused_unit_never_steps_in(officer: Officer) -> None:
    head = factories.make_officer("kepala@kupang.example", RoleName.OFFICER, RoleName.ADMINISTRATOR)
    claim = factories.make_claim(accused_unit_id=factories.load_unit().id)
    assert not may_decide(claim, head)
    nurse = factories.make_officer("dinkes@kupang.example", RoleName.OFFICER, unit_code="dinkes")
    nurse.active = False
    db.session.commit()
    assert not may_decide(claim, head)


def test_lists_and_pages_keep_the_same_units_away(app: APIFlask, now: datetime) -> None:
    for code in ("oesapa", "sikumana"):
        factories.make_unit(code, "dinkes").kind = "puskesmas"
    db.session.commit()
    ids = {unit.code: unit.id for unit in db.session.scalars(sa.select(Unit))}
    claims = [factories.make_claim(f"Klaim {number}") for number in range(5)]
    note_accusations(claims[0], NamedUnits(frozenset({ids["oesapa"], ids["pdam"]})), now)
    note_accusations(claims[1], NamedUnits(kinds=frozenset({"puskesmas"})), now)
    note_accusations(claims[2], NamedUnits(kinds=frozenset({"dinas"})), now)
    note_accusations(claims[3], NamedUnits(frozenset({ids["diskominfo"]})), now)
    db.session.commit()
    away = [
        {"oesapa", "dinkes", "pdam"},
        {"oesapa", "sikumana", "dinkes"},
        {"dinkes", "oesapa", "sikumana", "pdam"},
        {"diskominfo"},
        set(),
    ]

    def require_kept_away(expected: list[set[str]]) -> None:
        for claim, codes in zip(claims, expected, strict=True):
            assert {unit.code for unit in db.session.scalars(sa.select(Unit)) if is_unit_accused(claim, unit)} == codes
            assert {key for key, unit_id in ids.items() if unit_id in kept_away_unit_ids([claim.id])} == codes
            of_lists = {
                code
                for code in ids
                if claim.id in db.session.scalars(sa.select(Claim.id).where(accuses_unit(factories.load_unit(code))))
            }
            assert of_lists == codes

    require_kept_away(away)
    factories.load_unit("oesapa").parent_id = ids["pdam"]  # as it was, and as it is
    factories.load_unit("oesapa").kind = "other"
    db.session.commit()
    require_kept_away(away)


def test_what_was_lifted_is_noted_anew_only_by_an_accusation(officer: Officer, now: datetime) -> None:
    pdam = factories.load_unit("pdam").id
    claim, named = factories.make_claim(unit_id=pdam), NamedUnits(frozenset({pdam}))
    assert note_accusations(claim, named, now)
    assert claim.unit is not None
    db.session.commit()
    service.lift_accusations(claim.id, claim.version, "Hanya disebut", officer=officer, now=now)
    assert note_accusations(claim, named, now, accuses_anew=False) == []
    assert first_accused_unit_id(claim) is None
    assert [row.unit_id for row in note_accusations(claim, named, now)] == [pdam]
    assert [row.unit_id for row in standing_accusations(claim)] == [pdam]
    assert note_accusations(claim, named, now) == []
