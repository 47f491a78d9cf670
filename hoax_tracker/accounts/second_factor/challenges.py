"""Passkey challenges, and the site (relying party) they are bound to.

A challenge is stored in the session for five minutes and one purpose. The session is a cookie, and somebody may hold an
older copy of it. A passkey therefore accepts no challenge older than the last one it answered.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from flask import session
from flask_babel import gettext as _
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException

from hoax_tracker.clock import is_recent
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.errors import InvalidInputError

CHALLENGE_TIME = timedelta(minutes=5)
CHALLENGE_KEY = "passkey_challenge"
MAX_ANSWER_LETTERS = 20_000
# What a bad answer may raise: it is JSON of whoever sends it.
BAD_ANSWER = (WebAuthnException, ValueError, KeyError, TypeError, AttributeError)


@dataclass(frozen=True)
class Challenge:
    """The value a device has to sign, and when it was created (microseconds since 1970)."""

    value: bytes
    made: int


def relying_party(settings: Settings) -> str:
    """Return the host name that passkeys are bound to."""
    return urlsplit(settings.base_url).hostname or ""


def site_origin(settings: Settings) -> str:
    """Return the site's origin, as browsers report it."""
    parts = urlsplit(settings.base_url)
    return f"{parts.scheme}://{parts.netloc}"


def are_passkeys_possible(settings: Settings) -> bool:
    """Tell whether browsers allow passkeys at the public address.

    It needs a host name, and TLS unless it is on this machine.
    """
    host = relying_party(settings)
    try:
        ip_address(host)
    except ValueError:
        return settings.secure or host == "localhost" or host.endswith(".localhost")
    return False


def begin_challenge(purpose: str, now: datetime) -> bytes:
    """Create a challenge, store it in the session, and return it."""
    value = secrets.token_bytes(32)
    made = int(now.timestamp() * 1_000_000)
    session[CHALLENGE_KEY] = {"value": bytes_to_base64url(value), "for": purpose, "made": made}
    return value


def end_challenge(purpose: str, now: datetime) -> Challenge:
    """Remove the challenge from the session and return it.

    Raises InvalidInputError where none is stored for that purpose, or it is too old.
    """
    waiting = session.pop(CHALLENGE_KEY, None)
    if not waiting or waiting["for"] != purpose:
        raise bad_answer_error("no challenge waits for this")
    if not is_recent(datetime.fromtimestamp(waiting["made"] / 1_000_000, tz=UTC), CHALLENGE_TIME, now):
        raise bad_answer_error("the challenge is too old")
    return Challenge(base64url_to_bytes(waiting["value"]), waiting["made"])


def bad_answer_error(detail: str) -> InvalidInputError:
    """Return the error for a rejected answer."""
    message = _("Kunci sandi itu tidak diterima. Coba sekali lagi; bila tetap gagal, pakai kode.")
    return InvalidInputError(f"passkey: {detail}", user_message=message, field="passkey")


def read_answer(credential: str) -> dict[str, Any]:
    """Return the parsed answer of a browser. Raises InvalidInputError where it is not one."""
    try:
        if len(credential) > MAX_ANSWER_LETTERS:
            raise ValueError("too long")
        answer = json.loads(credential)
        base64url_to_bytes(answer["rawId"])
    except BAD_ANSWER as error:
        raise bad_answer_error("unreadable") from error
    return dict(answer)
