"""Officers' merges and splits become training pairs, without reverted ones and personal data."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

from classifiers.matcher.training.data import load_officers_pairs
from hoax_tracker.flag.model.training_labels import merge_split_pairs
from hoax_tracker.models import ClaimAppearance, Officer, db
from hoax_tracker.review.decisions import merge, split, undo
from tests import factories
from tests.review.decisions.test_service import make_report

WATER = "Air PDAM mati tujuh hari, hubungi 0812 3456 7890"
AGAIN = "Seminggu tidak ada air PDAM"


def merged(officer: Officer, now: datetime) -> int:
    """Two claims, one with a report, joined; the decision's id."""
    into, claim = factories.make_claim(WATER), factories.make_claim(AGAIN)
    make_report(claim, text=AGAIN)
    found = merge.merge_claims(claim.id, claim.version, into.id, officer=officer, now=now)
    assert found.decision_id is not None
    return found.decision_id


def test_joined_is_the_same(officer: Officer, now: datetime, tmp_path: Path) -> None:
    merged(officer, now)
    (pair,) = merge_split_pairs()
    assert (pair["text"], pair["same"]) == (AGAIN, True)
    assert "Air PDAM mati tujuh hari" in pair["claim"]
    assert "3456" not in json.dumps(pair)
    file = tmp_path / "pairs.jsonl"
    file.write_text(json.dumps(pair) + "\n", encoding="utf-8")
    part = load_officers_pairs(file)
    assert [case.answers for case in part.cases] == [frozenset([0])]
    assert part.documents[0].claim == pair["claim"]


def test_parted_is_another(officer: Officer, now: datetime) -> None:
    claim = factories.make_claim(WATER)
    make_report(claim, text=WATER)
    other = make_report(claim, text="Listrik padam tiga hari di Alak")
    held = db.session.query(ClaimAppearance).filter_by(report_id=other.id).one()
    split.split_claim(claim.id, claim.version, [held.id], officer=officer, now=now)
    assert [(pair["text"], pair["same"]) for pair in merge_split_pairs()] == [(other.text, False)]


def test_what_was_taken_back_says_nothing(officer: Officer, now: datetime) -> None:
    decision = merged(officer, now)
    undo.undo_decision(decision, officer=officer, now=now)
    assert list(merge_split_pairs()) == []
