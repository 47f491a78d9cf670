"""Corrections and retractions of a public page: proposed by one person, approved by another.

The public page stays unchanged until then. Every change remains visible as a revision.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask_babel import gettext as _, lazy_gettext as _l

from hoax_tracker.authority import proposals
from hoax_tracker.authority.acts import Act, ActClass, Shown, register_act
from hoax_tracker.claims.public_words.judged_claims import end_judgement_by
from hoax_tracker.clarify import answered_claims
from hoax_tracker.clarify.content import ClarificationContent, changed_fields, clarification_content, content_from_json
from hoax_tracker.clarify.publication import (
    add_revision,
    is_impartial,
    page_of,
    page_subject,
    previous_authors,
    require_page_proposal,
)
from hoax_tracker.clarify.service import (
    editing_clarification,
    list_incomplete_fields,
    list_unstorable_fields,
    notify_author,
    record_change,
    require_officer,
    require_status,
    require_text,
)
from hoax_tracker.errors import FieldFaultsError, InvalidInputError, NotAllowedError
from hoax_tracker.models import (
    PUBLIC_STATUSES,
    Clarification,
    ClarificationStatus,
    Officer,
    Proposal,
    ProposalOutcome,
    WebhookEvent,
)
from hoax_tracker.notifications import webhooks

LONGEST_NOTE = 1_000
"""Letters of what readers are told about a correction or withdrawal."""


def propose_correction(
    clarification_id: int, version: int, content: ClarificationContent, note: str, *, officer: Officer, now: datetime
) -> None:
    """Propose a corrected page. ``note`` tells readers what changed and why.

    Raises FieldFaultsError with everything that is in the way.
    """
    require_officer(officer)
    with editing_clarification(clarification_id, version) as page:
        _require_unproposed(page)
        if faults := list_correction_faults(page, content, note):
            raise FieldFaultsError("an incomplete correction", faults)
        names = changed_fields(clarification_content(page), content)
        if not names:
            raise InvalidInputError(
                "nothing changed", user_message=_("Belum ada yang berubah dari halaman yang terbit.")
            )
        page.proposed = content.as_json()
        _record_proposal(page, ClarificationStatus.CORRECTED, note, officer, now)
        record_change(page, "clarification_correction_proposed", officer, now, note=note.strip(), fields=names)


def list_correction_faults(page: Clarification, content: ClarificationContent, note: str) -> list[tuple[str, str]]:
    """Return (field, message) of all that stands in the way of proposing this content."""
    faults = [*_list_note_faults(note), *list_unstorable_fields(content), *list_incomplete_fields(page, content)]
    return [*faults, *_unheard_unit_faults(page, content)]


def _list_note_faults(note: str) -> list[tuple[str, str]]:
    """Return (field, message) where a note is missing or too long."""
    if not note.strip():
        return [("note", _("Tulis apa yang dikoreksi dan mengapa: pembaca akan melihatnya."))]
    return [("note", _describe_longest_note())] if is_long_note(note) else []


def is_long_note(note: str) -> bool:
    """Tell whether a note is too long. A line break counts once, as in the browser."""
    return len(note.strip().replace("\r\n", "\n")) > LONGEST_NOTE


def _describe_longest_note() -> str:
    """Return how long a note may be."""
    return str(_("Paling banyak %(max)s huruf.", max=LONGEST_NOTE))


def _unheard_unit_faults(page: Clarification, content: ClarificationContent) -> list[tuple[str, str]]:
    """Return (field, message) where a correction names a unit after «Menurut» that answered no question."""
    source = answered_claims.find_named_unit(page, content.unit_id)
    if content.unit_id == page.unit_id or source is None or source.has_answered:
        return []
    message = _(
        "%(unit)s belum menjawab pertanyaan tentang klaim ini. Pilih yang sudah menjawab, atau PPID Utama.",
        unit=source.name,
    )
    return [("unit_id", message)]


def propose_retraction(clarification_id: int, version: int, reason: str, *, officer: Officer, now: datetime) -> None:
    """Propose a retraction. ``reason`` is shown to readers."""
    require_officer(officer)
    with editing_clarification(clarification_id, version) as page:
        _require_unproposed(page)
        require_text(reason, _("Tulis mengapa halaman ini ditarik: pembaca akan melihatnya."))
        if is_long_note(reason):
            raise InvalidInputError("a long reason", user_message=_describe_longest_note(), field="reason")
        page.proposed = None
        _record_proposal(page, ClarificationStatus.RETRACTED, reason, officer, now)
        record_change(page, "clarification_retraction_proposed", officer, now, reason=reason.strip())


def approve_proposal(clarification_id: int, version: int, reason: str, *, officer: Officer, now: datetime) -> None:
    """Publish the proposed change exactly as the approver saw it. Raises as ``service.approve_draft`` does."""
    with editing_clarification(clarification_id, version) as page:
        _require_proposed(page)
        proposals.confirm_open(require_page_proposal(page), by=officer, now=now, reason=reason)


def _apply_correction(row: Proposal, officer: Officer | None, now: datetime) -> dict[str, Any]:
    """Write the confirmed content to the page, with a revision, in the current transaction."""
    page, approver_id = page_of(row), row.settled_by_id
    content_from_json(page.proposed or {}).write(page, now)
    page.status, page.confirmation_id = ClarificationStatus.CORRECTED, row.id
    note, author_id = _clear_proposal(page)
    add_revision(page, note, author_id, approver_id, now)
    record_change(page, "clarification_corrected", officer, now, note=note, reason=row.settled_reason)
    webhooks.enqueue_clarification_event(WebhookEvent.CORRECTED, page, note, now)
    return {}


def _apply_retraction(row: Proposal, officer: Officer | None, now: datetime) -> dict[str, Any]:
    """Retract the page as it was confirmed, in the current transaction."""
    page = page_of(row)
    note, author_id = _clear_proposal(page)
    retract_page(page, row, note, author_id, officer, now)
    return {}


def retract_page(
    page: Clarification, row: Proposal, note: str, author_id: int, officer: Officer | None, now: datetime
) -> None:
    """Let the page show only that it was retracted and why, on a confirmed proposal. Its claims wait again."""
    assert officer is not None  # noqa: S101 - a public act never takes effect without a second person
    page.status, page.confirmation_id = ClarificationStatus.RETRACTED, row.id
    add_revision(page, note, author_id, officer.id, now)
    end_judgement_by(page.id, now)
    reopened = answered_claims.reopen_claims(page, note, officer, now)
    record_change(page, "clarification_retracted", officer, now, reopened, note=note, reason=row.settled_reason)
    webhooks.enqueue_clarification_event(WebhookEvent.WITHDRAWN, page, note, now)


def decline_proposal(clarification_id: int, version: int, reason: str, *, officer: Officer, now: datetime) -> None:
    """Decline a proposal with a reason; its author may withdraw it too. Its text is kept for another attempt."""
    with editing_clarification(clarification_id, version) as page:
        _require_proposed(page)
        row, is_own = require_page_proposal(page), officer.id == page.proposed_by_id
        if not is_own:
            proposals.require_confirmer(row, officer, now)
        require_text(reason, _("Tulis mengapa usulan ini tidak dilanjutkan."))
        outcome = ProposalOutcome.WITHDRAWN if is_own else ProposalOutcome.REFUSED
        proposals.end_open(row, outcome, reason, by=officer, now=now)


def _drop_change(row: Proposal, officer: Officer | None, now: datetime) -> None:
    """Let the page go on without the change that was not confirmed, in the current transaction."""
    page, reason = page_of(row), row.settled_reason
    page.proposed_kind, page.proposed_at = None, None
    page.returned_reason = reason or None
    record_change(page, "clarification_proposal_declined", officer, now, reason=reason)
    if page.proposed_by is not None:
        notify_author(page, page.proposed_by, officer, now)


def _record_proposal(
    page: Clarification, kind: ClarificationStatus, note: str, officer: Officer, now: datetime
) -> None:
    """Record the proposal and its author."""
    page.proposed_kind, page.proposed_note = kind, note.strip()
    page.proposed_by_id, page.proposed_at = officer.id, now
    page.returned_reason = None
    act = "retraction" if kind is ClarificationStatus.RETRACTED else "correction"
    values = {"note": note.strip(), "content": page.proposed}
    about: dict[str, Any] = {"before": read_public(page), "hands": previous_authors(page)}
    proposals.propose(act, page_subject(page), values, by=officer, now=now, **about)


def read_public(page: Clarification) -> dict[str, Any]:
    """Return what residents read of a page, as its proposals remember it."""
    return {"title": page.title, "status": page.status.value, "revisions": len(page.revisions)}


def _show_change(row: Proposal) -> Shown:
    """Put a proposed correction or retraction in words."""
    page = page_of(row)
    after = (row.values.get("content") or {}).get("title") or _("Halaman ditarik")
    lines = ((_("Warga membaca"), page.title, after), (_("Yang berubah dan mengapa"), "–", row.values["note"]))
    return Shown(page.title, "", lines, ("clarify.page", {"clarification_id": page.id}))


def _clear_proposal(page: Clarification) -> tuple[str, int]:
    """Clear the proposal and return its note and author."""
    note, author_id = page.proposed_note or "", page.proposed_by_id
    if author_id is None:
        raise NotAllowedError("a proposal without a person")
    page.proposed = page.proposed_kind = page.proposed_note = page.proposed_by_id = page.proposed_at = None
    return note, author_id


def _require_unproposed(page: Clarification) -> None:
    """Raise InvalidInputError unless the page is public without a pending change."""
    require_status(page, *PUBLIC_STATUSES)
    if page.emergency_until is not None:
        message = _("Halaman darurat ini menunggu orang kedua. Tarik usulannya, atau tunggu konfirmasinya.")
        raise InvalidInputError("not confirmed yet", user_message=message)
    if page.proposed_kind is not None:
        message = _("Masih ada usulan perubahan yang menunggu persetujuan.")
        raise InvalidInputError("already proposed", user_message=message)


def _require_proposed(page: Clarification) -> None:
    """Raise InvalidInputError unless the page is public with a pending change."""
    require_status(page, *PUBLIC_STATUSES)
    if page.proposed_kind is None:
        raise InvalidInputError("nothing proposed", user_message=_("Tidak ada usulan yang menunggu."))


for _name, _label, _apply in (
    ("correction", _l("Koreksi"), _apply_correction),
    ("retraction", _l("Penarikan"), _apply_retraction),
):
    register_act(
        Act(
            _name,
            _label,
            ActClass.PUBLIC,
            apply=_apply,
            show=_show_change,
            read_current=lambda row: read_public(page_of(row)),
            is_impartial=lambda row, person: is_impartial(page_of(row), person),
            undo=_drop_change,
            is_read_at_its_page=True,
        )
    )
