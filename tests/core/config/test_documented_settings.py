"""docs/running.md says what the program does: every setting with its default, every check, every figure."""

from __future__ import annotations

import re
from dataclasses import fields
from datetime import timedelta
from pathlib import Path

from apiflask import APIFlask
from prometheus_client.parser import text_string_to_metric_families

from hoax_tracker.check.answers.admission import PLACES
from hoax_tracker.clock import utc_now
from hoax_tracker.core.config import mail_server, startup_checks
from hoax_tracker.core.config import settings as config
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.flag.model import model_files as flag_models
from hoax_tracker.operations import health_checks, health_views, heartbeat, metrics_collectors
from hoax_tracker.server import run, worker_process
from hoax_tracker.server.gunicorn_arbiter import THREADS
from hoax_tracker.worker import loop
from tests.repository import ROOT

TEXT = (ROOT / "docs" / "running.md").read_text(encoding="utf-8")
PREFIX = startup_checks.ENV_PREFIX
# Where the name of the setting is not the name of the field.
FIELDS = {"UNFLAGGED_DAYS": "unflagged_kept", "CONTACT_DAYS": "contacts_kept", "QUERY_DAYS": "queries_kept"}


def rows_under(heading: str) -> dict[str, str]:
    """The first two columns of the table below a heading, by each name that the first one holds."""
    part = TEXT.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    cells = [re.split(r"(?<!\\)\|", line.strip("|")) for line in part.splitlines() if line.startswith("|")]
    return {name: row[1].strip() for row in cells for name in re.findall(r"`([^`]+)`", row[0])}


def test_every_setting_is_described_with_its_default() -> None:
    described = rows_under("Settings")
    expected = {f"{PREFIX}{name}" for name in (*startup_checks.KNOWN_VARIABLES, "ADMIN_EMAIL", "ADMIN_PASSWORD")}
    assert set(described) == expected | {"DATABASE_URL", "REDIS_URL"}
    defaults = {field.name: field.default for field in fields(Settings)}
    compared = 0
    for name, said in described.items():
        short = name.removeprefix(PREFIX)
        default = defaults.get(FIELDS.get(short, short.lower()))
        if isinstance(default, timedelta):
            default = default.days
        if isinstance(default, bool | int) or short == "BASE_URL":
            assert said == f"`{int(default) if isinstance(default, bool) else default}`", name
            compared += 1
    assert compared == 13


def test_everything_that_is_read_is_a_known_setting() -> None:
    """The list of known variables is compared with what settings.py asks the environment for."""
    source = "".join(Path(one.__file__).read_text(encoding="utf-8") for one in (config, mail_server))
    direct = set(re.findall(r'"HOAX_TRACKER_([A-Z_]+)"[,)]', source))
    by_kind = set(
        re.findall(
            r'(?:read_(?:boolean|days|positive_number|secret|web_address)|no_more_than)\(env, "([A-Z_]+)"',
            source,
        )
    )
    assert direct | by_kind == set(startup_checks.KNOWN_VARIABLES)


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
    assert described == shown | rare
    for used in set(re.findall(r"hoax_tracker_([a-z_]+)", TEXT.partition("```yaml")[2].partition("```")[0])):
        assert re.sub(r"_total|_bucket", "", used) in described


def test_numbers_in_the_text_are_those_of_the_program() -> None:
    flat = " ".join(TEXT.split())
    for said in (
        f"kept for {health_views.CHECKS_CACHE_S:.0f} seconds",
        f"every {metrics_collectors.METRICS_CACHE_S:.0f} seconds a process",
        f"for up to {run.GRACEFUL_S} seconds",
        f"for up to {worker_process.ENDS_WITHIN_S:.0f} seconds",
        f"up to {worker_process.LONGEST_PAUSE_S:.0f}. When",
        f"in {heartbeat.BEAT_FRESH_FOR.seconds // 60} minutes, or {health_checks.FAILED_ROUNDS} of its rounds",
        f"has {sum(THREADS.values())} threads: {THREADS['pages']} answer pages alone, {THREADS['messages']} messages, "
        f"of which {PLACES} at most are decided or wait for it, and {THREADS['others']} what else is sent",
        f"one of the {THREADS['others']} threads",
        f"tries again every {loop.ROUND_PAUSE_S:.0f} seconds",
    ):
        assert said in flat
