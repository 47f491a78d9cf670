"""Questions to a service's interface, through the guarded fetcher: JSON out, JSON back; and reading what it delivers.

An address or a header may hold a key, so that no error here names an address, and none has a cause that does.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from hoax_tracker.core.fetch import Fetcher, FetchError
from hoax_tracker.tipline.messages import MediaUnavailable, TemporarySendError

MEDIA_LIMIT_BYTES = 20 * 2**20
"""What Telegram lets a bot fetch at most; a voice note or a video of WhatsApp is smaller."""
ANSWER_WITHIN_S = 20.0
AGAIN_AFTER_S = 60.0
LONGEST_WAIT_S = 3600.0
LONGEST_WORDS = 180

_LONG_NUMBER = re.compile(r"\+?\d{7,}")


@dataclass(frozen=True)
class ApiAnswer:
    """An answer: its status, its JSON object ({} for anything else), and the Retry-After header in seconds."""

    status: int
    content: Mapping[str, Any]
    retry_after: float | None = None

    @property
    def is_server_fault(self) -> bool:
        """True where the service itself is troubled or has too much to do."""
        return self.status == 429 or self.status >= 500


def make_fetcher(allow: frozenset[tuple[str, int]]) -> Fetcher:
    """Return the fetcher of the channels."""
    return Fetcher(
        allow,
        timeout_s=ANSWER_WITHIN_S,
        connect_timeout_s=ANSWER_WITHIN_S / 2,
        size_limit_bytes=MEDIA_LIMIT_BYTES,
    )


def ask_api(
    fetcher: Fetcher, url: str, headers: Mapping[str, str], payload: Mapping[str, Any] | None = None
) -> ApiAnswer:
    """Return the answer to a GET, or to a POST of the payload. Raises TemporarySendError where none comes."""
    message = None if payload is None else json.dumps(payload).encode()
    sent = {**headers, "Accept": "application/json"} | ({} if message is None else {"Content-Type": "application/json"})
    try:
        response = fetcher.ask(url, sent, message)
    except FetchError as error:
        raise TemporarySendError(type(error).__name__, retry_after=AGAIN_AFTER_S) from None
    return ApiAnswer(response.status, read_object(response.body), read_seconds(response.headers.get("retry-after")))


def download(fetcher: Fetcher, url: str, headers: Mapping[str, str]) -> bytes:
    """Return the bytes at an address. Raises MediaUnavailable."""
    try:
        response = fetcher.ask(url, headers)
    except FetchError as error:
        raise MediaUnavailable(type(error).__name__) from None
    if response.status != 200:
        raise MediaUnavailable(f"HTTP {response.status}")
    return response.body


def read_object(body: bytes) -> Mapping[str, Any]:
    """Return the JSON object of a body; {} for anything else."""
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def read_seconds(value: Any) -> float | None:
    """Return a number of seconds to wait, within bounds; None for anything else."""
    try:
        return min(max(float(value), 0.0), LONGEST_WAIT_S)
    except (TypeError, ValueError):
        return None


def shorten_words(text: object) -> str:
    """Return what the other side said, cut off, without what cannot be printed and without telephone numbers."""
    printable = "".join(character for character in " ".join(str(text).split()) if character.isprintable())
    return _LONG_NUMBER.sub("…", printable)[:LONGEST_WORDS]


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
