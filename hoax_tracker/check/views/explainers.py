"""Explainers for residents: the list, and a page for each."""

from __future__ import annotations

import sqlalchemy as sa
from apiflask import APIBlueprint
from flask import Response, abort

from hoax_tracker.check.answers.explainers import list_public_explainers
from hoax_tracker.check.cache.page_cache import cache_view, render_shared_page
from hoax_tracker.models import Explainer, db

bp = APIBlueprint("guides", __name__, url_prefix="/panduan", enable_openapi=False)


@bp.get("")
@cache_view
def listing() -> Response:
    """List the explainers."""
    return render_shared_page("check/explainer_list.html", rows=list_public_explainers())


@bp.get("/<guide>")
@cache_view
def page(guide: str) -> Response:
    """Show an explainer."""
    row = db.session.scalar(sa.select(Explainer).where(Explainer.slug == guide, Explainer.is_shown))
    if row is None:
        abort(404)
    return render_shared_page("check/explainer.html", row=row)
