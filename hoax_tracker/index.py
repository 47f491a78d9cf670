"""The match index kept in step with the rows: what the city published, and what officers are examining.

Before each answer a cheap query tells whether the rows changed; if so the matcher is built anew, so a published
clarification counts at once and a retracted one no longer does. The matcher is derived: the rows stay the truth.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Lock
from time import time
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from flask import Flask, current_app

from hoax_tracker.models import PUBLIC_STATUSES, Claim, ClaimStatus, Clarification, db

if TYPE_CHECKING:
    from classifiers.match import Document, Matcher, MatchResult

log = logging.getLogger(__name__)

# ``new`` is the machine's alone: nothing is said in public about it.
OPEN_STATUSES = (ClaimStatus.TRIAGED, ClaimStatus.INVESTIGATING)
# Nobody reads on for a hoax: what identifies it stands near the top.
HEAD_CHARACTERS = 5_000

Signature = tuple[Any, ...]


@dataclass(frozen=True)
class Shelf:
    """One matcher with the signature of the rows it was built from."""

    signature: Signature
    matcher: Matcher


class Kept:
    """A matcher over some rows, built anew whenever their signature changed. Safe to use from many threads."""

    def __init__(
        self,
        signature: Callable[[], Signature],
        documents: Callable[[], Sequence[Document]],
        tell: Callable[[float], None] | None = None,
    ) -> None:
        self._signature = signature
        self._documents = documents
        self._tell = tell
        self._shelf: Shelf | None = None
        self._building = Lock()

    def decide(self, text: str) -> MatchResult:
        """Return the decision for a text against the rows as they are now."""
        return self.current().decide(text[:HEAD_CHARACTERS])

    def current(self) -> Matcher:
        """Return the matcher for the rows as this transaction sees them."""
        signature, shelf = self._signature(), self._shelf
        if shelf is not None and shelf.signature == signature:
            return shelf.matcher
        with self._building:
            shelf = self._shelf
            if shelf is None or shelf.signature != signature:
                started = time()
                shelf = self._shelf = Shelf(signature, build(self._documents()))
                if self._tell is not None:
                    self._tell(started)
            return shelf.matcher

    @property
    def is_read(self) -> bool:
        """True once the rows were read."""
        return self._shelf is not None

    def is_in_step(self) -> bool:
        """Tell whether the rows are as they were when they were read."""
        return self._shelf is not None and self._shelf.signature == self._signature()


class MatchIndex:
    """The two matchers of an instance; ids in their answers are the rows' ids as text."""

    def __init__(self, tell: Callable[[float], None] | None = None) -> None:
        self._published = Kept(published_signature, published_documents, tell)
        self._under_review = Kept(open_signature, open_documents)

    def published(self, text: str) -> MatchResult:
        """Return which public clarifications answer the text."""
        return self._published.decide(text)

    @property
    def is_read(self) -> bool:
        """True once the public clarifications were read."""
        return self._published.is_read

    def is_in_step(self) -> bool:
        """Tell whether nothing was published, corrected or retracted since they were read."""
        return self._published.is_in_step()

    def match_line(self) -> float:
        """Return the probability from which on a message is answered."""
        return self._published.current().thresholds[1]

    def under_review(self, text: str) -> MatchResult:
        """Return which claims that officers are examining the text repeats."""
        return self._under_review.decide(text)


def match_index() -> MatchIndex:
    """Return the index of the current app, made on first use."""
    held = current_app.extensions
    metrics = held.get("metrics")
    index: MatchIndex = held.setdefault("match_index", MatchIndex(metrics.index_was_read if metrics else None))
    return index


def warm_up(app: Flask) -> None:
    """Read the clarifications into the match index, so that the first resident does not wait for it.

    Runs in the web process, after the fork: the vectors must never be loaded before one.
    """
    from hoax_tracker.database import reading

    try:
        with app.app_context(), reading():
            match_index().published("benarkah kabar ini")
            db.session.remove()
    except Exception:
        log.exception("the match index could not be read; the next question will try again")


def build(documents: Sequence[Document]) -> Matcher:
    """Return a matcher; its libraries are loaded on first use, so that short commands start fast."""
    from classifiers.match import Matcher

    return Matcher(documents)


def published_signature() -> Signature:
    """Return what changes whenever a public clarification is added, corrected or retracted."""
    return signature_of(Clarification, Clarification.status.in_(PUBLIC_STATUSES), sa.func.max(Clarification.changed_at))


def open_signature() -> Signature:
    """Return what changes whenever an officer takes up, changes or closes a claim."""
    return signature_of(Claim, Claim.status.in_(OPEN_STATUSES), sa.func.max(Claim.examined_since))


def signature_of(
    table: type[Clarification] | type[Claim], chosen: sa.ColumnElement[bool], newest: sa.ColumnElement[Any]
) -> Signature:
    """Return count, newest moment, and sums that differ for any two sets of rows and versions met in practice."""
    wide = sa.cast(table.id, sa.BigInteger)  # the product of two integers must not run over
    sums = (sa.func.sum(table.version), sa.func.sum(wide), sa.func.sum(wide * table.version))
    row = db.session.execute(sa.select(sa.func.count(table.id), newest, *sums).where(chosen)).one()
    return tuple(row)


def published_documents() -> list[Document]:
    """Return the public clarifications, oldest first."""
    from classifiers.match import Document

    columns = (Clarification.id, Clarification.title, Clarification.claim_quote, Clarification.summary)
    query = sa.select(*columns).where(Clarification.status.in_(PUBLIC_STATUSES)).order_by(Clarification.id)
    return [Document(str(key), title, claim, summary) for key, title, claim, summary in db.session.execute(query)]


def open_documents() -> list[Document]:
    """Return the claims under examination, oldest first."""
    from classifiers.match import Document

    query = sa.select(Claim.id, Claim.title, Claim.text).where(Claim.status.in_(OPEN_STATUSES)).order_by(Claim.id)
    return [Document(str(key), title, text[:HEAD_CHARACTERS], "") for key, title, text in db.session.execute(query)]
