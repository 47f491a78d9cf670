"""Flask extensions that several modules need; ``create_app`` binds them to the application."""

from __future__ import annotations

from flask import request
from flask_babel import Babel
from flask_migrate import Migrate
from flask_wtf.csrf import CSRFProtect

LANGUAGES = ("id", "en")
LANGUAGE_COOKIE = "bahasa"
LANGUAGE_ARG = "bahasa"
"""In the address of a form that sends a typed message once more, for the answer in another language."""

csrf = CSRFProtect()
babel = Babel()
migrate = Migrate()


def reader_language() -> str:
    """Return the language that a form asks for, else the one that the language link set, else Indonesian."""
    if request and request.method == "POST" and request.args.get(LANGUAGE_ARG) in LANGUAGES:
        return request.args[LANGUAGE_ARG]
    wanted = request.cookies.get(LANGUAGE_COOKIE, "") if request else ""
    return wanted if wanted in LANGUAGES else LANGUAGES[0]
