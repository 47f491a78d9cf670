"""Answers kept ready: a message that many send at once is decided and drawn once.

When something is passed on, hundreds paste the same words within minutes. What comes for the second time within a
minute is kept for the rest of that minute; until then only a digest of it is, made with a key of this process, so what
one person sends stays nowhere. A kept answer is served only after asking whether anything that it rests on changed
(page_cache.py). It costs no more than a page, so no limit is spent for it.

It counts as a question all the same (check/answers/question_tally.py).
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import replace

import sqlalchemy as sa
from flask import Response, current_app, g, request
from flask_babel import get_locale

from hoax_tracker.check.answers.question_tally import QuestionTally, question_tally
from hoax_tracker.check.cache.page_cache import (
    CachedPage,
    PageCache,
    RenderedPage,
    minute_number,
    public_pages_signature,
)
from hoax_tracker.clock import utc_now
from hoax_tracker.match_index import Signature, claims_signature
from hoax_tracker.models import clarification_claim, db

CACHED_ANSWERS = 256
CACHED_TEXT_LIMIT = 5_000
MOST_REMEMBERED = 20_000


def answer_signature() -> Signature:
    """Return what changes with anything that an answer rests on: pages, claims, and which belong together."""
    pairs = clarification_claim.c
    linked = sa.select(sa.func.count(), sa.func.sum(sa.cast(pairs.claim_id, sa.BigInteger) * pairs.clarification_id))
    return public_pages_signature() + claims_signature() + tuple(db.session.execute(linked).one())


class AnswerCache(PageCache):
    """The answers of one process."""

    def __init__(self, tally: QuestionTally) -> None:
        super().__init__(CACHED_ANSWERS, answer_signature)
        self._tally = tally
        self._secret = secrets.token_bytes(32)
        self._minute, self._once = 0, set[bytes]()

    def answer(self, text: str, draw: Callable[[], RenderedPage]) -> Response:
        """Return the answer to a message: kept, or drawn, with the question that the drawing counted."""
        if len(text) > CACHED_TEXT_LIMIT or not self._came_before(text):
            return draw().response
        g.private = True
        place = request.full_path if request.method == "GET" else ""
        key = (request.method, request.host_url, place, str(get_locale()), text)
        return self.get(key, lambda: decide_cacheability(draw()))

    def serve(self, page: CachedPage, who: str) -> None:
        """Count the question that a kept page answers."""
        if page.asked is not None:
            self._tally.count_again(page.asked, who, page.minute)

    def _came_before(self, text: str) -> bool:
        """Tell whether the text came in this minute, and remember that it did."""
        digest, minute = (
            hashlib.blake2b(text.encode("utf-8", "replace"), key=self._secret).digest(),
            minute_number(utc_now()),
        )
        with self._lock:
            if minute != self._minute:
                self._minute, self._once = minute, set()
                self._pages.clear()
            came = digest in self._once
            if len(self._once) < MOST_REMEMBERED:
                self._once.add(digest)
        return came


def decide_cacheability(drawn: RenderedPage) -> RenderedPage:
    """Return an answer with whether it may be kept: not one with a token of one person's, and not an error."""
    return replace(drawn, may_be_kept=drawn.asked is not None and "csrf_token" not in g)


def current_answer_cache() -> AnswerCache:
    """Return the app's answers, made on first use."""
    held = current_app.extensions
    if "kept_answers" not in held:
        held.setdefault("kept_answers", AnswerCache(question_tally()))
    answers: AnswerCache = held["kept_answers"]
    return answers
