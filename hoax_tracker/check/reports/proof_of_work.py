"""What holds back floods of reports: a puzzle for the browser, and a block for who repeatedly sends junk.

A browser with scripts spends a second of computing on its report; a flood would need a machine room. The form carries a
signed puzzle with its time, so the server stores nothing. The browser searches for a number whose SHA-256 together with
the puzzle begins with enough zero bits. Solved puzzles have a larger limit of their own (check/rate_limits.py), so a
flood without scripts cannot close the form to residents' browsers. Without scripts the usual limit holds.

A blocked sender cannot report for a week, and is told so in neutral words. A report keeps a digest of its connection,
made with the secret key and the week: enough to see that three reports share a connection, never which. It is deleted
after fourteen days. Many people share an address in a mobile network, so a block needs three reports rejected as junk,
and closes only the form: checking continues.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.rate_limiting import digest_use, network_of_address, window_number
from hoax_tracker.errors import RateLimitedError
from hoax_tracker.models import Report, db

# About 32,000 tries: a fifth of a second on a laptop, some two seconds on an old phone.
ZERO_BITS = 15
PUZZLE_VALID_FOR = timedelta(hours=2)
LONGEST_ANSWER = 20


def new_puzzle(settings: Settings, now: datetime) -> str:
    """Return a puzzle: its time, a random part, and our signature."""
    body = f"{int(now.timestamp()):x}.{secrets.token_hex(8)}"
    return f"{body}.{_sign_puzzle(body, settings)}"


def _sign_puzzle(body: str, settings: Settings) -> str:
    return hmac.new(settings.secret_key.encode(), f"puzzle|{body}".encode(), hashlib.sha256).hexdigest()[:32]


def is_solved(puzzle: str, answer: str, settings: Settings, now: datetime) -> bool:
    """Tell whether the puzzle is ours, still valid, and solved by the answer."""
    body, _, signed = puzzle.rpartition(".")
    if not answer.isascii() or not answer.isdecimal() or len(answer) > LONGEST_ANSWER:
        return False
    if not hmac.compare_digest(signed.encode(), _sign_puzzle(body, settings).encode()):
        return False
    made = datetime.fromtimestamp(int(body.partition(".")[0], 16), now.tzinfo)
    digest = int.from_bytes(hashlib.sha256(f"{puzzle}:{answer}".encode()).digest()[:4], "big")
    return timedelta(0) <= now - made <= PUZZLE_VALID_FOR and digest >> (32 - ZERO_BITS) == 0


WEEK = timedelta(days=7)
JUNK_BEFORE_REFUSING = 3


class SenderBlockedError(RateLimitedError):
    """Reports from this connection are refused for now."""

    user_message = _l(
        "Aduan dari sambungan internet ini untuk sementara tidak diterima lewat formulir. Anda tetap dapat memeriksa "
        "pesan di halaman depan, atau datang ke kantor PPID."
    )


def digest_sender(address: str, now: datetime) -> str:
    """Return the digest of a connection for one week, from which no address can be derived."""
    return digest_use("sender", network_of_address(address), window_number(WEEK, now))


def list_sender_digests(address: str, now: datetime) -> list[str]:
    """Return the digests of a connection of this week and the last."""
    return [digest_sender(address, moment) for moment in (now, now - WEEK)]


def require_unblocked_sender(address: str, now: datetime) -> None:
    """Raise SenderBlockedError where three reports of the last week from this connection were rejected as junk."""
    digests = list_sender_digests(address, now)
    query = (
        sa.select(sa.func.count())
        .select_from(Report)
        .where(Report.sender_digest.in_(digests), Report.is_junk, Report.received_at > now - WEEK)
    )
    if (db.session.scalar(query) or 0) >= JUNK_BEFORE_REFUSING:
        raise SenderBlockedError("junk came from this connection", retry_after_s=86_400)
