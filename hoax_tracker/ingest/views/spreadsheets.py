"""A table of posts from a tool that listens to social media: sent, looked at, stored. For administrators."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from hoax_tracker.clock import utc_now
from hoax_tracker.core.web.uploads import bringing_files, content
from hoax_tracker.errors import Invalid
from hoax_tracker.ingest.forms import PostsForm, TableForm
from hoax_tracker.ingest.spreadsheets import importer
from hoax_tracker.ingest.spreadsheets.posts import FIELDS, guess, kept, posts_of
from hoax_tracker.ingest.spreadsheets.reader import Table, read_table, refused
from hoax_tracker.ingest.views.sources import Page, administrator, bp, me

SHOWN = 5


def too_large() -> Invalid:
    """Return the error for a file beyond what is read."""
    return refused("too large", _("Berkas itu terlalu besar. Bagi menjadi beberapa berkas, paling besar 8 MB."))


@bp.route("/tabel", methods=["GET", "POST"])
@bringing_files(too_large)
@administrator
def send_table() -> Page:
    """Take a file with posts."""
    form = TableForm()
    made: list[int] = []
    if form.attempt(lambda: made.append(keep(form))):
        return redirect(url_for("ingest.name_columns", upload_id=made[0]))
    return render_template("ingest/table.html", form=form), form.status


def keep(form: TableForm) -> int:
    """Keep the file that was sent. Raises Invalid where it is too large, or no table."""
    sent = content(form.file.data)
    if sent is None:
        raise too_large()
    return importer.keep_upload(sent, form.file.data.filename or "", by=me(), now=utc_now())


@bp.route("/tabel/<int:upload_id>", methods=["GET", "POST"])
@administrator
def name_columns(upload_id: int) -> Page:
    """Say which column is what, see the first posts as they would be stored, and store them."""
    upload = importer.upload_of(upload_id, me())
    table, file_name = read_table(upload.content), upload.file_name
    form = form_for(table)
    if not request.form.get("look") and form.attempt(lambda: save(form, table)):
        return redirect(url_for("ingest.listing"))
    feed = posts_of(table, kept(table, form.mapped()), utc_now())
    return (
        render_template(
            "ingest/columns.html", form=form, fields=FIELDS, table=table, feed=feed, file_name=file_name, shown=SHOWN
        ),
        form.status,
    )


def form_for(table: Table) -> PostsForm:
    """Return the form, filled as the last table was where that fits, else with what the names of the columns say."""
    name = importer.last_name()
    before = importer.columns_of_last(name)
    fits = bool(before) and kept(table, before) == before
    form = PostsForm(data={"name": name if fits else "", **(before if fits else guess(table))})
    form.offer(table.columns)
    return form


def save(form: PostsForm, table: Table) -> None:
    """Store the posts and say what came of it."""
    found = importer.import_posts(table, form.mapped(), form.name.data, by=me(), now=utc_now())
    flash(
        _(
            "%(name)s: %(new)s unggahan disimpan, %(known)s sudah ada. Mesin membacanya dalam beberapa menit.",
            name=form.name.data,
            new=found.new,
            known=found.known,
        ),
        "done",
    )
