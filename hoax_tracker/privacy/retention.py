"""Retention: data past its time is deleted. docs/privacy.md lists what is stored where, why and for how long.

Deleted are reporters' contacts and their mail, screenshots, evidence of claims closed without an answer, digests of
connections, conversations in chat programs, unflagged items, residents' questions, and subscriptions that nobody
confirmed. A reporter's own erasure: check/reports/erasure.py.

Secure deletion: deleted data leaves the database files too.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import aliased

from hoax_tracker.core.audit import audit_log
from hoax_tracker.core.audit.acts import AuditAct, register_acts
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.database.transactions import BUSY_TIMEOUT_MS, Turn, take_turn, write_transaction
from hoax_tracker.core.rate_limiting import purge_counters
from hoax_tracker.desk_search import index_tables
from hoax_tracker.models import (
    AskedTogether,
    Base,
    Chat,
    ChatAnswer,
    ChatMessage,
    ChatReply,
    CheckQuery,
    Demand,
    EvidenceCopy,
    ForgottenEntry,
    Invitation,
    Item,
    OfficerSession,
    OutgoingMail,
    PasswordLink,
    PostsFile,
    ReportPicture,
    SignInBrake,
    Source,
    Subscription,
    UtcDateTime,
    WebhookDelivery,
    db,
)
from hoax_tracker.privacy.expiry import (
    TICKET_TABLES,
    has_contact_before,
    is_free_item_before,
    is_settled_copy_before,
    is_settled_picture_before,
    require_no_bulk_purge,
)

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

    Raises PurgeRefusedError where much has been past its time for long (expiry.py), unless ``overdue`` is true.
    """
    with write_transaction(
        Turn.FLAG
    ):  # nothing is given to a claim, or tied to a first copy, while it is being deleted
        take_turn(Turn.STORE)
        if not overdue:
            require_no_bulk_purge(settings, now)
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
    old = {table: has_contact_before(table, now - settings.contact_retention) for table in TICKET_TABLES}
    return sum(_execute_and_count(sa.update(table).where(is_old).values(gone)) for table, is_old in old.items())


def _purge_letters(settings: Settings, now: datetime) -> int:
    """Delete mail older than a contact may be, sent or not."""
    return _execute_and_count(sa.delete(OutgoingMail).where(OutgoingMail.posted_at < now - settings.contact_retention))


def _purge_pictures(settings: Settings, now: datetime) -> int:
    """Delete old screenshots, unless the claim waits or did so lately; and those never submitted."""
    old = is_settled_picture_before(now - settings.contact_retention)
    unsent = sa.and_(
        ReportPicture.report_id.is_(None),
        ReportPicture.addition_id.is_(None),
        ReportPicture.added_at < now - UNSENT_PICTURE_RETENTION,
    )
    return _execute_and_count(sa.delete(ReportPicture).where(sa.or_(old, unsent)))


def _purge_evidence(settings: Settings, now: datetime) -> int:
    """Delete files and snapshots of claims closed without an answer; their description stays."""
    old = is_settled_copy_before(now - settings.contact_retention)
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
    old = is_free_item_before(now - settings.unflagged_retention)
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
