"""A browser without scripts for tests that hold an application context, and the fields that a form would send."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

from apiflask import APIFlask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from hoax_tracker.app import create_app
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.models import db
from tests.guarding import guard_writes

BLOCKS = (
    "address|article|aside|blockquote|body|br|caption|dd|details|div|dl|dt|fieldset|figcaption|figure|footer|form|h[1-6]|"
    "head|header|html|input|label|legend|li|link|main|meta|nav|ol|optgroup|option|p|script|section|select|style|summary|"
    "table|tbody|td|textarea|tfoot|th|thead|title|tr|ul"
)
BREAK = r"(?:\s*\n\s*| {2,})"
WROTE = r"<(?:p|span|q|div|dd) class=\"(?:[^\"]* )?wrote[ \"].*?</(?:p|span|q|div|dd)>"
AS_WRITTEN = re.compile(rf"(<(?:pre|textarea|script|style)\b.*?</(?:pre|textarea|script|style)>|{WROTE})", re.DOTALL)
KEPT_BREAK, KEPT_BLANKS = "\0", "\1"  # of an attribute's value: a browser sends it as it stands
BETWEEN_ATTRIBUTES = re.compile(rf"""("[^"]*"|'[^']*')|{BREAK}""")
READING = ("GET", "HEAD", None)
TAG = re.compile(r"""<[a-z!](?:[^<>"']|"[^"]*"|'[^']*')*>""")


class Browser(FlaskClient):
    """Sends each request in an application context of its own, while the test has no transaction open.

    What it writes meets the database's guards, unless ``meets_guards`` is false: their switch waits for other writers.

    Requests would otherwise share ``g``, which holds the signed-in officer. Afterwards the test reads its rows anew.
    """

    meets_guards = True

    def open(self, *args: Any, buffered: bool = True, **kwargs: Any) -> TestResponse:
        """Send a request, and read the answer whole: an answer that nobody reads leaves its file open."""
        db.session.rollback()
        guarding = guard_writes() if self.meets_guards and kwargs.get("method") not in READING else nullcontext()
        with guarding, self.application.app_context():
            answer = super().open(*args, buffered=buffered, **kwargs)
        if answer.mimetype == "text/html" and not answer.content_encoding and (page := answer.get_data(as_text=True)):
            answer.set_data(join_lines(page))
        return answer


def join_lines(page: str) -> str:
    """Return a page without the line breaks that nobody sees: how a template is broken into lines changes no test.

    A break within a tag or a text becomes a space; beside a block, or at the inner edge of an element, it goes.
    """
    parts = AS_WRITTEN.split(page)
    return "".join(part if number % 2 else _join_markup(part) for number, part in enumerate(parts))


def _join_attributes(found: re.Match[str]) -> str:
    return found[1].replace("\n", KEPT_BREAK).replace("  ", KEPT_BLANKS) if found[1] else " "


def _join_markup(markup: str) -> str:
    markup = TAG.sub(lambda tag: BETWEEN_ATTRIBUTES.sub(_join_attributes, tag[0]).replace(" >", ">"), markup)
    markup = re.sub(rf"{BREAK}(?=</|<(?:{BLOCKS})\b)", "", markup)
    markup = re.sub(rf"((?:<[a-z][^<>]*|</(?:{BLOCKS})\s*)>){BREAK}", r"\1", markup)
    return re.sub(BREAK, " ", markup).replace(KEPT_BREAK, "\n").replace(KEPT_BLANKS, "  ")


def read_form_fields(browser: FlaskClient, path: str) -> dict[str, Any]:
    """Return the fields that the edit form at a path sends without changes."""
    page = browser.get(path).get_data(as_text=True)
    start = page.index('<form class="edit"')
    form = page[start : page.index("</form>", start)]
    fields: dict[str, Any] = {}
    for tag in re.findall(r"<input[^>]*>", form):
        given = dict(re.findall(r'([a-z]+)="([^"]*)"', tag))
        if given.get("type") != "file" and (given.get("type") != "checkbox" or " checked" in tag):
            fields.setdefault(given["name"], []).append(html.unescape(given.get("value", "")))
    for name, inner in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', form, re.DOTALL):
        chosen = re.findall(r'<option selected value="([^"]*)"', inner)
        fields[name] = chosen or re.findall(r'value="([^"]*)"', inner)[:1]
    for name, inner in re.findall(r'<textarea[^>]*name="([^"]+)"[^>]*>\r?\n?(.*?)</textarea>', form, re.DOTALL):
        fields[name] = [html.unescape(inner)]
    return fields


def submit_changes(browser: FlaskClient, path: str, **changes: Any) -> TestResponse:
    """Change fields of the edit form at a path, and send the form there."""
    return browser.post(path, data=read_form_fields(browser, path) | changes)


@contextmanager
def open_app(settings: Settings) -> Iterator[APIFlask]:
    """Yield an app for the settings with an open context, and close its connections afterwards."""
    app = create_app(settings)
    app.test_client_class = Browser
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()
        if "redis_counter" in app.extensions:
            app.extensions["redis_counter"].close()
