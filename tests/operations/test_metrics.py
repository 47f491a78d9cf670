"""/metrics: all web processes together count each request once, and figures match the rows."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from apiflask import APIFlask
from prometheus_client.parser import text_string_to_metric_families

from hoax_tracker.app import create_app
from hoax_tracker.clock import utc_now
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.flag.model import model_files as flag_models
from hoax_tracker.match_index import warm_up_match_index
from hoax_tracker.models import ClaimStatus, Item, Report, RoleName, Source, db
from hoax_tracker.operations import metrics
from hoax_tracker.operations.health_checks import Heartbeat
from hoax_tracker.operations.metrics import METRICS_FOLDER, metrics_folders
from tests import databases, factories
from tests.operations.test_health import away
from tests.processes import Served, serve_instance
from tests.waiting import wait_until

REQUESTS = 90


def samples(text: str) -> Iterator[tuple[str, dict[str, str], float]]:
    """Yield (name, labels, value) of an exposition, parsed by the library's own parser."""
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            yield sample.name.removeprefix("hoax_tracker_"), sample.labels, sample.value


def value(text: str, name: str, /, **labels: str) -> float | None:
    """The value of one sample, None where it is not there."""
    found = [given for name_, labels_, given in samples(text) if name_ == name and labels_ == labels]
    assert len(found) < 2
    return found[0] if found else None


def scraped(app: APIFlask) -> str:
    """What the app exposes."""
    return app.test_client().get("/metrics").get_data(as_text=True)


@pytest.mark.slow
@pytest.mark.process
@pytest.mark.needs("proc")
def test_many_processes_count_every_request_once_and_lose_none(app: APIFlask, settings: Settings) -> None:
    def seen(served: Served) -> set[float | None]:
        """The counter as many connections are told it, so by every process."""
        labels = {"route": "/lapor/<ticket>", "method": "GET", "status": "4xx"}
        return {value(served.get("/metrics")[1], "requests_total", **labels) for _ in range(12)}

    with serve_instance(settings, "--workers", "3", "--no-worker") as served, ThreadPoolExecutor(6) as pool:
        wait_until(lambda: len(served.web()) == 3, "three web processes")
        for round_ in (1, 2):
            assert list(pool.map(lambda _: served.get("/lapor/ABCD")[0], range(REQUESTS))) == [404] * REQUESTS
            assert seen(served) == {REQUESTS * round_}
            victim = served.web()[0]
            os.kill(victim, signal.SIGKILL)
            wait_until(lambda gone=victim: gone not in served.web() and len(served.web()) == 3, "another web process")
            assert seen(served) == {REQUESTS * round_}, "what a dead process counted stays"
        counted = value(served.get("/metrics")[1], "request_duration_seconds_count", route="/lapor/<ticket>")
        assert counted == 2 * REQUESTS
        kept = metrics_folders(settings.data_folder)[0]
        live = {path.stem.rsplit("_", 1)[1] for path in kept.glob("gauge_live*.db")}
        assert live <= {str(pid) for pid in served.web()}, "a dead process says nothing of the living"
    with serve_instance(settings, "--workers", "1", "--no-worker") as served:
        assert seen(served) == {None}, "each start counts from nothing"
    assert not kept.exists(), "what was counted gives its memory back"


def test_requests_are_told_apart_by_route_method_and_kind_of_answer(settings: Settings) -> None:
    app = create_app(settings)
    browser = app.test_client()
    browser.get("/lapor/ABCD-1234?q=rahasia")
    browser.get("/tidak/ada")
    browser.open("/healthz", method="ASINGSEKALI")
    browser.post("/cek", data={"q": "x"})
    text = scraped(app)
    assert value(text, "requests_total", route="/lapor/<ticket>", method="GET", status="4xx") == 1
    assert value(text, "requests_total", route="unknown", method="GET", status="4xx") == 1
    assert [labels for name, labels, _ in samples(text) if name == "requests_total" and labels["method"] == "OTHER"]
    assert "ABCD" not in text
    assert "rahasia" not in text
    assert "ASING" not in text


def figure(app: APIFlask, monkeypatch: pytest.MonkeyPatch, name: str, **labels: str) -> float | None:
    """A figure as it is now."""
    monkeypatch.setattr(metrics, "METRICS_CACHE_S", 0)
    return value(scraped(app), name, **labels)


def test_the_rows_give_the_figures(app: APIFlask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "METRICS_CACHE_S", 0)
    now = utc_now()
    empty = scraped(app)
    for absent in ("ingest_success_age_seconds", "claims_oldest_new_age_seconds", "worker_heartbeat_age_seconds"):
        assert value(empty, absent) is None, "what never happened has no age"
    with write_transaction():
        flag_models.register_shipped_model(now)
        ok = {"url": "https://a.example", "last_success_at": now - timedelta(minutes=7), "next_fetch_at": now}
        later = {"url": "https://b.example", "failures": 3, "next_fetch_at": now + timedelta(hours=1)}
        source = Source(name="a", created_at=now, **ok)
        db.session.add_all([source, Source(name="b", created_at=now, **later)])
        db.session.add(Source(name="c", url="https://c.example", created_at=now, is_active=False, failures=1))
        db.session.flush()
        db.session.add(Item(source_id=source.id, entry_key="k", content_key="k", fetched_at=now))
        db.session.add(Report(ticket_digest="t", text="pesan", received_at=now))
    claim = factories.make_claim()
    with write_transaction():
        claim.status, claim.created_at = ClaimStatus.NEW, now - timedelta(hours=3)
    heart = Heartbeat()
    heart.beat()
    heart.round_ended(["letters"])
    text = scraped(app)
    expected = {"database_up": 1, "sources": 2, "sources_failing": 1, "sources_due": 1, "items": 1}
    expected |= {"reports_waiting": 1, "workers": 1, "worker_failed_rounds": 1}
    assert {name: value(text, name) for name in expected} == expected
    assert {s.value: value(text, "claims", status=s.value) for s in ClaimStatus} == {
        s.value: float(s is ClaimStatus.NEW) for s in ClaimStatus
    }
    assert value(text, "ingest_success_age_seconds") == pytest.approx(420, abs=60)
    assert value(text, "claims_oldest_new_age_seconds") == pytest.approx(10_800, abs=60)
    assert value(text, "worker_heartbeat_age_seconds") == pytest.approx(0, abs=60)
    model = flag_models.find_active_version()
    assert model is not None
    assert value(text, "model_info", name=model.name, digest=model.digest[:12]) == 1
    assert (value(text, "database_bytes") or 0) > 50_000
    assert (value(text, "disk_free_bytes") or 0) > 0


def test_the_index_lags_by_what_was_published_since_it_was_read(app: APIFlask, monkeypatch: pytest.MonkeyPatch) -> None:
    author = factories.make_officer("a@kupang.example", RoleName.OFFICER)
    approver = factories.make_officer("b@kupang.example", RoleName.APPROVER)

    def publish(at: datetime) -> None:
        page = factories.make_clarification(author, approver)
        with write_transaction():
            page.changed_at = at

    publish(utc_now() - timedelta(minutes=1))
    assert figure(app, monkeypatch, "index_lag") == 1, "nothing was read yet"
    warm_up_match_index(app)
    assert figure(app, monkeypatch, "index_lag") == 0
    publish(utc_now() + timedelta(seconds=5))
    assert figure(app, monkeypatch, "index_lag") == 1


def test_without_a_database_the_rest_is_still_told(settings: Settings) -> None:
    app = create_app(away(settings))
    app.test_client().get("/healthz")
    text = scraped(app)
    assert value(text, "database_up") == 0
    assert value(text, "requests_total", route="/healthz", method="GET", status="2xx") == 1
    assert value(text, "items") is None


def test_asking_often_reads_the_rows_once(app: APIFlask, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "METRICS_CACHE_S", 1000)
    first = scraped(app)
    with write_transaction():
        db.session.add(Source(name="a", url="https://a.example", created_at=now))
    assert value(scraped(app), "sources") == value(first, "sources") == 0


def test_backups_leave_the_counters_out(app: APIFlask, settings: Settings, tmp_path: Path) -> None:
    from hoax_tracker.operations.backup.backup import files_to_back_up

    (settings.data_folder / METRICS_FOLDER).mkdir()
    (settings.data_folder / METRICS_FOLDER / "counter_1.db").write_bytes(b"x")
    assert not [path for path in files_to_back_up(settings) if METRICS_FOLDER in path.parts]


@pytest.mark.slow
@pytest.mark.process
def test_a_question_and_a_report_load_no_model_of_the_flagger(app: APIFlask, settings: Settings) -> None:
    """It would keep the first reporter waiting for seconds, and the process half as large again."""
    code = (
        "import sys\n"
        "from hoax_tracker.app import create_app\n"
        "client, text = create_app().test_client(), {'text': 'Katanya air PDAM mati tujuh hari di Oebobo'}\n"
        "print([client.post(f'/api/v1/{what}', json=text).status_code for what in ('check', 'reports')])\n"
        "print(*sys.modules)"
    )
    environ = databases.command_environment(settings.data_folder)
    done = subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=True)
    codes, loaded = done.stdout.splitlines()[-2:]
    assert codes == "[200, 201]"
    assert not set(loaded.split()) & {"sklearn", "skops"}


@pytest.mark.slow
@pytest.mark.process
def test_the_app_is_made_without_what_must_be_loaded_after_the_fork(settings: Settings) -> None:
    """The model would be held by the master too, and Prometheus' library would not know the shared folder yet."""
    code = "import sys; from hoax_tracker.app import create_app; create_app(); print(*sys.modules)"
    environ = databases.command_environment(settings.data_folder)
    done = subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "hoax_tracker.operations.health_views" in loaded
    assert not loaded & {"sklearn", "onnxruntime", "prometheus_client"}
