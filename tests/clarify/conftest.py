"""A claim, and drafts at each step, made through the services."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from apiflask import APIFlask

from hoax_tracker.clarify import service
from hoax_tracker.clarify.content import ClarificationContent, SourceLine, clarification_content
from hoax_tracker.models import Claim, Clarification, Officer, Verdict, db
from tests import factories

WRITTEN: dict[str, Any] = {
    "title": "Air PDAM tetap mengalir di seluruh kota",
    "summary": "Tidak ada pipa induk yang pecah.",
    "verdict": Verdict.HOAKS,
    "findings": "Perumda menyatakan tidak ada pipa yang pecah [1].",
    "conclusion": "Warga tidak perlu menimbun air.",
    "sources": (SourceLine("Jadwal pekerjaan", "https://pdam.example/jadwal"),),
}
Drafting = Callable[..., Clarification]


def complete(page: Clarification, **changes: Any) -> ClarificationContent:
    """What an author writes into a draft from a claim."""
    return replace(clarification_content(page), **(WRITTEN | changes))


@pytest.fixture(autouse=True)
def guards_on(guarded: None) -> None:
    """Let the database refuse here what no second person confirmed."""


@pytest.fixture
def claim(app: APIFlask) -> Claim:
    """A waiting claim whose unit has answered PPID Utama's question."""
    row = factories.make_claim(unit_id=factories.load_unit("pdam").id)
    return factories.add_unit_answer(row, "pdam")


@pytest.fixture
def drafted(officer: Officer, now: datetime) -> Drafting:
    """Return a function that drafts from a claim and fills in every field."""

    def go(claim: Claim, **changes: Any) -> Clarification:
        key = service.draft_from_claim(claim.id, claim.version, officer=officer, now=now)
        page = db.session.get_one(Clarification, key)
        service.save_draft(key, page.version, complete(page, **changes), officer=officer, now=now)
        return page

    return go


@pytest.fixture
def submitted(drafted: Drafting, officer: Officer, now: datetime) -> Drafting:
    """Return a function that also requests approval."""

    def go(claim: Claim, **changes: Any) -> Clarification:
        page = drafted(claim, **changes)
        service.submit_draft(page.id, page.version, officer=officer, now=now)
        return page

    return go


@pytest.fixture
def published(submitted: Drafting, approver: Officer, now: datetime) -> Drafting:
    """Return a function that also approves and publishes."""

    def go(claim: Claim, **changes: Any) -> Clarification:
        page = submitted(claim, **changes)
        service.approve_draft(page.id, page.version, "", officer=approver, now=now)
        return page

    return go
