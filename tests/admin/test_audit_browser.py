"""The audit log in a real Chromium: phone and wide screen, both colour schemes and languages, keyboard, no scripts."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from apiflask import APIFlask

from hoax_tracker.core.audit import audit_log
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.models import AuditEvent, Officer, RoleName, db
from tests import factories
from tests.admin.test_browser import SMALL, enter
from tests.chrome import axe_violations

BROKEN_ROW = 3


@pytest.fixture(autouse=True)
def filled(app: APIFlask, administrator: Officer, officer: Officer, approver: Officer) -> None:
    """Acts of three days, one of them with a long reason; the log is broken by hand in the test of that."""
    factories.make_officer("auditor@kupang.example", RoleName.AUDITOR)
    claim = factories.make_claim()
    page = factories.make_clarification(officer, approver)
    acts: list[tuple[str, str, Officer | None, dict[str, Any]]] = [
        ("purged", "retention", None, {"items": 61}),
        (
            "officer_changed",
            f"officer:{officer.id}",
            administrator,
            {"before": {"roles": []}, "after": {"roles": ["officer"]}},
        ),
        ("claim_investigate", f"claim:{claim.id}", officer, {}),
        ("contact_shown", "report:412", officer, {"claim": claim.id, "reason": "menanyakan foto aslinya " * 9}),
        ("clarification_submitted", f"clarification:{page.id}", officer, {}),
        ("clarification_published", f"clarification:{page.id}", approver, {"claims": [claim.id]}),
        ("source_added", "source:99", administrator, {"url": "https://" + "warta" * 30}),
    ]
    with write_transaction():
        for number, (action, subject, person, detail) in enumerate(acts):
            moment = factories.NOW.replace(day=22 + number // 3)
            audit_log.record_event(action, subject, officer=person, now=moment, detail=detail)


@pytest.mark.slow
@pytest.mark.parametrize(("width", "scheme"), [(360, "dark"), (1280, "light")])
def test_pages_are_accessible_and_fit(address: str, chromium: Any, width: int, scheme: str) -> None:
    head = audit_log.read_head()
    page = chromium.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme).new_page()
    enter(page, address)
    queries = ("", "?periksa=1", f"?periksa=1&sidik={head}", "?periksa=1&sidik=x", "?tentang=walikota", "?apa=akun")
    for query in queries:
        look_at(page, f"{address}/petugas/audit{query}")
    db.session.execute(sa.update(AuditEvent).where(AuditEvent.id == BROKEN_ROW).values(action="purged"))
    db.session.commit()
    look_at(page, f"{address}/petugas/audit?periksa=1")
    assert page.locator(f"#c{BROKEN_ROW}.cut").count() == 1
    page.goto(f"{address}/bahasa/en")
    look_at(page, f"{address}/petugas/audit?periksa=1")
    assert "The chain is broken at entry" in page.inner_text("main")


def look_at(page: Any, address: str) -> None:
    """Open a page, with all that folds open, and let axe and the ruler find nothing."""
    page.goto(address)
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert axe_violations(page) == [], address
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), address
    assert [one for one in page.evaluate(SMALL) if "chain" not in one and "/petugas/k" not in one] == [], address


def test_it_is_read_without_scripts_and_by_keyboard_alone(address: str, chromium: Any) -> None:
    page = chromium.new_context(viewport={"width": 1280, "height": 800}, java_script_enabled=False).new_page()
    enter(page, address)
    page.goto(f"{address}/petugas/audit")
    page.focus("main .head .acts button")
    page.keyboard.press("Enter")
    page.wait_for_url("**/petugas/audit?periksa=1")
    assert page.inner_text("#hasil") == "Rantai utuh"
    page.focus("#f3")
    page.keyboard.type("klaim 1")
    page.keyboard.press("Enter")
    page.wait_for_url("**tentang=klaim+1*")
    assert page.locator(".chain li").count() == 1
    page.focus(".chain summary")
    page.keyboard.press("Enter")
    assert page.locator(".chain details[open]").count() == 1
