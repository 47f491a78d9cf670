"""Manual entry: an officer records a text or page; the worker assigns it to a claim, as it does with reports."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from hoax_tracker.accounts.sign_in import sign_in_required
from hoax_tracker.clock import utc_now
from hoax_tracker.core.current import current_officer
from hoax_tracker.errors import InvalidInputError
from hoax_tracker.ingest import manual_entry
from hoax_tracker.ingest.forms import ManualEntryForm
from hoax_tracker.ingest.views.sources import ViewResult, bp, interactive_fetcher
from hoax_tracker.items.claim_text import claim_text_of


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
            form.text.data = manual_entry.fetch_page_text(form.url.data or "", client)
    except InvalidInputError as error:
        form.refuse(error)


def _save_manual_entry(form: ManualEntryForm) -> int:
    """Store the form; return the id of the item."""
    return manual_entry.record_manual_entry(
        form.text.data or "", form.url.data or "", by=current_officer(), now=utc_now()
    )
