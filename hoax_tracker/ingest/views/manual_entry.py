"""An officer records what they came upon; the worker gives it to a claim, as it does with a resident's report."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from hoax_tracker.accounts.sign_in import sign_in_required
from hoax_tracker.clock import utc_now
from hoax_tracker.errors import InvalidInputError
from hoax_tracker.ingest import manual_entry
from hoax_tracker.ingest.forms import ManualEntryForm
from hoax_tracker.ingest.views.sources import ViewResult, bp, current_officer, interactive_fetcher
from hoax_tracker.items.claim_text import claim_text_of


@bp.route("/catat", methods=["GET", "POST"])
@sign_in_required()
def record() -> ViewResult:
    """Take a text, or fill it in from an address to be looked over first."""
    form = ManualEntryForm()
    items: list[int] = []
    if request.form.get("fetch"):
        fill_from_address(form)
    elif form.attempt(lambda: items.append(save_manual_entry(form))):
        return to_claim(items[0]) or redirect(url_for("ingest.recorded", item_id=items[0]))
    return render_template("ingest/manual_entry.html", form=form), form.status


@bp.get("/catat/<int:item_id>")
@sign_in_required()
def recorded(item_id: int) -> ViewResult:
    """Show that what was recorded is being given to a claim; once that is done, show the claim."""
    return to_claim(item_id) or render_template(
        "ingest/manual_entry_saved.html", text=claim_text_of(manual_entry.recorded(item_id))
    )


def to_claim(item_id: int) -> Response | None:
    """Return the way to the claim that holds what was recorded, or None where none does yet."""
    claim_id = manual_entry.claim_of(item_id)
    if claim_id is None:
        return None
    flash(_("Tercatat. Kabar itu ada di klaim %(number)s.", number=claim_id), "done")
    return redirect(url_for("review.claim", claim_id=claim_id))


def fill_from_address(form: ManualEntryForm) -> None:
    """Put the words of the page into the form; what was typed stays where there are none."""
    try:
        with interactive_fetcher() as client:
            form.text.data = manual_entry.fetch_page_text(form.url.data or "", client)
    except InvalidInputError as error:
        form.refuse(error)


def save_manual_entry(form: ManualEntryForm) -> int:
    """Keep what was filled in; return the id of the item."""
    return manual_entry.record_manual_entry(
        form.text.data or "", form.url.data or "", by=current_officer(), now=utc_now()
    )
