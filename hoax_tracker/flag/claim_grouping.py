"""Grouping: a text joins the claim that it surely repeats.

Candidates are the nearest claims by words from the match index as of the batch's start, and those the batch opened
since; ``classifiers/matcher/same_claim.py`` decides. What may be a repeat opens a claim of its own, and its page offers
officers the other claim to merge with, or as an earlier edition of one story.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

import sqlalchemy as sa

from classifiers.matcher.document import Document, Page
from classifiers.matcher.judging import shipped_judge
from classifiers.matcher.match import Matcher, load_shipped_reader, read_page
from classifiers.matcher.minhash import minhash_bands
from classifiers.matcher.model_file import load_match_model
from classifiers.matcher.same_claim import Same, find_related_claim, find_same_claim
from hoax_tracker.core.database.transactions import read_transaction
from hoax_tracker.match_index import current_match_index
from hoax_tracker.models import JOIN_WITHIN, Claim, db

NEAREST_CLAIMS = 12
"""Stored claims that are looked up; of long ago some of them may be."""
COMPARED_CLAIMS = 3
"""Claims that are compared. What the reader finds to be repeated was the first by words for 368 of 368 messages."""
FIRST_TEMPORARY_ID = 2**62
"""The number by which the first claim goes that a batch opens, until it is stored: above those of all rows."""
WORTH_COMPARING = 0.2
"""Share of the words that matter (cosine) below which a claim is not compared; 6 of those 368 lie below."""


def preload_grouping() -> None:
    """Load word lists and claims before any lock is taken: they can take seconds."""
    load_match_model()
    load_shipped_reader()
    shipped_judge().preload()
    with read_transaction():
        current_match_index().known_claims()
        db.session.rollback()


def read_ahead(texts: Sequence[str]) -> None:
    """Read texts that will be grouped soon: readings are cached, and reading is the largest part of grouping."""
    for text in texts:
        load_shipped_reader().read(text)
        minhash_bands(text)


class ClaimGrouper:
    """Finds the claim that a text states. Call ``begin`` in each transaction before anything is written."""

    def __init__(self) -> None:
        self._matcher: Matcher | None = None
        self._since: datetime | None = None
        self._opened: dict[int, tuple[Document, frozenset[str]]] = {}
        self._near: dict[str, list[Document]] = {}
        self._places: dict[int, int] = {}
        self.opened: dict[str, Claim] = {}
        """The claims that this transaction opened, by the ids that ``find`` gives for them."""
        self.gathered: set[int] = set()
        """Ids of the items that a claim took along when it opened in this transaction."""

    def begin(self, now: datetime) -> ClaimGrouper:
        """Read the claims as they are now (another process may have opened some)."""
        self._matcher = current_match_index().known_claims()
        self._since, self._opened, self._near, self._places = now - JOIN_WITHIN, {}, {}, {}
        self.opened, self.gathered = {}, set()
        return self

    def look_up(self, texts: Sequence[str]) -> None:
        """Find the stored claims nearest to a batch of texts with one query, so that ``find`` needs none."""
        ids = {text: self._nearest(text) for text in texts}
        claims = self._documents({key for near in ids.values() for key in near})
        for text, near in ids.items():
            self._near[text] = [claims[key] for key in near if key in claims][:COMPARED_CLAIMS]

    def open(self, claim: Claim) -> None:
        """Add a claim that this transaction opened, stored or not."""
        number = FIRST_TEMPORARY_ID + len(self.opened)
        self.opened[str(number)] = claim
        self.add(number, claim.title, claim.text)

    def add(self, claim_id: int, title: str, text: str) -> None:
        """Add a claim that was opened since."""
        self._opened[claim_id] = Document(str(claim_id), title, text, ""), load_shipped_reader().read(text).known

    def find(self, text: str) -> Same | None:
        """Return the claim that the text states, or None."""
        near = self._candidates(text)
        return find_same_claim(text, near, page_of=self._page_of) if near else None

    def find_related(self, text: str) -> Same | None:
        """Return the claim that the text is about, by words alone, whatever it tells of it; or None."""
        near = self._candidates(text)
        return find_related_claim(text, near, page_of=self._page_of, by_words=True) if near else None

    def _candidates(self, text: str) -> list[Document]:
        if text not in self._near:
            self.look_up([text])
        return [*self._near[text], *self._just_opened(text)]

    def _nearest(self, text: str) -> list[int]:
        """Return the ids of the stored claims nearest to a text, nearest first."""
        if self._matcher is None:
            return []
        places = self._matcher.nearest_places(text, NEAREST_CLAIMS, WORTH_COMPARING)
        near = {int(self._matcher.index.id_at(place)): place for place in places}
        self._places |= near
        return list(near)

    def _page_of(self, claim: Document) -> Page:
        """Return a claim as parsed by the index; a newer one is parsed here."""
        place = self._places.get(int(claim.id))
        return read_page(claim) if place is None or self._matcher is None else self._matcher.index.page(place)

    def _documents(self, ids: Collection[int]) -> dict[int, Document]:
        if not ids or self._since is None:
            return {}
        query = sa.select(Claim.id, Claim.title, Claim.text).where(Claim.id.in_(ids), Claim.last_seen_at >= self._since)
        return {key: Document(str(key), title, text, "") for key, title, text in db.session.execute(query)}

    def _just_opened(self, text: str) -> list[Document]:
        known_stems = load_shipped_reader().read(text).known
        shared = {key: len(known_stems & stems) for key, (_, stems) in self._opened.items()}
        near = sorted((key for key, count in shared.items() if count > 1), key=lambda key: (-shared[key], key))
        return [self._opened[key][0] for key in near[:COMPARED_CLAIMS]]
