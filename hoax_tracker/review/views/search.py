"""The desk's search page: a form, a few results of every kind, or one kind page by page."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from apiflask import APIBlueprint
from flask import Response, render_template, request

from hoax_tracker.accounts.sign_in import sign_in_required
from hoax_tracker.core.extensions import current_officer
from hoax_tracker.core.web.downloads import ListDownload, send_list
from hoax_tracker.desk_search.queries import list_search_sections
from hoax_tracker.desk_search.query_parser import ResultKind, SearchQuery
from hoax_tracker.desk_search.search_export import SEARCH_COLUMNS, search_batches
from hoax_tracker.models import ClaimStatus, ClarificationStatus, Source, Topic, Verdict, db
from hoax_tracker.review.queue.saved_filters import list_filter_choices

bp = APIBlueprint("search", __name__, url_prefix="/petugas/cari", enable_openapi=False)


@bp.get("/")
@sign_in_required()
def search() -> str:
    """Show the results; without a query, the form and how to search."""
    wanted = SearchQuery.from_args(request.args)
    return render_template(
        "review/search.html",
        wanted=wanted,
        sections=list_search_sections(wanted, current_officer()),
        **_search_filter_choices(),
    )


@bp.get("/hasil.<any(csv,xlsx):file_format>")
@sign_in_required()
def download_results(file_format: str) -> Response:
    """Send every result that the officer may see, of the chosen kind or of all kinds."""
    wanted, officer = replace(SearchQuery.from_args(request.args), before=None), current_officer()
    batches = iter(()) if wanted.is_empty else search_batches(wanted, officer)
    return send_list(ListDownload("search", SEARCH_COLUMNS, batches, _search_filters(wanted)), file_format)


def _search_filters(wanted: SearchQuery) -> dict[str, Any]:
    """Return the filters as the audit log keeps them."""
    return {name: str(value) for name, value in wanted.args().items()}


def _search_filter_choices() -> dict[str, Any]:
    sources = sa.select(Source.id, Source.name).order_by(Source.name).limit(1000)
    return {
        "kinds": ResultKind,
        "statuses": ClaimStatus,
        "page_statuses": ClarificationStatus,
        "verdicts": Verdict,
        "topics": Topic,
        "sources": [(key, name) for key, name in db.session.execute(sources)],
    } | list_filter_choices(current_officer().id)
