"""``search``: check and rebuild the full-text index of the officers' search."""

from __future__ import annotations

import click

from hoax_tracker.cli.common import elapsed_time, open_instance


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
