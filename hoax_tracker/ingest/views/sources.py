"""Sources and their health: every officer sees them, administrators edit them.

Snapshots of the pages behind a claim, for officers to read and to keep as evidence, are never served as HTML.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from apiflask import APIBlueprint
from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _, ngettext
from markupsafe import Markup, escape
from werkzeug.wrappers import Response

from hoax_tracker.accounts.sign_in import sign_in_required
from hoax_tracker.authority.row_acts import redirect_proposed
from hoax_tracker.clock import utc_now
from hoax_tracker.core.audit.tracked_edits import require_row
from hoax_tracker.core.extensions import current_officer, current_settings
from hoax_tracker.core.fetch import Politeness
from hoax_tracker.core.fetch.site_locks import InteractiveFetcher
from hoax_tracker.core.web.downloads import ListDownload, accepts_files, attach_file, send_list
from hoax_tracker.core.web.edit_forms import preserve_typed_input
from hoax_tracker.core.web.template_filters import short_text
from hoax_tracker.errors import InvalidInputError
from hoax_tracker.ingest.forms import EditSourceForm, NewSourceForm, OpmlImportForm, format_interval
from hoax_tracker.ingest.pages import snapshots
from hoax_tracker.ingest.service import read_at_once
from hoax_tracker.ingest.sources import edits, opml
from hoax_tracker.ingest.sources.address_kinds import Bridges
from hoax_tracker.ingest.sources.fact_checkers import SOURCES
from hoax_tracker.ingest.sources.listing import (
    SOURCE_COLUMNS,
    SOURCE_STATES,
    SourceFilters,
    list_sources as read_listing,
    source_batches,
)
from hoax_tracker.ingest.sources.opml import OPML_SIZE_LIMIT_BYTES, opml_too_large_error
from hoax_tracker.ingest.sources.preview import preview_source
from hoax_tracker.ingest.sources.statistics import load_source_statistics
from hoax_tracker.models import Claim, RoleName, Source, SourceKind

ViewResult = str | Response | tuple[str, int]
bp = APIBlueprint("ingest", __name__, url_prefix="/petugas/sumber", enable_openapi=False)
preserve_typed_input(bp)
PREVIEW_TIMEOUT_S = 15.0
administrator_only = sign_in_required(RoleName.ADMINISTRATOR)


@bp.get("/")
@sign_in_required()
def listing() -> str:
    """List the sources that match the filters, with their health."""
    shown = read_listing(SourceFilters.from_args(request.args), utc_now())
    return render_template(
        "ingest/source_list.html", shown=shown, filters=shown.filters, states=SOURCE_STATES, every=format_interval
    )


@bp.get("/daftar.<any(csv,xlsx):file_format>")
@sign_in_required()
def download_list(file_format: str) -> Response:
    """Send every source that the filters match."""
    filters = replace(SourceFilters.from_args(request.args), page=1)
    batches = source_batches(filters, utc_now())
    return send_list(ListDownload("sources", SOURCE_COLUMNS, batches, filters.args()), file_format)


@bp.route("/baru", methods=["GET", "POST"])
@administrator_only
def add() -> ViewResult:
    """Add a source; with the button *Lihat isinya*, only preview the address."""
    form = NewSourceForm()
    if request.form.get("look"):
        return _render_source_preview(form)
    added: list[bool] = []
    if form.attempt(lambda: added.append(_save_new_source(form))):
        if not added[0]:
            return redirect_proposed("source", is_proposed=True)
        flash(_("%(name)s ditambahkan dan segera dibaca.", name=form.name.data), "done")
        return redirect(url_for("ingest.listing"))
    return render_template("ingest/source_form.html", form=form, source=None), form.status


def _save_new_source(form: NewSourceForm) -> bool:
    """Add the source from the form, or propose a fact-checker's; tell whether it was added."""
    with interactive_fetcher() as client:
        place = edits.resolve_source_place(form.url.data, client, _configured_bridges(), utc_now())
    if form.is_fact_checker.data:
        place = replace(place, kind=SourceKind.CLAIM_REVIEW)
    return edits.add_source(
        form.name.data, place, is_local=form.is_local.data, allow=_allowed_hosts(), by=current_officer(), now=utc_now()
    )


def _render_source_preview(form: NewSourceForm) -> ViewResult:
    """Show the content of an address and a suggested name; nothing is stored."""
    seen = None
    try:
        with interactive_fetcher() as client:
            seen = preview_source(form.read_required("url"), client, _configured_bridges(), utc_now())
        form.name.data = form.name.data or seen.name
    except InvalidInputError as error:
        form.refuse(error)
    return render_template("ingest/source_form.html", form=form, source=None, seen=seen), form.status


@bp.route("/<int:source_id>", methods=["GET", "POST"])
@administrator_only
def edit(source_id: int) -> ViewResult:
    """Change a source's name, address, interval or what it writes about."""
    source, back = require_row(Source, source_id), SourceFilters.from_args(request.args).args()
    form = EditSourceForm.over(SOURCES.values_to_edit(source, source_id))
    form.fit(source.url, source.interval_minutes)
    waits: list[bool] = []

    def save() -> None:
        who: dict[str, Any] = {"by": current_officer(), "now": utc_now()}
        waits.append(edits.edit_source(source_id, form.values(), form.seen.data, allow=_allowed_hosts(), **who))

    if form.attempt(save, lambda: SOURCES.stored_values(source_id)):
        if waits[0]:
            return redirect_proposed("source", is_proposed=True)
        flash(_("Tersimpan: %(name)s.", name=form.name.data), "done")
        return _redirect_to_source_row(source_id)
    waiting = SOURCES.find_waiting(source_id)
    return render_template("ingest/source_form.html", form=form, source=source, back=back, waiting=waiting), form.status


@bp.get("/<int:source_id>/keadaan")
@sign_in_required()
def standing(source_id: int) -> str:
    """Show the statistics of one source."""
    statistics = load_source_statistics(source_id, utc_now())
    return render_template(
        "ingest/source_details.html", found=statistics, source=statistics.source, every=format_interval
    )


@bp.post("/<int:source_id>/jeda")
@administrator_only
def pause(source_id: int) -> Response:
    """Pause a source."""
    source = edits.set_source_active(source_id, False, by=current_officer(), now=utc_now())
    flash(escape(_("%(name)s dijeda. Semua yang sudah dibaca tetap ada.")) % {"name": _link_to_source(source)}, "done")
    return _redirect_to_source_row(source_id)


@bp.post("/<int:source_id>/lanjut")
@administrator_only
def resume(source_id: int) -> Response:
    """Resume a paused source."""
    source = edits.set_source_active(source_id, True, by=current_officer(), now=utc_now())
    flash(escape(_("%(name)s dibaca lagi menurut jadwal.")) % {"name": _link_to_source(source)}, "done")
    return _redirect_to_source_row(source_id)


@bp.post("/<int:source_id>/baca")
@administrator_only
def read(source_id: int) -> Response:
    """Read one source now and show the result; the worker assesses its items."""
    edits.require_source_readable(source_id, utc_now())
    outcome = read_at_once(source_id, _allowed_hosts(), utc_now())
    edits.audit_source_read(source_id, outcome, by=current_officer(), now=utc_now())
    if outcome.failed:
        flash(short_text(outcome.failed[0][1], 300), "error")
    elif outcome.new or outcome.edited:
        new = ngettext("%(num)d entri baru", "%(num)d entri baru", outcome.new)
        result = _(
            "Terbaca: %(new)s. Yang baru sedang dinilai; yang perlu ditinjau muncul di antrean sebentar lagi.", new=new
        )
        flash(result, "done")
    else:
        flash(_("Terbaca: tidak ada yang baru."), "done")
    return _redirect_to_source_row(source_id)


@bp.route("/impor", methods=["GET", "POST"])
@accepts_files(opml_too_large_error)
@administrator_only
def import_opml() -> ViewResult:
    """Add the sources of an OPML file, and list those that were skipped or do not answer."""
    form = OpmlImportForm()
    done: list[opml.OpmlImport] = []
    if form.attempt(
        lambda: done.append(
            edits.import_opml(
                _read_uploaded_opml(form),
                _configured_bridges(),
                allow=_allowed_hosts(),
                by=current_officer(),
                now=utc_now(),
            )
        )
    ):
        imported = done[0]
        if imported.left_out or imported.fault or imported.believed:
            return render_template("ingest/opml_import.html", form=form, found=imported)
        flash(
            _("%(added)s sumber ditambahkan, %(known)s sudah ada.", added=imported.added, known=imported.known), "done"
        )
        return redirect(url_for("ingest.listing"))
    return render_template("ingest/opml_import.html", form=form, found=None), form.status


@bp.post("/ekspor")
@administrator_only
def export_opml() -> Response:
    """Serve the sources as an OPML file."""
    content = edits.export_opml(by=current_officer(), now=utc_now())
    return attach_file(content, "text/x-opml", "sumber-kabas.opml")


def _link_to_source(source: Source) -> Markup:
    """Return the source's name as a link: after pausing or resuming it may be on another page of the list."""
    return Markup('<a href="{}">{}</a>').format(url_for("ingest.standing", source_id=source.id), source.name)


def _redirect_to_source_row(source_id: int) -> Response:
    """Redirect to the source's row on the page of the list where the button was."""
    wanted = SourceFilters.from_args(request.args)
    return redirect(url_for("ingest.listing", **wanted.args(), _anchor=f"sumber-{source_id}"))


def _read_uploaded_opml(form: OpmlImportForm) -> bytes:
    """Return the file's bytes, at most one more than allowed, which is then refused as too large."""
    content: bytes = form.file.data.read(OPML_SIZE_LIMIT_BYTES + 1)
    return content


def interactive_fetcher() -> InteractiveFetcher:
    """Return a client with a shorter timeout than the worker's, because somebody waits."""
    return InteractiveFetcher(Politeness(_allowed_hosts()), utc_now(), timeout_s=PREVIEW_TIMEOUT_S)


def _configured_bridges() -> Bridges:
    settings = current_settings()
    return Bridges(settings.rsshub, settings.rss_bridge)


def _allowed_hosts() -> frozenset[tuple[str, int]]:
    """Return the hosts that may be fetched though not public."""
    allow: frozenset[tuple[str, int]] = current_settings().fetch_allow
    return allow


@bp.get("/salinan/<int:claim_id>")
@sign_in_required()
def page_copies(claim_id: int) -> str:
    """Show the snapshots of a claim's pages: their first text, and what changed since."""
    return render_template(
        "ingest/page_snapshots.html", claim=require_row(Claim, claim_id), rows=snapshots.list_page_snapshots(claim_id)
    )


@bp.get("/salinan/<int:item_id>/unduh")
@sign_in_required()
def page_copy(item_id: int) -> Response:
    """Serve the original HTML as a text file, so that foreign code never runs here."""
    return attach_file(snapshots.load_page_html(item_id), "text/plain", f"salinan-{item_id}.html.txt")


@bp.get("/salinan/<int:item_id>/teks")
@sign_in_required()
def page_text(item_id: int) -> Response:
    """Serve the whole text of a page of which the list shows the beginning."""
    return attach_file(snapshots.load_page_text(item_id).encode(), "text/plain", f"salinan-{item_id}.txt")
