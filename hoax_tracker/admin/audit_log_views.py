"""/petugas/audit: administrators and auditors read, check and export the audit log."""

from __future__ import annotations

import time
from itertools import groupby
from typing import Any

from apiflask import APIBlueprint
from flask import Response, render_template, request
from flask_babel import lazy_gettext as _l

from hoax_tracker.accounts.sign_in import sign_in_required
from hoax_tracker.admin.audit_export import (
    MOST_ROWS,
    AuditRow,
    describe_rows,
    export_csv,
    export_json,
    export_rows,
    export_xlsx,
)
from hoax_tracker.admin.audit_filters import (
    AUDIT_GROUPS,
    ROWS_ON_PAGE,
    AuditFilters,
    fault_words,
    filter_choices,
    filter_conditions,
    list_rows_before,
)
from hoax_tracker.clock import WITA, day_in_kupang, utc_now
from hoax_tracker.core.audit import audit_log, chain_check
from hoax_tracker.core.audit.audit_log import ACTS, SUBJECT, AuditAct, register_acts
from hoax_tracker.core.audit.chain_check import ChainVerification
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.core.extensions import current_officer
from hoax_tracker.core.web.downloads import XLSX_TYPE, attach_file
from hoax_tracker.core.web.query_args import parse_row_id
from hoax_tracker.models import RoleName

bp = APIBlueprint("audit", __name__, url_prefix="/petugas/audit", enable_openapi=False)

MOST_CHECKED = 50_000
"""Rows that a page checks: the command checks all of a longer log, and holds up nobody meanwhile."""
FILE_KINDS = {"csv": "text/csv", "json": "application/json"}

register_acts(
    AuditAct("audit_exported", _l("mengunduh log audit")),
    AuditAct("mail_tried", _l("mencoba server email"), is_setup=True),
)


@bp.before_request
@sign_in_required(RoleName.ADMINISTRATOR, RoleName.AUDITOR)
def only_readers_of_the_log() -> None:
    """Restrict the pages to administrators and auditors; others are refused or sent to the sign-in page."""


@bp.get("")
def listing() -> str:
    """Show the newest rows that match the filters; check the chain on request."""
    asked = AuditFilters.from_args(request.args)
    before = _read_row_number()
    events = list_rows_before(filter_conditions(asked), before)
    rows = describe_rows(events[:ROWS_ON_PAGE])
    return render_template(
        "accounts/audit.html",
        asked=asked,
        before=before,
        days=_rows_by_day(rows),
        shown=len(rows),
        older=rows[-1].event.id if len(events) > ROWS_ON_PAGE else None,
        head=audit_log.read_head(),
        check=_run_check() if request.args.get("periksa") else None,
        groups=AUDIT_GROUPS,
        actions=_sorted_actions(),
        fault_words=fault_words,
        most=MOST_ROWS,
        **filter_choices(),
    )


def _read_row_number() -> int | None:
    """Return the row number that the page starts below, None for the newest rows."""
    return parse_row_id(request.args.get("sebelum", ""))


def _rows_by_day(rows: list[AuditRow]) -> list[tuple[Any, list[AuditRow]]]:
    """Return the rows grouped by day in Kupang. A clock set back starts a new group."""
    return [(day, list(part)) for day, part in groupby(rows, lambda row: day_in_kupang(row.event.at))]


def _sorted_actions() -> list[tuple[str, str]]:
    """Return every action with its label, or else its sentence without the subject, sorted by these words."""
    words = ((name, str(act.label) or str(act.sentence).replace(SUBJECT, "…")) for name, act in ACTS.items())
    return sorted(words, key=lambda pair: pair[1].casefold())


def _run_check() -> dict[str, Any]:
    """Check the chain, compare it with the head given in the address, and return the result for the page."""
    begun = time.perf_counter()
    verification = chain_check.verify_newest_rows(MOST_CHECKED)
    typed = request.args.get("sidik", "").strip()
    noted = audit_log.parse_head(typed)
    if noted is not None and verification.fault is None:
        verification = chain_check.check_head(verification, noted)
    return {
        "found": verification,
        "is_part": _is_part_checked(verification),
        "seconds": max(0.1, time.perf_counter() - begun),
        "is_compared": noted is not None and verification.fault is None,
        "is_head_unread": bool(typed) and noted is None,
        "typed": typed,
    }


def _is_part_checked(verification: ChainVerification) -> bool:
    """Tell whether the check covered only the newest rows."""
    return verification.fault is None and verification.rows == MOST_CHECKED


@bp.get("/unduh.csv")
def download_csv() -> Response:
    """Send the filtered rows as CSV."""
    return _send_file("csv")


@bp.get("/unduh.json")
def download_json() -> Response:
    """Send the filtered rows as JSON with every field that their hashes cover."""
    return _send_file("json")


@bp.get("/unduh.xlsx")
def download_xlsx() -> Response:
    """Send the filtered rows as a spreadsheet to read, with times in WITA."""
    return _send_file("xlsx")


def _send_file(kind: str) -> Response:
    """Return the file, and record the export in the audit log."""
    asked, before = AuditFilters.from_args(request.args), _read_row_number()
    if request.method != "HEAD":
        _record_download(kind, asked, before)
    rows = export_rows(filter_conditions(asked), before)
    name = f"log-audit-{utc_now().astimezone(WITA):%Y-%m-%d}.{kind}"
    if kind == "xlsx":
        return attach_file(export_xlsx(rows), XLSX_TYPE, name)
    head = audit_log.read_head()
    parts = export_csv(rows) if kind == "csv" else export_json(rows, str(head or ""))
    return attach_file(parts, FILE_KINDS[kind], name)


def _record_download(kind: str, asked: AuditFilters, before: int | None) -> None:
    """Record in the audit log who exported which part of the log."""
    person = current_officer()
    with write_transaction():
        detail = {"format": kind, **asked.recognised} | ({"sebelum": before} if before else {})
        audit_log.record_event("audit_exported", "audit", officer=person, now=utc_now(), detail=detail)
