"""The question tally: counts questions in the background, so that an answer never waits for another writer.

A question is counted in the table at once where nobody else writes. Otherwise it waits (core/database/tally.py).

Answers from the cache (check/cache/answer_cache.py) are counted here as well. Per connection and minute no more of them
count than it may ask, and the same question of the same visitor counts twice a day (core/rate_limiting), whether a
person or a program asks, or one of them could make a question look like the whole city's.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from flask import Flask

from hoax_tracker.check.answers.question_log import CountedQuestion, Question, count_questions, question_asked
from hoax_tracker.check.answers.service import CheckAnswer
from hoax_tracker.core.current import current_settings
from hoax_tracker.core.database.tally import Tally, app_tally
from hoax_tracker.core.rate_limiting.connection_limit import ConnectionLimit, visitor_limit


class QuestionTally(Tally[Question]):
    """The uncounted questions of one process, of a thousand letters each."""

    def __init__(self, app: Flask, most_a_minute: int) -> None:
        super().__init__(app)
        self._limit = ConnectionLimit(most_a_minute, timedelta(minutes=1))
        self._visitors = visitor_limit()

    def write_counts(self, counts: Mapping[Question, int], patience_ms: int) -> None:
        """Add to the table of questions."""
        count_questions(counts, patience_ms)

    def count(self, text: str, answer: CheckAnswer, address: str, now: datetime) -> CountedQuestion | None:
        """Count a question by its day in Kupang, now or soon; None, a text without words, is not counted."""
        question = question_asked(text, answer)
        if question is None:
            return None
        if self._visitors.allows(address, now, question.asked):
            self._put({question: 1})
            self.write(patience_ms=0)
        return question.asked

    def count_again(self, asked: CountedQuestion, address: str, now: datetime) -> None:
        """Count soon a question that was counted before, within the limits of this minute and of the visitor."""
        if self._limit.allows(address, now) and self._visitors.allows(address, now, asked):
            self.count_soon({Question(asked): 1})


def question_tally() -> QuestionTally:
    """Return the app's tally, created on first use."""
    most: int = current_settings().checks_per_minute
    return app_tally(QuestionTally, lambda app: QuestionTally(app, most))
