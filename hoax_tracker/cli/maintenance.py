"""Commands that keep an instance: ``backup``, ``restore``, ``purge``, ``export``, ``search``, ``audit`` and ``move``.

``search`` checks and rebuilds the full-text index of the officers' search; ``audit`` verifies the log of officers' acts
and manages its key; ``move`` copies the database into another one, from SQLite to PostgreSQL or back.
"""

from __future__ import annotations

import csv
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hoax_tracker.cli.common import elapsed_time, open_instance, print_json, progress_bar
from hoax_tracker.clock import utc_now
from hoax_tracker.errors import HoaxTrackerError, NotAllowedError

if TYPE_CHECKING:
    from hoax_tracker.core.audit.audit_log import ChainHead
    from hoax_tracker.core.audit.chain_check import ChainVerification


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def backup(file: Path, as_json: bool) -> int:
    """Write database, files and secrets to FILE (mode 600) while the instance runs.

    Keep it as safe as the server. A broken audit log is backed up as well, as evidence, and the exit code is 1 then.
    """
    from hoax_tracker.core.config.settings import read_settings
    from hoax_tracker.operations.backup.backup import create_backup, record_backup

    now = utc_now()
    with progress_bar("backup") as progress:
        manifest, seal = create_backup(read_settings(), file, now, progress)
    with _noted("the archive is whole, the audit log does not name it"), open_instance(has_keys=False):
        record_backup(now, seal=seal, bytes=file.stat().st_size)
    facts = manifest.facts
    if as_json:
        summary = {"file": str(file), "bytes": file.stat().st_size, "sha256": seal, "migration": facts.migration}
        broken = {"audit_broken_at": facts.audit_broken_at, "audit_fault": facts.audit_fault}
        print_json(summary | {"rows": dict(facts.tables), "audit_hash": facts.audit_hash} | broken)
    else:
        click.echo(f"{file}: {file.stat().st_size / 2**20:.1f} MB, {sum(facts.tables.values())} rows")
        click.echo(f"seal {seal}, last audit hash {facts.audit_hash} (keep both elsewhere)")
    if facts.audit_warning:
        click.echo(f"WARNING: {facts.audit_warning}. The archive keeps it as it is, as evidence.", err=True)
    return 1 if facts.audit_warning else 0


@contextmanager
def _noted(consequence: str) -> Iterator[None]:
    """Print an error as a note with its consequence, and go on: before an upgrade, or where only reading is allowed."""
    from sqlalchemy.exc import SQLAlchemyError

    from hoax_tracker.operations.backup.backup import describe_backup_error

    try:
        yield
    except (HoaxTrackerError, SQLAlchemyError, OSError) as error:
        click.echo(f"NOTE: {consequence}: {describe_backup_error(error)}", err=True)


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--check", "only_check", is_flag=True, help="Verify the whole backup, change nothing.")
@click.option("--unproven", is_flag=True, help="Also of an older program, or a broken audit log, or without its keys.")
def restore(file: Path, only_check: bool, unproven: bool) -> int:
    """Verify FILE beside the instance, then replace the instance; the old one is kept.

    Stop the services first.
    """
    from hoax_tracker.core.config.settings import read_settings
    from hoax_tracker.operations.backup.backup import record_restore
    from hoax_tracker.operations.backup.restore import restore_backup as restore_now

    now = utc_now()
    with progress_bar("restore") as progress:
        done = restore_now(read_settings(), file, os.environ, now, progress, swap=not only_check, unproven=unproven)
    facts = done.manifest.facts
    if done.unproven:
        click.echo(f"WARNING: nobody can prove that this backup is sound: {done.unproven}", err=True)
    click.echo(f"whole: {sum(facts.tables.values())} rows of {done.manifest.made_at}, audit hash {facts.audit_hash}")
    if done.kept:
        click.echo(f"restored; the instance before is kept: {done.kept}")
        if done.later is not None:
            counts = f"{done.later['audit_event']} audit rows and {done.later['report']} reports"
            click.echo(f"the instance before had {counts} more than the backup")
        with _noted("all is restored, the audit log does not say so"), open_instance():  # only with its own keys
            record_restore(now, archive=done.manifest.made_at, unproven=bool(done.unproven), later=done.later)
        click.echo("run hoax-tracker init if this program is newer than the backup")
    return 0


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--overdue", is_flag=True, help="Also where much should have gone long ago. Look at the clock first.")
def purge(as_json: bool, overdue: bool) -> int:
    """Delete data past its retention: reporters' contacts, unflagged items, the public's questions."""
    from hoax_tracker.privacy.retention import purge_expired_data as purge_now

    with open_instance() as settings, elapsed_time("purge"):
        counts = purge_now(settings, utc_now(), overdue=overdue)
    if as_json:
        print_json(counts)
    else:
        click.echo(", ".join(f"{count} {name}" for name, count in counts.items()))
    return 0


@click.group()
def export() -> None:
    """Export published clarifications for others, and pairs to train matching, to standard output."""


@export.command("claimreview")
def export_claimreview() -> int:
    """Print the schema.org DataFeed of all ClaimReviews, byte for byte as /claimreview.json serves it.

    One line for each of its pages. It is empty in the demo, and leaves out verdicts that rate nothing.
    """
    from hoax_tracker.claims.claim_review_markup import iterate_feed_pages

    with open_instance() as settings:
        for page in iterate_feed_pages(settings):
            click.echo(page, nl=False)
    return 0


@export.command("csv")
def export_csv() -> int:
    """Print the published clarifications as CSV."""
    from hoax_tracker.clarify.listing import public_clarifications
    from hoax_tracker.core.content.list_files import safe_cell

    with open_instance() as settings:
        base = settings.base_url
        out = csv.writer(sys.stdout)
        out.writerow(["number", "url", "verdict", "title", "claim", "summary", "unit", "published_at"])
        for page in public_clarifications():
            verdict = page.verdict.value if page.verdict else ""
            published = page.published_at.isoformat() if page.published_at else ""
            address = f"{base}/klarifikasi/{page.slug}"
            row = [page.number, address, verdict, page.title, page.claim_quote, page.summary, page.unit.name, published]
            out.writerow([safe_cell(cell) for cell in row])
    return 0


@export.command("pairs")
def export_pairs() -> int:
    """Print the pairs that officers merged or split, one per line.

    For ``classifiers.matcher.training.train --officers``.
    """
    from hoax_tracker.flag.model.training_labels import merge_split_pairs

    with open_instance():
        for pair in merge_split_pairs():
            print_json(pair)
    return 0


@click.group()
def search() -> None:
    """Maintain the full-text index of the officers' search."""


@search.command()
def check() -> int:
    """Compare the index with the rows; exit code 1 where they differ. PostgreSQL keeps it right itself."""
    from hoax_tracker.core.database.transactions import write_transaction
    from hoax_tracker.desk_search import index_tables
    from hoax_tracker.models import db

    with open_instance(), elapsed_time("search check"), write_transaction(None):
        wrong = [
            indexed_table.table
            for indexed_table in index_tables.INDEXED_TABLES
            if not index_tables.is_index_consistent(db.session.connection(), indexed_table)
        ]
    click.echo(f"differs: {', '.join(wrong)}; run hoax-tracker search rebuild" if wrong else "right")
    return 1 if wrong else 0


@search.command()
def rebuild() -> None:
    """Rebuild the index from the rows in one transaction: others read meanwhile, and write afterwards."""
    from hoax_tracker.core.database.transactions import write_transaction
    from hoax_tracker.desk_search import index_tables
    from hoax_tracker.models import db

    with open_instance(), elapsed_time("search rebuild"), write_transaction(None):
        index_tables.rebuild_indexes(db.session.connection())
    click.echo("rebuilt")


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
    outcome = "the new database has it all already" if moved.was_there else "copied and verified"
    click.echo(f"{outcome}: {sum(counts.values())} rows in {len(counts)} tables, audit hash {moved.facts.audit_hash}")
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


@click.group()
def audit() -> None:
    """The tamper-evident log of officers' acts."""


@audit.command("verify")
@click.option("--head", "noted", metavar="N:DIGEST", help="A head noted before: of a morning letter, or of /tentang.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def verify_audit(noted: str | None, as_json: bool) -> int:
    """Check every link and every seal of the chain; --head also detects a cut-off end."""
    from hoax_tracker.core.audit.chain_check import check_head, describe_chain_fault, verify_chain

    head = _read_head_option(noted) if noted else None
    with open_instance(), elapsed_time("audit verify"):
        verification = verify_chain()
        if head is not None and verification.fault is None:
            verification = check_head(verification, head)
    if as_json:
        print_json(_verification_object(verification))
    elif verification.broken_at is None:
        click.echo(f"whole: {verification.rows} rows, last hash {verification.last_hash}")
        click.echo(
            f"head {verification.head}, sealed from row {verification.sealed_from} on"
            if verification.head
            else "nothing recorded"
        )
    else:
        click.echo(f"broken at row {verification.broken_at} after {verification.rows} whole rows", err=True)
        click.echo(f"row {verification.broken_at}: {describe_chain_fault(verification)}", err=True)
    return 0 if verification.broken_at is None else 1


def _verification_object(verification: ChainVerification) -> dict[str, Any]:
    """Return the result in the form that ``--json`` prints."""
    from hoax_tracker.core.audit.chain_check import describe_chain_fault

    return {
        "rows": verification.rows,
        "broken_at": verification.broken_at,
        "last_hash": verification.last_hash,
        "head": str(verification.head) if verification.head else None,
        "sealed_from": verification.sealed_from,
        "fault": verification.fault.value if verification.fault else None,
        "description": describe_chain_fault(verification),
    }


def _read_head_option(text: str) -> ChainHead:
    """Return the given head. Raises click's error for anything else."""
    from hoax_tracker.core.audit.audit_log import parse_head

    head = parse_head(text)
    if head is None:
        raise click.BadParameter("a number, a colon and 64 hex digits, as the letter and /tentang show it")
    return head


@audit.command("new-key")
@click.option("--by", "email", required=True, metavar="EMAIL", help="The administrator who does this.")
@click.option("--reason", required=True, help="Why; the log keeps it.")
def start_key(email: str, reason: str) -> int:
    """Let the audit key of this host seal the log from here on, where the previous key is lost.

    The log records who did it and why. Older rows are sealed as they are now; whether they were changed under the lost
    key, nobody can prove any more. To replace a key that is not lost, remove it first.
    """
    from hoax_tracker.accounts.officers import require_officer_by_email
    from hoax_tracker.operations.instance_keys import start_new_audit_key

    with open_instance(has_keys=False) as settings:
        person = require_officer_by_email(email)
        if not (person.active and person.is_administrator):
            raise NotAllowedError(f"{email} is no administrator")
        if not start_new_audit_key(settings, reason, by=person, now=utc_now()):
            click.echo(
                "this host's audit key seals the log already. To replace it: take audit_key out of the data folder, or "
                "set another HOAX_TRACKER_AUDIT_KEY, and run this again"
            )
            return 0
    click.echo("recorded: bring the other hosts the same audit_key, then start them; keep a copy of it elsewhere")
    return 0
