"""``jobs``: what the worker has to do, where its work stands in a queue (PostgreSQL)."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from hoax_tracker.cli.common import open_instance, print_json

if TYPE_CHECKING:
    from hoax_tracker.operations.job_status import JobCounts

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
    from hoax_tracker.operations.job_status import has_job_queue, list_job_counts

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
    from hoax_tracker.operations.job_status import has_job_queue, retry_failed_jobs

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
