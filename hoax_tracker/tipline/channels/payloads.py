"""Reading what a service delivers: JSON whose every part may be missing, of another type, or made up."""

from __future__ import annotations

import base64
import binascii
import re
from datetime import UTC, datetime, timedelta
from typing import Any

LONGEST_TEXT = 20_000
LONGEST_ID = 200
LONGEST_SENDER = 128
LONGEST_MEDIA_ID = 300

_HEX = re.compile(r"[0-9a-f]{64}")


def read_dict(value: Any) -> dict[str, Any]:
    """Return an object; {} for anything else."""
    return value if isinstance(value, dict) else {}


def read_dicts(value: Any) -> list[dict[str, Any]]:
    """Return the objects of a list; [] for anything else."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def read_text(value: Any, most: int = LONGEST_TEXT) -> str:
    """Return a text that any database can hold; "" for anything else."""
    text = value if isinstance(value, str) else ""
    return text[:most].replace("\0", "").encode("utf-8", "replace").decode("utf-8")


def read_id(value: Any, most: int = LONGEST_ID) -> str:
    """Return an id, given as a text or a number; "" for anything else, and for one that is too long."""
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    return text if isinstance(text, str) and 0 < len(text) <= most and text.isprintable() else ""


def read_count(value: Any) -> int:
    """Return a whole number from 0; 0 for anything else."""
    return value if isinstance(value, int) and value > 0 else 0


def read_moment(value: Any, now: datetime) -> datetime:
    """Return the moment of seconds since 1970, as a number or a text; ``now`` for none and for one to come."""
    try:
        moment = datetime.fromtimestamp(int(value), UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        return now
    return min(moment, now)


def is_too_old(moment: datetime, now: datetime, age: timedelta) -> bool:
    """Tell whether a moment lies further back than an age."""
    return now - moment > age


def read_sha256(value: Any) -> str:
    """Return a SHA-256 in hex, given in hex or in base64; "" for anything else."""
    text = value.strip() if isinstance(value, str) else ""
    if _HEX.fullmatch(text.lower()):
        return text.lower()
    try:
        digest = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return ""
    return digest.hex() if len(digest) == 32 else ""
