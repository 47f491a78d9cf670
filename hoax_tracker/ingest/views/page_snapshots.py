"""Snapshots of the pages behind a claim, for officers to read and to keep as evidence. Never served as HTML."""

from __future__ import annotations

from flask import Response, render_template

from hoax_tracker.accounts.sign_in import sign_in_required
from hoax_tracker.core.audit.tracked_edits import require_row
from hoax_tracker.core.web.downloads import attach_file
from hoax_tracker.ingest.pages import snapshots
from hoax_tracker.ingest.views.sources import bp
from hoax_tracker.models import Claim


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
