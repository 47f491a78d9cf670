"""``/petugas/laporan/2026``: the PPID's yearly reports, the numbers of its register, and their files."""

from __future__ import annotations

import re
from typing import Any

from apiflask import APIBlueprint
from flask import Response, flash, redirect, render_template, request, url_for
from flask_babel import force_locale, gettext as _, lazy_gettext as _l, ngettext
from werkzeug.wrappers import Response as AnyResponse
from wtforms import StringField, TextAreaField

from hoax_tracker.accounts.sign_in import sign_in_required
from hoax_tracker.clock import utc_now
from hoax_tracker.core.audit.tracked_edits import values_digest
from hoax_tracker.core.drawing.ornaments import can_draw_cards
from hoax_tracker.core.extensions import current_officer
from hoax_tracker.core.web.edit_forms import EditForm, preserve_typed_input, read_long_text
from hoax_tracker.core.web.template_filters import format_number
from hoax_tracker.errors import EditConflictError, InvalidInputError
from hoax_tracker.insight.reports import recipients, yearly as service
from hoax_tracker.insight.reports.content import ReportContent, ReportDocument
from hoax_tracker.insight.reports.register import AVERAGE_KEY, AVERAGE_LABEL, GROUPS, TEXTS, TIMES, empty_register
from hoax_tracker.insight.reports.tables import draw_table, write_cell
from hoax_tracker.insight.reports.versions import SENDING_ROLES, may_send_report
from hoax_tracker.insight.reports.yearly import YEARLY, publication_deadline
from hoax_tracker.insight.views.monthly_reports import send_report_file
from hoax_tracker.models import YearlyReport

ViewResult = str | AnyResponse | tuple[str, int]
bp = APIBlueprint(
    "yearly_reports", __name__, url_prefix="/petugas/laporan/<int(fixed_digits=4):year>", enable_openapi=False
)
preserve_typed_input(bp)
MOST_OF_ANYTHING = 1_000_000
WHOLE_NUMBER = re.compile(r"[0-9]{1,7}|[0-9]{1,3}(\.[0-9]{3}){1,2}")
"""Dots part thousands only: "1.5" is no 15."""
SOME_DAYS = re.compile(r"[0-9]{1,4}(,[0-9]+|\.[0-9]{1,2})?")
"""Three digits after a dot would be thousands elsewhere on the form: "1.000" is no single day."""
SHOWN_OBSTACLES = 8


class CountField(StringField):  # type: ignore[misc]
    """A number of things, or nothing entered yet. Thousands may be parted by dots."""

    def _value(self) -> str:
        return self.raw_data[0] if self.raw_data else "" if self.data is None else str(self.data)

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read the number, None for an empty field."""
        typed = (valuelist[0] if valuelist else "").strip()
        digits = typed.replace(".", "")
        if typed and not (WHOLE_NUMBER.fullmatch(typed) and int(digits) <= MOST_OF_ANYTHING):
            raise ValueError(_("Tulis bilangan bulat, dari 0 sampai %(most)s.", most=format_number(MOST_OF_ANYTHING)))
        self.data = int(digits) if typed else None


class AverageField(StringField):  # type: ignore[misc]
    """Days with one decimal, or nothing entered yet."""

    def _value(self) -> str:
        return self.raw_data[0] if self.raw_data else "" if self.data is None else format_number(self.data, 1)

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read the number, None for an empty field."""
        typed = (valuelist[0] if valuelist else "").strip()
        if typed and not SOME_DAYS.fullmatch(typed):
            raise ValueError(_("Tulis jumlah hari, misalnya 6 atau 6,5."))
        self.data = round(float(typed.replace(",", ".")), 1) if typed else None


class RegisterForm(EditForm):
    """The numbers of the PPID's register, each beside its label, and the officers' texts."""


for group in GROUPS:
    for key, label in group.labels.items():
        setattr(RegisterForm, key, CountField(label))
setattr(RegisterForm, AVERAGE_KEY, AverageField(AVERAGE_LABEL))
for key, label in TEXTS.items():
    setattr(RegisterForm, key, TextAreaField(label, filters=[read_long_text]))
TEXT_HELP = {
    "obstacles": _l("Yang menyulitkan layanan informasi tahun itu. Tanpa nama, nomor, atau alamat siapa pun."),
    "recommendations": _l("Yang diusulkan, dan yang sudah dilakukan atas usulan tahun sebelumnya."),
}


@bp.get("")
@sign_in_required()
def show_newest(year: int) -> ViewResult:
    """Show the newest version of the year's report."""
    return _render_yearly_report(service.load_yearly_report(year, utc_now()))


@bp.get("/<int:version>")
@sign_in_required()
def show_version(year: int, version: int) -> ViewResult:
    """Show a version of the year's report."""
    return _render_yearly_report(service.load_yearly_report(year, utc_now(), version))


@bp.post("/<int:version>/register")
@sign_in_required(*SENDING_ROLES)
def enter(year: int, version: int) -> ViewResult:
    """Store the numbers of the register in the draft."""
    form = RegisterForm()

    def stored() -> dict[str, Any]:
        return service.register_values(service.load_yearly_report(year, utc_now(), version))

    def save() -> None:
        values = {key: form[key].data for key in empty_register()}
        service.save_register(year, version, values, form.seen.data, by=current_officer(), now=utc_now())

    if form.attempt(save, stored):
        flash(_("Tersimpan sebagai rancangan. Laporan belum dikirim."), "done")
        return redirect(_address_of(year, version), 303)
    return _render_yearly_report(service.load_yearly_report(year, utc_now(), version), form), form.status


@bp.post("/<int:version>/kirim")
@sign_in_required(*SENDING_ROLES)
def send(year: int, version: int) -> ViewResult:
    """Send a draft: it stays as it is from then on."""
    try:
        letters = service.send_yearly_report(
            year, version, request.form.get("seen", ""), by=current_officer(), now=utc_now()
        )
    except (EditConflictError, InvalidInputError) as error:
        status = 409 if isinstance(error, EditConflictError) else 422
        report = service.load_yearly_report(year, utc_now(), version)
        return _render_yearly_report(report, fault=str(error.user_message)), status
    done = ngettext("Dikirim ke %(num)d alamat.", "Dikirim ke %(num)d alamat.", letters)
    flash(done if letters else _("Laporan ditetapkan. Tidak ada email yang dikirim."), "done")
    return redirect(_address_of(year, version), 303)


@bp.post("/versi-baru")
@sign_in_required(*SENDING_ROLES)
def renew(year: int) -> ViewResult:
    """Begin a new version of a report that was sent."""
    reason = read_long_text(request.form.get("reason"))
    try:
        service.begin_new_version(year, reason, by=current_officer(), now=utc_now())
    except InvalidInputError as error:
        report = service.load_yearly_report(year, utc_now())
        return _render_yearly_report(report, fault=str(error.user_message), reason=reason), 422
    flash(_("Rancangan versi baru dibuat dengan angka versi sebelumnya."), "done")
    return redirect(url_for("yearly_reports.show_newest", year=year), 303)


@bp.get("/<int:version>/laporan.<any(pdf,xlsx):file_kind>")
@sign_in_required()
def download(year: int, version: int, file_kind: str) -> Response:
    """Send a version as a file: as it was sent, or a draft as it stands now."""
    report = service.load_yearly_report(year, utc_now(), version)
    content, _numbers = service.read_yearly_content(report, utc_now())
    name = f"laporan-layanan-informasi-{year}-versi-{version}"
    return send_report_file(_describe_yearly_document(report, content), name, file_kind)


def _describe_yearly_document(report: YearlyReport, content: ReportContent) -> ReportDocument:
    """Return a version of a report as its files show it."""
    values = service.register_values(report)
    with force_locale("id"):
        notes = tuple((str(label), values[key]) for key, label in TEXTS.items() if values[key])
    return ReportDocument(
        f"Laporan Layanan Informasi Publik {report.year}",
        report.version,
        content.counted_at,
        report.sent_at,
        report.reason,
        notes,
        content.sentences,
        content.tables,
    )


def _list_typed_changes(form: RegisterForm, shown: RegisterForm) -> list[tuple[str, str]]:
    """Return what was typed in place of what stands in the report, each with its label."""
    fields = [form[key] for key in empty_register() if form[key]._value() != shown[key]._value()]
    return [(str(field.label.text), field._value()) for field in fields]


def _address_of(year: int, version: int) -> str:
    return url_for("yearly_reports.show_version", year=year, version=version)


def _render_yearly_report(
    report: YearlyReport, form: RegisterForm | None = None, *, fault: str = "", reason: str = ""
) -> str:
    """Return the page of a report, with the acts open to the officer."""
    now = utc_now()
    values = service.register_values(report)
    content, numbers = service.read_yearly_content(report, now)
    obstacles = service.list_obstacles(report, numbers, now) if numbers else []
    with force_locale("id"):
        drawn = [draw_table(table) for table in content.tables]
        cells = {table.table.key: [[write_cell(cell) for cell in row] for row in table.table.rows] for table in drawn}
        notes = [(str(label), values[key]) for key, label in TEXTS.items() if values[key]]
    shown = RegisterForm(formdata=None, data=values, seen=values_digest(values))
    return render_template(
        "insight/yearly_report.html",
        report=report,
        content=content,
        drawn=drawn,
        cells=cells,
        notes=notes,
        has_fonts=can_draw_cards(),
        versions=YEARLY.list_versions(report.year),
        deadline=publication_deadline(report.year),
        may_send=may_send_report(current_officer()),
        form=form or shown,
        unsaved=_list_typed_changes(form, shown) if form and report.sent_at else [],
        groups=GROUPS,
        average=(TIMES.key, AVERAGE_KEY),
        text_help=TEXT_HELP,
        obstacles=obstacles[:SHOWN_OBSTACLES],
        seen=service.sending_digest(report, content) if numbers else "",
        reached=recipients.count_reached(),
        fault=fault,
        reason=reason,
    )
