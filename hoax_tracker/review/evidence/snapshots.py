"""Snapshots of evidence links, stored by the worker while the page can still be read.

A link is fetched soon after it was added and visited again after a day, a week and a month, to record whether the page
changed or is gone. Visits follow the rules for all pages (core/fetch/page_visits.py): robots.txt, one request at a time
a site. The first snapshot is kept. Its digest covers the bytes; "changed" compares the visible text, because most pages
differ in some byte with every request.
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

from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.content.html_to_text import strip_html
from hoax_tracker.core.database.transactions import Turn, read_transaction, write_transaction
from hoax_tracker.core.encryption import compress_and_encrypt
from hoax_tracker.core.fetch import Fetcher, FetchResponse, Politeness
from hoax_tracker.core.fetch.page_visits import PageVisit, visit_pages
from hoax_tracker.core.fetch.site_locks import HOST_LEASE, lock_due_pages, release_hosts
from hoax_tracker.models import Evidence, EvidenceCopy, db

SIZE_LIMIT_BYTES = 5 * 2**20
TIMEOUT_S = 20.0
LINK_BATCH = 5
LINK_ROUND_S = 30.0
"""Seconds after which a round asks for no more links: letters and feeds wait meanwhile."""
REVISIT_DELAYS = (timedelta(days=1), timedelta(days=7), timedelta(days=30))
RETRY_DELAYS = (timedelta(minutes=5), timedelta(hours=1), timedelta(days=1))
# Beginnings of Python's names: its other codecs are for program text, host names and files.
PAGE_CHARSETS = ("ascii", "big5", "cp125", "euc_", "gb", "iso8859", "koi8", "shift_jis", "utf-8", "utf-16")
# More markup than that is not read for its words; a digest of a page counts so much of it.
TEXT_READ_BYTES = 300_000


log = logging.getLogger(__name__)


@dataclass(frozen=True)
class SnapshotContent:
    """The content of a snapshot, prepared before a transaction begins because pages may be large."""

    digest: str
    sealed: bytes
    size_bytes: int
    media_type: str
    text_digest: str


def snapshot_evidence_links(
    settings: Settings, now: datetime, beat: Callable[[], None] = lambda: None, manners: Politeness | None = None
) -> int:
    """Visit a few due links and return how many."""
    manners = manners or Politeness(settings.fetch_allow)
    fetcher = Fetcher(settings.fetch_allow, timeout_s=TIMEOUT_S, size_limit_bytes=SIZE_LIMIT_BYTES)
    due = lease_evidence_links(now, manners)

    def make(_url: str, fetched: FetchResponse) -> SnapshotContent:
        return _prepare_snapshot(fetched, settings.contact_key)

    try:
        for visit in visit_pages(due, fetcher, manners, make, beat, LINK_ROUND_S):
            with write_transaction(None):
                _record_link_visit(visit, now)
    finally:
        release_hosts([url for _, url in due], now, manners)
    return len(due)


def lease_evidence_links(now: datetime, manners: Politeness) -> list[tuple[int, str]]:
    """Lease due links and lock their sites; return (id, address)."""
    query = (
        sa.select(Evidence.id, Evidence.url)
        .join(EvidenceCopy, EvidenceCopy.evidence_id == Evidence.id)
        .where(EvidenceCopy.next_look_at <= now, Evidence.url.is_not(None))
        .order_by(EvidenceCopy.next_look_at, Evidence.id)
    )
    if not _has_due_link(now):
        return []
    with write_transaction(Turn.STORE):
        pages = lock_due_pages(query, LINK_BATCH, now, manners)
        leased = EvidenceCopy.evidence_id.in_([key for key, _url in pages])
        db.session.execute(sa.update(EvidenceCopy).where(leased).values(next_look_at=now + HOST_LEASE))
        return pages


def _has_due_link(now: datetime) -> bool:
    """Tell whether any link is due, so that rounds without one take no write lock."""
    db.session.rollback()
    with read_transaction():
        is_due = db.session.scalar(sa.select(sa.exists().where(EvidenceCopy.next_look_at <= now)))
        db.session.rollback()
    return bool(is_due)


def _prepare_snapshot(fetched: FetchResponse, key: str) -> SnapshotContent:
    """Return the fetched page in the form it is stored in."""
    return SnapshotContent(
        digest=hashlib.sha256(fetched.body).hexdigest(),
        sealed=compress_and_encrypt(fetched.body, key),
        size_bytes=len(fetched.body),
        media_type=(fetched.content_type or "application/octet-stream").split(";")[0].strip().lower()[:100],
        text_digest=_page_text_digest(fetched.body, fetched.content_type),
    )


def _record_link_visit(visit: PageVisit[SnapshotContent], now: datetime) -> None:
    """Record a visit in the current transaction. The link may have been deleted meanwhile."""
    copy = db.session.get(EvidenceCopy, visit.key)
    if copy is None:
        return
    if visit.is_put_off:
        copy.next_look_at = now
    elif visit.made is None:
        _record_failed_visit(copy, visit, now)
    elif copy.kept_at is not None:
        _record_later_visit(copy, visit.made, now)
    else:
        _store_first_snapshot(copy, visit.made, now)


def _store_first_snapshot(copy: EvidenceCopy, look: SnapshotContent, now: datetime) -> None:
    row = db.session.get_one(Evidence, copy.evidence_id)
    row.digest = look.digest
    copy.sealed, copy.size_bytes, copy.media_type = look.sealed, look.size_bytes, look.media_type
    copy.text_digest = look.text_digest
    copy.kept_at, copy.last_error = now, None
    copy.looks, copy.next_look_at = 1, now + REVISIT_DELAYS[0]


def _record_later_visit(copy: EvidenceCopy, look: SnapshotContent, now: datetime) -> None:
    """Record whether the page still says what its snapshot says."""
    if copy.changed_at is None and look.text_digest != copy.text_digest:
        copy.changed_at = now
    copy.last_error = None
    _schedule_next_visit(copy, now)


def _record_failed_visit(copy: EvidenceCopy, visit: PageVisit[SnapshotContent], now: datetime) -> None:
    """Record that a page could not be read. Once a snapshot exists, only a page that is gone matters."""
    if copy.kept_at is not None:
        if visit.is_gone:
            copy.gone_at = copy.gone_at or now
        _schedule_next_visit(copy, now)
        return
    with force_locale("id"):
        copy.last_error = str(visit.error.user_message if visit.error else "")[:300]
    copy.looks += 1
    for_good = visit.is_refused or copy.looks > len(RETRY_DELAYS)
    copy.next_look_at = None if for_good else now + RETRY_DELAYS[copy.looks - 1]


def _schedule_next_visit(copy: EvidenceCopy, now: datetime) -> None:
    copy.next_look_at = now + REVISIT_DELAYS[copy.looks] if copy.looks < len(REVISIT_DELAYS) else None
    copy.looks += 1


def _page_text_digest(body: bytes, content_type: str | None) -> str:
    """Return the digest of a page's visible text; for anything else, of its bytes."""
    text = extract_page_text(body, content_type)
    return hashlib.sha256(text.encode("utf-8", "replace") if text is not None else body).hexdigest()


def extract_page_text(body: bytes, content_type: str | None) -> str | None:
    """Return the visible text of a page, one paragraph a line; None where there is none. Never raises."""
    try:
        return _parse_page_text(body, content_type)
    except Exception:  # hostile pages: whatever a parser raises, the bytes are kept
        log.exception("a page could not be read as text")
        return None


def _parse_page_text(body: bytes, content_type: str | None) -> str | None:
    """Return the visible text as ``extract_page_text`` does, but raise what the parser raises."""
    kind = (content_type or "").split(";")[0].strip().lower()
    if not kind.startswith("text/") and kind not in ("application/xhtml+xml", "application/json", "application/xml"):
        return None
    body = body[:TEXT_READ_BYTES] if "html" in kind else body
    decoded = body.decode(_page_charset(content_type), "replace")
    if "html" not in kind:
        return decoded
    return strip_html(decoded, len(decoded))


def _page_charset(content_type: str | None) -> str:
    """Return the charset of the header if it is one for pages, else UTF-8."""
    for part in (content_type or "").split(";")[1:]:
        name, _eq, value = part.strip().partition("=")
        if name.lower() == "charset":
            try:
                charset = codecs.lookup(value.strip("\"' ")).name
            except (LookupError, ValueError):
                break
            return charset if charset.startswith(PAGE_CHARSETS) else "utf-8"
    return "utf-8"
