"""Workers that are killed with SIGKILL at random moments: ``python -m tests.killing KILLS WORKERS SEED``.

One process imports everything and forks a worker again and again: each reads what is due, is killed somewhere on the
way, and leaves its leases behind, which are made to run out as time would. The last one is left alone. Writes how many
rounds of workers were killed before they were done.
"""

from __future__ import annotations

import multiprocessing
import random
import sys
import time

import sqlalchemy as sa

from hoax_tracker import pipeline
from hoax_tracker.app import create_app
from hoax_tracker.clock import utc_now
from hoax_tracker.config import read_settings
from hoax_tracker.models import UtcDateTime, db

forking = multiprocessing.get_context("fork")


def work() -> None:
    """Read what is due in a process of its own: nothing of the database is opened before the fork."""
    app = create_app()
    with app.app_context():
        pipeline.run_due(app.extensions["settings"], utc_now())
        db.session.remove()


def expire_leases() -> None:
    """Let the leases of killed workers run out, also those of pages; more are killed than a page has tries."""
    engine = sa.create_engine(read_settings().database_url)
    with engine.begin() as connection:
        connection.execute(sa.text("update source set lease_until = null"))
        waiting = sa.text("update linked_page set tries = 0, next_at = :now where read_at is null")
        connection.execute(waiting.bindparams(sa.bindparam("now", utc_now(), UtcDateTime())))
    engine.dispose()


def killed_after(*seconds: float) -> bool:
    """Start workers together and kill each after its time; True where one of them was not done yet."""
    processes = [(forking.Process(target=work), after) for after in sorted(seconds)]
    for process, _ in processes:
        process.start()
    started = time.monotonic()
    for process, after in processes:
        process.join(max(0.0, started + after - time.monotonic()))
        process.kill()
    for process, _ in processes:
        process.join()
    return any(process.exitcode == -9 for process, _ in processes)


def alone() -> None:
    """Let one worker finish."""
    process = forking.Process(target=work)
    process.start()
    process.join()
    if process.exitcode:
        sys.exit(f"the last worker ended with {process.exitcode}")


def main(kills: int, workers: int, seed: int) -> None:
    """Kill workers, then let one finish."""
    chance, killed = random.Random(seed), 0
    for _ in range(kills):
        killed += killed_after(*(0.15 + chance.random() * 0.35 for _ in range(workers)))
        expire_leases()
    alone()
    sys.stdout.write(f"{killed}\n")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
