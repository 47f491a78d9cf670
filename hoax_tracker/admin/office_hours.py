"""Response targets, office hours and holidays on one page, and the texts that drafts start with."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response
from wtforms import IntegerField, StringField, TextAreaField

from hoax_tracker.admin.blueprint import bp
from hoax_tracker.authority.row_acts import Values
from hoax_tracker.clock import day_in_kupang, utc_now
from hoax_tracker.core.audit.tracked_edits import values_digest
from hoax_tracker.core.current import current_officer
from hoax_tracker.core.web.edit_forms import EditForm, clean_input_text, max_length_rule, read_long_text
from hoax_tracker.errors import InvalidInputError, NotFoundError
from hoax_tracker.models import Topic
from hoax_tracker.organisation import office_hours as office

ViewResult = str | Response | tuple[str, int]


def _day_hours_field(number: int) -> StringField:
    """Return the field for one day's hours: "07:30-16:00", empty for a day off."""
    return StringField(office.WEEKDAY_NAMES[number], filters=[clean_input_text])


class OfficeForm(EditForm):
    """Targets and hours. Each day has one field, so that a phone's keyboard is enough."""

    urgent_hours = IntegerField(_l("Mendesak (jam)"))
    high_hours = IntegerField(_l("Tinggi (jam)"))
    other_days = IntegerField(_l("Lainnya (hari kerja)"))
    digest_from = StringField(_l("Ringkasan pagi mulai pukul"), filters=[clean_input_text])
    review_months = IntegerField(_l("Tinjau ulang halaman terbit sesudah (bulan)"))
    day0, day1, day2, day3, day4, day5, day6 = (_day_hours_field(number) for number in range(7))

    def values(self) -> Values:
        """Return the entered values."""
        named = ("urgent_hours", "high_hours", "other_days", "digest_from", "review_months")
        week = [self[f"day{number}"].data or "" for number in range(7)]
        return {name: self[name].data for name in named} | {"hours": [_read_day_hours(day) for day in week]}


def _read_day_hours(day: str) -> list[str] | None:
    """Return [from, until] of "07:30-16:00" (any dash, dots too), None for an empty day."""
    if not day:
        return None
    begins, _dash, ends = day.replace(".", ":").replace("–", "-").partition("-")
    return [begins.strip(), ends.strip()]


def _office_form_data(values: Values) -> dict[str, Any]:
    """Return the values as the form's fields store them."""
    days = {f"day{number}": "-".join(day) if day else "" for number, day in enumerate(values["hours"])}
    return {name: value for name, value in values.items() if name != "hours"} | days


@bp.route("/jam-kerja", methods=["GET", "POST"])
def office_hours() -> ViewResult:
    """Show and change targets, hours and holidays."""
    values = office.office_values()
    form = OfficeForm(data=_office_form_data(values), seen=values_digest(values))
    saved = form.attempt(
        lambda: office.change_office(form.values(), form.seen.data, by=current_officer(), now=utc_now()),
        office.office_values,
    )
    if saved:
        flash(_("Tersimpan. Berlaku untuk klaim yang masuk sesudah ini."), "done")
        return redirect(url_for("accounts.office_hours"))
    return _render_office_page(form), form.status


def _render_office_page(form: OfficeForm, trouble: InvalidInputError | None = None) -> str:
    today = day_in_kupang(utc_now())
    return render_template(
        "accounts/office.html",
        form=form,
        holidays=office.list_holidays(today),
        trouble_of_day=trouble,
        typed=request.form,
    )


@bp.post("/jam-kerja/libur")
def add_holiday() -> ViewResult:
    """Add a holiday."""
    try:
        office.add_holiday(
            _read_day(request.form.get("day", "")), request.form.get("name", ""), by=current_officer(), now=utc_now()
        )
    except InvalidInputError as error:
        values = office.office_values()
        return _render_office_page(
            OfficeForm(formdata=None, data=_office_form_data(values), seen=values_digest(values)), error
        ), error.status
    flash(_("Hari libur tersimpan."), "done")
    return redirect(url_for("accounts.office_hours") + "#libur")


@bp.post("/jam-kerja/libur/<day>/<any(hapus,sahkan):act>")
def change_holiday(day: str, act: str) -> Response:
    """Remove a holiday, or mark it as checked against the decree."""
    holiday = _read_day(day)
    if holiday is None:
        raise NotFoundError(f"day {day}")
    (office.remove_holiday if act == "hapus" else office.verify_holiday)(holiday, by=current_officer(), now=utc_now())
    flash(_("Hari libur dihapus dari daftar.") if act == "hapus" else _("Ditandai sudah diperiksa."), "done")
    return redirect(url_for("accounts.office_hours") + "#libur")


class TemplateForm(EditForm):
    """The texts that a draft on a topic starts with."""

    findings = TextAreaField(_l("Hasil cek fakta"), [max_length_rule(20_000)], filters=[read_long_text])
    conclusion = TextAreaField(_l("Kesimpulan"), [max_length_rule(5_000)], filters=[read_long_text])


@bp.route("/contoh-teks/<value>", methods=["GET", "POST"])
def change_template(value: str) -> ViewResult:
    """Change the texts that drafts on a topic start with."""
    if value not in {topic.value for topic in Topic}:
        raise NotFoundError(f"topic {value}")
    topic = Topic(value)
    values = office.template_values(topic)
    form = TemplateForm.over(values)
    saved = form.attempt(
        lambda: office.change_template(
            topic,
            {"findings": form.findings.data or "", "conclusion": form.conclusion.data or ""},
            form.seen.data,
            by=current_officer(),
            now=utc_now(),
        ),
        lambda: office.template_values(topic),
    )
    if saved:
        flash(_("Tersimpan: %(name)s.", name=topic.label), "done")
        return redirect(url_for("accounts.topic_list"))
    return render_template("accounts/template.html", form=form, topic=topic), form.status


def _read_day(text: str) -> date | None:
    """Return the date of text like "2026-12-25", None for any other text."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
