"""The desk's search page: a form, a few results of every kind, or one kind page by page.

``/petugas/pilih``: the search page of the pickers, and its list of options as a fragment for picker.js.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl

import sqlalchemy as sa
from apiflask import APIBlueprint
from flask import Response, render_template, request, url_for
from flask_babel import gettext as _

from hoax_tracker.accounts.sign_in import sign_in_required
from hoax_tracker.core.audit.tracked_edits import require_row
from hoax_tracker.core.extensions import current_officer
from hoax_tracker.core.web.downloads import ListDownload, send_list
from hoax_tracker.core.web.query_args import parse_page_number
from hoax_tracker.desk_search.queries import list_search_sections
from hoax_tracker.desk_search.query_parser import ResultKind, SearchQuery
from hoax_tracker.desk_search.search_export import SEARCH_COLUMNS, search_batches
from hoax_tracker.models import Claim, ClaimStatus, ClarificationStatus, Demand, RoleName, Source, Topic, Verdict, db
from hoax_tracker.review.pickers import SHOWN_AT_ONCE, SHOWN_ON_PAGE, SUGGESTED, PickerOption, PickerQuery, find_options
from hoax_tracker.review.queue.queue import QueueFilters
from hoax_tracker.review.queue.saved_filters import list_filter_choices
from hoax_tracker.review.views.claims import is_fragment_request

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


pickers_bp = APIBlueprint("pickers", __name__, url_prefix="/petugas/pilih", enable_openapi=False)

FIELD_BY_ACT = {"gabung": "into", "tautkan": "clarification", "hitung": "klaim", "unit": "unit_id"}
PANEL_BY_ACT = {"unit": "teruskan"}


@pickers_bp.get("/<any(gabung,tautkan,hitung,unit):act>")
@sign_in_required(RoleName.OFFICER)
def pick(act: str) -> str:
    """Show what can be chosen, each with the button that leads back; as a fragment where picker.js asks."""
    wanted = PickerQuery.from_args(request.args)
    if is_fragment_request():
        room = SHOWN_AT_ONCE if wanted.q or act == "unit" else SUGGESTED
        return render_template(
            "review/_picker_options.html", options=find_options(act, wanted, current_officer(), room)
        )
    return render_template("review/picker.html", **_page_context(act, wanted))


def _page_context(act: str, wanted: PickerQuery) -> dict[str, Any]:
    """Return the template variables of the search page."""
    claim = require_row(Claim, wanted.claim) if wanted.claim else None
    demand = require_row(Demand, wanted.demand) if wanted.demand else None
    titles = {
        "gabung": _("Pilih klaim yang sama"),
        "tautkan": _("Pilih klarifikasi yang menjawab"),
        "hitung": _("Pilih klaim yang ditanyakan"),
        "unit": _("Pilih perangkat daerah yang menjawab"),
    }
    return {
        "act": act,
        "wanted": wanted,
        "title": titles[act],
        "beside": claim.title if claim else demand.text if demand else "",
        "most": SHOWN_ON_PAGE,
        "options": find_options(act, wanted, current_officer(), SHOWN_ON_PAGE),
        "back_to": lambda option=None: _return_address(act, wanted, option),
    }


def _return_address(act: str, wanted: PickerQuery, option: PickerOption | None = None) -> str:
    """Return the address of the page that the picker stands on, with the choice and what was typed there."""
    choice: dict[str, Any] = {FIELD_BY_ACT[act]: option.value if option else ""}  # empty: only what was typed
    if wanted.demand:
        page = parse_page_number(dict(parse_qsl(wanted.back)).get("page", ""))
        chosen = {"hitung": wanted.demand, **choice}
        return url_for("demand.listing", page=page if page > 1 else None, **chosen, _anchor=f"t{wanted.demand}")
    if not wanted.claim:
        return url_for("review.queue")
    filters = QueueFilters.from_args(dict(parse_qsl(wanted.back))).args()
    typed: dict[str, Any] = {"reason": wanted.reason} if wanted.reason else {}
    anchor = PANEL_BY_ACT.get(act, act)
    return url_for("review.claim", claim_id=wanted.claim, **filters, **typed, **choice, _anchor=anchor)
