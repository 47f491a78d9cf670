"""/petugas/klaim/N/percakapan: the conversations about a claim, with the acts open to the officer."""

from __future__ import annotations

from typing import Any

from apiflask import APIBlueprint
from flask import Response, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _, lazy_gettext as _l

from hoax_tracker.accounts.sign_in import sign_in_required
from hoax_tracker.claims.response_targets import format_duration
from hoax_tracker.clock import utc_now
from hoax_tracker.core.audit.tracked_edits import require_row
from hoax_tracker.core.extensions import current_officer, current_settings
from hoax_tracker.core.web.edit_forms import preserve_typed_input
from hoax_tracker.core.web.query_args import read_whole_number
from hoax_tracker.errors import EditConflictError, InvalidInputError, NotAllowedError
from hoax_tracker.models import Claim, RoleName
from hoax_tracker.review.claim_page.reporter_contact import may_open_reports
from hoax_tracker.tipline.desk import blocking, replies
from hoax_tracker.tipline.desk.conversations import list_conversations

bp = APIBlueprint("claim_chats", __name__, url_prefix="/petugas/klaim/<int:claim_id>/percakapan", enable_openapi=False)
preserve_typed_input(bp)
HOURS_IN_WORDS: dict[int, Any] = {1: _l("1 jam"), 4: _l("4 jam"), 24: _l("24 jam")}
DAYS_IN_WORDS: dict[int, Any] = {1: _l("1 hari"), 7: _l("1 minggu"), 30: _l("30 hari")}
Refused = EditConflictError | InvalidInputError | NotAllowedError


@bp.get("")
@sign_in_required(RoleName.OFFICER)
def page(claim_id: int) -> str:
    """Show the conversations of those who reported the claim in a chat."""
    return _render_page(claim_id)


@bp.post("/<int:report_id>/tanya")
@sign_in_required(RoleName.OFFICER)
def ask(claim_id: int, report_id: int) -> Response:
    """Send one of the fixed questions."""
    name = request.form.get("pertanyaan", "")
    try:
        if name not in replies.QUESTIONS:
            raise InvalidInputError(f"no question {name!r}", user_message=_("Pilih pertanyaannya."))
        replies.ask_resident(claim_id, report_id, name, **_acting())
    except (EditConflictError, InvalidInputError) as error:
        return _refuse(claim_id, report_id, error)
    flash(_("Pertanyaan terkirim. Jawabannya masuk ke aduan ini."), "done")
    return _lead_back(claim_id, report_id)


@bp.post("/<int:report_id>/balas")
@sign_in_required(RoleName.OFFICER)
def reply(claim_id: int, report_id: int) -> Response:
    """Let an officer's words wait for a second person."""
    text = request.form.get("text", "")
    try:
        replies.propose_reply(claim_id, report_id, text, **_acting())
    except (EditConflictError, InvalidInputError) as error:
        return _refuse(claim_id, report_id, error, text)
    flash(_("Balasan menunggu orang kedua. Sesudah disetujui langsung terkirim."), "done")
    return _lead_back(claim_id, report_id)


@bp.post("/<int:report_id>/tarik")
@sign_in_required(RoleName.OFFICER)
def withdraw(claim_id: int, report_id: int) -> Response:
    """Take back words that still wait."""
    try:
        proposal_id = read_whole_number(request.form.get("usulan")) or 0
        replies.withdraw_reply(proposal_id, officer=current_officer(), now=utc_now())
    except (EditConflictError, NotAllowedError) as error:
        return _refuse(claim_id, report_id, error)
    flash(_("Balasan ditarik. Warga tidak menerimanya."), "done")
    return _lead_back(claim_id, report_id)


@bp.post("/<int:report_id>/<any(blokir,buka):act>")
@sign_in_required(RoleName.OFFICER)
def block(claim_id: int, report_id: int, act: str) -> Response:
    """Block the conversation for a time, or undo it."""
    try:
        if act == "blokir":
            days = read_whole_number(request.form.get("lama")) or 0
            blocking.block_conversation(claim_id, report_id, request.form.get("reason", ""), days, **_acting())
        else:
            blocking.unblock_conversation(claim_id, report_id, **_acting())
    except (EditConflictError, InvalidInputError) as error:
        return _refuse(claim_id, report_id, error)
    flash(_("Percakapan diblokir; warga diberi tahu sekali.") if act == "blokir" else _("Blokir dibuka."), "done")
    return _lead_back(claim_id, report_id)


@bp.post("/<int:report_id>/<any(ambil,kembalikan):act>")
@sign_in_required(RoleName.OFFICER)
def read_instead(claim_id: int, report_id: int, act: str) -> Response:
    """Read the conversation in place of the machine for a time, or let it answer again."""
    try:
        if act == "ambil":
            blocking.take_over(claim_id, report_id, read_whole_number(request.form.get("jam")) or 0, **_acting())
        else:
            blocking.give_back(claim_id, report_id, **_acting())
    except (EditConflictError, InvalidInputError) as error:
        return _refuse(claim_id, report_id, error)
    flash(
        _("Anda yang membaca sekarang; warga diberi tahu sekali.") if act == "ambil" else _("Mesin menjawab lagi."),
        "done",
    )
    return _lead_back(claim_id, report_id)


def _acting() -> dict[str, Any]:
    """Return who acts, when, and with which settings."""
    return {"officer": current_officer(), "settings": current_settings(), "now": utc_now()}


def _lead_back(claim_id: int, report_id: int) -> Response:
    return make_response(redirect(url_for("claim_chats.page", claim_id=claim_id, _anchor=f"p{report_id}"), 303))


def _refuse(claim_id: int, report_id: int, error: Refused, typed: str = "") -> Response:
    """Show the page again with what was refused and typed."""
    return make_response(_render_page(claim_id, refused=report_id, error=error, typed=typed), error.status)


def _render_page(claim_id: int, **about: Any) -> str:
    """Return the page. Raises NotFoundError, or NotAllowedError for officers who may not open the claim's reports."""
    claim, officer, now = require_row(Claim, claim_id), current_officer(), utc_now()
    if not may_open_reports(claim, officer):
        message = _("Percakapan dibaca petugas yang menjawab klaim ini dan PPID Utama, tidak oleh yang dituduh.")
        raise NotAllowedError(f"no reader of the reports of claim {claim_id}", user_message=message)
    shown = list_conversations(claim, officer, current_settings(), now)
    facts = {
        "questions": replies.QUESTIONS,
        "reasons": blocking.REASONS,
        "days": DAYS_IN_WORDS,
        "hours": HOURS_IN_WORDS,
        "duration": format_duration,
    }
    facts |= {"longest": replies.REPLY_LENGTH, "asked_at": now}
    return render_template("tipline/claim_chats.html", claim=claim, conversations=shown, **facts, **about)
