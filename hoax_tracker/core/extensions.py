"""Flask's extensions that more than one module needs; ``create_app`` binds them to the application."""

from __future__ import annotations

from flask import request
from flask_babel import Babel
from flask_migrate import Migrate
from flask_wtf.csrf import CSRFProtect

LANGUAGES = ("id", "en")
LANGUAGE_COOKIE = "bahasa"

csrf = CSRFProtect()
babel = Babel()
migrate = Migrate()


def reader_language() -> str:
    """Return the reader's language: the cookie set by the language link, else Indonesian."""
    wanted = request.cookies.get(LANGUAGE_COOKIE, "") if request else ""
    return wanted if wanted in LANGUAGES else LANGUAGES[0]
