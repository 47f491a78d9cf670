"""An answer is counted as a question and for the clarifications in it, whenever it is given."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hoax_tracker.check.answers.question_tally import question_tally
from hoax_tracker.check.answers.service import CheckAnswer
from hoax_tracker.check.reach.reach_tally import pages_in_answer, reach_tally
from hoax_tracker.check.reach.readers import CountReader
from hoax_tracker.clock import utc_now

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


def count_answer(text: str, answer: CheckAnswer, environ: WSGIEnvironment) -> CountReader | None:
    """Count an answer on a page. Return what counts it the next time, None for a text without words."""
    shown = pages_in_answer(answer)  # before the commit, after which each would be read again
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
    shown = pages_in_answer(answer)
    if question_tally().count(text, answer, who, utc_now()) is not None:
        reach_tally().count(shown, who)
