"""The phone in the demo: anybody sees the conversation work, without an account at any chat program.

It works without scripts: a form sends, and the page asks again while a reply is being written.
"""

from __future__ import annotations

import re
import secrets
from datetime import timedelta

from apiflask import APIBlueprint
from flask import Response, abort, current_app, redirect, request, url_for

from hoax_tracker.check.answers.question_log import consume_check_limit
from hoax_tracker.check.cache.http_caching import render_private_page
from hoax_tracker.clock import utc_now
from hoax_tracker.core.current import current_settings
from hoax_tracker.core.extensions import csrf
from hoax_tracker.errors import RateLimitedError
from hoax_tracker.tipline.demo_phone import find_sample, list_samples, read_screen, write_from_phone

bp = APIBlueprint("demo_chat", __name__, enable_openapi=False)

COOKIE, COOKIE_KEPT = "obrolan", timedelta(days=30)
LONGEST_MESSAGE = 4_000
_SENDER = re.compile(r"[A-Za-z0-9_-]{22}\Z")


@bp.before_request
def require_demo() -> None:
    """Answer 404 where this is no demo."""
    if not current_settings().demo:
        abort(404)


def _read_sender() -> str:
    """Return who the visitor's phone is, "" where they have not written yet."""
    known = request.cookies.get(COOKIE, "")
    return known if _SENDER.match(known) else ""


@bp.get("/peragaan/obrolan")
def phone() -> Response:
    """Show the phone with its conversation."""
    return _render_phone()


@bp.post("/peragaan/obrolan")
def send() -> Response:
    """Send what was typed, a button of the last reply, or samples, and show the phone again."""
    sender, now, settings = _read_sender() or secrets.token_urlsafe(16), utc_now(), current_settings()
    try:
        consume_check_limit(request.remote_addr or "", settings, now)
    except RateLimitedError as error:
        return _render_phone(str(error.user_message), error.status)
    if sample := find_sample(request.form.get("contoh", ""), list_samples()):
        write_from_phone(sender, now, sample=sample)
    elif payload := request.form.get("pilihan", ""):
        choices = read_screen(sender, settings, now).choices
        if choice := next((one for one in choices if one.payload == payload), None):
            write_from_phone(sender, now, choice=choice)
    else:
        typed = request.form.get("pesan", "").replace("\r\n", "\n")[:LONGEST_MESSAGE]
        write_from_phone(sender, now, text=typed)
    response = current_app.make_response(redirect(url_for("demo_chat.phone", _anchor="akhir"), 303))
    response.set_cookie(
        COOKIE, sender, max_age=COOKIE_KEPT, secure=settings.secure, httponly=True, samesite="Lax", path="/peragaan"
    )
    return response


csrf.exempt(send)  # it writes in the conversation of the cookie, which no other site's form is sent with


def _render_phone(fault: str = "", status: int = 200) -> Response:
    """Return the page of the phone."""
    screen = read_screen(_read_sender(), current_settings(), utc_now())
    return render_private_page("check/demo_chat.html", status, screen=screen, samples=list_samples(), fault=fault)
