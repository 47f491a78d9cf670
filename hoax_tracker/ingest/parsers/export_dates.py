"""Convert the dates in exports of social media monitoring tools to forms that the other readers know.

CrowdTangle names American time zones, Meltwater and Excel write AM and PM, X begins with the weekday and ends with the
year, Talkwalker counts milliseconds.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime

from hoax_tracker.clock import WITA
from hoax_tracker.ingest.parsers.dates import DATE_LENGTH_LIMIT, parse_local_date

_ZONES = {"utc": 0, "gmt": 0, "wib": 7, "wita": 8, "wit": 9, "sgt": 8, "myt": 8, "cet": 1, "cest": 2, "bst": 1}
_ZONES |= {"est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6, "pst": -8, "pdt": -7}
_ZONE = re.compile(rf"(?<=[\d\s])(?:{'|'.join(_ZONES)})(?=$|\s)", re.IGNORECASE)
_HALF_DAY = re.compile(r"\b(\d{1,2})[:.](\d{2})((?:[:.]\d{2})?)(?:\.\d+)?\s*([ap])\.?\s?m\b\.?", re.IGNORECASE)
# A year of two digits only behind "/": "26-11-24" may begin with it.
_SLASHED = re.compile(r"\s*(\d{1,2})([/.-])(\d{1,2})\2(\d{4}|(?<=/)\d{2})(?!\d)")
_YEAR_FIRST = re.compile(r"(\d{4})[/.](\d{1,2})[/.](\d{1,2})(?!\d)")
_MONTH_FIRST = re.compile(r"(?:[a-z]+,?\s+)?([a-z]{3,9})\.?\s+(\d{1,2}),?\s+(\d{4})\b", re.IGNORECASE)
_YEAR_LAST = re.compile(r"[a-z]{3}\s+([a-z]{3})\s+(\d{1,2})\s+([\d:]+)\s+(\S+)\s+(\d{4})", re.IGNORECASE)
_ORDINAL = re.compile(r"(?<=\d)(?:st|nd|rd|th)\b", re.IGNORECASE)
_SINCE_1970 = re.compile(r"(\d{10})(?:\d{3}|\.\d+)?")


def has_month_first(values: Sequence[str]) -> bool:
    """Tell whether a column of dates puts the month before the day: some value allows no other reading."""
    parts = [match for value in values if (match := _SLASHED.match(value))]
    return any(int(part[3]) > 12 for part in parts) and all(int(part[1]) <= 12 for part in parts)


def parse_exported_date(text: str, *, month_first: bool) -> datetime | None:
    """Return the time as aware UTC, or None. A date without a zone is in Kupang's local time."""
    text = text.strip()
    if len(text) > DATE_LENGTH_LIMIT:
        return None
    counted = _SINCE_1970.fullmatch(text)
    if counted:
        return datetime.fromtimestamp(int(counted[1]), UTC)
    text = " ".join(_HALF_DAY.sub(_convert_to_24_hour, text.replace(" at ", " ")).split())
    text = _YEAR_LAST.sub(r"\2 \1 \5 \3 \4", text)
    text = _MONTH_FIRST.sub(r"\2 \1 \3", text)
    text = _put_day_first(text, month_first)
    text = _ZONE.sub(lambda match: f"{_ZONES[match[0].lower()]:+03d}:00", text)
    moment = parse_local_date(text)
    if moment is not None:
        return moment
    try:
        moment = datetime.fromisoformat(text.replace(" +", "+").replace(" -", "-"))
        return (moment if moment.tzinfo else moment.replace(tzinfo=WITA)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def parse_unambiguous_date(text: str) -> datetime | None:
    """Return the time of a date without a column beside it, or None where day and month could be swapped."""
    if len(text) > DATE_LENGTH_LIMIT:
        return None
    text = _ORDINAL.sub("", text.strip())
    slashed = _SLASHED.match(text)
    if slashed is None:
        return parse_exported_date(text, month_first=False)
    first, _sign, second, year = slashed.groups()
    is_certain = len(year) == 4 and (first == second or max(int(first), int(second)) > 12)
    return parse_exported_date(text, month_first=int(second) > 12) if is_certain else None


def _put_day_first(text: str, month_first: bool) -> str:
    """Return a numeric date with the day first, or as ISO 8601 where it begins with the year."""
    slashed = _SLASHED.match(text)
    if slashed:
        first, sign, second, year = slashed.groups()
        day, month = (second, first) if month_first else (first, second)
        return f"{day}{sign}{month}{sign}{year if len(year) == 4 else f'20{year}'}{text[slashed.end() :]}"
    begun = _YEAR_FIRST.match(text)
    return f"{begun[1]}-{begun[2]:0>2}-{begun[3]:0>2}{text[begun.end() :]}" if begun else text


def _convert_to_24_hour(match: re.Match[str]) -> str:
    """Return a time with AM or PM in 24-hour form. An hour that is already past 12 stays."""
    hour, afternoon = int(match[1]), match[4].lower() == "p"
    if hour <= 12:
        hour = hour % 12 + 12 * afternoon
    return f" {hour:02d}:{match[2]}{match[3].replace('.', ':')}"
