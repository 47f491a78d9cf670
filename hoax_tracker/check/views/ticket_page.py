"""The page of a ticket: how its report stands, and what its holder adds to the report.

The ticket is the secret, as in my_report.py: the form carries no CSRF token.
"""

from __future__ import annotations

from flask import Response, current_app, redirect, request, url_for

from hoax_tracker.check.answers.emergency import find_emergency_help
from hoax_tracker.check.answers.question_log import consume_picture_limit
from hoax_tracker.check.cache.http_caching import render_private_page
from hoax_tracker.check.reports.additions import add_to_report, list_additions, takes_additions
from hoax_tracker.check.reports.answer_times import expect_answer_to_report
from hoax_tracker.check.reports.export import screenshot_size
from hoax_tracker.check.reports.status import report_status
from hoax_tracker.check.reports.status_mail import is_mail_undelivered
from hoax_tracker.check.sharing.share_text import ticket_text
from hoax_tracker.check.views.my_report import require_ticket_report
from hoax_tracker.check.views.reports import admit_report, bp, refusal_message, remember_language
from hoax_tracker.clock import utc_now
from hoax_tracker.core.content.images import picture_too_large_error
from hoax_tracker.core.current import current_settings
from hoax_tracker.core.database.transactions import read_transaction
from hoax_tracker.core.extensions import csrf
from hoax_tracker.core.web.uploads import accept_request_files, read_whole_file
from hoax_tracker.errors import InvalidInputError, RateLimitedError


@bp.get("/lapor/<ticket>")
def ticket(ticket: str) -> Response:
    """Show the status of a report to the holder of its ticket, never its sender."""
    return _render_ticket(ticket)


@bp.post("/lapor/<ticket>")
def add(ticket: str) -> Response:
    """Add text and a picture to the report, or show the form in another language. Either keeps the text that waits."""
    return remember_language(_answer_addition(ticket))


def _answer_addition(ticket: str) -> Response:
    """Return what follows a submitted addition."""
    with read_transaction():
        number = require_ticket_report(ticket)[0]
    if not accept_request_files():
        return _render_ticket(number, fault=picture_too_large_error())
    now, settings, typed = utc_now(), current_settings(), request.form.get("tambahan", "")
    typed = typed.replace("\r\n", "\n")
    if "ganti" in request.form:
        return _render_ticket(number, typed=typed)
    try:
        add_to_report(
            number,
            typed,
            _read_added_picture(),
            now,
            settings,
            admit=lambda: admit_report(settings, now),
            admit_picture=lambda: consume_picture_limit(request.remote_addr or "", settings, now),
        )
    except (InvalidInputError, RateLimitedError) as fault:
        return _render_ticket(number, fault=fault, typed=typed)
    return current_app.make_response(redirect(url_for("reports.ticket", ticket=number, _anchor="tambahan"), 303))


csrf.exempt(add)


def _read_added_picture() -> bytes | None:
    """Return the submitted picture, or None. Raises InvalidInputError where it is too large."""
    file = request.files.get("gambar")
    if file is None or not file.filename:
        return None
    data = read_whole_file(file)
    if data is None:
        raise picture_too_large_error()
    return data


def _render_ticket(
    typed_ticket: str, fault: InvalidInputError | RateLimitedError | None = None, typed: str = ""
) -> Response:
    """Return the page of a ticket, with the fault and the text of what was not added."""
    with read_transaction():
        number, row = require_ticket_report(typed_ticket)
        state, additions = report_status(row), list_additions(row)
        response = render_private_page(
            "check/ticket.html",
            fault.status if fault else 200,
            number=number,
            report=row,
            state=state,
            answer_time=expect_answer_to_report(row, state),
            emergency=find_emergency_help(row.text),
            own=ticket_text(number),
            is_new=request.args.get("baru") == "1",
            undelivered=is_mail_undelivered(row),
            picture=screenshot_size(row),
            additions=additions,
            may_add=takes_additions(row, additions),
            fault=_fault_message(fault),
            typed=typed,
        )
    if isinstance(fault, RateLimitedError):
        response.headers["Retry-After"] = str(fault.retry_after_s)
    return response


def _fault_message(fault: InvalidInputError | RateLimitedError | None) -> str | None:
    """Return what to do about a fault, or None."""
    if fault is None:
        return None
    return refusal_message(fault) if isinstance(fault, RateLimitedError) else str(fault.user_message)
