"""The figures of ``/metrics`` read from the rows: sources, claims, reports, models, workers, the match index.

There are few queries, each over an index or a small table. The results are kept for some seconds, so that frequent
requests cost little.
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

from hoax_tracker.clock import utc_now
from hoax_tracker.core.current import current_settings
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
from hoax_tracker.operations.heartbeat import BEAT_FRESH_FOR
from hoax_tracker.operations.job_status import list_job_counts

if TYPE_CHECKING:
    from prometheus_client import Metric

METRICS_CACHE_S = 10.0


@dataclass(frozen=True)
class RowMetric:
    """One gauge: its values by label values."""

    name: str
    words: str
    values: Sequence[tuple[Sequence[str], float]]
    labels: Sequence[str] = ()


class RowMetricsCollector:
    """A collector for Prometheus' library. Call it with an application context.

    ``index_read`` returns the time when the oldest match index in use was read: 0 for never.
    """

    def __init__(self, index_read: Callable[[], float], clock: Callable[[], datetime] = utc_now) -> None:
        self._index_read = index_read
        self._clock = clock
        self._kept: Sequence[RowMetric] = ()
        self._until = 0.0
        self._reading = Lock()

    def collect(self) -> Iterable[Metric]:
        """Yield the gauges. Without the database, report that it does not answer, and the free disk space."""
        from prometheus_client.core import GaugeMetricFamily

        for figure in self.current():
            family = GaugeMetricFamily(f"hoax_tracker_{figure.name}", figure.words, labels=figure.labels)
            for labels, value in figure.values:
                family.add_metric(labels, value)
            yield family

    def current(self) -> Sequence[RowMetric]:
        """Return the figures, at most METRICS_CACHE_S old."""
        with self._reading:
            if monotonic() >= self._until:
                self._kept = _load_row_metrics(self._clock(), datetime.fromtimestamp(self._index_read(), UTC))
                self._until = monotonic() + METRICS_CACHE_S
            return self._kept


def _load_row_metrics(now: datetime, index_read: datetime) -> Sequence[RowMetric]:
    """Return all current figures. The match index reflects the rows at ``index_read``."""
    free = _disk_free_metric(current_settings().data_folder)
    try:
        row_metrics = [
            *_source_metrics(now),
            *_claim_metrics(now),
            *_model_metrics(),
            *_worker_metrics(now),
            *job_metrics(now),
            _index_lag_metric(index_read),
            _database_size_metric(),
        ]
        db.session.rollback()
    except sa.exc.SQLAlchemyError:
        db.session.rollback()
        return (*free, _unlabelled_metric("database_up", "1 where the database answers.", 0))
    return (*free, _unlabelled_metric("database_up", "1 where the database answers.", 1), *row_metrics)


def _disk_free_metric(folder: Path) -> list[RowMetric]:
    """Return the free disk space, or an empty list where the system does not give it."""
    try:
        return [
            _unlabelled_metric(
                "disk_free_bytes", "Free room where the data folder lies.", shutil.disk_usage(folder).free
            )
        ]
    except OSError:
        return []


def _unlabelled_metric(name: str, words: str, value: float) -> RowMetric:
    """Return a gauge without labels."""
    return RowMetric(name, words, [((), float(value))])


def _age_metric(name: str, words: str, since: datetime | None, now: datetime) -> list[RowMetric]:
    """Return an age in seconds, or an empty list where the time is unknown."""
    return [] if since is None else [_unlabelled_metric(name, words, max(0.0, (now - since).total_seconds()))]


def _count_rows(query: sa.Select[Any]) -> int:
    """Return the number of rows of a query."""
    return db.session.scalar(sa.select(sa.func.count()).select_from(query.order_by(None).subquery())) or 0


def _source_metrics(now: datetime) -> list[RowMetric]:
    """Return the metrics of sources and their readings."""
    from hoax_tracker.ingest.service import due_sources

    active, failing, success = db.session.execute(
        sa.select(
            sa.func.count(), sa.func.count(sa.case((Source.failures > 0, 1))), sa.func.max(Source.last_success_at)
        ).where(Source.is_active, Source.url.is_not(None))
    ).one()
    return [
        _unlabelled_metric("sources", "Sources read on schedule.", active),
        _unlabelled_metric("sources_failing", "Of these, sources whose last reading failed.", failing),
        _unlabelled_metric("sources_due", "Of these, sources that wait to be read.", _count_rows(due_sources(now))),
        _unlabelled_metric("items", "Entries stored.", db.session.scalar(sa.select(sa.func.count(Item.id))) or 0),
        *_age_metric("ingest_success_age_seconds", "Since a source was last read well.", success, now),
    ]


def _claim_metrics(now: datetime) -> list[RowMetric]:
    """Return the metrics of claims that wait for officers, and of reports that joined no claim yet."""
    counted = db.session.execute(sa.select(Claim.status, sa.func.count()).group_by(Claim.status)).all()
    by_status = {status: count for status, count in counted}  # noqa: C416 - rows, not pairs
    stands = [((status.value,), float(by_status.get(status, 0))) for status in ClaimStatus]
    oldest = db.session.scalar(sa.select(sa.func.min(Claim.created_at)).where(Claim.status == ClaimStatus.NEW))
    return [
        RowMetric("claims", "Claims by where they stand.", stands, ["status"]),
        *_age_metric("claims_oldest_new_age_seconds", "Age of the oldest claim nobody has looked at.", oldest, now),
        _unlabelled_metric(
            "reports_waiting", "Reports that joined no claim yet.", _count_rows(_waiting_reports_query())
        ),
    ]


def _waiting_reports_query() -> sa.Select[Any]:
    """Return the query for reports without a claim that nobody rejected.

    It is written here because the stage that takes reports in would load the model.
    """
    in_claim = sa.select(ClaimAppearance.id).where(ClaimAppearance.report_id == Report.id).exists()
    return sa.select(Report.id).where(Report.rejected_at.is_(None), ~in_claim)


def _model_metrics() -> list[RowMetric]:
    """Return the metric that names the model in use."""
    rows = db.session.execute(sa.select(ModelVersion.name, ModelVersion.digest).where(ModelVersion.is_active)).all()
    used = [((name, digest[:12]), 1.0) for name, digest in rows]
    return [RowMetric("model_info", "The model in use.", used, ["name", "digest"])]


def _worker_metrics(now: datetime) -> list[RowMetric]:
    """Return the metrics of the workers' progress."""
    beats = db.session.execute(sa.select(WorkerHeartbeat.beat_at, WorkerHeartbeat.failed_rounds)).all()
    fresh = [failed for beat, failed in beats if abs(now - beat) <= BEAT_FRESH_FOR]
    newest = max((beat for beat, _ in beats), default=None)
    return [
        _unlabelled_metric("workers", "Workers that got on lately.", len(fresh)),
        _unlabelled_metric(
            "worker_failed_rounds", "Rounds that failed in a row, of the worker with most.", max(fresh, default=0)
        ),
        *_age_metric("worker_heartbeat_age_seconds", "Since a worker last got on.", newest, now),
    ]


def job_metrics(now: datetime) -> list[RowMetric]:
    """Return the metrics of the worker's jobs that wait, run or failed; without values on SQLite, which queues none."""
    jobs = list_job_counts()
    values = [
        ((job.name, state), float(count))
        for job in jobs
        for state, count in (("waiting", job.waiting), ("running", job.running), ("failed", job.failed))
    ]
    oldest = min((job.oldest_at for job in jobs if job.oldest_at is not None), default=None)
    return [
        RowMetric("jobs", "Jobs of the worker that wait, run or failed, by kind of work.", values, ["work", "state"]),
        *_age_metric("jobs_oldest_age_seconds", "Age of the oldest of these jobs.", oldest, now),
    ]


def _index_lag_metric(read: datetime) -> RowMetric:
    """Return how many clarifications changed since the oldest match index in use was read."""
    newer = sa.select(sa.func.count()).where(Clarification.published_at.is_not(None), Clarification.changed_at > read)
    words = "Clarifications changed since the oldest match index in use was read."
    return _unlabelled_metric("index_lag", words, db.session.scalar(newer) or 0)


def _database_size_metric() -> RowMetric:
    postgresql = "select pg_database_size(current_database())"
    sqlite = "select page_count * page_size from pragma_page_count, pragma_page_size"
    query = postgresql if db.engine.dialect.name == "postgresql" else sqlite
    return _unlabelled_metric("database_bytes", "Size of the database.", db.session.scalar(sa.text(query)) or 0)


__all__ = ["RowMetric", "RowMetricsCollector"]
