"""Incoming data: sources, items, the model's assessments, citizens' reports, the public's questions."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Mapped, mapped_column, relationship

from hoax_tracker.models.base import (
    Base,
    JsonType,
    PageKey,
    SealedBytes,
    TicketHolder,
    UtcDateTime,
    confirmation_column,
    default_page_key,
    enum_column_type,
)
from hoax_tracker.models.enums import CheckDecision, SourceKind, Topic
from hoax_tracker.models.organisation import Unit


class Source(Base):
    """A source that is read on a schedule. A query on these rows finds the due ones.

    The query uses ``next_fetch_at`` and ``lease_until``. ``pace_minutes`` is the present wait between two readings:
    ``interval_minutes``, or longer where nothing new comes. ``moving_to`` is the address to which its server once said
    that it moved for good. ``paused_because`` describes why the program stopped reading it automatically. ``columns``
    (of a table of posts) names the column of each part of an entry. ``is_local`` means that it writes only about Kota
    Kupang, so that an entry that names no place is read as one about the city.
    """

    __tablename__ = "source"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(200), unique=True)
    url: Mapped[str | None] = mapped_column(sa.String(2000), unique=True)
    home_url: Mapped[str | None] = mapped_column(sa.String(2000))
    moving_to: Mapped[str | None] = mapped_column(sa.String(2000))
    kind: Mapped[SourceKind] = mapped_column(enum_column_type(SourceKind, "source_kind"), default=SourceKind.FEED)
    is_active: Mapped[bool] = mapped_column(default=True)
    is_local: Mapped[bool] = mapped_column(default=False)
    interval_minutes: Mapped[int] = mapped_column(default=30)
    pace_minutes: Mapped[int | None]
    paused_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    paused_because: Mapped[str | None] = mapped_column(sa.Text)
    columns: Mapped[dict[str, str] | None] = mapped_column(JsonType)
    etag: Mapped[str | None] = mapped_column(sa.String(500))
    last_modified: Mapped[str | None] = mapped_column(sa.String(100))
    next_fetch_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_fetch_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_success_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_error: Mapped[str | None] = mapped_column(sa.Text)
    problems: Mapped[list[str]] = mapped_column(JsonType, default=list)
    failures: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    edited_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    confirmation_id: Mapped[int | None] = confirmation_column()

    __table_args__ = (sa.CheckConstraint("interval_minutes >= 1", name="interval_minutes"),)

    @property
    def is_fact_checker(self) -> bool:
        """Whether its entries are reviews by others: shown beside ours and never flagged."""
        return self.kind is SourceKind.CLAIM_REVIEW

    @is_fact_checker.setter
    def is_fact_checker(self, marked: bool) -> None:
        if marked != self.is_fact_checker:
            self.kind = SourceKind.CLAIM_REVIEW if marked else SourceKind.FEED


class Item(Base):
    """One entry of a source.

    ``entry_key`` tells entries of one source apart; ``id_key`` finds entries with the same feed id; ``link_key`` and
    ``content_key`` find the same page or the same words elsewhere (hex digests, see ingest/parsers/canonical_url.py);
    ``page_key`` finds a pasted link (models/url_keys.py). ``copy_of_id`` is the first item with the same or nearly the
    same words: a copy shows reach, so it is kept. ``edited_at`` is the time of its present words; the earlier ones are
    in ``ItemRevision``. ``full_text`` is the text of the linked page (``LinkedPage``) where the entry holds only the
    beginning. ``images`` holds addresses of pictures, never fetched.
    """

    __tablename__ = "item"

    id: Mapped[int] = mapped_column(primary_key=True)
    source_id: Mapped[int] = mapped_column(sa.ForeignKey("source.id", ondelete="RESTRICT"))
    entry_key: Mapped[str] = mapped_column(sa.String(64))
    feed_id: Mapped[str | None] = mapped_column(sa.String(2000))
    id_key: Mapped[str | None] = mapped_column(sa.String(64))
    url: Mapped[str | None] = mapped_column(sa.String(2000))
    link_key: Mapped[str | None] = mapped_column(sa.String(64), index=True)
    page_key: Mapped[str | None] = mapped_column(PageKey, default=default_page_key, index=True)
    content_key: Mapped[str] = mapped_column(sa.String(64), index=True)
    title: Mapped[str] = mapped_column(sa.Text, default="")
    text: Mapped[str] = mapped_column(sa.Text, default="")
    full_text: Mapped[str | None] = mapped_column(sa.Text)
    images: Mapped[list[str] | None] = mapped_column(JsonType)
    author: Mapped[str | None] = mapped_column(sa.String(200))
    language: Mapped[str | None] = mapped_column(sa.String(16))
    published_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    fetched_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    edited_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    copy_of_id: Mapped[int | None] = mapped_column(sa.ForeignKey("item.id", ondelete="SET NULL"), index=True)

    __table_args__ = (
        sa.UniqueConstraint("source_id", "entry_key"),
        sa.Index(None, "source_id", "id_key"),
        # What one source brought, newest first and day by day.
        sa.Index("ix_item_source_fetched", "source_id", "fetched_at", postgresql_include=["id"]),
    )

    source: Mapped[Source] = relationship()

    @property
    def seen_at(self) -> datetime:
        """The time it appeared: as the feed says, or when we first saw it."""
        return self.published_at or self.fetched_at


class ItemRevision(Base):
    """The words of an item before its source changed them, valid from ``seen_at`` to ``replaced_at``."""

    __tablename__ = "item_revision"

    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(sa.ForeignKey("item.id", ondelete="CASCADE"), index=True)
    content_key: Mapped[str] = mapped_column(sa.String(64))
    title: Mapped[str] = mapped_column(sa.Text)
    text: Mapped[str] = mapped_column(sa.Text)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    replaced_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ForgottenEntry(Base):
    """An entry that its source still lists after its item was deleted by retention: digests only.

    ``seen_at`` is when the source last listed it, or when it was deleted.
    """

    __tablename__ = "forgotten_entry"

    source_id: Mapped[int] = mapped_column(sa.ForeignKey("source.id", ondelete="CASCADE"), primary_key=True)
    entry_key: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    content_key: Mapped[str] = mapped_column(sa.String(64))
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class Engagement(Base):
    """The spread of an item by its source's own counts, as last read; None where the source gives none."""

    __tablename__ = "engagement"

    item_id: Mapped[int] = mapped_column(sa.ForeignKey("item.id", ondelete="CASCADE"), primary_key=True)
    replies: Mapped[int | None] = mapped_column(sa.BigInteger)
    likes: Mapped[int | None] = mapped_column(sa.BigInteger)
    shares: Mapped[int | None] = mapped_column(sa.BigInteger)
    views: Mapped[int | None] = mapped_column(sa.BigInteger)
    counted_at: Mapped[datetime] = mapped_column(UtcDateTime)


class PostsFile(Base):
    """An uploaded table of posts that is not stored yet; deleted with the import, or after a day.

    An administrator uploaded it.
    """

    __tablename__ = "posts_file"

    id: Mapped[int] = mapped_column(primary_key=True)
    officer_id: Mapped[int] = mapped_column(sa.ForeignKey("officer.id", ondelete="CASCADE"), index=True)
    file_name: Mapped[str] = mapped_column(sa.String(200))
    content: Mapped[bytes] = mapped_column(sa.LargeBinary)
    added_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class ModelVersion(Base):
    """A trained model bundle, identified by the digest of its file. Scores of old versions stay.

    ``about`` holds data_hash, code_version, base_digest (of a local model: the base it adapts) and its comparison when
    it was made. ``proposed_at`` is the time since when the program has suggested it; only a person activates it. One
    version is active. ``is_listed`` means that ``UnassessedItem`` holds the items that this version has not assessed;
    ``listed_to`` limits that to items up to this id.
    """

    __tablename__ = "model_version"

    id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(sa.String(64), unique=True)
    name: Mapped[str] = mapped_column(sa.String(120))
    file_name: Mapped[str] = mapped_column(sa.String(255))
    metrics: Mapped[dict[str, Any]] = mapped_column(JsonType, default=dict)
    thresholds: Mapped[dict[str, Any]] = mapped_column(JsonType, default=dict)
    trained_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    registered_at: Mapped[datetime] = mapped_column(UtcDateTime)
    is_active: Mapped[bool] = mapped_column(default=False)
    is_listed: Mapped[bool] = mapped_column(default=False)
    listed_to: Mapped[int | None]
    about: Mapped[dict[str, Any] | None] = mapped_column(JsonType)
    proposed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (
        sa.Index(
            "uq_model_version_active",
            "is_active",
            unique=True,
            sqlite_where=sa.text("is_active"),
            postgresql_where=sa.text("is_active"),
        ),
    )

    @property
    def label(self) -> Any:
        """What officers read: a model that learned here, the one that the program brings, or the name in its file."""
        if (self.about or {}).get("base_digest"):
            return _l("model lokal")
        return _l("model dasar") if self.name == "kota" else self.name


class ModelFile(Base):
    """The file of a model version, as it was registered, so that every host has it.

    The shipped model comes with the program and has no row here.
    """

    __tablename__ = "model_file"

    version_id: Mapped[int] = mapped_column(
        sa.ForeignKey("model_version.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    content: Mapped[bytes] = mapped_column(sa.LargeBinary, deferred=True)


class Report(TicketHolder, Base):
    """A citizen's report.

    Its status is that of its claim; only a rejection is its own. ``told`` is the last step that was reported to the
    sender.
    """

    __tablename__ = "report"

    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str] = mapped_column(sa.Text)
    url: Mapped[str | None] = mapped_column(sa.String(2000))
    page_key: Mapped[str | None] = mapped_column(PageKey, default=default_page_key, index=True)
    seen_where: Mapped[str | None] = mapped_column(sa.String(120))
    rejected_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    rejected_reason: Mapped[str | None] = mapped_column(sa.Text)
    told: Mapped[str | None] = mapped_column(sa.String(40))
    told_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    is_junk: Mapped[bool] = mapped_column(default=False)

    picture: Mapped[ReportPicture | None] = relationship(viewonly=True)
    additions: Mapped[list[ReportAddition]] = relationship(viewonly=True, order_by="ReportAddition.id")

    __table_args__ = (
        sa.CheckConstraint("contact_encrypted is null or consent_at is not null", name="contact_needs_consent"),
        sa.CheckConstraint("(rejected_at is null) = (rejected_reason is null)", name="rejected_with_reason"),
    )


class ReportAddition(Base):
    """What a reporter added to a report later, through its ticket. The digest lets the same be sent only once."""

    __tablename__ = "report_addition"

    id: Mapped[int] = mapped_column(primary_key=True)
    report_id: Mapped[int] = mapped_column(sa.ForeignKey("report.id", ondelete="CASCADE"))
    text: Mapped[str] = mapped_column(sa.Text)
    digest: Mapped[str] = mapped_column(sa.String(64))
    added_at: Mapped[datetime] = mapped_column(UtcDateTime)

    picture: Mapped[ReportPicture | None] = relationship(viewonly=True)

    __table_args__ = (sa.UniqueConstraint("report_id", "digest"),)


class ReportPicture(Base):
    """A screenshot sent with a report or an addition: redrawn from its pixels, encrypted, for officers only.

    Between the steps of the form it belongs to nobody: anyone with the token may send it with a report.
    """

    __tablename__ = "report_picture"

    id: Mapped[int] = mapped_column(primary_key=True)
    report_id: Mapped[int | None] = mapped_column(sa.ForeignKey("report.id", ondelete="CASCADE"), unique=True)
    addition_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("report_addition.id", ondelete="CASCADE"), unique=True
    )
    token_digest: Mapped[str | None] = mapped_column(sa.String(64), unique=True)
    sealed: Mapped[bytes] = mapped_column(SealedBytes)
    width: Mapped[int]
    height: Mapped[int]
    added_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class Assessment(Base):
    """The assessment of one item or report by one model version, with its reasons: one per model version."""

    __tablename__ = "assessment"

    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int | None] = mapped_column(sa.ForeignKey("item.id", ondelete="CASCADE"))
    report_id: Mapped[int | None] = mapped_column(sa.ForeignKey("report.id", ondelete="CASCADE"))
    model_version_id: Mapped[int] = mapped_column(sa.ForeignKey("model_version.id", ondelete="RESTRICT"), index=True)
    relevance: Mapped[float]
    misinformation: Mapped[float]
    priority: Mapped[float]
    topic: Mapped[Topic] = mapped_column(enum_column_type(Topic, "topic"))
    unit_id: Mapped[int | None] = mapped_column(sa.ForeignKey("unit.id", ondelete="SET NULL"))
    flagged: Mapped[bool]
    reasons: Mapped[list[dict[str, Any]]] = mapped_column(JsonType, default=list)
    assessed_at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (
        sa.UniqueConstraint("item_id", "model_version_id"),
        sa.UniqueConstraint("report_id", "model_version_id"),
        sa.Index("ix_assessment_scores", "assessed_at", "misinformation", "item_id"),
        # Few are flagged: how many a source has is counted from these alone.
        sa.Index(
            "ix_assessment_flagged",
            "item_id",
            "model_version_id",
            sqlite_where=sa.text("flagged = 1"),
            postgresql_where=sa.text("flagged"),
        ),
        sa.CheckConstraint("(item_id is null) <> (report_id is null)", name="one_subject"),
        sa.CheckConstraint("relevance between 0 and 1", name="relevance"),
        sa.CheckConstraint("misinformation between 0 and 1", name="misinformation"),
        sa.CheckConstraint("priority between 0 and 1", name="priority"),
    )

    item: Mapped[Item | None] = relationship()
    report: Mapped[Report | None] = relationship()
    unit: Mapped[Unit | None] = relationship()


_FORWARDED = sa.text("forwarded > 0")


class CheckQuery(Base):
    """A question from the public, without its sender: normalised, personal data removed, counted by day.

    ``demand_id`` is its group of questions that ask the same; None until the worker has read it. Of ``count``,
    ``in_whatsapp`` and ``in_telegram`` came there and the rest on the web; ``forwarded`` were forwarded messages, and
    ``often_forwarded`` those that the channel says went from hand to hand.
    """

    __tablename__ = "check_query"

    id: Mapped[int] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(sa.Date)
    digest: Mapped[str] = mapped_column(sa.String(64))
    text: Mapped[str] = mapped_column(sa.Text)
    decision: Mapped[CheckDecision] = mapped_column(enum_column_type(CheckDecision, "check_decision"))
    count: Mapped[int] = mapped_column(default=1)
    in_whatsapp: Mapped[int] = mapped_column(default=0, server_default="0")
    in_telegram: Mapped[int] = mapped_column(default=0, server_default="0")
    forwarded: Mapped[int] = mapped_column(default=0, server_default="0")
    often_forwarded: Mapped[int] = mapped_column(default=0, server_default="0")
    demand_id: Mapped[int | None] = mapped_column(sa.ForeignKey("demand.id", ondelete="SET NULL"))

    __table_args__ = (
        sa.UniqueConstraint("day", "digest", "decision"),
        # How often a group was asked, lately and ever, is counted from these alone (review/public_questions.py).
        sa.Index("ix_check_query_lately", "day", "demand_id", "count"),
        sa.Index("ix_check_query_asked", "demand_id", "count"),
        # Most questions were typed: those that were forwarded are found without the others.
        sa.Index("ix_check_query_forwarded", "day", sqlite_where=_FORWARDED, postgresql_where=_FORWARDED),
    )


class AskedTogether(Base):
    """How often two messages came in one batch from one person on a day: a hint that they are one story. Without who.

    Each is "question:<digest>" (``CheckQuery.digest``), or "page:<id>" of the clarification that answered it; ``first``
    is the lesser of the two.
    """

    __tablename__ = "asked_together"

    day: Mapped[date] = mapped_column(sa.Date, primary_key=True)
    first: Mapped[str] = mapped_column(sa.String(80), primary_key=True)
    second: Mapped[str] = mapped_column(sa.String(80), primary_key=True, index=True)
    count: Mapped[int] = mapped_column(default=1)

    __table_args__ = (sa.CheckConstraint("first < second", name="in_order"),)


class RateLimit(Base):
    """A counter shared by all web workers; ``key`` is a digest and holds no address."""

    __tablename__ = "rate_limit"

    key: Mapped[str] = mapped_column(sa.String(128), primary_key=True)
    count: Mapped[int] = mapped_column(default=0)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class ItemBand(Base):
    """One of the hash bands that an item shares with its near-copies (classifiers/matcher/minhash.py).

    Only items about the city have bands, and of those only the first item of each text: its copies need none.
    """

    __tablename__ = "item_band"

    band: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True)
    item_id: Mapped[int] = mapped_column(sa.ForeignKey("item.id", ondelete="CASCADE"), primary_key=True, index=True)

    __table_args__ = {"sqlite_with_rowid": False}


class UnassessedItem(Base):
    """An item that waits for assessment by the active model (items.py). Assessment deletes the row.

    ``seen_at`` and ``content_key`` are the item's. Items are assessed in their order, whatever order they arrived in.
    """

    __tablename__ = "unassessed_item"

    item_id: Mapped[int] = mapped_column(
        sa.ForeignKey("item.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    content_key: Mapped[str] = mapped_column(sa.String(64))

    __table_args__ = (sa.Index("ix_unassessed_item_order", "seen_at", "content_key", "item_id"),)


class UngroupedItem(Base):
    """An assessed item about the city that has yet to join or open a claim. Grouping deletes the row.

    ``seen_at`` and ``content_key`` are the item's, by which items are grouped in order. ``suggestion``: what the claim
    gets (flag/scoring.py).
    """

    __tablename__ = "ungrouped_item"

    item_id: Mapped[int] = mapped_column(
        sa.ForeignKey("item.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    content_key: Mapped[str] = mapped_column(sa.String(64))
    suggestion: Mapped[dict[str, Any]] = mapped_column(JsonType)

    __table_args__ = (sa.Index("ix_ungrouped_item_order", "seen_at", "content_key", "item_id"),)


class RecordedItem(Base):
    """An item recorded by an officer and not yet assigned to a claim by the worker.

    The row is deleted once it is assigned.
    """

    __tablename__ = "recorded_item"

    item_id: Mapped[int] = mapped_column(
        sa.ForeignKey("item.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)
