"""Rows for tests of the search: one of each kind."""

from __future__ import annotations

from typing import Any

from hoax_tracker.core.database.transactions import write_transaction
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


def add_row(row: Any) -> Any:
    """Store a row and return it."""
    db.session.add(row)
    db.session.flush()
    return row


def make_report(claim: Claim, text: str, **fields: Any) -> Report:
    """A report in a claim."""
    with write_transaction():
        key = f"{claim.id}-{text}"[:64]
        report: Report = add_row(Report(ticket_digest=key, text=text, received_at=NOW, **fields))
        add_row(ClaimAppearance(claim_id=claim.id, report_id=report.id, seen_at=NOW))
    return report


def make_source(name: str = "Pos Contoh") -> Source:
    """A source."""
    with write_transaction():
        source: Source = add_row(Source(name=name, url=f"https://{len(name)}.example/feed", created_at=NOW))
    return source


def make_item(source: Source, text: str, claim: Claim | None = None, **fields: Any) -> Item:
    """An item of a source, with or without a claim."""
    with write_transaction():
        given = {"title": "", "fetched_at": NOW} | fields
        key = f"{source.id}-{text}"[:64]
        item: Item = add_row(Item(source_id=source.id, entry_key=key, content_key=key, text=text, **given))
        if claim:
            add_row(ClaimAppearance(claim_id=claim.id, item_id=item.id, seen_at=NOW))
    return item


def make_question(claim: Claim, officer: Officer, text: str, answer: str | None = None) -> Question:
    """A question to the Dinas Kesehatan, with an optional answer."""
    done = {"answer": answer, "answered_at": NOW, "closed_at": NOW, "answered_by_id": officer.id} if answer else {}
    with write_transaction():
        unit = factories.load_unit("dinkes").id
        times = {"asked_at": NOW, "due_at": NOW}
        row: Question = add_row(
            Question(claim_id=claim.id, unit_id=unit, text=text, asked_by_id=officer.id, **times, **done)
        )
    return row


def make_note(claim: Claim, officer: Officer, text: str) -> Note:
    """A note on a claim."""
    with write_transaction():
        note: Note = add_row(Note(claim_id=claim.id, officer_id=officer.id, text=text, written_at=NOW))
    return note


def make_evidence(claim: Claim, officer: Officer, title: str) -> Evidence:
    """A link in a claim's evidence."""
    given = {"kind": EvidenceKind.LINK, "url": "https://bukti.example/", "added_at": NOW}
    with write_transaction():
        row: Evidence = add_row(Evidence(claim_id=claim.id, title=title, added_by_id=officer.id, **given))
    return row
