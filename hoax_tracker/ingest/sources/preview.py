"""What an address holds, looked at before it becomes a source: its kind, where it is read, its first entries."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _

from hoax_tracker.core.fetch import Fetcher
from hoax_tracker.errors import HoaxTrackerError, Invalid
from hoax_tracker.ingest.parsers import parse
from hoax_tracker.ingest.parsers.entry import Entry, Feed, FeedError
from hoax_tracker.ingest.sources.address_kinds import Bridges, Plan, plan
from hoax_tracker.models import SourceKind

SHOWN = 5
MOST_DIGITS = 30


@dataclass(frozen=True)
class Preview:
    """What would be saved, and what it brings: ``url`` is read from then on, ``found_at`` is where the feed lies."""

    kind: SourceKind
    url: str
    found_at: str
    page: str | None
    feed: Feed

    @property
    def name(self) -> str:
        """A name for the source: what the feed calls itself."""
        return (self.feed.title or self.page or self.url)[:200]

    @property
    def first(self) -> tuple[Entry, ...]:
        """The newest entries."""
        dated = sorted(self.feed.entries, key=lambda one: one.published_at.timestamp() if one.published_at else 0.0)
        return tuple(dated[::-1][:SHOWN])


def look(given: str, fetcher: Fetcher, bridges: Bridges, now: datetime) -> Preview:
    """Return what an address holds; nothing is stored. Raises Invalid, in words, where nothing there can be read."""
    found = plan(given, bridges)
    failure: HoaxTrackerError | None = None
    for kind, url in addresses(found, given, fetcher):
        try:
            return read(kind, found.page, url, fetcher, now)
        except HoaxTrackerError as error:
            failure = failure or error
    message = str(failure.user_message) if failure else _("Akun itu tidak ditemukan. Periksa alamatnya.")
    raise Invalid(f"{given}: {failure or 'no such account'}", user_message=message, field="url") from failure


def addresses(found: Plan, given: str, fetcher: Fetcher) -> Iterator[tuple[SourceKind, str]]:
    """Yield what to look for and where, in order; an account's number is asked for first. At last the page itself."""
    for url in found.tries:
        if "{id}" not in url:
            yield found.kind, url
        elif number := account_number(found.lookup or "", fetcher):
            yield found.kind, url.replace("{id}", number)
    if given.strip() not in found.tries and given.strip().startswith(("http://", "https://")):
        yield SourceKind.FEED, given.strip()


def account_number(lookup: str, fetcher: Fetcher) -> str:
    """Return the number by which a Mastodon server knows an account, "" where it does not say."""
    try:
        answer = json.loads(fetcher.get(lookup).body)
    except (HoaxTrackerError, ValueError, RecursionError):
        return ""
    number = str(answer.get("id", "")) if isinstance(answer, dict) else ""
    return number if number.isascii() and number.isdigit() and len(number) <= MOST_DIGITS else ""


def read(kind: SourceKind, page: str | None, url: str, fetcher: Fetcher, now: datetime) -> Preview:
    """Fetch and parse one address; a page that names its feed is followed to it."""
    fetched = fetcher.get(url)
    found_at = fetched.url
    try:
        feed = parse(fetched.body, fetched.url, fetched.content_type, now=now)
    except FeedError as error:
        if not error.links:
            raise
        found_at = error.links[0]
        fetched = fetcher.get(found_at)
        feed = parse(fetched.body, fetched.url, fetched.content_type, now=now)
    if kind is SourceKind.FEED:
        # A site is kept by its own address: when it moves its feed, the next reading finds it there.
        return Preview(feed.kind, url, found_at, None, feed)
    return Preview(kind, found_at if kind is SourceKind.YOUTUBE else url, found_at, page, feed)
