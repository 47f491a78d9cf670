"""``purge`` and ``export``: what goes on schedule, and what others may take along."""

from __future__ import annotations

import csv
import sys

import click

from hoax_tracker.cli.common import opened, print_json


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def purge(as_json: bool) -> int:
    """Delete what is kept too long: reporters' contacts, unflagged items, what the public asked."""
    from hoax_tracker.clock import utc_now
    from hoax_tracker.retention import purge as purge_now

    with opened() as app:
        counts = purge_now(app.extensions["settings"], utc_now())
    if as_json:
        print_json(counts)
    else:
        click.echo(", ".join(f"{count} {name}" for name, count in counts.items()))
    return 0


@click.group()
def export() -> None:
    """Published clarifications for others: ClaimReview or CSV, on standard output."""


@export.command("claimreview")
def export_claimreview() -> int:
    """Print one schema.org ClaimReview a line (none for verdicts that rate nothing, none in the demo)."""
    from hoax_tracker.claimreview import claim_review
    from hoax_tracker.database import public_clarifications

    with opened() as app:
        for clarification in public_clarifications():
            found = claim_review(clarification, app.extensions["settings"])
            if found is not None:
                print_json(found)
    return 0


@export.command("csv")
def export_csv() -> int:
    """Print the published clarifications as CSV."""
    from hoax_tracker.database import public_clarifications

    with opened() as app:
        base = app.extensions["settings"].base_url
        out = csv.writer(sys.stdout)
        out.writerow(["number", "url", "verdict", "title", "claim", "summary", "unit", "published_at"])
        for one in public_clarifications():
            verdict = one.verdict.value if one.verdict else ""
            published = one.published_at.isoformat() if one.published_at else ""
            address = f"{base}/klarifikasi/{one.slug}"
            row = [one.number, address, verdict, one.title, one.claim_quote, one.summary, one.unit.name, published]
            out.writerow([safe_cell(cell) for cell in row])
    return 0


def safe_cell(value: object) -> object:
    """Return the value so that a spreadsheet does not run it as a formula."""
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t") else value
