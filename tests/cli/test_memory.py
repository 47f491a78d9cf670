"""What commands ask of the C library and of Python's garbage collection."""

from __future__ import annotations

import atexit
import gc
from pathlib import Path

import pytest

from hoax_tracker.cli import main
from hoax_tracker.core import memory
from hoax_tracker.worker import embedded, job_queue


def test_the_worker_asks_for_one_arena_before_it_works(instance: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[str] = []
    monkeypatch.setattr(memory, "share_one_arena", lambda: steps.append("one arena"))
    for runner in (embedded, job_queue):
        monkeypatch.setattr(runner, "run_worker", lambda *_: steps.append("work"))
    with pytest.raises(SystemExit):
        main(["worker"])
    assert steps == ["one arena", "work"]


def test_a_command_ends_without_a_look_for_garbage(monkeypatch: pytest.MonkeyPatch) -> None:
    at_the_end: list[object] = []
    monkeypatch.setattr(atexit, "register", at_the_end.append)
    with pytest.raises(SystemExit):
        main(["--version"])
    assert at_the_end == [gc.freeze]
