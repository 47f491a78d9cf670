"""Copies of the pages that evidence links to, kept by the worker as they were when somebody still could read them.

A link is fetched soon after it was added and looked at again after a day, a week and a month: whether it says
something else by then, or nothing. The copy stays the first one. Bytes count for the digest that is shown; what a
reader sees of them counts for "changed", because most pages differ in something with every request.
"""

from __future__ import annotations

import codecs
import hashlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from flask_babel import force_locale

from hoax_tracker.clean import strip_html
from hoax_tracker.config import Settings
from hoax_tracker.database import reading, writing
from hoax_tracker.fetch import AddressRefused, BadStatus, Fetcher, FetchError
from hoax_tracker.models import Evidence, EvidenceCopy, db
from hoax_tracker.review.sealing import seal

SIZE_LIMIT_BYTES = 5 * 2**20
TIMEOUT_S = 20.0
AT_ONCE = 5
AGAIN = (timedelta(days=1), timedelta(days=7), timedelta(days=30))
AFTER_FAILURE = (timedelta(minutes=5), timedelta(hours=1), timedelta(days=1))
GONE = (404, 410)
# Beginnings of Python's names: its other codecs are for program text, host names and files.
CHARSETS = ("ascii", "big5", "cp125", "euc_", "gb", "iso8859", "koi8", "shift_jis", "utf-8", "utf-16")
# More markup than that is not read for its words; a digest of a page counts so much of it.
READ_BYTES = 300_000


log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Page:
    """What is kept of a page, made before a transaction begins: pages may be large."""

    digest: str
    sealed: bytes
    size_bytes: int
    media_type: str
    text_digest: str


def keep_copies(settings: Settings, now: datetime, beat: Callable[[], None] = lambda: None) -> int:
    """Fetch what is due, a few at a time; return how many links were looked at."""
    due = links_due(now)
    fetcher = Fetcher(settings.fetch_allow, timeout_s=TIMEOUT_S, size_limit_bytes=SIZE_LIMIT_BYTES)
    for evidence_id, url in due:
        beat()
        try:
            look = look_at(url, fetcher, settings.contact_key)
            with writing(None):
                note(evidence_id, look, now)
        except Exception as error:
            log.exception("the link of evidence %s could not be copied", evidence_id)
            db.session.rollback()
            with writing(None):
                note(evidence_id, FetchError(url, type(error).__name__), now)
    return len(due)


def look_at(url: str, fetcher: Fetcher, key: str) -> Page | FetchError:
    """Fetch a page and make it ready to be kept, or return why it could not be read."""
    try:
        look = fetcher.get(url)
    except FetchError as error:
        return error
    return Page(
        digest=hashlib.sha256(look.body).hexdigest(),
        sealed=seal(look.body, key),
        size_bytes=len(look.body),
        media_type=(look.content_type or "application/octet-stream").split(";")[0].strip().lower()[:100],
        text_digest=digest_of(look.body, look.content_type),
    )


def links_due(now: datetime) -> list[tuple[int, str]]:
    """Return (id, address) of the links that are to be looked at; nothing is held while they are fetched."""
    query = (
        sa.select(Evidence.id, Evidence.url)
        .join(EvidenceCopy, EvidenceCopy.evidence_id == Evidence.id)
        .where(EvidenceCopy.next_look_at <= now, Evidence.url.is_not(None))
        .order_by(EvidenceCopy.next_look_at)
        .limit(AT_ONCE)
    )
    db.session.rollback()
    with reading():
        found = [(key, url) for key, url in db.session.execute(query) if url]
        db.session.rollback()
    return found


def note(evidence_id: int, look: Page | FetchError, now: datetime) -> None:
    """Note what a look at a link brought, in the current transaction; it may have been deleted meanwhile."""
    copy = db.session.get(EvidenceCopy, evidence_id)
    if copy is None:
        return
    has_copy = copy.kept_at is not None
    if isinstance(look, FetchError):
        failed(copy, look, has_copy, now)
    elif has_copy:
        seen_again(copy, look, now)
    else:
        first_seen(copy, look, now)


def first_seen(copy: EvidenceCopy, look: Page, now: datetime) -> None:
    """Keep the page."""
    row = db.session.get_one(Evidence, copy.evidence_id)
    row.digest = look.digest
    copy.sealed, copy.size_bytes, copy.media_type = look.sealed, look.size_bytes, look.media_type
    copy.text_digest = look.text_digest
    copy.kept_at, copy.last_error = now, None
    copy.looks, copy.next_look_at = 1, now + AGAIN[0]


def seen_again(copy: EvidenceCopy, look: Page, now: datetime) -> None:
    """Note whether a page says what its copy says."""
    if copy.changed_at is None and look.text_digest != copy.text_digest:
        copy.changed_at = now
    copy.last_error = None
    later(copy, now)


def failed(copy: EvidenceCopy, error: FetchError, has_copy: bool, now: datetime) -> None:
    """Note that a page could not be read: once there is a copy, only that it is gone says something."""
    if has_copy:
        if isinstance(error, BadStatus) and error.http_status in GONE:
            copy.gone_at = copy.gone_at or now
        later(copy, now)
        return
    with force_locale("id"):
        copy.last_error = str(error.user_message)[:300]
    copy.looks += 1
    for_good = isinstance(error, AddressRefused) or copy.looks > len(AFTER_FAILURE)
    copy.next_look_at = None if for_good else now + AFTER_FAILURE[copy.looks - 1]


def later(copy: EvidenceCopy, now: datetime) -> None:
    """Plan the next look, if there is one."""
    copy.next_look_at = now + AGAIN[copy.looks] if copy.looks < len(AGAIN) else None
    copy.looks += 1


def digest_of(body: bytes, content_type: str | None) -> str:
    """Return the digest of what a reader sees of a page; of anything that is no page, of its bytes."""
    text = text_of(body, content_type)
    return hashlib.sha256(text.encode("utf-8", "replace") if text is not None else body).hexdigest()


def text_of(body: bytes, content_type: str | None) -> str | None:
    """Return what a reader sees of a page, a paragraph a line; None where it is no text. Never raises."""
    try:
        return read_text(body, content_type)
    except Exception:  # hostile pages: whatever a parser raises, the bytes are kept
        log.exception("a page could not be read as text")
        return None


def read_text(body: bytes, content_type: str | None) -> str | None:
    """Return what a reader sees of a page as ``text_of`` does; may raise what a parser raises."""
    kind = (content_type or "").split(";")[0].strip().lower()
    if not kind.startswith("text/") and kind not in ("application/xhtml+xml", "application/json", "application/xml"):
        return None
    body = body[:READ_BYTES] if "html" in kind else body
    decoded = body.decode(charset_of(content_type), "replace")
    if "html" not in kind:
        return decoded
    return strip_html(decoded, len(decoded))


def charset_of(content_type: str | None) -> str:
    """Return the encoding that the header names, if pages are written in it; else UTF-8."""
    for part in (content_type or "").split(";")[1:]:
        name, _eq, value = part.strip().partition("=")
        if name.lower() == "charset":
            try:
                found = codecs.lookup(value.strip("\"' ")).name
            except (LookupError, ValueError):
                break
            return found if found.startswith(CHARSETS) else "utf-8"
    return "utf-8"
