"""Questions are counted behind the resident's back: an answer never waits for somebody else who writes.

A question is counted in the table at once where nobody else writes at that moment. Otherwise it waits in the memory of
this process, and a thread counts all that waits about once a second, as soon as it may. A process that ends in order
counts what waits first; one that is killed loses the questions of these seconds.

A message that many send is answered from what is kept (check/cache/answer_cache.py) and waits here as well. For one
connection no more of them count in a minute than it may ask, or one person could make anything look asked by the whole
city.
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
    """The questions of one process that wait to be counted. Safe to use from many threads."""

    def __init__(self, app: Flask, most_a_minute: int) -> None:
        self._app, self._most = app, most_a_minute
        self._lock, self._ends = Lock(), Event()
        self._waiting: Counter[Question] = Counter()
        self._minute, self._by_connection = 0, Counter[str]()
        self._thread: Thread | None = None

    def count(self, text: str, given: CheckAnswer) -> CountedQuestion | None:
        """Count a question by its day in Kupang, now or soon; None for a text of no words, which is not kept at all."""
        question = question_asked(text, given)
        if question is None:
            return None
        self._put({question: 1})
        self.write(patience_ms=0)
        return question.asked

    def count_again(self, asked: CountedQuestion, who: str, minute: int) -> None:
        """Count, soon, a question that was counted before, as long as the address may ask in this minute."""
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
        """Count in the table what waits. Where others write for longer, or the database is away, it waits on."""
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
        """Count what waits, for the process ends."""
        self._stop()
        with self._app.app_context():
            self.write()

    def drop(self) -> None:
        """Forget what waits."""
        with self._lock:
            self._waiting.clear()
        self._stop()

    def _put(self, counts: dict[Question, int]) -> None:
        with self._lock:
            for question, times in counts.items():
                if question in self._waiting or len(self._waiting) < MOST_WAITING:
                    self._waiting[question] += times

    def _write_soon(self) -> None:
        """Start the thread that writes, unless there is one; it ends when nothing waits."""
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
    """Return the app's tally, made on first use."""
    held = current_app.extensions
    if "question_tally" not in held:
        app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
        held.setdefault("question_tally", QuestionTally(app, held["settings"].checks_per_minute))
    tally: QuestionTally = held["question_tally"]
    return tally
