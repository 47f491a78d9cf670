"""Preserves typed input when an officer's session expires: the page shows it again, ready to be resent.

Input is shown only where one of this site's pages sent the form (Sec-Fetch-Site says so). Otherwise a form of another
site would turn into one of ours.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, make_response, render_template, request
from flask_security import current_user
from flask_wtf.csrf import CSRFError

from hoax_tracker.core.web.downloads import MAX_OFFICER_REQUEST_BYTES, MAX_REQUEST_BYTES, accept_request_files

OWN_FIELDS = ("csrf_token",)


def preserve_typed_input(bp: Blueprint) -> None:
    """Make the forms of a blueprint survive the end of a session."""
    bp.before_request(_answer_if_signed_out)
    bp.register_error_handler(CSRFError, _handle_expired_form)


def _answer_if_signed_out() -> Response | None:
    """Return the typed input of a form sent without a session.

    Other requests lead to the sign-in page as usual.
    """
    if request.method != "POST" or current_user.is_authenticated:
        return None
    return _render_typed_input(401)


def _handle_expired_form(_error: Any) -> Response:
    """Return the typed input of a form whose token ended with the session."""
    return _render_typed_input(401 if not current_user.is_authenticated else 400)


def _render_typed_input(status: int) -> Response:
    """Return the page with the typed input, left out where another site may have sent it."""
    ours = request.headers.get("Sec-Fetch-Site") == "same-origin"
    # What was typed stands beside a file that is lost.
    accept_request_files(MAX_OFFICER_REQUEST_BYTES if ours else MAX_REQUEST_BYTES)
    typed = [(name, value) for name, value in request.form.items(multi=True) if name not in OWN_FIELDS]
    page = render_template(
        "accounts/expired.html", typed=typed if ours else [], signed_in=current_user.is_authenticated
    )
    return make_response(page, status)
