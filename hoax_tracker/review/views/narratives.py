"""``/petugas/narasi``: claims of one story over months; and the narrative of a claim, with suggestions."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from apiflask import APIBlueprint
from flask import Response, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup, escape

from hoax_tracker.accounts.sign_in import sign_in_required
from hoax_tracker.claims.accused_view import hide_words
from hoax_tracker.claims.earlier_answers import list_earlier_answers
from hoax_tracker.claims.recusal import may_decide
from hoax_tracker.clock import utc_now
from hoax_tracker.core.audit.audit_log import edits_of
from hoax_tracker.core.audit.tracked_edits import require_row
from hoax_tracker.core.extensions import current_officer
from hoax_tracker.core.web.edit_forms import preserve_typed_input
from hoax_tracker.core.web.query_args import parse_page_number, read_whole_number, text_parser
from hoax_tracker.errors import EditConflictError, HoaxTrackerError, InvalidInputError, NotAllowedError, NotFoundError
from hoax_tracker.models import WAITING_STATUSES, Claim, ClaimStatus, NarrativeOrigin, RoleName
from hoax_tracker.review.narratives import membership, merging
from hoax_tracker.review.narratives.listing import (
    SEARCH_LONGEST,
    NarrativeOrder,
    find_narratives,
    load_narrative_listing,
)
from hoax_tracker.review.narratives.narrative_page import find_claim_narrative, load_narrative_page
from hoax_tracker.review.narratives.suggestions import list_refusals, list_suggestions
from hoax_tracker.review.pickers import PickerQuery, find_options
from hoax_tracker.review.views.claims import is_fragment_request, link_to_claim, see_other

bp = APIBlueprint("narratives", __name__, url_prefix="/petugas", enable_openapi=False)
preserve_typed_input(bp)

FOUND_SHOWN = 8
parse_words = text_parser(SEARCH_LONGEST)


@bp.get("/narasi/")
@sign_in_required()
def listing() -> str:
    """Show the narratives."""
    shown = load_narrative_listing(request.args, current_officer())
    return render_template("review/narrative_list.html", shown=shown, orders=NarrativeOrder)


@bp.get("/narasi/<int:narrative_id>")
@sign_in_required()
def page(narrative_id: int) -> str:
    """Show a narrative: its claims, its line of waves, and what officers did to it."""
    return render_template("review/narrative.html", **_page_context(narrative_id))


def _page_context(narrative_id: int, **trouble: Any) -> dict[str, Any]:
    """Return the template variables of a narrative's page, with what was typed where that was refused."""
    shown = load_narrative_page(narrative_id, parse_page_number(request.args.get("page", "")), current_officer())
    words = parse_words(request.args.get("cari", ""))
    others = find_narratives(words, current_officer(), FOUND_SHOWN + 1) if words else []
    return {
        "shown": shown,
        "labels": edits_of("narrative_"),
        "words": words,
        "others": [row for row in others if row[0] != narrative_id][:FOUND_SHOWN],
        "may_change": membership.may_change(shown.narrative, current_officer()),
        "may_read_notes": membership.may_read_notes(shown.narrative, current_officer()),
        "may_take_out": lambda claim: may_decide(claim, current_officer()),
        "trouble": trouble,
    }


@bp.post("/narasi/<int:narrative_id>/ubah")
@sign_in_required(RoleName.OFFICER)
def edit(narrative_id: int) -> Response:
    """Change the title and the notes; what is refused is shown again."""
    title, notes = request.form.get("title", ""), request.form.get("notes", "")
    try:
        is_changed = membership.edit_narrative(narrative_id, _sent_version(), title=title, notes=notes, **_by_officer())
    except (EditConflictError, InvalidInputError, NotAllowedError) as error:
        trouble = {"text": str(error.user_message), "field": getattr(error, "field", None), "title": title}
        context = _page_context(narrative_id, notes=notes, **trouble)
        return make_response(render_template("review/narrative.html", **context), error.status)
    flash(_("Tersimpan.") if is_changed else _("Tidak ada yang berubah."), "done")
    return see_other(url_for("narratives.page", narrative_id=narrative_id))


@bp.post("/narasi/<int:narrative_id>/<any(gabung,pisah):act>")
@sign_in_required(RoleName.OFFICER)
def merge(narrative_id: int, act: str) -> Response:
    """Merge the narrative into another, or separate it again."""
    try:
        if act == "pisah":
            merging.separate_narrative(narrative_id, _sent_version(), **_by_officer())
            flash(_("Dipisahkan lagi, dengan klaim yang dulu dibawanya."), "done")
            return see_other(url_for("narratives.page", narrative_id=narrative_id))
        into = read_whole_number(request.form.get("into")) or 0
        into_id = merging.merge_narratives(narrative_id, _sent_version(), into, **_by_officer())
    except (EditConflictError, InvalidInputError, NotAllowedError, NotFoundError) as error:
        return refuse(error, url_for("narratives.page", narrative_id=narrative_id))
    merged = Markup('<a href="{}">{}</a>').format(
        url_for("narratives.page", narrative_id=narrative_id), _("Narasi %(number)s", number=narrative_id)
    )
    flash(merged + " " + _("digabung ke narasi ini. Dari halamannya dapat dipisahkan lagi."), "done")
    return see_other(url_for("narratives.page", narrative_id=into_id))


@bp.get("/klaim/<int:claim_id>/narasi")
@sign_in_required()
def of_claim(claim_id: int) -> str:
    """Show the narrative of a claim and what is suggested; as a fragment where similar_decisions.js asks."""
    claim = require_row(Claim, claim_id)
    shown = _claim_context(claim)
    if is_fragment_request():
        return render_template("review/_claim_narrative.html", is_in_claim=True, **shown)
    return render_template(
        "review/claim_narrative.html", **shown, **_search_context(claim, shown["may_decide"]), trouble={}
    )


def _search_context(claim: Claim, may_search: bool) -> dict[str, Any]:
    """Return the narratives and claims that an officer looks for on the page of a claim's narrative."""
    words = parse_words(request.args.get("cari", "")) if may_search else ""
    wanted = PickerQuery(q=words, claim=claim.id)
    return {
        "words": words,
        "narratives": find_narratives(words, current_officer(), FOUND_SHOWN) if words else [],
        "refusals": list_refusals(claim.id, current_officer().unit) if may_search and not words else [],
        "options": find_options("gabung", wanted, current_officer(), FOUND_SHOWN) if words else [],
    }


def _claim_context(claim: Claim) -> dict[str, Any]:
    """Return the template variables of a claim's narrative."""
    narrative = find_claim_narrative(claim.id)
    is_open = claim.status in WAITING_STATUSES
    suggestions = list_suggestions(claim, current_officer().unit)
    if hide_words([claim], current_officer().unit):
        suggestions = [replace(one, differences=[]) for one in suggestions]
    return {
        "claim": claim,
        "narrative": narrative,
        "earlier": list_earlier_answers(claim.id) if narrative else [],
        "suggestions": suggestions,
        "may_decide": may_decide(claim, current_officer()),
        "may_draft": is_open,
        "is_merged": claim.status is ClaimStatus.MERGED,
    }


@bp.post("/klaim/<int:claim_id>/narasi/<any(baru,masuk,satukan,keluar,tolak,bolehkan):act>")
@sign_in_required(RoleName.OFFICER)
def change(claim_id: int, act: str) -> Response:
    """Start a narrative, add the claim to one, take it out, refuse a suggestion; then return to where it was asked."""
    try:
        flash(_apply_change(claim_id, act), "done")
    except (EditConflictError, InvalidInputError, NotAllowedError, NotFoundError) as error:
        return _refuse_new(claim_id, error) if act == "baru" else refuse(error, _return_address(claim_id))
    return see_other(_return_address(claim_id))


def _refuse_new(claim_id: int, error: HoaxTrackerError) -> Response:
    """Show the form of a new narrative again with what was typed, and why it was refused."""
    claim = require_row(Claim, claim_id)
    typed = {name: request.form.get(name, "") for name in ("title", "notes")}
    shown = _claim_context(claim) | _search_context(claim, True)
    page = render_template("review/claim_narrative.html", **shown, trouble={"text": str(error.user_message), **typed})
    return make_response(page, error.status)


def _apply_change(claim_id: int, act: str) -> Markup:
    """Apply an act to the claim; return its effect as a sentence, with the button that undoes it."""
    other, reason, by = read_whole_number(request.form.get("other")) or 0, request.form.get("reason", ""), _by_officer()
    if act == "tolak":
        membership.refuse_suggestion(claim_id, other, **by)
        result = _("Tercatat: %(claim)s bukan narasi yang sama. Saran ini tidak muncul lagi.", claim=_name_claim(other))
        return escape(result) + " " + _undo_button(claim_id, "bolehkan", other=other)
    if act == "bolehkan":
        membership.withdraw_refusal(claim_id, other, **by)
        return escape(_("Diurungkan. Saran itu boleh muncul lagi."))
    narrative_id = read_whole_number(request.form.get("narrative")) or 0
    if act == "keluar":
        removed = membership.remove_claim(claim_id, narrative_id, reason=reason, **by)
        fields: dict[str, int | str] = {"narrative": narrative_id, "reason": removed.reason}
        fields |= {"saran": 1} if removed.origin is NarrativeOrigin.SUGGESTION else {}
        return (
            _sentence_about(claim_id, _("dikeluarkan dari narasi.")) + " " + _undo_button(claim_id, "masuk", **fields)
        )
    if act == "baru":
        title, notes = request.form.get("title", ""), request.form.get("notes", "")
        narrative_id = membership.start_narrative(claim_id, title=title, notes=notes, reason=reason, **by)
    else:
        origin = NarrativeOrigin.SUGGESTION if request.form.get("saran") else NarrativeOrigin.BY_HAND
        if act == "masuk":
            narrative_id = membership.add_claim(claim_id, narrative_id, origin=origin, reason=reason, **by)
        else:
            narrative_id = membership.join_claims(claim_id, other, origin=origin, reason=reason, **by)
    address = url_for("narratives.page", narrative_id=narrative_id)
    link = Markup('<a href="{}">{}</a>').format(address, _("Narasi %(number)s", number=narrative_id))
    return (
        _sentence_about(claim_id, _("kini di"))
        + " "
        + link
        + ". "
        + _undo_button(claim_id, "keluar", narrative=narrative_id)
    )


def _sentence_about(claim_id: int, words: str) -> Markup:
    """Return a sentence that begins with a link to the claim."""
    return link_to_claim(claim_id) + " " + words


def _name_claim(claim_id: int) -> str:
    """Return what a claim is called by its number."""
    return str(_("Klaim %(number)s", number=claim_id))


def _undo_button(claim_id: int, act: str, **fields: int | str) -> Markup:
    inputs = Markup("").join(
        Markup('<input type="hidden" name="{}" value="{}">').format(name, value)
        for name, value in {"csrf_token": generate_csrf(), "dari": request.form.get("dari", ""), **fields}.items()
    )
    return Markup('<form action="{}" method="post">{}<button class="plain">{}</button></form>').format(
        url_for("narratives.change", claim_id=claim_id, act=act), inputs, _("Urungkan")
    )


def _return_address(claim_id: int) -> str:
    """Return the page from which the act was sent: the claim's, the narrative's, or that of the claim's narrative."""
    came_from = request.form.get("dari", "")
    if came_from == "klaim":
        return url_for("review.claim", claim_id=claim_id, _anchor="narasi")
    narrative_id = read_whole_number(came_from.removeprefix("narasi-"))
    if came_from.startswith("narasi-") and narrative_id:
        return url_for("narratives.page", narrative_id=narrative_id)
    return url_for("narratives.of_claim", claim_id=claim_id)


def refuse(error: HoaxTrackerError, address: str) -> Response:
    """Say why an act was refused, on the page with the present state."""
    flash(str(error.user_message), "error")
    return make_response(redirect(address, 303))


def _sent_version() -> int:
    """Return the version that the form was drawn from."""
    return read_whole_number(request.form.get("version")) or 0


def _by_officer() -> dict[str, Any]:
    """Return who acts, and when."""
    return {"officer": current_officer(), "now": utc_now()}
