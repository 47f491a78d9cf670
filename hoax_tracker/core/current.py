"""What belongs to the present request or command: the instance's settings, and the officer who is signed in."""

from __future__ import annotations

from flask import current_app
from flask_login import current_user

from hoax_tracker.core.config.settings import Settings
from hoax_tracker.models import Officer


def current_settings() -> Settings:
    """Return the settings of the present app."""
    settings: Settings = current_app.extensions["settings"]
    return settings


def current_officer() -> Officer:
    """Return the officer who is signed in."""
    officer: Officer = current_user._get_current_object()
    return officer
