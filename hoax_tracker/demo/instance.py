"""A demo instance made from nothing, or opened again: accounts, sources, thirty days of feeds and of work on them.

``opened_demo`` is the way in. A second start keeps everything, makes the passwords anew and reads what is new.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import urljoin

import sqlalchemy as sa

from hoax_tracker import opml, pipeline, setup
from hoax_tracker.accounts import reference
from hoax_tracker.accounts import service as accounts
from hoax_tracker.clock import utc_now
from hoax_tracker.config import Settings, read_settings
from hoax_tracker.database import writing
from hoax_tracker.demo import world
from hoax_tracker.demo.desk import Desk
from hoax_tracker.demo.replay import Clock, opening, replay
from hoax_tracker.demo.server import HOST, FeedServer
from hoax_tracker.demo.state import State, open_state
from hoax_tracker.models import RoleName, Source, db

PEOPLE = (
    ("petugas@kupang.example", "Petugas Contoh", RoleName.OFFICER),
    ("penyetuju@kupang.example", "Penyetuju Contoh", RoleName.APPROVER),
    ("admin@kupang.example", "Administrator Contoh", RoleName.ADMINISTRATOR),
)


@dataclass(frozen=True)
class Account:
    """Somebody who can sign in; the password was made for this run and is kept nowhere."""

    role: RoleName
    email: str
    password: str


@dataclass(frozen=True)
class Demo:
    """A demo that is ready: ``environment`` opens it in other processes, ``tickets`` are those of the reports."""

    settings: Settings
    environment: dict[str, str]
    accounts: tuple[Account, ...]
    tickets: dict[str, str]
    is_new: bool


@contextmanager
def opened_demo(folder: Path, base_url: str, progress: pipeline.Progress = pipeline.no_progress) -> Iterator[Demo]:
    """Prepare or reopen the demo in ``folder`` and serve its feeds until the block ends.

    Raises SettingsError for a folder that holds something else.
    """
    from hoax_tracker.app import create_app

    state, clock = open_state(folder, utc_now()), Clock()
    is_new = not state.complete
    with FeedServer(state.started, clock, state.port) as server:
        environment = environment_for(folder, base_url, server.port)
        app = create_app(read_settings(environment))
        with app.app_context():
            try:
                settings: Settings = app.extensions["settings"]
                people = build(settings, state, server, clock, progress) if is_new else reopen(settings, state, server)
            finally:
                db.session.remove()
                db.engine.dispose()
        state.port, state.complete = server.port, True
        state.write(folder)
        yield Demo(settings, environment, people, state.tickets, is_new)


def environment_for(folder: Path, base_url: str, feed_port: int) -> dict[str, str]:
    """Return the demo's settings as environment variables; those of a real instance must not stand beside them."""
    return {
        "HOAX_TRACKER_DATA": str(folder),
        "HOAX_TRACKER_BASE_URL": base_url,
        "HOAX_TRACKER_DEMO": "1",
        "HOAX_TRACKER_FETCH_ALLOW": f"{HOST}:{feed_port}",
    }


def build(
    settings: Settings, state: State, server: FeedServer, clock: Clock, progress: pipeline.Progress
) -> tuple[Account, ...]:
    """Make the instance from nothing and let its thirty days happen."""
    now = clock.turned_to = opening(state.started)
    progress("menyiapkan basis data", 0, 1)
    setup.prepare_database(now)
    with writing():
        people = tuple(add_account(email, name, role, now) for email, name, role in PEOPLE)
        for feed in world.feeds():
            opml.add_source(feed.name, server.url(feed), feed.home, now)
    links = {entry.id: urljoin(feed.home, entry.path) for feed in world.feeds() for entry in feed.entries}
    ids = [accounts.find_officer(email).id for email, _, _ in PEOPLE[:2]]
    desk = Desk(settings, ids[0], ids[1], links)
    replay(desk, state.started, clock, progress)
    state.tickets = desk.tickets
    return people


def add_account(email: str, name: str, role: RoleName, now: datetime) -> Account:
    """Add a person of PPID Utama in the current transaction."""
    password = accounts.new_password()
    unit = reference.root_unit()
    accounts.add_officer(email, name, (role,), unit=unit, password=password, by=None, now=now)
    return Account(role, email, password)


def reopen(settings: Settings, state: State, server: FeedServer) -> tuple[Account, ...]:
    """Open a finished instance again: newer migrations, new passwords, feeds at today's port, what is new in them."""
    now = utc_now()
    setup.prepare_database(now)
    with writing():
        people = tuple(
            Account(role, email, accounts.reset_password(accounts.find_officer(email), by=None, now=now))
            for email, _, role in PEOPLE
        )
        move_sources(state.port, server)
    pipeline.run_all(settings, now)
    return people


def move_sources(port_before: int, server: FeedServer) -> None:
    """Let the sources that were read at the port of the last start be read at this one, in the current transaction."""
    for feed in world.feeds():
        before = f"http://{HOST}:{port_before}{feed.path}"
        db.session.execute(sa.update(Source).where(Source.url == before).values(url=server.url(feed)))
