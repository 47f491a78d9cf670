"""Verification of the second factor: typed codes and passkeys.

Each typed code works once, and ten wrong ones block further codes for an hour. Whoever sends wrong codes knows the
password, so its owner gets a mail. The count resets a day after the last wrong code: after the first blocked hour one
attempt per hour remains.

A passkey answers a challenge, which the session keeps for five minutes and one purpose, bound to the site (relying
party). The session is a cookie, and somebody may hold an older copy of it. A passkey therefore accepts no challenge
older than the last one it answered.
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
from flask_security.utils import verify_password as verify_password_hash
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException

from hoax_tracker.accounts.passwords import normalize_password
from hoax_tracker.accounts.second_factor import recovery_codes
from hoax_tracker.accounts.second_factor.code_app import (
    STEP,
    CodeFit,
    CodeMatch,
    match_code,
    moment_of_step,
    open_secret,
)
from hoax_tracker.accounts.second_factor.events import record_factor_event
from hoax_tracker.clock import WITA, is_recent
from hoax_tracker.core.audit.tracked_edits import lock_row
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.core.encryption import DecryptionError
from hoax_tracker.errors import InvalidInputError, RateLimitedError
from hoax_tracker.models import Officer, SecondFactor, db

MAX_WRONG_CODES = 10
BRAKE_TIME = timedelta(hours=1)
FORGET_TIME = timedelta(days=1)


def load_factor(officer_id: int) -> SecondFactor:
    """Return the officer's row for update in the current transaction, adding it where missing."""
    row = db.session.get(SecondFactor, officer_id, with_for_update=True, populate_existing=True)
    if row is None:
        row = SecondFactor(officer_id=officer_id, wrong_codes=0)
        db.session.add(row)
    return row


def verify_code(officer_id: int, typed: str, *, key: str, now: datetime) -> str:
    """Use up an app code or a recovery code and return its kind: ``code`` or ``recovery code``.

    Raises InvalidInputError for a wrong code, RateLimitedError after too many of them.
    """
    with write_transaction():
        person, row = lock_row(Officer, officer_id), load_factor(officer_id)
        if _is_braked(row, now):
            raise _brake_error(row, now)
        if recovery_codes.use_code(typed, officer_id, key, now):
            unused_codes = recovery_codes.count_unused_codes(officer_id)
            record_factor_event("recovery_code_used", person, {"left": unused_codes}, by=person, now=now)
            row.wrong_codes = 0
            return "recovery code"
        match = _match_app_code(row, clean_digits(typed), key, now)
        if match.fit is CodeFit.RIGHT:
            row.last_step, row.wrong_codes = match.step, 0
            return "code"
        _count_wrong_code(person, row, match, now=now)
    raise code_error(match, now)


def _match_app_code(row: SecondFactor, code: str, key: str, now: datetime) -> CodeMatch:
    """Return how a code matches the officer's app; without an app it is wrong.

    Raises InvalidInputError where the secret was encrypted with another key.
    """
    if row.sealed_secret is None or not code:
        return CodeMatch(CodeFit.WRONG)
    try:
        secret = open_secret(row.sealed_secret, row.officer_id, key)
    except DecryptionError as error:
        message = _(
            "Kunci layanan ini diganti, sehingga aplikasi kode Anda tidak dapat diperiksa lagi. Pakai kunci sandi, "
            "atau minta administrator menyetel ulang kode kedua Anda."
        )
        raise InvalidInputError("sealed with another key", user_message=message) from error
    return match_code(secret, code, now, last_step=row.last_step, burnt_step=row.burnt_step)


def _count_wrong_code(person: Officer, row: SecondFactor, match: CodeMatch, *, now: datetime) -> None:
    """Count a rejected code.

    A code of another moment is marked as used, because the error message reveals it.
    """
    if match.fit is CodeFit.OFF:
        row.burnt_step = match.step
    if row.last_wrong_at is None or not is_recent(row.last_wrong_at, FORGET_TIME, now):
        row.wrong_codes = 0
    row.wrong_codes, row.last_wrong_at = row.wrong_codes + 1, now
    if row.wrong_codes == MAX_WRONG_CODES:
        record_factor_event("second_factor_braked", person, {"wrong": row.wrong_codes}, by=person, now=now)


def verify_password(person: Officer, typed: str, *, now: datetime) -> None:
    """Verify a password given in place of a code, and count a wrong one as a wrong code.

    Raises InvalidInputError, or RateLimitedError after too many.
    """
    row = db.session.get(SecondFactor, person.id)
    if row is not None and _is_braked(row, now):
        raise _brake_error(row, now)
    if verify_password_hash(normalize_password(typed), person.password or ""):
        return
    with write_transaction():
        _count_wrong_code(lock_row(Officer, person.id), load_factor(person.id), CodeMatch(CodeFit.WRONG), now=now)
    raise InvalidInputError("wrong password", user_message=_("Kata sandi tidak cocok."), field="password")


def _is_braked(row: SecondFactor, now: datetime) -> bool:
    """Tell whether codes are blocked at present."""
    return (
        row.wrong_codes >= MAX_WRONG_CODES
        and row.last_wrong_at is not None
        and is_recent(row.last_wrong_at, BRAKE_TIME, now)
    )


def _brake_error(row: SecondFactor, now: datetime) -> RateLimitedError:
    """Return the error that says until when codes are blocked."""
    until = (row.last_wrong_at or now) + BRAKE_TIME
    message = _(
        "Sepuluh kode salah berturut-turut. Kode baru diterima lagi pukul %(time)s WITA; kunci sandi tetap dapat "
        "dipakai. Bukan Anda yang mencoba? Ganti kata sandi dan beri tahu administrator.",
        time=clock_time(until),
    )
    remaining_s = max(1, int((until - now).total_seconds()))
    return RateLimitedError("too many wrong codes", retry_after_s=remaining_s, user_message=message)


def clean_digits(typed: str) -> str:
    """Return the six typed digits without spaces and hyphens, or "" for any other input."""
    digits = "".join(typed.split()).replace("-", "")
    return digits if digits.isascii() and digits.isdecimal() and len(digits) == 6 else ""


def code_error(match: CodeMatch, now: datetime) -> InvalidInputError:
    """Return the error that explains why a code was rejected."""
    return InvalidInputError(f"code {match.fit.value}", user_message=describe_misfit(match, now), field="code")


def describe_misfit(match: CodeMatch, now: datetime) -> str:
    """Return why a code was rejected, and the next step."""
    if match.fit is CodeFit.USED:
        return str(_("Kode itu sudah dipakai. Tunggu angka berikutnya, paling lama 30 detik, lalu ketik."))
    if match.fit is not CodeFit.OFF or match.step is None:
        return str(_("Kode tidak cocok. Ketik enam angka yang sedang tampil di aplikasi, atau satu kode cadangan."))
    there = moment_of_step(match.step) + STEP / 2
    minutes = round(abs(there - now) / timedelta(minutes=1))
    if there < now and minutes < 2:
        return str(_("Kode itu sudah lewat. Ketik angka yang sedang tampil."))
    return str(
        _(
            "Jam HP Anda meleset kira-kira %(minutes)s menit: menurut HP sekarang pukul %(there)s, menurut kami "
            "%(here)s WITA. Nyalakan tanggal dan waktu otomatis di HP, lalu ketik angka yang baru.",
            minutes=max(1, minutes),
            there=clock_time(there),
            here=clock_time(now),
        )
    )


def clock_time(moment: datetime) -> str:
    """Return the time of day in WITA."""
    return moment.astimezone(WITA).strftime("%H.%M")


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
