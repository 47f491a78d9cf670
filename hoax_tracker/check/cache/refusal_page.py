"""The page for a message that is refused in a crowd: rendered once a minute, then only the message is put into it."""

from __future__ import annotations

import secrets

from flask import Response, current_app, g, make_response, request
from flask_babel import get_locale
from markupsafe import escape

from hoax_tracker.check.cache.http_caching import render_private_page
from hoax_tracker.check.cache.page_cache import minute_number
from hoax_tracker.clock import utc_now
from hoax_tracker.core.database.transactions import read_transaction
from hoax_tracker.errors import OverloadedError

PLACE = secrets.token_hex()
"""What stands in place of the message. Nobody can send it."""


def render_refusal(text: str, error: OverloadedError, words: str) -> Response:
    """Return the box with the message still in it, and when to try again."""
    minute, kept = minute_number(utc_now()), current_app.extensions.setdefault("refusal_pages", {})
    key = (str(get_locale()), request.endpoint)
    if kept.get(key, (None,))[0] != minute:
        with read_transaction():
            page = render_private_page("check/message_form.html", text=PLACE, hint=None, fault=words, prepared=True)
        kept[key] = minute, page.get_data(as_text=True).split(PLACE)
    g.private = True
    response = make_response(str(escape(text)).join(kept[key][1]), error.status)
    response.headers["Retry-After"] = str(error.retry_after_s)
    return response
