"""A published page with an objection to it, and people outside who decide."""

from __future__ import annotations

from datetime import datetime

import pytest
from apiflask import APIFlask

from hoax_tracker.check.objections import ObjectionAnswers, submit_objection
from hoax_tracker.clock import utc_now
from hoax_tracker.models import Claim, Clarification, Objection, Officer, RoleName, db
from tests import factories
from tests.clarify.conftest import Drafting

SAID = "Saya bekerja di Perumda dan melihat pipanya pecah."


@pytest.fixture
def now() -> datetime:
    """The clock of those who read: an objection shows on its page once its deadline has passed."""
    return utc_now()


@pytest.fixture
def page(claim: Claim, published: Drafting) -> Clarification:
    """A page of the water company, drafted and approved at Diskominfo."""
    return published(claim, unit_id=factories.load_unit("pdam").id)


@pytest.fixture
def objection(app: APIFlask, page: Clarification, now: datetime) -> Objection:
    """An objection to the page."""
    given = ObjectionAnswers(ground="fact", text=SAID)
    submit_objection(page.id, given, now, app.extensions["settings"], address="203.0.113.7")
    return db.session.scalars(db.select(Objection)).one()


@pytest.fixture
def decider(app: APIFlask) -> Officer:
    """An officer of another unit."""
    return factories.make_officer("pemutus@kupang.example", RoleName.OFFICER, unit_code="dinkes")


@pytest.fixture
def judge(app: APIFlask) -> Officer:
    """An approver of another unit."""
    return factories.make_officer("hakim@kupang.example", RoleName.APPROVER, unit_code="dinkes")
