"""The page of a ticket: how its report stands, and what its holder adds to the report.

The ticket is the secret: the form carries no CSRF token.

A ticket holder's rights: copy of the report, deletion of the contact, erasure.

The ticket is the secret, and no other site knows it: these forms carry no CSRF token, so they work without cookies.
"""

from __future__ import annotations

from flask import Response, current_app, g, redirect, request, url_for
from flask_babel import gettext as _

from hoax_tracker.check.answers.emergency import find_emergency_help
from hoax_tracker.check.answers.question_log import consume_picture_limit
from hoax_tracker.check.cache.page_cache import render_private_page
from hoax_tracker.check.reports.additions import add_to_report, list_additions, takes_additions
from hoax_tracker.check.reports.erasure import erase_report, export_report, forget_contact, screenshot_size
from hoax_tracker.check.reports.status import expect_answer_to_report, report_status
from hoax_tracker.check.reports.status_mail import is_mail_undelivered
from hoax_tracker.check.reports.submission import find_report_by_ticket
from hoax_tracker.check.sharing.share_text import ticket_text
from hoax_tracker.check.views.reports import admit_report, bp, refusal_message, remember_language
from hoax_tracker.check.views.screenshots import lost_picture_note
from hoax_tracker.clock import utc_now
from hoax_tracker.core.content.images import picture_too_large_error
from hoax_tracker.core.current import current_settings
from hoax_tracker.core.database.transactions import read_transaction
from hoax_tracker.core.extensions import csrf
from hoax_tracker.core.web.downloads import accept_request_files, attach_file, read_whole_file
from hoax_tracker.errors import InvalidInputError, NotFoundError, RateLimitedError
from hoax_tracker.models import Report


def _require_ticket_report(ticket: str) -> tuple[str, Report]:
    """Return (canonical ticket, report). Raises NotFoundError."""
    g.private = True
    ticket_report = find_report_by_ticket(ticket)
    if ticket_report is None:
        raise NotFoundError(
            "no such ticket", user_message=_("Tiket itu tidak ditemukan. Periksa nomornya, lalu coba lagi.")
        )
    return ticket_report


@bp.get("/lapor/<ticket>/salinan.json")
def copy(ticket: str) -> Response:
    """Serve everything stored about the report as a file."""
    number, report = _require_ticket_report(ticket)
    content = current_app.json.dumps(export_report(number, report, current_settings()))
    return attach_file(content.encode(), "application/json", f"aduan-{number[:4].lower()}.json")


@bp.route("/lapor/<ticket>/hapus", methods=["GET", "POST"])
def erase(ticket: str) -> Response:
    """Say what would be erased and what would stay, then do it."""
    number, report = _require_ticket_report(ticket)
    if request.method == "GET":
        return render_private_page("check/report_erasure.html", number=number, report=report)
    if request.form.get("apa") == "kontak":
        forget_contact(number, utc_now())
        return current_app.make_response(redirect(url_for("reports.ticket", ticket=number), 303))
    erase_report(number, utc_now())
    return render_private_page(
        "check/done.html",
        title=_("Aduan dihapus"),
        heading=_("Aduan itu sudah dihapus."),
        lines=[
            _("Isi, kontak, dan tiketnya tidak ada lagi pada kami. Kami tidak akan mengabari Anda."),
            _("Pesan itu masih mengganjal? Anda boleh melapor lagi kapan saja."),
        ],
        ways_on=[(url_for("check.front"), _("Kembali ke halaman depan"))],
    )


csrf.exempt(erase)


@bp.get("/lapor/<ticket>")
def ticket(ticket: str) -> Response:
    """Show the status of a report to the holder of its ticket, never its sender."""
    return _render_ticket(ticket)


@bp.post("/lapor/<ticket>")
def add(ticket: str) -> Response:
    """Add text and a picture to the report, or show the form in another language. Either keeps the text that waits."""
    return remember_language(_answer_addition(ticket))


def _answer_addition(ticket: str) -> Response:
    """Return what follows a submitted addition."""
    with read_transaction():
        number = _require_ticket_report(ticket)[0]
    if not accept_request_files():
        return _render_ticket(number, fault=picture_too_large_error())
    now, settings, typed = utc_now(), current_settings(), request.form.get("tambahan", "")
    typed = typed.replace("\r\n", "\n")
    if "ganti" in request.form:
        return _render_ticket(number, typed=typed)
    try:
        add_to_report(
            number,
            typed,
            _read_added_picture(),
            now,
            settings,
            admit=lambda: admit_report(settings, now),
            admit_picture=lambda: consume_picture_limit(request.remote_addr or "", settings, now),
        )
    except (InvalidInputError, RateLimitedError) as fault:
        return _render_ticket(number, fault=fault, typed=typed)
    return current_app.make_response(redirect(url_for("reports.ticket", ticket=number, _anchor="tambahan"), 303))


csrf.exempt(add)


def _read_added_picture() -> bytes | None:
    """Return the submitted picture, or None. Raises InvalidInputError where it is too large."""
    file = request.files.get("gambar")
    if file is None or not file.filename:
        return None
    data = read_whole_file(file)
    if data is None:
        raise picture_too_large_error()
    return data


def _render_ticket(
    typed_ticket: str, fault: InvalidInputError | RateLimitedError | None = None, typed: str = ""
) -> Response:
    """Return the page of a ticket, with the fault and the text of what was not added."""
    with read_transaction():
        number, row = _require_ticket_report(typed_ticket)
        state, additions = report_status(row), list_additions(row)
        response = render_private_page(
            "check/ticket.html",
            fault.status if fault else 200,
            number=number,
            report=row,
            state=state,
            answer_time=expect_answer_to_report(row, state),
            emergency=find_emergency_help(row.text),
            own=ticket_text(number),
            is_new=request.args.get("baru") == "1",
            undelivered=is_mail_undelivered(row),
            picture=screenshot_size(row),
            additions=additions,
            may_add=takes_additions(row, additions),
            fault=_fault_message(fault),
            typed=typed,
        )
    if isinstance(fault, RateLimitedError):
        response.headers["Retry-After"] = str(fault.retry_after_s)
    return response


def _fault_message(fault: InvalidInputError | RateLimitedError | None) -> str | None:
    """Return what to do about a fault, or None."""
    if fault is None:
        return None
    if isinstance(fault, RateLimitedError):
        return f"{refusal_message(fault)} {lost_picture_note()}".rstrip()
    return str(fault.user_message)
