"""The look before a report is taken: what one is about to report may have its answer already."""

from __future__ import annotations

from flask import Response, request

from hoax_tracker.check.answers.admission import admission
from hoax_tracker.check.answers.answer_label import answer_label
from hoax_tracker.check.answers.emergency import find_emergency_help
from hoax_tracker.check.answers.question_log import consume_check_limit
from hoax_tracker.check.answers.service import CheckAnswer, answer_message
from hoax_tracker.check.cache.http_caching import render_private_page
from hoax_tracker.check.forms import FormMove, ReportAnswers
from hoax_tracker.clock import utc_now
from hoax_tracker.core.current import current_settings
from hoax_tracker.errors import InvalidInputError, RateLimitedError


def show_earlier_answer(answers: ReportAnswers, filled: int, move: FormMove) -> Response | None:
    """Return the page with the answer to the message that step 1 brought; None where the report goes on.

    Who comes from an answer, or has seen this page, goes on. So does everybody where the look would cost too much.
    """
    if filled != 1 or move.fault or move.step < 2 or request.form.get("diperiksa") == "ya":
        return None
    answer = _look_up_message(answers.text)
    if answer is None or not answer.matches:
        return None
    return render_private_page(
        "check/report_answered.html",
        given=answers,
        answer=answer,
        label=answer_label(answer),
        emergency=find_emergency_help(answers.text),
    )


def _look_up_message(text: str) -> CheckAnswer | None:
    """Return the answer to a message, within the limits of questions; it is not counted as one."""
    now, settings = utc_now(), current_settings()
    try:
        with admission().deciding(lambda: consume_check_limit(request.remote_addr or "", settings, now)):
            return answer_message(text, now)
    except (InvalidInputError, RateLimitedError):
        return None
