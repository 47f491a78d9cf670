"""Suggestions after an "@" in a note: which officers, what each means, their cost, and the keys."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from typing import Any

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient

from hoax_tracker.models import Claim, Officer, db
from hoax_tracker.review.collaboration import notes
from tests import factories
from tests.chrome import axe_violations_both_schemes, go_online
from tests.crowded import count_statements
from tests.review.collaboration.test_notes import person
from tests.review.views.test_browser import TALL, enter

SignIn = Callable[[Officer], FlaskClient]


def offered(browser: FlaskClient, claim: Claim) -> list[dict[str, str]]:
    """What the page is given for a note on the claim."""
    answer = browser.get(f"/petugas/klaim/{claim.id}/catatan/nama")
    assert answer.status_code == 200
    found: list[dict[str, str]] = answer.get_json()
    return found


def test_everybody_else_is_offered_and_the_unit_that_answers_first(
    claim: Claim, officer: Officer, sign_in: SignIn
) -> None:
    person("andi@kupang.example", "Andi Bala", unit_code="diskominfo")
    person("maria@kupang.example", "Maria Seran", unit_code="pdam")
    person("pergi@kupang.example", "Sudah Pergi").active = False
    claim.unit_id = factories.load_unit("pdam").id
    db.session.commit()
    assert offered(sign_in(officer), claim) == [
        {"name": "Maria Seran", "unit": "PDAM", "write": "Maria Seran"},
        {"name": "Andi Bala", "unit": "Diskominfo", "write": "Andi Bala"},
    ]


def test_nobody_of_the_accused_unit_is_offered_or_is_told_the_names(
    claim: Claim, officer: Officer, sign_in: SignIn
) -> None:
    nurse = person("bidan@kupang.example", "Bidan Karangan")
    person("maria@kupang.example", "Maria Seran", unit_code="pdam")
    factories.accuse_unit(claim, factories.load_unit("dinkes").id)
    db.session.commit()
    assert [one["name"] for one in offered(sign_in(officer), claim)] == ["Maria Seran"]
    refused = sign_in(nurse).get(f"/petugas/klaim/{claim.id}/catatan/nama")
    assert refused.status_code == 403
    assert "Maria" not in refused.get_data(as_text=True)


def test_what_is_written_means_that_officer_alone(app: APIFlask, officer: Officer) -> None:
    for email, name in (
        ("m1@kupang.example", "Maria Seran"),
        ("m2@kupang.example", "Maria Seran"),
        ("maria.lay@kupang.example", "Maria Seran Lay"),
        ("yohanis@kupang.example", "Petrus Tallo"),
        ("yo@kupang.example", "Yohanis Bala"),
        ("sri@kupang.example", "Dr. Sri Rahayu, S.Kom."),
    ):
        person(email, name)
    everybody = notes.list_active_officers()
    found = {one.write: one.name for one in notes.suggest_mentions(everybody, everybody)}
    assert found == {
        "m1": "Maria Seran",
        "m2": "Maria Seran",
        "Maria Seran Lay": "Maria Seran Lay",
        "Petrus Tallo": "Petrus Tallo",
        "yo": "Yohanis Bala",  # "@Yohanis" is somebody else's mailbox
        "Dr. Sri Rahayu, S.Kom.": "Dr. Sri Rahayu, S.Kom.",
        officer.name: officer.name,
    }
    for written, name in found.items():
        assert [one.name for one in notes.mentioned_officers(f"@{written} tolong lihat", Officer())] == [name]


def test_two_hundred_names_are_few_statements_and_little_to_send(
    claim: Claim, officer: Officer, sign_in: SignIn
) -> None:
    for number in range(200):
        made = factories.make_officer(f"petugas{number}@kupang.example", unit_code=("dinkes", "pdam")[number % 2])
        made.name = f"Petugas Karangan Nomor{number}"
    factories.accuse_unit(claim, factories.load_unit("dinkes").id)
    db.session.commit()
    browser, path = sign_in(officer), f"/petugas/klaim/{claim.id}/catatan/nama"
    db.session.remove()
    with count_statements() as sent:
        answer = browser.get(path)
    assert len(answer.get_json()) == 100
    assert len(sent) <= 8, sent
    assert len(gzip.compress(answer.get_data())) < 3_000


@pytest.fixture
def note(claim: Claim, address: str, chromium: Any, officer: Officer) -> Callable[..., Any]:
    """Open the claim with the cursor in a new note."""
    person("maria@kupang.example", "Maria Seran")
    person("marlin@kupang.example", "Marlin Bala", unit_code="pdam")
    person("yohanis@kupang.example", "Yohanis Tallo")
    key = claim.id

    def go(width: int = 1280, height: int = 800, **how: Any) -> Any:
        page = chromium.new_context(viewport={"width": width, "height": height}, **how).new_page()
        enter(page, address, officer)
        page.goto(f"{address}/petugas/klaim/{key}")
        page.wait_for_load_state("networkidle")
        page.click("#catatan > details > summary")
        page.focus("#catatan-baru")
        return page

    return go


OPTIONS = ".notes [role=option]"


class TestKeys:
    """With the keyboard alone."""

    @pytest.mark.slow
    def test_a_name_is_chosen_and_taken_and_its_officer_is_told(self, note: Callable[..., Any]) -> None:
        page = note()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url) if request.url.endswith("/nama") else None)
        page.keyboard.type("Tolong, @mar")
        page.wait_for_selector(OPTIONS)
        assert page.locator(OPTIONS).all_text_contents() == ["Maria Seran Dinkes", "Marlin Bala PDAM"]
        for key, active in (("ArrowDown", "Marlin"), ("ArrowDown", "Maria"), ("ArrowUp", "Marlin")):
            page.keyboard.press(key)
            held = page.get_attribute("#catatan-baru", "aria-activedescendant")
            assert page.locator(f"#{held}[aria-selected=true]").inner_text().startswith(active)
        page.keyboard.press("Enter")
        assert page.input_value("#catatan-baru") == "Tolong, @Marlin Bala "
        assert page.locator(OPTIONS).count() == 0
        page.keyboard.type("dan @yo")
        page.wait_for_selector(OPTIONS)
        page.keyboard.press("Enter")
        page.keyboard.press("Enter")  # nothing is offered any more: a new line
        page.keyboard.type("lihat.")
        assert page.input_value("#catatan-baru") == "Tolong, @Marlin Bala dan @Yohanis Tallo \nlihat."
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.wait_for_selector(".notes .by >> text=Diberi tahu: Marlin Bala, Yohanis Tallo.")
        assert len(asked) == 1

    def test_esc_closes_and_the_text_is_the_writers(self, note: Callable[..., Any]) -> None:
        page = note()
        page.keyboard.type("@mar")
        page.wait_for_selector(OPTIONS)
        page.keyboard.press("Escape")
        assert page.locator(OPTIONS).count() == 0
        page.keyboard.type("i")
        page.keyboard.press("Enter")
        page.keyboard.type("surel@maria, @siapa")
        page.wait_for_load_state("networkidle")
        assert page.locator(OPTIONS).count() == 0
        assert page.get_attribute("#catatan-baru", "aria-activedescendant") is None
        assert page.input_value("#catatan-baru") == "@mari\nsurel@maria, @siapa"
        page.keyboard.type(" @ma")
        page.wait_for_selector(OPTIONS)
        page.keyboard.press("Tab")
        assert page.locator(OPTIONS).count() == 0, "who goes on leaves nothing open"

    def test_a_tap_takes_a_name(self, note: Callable[..., Any]) -> None:
        page = note(360, 740, has_touch=True, is_mobile=True)
        page.keyboard.type("@ball @ba")
        page.wait_for_selector(OPTIONS)
        assert page.locator(OPTIONS).first.bounding_box()["height"] >= 44
        page.tap(f"{OPTIONS} >> text=Marlin")
        assert page.input_value("#catatan-baru") == "@ball @Marlin Bala "
        assert page.evaluate("document.activeElement.id") == "catatan-baru"

    def test_without_a_connection_the_name_is_typed(self, note: Callable[..., Any]) -> None:
        page = note()
        page.context.set_offline(True)
        with page.expect_event("requestfailed"):
            page.keyboard.type("@")
        page.keyboard.type("maria tolong")
        page.wait_for_load_state("networkidle")
        go_online(page)
        assert page.input_value("#catatan-baru") == "@maria tolong"
        page.keyboard.type(" @ma")
        page.wait_for_selector(OPTIONS)

    @pytest.mark.slow
    @pytest.mark.parametrize("width", [360, 1280])
    def test_axe_finds_nothing_while_names_are_offered(self, note: Callable[..., Any], width: int) -> None:
        page = note(width, TALL, bypass_csp=True)
        page.keyboard.type("@ma")
        page.wait_for_selector(OPTIONS)
        assert axe_violations_both_schemes(page) == []
        assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
