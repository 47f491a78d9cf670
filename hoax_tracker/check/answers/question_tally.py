"""The question tally: counts questions in the background, so that an answer never waits for another writer.

A question is counted in the table at once where nobody else writes. Otherwise it waits in memory, and a thread writes
everything that waits about once a second. A process that ends in order writes first; a killed one loses the counts of
those seconds.

Answers from the cache (check/cache/answer_cache.py) are counted here as well. Per connection and minute no more of them
count than it may ask, or one person could make a question look like the whole city's.
"""

from __future__ import annotations

import logging
from collections import Counter
from threading import Event, Lock, Thread

import sqlalchemy as sa
from flask import Flask, current_app

from hoax_tracker.check.answers.question_log import CountedQuestion, Question, count_questions, question_asked
from hoax_tracker.check.answers.service import CheckAnswer
from hoax_tracker.core.database.fault_messages import translate_database_error
from hoax_tracker.core.rate_limiting.limiter import network_of_address
from hoax_tracker.errors import DatabaseBusyError, DatabaseUnreachableError

log = logging.getLogger(__name__)

MOST_REMEMBERED = 20_000
MOST_WAITING = 5_000
"""Different questions that wait at most, of a thousand letters each; those beyond are not counted."""
COUNTED_EVERY_S = 1.0
PATIENCE_MS = 5_000
"""Milliseconds that the thread waits for others that write, each time it tries; an end in order waits as long."""


class QuestionTally:
    """The uncounted questions of one process. Thread-safe."""

    def __init__(self, app: Flask, most_a_minute: int) -> None:
        self._app, self._most = app, most_a_minute
        self._lock, self._ends = Lock(), Event()
        self._waiting: Counter[Question] = Counter()
        self._minute, self._by_connection = 0, Counter[str]()
        self._thread: Thread | None = None

    def count(self, text: str, answer: CheckAnswer) -> CountedQuestion | None:
        """Count a question by its day in Kupang, now or soon; None, a text without words, is not counted."""
        question = question_asked(text, answer)
        if question is None:
            return None
        self._put({question: 1})
        self.write(patience_ms=0)
        return question.asked

    def count_again(self, asked: CountedQuestion, who: str, minute: int) -> None:
        """Count soon a question that was counted before, within the address's limit of this minute."""
        who = network_of_address(who)
        with self._lock:
            if minute != self._minute:
                self._minute, self._by_connection = minute, Counter()
            may = self._by_connection[who] < self._most and len(self._by_connection) < MOST_REMEMBERED
            if may:
                self._by_connection[who] += 1
        if may:
            self._put({Question(asked): 1})
            self._write_soon()

    def write(self, patience_ms: int = PATIENCE_MS) -> None:
        """Write the waiting counts. They keep waiting where others write for long or the database is away."""
        with self._lock:
            counts, self._waiting = self._waiting, Counter()
        if not counts:
            return
        try:
            count_questions(counts, patience_ms)
        except sa.exc.SQLAlchemyError as error:
            if not isinstance(translate_database_error(error), DatabaseBusyError | DatabaseUnreachableError):
                raise
            self._put(counts)
            self._write_soon()

    def end(self) -> None:
        """Write the waiting counts as the process ends."""
        self._stop()
        with self._app.app_context():
            self.write()

    def drop(self) -> None:
        """Discard the waiting counts."""
        with self._lock:
            self._waiting.clear()
        self._stop()

    def _put(self, counts: dict[Question, int]) -> None:
        with self._lock:
            for question, times in counts.items():
                if question in self._waiting or len(self._waiting) < MOST_WAITING:
                    self._waiting[question] += times

    def _write_soon(self) -> None:
        """Start the writing thread unless it runs; it ends when nothing waits."""
        with self._lock:
            if self._thread is None and not self._ends.is_set():
                self._thread = Thread(target=self._write_by_and_by, daemon=True)
                self._thread.start()

    def _write_by_and_by(self) -> None:
        while not self._ends.wait(COUNTED_EVERY_S):
            with self._app.app_context():
                try:
                    self.write()
                except Exception:
                    log.exception("questions were not counted")
            with self._lock:
                if not self._waiting:
                    self._thread = None
                    return

    def _stop(self) -> None:
        self._ends.set()
        thread = self._thread
        if thread is not None:
            thread.join(2 * PATIENCE_MS / 1000)


def question_tally() -> QuestionTally:
    """Return the app's tally, created on first use."""
    extensions = current_app.extensions
    if "question_tally" not in extensions:
        app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
        extensions.setdefault("question_tally", QuestionTally(app, extensions["settings"].checks_per_minute))
    tally: QuestionTally = extensions["question_tally"]
    return tally
