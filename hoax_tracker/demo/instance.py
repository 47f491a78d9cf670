"""A demo instance, created or reopened: accounts, sources, and thirty days of feeds and of work.

``open_demo`` is the entry point. A second start keeps everything, renews the passwords and reads what is new.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import urljoin

import sqlalchemy as sa

from hoax_tracker import pipeline
from hoax_tracker.accounts import officers as accounts
from hoax_tracker.clock import utc_now
from hoax_tracker.core.config.settings import Settings, read_settings
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.demo import sample_data
from hoax_tracker.demo.collaboration import DemoOffice
from hoax_tracker.demo.feed_server import HOST, FeedServer
from hoax_tracker.demo.officers import DemoDesk
from hoax_tracker.demo.replay import DemoClock, demo_setup_time, replay_history
from hoax_tracker.demo.state import DemoState, open_demo_state
from hoax_tracker.errors import NotFoundError
from hoax_tracker.ingest.sources import opml
from hoax_tracker.models import RoleName, Source, Unit, db
from hoax_tracker.operations import bootstrap
from hoax_tracker.organisation import unit_tree


@dataclass(frozen=True)
class DemoPerson:
    """A person; ``unit``: a unit's code, or "" for PPID Utama."""

    email: str
    name: str
    role: RoleName
    unit: str = ""


DEMO_PEOPLE = (
    DemoPerson("petugas@kupang.example", "Petugas Contoh", RoleName.OFFICER),
    DemoPerson("penyetuju@kupang.example", "Penyetuju Contoh", RoleName.APPROVER),
    DemoPerson("dinkes@kupang.example", "Nona Pelaksana", RoleName.OFFICER, "dinkes"),
    DemoPerson("admin@kupang.example", "Administrator Contoh", RoleName.ADMINISTRATOR),
)


@dataclass(frozen=True)
class DemoAccount:
    """An account; its password was created for this run and is stored nowhere."""

    person: DemoPerson
    password: str

    @property
    def work(self) -> str:
        """Their work in a word or two."""
        unit = f" {self.person.unit}" if self.person.unit else ""
        return f"{self.person.role.label}".lower() + unit


@dataclass(frozen=True)
class Demo:
    """A prepared demo: ``environment`` opens it in other processes, ``tickets`` are its reports'."""

    settings: Settings
    environment: dict[str, str]
    accounts: tuple[DemoAccount, ...]
    tickets: dict[str, str]
    is_new: bool


@contextmanager
def open_demo(
    folder: Path,
    base_url: str,
    progress: pipeline.Progress = pipeline.no_progress,
    ready: Callable[[Mapping[str, str]], object] = lambda _environment: None,
) -> Iterator[Demo]:
    """Prepare or reopen the demo in ``folder`` and serve its feeds during the block.

    ``ready`` is called with the environment once pages can be served, before the thirty days are replayed.
    Raises SettingsError for a folder that holds something else.
    """
    from hoax_tracker.app import create_app

    state, clock = open_demo_state(folder, utc_now()), DemoClock()
    is_new = not state.complete
    with FeedServer(state.started, clock, state.port) as server:
        environment = _demo_environment(folder, base_url, server.port)
        app = create_app(read_settings(environment))
        with app.app_context():
            try:
                settings: Settings = app.extensions["settings"]
                people = (
                    _build_demo(settings, state, server, clock, progress, lambda: ready(environment))
                    if is_new
                    else _reopen_demo(settings, state, server, lambda: ready(environment))
                )
            finally:
                db.session.remove()
                db.engine.dispose()
        state.port, state.complete = server.port, True
        state.write(folder)
        yield Demo(settings, environment, people, state.tickets, is_new)


def _demo_environment(folder: Path, base_url: str, feed_port: int) -> dict[str, str]:
    """Return the demo's settings as environment variables, without those of a real instance."""
    return {
        "HOAX_TRACKER_DATA": str(folder),
        "HOAX_TRACKER_BASE_URL": base_url,
        "HOAX_TRACKER_DEMO": "1",
        "HOAX_TRACKER_FETCH_ALLOW": f"{HOST}:{feed_port}",
        "HOAX_TRACKER_SECOND_FACTOR": "offered",
    }


def _build_demo(
    settings: Settings,
    state: DemoState,
    server: FeedServer,
    clock: DemoClock,
    progress: pipeline.Progress,
    ready: Callable[[], object],
) -> tuple[DemoAccount, ...]:
    """Create the instance and replay its thirty days."""
    now = clock.turned_to = demo_setup_time(state.started)
    progress("menyiapkan basis data", 0, 1)
    bootstrap.prepare_database(now)
    with write_transaction():
        people = tuple(DemoAccount(person, _add_demo_account(person, now)) for person in DEMO_PEOPLE)
        for feed in sample_data.load_sample_feeds():
            opml.add_source_if_new(feed.name, server.url(feed), feed.home, now)
    ready()
    links = {
        entry.id: urljoin(feed.home, entry.path) for feed in sample_data.load_sample_feeds() for entry in feed.entries
    }
    officer, approver, of_unit = (accounts.require_officer_by_email(person.email).id for person in DEMO_PEOPLE[:3])
    desk = DemoDesk(settings, officer, approver, links, state.started)
    replay_history(DemoOffice(desk, of_unit), state.started, clock, progress)
    state.tickets = desk.tickets
    return people


def _add_demo_account(person: DemoPerson, now: datetime) -> str:
    """Add a person in the current transaction and return their password."""
    password = accounts.generate_password()
    named = sa.select(Unit).where(Unit.code == person.unit)
    unit = db.session.scalars(named).one() if person.unit else unit_tree.require_root_unit()
    accounts.add_officer(person.email, person.name, (person.role,), unit=unit, password=password, by=None, now=now)
    return password


def _renew_demo_password(person: DemoPerson, now: datetime) -> str:
    """Renew a person's password in the current transaction, adding the person where an older demo lacks them."""
    try:
        officer = accounts.require_officer_by_email(person.email)
    except NotFoundError:
        return _add_demo_account(person, now)
    return accounts.renew_password(officer, now=now)


def _reopen_demo(
    settings: Settings, state: DemoState, server: FeedServer, ready: Callable[[], object]
) -> tuple[DemoAccount, ...]:
    """Reopen a finished instance: newer migrations, new passwords, feeds at today's port, new entries."""
    now = utc_now()
    bootstrap.prepare_database(now)
    with write_transaction():
        people = tuple(DemoAccount(person, _renew_demo_password(person, now)) for person in DEMO_PEOPLE)
        _move_demo_sources(state.port, server)
    ready()
    pipeline.run_all_sources(settings, now)
    return people


def _move_demo_sources(port_before: int, server: FeedServer) -> None:
    """Move the sources from the last start's port to this one, in the current transaction."""
    for feed in sample_data.load_sample_feeds():
        before = f"http://{HOST}:{port_before}{feed.path}"
        db.session.execute(sa.update(Source).where(Source.url == before).values(url=server.url(feed)))
