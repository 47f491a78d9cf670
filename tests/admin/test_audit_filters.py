"""Filters of the audit log, each alone and all together: the same newest rows as reading every row would give."""

from __future__ import annotations

import itertools
import random
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from apiflask import APIFlask

from hoax_tracker.admin.audit_filters import AuditFilters, filter_conditions, list_rows_before
from hoax_tracker.clock import WITA
from hoax_tracker.core.audit import audit_log
from hoax_tracker.core.audit.audit_log import ACTS
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.models import AuditEvent, Officer, RoleName, db
from tests import factories

ACTIONS = ("signed_in", "sign_in_failed", "session_ended", "officer_changed", "claim_assign")
MOST = 5


@pytest.fixture
def log(app: APIFlask) -> list[AuditEvent]:
    """A log of three people in two units, and of nobody, over four days."""
    people: list[Officer | None] = [
        factories.make_officer(f"p{number}@kupang.example", RoleName.OFFICER, unit_code=unit)
        for number, unit in enumerate(("dinkes", "dinkes", "pdam"))
    ]
    chance = random.Random(21)
    with write_transaction():
        for number in range(80):
            moment = factories.NOW - timedelta(hours=80 - number)
            who, action = chance.choice([*people, None]), chance.choice(ACTIONS)
            audit_log.record_event(action, f"claim:{chance.randrange(4)}", officer=who, now=moment)
    return list(db.session.scalars(sa.select(AuditEvent).order_by(AuditEvent.id.desc())))


def is_shown(event: AuditEvent, asked: AuditFilters) -> bool:
    """Tell whether a row meets the filters, told from the row alone."""
    day = event.at.astimezone(WITA).date().isoformat()
    who = str(event.officer_id) if event.officer_id else "program"
    unit = str(event.officer.unit_id) if event.officer else ""
    return (
        asked.siapa in ("", who)
        and asked.unit in ("", unit)
        and (not asked.apa or asked.apa in (event.action, ACTS[event.action].group))
        and (not asked.tentang or event.subject == f"claim:{asked.tentang}")
        and (not asked.dari or asked.dari <= day)
        and (not asked.sampai or day <= asked.sampai)
    )


@pytest.mark.slow
def test_every_combination_shows_the_newest_rows_that_meet_it(log: list[AuditEvent]) -> None:
    dinkes, day = str(factories.load_unit("dinkes").id), "2026-11-23"
    someone = str(next(event.officer_id for event in log if event.officer_id))
    choices = {
        "siapa": ("", someone, "program", "99999"),
        "unit": ("", dinkes, "99999", "x"),
        "apa": ("", "masuk", "akun", "claim_assign", "tidak-ada"),
        "tentang": ("", "2"),
        "dari": ("", day),
    }
    for values in itertools.product(*choices.values()):
        asked = AuditFilters(**dict(zip(choices, values, strict=True)))
        for before in (None, log[30].id):
            wanted = [event.id for event in log if is_shown(event, asked) and (before is None or event.id < before)]
            shown = [event.id for event in list_rows_before(filter_conditions(asked), before, MOST)]
            assert shown == wanted[:MOST], (asked, before)


def database_steps(asked: AuditFilters) -> int:
    """How many hundred instructions of its machine SQLite runs for a page."""
    conditions, count = filter_conditions(asked), 0

    def tick() -> int:
        nonlocal count
        count += 1
        return 0

    connection = db.session.connection().connection.driver_connection
    connection.set_progress_handler(tick, 100)  # type: ignore[union-attr]
    list_rows_before(conditions, None)
    connection.set_progress_handler(None, 0)  # type: ignore[union-attr]
    db.session.rollback()
    return count


@pytest.mark.sqlite
@pytest.mark.parametrize("asked", [AuditFilters(unit="dinkes"), AuditFilters(apa="masuk")])
def test_a_log_five_times_as_long_costs_no_more(app: APIFlask, asked: AuditFilters) -> None:
    people = [factories.make_officer(f"p{n}@kupang.example", RoleName.OFFICER, unit_code="dinkes") for n in (1, 2)]
    asked = replace(asked, unit=str(factories.load_unit("dinkes").id)) if asked.unit else asked
    costs = []
    for rows in (200, 800):
        for person, action in itertools.product(people, ("signed_in", "sign_in_failed")):
            acts = [audit_log.AuditEntry(action, "claim:1", {})] * rows
            with write_transaction():
                audit_log.record_events(acts, officer=person, now=factories.NOW)
        costs.append(database_steps(asked))
    assert costs[1] < costs[0] * 1.5, costs
