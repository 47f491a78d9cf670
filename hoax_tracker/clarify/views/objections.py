"""Objections at the desk: one with its decision, which a second person confirms at /petugas/menunggu, and their list.

Everybody reads that there is one, what it is about and until when. What residents wrote is shown only to who may
decide: it may tell who they are. The list is downloaded with the chosen part or all parts, in the order of the page.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from apiflask import APIBlueprint
from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _, lazy_gettext as _l
from sqlalchemy.orm import joinedload
from werkzeug.wrappers import Response
from wtforms import RadioField, SelectChoice, TextAreaField

from hoax_tracker.accounts.sign_in import sign_in_required
from hoax_tracker.authority import proposals
from hoax_tracker.claims.earlier_answers import ReachTotals, load_reach_totals
from hoax_tracker.claims.public_words import objections
from hoax_tracker.clarify import objections as decisions
from hoax_tracker.clarify.corrections import LONGEST_NOTE
from hoax_tracker.clarify.listing import ORDER_BY_PART, ListingFilters, ListingPart, part_conditions, search_conditions
from hoax_tracker.clarify.objections import find_bar
from hoax_tracker.clock import utc_now
from hoax_tracker.core.content.list_files import ListColumn
from hoax_tracker.core.extensions import current_officer
from hoax_tracker.core.web.downloads import MOST_ROWS, split_into_batches
from hoax_tracker.core.web.edit_forms import (
    EditForm,
    max_length_rule,
    preserve_typed_input,
    read_long_text,
    required_rule,
)
from hoax_tracker.models import Clarification, ObjectionOutcome, RoleName, Unit, db

ViewResult = str | Response | tuple[str, int]
bp = APIBlueprint("objection_desk", __name__, url_prefix="/petugas/keberatan", enable_openapi=False)
preserve_typed_input(bp)


class DecisionForm(EditForm):
    """What is decided, and why."""

    outcome = RadioField(
        _l("Keputusan"), [required_rule()], choices=[SelectChoice(one.value, one.label) for one in ObjectionOutcome]
    )
    reason = TextAreaField(
        _l("Mengapa, dibaca warga"), [required_rule(), max_length_rule(LONGEST_NOTE)], filters=[read_long_text]
    )


@bp.get("")
@sign_in_required()
def listing() -> Response:
    """Redirect to the objections that wait, which the list of clarifications has."""
    return redirect(url_for("clarify.listing", _anchor="keberatan"))


@bp.route("/<int:objection_id>", methods=["GET", "POST"])
@sign_in_required()
def page(objection_id: int) -> ViewResult:
    """Show an objection, or propose the decision about it."""
    row, me, now = decisions.require_objection(objection_id), current_officer(), utc_now()
    bar = find_bar(row.clarification, me, now)
    form = DecisionForm.over({"outcome": None, "reason": ""})

    def save() -> None:
        outcome = ObjectionOutcome(form.outcome.data)
        decisions.propose_decision(objection_id, outcome, form.reason.data, officer=me, now=now)

    if form.attempt(save):
        flash(
            _("Diusulkan. Orang lain di luar halaman itu yang menyetujuinya; sampai itu, warga belum membacanya."),
            "done",
        )
        return redirect(url_for("proposals.listing", jenis=objections.OBJECTION_ACT), 303)
    return render_template(
        "clarify/objection.html",
        form=form,
        public=objections.describe_public(row),
        row=row,
        page=row.clarification,
        statements=[] if bar else row.statements,
        bar=bar,
        waiting=proposals.find_open(objections.OBJECTION_ACT, objections.objection_subject(row.id)),
        may_decide=bar is None and me.is_a(RoleName.OFFICER),
        passed=objections.working_days_passed(row, now),
        days=objections.ANSWER_DAYS,
    ), form.status


@dataclass(frozen=True)
class ExportedPage:
    """A clarification in a part of the list; one with a proposed change stands in two parts.

    ``reach`` is None of one that was never published.
    """

    part: ListingPart
    page: Clarification
    reach: ReachTotals | None


CLARIFICATION_COLUMNS = (
    ListColumn("part", _l("Bagian"), lambda row: row.part.label),
    ListColumn("number", _l("Nomor"), lambda row: row.page.number),
    ListColumn("title", _l("Judul"), lambda row: row.page.title),
    ListColumn("verdict", _l("Putusan"), lambda row: row.page.verdict.label if row.page.verdict else ""),
    ListColumn("status", _l("Keadaan"), lambda row: row.page.status.label),
    ListColumn("unit", _l("Perangkat daerah"), lambda row: row.page.unit.name),
    ListColumn("topic", _l("Pokok"), lambda row: row.page.topic.label),
    ListColumn("author", _l("Penulis"), lambda row: row.page.author.name),
    ListColumn("changed_at", _l("Diubah (WITA)"), lambda row: row.page.changed_at),
    ListColumn("published_at", _l("Terbit (WITA)"), lambda row: row.page.published_at),
    ListColumn("views", _l("Dibaca"), lambda row: row.reach and row.reach.views),
    ListColumn("short_visits", _l("Alamat pendek dibuka"), lambda row: row.reach and row.reach.short_visits),
    ListColumn("answers", _l("Menjadi jawaban"), lambda row: row.reach and row.reach.answers),
    ListColumn("comparisons", _l("Ditawarkan untuk dibandingkan"), lambda row: row.reach and row.reach.comparisons),
    ListColumn("useful", _l("Membantu"), lambda row: row.reach and row.reach.useful),
    ListColumn("not_useful", _l("Belum membantu"), lambda row: row.reach and row.reach.not_useful),
    ListColumn(
        "address",
        _l("Alamat"),
        lambda row: url_for("clarify.page", clarification_id=row.page.id, _external=True),
    ),
)


def clarification_batches(filters: ListingFilters, unit: Unit, now: datetime) -> Iterator[Sequence[ExportedPage]]:
    """Yield the clarifications some at a time."""
    words, conditions = search_conditions(filters.q, unit), part_conditions(now)
    for part in [filters.part] if filters.part else ListingPart:
        query = sa.select(Clarification.id).where(*conditions[part], *words).order_by(*ORDER_BY_PART[part])
        ids = db.session.scalars(query.limit(max(MOST_ROWS.values()) + 1)).all()
        for some in split_into_batches(ids):
            pages, reach = _load_exported_pages(some), load_reach_totals(some)
            yield [
                ExportedPage(part, pages[key], reach[key] if pages[key].published_at else None)
                for key in some
                if key in pages
            ]


def _load_exported_pages(ids: Sequence[int]) -> dict[int, Clarification]:
    """Return the clarifications by id, with author and unit."""
    people = (joinedload(Clarification.author), joinedload(Clarification.unit))
    query = sa.select(Clarification).where(Clarification.id.in_(ids)).options(*people)
    return {page.id: page for page in db.session.scalars(query)}
