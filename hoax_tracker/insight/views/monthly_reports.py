"""``/petugas/laporan/``: the monthly reports, their files, and who gets them."""

from __future__ import annotations

from datetime import date

from apiflask import APIBlueprint
from flask import Response, flash, redirect, render_template, request, url_for
from flask_babel import force_locale, gettext as _, lazy_gettext as _l, ngettext
from werkzeug.wrappers import Response as AnyResponse
from wtforms import TextAreaField

from hoax_tracker.accounts.sign_in import sign_in_required
from hoax_tracker.authority.row_acts import redirect_proposed
from hoax_tracker.clock import utc_now
from hoax_tracker.core.audit.tracked_edits import values_digest
from hoax_tracker.core.drawing.ornaments import can_draw_cards
from hoax_tracker.core.extensions import current_officer, current_settings
from hoax_tracker.core.web.downloads import XLSX_TYPE, attach_file
from hoax_tracker.core.web.edit_forms import EditForm, LinesField, preserve_typed_input, read_long_text
from hoax_tracker.errors import EditConflictError, InvalidInputError, NotFoundError
from hoax_tracker.insight.reports import monthly as service, recipients
from hoax_tracker.insight.reports.content import ReportContent, ReportDocument, content_from_json, name_month
from hoax_tracker.insight.reports.monthly import MONTHLY
from hoax_tracker.insight.reports.recipients import RECIPIENTS
from hoax_tracker.insight.reports.tables import draw_table, write_cell
from hoax_tracker.insight.reports.versions import SENDING_ROLES, may_send_report
from hoax_tracker.insight.reports.yearly import YEARLY, list_unbegun_years
from hoax_tracker.models import MonthlyReport, Proposal, RoleName

ViewResult = str | AnyResponse | tuple[str, int]
bp = APIBlueprint("monthly_reports", __name__, url_prefix="/petugas/laporan", enable_openapi=False)
preserve_typed_input(bp)
SAMPLE_NOTICE = "CONTOH. Semua isi laporan ini karangan untuk peragaan, bukan angka Pemerintah Kota."


class CommentForm(EditForm):
    """The officers' own text in a report."""

    comment = TextAreaField(_l("Catatan untuk penerima"), filters=[read_long_text])


class RecipientsForm(EditForm):
    """The addresses, one a line."""

    addresses = LinesField(_l("Alamat email penerima"))


def _read_month(text: str) -> date:
    """Return the month of an address: "2026-11". Raises NotFoundError for anything else."""
    try:
        month = date.fromisoformat(f"{text}-01")
    except ValueError as error:
        raise NotFoundError(f"month {text[:20]}") from error
    if f"{month:%Y-%m}" != text:
        raise NotFoundError(f"month {text[:20]}")
    return month


@bp.get("/")
@sign_in_required()
def listing() -> str:
    """List the monthly and yearly reports, each version that was sent and the draft, and who gets them."""
    is_admin = current_officer().is_a(RoleName.ADMINISTRATOR)
    return _render_listing(RecipientsForm.over(RECIPIENTS.stored_values(1), formdata=None) if is_admin else None)


def _render_listing(recipients: RecipientsForm | None) -> str:
    """Return the list; for administrators with the form of the recipients."""
    yearly_reports = YEARLY.list_all("content", "register")
    return render_template(
        "insight/monthly_report_list.html",
        reports=MONTHLY.list_all("content"),
        yearly_reports=yearly_reports,
        unbegun_years=list_unbegun_years(yearly_reports, utc_now()),
        name_month=name_month,
        form=recipients,
        waiting=RECIPIENTS.find_waiting(1) if recipients else None,
    )


@bp.post("/penerima")
@sign_in_required(RoleName.ADMINISTRATOR)
def edit_recipients() -> ViewResult:
    """Propose other addresses that get the report."""
    form = RecipientsForm.over(RECIPIENTS.stored_values(1))
    made: list[Proposal | None] = []

    def save() -> None:
        values = {"addresses": form.addresses.data}
        made.append(RECIPIENTS.propose(1, values, form.seen.data, by=current_officer(), now=utc_now()))

    if form.attempt(save, lambda: RECIPIENTS.stored_values(1)):
        return redirect_proposed("recipients", is_proposed=made[0] is not None)
    return _render_listing(form), form.status


@bp.get("/<month>")
@sign_in_required()
def show_newest(month: str) -> ViewResult:
    """Show the newest version of the month's report."""
    return _render_report(service.load_report(_read_month(month)))


@bp.get("/<month>/<int:version>")
@sign_in_required()
def show_version(month: str, version: int) -> ViewResult:
    """Show a version of the month's report."""
    return _render_report(service.load_report(_read_month(month), version))


@bp.post("/<month>/<int:version>/catatan")
@sign_in_required(*SENDING_ROLES)
def comment(month: str, version: int) -> ViewResult:
    """Change the comment of a draft."""
    report = service.load_report(_read_month(month), version)
    form = CommentForm()

    def save() -> None:
        service.change_comment(report.id, form.comment.data, form.seen.data, by=current_officer(), now=utc_now())

    if form.attempt(save, lambda: service.comment_values(service.load_report(_read_month(month), version))):
        flash(_("Catatan tersimpan. Laporan belum dikirim."), "done")
        return redirect(_address_of(report), 303)
    return _render_report(service.load_report(_read_month(month), version), form), form.status


@bp.post("/<month>/<int:version>/kirim")
@sign_in_required(*SENDING_ROLES)
def send(month: str, version: int) -> ViewResult:
    """Send a draft: it stays as it is from then on."""
    report = service.load_report(_read_month(month), version)
    try:
        letters = service.send_report(report.id, request.form.get("seen", ""), by=current_officer(), now=utc_now())
    except (EditConflictError, InvalidInputError) as error:
        status = 409 if isinstance(error, EditConflictError) else 422
        return _render_report(service.load_report(_read_month(month), version), fault=str(error.user_message)), status
    done = ngettext("Dikirim ke %(num)d alamat.", "Dikirim ke %(num)d alamat.", letters)
    flash(done if letters else _("Laporan ditetapkan. Tidak ada email yang dikirim."), "done")
    return redirect(_address_of(report), 303)


@bp.post("/<month>/versi-baru")
@sign_in_required(*SENDING_ROLES)
def renew(month: str) -> ViewResult:
    """Ask for a new version of a report that was sent."""
    first_day, reason = _read_month(month), read_long_text(request.form.get("reason"))
    try:
        service.request_new_version(first_day, reason, by=current_officer(), now=utc_now())
    except InvalidInputError as error:
        return _render_report(service.load_report(first_day), fault=str(error.user_message), reason=reason), 422
    flash(_("Versi baru sedang dihitung. Muat ulang halaman ini sebentar lagi."), "done")
    return redirect(url_for("monthly_reports.show_newest", month=month), 303)


@bp.get("/<month>/<int:version>/laporan.<any(pdf,xlsx):file_kind>")
@sign_in_required()
def download(month: str, version: int, file_kind: str) -> Response:
    """Send a version as a file, made from what is kept."""
    report = service.load_report(_read_month(month), version)
    document = describe_document(report, _read_content(report))
    return send_report_file(document, f"laporan-{report.month:%Y-%m}-versi-{report.version}", file_kind)


def send_report_file(document: ReportDocument, name: str, file_kind: str) -> Response:
    """Send a report as a PDF or XLSX file. Raises NotFoundError for a PDF on a machine without the fonts."""
    from hoax_tracker.insight.views.report_pdf import draw_report, write_workbook

    if file_kind == "pdf" and not can_draw_cards():
        raise NotFoundError("no font for reports: docs/install.md names them")
    notice = SAMPLE_NOTICE if current_settings().demo else ""
    with force_locale("id"):
        if file_kind == "xlsx":
            body, media_type = write_workbook(document, notice), XLSX_TYPE
        else:
            body, media_type = draw_report(document, notice), "application/pdf"
    return attach_file(body, media_type, f"{name}.{file_kind}")


def describe_document(report: MonthlyReport, content: ReportContent) -> ReportDocument:
    """Return a version of a report as its files show it."""
    with force_locale("id"):
        title = f"Laporan {name_month(report.month)}"
    notes = (("Catatan petugas", report.comment),) if report.comment else ()
    return ReportDocument(
        title,
        report.version,
        content.counted_at,
        report.sent_at,
        report.reason,
        notes,
        content.sentences,
        content.tables,
    )


def _read_content(report: MonthlyReport) -> ReportContent:
    """Return what the report says. Raises NotFoundError while it is not counted."""
    if report.content is None:
        raise NotFoundError(f"report {report.month} {report.version} is not counted yet")
    return content_from_json(report.content)


def _address_of(report: MonthlyReport) -> str:
    return url_for("monthly_reports.show_version", **MONTHLY.address(report))


def _render_report(report: MonthlyReport, form: CommentForm | None = None, *, fault: str = "", reason: str = "") -> str:
    """Return the page of a report, with the acts open to the officer."""
    content = content_from_json(report.content) if report.content else None
    with force_locale("id"):
        drawn = [draw_table(table) for table in content.tables] if content else []
        cells = {table.table.key: [[write_cell(cell) for cell in row] for row in table.table.rows] for table in drawn}
    values = service.comment_values(report)
    return render_template(
        "insight/monthly_report.html",
        report=report,
        content=content,
        has_fonts=can_draw_cards(),
        drawn=drawn,
        cells=cells,
        title=name_month(report.month),
        address=MONTHLY.address(report),
        versions=MONTHLY.list_versions(report.month),
        may_send=may_send_report(current_officer()),
        form=form or CommentForm(formdata=None, data=values, seen=values_digest(values)),
        seen=service.sending_digest(report),
        reached=recipients.count_reached(),
        fault=fault,
        reason=reason,
    )
