"""``doctor``: what is set, what is missing, and what to do."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hoax_tracker.cli.common import open_instance, print_json
from hoax_tracker.errors import InvalidInputError

if TYPE_CHECKING:
    from hoax_tracker.operations.doctor import Finding

SIGNS = {"ok": "✓", "note": "!", "fault": "✗"}


@click.command()
@click.option("--english", is_flag=True, help="Say it in English.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a finding.")
def doctor(english: bool, as_json: bool) -> int:
    """Say what is set, what is missing and what to do. Changes nothing.

    The exit code is 1 where something does not work; what merely waits for somebody (!) leaves it 0.
    """
    from flask_babel import force_locale

    from hoax_tracker.clock import utc_now
    from hoax_tracker.core.config.settings import read_settings
    from hoax_tracker.core.config.startup_checks import StartContext
    from hoax_tracker.core.database.transactions import read_transaction
    from hoax_tracker.operations.doctor import Level, examine_instance

    _require_data_folder(Path(os.environ.get("HOAX_TRACKER_DATA", "instance")).absolute())
    worst = Level.OK
    with (
        open_instance(ready=False, settings=read_settings(start=StartContext())) as settings,
        force_locale("en" if english else "id"),
        read_transaction(),
    ):
        for finding in examine_instance(settings, utc_now()):
            _print_finding(finding, as_json)
            if finding.level is Level.FAULT:
                worst = Level.FAULT
    return 1 if worst is Level.FAULT else 0


def _require_data_folder(folder: Path) -> None:
    """Raise InvalidInputError where there is no instance yet: reading the settings would make the folder."""
    if not folder.is_dir():
        message = f"Belum ada layanan di {folder}: jalankan hoax-tracker init, atau atur HOAX_TRACKER_DATA."
        raise InvalidInputError(f"{folder} does not exist", user_message=message)


def _print_finding(finding: Finding, as_json: bool) -> None:
    """Print a finding as one line, with what to do below it."""
    if as_json:
        print_json(finding._asdict())
        return
    click.echo(f"{SIGNS[finding.level]} {finding.part}: {finding.words}")
    if finding.advice:
        click.echo(f"    → {finding.advice}")
