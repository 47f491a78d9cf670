"""Retention: data past its time is deleted. docs/privacy.md lists what is stored where, why and for how long.

Deleted are reporters' contacts and their mail, screenshots, evidence of claims closed without an answer, digests of
connections, conversations in chat programs, unflagged items, residents' questions, and subscriptions that nobody
confirmed. Deleted data leaves the database files too. A reporter's own erasure: check/reports/erasure.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import NamedTuple

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import aliased

from hoax_tracker.core.audit import audit_log
from hoax_tracker.core.audit.audit_log import AuditAct, register_acts
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.database.transactions import BUSY_TIMEOUT_MS, Turn, take_turn, write_transaction
from hoax_tracker.core.rate_limiting import purge_counters
from hoax_tracker.desk_search import index_tables
from hoax_tracker.errors import PurgeRefusedError
from hoax_tracker.models import (
    WAITING_STATUSES,
    AskedTogether,
    Base,
    Chat,
    ChatAnswer,
    ChatMessage,
    ChatReply,
    CheckQuery,
    Claim,
    ClaimAppearance,
    ClaimStatus,
    Decision,
    Demand,
    Evidence,
    EvidenceCopy,
    ForgottenEntry,
    Invitation,
    Item,
    ObjectionStatement,
    OfficerSession,
    OutgoingMail,
    PasswordLink,
    PostsFile,
    Report,
    ReportAddition,
    ReportPicture,
    SignInBrake,
    Source,
    SourceKind,
    Subscription,
    UtcDateTime,
    WebhookDelivery,
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


def _require_no_bulk_purge(settings: Settings, now: datetime) -> None:
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
        ExpiryRule("contacts", Report, contacts, partial(_has_contact_before, Report)),
        ExpiryRule("objections", ObjectionStatement, contacts, partial(_has_contact_before, ObjectionStatement)),
        ExpiryRule("items", Item, items, _is_free_item_before),
        ExpiryRule("letters", OutgoingMail, contacts, lambda moment: OutgoingMail.posted_at < moment),
        ExpiryRule("pictures", ReportPicture, contacts, _is_settled_picture_before),
        ExpiryRule("evidence", EvidenceCopy, contacts, _is_settled_copy_before),
        ExpiryRule("queries", CheckQuery, questions, lambda moment: CheckQuery.day < moment.date()),
    )


def _has_contact_before(table: TicketTable, moment: datetime) -> sa.ColumnElement[bool]:
    """Return the condition that a report or an objection came before a time and its contact is kept."""
    return sa.and_(table.contact_encrypted.is_not(None), table.received_at < moment)


def _is_free_item_before(moment: datetime) -> sa.ColumnElement[bool]:
    """Return the condition that an item was fetched before a time and belongs to no claim.

    Reviews by other fact-checkers stay: a hoax comes back after years.
    """
    in_claim = sa.select(ClaimAppearance.item_id).where(ClaimAppearance.item_id == Item.id).exists()
    reviews = sa.select(Source.id).where(Source.kind == SourceKind.CLAIM_REVIEW)
    return sa.and_(Item.fetched_at < moment, Item.source_id.not_in(reviews), ~in_claim)


def _is_settled_picture_before(moment: datetime) -> sa.ColumnElement[bool]:
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


def _is_settled_copy_before(moment: datetime) -> sa.ColumnElement[bool]:
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


_PATIENCE_MS = 200


def forget_deleted() -> None:
    """Remove deleted data from the files, as far as no reader holds them at this moment.

    SQLite overwrites it in the database (``secure_delete``) and keeps old pages in its log until a checkpoint.
    PostgreSQL removes old rows when it vacuums.
    """
    if db.engine.dialect.name != "sqlite":
        return
    db.session.rollback()
    if index_tables.SQLITE_KEEPS_DELETED:
        with db.engine.begin() as connection:
            index_tables.optimize_indexes(connection)
    with db.engine.connect() as connection:
        cursor = connection.connection.cursor()
        try:
            cursor.execute(f"PRAGMA busy_timeout={_PATIENCE_MS}")
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
            cursor.close()


# A form that was begun is sent within the day, or never.
UNSENT_PICTURE_RETENTION = timedelta(days=1)
# A feed that did not list an entry for so long will not list it again.
FORGOTTEN_ENTRY_RETENTION = timedelta(days=30)
POSTS_FILE_RETENTION = timedelta(days=1)
SENDER_DIGEST_RETENTION = timedelta(days=14)
# A session lasts half a day, a link three days at most: a day later nobody can use them or has to see them.
ENDED_SESSION_RETENTION = timedelta(days=1)
BRAKE_RETENTION = timedelta(days=2)
# An administrator may repeat an invitation that nobody took up in time.
EXPIRED_INVITATION_RETENTION = timedelta(days=30)

UNCONFIRMED_SUBSCRIPTION_RETENTION = timedelta(hours=72)
# Nobody asks for an event of a month ago; it holds no personal data.
WEBHOOK_RETENTION = timedelta(days=30)
CHAT_RETENTION = timedelta(days=29)
CHAT_MEMORY = timedelta(days=2)

register_acts(AuditAct("purged", _l("menghapus data yang lewat masanya"), actor=_l("Program")))


def purge_expired_data(settings: Settings, now: datetime, *, overdue: bool = False) -> dict[str, int]:
    """Delete everything past its time in one transaction; return the counts, which the audit log keeps.

    Raises PurgeRefusedError where much has been past its time for long, unless ``overdue`` is true.
    """
    with write_transaction(
        Turn.FLAG
    ):  # nothing is given to a claim, or tied to a first copy, while it is being deleted
        take_turn(Turn.STORE)
        if not overdue:
            _require_no_bulk_purge(settings, now)
        counts = {
            "contacts": _purge_contacts(settings, now),
            "items": _purge_items(settings, now),
            "letters": _purge_letters(settings, now),
            "pictures": _purge_pictures(settings, now),
            "senders": _purge_sender_digests(now),
            "evidence": _purge_evidence(settings, now),
            "files": _execute_and_count(sa.delete(PostsFile).where(PostsFile.added_at < now - POSTS_FILE_RETENTION)),
            "accounts": _purge_account_rows(now),
            "webhooks": _execute_and_count(
                sa.delete(WebhookDelivery).where(WebhookDelivery.posted_at < now - WEBHOOK_RETENTION)
            ),
            "subscriptions": _execute_and_count(
                sa.delete(Subscription).where(
                    Subscription.confirmed_at.is_(None),
                    Subscription.asked_at < now - UNCONFIRMED_SUBSCRIPTION_RETENTION,
                )
            ),
            "chats": _purge_chats(now),
            "queries": _execute_and_count(
                sa.delete(CheckQuery).where(CheckQuery.day < (now - settings.query_retention).date())
            ),
        }
        counts["queries"] += _execute_and_count(
            sa.delete(AskedTogether).where(AskedTogether.day < (now - settings.query_retention).date())
        )
        counts["demand"] = _purge_question_groups()
        purge_counters(now)
        if any(counts.values()):
            audit_log.record_event("purged", "retention", officer=None, now=now, detail=counts)
    forget_deleted()
    return counts


def _purge_contacts(settings: Settings, now: datetime) -> int:
    """Delete the contacts of reports and objections past their time, and the tickets kept for mail; the rest stays."""
    gone = {"contact_encrypted": None, "ticket_encrypted": None, "contact_purged_at": now}
    old = {table: _has_contact_before(table, now - settings.contact_retention) for table in TICKET_TABLES}
    return sum(_execute_and_count(sa.update(table).where(is_old).values(gone)) for table, is_old in old.items())


def _purge_letters(settings: Settings, now: datetime) -> int:
    """Delete mail older than a contact may be, sent or not."""
    return _execute_and_count(sa.delete(OutgoingMail).where(OutgoingMail.posted_at < now - settings.contact_retention))


def _purge_pictures(settings: Settings, now: datetime) -> int:
    """Delete old screenshots, unless the claim waits or did so lately; and those never submitted."""
    old = _is_settled_picture_before(now - settings.contact_retention)
    unsent = sa.and_(
        ReportPicture.report_id.is_(None),
        ReportPicture.addition_id.is_(None),
        ReportPicture.added_at < now - UNSENT_PICTURE_RETENTION,
    )
    return _execute_and_count(sa.delete(ReportPicture).where(sa.or_(old, unsent)))


def _purge_evidence(settings: Settings, now: datetime) -> int:
    """Delete files and snapshots of claims closed without an answer; their description stays."""
    old = _is_settled_copy_before(now - settings.contact_retention)
    return _execute_and_count(sa.update(EvidenceCopy).where(old).values(sealed=None, next_look_at=None))


def _purge_account_rows(now: datetime) -> int:
    """Delete sessions, links, invitations and brakes of the sign-in whose time is over."""
    over: tuple[tuple[type[Base], sa.ColumnElement[bool]], ...] = (
        (OfficerSession, OfficerSession.begun_at < now - ENDED_SESSION_RETENTION),
        (PasswordLink, PasswordLink.expires_at < now),
        (Invitation, Invitation.expires_at < now - EXPIRED_INVITATION_RETENTION),
        (SignInBrake, SignInBrake.last_at < now - BRAKE_RETENTION),
    )
    return sum(_execute_and_count(sa.delete(table).where(is_over)) for table, is_over in over)


def _purge_sender_digests(now: datetime) -> int:
    """Delete the digests that connect reports, or objections, from one connection."""
    count = 0
    for table in TICKET_TABLES:
        old = sa.and_(table.sender_digest.is_not(None), table.received_at < now - SENDER_DIGEST_RETENTION)
        count += _execute_and_count(sa.update(table).where(old).values(sender_digest=None))
    return count


def _purge_items(settings: Settings, now: datetime) -> int:
    """Delete old items that no claim holds, with their assessments.

    A digest of an entry that its source may still list stays, so that the next reading does not restore it.
    """
    old = _is_free_item_before(now - settings.unflagged_retention)
    _remember_deleted_entries(old, now)
    _promote_oldest_copies(old)
    _execute_and_count(sa.delete(ForgottenEntry).where(ForgottenEntry.seen_at < now - FORGOTTEN_ENTRY_RETENTION))
    return _execute_and_count(sa.delete(Item).where(old))


def _promote_oldest_copies(old: sa.ColumnElement[bool]) -> None:
    """Make the oldest remaining copy the first where the first one is deleted: later near-copies refer to it."""
    copy = aliased(Item, name="copy_left")
    going = sa.select(Item.id).where(old).correlate(None)
    heirs = sa.select(Item.id, sa.func.min(copy.id)).join(copy, copy.copy_of_id == Item.id)
    heirs_of_deleted = heirs.where(old, copy.id.not_in(going)).group_by(Item.id)
    pairs = [{"gone": gone, "heir": heir} for gone, heir in db.session.execute(heirs_of_deleted)]
    if not pairs:
        return
    gone: sa.BindParameter[int] = sa.bindparam("gone", type_=sa.Integer)
    heir: sa.BindParameter[int] = sa.bindparam("heir", type_=sa.Integer)
    items, bands = Base.metadata.tables["item"], Base.metadata.tables["item_band"]
    tied, own = items.c.copy_of_id == gone, bands.c.item_id == gone
    connection = db.session.connection()
    both = sa.delete(bands).where(bands.c.item_id == heir, bands.c.band.in_(sa.select(bands.c.band).where(own)))
    connection.execute(both, pairs)
    connection.execute(sa.update(bands).where(own).values(item_id=heir), pairs)
    others = sa.case((items.c.id == heir, sa.null()), else_=heir)
    connection.execute(sa.update(items).where(tied).values(copy_of_id=others), pairs)


def _remember_deleted_entries(old: sa.ColumnElement[bool], now: datetime) -> None:
    """Store digests of deleted entries that an active source may still list."""
    same = sa.and_(ForgottenEntry.source_id == Item.source_id, ForgottenEntry.entry_key == Item.entry_key)
    # What was deleted before may have been stored once more in other words: those count now.
    _execute_and_count(sa.delete(ForgottenEntry).where(sa.select(Item.id).where(old, same).exists()))
    read = sa.select(Source.id).where(Source.url.is_not(None))
    deleted_entries = sa.select(Item.source_id, Item.entry_key, Item.content_key, sa.literal(now, UtcDateTime())).where(
        old, Item.source_id.in_(read)
    )
    names = ["source_id", "entry_key", "content_key", "seen_at"]
    db.session.execute(sa.insert(ForgottenEntry).from_select(names, deleted_entries))


def _purge_chats(now: datetime) -> int:
    """Delete what was said in conversations, and conversations of which nothing is left to say.

    The purge runs daily: with CHAT_RETENTION nothing is older than thirty days at any time. What a conversation
    remembers may be two days older than its last message (tipline/conversation/state.py).
    """
    old = now - CHAT_RETENTION
    rules: tuple[tuple[type[Base], sa.ColumnElement[bool]], ...] = (
        (ChatMessage, ChatMessage.received_at < old),
        (ChatReply, ChatReply.posted_at < old),
        (ChatAnswer, ChatAnswer.answered_at < old),
        (Chat, Chat.last_message_at < old + CHAT_MEMORY),
    )
    return sum(_execute_and_count(sa.delete(table).where(is_old)) for table, is_old in rules)


def _purge_question_groups() -> int:
    """Delete groups without questions: their words are as old."""
    asked = sa.select(CheckQuery.id).where(CheckQuery.demand_id == Demand.id).exists()
    return _execute_and_count(sa.delete(Demand).where(~asked))


def _execute_and_count(statement: sa.Delete | sa.Update) -> int:
    """Run a statement and return how many rows it touched."""
    result = db.session.execute(statement.execution_options(synchronize_session=False))
    return int(result.rowcount)  # type: ignore[attr-defined]
