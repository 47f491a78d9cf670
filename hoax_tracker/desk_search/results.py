"""Search results as a page shows them: title, excerpt around the match, and facts beside them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from markupsafe import Markup, escape

from hoax_tracker.core.content.html_to_text import plain_prose
from hoax_tracker.desk_search.query_parser import ResultKind, SearchWords
from hoax_tracker.models import Claim, ClaimStatus, Clarification, Evidence, Item, Note, Question, Report

EXCERPT_LENGTH = 240
EXCERPT_LEAD = 70
TITLE_LENGTH = 120


OPEN = (ClaimStatus.NEW, ClaimStatus.TRIAGED, ClaimStatus.INVESTIGATING)


@dataclass(frozen=True)
class SearchHit:
    """One result: ``title`` and ``words`` have their matches marked; ``link`` leads to its page.

    ``link`` is None for an item without a claim; ``outside`` is the address of something published elsewhere.
    ``due_at`` is the deadline of a waiting claim, which counts for nobody while the claim ``awaits_approval``.
    """

    id: int
    title: Markup
    words: Markup
    link: str | None
    facts: Sequence[Any]
    at: datetime
    outside: str | None = None
    due_at: datetime | None = None
    awaits_approval: bool = False


def build_hit(kind: ResultKind, row: Any, claim_id: int | None, asked: SearchWords) -> SearchHit:
    """Return the result for a row of that kind."""
    return HIT_BUILDERS[kind](row, claim_id, asked)


def _hit_for_claim(row: Claim, _claim_id: int | None, asked: SearchWords) -> SearchHit:
    facts = [row.status.label, row.unit.short_name if row.unit else _("belum ada unit"), row.topic.label]
    named = _("Klaim %(number)s", number=row.id)
    words = _excerpt_around_match(row.text, asked, row.title)
    due_at = row.due_at if row.status in OPEN else None
    return SearchHit(
        row.id,
        _marked_title(row.title, asked),
        words,
        _claim_url(row.id),
        [named, *facts],
        row.created_at,
        due_at=due_at,
    )


def _hit_for_clarification(row: Clarification, _claim_id: int | None, asked: SearchWords) -> SearchHit:
    texts = (row.summary, row.claim_quote, row.findings, row.conclusion)
    facts = [row.status.label, *([row.verdict.label] if row.verdict else []), row.unit.short_name, row.topic.label]
    link = url_for("clarify.page", clarification_id=row.id)
    title = row.title or _("Belum berjudul")
    return SearchHit(
        row.id,
        _marked_title(title, asked),
        _excerpt_around_match(plain_prose(_best_matching_text(texts, asked)), asked),
        link,
        facts,
        row.created_at,
    )


def _hit_for_report(row: Report, claim_id: int | None, asked: SearchWords) -> SearchHit:
    """Return the result for a report, never its sender."""
    title = escape(_("Aduan %(number)s", number=row.id))
    facts = [_("pada klaim %(number)s", number=claim_id), *([row.seen_where] if row.seen_where else [])]
    return SearchHit(
        row.id, title, _excerpt_around_match(row.text, asked), _claim_url(claim_id or 0), facts, row.received_at
    )


def _hit_for_question(row: Question, claim_id: int | None, asked: SearchWords) -> SearchHit:
    link = url_for("work.question", question_id=row.id)
    asker = _("%(name)s bertanya ke %(unit)s", name=row.asked_by.name, unit=row.unit.short_name)
    state = _("Dijawab") if row.answer else _("Belum dijawab") if row.is_open else _("Tidak dijawab")
    facts = [state, asker, _("pada klaim %(number)s", number=claim_id)]
    text = _best_matching_text((row.answer or row.text, row.text), asked)
    return SearchHit(
        row.id, _marked_title(row.text, asked), _excerpt_around_match(text, asked, row.text), link, facts, row.asked_at
    )


def _hit_for_note(row: Note, claim_id: int | None, asked: SearchWords) -> SearchHit:
    link = f"{_claim_url(claim_id or 0)}#catatan-{row.id}"
    facts = [row.officer.name, _("pada klaim %(number)s", number=claim_id)]
    return SearchHit(
        row.id,
        _marked_title(row.text, asked),
        _excerpt_around_match(row.text, asked, row.text),
        link,
        facts,
        row.written_at,
    )


def _hit_for_evidence(row: Evidence, claim_id: int | None, asked: SearchWords) -> SearchHit:
    link = url_for("evidence.page", evidence_id=row.id)
    facts = [
        row.kind.label,
        *([row.added_by.name] if row.added_by else []),
        _("pada klaim %(number)s", number=claim_id),
    ]
    return SearchHit(
        row.id,
        _marked_title(row.title, asked),
        _mark_matches(row.file_name or row.url or "", asked),
        link,
        facts,
        row.added_at,
    )


def _hit_for_item(row: Item, claim_id: int | None, asked: SearchWords) -> SearchHit:
    stands = _("pada klaim %(number)s", number=claim_id) if claim_id else _("tidak ditandai")
    link = _claim_url(claim_id) if claim_id else None
    safe = row.url if row.url and row.url.startswith(("http://", "https://")) else None
    title = row.title or row.text
    return SearchHit(
        row.id,
        _marked_title(title, asked),
        _excerpt_around_match(row.text, asked, title),
        link,
        [row.source.name, stands],
        row.fetched_at,
        safe,
    )


HIT_BUILDERS: dict[ResultKind, Callable[[Any, int | None, SearchWords], SearchHit]] = {
    ResultKind.CLAIM: _hit_for_claim,
    ResultKind.CLARIFICATION: _hit_for_clarification,
    ResultKind.REPORT: _hit_for_report,
    ResultKind.QUESTION: _hit_for_question,
    ResultKind.NOTE: _hit_for_note,
    ResultKind.EVIDENCE: _hit_for_evidence,
    ResultKind.ITEM: _hit_for_item,
}


def _claim_url(claim_id: int) -> str:
    return url_for("review.claim", claim_id=claim_id)


def _best_matching_text(texts: Sequence[str], asked: SearchWords) -> str:
    """Return the text with the most matches; the first of equals."""
    return max(texts, key=lambda text: len(asked.places(text)))


def _marked_title(text: str, asked: SearchWords) -> Markup:
    """Return the beginning of a text in one line, marked."""
    return _mark_matches(_shorten_to_line(text), asked)


def _shorten_to_line(text: str) -> str:
    return _cut_between_words(" ".join(text.split()), 0, TITLE_LENGTH)


def _excerpt_around_match(text: str, asked: SearchWords, title: str = "") -> Markup:
    """Return the words around the first match, marked; a text that repeats its title continues after it."""
    flat, head = " ".join(text.split()), _shorten_to_line(title).rstrip("…")
    flat = flat[len(head) :].strip() if head and flat.startswith(head) else flat
    places = asked.places(flat)
    start = max(0, places[0][0] - EXCERPT_LEAD) if places else 0
    if start + EXCERPT_LENGTH > len(flat):
        start = max(0, len(flat) - EXCERPT_LENGTH)
    return _mark_matches(_cut_between_words(flat, start, EXCERPT_LENGTH), asked)


def _cut_between_words(flat: str, start: int, length: int) -> str:
    """Return a part of a text cut between words, with ellipses."""
    end = start + length
    part = flat[start:end]
    if end < len(flat):
        part = part.rsplit(" ", 1)[0] + "…"
    return "…" + part.split(" ", 1)[-1] if start else part


def _mark_matches(text: str, asked: SearchWords) -> Markup:
    """Return the text escaped, with every match in a <mark>."""
    out, done = Markup(), 0
    for start, end in asked.places(text):
        out += escape(text[done:start]) + Markup("<mark>{}</mark>").format(text[start:end])
        done = end
    return out + escape(text[done:])
