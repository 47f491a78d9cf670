"""Passwords: which are taken, and the links by which an officer chooses one.

A password has at least twelve characters and is not easy to guess. zxcvbn estimates the number of guesses, from its own
English word lists, our regional one (data/language/password_words.txt), and the person's name and address. Capitals,
digits and symbols are not required.

A link is sent by an administrator, or requested by who forgot the password. Every request gets the same answer at once,
whether or not an officer has the address: the worker creates the link and queues the mail. A requested link changes
nothing until it is used, so requests for other people do no harm. A reset that a second person confirmed ends the old
password, all sessions and all earlier links.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from itertools import pairwise
from typing import Any

import sqlalchemy as sa
from flask import current_app
from flask_babel import gettext as _
from flask_security import PasswordUtil
from flask_security.utils import hash_password

from hoax_tracker.accounts import connections, letters, sessions, sign_in_brakes
from hoax_tracker.accounts.connections import connection_facts, current_connection
from hoax_tracker.accounts.sign_on_client import forget_identities
from hoax_tracker.core.audit import audit_log
from hoax_tracker.core.database.job_wakeups import WokenJob, wake_job
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.core.encryption import make_token, token_digest
from hoax_tracker.core.paths import data_file_path
from hoax_tracker.errors import InvalidInputError, LinkExpiredError
from hoax_tracker.models import Officer, PasswordLink, PasswordRequest, db
from hoax_tracker.notifications.mail import public_url_for

MIN_LENGTH = 12
MAX_LENGTH = 128
JUDGED_LENGTH = 48
"""zxcvbn takes longer than in proportion: it judges the beginning, which is enough where that is good already."""
MIN_SCORE = 4
"""Of 0 to 4: at least 10^10 guesses. With 3, any three easy words would do, "petugaskupang1" among them."""


class PasswordRules(PasswordUtil):
    """Our password checks in place of the library's, so that its own forms apply them as well."""

    def validate(self, password: str, is_register: bool, **kwargs: Any) -> tuple[list[str] | None, str]:
        """Return the faults as display text (None: no fault), and the normalised password that is hashed."""
        user = kwargs.get("user")
        about = (user.name, user.email) if user is not None else (value for value in kwargs.values() if value)
        fault = find_password_fault(password, map(str, about))
        return ([fault] if fault else None), self.normalize(password[: MAX_LENGTH + 1])


def require_good_password(password: str, *about: str) -> str:
    """Return the normalised password. Raises InvalidInputError for a short, long or easily guessed one."""
    fault = find_password_fault(password, about)
    if fault:
        raise InvalidInputError("password refused", user_message=fault, field="password")
    return normalize_password(password)


def normalize_password(password: str) -> str:
    """Return the password in the form that is hashed: one encoding for letters that have several."""
    return str(current_app.extensions["security"].password_util.normalize(password))


def find_password_fault(password: str, about: Iterable[str]) -> str | None:
    """Return the password's fault as display text. ``about`` holds texts about its owner that others know."""
    if len(password) > MAX_LENGTH:  # first, so that nothing is done with a megabyte
        return str(_("Kata sandi paling panjang %(n)s huruf. Pendekkan.", n=MAX_LENGTH))
    if len(password) < MIN_LENGTH:
        return str(_("Kata sandi harus paling sedikit %(n)s huruf atau angka.", n=MIN_LENGTH))
    if score_password(password, about) < MIN_SCORE:
        return str(
            _("Kata sandi ini mudah ditebak. Empat kata yang tidak berhubungan lebih kuat, dan lebih mudah diingat.")
        )
    return None


def score_password(password: str, about: Iterable[str] = ()) -> int:
    """Return how hard the password is to guess, 0 to 4."""
    from zxcvbn import zxcvbn  # its lists take a while to load, and few processes judge a password

    own = [word for text in about for word in _words_of_owner(text)]
    return int(zxcvbn(password[:JUDGED_LENGTH], user_inputs=[*own, *_regional_words()])["score"])


def _words_of_owner(text: str) -> list[str]:
    """Return a name or address whole, in parts, and without separators.

    An attacker tries each of these first.
    """
    whole = text.casefold()[:255]
    parts = [part for part in re.split(r"[\W_]+", whole) if len(part) > 2]
    return [*parts, "".join(parts), *("".join(pair) for pair in pairwise(parts)), whole, whole.split("@")[0]]


@cache
def _regional_words() -> tuple[str, ...]:
    """Return the regional words, most likely first."""
    return tuple(data_file_path("language", "password_words.txt").read_text(encoding="utf-8").split())


SENT_LASTS = timedelta(hours=72)
ASKED_LASTS = timedelta(hours=1)
BATCH = 200
"""Requests that are answered in one round of the worker, so that a flood of them holds up nothing else."""
MAX_ASKED = 3
"""Links that an officer can have asked for and not used: who asks in somebody's name fills no mailbox."""


@dataclass(frozen=True)
class HandedLink:
    """A link and its owner's address. Where ``is_mailed`` is False, somebody has to hand the link over."""

    email: str
    url: str
    is_mailed: bool


def send_password_link(officer: Officer, *, by: Officer | None, now: datetime) -> HandedLink:
    """End an officer's password and sessions, and send a link to a new one, in the current transaction."""
    officer.password = None
    sessions.end_all_sessions(officer)
    forget_identities(officer, by=by, now=now)
    audit_log.record_event("password_reset", f"officer:{officer.id}", officer=by, now=now, detail=connection_facts())
    return renew_password_link(officer, by=by, now=now)


def renew_password_link(officer: Officer, *, by: Officer | None, now: datetime, mail: bool = True) -> HandedLink:
    """Send a new link to an officer whose password was reset, in the current transaction. Earlier ones end."""
    delete_links_of(officer)
    link, token = _add_password_link(officer, by, now, SENT_LASTS)
    is_mailed = mail and letters.post_password_link(link, token, now)
    return HandedLink(officer.email, public_url_for("account_links.choose_password", token=token), is_mailed)


def request_password_link(email: str, now: datetime) -> None:
    """Record that somebody requested a link for an address. An address without an officer is not stored."""
    officer_id = db.session.scalar(sa.select(Officer.id).where(Officer.email == email.strip().lower()))
    network = current_connection().network
    with write_transaction(None):
        db.session.add(PasswordRequest(officer_id=officer_id, asked_at=now, network=network))
        wake_job(WokenJob.PASSWORD_LINKS)


def answer_password_requests(now: datetime) -> int:
    """Send the requested links and return how many. Requests for unknown addresses are deleted."""
    if db.session.scalar(sa.select(PasswordRequest.id).limit(1)) is None:
        return 0
    with write_transaction(None):
        sessions.execute(sa.delete(PasswordRequest).where(PasswordRequest.officer_id.is_(None)))
    keys = db.session.scalars(sa.select(PasswordRequest.id).order_by(PasswordRequest.id).limit(BATCH)).all()
    return sum(_answer_password_request(key, now) for key in keys)


def _answer_password_request(key: int, now: datetime) -> bool:
    """Send one requested link; False where no active officer has the address or enough links are open."""
    with write_transaction():
        request = db.session.get(PasswordRequest, key, with_for_update=True)
        if request is None:
            return False
        officer = db.session.get(Officer, request.officer_id) if request.officer_id else None
        network = request.network
        db.session.delete(request)
        if officer is None or not officer.may_sign_in or _count_open_links(officer, now) >= MAX_ASKED:
            return False
        link, token = _add_password_link(officer, None, now, ASKED_LASTS)
        detail = {"network": network}
        audit_log.record_event("password_asked", f"officer:{officer.id}", officer=None, now=now, detail=detail)
        return letters.post_password_link(link, token, now)


def _add_password_link(
    officer: Officer, by: Officer | None, now: datetime, lasts: timedelta
) -> tuple[PasswordLink, str]:
    """Add a link in the current transaction and return it with its token."""
    token = make_token()
    link = PasswordLink(
        officer=officer,
        token_digest=token_digest(token),
        made_by_id=by.id if by else None,
        made_at=now,
        expires_at=now + lasts,
    )
    db.session.add(link)
    db.session.flush()
    return link, token


def _count_open_links(officer: Officer, now: datetime) -> int:
    """Return how many requested links of the officer are still valid."""
    open_ones = (
        PasswordLink.officer_id == officer.id,
        PasswordLink.made_by_id.is_(None),
        PasswordLink.expires_at > now,
    )
    return db.session.scalar(sa.select(sa.func.count()).select_from(PasswordLink).where(*open_ones)) or 0


def find_password_link(token: str, now: datetime, *, lock: bool = False) -> PasswordLink:
    """Return the link of a token.

    Raises LinkExpiredError for an unknown or expired one, or a closed account.
    """
    query = sa.select(PasswordLink).where(PasswordLink.token_digest == token_digest(token))
    link = db.session.scalar(query.with_for_update(of=PasswordLink) if lock else query)
    if link is None or not now < link.expires_at or not link.officer.may_sign_in:
        raise LinkExpiredError("password link")
    return link


def choose_password(token: str, password: str, now: datetime) -> Officer:
    """Set the password that the owner of a link chose. Every link and session of the account ends.

    Raises LinkExpiredError, or InvalidInputError for a weak password.
    """
    officer = find_password_link(token, now).officer
    hashed = hash_password(require_good_password(password, officer.name, officer.email))
    with write_transaction():
        officer = find_password_link(token, now, lock=True).officer
        set_password(officer, hashed, now)
        delete_links_of(officer)
        # The owner of the mailbox gets past the brakes at once: they are lifted, and this browser counts by itself.
        sign_in_brakes.release_brake(sign_in_brakes.account_key(officer.id))
        audit_log.record_event(
            "password_chosen", f"officer:{officer.id}", officer=officer, now=now, detail=connection_facts()
        )
        letters.post_password_changed(officer, current_connection(), now)
    connections.remember_browser(officer)
    return officer


def set_password(officer: Officer, hashed: str, now: datetime) -> None:
    """Set an officer's password in the current transaction and end all their sessions."""
    officer.password, officer.password_changed_at = hashed, now
    sessions.end_all_sessions(officer)


def delete_links_of(officer: Officer) -> None:
    """Delete an officer's links in the current transaction."""
    sessions.execute(sa.delete(PasswordLink).where(PasswordLink.officer_id == officer.id))
