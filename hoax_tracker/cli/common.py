"""Shared by the commands: the app with a ready database, progress bars, JSON lines."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

import click
from tqdm import tqdm

if TYPE_CHECKING:
    from hoax_tracker.core.config.settings import Settings

SHOWN_AFTER_S = 2.0


@contextmanager
def open_instance(*, ready: bool = True, has_keys: bool = True, settings: Settings | None = None) -> Iterator[Settings]:
    """Open the instance of the environment and yield its settings.

    ``ready`` requires its database to be at the newest migration, ``has_keys`` also this host to have the keys of the
    instance. Reads by a command wait for no writer; services write with ``write_transaction()``.
    """
    from hoax_tracker.app import create_app
    from hoax_tracker.authority.declared import require_declared_commands
    from hoax_tracker.core import instance_lock
    from hoax_tracker.core.database.transactions import read_transaction, require_newest_database
    from hoax_tracker.models import db
    from hoax_tracker.operations.instance_keys import require_instance_keys

    require_declared_commands(list_commands())
    app = create_app(settings)
    settings = app.extensions["settings"]
    lock = instance_lock.lock_instance_shared(settings.data_folder)
    with lock, app.app_context(), read_transaction() if ready else nullcontext():
        try:
            if ready:
                require_newest_database()
            if ready and has_keys:
                require_instance_keys(settings)
            yield settings
        finally:
            db.session.remove()
            db.engine.dispose()


def list_commands() -> set[str]:
    """Return the names of all commands, with those of their groups: "source add"."""
    from hoax_tracker.cli import cli

    def walk(group: click.Group, before: str) -> Iterator[str]:
        for name, command in group.commands.items():
            if isinstance(command, click.Group):
                yield from walk(command, f"{before}{name} ")
            else:
                yield f"{before}{name}"

    return set(walk(cli, ""))


def print_json(value: Any) -> None:
    """Print one JSON object as one line."""
    click.echo(json.dumps(value, ensure_ascii=False))


@contextmanager
def progress_bar(title: str) -> Iterator[Callable[[str, int, int], None]]:
    """Show a bar on stderr, only on a terminal. The yielded function takes (step, done, total)."""
    with tqdm(desc=title, file=sys.stderr, disable=not sys.stderr.isatty(), leave=False) as bar:

        def show(step: str, done: int, total: int) -> None:
            bar.set_description(f"{title}: {step}")
            bar.total, bar.n = total, done
            bar.refresh()

        yield show


@contextmanager
def elapsed_time(title: str) -> Iterator[None]:
    """Show on a terminal that a command still works and for how long, where its steps cannot be counted."""
    if not sys.stderr.isatty():
        yield
        return
    ended = Event()
    clock = Thread(target=_show_elapsed_time, args=(title, ended), daemon=True)
    clock.start()
    try:
        yield
    finally:
        ended.set()
        clock.join()


def _show_elapsed_time(title: str, ended: Event) -> None:
    """Draw the time every second until the command ends; a quick one shows nothing."""
    started = time.monotonic()
    if ended.wait(SHOWN_AFTER_S):
        return
    with tqdm(bar_format="{desc}", file=sys.stderr, leave=False) as line:
        while not ended.wait(1):
            line.set_description_str(f"{title}: {time.monotonic() - started:.0f} s")
