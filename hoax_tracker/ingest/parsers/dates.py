"""Dates that feedparser reads as UTC or not at all: of Indonesian sites, and of social media monitoring tools' exports.

CrowdTangle names American time zones, Meltwater and Excel write AM and PM, X begins with the weekday and ends with the
year, Talkwalker counts milliseconds.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta, timezone

from hoax_tracker.clock import WITA

_ZONES = {"wib": 7, "wita": 8, "wit": 9, "gmt": 0, "utc": 0, "z": 0}
_MONTHS = {"jan": 1, "feb": 2, "peb": 2, "mar": 3, "apr": 4, "mei": 5, "may": 5, "jun": 6, "jul": 7, "agu": 8}
_MONTHS |= {"ags": 8, "agt": 8, "aug": 8, "sep": 9, "okt": 10, "oct": 10, "nov": 11, "nop": 11, "des": 12, "dec": 12}
_MONTHS |= {"fev": 2, "abr": 4, "mai": 5, "ago": 8, "set": 9, "out": 10, "dez": 12}
# Timor-Leste writes Portuguese: "sexta-feira, 20 de novembro de 2026, às 14h05".
_PORTUGUESE = (
    (re.compile(r"\A(?:segunda|ter[cç]a|quarta|quinta|sexta|s[aá]bado|domingo)(?:-feira)?\s*,?\s+", re.IGNORECASE), ""),
    (re.compile(r"\s+de\s+", re.IGNORECASE), " "),
    (re.compile(r",?\s+[aà]s\s+(?=\d)", re.IGNORECASE), " "),
    (re.compile(r"(?<=\d)\s?h\s?(?=\d{2}\b)", re.IGNORECASE), ":"),
)
_WEEKDAYS = {"sen": 0, "mon": 0, "sel": 1, "tue": 1, "rab": 2, "wed": 2, "kam": 3, "thu": 3, "jum": 4, "fri": 4}
_WEEKDAYS |= {"sab": 5, "sat": 5, "min": 6, "aha": 6, "sun": 6}
_SPACERS = str.maketrans("()\u00b7\u2022\u2013\u2014/", "    --/")
_CLOCK_FIRST = re.compile(
    r"\A(?:pukul\s+|jam\s+)?([0-9]{1,2}[:.][0-9]{2}(?:[:.][0-9]{2})?\s*(?:wita|wib|wit)?)[\s,-]+(.*[0-9]{4})",
    re.IGNORECASE,
)
_DATE = re.compile(
    r"""(?:[a-z.]+\s+-\s+)?                                          # the newspaper's name
        (?:(?P<weekday>[a-z'\u2019]+)(?:\s*,\s*|\s+))?                # or the place
        (?P<day>[0-9]{1,2})[\s/.-]+(?P<month>[a-z]+\.?|[0-9]{1,2})[\s/.-]+(?P<year>[0-9]{4})
        (?:[\s,|/-]+(?:pukul\s+|jam\s+)?(?P<hour>[0-9]{1,2})[:.](?P<minute>[0-9]{2})(?:[:.](?P<second>[0-9]{2}))?)?
        \s*(?P<zone>wita|wib|wit|z|(?:gmt|utc)?\s*[+-][0-9]{1,2}:?(?:[0-9]{2})?|gmt|utc)?\s*""",
    re.IGNORECASE | re.VERBOSE,
)
_LOCAL_ZONE = re.compile(r"\bWI(?:B|TA?)\b", re.IGNORECASE)
DATE_LENGTH_LIMIT = 100
"""What is longer, in characters, is no date; patterns with words in them take long to say so."""

_UNIX_SECONDS = re.compile(r"[0-9]{10}")


def has_local_zone(text: str) -> bool:
    """Tell whether ``text`` names WIB, WITA or WIT, the zones that feedparser takes for UTC."""
    return _LOCAL_ZONE.search(text) is not None


def parse_local_date(text: str) -> datetime | None:
    """Return the time (aware, UTC) of a date such as "Sel, 24 Agustus 2026 14.05 WITA", or None.

    The day comes before the month unless the weekday says otherwise. A date without a zone is in WITA, the zone of
    Kupang.
    """
    text = text.strip()
    if len(text) > DATE_LENGTH_LIMIT:
        return None
    if _UNIX_SECONDS.fullmatch(text):
        return datetime.fromtimestamp(int(text), UTC)
    for pattern, plain in _PORTUGUESE:
        text = pattern.sub(plain, text)
    text = " ".join(text.translate(_SPACERS).split())
    match = _DATE.fullmatch(_CLOCK_FIRST.sub(r"\2 \1", text))
    month = match and _month_number(match["month"].lower())
    if not match or not month:
        return None
    hour, minute, second = (int(match[part] or 0) for part in ("hour", "minute", "second"))
    try:
        day, month = _order_day_and_month(match, month)
        zone = _time_zone(match["zone"])
        return datetime(int(match["year"]), month, day, hour, minute, second, 0, zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _order_day_and_month(match: re.Match[str], month: int) -> tuple[int, int]:
    """Return day and month in the given order, swapped only where that alone matches the given weekday.

    Both must be digits. Raises ValueError where no such day exists.
    """
    day, year, weekday = int(match["day"]), int(match["year"]), _WEEKDAYS.get((match["weekday"] or "").lower()[:3])
    if weekday is None or day > 12 or not match["month"].isdigit() or date(year, month, day).weekday() == weekday:
        return day, month
    return (month, day) if date(year, day, month).weekday() == weekday else (day, month)


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


_EXPORT_ZONES = {"utc": 0, "gmt": 0, "wib": 7, "wita": 8, "wit": 9, "sgt": 8, "myt": 8, "cet": 1, "cest": 2, "bst": 1}
_EXPORT_ZONES |= {"est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6, "pst": -8, "pdt": -7}
_ZONE = re.compile(rf"(?<=[\d\s])(?:{'|'.join(_EXPORT_ZONES)})(?=$|\s)", re.IGNORECASE)
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
    text = _ZONE.sub(lambda match: f"{_EXPORT_ZONES[match[0].lower()]:+03d}:00", text)
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
