"""docs/running.md matches the program: every setting with its default, every check, every figure."""

from __future__ import annotations

import re
from dataclasses import fields
from datetime import timedelta
from pathlib import Path

from apiflask import APIFlask
from prometheus_client.parser import text_string_to_metric_families

from hoax_tracker.check.answers.admission import PLACES
from hoax_tracker.clock import utc_now
from hoax_tracker.core.config import startup_checks
from hoax_tracker.core.config.settings import ALL_VARIABLES, LIMITS, VARIABLES_BY_FIELD, Settings, read_settings
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.flag.model import model_files as flag_models
from hoax_tracker.operations import health_checks, health_views, metrics
from hoax_tracker.server import run, worker_process
from hoax_tracker.server.gunicorn_arbiter import THREADS
from hoax_tracker.worker import embedded, job_queue
from tests.repository import ROOT

TEXT = (ROOT / "docs" / "running.md").read_text(encoding="utf-8")


def rows_under(heading: str) -> dict[str, str]:
    """The first two columns of the table below a heading, by each name that the first one holds."""
    part = TEXT.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    cells = [re.split(r"(?<!\\)\|", line.strip("|")) for line in part.splitlines() if line.startswith("|")]
    return {name: row[1].strip() for row in cells for name in re.findall(r"`([^`]+)`", row[0])}


def test_the_table_is_that_of_the_settings() -> None:
    """Every variable has its line, which says what it is; where the default is a plain value, it is the program's."""
    rows, defaults = rows_under("Settings"), {one.name: one.default for one in fields(Settings)}
    for name, group in VARIABLES_BY_FIELD.items():
        default = defaults[name]
        plain = default.days if isinstance(default, timedelta) else default
        if isinstance(plain, str | int) and plain != "":
            assert [rows[one.name] for one in group] == [f"`{int(plain) if isinstance(plain, bool) else plain}`"], name
    assert rows.keys() == {one.name for one in ALL_VARIABLES}


def test_the_program_reads_no_variable_beside_the_table() -> None:
    named = {
        name
        for path in (ROOT / "hoax_tracker").rglob("*.py")
        for name in re.findall(r'"(HOAX_TRACKER_[A-Z_]+|DATABASE_URL|REDIS_URL)"', path.read_text(encoding="utf-8"))
    }
    assert named - startup_checks.TEST_VARIABLES == {variable.name for variable in ALL_VARIABLES}


def test_a_setting_and_its_variable_are_one_line_of_the_table(tmp_path: Path) -> None:
    """Every field that a variable gives is read from it, and what it gives is not the default."""
    given = {
        "HOAX_TRACKER_DATA": str(tmp_path),
        "HOAX_TRACKER_QUERY_DAYS": "7",
        "HOAX_TRACKER_RSSHUB": "http://a.example",
    }
    settings = read_settings(given)
    assert (settings.query_retention, settings.rsshub) == (timedelta(days=7), "http://a.example")
    assert {one.name for one in fields(Settings)} == {*VARIABLES_BY_FIELD, *LIMITS, "testing"}


def test_every_check_is_described(app: APIFlask, settings: Settings) -> None:
    assert set(rows_under("Health")) == set(health_checks.run_health_checks(settings, utc_now()))


def test_every_figure_is_described_and_alerts_use_what_exists(app: APIFlask) -> None:
    with write_transaction():
        flag_models.register_shipped_model(utc_now())
    app.test_client().get("/healthz")
    text = app.test_client().get("/metrics").get_data(as_text=True)
    shown = {family.name.removeprefix("hoax_tracker_") for family in text_string_to_metric_families(text)}
    shown = {name for name in shown if not name.endswith("_created")}  # not where several processes count
    described = {re.sub(r"\{.*|_total", "", name) for name in rows_under("Metrics")} - {"hoax_tracker_…"}
    rare = {"ingest_success_age_seconds", "claims_oldest_new_age_seconds", "worker_heartbeat_age_seconds"}
    rare.add("jobs_oldest_age_seconds")
    assert described == shown | rare
    for used in set(re.findall(r"hoax_tracker_([a-z_]+)", TEXT.partition("```yaml")[2].partition("```")[0])):
        assert re.sub(r"_total|_bucket", "", used) in described


def test_numbers_in_the_text_are_those_of_the_program() -> None:
    flat = " ".join(TEXT.split())
    for said in (
        f"kept for {health_views.CHECKS_CACHE_S:.0f} seconds",
        f"every {metrics.METRICS_CACHE_S:.0f} seconds a process",
        f"for up to {run.GRACEFUL_S} seconds",
        f"for up to {worker_process.ENDS_WITHIN_S:.0f} seconds",
        f"up to {worker_process.LONGEST_PAUSE_S:.0f}. When",
        f"in {health_checks.BEAT_FRESH_FOR.seconds // 60} minutes, or {health_checks.FAILED_ROUNDS} of its rounds",
        f"has {sum(THREADS.values())} threads: {THREADS['pages']} answer pages alone, {THREADS['messages']} messages, "
        f"of which {PLACES} at most are decided or wait for it, and {THREADS['others']} what else is sent",
        f"one of the {THREADS['others']} threads",
        f"tries again every {embedded.ROUND_PAUSE_S:.0f} seconds",
        f"is back in the queue within {job_queue.STALLED_AFTER_S + job_queue.RESCUE_EVERY_S:.0f} seconds",
    ):
        assert said in flat
