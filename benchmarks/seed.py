"""A plausible instance at scale: ``python -m benchmarks.seed --items 1000000 --claims 100000 --clarifications 10000``.

Written into the instance of the environment (HOAX_TRACKER_DATA, DATABASE_URL), beside what it holds, in eighty days
that end now. All constraints hold and the audit chain verifies. Prints one JSON object: rows, seconds, rows a second.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from datetime import UTC, datetime
from time import perf_counter
from typing import Any

from flask import current_app

from benchmarks.bulk import Bulk
from benchmarks.rows import Rows
from hoax_tracker.accounts.reference import root_unit
from hoax_tracker.accounts.service import add_officer, new_password
from hoax_tracker.app import create_app
from hoax_tracker.clock import utc_now
from hoax_tracker.database import writing
from hoax_tracker.models import Base, RoleName, db
from hoax_tracker.setup import prepare_database

OFFICERS = 24


def add_officers(now: datetime) -> tuple[str, str]:
    """Add officers and approvers; return address and password of the first, who holds every role."""
    unit, token = root_unit(), hashlib.sha256(now.isoformat().encode()).hexdigest()[:6]
    password, first = new_password(), f"seed-{token}-1@contoh.example"
    with writing():
        for number in range(1, OFFICERS + 1):
            roles = [RoleName.OFFICER] if number % 3 else [RoleName.OFFICER, RoleName.APPROVER]
            given = list(RoleName) if number == 1 else roles
            address = f"seed-{token}-{number}@contoh.example"
            add_officer(address, f"Petugas {number}", given, unit=unit, password=password, by=None, now=now)
    return first, password


def seed(items: int, claims: int, clarifications: int, number: int = 1) -> dict[str, Any]:
    """Write the rows into the instance of the open application; return what was written and how fast."""
    started, now = perf_counter(), utc_now().astimezone(UTC)
    address, password = add_officers(now)
    db.session.remove()
    bulk = Bulk(db.engine)
    Rows(bulk, items, claims, clarifications, now, number, current_app.extensions["settings"].contact_key).write()
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
    parser.add_argument("--seed", type=int, default=1, help="Another number makes other texts.")
    given = parser.parse_args()
    app = create_app()
    with app.app_context():
        prepare_database(utc_now())
        found = seed(given.items, given.claims, given.clarifications, given.seed)
        db.session.remove()
        db.engine.dispose()
    print(json.dumps(found))


if __name__ == "__main__":
    main()
