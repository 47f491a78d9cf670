"""Read a body as it comes from an address or a file."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from hoax_tracker.ingest.parsers import parse_feed
from hoax_tracker.ingest.parsers.entry import Feed

NOW = datetime(2026, 11, 24, 8, 5, tzinfo=UTC)
PUBLISHED = datetime(2026, 11, 20, 1, tzinfo=UTC)


def read(body: str | bytes | dict[str, Any] | list[Any], url: str = "") -> Feed:
    """Return the feed in a body."""
    text = body if isinstance(body, str | bytes) else json.dumps(body, ensure_ascii=False)
    return parse_feed(text if isinstance(text, bytes) else text.encode(), url, None, now=NOW)


def json_lines(*values: Any) -> str:
    """Return values one a line, as many tools save them."""
    return "".join(f"{json.dumps(value, ensure_ascii=False)}\n" for value in values)
