"""``/metrics`` for Prometheus: requests counted by all web processes together, and figures read from the rows.

Several processes count into files of one folder, which ``serve`` empties at start; whichever process is asked adds them
up. So the library must learn of that folder before it is imported: nothing here imports it before a request comes.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from hoax_tracker.figures import Figures

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

SHARED = "PROMETHEUS_MULTIPROC_DIR"
FOLDER = "metrics"
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
    """What one application counts; the instruments are made in the web process, after the fork."""

    def __init__(self) -> None:
        self._figures = Figures(self._index_read)
        self._made: Instruments | None = None
        self._known: dict[tuple[str, str, int], tuple[Any, Any]] = {}
        self._making = Lock()

    @property
    def _instruments(self) -> Instruments:
        with self._making:
            if self._made is None:
                self._made = Instruments()
            return self._made

    def count(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one answer."""
        requests, duration = self._known.get((method, route, status)) or self._find(method, route, status)
        requests.inc()
        duration.observe(seconds)

    def _find(self, method: str, route: str, status: int) -> tuple[Any, Any]:
        """Return what counts such answers; looking it up costs as much as counting. There are few kinds of them."""
        instruments = self._instruments
        found = instruments.requests.labels(route, method, f"{status // 100}xx"), instruments.seconds.labels(route)
        self._known[method, route, status] = found
        return found

    def index_was_read(self, at: float) -> None:
        """Note when this process read its match index."""
        self._instruments.index_read.set(at)

    def _index_read(self) -> float:
        """Return when the oldest index of a living web process was read, in seconds since 1970; 0 for never."""
        return self._of_all_processes().get_sample_value("hoax_tracker_index_read_timestamp_seconds") or 0.0

    def text(self) -> tuple[bytes, str]:
        """Return everything in Prometheus' text format, and its content type."""
        from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

        counted = generate_latest(self._of_all_processes())
        rows = CollectorRegistry()
        rows.register(self._figures)
        return counted + generate_latest(rows), CONTENT_TYPE_LATEST

    def _of_all_processes(self) -> CollectorRegistry:
        """Return what all web processes counted."""
        from prometheus_client import CollectorRegistry
        from prometheus_client.multiprocess import MultiProcessCollector

        if SHARED not in os.environ:
            return self._instruments.registry
        together = CollectorRegistry()
        MultiProcessCollector(together)  # type: ignore[no-untyped-call]
        return together


def share(data_folder: Path) -> None:
    """Let the web processes that are started from here count together, from nothing."""
    folder = data_folder / FOLDER
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700, exist_ok=True)
    os.environ[SHARED] = str(folder)


def forget_process(pid: int) -> None:
    """Leave out what only a living process can say; what a dead one counted stays."""
    from prometheus_client.multiprocess import mark_process_dead

    mark_process_dead(pid)  # type: ignore[no-untyped-call]
