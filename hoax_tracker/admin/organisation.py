"""The city's reference data: units, topics, districts and programmes, each with a list and a form."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from hoax_tracker.accounts.second_factor.freshness import require_fresh_second_factor
from hoax_tracker.admin.blueprint import bp, current_officer
from hoax_tracker.admin.forms import DistrictForm, ProgrammeForm, TopicForm, UnitForm, offer_kinds, offer_units
from hoax_tracker.claims import assignment
from hoax_tracker.clock import utc_now
from hoax_tracker.core.audit.tracked_edits import require_row
from hoax_tracker.core.web.edit_forms import EditForm
from hoax_tracker.errors import NotFoundError
from hoax_tracker.models import District, Programme, Topic, Unit, UnitTopic
from hoax_tracker.organisation import places, unit_tree, units

ViewResult = str | Response | tuple[str, int]
NO_UNIT = _l("Belum ditentukan")


@bp.get("/unit")
def unit_list() -> str:
    """List the units as a tree."""
    return render_template("accounts/units.html", branches=unit_tree.list_unit_tree(), kinds=units.UNIT_KINDS)


@bp.route("/unit/baru", methods=["GET", "POST"])
def add_unit() -> ViewResult:
    """Add a unit below another."""
    root = unit_tree.find_root_unit()
    blank = {"name": "", "short_name": "", "kind": "dinas", "parent_id": root and root.id, "is_active": True}
    form = UnitForm.over(blank)
    offer_units(form.parent_id)
    offer_kinds(form.kind)
    saved = form.attempt(lambda: units.add_unit(form.values(), by=current_officer(), now=utc_now()))
    return redirect_or_rerender(form, saved, "accounts/unit.html", "accounts.unit_list", unit=None, moves="")


@bp.route("/unit/<int:unit_id>", methods=["GET", "POST"])
def change_unit(unit_id: int) -> ViewResult:
    """Change a unit. PPID Utama stays the root."""
    if request.method == "POST":
        require_fresh_second_factor()
    unit = require_row(Unit, unit_id)
    form = UnitForm.over(units.unit_values(unit))
    offer_kinds(form.kind)
    if unit is unit_tree.find_root_unit():
        del form.parent_id
    else:
        offer_units(form.parent_id)
    saved = form.attempt(
        lambda: units.change_unit(
            unit_id,
            form.values(),
            form.seen.data,
            by=current_officer(),
            now=utc_now(),
            reassign_open_work=assignment.reassign_open_work,
        ),
        stored_values_reader(Unit, unit_id, units.unit_values),
    )
    return redirect_or_rerender(
        form, saved, "accounts/unit.html", "accounts.unit_list", unit=unit, moves=describe_moved_work(unit_id)
    )


def describe_moved_work(unit_id: int) -> str:
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
    """List the topics with their answering units."""
    return render_template("accounts/topics.html", rows=units.list_topic_units())


@bp.route("/topik/<value>", methods=["GET", "POST"])
def change_topic(value: str) -> ViewResult:
    """Assign a topic to another unit."""
    if value not in {topic.value for topic in Topic}:
        raise NotFoundError(f"topic {value}")
    topic = Topic(value)
    form = TopicForm.over(topic_values(require_row(UnitTopic, topic)))
    offer_units(form.unit_id)
    saved = form.attempt(
        lambda: units.change_topic(topic, form.unit_id.data, form.seen.data, by=current_officer(), now=utc_now()),
        stored_values_reader(UnitTopic, topic, topic_values),
    )
    return redirect_or_rerender(form, saved, "accounts/topic.html", "accounts.topic_list", topic=topic)


@bp.get("/wilayah")
def district_list() -> str:
    """List the kelurahan by kecamatan."""
    return render_template("accounts/districts.html", groups=places.list_districts())


@bp.route("/wilayah/<int:district_id>", methods=["GET", "POST"])
def change_district(district_id: int) -> ViewResult:
    """Change a district's name and its other names."""
    district = require_row(District, district_id)
    form = DistrictForm.over(places.district_values(district))
    saved = form.attempt(
        lambda: places.change_district(district_id, form.values(), form.seen.data, by=current_officer(), now=utc_now()),
        stored_values_reader(District, district_id, places.district_values),
    )
    return redirect_or_rerender(form, saved, "accounts/district.html", "accounts.district_list", district=district)


@bp.get("/program")
def programme_list() -> str:
    """List the programmes with their answering units."""
    return render_template("accounts/programmes.html", rows=places.list_programmes())


@bp.route("/program/baru", methods=["GET", "POST"])
def add_programme() -> ViewResult:
    """Add a programme or service that messages may name."""
    form = ProgrammeForm.over({"name": "", "aliases": [], "unit_id": None})
    offer_units(form.unit_id, empty=NO_UNIT)
    saved = form.attempt(lambda: places.add_programme(form.values(), by=current_officer(), now=utc_now()))
    return redirect_or_rerender(form, saved, "accounts/programme.html", "accounts.programme_list", programme=None)


@bp.route("/program/<int:programme_id>", methods=["GET", "POST"])
def change_programme(programme_id: int) -> ViewResult:
    """Change a programme."""
    programme = require_row(Programme, programme_id)
    form = ProgrammeForm.over(places.programme_values(programme))
    offer_units(form.unit_id, empty=NO_UNIT)
    saved = form.attempt(
        lambda: places.change_programme(
            programme_id, form.values(), form.seen.data, by=current_officer(), now=utc_now()
        ),
        stored_values_reader(Programme, programme_id, places.programme_values),
    )
    return redirect_or_rerender(form, saved, "accounts/programme.html", "accounts.programme_list", programme=programme)


def topic_values(row: UnitTopic) -> units.Values:
    """Return the editable values of a topic."""
    return {"unit_id": row.unit_id}


def stored_values_reader(model: Any, key: Any, values: Callable[[Any], units.Values]) -> Callable[[], units.Values]:
    """Return a function that reads the currently stored values."""
    return lambda: values(require_row(model, key))


def redirect_or_rerender(form: EditForm, saved: bool, template: str, after: str, **shown: Any) -> ViewResult:
    """Redirect to the list where the form was saved; otherwise show the form with the typed input."""
    if saved:
        flash(_("Tersimpan."), "done")
        return redirect(url_for(after))
    return render_template(template, form=form, **shown), form.status
