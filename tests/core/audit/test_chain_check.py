"""Attacks on the chain with write access but without the key are detected, each with its row."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from apiflask import APIFlask

from hoax_tracker.core.audit import audit_log, chain_check
from hoax_tracker.core.audit.audit_log import ChainHead
from hoax_tracker.core.audit.chain_check import ChainFault
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.core.extensions import current_settings
from hoax_tracker.models import AuditEvent, db
from tests.conftest import NOW
from tests.shared_app import change_settings

EVENTS = AuditEvent.__table__
OTHER_KEY = "kunci-lain-yang-cukup-panjang-0192837465"


def record(count: int, action: str = "claim_tagged") -> list[int]:
    """Record acts; return their numbers."""
    with write_transaction():
        return [
            audit_log.record_event(action, f"claim:{number}", officer=None, now=NOW, detail={"n": number}).id
            for number in range(count)
        ]


@pytest.fixture
def five(app: APIFlask) -> list[int]:
    """Five rows, by number."""
    return record(5)


def found() -> tuple[ChainFault | None, int | None]:
    """What a check says now."""
    db.session.rollback()
    seen = chain_check.verify_chain()
    return seen.fault, seen.broken_at


def change(row: int, **values: Any) -> None:
    db.session.rollback()  # a check that was not announced as reading holds SQLite's one lock
    with db.engine.begin() as connection:
        connection.execute(sa.update(EVENTS).where(EVENTS.c.id == row).values(**values))


def all_rows() -> list[dict[str, Any]]:
    db.session.rollback()
    with db.engine.connect() as connection:
        return [dict(row._mapping) for row in connection.execute(sa.select(EVENTS).order_by(EVENTS.c.id))]


def replace_all(rows: list[dict[str, Any]]) -> None:
    db.session.rollback()
    with db.engine.begin() as connection:
        connection.execute(sa.delete(EVENTS))
        if rows:
            connection.execute(sa.insert(EVENTS), rows)


def forge(rows: list[dict[str, Any]], key: str | None = None, begin: int = 0) -> list[dict[str, Any]]:
    """Return the rows with every hash computed anew; sealed with a key of the attacker, or not at all."""
    previous = rows[begin - 1]["hash"] if begin else audit_log.FIRST_HASH
    made = rows[:begin]
    for row in rows[begin:]:
        event = AuditEvent(**(row | {"previous_hash": previous}))
        previous = audit_log.event_hash(event)
        seal = audit_log.seal_hash(previous, key) if key else None
        made.append(row | {"previous_hash": event.previous_hash, "hash": previous, "seal": seal})
    return made


@pytest.mark.parametrize(
    "values", [{"action": "purged"}, {"subject": "claim:9"}, {"at": NOW - timedelta(days=1)}, {"detail": {"n": 9}}]
)
def test_a_changed_row_is_named(five: list[int], values: dict[str, Any]) -> None:
    change(five[2], **values)
    assert found() == (ChainFault.CHANGED, five[2])


def test_a_row_that_was_taken_out_is_named_by_its_neighbours(five: list[int]) -> None:
    rows = all_rows()
    replace_all(rows[:2] + rows[3:])
    seen = chain_check.verify_chain()
    assert (seen.fault, seen.broken_at, seen.other_row) == (ChainFault.MISSING_BEFORE, five[3], five[1])


def test_the_first_row_taken_away_is_named(five: list[int]) -> None:
    replace_all(all_rows()[1:])
    assert found() == (ChainFault.MISSING_BEFORE, five[1])


def test_two_rows_that_changed_places_are_named(five: list[int]) -> None:
    rows = all_rows()
    rows[1]["id"], rows[2]["id"] = rows[2]["id"], rows[1]["id"]
    replace_all(sorted(rows, key=lambda row: row["id"]))
    assert found() == (ChainFault.MOVED, five[1])


def test_a_row_that_was_moved_to_the_end_is_named(five: list[int]) -> None:
    rows = all_rows()
    rows[1]["id"] = five[4] + 1
    replace_all(sorted(rows, key=lambda row: row["id"]))
    assert found()[0] is ChainFault.MOVED


@pytest.mark.sqlite
def test_a_doubled_row_is_named(five: list[int]) -> None:
    """The database refuses it; who owns the database takes the constraint away first."""
    rows = all_rows()
    with pytest.raises(sa.exc.IntegrityError), db.engine.begin() as connection:
        connection.execute(sa.insert(EVENTS), [rows[1] | {"id": five[4] + 1}])
    with db.engine.begin() as connection:
        connection.exec_driver_sql("create table doubled as select * from audit_event")
        connection.exec_driver_sql("drop table audit_event")
        connection.exec_driver_sql("alter table doubled rename to audit_event")
        connection.execute(sa.insert(EVENTS), [rows[1] | {"id": five[4] + 1}])
    seen = chain_check.verify_chain()
    assert (seen.fault, seen.broken_at, seen.other_row) == (ChainFault.DOUBLED, five[4] + 1, five[1])


def test_a_copy_linked_to_the_end_is_named(five: list[int]) -> None:
    rows = all_rows()
    replace_all(forge([*rows, rows[1] | {"id": five[4] + 1}], begin=5))
    assert found() == (ChainFault.UNSEALED, five[4] + 1)


def test_a_cut_off_end_shows_beside_a_head_that_was_kept(five: list[int]) -> None:
    head = chain_check.verify_chain().head
    assert head is not None
    replace_all(all_rows()[:3])
    seen = chain_check.verify_chain()
    assert seen.fault is None, "what is left is a whole chain"
    seen = chain_check.check_head(seen, head)
    assert (seen.fault, seen.broken_at, seen.other_row) == (ChainFault.CUT_OFF, five[4], five[2])


def test_an_end_that_was_cut_off_and_grew_again_shows_beside_the_head(five: list[int]) -> None:
    head = audit_log.read_head()
    assert head is not None
    replace_all(all_rows()[:3])
    record(2, "claim_untagged")
    seen = chain_check.check_head(chain_check.verify_chain(), head)
    # PostgreSQL goes on counting where it was, SQLite where the rows end.
    assert seen.fault is ChainFault.OTHER_HEAD
    assert seen.expected == head.digest


def test_a_head_of_the_middle_still_fits(five: list[int]) -> None:
    rows = all_rows()
    seen = chain_check.check_head(chain_check.verify_chain(), ChainHead(five[1], rows[1]["hash"]))
    assert seen.fault is None
    seen = chain_check.check_head(seen, ChainHead(five[1], rows[2]["hash"]))
    assert (seen.fault, seen.broken_at) == (ChainFault.OTHER_HEAD, five[1])


# Everything written anew


def published_by_another(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [row | {"subject": "claim:99"} if place == 1 else row for place, row in enumerate(rows)]


@pytest.mark.parametrize(
    ("key", "fault"), [(None, ChainFault.NEVER_SEALED), (OTHER_KEY, ChainFault.OTHER_KEY)], ids=["plain", "own key"]
)
def test_all_rows_hashed_anew_are_not_believed(five: list[int], key: str | None, fault: ChainFault) -> None:
    """What ``audit verify`` called whole before there was a key."""
    replace_all(forge(published_by_another(all_rows()), key))
    assert chain_check.verify_chain_in(db.session.connection(), "").fault is None
    assert found() == (fault, five[4] if key is None else five[0])


def test_rows_hashed_anew_from_one_on_are_named(five: list[int]) -> None:
    rows = all_rows()
    rows[3]["subject"] = "claim:99"
    replace_all(forge(rows, begin=3))
    assert found() == (ChainFault.UNSEALED, five[3])
    replace_all(forge(rows, OTHER_KEY, begin=3))
    assert found() == (ChainFault.FORGED, five[3])


def test_old_seals_do_not_fit_new_hashes(five: list[int]) -> None:
    seals = [row["seal"] for row in all_rows()]
    forged = [row | {"seal": seal} for row, seal in zip(forge(published_by_another(all_rows())), seals, strict=True)]
    replace_all(forged)
    assert found() == (ChainFault.FORGED, five[1])


def test_a_forged_log_is_not_healed_by_the_next_act_of_the_program(five: list[int]) -> None:
    """The program seals a row that covers the forged ones: it is named, because the key does not begin there."""
    replace_all(forge(published_by_another(all_rows())))
    [after] = record(1)
    assert found() == (ChainFault.NOT_BEGUN, after)


def test_a_forged_beginning_of_the_key_is_named(five: list[int], settings: Settings) -> None:
    rows = published_by_another(all_rows())
    begin = {"action": audit_log.KEY_STARTED_ACTION, "detail": {"key": audit_log.audit_key_id(settings.audit_key)}}
    replace_all(forge([*rows[:4], rows[4] | begin]))
    record(1)
    assert found() == (ChainFault.FORGED, five[4])
    replace_all(forge([*rows[:4], rows[4] | begin], OTHER_KEY))
    assert found() == (ChainFault.FORGED, five[4])


def test_another_key_that_is_said_to_begin_is_named(five: list[int]) -> None:
    begin = {"action": audit_log.KEY_STARTED_ACTION, "detail": {"key": audit_log.audit_key_id(OTHER_KEY)}}
    rows = all_rows()
    replace_all(forge([*rows[:3], rows[3] | begin, rows[4]], OTHER_KEY, begin=3))
    assert found() == (ChainFault.OTHER_KEY, five[3])


def test_the_wrong_key_and_a_seal_that_was_taken_away(five: list[int], app: APIFlask) -> None:
    with db.engine.connect() as connection:
        seen = chain_check.verify_chain_in(connection, OTHER_KEY)
    assert (seen.fault, seen.broken_at) == (ChainFault.OTHER_KEY, five[0])
    change(five[2], seal=None)
    assert found() == (ChainFault.UNSEALED, five[2])


def test_rows_from_before_the_key_stay_as_they_were_and_its_first_row_seals_them(app: APIFlask) -> None:
    ids = record(3)
    for row in ids:
        change(row, seal=None)
    assert found() == (ChainFault.NEVER_SEALED, ids[2])
    with write_transaction():
        begun = audit_log.start_audit_key(officer=None, now=NOW).id
    record(2)
    seen = chain_check.verify_chain()
    assert (seen.fault, seen.rows, seen.sealed_from) == (None, 6, begun)
    rows = all_rows()
    change(ids[1], subject="claim:99")
    assert found() == (ChainFault.CHANGED, ids[1])
    replace_all(forge(published_by_another(rows)[:3]) + rows[3:])
    assert found()[0] in (ChainFault.MISSING_BEFORE, ChainFault.CHANGED), "the key's first row holds on to the old ones"


def test_an_emptied_log_is_named_where_the_key_was_recorded(five: list[int], settings: Settings) -> None:
    from hoax_tracker.operations.instance_keys import record_keys

    with write_transaction():
        record_keys(settings, NOW)
    replace_all([])
    assert found() == (ChainFault.EMPTIED, 0)


# Who writes, and how much


@pytest.mark.postgresql
def test_two_writers_at_once_make_one_chain(app: APIFlask) -> None:
    """Twelve threads on PostgreSQL: every row stands after one other, and each is sealed."""
    failures: list[BaseException] = []

    def write() -> None:
        try:
            with app.app_context():
                for _ in range(5):
                    record(2)
                db.session.remove()
        except BaseException as error:  # noqa: BLE001 - told below
            failures.append(error)

    threads = [threading.Thread(target=write) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    seen = chain_check.verify_chain()
    assert (seen.fault, seen.rows) == (None, 120)


@pytest.fixture
def long_log(app: APIFlask) -> Callable[[int], None]:
    """Return a function that fills the log with a chain of so many rows, fast."""
    key = current_settings().audit_key

    def fill(count: int) -> None:
        base = {"at": NOW, "officer_id": None, "action": "claim_tagged", "detail": {}}
        with db.engine.begin() as connection:
            previous = audit_log.FIRST_HASH
            for begin in range(0, count, 5000):
                batch = []
                for number in range(begin, min(begin + 5000, count)):
                    row = base | {"subject": f"claim:{number}", "previous_hash": previous}
                    previous = audit_log.event_hash(AuditEvent(**row))
                    batch.append(row | {"hash": previous, "seal": audit_log.seal_hash(previous, key)})
                connection.execute(sa.insert(EVENTS), batch)

    return fill


@pytest.mark.slow
def test_a_long_log_is_checked_row_by_row_without_holding_it(long_log: Callable[[int], None]) -> None:
    long_log(20_000)
    seen = chain_check.verify_chain()
    assert (seen.fault, seen.rows) == (None, 20_000)
    last = seen.head.number if seen.head else 0
    change(last - 15_000, subject="claim:0")
    assert found() == (ChainFault.CHANGED, last - 15_000)
    assert chain_check.verify_newest_rows(1_000).rows == 1_000, "the newest rows are whole, and say no more"


def test_an_unsealed_instance_still_checks_its_links(app: APIFlask) -> None:
    change_settings(app, audit_key="")
    ids = record(2)
    assert found() == (None, None)
    change(ids[0], subject="claim:7")
    assert found() == (ChainFault.CHANGED, ids[0])


def test_a_head_is_read_as_it_is_written(five: list[int]) -> None:
    head = audit_log.read_head()
    assert head is not None
    assert audit_log.parse_head(str(head)) == head
    assert audit_log.parse_head(f" {head.number} : {head.digest.upper()[:32]} {head.digest[32:]}\n") == head
    for wrong in (
        "",
        "7",
        "7:",
        f"x:{head.digest}",
        f"7:{head.digest[:-1]}",
        f"٧:{head.digest}",
        f"{'9' * 20}:{head.digest}",
    ):
        assert audit_log.parse_head(wrong) is None
