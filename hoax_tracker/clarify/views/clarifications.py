"""Drafting, approving, correcting and retracting clarifications."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import Response, current_app, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from hoax_tracker.accounts.sign_in import signed_in
from hoax_tracker.claims.assignment import root
from hoax_tracker.claims.claim_review_markup import page_url
from hoax_tracker.clarify import answered_claims, corrections, handover, periodic_review, service
from hoax_tracker.clarify.approval_facts import why_not, words
from hoax_tracker.clarify.approval_policy import Refusal
from hoax_tracker.clarify.checklist import checks
from hoax_tracker.clarify.content import Content, content_from, content_of
from hoax_tracker.clarify.diff import compare
from hoax_tracker.clarify.forms import VersionForm, whole
from hoax_tracker.clarify.listing import listing as read_listing
from hoax_tracker.clarify.views import drafts
from hoax_tracker.clarify.views.blueprint import bp, found, me, to_page
from hoax_tracker.clock import utc_now
from hoax_tracker.errors import Conflict, HoaxTrackerError, Invalid, NotAllowed
from hoax_tracker.models import UNFINISHED_STATUSES, Clarification, ClarificationStatus, Officer, RoleName, Unit, db

__all__ = ["bp", "drafts"]

DECIDES = (RoleName.APPROVER, RoleName.ADMINISTRATOR)
WRITES = (RoleName.OFFICER,)


@bp.get("/")
@signed_in()
def listing() -> str:
    """Show what waits for approval, what is written, and what is public."""
    return render_template("clarify/listing.html", shown=read_listing(request.args, utc_now()), me=me())


@bp.post("/klaim/<int:claim_id>/rancangan")
@signed_in(*WRITES)
def draft(claim_id: int) -> Response:
    """Begin a draft from a claim, and open it."""
    version = whole(request.form.get("version")) or 0
    try:
        key = service.draft_from_claim(claim_id, version, officer=me(), now=utc_now())
    except (Conflict, Invalid) as error:
        flash(str(error.user_message), "error")
        return make_response(redirect(url_for("review.claim", claim_id=claim_id), 303))
    if found(key).version > 1:  # not a new one: its author left, and the officer goes on with it
        flash(_("Anda melanjutkan tulisan yang ditinggalkan penulisnya. Orang lain yang menyetujuinya."), "done")
        return to_page(key)
    return make_response(redirect(url_for("clarify.edit", clarification_id=key), 303))


@bp.get("/<int:clarification_id>")
@signed_in()
def page(clarification_id: int) -> str:
    """Show a clarification as readers see it, with what can be done with it."""
    return render_template("clarify/page.html", **parts(found(clarification_id)))


@bp.post("/<int:clarification_id>/<any(ajukan,batal,penarikan,'masih-benar','ambil-alih'):act>")
@signed_in(*WRITES)
def write(clarification_id: int, act: str) -> Response:
    """Take a step of the author: submit, take back, propose a retraction, or go on with what somebody left."""
    return step(clarification_id, act)


@bp.post("/<int:clarification_id>/<any(setujui,kembalikan,'setujui-usulan'):act>")
@signed_in(*DECIDES)
def approve(clarification_id: int, act: str) -> Response:
    """Take a step of the second person: approve or send back."""
    return step(clarification_id, act)


@bp.post("/<int:clarification_id>/<any('tolak-usulan'):act>")
@signed_in(*WRITES, *DECIDES)
def decline(clarification_id: int, act: str) -> Response:
    """Decline a proposed change, or take back one's own."""
    return step(clarification_id, act)


def step(clarification_id: int, act: str) -> Response:
    """Take a step; what cannot be taken is shown back with what was typed."""
    form = VersionForm()
    run, said = STEPS[act]
    try:
        run(clarification_id, form.seen_version, form.reason.data or "", me(), utc_now())
    except (Invalid, Conflict, NotAllowed) as error:
        return shown_back(clarification_id, act, form, error)
    flash(str(said), "done")
    return to_page(clarification_id)


def shown_back(clarification_id: int, act: str, form: VersionForm, error: HoaxTrackerError) -> Response:
    """Return the page as it is now, with the fault and what was typed."""
    trouble = {"act": act, "text": str(error.user_message), "typed": form.reason.data or ""}
    shown = parts(found(clarification_id))
    response = render_template("clarify/page.html", **shown, trouble=trouble, conflict=isinstance(error, Conflict))
    return make_response(response, error.status)


def parts(row: Clarification) -> dict[str, Any]:
    """Return what the page of a clarification needs."""
    content, proposed = content_of(row), proposed_content(row)
    code = why_not(row, me()) if waits(row) else None
    texts, shown = [claim.text for claim in row.claims], proposed or content
    source = answered_claims.source_of(row, shown.unit_id) if row.status in UNFINISHED_STATUSES else None
    unheard = source.name if source and not source.has_answered else ""
    return {
        "row": row,
        "content": shown,
        "unit": root() if unheard else db.session.get(Unit, shown.unit_id),
        "unheard": unheard,
        "checks": checks(content, texts, answered_claims.unanswered(row), source)
        if row.status in UNFINISHED_STATUSES
        else [],
        "changes": compare(content, proposed) if proposed else [],
        "may_approve": waits(row) and code in (None, Refusal.REASON_MISSING),
        "steps_in": code is Refusal.REASON_MISSING,
        "why_not": words(code) if code else "",
        "is_author": me().id == row.author_id,
        "left": (left := handover.left_by(row)),
        "may_take_over": left is not None and handover.may_take_over(row, me()),
        "may_write": me().is_a(RoleName.OFFICER),
        "public_url": page_url(row, current_app.extensions["settings"]) if row.slug else "",
        "me": me(),
        "read_again": periodic_review.is_due(row, utc_now()),
    }


def waits(row: Clarification) -> bool:
    """Tell whether something on the page waits for a second person."""
    return row.status is ClarificationStatus.AWAITING_APPROVAL or row.proposed_kind is not None


def proposed_content(row: Clarification) -> Content | None:
    """Return the corrected page that waits for approval, if any."""
    return content_from(row.proposed) if row.proposed_kind and row.proposed else None


Step = Callable[[int, int, str, Officer, datetime], None]
STEPS: dict[str, tuple[Step, Any]] = {
    "ajukan": (
        lambda key, seen, _reason, who, now: service.submit(key, seen, officer=who, now=now),
        _l("Diajukan. Orang lain yang menyetujuinya."),
    ),
    "batal": (
        lambda key, seen, _reason, who, now: service.withdraw(key, seen, officer=who, now=now),
        _l("Ditarik kembali. Anda dapat menyuntingnya lagi."),
    ),
    "ambil-alih": (
        lambda key, seen, _reason, who, now: service.take_over(key, seen, officer=who, now=now),
        _l("Tulisan ini sekarang tulisan Anda. Orang lain yang menyetujuinya."),
    ),
    "masih-benar": (
        lambda key, seen, _reason, who, now: periodic_review.confirm(key, seen, officer=who, now=now),
        _l("Tercatat: halaman ini masih benar."),
    ),
    "setujui": (
        lambda key, seen, reason, who, now: service.approve(key, seen, reason, officer=who, now=now),
        _l("Terbit. Klaim dan aduan yang tertaut sudah terjawab."),
    ),
    "kembalikan": (
        lambda key, seen, reason, who, now: service.send_back(key, seen, reason, officer=who, now=now),
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
