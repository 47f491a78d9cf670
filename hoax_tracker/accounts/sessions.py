"""How long an officer stays signed in, and how a session ends.

A session lives in a signed cookie. What ends it on the server is the officer's ``fs_uniquifier``: a new one makes every
cookie worthless that was given out before, wherever a copy of it lies.
"""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask import Flask, Response, current_app, request, session
from flask.sessions import SecureCookieSessionInterface, SessionMixin
from flask_login import user_logged_out
from flask_security import user_authenticated

from hoax_tracker.clock import is_recent, utc_now
from hoax_tracker.core.database.transactions import writing
from hoax_tracker.models import Officer, db

IDLE = timedelta(hours=1)
LONGEST = timedelta(hours=12)
# The moment of the last page is not written anew with every one.
SEEN_EVERY = timedelta(minutes=1)
SINCE, SEEN = "since", "seen"


class OnPrivatePages(SecureCookieSessionInterface):
    """Sessions that no public page sends: a cache before the app would hand one person's cookie to everybody.

    Flask-Login writes to the session where it sees fit, on any page.
    """

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Add the cookie to an answer that no cache may keep."""
        if not response.cache_control.public:
            super().save_session(app, session, response)


def register(app: Flask) -> None:
    """Let sessions of the app end in time. Must come before anything asks who is signed in."""
    app.session_interface = OnPrivatePages()
    app.before_request(end_if_over)
    user_authenticated.connect(begin, app)
    user_logged_out.connect(end_everywhere, app)


def begin(_app: Flask, **_more: Any) -> None:
    """Note the moment of the sign-in.

    The form token stays: a page with what was typed waits in another tab to be sent again. Nobody else can have
    planted the cookie that holds it, whose name has the __Host- prefix.
    """
    session[SINCE] = session[SEEN] = int(utc_now().timestamp())


def end_if_over() -> None:
    """Forget who was signed in where the session is too old, or was left alone for too long."""
    # Who brings no cookie is not asked: looking at the session says that the page differs from person to person.
    if current_app.config["SESSION_COOKIE_NAME"] not in request.cookies or "_user_id" not in session:
        return
    now = utc_now()
    if is_over(now):
        session.clear()
    elif request.path.startswith("/petugas") and now - moment(SEEN) > SEEN_EVERY:
        session[SEEN] = int(now.timestamp())


def is_over(now: datetime) -> bool:
    """Tell whether the present session is past its time. One without its moments is, or begun by a clock far ahead."""
    if SINCE not in session or SEEN not in session:
        return True
    return not (is_recent(moment(SINCE), LONGEST, now) and is_recent(moment(SEEN), IDLE, now))


def moment(name: str) -> datetime:
    """Return a moment kept in the session."""
    return datetime.fromtimestamp(session[name], tz=UTC)


def end_everywhere(_app: Flask, user: Officer, **_more: Any) -> None:
    """End all sessions of an officer who signs out: a copy of the cookie is worth nothing afterwards."""
    if not user.is_authenticated:
        return
    with writing(None):
        db.session.execute(sa.update(Officer).filter_by(id=user.id).values(fs_uniquifier=uuid.uuid4().hex))
