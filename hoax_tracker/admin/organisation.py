"""The pages on which an administrator proposes changes of the organisation.

Units, topics, districts and programmes have a list and a form each; response targets, office hours and holidays one
page; the texts that drafts start with another. The contacts are those that residents see: of the PPID in the footer,
and whom to call above answers about an emergency.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import sqlalchemy as sa
from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _, lazy_gettext as _l
from werkzeug.wrappers import Response
from wtforms import IntegerField, StringField, TextAreaField

from hoax_tracker.accounts.second_factor.freshness import require_fresh_second_factor
from hoax_tracker.admin.blueprint import bp
from hoax_tracker.admin.forms import DistrictForm, ProgrammeForm, TopicForm, UnitForm, offer_kinds, offer_units
from hoax_tracker.authority.row_acts import RowAct, Values, redirect_proposed
from hoax_tracker.claims import assignment
from hoax_tracker.clock import day_in_kupang, utc_now
from hoax_tracker.core.audit.tracked_edits import require_row, values_digest
from hoax_tracker.core.extensions import current_officer
from hoax_tracker.core.web.edit_forms import EditForm, LinesField, clean_input_text, max_length_rule, read_long_text
from hoax_tracker.errors import InvalidInputError, NotFoundError
from hoax_tracker.models import District, Programme, Proposal, TextTemplate, Topic, Unit, UnitTopic, db
from hoax_tracker.organisation import office_hours as office, public_contacts as contacts, units

ViewResult = str | Response | tuple[str, int]
NO_UNIT = _l("Belum ditentukan")


@bp.get("/unit")
def unit_list() -> str:
    """List the units as a tree."""
    return render_template("accounts/units.html", branches=units.list_unit_tree(), kinds=units.UNIT_KINDS)


@bp.route("/unit/baru", methods=["GET", "POST"])
def add_unit() -> ViewResult:
    """Add a unit below another."""
    root = units.find_root_unit()
    blank = {"name": "", "short_name": "", "kind": "dinas", "parent_id": root and root.id, "is_active": True}
    form = UnitForm.over(blank)
    offer_units(form.parent_id)
    offer_kinds(form.kind)
    return _propose_row(form, units.UNITS, None, "accounts/unit.html", unit=None, moves="")


@bp.route("/unit/<int:unit_id>", methods=["GET", "POST"])
def change_unit(unit_id: int) -> ViewResult:
    """Change a unit. PPID Utama stays the root."""
    if request.method == "POST":
        require_fresh_second_factor()
    unit = require_row(Unit, unit_id)
    form = UnitForm.over(units.UNITS.values_to_edit(unit, unit_id))
    offer_kinds(form.kind)
    if unit is units.find_root_unit():
        del form.parent_id
    else:
        offer_units(form.parent_id)
    moves = _describe_moved_work(unit_id)
    return _propose_row(form, units.UNITS, unit_id, "accounts/unit.html", unit=unit, moves=moves)


def _describe_moved_work(unit_id: int) -> str:
    """Return which open work moves when the unit closes, as display text; "" where there is none."""
    claims, asked = assignment.count_open_work(unit_id)
    if not claims and not asked:
        return ""
    return str(
        _(
            "Bila dinonaktifkan: %(claims)s klaim pindah ke unit di atasnya, %(asked)s pertanyaan kembali ke penanya.",
            claims=claims,
            asked=asked,
        )
    )


@bp.get("/topik")
def topic_list() -> str:
    """List the topics with their answering units and the texts that their drafts start with."""
    held = {row.topic: row for row in db.session.scalars(sa.select(TextTemplate))}
    return render_template("accounts/topics.html", rows=units.list_topic_units(), held=held)


@bp.get("/contoh-teks")
def template_list() -> Response:
    """Lead bookmarks of a former page to the topics."""
    return redirect(url_for("accounts.topic_list"), 301)


@bp.route("/topik/<value>", methods=["GET", "POST"])
def change_topic(value: str) -> ViewResult:
    """Assign a topic to another unit."""
    if value not in {topic.value for topic in Topic}:
        raise NotFoundError(f"topic {value}")
    topic = Topic(value)
    form = TopicForm.over(units.TOPICS.values_to_edit(require_row(UnitTopic, topic), value))
    offer_units(form.unit_id)
    return _propose_row(form, units.TOPICS, value, "accounts/topic.html", topic=topic)


@bp.get("/wilayah")
def district_list() -> str:
    """List the kelurahan by kecamatan."""
    return render_template("accounts/districts.html", groups=units.list_districts())


@bp.route("/wilayah/<int:district_id>", methods=["GET", "POST"])
def change_district(district_id: int) -> ViewResult:
    """Change a district's name and its other names."""
    district = require_row(District, district_id)
    form = DistrictForm.over(units.DISTRICTS.values_to_edit(district, district_id))
    return _propose_row(form, units.DISTRICTS, district_id, "accounts/district.html", district=district)


@bp.get("/program")
def programme_list() -> str:
    """List the programmes with their answering units."""
    return render_template("accounts/programmes.html", rows=units.list_programmes())


@bp.route("/program/baru", methods=["GET", "POST"])
def add_programme() -> ViewResult:
    """Add a programme or service that messages may name."""
    form = ProgrammeForm.over({"name": "", "aliases": [], "unit_id": None})
    offer_units(form.unit_id, empty=NO_UNIT)
    return _propose_row(form, units.PROGRAMMES, None, "accounts/programme.html", programme=None)


@bp.route("/program/<int:programme_id>", methods=["GET", "POST"])
def change_programme(programme_id: int) -> ViewResult:
    """Change a programme."""
    programme = require_row(Programme, programme_id)
    form = ProgrammeForm.over(units.PROGRAMMES.values_to_edit(programme, programme_id))
    offer_units(form.unit_id, empty=NO_UNIT)
    return _propose_row(form, units.PROGRAMMES, programme_id, "accounts/programme.html", programme=programme)


def _propose_row(form: EditForm, rows: RowAct, key: Any, template: str, **shown: Any) -> ViewResult:
    """Store what the form proposes for a row (``key`` None: for a new one) and show what waits; else show the form."""
    made: list[Proposal | None] = []

    def propose() -> None:
        who: dict[str, Any] = {"by": current_officer(), "now": utc_now()}
        if key is None:
            made.append(rows.propose_new(form.values()["name"], form.values(), **who))
        else:
            made.append(rows.propose(key, form.values(), form.seen.data, **who))

    if form.attempt(propose, lambda: rows.stored_values(key)):
        return redirect_proposed(rows.name, is_proposed=made[0] is not None)
    waiting = rows.find_waiting(key) if key is not None else None
    return render_template(template, form=form, waiting=waiting, **shown), form.status


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


PARTS, BLANK_ROWS = 4, 2


class ContactRowsField(LinesField):
    """The emergency contacts, as lines; each has four inputs of the same name, in order. Blank rows are dropped."""

    @property
    def rows(self) -> list[list[str]]:
        """The four parts of each contact, and of new ones."""
        return [*(line.split(" | ", PARTS - 1) for line in self.data or ()), *([[""] * PARTS] * BLANK_ROWS)]

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read four inputs at a time."""
        cells = [(clean_input_text(cell) or "").replace("|", "/") for cell in valuelist]
        rows = [cells[start : start + PARTS] for start in range(0, len(cells), PARTS)]
        self.data = [" | ".join(row) for row in rows if any(row)]


class ContactsForm(EditForm):
    """The contacts; each emergency contact is one row."""

    address = StringField(_l("Alamat kantor PPID"), filters=[clean_input_text])
    telephone = StringField(_l("Telepon"), filters=[clean_input_text])
    email = StringField(_l("Email"), filters=[clean_input_text])
    website = StringField(_l("Situs resmi"), filters=[clean_input_text])
    emergency = ContactRowsField(_l("Siapa yang dihubungi dalam keadaan darurat"))

    def values(self) -> Values:
        """Return the entered values."""
        named = {name: self[name].data or "" for name in contacts.LONGEST}
        return named | {"emergency": [contacts.read_emergency_line(line) for line in self.emergency.data]}


def _contacts_form_data(values: Values) -> dict[str, Any]:
    """Return the values as the form's fields store them."""
    return values | {"emergency": [contacts.format_emergency_line(contact) for contact in values["emergency"]]}


@bp.route("/kontak", methods=["GET", "POST"])
def public_contacts() -> ViewResult:
    """Show the contacts that residents see, and propose others."""
    values = contacts.CONTACTS.stored_values(1)
    form = ContactsForm(data=_contacts_form_data(values), seen=values_digest(values))
    made: list[Proposal | None] = []

    def propose() -> None:
        who: dict[str, Any] = {"by": current_officer(), "now": utc_now()}
        made.append(contacts.CONTACTS.propose(1, form.values(), form.seen.data, **who))

    if form.attempt(propose, lambda: contacts.CONTACTS.stored_values(1)):
        return redirect_proposed("contacts", is_proposed=made[0] is not None)
    hidden, waiting = (
        [form[name].label.text for name in contacts.list_hidden_fields()],
        contacts.CONTACTS.find_waiting(1),
    )
    return render_template("accounts/public_contacts.html", form=form, hidden=hidden, waiting=waiting), form.status
