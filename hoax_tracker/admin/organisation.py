"""The city's reference data: units, topics, districts and programmes, each with a list and a form that proposes."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from hoax_tracker.accounts.second_factor.freshness import require_fresh_second_factor
from hoax_tracker.admin.blueprint import bp
from hoax_tracker.admin.forms import DistrictForm, ProgrammeForm, TopicForm, UnitForm, offer_kinds, offer_units
from hoax_tracker.authority.redirects import redirect_proposed
from hoax_tracker.authority.row_acts import RowAct
from hoax_tracker.claims import assignment
from hoax_tracker.clock import utc_now
from hoax_tracker.core.audit.tracked_edits import require_row
from hoax_tracker.core.current import current_officer
from hoax_tracker.core.web.edit_forms import EditForm
from hoax_tracker.errors import NotFoundError
from hoax_tracker.models import District, Programme, Proposal, TextTemplate, Topic, Unit, UnitTopic, db
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
    return _propose_row(form, units.UNITS, None, "accounts/unit.html", unit=None, moves="")


@bp.route("/unit/<int:unit_id>", methods=["GET", "POST"])
def change_unit(unit_id: int) -> ViewResult:
    """Change a unit. PPID Utama stays the root."""
    if request.method == "POST":
        require_fresh_second_factor()
    unit = require_row(Unit, unit_id)
    form = UnitForm.over(units.UNITS.values_to_edit(unit, unit_id))
    offer_kinds(form.kind)
    if unit is unit_tree.find_root_unit():
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
    return render_template("accounts/districts.html", groups=places.list_districts())


@bp.route("/wilayah/<int:district_id>", methods=["GET", "POST"])
def change_district(district_id: int) -> ViewResult:
    """Change a district's name and its other names."""
    district = require_row(District, district_id)
    form = DistrictForm.over(places.DISTRICTS.values_to_edit(district, district_id))
    return _propose_row(form, places.DISTRICTS, district_id, "accounts/district.html", district=district)


@bp.get("/program")
def programme_list() -> str:
    """List the programmes with their answering units."""
    return render_template("accounts/programmes.html", rows=places.list_programmes())


@bp.route("/program/baru", methods=["GET", "POST"])
def add_programme() -> ViewResult:
    """Add a programme or service that messages may name."""
    form = ProgrammeForm.over({"name": "", "aliases": [], "unit_id": None})
    offer_units(form.unit_id, empty=NO_UNIT)
    return _propose_row(form, places.PROGRAMMES, None, "accounts/programme.html", programme=None)


@bp.route("/program/<int:programme_id>", methods=["GET", "POST"])
def change_programme(programme_id: int) -> ViewResult:
    """Change a programme."""
    programme = require_row(Programme, programme_id)
    form = ProgrammeForm.over(places.PROGRAMMES.values_to_edit(programme, programme_id))
    offer_units(form.unit_id, empty=NO_UNIT)
    return _propose_row(form, places.PROGRAMMES, programme_id, "accounts/programme.html", programme=programme)


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
