"""Triage by keyboard: the number of keys and page loads, and what waits for the server."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from hoax_tracker.claims import locks
from hoax_tracker.claims.public_words.closing_reasons import CLOSING_GROUNDS
from hoax_tracker.clock import utc_now
from hoax_tracker.core.database.transactions import read_transaction
from hoax_tracker.models import Claim, ClaimStatus, Decision, DecisionKind, Officer, RoleName, Topic, db
from tests import factories, waiting
from tests.chrome import axe_violations_both_schemes, go_online
from tests.keyboard import Typist
from tests.review.decisions.test_service import make_report
from tests.review.views.test_browser import TALL, enter

OPEN = "document.querySelector('article.case').dataset.id"


class Hand(Typist):
    """An officer's hand on the keys, once the desk is open."""

    def shows(self, claim_id: int) -> None:
        """Wait until that claim is open and the next ones were fetched."""
        self.page.wait_for_selector(f"article.case[data-id='{claim_id}']")
        self.page.wait_for_load_state("networkidle")


@pytest.fixture
def desk(address: str, chromium: Any, officer: Officer) -> Any:
    """Open the desk with the claims that the test made before."""

    def go(width: int = 1280) -> Hand:
        # A service worker that has taken over by then sends past what a test holds back.
        context = chromium.new_context(viewport={"width": width, "height": 800}, service_workers="block")
        page = context.new_page()
        enter(page, address, officer)
        page.wait_for_load_state("networkidle")
        return Hand(page)

    return go


def statuses(ids: list[int]) -> list[ClaimStatus]:
    """The statuses of the claims, read anew. The database is let go of again: the server's turn to write comes."""
    db.session.rollback()
    with read_transaction():
        found = [db.session.get_one(Claim, key).status for key in ids]
        db.session.rollback()
    return found


def decided() -> int:
    """How many decisions there are by now. The database is let go of again, as above."""
    db.session.rollback()
    with read_transaction():
        count = db.session.query(Decision).count()
        db.session.rollback()
    return count


@pytest.mark.slow
def test_twenty_claims_take_twenty_keys_and_no_page_load(desk: Any) -> None:
    ids = [factories.make_claim(f"Kabar nomor {n}", priority=1 - n / 50).id for n in range(21)]
    hand = desk()
    keys = ["1", "b", "l", "d", "2", "3", "n"] * 3
    for key, claim_id in zip(keys[:20], ids, strict=False):
        hand.shows(claim_id)
        hand.press(key)
    hand.shows(ids[20])
    waiting.wait_until(lambda: decided() == 18, "eighteen decisions")
    assert (hand.keys, hand.loads) == (20, 0)
    kinds = db.session.scalars(sa.select(Decision.kind).order_by(Decision.id)).all()
    assert kinds.count(DecisionKind.DISMISS) == 9
    said = set(db.session.execute(sa.select(Decision.kind, Decision.reason).distinct()))
    assert said == {(ground.kind, str(ground.reason)) for ground in CLOSING_GROUNDS}


def test_after_closing_what_is_not_late_the_late_one_opens(desk: Any) -> None:
    """The order of the list says so: what is late comes first."""
    soon = [factories.make_claim(f"Kabar {n}", due_at=utc_now() + timedelta(days=3)).id for n in range(3)]
    late = factories.make_claim("Kabar lama", due_at=utc_now() - timedelta(days=3)).id
    hand = desk()
    hand.shows(late)
    hand.page.click(f'.queue a[data-id="{soon[0]}"]')
    hand.shows(soon[0])
    hand.press("b")
    hand.shows(late)
    hand.press("b")
    hand.shows(soon[1])


def test_a_claim_that_is_marked_as_examined_stays_open(desk: Any) -> None:
    """As does one that is forwarded: only what is closed makes way for the next."""
    ids = [factories.make_claim(f"Kabar nomor {n}", priority=1 - n / 50).id for n in range(3)]
    hand = desk()
    hand.press("p")
    hand.page.wait_for_selector(".toast >> text=sedang diperiksa")
    hand.shows(ids[0])
    assert hand.page.locator("[data-key=P]").count() == 0
    assert (hand.page.evaluate(OPEN), hand.loads) == (str(ids[0]), 0)
    assert statuses(ids) == [ClaimStatus.INVESTIGATING, ClaimStatus.NEW, ClaimStatus.NEW]
    hand.press("z")
    hand.page.wait_for_selector(".toast >> text=Diurungkan")
    assert statuses(ids) == [ClaimStatus.NEW] * 3


@pytest.mark.slow
def test_keys_decide_nothing_until_they_are_switched_on(desk: Any, officer: Officer) -> None:
    ids = [factories.make_claim(f"Kabar nomor {n}", priority=1 - n / 50).id for n in range(3)]
    page = desk().page
    page.click(".key a[href$='#pintasan']")
    page.click("main button >> text=Matikan pintasan")
    page.wait_for_selector(".notice >> text=Pintasan mati")
    for key in "bp1z":
        page.keyboard.press(key)
    assert page.locator("kbd:visible").count() == 0
    page.click("text=kenalan satu menit")
    page.click("main button >> text=Nyalakan pintasan")
    page.wait_for_selector("kbd:visible")
    page.wait_for_load_state("networkidle")
    assert (decided(), statuses(ids)) == (0, [ClaimStatus.NEW] * 3)
    page.keyboard.press("b")
    waiting.wait_until(lambda: decided() == 1, "the decision of the key that is on by now")


def test_a_key_asks_once_where_care_is_due(desk: Any, unit_officer: Officer) -> None:
    """A resident reported it, the topic is about safety, or somebody else is at it. A button asks nothing."""
    reported = factories.make_claim("Dilaporkan", priority=0.9)
    make_report(reported)
    unsafe = factories.make_claim("Tsunami besok", priority=0.8, topic=Topic.DISASTER).id
    worked_on = factories.make_claim("Dikerjakan orang", priority=0.7).id
    plain = factories.make_claim("Biasa", priority=0.6).id
    locks.lock_claim(worked_on, officer=unit_officer, now=utc_now())
    hand = desk()
    page, asking = hand.page, hand.page.locator(".is-asking")

    hand.press("b")
    assert "1 warga melaporkannya. Tekan B sekali lagi" in asking.inner_text()
    hand.press("Escape")
    assert asking.count() == 0
    hand.press("b")
    hand.press("b")
    hand.shows(unsafe)
    waiting.wait_until(lambda: decided() == 1, "the decision that was confirmed")

    hand.press("l")
    hand.press("b")
    assert "menyangkut keselamatan: Bencana. Tekan B" in asking.inner_text(), "another key is another question"
    page.click(".rest summary")
    page.click(".rest button[data-key=B]")
    hand.shows(worked_on)
    waiting.wait_until(lambda: decided() == 2, "the decision of the button")

    hand.press("b")
    assert "Pdam sedang mengerjakan klaim ini." in asking.inner_text()
    page.click(f".queue a[data-id='{plain}']")
    hand.shows(plain)
    assert asking.count() == 0, "the next claim is not asked about"
    hand.press("b")
    waiting.wait_until(lambda: decided() == 3, "what needs no care is decided at once")


@pytest.mark.slow
def test_a_refused_closing_stays_with_what_was_typed(desk: Any) -> None:
    """However late the next claim, which is asked for ahead, comes."""
    ids = [factories.make_claim(f"Kabar nomor {n}", priority=1 - n / 50).id for n in range(3)]
    page, ahead = desk().page, list[Any]()
    page.route("**/isi*", lambda route: ahead.append(route))  # noqa: PLW0108 - what is built in is refused
    page.reload()
    page.wait_for_selector(f"article.case[data-id='{ids[0]}']")
    reason = "Tanyakan kepada Ibu Maria, 0812-3456-7890"
    page.evaluate("location.hash = 'tutup'")
    page.fill("#tutup textarea", reason)
    page.click("#tutup .acts button")
    page.wait_for_selector(".fault >> text=Belum disimpan")
    assert ahead
    for part in ahead:
        part.continue_()
    page.wait_for_load_state("networkidle")
    assert (page.evaluate(OPEN), page.input_value("#tutup textarea")) == (str(ids[0]), reason)
    assert (decided(), page.locator(".queue li").count()) == (0, 3)


def test_a_decision_waits_for_the_one_before(desk: Any) -> None:
    ids = [factories.make_claim(f"Kabar nomor {n}", priority=1 - n / 50).id for n in range(4)]
    hand, held = desk(), list[Any]()
    hand.page.route("**/tutup*", lambda route: held.append(route))  # noqa: PLW0108 - what is built in is refused
    for key in ("b", "1", "n"):
        hand.press(key)
    waiting.wait_until(lambda: hand.page.title() and held, "the decision")
    assert hand.page.evaluate(OPEN) == str(ids[0])
    assert hand.page.locator("article.case[aria-busy]").count() == 1
    held.pop().continue_()
    hand.shows(ids[1])
    assert held == []
    assert statuses(ids) == [ClaimStatus.DISMISSED, *[ClaimStatus.NEW] * 3]


def test_the_cursor_stays_in_a_list_that_is_read_anew(desk: Any) -> None:
    ids = [factories.make_claim(f"Kabar nomor {n}", priority=1 - n / 50).id for n in range(3)]
    page, held = desk().page, []

    def hold(route: Any) -> None:
        route.continue_() if route.request.is_navigation_request() else held.append(route)

    page.route(lambda address: address.endswith("/petugas/"), hold)
    page.reload()
    waiting.wait_until(lambda: page.title() and held, "the list that is read anew")
    page.locator(f".queue a[data-id='{ids[1]}']").focus()
    page.evaluate("document.querySelector('[data-rows]').id = 'before'")
    held.pop().continue_()
    page.wait_for_selector("#before", state="detached")
    page.keyboard.press("Enter")
    page.wait_for_selector(f"article.case[data-id='{ids[1]}']:focus")


def test_a_decision_is_undone_with_one_key(desk: Any) -> None:
    ids = [factories.make_claim(f"Kabar nomor {n}", priority=1 - n / 50).id for n in range(3)]
    hand = desk()
    hand.press("b")
    hand.page.wait_for_selector(".toast [data-undo]")
    hand.page.wait_for_load_state("networkidle")  # a short list is read anew meanwhile
    hand.press("n")  # the way back goes along
    hand.shows(ids[2])
    hand.press("z")
    hand.shows(ids[0])
    assert (hand.keys, hand.loads) == (3, 0)
    assert statuses(ids) == [ClaimStatus.NEW] * 3
    hand.page.wait_for_function("document.querySelectorAll('.queue li').length === 3")


def test_a_reported_claim_that_a_clarification_covers_takes_one_key_twice(
    desk: Any, officer: Officer, approver: Officer
) -> None:
    factories.make_clarification(officer, approver)
    text = "Mulai Senin besok air PDAM se-Kota Kupang mati total 7 hari karena pipa induk pecah"
    claim = factories.make_claim(text, priority=0.9)
    make_report(claim)
    other = factories.make_claim("Yang lain", priority=0.1).id
    key = claim.id
    hand = desk()
    hand.press("a")
    hand.press("a")  # once more: a resident reported it
    hand.shows(other)
    hand.page.wait_for_selector(".toast >> text=diusulkan")  # a second person lets the resident know
    assert (hand.keys, hand.loads, statuses([key])) == (2, 0, [ClaimStatus.NEW])


def test_two_claims_are_merged_with_one_key(desk: Any) -> None:
    text = "Mulai Senin besok air PDAM se-Kota Kupang mati total 7 hari karena pipa induk pecah"
    into = factories.make_claim(text, priority=0.1, status=ClaimStatus.INVESTIGATING).id
    claim = factories.make_claim(f"Info: {text}, isi bak sekarang", priority=0.9).id
    hand = desk()
    assert hand.page.locator("#sama").count() == 1
    hand.press("g")
    hand.shows(into)
    hand.page.wait_for_selector(".toast >> text=digabung")
    assert (hand.keys, hand.loads, statuses([claim])) == (1, 0, [ClaimStatus.MERGED])


def test_what_was_chosen_for_one_claim_is_not_chosen_for_the_next(desk: Any) -> None:
    ids = [factories.make_claim(f"Kabar nomor {n}", priority=1 - n / 50).id for n in range(3)]
    page = desk().page
    home = page.url.partition("/petugas")[0]
    page.goto(f"{home}/petugas/klaim/{ids[0]}?status=new&into={ids[2]}&reason=Sama")
    page.keyboard.press("b")
    page.wait_for_selector(f"article.case[data-id='{ids[1]}']:focus")
    assert page.url.endswith(f"/petugas/klaim/{ids[1]}?status=new"), "or the next claim would be merged there, too"


def test_a_key_that_opens_a_panel_takes_the_next_one_into_it(desk: Any) -> None:
    factories.make_claim("Satu")
    page = desk().page
    name = page.evaluate(
        """() => {
          document.body.dispatchEvent(new KeyboardEvent('keydown', {key: 't', bubbles: true}));
          return document.activeElement.id;  // before anything else happens: who types fast is not ahead of it
        }"""
    )
    assert name == "teruskan-unit_id-cari"


def test_a_panel_that_opens_late_leaves_the_cursor_where_it_is(desk: Any) -> None:
    factories.make_claim("Kabar nomor 1")
    page = desk().page
    page.keyboard.press("x")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Tutup klaim"
    page.evaluate("dispatchEvent(new HashChangeEvent('hashchange'))")
    assert page.evaluate("document.activeElement.textContent") == "Tutup klaim"


def test_opening_the_claim_that_is_open_loses_nothing_that_was_typed(desk: Any) -> None:
    key = factories.make_claim("Satu").id
    factories.make_claim("Dua", priority=0.1)
    page = desk().page
    page.keyboard.press("c")
    page.keyboard.type("Setengah jadi")
    page.focus(f".queue a[data-id='{key}']")
    page.keyboard.press("Enter")
    page.wait_for_selector("article.case:focus")
    page.wait_for_load_state("networkidle")
    assert page.input_value(".notes textarea") == "Setengah jadi"


def test_two_officers_and_the_second_is_told_in_place(desk: Any, officer: Officer) -> None:
    from hoax_tracker.review.decisions.service import DecisionChoice, decide_claim

    other = factories.make_officer("kedua@kupang.example", RoleName.OFFICER)
    claim, _next = factories.make_claim("Satu", priority=0.9), factories.make_claim("Dua", priority=0.1)
    key = claim.id
    hand = desk()
    decide_claim(key, 1, DecisionChoice(DecisionKind.NOT_A_CLAIM), officer=db.session.merge(other), now=factories.NOW)
    db.session.rollback()
    hand.press("p")
    hand.page.wait_for_selector(".fault >> text=lebih dulu")
    assert hand.page.evaluate(OPEN) == str(key)
    assert (hand.loads, statuses([key])) == (0, [ClaimStatus.DISMISSED])


def test_without_a_connection_nothing_is_lost(desk: Any) -> None:
    ids = [factories.make_claim(f"Kabar nomor {n}", priority=1 - n / 50).id for n in range(3)]
    hand = desk()
    hand.page.context.set_offline(True)
    hand.press("b")
    hand.page.wait_for_selector(".toast >> text=sambungan terputus")
    assert hand.page.evaluate(OPEN) == str(ids[0])
    go_online(hand.page)
    hand.press("b")
    hand.page.wait_for_selector(".toast >> text=ditutup")
    assert statuses(ids)[0] is ClaimStatus.DISMISSED


@pytest.mark.slow
def test_a_session_that_ended_leads_to_the_sign_in_with_what_was_typed(desk: Any) -> None:
    for n in range(2):
        factories.make_claim(f"Kabar nomor {n}", priority=1 - n / 50)
    hand = desk()
    hand.page.context.clear_cookies()
    hand.press("b")
    hand.page.wait_for_selector("text=not_a_claim")


ROWS = """() => {
  const shown = [...document.querySelectorAll('.keys .btn')].filter((one) => one.checkVisibility());
  return new Set(shown.map((one) => one.getBoundingClientRect().top)).size;
}"""


@pytest.mark.parametrize(("width", "rows"), [(360, 2), (1280, 1)])
def test_the_bar_has_four_verbs_in_two_rows_at_most(
    desk: Any, officer: Officer, approver: Officer, width: int, rows: int
) -> None:
    """Though everything can be done with the claim that can be with any."""
    factories.make_clarification(officer, approver)
    text = "Mulai Senin besok air PDAM se-Kota Kupang mati total 7 hari karena pipa induk pecah"
    factories.make_claim(text, priority=0.1, status=ClaimStatus.INVESTIGATING)
    claim = factories.make_claim(f"Info: {text}, isi bak sekarang", priority=0.9)
    make_report(claim)
    key = claim.id
    page = desk(width).page
    page.goto(page.url + f"klaim/{key}")
    assert page.evaluate(ROWS) <= rows
    shown = page.locator(".keys > .btn, .keys > form .btn, .keys summary").evaluate_all(
        "all => all.map(one => one.dataset.key).join('')"
    )
    assert shown == "PTSV"
    behind = page.locator(".rest > div .btn").evaluate_all("all => all.map(one => one.dataset.key).join('')")
    assert behind == "AGBDL213MX"


def test_the_reasons_for_closing_open_and_fold(desk: Any) -> None:
    for n in range(2):
        factories.make_claim(f"Kabar nomor {n}", priority=1 - n / 50)
    page = desk().page
    for key in ("v", "Escape", "v"):
        page.keyboard.press(key)
    assert page.locator(".rest > div").is_visible()
    before = page.locator(".keys > form").first.bounding_box()
    page.keyboard.press("t")  # what opens over the claim makes way for its panel
    assert not page.locator(".rest > div").is_visible()
    assert page.locator(".keys > form").first.bounding_box() == before
    assert page.evaluate("document.activeElement.id") == "teruskan-unit_id-cari"


def test_without_scripts_closing_takes_two_taps(address: str, chromium: Any, officer: Officer) -> None:
    key = factories.make_claim("Satu").id
    page = chromium.new_context(viewport={"width": 360, "height": 740}, java_script_enabled=False).new_page()
    enter(page, address, officer)
    page.goto(f"{address}/petugas/klaim/{key}")
    page.click(".rest summary")
    page.click(".rest >> text=Sudah lewat")
    page.wait_for_selector(".notice >> text=ditutup")
    assert statuses([key]) == [ClaimStatus.DISMISSED]


@pytest.mark.slow
@pytest.mark.parametrize("width", [360, 1280])
def test_axe_finds_nothing_in_the_help_and_after_a_decision(
    address: str, chromium: Any, officer: Officer, width: int
) -> None:
    first = factories.make_claim("Satu", priority=0.9).id
    factories.make_claim("Dua", priority=0.1)
    page = chromium.new_context(viewport={"width": width, "height": TALL}, bypass_csp=True).new_page()
    enter(page, address, officer)
    page.goto(f"{address}/petugas/klaim/{first}")
    page.wait_for_load_state("networkidle")
    page.keyboard.press("b")
    page.wait_for_selector(".toast")
    found = axe_violations_both_schemes(page)
    page.click(".rest summary")
    found += axe_violations_both_schemes(page)
    page.evaluate("document.querySelector('dialog.help').showModal()")
    assert found + axe_violations_both_schemes(page) == []
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
