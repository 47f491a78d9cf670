"""The audit log shows any tampering with its rows."""

from __future__ import annotations

from datetime import datetime

import pytest
import sqlalchemy as sa
from apiflask import APIFlask

from hoax_tracker.core.audit import audit_log, chain_check
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.models import Officer, db


@pytest.fixture
def three(app: APIFlask, officer: Officer, now: datetime) -> list[int]:
    """Three events, by id."""
    with write_transaction():
        return [
            audit_log.record_event(
                "claim_link", f"claim:{n}", officer=officer, now=now, detail={"n": n, "kata": "é"}
            ).id
            for n in range(3)
        ]


def test_an_untouched_log_is_whole(three: list[int]) -> None:
    found = chain_check.verify_chain()
    assert (found.rows, found.broken_at) == (3, None)
    assert found.last_hash != audit_log.FIRST_HASH


@pytest.mark.parametrize(
    "change",
    [
        "update audit_event set action = 'nothing' where id = :id",
        "update audit_event set officer_id = null where id = :id",
        "update audit_event set subject = 'claim:9' where id = :id",
        "update audit_event set at = '2020-01-01 00:00:00.000000' where id = :id",
        """update audit_event set detail = '{"n": 7}' where id = :id""",
    ],
)
def test_a_changed_row_is_found(three: list[int], change: str) -> None:
    db.session.execute(sa.text(change), {"id": three[1]})
    db.session.commit()
    assert chain_check.verify_chain().broken_at == three[1]


def test_a_removed_row_is_found(three: list[int]) -> None:
    db.session.execute(sa.text("delete from audit_event where id = :id"), {"id": three[1]})
    db.session.commit()
    assert chain_check.verify_chain().broken_at == three[2]


def test_a_cut_off_end_changes_the_last_hash(three: list[int]) -> None:
    kept = chain_check.verify_chain().last_hash
    db.session.execute(sa.text("delete from audit_event where id = :id"), {"id": three[2]})
    db.session.commit()
    assert chain_check.verify_chain().last_hash != kept


def test_a_failed_write_leaves_no_event(app: APIFlask, now: datetime) -> None:
    with pytest.raises(RuntimeError), write_transaction():
        audit_log.record_event("claim_link", "claim:1", officer=None, now=now)
        raise RuntimeError
    assert chain_check.verify_chain().rows == 0
