"""Dates as Indonesian sites write them, which feedparser reads as UTC or not at all."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

_ZONES = {"wib": 7, "wita": 8, "wit": 9, "gmt": 0, "utc": 0, "z": 0}
_MONTHS = {"jan": 1, "feb": 2, "peb": 2, "mar": 3, "apr": 4, "mei": 5, "may": 5, "jun": 6, "jul": 7, "agu": 8}
_MONTHS |= {"ags": 8, "aug": 8, "sep": 9, "okt": 10, "oct": 10, "nov": 11, "nop": 11, "des": 12, "dec": 12}
_DATE = re.compile(
    r"""(?:[a-z']+(?:\s*,\s*|\s+))?                                 # the day's name
        (?P<day>[0-9]{1,2})[\s/.-]+(?P<month>[a-z]+\.?|[0-9]{1,2})[\s/.-]+(?P<year>[0-9]{4})
        (?:[\s,|-]+(?:pukul\s+|jam\s+)?(?P<hour>[0-9]{1,2})[:.](?P<minute>[0-9]{2})(?:[:.](?P<second>[0-9]{2}))?)?
        \s*(?P<zone>wita|wib|wit|z|(?:gmt|utc)?\s*[+-][0-9]{1,2}:?(?:[0-9]{2})?|gmt|utc)?\s*""",
    re.IGNORECASE | re.VERBOSE,
)
_LOCAL_ZONE = re.compile(r"\bWI(?:B|TA?)\b", re.IGNORECASE)
DATE_LENGTH_LIMIT = 100
"""What is longer, in characters, is no date; patterns with words in them take long to say so."""

_UNIX_SECONDS = re.compile(r"[0-9]{10}")


def has_local_zone(text: str) -> bool:
    """Say whether ``text`` names WIB, WITA or WIT, the zones that feedparser takes for UTC."""
    return _LOCAL_ZONE.search(text) is not None


def parse_local_date(text: str) -> datetime | None:
    """Return the moment (aware, UTC) of a date such as "Sel, 24 Agustus 2026 14.05 WITA", or None.

    Day before month; without a zone it is WITA, Kupang's own.
    """
    text = text.strip()
    if len(text) > DATE_LENGTH_LIMIT:
        return None
    if _UNIX_SECONDS.fullmatch(text):
        return datetime.fromtimestamp(int(text), UTC)
    match = _DATE.fullmatch(text)
    month = match and _month_number(match["month"].lower())
    if not match or not month:
        return None
    hour, minute, second = (int(match[part] or 0) for part in ("hour", "minute", "second"))
    try:
        zone = _time_zone(match["zone"])
        return datetime(int(match["year"]), month, int(match["day"]), hour, minute, second, 0, zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _month_number(name: str) -> int | None:
    return int(name) if name.isdigit() else _MONTHS.get(name[:3])


def _time_zone(name: str | None) -> timezone:
    name = (name or "wita").lower().replace(" ", "")
    if name in _ZONES:
        return timezone(timedelta(hours=_ZONES[name]))
    digits = name.removeprefix("gmt").removeprefix("utc").replace(":", "")
    hours, minutes = (digits[1:3], digits[3:] or "0")
    offset = timedelta(hours=int(hours), minutes=int(minutes))
    return timezone(-offset if digits[0] == "-" else offset)
