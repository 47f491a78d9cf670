"""What officers' decisions teach: labels for the flagger, and pairs of texts for the matcher.

| present state of the claim | label | weight |
|---|---|---|
| answered by a public clarification, any verdict but those below | worth a look | 1 |
| ... with the verdict Satire or Bukan klaim, or closed as «bukan klaim» | criticism: not worth a look | 1 |
| closed without a clarification for another reason | not worth a look | 0.5: it may be old or a duplicate |
| out of the office's scope | none: it may be a hoax about somebody else | |
| open, reopened, merged, decision undone, page retracted | none: nothing is decided | |

A label says what a closed claim tells about the text that opened it. "Benar" is worth a look as well: a flag means a
checkable claim that spreads unconfirmed, never "wrong". Only the present state counts, so undone or contradicted
decisions say nothing.

Of pairs, a merge says that every moved appearance repeats the claim it went to; a split says that the moved ones do not
repeat the claim they left. Undone decisions say nothing. Personal data is removed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import sqlalchemy as sa
from sqlalchemy.orm import aliased, joinedload

from hoax_tracker.flag.claim_grouping import ClaimGrouper
from hoax_tracker.items.claim_text import claim_text_of
from hoax_tracker.models import (
    PUBLIC_STATUSES,
    Claim,
    ClaimAppearance,
    ClaimMove,
    ClaimStatus,
    Clarification,
    Decision,
    DecisionKind,
    Verdict,
    clarification_claim,
    db,
)
from hoax_tracker.privacy.names import redact_personal_data

if TYPE_CHECKING:
    from classifiers.flagger.local_adaptation import Decided

CLOSING_KINDS = (DecisionKind.DISMISS, DecisionKind.NOT_A_CLAIM, DecisionKind.OUT_OF_SCOPE)
CRITICISM_VERDICTS = (Verdict.SATIRE, Verdict.BUKAN_KLAIM)
DISMISSED_WEIGHT = 0.5
LABELS_LIMIT = 2000
"""Older decisions are left out: the rumours of two years ago teach little, and fitting stays a matter of seconds."""
ROWS_READ_LIMIT = 3 * LABELS_LIMIT
"""Newest rows of each kind that are read for them: some claims were decided more than once, some are no labels."""


@dataclass(frozen=True)
class TrainingLabel:
    """A decided claim: ``worth`` an officer's look, or ``voice`` (criticism, satire), and its weight.

    ``by_report``: a resident reported it, the machine had not flagged it.
    """

    claim_id: int
    text: str
    worth: bool
    voice: bool
    weight: float
    decided_at: datetime
    by_report: bool = False


def list_training_labels(since: datetime | None = None) -> list[TrainingLabel]:
    """Return the labels of claims decided since then, oldest decision first."""
    labels = [*_labels_from_clarified(), *_labels_from_dismissed()]
    newest = sorted(labels, key=lambda label: (label.decided_at, label.claim_id))[-LABELS_LIMIT:]
    return [label for label in newest if since is None or label.decided_at >= since]


def _labels_from_clarified() -> list[TrainingLabel]:
    """Return the claims that a public page answers."""
    published = sa.func.coalesce(Clarification.published_at, Clarification.changed_at).label("published")
    newest = (
        sa.select(Clarification.id, Clarification.verdict, published)
        .where(Clarification.status.in_(PUBLIC_STATUSES))
        .order_by(Clarification.id.desc())
        .limit(ROWS_READ_LIMIT)
        .subquery()
    )
    query = (
        sa.select(Claim.id, Claim.text, newest.c.verdict, newest.c.published, _opened_by_report_condition())
        .join(clarification_claim, clarification_claim.c.claim_id == Claim.id)
        .join(newest, newest.c.id == clarification_claim.c.clarification_id)
        .where(Claim.status == ClaimStatus.CLARIFIED)
        .order_by(newest.c.id)
    )
    rows = {row[0]: row for row in db.session.execute(query) if row[2] is not Verdict.DI_LUAR_KEWENANGAN}
    return [
        TrainingLabel(
            key, text, verdict not in CRITICISM_VERDICTS, verdict in CRITICISM_VERDICTS, 1.0, decided_at, by_report
        )
        for key, text, verdict, decided_at, by_report in rows.values()
    ]


def _labels_from_dismissed() -> list[TrainingLabel]:
    """Return the claims closed without a page, by their last standing decision."""
    undone = sa.select(Decision.undoes_id).where(Decision.undoes_id.is_not(None))
    newest = (
        sa.select(Decision.id, Decision.claim_id, Decision.kind, Decision.decided_at)
        .where(Decision.kind.in_(CLOSING_KINDS), Decision.id.not_in(undone))
        .order_by(Decision.id.desc())
        .limit(ROWS_READ_LIMIT)
        .subquery()
    )
    query = (
        sa.select(Claim.id, Claim.text, newest.c.kind, newest.c.decided_at, _opened_by_report_condition())
        .join(newest, newest.c.claim_id == Claim.id)
        .where(Claim.status == ClaimStatus.DISMISSED)
        .order_by(newest.c.id)
    )
    last = {row[0]: row for row in db.session.execute(query)}
    return [
        TrainingLabel(key, text, False, kind is DecisionKind.NOT_A_CLAIM, _decision_weight(kind), decided_at, by_report)
        for key, text, kind, decided_at, by_report in last.values()
        if kind is not DecisionKind.OUT_OF_SCOPE
    ]


def _decision_weight(kind: DecisionKind) -> float:
    return 1.0 if kind is DecisionKind.NOT_A_CLAIM else DISMISSED_WEIGHT


def _opened_by_report_condition() -> sa.ColumnElement[bool]:
    """Return the condition that a resident's report opened the claim, as part of a query."""
    return sa.exists().where(
        ClaimAppearance.claim_id == Claim.id, ClaimAppearance.opens, ClaimAppearance.report_id.is_not(None)
    )


def build_training_set(labels: Sequence[TrainingLabel]) -> Decided:
    """Return labels in the model's form; claims about one matter share a group, so that none is tried on its like."""
    grouper, groups = ClaimGrouper(), []
    for label in labels:
        same = grouper.find_related(label.text)
        groups.append(same.id if same else str(label.claim_id))
        if same is None:
            grouper.add(label.claim_id, "", label.text)
    from classifiers.flagger.local_adaptation import Decided  # scikit-learn comes along: only where a model is fitted

    return Decided(
        texts=[label.text for label in labels],
        labels=np.array([label.worth for label in labels], dtype=np.int8),
        weights=np.array([label.weight for label in labels]),
        groups=groups,
        keys=[str(label.claim_id) for label in labels],
    )


def hash_labels(labels: Sequence[TrainingLabel]) -> str:
    """Return the SHA-256 of the labels: equal hashes mean equal decisions."""
    summary = hashlib.sha256()
    for label in sorted(labels, key=lambda label: label.claim_id):
        summary.update(
            f"{label.claim_id}\x1f{label.text}\x1f{label.worth}\x1f{label.voice}\x1f{label.weight}\x1e".encode()
        )
    return summary.hexdigest()


READ_AT_ONCE = 500


def merge_split_pairs() -> Iterator[dict[str, Any]]:
    """Yield one object a pair: ``id, text, claim, title, same, decided_at``, in order of the decisions."""
    for move, decision in db.session.execute(_standing_moves_query()).yield_per(READ_AT_ONCE):
        joined = decision.kind is DecisionKind.MERGE
        claim = db.session.get(Claim, move.to_claim_id if joined else move.from_claim_id)
        subject = move.appearance.item or move.appearance.report
        if claim is None or subject is None:
            continue
        text = redact_personal_data(claim_text_of(subject))
        if not joined and text == redact_personal_data(claim.text):
            continue  # the one that opened the claim was parted: its words stayed behind
        yield {
            "id": f"{decision.id}-{move.appearance_id}",
            "text": text,
            "title": redact_personal_data(claim.title),
            "claim": redact_personal_data(claim.text),
            "same": joined,
            "decided_at": decision.decided_at.isoformat(timespec="seconds"),
        }


def _standing_moves_query() -> sa.Select[ClaimMove, Decision]:
    """Return the query for appearances moved by merges and splits that were not undone, with their decision."""
    undoing = aliased(Decision)
    return (
        sa.select(ClaimMove, Decision)
        .join(Decision, Decision.id == ClaimMove.decision_id)
        .outerjoin(undoing, undoing.undoes_id == Decision.id)
        .where(Decision.kind.in_((DecisionKind.MERGE, DecisionKind.SPLIT)), undoing.id.is_(None))
        .order_by(ClaimMove.id)
        .options(
            joinedload(ClaimMove.appearance).joinedload(ClaimAppearance.item),
            joinedload(ClaimMove.appearance).joinedload(ClaimAppearance.report),
        )
    )
