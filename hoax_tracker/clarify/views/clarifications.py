"""Drafting, approving, correcting and retracting clarifications."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from flask import Response, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _, lazy_gettext as _l

from hoax_tracker.accounts.second_factor.freshness import require_fresh_second_factor
from hoax_tracker.accounts.sign_in import sign_in_required
from hoax_tracker.authority import proposals
from hoax_tracker.authority.confirmers import list_allowed
from hoax_tracker.claims import awaiting_approval
from hoax_tracker.claims.accused_view import hide_quotes
from hoax_tracker.claims.claim_review_markup import clarification_url
from hoax_tracker.claims.crossed_pictures import read_crossed_picture
from hoax_tracker.claims.public_words.judged_claims import list_claim_texts
from hoax_tracker.claims.public_words.objections import list_public_objections, list_unsettled
from hoax_tracker.clarify import answered_claims, corrections, diff, periodic_review, publication, service
from hoax_tracker.clarify.checklist import build_checklist
from hoax_tracker.clarify.content import ClarificationContent, VersionForm, clarification_content, content_from_json
from hoax_tracker.clarify.diff import compare_contents
from hoax_tracker.clarify.listing import ListingFilters, load_clarification_listing as read_listing
from hoax_tracker.clarify.prefill import find_draft_basis, find_withdrawn_address
from hoax_tracker.clarify.views import drafts
from hoax_tracker.clarify.views.blueprint import bp, redirect_to_page, require_clarification
from hoax_tracker.clarify.views.objections import CLARIFICATION_COLUMNS, clarification_batches
from hoax_tracker.clock import utc_now
from hoax_tracker.core.extensions import current_officer, current_settings
from hoax_tracker.core.web.downloads import ListDownload, attach_file, send_list
from hoax_tracker.core.web.query_args import read_whole_number
from hoax_tracker.errors import EditConflictError, HoaxTrackerError, InvalidInputError, NotAllowedError, NotFoundError
from hoax_tracker.models import UNFINISHED_STATUSES, Clarification, Officer, RoleName, Unit, db
from hoax_tracker.organisation.channels.official_list import load_listed_channels
from hoax_tracker.organisation.units import find_root_unit

__all__ = ["bp", "drafts"]

WRITING_ROLES = (RoleName.OFFICER,)
PUBLISHING_STEPS = ("setujui", "setujui-usulan", "penarikan", "darurat")


@bp.get("/")
@sign_in_required()
def listing() -> str:
    """Show pending, drafted and published clarifications, and above them the objections that wait."""
    shown = read_listing(request.args, current_officer().unit, utc_now())
    return render_template(
        "clarify/clarification_list.html",
        shown=shown,
        objections=[] if shown.filters.part or shown.filters.q else list_unsettled(),
        me=current_officer(),
    )


@bp.get("/daftar.<any(csv,xlsx):file_format>")
@sign_in_required()
def download_list(file_format: str) -> Response:
    """Send every clarification that the filters match."""
    filters = replace(ListingFilters.from_args(request.args), page=1)
    batches = clarification_batches(filters, current_officer().unit, utc_now())
    return send_list(ListDownload("clarifications", CLARIFICATION_COLUMNS, batches, filters.args()), file_format)


@bp.post("/klaim/<int:claim_id>/rancangan")
@sign_in_required(*WRITING_ROLES)
def draft(claim_id: int) -> Response:
    """Begin a draft from a claim, also from an earlier answer of its narrative, and open it."""
    version = read_whole_number(request.form.get("version")) or 0
    earlier_id = read_whole_number(request.form.get("earlier"))
    by: Any = {"officer": current_officer(), "now": utc_now()}
    try:
        key = service.draft_from_claim(claim_id, version, earlier_id=earlier_id, **by)
    except (EditConflictError, InvalidInputError) as error:
        flash(str(error.user_message), "error")
        return make_response(redirect(url_for("review.claim", claim_id=claim_id), 303))
    if require_clarification(key).version > 1:  # not a new one: its author left, and the officer goes on with it
        flash(_("Anda melanjutkan tulisan yang ditinggalkan penulisnya. Orang lain yang menyetujuinya."), "done")
        return redirect_to_page(key)
    return make_response(redirect(url_for("clarify.edit", clarification_id=key), 303))


@bp.get("/<int:clarification_id>")
@sign_in_required()
def page(clarification_id: int) -> str:
    """Show a clarification as readers see it, with the acts open to the officer."""
    return render_template("clarify/clarification.html", **_page_context(require_clarification(clarification_id)))


@bp.get("/<int:clarification_id>/gambar/<digest>.jpg")
@sign_in_required()
def picture(clarification_id: int, digest: str) -> Response:
    """Send a page's crossed picture, also one that nobody confirmed yet."""
    data = read_crossed_picture(clarification_id, digest, current_settings().contact_key)
    if data is None:
        raise NotFoundError(f"no such picture of clarification {clarification_id}")
    return attach_file(data, "image/jpeg", f"{digest[:12]}.jpg", disposition="inline")


@bp.post("/<int:clarification_id>/<any(ajukan,batal,penarikan,'masih-benar','ambil-alih'):act>")
@sign_in_required(*WRITING_ROLES)
def write(clarification_id: int, act: str) -> Response:
    """Take an author's step: submit, withdraw, propose a retraction, or take over a departed author's work."""
    return _take_step(clarification_id, act)


@bp.post("/<int:clarification_id>/<any(setujui,kembalikan,'setujui-usulan',darurat):act>")
@sign_in_required()
def approve(clarification_id: int, act: str) -> Response:
    """Take the second person's step: approve or return."""
    return _take_step(clarification_id, act)


@bp.post("/<int:clarification_id>/<any('tolak-usulan'):act>")
@sign_in_required()
def decline(clarification_id: int, act: str) -> Response:
    """Decline a proposed change, or withdraw one's own."""
    return _take_step(clarification_id, act)


def _take_step(clarification_id: int, act: str) -> Response:
    """Take a step. A refused one is shown again with what was typed."""
    if act in PUBLISHING_STEPS:
        require_fresh_second_factor()
    form = VersionForm()
    run, confirmation = PAGE_STEPS[act]
    try:
        run(clarification_id, form.seen_version, form.reason.data or "", current_officer(), utc_now())
    except (InvalidInputError, EditConflictError, NotAllowedError) as error:
        return _rerender_page_with_error(clarification_id, act, form, error)
    flash(str(confirmation), "done")
    return redirect_to_page(clarification_id)


def _rerender_page_with_error(clarification_id: int, act: str, form: VersionForm, error: HoaxTrackerError) -> Response:
    """Return the present page with the error and what was typed."""
    typed, field = form.reason.data or "", getattr(error, "field", None)
    trouble = {"act": act, "text": str(error.user_message), "typed": typed, "field": field}
    shown = _page_context(require_clarification(clarification_id))
    response = render_template(
        "clarify/clarification.html", **shown, trouble=trouble, conflict=isinstance(error, EditConflictError)
    )
    return make_response(response, error.status)


def _page_context(row: Clarification) -> dict[str, Any]:
    """Return the template variables of a clarification's page."""
    is_hidden = bool(hide_quotes([row], current_officer().unit))
    content, proposed = clarification_content(row), _proposed_content(row)
    now = utc_now()
    waiting = publication.find_page_proposal(row)
    why_not = proposals.why_not(waiting, current_officer(), now) if waiting else ""
    texts, shown = [claim.text for claim in row.claims], proposed or content
    source = answered_claims.find_named_unit(row, shown.unit_id) if row.status in UNFINISHED_STATUSES else None
    unheard = source.name if source and not source.has_answered else ""
    return {
        "row": row,
        "content": shown,
        "unit": find_root_unit() if unheard else db.session.get(Unit, shown.unit_id),
        "unheard": unheard,
        "checks": build_checklist(
            content,
            texts,
            answered_claims.list_unanswered_units(row),
            source,
            find_withdrawn_address(row),
            silent=answered_claims.list_silent_units(row),
            channels=load_listed_channels(),
            first_seen=answered_claims.find_first_seen_day(row),
            templates=answered_claims.list_template_texts(row),
        )
        if row.status in UNFINISHED_STATUSES
        else [],
        "changes": compare_contents(content, proposed) if proposed else [],
        "may_approve": waiting is not None and not why_not,
        "why_not": why_not,
        "allowed": [one.name for one in list_allowed(waiting, now)] if waiting and why_not else [],
        "may_publish_alone": service.may_publish_in_emergency(row, current_officer()),
        "wordings": list_claim_texts(waiting.values.get("claims", ())) if waiting and not is_hidden else [],
        "is_author": current_officer().id == row.author_id,
        "left": (departed_author := diff.find_departed_author(row)),
        "may_take_over": departed_author is not None and diff.may_take_over(row, current_officer()),
        "may_write": current_officer().is_a(RoleName.OFFICER),
        "public_url": clarification_url(row, current_settings()) if row.slug else "",
        "me": current_officer(),
        "awaiting": awaiting_approval.find_awaiting_claims([claim.id for claim in row.claims]),
        "read_again": periodic_review.is_review_due(row, now),
        "objections": list_public_objections(row) if row.number else [],
        "basis": find_draft_basis(row) if row.status in UNFINISHED_STATUSES and not is_hidden else None,
    }


def _proposed_content(row: Clarification) -> ClarificationContent | None:
    """Return the corrected content that awaits approval, if any."""
    return content_from_json(row.proposed) if row.proposed_kind and row.proposed else None


PageStep = Callable[[int, int, str, Officer, datetime], None]
PAGE_STEPS: dict[str, tuple[PageStep, Any]] = {
    "ajukan": (
        lambda key, seen, _reason, who, now: service.submit_draft(key, seen, officer=who, now=now),
        _l("Diajukan. Orang lain yang menyetujuinya."),
    ),
    "batal": (
        lambda key, seen, _reason, who, now: service.withdraw_draft(key, seen, officer=who, now=now),
        _l("Ditarik kembali. Anda dapat menyuntingnya lagi."),
    ),
    "ambil-alih": (
        lambda key, seen, _reason, who, now: service.take_over(key, seen, officer=who, now=now),
        _l("Tulisan ini sekarang tulisan Anda. Orang lain yang menyetujuinya."),
    ),
    "masih-benar": (
        lambda key, seen, _reason, who, now: periodic_review.confirm_page(key, seen, officer=who, now=now),
        _l("Tercatat: halaman ini masih benar."),
    ),
    "setujui": (
        lambda key, seen, reason, who, now: service.approve_draft(key, seen, reason, officer=who, now=now),
        _l("Terbit. Klaim dan aduan yang tertaut sudah terjawab."),
    ),
    "darurat": (
        lambda key, seen, reason, who, now: service.publish_in_emergency(key, seen, reason, officer=who, now=now),
        _l("Terbit sendirian. Semua penyetuju diberi tahu; tanpa orang kedua halaman ini ditarik 24 jam lagi."),
    ),
    "kembalikan": (
        lambda key, seen, reason, who, now: service.return_draft(key, seen, reason, officer=who, now=now),
        _l("Dikembalikan kepada penulis."),
    ),
    "penarikan": (
        lambda key, seen, reason, who, now: corrections.propose_retraction(key, seen, reason, officer=who, now=now),
        _l("Penarikan diusulkan. Halaman tetap terbit sampai orang lain menyetujuinya."),
    ),
    "setujui-usulan": (
        lambda key, seen, reason, who, now: corrections.approve_proposal(key, seen, reason, officer=who, now=now),
        _l("Perubahan disetujui dan terlihat di halaman warga."),
    ),
    "tolak-usulan": (
        lambda key, seen, reason, who, now: corrections.decline_proposal(key, seen, reason, officer=who, now=now),
        _l("Usulan tidak dilanjutkan. Halaman warga tidak berubah."),
    ),
}
