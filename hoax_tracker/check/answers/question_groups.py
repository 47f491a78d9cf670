"""What the public asked is grouped by the matcher, so that many wordings of one question count together.

1. Questions that got no certain answer and belong to no group yet are read, some at a time.
2. Each joins the group that it repeats, else the claim's that officers examine, else it begins a group.
3. A group without a claim learns which new claim may be the one: an officer decides, with one act.

Grouping reads and thinks outside the transaction that writes it down, so nobody waits for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

import sqlalchemy as sa

from hoax_tracker.core.database.transactions import reading, writing
from hoax_tracker.match_index import match_index
from hoax_tracker.models import CheckDecision, CheckQuery, Claim, ClaimStatus, Demand, db

if TYPE_CHECKING:
    from classifiers.matcher.match import Matcher

UNANSWERED = (CheckDecision.NONE, CheckDecision.POSSIBLE)
AT_ONCE = 50
# Newest groups that a question is compared with: more than a city asks about in a season.
MOST_COMPARED = 2_000
CLAIMS_COMPARED = 1_000
FEWEST_WORDS = 3
EMBEDDED_AT_ONCE = 20
"""Texts that may have to be embedded for one matcher; with more, these are compared by their words alone."""


@dataclass
class Group:
    """A group as this round sees it: stored (``id``) or new, with what joins it now."""

    text: str
    id: int | None = None
    claim_id: int | None = None
    suggested_id: int | None = None
    questions: list[int] = field(default_factory=list)
    days: list[date] = field(default_factory=list)


def group_questions() -> int:
    """Give the questions that wait to a group; return how many. What is left is for the next round."""
    with reading():
        waiting = unread()
        groups = grouped(waiting) if waiting else []
        db.session.rollback()
    if groups:
        with writing(None):
            for group in groups:
                store(group)
    return len(waiting)


def unread() -> Sequence[sa.Row[int, str, str, date]]:
    """Return (id, digest, text, day) of questions that no group holds yet, oldest first."""
    return db.session.execute(
        sa.select(CheckQuery.id, CheckQuery.digest, CheckQuery.text, CheckQuery.day)
        .where(CheckQuery.demand_id.is_(None), CheckQuery.decision.in_(UNANSWERED))
        .order_by(CheckQuery.id)
        .limit(AT_ONCE)
    ).all()


def grouped(waiting: Sequence[sa.Row[int, str, str, date]]) -> list[Group]:
    """Return the groups that the questions join or begin."""
    known = {
        key: Group(text, key, claim_id)
        for key, text, claim_id in db.session.execute(
            sa.select(Demand.id, Demand.text, Demand.claim_id).order_by(Demand.last_day.desc()).limit(MOST_COMPARED)
        )
    }
    again = same_words([row.digest for row in waiting])
    stored, begun = matcher_of((key, group.text) for key, group in known.items()), Begun()
    for key, digest, text, day in waiting:
        found = known.get(again.get(digest) or best(stored, text) or 0) or begun.find(digest, text)
        group = found or begun.add(digest, text)
        group.questions.append(key)
        group.days.append(day)
    touched = [group for group in (*known.values(), *begun.groups) if group.questions]
    tie_to_claims([group for group in touched if group.claim_id is None])
    return touched


def same_words(digests: Iterable[str]) -> dict[str, int]:
    """Return the group of each question that was asked in these very words before, by its digest."""
    query = sa.select(CheckQuery.digest, CheckQuery.demand_id).where(
        CheckQuery.digest.in_(set(digests)), CheckQuery.demand_id.is_not(None)
    )
    return {digest: demand for digest, demand in db.session.execute(query) if demand is not None}


class Begun:
    """The groups that begin in this round; few, so their matcher is made anew with each."""

    def __init__(self) -> None:
        self.groups: list[Group] = []
        self._by_digest: dict[str, Group] = {}
        self._matcher: Matcher | None = None

    def find(self, digest: str, text: str) -> Group | None:
        """Return the group that a question joins, if any."""
        if digest in self._by_digest:
            return self._by_digest[digest]
        number = best(self._matcher, text)
        return self.groups[number - 1] if number else None

    def add(self, digest: str, text: str) -> Group:
        """Begin a group with a question."""
        group = self._by_digest[digest] = Group(text)
        self.groups.append(group)
        self._matcher = matcher_of((number, one.text) for number, one in enumerate(self.groups, 1))
        return group


def tie_to_claims(groups: Sequence[Group]) -> None:
    """Let groups count for the claim that officers examine, or know the new claim that may be theirs."""
    for group in groups:
        result = match_index().under_review(group.text)
        if result.decision == "match":
            group.claim_id = int(result.matches[0].id)
    left = [group for group in groups if group.claim_id is None]
    claims = matcher_of(new_claims()) if left else None
    for group in left:
        group.suggested_id = best(claims, group.text, certain=False)


def new_claims() -> Iterable[tuple[int, str]]:
    """Return (id, text) of the newest claims that no officer has touched yet."""
    query = sa.select(Claim.id, Claim.text).where(Claim.status == ClaimStatus.NEW)
    found = db.session.execute(query.order_by(Claim.last_seen_at.desc()).limit(CLAIMS_COMPARED))
    return [(key, text) for key, text in found]


def matcher_of(texts: Iterable[tuple[int, str]]) -> Matcher | None:
    """Return a matcher over (id, text); None where there are none."""
    from classifiers.matcher.match import Document, Matcher, left_to_embed

    documents = [Document(str(key), "", text, "") for key, text in texts if says_enough(text)]
    if not documents:
        return None
    return Matcher(documents, use_vectors=None if left_to_embed(documents) <= EMBEDDED_AT_ONCE else False)


def says_enough(text: str) -> bool:
    """Tell whether a text is more than a word or two: less than that is in many messages, and is none of them."""
    from classifiers.matcher.match import shipped_reader

    return len(set(shipped_reader().read(text).stems)) >= FEWEST_WORDS


def best(matcher: Matcher | None, text: str, *, certain: bool = True) -> int | None:
    """Return the id of the text that another one repeats, or None; ``certain``: not where it only may be."""
    if matcher is None:
        return None
    result = matcher.decide(text)
    taken = ("match",) if certain else ("match", "possible")
    return int(result.matches[0].id) if result.decision in taken else None


def store(group: Group) -> None:
    """Write down what joined a group."""
    row = db.session.get(Demand, group.id) if group.id else None
    if row is None:
        row = Demand(text=group.text, first_day=min(group.days), last_day=max(group.days))
        db.session.add(row)
        db.session.flush()
    row.first_day, row.last_day = min(row.first_day, *group.days), max(row.last_day, *group.days)
    row.claim_id = row.claim_id or group.claim_id
    row.suggested_id = row.suggested_id or group.suggested_id
    held = sa.update(CheckQuery).where(CheckQuery.id.in_(group.questions), CheckQuery.demand_id.is_(None))
    db.session.execute(held.values(demand_id=row.id), execution_options={"synchronize_session": False})
