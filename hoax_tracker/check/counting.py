"""What residents read, ask and say is counted here: by day or page, and nothing of anybody (docs/privacy.md).

- **Readers**: what shows a clarification (page, short address, answer, comparison), by clarification and day in Kupang.
  Pages and answers from the caches in memory count as well; what a browser or a proxy answers from its own cache is
  never seen here.
- **Questions**: by their words and day (answers/question_log.py), whether answered anew or from the cache.
- **Votes** on a page, useful or not, about their message or not: the first one of a connection and day.

Readers and questions wait in memory for the next round (core/database/tally.py), so that no answer writes. What one
connection counts is limited, whether a person or a program asks, or one of them could look like the whole city.
"""

from __future__ import annotations

import enum
import re
from collections import defaultdict
from collections.abc import Callable, Hashable, Mapping
from datetime import date, datetime, timedelta
from functools import lru_cache
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple

from flask import Flask, has_request_context, session

from hoax_tracker.check.answers.question_log import (
    CountedQuestion,
    Question,
    count_questions,
    question_asked,
    tolerate_unwritable_disk,
)
from hoax_tracker.check.answers.service import CheckAnswer
from hoax_tracker.clock import WITA, day_in_kupang, utc_now
from hoax_tracker.core.database.tally import Tally, app_tally
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.core.database.upsert import add_to_row
from hoax_tracker.core.extensions import current_settings
from hoax_tracker.core.rate_limiting import Limit, network_of_address
from hoax_tracker.models import CheckDecision, ClarificationReach, Usefulness

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

CountReader = Callable[["WSGIEnvironment"], None]
"""Counts a request that shows something, where a person reads it. It may run before Flask, without its contexts."""
MOST_OF_A_VISITOR = 2
"""So often a thing counts of a visitor in a process: in both of a usual host's too seldom for an alarm, which needs
five. More than once, because many phones of a carrier have one address."""
MOST_REMEMBERED = 100_000
"""Connections and things of one window. Of more, the earliest are forgotten, and count as new when they come again: so
a flood of addresses neither fills the memory nor keeps others from being counted."""
# Words in the names that robots, previews of chats and programs give themselves. Who gives no name is a program, too.
# A Cubot is a phone.
ROBOT_NAMES = re.compile(
    r"(?<!cu)bot|crawl|spider|slurp|preview|facebookexternalhit|facebookcatalog|meta-external|^whatsapp|^line/|^viber"
    r"|headless|lighthouse|monitor|uptime|pingdom|curl|wget|python|^java/|okhttp|go-http|axios|^node|libwww|httpclient",
    re.IGNORECASE,
)
LONGEST_NAME = 300
"""Letters of a program's name that are read, as some names are remembered."""


class ConnectionLimit:
    """Counts ``most`` uses of a thing by a connection in each window; what is beyond is served and not counted.

    A visitor is an address (of IPv6 a /64 network) and a day in Kupang, whatever else a request says of itself: a name
    of a browser is changed as easily as a word. It is held in the memory of each process, so that it costs nothing, and
    no address is kept: what is remembered is a number that Python makes of it with a key of the process. Thread-safe.
    """

    def __init__(self, most: int, window: timedelta) -> None:
        self._most, self._window_s = most, window.total_seconds()
        self._lock = Lock()
        self._present, self._uses = 0.0, dict[int, int]()

    def allows(self, who: str, now: datetime, thing: Hashable = None) -> bool:
        """Tell whether one more use by an address counts, and remember it."""
        # Windows of a day begin with Kupang's.
        local_s = now.timestamp() + now.astimezone(WITA).utcoffset().total_seconds()  # type: ignore[union-attr]
        window, key = local_s // self._window_s, hash((network_of_address(who), thing))
        with self._lock:
            if window != self._present:
                self._present, self._uses = window, {}
            uses = self._uses.get(key, 0)
            if uses >= self._most:
                return False
            if not uses and len(self._uses) >= MOST_REMEMBERED:
                del self._uses[next(iter(self._uses))]
            self._uses[key] = uses + 1
            return True


def visitor_limit() -> ConnectionLimit:
    """Return a limit on how often a thing counts of a visitor."""
    return ConnectionLimit(MOST_OF_A_VISITOR, timedelta(days=1))


def _is_reader(environ: WSGIEnvironment) -> bool:
    """Tell whether a request shows its page to a person who is not signed in at the desk.

    Robots that say so and browsers that read ahead are none.
    """
    return (
        environ["REQUEST_METHOD"] != "HEAD"
        and "prefetch" not in environ.get("HTTP_SEC_PURPOSE", "")
        and "prefetch" not in environ.get("HTTP_PURPOSE", "")  # of older browsers, and our service worker (check/sw.js)
        and not is_robot(environ.get("HTTP_USER_AGENT", "")[:LONGEST_NAME])
        and not (has_request_context() and "_user_id" in session)  # a request answered before Flask has no session
    )


@lru_cache(maxsize=1024)
def is_robot(user_agent: str) -> bool:
    """Tell whether a program names itself as a robot, or not at all."""
    return not user_agent or ROBOT_NAMES.search(user_agent) is not None


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
        if shown and _is_reader(environ):
            self.count(shown, environ.get("REMOTE_ADDR", ""))

    def count(self, shown: ShownPages, who: str) -> None:
        """Count that clarifications are shown to an address, within the limit of a visitor."""
        now = utc_now()
        day = day_in_kupang(now)
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
        for clarification_id, day in sorted(rows):  # in one order everywhere: no two processes wait for each other
            key = {"clarification_id": clarification_id, "day": day}
            add_to_row(ClarificationReach, key, rows[clarification_id, day])


def pages_in_answer(answer: CheckAnswer) -> dict[int, ReachKind]:
    """Return how an answer shows clarifications: the one that answers, and those to compare with."""
    is_certain = answer.decision is CheckDecision.MATCH
    shown = answer.matches[:1] if answer.stamped else answer.matches
    return {
        candidate.clarification.id: ReachKind.ANSWER if is_certain and place == 0 else ReachKind.COMPARISON
        for place, candidate in enumerate(shown)
    }


class QuestionTally(Tally[Question]):
    """The uncounted questions of one process, of a thousand letters each."""

    def __init__(self, app: Flask, most_a_minute: int) -> None:
        super().__init__(app)
        self._limit = ConnectionLimit(most_a_minute, timedelta(minutes=1))
        self._visitors = visitor_limit()

    def write_counts(self, counts: Mapping[Question, int], patience_ms: int) -> None:
        """Add to the table of questions."""
        count_questions(counts, patience_ms)

    def count(
        self, text: str, answer: CheckAnswer, address: str, now: datetime, also: tuple[str, ...] = ()
    ) -> CountedQuestion | None:
        """Count a question by its day in Kupang, soon; None, a text without words, is not counted.

        ``also``: the further columns in which it counts.
        """
        question = question_asked(text, answer)
        if question is None:
            return None
        if self._visitors.allows(address, now, question.asked):
            self.count_soon({question._replace(also=also): 1})
        return question.asked

    def count_again(self, asked: CountedQuestion, address: str, now: datetime) -> None:
        """Count soon a question that was counted before, within the limits of this minute and of the visitor."""
        if self._limit.allows(address, now) and self._visitors.allows(address, now, asked):
            self.count_soon({Question(asked): 1})


def question_tally() -> QuestionTally:
    """Return the app's tally, created on first use."""
    return app_tally(QuestionTally, lambda app: QuestionTally(app, current_settings().checks_per_minute))


def count_answer(text: str, answer: CheckAnswer, environ: WSGIEnvironment) -> CountReader | None:
    """Count an answer on a page, as a question and for the clarifications in it.

    Return what counts it the next time, None for a text without words.
    """
    shown = pages_in_answer(answer)
    questions, reach = question_tally(), reach_tally()
    asked = questions.count(text, answer, environ.get("REMOTE_ADDR", ""), utc_now())
    if asked is None:
        return None
    reach.count_reader(shown, environ)

    def count_again(environ: WSGIEnvironment) -> None:
        questions.count_again(asked, environ.get("REMOTE_ADDR", ""), utc_now())
        reach.count_reader(shown, environ)

    return count_again


def count_answer_to_program(text: str, answer: CheckAnswer, who: str) -> None:
    """Count an answer of the API. A program asks for people, but nobody can tell for how many."""
    _count_answer(text, answer, who)


def count_answer_in_chat(
    text: str, answer: CheckAnswer, who: str, channel: str, *, is_forwarded: bool, is_often_forwarded: bool
) -> CountedQuestion | None:
    """Count an answer in a conversation, where it was asked and whether it was passed on; None without words."""
    passed_on = ("forwarded",) * (is_forwarded or is_often_forwarded) + ("often_forwarded",) * is_often_forwarded
    return _count_answer(text, answer, who, (f"in_{channel}", *passed_on))


def _count_answer(text: str, answer: CheckAnswer, who: str, also: tuple[str, ...] = ()) -> CountedQuestion | None:
    """Count an answer that no browser shows, as a question and for the clarifications in it."""
    asked = question_tally().count(text, answer, who, utc_now(), also)
    if asked is not None:
        reach_tally().count(pages_in_answer(answer), who)
    return asked


def count_vote(clarification_id: int, question: str, is_yes: bool, who: str, now: datetime) -> bool:
    """Count whether a page was "useful", or is about the "same" message; False where this connection said so today.

    Both are suggestions: officers see the numbers, and nothing else follows from them.
    """
    with write_transaction(None):
        is_first = Limit(f"{question} {clarification_id}", 1, timedelta(days=1), is_exact=True).allows(who, now)
        if is_first:
            column = question if is_yes else f"not_{question}"
            add_to_row(Usefulness, {"clarification_id": clarification_id}, {column: 1})
    return is_first
