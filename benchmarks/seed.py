"""A plausible instance at scale: ``python -m benchmarks.seed --items 1000000 --claims 100000 --clarifications 10000``.

Written into the instance of the environment (HOAX_TRACKER_DATA, DATABASE_URL), beside what it holds, in eighty days
that end now. All constraints hold and the audit chain verifies. Prints one JSON object: rows, seconds, rows a second.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import uuid
from datetime import UTC, datetime
from time import perf_counter
from typing import Any

import sqlalchemy as sa
from flask import current_app

from benchmarks.bulk import Bulk
from benchmarks.rows import Rows
from hoax_tracker.accounts.officers import add_officer, generate_password, list_role_rows
from hoax_tracker.app import create_app
from hoax_tracker.authority.proposals import confirm_as_shipped
from hoax_tracker.clock import utc_now
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.desk_search import index_tables
from hoax_tracker.models import Base, Officer, RoleName, Unit, db
from hoax_tracker.operations.bootstrap import prepare_database
from hoax_tracker.organisation.units import require_root_unit

OFFICER_COUNT = 24
MAIN_UNIT_OFFICERS = 12  # officers of PPID Utama; the others belong to units, one after the other


def add_officers(now: datetime, count: int) -> tuple[str, str]:
    """Add officers and approvers; return address and password of the first, who holds every role."""
    token, password = hashlib.sha256(now.isoformat().encode()).hexdigest()[:6], generate_password()
    root, first = require_root_unit(), f"seed-{token}-1@contoh.example"
    units = db.session.scalars(sa.select(Unit).where(Unit.is_active, Unit.id != root.id).order_by(Unit.id)).all()
    with write_transaction():
        one = add_officer(
            first, "Petugas 1", set(RoleName) - {RoleName.AUDITOR}, unit=root, password=password, by=None, now=now
        )
        officer, approver = (list_role_rows([name])[0] for name in (RoleName.OFFICER, RoleName.APPROVER))
        for number in range(2, count + 1):
            unit = units[number % len(units)] if number > MAIN_UNIT_OFFICERS and units else root
            db.session.add(
                Officer(
                    email=f"seed-{token}-{number}@contoh.example",
                    name=f"Petugas {number}",
                    password=one.password,  # made once: slow by design
                    fs_uniquifier=uuid.uuid4().hex,
                    unit_id=unit.id,
                    created_at=now,
                    roles=[officer] if number % 3 else [officer, approver],
                )
            )
    return first, password


def seed_instance(
    items: int, claims: int, clarifications: int, number: int = 1, officers: int = OFFICER_COUNT
) -> dict[str, Any]:
    """Write the rows into the instance of the open application; return what was written and how fast.

    The index of words is made at the end, in one go.
    """
    started, now = perf_counter(), utc_now().astimezone(UTC)
    address, password = add_officers(now, officers)
    with write_transaction():
        confirm_as_shipped(now)  # what the pages stand on
    db.session.remove()
    with db.engine.begin() as connection:
        for searched in index_tables.INDEXED_TABLES:
            index_tables.drop_index(connection, searched)
    bulk = Bulk(db.engine)
    settings = current_app.extensions["settings"]
    Rows(bulk, items, claims, clarifications, now, number, settings.contact_key, settings.audit_key).write()
    with db.engine.begin() as connection:
        for searched in index_tables.INDEXED_TABLES:
            index_tables.create_index(connection, searched)
    bulk.finish(Base.metadata.sorted_tables)
    seconds = perf_counter() - started
    total = sum(bulk.counts.values())
    each = {name: round(count / max(bulk.seconds[name], 1e-9)) for name, count in bulk.counts.items()}
    return {
        "rows": bulk.counts,
        "seconds": round(seconds, 1),
        "rows_per_s": round(total / seconds),
        "rows_per_s_by_table": each,
        "sign_in": {"email": address, "password": password},
    }


def main() -> None:
    """Make the instance ready where it is not, and fill it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--claims", type=int, default=10_000)
    parser.add_argument("--clarifications", type=int, default=1_000)
    parser.add_argument("--officers", type=int, default=OFFICER_COUNT)
    parser.add_argument("--seed", type=int, default=1, help="Another number makes other texts.")
    given = parser.parse_args()
    app = create_app()
    with app.app_context():
        prepare_database(utc_now())
        found = seed_instance(given.items, given.claims, given.clarifications, given.seed, given.officers)
        db.session.remove()
        db.engine.dispose()
    print(json.dumps(found))


if __name__ == "__main__":
    main()
