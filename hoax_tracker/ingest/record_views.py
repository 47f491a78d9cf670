"""An officer records what they came upon; it goes to a claim at once, as a resident's report does."""

from __future__ import annotations

from flask import current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from hoax_tracker.accounts.security import signed_in
from hoax_tracker.clock import utc_now
from hoax_tracker.errors import Invalid
from hoax_tracker.ingest import recording
from hoax_tracker.ingest.forms import RecordForm
from hoax_tracker.ingest.views import Page, bp, caller, me


@bp.route("/catat", methods=["GET", "POST"])
@signed_in()
def record() -> Page:
    """Take a text, or fill it in from an address to be looked over first."""
    form = RecordForm()
    claims: list[int] = []
    if request.form.get("fetch"):
        fill(form)
    elif form.attempt(lambda: claims.append(save(form))):
        flash(_("Tercatat. Kabar itu ada di klaim %(number)s.", number=claims[0]), "done")
        return redirect(url_for("review.claim", claim_id=claims[0]))
    return render_template("ingest/record.html", form=form), form.status


def fill(form: RecordForm) -> None:
    """Put the words of the page into the form; what was typed stays where there are none."""
    try:
        with caller() as client:
            form.text.data = recording.words_at(form.url.data or "", client)
    except Invalid as error:
        form.refuse(error)


def save(form: RecordForm) -> int:
    """Keep what was filled in; return the claim that holds it. The pipeline is the app's: stages do not know it."""
    now = utc_now()
    item_id = recording.record(form.text.data or "", form.url.data or "", by=me(), now=now)
    claim_id: int = current_app.extensions["take_in_item"](item_id, now)
    return claim_id
