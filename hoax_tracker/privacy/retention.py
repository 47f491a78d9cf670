"""What is kept too long is deleted. docs/privacy.md lists what is kept where, why and how long.

Contacts of reporters and their letters, screenshots, evidence of claims closed without an answer, which reports came
from one connection, items that were never flagged, what the public asked.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from hoax_tracker.core.audit import audit_log
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.database.transactions import Turn, take_turn, write_transaction
from hoax_tracker.core.rate_limiting.limiter import purge_counters
from hoax_tracker.models import (
    WAITING_STATUSES,
    Base,
    CheckQuery,
    Claim,
    ClaimAppearance,
    ClaimStatus,
    Decision,
    Demand,
    Evidence,
    EvidenceCopy,
    ForgottenEntry,
    Item,
    OutgoingMail,
    PostsFile,
    Report,
    ReportPicture,
    Source,
    UtcDateTime,
    db,
)
from hoax_tracker.privacy.secure_delete import forget_deleted

# A form that was begun is sent within the day, or never.
UNSENT_PICTURE_RETENTION = timedelta(days=1)
# A feed that did not list an entry for so long will not list it again.
FORGOTTEN_ENTRY_RETENTION = timedelta(days=30)
POSTS_FILE_RETENTION = timedelta(days=1)
SENDER_DIGEST_RETENTION = timedelta(days=14)


def purge_expired_data(settings: Settings, now: datetime) -> dict[str, int]:
    """Delete everything past its time in one transaction; return how many of each. The audit log keeps the counts."""
    with write_transaction(
        Turn.FLAG
    ):  # nothing is given to a claim, or tied to a first copy, while it is being deleted
        take_turn(Turn.STORE)
        counts = {
            "contacts": purge_contacts(settings, now),
            "items": purge_items(settings, now),
            "letters": purge_letters(settings, now),
            "pictures": purge_pictures(settings, now),
            "senders": purge_sender_digests(now),
            "evidence": purge_evidence(settings, now),
            "files": execute_and_count(sa.delete(PostsFile).where(PostsFile.added_at < now - POSTS_FILE_RETENTION)),
            "queries": execute_and_count(
                sa.delete(CheckQuery).where(CheckQuery.day < (now - settings.query_retention).date())
            ),
        }
        counts["demand"] = purge_question_groups()
        purge_counters(now)
        if any(counts.values()):
            audit_log.record_event("purged", "retention", officer=None, now=now, detail=counts)
    forget_deleted()
    return counts


def purge_contacts(settings: Settings, now: datetime) -> int:
    """Forget the contacts of reports received too long ago, and the tickets kept for writing; the reports stay."""
    return execute_and_count(
        sa.update(Report)
        .where(Report.contact_encrypted.is_not(None), Report.received_at < now - settings.contact_retention)
        .values(contact_encrypted=None, ticket_encrypted=None, contact_purged_at=now)
    )


def purge_letters(settings: Settings, now: datetime) -> int:
    """Delete letters as old as a contact may be, sent or not: what they say has been overtaken."""
    return execute_and_count(sa.delete(OutgoingMail).where(OutgoingMail.posted_at < now - settings.contact_retention))


def purge_pictures(settings: Settings, now: datetime) -> int:
    """Delete screenshots that came too long ago, unless the claim waits or did so lately; and those never sent."""
    waits = (
        sa.select(Claim.id)
        .join(ClaimAppearance, ClaimAppearance.claim_id == Claim.id)
        .where(ClaimAppearance.report_id == ReportPicture.report_id)
        .where(sa.or_(Claim.status.in_(WAITING_STATUSES), is_decided_since(now - settings.contact_retention)))
        .exists()
    )
    old = sa.and_(ReportPicture.added_at < now - settings.contact_retention, ~waits)
    unsent = sa.and_(ReportPicture.report_id.is_(None), ReportPicture.added_at < now - UNSENT_PICTURE_RETENTION)
    return execute_and_count(sa.delete(ReportPicture).where(sa.or_(old, unsent)))


def purge_evidence(settings: Settings, now: datetime) -> int:
    """Delete files and copies of pages of claims that were closed without an answer; what they were stays noted."""
    closed = (
        sa.select(Evidence.id)
        .join(Claim, Claim.id == Evidence.claim_id)
        .where(Evidence.id == EvidenceCopy.evidence_id, Claim.status == ClaimStatus.DISMISSED)
        .where(~is_decided_since(now - settings.contact_retention))
        .exists()
    )
    old = sa.and_(EvidenceCopy.sealed.is_not(None), EvidenceCopy.kept_at < now - settings.contact_retention)
    return execute_and_count(sa.update(EvidenceCopy).where(old, closed).values(sealed=None, next_look_at=None))


def is_decided_since(moment: datetime) -> sa.ColumnElement[bool]:
    """Return the condition that a claim was decided on since: who takes that back finds what the claim held."""
    return sa.exists().where(Decision.claim_id == Claim.id, Decision.decided_at >= moment)


def purge_sender_digests(now: datetime) -> int:
    """Forget which reports came from the same connection."""
    old = sa.and_(Report.sender_digest.is_not(None), Report.received_at < now - SENDER_DIGEST_RETENTION)
    return execute_and_count(sa.update(Report).where(old).values(sender_digest=None))


def purge_items(settings: Settings, now: datetime) -> int:
    """Delete old items that no claim holds (their assessments go with them).

    Of what a source may still list a digest stays behind, so that its next reading does not bring it back.
    """
    held = sa.select(ClaimAppearance.item_id).where(ClaimAppearance.item_id == Item.id).exists()
    old = sa.and_(Item.fetched_at < now - settings.unflagged_retention, ~held)
    remember_deleted_entries(old, now)
    promote_oldest_copies(old)
    execute_and_count(sa.delete(ForgottenEntry).where(ForgottenEntry.seen_at < now - FORGOTTEN_ENTRY_RETENTION))
    return execute_and_count(sa.delete(Item).where(old))


def promote_oldest_copies(old: sa.ColumnElement[bool]) -> None:
    """Let the oldest copy that is left be the first, where the first one goes: later near-copies are tied to it."""
    copy = aliased(Item, name="copy_left")
    going = sa.select(Item.id).where(old).correlate(None)
    heirs = sa.select(Item.id, sa.func.min(copy.id)).join(copy, copy.copy_of_id == Item.id)
    left = heirs.where(old, copy.id.not_in(going)).group_by(Item.id)
    pairs = [{"gone": gone, "heir": heir} for gone, heir in db.session.execute(left)]
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


def remember_deleted_entries(old: sa.ColumnElement[bool], now: datetime) -> None:
    """Keep the digests of entries that are deleted, where a source that is read may list them."""
    same = sa.and_(ForgottenEntry.source_id == Item.source_id, ForgottenEntry.entry_key == Item.entry_key)
    # What was deleted before may have been stored once more in other words: those count now.
    execute_and_count(sa.delete(ForgottenEntry).where(sa.select(Item.id).where(old, same).exists()))
    read = sa.select(Source.id).where(Source.url.is_not(None))
    left = sa.select(Item.source_id, Item.entry_key, Item.content_key, sa.literal(now, UtcDateTime())).where(
        old, Item.source_id.in_(read)
    )
    names = ["source_id", "entry_key", "content_key", "seen_at"]
    db.session.execute(sa.insert(ForgottenEntry).from_select(names, left))


def purge_question_groups() -> int:
    """Delete groups of questions of which no question is left: their words are as old."""
    asked = sa.select(CheckQuery.id).where(CheckQuery.demand_id == Demand.id).exists()
    return execute_and_count(sa.delete(Demand).where(~asked))


def execute_and_count(statement: sa.Delete | sa.Update) -> int:
    """Run a statement and return how many rows it touched."""
    result = db.session.execute(statement.execution_options(synchronize_session=False))
    return int(result.rowcount)  # type: ignore[attr-defined]
