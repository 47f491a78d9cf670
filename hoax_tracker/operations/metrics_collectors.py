"""The figures of ``/metrics`` that stand in the rows: sources, claims, reports, models, workers, the match index.

Few queries, each over an index or a small table, and kept for some seconds, so that asking often costs little.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from flask import current_app

from hoax_tracker.clock import utc_now
from hoax_tracker.models import (
    Claim,
    ClaimAppearance,
    ClaimStatus,
    Clarification,
    Item,
    ModelVersion,
    Report,
    Source,
    WorkerHeartbeat,
    db,
)
from hoax_tracker.operations.heartbeat import FRESH

if TYPE_CHECKING:
    from prometheus_client import Metric

KEPT_S = 10.0


@dataclass(frozen=True)
class Figure:
    """One gauge: its values by the labels' values."""

    name: str
    words: str
    values: Sequence[tuple[Sequence[str], float]]
    labels: Sequence[str] = ()


class Figures:
    """A collector for Prometheus' library, to be asked with an application context.

    ``index_read`` tells at what time the oldest match index in use was read: 0 for never.
    """

    def __init__(self, index_read: Callable[[], float], clock: Callable[[], datetime] = utc_now) -> None:
        self._index_read = index_read
        self._clock = clock
        self._kept: Sequence[Figure] = ()
        self._until = 0.0
        self._reading = Lock()

    def collect(self) -> Iterable[Metric]:
        """Yield the gauges; without the database only that it does not answer."""
        from prometheus_client.core import GaugeMetricFamily

        for figure in self.current():
            family = GaugeMetricFamily(f"hoax_tracker_{figure.name}", figure.words, labels=figure.labels)
            for labels, value in figure.values:
                family.add_metric(labels, value)
            yield family

    def current(self) -> Sequence[Figure]:
        """Return the figures, at most KEPT_S old."""
        with self._reading:
            if monotonic() >= self._until:
                self._kept = read_figures(self._clock(), datetime.fromtimestamp(self._index_read(), UTC))
                self._until = monotonic() + KEPT_S
            return self._kept


def read_figures(now: datetime, index_read: datetime) -> Sequence[Figure]:
    """Return all figures as they are now; the match index is as the rows were at ``index_read``."""
    free = disk_free(current_app.extensions["settings"].data_folder)
    try:
        found = [*sources(now), *claims(now), *models(), *workers(now), index_lag(index_read), database_size()]
        db.session.rollback()
    except sa.exc.SQLAlchemyError:
        db.session.rollback()
        return (*free, one("database_up", "1 where the database answers.", 0))
    return (*free, one("database_up", "1 where the database answers.", 1), *found)


def disk_free(folder: Path) -> list[Figure]:
    """Return how much room is left; nothing where the disk does not say."""
    try:
        return [one("disk_free_bytes", "Free room where the data folder lies.", shutil.disk_usage(folder).free)]
    except OSError:
        return []


def one(name: str, words: str, value: float) -> Figure:
    """Return a gauge without labels."""
    return Figure(name, words, [((), float(value))])


def age(name: str, words: str, since: datetime | None, now: datetime) -> list[Figure]:
    """Return an age in seconds; nothing where the moment never came."""
    return [] if since is None else [one(name, words, max(0.0, (now - since).total_seconds()))]


def number(query: sa.Select[Any]) -> int:
    """Return how many rows a query finds."""
    return db.session.scalar(sa.select(sa.func.count()).select_from(query.order_by(None).subquery())) or 0


def sources(now: datetime) -> list[Figure]:
    """Return how reading goes."""
    from hoax_tracker.ingest.service import due_sources

    active, failing, success = db.session.execute(
        sa.select(
            sa.func.count(), sa.func.count(sa.case((Source.failures > 0, 1))), sa.func.max(Source.last_success_at)
        ).where(Source.is_active, Source.url.is_not(None))
    ).one()
    return [
        one("sources", "Sources read on schedule.", active),
        one("sources_failing", "Of these, sources whose last reading failed.", failing),
        one("sources_due", "Of these, sources that wait to be read.", number(due_sources(now))),
        one("items", "Entries stored.", db.session.scalar(sa.select(sa.func.count(Item.id))) or 0),
        *age("ingest_success_age_seconds", "Since a source was last read well.", success, now),
    ]


def claims(now: datetime) -> list[Figure]:
    """Return what waits for officers, and what waits to reach them."""
    counted = db.session.execute(sa.select(Claim.status, sa.func.count()).group_by(Claim.status)).all()
    by_status = {status: count for status, count in counted}  # noqa: C416 - rows, not pairs
    stands = [((status.value,), float(by_status.get(status, 0))) for status in ClaimStatus]
    oldest = db.session.scalar(sa.select(sa.func.min(Claim.created_at)).where(Claim.status == ClaimStatus.NEW))
    return [
        Figure("claims", "Claims by where they stand.", stands, ["status"]),
        *age("claims_oldest_new_age_seconds", "Age of the oldest claim nobody has looked at.", oldest, now),
        one("reports_waiting", "Reports that joined no claim yet.", number(waiting_reports())),
    ]


def waiting_reports() -> sa.Select[Any]:
    """Return the reports that no claim holds and nobody rejected. The stage that takes them in would load the model."""
    held = sa.select(ClaimAppearance.id).where(ClaimAppearance.report_id == Report.id).exists()
    return sa.select(Report.id).where(Report.rejected_at.is_(None), ~held)


def models() -> list[Figure]:
    """Return which model is in use."""
    rows = db.session.execute(sa.select(ModelVersion.name, ModelVersion.digest).where(ModelVersion.is_active)).all()
    used = [((name, digest[:12]), 1.0) for name, digest in rows]
    return [Figure("model_info", "The model in use.", used, ["name", "digest"])]


def workers(now: datetime) -> list[Figure]:
    """Return whether workers get on."""
    beats = db.session.execute(sa.select(WorkerHeartbeat.beat_at, WorkerHeartbeat.failed_rounds)).all()
    fresh = [failed for beat, failed in beats if abs(now - beat) <= FRESH]
    newest = max((beat for beat, _ in beats), default=None)
    return [
        one("workers", "Workers that got on lately.", len(fresh)),
        one("worker_failed_rounds", "Rounds that failed in a row, of the worker with most.", max(fresh, default=0)),
        *age("worker_heartbeat_age_seconds", "Since a worker last got on.", newest, now),
    ]


def index_lag(read: datetime) -> Figure:
    """Return how much was published, corrected or retracted that some web process has not read yet."""
    newer = sa.select(sa.func.count()).where(Clarification.published_at.is_not(None), Clarification.changed_at > read)
    words = "Clarifications changed since the oldest match index in use was read."
    return one("index_lag", words, db.session.scalar(newer) or 0)


def database_size() -> Figure:
    """Return how large the database is."""
    postgresql = "select pg_database_size(current_database())"
    sqlite = "select page_count * page_size from pragma_page_count, pragma_page_size"
    query = postgresql if db.engine.dialect.name == "postgresql" else sqlite
    return one("database_bytes", "Size of the database.", db.session.scalar(sa.text(query)) or 0)


__all__ = ["Figure", "Figures"]
