"""What a page shows of a row that was found: its title, some words around what was asked for, and facts beside it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from markupsafe import Markup, escape

from hoax_tracker.desk_search.filters import Kind
from hoax_tracker.desk_search.query_parser import Asked
from hoax_tracker.models import Claim, ClaimStatus, Clarification, Evidence, Item, Note, Question, Report

AROUND = 240
BEFORE = 70
HEAD = 120


OPEN = (ClaimStatus.NEW, ClaimStatus.TRIAGED, ClaimStatus.INVESTIGATING)


@dataclass(frozen=True)
class Hit:
    """One row: ``title`` and ``words`` are marked where they hold what was asked for; ``link`` leads to its page.

    ``link`` is None for an item that no claim holds; ``outside`` is the address of what was published elsewhere.
    ``due_at`` is when a claim that waits is to be decided.
    """

    id: int
    title: Markup
    words: Markup
    link: str | None
    facts: Sequence[Any]
    at: datetime
    outside: str | None = None
    due_at: datetime | None = None


def hit_of(kind: Kind, row: Any, claim_id: int | None, asked: Asked) -> Hit:
    """Return what is shown of a row of that kind."""
    return SHOWS[kind](row, claim_id, asked)


def of_claim(row: Claim, _claim_id: int | None, asked: Asked) -> Hit:
    """Return what is shown of a claim."""
    facts = [row.status.label, row.unit.short_name if row.unit else _("belum ada unit"), row.topic.label]
    named = _("Klaim %(number)s", number=row.id)
    words = around(row.text, asked, row.title)
    due_at = row.due_at if row.status in OPEN else None
    return Hit(
        row.id, titled(row.title, asked), words, to_claim(row.id), [named, *facts], row.created_at, due_at=due_at
    )


def of_page(row: Clarification, _claim_id: int | None, asked: Asked) -> Hit:
    """Return what is shown of a clarification."""
    texts = (row.summary, row.claim_quote, row.findings, row.conclusion)
    facts = [row.status.label, *([row.verdict.label] if row.verdict else []), row.unit.short_name, row.topic.label]
    link = url_for("clarify.page", clarification_id=row.id)
    title = row.title or _("Belum berjudul")
    return Hit(row.id, titled(title, asked), around(best(texts, asked), asked), link, facts, row.created_at)


def of_report(row: Report, claim_id: int | None, asked: Asked) -> Hit:
    """Return what is shown of a report: never who sent it."""
    title = escape(_("Aduan %(number)s", number=row.id))
    facts = [_("pada klaim %(number)s", number=claim_id), *([row.seen_where] if row.seen_where else [])]
    return Hit(row.id, title, around(row.text, asked), to_claim(claim_id or 0), facts, row.received_at)


def of_question(row: Question, claim_id: int | None, asked: Asked) -> Hit:
    """Return what is shown of a question, with its answer."""
    link = url_for("work.question", question_id=row.id)
    asker = _("%(name)s bertanya ke %(unit)s", name=row.asked_by.name, unit=row.unit.short_name)
    state = _("Dijawab") if row.answer else _("Belum dijawab") if row.is_open else _("Tidak dijawab")
    facts = [state, asker, _("pada klaim %(number)s", number=claim_id)]
    text = best((row.answer or row.text, row.text), asked)
    return Hit(row.id, titled(row.text, asked), around(text, asked, row.text), link, facts, row.asked_at)


def of_note(row: Note, claim_id: int | None, asked: Asked) -> Hit:
    """Return what is shown of a note."""
    link = f"{to_claim(claim_id or 0)}#catatan-{row.id}"
    facts = [row.officer.name, _("pada klaim %(number)s", number=claim_id)]
    return Hit(row.id, titled(row.text, asked), around(row.text, asked, row.text), link, facts, row.written_at)


def of_evidence(row: Evidence, claim_id: int | None, asked: Asked) -> Hit:
    """Return what is shown of a piece of evidence."""
    link = url_for("evidence.page", evidence_id=row.id)
    facts = [
        row.kind.label,
        *([row.added_by.name] if row.added_by else []),
        _("pada klaim %(number)s", number=claim_id),
    ]
    return Hit(
        row.id, titled(row.title, asked), marked(row.file_name or row.url or "", asked), link, facts, row.added_at
    )


def of_item(row: Item, claim_id: int | None, asked: Asked) -> Hit:
    """Return what is shown of an item."""
    stands = _("pada klaim %(number)s", number=claim_id) if claim_id else _("tidak ditandai")
    link = to_claim(claim_id) if claim_id else None
    safe = row.url if row.url and row.url.startswith(("http://", "https://")) else None
    title = row.title or row.text
    return Hit(
        row.id,
        titled(title, asked),
        around(row.text, asked, title),
        link,
        [row.source.name, stands],
        row.fetched_at,
        safe,
    )


SHOWS: dict[Kind, Callable[[Any, int | None, Asked], Hit]] = {
    Kind.CLAIM: of_claim,
    Kind.CLARIFICATION: of_page,
    Kind.REPORT: of_report,
    Kind.QUESTION: of_question,
    Kind.NOTE: of_note,
    Kind.EVIDENCE: of_evidence,
    Kind.ITEM: of_item,
}


def to_claim(claim_id: int) -> str:
    """Return the address of a claim."""
    return url_for("review.claim", claim_id=claim_id)


def best(texts: Sequence[str], asked: Asked) -> str:
    """Return the text that holds most of what is asked for; the first of equals."""
    return max(texts, key=lambda text: len(asked.places(text)))


def titled(text: str, asked: Asked) -> Markup:
    """Return the beginning of a text in one line, marked."""
    return marked(shortened(text), asked)


def shortened(text: str) -> str:
    """Return the beginning of a text in one line."""
    return cut(" ".join(text.split()), 0, HEAD)


def around(text: str, asked: Asked, title: str = "") -> Markup:
    """Return some words around the first that was asked for, marked; where the text repeats its title, what follows."""
    flat, head = " ".join(text.split()), shortened(title).rstrip("…")
    flat = flat[len(head) :].strip() if head and flat.startswith(head) else flat
    places = asked.places(flat)
    start = max(0, places[0][0] - BEFORE) if places else 0
    if start + AROUND > len(flat):
        start = max(0, len(flat) - AROUND)
    return marked(cut(flat, start, AROUND), asked)


def cut(flat: str, start: int, length: int) -> str:
    """Return a part of a text between whole words, with marks where something is left out."""
    end = start + length
    part = flat[start:end]
    if end < len(flat):
        part = part.rsplit(" ", 1)[0] + "…"
    return "…" + part.split(" ", 1)[-1] if start else part


def marked(text: str, asked: Asked) -> Markup:
    """Return the text escaped, with every word that was asked for in a <mark>."""
    out, done = Markup(), 0
    for start, end in asked.places(text):
        out += escape(text[done:start]) + Markup("<mark>{}</mark>").format(text[start:end])
        done = end
    return out + escape(text[done:])
