"""``move``: copy the database of the instance into another one, from SQLite to PostgreSQL or back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from hoax_tracker.cli.common import progress_bar

if TYPE_CHECKING:
    from hoax_tracker.core.config.settings import Settings


@click.command()
@click.option(
    "--to",
    "given",
    required=True,
    metavar="URL",
    help="An empty database, or the word sqlite for a file in the data folder.",
)
def move(given: str) -> int:
    """Copy the database into another one and verify it, SQLite to PostgreSQL or back.

    Stop the services first. URL is written as for DATABASE_URL. The present database does not change. Run the same
    command again after an interruption.
    """
    from hoax_tracker.app import create_app
    from hoax_tracker.core.config.settings import read_settings
    from hoax_tracker.operations.backup.database_move import move_database, read_target

    settings = read_settings()
    target = read_target(settings, given)
    with progress_bar("move") as progress:
        moved = move_database(settings, create_app(target), progress)
    counts = moved.facts.tables
    said = "the new database has it all already" if moved.was_there else "copied and verified"
    click.echo(f"{said}: {sum(counts.values())} rows in {len(counts)} tables, audit hash {moved.facts.audit_hash}")
    for line in _next_steps(settings, target):
        click.echo(line)
    return 0


def _next_steps(settings: Settings, target: Settings) -> Iterator[str]:
    """Yield the steps that the person takes after a move, without passwords."""
    from hoax_tracker.core.config.variables import sqlite_url

    yield "What to do now:"
    if target.database_url == sqlite_url(target.data_folder):
        yield "1. Take DATABASE_URL out of the settings: the SQLite file in the data folder is used without it."
    else:
        yield f"1. Set DATABASE_URL to what you gave with --to: {_address_without_secrets(target)}"
    yield f"2. Leave the data folder and the keys in it as they are: {settings.data_folder}"
    yield "3. Start the services, look at /readyz, sign in. Then make a backup: older archives fit the old database."
    yield f"4. The old database is as it was: {_address_without_secrets(settings)}"
    yield "   Delete it when you are sure: reporters' contacts are in it, and nothing is purged from it any more."


def _address_without_secrets(settings: Settings) -> str:
    """Return the place of the database: the file, or user, host and name, without password and options."""
    import sqlalchemy as sa

    url = sa.engine.make_url(settings.database_url)
    if url.get_backend_name() == "sqlite":
        return url.database or ""
    return url.set(drivername="postgresql", query={}).render_as_string(hide_password=True)
