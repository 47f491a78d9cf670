"""What Python never looks through for garbage; how the C library keeps freed memory, and gives it back."""

from __future__ import annotations

import subprocess
import sys
from datetime import datetime

import pytest
from apiflask import APIFlask

from hoax_tracker import pipeline
from hoax_tracker.core import memory
from hoax_tracker.ingest import service

pytestmark = pytest.mark.needs("glibc")

THREADS = """
import ctypes, sys, threading
from hoax_tracker.core.memory import share_one_arena

if "shared" in sys.argv and not share_one_arena():
    sys.exit(3)
together = threading.Barrier(4)

def take():
    kept = [bytes(5000) for _ in range(100)]
    together.wait()

threads = [threading.Thread(target=take) for _ in range(4)]
for one in threads:
    one.start()
for one in threads:
    one.join()
ctypes.CDLL(None).malloc_stats()
"""

FREED = """
from hoax_tracker.core.memory import return_freed_memory

def resident_mb():
    with open("/proc/self/statm") as numbers:
        return int(numbers.read().split()[1]) * 4096 / 2**20

taken = [bytes(5000) for _ in range(20_000)]
kept = taken[::100]
del taken
before = resident_mb()
assert return_freed_memory()
print(before - resident_mb())
"""


LOADED = """
import gc, sys
from hoax_tracker.core.memory import load_for_good

with load_for_good():
    import sqlalchemy.orm
    assert not gc.isenabled()
loaded = sys.modules["sqlalchemy"].__dict__
print(gc.isenabled(), gc.get_freeze_count() > 10_000, any(one is loaded for one in gc.get_objects()))
"""


def arenas_of(*arguments: str) -> int:
    """How many arenas a process has whose threads take memory."""
    done = subprocess.run([sys.executable, "-c", THREADS, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stderr.count("Arena ")


@pytest.mark.process
def test_nobody_looks_for_garbage_among_what_was_loaded() -> None:
    done = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["True", "True", "False"], done.stderr


@pytest.mark.process
def test_threads_share_one_arena_where_that_is_asked() -> None:
    assert arenas_of("shared") == 1
    assert arenas_of() > 1


@pytest.mark.process
def test_what_was_freed_between_what_is_used_is_given_back() -> None:
    done = subprocess.run([sys.executable, "-c", FREED], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) > 50, "of a hundred megabytes"


def test_a_round_of_reading_gives_memory_back(app: APIFlask, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[str] = []
    monkeypatch.setattr(memory, "return_freed_memory", lambda: steps.append("given back"))
    settings = app.extensions["settings"]
    pipeline.read_sources(service.due_sources, settings, now, pipeline.no_progress, service.IngestOutcome())
    assert steps == ["given back"]
