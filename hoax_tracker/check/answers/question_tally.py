"""The question tally: counts questions in the background, so that an answer never waits for another writer.

A question is counted in the table at once where nobody else writes. Otherwise it waits (core/database/tally.py).

Answers from the cache (check/cache/answer_cache.py) are counted here as well. Per connection and minute no more of them
count than it may ask, and the same question of the same visitor counts twice a day, or one person could make a
question look like the whole city's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from threading import Lock
from typing import TYPE_CHECKING

from flask import Flask, current_app

from hoax_tracker.check.answers.question_log import CountedQuestion, Question, count_questions, question_asked
from hoax_tracker.check.answers.service import CheckAnswer
from hoax_tracker.core.database.tally import Tally, app_tally
from hoax_tracker.core.rate_limiting.connection_limit import ConnectionLimit
from hoax_tracker.core.rate_limiting.limiter import network_of_address

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

MOST_A_DAY = 2
"""So often a visitor's question counts in a process: in both of a usual host's too seldom for an alarm, which needs
five. More than once, because many phones of a carrier have one address and one browser name."""
MOST_REMEMBERED = 100_000
"""Questions of visitors that are remembered of a day; those beyond count each time."""
LONGEST_BROWSER_NAME = 300


@dataclass(frozen=True)
class Visitor:
    """Who seems to ask: a connection, and the name of its browser, as a carrier has many phones behind one address."""

    address: str
    browser: str

    @classmethod
    def from_environ(cls, environ: WSGIEnvironment) -> Visitor:
        """Return the visitor of a request."""
        browser = environ.get("HTTP_USER_AGENT", "")[:LONGEST_BROWSER_NAME]
        return cls(environ.get("REMOTE_ADDR", ""), browser)


class AskedToday:
    """Remembers how often each visitor asked what today, in one process. Thread-safe.

    What is remembered of the two is a number that Python makes with a key of the process: no address, no question.
    """

    def __init__(self) -> None:
        self._lock, self._day, self._asked = Lock(), date.min, dict[int, int]()

    def may_count(self, visitor: Visitor, asked: CountedQuestion) -> bool:
        """Tell whether the question still counts for the visitor on its day, and remember it."""
        key = hash((network_of_address(visitor.address), visitor.browser, asked))
        with self._lock:
            if asked.day > self._day:
                self._day, self._asked = asked.day, {}
            times = self._asked.get(key, 0)
            if times >= MOST_A_DAY:
                return False
            if times or len(self._asked) < MOST_REMEMBERED:
                self._asked[key] = times + 1
            return True


class QuestionTally(Tally[Question]):
    """The uncounted questions of one process, of a thousand letters each."""

    def __init__(self, app: Flask, most_a_minute: int) -> None:
        super().__init__(app)
        self._limit = ConnectionLimit(most_a_minute, timedelta(minutes=1))
        self._asked_today = AskedToday()

    def write_counts(self, counts: Mapping[Question, int], patience_ms: int) -> None:
        """Add to the table of questions."""
        count_questions(counts, patience_ms)

    def count(self, text: str, answer: CheckAnswer, visitor: Visitor | None = None) -> CountedQuestion | None:
        """Count a question by its day in Kupang, now or soon; None, a text without words, is not counted.

        Without a visitor it counts each time: a program asks for many people.
        """
        question = question_asked(text, answer)
        if question is None:
            return None
        if visitor is None or self._asked_today.may_count(visitor, question.asked):
            self._put({question: 1})
            self.write(patience_ms=0)
        return question.asked

    def count_again(self, asked: CountedQuestion, visitor: Visitor, now: datetime) -> None:
        """Count soon a question that was counted before, within the visitor's limits of this minute and day."""
        if self._limit.allows(visitor.address, now) and self._asked_today.may_count(visitor, asked):
            self.count_soon({Question(asked): 1})


def question_tally() -> QuestionTally:
    """Return the app's tally, created on first use."""
    most: int = current_app.extensions["settings"].checks_per_minute
    return app_tally(QuestionTally, lambda app: QuestionTally(app, most))
