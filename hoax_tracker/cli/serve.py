"""``demo``, ``init``, ``serve`` and ``worker``: set up and run an instance."""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hoax_tracker.cli.common import open_instance, read_start_settings
from hoax_tracker.clock import utc_now
from hoax_tracker.core import memory
from hoax_tracker.core.paths import data_file_path
from hoax_tracker.errors import InvalidInputError

if TYPE_CHECKING:
    from hoax_tracker.core.config.settings import Settings

log = logging.getLogger(__name__)


@click.command()
def init() -> int:
    """Create or migrate the database, load the city's reference data, create the first administrator."""
    from hoax_tracker.accounts import officers
    from hoax_tracker.core.database.transactions import write_transaction
    from hoax_tracker.ingest.sources import opml
    from hoax_tracker.operations import bootstrap

    with open_instance(ready=False, settings=read_start_settings()) as settings:
        now = utc_now()
        counts = bootstrap.prepare_database(now)
        with write_transaction():
            added, _known = opml.import_default_sources(data_file_path("kupang", "sources.opml"), now)
        click.echo("reference data: " + ", ".join(f"{count} {name}" for name, count in counts.items()))
        click.echo(f"sources: {added} added")
        if officers.has_administrator():
            click.echo("an administrator exists already")
        else:
            email, password = _administrator_from_environment()
            added_now = bootstrap.add_administrator(email, password, now)
            click.echo(f"administrator: {email}" if added_now else "an administrator exists already")
        click.echo(f"ready: {settings.data_folder}")
    return 0


def _administrator_from_environment() -> tuple[str, str]:
    """Return address and password from the environment, or ask for them.

    Raises InvalidInputError where nobody answers.
    """
    email, password = os.environ.get("HOAX_TRACKER_ADMIN_EMAIL"), os.environ.get("HOAX_TRACKER_ADMIN_PASSWORD")
    try:
        email = email or click.prompt("Email administrator")
        password = password or click.prompt(
            "Kata sandi, paling sedikit 12 huruf (password)", hide_input=True, confirmation_prompt=True
        )
    except click.Abort as error:
        if sys.stdin.isatty():
            raise
        detail = "all is ready but an administrator: set HOAX_TRACKER_ADMIN_EMAIL and HOAX_TRACKER_ADMIN_PASSWORD"
        message = "Administrator belum dibuat: tidak ada yang menjawab pertanyaannya."
        raise InvalidInputError(detail, user_message=message) from error
    return str(email), str(password)


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--workers", default=2, show_default=True, type=click.IntRange(1, 64), help="Web processes.")
@click.option("--no-worker", is_flag=True, help="Without the embedded worker (it runs elsewhere).")
def serve(host: str, port: int, workers: int, no_worker: bool) -> int:
    """Serve the web app, with a worker that reads the sources on schedule."""
    from hoax_tracker.server import run
    from hoax_tracker.server.worker_process import run_worker_process

    memory.share_one_arena()  # the web processes inherit it
    # Links in pages and letters lead to the port that is served, also those of the worker, which reads the same.
    os.environ.setdefault("HOAX_TRACKER_BASE_URL", f"http://127.0.0.1:{port}")
    settings = read_start_settings(host)
    with open_instance(settings=settings):
        pass  # the database is there and at the newest migration
    run.require_free_port(host, port)
    _start_logging(settings, host)
    click.echo(f"http://{host}:{port}  (Ctrl+C: berhenti)")
    with run_worker_process(not no_worker) as companion:
        run.serve_web_app(settings, host, port, workers, companion)
    return 0


def _start_logging(settings: Settings, host: str = "") -> None:
    """Start the log of a service, with warnings about its settings."""
    from hoax_tracker.core import structured_logging
    from hoax_tracker.core.config import startup_checks

    structured_logging.configure_logging(quiet=settings.demo)
    for warning in startup_checks.setting_warnings(settings, startup_checks.StartContext(host)):
        log.warning(warning)


@click.command()
@click.option("--end-with-stdin", is_flag=True, hidden=True, help="End when standard input ends, as serve needs it.")
def worker(end_with_stdin: bool) -> int:
    """Read the sources on schedule, take in reports, purge: run only the scheduler and queue consumer."""
    from hoax_tracker.server import worker_process
    from hoax_tracker.worker import embedded

    memory.share_one_arena()
    sys.setswitchinterval(worker_process.SWITCHED_AFTER_S)
    stop = embedded.stop_on_signals()
    if end_with_stdin:
        worker_process.let_web_go_first()
        worker_process.end_with_stdin(stop)
    settings = read_start_settings()
    _start_logging(settings)
    with open_instance(settings=settings):
        if settings.database_url.startswith("postgresql"):
            from hoax_tracker.worker import job_queue

            job_queue.run_worker(settings, stop)
        else:
            embedded.run_whole_worker(settings, stop)
    return 0


@click.command()
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--folder", default=".demo", show_default=True, help="Where the throwaway instance lies.")
def demo(port: int, folder: str) -> int:
    """Run a complete throwaway instance on sample feeds; print its addresses and accounts."""
    from hoax_tracker.demo import run_demo

    run_demo(port, Path(folder).absolute())
    return 0
