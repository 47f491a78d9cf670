"""Several claims at once: choose and say what, read how many it will be, read what came of it, take it back."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

import sqlalchemy as sa
from apiflask import APIBlueprint
from flask import Response, flash, make_response, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_security import current_user

from hoax_tracker.accounts.sign_in import signed_in
from hoax_tracker.claims.deadlines import deadline
from hoax_tracker.clock import utc_now
from hoax_tracker.core.web.session_expiry import keep_what_was_typed
from hoax_tracker.errors import Invalid
from hoax_tracker.models import WAITING_STATUSES, Claim, DecisionKind, RoleName, Unit, db
from hoax_tracker.review.decisions import bulk
from hoax_tracker.review.decisions import labels as tags
from hoax_tracker.review.decisions.service import Choice
from hoax_tracker.review.forms import CLOSING, whole
from hoax_tracker.review.queue import saved_filters
from hoax_tracker.review.queue.filter_choices import choices
from hoax_tracker.review.queue.queue import filters_from, read_queue
from hoax_tracker.review.views.claims import me, to

bp = APIBlueprint("bulk", __name__, url_prefix="/petugas", enable_openapi=False)
keep_what_was_typed(bp)
REASON_LONGEST = 2_000


@bp.get("/banyak")
@signed_in(RoleName.OFFICER)
def choose() -> str:
    """Show a page of the list with a box before each claim."""
    return chooser()


def chooser(error: Invalid | None = None) -> str:
    """Return the page to choose on, with what was chosen and typed where something is wrong."""
    filters = filters_from(request.args)
    queue = read_queue(filters, current_user.unit_id, utc_now())
    sent = request.form if error else {}
    picked = {one.id for one in chosen()} if error else set()
    return render_template(
        "review/bulk.html",
        queue=queue,
        filters=filters,
        kinds=CLOSING,
        error=error,
        sent=sent,
        picked=picked,
        waiting=WAITING_STATUSES,
        deadline=deadline,
        **choices(me().id),
    )


@bp.post("/banyak")
@signed_in(RoleName.OFFICER)
def act() -> Response:
    """Say how many claims it will be; once that was confirmed, do it and say what came of each."""
    try:
        wanted, what = asked()
        picked = chosen()
        if not picked:
            raise Invalid("nothing chosen", user_message=_("Pilih dulu klaimnya."), field="claim")
    except Invalid as error:
        return make_response(chooser(error), error.status)
    filters = filters_from(request.args)
    if request.form.get("sure") != "1":
        page = render_template(
            "review/bulk_sure.html", claims=titles(picked), what=what, filters=filters, sent=request.form, picked=picked
        )
        return make_response(page)
    results = bulk.run(wanted, picked, officer=me(), now=utc_now())
    page = render_template("review/bulk_done.html", **parts(results), what=what, filters=filters)
    return make_response(page)


@bp.post("/banyak/urungkan")
@signed_in(RoleName.OFFICER)
def undo() -> Response:
    """Take back what was done with several claims."""
    decisions = [key for one in request.form.getlist("decision") if (key := whole(one))]
    results = bulk.undo(decisions, officer=me(), now=utc_now())
    for one in request.form.getlist("claim")[: bulk.MOST]:
        head, _colon, labels = one.partition(":")
        results.append(bulk.take_off(labels, whole(head) or 0, officer=me(), now=utc_now()))
    filters = filters_from(request.args)
    page = render_template("review/bulk_done.html", **parts(results), what=_("Diurungkan"), filters=filters)
    return make_response(page)


def asked() -> tuple[bulk.Act, str]:
    """Return what the form asks for, and that in words. Raises Invalid where something lacks."""
    form = request.form
    if form.get("act") == "tutup":
        return closing(form.get("decision", ""), form.get("reason", "").strip())
    if form.get("act") == "teruskan":
        unit = db.session.get(Unit, whole(form.get("unit_id")) or 0)
        if unit is None or not unit.is_active:
            message = _("Pilih perangkat daerah yang menjawab.")
            raise Invalid("no such unit", user_message=message, field="unit_id")
        choice = Choice(DecisionKind.ASSIGN, form.get("reason", "").strip()[:REASON_LONGEST], unit.id)
        return bulk.Act(choice), _("Teruskan ke %(unit)s", unit=unit.name)
    if form.get("act") == "label":
        names = tags.names_in(form.get("labels", ""))
        return bulk.Act(labels=", ".join(names)), _("Pasang label %(names)s", names=", ".join(names))
    raise Invalid("no act", user_message=_("Pilih apa yang dilakukan."), field="act")


def closing(value: str, reason: str) -> tuple[bulk.Act, str]:
    """Return the act that closes the claims. Raises Invalid for a dismissal that does not say why."""
    kind = next((kind for kind in CLOSING if kind.value == value), DecisionKind.DISMISS)
    if kind is DecisionKind.DISMISS and not reason:
        message = _("Tulis alasannya: pelapor dan petugas lain akan membacanya.")
        raise Invalid("dismissed without a reason", user_message=message, field="reason")
    if len(reason) > REASON_LONGEST:
        message = _("Paling banyak %(max)s huruf.", max=REASON_LONGEST)
        raise Invalid("a long reason", user_message=message, field="reason")
    return bulk.Act(Choice(kind, reason)), str(kind.label)


def chosen() -> list[bulk.Chosen]:
    """Return the claims that were ticked, each as the officer saw it."""
    pairs = [one.partition(":") for one in request.form.getlist("claim")]
    found = {key: whole(version) or 0 for head, _colon, version in pairs if (key := whole(head))}
    return [bulk.Chosen(key, version) for key, version in found.items()][: bulk.MOST]


def titles(picked: list[bulk.Chosen]) -> list[tuple[int, str]]:
    """Return (id, title) of the claims, in their order."""
    query = sa.select(Claim.id, Claim.title).where(Claim.id.in_([one.id for one in picked]))
    found = {row.id: row.title for row in db.session.execute(query)}
    return [(one.id, found[one.id]) for one in picked if one.id in found]


def parts(results: list[bulk.Result]) -> dict[str, Any]:
    """Return what the result's page shows."""
    done = [one for one in results if not one.fault]
    return {
        "done": done,
        "left": [one for one in results if one.fault],
        "said": ngettext("%(num)d klaim selesai", "%(num)d klaim selesai", len(done)),
    }


@bp.post("/daftar")
@signed_in()
def save() -> Response:
    """Keep the filters of a list under a name."""
    page, query = request.form.get("of", ""), request.form.get("query", "")
    try:
        saved_filters.save(request.form.get("name", ""), page, query, officer=me())
    except Invalid as error:
        flash(str(error.user_message), "error")
    else:
        flash(_("Daftar tersimpan."), "done")
    return to(
        url_for("search.search" if page == "cari" else "review.queue", **saved_filters.narrowed(page, args_of(query)))
    )


def args_of(query: str) -> dict[str, str]:
    """Return the parts of an address."""
    return dict(parse_qsl(query))


@bp.post("/daftar/<int:saved_id>/hapus")
@signed_in()
def forget(saved_id: int) -> Response:
    """Delete one of the officer's lists."""
    saved_filters.forget(saved_id, officer=me())
    flash(_("Daftar dihapus."), "done")
    return to(url_for("review.queue"))
