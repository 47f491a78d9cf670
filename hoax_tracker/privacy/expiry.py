"""Expiry rules, and the guard of the purge: rows that are overdue in bulk are deleted only on purpose.

A purge runs every day, so nearly nothing should remain that the same rules would have deleted a week ago. Where much
remains, the machine's clock jumped ahead, the program was off for weeks, a backup was restored or a retention was
shortened. The program cannot tell these apart: the worker deletes nothing, and an administrator checks the clock.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import NamedTuple

import sqlalchemy as sa

from hoax_tracker.core.config.settings import Settings
from hoax_tracker.errors import PurgeRefusedError
from hoax_tracker.models import (
    WAITING_STATUSES,
    Base,
    CheckQuery,
    Claim,
    ClaimAppearance,
    ClaimStatus,
    Decision,
    Evidence,
    EvidenceCopy,
    Item,
    ObjectionStatement,
    OutgoingMail,
    Report,
    ReportAddition,
    ReportPicture,
    Source,
    SourceKind,
    db,
)

TicketTable = type[Report] | type[ObjectionStatement]
TICKET_TABLES: tuple[TicketTable, ...] = (Report, ObjectionStatement)
"""What residents sent with a contact."""
OVERDUE_AFTER = timedelta(days=7)
OVERDUE_SHARE = 0.1
"""Of what may be deleted one day. With 90 days of even arrivals that is a clock sixteen days ahead."""


class ExpiryRule(NamedTuple):
    """The retention of one kind of row; ``older_than`` returns the condition for rows older than a time."""

    name: str
    table: type[Base]
    kept: timedelta
    older_than: Callable[[datetime], sa.ColumnElement[bool]]


class OverdueRows(NamedTuple):
    """The number of rows overdue for at least a week, and of all rows that the rule would delete today."""

    name: str
    overdue: int
    total: int


def require_no_bulk_purge(settings: Settings, now: datetime) -> None:
    """Raise PurgeRefusedError where a purge would delete many rows that have long been overdue."""
    if overdue := list(find_bulk_overdue(settings, now)):
        rows = ", ".join(f"{part.overdue} of {part.total} {part.name}" for part in overdue)
        raise PurgeRefusedError(
            f"nothing was deleted: {rows} have been past their time for more than {OVERDUE_AFTER.days} days. This "
            f"machine's clock says {now:%Y-%m-%d %H:%M} UTC. If it is right: hoax-tracker purge --overdue"
        )


def find_bulk_overdue(settings: Settings, now: datetime) -> Iterator[OverdueRows]:
    """Yield the kinds of rows of which many are overdue. All are counted only where any is overdue."""
    rules = _expiry_rules(settings)
    counts = db.session.execute(
        sa.select(*(_count_query(rule, now - rule.kept - OVERDUE_AFTER) for rule in rules))
    ).one()
    for rule, overdue in zip(rules, counts, strict=True):
        total = db.session.scalar(sa.select(_count_query(rule, now))) if overdue else 0
        if total and overdue > OVERDUE_SHARE * total:
            yield OverdueRows(rule.name, overdue, total)


def _count_query(rule: ExpiryRule, moment: datetime) -> sa.ScalarSelect[int]:
    """Return the query that counts what the rule would delete if it deleted rows older than a moment."""
    return sa.select(sa.func.count()).select_from(rule.table).where(rule.older_than(moment)).scalar_subquery()


def _expiry_rules(settings: Settings) -> tuple[ExpiryRule, ...]:
    """Return the rules for all data kept for weeks; docs/privacy.md gives the reasons for each retention."""
    contacts, items, questions = settings.contact_retention, settings.unflagged_retention, settings.query_retention
    return (
        ExpiryRule("contacts", Report, contacts, partial(has_contact_before, Report)),
        ExpiryRule("objections", ObjectionStatement, contacts, partial(has_contact_before, ObjectionStatement)),
        ExpiryRule("items", Item, items, is_free_item_before),
        ExpiryRule("letters", OutgoingMail, contacts, lambda moment: OutgoingMail.posted_at < moment),
        ExpiryRule("pictures", ReportPicture, contacts, is_settled_picture_before),
        ExpiryRule("evidence", EvidenceCopy, contacts, is_settled_copy_before),
        ExpiryRule("queries", CheckQuery, questions, lambda moment: CheckQuery.day < moment.date()),
    )


def has_contact_before(table: TicketTable, moment: datetime) -> sa.ColumnElement[bool]:
    """Return the condition that a report or an objection came before a time and its contact is kept."""
    return sa.and_(table.contact_encrypted.is_not(None), table.received_at < moment)


def is_free_item_before(moment: datetime) -> sa.ColumnElement[bool]:
    """Return the condition that an item was fetched before a time and belongs to no claim.

    Reviews by other fact-checkers stay: a hoax comes back after years.
    """
    in_claim = sa.select(ClaimAppearance.item_id).where(ClaimAppearance.item_id == Item.id).exists()
    reviews = sa.select(Source.id).where(Source.kind == SourceKind.CLAIM_REVIEW)
    return sa.and_(Item.fetched_at < moment, Item.source_id.not_in(reviews), ~in_claim)


def is_settled_picture_before(moment: datetime) -> sa.ColumnElement[bool]:
    """Return the condition that a screenshot came before a time and its claim is settled.

    A claim is settled where it neither waits nor was decided since.
    """
    added_to = (
        sa.select(ReportAddition.report_id).where(ReportAddition.id == ReportPicture.addition_id).scalar_subquery()
    )
    waits = (
        sa.select(Claim.id)
        .join(ClaimAppearance, ClaimAppearance.claim_id == Claim.id)
        .where(ClaimAppearance.report_id == sa.func.coalesce(ReportPicture.report_id, added_to))
        .where(sa.or_(Claim.status.in_(WAITING_STATUSES), _is_decided_since(moment)))
        .exists()
    )
    return sa.and_(ReportPicture.added_at < moment, ~waits)


def is_settled_copy_before(moment: datetime) -> sa.ColumnElement[bool]:
    """Return the condition that a copy is older than a time and that its claim was dismissed before then."""
    closed = (
        sa.select(Evidence.id)
        .join(Claim, Claim.id == Evidence.claim_id)
        .where(Evidence.id == EvidenceCopy.evidence_id, Claim.status == ClaimStatus.DISMISSED)
        .where(~_is_decided_since(moment))
        .exists()
    )
    return sa.and_(EvidenceCopy.sealed.is_not(None), EvidenceCopy.kept_at < moment, closed)


def _is_decided_since(moment: datetime) -> sa.ColumnElement[bool]:
    """Return the condition that a claim was decided since a time.

    An officer who undoes that decision must find the data that the claim held.
    """
    return sa.exists().where(Decision.claim_id == Claim.id, Decision.decided_at >= moment)
