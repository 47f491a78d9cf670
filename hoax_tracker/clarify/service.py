"""A clarification from draft to published page. Each step is one transaction with an audit event.

1. An officer drafts it from a claim, with everything known filled in. Only the author edits it. Where the author left,
   another officer takes it over (diff.py).
2. The author submits it once the checklist is met.
3. Another, independent person approves it, which publishes it and answers the claims, or returns it with a reason.
4. Only where lives are in danger an approver publishes alone: the page says so, and goes unless confirmed in a day.

Changes of a public page: corrections.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask_babel import force_locale, gettext as _, lazy_gettext as _l

from hoax_tracker.authority import proposals
from hoax_tracker.authority.acts import Act, ActClass, Shown, register_act
from hoax_tracker.claims.public_words.judged_claims import end_judgement_by, judge_claims, list_with_merged
from hoax_tracker.clarify import answered_claims, prefill
from hoax_tracker.clarify.checklist import require_complete, unmet_items
from hoax_tracker.clarify.content import (
    ClarificationContent,
    changed_fields,
    clarification_content,
    overlong_fields,
    storage_faults,
)
from hoax_tracker.clarify.diff import transfer_authorship
from hoax_tracker.clarify.publication import (
    TAKEN_OVER_ACTION,
    add_revision,
    is_impartial,
    make_public,
    page_of,
    page_subject,
    previous_authors,
    require_page_proposal,
)
from hoax_tracker.core.audit import audit_log
from hoax_tracker.core.audit.audit_log import AuditAct, register_acts
from hoax_tracker.core.audit.tracked_edits import edit_conflict
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.errors import EditConflictError, FieldFaultsError, InvalidInputError, NotAllowedError, NotFoundError
from hoax_tracker.models import (
    URGENT_TOPICS,
    Clarification,
    ClarificationStatus,
    Notice,
    NoticeKind,
    Officer,
    Proposal,
    ProposalHand,
    ProposalOutcome,
    RoleName,
    Unit,
    WebhookEvent,
    clarification_claim,
    db,
)
from hoax_tracker.notifications import notices, webhooks
from hoax_tracker.organisation.channels.official_list import load_listed_channels
from hoax_tracker.organisation.units import find_root_unit

EMERGENCY_LASTS = timedelta(hours=24)
register_acts(
    AuditAct("clarification_drafted", _l("menyusun %(what)s"), _l("Menyusun rancangan")),
    AuditAct("clarification_edited", _l("menyunting %(what)s"), _l("Menyunting rancangan")),
    AuditAct(TAKEN_OVER_ACTION, _l("mengambil alih penulisan %(what)s"), _l("Mengambil alih tulisan")),
    AuditAct("clarification_submitted", _l("mengajukan %(what)s untuk disetujui"), _l("Mengajukan untuk disetujui")),
    AuditAct(
        "clarification_withdrawn", _l("menarik kembali %(what)s ke rancangan"), _l("Menarik kembali ke rancangan")
    ),
    AuditAct("clarification_returned", _l("mengembalikan %(what)s kepada penulis"), _l("Mengembalikan kepada penulis")),
    AuditAct("clarification_correction_proposed", _l("mengusulkan koreksi pada %(what)s"), _l("Mengusulkan koreksi")),
    AuditAct("clarification_retraction_proposed", _l("mengusulkan penarikan %(what)s"), _l("Mengusulkan penarikan")),
    AuditAct(
        "clarification_proposal_declined", _l("menolak usulan perubahan pada %(what)s"), _l("Menolak usulan perubahan")
    ),
    AuditAct(
        "clarification_emergency_confirmed",
        _l("mengonfirmasi %(what)s, yang terbit dalam keadaan darurat"),
        _l("Mengonfirmasi terbitan darurat"),
    ),
)
register_acts(
    AuditAct("clarification_published", _l("menyetujui dan menerbitkan %(what)s"), _l("Menyetujui dan menerbitkan")),
    AuditAct("clarification_corrected", _l("menyetujui koreksi pada %(what)s"), _l("Menyetujui koreksi")),
    AuditAct("clarification_retracted", _l("menarik %(what)s"), _l("Menyetujui penarikan")),
    AuditAct("clarification_confirmed", _l("menyatakan %(what)s masih benar"), _l("Menyatakan halaman masih benar")),
    group="terbit",
)


@contextmanager
def editing_clarification(clarification_id: int, version: int) -> Iterator[Clarification]:
    """Run a block that changes the clarification at ``version``. Raises EditConflictError for a stale version."""
    try:
        with write_transaction(), db.session.no_autoflush:
            page = db.session.get(Clarification, clarification_id)
            if page is None:
                raise NotFoundError(f"clarification {clarification_id}")
            if page.version != version:
                raise EditConflictError(f"clarification {clarification_id} is at {page.version}, the form at {version}")
            yield page
    except EditConflictError as error:
        raise edit_conflict(f"clarification:{clarification_id}", "clarification_") from error


def record_change(
    page: Clarification,
    action: str,
    officer: Officer | None,
    now: datetime,
    after: Sequence[audit_log.AuditEntry] | None = None,
    **detail: Any,
) -> None:
    """Raise the version, store the time, and add the audit event after those in ``after``."""
    page.version += 1
    page.changed_at = now
    if after is not None:
        detail["claims"] = [int(entry.subject.partition(":")[2]) for entry in after]
    acts = [*(after or ()), audit_log.AuditEntry(action, f"clarification:{page.id}", detail)]
    audit_log.record_events(acts, officer=officer, now=now)


def require_status(page: Clarification, *statuses: ClarificationStatus) -> None:
    """Raise InvalidInputError where the page has another status."""
    if page.status not in statuses:
        message = _("Langkah itu tidak cocok dengan keadaan sekarang: %(status)s.", status=page.status.label)
        raise InvalidInputError(f"clarification {page.id} is {page.status.value}", user_message=message)


def require_author(page: Clarification, officer: Officer) -> None:
    """Raise NotAllowedError for anybody but the author: with two authors it would be unclear who may approve."""
    if officer.id != page.author_id:
        message = _("Hanya penulisnya yang menyunting rancangan ini: %(name)s.", name=page.author.name)
        raise NotAllowedError("not the author", user_message=message)


def require_officer(officer: Officer) -> None:
    """Raise NotAllowedError unless the person has the role that drafts."""
    if not officer.is_a(RoleName.OFFICER):
        raise NotAllowedError("drafting needs the role officer")


def draft_from_claim(
    claim_id: int, version: int, *, earlier_id: int | None = None, officer: Officer, now: datetime
) -> int:
    """Draft a clarification from a claim, with everything known filled in, and return its id.

    The title stays empty for the author to state the fact. ``earlier_id``: a clarification of another claim of the same
    narrative, whose text is taken over with gaps in place of its old details (claims/earlier_answers.py). A departed
    author's unfinished page is handed over instead. Raises EditConflictError where somebody was first at the claim,
    InvalidInputError where the earlier clarification is none of that narrative.
    """
    require_officer(officer)
    with answered_claims.examining_claim(claim_id, version, officer, now) as (claim, unfinished):
        is_new = unfinished is None
        earlier = prefill.require_earlier_answer(claim, earlier_id) if earlier_id and is_new else None
        page = unfinished or answered_claims.prefill_draft(claim, officer, now, earlier=earlier)
        if unfinished is None:
            db.session.add(page)
            page.claims.append(claim)
            db.session.flush()
            if earlier is not None:
                prefill.store_basis(page, earlier, now)
            about = {"claim": claim.id} | ({"earlier": earlier.id} if earlier else {})
            begun = audit_log.AuditEntry("clarification_drafted", f"clarification:{page.id}", about)
        else:
            begun = transfer_authorship(page, officer)
        detail = {"reason": "", "status": claim.status.value}
        acts = [audit_log.AuditEntry("claim_clarify", f"claim:{claim.id}", detail), begun]
        audit_log.record_events(acts, officer=officer, now=now)
        return page.id


def take_over(clarification_id: int, version: int, *, officer: Officer, now: datetime) -> None:
    """Take over a departed author's draft, pending page or proposed change."""
    require_officer(officer)
    with editing_clarification(clarification_id, version) as page:
        audit_log.record_events([transfer_authorship(page, officer)], officer=officer, now=now)


def save_draft(
    clarification_id: int, version: int, content: ClarificationContent, *, officer: Officer, now: datetime
) -> int:
    """Store the author's text, complete or not, and return the new version."""
    with editing_clarification(clarification_id, version) as page:
        require_author(page, officer)
        require_status(page, ClarificationStatus.DRAFT)
        if faults := list_unstorable_fields(content):
            raise FieldFaultsError("a draft that no row can store", faults)
        names = changed_fields(clarification_content(page), content)
        content.write(page, now)
        record_change(page, "clarification_edited", officer, now, fields=names)
        return page.version


def submit_draft(clarification_id: int, version: int, *, officer: Officer, now: datetime) -> None:
    """Ask for approval. Raises InvalidInputError with all unmet lines of the checklist."""
    with editing_clarification(clarification_id, version) as page:
        require_author(page, officer)
        require_status(page, ClarificationStatus.DRAFT)
        require_complete(
            clarification_content(page),
            [claim.text for claim in page.claims],
            answered_claims.list_unanswered_units(page),
            prefill.find_withdrawn_address(page),
            channels=load_listed_channels(),
            first_seen=answered_claims.find_first_seen_day(page),
        )
        page.status = ClarificationStatus.AWAITING_APPROVAL
        page.submitted_at, page.returned_reason = now, None
        notices.mark_notices_seen(Notice.clarification_id == page.id, Notice.kind == NoticeKind.SENT_BACK, now=now)
        record_change(page, "clarification_submitted", officer, now)
        propose_publication(page, officer, now)


def propose_publication(page: Clarification, officer: Officer, now: datetime) -> None:
    """Let the page wait for a second person, in the current transaction; all who wrote in it are its authors."""
    values = {
        "title": page.title,
        "verdict": page.verdict.value if page.verdict else "",
        "claims": list_with_merged(claim.id for claim in page.claims),
    }
    hands = previous_authors(page) | {page.author_id}
    proposals.propose("clarification", page_subject(page), values, by=officer, now=now, hands=hands)


def withdraw_draft(clarification_id: int, version: int, *, officer: Officer, now: datetime) -> None:
    """Withdraw a submitted draft to edit it."""
    with editing_clarification(clarification_id, version) as page:
        require_author(page, officer)
        require_status(page, ClarificationStatus.AWAITING_APPROVAL)
        proposals.end_open(require_page_proposal(page), ProposalOutcome.WITHDRAWN, "", by=officer, now=now)


def return_draft(clarification_id: int, version: int, reason: str, *, officer: Officer, now: datetime) -> None:
    """Return a submitted draft to its author, with what is left to do."""
    with editing_clarification(clarification_id, version) as page:
        require_status(page, ClarificationStatus.AWAITING_APPROVAL)
        row = require_page_proposal(page)
        proposals.require_confirmer(row, officer, now)
        require_text(reason, _("Tulis apa yang masih perlu diperbaiki."))
        proposals.end_open(row, ProposalOutcome.REFUSED, reason, by=officer, now=now)


def _return_to_author(row: Proposal, officer: Officer | None, now: datetime) -> None:
    """Make a page whose proposal ended without a confirmation a draft again; one published in an emergency goes."""
    page = page_of(row)
    if page.emergency_until is not None:
        _withdraw_emergency(page, row, officer, now)
        return
    page.status, page.submitted_at = ClarificationStatus.DRAFT, None
    if row.outcome is ProposalOutcome.WITHDRAWN:
        record_change(page, "clarification_withdrawn", officer, now)
        return
    page.returned_reason = row.settled_reason
    record_change(page, "clarification_returned", officer, now, reason=row.settled_reason)
    notify_author(page, page.author, officer, now)


def notify_author(page: Clarification, author: Officer, officer: Officer | None, now: datetime) -> None:
    """Notify the author of the returned text, in the current transaction."""
    about = {"clarification_id": page.id, "text": page.returned_reason}
    notices.notify_officers([author], NoticeKind.SENT_BACK, now, but=officer, **about)


def approve_draft(clarification_id: int, version: int, reason: str, *, officer: Officer, now: datetime) -> None:
    """Publish a submitted draft exactly as the approver saw it, and answer its claims.

    A page that names a unit which answered no question is published in the name of PPID Utama, with a reason. Raises
    NotAllowedError where the officer may not confirm it, InvalidInputError where that reason is missing.
    """
    with editing_clarification(clarification_id, version) as page:
        if page.emergency_until is None:
            require_status(page, ClarificationStatus.AWAITING_APPROVAL)
        proposals.confirm_open(require_page_proposal(page), by=officer, now=now, reason=reason)


def _publish_confirmed(row: Proposal, officer: Officer | None, now: datetime) -> dict[str, Any]:
    """Publish the page that a second person confirmed, in the current transaction."""
    page, reason = page_of(row), row.settled_reason
    assert officer is not None  # noqa: S101 - a public act never takes effect without a second person
    if page.emergency_until is not None:
        return _confirm_emergency(page, officer, now)
    require_status(page, ClarificationStatus.AWAITING_APPROVAL)
    _require_publishable(page)
    page.approver_id, page.approval_reason, page.confirmation_id = officer.id, reason or None, row.id
    unheard = _replace_unheard_unit(page, reason)
    _publish_page(page, row, officer, now, {"reason": reason} | unheard)
    return {}


def _require_publishable(page: Clarification) -> None:
    """Raise InvalidInputError with all unmet lines of the checklist."""
    require_complete(
        clarification_content(page),
        [claim.text for claim in page.claims],
        answered_claims.list_unanswered_units(page),
        prefill.find_withdrawn_address(page),
        channels=load_listed_channels(),
        first_seen=answered_claims.find_first_seen_day(page),
    )


def _publish_page(page: Clarification, row: Proposal, officer: Officer, now: datetime, detail: dict[str, Any]) -> None:
    """Make the page public, answer its claims, and tell whoever subscribed, in the current transaction."""
    make_public(page, now)
    # What the approver read: neither what joined since, nor what left.
    judged = set(row.values["claims"]) & set(list_with_merged(claim.id for claim in page.claims))
    judge_claims(judged, page.id, row)
    answered = answered_claims.answer_claims(page, officer, now)
    record_change(page, "clarification_published", officer, now, answered, number=page.number, **detail)
    webhooks.enqueue_clarification_event(WebhookEvent.PUBLISHED, page, "", now)


def may_publish_in_emergency(page: Clarification, officer: Officer) -> bool:
    """Tell whether the officer may publish the page before a second person saw it: danger to life, and only then."""
    return (
        page.status is ClarificationStatus.AWAITING_APPROVAL
        and page.topic in URGENT_TOPICS
        and officer.is_a(RoleName.APPROVER)
        and is_impartial(page, officer)
        and not _had_unconfirmed_emergency(page, officer)
    )


def _had_unconfirmed_emergency(page: Clarification, officer: Officer) -> bool:
    """Tell whether nobody confirmed an earlier emergency of the page's claims, or one of the officer's.

    Otherwise one person would publish the same page anew each day.
    """
    earlier = sa.select(clarification_claim.c.clarification_id).where(
        clarification_claim.c.claim_id.in_(list_with_merged(claim.id for claim in page.claims))
    )
    pages = db.session.scalars(earlier).all()
    theirs = sa.and_(
        Proposal.outcome != ProposalOutcome.OPEN, Proposal.hands.any(ProposalHand.officer_id == officer.id)
    )
    query = sa.select(Proposal.id).where(
        Proposal.act == "clarification",
        Proposal.stands_until.is_not(None),
        Proposal.outcome != ProposalOutcome.CONFIRMED,
        sa.or_(theirs, Proposal.subject.in_([f"clarification:{key}" for key in pages])),
    )
    return db.session.scalar(query.limit(1)) is not None


def publish_in_emergency(clarification_id: int, version: int, reason: str, *, officer: Officer, now: datetime) -> None:
    """Publish a submitted page alone: marked so, told to everybody, and withdrawn unless confirmed within 24 hours.

    Raises NotAllowedError for another topic or without the role, InvalidInputError without a reason.
    """
    with editing_clarification(clarification_id, version) as page:
        if not may_publish_in_emergency(page, officer):
            message = _(
                "Menerbitkan sendirian hanya untuk bencana dan kesehatan, hanya oleh penyetuju, dan tidak lagi sesudah "
                "terbitan darurat yang tidak dikonfirmasi."
            )
            raise NotAllowedError("no emergency", user_message=message)
        require_text(reason, _("Tulis mengapa ini tidak dapat menunggu orang kedua. Semua penyetuju membacanya."))
        _require_publishable(page)
        row = require_page_proposal(page)
        proposals.let_stand(row, now + EMERGENCY_LASTS, by=officer, reason=reason, now=now)
        page.emergency_until, page.confirmation_id = row.stands_until, row.id
        _publish_page(page, row, officer, now, {"reason": reason.strip(), "emergency": True})


def _confirm_emergency(page: Clarification, officer: Officer, now: datetime) -> dict[str, Any]:
    """Let a page that one person published in an emergency stand, in the current transaction."""
    page.approver_id, page.emergency_until = officer.id, None
    for revision in page.revisions:
        revision.approver_id = revision.approver_id or officer.id
    record_change(page, "clarification_emergency_confirmed", officer, now)
    return {}


def _withdraw_emergency(page: Clarification, row: Proposal, officer: Officer | None, now: datetime) -> None:
    """Withdraw a page that one person published in an emergency and nobody confirmed, in the current transaction."""
    with force_locale("id"):
        note = row.settled_reason or _("Diterbitkan dalam keadaan darurat dan tidak dikonfirmasi orang kedua.")
    page.status, page.emergency_until = ClarificationStatus.RETRACTED, None
    add_revision(page, note, page.author_id, None, now)
    end_judgement_by(page.id, now)
    reopened = answered_claims.reopen_claims(page, note, page.author, now)
    record_change(page, "clarification_retracted", officer, now, reopened, note=note)
    webhooks.enqueue_clarification_event(WebhookEvent.WITHDRAWN, page, note, now)


def withdraw_unconfirmed_pages(now: datetime) -> int:
    """Withdraw the pages that were published in an emergency and not confirmed in time; return how many."""
    return proposals.end_what_stood(now)


def _replace_unheard_unit(page: Clarification, reason: str) -> dict[str, Any]:
    """Replace a named unit that answered no question by PPID Utama; return the audit detail.

    Raises InvalidInputError without a reason.
    """
    source, root = answered_claims.find_named_unit(page, page.unit_id), find_root_unit()
    if source is None or source.has_answered or root is None:
        return {}
    message = _(
        "%(unit)s belum menjawab pertanyaan tentang klaim ini. Tulis mengapa halaman terbit tanpa jawabannya, atau "
        "kembalikan kepada penulis supaya ditanyakan dulu.",
        unit=source.name,
    )
    require_text(reason, message)
    unheard = page.unit.code
    page.unit_id = root.id
    return {"unheard": unheard}


def list_unstorable_fields(content: ClarificationContent) -> list[tuple[str, str]]:
    """Return (field, message) of all that even a draft cannot store."""
    return storage_faults(content) + _unknown_unit_faults(content)


def list_incomplete_fields(page: Clarification, content: ClarificationContent) -> list[tuple[str, str]]:
    """Return (field, message) of all that this content lacks before it may be submitted.

    A field over its limit is not read: it cannot be stored, and is told that first.
    """
    claims, unanswered = [claim.text for claim in page.claims], answered_claims.list_unanswered_units(page)
    unread = overlong_fields(content)
    if unread:
        unread.append("wordings")  # they are compared with the quote, title and summary
    emptied: dict[str, Any] = {field: () if field == "wordings" else "" for field in unread}
    withdrawn = prefill.find_withdrawn_address(page)
    seen: dict[str, Any] = {
        "channels": load_listed_channels(),
        "first_seen": answered_claims.find_first_seen_day(page),
    }
    unmet = unmet_items(replace(content, **emptied), claims, unanswered, withdrawn, **seen)
    return [(check.field, check.todo) for check in unmet if check.field not in unread]


def _unknown_unit_faults(content: ClarificationContent) -> list[tuple[str, str]]:
    """Return (field, message) of units that do not exist."""
    units = {"unit_id": content.unit_id, "accused_unit_id": content.accused_unit_id}
    message = _("Pilih perangkat daerah dari daftar.")
    return [(field, message) for field, key in units.items() if key is not None and db.session.get(Unit, key) is None]


def require_text(text: str, message: str, field: str = "reason") -> None:
    """Raise InvalidInputError where a reason or note is empty."""
    if not text.strip():
        raise InvalidInputError("no reason given", user_message=message, field=field)


def show_page(row: Proposal) -> Shown:
    """Put a proposed publication in words."""
    page = page_of(row)
    verdict = str(page.verdict.label) if page.verdict else ""
    now_read = _("Terbit sendirian, belum dikonfirmasi") if page.emergency_until else _("Sedang diperiksa")
    return Shown(
        page.title,
        _("%(count)s kabar dianggap sama dan dijawab halaman ini.", count=len(row.values.get("claims", ()))),
        ((_("Warga membaca"), now_read, page.title), (_("Yang beredar"), "–", verdict)),
        ("clarify.page", {"clarification_id": page.id}),
    )


register_act(
    Act(
        "clarification",
        _l("Halaman"),
        ActClass.PUBLIC,
        apply=_publish_confirmed,
        show=show_page,
        is_impartial=lambda row, person: is_impartial(page_of(row), person),
        undo=_return_to_author,
        is_read_at_its_page=True,
    )
)
