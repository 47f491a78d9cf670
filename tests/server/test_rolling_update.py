"""Hosts are updated one after the other: the program of before serves beside the one that has migrated the database."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from hoax_tracker.app import create_app
from hoax_tracker.core.config.settings import read_settings
from hoax_tracker.core.database.schema_version import NEEDED_PROGRAM, load_migrations, needed_program, newest_revision
from hoax_tracker.models import RoleName, db
from tests import databases, factories
from tests.repository import VERSIONS, commit_before_newest_migration, git, migrations_in
from tests.server.hosts_trial import unlimited_settings, use_site, wait_for_acts, wait_for_answers
from tests.server.web_hosts import WebHost, copy_keys, run_caddy
from tests.services import free_port

VISITORS, ACTS = 12, 60
pytestmark = [
    pytest.mark.postgresql,
    pytest.mark.process,
    pytest.mark.needs("caddy", "history"),
]


@pytest.fixture
def old_tree(tmp_path: Path) -> Path:
    """The source tree of the program that ships all migrations but the newest."""
    commit = commit_before_newest_migration()
    assert commit is not None
    folder = tmp_path / "old"
    with tarfile.open(fileobj=io.BytesIO(git("archive", commit))) as archive:
        archive.extractall(folder, filter="data")
    return folder


@pytest.fixture
def hosts(tmp_path: Path, old_tree: Path) -> Iterator[tuple[WebHost, WebHost, int]]:
    """A host with the old program that has made the instance, one with this program, and the port of the proxy."""
    port = free_port()
    environ = databases.command_environment(tmp_path / "a", **unlimited_settings(port))
    environ |= {"HOAX_TRACKER_ADMIN_EMAIL": "admin@kupang.example", "HOAX_TRACKER_ADMIN_PASSWORD": factories.PASSWORD}
    old = WebHost(tmp_path / "a", in_words_of(old_tree, environ), old_tree)
    new = WebHost(tmp_path / "b", environ)
    made = old.run("init")
    assert made.returncode == 0, made.stderr
    copy_keys(old.folder, new.folder)
    try:
        yield old, new, port
    finally:
        old.kill()
        new.kill()
        databases.drop_databases_in(tmp_path)


def newest_of(tree: Path) -> str:
    """The newest migration of a source tree."""
    return migrations_in(path.name for path in (tree / VERSIONS).glob("*.py"))[-1][:4]


def knows(tree: Path, name: str, words: str) -> bool:
    """Tell whether a file of a source tree holds the words: the first such update is from a program without them."""
    return words in (tree / "hoax_tracker" / name).read_text(encoding="utf-8")


def in_words_of(tree: Path, environ: dict[str, str]) -> dict[str, str]:
    """The settings with the limits as a source tree names them: once there was a variable for each."""
    if knows(tree, "core/config/settings.py", "HOAX_TRACKER_LIMIT_FACTOR"):
        return environ
    limits = ("CHECKS_PER_MINUTE", "PICTURES_PER_MINUTE", "REPORTS_PER_HOUR")
    names = [f"{limit}{total}" for limit in limits for total in ("", "_IN_TOTAL")]
    kept = {name: value for name, value in environ.items() if name != "HOAX_TRACKER_LIMIT_FACTOR"}
    return kept | {f"HOAX_TRACKER_{name}": "1000000" for name in names}


@pytest.mark.slow
def test_the_old_program_serves_beside_the_new_one(
    hosts: tuple[WebHost, WebHost, int], old_tree: Path, tmp_path: Path
) -> None:
    old, new, port = hosts
    if needed_program(load_migrations(), newest_revision()) > newest_of(old_tree):
        require_stop_in_words(old, new)
        return
    health = "/readyz/web" if knows(old_tree, "operations/health_views.py", "/readyz/web") else "/healthz"
    pages = ["/", "/klarifikasi/", "/lapor", "/statistik"]
    old.start()
    app = create_app(read_settings(new.environ))
    with app.app_context(), run_caddy(tmp_path, [old, new], port, health):
        with use_site(port, pages, VISITORS) as notes:
            wait_for_acts(notes, ACTS)
            migrated = new.run("init")
            assert migrated.returncode == 0, migrated.stderr
            wait_for_acts(notes, ACTS)
        person = factories.make_officer("petugas@kupang.example", RoleName.OFFICER)
        email = person.email
        db.session.remove()
        with use_site(port, pages, VISITORS, [email], notes) as notes:
            wait_for_answers(old, ACTS)
            new.start()
            wait_for_answers(new, ACTS)
            if knows(old_tree, "core/database/schema_version.py", NEEDED_PROGRAM):
                old.end()
                old.start()
                wait_for_answers(old, ACTS // 4)
            assert old.end() == 0
            wait_for_acts(notes, ACTS)
        db.session.remove()
        db.engine.dispose()


def require_stop_in_words(old: WebHost, new: WebHost) -> None:
    """The old program does not start on what the new one has migrated, and says why."""
    assert new.run("init").returncode == 0
    refused = old.run("audit", "verify")
    assert refused.returncode == 2
    assert "a newer one made it" in refused.stderr
    assert "Traceback" not in refused.stderr
