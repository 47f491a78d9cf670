"""Officers' sessions: how long they last, where they are open, and how they end.

A session is a signed cookie and a row (``officer_session``): the cookie holds a token, the row its digest. A copied
cookie is worthless once its row is gone. A new ``fs_uniquifier`` ends all sessions at once.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask import Flask, Response, after_this_request, current_app, g, request, session
from flask.sessions import SecureCookieSessionInterface, SessionMixin
from flask_login import user_logged_out
from flask_security.utils import set_request_attr
from sqlalchemy.orm import contains_eager, joinedload

from hoax_tracker.accounts.connections import current_connection
from hoax_tracker.clock import is_recent, utc_now
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.core.encryption import make_token, token_digest
from hoax_tracker.models import AlarmBrowser, Officer, OfficerSession, Unit, db

MAX_IDLE_TIME = timedelta(hours=1)
MAX_ADMINISTRATOR_IDLE_TIME = timedelta(minutes=30)
MAX_SESSION_TIME = timedelta(hours=12)
# The moment of the last page is not written anew with every one.
SEEN_UPDATE_INTERVAL = timedelta(minutes=1)
SIGNED_IN_AT_KEY, SEEN_AT_KEY, TOKEN_KEY = "since", "seen", "token"
UNFINISHED_KEYS = (
    "tf_user_id",
    "second_step_at",
    "second_step_by",
    "second_step_note",
    "passkey_challenge",
    "sign_on",
    "joins_identity",
)
"""What an unfinished way in leaves in a browser's session; nobody goes on with another person's."""
SEEN_PATIENCE_MS = 50
"""How long a page waits for others that write, to note that the officer was seen: it is noted with the next one."""


class PrivateSessionInterface(SecureCookieSessionInterface):
    """Sets no session cookie on public pages: a cache in front of the app would give it to other people.

    Flask-Login may write to the session on any page.
    """

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Add the cookie unless the response may be cached publicly."""
        if not response.cache_control.public:
            super().save_session(app, session, response)


def register_session_limits(app: Flask) -> None:
    """Make the app's sessions expire. Call it before anything reads the signed-in officer."""
    app.session_interface = PrivateSessionInterface()
    app.before_request(_end_expired_session)
    user_logged_out.connect(_end_present_session, app)


def begin_session(officer: Officer, now: datetime, *, began: datetime | None = None) -> None:
    """Create a session for the current browser, in the current transaction; a former one of it ends.

    ``began``: when the officer signed in, where that is not now. Unfinished sign-ins of the browser are forgotten.
    The form token stays, because a page with typed input may wait in another tab to be resent. Nobody can have planted
    the cookie that holds it: its name has the __Host- prefix.
    """
    forget_unfinished_sign_ins()
    token, connection, began = make_token(), current_connection(), began or now
    execute(sa.delete(OfficerSession).where(OfficerSession.token_digest == present_digest()))
    old = OfficerSession.begun_at < now - MAX_SESSION_TIME
    execute(sa.delete(OfficerSession).where(OfficerSession.officer_id == officer.id, old))
    row = {"officer_id": officer.id, "token_digest": token_digest(token), "begun_at": began, "seen_at": now}
    db.session.execute(
        sa.insert(OfficerSession).values(row | {"network": connection.network, "browser": connection.browser})
    )
    session["_user_id"] = officer.get_id()
    session[TOKEN_KEY] = token
    session[SIGNED_IN_AT_KEY], session[SEEN_AT_KEY] = int(began.timestamp()), int(now.timestamp())


def forget_unfinished_sign_ins() -> None:
    """Forget who was about to sign in with this browser."""
    for key in UNFINISHED_KEYS:
        session.pop(key, None)


def _end_expired_session() -> None:
    """Sign out an officer whose session is too old or was idle for too long."""
    # Who brings no cookie is not asked: looking at the session says that the page differs from person to person.
    if current_app.config["SESSION_COOKIE_NAME"] not in request.cookies or "_user_id" not in session:
        return
    now = utc_now()
    if _is_session_expired(now):
        session.clear()
        return
    g.seen_before = session_moment(SEEN_AT_KEY)
    if request.path.startswith("/petugas") and now - g.seen_before > SEEN_UPDATE_INTERVAL:
        session[SEEN_AT_KEY] = int(now.timestamp())
        with suppress(sa.exc.OperationalError), write_transaction(None, patience_ms=SEEN_PATIENCE_MS):
            present = OfficerSession.token_digest == present_digest()
            execute(sa.update(OfficerSession).where(present).values(seen_at=now))


def load_signed_in_officer(uniquifier: str) -> Officer | None:
    """Return the officer of the current session, with one query.

    Returns None for an ended session, a closed account, or an administrator idle for too long. Officers of a closed
    unit are signed out as well, until an administrator gives them another unit.
    """
    query = (
        sa.select(Officer)
        .join(OfficerSession, OfficerSession.officer_id == Officer.id)
        .join(Unit, Unit.id == Officer.unit_id)
        .where(
            Officer.fs_uniquifier == uniquifier,
            Officer.active,
            Unit.is_active,
            OfficerSession.token_digest == present_digest(),
        )
        .options(contains_eager(Officer.unit), joinedload(Officer.roles))
    )
    officer = db.session.scalars(query).unique().one_or_none()
    if officer is not None and _is_idle_administrator(officer):
        session.clear()
        officer = None
    if officer is None:
        return None
    set_request_attr("fs_authn_via", "session")
    set_request_attr("fs_paa", session.get("fs_paa", 0))
    return officer


def _is_idle_administrator(officer: Officer) -> bool:
    """Tell whether an administrator was idle for longer than the role allows."""
    seen: datetime | None = g.get("seen_before")
    return officer.is_administrator and seen is not None and utc_now() - seen > MAX_ADMINISTRATOR_IDLE_TIME


def _is_session_expired(now: datetime) -> bool:
    """Tell whether the current session expired.

    One without times, or with times far in the future, counts as expired.
    """
    if not {SIGNED_IN_AT_KEY, SEEN_AT_KEY, TOKEN_KEY} <= set(session):
        return True
    return not (
        is_recent(session_moment(SIGNED_IN_AT_KEY), MAX_SESSION_TIME, now)
        and is_recent(session_moment(SEEN_AT_KEY), MAX_IDLE_TIME, now)
    )


def session_moment(name: str) -> datetime:
    """Return a time stored in the session."""
    return datetime.fromtimestamp(session[name], tz=UTC)


def present_digest() -> str:
    """Return the digest of the current session's token."""
    return token_digest(str(session.get(TOKEN_KEY, "")))


def list_open_sessions(officer: Officer, now: datetime) -> Sequence[OfficerSession]:
    """Return the officer's open sessions: the current one first, then the most recently used."""
    query = sa.select(OfficerSession).where(
        OfficerSession.officer_id == officer.id,
        OfficerSession.begun_at > now - MAX_SESSION_TIME,
        OfficerSession.seen_at > now - MAX_IDLE_TIME - SEEN_UPDATE_INTERVAL,
    )
    rows = db.session.scalars(query.order_by(OfficerSession.seen_at.desc(), OfficerSession.id.desc())).all()
    return sorted(rows, key=lambda row: row.token_digest != present_digest())


def end_all_sessions(officer: Officer) -> None:
    """End all sessions of an officer in the current transaction.

    The account's known browsers become unknown, and none of them is told of what rises any more.
    """
    officer.fs_uniquifier = uuid.uuid4().hex
    execute(sa.delete(OfficerSession).where(OfficerSession.officer_id == officer.id))
    execute(sa.delete(AlarmBrowser).where(AlarmBrowser.officer_id == officer.id))


def _end_present_session(_app: Flask, user: Officer, **_more: Any) -> None:
    """Delete the session of an officer who signs out, so that a copy of the cookie stops working."""
    if user.is_authenticated:
        with write_transaction(None):
            execute(sa.delete(OfficerSession).where(OfficerSession.token_digest == present_digest()))
        session.pop(TOKEN_KEY, None)
    forget_unfinished_sign_ins()
    after_this_request(_clear_browser_copies)


def _clear_browser_copies(response: Response) -> Response:
    """Have the browser drop its copies of pages, those behind the back button included (Clear-Site-Data).

    Nothing of an officer's lies in its storage. What does is not the session's: the service worker, which brings the
    alarms of who is on duty and a resident's subscriptions, and the cookie by which the account knows this browser.
    """
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


def execute(statement: sa.Delete | sa.Update) -> int:
    """Run a statement in the current transaction and return the number of affected rows."""
    done = db.session.execute(statement.execution_options(synchronize_session=False))
    return int(done.rowcount)  # type: ignore[attr-defined]
