"""Two web hosts on one PostgreSQL: how soon the second answers by what the first published or withdrew.

Each host is ``serve`` with two web processes and a data folder of its own, without a worker. Pages are published and
withdrawn as rows, as any process of the first host does it; the second is asked over HTTP, on a new connection each
time, from the moment at which the transaction begins. Then the connections on which the second hears of pages are cut,
and then the database is started anew.

It runs a PostgreSQL of its own: ``python -m benchmarks published``.
"""

from __future__ import annotations

import http.client
import json
import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.instance import temporary_instance
from benchmarks.jobs import count, rows
from benchmarks.web import run_server, wait_for_index
from tests.services import PostgreSQL, run_postgresql

KNOWN, PUBLISHED, UNASKED = 20, 40, 20
"""Pages that are there before, pages that are published while somebody asks, and while nobody does."""
QUIET_S, LIMIT_S, ASKED_EVERY_S = 2.0, 60.0, 0.01
SERVE = ["-m", "hoax_tracker", "serve", "--workers", "2", "--no-worker"]
LISTENING = "pg_stat_activity where query like 'listen %' and datname = current_database()"


def measure_published_pages() -> dict[str, float]:
    """Return the seconds until the second host answers, and those of a question about a page that it was told of."""
    with run_postgresql() as server:
        os.environ["HOAX_TRACKER_TEST_DATABASE"] = server.url
        with temporary_instance(LIMIT_FACTOR="1000000") as (_app, first), tempfile.TemporaryDirectory() as name:
            pages = add_pages()
            second = Path(name) / "second"
            shutil.copytree(first, second)  # with the keys
            with run_server(first, SERVE), run_server(second, SERVE) as (port, _process):
                wait_for_index(second)
                return measure_second_host(server, port, pages)


class Page(NamedTuple):
    """A page that waits to be published."""

    id: int
    slug: str
    claim: str


def measure_second_host(server: PostgreSQL, port: int, pages: Sequence[Page]) -> dict[str, float]:
    """Return what the second host needs."""
    asked, unasked, (cut, anew) = pages[:PUBLISHED], pages[PUBLISHED : PUBLISHED + UNASKED], pages[-2:]
    published = [time_until_answered(port, page) for page in asked]
    withdrawn = [time_until_answered(port, page, public=False) for page in asked]
    questions = [time_first_question(port, page) for page in unasked]
    figures = {
        "published_median_s": statistics.median(published),
        "published_longest_s": max(published),
        "withdrawn_median_s": statistics.median(withdrawn),
        "withdrawn_longest_s": max(withdrawn),
        "question_after_quiet_median_s": statistics.median(questions),
        "question_after_quiet_longest_s": max(questions),
    }
    listening = count(LISTENING)
    broken: dict[str, tuple[Page, Callable[[], None]]] = {
        "cut": (cut, lambda: cut_connections(listening)),
        "restart": (anew, lambda: restart(server)),
    }
    for name, (page, break_off) in broken.items():
        break_off()
        began = time.monotonic()
        figures[f"published_after_{name}_s"] = time_until_answered(port, page)
        time_until(lambda: count(LISTENING) == listening)
        figures[f"listening_after_{name}_s"] = time.monotonic() - began
    return {name: round(value, 3) for name, value in figures.items()}


def restart(server: PostgreSQL) -> None:
    """Start the database anew."""
    server.stop()
    server.start()


def cut_connections(expected: int) -> None:
    """Cut the connections on which the hosts hear of pages."""
    cut = rows(f"select pg_terminate_backend(pid) from {LISTENING}")  # noqa: S608 - our own words
    if len(cut) != expected or not expected:
        raise RuntimeError(f"{len(cut)} connections listen")


def add_pages() -> list[Page]:
    """Add published pages and others that wait; return the latter."""
    from benchmarks.clarifications import add_bench_officer, build_clarification
    from hoax_tracker.core.database.transactions import write_transaction
    from hoax_tracker.core.paths import data_file_path
    from hoax_tracker.models import ClarificationStatus, db

    most = KNOWN + PUBLISHED + UNASKED + 2
    lines = data_file_path("pairs", "clarifications.jsonl").read_text(encoding="utf-8").splitlines()[:most]
    with write_transaction():
        author, approver = add_bench_officer("a@bench.example"), add_bench_officer("b@bench.example")
        made = [build_clarification(number, json.loads(line), author, approver) for number, line in enumerate(lines, 1)]
        for page in made[KNOWN:]:
            page.status = ClarificationStatus.AWAITING_APPROVAL
        db.session.add_all(made)
        db.session.flush()
        return [Page(page.id, str(page.slug), page.claim_quote) for page in made[KNOWN:]]


def set_public(page_id: int, *, public: bool) -> None:
    """Publish or withdraw a page."""
    from hoax_tracker.clock import utc_now
    from hoax_tracker.core.database.transactions import write_transaction
    from hoax_tracker.models import Clarification, ClarificationStatus, db

    with write_transaction():
        page = db.session.get_one(Clarification, page_id)
        page.status = ClarificationStatus.PUBLISHED if public else ClarificationStatus.RETRACTED
        page.changed_at = utc_now()


def time_until_answered(port: int, page: Page, *, public: bool = True) -> float:
    """Publish or withdraw a page; return the seconds until the host answers by it, or no longer does."""
    began = time.monotonic()
    set_public(page.id, public=public)
    time_until(lambda: is_answered(port, page) is public)
    waited = time.monotonic() - began
    if any(is_answered(port, page) is not public for _ in range(6)):
        raise RuntimeError("a process of the host answers by what was there before")
    return waited


def time_first_question(port: int, page: Page) -> float:
    """Publish a page that nobody asks for until it is old news; return the seconds that the first question takes."""
    set_public(page.id, public=True)
    time.sleep(QUIET_S)
    began = time.monotonic()
    if not is_answered(port, page):
        raise RuntimeError("a question is not answered by what was published before it")
    return time.monotonic() - began


def is_answered(port: int, page: Page) -> bool:
    """Ask the host for a page's claim, and tell whether the answer holds that page. Until it can be asked: no."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=LIMIT_S)
    try:
        body = json.dumps({"text": page.claim})
        connection.request("POST", "/api/v1/check", body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        found: dict[str, Any] = json.loads(answer.read()) if answer.status == 200 else {"matches": []}
    except OSError:
        return False
    finally:
        connection.close()
    return any(str(match["clarification"]["url"]).endswith(f"/{page.slug}") for match in found["matches"])


def time_until(condition: Callable[[], bool]) -> float:
    """Return the seconds until the condition holds. Raises TimeoutError."""
    began = time.monotonic()
    while not condition():
        if time.monotonic() - began > LIMIT_S:
            raise TimeoutError(f"not within {LIMIT_S:.0f} s")
        time.sleep(ASKED_EVERY_S)
    return time.monotonic() - began
