"""What people bring in themselves: an administrator a table of posts, an officer one text or page.

A table is uploaded, previewed, then stored. What an officer recorded is assigned to a claim by the worker, as reports
are.
"""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from hoax_tracker.accounts.sign_in import sign_in_required
from hoax_tracker.clock import utc_now
from hoax_tracker.core.extensions import current_officer
from hoax_tracker.core.web.downloads import accepts_files, read_whole_file
from hoax_tracker.errors import InvalidInputError
from hoax_tracker.ingest import manual_entry
from hoax_tracker.ingest.forms import ManualEntryForm, PostColumnsForm, PostsFileForm
from hoax_tracker.ingest.spreadsheets import importer
from hoax_tracker.ingest.spreadsheets.posts import (
    POST_FIELDS,
    guess_columns,
    keep_existing_columns,
    read_posts_from_table,
)
from hoax_tracker.ingest.spreadsheets.reader import SpreadsheetTable, table_error
from hoax_tracker.ingest.views.sources import ViewResult, administrator_only, bp, interactive_fetcher
from hoax_tracker.items.claim_text import claim_text_of

POSTS_SHOWN = 5


def _table_too_large_error() -> InvalidInputError:
    """Return the error for a file beyond the size limit."""
    return table_error("too large", _("Berkas itu terlalu besar. Bagi menjadi beberapa berkas, paling besar 8 MB."))


@bp.route("/tabel", methods=["GET", "POST"])
@accepts_files(_table_too_large_error)
@administrator_only
def send_table() -> ViewResult:
    """Upload a file with posts."""
    form = PostsFileForm()
    made: list[int] = []
    if form.attempt(lambda: made.append(_save_uploaded_table(form))):
        return redirect(url_for("ingest.name_columns", upload_id=made[0]))
    return render_template("ingest/spreadsheet_upload.html", form=form), form.status


def _save_uploaded_table(form: PostsFileForm) -> int:
    """Store the uploaded file. Raises InvalidInputError where it is too large, or no table."""
    sent = read_whole_file(form.file.data)
    if sent is None:
        raise _table_too_large_error()
    return importer.store_upload(sent, form.file.data.filename or "", by=current_officer(), now=utc_now())


@bp.route("/tabel/<int:upload_id>", methods=["GET", "POST"])
@administrator_only
def name_columns(upload_id: int) -> ViewResult:
    """Name the columns, preview the first posts, and store them."""
    upload = importer.require_upload(upload_id, current_officer())
    table, file_name = SpreadsheetTable.from_bytes(upload.content), upload.file_name
    form = _prefilled_columns_form(table)
    if not request.form.get("look") and form.attempt(lambda: _save_posts(form, table)):
        return redirect(url_for("ingest.listing"))
    feed = read_posts_from_table(table, keep_existing_columns(table, form.mapped()), utc_now())
    return (
        render_template(
            "ingest/spreadsheet_columns.html",
            form=form,
            fields=POST_FIELDS,
            table=table,
            feed=feed,
            file_name=file_name,
            shown=POSTS_SHOWN,
        ),
        form.status,
    )


def _prefilled_columns_form(table: SpreadsheetTable) -> PostColumnsForm:
    """Return the form with the last table's columns where they fit, else with a guess from the names."""
    name = importer.last_posts_source_name()
    before = importer.load_last_columns(name)
    fits = bool(before) and keep_existing_columns(table, before) == before
    form = PostColumnsForm(data={"name": name if fits else "", **(before if fits else guess_columns(table))})
    form.offer(table.columns)
    return form


def _save_posts(form: PostColumnsForm, table: SpreadsheetTable) -> None:
    """Store the posts and show the result."""
    result = importer.import_posts(table, form.mapped(), form.name.data, by=current_officer(), now=utc_now())
    flash(
        _(
            "%(name)s: %(new)s unggahan disimpan, %(known)s sudah ada. Mesin membacanya dalam beberapa menit.",
            name=form.name.data,
            new=result.new,
            known=result.known,
        ),
        "done",
    )


@bp.route("/catat", methods=["GET", "POST"])
@sign_in_required()
def record() -> ViewResult:
    """Store a text, or fill the form from an address for review first."""
    form = ManualEntryForm()
    items: list[int] = []
    if request.form.get("fetch"):
        _fill_from_address(form)
    elif form.attempt(lambda: items.append(_save_manual_entry(form))):
        return _to_claim(items[0]) or redirect(url_for("ingest.recorded", item_id=items[0]))
    return render_template("ingest/manual_entry.html", form=form), form.status


@bp.get("/catat/<int:item_id>")
@sign_in_required()
def recorded(item_id: int) -> ViewResult:
    """Show that a recorded text is being assigned; once that is done, redirect to the claim."""
    return _to_claim(item_id) or render_template(
        "ingest/manual_entry_saved.html", text=claim_text_of(manual_entry.recorded(item_id))
    )


def _to_claim(item_id: int) -> Response | None:
    """Return the redirect to the claim of a recorded text, or None while it has none."""
    claim_id = manual_entry.claim_of(item_id)
    if claim_id is None:
        return None
    flash(_("Tercatat. Kabar itu ada di klaim %(number)s.", number=claim_id), "done")
    return redirect(url_for("review.claim", claim_id=claim_id))


def _fill_from_address(form: ManualEntryForm) -> None:
    """Fill the form with the page's text; typed text stays where there is none."""
    try:
        with interactive_fetcher() as client:
            form.text.data = manual_entry.fetch_page_text(form.read_required("url"), client)
    except InvalidInputError as error:
        form.refuse(error)


def _save_manual_entry(form: ManualEntryForm) -> int:
    """Store the form; return the id of the item."""
    return manual_entry.record_manual_entry(
        form.text.data or "", form.url.data or "", by=current_officer(), now=utc_now()
    )
