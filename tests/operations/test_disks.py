"""The real server on a full, filling or read-only disk: requests are answered, no process ends."""

from __future__ import annotations

import importlib
import json
import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

import pytest

from hoax_tracker.app import create_app
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.operations import metrics
from tests import databases, hardship
from tests.processes import Served, serve_instance

pytestmark = [pytest.mark.process, pytest.mark.database]

READ = ("/healthz", "/", "/metrics", "/cek", "/klarifikasi/", "/petugas/masuk")
QUESTION = json.dumps({"text": "Mulai Senin air PDAM mati total tujuh hari"})
MakeDisk = Callable[[Path], AbstractContextManager[Path]]
DISKS: dict[str, MakeDisk] = {
    "memory": lambda folder: hardship.tiny_disk(folder, "64m"),
    "ext4": lambda folder: hardship.tiny_ext4(folder, 64),
}
# With its database elsewhere an instance has a few files on its disk, whichever that is.
TRIED_DISKS = ["memory"] if databases.ON_POSTGRESQL else list(DISKS)


@pytest.fixture(params=[pytest.param(kind, marks=pytest.mark.needs("proc", f"{kind}_disk")) for kind in TRIED_DISKS])
def make_disk(request: pytest.FixtureRequest) -> MakeDisk:
    """Each kind of disk."""
    return DISKS[request.param]


def laid_on(disk: Path, settings: Settings) -> tuple[Settings, dict[str, str]]:
    """Lay an instance on a disk; return its settings and what a command needs to work on it."""
    shutil.copytree(settings.data_folder, disk, dirs_exist_ok=True)
    database = {"DATABASE_URL": databases.ensure_database_url(settings.data_folder)} if databases.ON_POSTGRESQL else {}
    return replace(settings, data_folder=disk), database


def served_on(disk: Path, settings: Settings) -> AbstractContextManager[Served]:
    """Serve an instance that is laid on a disk, by two web processes."""
    placed, database = laid_on(disk, settings)
    return serve_instance(placed, "--workers", "2", "--no-worker", **database)


def ask(served: Served) -> int:
    """Read every page some times, by both processes, and ask a question; return the status of that."""
    for _ in range(5):
        assert [(path, served.get(path)[0]) for path in READ] == [(path, 200) for path in READ]
        status, _body, _headers = served.ask("POST", "/api/v1/check", QUESTION, {"Content-Type": "application/json"})
        assert status in (200, 503)
    return status


@pytest.mark.slow
def test_a_disk_that_fills_up_ends_no_request(tmp_path: Path, settings: Settings, make_disk: MakeDisk) -> None:
    with make_disk(tmp_path / "served" / "disk") as disk, served_on(disk, settings) as served:
        assert ask(served) == 200
        before = served.web()
        ballast = hardship.fill_disk(disk)
        assert ask(served) == 200, "a question is answered though it cannot be counted"
        assert served.web() == before
        ballast.unlink()
        assert ask(served) == 200


@pytest.mark.slow
@pytest.mark.needs("proc", "ext4_disk")
def test_a_disk_that_takes_nothing_any_more_ends_no_request(tmp_path: Path, settings: Settings) -> None:
    with DISKS["ext4"](tmp_path / "served" / "disk") as disk, served_on(disk, settings) as served:
        assert ask(served) == 200
        before = served.web()
        hardship.break_ext4(disk)
        assert ask(served) == 200, "a question is answered though it is counted nowhere"
        assert served.web() == before
        assert served.get("/readyz")[0] == 503


@pytest.mark.slow
@pytest.mark.parametrize(
    ("spoil", "said"), [(hardship.fill_disk, "penuh"), (hardship.remount_read_only, "hanya dapat dibaca")]
)
def test_a_start_on_such_a_disk_says_so_or_serves(
    tmp_path: Path, settings: Settings, make_disk: MakeDisk, spoil: Callable[[Path], object], said: str
) -> None:
    with make_disk(tmp_path / "served" / "disk") as disk:
        placed, database = laid_on(disk, settings)
        spoil(disk)
        start = serve_instance(placed, "--workers", "2", "--no-worker", **database)
        if databases.ON_POSTGRESQL:
            with start as served:
                assert ask(served) == 200
        else:  # the processes of SQLite share memory by a file
            with pytest.raises(AssertionError, match=said), start:
                pass


def test_nothing_counts_where_nothing_can_be_kept(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    # The library looks at the variable when it is first imported, and keeps to that in every later test.
    importlib.import_module("prometheus_client")
    monkeypatch.setenv(metrics.MULTIPROCESS_VARIABLE, str(tmp_path / "gone"))
    browser = create_app(settings).test_client()
    for _ in range(3):
        assert browser.get("/healthz").status_code == 200
    assert caplog.text.count("requests are not counted") == 1
    page = browser.get("/metrics")
    assert page.status_code == 200
    assert "hoax_tracker_database_up 1.0" in page.get_data(as_text=True)


def test_a_folder_of_somebody_else_counts_nothing(tmp_path: Path) -> None:
    (tmp_path / "theirs").mkdir()
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "theirs")
    with pytest.raises(OSError, match="link"):
        metrics.prepare_metrics_folder(link)
    open_to_all = tmp_path / "open"
    open_to_all.mkdir()
    (open_to_all / "old").touch()
    assert list(metrics.prepare_metrics_folder(open_to_all).iterdir()) == []
    assert open_to_all.stat().st_mode & 0o777 == 0o700


def test_all_kinds_of_answers_fit_into_what_is_reserved(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    from prometheus_client.mmap_dict import mmap_key

    routes = sorted({rule.rule for rule in create_app(settings).url_map.iter_rules()}, key=len)
    assert len(routes) * 8 < metrics.ANSWER_KINDS_LIMIT, "a page answers to few methods, in few ways"
    name, words = "hoax_tracker_request_duration_seconds", "Time to make an answer."
    keys = [mmap_key(name, f"{name}_bucket", ["route", "le"], [route, "0.005"], words) for route in routes]
    assert sum((len(metrics.BUCKETS) + 3) * (len(key) + 32) for key in keys) < metrics.RESERVED_BYTES
    name, words = "hoax_tracker_requests", "Requests answered."
    labels = ["route", "method", "status"]
    keys = [mmap_key(name, f"{name}_total", labels, [route, "OPTIONS", "2xx"], words) for route in routes]
    longest = sum(len(key) + 32 for key in keys) / len(keys)
    assert metrics.ANSWER_KINDS_LIMIT * longest < metrics.RESERVED_BYTES
