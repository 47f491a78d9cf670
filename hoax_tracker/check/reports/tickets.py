"""Ticket numbers: random, easy to read out, stored only as a digest.

A form carries a random key, and its ticket is derived from key and content. Sent twice (a double tap, a retry on a slow
link), it has the same ticket, and the database keeps one report. The key is stored nowhere, and the ticket cannot be
derived without it.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence

# Neither 0/O, 1/I, 2/Z, 5/S, 8/B nor U/V can be mixed up, and without vowels no word appears by chance.
TICKET_LETTERS = "CDFGHJKLMNPQRTVWXY34679"
TICKET_GROUPS, GROUP_LENGTH = 5, 4  # 20 of 23 letters: 90 random bits

_KEY = re.compile(r"[A-Za-z0-9_-]{22}\Z")
_BETWEEN = re.compile(r"[\s.,:/\u2010-\u2015_-]+")


def new_ticket() -> str:
    """Return a fresh ticket, as "K7QD-M3XR-…", which can be neither guessed nor counted."""
    return _format_ticket("".join(secrets.choice(TICKET_LETTERS) for _ in range(TICKET_GROUPS * GROUP_LENGTH)))


def new_form_key() -> str:
    """Return a fresh key for a form: 128 random bits."""
    return secrets.token_urlsafe(16)


def read_form_key(form_key: str) -> str:
    """Return a valid form key, or ""."""
    return form_key if _KEY.match(form_key) else ""


def derive_ticket(key: str, content: Sequence[str], secret: str) -> str:
    """Return the ticket for a key and content: equal for equal content."""
    payload = "\0".join([key, *(hashlib.sha256(part.encode()).hexdigest() for part in content)])
    number = int.from_bytes(hmac.digest(secret.encode(), f"ticket|{payload}".encode(), "sha256"), "big")
    letters = []
    for _ in range(TICKET_GROUPS * GROUP_LENGTH):
        number, place = divmod(number, len(TICKET_LETTERS))
        letters.append(TICKET_LETTERS[place])
    return _format_ticket("".join(letters))


def read_ticket(typed: str) -> str | None:
    """Return a typed ticket in canonical form, or None where it cannot be one."""
    letters = _BETWEEN.sub("", typed[:200]).upper()
    whole = len(letters) == TICKET_GROUPS * GROUP_LENGTH and set(letters) <= set(TICKET_LETTERS)
    return _format_ticket(letters) if whole else None


def ticket_digest(ticket: str) -> str:
    """Return the stored digest of a ticket. With 90 random bits a plain SHA-256 cannot be searched."""
    return hashlib.sha256(ticket.encode()).hexdigest()


def _format_ticket(letters: str) -> str:
    """Return the letters in groups joined by dashes."""
    return "-".join(letters[start : start + GROUP_LENGTH] for start in range(0, len(letters), GROUP_LENGTH))
