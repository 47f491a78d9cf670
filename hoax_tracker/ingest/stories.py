"""What an item's page tells: its main text, unless readers are sent to the front page instead."""

from __future__ import annotations

from urllib.parse import urlsplit

from hoax_tracker.fetch import Fetched
from hoax_tracker.ingest.page_text import main_text
from hoax_tracker.visits import PageGone


def story(url: str, fetched: Fetched) -> str:
    """Return the main text of a page, "" where it has none. Raises PageGone."""
    if is_front_page(fetched.url) and not is_front_page(url):
        raise PageGone(url, "the site leads to its front page instead")
    return main_text(fetched.body, fetched.content_type)


def is_front_page(url: str) -> bool:
    """Tell whether an address leads to a site's front page, where many sites send readers of what is gone."""
    parts = urlsplit(url)
    return not parts.path.strip("/") and not parts.query
