"""Fixtures: a real application on a real database, made once and copied for each test, and small factories.

The database is SQLite, or the PostgreSQL server that HOAX_TRACKER_TEST_DATABASE names (``make test-postgresql``). Tests
about one of the two have the mark ``sqlite`` or ``postgresql``.
"""

from __future__ import annotations

import gc
import logging
import os
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import sqlalchemy as sa
from apiflask import APIFlask
from flask.testing import FlaskClient

from hoax_tracker.app import create_app
from hoax_tracker.check.counting import ReachTally
from hoax_tracker.clock import utc_now
from hoax_tracker.core.config.settings import Settings, read_settings
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.flag.model import model_files
from hoax_tracker.models import ModelVersion, Officer, PublicContacts, Role, RoleName, Unit, db
from hoax_tracker.organisation.reference_data import load_reference_data
from tests import chrome, databases, factories, guarding, services
from tests.browser import open_app
from tests.feed_server import FeedServer
from tests.mail_server import Postman
from tests.shared_app import (
    SharedApp,
    change_settings,
    compile_addresses_once,
    create_test_app,
    drop_tallies_of,
    note_tallies,
)

pytest_plugins = ["tests.costs", "tests.statements", "tests.undisturbed", "tests.untried"]

NOW = datetime(2026, 11, 24, 8, 5, tzinfo=UTC)  # 16.05 WITA
HTTPS = "https://kabas.kota.example"

# Reach is written where a test says so: in the middle of one it would have kept pages compared with the rows again.
ReachTally.written_every_s = 1000.0

compile_addresses_once()
note_tallies()

# How long an example takes says how busy the machine is.
hypothesis.settings.register_profile("here", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
# For once in a while: pytest --hypothesis-profile=many
hypothesis.settings.register_profile("many", hypothesis.settings.get_profile("here"), max_examples=20_000)
hypothesis.settings.load_profile("here")


def pytest_xdist_auto_num_workers() -> int:
    """Run two workers more than there are cores: tests wait for processes, for pages and for the disk."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return cores + 2


OTHER_DATABASE = {"postgresql": "is about PostgreSQL: make test-postgresql", "sqlite": "is about SQLite: make test-all"}


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip tests about the other database."""
    other = "sqlite" if databases.ON_POSTGRESQL else "postgresql"
    if item.get_closest_marker(other):
        pytest.skip(OTHER_DATABASE[other])


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[object]:
    """Look for no garbage among what collecting makes: it stays, and looking through it again took a second each time.

    A test that holds a limit of processor time failed where that second fell into it.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the slowest files first, so that no worker waits for another at the end."""
    long = {item.path for item in items if item.get_closest_marker("slow") or item.get_closest_marker("browser")}
    items.sort(key=lambda item: item.path not in long)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print how to repeat this order. It differs from run to run, so that no test depends on another."""
    if seed := config.getoption("randomly_seed", None):
        terminalreporter.write_line(f"order: --randomly-seed={seed}")


@pytest.fixture(autouse=True)
def log_as_it_was() -> Iterator[None]:
    """Undo what ``logs.start`` sets for a process: its handler would write to a closed stderr."""
    root = logging.getLogger()
    handlers, level, hooks = root.handlers[:], root.level, (sys.excepthook, threading.excepthook)
    yield
    root.handlers[:], (sys.excepthook, threading.excepthook) = handlers, hooks
    root.setLevel(level)
    logging.captureWarnings(False)


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A data folder whose database is at the newest migration, with the roles and a few units."""
    folder = tmp_path_factory.mktemp("prepared")
    app = create_app(settings_for(folder))
    with app.app_context():
        factories.migrate_database()
        factories.seed_reference()
        guarding.replace_guards(db.session.connection())
        db.session.commit()
        db.session.remove()
        db.engine.dispose()
    yield folder
    databases.drop_all_databases()


def settings_for(folder: Path, **changes: object) -> Settings:
    """Settings of a data folder for tests: generous limits, and no required second factor."""
    settings = read_settings({"HOAX_TRACKER_DATA": str(folder), "DATABASE_URL": databases.ensure_database_url(folder)})
    easy: dict[str, Any] = {"checks_per_minute": 10_000, "reports_per_hour": 10_000, "second_factor": "offered"}
    return replace(settings, testing=True, **easy | changes)


@pytest.fixture
def server() -> Iterator[FeedServer]:
    """A web server whose answers a test sets."""
    with FeedServer() as running:
        yield running


@pytest.fixture(scope="session")
def instance_folder() -> Iterator[Path]:
    """Where the instance of each test of this process lies: always in the same place, so that the app can stay.

    In memory where there is room: a disk is waited for whenever a test closes its database.
    """
    with services.temporary_folder(services.MEMORY if services.has_room(services.MEMORY) else None) as folder:
        (folder / "place").mkdir()
        yield folder / "place" / "instance"


@pytest.fixture(scope="session")
def prepared_city(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same data folder with the reference data of the city."""
    folder = tmp_path_factory.mktemp("prepared_city") / "instance"
    databases.copy_instance(prepared, folder)
    app = create_app(settings_for(folder))
    with app.app_context():
        with write_transaction():
            load_reference_data()
        db.session.remove()
        db.engine.dispose()
    return folder


@pytest.fixture
def settings(prepared: Path, instance_folder: Path, request: pytest.FixtureRequest) -> Iterator[Settings]:
    """The settings of this test's instance. It may fetch from ``server`` where the test has one."""
    source = request.getfixturevalue("prepared_city") if "city" in request.fixturenames else prepared
    databases.replace_instance(source, instance_folder)
    allow = request.getfixturevalue("server").allow if "server" in request.fixturenames else frozenset()
    made = settings_for(instance_folder, fetch_allow=allow)
    yield made
    drop_tallies_of(made)
    databases.drop_databases_in(instance_folder.parent)


@pytest.fixture(scope="session")
def shared_app(prepared: Path, instance_folder: Path) -> SharedApp:
    """The application of all tests of this process."""
    databases.replace_instance(prepared, instance_folder)
    return SharedApp(settings_for(instance_folder))


@pytest.fixture
def app(settings: Settings, shared_app: SharedApp) -> Iterator[APIFlask]:
    """The application with an open context and without state of earlier tests."""
    app = shared_app.renew(settings)
    with app.app_context():
        yield app
        shared_app.release()


@pytest.fixture
def secure(app: APIFlask) -> Settings:
    """The settings of an instance whose public address is https."""
    return change_settings(app, base_url=HTTPS)


@pytest.fixture
def fresh_app(settings: Settings) -> Iterator[APIFlask]:
    """An application of the test's own with an open context, for tests that register or configure something."""
    app = create_test_app(settings)
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[APIFlask]:
    """An application whose database does not exist yet, with an open context."""
    with open_app(settings_for(tmp_path / "empty")) as app:
        yield app
    databases.drop_databases_in(tmp_path)


@pytest.fixture
def city(app: APIFlask) -> None:
    """The reference data of the city, as shipped: units, districts, contacts, channels. ``settings`` brings it."""


@pytest.fixture
def contacts(city: None) -> PublicContacts:
    """The contacts that residents see, as shipped."""
    return db.session.get_one(PublicContacts, 1)


@pytest.fixture
def guarded(app: APIFlask) -> None:
    """Let this test's database refuse what no second person confirmed, whoever writes, as every real one does."""
    guarding.wake_guards()


@pytest.fixture
def client(app: APIFlask) -> FlaskClient:
    """A browser without scripts."""
    return app.test_client()


@pytest.fixture
def address(app: APIFlask) -> Iterator[str]:
    """The address at which the app is served over loopback."""
    with chrome.serve_app(app) as address:
        yield address


@pytest.fixture(scope="session")
def driver() -> Iterator[Any]:
    """The driver of browsers for all tests of this process."""
    with chrome.run_driver() as running:
        yield running


@pytest.fixture(scope="session")
def launched_chromium(driver: Any) -> Iterator[Any]:
    """One Chromium for all tests of this process."""
    with chrome.launch_chromium(driver) as browser:
        yield browser


@pytest.fixture
def chromium(launched_chromium: Any) -> Iterator[Any]:
    """A Chromium without open pages, before and after the test."""
    yield launched_chromium
    for context in launched_chromium.contexts:
        context.close()


@pytest.fixture
def whole_chromium(driver: Any) -> Iterator[Any]:
    """A Chromium that can also show notices."""
    with chrome.launch_chromium(driver, "whole_chromium") as browser:
        yield browser


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """The address of a Redis for all tests of this process; each empties it first."""
    with services.run_redis() as url:
        yield url


@pytest.fixture
def postman() -> Postman:
    """Who takes the letters of a mail server."""
    return Postman()


@pytest.fixture
def now() -> datetime:
    """A fixed time."""
    return NOW


@pytest.fixture
def one_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stop the clock of the whole app: no minute, hour or day ends between two requests of a test."""
    moment = utc_now()
    for name, module in sorted(sys.modules.items()):
        if name.startswith("hoax_tracker.") and name != utc_now.__module__ and hasattr(module, "utc_now"):
            monkeypatch.setattr(module, "utc_now", lambda: moment)


@pytest.fixture
def officer(app: APIFlask) -> Officer:
    """An officer of PPID Utama."""
    return factories.make_officer("petugas@kupang.example", RoleName.OFFICER)


@pytest.fixture
def approver(app: APIFlask) -> Officer:
    """An approver of PPID Utama."""
    return factories.make_officer("penyetuju@kupang.example", RoleName.APPROVER)


@pytest.fixture
def people(officer: Officer, approver: Officer) -> list[str]:
    """The addresses of who writes and of who approves."""
    return [officer.email, approver.email]


@pytest.fixture
def administrator(app: APIFlask) -> Officer:
    """An administrator of PPID Utama."""
    return factories.make_officer("admin@kupang.example", RoleName.ADMINISTRATOR)


@pytest.fixture
def nurse(app: APIFlask) -> Officer:
    """An officer of the health office, Dinkes."""
    return factories.make_officer("dinkes@kupang.example", RoleName.OFFICER, unit_code="dinkes")


@pytest.fixture
def unit_officer(app: APIFlask) -> Officer:
    """An officer of PDAM, the unit that knows the facts about water."""
    return factories.make_officer("pdam@kupang.example", RoleName.OFFICER, unit_code="pdam")


@pytest.fixture
def sign_in(app: APIFlask) -> Callable[[Officer], FlaskClient]:
    """Return a function that signs an officer in through the real form and returns the browser."""

    def go(person: Officer) -> FlaskClient:
        browser = app.test_client()
        factories.submit_form(browser, "/petugas/masuk", email=person.email, password=factories.PASSWORD)
        return browser

    return go


@pytest.fixture
def browser(administrator: Officer, sign_in: Callable[[Officer], FlaskClient]) -> FlaskClient:
    """The browser of an administrator who signed in; a file about other people's pages has its own."""
    return sign_in(administrator)


__all__ = ["NOW", "Role", "Unit"]


@pytest.fixture
def shipped_model(app: APIFlask, now: datetime) -> ModelVersion:
    """The shipped model, in use."""
    with write_transaction():
        return model_files.register_shipped_model(now)


@pytest.fixture(scope="session")
def bundle() -> Any:
    """The shipped model as its file holds it. Only who reads it loads scikit-learn, which takes a second."""
    from classifiers.flagger.artefact import load_bundle

    return load_bundle(model_files.shipped_model_path())


@pytest.fixture
def commits(app: APIFlask) -> Iterator[Callable[[], list[int]]]:
    """Return a function that returns PRAGMA synchronous of each transaction that SQLite committed since."""
    seen: list[int] = []

    def note(connection: sa.Connection) -> None:
        seen.append(connection.exec_driver_sql("PRAGMA synchronous").scalar_one())

    sa.event.listen(db.engine, "commit", note)
    yield lambda: seen
    sa.event.remove(db.engine, "commit", note)
