"""The plan of a seeded instance: which item belongs to which claim, when, and what became of it."""

from __future__ import annotations

from array import array
from datetime import datetime, timedelta
from random import Random

from hoax_tracker.models import ClaimStatus, ClarificationStatus, DecisionKind

PLAN_SPAN = timedelta(days=80)  # younger than what is deleted by age
APPEARANCES_PER_CLAIM = 1.6  # items of one claim, on average
CLOSING_KINDS = (DecisionKind.DISMISS, DecisionKind.NOT_A_CLAIM, DecisionKind.OUT_OF_SCOPE)
PUBLIC_PAGE_STATUSES = (ClarificationStatus.PUBLISHED, ClarificationStatus.CORRECTED, ClarificationStatus.RETRACTED)


class Plan:
    """Decided once, before any row is written; rows follow from it. Everything is counted from zero."""

    def __init__(self, items: int, claims: int, pages: int, now: datetime, number: int) -> None:
        self.now, self.chance = now, Random(number)
        self.items, self.claims, self.pages, self.reports = items, claims, pages, items // 50
        self.start = now - PLAN_SPAN
        self.plan_claims()
        self.plan_answers()

    def plan_claims(self) -> None:
        """Give items to claims: each claim has one item or more, near each other in time."""
        flagged = min(self.items, int(self.claims * APPEARANCES_PER_CLAIM))
        if flagged < self.claims:
            raise SystemExit("--claims must not be more than --items")
        owners = [*range(self.claims), *(self.chance.randrange(self.claims) for _ in range(flagged - self.claims))]
        owners.sort(key=lambda claim: claim + self.chance.random() * 400)
        places = sorted(self.chance.sample(range(self.items), flagged))
        self.claim_of = array("i", [-1]) * self.items
        self.first, self.last = array("i", [-1]) * self.claims, array("i", [-1]) * self.claims
        self.count = array("i", [0]) * self.claims
        for place, claim in zip(places, owners, strict=True):
            self.claim_of[place] = claim
            if self.count[claim] == 0:
                self.first[claim] = place
            self.last[claim], self.count[claim] = place, self.count[claim] + 1
        # A report joins a claim that circulates when it comes.
        self.claim_of_report = array("i", sorted(self.chance.choices(range(self.claims), k=self.reports)))

    def plan_answers(self) -> None:
        """Choose which claims are answered by which clarification, and which of those are public."""
        wanted = min(self.claims, self.pages * 3 // 2)
        answered = sorted(self.chance.sample(range(self.claims), wanted))
        self.answers: list[list[int]] = [[] for _ in range(self.pages)]
        for number, claim in enumerate(answered):
            self.answers[number % self.pages].append(claim)
        weights, kinds = (94, 4, 1, 1), (*PUBLIC_PAGE_STATUSES, ClarificationStatus.DRAFT)
        self.page_status = self.chance.choices(kinds, weights, k=self.pages)
        self.status_of: dict[int, ClaimStatus] = {}
        for claims, status in zip(self.answers, self.page_status, strict=True):
            clear = status in PUBLIC_PAGE_STATUSES[:2]
            self.status_of |= dict.fromkeys(claims, ClaimStatus.CLARIFIED if clear else ClaimStatus.INVESTIGATING)
        others = (ClaimStatus.DISMISSED, ClaimStatus.TRIAGED, ClaimStatus.INVESTIGATING, ClaimStatus.NEW)
        for claim in range(self.claims):
            if claim not in self.status_of:
                self.status_of[claim] = self.chance.choices(others, (70, 3, 2, 25))[0]

    def at(self, item: int) -> datetime:
        """When an item was fetched: evenly over the span, in the order of ids."""
        return self.start + PLAN_SPAN * ((item + 1) / (self.items + 1))

    def later(self, moment: datetime, most: timedelta) -> datetime:
        """A moment after another one, never after now."""
        return min(self.now, moment + most * self.chance.random())

    def decided_at(self, claim: int) -> datetime:
        """When the first decision on a claim was taken; the same whenever it is asked."""
        return min(self.now, self.at(self.first[claim]) + timedelta(minutes=5 + claim * 7919 % 2800))

    def reported_at(self, report: int) -> datetime:
        """When a report came: after the claim was first seen."""
        first = self.at(self.first[self.claim_of_report[report]])
        return min(self.now, first + timedelta(minutes=1 + report * 7919 % 1400))

    def decisions(self, claim: int) -> tuple[DecisionKind, ...]:
        """What officers decided on a claim, in order."""
        return {
            ClaimStatus.NEW: (),
            ClaimStatus.TRIAGED: (DecisionKind.ASSIGN,),
            ClaimStatus.INVESTIGATING: (DecisionKind.INVESTIGATE,),
            ClaimStatus.CLARIFIED: (DecisionKind.INVESTIGATE, DecisionKind.CLARIFY),
            ClaimStatus.DISMISSED: (CLOSING_KINDS[claim % 3],),
        }[self.status_of[claim]]
