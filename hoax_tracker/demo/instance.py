"""A demo instance, created or reopened: accounts, sources, and thirty days of feeds and of work.

``open_demo`` is the entry point. A file in the folder holds the first start, the feeds' port and whether the demo was
finished; a folder without it is never touched unless it is empty: it may be a real instance. A second start keeps
everything, renews the passwords and reads what is new.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
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
from hoax_tracker.demo.feed_server import HOST, FeedServer
from hoax_tracker.demo.officers import DemoDesk, DemoOffice
from hoax_tracker.demo.replay import DemoClock, demo_setup_time, replay_history
from hoax_tracker.errors import NotFoundError, SettingsError
from hoax_tracker.ingest.sources import opml
from hoax_tracker.models import RoleName, Source, Unit, db
from hoax_tracker.operations import bootstrap
from hoax_tracker.organisation import units

STATE_FILE_NAME = "demo.json"


@dataclass
class DemoState:
    """``started`` is the first start, to which all times are relative; ``tickets`` are the sample reports'."""

    started: datetime
    port: int = 0
    complete: bool = False
    tickets: dict[str, str] = field(default_factory=dict)

    def write(self, folder: Path) -> None:
        """Write the state atomically."""
        content = asdict(self) | {"started": self.started.isoformat()}
        aside = folder / f"{STATE_FILE_NAME}.new"
        aside.write_text(json.dumps(content, indent=1), encoding="utf-8")
        aside.replace(folder / STATE_FILE_NAME)


def open_demo_state(folder: Path, now: datetime) -> DemoState:
    """Return the folder's state, or a new one for an empty folder.

    A demo stopped during preparation begins again. Raises SettingsError for a folder that is no demo's.
    """
    existing = read_demo_state(folder)
    if existing is not None and existing.complete:
        return existing
    if existing is None and folder.exists() and any(folder.iterdir()):
        message = f"{folder} berisi sesuatu yang bukan contoh. Pilih folder lain: --folder NAMA"
        raise SettingsError(f"{folder} is not empty and no demo", user_message=message)
    _clear_demo_folder(folder)
    state = DemoState(now.replace(microsecond=0))
    state.write(folder)
    return state


def read_demo_state(folder: Path) -> DemoState | None:
    """Return the state of a demo folder, or None."""
    try:
        stored = json.loads((folder / STATE_FILE_NAME).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        message = f"{folder / STATE_FILE_NAME} tidak terbaca. Hapus folder itu, lalu mulai lagi."
        raise SettingsError(f"{folder / STATE_FILE_NAME}: {error}", user_message=message) from error
    return DemoState(**(stored | {"started": datetime.fromisoformat(stored["started"])}))


def _clear_demo_folder(folder: Path) -> None:
    """Empty the folder; its state file goes last, so that an interruption is noticed."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)  # an empty folder that was there may be open to others, and would be refused a month later
    for path in sorted(folder.iterdir(), key=lambda path: path.name == STATE_FILE_NAME):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


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
    # Outside the units that write: who decides about an objection with the officer of Dinas Kesehatan.
    DemoPerson("inspektorat@kupang.example", "Penyetuju Luar", RoleName.APPROVER, "inspektorat"),
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
    unit = db.session.scalars(named).one() if person.unit else units.require_root_unit()
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
