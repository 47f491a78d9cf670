"""Ticket numbers: random, easy to read out, kept only as a digest."""

from __future__ import annotations

import hashlib
import re
import secrets

# Neither 0/O, 1/I, 2/Z, 5/S, 8/B nor U/V can be mixed up, and without vowels no word appears by chance.
LETTERS = "CDFGHJKLMNPQRTVWXY34679"
GROUPS, GROUP_LENGTH = 5, 4  # 20 of 23 letters: 90 random bits

_BETWEEN = re.compile(r"[\s.,:/\u2010-\u2015_-]+")


def new_ticket() -> str:
    """Return a fresh ticket, as "K7QD-M3XR-…": nobody can guess one, and nobody can count them."""
    return grouped("".join(secrets.choice(LETTERS) for _ in range(GROUPS * GROUP_LENGTH)))


def read_ticket(typed: str) -> str | None:
    """Return the ticket that somebody typed or read out, in its one form, or None where it cannot be one."""
    letters = _BETWEEN.sub("", typed[:200]).upper()
    whole = len(letters) == GROUPS * GROUP_LENGTH and set(letters) <= set(LETTERS)
    return grouped(letters) if whole else None


def ticket_digest(ticket: str) -> str:
    """Return what the database keeps of a ticket. With 90 random bits a plain SHA-256 cannot be searched."""
    return hashlib.sha256(ticket.encode()).hexdigest()


def grouped(letters: str) -> str:
    """Return the letters in groups with dashes between."""
    return "-".join(letters[at : at + GROUP_LENGTH] for at in range(0, len(letters), GROUP_LENGTH))
