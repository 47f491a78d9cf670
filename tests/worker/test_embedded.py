"""The worker process does what is due, and SIGTERM ends it after a whole round."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.database.transactions import read_transaction, write_transaction
from hoax_tracker.models import Claim, ClaimAppearance, Item, Report, Source, WorkerHeartbeat, db
from hoax_tracker.operations import health_checks
from hoax_tracker.operations.health_checks import Heartbeat
from hoax_tracker.worker import embedded, jobs
from tests.factories import count_rows
from tests.feed_server import FeedServer, Reply
from tests.waiting import DEADLINE_S, wait_until_or_ended

HOAX = (
    "INFO PENTING!! Mulai besok Puskesmas Oesapa tidak lagi terima pasien BPJS, semua warga Kota Kupang wajib bayar "
    "Rp75.000. Info dari orang dalam dinas kesehatan. Sebarkan sebelum dihapus!"
)
FEED = (
    '<rss version="2.0"><channel><title>w</title><item><guid>1</guid><link>https://w.example/1</link>'
    f"<description>{HOAX}</description></item></channel></rss>"
).encode()


def count(model: type) -> int:
    """How many rows there are now, as another process left them."""
    db.session.rollback()
    with read_transaction():
        found = count_rows(model)
        db.session.rollback()
    return found


def add_source(url: str, now: datetime) -> None:
    """Add a source that is due."""
    with write_transaction():
        db.session.add(Source(name="w", url=url, created_at=now))


def ended(process: subprocess.Popen[str]) -> str:
    """Tell the process to end, wait for it, and return what it said."""
    process.send_signal(signal.SIGTERM)
    said, _ = process.communicate(timeout=DEADLINE_S)
    assert process.returncode == 0, said
    assert "Traceback" not in said
    return said


@pytest.mark.slow
@pytest.mark.process
def test_a_worker_does_what_is_due_and_ends_when_told(
    worker: Callable[[], subprocess.Popen[str]], server: FeedServer, now: datetime
) -> None:
    add_source(server.answer("/feed", Reply(FEED)), now)
    with write_transaction():
        waiting = "Beredar kabar air PDAM Kota Kupang beracun, jangan diminum sebelum diumumkan wali kota"
        db.session.add(Report(ticket_digest="t", text=waiting, received_at=now))
        old = datetime.now(UTC) - timedelta(days=91)  # of the clock that the process reads
        source = Source(name="old", is_active=False, created_at=old)
        db.session.add(source)
        db.session.flush()
        db.session.add(Item(source_id=source.id, entry_key="o", content_key="o", fetched_at=old))
    process = worker()
    wait_until_or_ended(lambda: count(ClaimAppearance) == 2, process, "item and report in claims")
    wait_until_or_ended(lambda: count(Item) == 1, process, "the old item purged")
    assert '"reports": 1' in ended(process)
    assert count(Claim) == 2
    assert server.count("/feed") == 1


@pytest.mark.slow
@pytest.mark.process
def test_told_to_end_in_the_middle_of_a_reading_it_stores_it_first(
    worker: Callable[[], subprocess.Popen[str]], server: FeedServer, now: datetime
) -> None:
    add_source(server.answer("/feed", Reply(FEED, delay_s=1)), now)
    process = worker()
    wait_until_or_ended(lambda: server.count("/feed") == 1, process, "the feed asked for")
    ended(process)
    assert count(Item) == 1
    assert count(Claim) == 1
    source = db.session.scalars(sa.select(Source)).one()
    assert (source.lease_until, source.failures) == (None, 0)


class Rounds(threading.Event):
    """Ends the work after some rounds; between two rounds it does something."""

    def __init__(self, count: int, between: Callable[[], None]) -> None:
        super().__init__()
        self.left, self.between = count, between

    def wait(self, timeout: float | None = None) -> bool:
        """Count a round instead of waiting."""
        self.left -= 1
        if self.left == 0:
            self.set()
        else:
            self.between()
        return self.is_set()


def rename(table: str, name: str) -> None:
    """Rename a table."""
    with write_transaction():
        db.session.execute(sa.text(f"alter table {table} rename to {name}"))


def test_one_failed_round_does_not_end_the_worker(
    shipped_model: None, settings: Settings, server: FeedServer, now: datetime, caplog: pytest.LogCaptureFixture
) -> None:
    add_source(server.answer("/feed", Reply(FEED)), now)
    rename("worker_heartbeat", "away")
    said: list[str] = []

    def mend() -> None:
        said.append(caplog.text)
        rename("away", "worker_heartbeat")

    embedded.run_worker(settings, Rounds(2, mend))
    assert "a round of the worker failed" in said[0]
    assert count(Item) == 1


@pytest.mark.parametrize("table", ["evidence_copy", "page_copy"])
def test_one_kind_of_work_that_fails_does_not_hold_up_the_others(
    shipped_model: None,
    settings: Settings,
    server: FeedServer,
    now: datetime,
    caplog: pytest.LogCaptureFixture,
    table: str,
) -> None:
    add_source(server.answer("/feed", Reply(FEED)), now)
    beats: list[int] = []

    def mend() -> None:
        db.session.rollback()
        beats.append(db.session.scalars(sa.select(WorkerHeartbeat.failed_rounds)).one())
        db.session.rollback()
        assert count(Item) == 1, "feeds are read"
        rename("away", table)

    rename(table, "away")
    embedded.run_worker(settings, Rounds(2, mend))
    assert beats == [1], "the round counts as failed"
    assert "work that failed is left for the next round" in caplog.text


WORK: dict[str, tuple[Any, str]] = {
    "residents' reports": (jobs.pipeline, "assign_waiting_reports"),
    "what officers asked": (jobs.pipeline, "do_what_officers_asked"),
    "word to reporters": (jobs.pipeline, "notify_reporters_of_progress"),
    "objections to decide": (jobs, "notify_deciders"),
    "work of closed units": (jobs.assignment, "reassign_closed_units_work"),
    "claims given to units": (jobs.assignment, "notify_waiting_units"),
    "notices by mail": (jobs.notices, "mail_unseen_notices"),
    "morning digests": (jobs, "send_digests"),
    "new claims and published pages": (jobs, "match_new_claims"),
    "unconfirmed emergency pages": (jobs, "withdraw_unconfirmed_pages"),
    "refused sign-ins": (jobs.sign_in_log, "record_failures"),
    "links for passwords": (jobs.passwords, "answer_password_requests"),
    "copies of evidence": (jobs, "snapshot_evidence_links"),
    "letters": (jobs, "send_due_letters"),
    "sources": (jobs.pipeline, "run_due_sources"),
    "copies of pages": (jobs.pipeline, "snapshot_pages"),
    "residents' questions": (jobs, "group_questions"),
    "demand for claims": (jobs.pipeline, "refresh_priorities"),
    "early warning": (jobs, "watch_for_waves"),
    "monthly statistics": (jobs, "settle_months"),
    "figures of pages": (jobs.pipeline, "refresh_cached_figures"),
}


def test_all_work_has_words_for_the_administrator() -> None:
    assert {*(job.name for job in jobs.JOBS), embedded.WHOLE_ROUND} <= set(health_checks.WORK_LABELS)


@pytest.mark.parametrize("broken", WORK)
def test_what_fails_stops_nothing_else_in_the_same_round(
    shipped_model: None,
    settings: Settings,
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    broken: str,
) -> None:
    done: list[str] = []

    def instead(work: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def do(*given: Any) -> Any:
            if work == broken:
                raise RuntimeError(work)
            done.append(work)
            return real(*given)

        return do

    for work, (place, name) in WORK.items():
        monkeypatch.setattr(place, name, instead(work, getattr(place, name)))
    assert embedded.run_round(settings, now, Heartbeat(), threading.Event()) == [broken], "it counts as a failed round"
    assert done == [work for work in WORK if work != broken]
    [fault] = [one for one in caplog.records if one.levelname == "ERROR"]
    assert vars(fault)["facts"] == {"work": broken}


def test_what_is_done_late_in_a_long_round_begins_at_that_moment(
    shipped_model: None, settings: Settings, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, begun = [0.0], list[tuple[str, datetime]]()

    def instead(work: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def do(settings: Settings, at: datetime, *given: Any) -> Any:
            begun.append((work, at))
            clock[0] += 600
            return real(settings, at, *given)

        return do

    for work in ("copies of evidence", "sources", "copies of pages"):
        place, name = WORK[work]
        monkeypatch.setattr(place, name, instead(work, getattr(place, name)))
    monkeypatch.setattr(embedded, "perf_counter", lambda: clock[0])
    assert embedded.run_round(settings, now, Heartbeat(), threading.Event()) == []
    assert begun == [
        ("copies of evidence", now),
        ("sources", now + timedelta(minutes=10)),
        ("copies of pages", now + timedelta(minutes=20)),
    ]


def test_purging_is_done_once_a_day(shipped_model: None, settings: Settings) -> None:
    def age() -> None:
        with write_transaction():
            old = datetime.now(UTC) - timedelta(days=91)
            report = Report(ticket_digest=str(old), text="pesan", received_at=old, consent_at=old)
            report.contact_encrypted, report.rejected_at, report.rejected_reason = b"sealed", old, "bukan klaim"
            db.session.add(report)

    age()
    embedded.run_worker(settings, Rounds(3, age))
    assert contacts() == 2, "the first round took one"
    often = [replace(job, every=jobs.ROUND) for job in jobs.JOBS]
    embedded.run_worker(settings, Rounds(3, age), jobs=often)
    assert contacts() == 0


def contacts() -> int:
    """How many contacts of reporters are kept."""
    return db.session.scalar(sa.select(sa.func.count(Report.contact_encrypted))) or 0


def test_a_signal_sets_the_event_even_while_it_is_waited_on() -> None:
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        for number in before:
            stop = embedded.stop_on_signals()
            threading.Timer(0.05, os.kill, [os.getpid(), number]).start()
            assert stop.wait(DEADLINE_S)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def test_a_long_round_shows_life_and_ends_between_two_batches(
    shipped_model: None, settings: Settings, now: datetime
) -> None:
    stop, heart = threading.Event(), Heartbeat()
    embedded.run_round(settings, now, heart, stop)
    assert count(WorkerHeartbeat) == 1
    stop.set()
    with pytest.raises(embedded.StoppedEarlyError):
        embedded.run_round(settings, now, heart, stop)
