"""Export of the audit log: CSV, XLSX for people, or JSON with every field that a row's hash covers.

Rows are read in batches, newest first. A file ends after ``MOST_ROWS``; the page then offers the next file.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from hoax_tracker.admin.audit_filters import RowConditions, list_rows_before
from hoax_tracker.admin.audit_rows import SubjectNames, describe_row
from hoax_tracker.core.content.list_files import file_cell, write_xlsx
from hoax_tracker.core.content.spreadsheet_cells import safe_cell
from hoax_tracker.models import AuditEvent

MOST_ROWS = 20_000
ROWS_AT_ONCE = 500
COLUMNS = (
    "number",
    "at",
    "officer_id",
    "officer",
    "unit",
    "action",
    "words",
    "subject",
    "detail",
    "previous_hash",
    "hash",
    "seal",
)


def export_rows(conditions: RowConditions, before: int | None) -> Iterator[dict[str, Any]]:
    """Yield the rows with their hashes, as plain values."""
    left = MOST_ROWS
    while left > 0:
        events = list_rows_before(conditions, before, min(ROWS_AT_ONCE, left))
        names = SubjectNames(events)
        rows = [_export_row(event, names) for event in events]
        yield from rows
        if len(rows) < ROWS_AT_ONCE:
            return
        before, left = rows[-1]["number"], left - len(rows)


def _export_row(event: AuditEvent, names: SubjectNames) -> dict[str, Any]:
    """Return one row. Its hash covers the stored fields from ``at`` to ``previous_hash``."""
    described = describe_row(event, names)
    return {
        "number": event.id,
        "at": event.at.isoformat(),
        "officer_id": event.officer_id,
        "officer": described.actor,
        "unit": described.unit,
        "action": event.action,
        "words": described.words.striptags(),
        "subject": event.subject,
        "detail": event.detail,
        "previous_hash": event.previous_hash,
        "hash": event.hash,
        "seal": event.seal,
    }


def export_csv(rows: Iterator[dict[str, Any]]) -> Iterator[str]:
    """Yield the lines of a CSV file. No cell starts a formula."""
    yield _csv_line(COLUMNS)
    for row in rows:
        yield _csv_line([row[name] if name != "detail" else _detail_text(row) for name in COLUMNS])


def _detail_text(row: dict[str, Any]) -> str:
    """Return the recorded detail as JSON."""
    return json.dumps(row["detail"], ensure_ascii=False, sort_keys=True)


def export_xlsx(rows: Iterator[dict[str, Any]]) -> bytes:
    """Return the rows as a spreadsheet; its times are in WITA, those of the other files as the hashes cover them."""
    shown = ({**row, "at": datetime.fromisoformat(row["at"]), "detail": _detail_text(row)} for row in rows)
    return write_xlsx("audit", COLUMNS, ([file_cell(row[name]) for name in COLUMNS] for row in shown))


def _csv_line(cells: Sequence[object]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow([safe_cell(cell) for cell in cells])
    return out.getvalue()


def export_json(rows: Iterator[dict[str, Any]], head: str) -> Iterator[str]:
    """Yield the parts of a JSON file: the head of the chain and the rows."""
    yield f'{{"head": {json.dumps(head)}, "rows": ['
    for number, row in enumerate(rows):
        yield (",\n" if number else "\n") + json.dumps(row, ensure_ascii=False)
    yield "\n]}\n"
