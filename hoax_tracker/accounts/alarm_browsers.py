"""An officer's browsers that are told by Web Push of what rises: added and removed on the own account page.

All of them go with the account's sessions (sessions.py): when the account is closed, its password or second factor is
set anew, or the officer signs out everywhere. A session that only ends leaves them: whoever is on duty at night is
seldom signed in.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext as _

from hoax_tracker.accounts.connections import current_connection
from hoax_tracker.accounts.own_account import record_own_act
from hoax_tracker.core.audit.tracked_edits import lock_row
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.errors import InvalidInputError, NotAllowedError, NotFoundError
from hoax_tracker.models import AlarmBrowser, Notice, Officer, RoleName, db
from hoax_tracker.notifications.push.targets import PushTarget, endpoint_digest, require_push_target, seal_push_target

MOST_BROWSERS = 5


def may_be_told(person: Officer) -> bool:
    """Tell whether somebody can be on duty: an officer who decides."""
    return person.is_a(RoleName.OFFICER)


def list_alarm_browsers(person: Officer) -> Sequence[AlarmBrowser]:
    """Return the officer's browsers, the newest first."""
    query = sa.select(AlarmBrowser).where(AlarmBrowser.officer_id == person.id).order_by(AlarmBrowser.id.desc())
    return db.session.scalars(query).all()


def add_alarm_browser(officer_id: int, target: PushTarget, settings: Settings, now: datetime) -> None:
    """Add the present browser; one that was another officer's is this one's from now on.

    Raises InvalidInputError for what is no browser's address, or beyond five browsers, or NotAllowedError.
    """
    require_push_target(target, settings)
    with write_transaction():
        officer = lock_row(Officer, officer_id)
        if not may_be_told(officer):
            raise NotAllowedError("alarms go to officers who decide")
        digest = endpoint_digest(target.endpoint, settings)
        db.session.execute(sa.delete(AlarmBrowser).where(AlarmBrowser.endpoint_digest == digest))
        if len(list_alarm_browsers(officer)) >= MOST_BROWSERS:
            message = _("Paling banyak %(most)s browser. Cabut salah satunya dulu.", most=MOST_BROWSERS)
            raise InvalidInputError("many browsers", user_message=message)
        newest = db.session.scalar(sa.select(sa.func.max(Notice.id)).where(Notice.officer_id == officer_id)) or 0
        sealed, browser = seal_push_target(target, settings), current_connection().browser
        db.session.add(
            AlarmBrowser(
                officer_id=officer_id,
                endpoint_digest=digest,
                sealed=sealed,
                browser=browser,
                added_at=now,
                told_notice_id=newest,
            )
        )
        record_own_act(officer, "alarm_browser_added", now)


def remove_alarm_browser(officer_id: int, browser_id: int, now: datetime) -> None:
    """Remove one of the officer's browsers. Raises NotFoundError for another officer's, or one that is gone."""
    with write_transaction():
        row = db.session.get(AlarmBrowser, browser_id, with_for_update=True)
        if row is None or row.officer_id != officer_id:
            raise NotFoundError(f"browser {browser_id}", user_message=_("Browser itu sudah dicabut."))
        db.session.delete(row)
        record_own_act(lock_row(Officer, officer_id), "alarm_browser_removed", now)
