"""In-memory cache of public pages: rendered once, served until a clarification changes or the minute ends.

A page is served only after checking whether anything changed since it was rendered: whether anything was committed at
all (change_marker.py), and if so, the signature of the public rows. So a publication or retraction takes effect at
once, in every process.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from threading import Lock
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from flask import Response, current_app, request
from flask_babel import get_locale
from sqlalchemy import event

from hoax_tracker.check.cache import change_marker
from hoax_tracker.check.cache.change_marker import ChangeMarker
from hoax_tracker.check.cache.http_caching import SHARED_CACHE_S
from hoax_tracker.check.counting import CountReader
from hoax_tracker.clock import utc_now
from hoax_tracker.match_index import Signature, published_signature
from hoax_tracker.models import ClarificationRevision, Explainer, Objection, PublicContacts, db
from hoax_tracker.organisation.channels.official_list import list_signature

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

CACHED_PAGES = 512
PAGE_ENVIRON_KEY = "hoax_tracker.kept_page"
PAGE_ARGUMENTS = {"hal"}


@dataclass(frozen=True)
class RenderedPage:
    """A rendered page; ``count_reader`` is called each time it is served again."""

    response: Response
    count_reader: CountReader | None = None
    may_be_kept: bool = True


PageView = Callable[..., Response | RenderedPage]


@dataclass
class CachedPage:
    """A cached page, with the state that must be unchanged for it to be served."""

    keeper: PageCache
    body: bytes
    headers: list[tuple[str, str]]
    minute: int
    mark: Hashable | None
    signature: Signature
    count_reader: CountReader | None = None

    def count(self, environ: WSGIEnvironment) -> None:
        """Count that the page is served to a request. Most pages count nothing."""
        if self.count_reader is not None:
            self.count_reader(environ)


class PageCache:
    """The pages of one process; the least recently used leave first. Thread-safe.

    ``signature`` returns a value that changes with anything that these pages show.
    """

    def __init__(self, most: int, signature: Callable[[], Signature]) -> None:
        self._most, self._signature = most, signature
        self._pages: OrderedDict[tuple[str, ...], CachedPage] = OrderedDict()
        self._lock = Lock()
        self._marker = _current_change_marker()

    def get(self, key: tuple[str, ...], draw: Callable[[], RenderedPage]) -> Response:
        """Return the page for a key, rendered again where anything changed."""
        minute, mark = self._moment()
        with self._lock:
            page = self._pages.get(key)
        if page is not None and page.minute == minute:
            if mark is not None and page.mark == mark:
                return _respond_from_cache(page)
            if page.signature == self._signature():
                page.mark = mark
                return _respond_from_cache(page)
        signature, drawn = self._signature(), draw()
        response = drawn.response
        if drawn.may_be_kept and response.status_code == 200 and "Set-Cookie" not in response.headers:
            state = (minute, mark, signature)
            page = CachedPage(self, response.get_data(), list(response.headers), *state, drawn.count_reader)
            self._keep(key, page)
            request.environ[PAGE_ENVIRON_KEY] = page
        return response

    def is_current(self, page: CachedPage) -> bool:
        """Tell whether nothing at all was written since the page was found to match the rows."""
        minute, mark = self._moment()
        return mark is not None and (page.minute, page.mark) == (minute, mark)

    def _moment(self) -> tuple[int, Hashable | None]:
        return minute_number(utc_now()), self._marker.mark() if self._marker else None

    def _keep(self, key: tuple[str, ...], page: CachedPage) -> None:
        with self._lock:
            self._pages[key] = page
            self._pages.move_to_end(key)
            while len(self._pages) > self._most:
                self._pages.popitem(last=False)


def minute_number(moment: datetime) -> int:
    """Return the number of the minute: the ages that pages state are right for that long."""
    return int(moment.timestamp()) // SHARED_CACHE_S


def _current_change_marker() -> ChangeMarker | None:
    """Return the marker of the app's database, shared by all its caches."""
    extensions = current_app.extensions
    if "change_marker" not in extensions:
        extensions["change_marker"] = change_marker.change_marker_for(db.engine)
        if extensions["change_marker"] is not None:
            event.listen(db.engine, "engine_disposed", extensions["change_marker"].close)
    marker: ChangeMarker | None = extensions["change_marker"]
    return marker


def public_pages_signature() -> Signature:
    """Return a signature of what public pages show: history, objections, explainers, contacts, channels."""
    revisions = sa.select(sa.func.count(), sa.func.max(ClarificationRevision.id)).select_from(ClarificationRevision)
    objections = sa.select(sa.func.max(Objection.id)), sa.select(sa.func.max(Objection.decided_at))
    history = revisions.add_columns(*(query.scalar_subquery() for query in objections))
    lessons = sa.select(sa.func.count(), sa.func.max(Explainer.changed_at)).where(Explainer.is_shown)
    contacts = sa.select(sa.func.count(), sa.func.max(PublicContacts.edited_at)).select_from(PublicContacts)
    parts = [tuple(db.session.execute(query).one()) for query in (history, lessons, contacts)]
    return published_signature() + parts[0] + parts[1] + parts[2] + list_signature()


def _respond_from_cache(page: CachedPage) -> Response:
    """Return a new response with the cached bytes, or 304 where the reader has them."""
    request.environ[PAGE_ENVIRON_KEY] = page
    page.count(request.environ)
    response = Response(page.body, headers=page.headers)
    response.make_conditional(request)
    return response


def cache_view(view: PageView) -> Callable[..., Response]:
    """Cache the result of a view by address, language and host. Searches and 304 responses are not cached."""

    @wraps(view)
    def served(*args: Any, **kwargs: Any) -> Response:
        if not set(request.args) <= PAGE_ARGUMENTS:
            return _as_rendered(view(*args, **kwargs)).response
        pages: PageCache = current_app.extensions.get("kept_pages") or _current_page_cache()
        key = (request.host_url, request.full_path, str(get_locale()))
        return pages.get(key, lambda: _as_rendered(view(*args, **kwargs)))

    return served


def _as_rendered(drawn: Response | RenderedPage) -> RenderedPage:
    """Return what a view drew, with what counts its readers where the view gave that."""
    return drawn if isinstance(drawn, RenderedPage) else RenderedPage(drawn)


def _current_page_cache() -> PageCache:
    """Return the app's cache of pages, created on first use."""
    pages: PageCache = current_app.extensions.setdefault("kept_pages", PageCache(CACHED_PAGES, public_pages_signature))
    return pages
