"""How the C library keeps freed memory in the worker."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from hoax_tracker.cli import main
from hoax_tracker.server import worker_process
from hoax_tracker.worker import embedded, job_queue

pytestmark = pytest.mark.needs("glibc")

THREADS = """
import ctypes, sys, threading
from hoax_tracker.server.worker_process import share_one_arena

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


def arenas_of(*arguments: str) -> int:
    """How many arenas a process has whose threads take memory."""
    done = subprocess.run([sys.executable, "-c", THREADS, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stderr.count("Arena ")


@pytest.mark.process
def test_threads_share_one_arena_where_that_is_asked() -> None:
    assert arenas_of("shared") == 1
    assert arenas_of() > 1


def test_the_worker_asks_for_it_before_it_works(instance: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[str] = []
    monkeypatch.setattr(worker_process, "share_one_arena", lambda: steps.append("one arena"))
    for runner in (embedded, job_queue):
        monkeypatch.setattr(runner, "run_worker", lambda *_: steps.append("work"))
    with pytest.raises(SystemExit):
        main(["worker"])
    assert steps == ["one arena", "work"]
