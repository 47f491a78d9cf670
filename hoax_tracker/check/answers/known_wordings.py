"""Known wordings: messages in words that officers judged before, in a claim that a public clarification answers.

A clarification quotes one wording, and officers approve others with it; linked claims supply more. Where the message
has another place or number than the claim, the resident compares. A claim's text is never shown: it may come from a
report.

The words of a page that the city withdrew are known, too. They were examined, published and answered wrongly: to call
them unexamined would hide the mistake from those who passed the wrong answer on.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import islice

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from classifiers.matcher.details import Difference
from classifiers.matcher.document import Document, Page
from classifiers.matcher.match import Matcher, load_shipped_reader
from classifiers.matcher.reading import Reading
from classifiers.matcher.same_claim import differing_details, find_related_claim
from classifiers.matcher.shown_pages import SHOWN_FROM
from classifiers.matcher.wording import contains_wording, is_same_wording
from hoax_tracker.claims.public_words.judged_claims import newest_answer_by_claim
from hoax_tracker.match_index import current_match_index
from hoax_tracker.models import (
    OPEN_STATUSES,
    Claim,
    Clarification,
    ClarificationRevision,
    ClarificationStatus,
    JudgedClaim,
    db,
)

NEAREST_CLAIMS = 30
COMPARED_CLAIMS = 12
WEIGHED_CLAIMS = 3
"""Claims that are weighed where no wording is exact. Of 1,560 messages of hands two find another claim among twelve (no
command repeats this)."""
MIN_LIKENESS = 0.2


@dataclass(frozen=True)
class KnownWording:
    """A clarification that answers a known wording of the message.

    ``likeness`` 0..1: how surely both are about one matter, and the ``line`` from which that counts. ``was_judged``:
    the message is that wording, small talk aside, so officers judged the message itself. ``differs``: details that
    differ.
    """

    clarification_id: int
    likeness: float
    line: float
    was_judged: bool = False
    differs: tuple[Difference, ...] = ()


def is_own_wording(text: str, page: Clarification) -> bool:
    """Return whether the text is a page's quote or another wording approved with it."""
    return any(_is_judged_wording(text, wording) for wording in (page.claim_quote, *page.wordings))


def is_answered_claim(text: str, page: Clarification, near: NearClaims) -> bool:
    """Return whether the text is a claim that the page answers."""
    return _find_judged_claim(text, near.list_claims(page.id)) is not None


def holds_judged_words(text: str, page: Clarification, near: NearClaims) -> bool:
    """Return whether a wording of the page, or a claim that it answers, stands in a text word for word.

    What the text says around it, nobody has judged: it may even deny it.
    """
    wordings = (page.claim_quote, *page.wordings, *(claim.claim for claim in near.list_claims(page.id)))
    return any(contains_wording(text, wording, load_shipped_reader()) for wording in wordings)


def _is_judged_wording(text: str, wording: str) -> bool:
    """Return whether a text equals a wording, small talk aside."""
    return is_same_wording(text, wording, load_shipped_reader())


def list_answered_words(text: str, clarification_id: int) -> list[str]:
    """Return the claims that a page answers, in their own words: those nearest to a text, nearest first."""
    return [claim.claim for claim in find_near_claims(text).list_claims(clarification_id)]


@dataclass(frozen=True)
class NearClaims:
    """The claims nearest to a text, nearest first, by their place among all, and the clarification of each."""

    known: Matcher
    places: dict[int, int]
    answers: dict[int, int]

    def list_claims(self, clarification_id: int | None = None) -> list[Document]:
        """Return the nearest that are answered; ``clarification_id``: only those that this page answers."""
        nearest = (one for one in self._answered if clarification_id in (None, self.answers[int(one.id)]))
        return list(islice(nearest, COMPARED_CLAIMS))

    @cached_property
    def _answered(self) -> list[Document]:
        """The answered ones in their own words: read once, as each page that is shown asks for its own."""
        answered = [number for number in self.places if number in self.answers]
        return _load_claim_documents(answered) if answered else []

    def page_of(self, claim: Document) -> Page:
        """Return a claim as the index has read it: to read it again takes as long as to compare it."""
        return self.known.index.page(self.places[int(claim.id)])

    def find_under_review(self, text: str | Reading) -> Claim | None:
        """Return the claim under examination that the text repeats, or None; never one only the machine flagged."""
        query = sa.select(Claim).where(Claim.id.in_(self.places), Claim.status.in_(OPEN_STATUSES))
        waiting = {claim.id: claim for claim in db.session.scalars(query)} if self.places else {}
        found = self.known.find_repeated(text, [self.places[key] for key in waiting])
        return None if found is None else waiting[int(found)]


def find_near_claims(text: str) -> NearClaims:
    """Return the claims nearest to a text, with what answers them."""
    known = current_match_index().known_claims()
    places = {
        int(known.index.id_at(place)): place for place in known.nearest_places(text, NEAREST_CLAIMS, MIN_LIKENESS)
    }
    return NearClaims(known, places, newest_answer_by_claim(places) if places else {})


def find_judged_wording(text: str, near: NearClaims) -> KnownWording | None:
    """Return the clarification of the claim that the text states in its very words, or None."""
    judged = _find_judged_claim(text, near.list_claims())
    return None if judged is None else KnownWording(near.answers[int(judged.id)], 1.0, 1.0, was_judged=True)


def find_related_wording(text: str, near: NearClaims, shown: Collection[int]) -> KnownWording | None:
    """Return the clarification of the claim that the text is about in other words, or None: it is to be compared.

    ``shown``: the clarifications that stand first anyway; where one of them answers the nearest claim, none is looked
    for.
    """
    claims = near.list_claims()[:WEIGHED_CLAIMS]
    if not claims or near.answers[int(claims[0].id)] in shown:
        return None
    related = find_related_claim(text, claims, page_of=near.page_of)
    if related is None:
        return None
    claim = next(claim for claim in claims if claim.id == related.id)
    return KnownWording(
        near.answers[int(claim.id)], related.likeness, SHOWN_FROM, differs=differing_details(text, claim)
    )


def _find_judged_claim(text: str, claims: Iterable[Document]) -> Document | None:
    return next((claim for claim in claims if _is_judged_wording(text, claim.claim)), None)


def _load_claim_documents(ids: Iterable[int]) -> list[Document]:
    """Return the claims as matcher documents, in the order of the ids."""
    wanted = list(ids)
    query = sa.select(Claim.id, Claim.title, Claim.text).where(Claim.id.in_(wanted))
    read = {key: Document(str(key), title, text, "") for key, title, text in db.session.execute(query)}
    return [read[key] for key in wanted if key in read]


@dataclass(frozen=True)
class Withdrawal:
    """A withdrawn page, when it was withdrawn, and why in the words that residents read on it."""

    page: Clarification
    at: datetime
    why: str


def find_withdrawal(text: str, near: NearClaims) -> Withdrawal | None:
    """Return the newest withdrawn answer whose very words a text repeats, small talk aside.

    These are what it quoted and stated, and the claims that it answered.
    """
    withdrawn = current_match_index().withdrawn()
    ids = [int(key) for key in withdrawn.nearest(text, COMPARED_CLAIMS, MIN_LIKENESS)]
    judged = sa.select(JudgedClaim.clarification_id).where(JudgedClaim.claim_id.in_(near.places))
    is_near = sa.or_(Clarification.id.in_(ids), Clarification.id.in_(judged))
    newest = (Clarification.changed_at.desc(), Clarification.id.desc())
    query = sa.select(Clarification).where(Clarification.status == ClarificationStatus.RETRACTED, is_near)
    pages = (
        db.session.scalars(query.order_by(*newest)).all() if withdrawn.index.available and (ids or near.places) else []
    )
    page = next((page for page in pages if _tells_withdrawn_words(text, page, near)), None)
    return None if page is None else _load_withdrawal(page.id)


def _tells_withdrawn_words(text: str, page: Clarification, near: NearClaims) -> bool:
    stated = (page.claim_quote, *page.wordings, page.title, f"{page.title}. {page.summary}")
    if any(_is_judged_wording(text, wording) for wording in stated):
        return True
    answered = sa.select(JudgedClaim.claim_id).where(JudgedClaim.clarification_id == page.id)
    ids = db.session.scalars(answered.where(JudgedClaim.claim_id.in_(near.places)))
    return _find_judged_claim(text, _load_claim_documents(ids)) is not None


def find_near_withdrawal(text: str | Reading) -> Withdrawal | None:
    """Return the withdrawn answer that a text is about in other words, or None."""
    found = current_match_index().withdrawn().find_related(text)
    return None if found is None else _load_withdrawal(int(found))


def _load_withdrawal(page_id: int) -> Withdrawal:
    page = db.session.get_one(Clarification, page_id, options=[joinedload(Clarification.unit)])
    revision = db.session.scalar(
        sa.select(ClarificationRevision)
        .where(
            ClarificationRevision.clarification_id == page_id,
            ClarificationRevision.kind == ClarificationStatus.RETRACTED,
        )
        .order_by(ClarificationRevision.number.desc())
        .limit(1)
    )
    return Withdrawal(page, revision.made_at, revision.note) if revision else Withdrawal(page, page.changed_at, "")
