"""Run commands in this process, on a real instance in a folder of the test."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from apiflask import APIFlask

from hoax_tracker.app import create_app
from hoax_tracker.cli import main
from hoax_tracker.models import db
from tests import databases
from tests.browser import Browser
from tests.feed_server import FeedServer

ADMIN = {"HOAX_TRACKER_ADMIN_EMAIL": "admin@kupang.example", "HOAX_TRACKER_ADMIN_PASSWORD": "kata-sandi-panjang-1"}


@dataclass(frozen=True)
class Result:
    """Exit code, standard output and standard error of a command."""

    code: int
    out: str
    err: str


Run = Callable[..., Result]
Inside = Callable[[], AbstractContextManager[APIFlask]]


def use(monkeypatch: pytest.MonkeyPatch, folder: Path, **more: str) -> None:
    """Point commands to the instance in a folder, with these settings alone."""
    names = [name for name in os.environ if name.startswith("HOAX_TRACKER_") and "_TEST_" not in name]
    for name in names:
        monkeypatch.delenv(name)
    for name, value in {
        "HOAX_TRACKER_DATA": str(folder),
        "DATABASE_URL": databases.ensure_database_url(folder),
        **more,
    }.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Return a function that runs a command."""

    def go(*arguments: object, stdin: str = "") -> Result:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(stdin.encode()), encoding="utf-8"))
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        said = capsys.readouterr()
        assert "Traceback" not in said.err
        return Result(int(ended.value.code or 0), said.out, said.err)

    return go


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty data folder."""
    folder = tmp_path / "empty"
    use(monkeypatch, folder)
    yield folder
    databases.drop_databases_in(tmp_path)


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An instance right after ``init``."""
    folder = tmp_path_factory.mktemp("made") / "instance"
    with pytest.MonkeyPatch.context() as patch:
        use(patch, folder, **ADMIN)
        with pytest.raises(SystemExit) as ended:
            main(["init"])
    assert ended.value.code == 0
    return folder


@pytest.fixture
def instance(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An instance of this test's own, right after ``init``."""
    folder = tmp_path / "instance"
    databases.copy_instance(made, folder)
    use(monkeypatch, folder)
    yield folder
    databases.drop_databases_in(tmp_path)


@pytest.fixture
def inside() -> Inside:
    """Return a function that opens the instance of the environment."""

    @contextmanager
    def go() -> Iterator[APIFlask]:
        app = create_app()
        app.test_client_class = Browser
        with app.app_context():
            try:
                yield app
            finally:
                db.session.remove()
                db.engine.dispose()

    return go


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FeedServer]:
    """A web server that the instance may fetch from."""
    with FeedServer() as running:
        monkeypatch.setenv("HOAX_TRACKER_FETCH_ALLOW", f"127.0.0.1:{running.port}")
        yield running


def everything() -> dict[str, list[tuple[Any, ...]]]:
    """Return every row of every table."""
    with db.engine.connect() as connection:
        return {
            table.name: sorted((tuple(row) for row in connection.execute(sa.select(table))), key=repr)
            for table in db.metadata.sorted_tables
        }
