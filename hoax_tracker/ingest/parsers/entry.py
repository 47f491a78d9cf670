"""The common form of feeds of every format: plain text, absolute links, aware UTC times, ready to store."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urljoin

from flask_babel import gettext as _, lazy_gettext as _l, ngettext

from hoax_tracker.core.content.html_to_text import strip_invisible
from hoax_tracker.errors import HoaxTrackerError
from hoax_tracker.ingest.parsers.canonical_url import absolute_url
from hoax_tracker.models import SourceKind

IMAGES_KEPT = 10
PROBLEMS_KEPT = 20
URL_LIMIT = 2000
AUTHOR_LIMIT = 200

_FUTURE_ALLOWED = timedelta(days=2)
_FIRST_FEEDS = datetime(1990, 1, 1, tzinfo=UTC)
_IMAGE = re.compile(r"""<img\b[^<>]*?\bsrc\s*=\s*["']?([^"'\s<>]+)""", re.IGNORECASE)
_SCALES = {"": 1, "k": 1000, "rb": 1000, "ribu": 1000, "m": 10**6, "jt": 10**6, "juta": 10**6, "b": 10**9}
_COUNT = re.compile(
    rf"(?P<number>[0-9]{{1,18}}(?:[., ][0-9]{{1,18}}){{0,6}})\s?(?P<scale>{'|'.join(filter(None, _SCALES))})?"
)
# "1.234" has its thousands apart, "12,34,567" as India writes it; a program that takes all numbers for fractions writes
# "12.0". "1.2345" is neither.
_WHOLE = re.compile(
    r"([0-9]{1,3}(?:[., ][0-9]{3})+|[0-9]{1,2}(?:,[0-9]{2})+,[0-9]{3}|[0-9]+)(?:[.,](?:0+|[0-9]{1,2}))?"
)
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*")


COUNT_LIMIT = 10**15
"""More than there are people and times they could look: a larger number is a fault, and fits no column."""


@dataclass(frozen=True, slots=True)
class EngagementCounts:
    """How far a post spread, by the counts of its source; None where the source gives no count."""

    replies: int | None = None
    likes: int | None = None
    shares: int | None = None
    views: int | None = None

    def or_none(self) -> EngagementCounts | None:
        """Return these counts, or None where the source gives none at all."""
        return None if self == EngagementCounts() else self


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """One entry of a feed.

    ``feed_id`` is the feed's own id (guid); ``url`` is canonical and leads to a web page; ``title`` is one line;
    ``published_at`` is the time of the update where the feed gives no other. Missing values are None or empty.
    """

    feed_id: str | None
    url: str | None
    title: str
    text: str
    author: str | None
    published_at: datetime | None
    updated_at: datetime | None
    language: str | None
    images: tuple[str, ...]
    counts: EngagementCounts | None = None


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed: every readable entry in the feed's order, and a description of what was wrong with the rest.

    ``kind`` follows from the content; many kinds of sources deliver ordinary feeds. ``hub`` sends new entries for the
    address ``topic`` (ingest/websub.py).
    """

    title: str
    link: str | None
    language: str | None
    entries: tuple[FeedEntry, ...]
    problems: tuple[str, ...]
    kind: SourceKind = SourceKind.FEED
    hub: str | None = None
    topic: str | None = None


class FeedError(HoaxTrackerError):
    """The bytes are not a feed. ``reason`` says why.

    For a web page, ``links`` holds the feeds that it names instead, and ``found`` describes what it shows.
    """

    status = 422
    user_message = _l("Isi di alamat itu bukan feed yang dapat dibaca. Periksa apakah alamatnya benar.")

    def __init__(
        self,
        url: str,
        reason: str,
        *,
        links: tuple[str, ...] = (),
        found: str = "",
        user_message: str | None = None,
    ) -> None:
        super().__init__(f"{url}: {reason}" if url else reason, user_message=user_message)
        self.url = url
        self.reason = reason
        self.links = links
        self.found = found


class FeedProblems:
    """Collects problems for the page that shows a source's health, and keeps only the first of very many."""

    def __init__(self) -> None:
        self._first: list[str] = []
        self._count = 0

    def add(self, text: str, entry: int | None = None) -> None:
        """Note one problem, worded for an officer; ``entry`` is the number of the entry, from 1.

        Where there may be millions, pass a lazy text: only the first problems are turned into words.
        """
        self._count += 1
        if len(self._first) >= PROBLEMS_KEPT:
            return
        if entry is not None:
            text = _("Entri %(number)d: %(text)s", number=entry, text=text)
        self._first.append(strip_invisible(str(text))[:300])

    def as_tuple(self) -> tuple[str, ...]:
        """Return the first problems, and the number of further ones."""
        more = self._count - len(self._first)
        return (*self._first, _("… dan %(count)d masalah lain", count=more)) if more else tuple(self._first)


def text_or_empty(value: object) -> str:
    """Return ``value`` where it is text, else "": feeds put any type of value anywhere."""
    return value if isinstance(value, str) else ""


def read_count(value: object) -> int | None:
    """Return a count of likes, views or the like, or None where ``value`` is not a count.

    It may be written "1.234", "1,2K", "3,4 jt" or 12.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    match = _COUNT.fullmatch(str(value).strip().lower().replace("\xa0", " "))
    if match is None:
        return None
    scale = _SCALES[match["scale"] or ""]
    digits = match["number"].replace(" ", "")
    if scale > 1 or isinstance(value, float):
        number = int(float(digits.replace(",", ".")) * scale) if digits.count(".") + digits.count(",") < 2 else None
    else:
        whole = _WHOLE.fullmatch(match["number"])
        number = int(re.sub(r"[., ]", "", whole[1])) if whole else None
    return number if number is not None and number <= COUNT_LIMIT else None


def read_entry_id(value: object) -> str | None:
    """Return an entry's own id unchanged, or None. A number, as in JSON feeds, becomes its digits."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = str(value)
    return strip_invisible(text_or_empty(value)).strip()[:URL_LIMIT] or None


def read_link(base: str, value: object) -> str | None:
    """Return the canonical absolute form of a link, or None where it leads nowhere or is too long to keep."""
    address = absolute_url(base, value) if isinstance(value, str) and value else None
    return address if address and len(address) <= URL_LIMIT else None


def find_related_link(base: str, links: object, relation: str) -> str | None:
    """Return the target of the first link with a relation, or None.

    The target stays unchanged, because a hub knows it by that form.
    """
    for link in links if isinstance(links, list) else ():
        named = (
            text_or_empty(link.get("href")).strip() if isinstance(link, dict) and link.get("rel") == relation else ""
        )
        if named and len(named) <= URL_LIMIT:
            return base_address(base, named)
    return None


def distinct_image_urls(base: str, candidates: Iterable[object]) -> tuple[str, ...]:
    """Return the distinct image addresses in their order, at most IMAGES_KEPT."""
    addresses = dict.fromkeys(address for candidate in candidates if (address := read_link(base, candidate)))
    return tuple(addresses)[:IMAGES_KEPT]


def base_address(url: str, base: object) -> str:
    """Return the base address of an entry's relative links: its xml:base, else the address of the feed."""
    if len(text_or_empty(base)) > URL_LIMIT:  # nothing that is relative to it is kept, and every link would pay for it
        return url
    try:
        return urljoin(url, text_or_empty(base))
    except ValueError:
        return url


def image_urls_in_markup(markup: str) -> list[str]:
    """Return the sources of the images in ``markup``, unchanged."""
    return _IMAGE.findall(markup) if "<img" in markup or "<IMG" in markup else []


def read_language(value: object) -> str | None:
    """Return a language tag such as "id" or "id-ID", or None where ``value`` is not one or is too long."""
    match = _LANGUAGE.fullmatch(text_or_empty(value).strip().replace("_", "-")[:16])
    return match[0] if match else None


def read_iso_datetime(
    text: str,
    now: datetime,
    number: int,
    problems: FeedProblems,
    other: Callable[[str], datetime | None] = lambda _: None,
) -> datetime | None:
    """Return an ISO 8601 time as aware UTC; ``other`` reads other forms.

    A date that neither can read is noted as a problem.
    """
    text = text.strip()
    if not text:
        return None
    try:
        parsed = datetime.fromisoformat(text)
        moment: datetime | None = parsed.astimezone(UTC) if parsed.tzinfo else parsed.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        moment = other(text)
    if moment is None:
        problems.add(_("tanggal «%(text)s» tidak terbaca", text=text[:60]), number)
    return plausible_date(moment, now, number, problems)


def plausible_date(moment: datetime | None, now: datetime, number: int, problems: FeedProblems) -> datetime | None:
    """Return ``moment`` unless it is implausible: from before feeds existed, or over two days ahead."""
    if moment is None or _FIRST_FEEDS <= moment <= now + _FUTURE_ALLOWED:
        return moment
    problems.add(_("tanggal %(date)s tidak masuk akal, diabaikan", date=f"{moment:%Y-%m-%d}"), number)
    return None


def note_repeated_ids(entries: Iterable[FeedEntry], problems: FeedProblems) -> None:
    """Note ids that several entries share.

    All the entries are kept; the code that stores them tells them apart.
    """
    seen: set[str] = set()
    for entry in entries:
        if entry.feed_id in seen:
            problems.add(_("Id «%(id)s» dipakai lebih dari satu entri", id=entry.feed_id))
        if entry.feed_id:
            seen.add(entry.feed_id)


def note_wordless_posts(entries: Iterable[FeedEntry], problems: FeedProblems) -> None:
    """Note how many posts have no words, only a picture or a recording: they are kept, but not judged."""
    number = sum(1 for entry in entries if not (entry.title or entry.text))
    if number:
        words = ngettext(
            "%(num)d unggahan tanpa kata-kata (gambar, video, suara) tidak dapat dinilai mesin; lihat di sumbernya",
            "%(num)d unggahan tanpa kata-kata (gambar, video, suara) tidak dapat dinilai mesin; lihat di sumbernya",
            number,
        )
        problems.add(words)
