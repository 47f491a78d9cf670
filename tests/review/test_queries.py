"""How many statements a page of the desk sends to the database: as many with many rows as with few, and few."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from hoax_tracker.models import Claim, ClaimStatus, Decision, DecisionKind, Officer, db
from tests import factories
from tests.review.test_service import make_report

MOST = 15
SignIn = Callable[[Officer], FlaskClient]


@contextmanager
def counted() -> Iterator[list[str]]:
    """Yield the statements that the block sends; beginnings and settings of transactions do not count."""
    sent: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.split(None, 1)[0].lower() in ("select", "insert", "update", "delete", "with"):
            sent.append(statement)

    sa.event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        sa.event.remove(db.engine, "before_cursor_execute", note)


def fill(officer: Officer, many: int) -> Claim:
    """Make claims, and one with that many reports, decisions and pages."""
    claim = factories.make_claim("Air mati tujuh hari", status=ClaimStatus.INVESTIGATING, priority=0.95)
    for _ in range(many):
        factories.make_claim("Yang lain", unit_id=factories.unit("dinkes").id)
        make_report(claim)
        kind = DecisionKind.INVESTIGATE
        db.session.add(Decision(claim_id=claim.id, officer_id=officer.id, kind=kind, decided_at=factories.NOW))
        factories.make_clarification(officer, None, claims=[claim])
    db.session.commit()
    return claim


@pytest.mark.parametrize("path", ["/petugas/", "/petugas/?q=air", "/petugas/klaim/{id}", "/petugas/klaim/{id}/isi"])
def test_no_page_sends_more(path: str, officer: Officer, sign_in: SignIn) -> None:
    claim = fill(officer, 6)
    browser, address = sign_in(officer), path.format(id=claim.id)
    browser.get(address)  # the match index reads its files once
    with counted() as sent:
        assert browser.get(address).status_code == 200
    assert len(sent) <= MOST, "\n\n".join(sent)
