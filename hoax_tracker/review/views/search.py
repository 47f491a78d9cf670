"""The desk's search page: a form, a few results of every kind, or one kind page by page."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from apiflask import APIBlueprint
from flask import render_template, request

from hoax_tracker.accounts.sign_in import sign_in_required
from hoax_tracker.desk_search.filters import ResultKind, SearchQuery
from hoax_tracker.desk_search.queries import list_search_sections
from hoax_tracker.models import ClaimStatus, ClarificationStatus, Source, Topic, Verdict, db
from hoax_tracker.review.queue.filter_choices import list_filter_choices
from hoax_tracker.review.views.claims import current_officer

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
        **search_filter_choices(),
    )


def search_filter_choices() -> dict[str, Any]:
    """Return the choices of the filters."""
    sources = sa.select(Source.id, Source.name).order_by(Source.name).limit(1000)
    return {
        "kinds": ResultKind,
        "statuses": ClaimStatus,
        "page_statuses": ClarificationStatus,
        "verdicts": Verdict,
        "topics": Topic,
        "sources": [(key, name) for key, name in db.session.execute(sources)],
    } | list_filter_choices(current_officer().id)
