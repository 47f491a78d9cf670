"""/petugas/pilih: the search page of the pickers, and its list of options as a fragment for picker.js."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

from apiflask import APIBlueprint
from flask import render_template, request, url_for
from flask_babel import gettext as _

from hoax_tracker.accounts.sign_in import sign_in_required
from hoax_tracker.core.audit.tracked_edits import require_row
from hoax_tracker.core.extensions import current_officer
from hoax_tracker.core.web.query_args import parse_page_number
from hoax_tracker.models import Claim, Demand, RoleName
from hoax_tracker.review.pickers import SHOWN_AT_ONCE, SHOWN_ON_PAGE, SUGGESTED, PickerOption, PickerQuery, find_options
from hoax_tracker.review.queue.queue import QueueFilters
from hoax_tracker.review.views.claims import is_fragment_request

bp = APIBlueprint("pickers", __name__, url_prefix="/petugas/pilih", enable_openapi=False)

FIELD_BY_ACT = {"gabung": "into", "tautkan": "clarification", "hitung": "klaim", "unit": "unit_id"}
PANEL_BY_ACT = {"unit": "teruskan"}


@bp.get("/<any(gabung,tautkan,hitung,unit):act>")
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
