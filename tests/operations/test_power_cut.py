"""What was confirmed to a person is there after a power cut, on a real disk whose kernel stops writing."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import takewhile
from pathlib import Path

import pytest
import sqlalchemy as sa
from apiflask import APIFlask

from hoax_tracker.app import create_app
from hoax_tracker.core.audit.chain_check import verify_chain
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.models import AuditEvent, db
from tests import databases, hardship, power_cut
from tests.conftest import settings_for
from tests.operations.test_disks import laid_on

pytestmark = [pytest.mark.process, pytest.mark.slow, pytest.mark.sqlite, pytest.mark.needs("proc", "ext4_disk")]
MEGABYTES = 96


@contextmanager
def started_again(disk: Path) -> Iterator[APIFlask]:
    """Yield the application on the disk after the power came back."""
    hardship.restore_power(disk)
    app = create_app(settings_for(disk))
    with app.app_context():
        try:
            yield app
        finally:
            db.session.remove()
            db.engine.dispose()


def work_until_power_goes(disk: Path) -> list[tuple[str, str]]:
    """Return what was confirmed before."""
    environ = databases.command_environment(disk) | {"HOAX_TRACKER_LIMIT_FACTOR": "100"}
    command = [sys.executable, "-m", "tests.power_cut"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, env=environ, text=True, **pipes) as process:  # type: ignore[call-overload]
        try:
            lines = list(takewhile(lambda line: line != "done\n", process.stdout))
            hardship.cut_power(disk)
        finally:
            process.kill()
    return [(kind, what) for kind, _, what in (line.strip().partition(" ") for line in lines)]


def test_what_was_confirmed_survives_a_power_cut(tmp_path: Path, settings: Settings) -> None:
    with hardship.tiny_ext4(tmp_path / "served" / "disk", MEGABYTES) as disk:
        laid_on(disk, settings)
        subprocess.run(["sync", "-f", disk], check=True)
        confirmed = work_until_power_goes(disk)
        with started_again(disk) as app:
            client = app.test_client()
            tickets = [what for kind, what in confirmed if kind == "ticket"]
            pages = [what for kind, what in confirmed if kind == "page"]
            assert (len(tickets), len(pages)) == (power_cut.TICKETS, power_cut.PAGES)
            assert [client.get(f"/lapor/{ticket}").status_code for ticket in tickets] == [200] * len(tickets)
            assert [client.get(f"/klarifikasi/{slug}").status_code for slug in pages] == [200] * len(pages)
            heads = [what for kind, what in confirmed if kind == "audit"]
            assert verify_chain().broken_at is None
            assert set(heads) <= set(db.session.scalars(sa.select(AuditEvent.hash)))
