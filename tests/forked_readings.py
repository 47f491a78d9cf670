"""Readings of all feeds that die at a statement, one after another: ``python -m tests.forked_readings``.

One process imports everything and loads the models once, and forks a process for each line that it is told: the
variables of an instance, and at which statement to die (0: nowhere). It answers with how that process ended and how
many statements it had sent.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from tests.repository import ROOT


@dataclass(frozen=True)
class Ending:
    """How a reading ended: its exit code, and how many statements it sent (0 where it was killed)."""

    code: int
    statements: int


@contextmanager
def fork_readings(environ: Mapping[str, str]) -> Iterator[Callable[[Mapping[str, str], int], Ending]]:
    """Yield a function that reads all feeds of an instance in a process of its own, which dies at a statement."""
    command = [sys.executable, "-m", "tests.forked_readings"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, env=dict(environ), cwd=ROOT, text=True, **pipes) as process:  # type: ignore[call-overload]

        def read_feeds(instance: Mapping[str, str], die_at: int) -> Ending:
            process.stdin.write(json.dumps([dict(instance), die_at]) + "\n")
            process.stdin.flush()
            return Ending(*json.loads(process.stdout.readline()))

        yield read_feeds


def read_until_killed(environ: Mapping[str, str], die_at: int, words: int) -> None:
    """Read all feeds of an instance; nothing of its database was opened before the fork."""
    from sqlalchemy import event

    from hoax_tracker import pipeline
    from hoax_tracker.app import create_app
    from hoax_tracker.clock import utc_now
    from hoax_tracker.models import db

    statements = 0

    def count_or_die(*_given: object) -> None:
        nonlocal statements
        statements += 1
        if statements == die_at:
            os.kill(os.getpid(), signal.SIGKILL)

    os.environ.update(environ)
    app = create_app()
    with app.app_context():
        event.listen(db.engine, "before_cursor_execute", count_or_die)
        pipeline.run_due_sources(app.extensions["settings"], utc_now())
    os.write(words, str(statements).encode())


def main() -> None:
    """Fork a reading for each line."""
    from tests.killing import forking, load_once

    load_once()
    for line in sys.stdin:
        reader, writer = os.pipe()
        process = forking.Process(target=read_until_killed, args=(*json.loads(line), writer))
        process.start()
        os.close(writer)
        process.join()
        with os.fdopen(reader) as words:
            said = words.read()
        sys.stdout.write(json.dumps([process.exitcode, int(said or 0)]) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
