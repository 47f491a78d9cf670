"""/petugas/audit: the audit log for administrators and auditors, to read, to check and to take along."""

from __future__ import annotations

import time
from itertools import groupby
from typing import Any

from apiflask import APIBlueprint
from flask import Response, current_app, render_template, request, stream_with_context
from flask_security import current_user

from hoax_tracker.accounts.sign_in import sign_in_required
from hoax_tracker.admin.audit_export import MOST_ROWS, export_csv, export_json, export_rows
from hoax_tracker.admin.audit_filters import (
    ROWS_ON_PAGE,
    AuditFilters,
    filter_choices,
    filter_conditions,
    is_number,
    list_rows_before,
    read_audit_filters,
)
from hoax_tracker.admin.audit_rows import AuditRow, describe_rows
from hoax_tracker.admin.audit_words import AUDIT_GROUPS, AUDIT_SENTENCES, fault_words
from hoax_tracker.clock import WITA, utc_now
from hoax_tracker.core.audit import audit_log, chain_check
from hoax_tracker.core.audit.chain_check import ChainVerification
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.models import Officer, RoleName

bp = APIBlueprint("audit", __name__, url_prefix="/petugas/audit", enable_openapi=False)

MOST_CHECKED = 50_000
"""Rows that a page checks: the command checks all of a longer log, and holds up nobody meanwhile."""
FILE_KINDS = {"csv": "text/csv", "json": "application/json"}


@bp.before_request
@sign_in_required(RoleName.ADMINISTRATOR, RoleName.AUDITOR)
def only_readers_of_the_log() -> None:
    """Let administrators and auditors pass; all others are sent to the sign-in or refused."""


@bp.get("")
def listing() -> str:
    """Show the newest rows that are asked for; where it is asked for, check the chain."""
    asked = read_audit_filters(request.args)
    before = read_row_number()
    events = list_rows_before(filter_conditions(asked), before)
    rows = describe_rows(events[:ROWS_ON_PAGE])
    return render_template(
        "accounts/audit.html",
        asked=asked,
        before=before,
        days=rows_by_day(rows),
        shown=len(rows),
        older=rows[-1].event.id if len(events) > ROWS_ON_PAGE else None,
        head=audit_log.read_head(),
        check=run_check() if request.args.get("periksa") else None,
        groups={name: label for name, (label, _actions) in AUDIT_GROUPS.items()},
        actions=sorted_actions(),
        fault_words=fault_words,
        most=MOST_ROWS,
        **filter_choices(),
    )


def read_row_number() -> int | None:
    """Return the row before which the page begins; None for the newest."""
    given = request.args.get("sebelum", "")
    return int(given) if is_number(given) else None


def rows_by_day(rows: list[AuditRow]) -> list[tuple[Any, list[AuditRow]]]:
    """Return the rows by their day in Kupang; a clock that was set back begins a day anew."""
    return [(day, list(part)) for day, part in groupby(rows, lambda row: row.event.at.astimezone(WITA).date())]


def sorted_actions() -> list[tuple[str, str]]:
    """Return every act with its words, without what it is about, in the reader's order."""
    words = ((name, str(sentence).replace("%(what)s", "…")) for name, sentence in AUDIT_SENTENCES.items())
    return sorted(words, key=lambda pair: pair[1].casefold())


def run_check() -> dict[str, Any]:
    """Check the chain, and compare it with the head that was given; return what the page says of it."""
    begun = time.perf_counter()
    found = chain_check.verify_newest_rows(MOST_CHECKED)
    typed = request.args.get("sidik", "").strip()
    noted = audit_log.parse_head(typed)
    if noted is not None and found.fault is None:
        found = chain_check.check_head(found, noted)
    return {
        "found": found,
        "is_part": is_part_checked(found),
        "seconds": max(0.1, time.perf_counter() - begun),
        "is_compared": noted is not None and found.fault is None,
        "is_head_unread": bool(typed) and noted is None,
        "typed": typed,
    }


def is_part_checked(found: ChainVerification) -> bool:
    """Tell whether only the newest rows were read."""
    return found.fault is None and found.rows == MOST_CHECKED


@bp.get("/unduh.csv")
def download_csv() -> Response:
    """Send the rows that are asked for as a table."""
    return send_file("csv")


@bp.get("/unduh.json")
def download_json() -> Response:
    """Send the rows that are asked for with all that their hashes are made of."""
    return send_file("json")


def send_file(kind: str) -> Response:
    """Return the file as it is read; the log keeps who took it along."""
    asked, before = read_audit_filters(request.args), read_row_number()
    if request.method != "HEAD":
        record_download(kind, asked, before)
    rows = export_rows(filter_conditions(asked), before)
    head = audit_log.read_head()
    parts = export_csv(rows) if kind == "csv" else export_json(rows, str(head or ""))
    name = f"log-audit-{utc_now().astimezone(WITA):%Y-%m-%d}.{kind}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return current_app.response_class(stream_with_context(parts), mimetype=FILE_KINDS[kind], headers=headers)


def record_download(kind: str, asked: AuditFilters, before: int | None) -> None:
    """Record who took which part of the log along."""
    person: Officer = current_user._get_current_object()
    with write_transaction():
        detail = {"format": kind, **asked.recognised} | ({"sebelum": before} if before else {})
        audit_log.record_event("audit_exported", "audit", officer=person, now=utc_now(), detail=detail)
