"""Time: aware UTC inside, WITA (Asia/Makassar) on screen."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

WITA = ZoneInfo("Asia/Makassar")


def utc_now() -> datetime:
    """Return the present moment, aware, in UTC. Services take ``now`` as a parameter; only their callers ask here."""
    return datetime.now(UTC)
