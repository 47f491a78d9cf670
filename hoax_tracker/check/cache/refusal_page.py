"""The page for a message that is refused in a crowd: rendered once a minute, then only the message is put into it.

Once it is prepared, messages are refused before Flask, whose own share would cost several times as much, with the
headers that Flask last sent. Who sends a picture or a cookie that may identify a person is refused by Flask.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from flask import Flask, Response, current_app, g, make_response, request
from flask_babel import get_locale
from markupsafe import escape

from hoax_tracker.check.answers.admission import Admission
from hoax_tracker.check.cache.answer_cache import AnswerCache
from hoax_tracker.check.cache.page_cache import LANGUAGE_COOKIE_ONLY, HeaderPair, minute_number, render_private_page
from hoax_tracker.clock import utc_now
from hoax_tracker.core.database.transactions import read_transaction
from hoax_tracker.core.web.request_log import ROUTE_ENVIRON_KEY
from hoax_tracker.errors import OverloadedError

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

PLACE = secrets.token_hex()
"""What stands in place of the message. Nobody can send it."""
CHECK_PATH, TEXT_FIELD = "/cek", "teks"
REFUSAL_ENVIRON_KEY = "hoax_tracker.refusal"
READ_LIMIT_BYTES = 400_000
"""Length of a form that is read here. A message may have 100,000 letters, of four bytes at most."""
_FIELD = re.compile(
    rb'\r\nContent-Disposition: form-data; name="(?P<name>\w+)"(?P<file>; filename="")?\r\n'
    rb"(?:Content-Type: [\w/.+-]+\r\n)?\r\n(?P<value>.*)\r\n",
    re.DOTALL,
)
MOST_PREPARED = 64
"""Languages and names of this host for which a page is prepared; names can be invented."""


@dataclass(frozen=True)
class PreparedRefusal:
    """The page of a minute in the pieces around the message; ``headers`` without those that differ."""

    minute: int
    pieces: tuple[str, ...]
    headers: tuple[HeaderPair, ...] = ()

    def fill(self, text: str) -> str:
        """Return the page with a message in it, escaped."""
        return str(escape(text)).join(self.pieces)


def render_refusal(text: str, error: OverloadedError, words: str) -> Response:
    """Return the box with the message still in it, and when to try again."""
    minute, prepared = minute_number(utc_now()), current_app.extensions.setdefault("refusal_pages", {})
    key = (str(get_locale()), request.endpoint)
    if key not in prepared or prepared[key].minute != minute:
        with read_transaction():
            page = render_private_page("check/message_form.html", text=PLACE, hint=None, fault=words, prepared=True)
        prepared[key] = PreparedRefusal(minute, tuple(page.get_data(as_text=True).split(PLACE)))
    g.private = True
    request.environ[REFUSAL_ENVIRON_KEY] = prepared[key]
    response = make_response(prepared[key].fill(text), error.status)
    response.headers["Retry-After"] = str(error.retry_after_s)
    return response


class RefusalMiddleware:
    """WSGI middleware that refuses messages while no further one may wait; all else goes on to ``app``."""

    def __init__(self, app: WSGIApplication, flask_app: Flask) -> None:
        self._app, self._extensions = app, flask_app.extensions
        self._prepared: dict[tuple[str, ...], PreparedRefusal] = {}

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request."""
        key, admission = _refusal_key(environ), self._extensions.get("admission")
        if key is None or admission is None:
            return self._app(environ, start_response)
        error, prepared = find_refusal(admission), self._prepared.get(key)
        if error is None or prepared is None or prepared.minute != minute_number(utc_now()):
            return self._app(environ, self._remembering(key, environ, start_response))
        text = read_posted_message(environ)
        if text is None or self._may_be_answered(text):
            return self._app(environ, start_response)
        environ[ROUTE_ENVIRON_KEY] = CHECK_PATH
        body = prepared.fill(text).encode("utf-8", "replace")
        differing = [("Content-Length", str(len(body))), ("Retry-After", str(error.retry_after_s))]
        start_response("503 SERVICE UNAVAILABLE", [*prepared.headers, *differing])
        return [body]

    def _may_be_answered(self, text: str) -> bool:
        answers: AnswerCache | None = self._extensions.get("kept_answers")
        return answers is not None and answers.may_hold(text)

    def _remembering(
        self, key: tuple[str, ...], environ: WSGIEnvironment, start_response: StartResponse
    ) -> StartResponse:
        """Return a ``start_response`` that records the headers of a refusal as they are sent."""

        def start(status: str, headers: list[HeaderPair], *error: Any) -> Any:
            refusal = environ.get(REFUSAL_ENVIRON_KEY)
            if refusal is not None:
                if len(self._prepared) >= MOST_PREPARED:
                    self._prepared.clear()
                same = [pair for pair in headers if pair[0] not in ("Content-Length", "Retry-After")]
                self._prepared[key] = PreparedRefusal(refusal.minute, refusal.pieces, tuple(same))
            return start_response(status, headers, *error)

        return start


def _refusal_key(environ: WSGIEnvironment) -> tuple[str, ...] | None:
    """Return what the page of a refusal depends on, or None for what is no message or must be answered by Flask."""
    cookie = environ.get("HTTP_COOKIE", "")
    if environ["REQUEST_METHOD"] != "POST" or environ["PATH_INFO"] != CHECK_PATH or environ.get("QUERY_STRING"):
        return None
    if cookie and not LANGUAGE_COOKIE_ONLY.match(cookie):
        return None
    return cookie, environ["wsgi.url_scheme"], environ.get("HTTP_HOST", "")


def find_refusal(admission: Admission) -> OverloadedError | None:
    """Return the refusal of a further message, or None where there is room."""
    try:
        admission.require_room()
    except OverloadedError as error:
        return error
    return None


def read_posted_message(environ: WSGIEnvironment) -> str | None:
    """Return the message of a posted form, or None for a form with more than that, which Flask may still read."""
    length = environ.get("CONTENT_LENGTH") or ""
    if not length.isdecimal() or int(length) > READ_LIMIT_BYTES:
        return None
    body: bytes = environ["wsgi.input"].read(int(length))
    environ["wsgi.input"] = BytesIO(body)
    fields = _read_form(body, environ.get("CONTENT_TYPE", ""))
    if [name for name, _value in fields] != [TEXT_FIELD] or "\ufffd" in fields[0][1]:
        return None
    return fields[0][1].replace("\r\n", "\n")


def _read_form(body: bytes, content_type: str) -> list[tuple[str, str]]:
    """Return (name, value) of a form as browsers send it, without the field of a picture that was not chosen.

    A form that is written in any other way gives nothing. Werkzeug, which reads these, compiles expressions for each
    boundary, and that takes longer than all else here.
    """
    kind, _, boundary = content_type.partition("; boundary=")
    if kind == "application/x-www-form-urlencoded":
        return parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)
    if kind != "multipart/form-data" or not boundary:
        return []
    first, *parts = body.split(b"--" + boundary.strip('"').encode("utf-8", "replace"))
    fields = list(map(_FIELD.fullmatch, parts[:-1]))
    if first.strip() or not parts or parts[-1].strip() != b"--" or not all(fields):
        return []
    return [
        (field["name"].decode(), field["value"].decode("utf-8", "replace"))
        for field in fields
        if field and (field["value"] or not field["file"])
    ]
