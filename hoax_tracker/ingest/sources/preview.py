"""Preview an address before it becomes a source: its kind, where it is read, and its first entries."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _

from hoax_tracker.core.fetch import Fetcher
from hoax_tracker.errors import HoaxTrackerError, InvalidInputError
from hoax_tracker.ingest.parsers import parse_feed
from hoax_tracker.ingest.parsers.entry import Feed, FeedEntry, FeedError
from hoax_tracker.ingest.sources.address_kinds import AddressPlan, Bridges, plan_address
from hoax_tracker.models import SourceKind

ENTRIES_SHOWN = 5
ACCOUNT_DIGITS_LIMIT = 30


@dataclass(frozen=True)
class SourcePreview:
    """The source that would be saved, and its entries.

    ``url`` is read from then on; ``found_at`` is the address of the feed.
    """

    kind: SourceKind
    url: str
    found_at: str
    page: str | None
    feed: Feed

    @property
    def name(self) -> str:
        """A name for the source: the title of the feed."""
        return (self.feed.title or self.page or self.url)[:200]

    @property
    def first(self) -> tuple[FeedEntry, ...]:
        """The newest entries."""
        dated = sorted(
            self.feed.entries, key=lambda entry: entry.published_at.timestamp() if entry.published_at else 0.0
        )
        return tuple(dated[::-1][:ENTRIES_SHOWN])


def preview_source(address: str, fetcher: Fetcher, bridges: Bridges, now: datetime) -> SourcePreview:
    """Return the content behind an address. Nothing is stored.

    Raises InvalidInputError, with a message for people, where nothing there can be read.
    """
    plan = plan_address(address, bridges)
    failure: HoaxTrackerError | None = None
    for kind, url in _candidate_addresses(plan, address, fetcher):
        try:
            return _fetch_preview(kind, plan.page, url, fetcher, now)
        except HoaxTrackerError as error:
            failure = failure or error
    message = str(failure.user_message) if failure else _("Akun itu tidak ditemukan. Periksa alamatnya.")
    raise InvalidInputError(
        f"{address}: {failure or 'no such account'}", user_message=message, field="url"
    ) from failure


def _candidate_addresses(plan: AddressPlan, address: str, fetcher: Fetcher) -> Iterator[tuple[SourceKind, str]]:
    """Yield the kinds and addresses to try, in order, the page itself last.

    The number of an account is fetched first.
    """
    for url in plan.tries:
        if "{id}" not in url:
            yield plan.kind, url
        elif number := _fetch_account_number(plan.lookup or "", fetcher):
            yield plan.kind, url.replace("{id}", number)
    if address.strip() not in plan.tries and address.strip().startswith(("http://", "https://")):
        yield SourceKind.FEED, address.strip()


def _fetch_account_number(lookup: str, fetcher: Fetcher) -> str:
    """Return the number by which a Mastodon server knows an account, or "" where it gives none."""
    try:
        answer = json.loads(fetcher.get(lookup).body)
    except (HoaxTrackerError, ValueError, RecursionError):
        return ""
    number = str(answer.get("id", "")) if isinstance(answer, dict) else ""
    return number if number.isascii() and number.isdigit() and len(number) <= ACCOUNT_DIGITS_LIMIT else ""


def _fetch_preview(kind: SourceKind, page: str | None, url: str, fetcher: Fetcher, now: datetime) -> SourcePreview:
    """Fetch and parse one address. Where a page names its feed, the feed is fetched."""
    fetched = fetcher.get(url)
    found_at = fetched.url
    try:
        feed = parse_feed(fetched.body, fetched.url, fetched.content_type, now=now)
    except FeedError as error:
        if not error.links:
            raise
        found_at = error.links[0]
        fetched = fetcher.get(found_at)
        feed = parse_feed(fetched.body, fetched.url, fetched.content_type, now=now)
    if kind is SourceKind.FEED:
        # A site is kept by its own address: when it moves its feed, the next reading finds it there.
        return SourcePreview(feed.kind, url, found_at, None, feed)
    return SourcePreview(kind, found_at if kind is SourceKind.YOUTUBE else url, found_at, page, feed)
