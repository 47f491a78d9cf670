"""Proof of work: a browser with scripts spends a second of computing on its report; a flood would need a machine room.

The form carries a signed puzzle with its time, so the server stores nothing. The browser searches for a number whose
SHA-256 together with the puzzle begins with enough zero bits. Solved puzzles have a larger limit of their own, so a
flood without scripts cannot close the form to residents' browsers. Without scripts nothing is asked, and the usual
limit holds.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta

from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.rate_limiting.limiter import consume_limit, consume_limit_once
from hoax_tracker.errors import RateLimitedError
from hoax_tracker.models import db

# About 32,000 tries: a fifth of a second on a laptop, some two seconds on an old phone.
ZERO_BITS = 15
PUZZLE_VALID_FOR = timedelta(hours=2)
SOLVED_LIMIT_FACTOR = 3
LONGEST_ANSWER = 20


def new_puzzle(settings: Settings, now: datetime) -> str:
    """Return a puzzle: its time, a random part, and our signature."""
    body = f"{int(now.timestamp()):x}.{secrets.token_hex(8)}"
    return f"{body}.{sign_puzzle(body, settings)}"


def sign_puzzle(body: str, settings: Settings) -> str:
    """Return the signature of a puzzle."""
    return hmac.new(settings.secret_key.encode(), f"puzzle|{body}".encode(), hashlib.sha256).hexdigest()[:32]


def is_solved(puzzle: str, answer: str, settings: Settings, now: datetime) -> bool:
    """Tell whether the puzzle is ours, still valid, and solved by the answer."""
    body, _, signed = puzzle.rpartition(".")
    if not answer.isascii() or not answer.isdecimal() or len(answer) > LONGEST_ANSWER:
        return False
    if not hmac.compare_digest(signed.encode(), sign_puzzle(body, settings).encode()):
        return False
    made = datetime.fromtimestamp(int(body.partition(".")[0], 16), now.tzinfo)
    digest = int.from_bytes(hashlib.sha256(f"{puzzle}:{answer}".encode()).digest()[:4], "big")
    return timedelta(0) <= now - made <= PUZZLE_VALID_FOR and digest >> (32 - ZERO_BITS) == 0


def consume_report_limit(who: str, settings: Settings, now: datetime, puzzle: str = "", answer: str = "") -> None:
    """Count one report of an address, in the current transaction.

    Raises RateLimitedError beyond its limit or the limit in total. Each solved puzzle counts once.
    """
    room = (
        SOLVED_LIMIT_FACTOR
        if is_solved(puzzle, answer, settings, now) and use_puzzle_once(puzzle, settings, now)
        else 1
    )
    name = "report with work" if room > 1 else "report"
    hour, secret = timedelta(hours=1), settings.secret_key
    limit, total = room * settings.reports_per_hour, room * settings.reports_per_hour_in_total
    consume_limit(name, who, limit=limit, in_total=total, window=hour, secret=secret, now=now)


def use_puzzle_once(puzzle: str, settings: Settings, now: datetime) -> bool:
    """Record that a puzzle was used; False where it was used before."""
    try:
        with db.session.begin_nested():
            # Twice as long as it is valid: a window that ends in between does not forget it.
            consume_limit_once("puzzle", puzzle, window=2 * PUZZLE_VALID_FOR, secret=settings.secret_key, now=now)
    except RateLimitedError:
        return False
    return True
