"""An office with three administrators, and a page that waits for approval."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

import pytest
from apiflask import APIFlask

from hoax_tracker.accounts import officers
from hoax_tracker.clarify import service
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.models import Claim, Clarification, ClarificationStatus, Officer, RoleName, WaitingPeriod, db
from tests import factories
from tests.clarify.conftest import Drafting, claim, drafted, submitted

__all__ = ["claim", "drafted", "submitted"]
Approve = Callable[..., ClarificationStatus]


@pytest.fixture
def second(app: APIFlask) -> Officer:
    """A second administrator."""
    return factories.make_officer("dua@kupang.example", RoleName.ADMINISTRATOR)


@pytest.fixture
def third(app: APIFlask) -> Officer:
    """A third administrator."""
    return factories.make_officer("tiga@kupang.example", RoleName.ADMINISTRATOR)


@pytest.fixture
def waiting_page(claim: Claim, submitted: Drafting) -> Clarification:
    """A page that waits for its approval."""
    return submitted(claim)


@pytest.fixture
def approve(waiting_page: Clarification) -> Approve:
    """Return a function that approves the page as somebody, and returns its status."""
    key = waiting_page.id

    def go(person: Officer, now: datetime, reason: str = "") -> ClarificationStatus:
        page = db.session.get_one(Clarification, key)
        service.approve_draft(key, page.version, reason, officer=person, now=now)
        return db.session.get_one(Clarification, key).status

    return go


def give_roles(person: Officer, roles: Iterable[RoleName], *, by: Officer | None, now: datetime) -> None:
    """Give somebody these roles, and no others."""
    with write_transaction():
        officers.change_officer(person, name=person.name, roles=roles, unit=person.unit, by=by, now=now)


def only_period() -> WaitingPeriod:
    """The one period that there is."""
    period: WaitingPeriod = db.session.scalars(db.select(WaitingPeriod)).one()
    return period


def periods_of(person: Officer) -> list[WaitingPeriod]:
    """All periods of somebody, the oldest first."""
    query = db.select(WaitingPeriod).where(WaitingPeriod.officer_id == person.id)
    return list(db.session.scalars(query.order_by(WaitingPeriod.id)))
