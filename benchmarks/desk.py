"""How soon the desk answers with few rows and with very many: ``python -m benchmarks desk``.

Two seeded instances in one process are asked in turn, page after page, so that a machine that is slow for a while is
slow for both; the larger one must not answer later than 1.5 times the smaller. ``p95_ms`` is by the clock;
``cpu_p95_ms`` is the time of the processor that the request took in this process and in the database's, on one core
(Linux): what else the machine does counts little there.

    python -m benchmarks.desk --items 50000 --claims 5000     other sizes
    python -m benchmarks.desk --keep FOLDER                   keep what was seeded there, and use it again
    python -m benchmarks.desk --only queue --only claim       pages whose name contains one of these
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from time import perf_counter, process_time
from typing import Any
from urllib.parse import urlencode

import numpy as np
import sqlalchemy as sa
from apiflask import APIFlask

from benchmarks.index import write_index_files
from hoax_tracker import pipeline
from hoax_tracker.app import create_app
from hoax_tracker.clock import is_recent, utc_now
from hoax_tracker.insight.early_warning.alarms import LOOK_EVERY, watch_for_waves
from hoax_tracker.insight.figures.month_figures import settle_months
from hoax_tracker.insight.reports.drafts import make_due_drafts
from hoax_tracker.insight.reports.yearly import present_year
from hoax_tracker.match_index import INDEX_FOLDER
from hoax_tracker.match_index.documents import KNOWN_CLAIM_ROWS, PUBLISHED_ROWS
from hoax_tracker.models import (
    PUBLIC_STATUSES,
    Claim,
    ClaimStatus,
    Clarification,
    District,
    EarlyWarningState,
    Item,
    MonthlyReport,
    Officer,
    Source,
    db,
)
from hoax_tracker.operations.bootstrap import prepare_database

REQUESTS_PER_PAGE = 60
WARM_UP_REQUESTS = 5
CSRF_TOKEN_PATTERN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')
TimesTaken = tuple[float, float]
"""Seconds by the clock and of the processor."""
PageRequest = Callable[[], TimesTaken]
VERSION_PATTERN = re.compile(r'name="version"[^>]*value="(\d+)"')


@dataclass(frozen=True)
class Size:
    """How much is seeded."""

    items: int
    claims: int
    clarifications: int
    officers: int = 200


SMALL_SIZE, LARGE_SIZE = Size(10_000, 1_000, 100), Size(1_000_000, 100_000, 10_000)


def measure_desk_pages(
    large: Size = LARGE_SIZE, keep: Path | None = None, only: Sequence[str] = (), asked: int = REQUESTS_PER_PAGE
) -> dict[str, dict[str, float]]:
    """Return the figures of each page whose name contains one of ``only``, and print them as they come."""
    figures = {}
    with ExitStack() as stack:
        small, big = (stack.enter_context(open_seeded_desk(size, keep)) for size in (SMALL_SIZE, large))
        for name in (one for one in small.pages if not only or any(part in one for part in only)):
            figures[name] = compare_desks(small.asks(name), big.asks(name), asked)
            print(f"{name:40} {json.dumps(figures[name])}", file=sys.stderr, flush=True)
    return figures


def compare_desks(small: PageRequest, large: PageRequest, asked: int) -> dict[str, float]:
    """Ask both in turn; return milliseconds of both, and how many times as long the larger takes."""
    taken = np.array([[small(), large()] for _ in range(WARM_UP_REQUESTS + asked)])[WARM_UP_REQUESTS:] * 1000
    p95, median = np.percentile(taken, 95, axis=0), np.median(taken, axis=0)
    return {
        "p95_ms": round(p95[1, 0], 1),
        "small_p95_ms": round(p95[0, 0], 1),
        "cpu_p95_ms": round(p95[1, 1], 1),
        "small_cpu_p95_ms": round(p95[0, 1], 1),
        "ratio": round(p95[1, 1] / p95[0, 1], 2),
        "median_ratio": round(median[1, 1] / median[0, 1], 2),
    }


def database_processes() -> list[int]:
    """Return the processes of PostgreSQL that work for this one; none for SQLite, which is part of it."""
    if db.engine.dialect.name == "sqlite":
        return []
    with db.engine.connect() as connection:
        mine = "datname = current_database() and application_name = 'hoax-tracker'"
        return list(connection.execute(sa.text(f"select pid from pg_stat_activity where {mine}")).scalars())  # noqa: S608


def disable_parallel_queries() -> None:
    """Let PostgreSQL answer in the process that was asked, whose time is counted, from the next connection on."""
    if db.engine.dialect.name == "postgresql":
        with db.engine.begin() as connection:
            name = connection.dialect.identifier_preparer.quote(str(db.engine.url.database))
            connection.execute(sa.text(f"alter database {name} set max_parallel_workers_per_gather = 0"))


def processor_s(others: Sequence[int]) -> float:
    """Return the seconds that this process and those others have had a processor."""
    found = (Path(f"/proc/{pid}/schedstat") for pid in others)
    return process_time() + sum(int(one.read_text(encoding="ascii").split()[0]) for one in found) / 1e9


class Desk:
    """An instance with a signed-in officer who asks for pages."""

    def __init__(self, app: APIFlask, sign_in: dict[str, str]) -> None:
        self.app, self.browser, self.chance, self.looked_at = app, app.test_client(), Random(5), utc_now()
        token = require_match_in_page(CSRF_TOKEN_PATTERN, self.browser.get("/petugas/masuk").get_data(as_text=True))
        self.browser.post("/petugas/masuk", data={"csrf_token": token, **sign_in})
        with app.app_context():
            self.claims = list(db.session.scalars(sa.select(Claim.id)))
            query = sa.select(Claim.id).where(Claim.status == ClaimStatus.NEW)
            self.undecided = list(db.session.scalars(query.order_by(Claim.rank.desc()).limit(1_000)))
            public = Clarification.status.in_(PUBLIC_STATUSES)
            self.published = list(db.session.scalars(sa.select(Clarification.id).where(public).limit(10_000)))
            self.reported_month = db.session.scalar(sa.select(sa.func.max(MonthlyReport.month)))
            self.pages = self.every_page()
            self.others = database_processes()
            db.session.remove()

    def every_page(self) -> dict[str, Callable[[], str]]:
        """Return by name what gives the address of a page; a claim is another one each time."""
        unit = db.session.scalar(sa.select(Officer.unit_id).order_by(Officer.id.desc()).limit(1))
        source = db.session.scalar(sa.select(Source.id).order_by(Source.id).limit(1).offset(5))
        place = db.session.scalar(sa.select(District.id).where(District.kind == "kecamatan").order_by(District.id))
        text = db.session.scalar(sa.select(Item.text).where(Item.text.like("%x dibagikan")).limit(1)) or ""
        rare = text.split()[-2]
        old = {"since": "2026-01-01", "until": self.early()}
        queue, search = "/petugas/", "/petugas/cari/"

        def at(path: str, **asked: Any) -> Callable[[], str]:
            address = f"{path}?{urlencode(asked)}" if asked else path
            return lambda: address

        return {
            "queue": at(queue),
            "queue, page 5": at(queue, page=5),
            "queue of a topic": at(queue, topic="water"),
            "queue of a unit": at(queue, unit=unit),
            "queue, a word": at(queue, q="air"),
            "queue, what was closed": at(queue, status="dismissed"),
            "search, a common word": at(search, q="air"),
            "search, a common word of one kind": at(search, q="air", kind="kiriman"),
            "search, a rare word": at(search, q=rare),
            "search, two words": at(search, q="air sekolah"),
            "search, a common word and filters": at(search, q="air", status="new", topic="water"),
            "search, a common word of a unit": at(search, q="air", unit=unit),
            "search, a common word of a source": at(search, q="air", source=source),
            "search, a common word long ago": at(search, q="air", **old),
            "search, a rare word and filters": at(search, q=rare, status="investigating", topic="water"),
            "search, filters alone": at(search, status="investigating", topic="tax", unit=unit),
            "search, days alone": at(search, **old),
            "claim": lambda: f"/petugas/klaim/{self.chance.choice(self.claims)}",
            "claim, for triage": lambda: f"/petugas/klaim/{self.chance.choice(self.claims)}/isi",
            "decision": lambda: "",
            "early warning, one look": lambda: "",
            "the morning": at("/petugas/untuk-anda"),
            "what residents ask": at("/petugas/ditanyakan/"),
            "clarifications": at("/petugas/klarifikasi/"),
            "reach of a clarification": lambda: f"/petugas/klarifikasi/{self.chance.choice(self.published)}/jangkauan",
            "reports": at("/petugas/laporan/"),
            "a monthly report": at(f"/petugas/laporan/{self.reported_month:%Y-%m}"),
            "a yearly report": at(f"/petugas/laporan/{present_year(utc_now())}"),
            "the flagger's month": at("/petugas/penanda/"),
            "sources": at("/petugas/sumber/"),
            "a source": at(f"/petugas/sumber/{source}/keadaan"),
            "public: front": at("/"),
            "public: list": at("/klarifikasi/"),
            "public: list, a word": at("/klarifikasi/", q="air"),
            "public: list, a topic": at("/klarifikasi/", topik="water"),
            "public: list, a place": at("/klarifikasi/", tempat=place),
            "public: statistics": at("/statistik"),
            "public: statistics, made anew": lambda: self.forget_pages("/statistik"),
        }

    def forget_pages(self, address: str) -> str:
        """Return an address after dropping the pages in memory, so that it is made anew."""
        for name in ("kept_pages", "kept_statistics"):
            self.app.extensions.pop(name, None)
        return address

    def early(self) -> str:
        """Return the day on which a tenth of the span was over."""
        first, last = db.session.execute(sa.select(sa.func.min(Item.fetched_at), sa.func.max(Item.fetched_at))).one()
        return (first + (last - first) / 10).date().isoformat()

    def asks(self, name: str) -> PageRequest:
        """Return what asks for a page once and gives the seconds that it took."""
        special = {"decision": self.decide, "early warning, one look": self.look}
        return special.get(name) or (lambda: self.ask(self.pages[name]()))

    def look(self) -> TimesTaken:
        """Let the worker look at what rises, once five minutes later each time; return the seconds."""
        self.looked_at += LOOK_EVERY + timedelta(seconds=1)
        with self.app.app_context():
            return self.timed(lambda: watch_for_waves(self.looked_at))[1]

    def ask(self, address: str) -> TimesTaken:
        """Ask for a page; return the seconds."""
        answer, taken = self.timed(lambda: self.browser.get(address))
        if answer.status_code != 200:
            raise RuntimeError(f"{address}: {answer.status_code}")
        return taken

    def timed(self, request: Callable[[], Any]) -> tuple[Any, TimesTaken]:
        """Return an answer, and what it took."""
        started, had = perf_counter(), processor_s(self.others)
        answer = request()
        return answer, (perf_counter() - started, processor_s(self.others) - had)

    def decide(self) -> TimesTaken:
        """Dismiss the next claim as triage.js does; return the seconds of the decision alone."""
        claim_id = self.undecided.pop(0)
        part = self.browser.get(f"/petugas/klaim/{claim_id}/isi").get_data(as_text=True)
        sent = {
            "csrf_token": require_match_in_page(CSRF_TOKEN_PATTERN, part),
            "version": require_match_in_page(VERSION_PATTERN, part),
        }
        sent |= {"decision": "dismiss", "reason": "Kabar lama yang sudah tidak beredar."}
        path, fetched = f"/petugas/klaim/{claim_id}/tutup", {"X-Requested-With": "fetch"}
        answer, taken = self.timed(lambda: self.browser.post(path, data=sent, headers=fetched))
        if answer.status_code != 200 or "data-closed" not in answer.get_data(as_text=True):
            raise RuntimeError(f"claim {claim_id}: {answer.status_code}")
        return taken


def require_match_in_page(pattern: re.Pattern[str], page: str) -> str:
    """Return what the pattern's group matches in a page."""
    match = pattern.search(page)
    if match is None:
        raise RuntimeError(f"no {pattern.pattern} on the page")
    return match[1]


def is_counted(now: datetime) -> bool:
    """Tell whether the early warning has counted everything that was seeded."""
    state = db.session.get(EarlyWarningState, 1)
    return state is not None and state.looked_at is not None and is_recent(state.looked_at, LOOK_EVERY, now)


@contextmanager
def open_seeded_desk(size: Size, keep: Path | None) -> Iterator[Desk]:
    """Yield a desk with that much on it, seeded where it is not there yet."""
    from benchmarks.seed import seed_instance
    from tests.databases import ensure_database_url, existing_database_url

    with tempfile.TemporaryDirectory() as name:
        folder = keep / f"{size.items}-{size.claims}" if keep else Path(name)
        kept = folder / "desk.json"
        folder.mkdir(parents=True, exist_ok=True)
        url = existing_database_url(folder) if kept.exists() else ensure_database_url(folder)
        os.environ |= {"HOAX_TRACKER_DATA": str(folder), "DATABASE_URL": url}
        app = create_app()
        with app.app_context():
            prepare_database(utc_now())
            disable_parallel_queries()
            if not kept.exists():
                wrote = seed_instance(size.items, size.claims, size.clarifications, officers=size.officers)
                for rows in (PUBLISHED_ROWS, KNOWN_CLAIM_ROWS):
                    write_index_files(folder / INDEX_FOLDER, rows)
                kept.write_text(json.dumps(wrote["sign_in"]), encoding="utf-8")
            settle_months(app.extensions["settings"], utc_now())  # as the worker does
            pipeline.refresh_cached_figures(app.extensions["settings"], utc_now())  # as it does every hour
            make_due_drafts(app.extensions["settings"], utc_now())  # as it does on the first working day
            while not is_counted(utc_now()):
                watch_for_waves(utc_now())  # as it does every five minutes
            db.session.remove()
            db.engine.dispose()
        yield Desk(app, json.loads(kept.read_text(encoding="utf-8")))
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


def main() -> None:
    """Measure with the sizes of the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=LARGE_SIZE.items)
    parser.add_argument("--claims", type=int, default=LARGE_SIZE.claims)
    parser.add_argument("--clarifications", type=int)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--only", action="append", default=[])
    parser.add_argument("--asked", type=int, default=REQUESTS_PER_PAGE, help="How often each page is asked for.")
    given = parser.parse_args()
    large = Size(given.items, given.claims, given.clarifications or given.claims // 10)
    print(json.dumps(measure_desk_pages(large, given.keep, given.only, given.asked)))


if __name__ == "__main__":
    main()
