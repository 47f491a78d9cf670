"""``hoax-tracker move``: its output, the moved instance, and the state after a kill at each step."""

from __future__ import annotations

import random
import subprocess
from typing import Any

import pytest
import sqlalchemy as sa

from hoax_tracker.app import create_app
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.database.schema_version import require_newest_database
from hoax_tracker.core.database.tally import end_tallies
from hoax_tracker.core.database.transactions import read_transaction
from hoax_tracker.models import Base, RoleName, db
from hoax_tracker.organisation import reference_data
from tests import databases, factories
from tests.failpoints import COMMIT, Failpoint
from tests.forks import run_python
from tests.operations.backup.conftest import digests, moved, require_unfinished
from tests.shared_app import create_test_app

pytestmark = [pytest.mark.database, pytest.mark.slow]

QUOTE = "Mulai Senin besok air PDAM se-Kota Kupang mati total 7 hari karena pipa induk pecah"
MOVE = "hoax_tracker.operations.backup.database_move"
TABLES = len(Base.metadata.sorted_tables)
CHANCE = random.Random(11)
POINTS: list[Any] = [
    Failpoint(f"{MOVE}:claim_target", "before"),
    Failpoint(f"{MOVE}:claim_target", "after"),
    Failpoint(COMMIT, "before", 4 if databases.ON_POSTGRESQL else 2),
    Failpoint(COMMIT, "after", 4 if databases.ON_POSTGRESQL else 2),
    Failpoint(f"{MOVE}:drop_foreign_keys", "after"),
    Failpoint(f"{MOVE}:copy_table", "after", TABLES),
    Failpoint(f"{MOVE}:continue_numbers", "after"),
    Failpoint(f"{MOVE}:require_digests", "after"),
    Failpoint(f"{MOVE}:require_facts", "after"),
]
POINTS += [
    pytest.param(Failpoint(f"{MOVE}:{step}", when, number), marks=pytest.mark.long)
    for step, when in (("copy_table", "before"), ("insert_rows", "after"))
    for number in CHANCE.sample(range(1, TABLES + 1), 4)
]


def run(settings: Settings, *arguments: str, point: Failpoint | None = None) -> subprocess.CompletedProcess[str]:
    """Run a command of the instance, killed at the failpoint where there is one."""
    module = ["tests.failpoints", point.step, point.when, str(point.count)] if point else ["hoax_tracker"]
    environ = databases.command_environment(settings.data_folder) | {"DATABASE_URL": settings.database_url}
    return run_python("-m", *module, *arguments, environ=environ)


def killed(source: Settings, target: Settings, point: Failpoint) -> None:
    """Let a move die at the failpoint, and there alone."""
    done = run(source, "move", "--to", target.database_url, point=point)
    assert (done.returncode, done.stderr.splitlines()[-1:]) == (-9, [point.last_words]), done.stderr
    assert done.stdout == ""


def require_whole_after_kill(instance: Settings, target: Settings, point: Failpoint) -> None:
    before = digests(instance)
    killed(instance, target, point)
    assert digests(instance) == before
    if point.when == "after" or "claim_target" not in point.step:
        require_unfinished(target)
    assert not moved(instance, target).was_there
    assert digests(target) == before


@pytest.mark.process
def test_a_move_killed_among_the_rows_is_begun_again(instance: Settings, target: Settings) -> None:
    require_whole_after_kill(instance, target, Failpoint(f"{MOVE}:insert_rows", "after", 30))


@pytest.mark.postgresql
@pytest.mark.slow
@pytest.mark.process
@pytest.mark.parametrize("point", POINTS, ids=str)
def test_a_move_killed_anywhere_is_begun_again(instance: Settings, target: Settings, point: Failpoint) -> None:
    require_whole_after_kill(instance, target, point)


@pytest.mark.postgresql
@pytest.mark.slow
@pytest.mark.process
def test_a_move_killed_before_it_said_so_is_known_to_be_done(instance: Settings, target: Settings) -> None:
    killed(instance, target, Failpoint(f"{MOVE}:copy_database", "after"))
    done = run(instance, "move", "--to", target.database_url)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("the new database has it all already: ")


@pytest.mark.postgresql
@pytest.mark.slow
@pytest.mark.process
def test_a_move_that_is_killed_again_and_again_ends_whole(instance: Settings, target: Settings) -> None:
    before = digests(instance)
    for number in (5, 20, 45):
        killed(instance, target, Failpoint(f"{MOVE}:copy_table", "before", number))
    moved(instance, target)
    assert digests(target) == before


@pytest.mark.process
def test_the_office_goes_on_where_it_was(instance: Settings, target: Settings) -> None:
    """The command says what to do next; done so, officers sign in, the search finds, and messages are answered."""
    app = create_test_app(instance)
    with app.app_context():
        reference_data.load_reference_data()
        db.session.commit()
        officer = factories.make_officer("petugas@kupang.example", RoleName.OFFICER)
        approver = factories.make_officer("penyetuju@kupang.example", RoleName.APPROVER)
        factories.make_clarification(officer, approver, claim_quote=QUOTE, slug="air-mati", number=77)
        before = app.test_client().post("/api/v1/check", json={"text": QUOTE}).get_json()
        assert before["matches"]
        end_tallies(app)
        db.session.remove()
        db.engine.dispose()
    address = with_password(target.database_url)
    done = run(instance, "move", "--to", address)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("copied and verified: ")
    for words in ("1. Set DATABASE_URL", "2. Leave the data folder", "3. Start the services", "4. The old database"):
        assert words in done.stdout
    assert "rahasia" not in done.stdout + done.stderr

    (instance.data_folder / "hoax-tracker.sqlite3").unlink()
    app = create_test_app(target)
    with app.app_context():
        with read_transaction():
            require_newest_database()
            db.session.remove()
        browser = app.test_client()
        factories.submit_form(browser, "/petugas/masuk", email="petugas@kupang.example", password=factories.PASSWORD)
        found = browser.get("/petugas/cari/?q=pipa+pecah").get_data(as_text=True)
        assert "Air PDAM tetap mengalir di seluruh kota" in found
        assert app.test_client().post("/api/v1/check", json={"text": QUOTE}).get_json() == before
        db.session.remove()
        db.engine.dispose()


def with_password(url: str) -> str:
    """The address as an office has it; the servers of the tests let everybody in."""
    address = sa.engine.make_url(url)
    if address.get_backend_name() == "sqlite":
        return url
    return address.set(drivername="postgresql", password="rahasia").render_as_string(hide_password=False)


@pytest.mark.process
def test_a_refused_move_says_why_and_no_password(instance: Settings, target: Settings) -> None:
    moved(instance, target)
    app = create_app(instance)
    with app.app_context():
        factories.make_claim("Kabar yang hanya ada di sini")
        db.session.remove()
        db.engine.dispose()
    refused = run(instance, "move", "--to", with_password(target.database_url))
    assert refused.returncode == 2
    assert "not empty" in refused.stderr
    unreachable = run(instance, "move", "--to", "postgresql://petugas:rahasia@127.0.0.1:9/kabas")
    assert unreachable.returncode == 2
    assert "rahasia" not in refused.stderr + unreachable.stderr
    assert "Traceback" not in unreachable.stderr
