"""``/metrics`` for Prometheus: requests counted across all web processes, and figures read from the rows.

Several processes count into files of one folder, which ``serve`` empties at start; the process that is asked adds them
up. The library must know that folder before it is imported, so nothing here imports it before a request comes.

The files are mapped into memory, and the kernel kills a process (SIGBUS) that writes to them when the disk is full or
no longer accepts writes. Therefore they are kept in memory where the system has a place for that (/dev/shm), outside
the data folder then, and their space is reserved before use. On any failure here, requests are answered but not
counted.
"""

from __future__ import annotations

import logging
import os
import shutil
import stat
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING, Any

from hoax_tracker.operations.metrics_collectors import RowMetricsCollector

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

log = logging.getLogger(__name__)

MULTIPROCESS_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
METRICS_FOLDER = "metrics"
IN_MEMORY = Path("/dev/shm")  # noqa: S108 # nosec B108 - prepare_metrics_folder() takes no folder that is not ours
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
