"""The desk's door: with the password alone it stays shut to who has a second factor, and after a week to who needs one.

It looks at each request, so a role that was given a minute ago counts, and so does a factor added in another browser.
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_security import current_user
from werkzeug.wrappers import Response

from hoax_tracker.accounts import sessions
from hoax_tracker.accounts.second_factor import freshness, pages
from hoax_tracker.accounts.second_factor.factors import GRACE_TIME, needs_second_factor
from hoax_tracker.clock import utc_now
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.models import Officer, db

DESK = "/petugas/"
# Where the password alone leads: out again, and to the question for the second factor.
OPEN_BY_PASSWORD = frozenset(
    {"security.login", "security.logout", "second_factor.confirm", "second_factor.confirm_options"}
    | {"second_step.page", "second_step.page_options", "second_step.by_passkey", "second_step.by_passkey_options"}
)


def guard_desk() -> Response | None:
    """Let the present request pass, or answer it with what is missing."""
    if not request.path.startswith(DESK) or request.endpoint in OPEN_BY_PASSWORD or not current_user.is_authenticated:
        return None
    person = freshness.current_officer()
    if person.has_second_factor:
        return require_factor_of_session()
    if request.blueprint == "second_factor" or not is_desk_closed_to(person, utc_now()):
        return None
    return answer_closed_desk()


def require_factor_of_session() -> Response | None:
    """Let pass who gave the second factor in this session; ask for it otherwise."""
    if request.method not in ("GET", "HEAD"):
        freshness.require_second_factor_once()
    elif not freshness.is_second_factor_given(sessions.MAX_SESSION_TIME, utc_now()):
        return redirect(url_for("second_factor.confirm", next=request.full_path.rstrip("?")))
    return None


def is_desk_closed_to(person: Officer, now: datetime) -> bool:
    """Tell whether an officer without a second factor should have had one by now."""
    due = second_factor_due_at(person, now)
    return due is not None and due <= now


def second_factor_due_at(person: Officer, now: datetime) -> datetime | None:
    """Return until when an officer without a second factor has to set one up; None for who need not.

    The week begins with the first page of the desk that somebody opens who needs one.
    """
    if person.has_second_factor or not needs_second_factor(person, freshness.current_settings().second_factor):
        return None
    due = person.second_factor_due_at
    if due is None or due > now + GRACE_TIME:  # the latter was set by a clock that ran ahead
        due = now + GRACE_TIME
        with write_transaction(None):
            db.session.execute(sa.update(Officer).filter_by(id=person.id).values(second_factor_due_at=due))
    return due


def answer_closed_desk() -> Response:
    """Lead to the set-up page; what was typed is shown back, to be sent again afterwards."""
    if request.method in ("GET", "HEAD"):
        flash(_("Meja petugas terbuka lagi begitu kode kedua nyala."), "error")
        return redirect(url_for("second_factor.page"))
    return pages.render_closed_desk()
