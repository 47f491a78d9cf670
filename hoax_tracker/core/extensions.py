"""Flask extensions that several modules need, bound by ``create_app``, and what belongs to the present request."""

from __future__ import annotations

from flask import current_app, request
from flask_babel import Babel
from flask_login import current_user
from flask_migrate import Migrate
from flask_wtf.csrf import CSRFProtect

from hoax_tracker.core.config.settings import Settings
from hoax_tracker.models import Officer

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


def current_settings() -> Settings:
    """Return the settings of the present app."""
    settings: Settings = current_app.extensions["settings"]
    return settings


def current_officer() -> Officer:
    """Return the officer who is signed in."""
    officer: Officer = current_user._get_current_object()
    return officer
