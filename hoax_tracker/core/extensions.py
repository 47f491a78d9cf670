"""Flask extensions that several modules need; ``create_app`` binds them to the application."""

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
    """Return the reader's language: from the cookie that the language link sets, else Indonesian."""
    wanted = request.cookies.get(LANGUAGE_COOKIE, "") if request else ""
    return wanted if wanted in LANGUAGES else LANGUAGES[0]
