"""Known wordings: messages in words that officers judged before, in a claim that a public clarification answers.

A clarification quotes one wording, and officers approve others with it; linked claims supply more. Where the message
has another place or number than the claim, the resident compares. A claim's text is never shown: it may come from a
report.

The words of a page that the city withdrew are known, too. They were examined, published and answered wrongly: to call
them unexamined would hide the mistake from those who passed the wrong answer on. A process holds the words of the
newest withdrawn pages until one of these rows changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.orm import joinedload

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

if TYPE_CHECKING:
    from classifiers.matcher.details import Difference
    from classifiers.matcher.document import Document, Page
    from classifiers.matcher.match import Matcher
    from classifiers.matcher.reading import Reading

NEAREST_CLAIMS = 30
COMPARED_CLAIMS = 12
MIN_LIKENESS = 0.2
PAGES_COMPARED = 300
"""Withdrawn pages that a message is compared with, the newest. A city withdraws few."""
_IS_WITHDRAWN = Clarification.status == ClarificationStatus.RETRACTED

Words = tuple[str, ...]


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


def is_judged_for_page(text: str, page: Clarification) -> bool:
    """Return whether officers judged the text: it is a wording of the page, or a claim that it answers."""
    if is_own_wording(text, page):
        return True
    return _find_judged_claim(text, find_near_claims(text).list_claims(page.id)) is not None


def is_own_wording(text: str, page: Clarification) -> bool:
    """Return whether the text is a page's quote or another wording approved with it."""
    return any(_is_judged_wording(text, wording) for wording in (page.claim_quote, *page.wordings))


def holds_judged_words(text: str, page: Clarification, near: NearClaims) -> bool:
    """Return whether a wording of the page, or a claim that it answers, stands in a text word for word.

    What the text says around it, nobody has judged: it may even deny it.
    """
    from classifiers.matcher.match import load_shipped_reader
    from classifiers.matcher.wording import contains_wording

    wordings = (page.claim_quote, *page.wordings, *(claim.claim for claim in near.list_claims(page.id)))
    return any(contains_wording(text, wording, load_shipped_reader()) for wording in wordings)


def _is_judged_wording(text: str, wording: str) -> bool:
    """Return whether a text equals a wording, small talk aside."""
    from classifiers.matcher.match import load_shipped_reader
    from classifiers.matcher.wording import is_same_wording

    return is_same_wording(text, wording, load_shipped_reader())


def list_answered_words(text: str, clarification_id: int) -> list[str]:
    """Return the claims that a page answers, in their own words: those nearest to a text, nearest first."""
    return [claim.claim for claim in find_near_claims(text).list_claims(clarification_id)]


class NearClaims(NamedTuple):
    """The claims nearest to a text, nearest first, by their place among all, and the clarification of each."""

    known: Matcher
    places: dict[int, int]
    answers: dict[int, int]

    def list_claims(self, clarification_id: int | None = None) -> list[Document]:
        """Return the nearest that are answered; ``clarification_id``: only those that this page answers."""
        wanted = set(self.answers.values()) if clarification_id is None else {clarification_id}
        nearest = [number for number in self.places if self.answers.get(number) in wanted][:COMPARED_CLAIMS]
        return _load_claim_documents(nearest) if nearest else []

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


def find_known_wording(text: str, near: NearClaims) -> KnownWording | None:
    """Return the clarification of the claim that the text states in known words or is about, or None.

    An exact wording comes first. Anything else is shown to be compared, so it need only be about the same matter.
    """
    from classifiers.matcher.judging import SHOWN_FROM
    from classifiers.matcher.same_claim import differing_details, find_related_claim

    claims = near.list_claims()
    if judged := _find_judged_claim(text, claims):
        return KnownWording(near.answers[int(judged.id)], 1.0, 1.0, was_judged=True)
    related = find_related_claim(text, claims, page_of=near.page_of) if claims else None
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
    from classifiers.matcher.document import Document

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


@dataclass(frozen=True)
class _WithdrawnWordings:
    """What the newest withdrawn pages say.

    ``state``: the rows when they were read; ``words`` of each wording; ``pages``: the newest page of such words;
    ``matcher``: of the pages by words, None where there are none.
    """

    state: tuple[Any, ...]
    words: dict[str, Words]
    pages: dict[Words, int]
    matcher: Matcher | None


def find_withdrawal(text: str) -> Withdrawal | None:
    """Return the newest withdrawn answer whose very words a text repeats, small talk aside."""
    page_id = _current_wordings().pages.get(_read_words(text))
    return None if page_id is None else _load_withdrawal(page_id)


def find_near_withdrawal(text: str) -> Withdrawal | None:
    """Return the withdrawn answer that a text is about in other words, or None."""
    matcher = _current_wordings().matcher
    result = matcher.decide(text) if matcher else None
    return None if result is None or result.decision == "none" else _load_withdrawal(int(result.matches[0].id))


def _current_wordings() -> _WithdrawnWordings:
    state, held = _wordings_state(), current_app.extensions.get("withdrawn_wordings")
    if held is None or held.state != state:
        held = current_app.extensions["withdrawn_wordings"] = _load_wordings(state, held.words if held else {})
    wordings: _WithdrawnWordings = held
    return wordings


def _wordings_state() -> tuple[Any, ...]:
    """Return a value that changes with any of the withdrawn wordings."""
    query = (
        sa.select(
            sa.func.count(),
            sa.func.max(Clarification.changed_at),
            sa.func.sum(Clarification.version),
            sa.func.sum(Claim.version),
        )
        .outerjoin(JudgedClaim, JudgedClaim.clarification_id == Clarification.id)
        .outerjoin(Claim, Claim.id == JudgedClaim.claim_id)
        .where(_IS_WITHDRAWN)
    )
    return tuple(db.session.execute(query).one())


def _load_wordings(state: tuple[Any, ...], known: dict[str, Words]) -> _WithdrawnWordings:
    wordings = list(_list_wordings())
    words = {wording: known.get(wording) or _read_words(wording) for _page, wording in wordings}
    pages: dict[Words, int] = {}
    for page_id, wording in wordings:
        if words[wording]:
            pages.setdefault(words[wording], page_id)
    return _WithdrawnWordings(state, words, pages, _match_withdrawn_pages())


def _match_withdrawn_pages() -> Matcher | None:
    """Return a matcher of the newest withdrawn pages, by words."""
    from classifiers.matcher.document import Document
    from classifiers.matcher.match import Matcher, read_wordings

    rows = db.session.scalars(_newest_withdrawn(Clarification)).all()
    documents = [
        Document(str(row.id), row.title, row.claim_quote, row.summary, tuple(row.wordings)) for row in reversed(rows)
    ]
    pages = [page for document in documents for page in read_wordings(document)]
    return Matcher(pages) if pages else None


def _newest_withdrawn(columns: Any) -> sa.Select[Any]:
    newest = (Clarification.changed_at.desc(), Clarification.id.desc())
    return sa.select(columns).where(_IS_WITHDRAWN).order_by(*newest).limit(PAGES_COMPARED)


def _read_words(text: str) -> Words:
    from classifiers.matcher.match import load_shipped_reader
    from classifiers.matcher.wording import wording_words

    return wording_words(text, load_shipped_reader())


def _list_wordings() -> Iterator[tuple[int, str]]:
    """Yield (page, wording) of the withdrawn pages, newest first: what they quoted, answered and stated."""
    ids = db.session.scalars(_newest_withdrawn(Clarification.id)).all()
    if not ids:
        return
    page = Clarification
    stated = sa.select(page.id, page.claim_quote, page.wordings, page.title, page.summary).where(page.id.in_(ids))
    judged = (
        sa.select(JudgedClaim.clarification_id, Claim.text)
        .join(Claim, Claim.id == JudgedClaim.claim_id)
        .where(JudgedClaim.clarification_id.in_(ids))
    )
    wordings: dict[int, list[str]] = {
        key: [quote, *others, title, f"{title}. {summary}"]
        for key, quote, others, title, summary in db.session.execute(stated)
    }
    for key, text in db.session.execute(judged):
        wordings[key].append(text)
    yield from ((key, wording) for key in ids for wording in wordings[key] if wording)


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
