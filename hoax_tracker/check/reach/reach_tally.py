"""The reach tally: counts what shows a clarification, by clarification and day in Kupang, in the background.

No page waits for it, and it keeps neither cookies nor addresses (docs/privacy.md). Pages and answers from the caches in
memory are counted as well. What a browser or a proxy answers from its own cache is never seen here.
"""

from __future__ import annotations

import enum
from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from flask import Flask

from hoax_tracker.check.answers.question_log import tolerate_unwritable_disk
from hoax_tracker.check.answers.service import CheckAnswer
from hoax_tracker.check.reach.readers import is_reader
from hoax_tracker.clock import WITA, utc_now
from hoax_tracker.core.database.tally import Tally, app_tally
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.core.database.upsert import insert_into
from hoax_tracker.core.rate_limiting.connection_limit import visitor_limit
from hoax_tracker.models import CheckDecision, ClarificationReach, db

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


class ReachKind(enum.StrEnum):
    """What shows a clarification; the value is its column."""

    VIEW = "views"
    SHORT_VISIT = "short_visits"
    ANSWER = "answers"
    COMPARISON = "comparisons"


class ReachCount(NamedTuple):
    """What is counted together."""

    day: date
    clarification_id: int
    kind: ReachKind


ShownPages = Mapping[int, ReachKind]
"""How clarifications are shown, by id."""


class ReachTally(Tally[ReachCount]):
    """The uncounted reach of one process.

    Each writing makes pages in memory be compared with the rows again, so it is done every few seconds only.
    """

    written_every_s = 5.0

    def __init__(self, app: Flask) -> None:
        super().__init__(app)
        self._visitors = visitor_limit()

    def write_counts(self, counts: Mapping[ReachCount, int], patience_ms: int) -> None:
        """Add to the table."""
        add_reach(counts, patience_ms)

    def count_reader(self, shown: ShownPages, environ: WSGIEnvironment) -> None:
        """Count that a request shows clarifications to a reader; robots are not counted."""
        if shown and is_reader(environ):
            self.count(shown, environ.get("REMOTE_ADDR", ""))

    def count(self, shown: ShownPages, who: str) -> None:
        """Count that clarifications are shown to an address, within the limit of a visitor.

        One person who loads a page again and again does not look like a city.
        """
        now = utc_now()
        day = now.astimezone(WITA).date()
        self.count_soon(
            {
                ReachCount(day, clarification_id, kind): 1
                for clarification_id, kind in shown.items()
                if self._visitors.allows(who, now, (clarification_id, kind))
            }
        )


def reach_tally() -> ReachTally:
    """Return the app's tally, created on first use."""
    return app_tally(ReachTally, ReachTally)


def add_reach(counts: Mapping[ReachCount, int], patience_ms: int | None = None) -> None:
    """Add counts to the table in one transaction. A disk that cannot be written loses them."""
    rows = defaultdict[tuple[int, date], dict[str, int]](dict)
    for counted, times in counts.items():
        rows[counted.clarification_id, counted.day][counted.kind.value] = times
    with tolerate_unwritable_disk(), write_transaction(None, patience_ms=patience_ms):
        for key in sorted(rows):  # in one order everywhere, so that no two processes wait for each other
            add_to_day(*key, rows[key])


def add_to_day(clarification_id: int, day: date, counts: Mapping[str, int]) -> None:
    """Add to a clarification's day. The database adds, as other processes count the same day."""
    first = insert_into(ClarificationReach).values(clarification_id=clarification_id, day=day, **counts)
    more = {column: getattr(ClarificationReach, column) + times for column, times in counts.items()}
    db.session.execute(first.on_conflict_do_update(index_elements=["clarification_id", "day"], set_=more))


def pages_in_answer(answer: CheckAnswer) -> dict[int, ReachKind]:
    """Return how an answer shows clarifications: the one that answers, and those to compare with."""
    is_certain = answer.decision is CheckDecision.MATCH
    shown = answer.matches[:1] if answer.stamped else answer.matches
    return {
        candidate.clarification.id: ReachKind.ANSWER if is_certain and place == 0 else ReachKind.COMPARISON
        for place, candidate in enumerate(shown)
    }
