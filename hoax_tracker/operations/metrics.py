"""``/metrics`` for Prometheus: requests counted across all web processes, and figures read from the rows.

Several processes count into files of one folder, which ``serve`` empties at start; the process that is asked adds them
up. The library must know that folder before it is imported, so nothing here imports it before a request comes.

The files are mapped into memory, and the kernel kills a process (SIGBUS) that writes to them when the disk is full or
no longer accepts writes. Therefore they are kept in memory where the system has a place for that (/dev/shm), outside
the data folder then, and their space is reserved before use. On any failure here, requests are answered but not
counted.

Figures of sources, claims, reports, models, workers and the match index are read by few queries, each over an index or
a small table, and kept for some seconds, so that frequent requests cost little.
"""

from __future__ import annotations

import logging
import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from hoax_tracker.clock import utc_now
from hoax_tracker.core.extensions import current_settings
from hoax_tracker.ingest.service import due_sources
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
from hoax_tracker.operations.health_checks import BEAT_FRESH_FOR, list_job_counts

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
    return db.session.scalar(sa.select(sa.func.count()).select_from(query.order_by(None).subquery())) or 0


def _source_metrics(now: datetime) -> list[RowMetric]:
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


if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

log = logging.getLogger(__name__)

MULTIPROCESS_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
METRICS_FOLDER = "metrics"
IN_MEMORY = Path("/dev/shm")  # noqa: S108 - prepare_metrics_folder() takes no folder that is not ours
METRIC_FILE_KINDS = ("counter", "histogram", "gauge_livemin")
"""The files of a process, as the library names them."""
RESERVED_BYTES = 2**20
ANSWER_KINDS_LIMIT = 4_000
"""Kinds of answers that are counted apart: these fit into what is reserved, and the program has a third of them."""
TRY_AGAIN_S = 60.0
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Instruments:
    """The counters of one process."""

    def __init__(self) -> None:
        from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

        self.registry = registry = CollectorRegistry()
        labels = ("route", "method", "status")
        self.requests = Counter("hoax_tracker_requests", "Requests answered.", labels, registry=registry)
        name = "hoax_tracker_request_duration_seconds"
        self.seconds = Histogram(name, "Time to make an answer.", ("route",), buckets=BUCKETS, registry=registry)
        name, words = "hoax_tracker_index_read_timestamp_seconds", "When the oldest match index in use was read."
        self.index_read = Gauge(name, words, multiprocess_mode="livemin", registry=registry)


class Metrics:
    """The metrics of one application. The instruments are made in the web process, after the fork."""

    def __init__(self) -> None:
        self._figures = RowMetricsCollector(self._index_read)
        self._made: Instruments | None = None
        self._known: dict[tuple[str, str, int], tuple[Any, Any]] = {}
        self._making = Lock()
        self._try_at = 0.0

    def _instruments(self) -> Instruments | None:
        """Return the counters, or None where there is no room for them. A later call tries again."""
        with self._making:
            if self._made is None and monotonic() >= self._try_at:
                try:
                    _reserve_files()
                    self._made = Instruments()
                except OSError as error:
                    log.warning("requests are not counted: %s", error)
                    self._try_at = monotonic() + TRY_AGAIN_S
            return self._made

    def count(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one answer, where there is room."""
        counters = self._known.get((method, route, status)) or self._find(method, route, status)
        if counters is not None:
            requests, duration = counters
            requests.inc()
            duration.observe(seconds)

    def _find(self, method: str, route: str, status: int) -> tuple[Any, Any] | None:
        """Return the counters for such answers.

        They are kept, because a lookup costs as much as counting and there are few kinds of answers.
        """
        instruments = self._instruments()
        if instruments is None or len(self._known) >= ANSWER_KINDS_LIMIT:
            return None
        counters = instruments.requests.labels(route, method, f"{status // 100}xx"), instruments.seconds.labels(route)
        self._known[method, route, status] = counters
        return counters

    def index_was_read(self, read_at: float) -> None:
        """Record when this process read its match index."""
        if instruments := self._instruments():
            instruments.index_read.set(read_at)

    def _index_read(self) -> float:
        """Return when the oldest match index in use was read, in seconds since 1970; 0 for never.

        Only living web processes count.
        """
        try:
            return self._of_all_processes().get_sample_value("hoax_tracker_index_read_timestamp_seconds") or 0.0
        except OSError:
            return 0.0

    def text(self) -> tuple[bytes, str]:
        """Return all metrics in Prometheus' text format, and their content type."""
        from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

        counted = b""
        with suppress(OSError):
            counted = generate_latest(self._of_all_processes())
        rows = CollectorRegistry()
        rows.register(self._figures)
        return counted + generate_latest(rows), CONTENT_TYPE_LATEST

    def _of_all_processes(self) -> CollectorRegistry:
        """Return a registry with the counts of all web processes."""
        from prometheus_client import CollectorRegistry
        from prometheus_client.multiprocess import MultiProcessCollector

        together = CollectorRegistry()
        if MULTIPROCESS_VARIABLE not in os.environ:
            instruments = self._instruments()
            return instruments.registry if instruments else together
        if not Path(os.environ[MULTIPROCESS_VARIABLE]).is_dir():  # somebody emptied the system's folder
            return together
        MultiProcessCollector(together)  # type: ignore[no-untyped-call]
        return together


def _reserve_files() -> None:
    """Create the metric files of this process with their space reserved. Raises OSError."""
    if MULTIPROCESS_VARIABLE not in os.environ:
        return
    for kind in METRIC_FILE_KINDS:
        path = Path(os.environ[MULTIPROCESS_VARIABLE]) / f"{kind}_{os.getpid()}.db"
        new = path.with_suffix(".new")  # whoever adds up meanwhile finds a whole file or none
        try:
            new.write_bytes(bytes(RESERVED_BYTES))
            new.rename(path)
        except OSError:
            with suppress(OSError):
                new.unlink(missing_ok=True)
            raise


def share_metrics_folder(data_folder: Path) -> None:
    """Let the web processes started from here count together, from zero."""
    for folder in metrics_folders(data_folder):
        try:
            os.environ[MULTIPROCESS_VARIABLE] = str(prepare_metrics_folder(folder))
        except OSError as error:
            log.warning("requests are not counted in %s: %s", folder, error)
        else:
            return
    os.environ.pop(MULTIPROCESS_VARIABLE, None)  # each process counts for itself


def metrics_folders(data_folder: Path) -> list[Path]:
    """Return the folders in which processes may count together, best first."""
    beside = data_folder / METRICS_FOLDER
    if sys.platform == "win32" or not IN_MEMORY.is_dir():
        return [beside]
    folder_stat = data_folder.stat()
    return [IN_MEMORY / f"hoax-tracker-{os.geteuid()}-{folder_stat.st_dev:x}-{folder_stat.st_ino:x}", beside]


def prepare_metrics_folder(folder: Path) -> Path:
    """Return an empty, writable folder that belongs to us alone. Raises OSError."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700, exist_ok=True)
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid() or stat.S_IMODE(status.st_mode) & 0o077:
        raise PermissionError(f"{folder} is somebody else's")
    with tempfile.TemporaryFile(dir=folder) as probe:
        probe.write(bytes(RESERVED_BYTES))
    return folder


def clear_metrics(data_folder: Path) -> None:
    """Delete the counts and release their memory."""
    for folder in metrics_folders(data_folder):
        shutil.rmtree(folder, ignore_errors=True)


def forget_process(pid: int) -> None:
    """Remove values that only a living process can have. The counts of a dead process stay."""
    from prometheus_client.multiprocess import mark_process_dead

    if MULTIPROCESS_VARIABLE in os.environ:
        with suppress(OSError):
            mark_process_dead(pid)  # type: ignore[no-untyped-call]
