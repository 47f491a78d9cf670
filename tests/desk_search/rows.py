"""Rows for tests of the search: one of every kind."""

from __future__ import annotations

from typing import Any

from hoax_tracker.core.database.transactions import writing
from hoax_tracker.models import (
    Claim,
    ClaimAppearance,
    Evidence,
    EvidenceKind,
    Item,
    Note,
    Officer,
    Question,
    Report,
    Source,
    db,
)
from tests import factories

NOW = factories.NOW


def add(row: Any) -> Any:
    """Store a row and return it."""
    db.session.add(row)
    db.session.flush()
    return row


def make_report(claim: Claim, text: str, **fields: Any) -> Report:
    """A report that stands in a claim."""
    with writing():
        key = f"{claim.id}-{text}"[:64]
        report: Report = add(Report(ticket_digest=key, text=text, received_at=NOW, **fields))
        add(ClaimAppearance(claim_id=claim.id, report_id=report.id, seen_at=NOW))
    return report


def make_source(name: str = "Pos Contoh") -> Source:
    """A source."""
    with writing():
        source: Source = add(Source(name=name, url=f"https://{len(name)}.example/feed", created_at=NOW))
    return source


def make_item(source: Source, text: str, claim: Claim | None = None, **fields: Any) -> Item:
    """An item of a source, in a claim or in none."""
    with writing():
        given = {"title": "", "fetched_at": NOW} | fields
        key = f"{source.id}-{text}"[:64]
        item: Item = add(Item(source_id=source.id, entry_key=key, content_key=key, text=text, **given))
        if claim:
            add(ClaimAppearance(claim_id=claim.id, item_id=item.id, seen_at=NOW))
    return item


def make_question(claim: Claim, officer: Officer, text: str, answer: str | None = None) -> Question:
    """A question to the Dinas Kesehatan, with its answer where one is given."""
    done = {"answer": answer, "answered_at": NOW, "closed_at": NOW, "answered_by_id": officer.id} if answer else {}
    with writing():
        unit = factories.unit("dinkes").id
        times = {"asked_at": NOW, "due_at": NOW}
        row: Question = add(
            Question(claim_id=claim.id, unit_id=unit, text=text, asked_by_id=officer.id, **times, **done)
        )
    return row


def make_note(claim: Claim, officer: Officer, text: str) -> Note:
    """A note on a claim."""
    with writing():
        note: Note = add(Note(claim_id=claim.id, officer_id=officer.id, text=text, written_at=NOW))
    return note


def make_evidence(claim: Claim, officer: Officer, title: str) -> Evidence:
    """A link among a claim's evidence."""
    given = {"kind": EvidenceKind.LINK, "url": "https://bukti.example/", "added_at": NOW}
    with writing():
        row: Evidence = add(Evidence(claim_id=claim.id, title=title, added_by_id=officer.id, **given))
    return row
