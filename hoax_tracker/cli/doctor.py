"""``doctor``, ``jobs`` and ``keys``: what is set and missing, where the worker's work stands, which keys count."""

from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hoax_tracker.cli.common import open_instance, print_json, read_start_settings
from hoax_tracker.clock import utc_now
from hoax_tracker.errors import InvalidInputError

if TYPE_CHECKING:
    from hoax_tracker.operations.doctor import Finding
    from hoax_tracker.operations.health_checks import JobCounts

SIGNS = {"ok": "✓", "note": "!", "fault": "✗"}


@click.command()
@click.option("--english", is_flag=True, help="Say it in English.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a finding.")
def doctor(english: bool, as_json: bool) -> int:
    """Say what is set, what is missing and what to do. Changes nothing.

    The exit code is 1 where something does not work; what merely waits for somebody (!) leaves it 0.
    """
    from flask_babel import force_locale

    from hoax_tracker.core.database.transactions import read_transaction
    from hoax_tracker.operations.doctor import Level, examine_instance

    _require_data_folder(Path(os.environ.get("HOAX_TRACKER_DATA", "instance")).absolute())
    worst = Level.OK
    with (
        open_instance(ready=False, settings=read_start_settings()) as settings,
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


NO_QUEUE = (
    "SQLite: nothing is queued. The worker looks every 20 seconds what is due, and what failed is tried again in its "
    "next round."
)


@click.group()
def jobs() -> None:
    """The worker's jobs: what waits, runs or failed."""


@jobs.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def list_jobs(as_json: bool) -> int:
    """List the kinds of work of which a job waits, runs or failed. On SQLite nothing is queued."""
    from hoax_tracker.operations.health_checks import has_job_queue, list_job_counts

    with open_instance():
        counts = list_job_counts()
        empty = "nothing waits, runs or failed" if has_job_queue() else NO_QUEUE
    for job in counts:
        if as_json:
            print_json(asdict(job) | {"oldest_at": str(job.oldest_at), "next_try_at": str(job.next_try_at or "")})
        else:
            click.echo(_describe_job(job))
    if not counts:
        click.echo(empty, err=as_json)
    return 0


def _describe_job(job: JobCounts) -> str:
    """Return the line of a kind of work."""
    parts = [f"{count} {state}" for state, count in (("running", job.running), ("waiting", job.waiting)) if count]
    if job.failed:
        again = f", again at {job.next_try_at:%Y-%m-%d %H:%M:%S} UTC" if job.next_try_at else ""
        parts.append(f"failed {job.tries} times ({job.fault or 'see the log'}){again}")
    return f"{job.name}: {', '.join(parts)}"


@jobs.command("retry")
@click.argument("name", required=False)
@click.option("--all", "every", is_flag=True, help="Every kind of work that failed.")
def retry_jobs(name: str | None, every: bool) -> int:
    """Run failed work now instead of after its pause: one kind, by its name in `jobs list`, or all."""
    from hoax_tracker.core.database.transactions import write_transaction
    from hoax_tracker.operations.health_checks import has_job_queue, retry_failed_jobs

    if every == bool(name):
        raise click.UsageError("name a kind of work, as jobs list shows it, or give --all")
    with open_instance():
        if not has_job_queue():
            click.echo(NO_QUEUE)
            return 0
        with write_transaction(None):
            count = retry_failed_jobs(name)
    click.echo(f"{count} failed: will run now" if count else "none failed")
    return 0


@click.group()
def keys() -> None:
    """The keys that every host of this instance must have."""


@keys.command("accept")
@click.option("--yes", is_flag=True, help="Do not ask.")
def accept(yes: bool) -> int:
    """Make the keys of this host those of the instance, where the old ones are lost or replaced on purpose.

    First lists what can no longer be read. Stop the other hosts before, and bring them the keys afterwards.
    """
    from hoax_tracker.operations import instance_keys

    with open_instance(has_keys=False) as settings:
        lost = instance_keys.consequences(settings)
        if not lost:
            click.echo("this host has the keys of the instance")
        for line in lost:
            click.echo(line)
        if lost and not yes:
            click.confirm("Accept the keys of this host?", abort=True)
        instance_keys.accept_keys(settings, utc_now())
        click.echo("recorded: bring the other hosts the same keys, then start them")
    return 0


@keys.command("rotate")
def rotate() -> int:
    """Make a new contact key, which encrypts from now on; the older ones still decrypt.

    Stop the hosts before, bring each the new file contact_key afterwards, start them, and run `keys reseal`.
    """
    from hoax_tracker.operations import instance_keys

    with open_instance(has_keys=False) as settings:
        instance_keys.rotate_contact_key(settings, utc_now())
    click.echo("rotated: bring the other hosts the same contact_key, start all, then: hoax-tracker keys reseal")
    return 0


@keys.command("reseal")
def reseal() -> int:
    """Encrypt anew, with the newest contact key, what older ones sealed. It may be interrupted and run again."""
    from hoax_tracker.operations import instance_keys

    unreadable = 0
    with open_instance() as settings:
        for column in instance_keys.reseal_all(settings, utc_now()):
            click.echo(f"{column.name}: {column.resealed} encrypted anew")
            if column.unreadable:
                click.echo(
                    f"{column.name}: {column.unreadable} that none of the keys opens, left as they are", err=True
                )
            unreadable += column.unreadable
    return 1 if unreadable else 0
