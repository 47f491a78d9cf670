"""Ingest to flag with a real server, model and database; and the process killed half-way."""

from __future__ import annotations

import csv
import gc
import signal
import subprocess
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pytest
import sqlalchemy as sa
from apiflask import APIFlask

from hoax_tracker import pipeline
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.database.transactions import next_batch, write_transaction
from hoax_tracker.core.paths import data_file_path
from hoax_tracker.flag import service as flag
from hoax_tracker.flag.model import model_files as flag_models, registry
from hoax_tracker.models import Assessment, Claim, ClaimAppearance, ClaimStatus, Item, Officer, Report, Source, db
from tests import databases
from tests.conftest import settings_for
from tests.crowded import count_statements
from tests.factories import count_rows
from tests.feed_server import FeedServer, Reply
from tests.forks import run_python

HOAX = (
    "INFO PENTING!! Mulai besok Puskesmas Oesapa tidak lagi terima pasien BPJS, semua warga Kota Kupang wajib bayar "
    "Rp75.000. Info dari orang dalam dinas kesehatan. Sebarkan sebelum dihapus!"
)
NEWS = "Tim sepak bola asal Flores menang tiga gol tanpa balas pada laga persahabatan di Ende, Minggu sore."


def texts(kind: str) -> list[str]:
    """The texts of one file of the corpus."""
    with data_file_path("labelled", f"{kind}.csv").open(encoding="utf-8", newline="") as file:
        return [row["text"] for row in csv.DictReader(file)]


def feed(name: str, entries: list[str]) -> bytes:
    """An RSS feed of posts."""
    items = "".join(
        f"<item><guid>{name}-{n}</guid><link>https://{name}.example/{n}</link>"
        f"<description>{escape(text)}</description></item>"
        for n, text in enumerate(entries)
    )
    return f'<rss version="2.0"><channel><title>{name}</title>{items}</channel></rss>'.encode()


def add_source(server: FeedServer, name: str, entries: list[str], now: datetime) -> None:
    db.session.add(Source(name=name, url=server.answer(f"/{name}", Reply(feed(name, entries))), created_at=now))
    db.session.commit()


@pytest.mark.usefixtures("shipped_model")
def test_the_offices_targets_are_read_once_a_batch_however_many_claims_open(
    server: FeedServer, settings: Settings, now: datetime
) -> None:
    add_source(server, "akun", texts("misinformation_loud")[:12], now)
    with count_statements() as statements:
        pipeline.run_due_sources(settings, now)
    assert count_rows(Claim) > 2
    assert len([statement for statement in statements if "office_rules" in statement]) == 1
    assert len([statement for statement in statements if "holiday" in statement]) == 1


@pytest.mark.usefixtures("shipped_model")
def test_a_hoax_becomes_a_claim_and_ordinary_news_does_not(
    server: FeedServer, settings: Settings, now: datetime
) -> None:
    add_source(server, "grup", [HOAX, NEWS], now)
    run = pipeline.run_due_sources(settings, now)
    assert (run.outcome.new, run.flagged, count_rows(Assessment)) == (2, 1, 2)
    claim = db.session.scalars(sa.select(Claim)).one()
    assert claim.text == HOAX
    assert claim.status is ClaimStatus.NEW
    reasons = db.session.scalars(sa.select(Assessment.reasons).where(Assessment.flagged)).one()
    assert reasons
    for reason in reasons:
        if reason["start"] is not None:
            assert 0 <= reason["start"] < reason["end"] <= len(claim.text)


@pytest.mark.usefixtures("shipped_model")
def test_what_names_no_place_is_flagged_where_its_source_writes_about_the_city_only(
    server: FeedServer, settings: Settings, now: datetime
) -> None:
    silent = "Mulai besok dokter tidak terima pasien tanpa setor uang Rp75.000. Sebarkan ke semua grup!"
    add_source(server, "nasional", [silent], now)
    assert pipeline.run_due_sources(settings, now).flagged == 0
    add_source(server, "liliba", [silent], now)
    with write_transaction():
        db.session.scalars(sa.select(Source).where(Source.name == "liliba")).one().is_local = True
    assert pipeline.run_due_sources(settings, now).flagged == 1
    scores = db.session.scalars(sa.select(Assessment.relevance).order_by(Assessment.id)).all()
    assert scores[0] < scores[1]


@pytest.mark.usefixtures("shipped_model")
def test_near_copies_join_the_claim(server: FeedServer, settings: Settings, now: datetime) -> None:
    add_source(server, "satu", [HOAX], now)
    add_source(server, "dua", ["Diteruskan dari grup sebelah. " + HOAX], now)
    pipeline.run_due_sources(settings, now)
    claim = db.session.scalars(sa.select(Claim)).one()
    assert len(claim.appearances) == 2
    alone = claim.priority
    add_source(server, "tiga", [HOAX.lower()], now)
    pipeline.run_due_sources(settings, now)
    db.session.expire_all()
    assert len(claim.appearances) == 3
    assert claim.priority > alone


@pytest.mark.usefixtures("shipped_model")
def test_running_again_changes_nothing_that_an_officer_touched(
    server: FeedServer, settings: Settings, now: datetime, officer: Officer
) -> None:
    add_source(server, "satu", [HOAX], now)
    pipeline.run_due_sources(settings, now)
    with write_transaction():
        claim = db.session.scalars(sa.select(Claim)).one()
        claim.status, claim.priority, claim.title, claim.version = ClaimStatus.DISMISSED, 0.1, "Ditutup", 2
    add_source(server, "dua", [HOAX], now)
    pipeline.run_due_sources(settings, now + timedelta(hours=2))
    db.session.expire_all()
    assert (claim.status, claim.priority, claim.title, claim.version) == (ClaimStatus.DISMISSED, 0.1, "Ditutup", 2)
    assert len(claim.appearances) == 2
    assert count_rows(Assessment) == 2


@pytest.mark.usefixtures("shipped_model")
def test_every_item_is_assessed_once_per_model_version(server: FeedServer, settings: Settings, now: datetime) -> None:
    add_source(server, "satu", [HOAX, NEWS], now)
    for hours in range(3):
        pipeline.run_due_sources(settings, now + timedelta(hours=hours))
    assert count_rows(Assessment) == 2
    with write_transaction():
        version = registry.require_usable_version(now)
        version.digest = "0" * 64  # as if another version had assessed them
        version.is_active = False
    with write_transaction():
        flag_models.register_shipped_model(now)
    pipeline.flag_pending_items(now)
    assert (count_rows(Assessment), count_rows(Claim), count_rows(ClaimAppearance)) == (4, 1, 1)


@pytest.mark.usefixtures("shipped_model")
def test_a_report_opens_a_claim_once_or_joins_one(server: FeedServer, settings: Settings, now: datetime) -> None:
    add_source(server, "satu", [HOAX], now)
    pipeline.run_due_sources(settings, now)
    copy = Report(ticket_digest="a" * 64, text=HOAX + " Betul ko?", received_at=now)
    other = Report(ticket_digest="b" * 64, text="Besok kantor lurah Lasiana tutup satu bulan?", received_at=now)
    db.session.add_all([copy, other])
    db.session.commit()
    assert pipeline.assign_waiting_reports(now) == 2
    assert pipeline.assign_waiting_reports(now) == 0
    pipeline.assign_report_to_claim(copy.id, now)
    assert (count_rows(Claim), count_rows(ClaimAppearance)) == (2, 3)
    held = db.session.scalars(sa.select(ClaimAppearance).where(ClaimAppearance.report_id == copy.id)).one()
    assert held.claim.text == HOAX


@pytest.mark.usefixtures("shipped_model")
def test_a_report_that_fails_keeps_no_other(
    settings: Settings, now: datetime, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    texts = ("Besok kantor lurah Lasiana tutup satu bulan?", "Katanya air PDAM beracun di Oebobo")
    rows = [Report(ticket_digest=key * 64, text=text, received_at=now) for key, text in zip("ab", texts, strict=True)]
    db.session.add_all(rows)
    db.session.commit()
    bad, good = (row.id for row in rows)
    assess = flag.assess_report

    def assess_the_other(report: Report, *arguments: Any) -> None:
        if report.id == bad:
            db.session.execute(sa.text("select nothing from nowhere"))
        assess(report, *arguments)

    monkeypatch.setattr(flag, "assess_report", assess_the_other)
    with pytest.raises(sa.exc.DBAPIError):
        pipeline.assign_waiting_reports(now)
    assert f"report {bad} is stored but joined no claim yet" in caplog.text
    assert texts[0] not in caplog.text
    assert db.session.scalars(sa.select(ClaimAppearance.report_id)).all() == [good]
    monkeypatch.undo()
    assert pipeline.assign_waiting_reports(now) == 1


@pytest.mark.usefixtures("shipped_model")
def test_reports_go_before_items_and_one_that_fails_stops_none(
    server: FeedServer, settings: Settings, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_source(server, "satu", [HOAX], now)
    rows = [Report(ticket_digest=key * 64, text=HOAX + " Betul ko?", received_at=now) for key in "ab"]
    db.session.add_all(rows)
    db.session.commit()
    bad, good = (row.id for row in rows)
    assess = flag.assess_report
    monkeypatch.setattr(flag, "assess_report", lambda report, *rest: None if report.id == good else 1 / 0)
    assert pipeline.run_due_sources(settings, now).flagged == 1
    monkeypatch.setattr(
        flag, "assess_report", lambda report, *rest: 1 / 0 if report.id == bad else assess(report, *rest)
    )
    add_source(server, "dua", ["Besok air di Oebobo dimatikan 3 hari, kata PDAM."], now)
    pipeline.run_due_sources(settings, now)
    assert db.session.scalars(
        sa.select(ClaimAppearance.report_id).where(ClaimAppearance.report_id.is_not(None))
    ).all() == [good]


def rows_of(folder: Path) -> dict[str, list[tuple[object, ...]]]:
    """What a run left: items, assessments and claims without ids and times."""
    engine = sa.create_engine(settings_for(folder).database_url)
    queries = {
        "items": "select s.name, i.entry_key, i.text, i.full_text from item i join source s on s.id = i.source_id"
        " order by 1, 2",
        "assessed": "select i.entry_key, a.flagged from assessment a join item i on i.id = a.item_id order by 1",
        "claimed": "select i.entry_key from claim_appearance c join item i on i.id = c.item_id order by 1",
        "sources": "select name, failures, last_error from source order by 1",
    }
    with engine.connect() as connection:
        found = {name: [tuple(row) for row in connection.execute(sa.text(query))] for name, query in queries.items()}
    engine.dispose()
    return found


READ_FEEDS = """
import os, signal, sys
from sqlalchemy import event
from hoax_tracker import pipeline
from hoax_tracker.app import create_app
from hoax_tracker.clock import utc_now
from hoax_tracker.models import db
statements = 0
def count_or_die(*_given):
    global statements
    statements += 1
    if statements == int(sys.argv[1]):
        os.kill(os.getpid(), signal.SIGKILL)
app = create_app()
with app.app_context():
    event.listen(db.engine, "before_cursor_execute", count_or_die)
    pipeline.run_due_sources(app.extensions["settings"], utc_now())
print(statements)
"""
"""Reads all feeds and says how many statements it sent, or dies at the one with the given number."""


@pytest.mark.slow
@pytest.mark.needs("posix")
@pytest.mark.usefixtures("shipped_model")
def test_a_process_killed_anywhere_loses_and_doubles_nothing(
    app: APIFlask, server: FeedServer, settings: Settings, now: datetime, tmp_path: Path
) -> None:
    posts = [*texts("misinformation_loud")[:12], *texts("news")[:12], *texts("elsewhere")[:12]]
    for number in range(4):
        add_source(server, f"sumber-{number}", posts[number::4] + posts[:3], now)
    db.session.remove()
    db.engine.dispose()
    allow = ",".join(f"{host}:{port}" for host, port in settings.fetch_allow)

    def copy(name: str) -> Path:
        databases.copy_instance(settings.data_folder, tmp_path / name)
        return tmp_path / name

    def read_feeds(folder: Path, die_at: int = 0) -> subprocess.CompletedProcess[str]:
        environ = databases.command_environment(folder, HOAX_TRACKER_FETCH_ALLOW=allow)
        return run_python("-c", READ_FEEDS, str(die_at), environ=environ)

    whole = copy("whole")
    undisturbed = read_feeds(whole)
    assert undisturbed.returncode == 0, undisturbed.stderr
    wanted, steps = rows_of(whole), int(undisturbed.stdout)
    assert len(wanted["items"]) >= 36
    assert wanted["claimed"]
    for number in range(1, 6):
        folder = copy(f"killed-{number}")
        assert read_feeds(folder, steps * number // 6).returncode == -signal.SIGKILL
        expire_leases(folder)
        assert read_feeds(folder).returncode == 0
        assert rows_of(folder) == wanted, f"killed at statement {steps * number // 6} of {steps}"


def expire_leases(folder: Path) -> None:
    """Let the lease of the killed process run out, as time would."""
    engine = sa.create_engine(settings_for(folder).database_url)
    with engine.begin() as connection:
        connection.execute(sa.text("update source set lease_until = null"))
    engine.dispose()


def test_items_are_stored_without_a_model_and_flagged_once_there_is_one(
    app: APIFlask, server: FeedServer, settings: Settings, now: datetime
) -> None:
    add_source(server, "satu", [HOAX], now)
    with pytest.raises(Exception, match="no model is active"):
        pipeline.run_due_sources(settings, now)
    assert count_rows(Item) == 1
    with write_transaction():
        flag_models.register_shipped_model(now)
    assert pipeline.flag_pending_items(now) == 1


@pytest.mark.parametrize(
    ("at_once", "held_s", "following"),
    [(100, 0.3, 100), (100, 0.6, 50), (100, 60.0, 20), (100, 0.01, 200), (400, 0.01, 500), (1, 0.0, 20)],
)
@pytest.mark.sqlite
def test_a_batch_is_as_large_as_this_machine_writes_in_a_third_of_a_second(
    app: APIFlask, at_once: int, held_s: float, following: int
) -> None:
    assert next_batch(at_once, held_s, 500) == following


@pytest.mark.postgresql
def test_where_many_write_a_batch_may_take_longer_but_not_as_long_as_others_wait(app: APIFlask) -> None:
    assert [next_batch(100, held_s, 500) for held_s in (0.3, 3.0, 6.0, 60.0)] == [200, 100, 50, 20]


def test_what_is_left_for_judging_pages_is_counted_once_they_are_read(
    settings: Settings, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, given = [0.0], []

    def read(*_given: object) -> int:
        clock[0] += pipeline.PAGES_S - 10
        return 1

    def judge(_now: datetime, _progress: object, seconds: float) -> int:
        given.append(seconds)
        clock[0] += seconds
        return 0

    monkeypatch.setattr(pipeline, "perf_counter", lambda: clock[0])
    monkeypatch.setattr(pipeline, "fetch_story_pages", read)
    monkeypatch.setattr(pipeline, "flag_pending_items", judge)
    pipeline.fetch_full_texts(
        pipeline.PipelineRun(pipeline.IngestOutcome(), 0, 0.0, 0.0), settings, now, pipeline.no_progress
    )
    assert given == [10]


def test_pages_are_held_from_the_moment_when_they_are_asked_for(
    settings: Settings, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[datetime] = []

    def read(_settings: Settings, at: datetime, *_given: object) -> int:
        asked.append(at)
        return 0

    monkeypatch.setattr(pipeline, "fetch_story_pages", read)
    for seconds in (0.0, 660.0):
        before = pipeline.PipelineRun(pipeline.IngestOutcome(), 0, seconds, seconds)
        pipeline.fetch_full_texts(before, settings, now, pipeline.no_progress)
    assert asked == [now, now + timedelta(minutes=11)]


@pytest.mark.slow
@pytest.mark.usefixtures("shipped_model")
def test_what_was_loaded_is_walked_no_more(app: APIFlask, now: datetime) -> None:
    pipeline.freeze_loaded_objects.cache_clear()
    gc.unfreeze()
    pipeline.flag_pending_items(now)
    kept = gc.get_freeze_count()
    pipeline.flag_pending_items(now)
    assert 10_000 < gc.get_freeze_count() <= kept, "once in a process"
    gc.unfreeze()
