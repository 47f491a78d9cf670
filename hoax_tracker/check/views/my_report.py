"""A ticket holder's rights: copy of the report, deletion of the contact, erasure.

The ticket is the secret, and no other site knows it: these forms carry no CSRF token, so they work without cookies.
"""

from __future__ import annotations

from flask import Response, current_app, g, redirect, request, url_for
from flask_babel import gettext as _

from hoax_tracker.check.cache.http_caching import render_private_page
from hoax_tracker.check.reports.erasure import erase_report, forget_contact
from hoax_tracker.check.reports.export import export_report
from hoax_tracker.check.reports.submission import find_report_by_ticket
from hoax_tracker.check.views.reports import bp
from hoax_tracker.clock import utc_now
from hoax_tracker.core.current import current_settings
from hoax_tracker.core.extensions import csrf
from hoax_tracker.core.web.downloads import attach_file
from hoax_tracker.errors import NotFoundError
from hoax_tracker.models import Report


def require_ticket_report(ticket: str) -> tuple[str, Report]:
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
    number, report = require_ticket_report(ticket)
    content = current_app.json.dumps(export_report(number, report, current_settings()))
    return attach_file(content.encode(), "application/json", f"aduan-{number[:4].lower()}.json")


@bp.route("/lapor/<ticket>/hapus", methods=["GET", "POST"])
def erase(ticket: str) -> Response:
    """Say what would be erased and what would stay, then do it."""
    number, report = require_ticket_report(ticket)
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
