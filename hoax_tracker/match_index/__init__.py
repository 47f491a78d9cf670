"""The match index, kept in step with rows: clarifications, claims, and reviews by other fact-checkers.

Rows are the truth. Files in the data folder, memory-mapped by every process, hold the pages as they were read; one
process at a time rewrites them (``keep``). Each question first checks the table of changes, so that a published
clarification counts at once in every process and a retracted one no longer does.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable, Collection
from pathlib import Path
from typing import NamedTuple

from flask import Flask, current_app

from classifiers.matcher.match import Matcher, MatchResult, load_shipped_reader
from classifiers.matcher.reading import Reading
from hoax_tracker.core.database.transactions import read_transaction
from hoax_tracker.core.extensions import current_settings
from hoax_tracker.core.memory import return_freed_memory
from hoax_tracker.match_index.documents import (
    FACT_CHECK_ROWS,
    HEAD_CHARACTERS,
    KNOWN_CLAIM_ROWS,
    PUBLISHED_ROWS,
    READ_BESIDE,
    WITHDRAWN_ROWS,
    Signature,
    claims_signature,
    published_signature,
)
from hoax_tracker.match_index.live_matcher import LiveMatcher, MatcherState
from hoax_tracker.models import db

FACE = (
    "",
    "follower",
)
"""The modules that other packages use ("": this one); tests/test_imports.py refuses the others."""


__all__ = [
    "HEAD_CHARACTERS",
    "MatchIndex",
    "Signature",
    "claims_signature",
    "current_match_index",
    "published_signature",
    "warm_up_match_index",
]

log = logging.getLogger(__name__)

INDEX_FOLDER = "index"


class Comparison(NamedTuple):
    """What a text resembles: clarifications, and reviews by others."""

    published: MatchResult
    fact_checks: MatchResult


class MatchIndex:
    """The matchers of an instance. Ids in their answers are row ids as text.

    ``folder``: where the files are, None for none. ``tell`` receives the time at which the current published rows were
    read.
    """

    def __init__(self, folder: Path | None = None, tell: Callable[[float], None] | None = None) -> None:
        self._published = LiveMatcher(PUBLISHED_ROWS, folder)
        self._withdrawn = LiveMatcher(WITHDRAWN_ROWS, folder)
        self._known = LiveMatcher(KNOWN_CLAIM_ROWS, folder)
        self._fact_checks = LiveMatcher(FACT_CHECK_ROWS, folder)
        self._folder = folder
        self._tell = tell
        self._told = 0.0

    @staticmethod
    def read(text: str) -> Reading:
        """Return the parsed text, to be matched more than once."""
        return load_shipped_reader().read(text[:HEAD_CHARACTERS])

    def published(self, text: str | Reading) -> MatchResult:
        """Return the public clarifications that answer the text."""
        return self._current().matcher.decide(text[:HEAD_CHARACTERS] if isinstance(text, str) else text)

    def find_pages(self, text: str, limit: int) -> list[int]:
        """Return the ids of the public clarifications that a text may be about, the likeliest first."""
        return [int(key) for key in self._current().matcher.find_pages(text[:HEAD_CHARACTERS], limit)]

    def compare(self, text: str) -> Comparison:
        """Return what a text resembles, parsing it once."""
        message = self.read(text)
        return Comparison(self.published(message), self.fact_checks(message))

    def _current(self) -> MatcherState:
        state = self._published.current()
        if self._tell is not None and state.read_at != self._told:
            self._told = state.read_at
            self._tell(state.read_at)
        return state

    def fact_checks(self, text: str | Reading) -> MatchResult:
        """Return the reviews by other fact-checkers that the text may be about."""
        return self._fact_checks.decide(text)

    def withdrawn(self) -> Matcher:
        """Return the matcher over the clarifications that the city withdrew."""
        return self._withdrawn.current().matcher

    def known_claims(self) -> Matcher:
        """Return the matcher over all present claims of any status; the returned object never changes.

        Call it before this transaction writes: uncommitted rows must not get into the index.
        """
        return self._known.current().matcher

    def match_line(self) -> float:
        """Return the probability from which a message is answered."""
        return (self._published.held or self._current()).matcher.thresholds[1]

    @property
    def is_read(self) -> bool:
        """True once the public clarifications were loaded."""
        return self._published.held is not None

    def is_in_step(self) -> bool:
        """Tell whether nothing was published, corrected or retracted since the last load."""
        return self.is_read and not self._published.behind()

    def keep(self, *, after: int = READ_BESIDE) -> list[str]:
        """Rewrite files that miss more than ``after`` changes; return the kinds written.

        Missing files, and those of another program version, are written too; a kind that only another version had is
        deleted: it holds words of claims. Where writing fails everything works from memory, and the log says so.
        """
        try:
            kinds = (self._published, self._withdrawn, self._known, self._fact_checks)
            shelves = {shelf.rows.name: shelf for shelf in kinds}
            if self._folder and self._folder.exists():
                _delete_folders_except(self._folder, shelves)
            return [name for name, shelf in shelves.items() if _write_files_if_behind(shelf, after)]
        except OSError as error:
            log.warning("the files of the match index could not be written: %s", error)
            return []

    def forget(self) -> None:
        """Rewrite the files of claims and delete the old ones, because words were erased.

        A process that has the old files open uses them until its next question.
        """
        for _ in range(2):  # the first leaves the folder before the newest, for who is just opening it
            self._known.files.write()


def _delete_folders_except(folder: Path, names: Collection[str]) -> None:
    for path in folder.iterdir():
        if path.is_dir() and path.name not in names:
            shutil.rmtree(path, ignore_errors=True)


def _write_files_if_behind(shelf: LiveMatcher, after: int) -> bool:
    """Rewrite the files of one kind if they miss that many changes; tell whether they were written."""
    db.session.rollback()
    with read_transaction():
        state = shelf.current()
        db.session.rollback()
    lacking = len(state.touched)
    return (lacking > after or (lacking > 0 and state.base is None)) and shelf.files.write()


def current_match_index() -> MatchIndex:
    """Return the index of the current app, created on first use."""
    extensions = current_app.extensions
    if "match_index" not in extensions:
        metrics = extensions.get("metrics")
        folder = current_settings().data_folder / INDEX_FOLDER
        extensions.setdefault("match_index", MatchIndex(folder, metrics.index_was_read if metrics else None))
    index: MatchIndex = extensions["match_index"]
    return index


def warm_up_match_index(app: Flask) -> None:
    """Load the clarifications and the pair reader, so that the first resident does not wait.

    Runs in the web process after the fork: the pair reader must never be loaded before one.
    """
    from classifiers.matcher.judging import shipped_judge

    try:
        shipped_judge().preload()
        with app.app_context(), read_transaction():
            current_match_index().published("benarkah kabar ini")
            db.session.rollback()
            current_match_index().keep()
            current_match_index().published("benarkah kabar ini")
            db.session.remove()
    except Exception:
        log.exception("the match index could not be read; the next question will try again")
    return_freed_memory()  # what loading needed for a moment
