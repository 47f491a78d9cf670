"""The trial of two web hosts behind Caddy: visitors use the site while its hosts are killed in turn and come back."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from apiflask import APIFlask

from hoax_tracker.app import create_app
from hoax_tracker.check.reports.submission import ticket_digest
from hoax_tracker.clock import utc_now
from hoax_tracker.core.config.settings import read_settings
from hoax_tracker.models import Report, ReportPicture, RoleName, db
from hoax_tracker.operations.bootstrap import prepare_database
from tests import databases, factories
from tests.server.visitors import Notes, Visitor
from tests.server.web_hosts import WebHost, copy_keys, run_caddy
from tests.services import free_port
from tests.waiting import wait_until

PACE_S = 1.5
"""Seconds that a visitor reads between two things, on average."""
STUCK = 8
"""Requests that the frozen host holds when it is killed."""
OFFICERS = 2


@dataclass
class Site:
    """Two web hosts on one database behind a proxy, and an application beside them that looks at the rows."""

    app: APIFlask
    hosts: list[WebHost]
    port: int
    pages: list[str]


@contextmanager
def serve_on_two_hosts(folder: Path, **environ: str) -> Iterator[Site]:
    """Serve a new instance with a published page and officers, until the block ends."""
    port = free_port()
    first = databases.command_environment(folder / "a", **unlimited_settings(port), **environ)
    with ExitStack() as stack:
        app = create_app(read_settings(first))
        stack.enter_context(app.app_context())
        stack.callback(db.engine.dispose)
        stack.callback(db.session.remove)
        slug = fill_instance()
        copy_keys(folder / "a", folder / "b")
        hosts = [WebHost(folder / name, first) for name in ("a", "b")]
        for host in hosts:
            stack.callback(host.kill)
            host.start()
        stack.enter_context(run_caddy(folder, hosts, port))
        pages = ["/", "/klarifikasi/", f"/klarifikasi/{slug}", "/feed.atom", "/lapor", "/statistik", "/tentang"]
        yield Site(app, hosts, port, pages)
    databases.drop_databases_in(folder)


def unlimited_settings(port: int) -> dict[str, str]:
    """Settings of web hosts behind the proxy at a port, without limits: all visitors come from one address."""
    return {
        "HOAX_TRACKER_LIMIT_FACTOR": "1000000",
        "HOAX_TRACKER_BASE_URL": f"http://127.0.0.1:{port}",
        "HOAX_TRACKER_BEHIND_PROXY": "1",
    }


def fill_instance() -> str:
    """Create the database, officers and a published page; return its address."""
    prepare_database(utc_now())
    author = factories.make_officer("penulis@kupang.example", RoleName.OFFICER)
    approver = factories.make_officer("penyetuju@kupang.example", RoleName.APPROVER)
    for number in range(OFFICERS):
        factories.make_officer(f"petugas-{number}@kupang.example", RoleName.OFFICER)
    page = factories.make_clarification(author, approver, slug="air", published_at=utc_now())
    slug = page.slug
    db.session.commit()
    db.session.remove()
    return str(slug)


def kill_under_load(site: Site, visitors: int, rounds: int, acts: int) -> dict[str, Any]:
    """Let visitors use the site while its hosts are killed in turn and come back; return what was met.

    A host is frozen first, so that it surely dies with requests in hand. Raises AssertionError for every error that a
    visitor met, and for a report that is lost or doubled.
    """
    people = [f"petugas-{number}@kupang.example" for number in range(OFFICERS)]
    with use_site(site.port, site.pages, visitors, people) as notes:
        for number in range(rounds):
            host = site.hosts[number % len(site.hosts)]
            wait_for_acts(notes, acts)
            host.freeze()
            wait_until(lambda: notes.waiting >= STUCK, "requests wait for the frozen host")
            host.kill()
            wait_for_acts(notes, acts)
            host.start()
            wait_for_answers(host, acts // 4)
        wait_for_acts(notes, acts)
    return figures(notes, site.hosts)


@contextmanager
def use_site(
    port: int, pages: list[str], visitors: int, people: Sequence[str] = (), earlier: Notes | None = None
) -> Iterator[Notes]:
    """Let visitors, and officers who sign in first, use the site during the block.

    ``earlier``: what was noted before on the same instance, whose reports are there as well. Raises AssertionError for
    an error that somebody met, and for a report that is lost or doubled.
    """
    notes = Notes(tickets=dict(earlier.tickets) if earlier else {})
    officers = [Visitor(port, -1 - number, notes, pages, PACE_S) for number in range(len(people))]
    for officer, email in zip(officers, people, strict=True):
        officer.sign_in(email, factories.PASSWORD)
    with ThreadPoolExecutor(visitors + len(people)) as pool:
        running = [pool.submit(use_desk, officer, notes) for officer in officers]
        running += [pool.submit(Visitor(port, number, notes, pages, PACE_S).run) for number in range(visitors)]
        try:
            yield notes
        finally:
            notes.over.set()
    for one in running:
        one.result()
    assert notes.faults == [], notes.faults[:3]
    require_each_report_once(notes)


def wait_for_answers(host: WebHost, more: int) -> None:
    """Wait until a host has answered so many requests more."""
    wanted = len(host.requests()) + more
    wait_until(lambda: len(host.requests()) >= wanted, "the host answers visitors")


def use_desk(officer: Visitor, notes: Notes) -> None:
    """Look at the queue again and again."""
    while not notes.over.is_set():
        officer.act("desk", officer.read_desk)
        notes.over.wait(PACE_S)
    officer.close()


def wait_for_acts(notes: Notes, more: int) -> None:
    """Wait until so much more is done. Raises AssertionError as soon as somebody met an error."""
    wanted = notes.count() + more
    wait_until(lambda: notes.faults or notes.count() >= wanted, f"{more} acts of visitors", 600)
    assert notes.faults == [], notes.faults[:3]


def require_each_report_once(notes: Notes) -> None:
    """Every ticket that was given has its report, with its screenshot, and there is no other report."""
    db.session.rollback()
    wanted = {ticket_digest(ticket): has_picture for ticket, has_picture in notes.tickets.items()}
    query = sa.select(Report.ticket_digest, sa.func.count(ReportPicture.id)).outerjoin(
        ReportPicture, ReportPicture.report_id == Report.id
    )
    stored: Sequence[Any] = db.session.execute(query.group_by(Report.id)).all()
    assert {digest: count == 1 for digest, count in stored} == wanted
    assert len(stored) == len(wanted) > 0
    assert db.session.scalar(sa.select(sa.func.count(sa.distinct(Report.text)))) == len(stored)


def figures(notes: Notes, hosts: Sequence[WebHost]) -> dict[str, Any]:
    """Return what was done, what the proxy hid, and how long answers took, in seconds."""
    times = sorted(notes.times_s)
    return {
        "acts": dict(sorted(notes.acts.items())),
        "tickets": len(notes.tickets),
        "sent_again_for_the_proxy": notes.sent_again,
        "told_to_come_again": notes.refused,
        "errors_met": len(notes.faults),
        "answers_of_each_host": [len(host.requests()) for host in hosts],
        "median_s": round(statistics.median(times), 3),
        "p95_s": round(times[int(0.95 * len(times))], 3),
        "longest_s": round(times[-1], 2),
    }
