"""Sources and how they are: seen by every officer, kept by administrators."""

from __future__ import annotations

from apiflask import APIBlueprint
from flask import current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_security import current_user
from markupsafe import Markup, escape
from werkzeug.wrappers import Response

from hoax_tracker.accounts.sign_in import signed_in
from hoax_tracker.clock import utc_now
from hoax_tracker.core.audit.tracked_edits import find
from hoax_tracker.core.fetch import Manners
from hoax_tracker.core.fetch.site_locks import Caller
from hoax_tracker.core.web.session_expiry import keep_what_was_typed
from hoax_tracker.core.web.template_filters import short_text
from hoax_tracker.core.web.uploads import bringing_files
from hoax_tracker.errors import Invalid
from hoax_tracker.ingest.forms import ImportForm, NewSourceForm, SourceForm, every
from hoax_tracker.ingest.service import read_at_once
from hoax_tracker.ingest.sources import edits, opml
from hoax_tracker.ingest.sources.address_kinds import Bridges
from hoax_tracker.ingest.sources.listing import STATES, filters_from
from hoax_tracker.ingest.sources.listing import listing as read_listing
from hoax_tracker.ingest.sources.opml_parser import SIZE_LIMIT_BYTES, too_large
from hoax_tracker.ingest.sources.preview import look
from hoax_tracker.ingest.sources.statistics import standing_of
from hoax_tracker.models import Officer, RoleName, Source

Page = str | Response | tuple[str, int]
bp = APIBlueprint("ingest", __name__, url_prefix="/petugas/sumber", enable_openapi=False)
keep_what_was_typed(bp)
LOOKED_AT_S = 15.0
administrator = signed_in(RoleName.ADMINISTRATOR)


@bp.get("/")
@signed_in()
def listing() -> str:
    """Show the sources with their health, or those that the filters of the address let through."""
    shown = read_listing(filters_from(request.args), utc_now())
    return render_template("ingest/listing.html", shown=shown, filters=shown.filters, states=STATES, every=every)


@bp.route("/baru", methods=["GET", "POST"])
@administrator
def add() -> Page:
    """Add a source; with the button *Lihat isinya* it is only shown what the address holds."""
    form = NewSourceForm()
    if request.form.get("look"):
        return looked_at(form)
    if form.attempt(lambda: save(form)):
        flash(_("%(name)s ditambahkan dan segera dibaca.", name=form.name.data), "done")
        return redirect(url_for("ingest.listing"))
    return render_template("ingest/source.html", form=form, source=None), form.status


def save(form: NewSourceForm) -> None:
    """Add the source that was filled in."""
    with caller() as client:
        place = edits.place_of(form.url.data, client, bridges(), utc_now())
    edits.add(form.name.data, place, is_local=form.is_local.data, allow=allowed(), by=me(), now=utc_now())


def looked_at(form: NewSourceForm) -> Page:
    """Show what an address holds, with a name to begin with; nothing is stored."""
    seen = None
    try:
        with caller() as client:
            seen = look(form.url.data or "", client, bridges(), utc_now())
        form.name.data = form.name.data or seen.name
    except Invalid as error:
        form.refuse(error)
    return render_template("ingest/source.html", form=form, source=None, seen=seen), form.status


@bp.route("/<int:source_id>", methods=["GET", "POST"])
@administrator
def edit(source_id: int) -> Page:
    """Change a source's name, address, interval or what it writes about."""
    source, back = find(Source, source_id), filters_from(request.args).args()
    form = SourceForm.over(edits.source_values(source))
    form.fit(source.url, source.interval_minutes)
    saved = form.attempt(
        lambda: edits.edit(source_id, form.values(), form.seen.data, allow=allowed(), by=me(), now=utc_now()),
        lambda: edits.source_values(find(Source, source_id)),
    )
    if saved:
        flash(_("Tersimpan: %(name)s.", name=form.name.data), "done")
        return back_to(source_id)
    return render_template("ingest/source.html", form=form, source=source, back=back), form.status


@bp.get("/<int:source_id>/keadaan")
@signed_in()
def standing(source_id: int) -> str:
    """Show how one source does."""
    found = standing_of(source_id, utc_now())
    return render_template("ingest/standing.html", found=found, source=found.source, every=every)


@bp.post("/<int:source_id>/jeda")
@administrator
def pause(source_id: int) -> Response:
    """Stop reading a source on schedule."""
    source = edits.set_active(source_id, False, by=me(), now=utc_now())
    flash(escape(_("%(name)s dijeda. Semua yang sudah dibaca tetap ada.")) % {"name": linked(source)}, "done")
    return back_to(source_id)


@bp.post("/<int:source_id>/lanjut")
@administrator
def resume(source_id: int) -> Response:
    """Read a source on schedule again."""
    source = edits.set_active(source_id, True, by=me(), now=utc_now())
    flash(escape(_("%(name)s dibaca lagi menurut jadwal.")) % {"name": linked(source)}, "done")
    return back_to(source_id)


@bp.post("/<int:source_id>/baca")
@administrator
def read(source_id: int) -> Response:
    """Read one source now and say what it brought; the worker assesses that in its next round."""
    edits.require_readable(source_id, utc_now())
    outcome = read_at_once(source_id, allowed(), utc_now())
    edits.note_read(source_id, outcome, by=me(), now=utc_now())
    if outcome.failed:
        flash(short_text(outcome.failed[0][1], 300), "error")
    elif outcome.new or outcome.edited:
        new = ngettext("%(num)d entri baru", "%(num)d entri baru", outcome.new)
        said = _(
            "Terbaca: %(new)s. Yang baru sedang dinilai; yang perlu ditinjau muncul di antrean sebentar lagi.", new=new
        )
        flash(said, "done")
    else:
        flash(_("Terbaca: tidak ada yang baru."), "done")
    return back_to(source_id)


@bp.route("/impor", methods=["GET", "POST"])
@bringing_files(too_large)
@administrator
def import_opml() -> Page:
    """Add the sources of an OPML file; where some are left out or silent, say so."""
    form = ImportForm()
    done: list[opml.Imported] = []
    if form.attempt(lambda: done.append(edits.import_opml(uploaded(form), bridges(), by=me(), now=utc_now()))):
        found = done[0]
        if found.left_out or found.fault or found.believed:
            return render_template("ingest/import.html", form=form, found=found)
        flash(_("%(added)s sumber ditambahkan, %(known)s sudah ada.", added=found.added, known=found.known), "done")
        return redirect(url_for("ingest.listing"))
    return render_template("ingest/import.html", form=form, found=None), form.status


@bp.post("/ekspor")
@administrator
def export_opml() -> Response:
    """Give the list of sources as a file."""
    content = edits.export_opml(by=me(), now=utc_now())
    headers = {"Content-Disposition": 'attachment; filename="sumber-kabas.opml"'}
    return Response(content, mimetype="text/x-opml", headers=headers)


def linked(source: Source) -> Markup:
    """Return the source's name as a link: paused or read again it may stand on another page of the list."""
    return Markup('<a href="{}">{}</a>').format(url_for("ingest.standing", source_id=source.id), source.name)


def back_to(source_id: int) -> Response:
    """Return to the page of the list on which the button was pressed, at the source."""
    wanted = filters_from(request.args)
    return redirect(url_for("ingest.listing", **wanted.args(), _anchor=f"sumber-{source_id}"))


def uploaded(form: ImportForm) -> bytes:
    """Return the file's bytes, one more than allowed at most: that is refused as too large."""
    content: bytes = form.file.data.read(SIZE_LIMIT_BYTES + 1)
    return content


def caller() -> Caller:
    """Return a client that gives up sooner than the worker's: somebody waits for the page."""
    return Caller(Manners(allowed()), utc_now(), timeout_s=LOOKED_AT_S)


def bridges() -> Bridges:
    """Return the bridges that the settings name."""
    settings = current_app.extensions["settings"]
    return Bridges(settings.rsshub, settings.rss_bridge)


def allowed() -> frozenset[tuple[str, int]]:
    """Return the hosts that may be fetched though not public."""
    allow: frozenset[tuple[str, int]] = current_app.extensions["settings"].fetch_allow
    return allow


def me() -> Officer:
    """Return the officer who is signed in."""
    person: Officer = current_user._get_current_object()
    return person
