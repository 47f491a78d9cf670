"""A claim that somebody reported in a chat, and the officers who work on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from flask.testing import FlaskClient

from hoax_tracker.models import Claim, ClaimAppearance, ClaimStatus, Officer, Report, db
from hoax_tracker.tipline.desk import views
from tests import factories
from tests.check.conftest import UNRELATED, kept
from tests.tipline.conftest import Phone
from tests.tipline.test_tickets import report

SignIn = Callable[[Officer], FlaskClient]


@dataclass
class Desk:
    """The page of the claim's conversations, as an officer uses it."""

    phone: Phone
    sign_in: SignIn
    claim_id: int
    report_id: int
    ticket: str

    @property
    def address(self) -> str:
        """The address of the page."""
        return f"/petugas/klaim/{self.claim_id}/percakapan"

    def read(self, officer: Officer) -> str:
        """Return what an officer reads there."""
        return self.sign_in(officer).get(self.address).text

    def act(self, officer: Officer, act: str, **sent: Any) -> tuple[int, str]:
        """Do something there; return the status and what is shown then."""
        browser = self.sign_in(officer)
        answer = factories.submit_form(browser, f"{self.address}/{self.report_id}/{act}", "/petugas/", **sent)
        if answer.status_code == 303:
            return 200, browser.get(self.address).text
        return answer.status_code, answer.text


@pytest.fixture
def desk(phone: Phone, sign_in: SignIn, guarded: None, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """The desk of a claim that was reported in a chat a moment ago, on the phone's clock."""
    ticket = report(phone, UNRELATED)
    claim: Claim = factories.make_claim(
        UNRELATED, status=ClaimStatus.INVESTIGATING, unit_id=factories.load_unit("dinkes").id
    )
    found = db.session.query(Report).one()
    db.session.add(ClaimAppearance(claim_id=claim.id, report_id=found.id, seen_at=phone.clock[0]))
    db.session.commit()
    monkeypatch.setattr(views, "utc_now", lambda: phone.clock[0])
    return Desk(phone, sign_in, kept(lambda: claim.id), kept(lambda: found.id), ticket)


@pytest.fixture
def answerer(nurse: Officer) -> Officer:
    """An officer of the unit that answers the claim."""
    return nurse
