"""Officers' changes to their own account: profile, password, sessions, and browsers that are told of what rises."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_security.utils import hash_password, verify_password

from hoax_tracker.accounts import connections, letters, passwords, sessions, sign_in_brakes
from hoax_tracker.accounts.connections import connection_facts, current_connection
from hoax_tracker.accounts.passwords import normalize_password, require_good_password
from hoax_tracker.authority.row_acts import Values
from hoax_tracker.core.audit import audit_log
from hoax_tracker.core.audit.tracked_edits import lock_row, require_unchanged_values
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.errors import EditConflictError, InvalidInputError, NotAllowedError, NotFoundError
from hoax_tracker.models import AlarmBrowser, Notice, Officer, OfficerSession, RoleName, db
from hoax_tracker.notifications.push.targets import PushTarget, endpoint_digest, require_push_target, seal_push_target


def profile_values(officer: Officer, language: str) -> Values:
    """Return the values an officer can change.

    ``language`` is the page's, used where the officer chose none.
    """
    return {"name": officer.name, "language": officer.language or language, "gets_mail": officer.gets_mail}


def change_profile(officer_id: int, values: Values, seen: str, language: str, now: datetime) -> bool:
    """Change an officer's own name, language and mail setting, and tell whether anything differed.

    Raises EditConflictError where an administrator changed the name meanwhile.
    """
    with write_transaction():
        officer = lock_row(Officer, officer_id)
        before = profile_values(officer, language)
        require_unchanged_values(f"officer:{officer_id}", before, seen)
        officer.language = values["language"]  # also where it is the page's by now: from then on it is the officer's
        if values == before:
            return False
        officer.name, officer.gets_mail = values["name"], values["gets_mail"]
        detail = {"before": before, "after": values} | connection_facts()
        audit_log.record_event("profile_changed", f"officer:{officer_id}", officer=officer, now=now, detail=detail)
    return True


def switch_keys(officer_id: int, is_on: bool, now: datetime) -> None:
    """Switch the desk's single keys on or off for the officer."""
    with write_transaction():
        officer = lock_row(Officer, officer_id)
        if officer.uses_keys == is_on:
            return
        detail = {"before": {"uses_keys": officer.uses_keys}, "after": {"uses_keys": is_on}} | connection_facts()
        officer.uses_keys = is_on
        audit_log.record_event("profile_changed", f"officer:{officer_id}", officer=officer, now=now, detail=detail)


def change_password(officer_id: int, old: str, new: str, now: datetime) -> None:
    """Set the officer's chosen password.

    All other sessions end, and the current one is replaced by a new one. Raises InvalidInputError for a wrong old
    password or a weak new one, and EditConflictError where the password changed meanwhile. Guesses of the old password
    are slowed down like sign-in attempts, because a desk may be left unattended.
    """
    key = sign_in_brakes.own_password_key(officer_id)
    if not sign_in_brakes.count_attempt_of(key, officer_id, now).is_allowed:
        message = _("Terlalu sering salah. Tunggu beberapa menit, lalu coba lagi.")
        raise InvalidInputError("old password: waits", user_message=message, field="old")
    officer = db.session.get_one(Officer, officer_id)
    before = officer.password
    if not before or not verify_password(normalize_password(old), before):
        message = _("Kata sandi yang sekarang tidak cocok.")
        raise InvalidInputError("old password: wrong", user_message=message, field="old")
    hashed = hash_password(require_good_password(new, officer.name, officer.email))
    with write_transaction():
        officer = lock_row(Officer, officer_id)
        if officer.password != before:  # an administrator, or a link, was faster
            raise EditConflictError("the password changed meanwhile")
        passwords.set_password(officer, hashed, now)
        passwords.delete_links_of(officer)
        sign_in_brakes.release_brake(key)
        sessions.begin_session(officer, now)
        record_own_act(officer, "password_changed", now)
        letters.post_password_changed(officer, current_connection(), now)
    connections.remember_browser(officer)


def end_other_session(officer_id: int, session_id: int, now: datetime) -> None:
    """End one of the officer's sessions.

    Raises NotFoundError for another officer's session or an ended one.
    """
    with write_transaction():
        row = db.session.get(OfficerSession, session_id, with_for_update=True)
        if row is None or row.officer_id != officer_id:
            raise NotFoundError(f"session {session_id}", user_message=_("Browser itu sudah tidak masuk."))
        db.session.delete(row)
        record_own_act(lock_row(Officer, officer_id), "session_ended", now)


def end_other_sessions(officer_id: int, now: datetime) -> None:
    """End all other sessions of an officer.

    The current one is replaced, so copies of its cookie stop working. Its sign-in time stays: nothing was proved anew.
    """
    with write_transaction():
        officer = lock_row(Officer, officer_id)
        began = sessions.session_moment(sessions.SIGNED_IN_AT_KEY)  # nobody has proved anything anew
        sessions.end_all_sessions(officer)
        sessions.begin_session(officer, now, began=began)
        record_own_act(officer, "sessions_ended", now)
    connections.remember_browser(officer)


def record_own_act(officer: Officer, action: str, now: datetime) -> None:
    """Record an officer's act on their own account in the audit log, in the current transaction."""
    audit_log.record_event(action, f"officer:{officer.id}", officer=officer, now=now, detail=connection_facts())


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
