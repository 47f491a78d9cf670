"""The demo command: prepares and serves the demo, and prints its addresses and accounts."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click
from tqdm import tqdm

from hoax_tracker.errors import HoaxTrackerError
from hoax_tracker.server.run import require_free_port

if TYPE_CHECKING:
    from hoax_tracker.demo.instance import Demo
    from hoax_tracker.pipeline import Progress

HOST = "127.0.0.1"
STARTS_WITHIN_S = 60.0
ENDS_WITHIN_S = 30.0
TICKET_SHOWN = "bansos"


class DemoStoppedError(HoaxTrackerError):
    """The demo's web app ended by itself."""

    user_message = "Aplikasi web contoh berhenti sendiri. Baris di atas menyebut sebabnya. Jalankan lagi perintahnya."


def run_demo(port: int, folder: Path) -> None:
    """Prepare the demo in ``folder``, serve it on ``port`` and print how to enter, until Ctrl+C or SIGTERM.

    Its pages answer as soon as there are tables and accounts, while the thirty days are still replayed.
    Raises AddressUnusableError before anything is created, and SettingsError for a folder that holds something else.
    """
    require_free_port(HOST, port)
    # Only now: the model comes along, and a busy port should be said at once.
    from hoax_tracker.demo.instance import open_demo

    base_url = f"http://{HOST}:{port}"
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with ExitStack() as running:
        web: list[subprocess.Popen[bytes]] = []

        def serve(environment: Mapping[str, str]) -> None:
            command = ("serve", "--port", str(port), "--no-worker")
            web.append(running.enter_context(_run_beside(environment, *command)))

        progress = running.enter_context(_show_progress())
        demo = running.enter_context(open_demo(folder, base_url, progress, serve))
        # Not before: it would read the feeds of today while the thirty days are replayed.
        running.enter_context(_run_beside(demo.environment, "worker", "--end-with-stdin"))
        _wait_until_open(web[0], port)
        click.echo(_welcome_text(demo, base_url))
        try:
            status = web[0].wait()
        except KeyboardInterrupt:
            return
    raise DemoStoppedError(f"the web app ended with {status}")


@contextmanager
def _run_beside(environment: Mapping[str, str], *command: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a ``hoax-tracker`` command with the demo's settings during the block.

    It is a process of its own: this one has loaded the model, and must not fork afterwards.
    """
    inherited = {name: value for name, value in os.environ.items() if not _is_real_instance_variable(name)}
    process = subprocess.Popen(  # noqa: S603 - our own
        [sys.executable, "-m", "hoax_tracker", *command],
        env=inherited | dict(environment),
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        _end_process(process)


def _is_real_instance_variable(name: str) -> bool:
    """Tell whether an environment variable belongs to a real instance, which the demo must not touch."""
    return name.startswith("HOAX_TRACKER_") or name in ("DATABASE_URL", "REDIS_URL")


def _wait_until_open(process: subprocess.Popen[bytes], port: int) -> None:
    """Return when the port answers. Raises DemoStoppedError where the process ends or takes too long."""
    until = time.monotonic() + STARTS_WITHIN_S
    while process.poll() is None and time.monotonic() < until:
        with socket.socket() as probe:
            if probe.connect_ex((HOST, port)) == 0:
                return
        time.sleep(0.05)
    raise DemoStoppedError(f"nothing answers at port {port}")


def _end_process(process: subprocess.Popen[bytes]) -> None:
    """End the process as gently as possible."""
    process.terminate()
    try:
        process.wait(ENDS_WITHIN_S)
    except subprocess.TimeoutExpired:
        process.kill()


@contextmanager
def _show_progress() -> Iterator[Progress]:
    """Show a bar on a terminal, a line for each tenth elsewhere; the yielded function takes (step, done, total)."""
    terminal, shown_tenth = sys.stderr.isatty(), -1
    with tqdm(desc="contoh", file=sys.stderr, disable=not terminal, leave=False) as bar:

        def show(step: str, done: int, total: int) -> None:
            nonlocal shown_tenth
            bar.set_description(f"contoh: {step}")
            bar.total, bar.n = total, done
            bar.refresh()
            if not terminal and shown_tenth < done * 10 // total:
                shown_tenth = done * 10 // total
                click.echo(f"contoh: {step}", err=True)
            if done == total:
                bar.close()

        yield show


def _welcome_text(demo: Demo, base_url: str) -> str:
    """Return how to sign in and what to look at."""
    lines = [
        "",
        "Kupang Kabas Hoaks, CONTOH: semua isi dan nama karangan.",
        "",
        f"  halaman warga   {base_url}/",
        f"  meja petugas    {base_url}/petugas/",
        f"  contoh tiket    {base_url}/lapor/{demo.tickets[TICKET_SHOWN]}",
        "",
        *(f"  {account.work:<22}  {account.person.email:<26}  {account.password}" for account in demo.accounts),
        "",
        f"  folder          {demo.settings.data_folder}",
        "  berhenti        Ctrl+C",
        "",
    ]
    return "\n".join(lines)
