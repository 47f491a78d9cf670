"""Cache of answers: a message that many people send at once is decided and rendered once.

When a message is passed on, hundreds paste the same words within minutes. An answer is cached from the second request
within a minute, for the rest of that minute. Until then only a digest of the text is kept, made with a key of this
process, so that the words of a single sender are stored nowhere. A cached answer is served only after checking whether
anything that it rests on changed (page_cache.py). It costs no more than a page, so it does not count towards a limit.

It still counts as an answer (check/counting.py).
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import replace

import sqlalchemy as sa
from flask import Response, current_app, g, request
from flask_babel import get_locale

from hoax_tracker.check.cache.page_cache import PageCache, RenderedPage, minute_number, public_pages_signature
from hoax_tracker.clock import utc_now
from hoax_tracker.match_index import Signature, claims_signature
from hoax_tracker.models import clarification_claim, db

CACHED_ANSWERS = 256
CACHED_TEXT_LIMIT = 5_000
MOST_REMEMBERED = 20_000


def _answer_signature() -> Signature:
    """Return a signature of everything that an answer rests on: pages, claims, their links, and official channels."""
    pairs = clarification_claim.c
    linked = sa.select(sa.func.count(), sa.func.sum(sa.cast(pairs.claim_id, sa.BigInteger) * pairs.clarification_id))
    return public_pages_signature() + claims_signature() + tuple(db.session.execute(linked).one())


class AnswerCache(PageCache):
    """The answers of one process."""

    def __init__(self) -> None:
        super().__init__(CACHED_ANSWERS, _answer_signature)
        self._secret = secrets.token_bytes(32)
        self._minute, self._once = 0, set[bytes]()

    def answer(self, text: str, draw: Callable[[], RenderedPage]) -> Response:
        """Return the answer to a message, cached or rendered. Rendering counts it itself."""
        if len(text) > CACHED_TEXT_LIMIT or not self._came_before(text):
            return draw().response
        g.private = True
        place = request.full_path if request.method == "GET" else ""
        key = (request.method, request.host_url, place, str(get_locale()), text)
        return self.get(key, lambda: _decide_cacheability(draw()))

    def may_hold(self, text: str) -> bool:
        """Tell whether the answer to a text may be cached: the text came before in this minute."""
        return self._digest(text) in self._once

    def _digest(self, text: str) -> bytes:
        return hashlib.blake2b(text.encode("utf-8", "replace"), key=self._secret).digest()

    def _came_before(self, text: str) -> bool:
        """Tell whether the text already came in this minute, and remember it."""
        digest, minute = self._digest(text), minute_number(utc_now())
        with self._lock:
            if minute != self._minute:
                self._minute, self._once = minute, set()
                self._pages.clear()
            came = digest in self._once
            if len(self._once) < MOST_REMEMBERED:
                self._once.add(digest)
        return came


def _decide_cacheability(drawn: RenderedPage) -> RenderedPage:
    """Mark an answer as cacheable unless it is an error or holds one person's token."""
    return replace(drawn, may_be_kept=drawn.count_reader is not None and "csrf_token" not in g)


def current_answer_cache() -> AnswerCache:
    """Return the app's cache of answers, created on first use."""
    extensions = current_app.extensions
    if "kept_answers" not in extensions:
        extensions.setdefault("kept_answers", AnswerCache())
    answers: AnswerCache = extensions["kept_answers"]
    return answers
