"""An officer's session ends in the middle of a long text: what was typed is shown back, ready to be sent again.

Only a form that this site's own page sent is shown back (the browser says so with Sec-Fetch-Site): a form that another
site made must not become one that is ours.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, make_response, render_template, request
from flask_security import current_user
from flask_wtf.csrf import CSRFError

from hoax_tracker.core.web.uploads import MAX_OFFICER_REQUEST_BYTES, MAX_REQUEST_BYTES, accept_request_files

OWN_FIELDS = ("csrf_token",)


def preserve_typed_input(bp: Blueprint) -> None:
    """Let the forms of a blueprint survive the end of a session."""
    bp.before_request(answer_if_signed_out)
    bp.register_error_handler(CSRFError, handle_expired_form)


def answer_if_signed_out() -> Response | None:
    """Answer a form from somebody who is not signed in; pages lead to the sign-in as usual."""
    if request.method != "POST" or current_user.is_authenticated:
        return None
    return render_typed_input(401)


def handle_expired_form(_error: Any) -> Response:
    """Answer a form whose token has gone with the session."""
    return render_typed_input(401 if not current_user.is_authenticated else 400)


def render_typed_input(status: int) -> Response:
    """Return the page with what was typed, or without it where another site may have sent it."""
    ours = request.headers.get("Sec-Fetch-Site") == "same-origin"
    # What was typed stands beside a file that is lost.
    accept_request_files(MAX_OFFICER_REQUEST_BYTES if ours else MAX_REQUEST_BYTES)
    typed = [(name, value) for name, value in request.form.items(multi=True) if name not in OWN_FIELDS]
    page = render_template(
        "accounts/expired.html", typed=typed if ours else [], signed_in=current_user.is_authenticated
    )
    return make_response(page, status)
