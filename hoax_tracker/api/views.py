"""The JSON API for checking and reporting messages, documented at /api/openapi.json."""

from __future__ import annotations

from typing import Any

from apiflask import APIBlueprint, HTTPError
from flask import Response, abort, g, request
from werkzeug.exceptions import BadRequest

from hoax_tracker.api import validation_errors
from hoax_tracker.api.schemas import CheckIn, CheckOut, ReportHeadersIn, ReportIn, ReportOut
from hoax_tracker.check.answers.admission import admission
from hoax_tracker.check.answers.service import answer_as_json, answer_message
from hoax_tracker.check.counting import count_answer_to_program
from hoax_tracker.check.rate_limits import consume_check_limit, consume_report_limit
from hoax_tracker.check.reports.proof_of_work import digest_sender, require_unblocked_sender
from hoax_tracker.check.reports.submission import submit_report
from hoax_tracker.clock import utc_now
from hoax_tracker.core.extensions import current_settings
from hoax_tracker.core.web.error_handlers import STATUS_MESSAGES, render_error as problem

bp = APIBlueprint("api", __name__, url_prefix="/api/v1", tag="Messages")
bp.record_once(validation_errors.register_api_errors)


@bp.before_request
def require_json() -> None:
    """Refuse a body that is not declared as JSON (415) or is not valid JSON (400).

    Without the first check every field would be reported as missing. Without the second the library that reads the
    fields would treat any fault except a syntax error as ours: a number of 4,301 digits, for example.
    """
    if request.method != "POST":
        return
    if not request.is_json:
        abort(415)
    try:
        request.get_json()
    except BadRequest as error:
        raise HTTPError(400) from error


@bp.errorhandler(RecursionError)
def on_deep_json(_error: RecursionError) -> Response:
    """Return 400 for JSON that is nested too deeply to parse."""
    return problem(400, str(STATUS_MESSAGES[400]))


@bp.post("/check")
@bp.input(CheckIn, location="json")
@bp.output(CheckOut)
@bp.doc(summary="Check a message", responses=validation_errors.FAULT_RESPONSES, operation_id="check")
def check(json_data: dict[str, Any]) -> dict[str, Any]:
    """Return whether a message has a clarification. No match does not prove that the message is true."""
    now, settings = utc_now(), current_settings()
    g.private = True
    who = request.remote_addr or ""
    with admission().deciding(lambda: consume_check_limit(who, settings, now)):
        answer = answer_message(json_data["text"], now)
        answer_json = answer_as_json(answer)
    count_answer_to_program(json_data["text"], answer, who)
    return answer_json


@bp.post("/reports")
@bp.input(ReportIn, location="json")
@bp.input(ReportHeadersIn, location="headers")
@bp.output(ReportOut, status_code=201)
@bp.doc(summary="Report a message", responses=validation_errors.FAULT_RESPONSES, operation_id="report")
def report(json_data: dict[str, Any], headers_data: dict[str, str]) -> dict[str, Any]:
    """Store a report and return its ticket, with which anyone can look up its status."""
    now, settings = utc_now(), current_settings()
    g.private = True
    address = request.remote_addr or ""
    contact = json_data.get("contact")
    url, sender = json_data.get("url"), digest_sender(address, now)

    def admit() -> None:
        require_unblocked_sender(address, now)
        consume_report_limit(address, settings, now)

    text, consent = json_data["text"], bool(contact)
    key = headers_data.get("idempotency_key", "")
    ticket = submit_report(text, url, None, contact, consent, now, settings, sender=sender, key=key, admit=admit)
    return {"ticket": ticket, "status_url": f"{settings.base_url}/lapor/{ticket}"}
