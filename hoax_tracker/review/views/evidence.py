"""Evidence pages: forms on a claim, a page for each piece, and downloads that execute nothing."""

from __future__ import annotations

from collections.abc import Sequence

from apiflask import APIBlueprint
from flask import Response, flash, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.datastructures import FileStorage

from hoax_tracker.accounts.sign_in import sign_in_required
from hoax_tracker.claims import media_fingerprints
from hoax_tracker.clock import utc_now
from hoax_tracker.core.audit.tracked_edits import require_row
from hoax_tracker.core.extensions import current_officer, current_settings
from hoax_tracker.core.web.downloads import accepts_files, attach_file, read_whole_file
from hoax_tracker.core.web.edit_forms import preserve_typed_input
from hoax_tracker.errors import NotAllowedError, NotFoundError
from hoax_tracker.models import Claim, EvidenceKind, RoleName
from hoax_tracker.review.claim_page.reporter_contact import may_open_reports
from hoax_tracker.review.evidence import evidence, safe_files, snapshots
from hoax_tracker.review.queue.queue import QueueFilters
from hoax_tracker.review.views.claims import see_other
from hoax_tracker.review.views.notes import run_or_rerender_claim

bp = APIBlueprint("evidence", __name__, url_prefix="/petugas", enable_openapi=False)
preserve_typed_input(bp)
SHOWN_CHARACTERS = 40_000


@bp.post("/klaim/<int:claim_id>/bukti/tautan")
@sign_in_required(RoleName.OFFICER)
def link(claim_id: int) -> Response:
    """Add a link to a claim."""
    address, title = request.form.get("url", ""), request.form.get("title", "")
    allow = current_settings().fetch_allow
    return run_or_rerender_claim(
        claim_id,
        "bukti",
        {"url": address, "title": title},
        lambda: _confirm_added_evidence(
            evidence.add_evidence_link(claim_id, address, title, allow=allow, officer=current_officer(), now=utc_now()),
            _("Tautan tersimpan. Salinannya diambil dalam beberapa menit."),
        ),
    )


@bp.post("/klaim/<int:claim_id>/bukti/berkas")
@accepts_files(safe_files.file_too_large_error)
@sign_in_required(RoleName.OFFICER)
def file(claim_id: int) -> Response:
    """Add a file to a claim. Where it is refused the typed title is shown again."""
    title = request.form.get("title", "")
    return run_or_rerender_claim(claim_id, "bukti", {"title": title}, lambda: _store_uploaded_file(claim_id, title))


def _store_uploaded_file(claim_id: int, title: str) -> str:
    """Store the file and return the redirect. Raises InvalidInputError for a refused file."""
    sent = request.files.get("file")
    safe = safe_files.make_safe_file(read_whole_file(sent) if sent else b"", (sent and sent.filename) or "")
    key = current_settings().contact_key
    return _confirm_added_evidence(
        evidence.add_evidence_file(claim_id, safe, title, key=key, officer=current_officer(), now=utc_now()),
        _("Berkas tersimpan."),
    )


@bp.post("/klaim/<int:claim_id>/rekaman")
@accepts_files(safe_files.file_too_large_error)
@sign_in_required(RoleName.OFFICER)
def recording(claim_id: int) -> Response:
    """Propose that a recording tells the claim. Of the file only its digest is kept."""
    typed = {"recording": "", "title": ""}
    return run_or_rerender_claim(claim_id, "bukti", typed, lambda: _propose_recording(claim_id))


def _propose_recording(claim_id: int) -> str:
    """Propose the uploaded file and return the redirect. Raises InvalidInputError."""
    sent = request.files.get("file")
    data = read_whole_file(sent) if sent else b""
    if data is None:
        raise safe_files.file_too_large_error()
    media_type = sent.mimetype if sent else ""
    made = media_fingerprints.propose_recording(claim_id, data, media_type, by=current_officer(), now=utc_now())
    return _flash_proposed(is_proposed=made is not None)


@bp.post("/klaim/<int:claim_id>/rekaman/aduan")
@sign_in_required(RoleName.OFFICER)
def reported_recording(claim_id: int) -> Response:
    """Propose that a file which came with a report tells the claim. Nobody has the file."""
    return run_or_rerender_claim(claim_id, "bukti", {}, lambda: _propose_reported(claim_id))


def _propose_reported(claim_id: int) -> str:
    """Propose it and return the redirect. Raises NotFoundError, or NotAllowedError for who may not open reports."""
    officer, sha256 = current_officer(), request.form.get("sha256", "")
    if not may_open_reports(require_row(Claim, claim_id), officer):
        message = _("Aduan klaim ini dibuka petugas yang menjawabnya dan PPID Utama, tidak oleh yang dituduh.")
        raise NotAllowedError(f"no reader of the reports of claim {claim_id}", user_message=message)
    made = media_fingerprints.propose_reported_recording(claim_id, sha256, by=officer, now=utc_now())
    return _flash_proposed(is_proposed=made is not None)


def _flash_proposed(*, is_proposed: bool) -> str:
    """Flash what became of a proposal about a recording, and return where the page continues."""
    words = _("Diusulkan. Orang kedua yang menyetujuinya; sampai itu tidak ada yang berubah.")
    flash(words if is_proposed else _("Rekaman itu sudah dikenal pada klaim ini."), "done")
    return "bukti"


@bp.post("/klaim/<int:claim_id>/rekaman/<int:fingerprint_id>/lepas")
@sign_in_required(RoleName.OFFICER)
def forget_recording(claim_id: int, fingerprint_id: int) -> Response:
    """Propose that a recording tells the claim no more."""
    return run_or_rerender_claim(claim_id, "bukti", {}, lambda: _propose_forgetting(claim_id, fingerprint_id))


def _propose_forgetting(claim_id: int, fingerprint_id: int) -> str:
    officer, now = current_officer(), utc_now()
    made = media_fingerprints.propose_forgetting(claim_id, fingerprint_id, by=officer, now=now)
    return _flash_proposed(is_proposed=made is not None)


def read_uploaded_files(sent: Sequence[FileStorage]) -> list[safe_files.SafeFile]:
    """Return the files of a form ready to store, without empty fields. Raises InvalidInputError."""
    return [
        safe_files.make_safe_file(read_whole_file(upload), upload.filename or "") for upload in sent if upload.filename
    ]


def _confirm_added_evidence(evidence_id: int, words: str) -> str:
    """Flash a confirmation and return the redirect."""
    flash(words, "done")
    return f"bukti-{evidence_id}"


@bp.get("/bukti/<int:evidence_id>")
@sign_in_required()
def page(evidence_id: int) -> str:
    """Show a piece of evidence: its metadata, and the visible text of a snapshot."""
    loaded = evidence.load_evidence(evidence_id, key=current_settings().contact_key, officer=current_officer())
    copy, text = loaded.row.copy, None
    if loaded.data is not None and loaded.row.kind is EvidenceKind.LINK:
        text = snapshots.extract_page_text(loaded.data, copy.media_type if copy else None)
    return render_template(
        "review/evidence.html",
        row=loaded.row,
        copy=copy,
        has_data=loaded.data is not None,
        text=text[:SHOWN_CHARACTERS] if text else None,
        is_cut=bool(text and len(text) > SHOWN_CHARACTERS),
        is_picture=bool(copy and copy.media_type == safe_files.JPEG_TYPE and loaded.row.kind is EvidenceKind.FILE),
        me=current_officer(),
    )


@bp.get("/bukti/<int:evidence_id>/berkas")
@sign_in_required()
def download(evidence_id: int) -> Response:
    """Serve the content: a re-encoded picture inline, anything else as an attachment, and never as a page."""
    loaded = evidence.load_evidence(evidence_id, key=current_settings().contact_key, officer=current_officer())
    if loaded.data is None:
        raise NotFoundError(f"nothing is kept of evidence {evidence_id}")
    of_file = loaded.row.kind is EvidenceKind.FILE and loaded.row.copy is not None
    kind = (loaded.row.copy.media_type if of_file and loaded.row.copy else None) or "application/octet-stream"
    name = (loaded.row.file_name if of_file else None) or f"salinan-{evidence_id}.txt"
    disposition = "inline" if kind == safe_files.JPEG_TYPE else "attachment"
    return attach_file(loaded.data, kind, name, disposition=disposition)


@bp.post("/bukti/<int:evidence_id>/hapus")
@sign_in_required(RoleName.OFFICER)
def remove(evidence_id: int) -> Response:
    """Delete a piece of evidence that the officer added."""
    claim_id = evidence.delete_evidence(evidence_id, officer=current_officer(), now=utc_now())
    flash(_("Bukti dihapus."), "done")
    return see_other(
        url_for("review.claim", claim_id=claim_id, _anchor="bukti", **QueueFilters.from_args(request.args).args())
    )
