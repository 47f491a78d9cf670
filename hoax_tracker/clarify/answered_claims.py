"""The claims that a clarification answers: taken up when it is drafted, answered when it is published."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from hoax_tracker.claims import locks
from hoax_tracker.claims.recusal import WITH_ACCUSATIONS, first_accused_unit_id, kept_away_unit_ids, require_may_decide
from hoax_tracker.claims.unit_answers import counts_as_answer, outside_source_column
from hoax_tracker.clarify import prefill
from hoax_tracker.clarify.checklist import TEMPLATE_BLANK, NamedUnit, find_template_blanks
from hoax_tracker.clarify.diff import has_left
from hoax_tracker.clock import day_in_kupang
from hoax_tracker.core.audit import audit_log
from hoax_tracker.core.audit.tracked_edits import edit_conflict
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.errors import EditConflictError, InvalidInputError, NotFoundError
from hoax_tracker.models import (
    PUBLIC_STATUSES,
    UNFINISHED_STATUSES,
    WAITING_STATUSES,
    Claim,
    ClaimAppearance,
    ClaimStatus,
    Clarification,
    ClarificationStatus,
    Decision,
    DecisionKind,
    Item,
    Officer,
    Question,
    Report,
    Source,
    SourceKind,
    TextTemplate,
    Topic,
    Unit,
    clarification_claim,
    db,
    record_statement_changes,
)

QUOTE_LONGEST = 1_500


@contextmanager
def examining_claim(
    claim_id: int, version: int, officer: Officer, now: datetime
) -> Iterator[tuple[Claim, Clarification | None]]:
    """Run a block that takes up a waiting claim for clarification, with a departed author's unfinished page if any.

    Raises EditConflictError where somebody else was first.
    """
    try:
        with write_transaction(), db.session.no_autoflush:
            claim = db.session.get(Claim, claim_id, options=WITH_ACCUSATIONS)
            if claim is None:
                raise NotFoundError(f"claim {claim_id}")
            require_may_decide(claim, officer)
            locks.require_unlocked(officer, now, claim_id)
            if claim.version != version:
                raise EditConflictError(
                    f"claim {claim_id} is at version {claim.version}, the form was drawn from {version}"
                )
            unfinished_page = _require_undrafted_claim(claim)
            claim.status = ClaimStatus.INVESTIGATING
            claim.examined_since = claim.examined_since or now
            claim.version += 1
            row = {"officer_id": officer.id, "kind": DecisionKind.CLARIFY, "decided_at": now}
            db.session.add(Decision(claim_id=claim.id, **row))
            yield claim, unfinished_page
    except EditConflictError as error:
        raise edit_conflict(f"claim:{claim_id}", "claim_") from error


def _require_undrafted_claim(claim: Claim) -> Clarification | None:
    """Raise InvalidInputError for a closed claim and for one that somebody drafts already.

    Otherwise return the unfinished page of a departed author, if any.
    """
    if claim.status not in WAITING_STATUSES:
        raise InvalidInputError("closed claim", user_message=_("Klaim ini sudah selesai. Buka kembali dulu."))
    pages = _list_unfinished_clarifications(claim.id)
    drafted_page = next((page for page in pages if not has_left(page.author)), None)
    if drafted_page is not None:
        message = _("%(name)s sudah menyusun klarifikasi untuk klaim ini.", name=drafted_page.author.name)
        raise InvalidInputError("already drafted", user_message=message)
    return pages[0] if pages else None


def _list_unfinished_clarifications(claim_id: int) -> Sequence[Clarification]:
    """Return the claim's drafts and pages that await approval, oldest first."""
    query = (
        sa.select(Clarification)
        .join(clarification_claim, clarification_claim.c.clarification_id == Clarification.id)
        .where(clarification_claim.c.claim_id == claim_id, Clarification.status.in_(UNFINISHED_STATUSES))
    )
    return db.session.scalars(query.order_by(Clarification.id)).all()


def prefill_draft(
    claim: Claim, officer: Officer, now: datetime, *, earlier: Clarification | None = None
) -> Clarification:
    """Return a draft with everything known filled in; its title stays empty, for the author to state the fact.

    The findings hold the units' answers and the text of the topic's template, or in its place that of an earlier
    clarification.
    """
    template = None if earlier else _find_text_template(claim.topic)
    page = Clarification(
        findings=prefill.begin_findings(template.findings if template else "", prefill.list_asked_units([claim.id])),
        conclusion=template.conclusion if template else "",
        status=ClarificationStatus.DRAFT,
        topic=claim.topic,
        claim_quote=claim.text[:QUOTE_LONGEST],
        circulated_where=_where_claim_was_seen(claim.id),
        circulated_since=_first_seen_day([claim]),
        unit_id=claim.unit_id or officer.unit_id,
        accused_unit_id=first_accused_unit_id(claim),
        author_id=officer.id,
        created_at=now,
        changed_at=now,
    )
    if earlier is not None:
        prefill.fill_from_earlier(page, claim, earlier)
    return page


def unused_answers(page: Clarification, findings: str) -> list[str]:
    """Return the units' answers that arrived after the draft began and that its findings lack, one sentence each."""
    asked = prefill.list_asked_units([claim.id for claim in page.claims])
    return prefill.missing_answers(findings, asked, page.created_at)


def list_unanswered_units(page: Clarification) -> list[str]:
    """Return the short names of units that are waited for: asked about the page's claims, and not answered.

    An accused unit may answer, but its silence blocks nothing (``list_silent_units``).
    """
    return _split_asked_units(page)[0]


def list_silent_units(page: Clarification) -> list[str]:
    """Return the short names of accused units that were asked about the page's claims and have not answered."""
    return _split_asked_units(page)[1]


def _split_asked_units(page: Clarification) -> tuple[list[str], list[str]]:
    """Return the short names of units with open questions: those that are waited for, and those that are accused."""
    keys = [claim.id for claim in page.claims]
    query = (
        sa.select(Unit)
        .join(Question, Question.unit_id == Unit.id)
        .where(Question.claim_id.in_(keys), Question.closed_at.is_(None))
        .distinct()
        .order_by(Unit.short_name, Unit.id)
    )
    asked = db.session.scalars(query).all() if keys else []
    accused = kept_away_unit_ids(keys, {page.accused_unit_id}) if asked else ()
    waited = [unit.short_name for unit in asked if unit.id not in accused]
    return waited, [unit.short_name for unit in asked if unit.id in accused]


def find_named_unit(page: Clarification, unit_id: int) -> NamedUnit | None:
    """Return the unit named after «Menurut», and whether it answered a question about the page's claims.

    None for PPID Utama, which publishes the page and speaks for itself.
    """
    unit = db.session.get(Unit, unit_id)
    if unit is None or unit.is_root:
        return None
    asked = Question.claim_id.in_([claim.id for claim in page.claims]), Question.unit_id == unit.id
    query = sa.select(outside_source_column()).where(*asked, counts_as_answer()).order_by(Question.id)
    sources = db.session.scalars(query).all() if page.claims else []
    outside = "" if "" in sources else ", ".join(dict.fromkeys(sources))
    return NamedUnit(unit.short_name, bool(sources), outside)


def find_first_seen_day(page: Clarification) -> date | None:
    """Return the day on which one of the page's claims was first seen; None for a page without claims."""
    return _first_seen_day(page.claims) if page.claims else None


def _first_seen_day(claims: Sequence[Claim]) -> date:
    """Return the day on which one of the claims was first seen: a report counts like an item."""
    appeared = sa.select(sa.func.min(ClaimAppearance.seen_at)).where(
        ClaimAppearance.claim_id.in_([claim.id for claim in claims])
    )
    known = min(claim.first_seen_at for claim in claims)
    return day_in_kupang(min(db.session.scalar(appeared) or known, known))


def _find_text_template(topic: Topic) -> TextTemplate | None:
    """Return the template text for drafts on the topic, or the general one."""
    query = sa.select(TextTemplate).where(TextTemplate.topic.in_({topic, Topic.OTHER}))
    templates = {template.topic: template for template in db.session.scalars(query)}
    return templates.get(topic) or templates.get(Topic.OTHER)


def list_template_texts(page: Clarification) -> list[str]:
    """Return the texts with gaps that a draft about the page's claims begins with, before anybody answered.

    Those of all topics: the page's may be another one by now. A text without gaps is complete as it is, so that none is
    read for a page without.
    """
    if not find_template_blanks(f"{page.findings}\n{page.conclusion}", TEMPLATE_BLANK):
        return []
    asked = [replace(one, answer=None) for one in prefill.list_asked_units([claim.id for claim in page.claims])]
    texts: list[str] = []
    for row in db.session.scalars(sa.select(TextTemplate)):
        texts += [row.findings, prefill.begin_findings(row.findings, asked), row.conclusion]
    return [text for text in texts if find_template_blanks(text, TEMPLATE_BLANK)]


def _where_claim_was_seen(claim_id: int) -> str:
    """Return where the claim circulated most: places that residents named, and names of sources.

    Imported files are left out: the page is public, and a file name reveals our disk rather than where the claim
    circulated.
    """
    place = sa.func.coalesce(sa.case((Source.kind != SourceKind.FILE, Source.name)), Report.seen_where)
    query = (
        sa.select(place)
        .select_from(ClaimAppearance)
        .outerjoin(Item, Item.id == ClaimAppearance.item_id)
        .outerjoin(Source, Source.id == Item.source_id)
        .outerjoin(Report, Report.id == ClaimAppearance.report_id)
        .where(ClaimAppearance.claim_id == claim_id, place.is_not(None))
        .group_by(place)
        .order_by(sa.func.count().desc(), place)
        .limit(3)
    )
    return ", ".join(db.session.scalars(query))[:200]


def answer_claims(page: Clarification, officer: Officer, now: datetime) -> list[audit_log.AuditEntry]:
    """Close the claims that the published page answers; return the audit details."""
    waiting = [claim.id for claim in page.claims if claim.status is not ClaimStatus.CLARIFIED]
    _set_claims_status(waiting, ClaimStatus.CLARIFIED)
    return _add_decision_rows(
        waiting, DecisionKind.LINK, page.title, officer, now, status="clarified", clarification=page.id
    )


def reopen_claims(page: Clarification, reason: str, officer: Officer, now: datetime) -> list[audit_log.AuditEntry]:
    """Put claims back in the queue that no public page answers any more; return the audit details."""
    answered = _answered_elsewhere(page)
    unanswered = [
        claim.id for claim in page.claims if claim.status is ClaimStatus.CLARIFIED and claim.id not in answered
    ]
    _set_claims_status(unanswered, ClaimStatus.INVESTIGATING)
    return _add_decision_rows(
        unanswered, DecisionKind.REOPEN, reason, officer, now, status="investigating", clarification=page.id
    )


def _answered_elsewhere(page: Clarification) -> set[int]:
    """Return the ids of the page's claims that another public page answers as well."""
    links, mine = clarification_claim.c, sa.select(clarification_claim.c.claim_id)
    query = (
        sa.select(links.claim_id)
        .join(Clarification, Clarification.id == links.clarification_id)
        .where(Clarification.status.in_(PUBLIC_STATUSES), Clarification.id != page.id)
        .where(links.claim_id.in_(mine.where(links.clarification_id == page.id).correlate(None)))
    )
    return set(db.session.scalars(query))


def _set_claims_status(claim_ids: Sequence[int], status: ClaimStatus) -> None:
    """Set the status of all the claims with one statement, and raise their versions."""
    if claim_ids:
        query = sa.update(Claim).where(Claim.id.in_(claim_ids)).values(status=status, version=Claim.version + 1)
        db.session.execute(query)
        record_statement_changes(Claim, claim_ids)


def _add_decision_rows(
    claim_ids: Sequence[int], kind: DecisionKind, reason: str, officer: Officer, now: datetime, **detail: Any
) -> list[audit_log.AuditEntry]:
    """Add a decision row for each of the claims; return the audit details."""
    row = {"officer_id": officer.id, "kind": kind, "reason": reason, "decided_at": now}
    if claim_ids:
        db.session.execute(sa.insert(Decision), [row | {"claim_id": key} for key in claim_ids])
    return [
        audit_log.AuditEntry(f"claim_{kind.value}", f"claim:{key}", {"reason": reason} | detail) for key in claim_ids
    ]
