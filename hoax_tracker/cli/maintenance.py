"""``backup``, ``restore``, ``purge`` and ``export``: copies of the instance, retention, data for others."""

from __future__ import annotations

import csv
import os
import sys
from pathlib import Path

import click

from hoax_tracker.cli.common import elapsed_time, open_instance, print_json, progress_bar


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def backup(file: Path, as_json: bool) -> int:
    """Write database, files and secrets to FILE (mode 600) while the instance runs.

    Keep it as safe as the server. A broken audit log is backed up as well, as evidence, and the exit code is 1 then.
    """
    from hoax_tracker.clock import utc_now
    from hoax_tracker.core.config.settings import read_settings
    from hoax_tracker.operations.backup.backup import create_backup

    with progress_bar("backup") as progress:
        manifest, seal = create_backup(read_settings(), file, utc_now(), progress)
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


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--check", "only_check", is_flag=True, help="Verify the whole backup, change nothing.")
@click.option("--unproven", is_flag=True, help="Also of an older program, or a broken audit log, or without its keys.")
def restore(file: Path, only_check: bool, unproven: bool) -> int:
    """Verify FILE beside the instance, then replace the instance; the old one is kept.

    Stop the services first.
    """
    from hoax_tracker.clock import utc_now
    from hoax_tracker.core.config.settings import read_settings
    from hoax_tracker.operations.backup.restore import restore_backup as restore_now

    with progress_bar("restore") as progress:
        done = restore_now(
            read_settings(), file, os.environ, utc_now(), progress, swap=not only_check, unproven=unproven
        )
    facts = done.manifest.facts
    if done.unproven:
        click.echo(f"WARNING: nobody can prove that this backup is sound: {done.unproven}", err=True)
    click.echo(f"whole: {sum(facts.tables.values())} rows of {done.manifest.made_at}, audit hash {facts.audit_hash}")
    if done.kept:
        click.echo(f"restored; the instance before is kept: {done.kept}")
        click.echo("run hoax-tracker init if this program is newer than the backup")
    return 0


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--overdue", is_flag=True, help="Also where much should have gone long ago. Look at the clock first.")
def purge(as_json: bool, overdue: bool) -> int:
    """Delete data past its retention: reporters' contacts, unflagged items, the public's questions."""
    from hoax_tracker.clock import utc_now
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
    from hoax_tracker.claims.claim_review_feed import iterate_feed_pages

    with open_instance() as settings:
        for page in iterate_feed_pages(settings):
            click.echo(page, nl=False)
    return 0


@export.command("csv")
def export_csv() -> int:
    """Print the published clarifications as CSV."""
    from hoax_tracker.clarify.listing import public_clarifications
    from hoax_tracker.core.content.spreadsheet_cells import safe_cell

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
    from hoax_tracker.flag.model.training_pairs import merge_split_pairs

    with open_instance():
        for pair in merge_split_pairs():
            print_json(pair)
    return 0
