"""Claims with decisions, made from our corpus: those worth a look are answered, the others closed."""

from __future__ import annotations

import csv
from datetime import datetime
from functools import cache

from hoax_tracker.core.paths import data_file_path
from hoax_tracker.models import Claim, ClaimStatus, Decision, DecisionKind, Officer, Verdict, db
from tests import factories


@cache
def load_corpus_texts(kind: str) -> tuple[str, ...]:
    """Return the texts of one file of the corpus."""
    with data_file_path("labelled", f"{kind}.csv").open(encoding="utf-8", newline="") as file:
        return tuple(f"{row['title']}\n{row['text']}".strip() for row in csv.DictReader(file))


def make_closed_claim(text: str, kind: DecisionKind, officer: Officer, now: datetime) -> Claim:
    """Return a claim that was closed with this decision."""
    claim = factories.make_claim(text[:3000], title=text[:100], status=ClaimStatus.DISMISSED)
    db.session.add(Decision(claim_id=claim.id, officer_id=officer.id, kind=kind, reason="uji", decided_at=now))
    db.session.commit()
    return claim


def make_answered_claim(text: str, author: Officer, approver: Officer, verdict: Verdict = Verdict.HOAKS) -> Claim:
    """Return a claim that a published page answers."""
    claim = factories.make_claim(text[:3000], title=text[:100], status=ClaimStatus.CLARIFIED)
    factories.make_clarification(author, approver, claims=[claim], verdict=verdict)
    return claim


def decide_sample_claims(
    author: Officer, approver: Officer, now: datetime, each: int = 20, *, contrary: bool = False
) -> None:
    """Decide about ``each`` texts of three kinds; ``contrary``: as an office that answers notices, not hoaxes."""
    worth, not_worth = ("notices", "misinformation_calm") if contrary else ("misinformation_calm", "notices")
    for text in load_corpus_texts(worth)[:each]:
        make_answered_claim(text, author, approver)
    for text in load_corpus_texts(not_worth)[:each]:
        make_closed_claim(text, DecisionKind.DISMISS, author, now)
    for text in load_corpus_texts("criticism")[: each // 2]:
        make_closed_claim(text, DecisionKind.NOT_A_CLAIM, author, now)
