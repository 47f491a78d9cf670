"""The audit log with very many rows: what a page, a filter, a file and a check of the chain cost, in processor time.

    python -m benchmarks.audit --rows 1000000 [--url postgresql://…]

Without ``--url`` the log lies in SQLite in a folder that is deleted at the end. Processor time is this process's; on
PostgreSQL the server's is not in it, and the time that passes is printed beside.
"""

from __future__ import annotations

import argparse
import os
import random
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import flask_migrate
import sqlalchemy as sa

from hoax_tracker.admin import audit_export
from hoax_tracker.admin.audit_filters import AuditFilters, RowConditions, filter_conditions, list_rows_before
from hoax_tracker.app import create_app
from hoax_tracker.clock import utc_now
from hoax_tracker.core.audit import audit_log, chain_check
from hoax_tracker.core.config.settings import read_settings
from hoax_tracker.core.database.transactions import read_transaction
from hoax_tracker.core.extensions import current_settings
from hoax_tracker.models import AuditEvent, Officer, Unit, db

ACTIONS = ("claim_investigate", "claim_assign", "claim_tagged", "signed_in", "note_written")
ROWS_AT_ONCE = 5000
RARE_EVERY = 20_000
"""One row in so many is a publication, by the one person who publishes."""


def main() -> None:
    """Fill a log and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--url", default="")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["HOAX_TRACKER_DATA"] = str(Path(folder) / "instance")
        os.environ["DATABASE_URL"] = given.url
        app = create_app(read_settings())
        with app.app_context():
            flask_migrate.upgrade()
            people = add_people()
            fill_log(given.rows, people)
            with app.test_request_context(), read_transaction():
                measure_all(given.rows, people)
            db.session.remove()
            db.engine.dispose()


def add_people() -> list[int]:
    """Add twenty officers in ten units; return their ids."""
    now = utc_now()
    units = [Unit(code=f"u{n}", name=f"Unit {n}", short_name=f"U{n}", kind="dinas") for n in range(10)]
    db.session.add_all(units)
    db.session.flush()
    people = [
        Officer(
            email=f"p{n}@kupang.example",
            name=f"Petugas {n}",
            fs_uniquifier=f"{n}",
            unit_id=units[n % 10].id,
            created_at=now,
        )
        for n in range(20)
    ]
    db.session.add_all(people)
    db.session.commit()
    ids = [person.id for person in people]
    db.session.rollback()  # reading them began a transaction that holds SQLite's one lock
    return ids


def fill_log(count: int, people: list[int]) -> None:
    """Write a chain of so many rows over three years; the last person acts rarely."""
    key, chance = current_settings().audit_key, random.Random(7)
    begins, previous = utc_now() - timedelta(days=1100), audit_log.FIRST_HASH
    with db.engine.begin() as connection:
        for first in range(0, count, ROWS_AT_ONCE):
            rows = []
            for number in range(first, min(first + ROWS_AT_ONCE, count)):
                is_rare = number % RARE_EVERY == RARE_EVERY // 2
                row = {
                    "at": begins + timedelta(days=1100) * (number / count),
                    "officer_id": people[-1] if is_rare else chance.choice(people[:-1]),
                    "action": "clarification_published" if is_rare else chance.choice(ACTIONS),
                    "subject": f"claim:{chance.randrange(1, count // 10 + 2)}",
                    "detail": {"reason": "alasan yang ditulis petugas"},
                    "previous_hash": previous,
                }
                previous = audit_log.event_hash(AuditEvent(**row))
                rows.append(row | {"hash": previous, "seal": audit_log.seal_hash(previous, key)})
            connection.execute(sa.insert(AuditEvent), rows)
    with db.engine.begin() as connection:
        connection.exec_driver_sql("analyze")


def measure_all(count: int, people: list[int]) -> None:
    """Print what each costs."""
    day = (utc_now() - timedelta(days=500)).date().isoformat()
    busy, rare = str(people[0]), str(people[-1])
    asked = {
        "first page": (AuditFilters(), None),
        "page in the middle": (AuditFilters(), count // 2),
        "last page": (AuditFilters(), 40),
        "a busy person": (AuditFilters(siapa=busy), None),
        "a person who acts rarely": (AuditFilters(siapa=rare), None),
        "publications (rare)": (AuditFilters(apa="terbit"), None),
        "sign-ins (often)": (AuditFilters(apa="masuk"), None),
        "one claim": (AuditFilters(tentang="klaim 77"), None),
        "a unit": (AuditFilters(unit="1"), None),
        "a unit, page in the middle": (AuditFilters(unit="1"), count // 2),
        "accounts and roles (never)": (AuditFilters(apa="akun"), None),
        "publications of a unit": (AuditFilters(unit="1", apa="terbit"), None),
        "one day long ago": (AuditFilters(dari=day, sampai=day), None),
        "a rare act of a busy person": (AuditFilters(siapa=busy, apa="terbit"), None),
        "a busy person on one day": (AuditFilters(siapa=busy, dari=day, sampai=day), None),
        "until long ago": (AuditFilters(sampai=day), None),
    }
    for name, (filters, before) in asked.items():
        measure(name, lambda filters=filters, before=before: len(list_rows_before(filter_conditions(filters), before)))
    measure(
        "a file of CSV",
        lambda: sum(1 for _ in audit_export.export_csv(audit_export.export_rows(RowConditions(), None))),
    )
    measure("check of the newest 50,000", lambda: chain_check.verify_newest_rows(50_000).rows)
    measure("check of all", lambda: chain_check.verify_chain().rows)


def export_everything() -> int:
    """Write a file of CSV and return its lines."""
    return sum(1 for _ in audit_export.export_csv(audit_export.export_rows(RowConditions(), None)))


def measure(name: str, work: Callable[[], int], runs: int = 20) -> None:
    """Print rows found, processor time and the time that passed, each the 95th percentile of the runs."""
    spent = []
    for _ in range(runs):
        cpu, wall = time.process_time(), time.perf_counter()
        found = work()
        spent.append((time.process_time() - cpu, time.perf_counter() - wall))
        db.session.rollback()
    cpu, wall = (sorted(column)[round(0.95 * (runs - 1))] * 1000 for column in zip(*spent, strict=True))
    print(f"{name:32} {found:9,} rows {cpu:9.1f} ms {wall:9.1f} ms", flush=True)


if __name__ == "__main__":
    main()
