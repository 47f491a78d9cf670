"""Kill workers with SIGKILL at named steps: ``python -m tests.killing KILLS WORKERS START armed|undisturbed``.

One process imports everything and forks a worker each round; each round adds reports and due feeds. A worker dies at
the round's failpoint (failpoints.py), and its leases are made to expire. After the last kill workers run until nothing
waits. Each round's state is printed as a line of JSON.
"""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from hoax_tracker import pipeline
from hoax_tracker.app import create_app
from hoax_tracker.core.config.settings import read_settings
from hoax_tracker.flag import item_assessment, service as flag
from hoax_tracker.models import Report, UtcDateTime, db
from tests.failpoints import COMMIT, Failpoint, arm, kill_this_process
from tests.forks import import_program

forking = multiprocessing.get_context("fork")

ROUND = timedelta(seconds=20)
"""Fifty rounds end before the product stops waiting for a page (half an hour): what is flagged by then differs."""
FEEDS_A_ROUND = 4
REPORTS_A_ROUND = 3
MOST_LAST_ROUNDS = 10
"""A round reads pages for half a minute, and many wait when the killing is over."""
ITEMS_AT_ONCE = 6
"""Items that are flagged in one transaction here: a round has many such transactions, not one."""
HOAX = "Mulai besok Puskesmas Oesapa tidak terima pasien BPJS, warga Kota Kupang wajib bayar Rp75.000. Sebarkan!"


@dataclass(frozen=True)
class Kill:
    """Where a round's worker dies, and which count must have risen by then."""

    step: str
    when: str
    count: int
    grows: str

    @property
    def point(self) -> Failpoint:
        """The exact failpoint."""
        package = "" if ":" not in self.step or self.step == COMMIT else "hoax_tracker."
        return Failpoint(package + self.step, self.when, self.count)


# The second call or a later one: what the first one did is stored by then. Reports are taken in first, then feeds are
# stored, then items flagged, then pages read; so a round that dies while it stores has flagged nothing.
KILLS = (
    Kill("pipeline:assign_report_to_claim", "before", 2, "reports"),
    Kill("ingest.service:store_reading", "before", 2, "sources"),
    Kill("flag.item_assessment:assess_items", "before", 2, "assessments"),
    Kill("ingest.pages.full_text:record_page_visit", "before", 2, "pages"),
    Kill("flag.service:assess_report", "after", 2, "reports"),
    Kill("ingest.storage.store:insert_items", "before", 2, "sources"),
    Kill("flag.item_assessment:assess_items", "after", 2, "assessments"),
    Kill("ingest.pages.full_text:set_full_text", "after", 2, "pages"),
    Kill("pipeline:assign_report_to_claim", "after", 3, "reports"),
    Kill("ingest.sources.schedule:lease_sources", "after", 1, "reports"),
    Kill("items.assessment_queue:lock_next_items", "after", 3, "assessments"),
    Kill("ingest.pages.full_text:lease_linked_pages", "after", 1, "assessments"),
    Kill(COMMIT, "before", 6, "reports"),
    Kill("ingest.storage.store:insert_items", "after", 3, "sources"),
    Kill("flag.scoring:score_and_route_texts", "after", REPORTS_A_ROUND + 2, "assessments"),
    Kill("ingest.pages.full_text:record_page_visit", "after", 2, "pages"),
    Kill(COMMIT, "after", 7, "sources"),
    Kill("ingest.service:record_progress", "before", 3, "sources"),
    Kill("flag.service:join_or_open_claim", "after", REPORTS_A_ROUND + 1, "sources"),
    Kill("flag.near_duplicates:link_near_copies", "after", 2, "assessments"),
    Kill(COMMIT, "before", 11, "assessments"),
    Kill("items.assessment_queue:enqueue_items", "after", 2, "sources"),
    Kill("items.assessment_queue:dequeue_items", "after", 2, "assessments"),
    Kill("ingest.service:store_reading", "after", 3, "sources"),
    Kill("flag.service:find_reworded_items", "before", 2, "assessments"),
)
COUNTED = {
    "reports": "select count(*) from claim_appearance where report_id is not null",
    "sources": "select count(*) from source where last_success_at is not null",
    "assessments": "select count(*) from assessment where item_id is not null",
    "pages": "select count(*) from linked_page where read_at is not null",
    "items": "select count(*) from item",
}

app = create_app()


def read_what_is_due(now: datetime, point: Failpoint | None, words: int) -> None:
    """Run a worker's round in a process of its own. Nothing of the database was opened before the fork."""
    item_assessment.ASSESSMENT_BATCH = flag.GROUPED_AT_ONCE = ITEMS_AT_ONCE

    def die(last_words: str) -> None:
        os.write(words, last_words.encode())
        kill_this_process("")

    if point:
        arm(point, die)
    with app.app_context():
        pipeline.assign_waiting_reports(now)
        pipeline.run_due_sources(app.extensions["settings"], now)
        db.session.remove()
    os.write(words, b"done")


def ends_of(now: datetime, points: Sequence[Failpoint | None]) -> list[str]:
    """Start a worker for each failpoint, together; return each last line. Raises SystemExit for any other end."""
    started = []
    for point in points:
        reader, writer = os.pipe()
        process = forking.Process(target=read_what_is_due, args=(now, point, writer))
        process.start()
        os.close(writer)
        started.append((process, reader))
    ends = []
    for process, reader in started:
        process.join()
        with os.fdopen(reader) as said:
            ends.append(said.read())
        if process.exitcode != (0 if ends[-1] == "done" else -9):
            sys.exit(f"a worker ended with {process.exitcode} and said {ends[-1]!r}")
    return ends


class Instance:
    """The rows that the workers change, read between rounds."""

    def __init__(self) -> None:
        self.url = read_settings().database_url

    def add_reports(self, number: int, now: datetime) -> None:
        """Send reports as residents."""
        texts = [f"{HOAX} Kiriman {number}-{place} dari grup warga." for place in range(REPORTS_A_ROUND)]
        tickets = [hashlib.sha256(text.encode()).hexdigest() for text in texts]
        with self._begin() as connection:
            rows = [
                {"ticket_digest": ticket, "text": text, "received_at": now}
                for ticket, text in zip(tickets, texts, strict=True)
            ]
            connection.execute(sa.insert(Report), rows)

    def expire_leases(self, now: datetime) -> None:
        """Expire the leases of killed workers, and reset the tries of pages: more workers die than a page has tries."""
        with self._begin() as connection:
            connection.execute(sa.text("update source set lease_until = null"))
            waiting = sa.text("update linked_page set tries = 0, next_at = :now where read_at is null")
            connection.execute(waiting.bindparams(sa.bindparam("now", now, UtcDateTime())))

    def pages_left(self) -> int:
        """Return the number of unread pages."""
        with self._begin() as connection:
            query = "select count(*) from linked_page where read_at is null and next_at is not null"
            return connection.scalar(sa.text(query)) or 0

    def counts(self) -> dict[str, int]:
        """Return how many rows each step has produced."""
        with self._begin() as connection:
            return {name: connection.scalar(sa.text(query)) or 0 for name, query in COUNTED.items()}

    def _begin(self) -> AbstractContextManager[sa.Connection]:
        return sa.create_engine(self.url, poolclass=sa.NullPool).begin()


def main(kills: int, workers: int, start: str, armed: str) -> None:
    """Kill a worker each round, then run the last ones to the end; without ``armed`` kill none."""
    import_program()
    instance, now = Instance(), datetime.fromisoformat(start)
    for number in range(kills):
        now += ROUND
        instance.add_reports(number, now)
        before = instance.counts()
        planned = [KILLS[(number + place * 7) % len(KILLS)] for place in range(workers)]
        ends = ends_of(now, [kill.point if armed == "armed" else None for kill in planned])
        instance.expire_leases(now)
        line = {"planned": [kill.point.last_words for kill in planned], "grows": planned[0].grows, "ends": ends}
        sys.stdout.write(json.dumps(line | {"before": before, "after": instance.counts()}) + "\n")
    for _ in range(MOST_LAST_ROUNDS):
        if ends_of(now + ROUND, [None]) != ["done"]:
            sys.exit("the last worker did not end")
        if not instance.pages_left():
            return
    sys.exit("the last worker left pages unread")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4])
