"""A browser without scripts for tests that hold an application context, and the fields that a form would send."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from apiflask import APIFlask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from hoax_tracker.app import create_app
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.models import db


class Browser(FlaskClient):
    """Sends each request in an application context of its own, while the test has no transaction open.

    Requests would otherwise share ``g``, which holds the signed-in officer. Afterwards the test reads its rows anew.
    """

    def open(self, *args: Any, buffered: bool = True, **kwargs: Any) -> TestResponse:
        """Send a request, and read the answer whole: an answer that nobody reads leaves its file open."""
        db.session.rollback()
        with self.application.app_context():
            return super().open(*args, buffered=buffered, **kwargs)


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
