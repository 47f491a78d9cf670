"""A claim's page shows decisions on similar claims, nearest first, without reverted ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from apiflask import APIFlask
from flask.testing import FlaskClient

from hoax_tracker.clock import utc_now
from hoax_tracker.match_index import current_match_index
from hoax_tracker.models import Claim, Officer
from hoax_tracker.review.claim_page.similar import list_precedents
from hoax_tracker.review.decisions import service, undo
from hoax_tracker.review.decisions.service import DecisionChoice, DecisionKind
from tests import factories, waiting
from tests.crowded import MAX_STATEMENTS, count_statements
from tests.review.views.test_browser import enter

SignIn = Callable[[Officer], FlaskClient]
AIR = "Mulai Senin air PDAM se-Kota Kupang mati total tujuh hari karena pipa induk pecah"


def closed(
    text: str, officer: Officer, kind: DecisionKind = DecisionKind.DISMISS, reason: str = "Sudah lewat."
) -> Claim:
    """A claim that was closed."""
    claim = factories.make_claim(text)
    service.decide_claim(claim.id, 1, DecisionChoice(kind, reason), officer=officer, now=utc_now())
    return claim


def test_nearest_first_and_closed_alone(app: APIFlask, officer: Officer) -> None:
    same = closed(AIR + "!", officer, reason="Bantahan <b>PDAM</b>.")
    near = closed("Air PDAM mati tujuh hari, pipa induk pecah, tampung air", officer, DecisionKind.NOT_A_CLAIM, "")
    closed("Pasar Oeba tutup sampai tahun baru", officer)
    factories.make_claim(AIR + "?")
    taken_back = factories.make_claim(AIR + " lagi")
    outcome = service.decide_claim(
        taken_back.id, 1, DecisionChoice(DecisionKind.NOT_A_CLAIM), officer=officer, now=utc_now()
    )
    undo.undo_decision(outcome.decision_id, officer=officer, now=utc_now())
    claim = factories.make_claim(AIR)
    found = list_precedents(claim, factories.load_unit())
    assert [one.claim_id for one in found] == [same.id, near.id]
    assert [one.reason for one in found] == ["Bantahan <b>PDAM</b>.", ""]
    assert found[1].what == DecisionKind.NOT_A_CLAIM.label


def test_what_closed_it_counts_and_not_what_was_taken_back(app: APIFlask, officer: Officer) -> None:
    claim = factories.make_claim(AIR + "!")
    first = service.decide_claim(claim.id, 1, DecisionChoice(DecisionKind.NOT_A_CLAIM), officer=officer, now=utc_now())
    undo.undo_decision(first.decision_id, officer=officer, now=utc_now())
    service.decide_claim(
        claim.id, claim.version, DecisionChoice(DecisionKind.OUT_OF_SCOPE), officer=officer, now=utc_now()
    )
    [found] = list_precedents(factories.make_claim(AIR), factories.load_unit())
    assert found.what == DecisionKind.OUT_OF_SCOPE.label


def test_the_page_and_its_part(officer: Officer, sign_in: SignIn) -> None:
    closed(AIR + "!", officer, reason="Bantahan <b>PDAM</b>.")
    key, other = factories.make_claim(AIR).id, factories.make_claim("Yang lain sama sekali").id
    browser = sign_in(officer)
    path = f"/petugas/klaim/{key}/serupa"
    assert f'data-decided="{path}"' in browser.get(f"/petugas/klaim/{key}").get_data(as_text=True)
    page = browser.get(path).get_data(as_text=True)
    assert "Bantahan &lt;b&gt;PDAM&lt;/b&gt;." in page
    with count_statements() as sent:
        part = browser.get(path, headers={"X-Requested-With": "fetch"}).get_data(as_text=True)
    assert len(sent) <= MAX_STATEMENTS
    assert part.lstrip().startswith('<ol class="log">')
    assert "Belum ada keputusan" in browser.get(f"/petugas/klaim/{other}/serupa").get_data(as_text=True)
    assert browser.get("/petugas/klaim/999/serupa").status_code == 404


def page_beside_a_decision(chromium: Any, officer: Officer, width: int) -> Any:
    """Make a claim like one that was dismissed; return a page of a browser."""
    closed(AIR + "!", officer, reason="Bantahan PDAM.")
    factories.make_claim(AIR)
    current_match_index().published("x")
    return chromium.new_context(viewport={"width": width, "height": 740}).new_page()


def test_it_comes_by_itself(address: str, chromium: Any, officer: Officer) -> None:
    page = page_beside_a_decision(chromium, officer, width=360)
    enter(page, address, officer)
    page.click(".queue a[data-id]")
    page.click(".case summary:has(#serupa)")
    page.wait_for_selector(".case .log >> text=Bantahan PDAM.")


def test_who_is_at_the_link_goes_where_it_leads(address: str, chromium: Any, officer: Officer) -> None:
    page = page_beside_a_decision(chromium, officer, width=1280)
    held: list[Any] = []
    page.route(
        "**/serupa", lambda route: route.continue_() if route.request.is_navigation_request() else held.append(route)
    )
    enter(page, address, officer)
    page.click(".case summary:has(#serupa)")
    page.focus("[data-decided$=serupa] a")
    waiting.wait_until(lambda: page.title() and held, "what is fetched by itself")
    with page.expect_response("**/serupa") as answered:
        held.pop().continue_()
    answered.value.finished()
    with page.expect_navigation(url="**/serupa"):
        page.keyboard.press("Enter")
    assert "Bantahan PDAM." in page.inner_text("main")
