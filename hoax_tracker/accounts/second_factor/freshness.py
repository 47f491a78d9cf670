"""When the second factor is required: once per session, and again shortly before irreversible acts.

``require_fresh_second_factor`` is the rule. A view calls it first. Where the officer did not give the factor within the
last 15 minutes, a page asks for it, keeps the typed input, and resends that together with the code.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from flask import request, session

from hoax_tracker.accounts import sessions
from hoax_tracker.accounts.second_factor import factors, passkeys, verification
from hoax_tracker.clock import is_recent, utc_now
from hoax_tracker.core.extensions import current_officer, current_settings
from hoax_tracker.errors import HoaxTrackerError, InvalidInputError, RateLimitedError
from hoax_tracker.models import Officer

FRESH_TIME = timedelta(minutes=15)
PASSED_AT_KEY, PASSWORD_AT_KEY = "second_factor_at", "password_at"
CODE_FIELD, PASSKEY_FIELD, PASSWORD_FIELD = "second_factor_code", "second_factor_passkey", "second_factor_password"
PROOF_FIELDS = (CODE_FIELD, PASSKEY_FIELD, PASSWORD_FIELD)
CONFIRM_PURPOSE = "confirm"


class ProofNeededError(HoaxTrackerError):
    """The officer has to prove their identity; ``fault`` says why the last attempt failed.

    ``by_password`` is set where the officer has no second factor yet and gives the password instead.
    """

    status = 401

    def __init__(self, fault: str = "", *, by_password: bool = False, status: int = 401) -> None:
        super().__init__("a proof is needed", user_message=fault or None)
        self.fault, self.by_password, self.status = fault, by_password, status


def require_fresh_second_factor() -> None:
    """Let the request continue if its officer gave the second factor within the last 15 minutes.

    Officers who need none and have none pass. Those in the week to set one up prove it by a recent sign-in or the
    password. Raises ProofNeededError, which becomes the page that asks.
    """
    person = current_officer()
    if person.has_second_factor or factors.needs_second_factor(person, current_settings().second_factor):
        require_fresh_proof()


def require_second_factor_once() -> None:
    """Let the request continue if the second factor was given in this session. Raises ProofNeededError."""
    _require_proof(current_officer(), sessions.MAX_SESSION_TIME)


def require_fresh_proof() -> None:
    """Require fresh proof before a change of factors. Raises ProofNeededError.

    Officers without a factor need a recent sign-in or the password instead.
    """
    person = current_officer()
    if person.has_second_factor:
        _require_proof(person, FRESH_TIME)
    elif not any(_is_noted_within(key, FRESH_TIME, utc_now()) for key in (sessions.SIGNED_IN_AT_KEY, PASSWORD_AT_KEY)):
        _require_password(person)


def _require_proof(person: Officer, within: timedelta) -> None:
    """Require the second factor, given ``within`` that time or with this request. Raises ProofNeededError."""
    if is_second_factor_given(within, utc_now()):
        return
    if not any(request.form.get(field) for field in (CODE_FIELD, PASSKEY_FIELD)):
        raise ProofNeededError
    try:
        verify_proof(person.id, CONFIRM_PURPOSE)
    except HoaxTrackerError as error:
        raise ProofNeededError(str(error.user_message), status=error.status) from error
    note_second_factor(utc_now())


def verify_proof(officer_id: int, purpose: str) -> str:
    """Verify the code or passkey in the request and return its kind.

    Raises InvalidInputError or RateLimitedError.
    """
    settings, now = current_settings(), utc_now()
    if credential := request.form.get(PASSKEY_FIELD):
        passkeys.verify_passkey(purpose, credential, officer_id=officer_id, settings=settings, now=now)
        return "passkey"
    return verification.verify_code(officer_id, request.form.get(CODE_FIELD, ""), key=settings.contact_key, now=now)


def _require_password(person: Officer) -> None:
    """Verify the password in the request and note it in the session. Raises ProofNeededError."""
    typed, now = request.form.get(PASSWORD_FIELD, ""), utc_now()
    if not typed:
        raise ProofNeededError(by_password=True)
    try:
        verification.verify_password(person, typed, now=now)
    except (InvalidInputError, RateLimitedError) as error:
        raise ProofNeededError(str(error.user_message), by_password=True, status=error.status) from error
    session[PASSWORD_AT_KEY] = int(now.timestamp())


def note_second_factor(now: datetime) -> None:
    """Note in the session when the second factor was given."""
    session[PASSED_AT_KEY] = int(now.timestamp())


def forget_second_factor(*_sender: object, **_more: object) -> None:
    """Remove that note from the session, because somebody signs in or out."""
    for key in (PASSED_AT_KEY, PASSWORD_AT_KEY):
        session.pop(key, None)


def is_second_factor_given(within: timedelta, now: datetime) -> bool:
    """Tell whether the second factor was given in this session ``within`` that time."""
    return _is_noted_within(PASSED_AT_KEY, within, now)


def _is_noted_within(key: str, within: timedelta, now: datetime) -> bool:
    """Tell whether the session notes a moment under ``key`` that is at most ``within`` old."""
    return key in session and is_recent(sessions.session_moment(key), within, now)
