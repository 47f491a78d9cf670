"""Shared by the commands: the app with a ready database, progress bars, JSON lines, examples at the end of the help."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from threading import Event, Thread
from typing import TYPE_CHECKING, Any, cast

import click
from tqdm import tqdm

from hoax_tracker.core.memory import load_for_good

if TYPE_CHECKING:
    from hoax_tracker.core.config.settings import Settings

SHOWN_AFTER_S = 2.0


@contextmanager
def open_instance(*, ready: bool = True, has_keys: bool = True, settings: Settings | None = None) -> Iterator[Settings]:
    """Open the instance of the environment and yield its settings.

    ``ready`` requires its database to be at the newest migration, ``has_keys`` also this host to have the keys of the
    instance. Reads by a command wait for no writer; services write with ``write_transaction()``.
    """
    with load_for_good():
        from hoax_tracker.app import create_app
        from hoax_tracker.authority.declared import require_declared_commands
        from hoax_tracker.core import instance_lock
        from hoax_tracker.core.database.schema_version import require_newest_database
        from hoax_tracker.core.database.transactions import read_transaction
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


def read_start_settings(host: str = "") -> Settings:
    """Return the settings, checked for the start of a web server at ``host``, or (without one) of anything else."""
    from hoax_tracker.core.config.settings import read_settings
    from hoax_tracker.core.config.startup_checks import StartContext

    return read_settings(start=StartContext(host))


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


EXAMPLES: dict[str, tuple[str, ...]] = {
    "demo": ("hoax-tracker demo", "hoax-tracker demo --port 8080 --folder /tmp/contoh"),
    "init": ("hoax-tracker init", "HOAX_TRACKER_DATA=/srv/kabas-hoaks hoax-tracker init"),
    "serve": ("hoax-tracker serve", "hoax-tracker serve --port 8080 --workers 4"),
    "worker": ("hoax-tracker worker",),
    "doctor": ("hoax-tracker doctor", "hoax-tracker doctor --json | grep '\"fault\"'"),
    "ingest": ("hoax-tracker ingest --all", "hoax-tracker ingest --file berita.xml --json"),
    "flag": ("hoax-tracker flag pesan.txt", 'echo "Semua SD libur 14 hari" | hoax-tracker flag -'),
    "match": ("hoax-tracker match --index klarifikasi.jsonl pesan.txt",),
    "check": ('hoax-tracker check "air PDAM mati tujuh hari"', "hoax-tracker check --json < pesan.txt"),
    "model train": ("hoax-tracker model train --out penanda.skops",),
    "model train-reader": ("hoax-tracker model train-reader --leave-out e --out build/pembaca.npz",),
    "model evaluate": ("hoax-tracker model evaluate --dataset berita.csv",),
    "model card": ("hoax-tracker model card", "hoax-tracker model card 3"),
    "model list": ("hoax-tracker model list",),
    "model activate": ('hoax-tracker model activate 3 --reason "versi 4 menandai kritik"',),
    "model learn": ("hoax-tracker model learn",),
    "source add": (
        "hoax-tracker source add https://kupangkota.go.id",
        "hoax-tracker source add --look google-news:kupang",
    ),
    "source list": ("hoax-tracker source list", "hoax-tracker source list --json"),
    "source pause": (
        'hoax-tracker source pause "Pos Contoh"',
        'hoax-tracker source pause "Pos Contoh" --resume',
    ),
    "source posts": (
        'hoax-tracker source posts unggahan.csv --name "Facebook" --look',
        'hoax-tracker source posts unggahan.csv --name "Facebook" --column text=Pesan',
    ),
    "source import": ("hoax-tracker source import sumber.opml",),
    "source export": ("hoax-tracker source export sumber.opml",),
    "officer add": ('hoax-tracker officer add ana@kupangkota.example --name "Ana" --role approver --unit diskominfo',),
    "officer list": ("hoax-tracker officer list",),
    "officer disable": ("hoax-tracker officer disable ana@kupangkota.example",),
    "officer reset": ("hoax-tracker officer reset ana@kupangkota.example",),
    "officer reset-second-factor": (
        'hoax-tracker officer reset-second-factor ana@kupangkota.example --reason "ponsel hilang, datang sendiri"',
    ),
    "officer unlink": ("hoax-tracker officer unlink ana@kupangkota.example",),
    "officer second": ("hoax-tracker officer second kepala@kupangkota.example",),
    "audit verify": ("hoax-tracker audit verify",),
    "audit new-key": (
        'hoax-tracker audit new-key --by ana@kupangkota.example --reason "mesin lama rusak, kuncinya hilang"',
    ),
    "backup": ("hoax-tracker backup /srv/cadangan/kabas-hoaks.tar",),
    "restore": ("hoax-tracker restore --check kabas-hoaks.tar", "hoax-tracker restore kabas-hoaks.tar"),
    "move": ("hoax-tracker move --to postgresql://kabas@localhost/kabas", "hoax-tracker move --to sqlite"),
    "purge": ("hoax-tracker purge",),
    "export claimreview": ("hoax-tracker export claimreview > claimreview.jsonl",),
    "export csv": ("hoax-tracker export csv > klarifikasi.csv",),
    "export pairs": ("hoax-tracker export pairs > pasangan.jsonl",),
    "search check": ("hoax-tracker search check",),
    "search rebuild": ("hoax-tracker search rebuild",),
    "keys accept": ("hoax-tracker keys accept",),
    "keys rotate": ("hoax-tracker keys rotate",),
    "keys reseal": ("hoax-tracker keys reseal",),
    "jobs list": ("hoax-tracker jobs list", "hoax-tracker jobs list --json"),
    "jobs retry": ("hoax-tracker jobs retry letters", "hoax-tracker jobs retry --all"),
}


def add_examples(group: click.Group) -> None:
    """Give each command of the group its examples."""
    for words, commands in EXAMPLES.items():
        command: click.Command = group
        for word in words.split():
            command = cast("click.Group", command).commands[word]
        command.epilog = "\n".join(["\b", "Examples:", *(f"  {line}" for line in commands)])
