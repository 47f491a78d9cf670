"""The phone of the demo: with and without scripts the same conversation as in a chat program, and nowhere but there."""

from __future__ import annotations

import re
from typing import Any

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient

from hoax_tracker.clock import utc_now
from hoax_tracker.tipline.inbox import BATCH_PAUSE
from hoax_tracker.tipline.service import answer_chats
from tests.chrome import axe_violations_both_schemes, photograph

PHONE = "/peragaan/obrolan"


def work(app: APIFlask) -> None:
    """Let the worker answer what waits by now."""
    answer_chats(app.extensions["settings"], utc_now() + 2 * BATCH_PAUSE)


def test_nobody_finds_the_phone_where_this_is_no_demo(client: FlaskClient) -> None:
    assert client.get(PHONE).status_code == 404
    assert client.post(PHONE, data={"pesan": "halo"}).status_code == 404
    assert PHONE not in client.get("/").text


def test_the_demo_leads_to_its_phone(demo: APIFlask) -> None:
    assert f'href="{PHONE}"' in demo.test_client().get("/").text


def test_without_scripts_the_page_asks_again_until_the_reply_is_there(demo: APIFlask) -> None:
    browser = demo.test_client()
    assert browser.post(PHONE, data={"pesan": "halo"}).status_code == 303
    waiting = browser.get(PHONE)
    assert '<meta http-equiv="refresh" content="2; url=/peragaan/obrolan?lagi=1#jawaban">' in waiting.text
    assert 'content="2; url=/peragaan/obrolan?lagi=2#jawaban"' in browser.get(f"{PHONE}?lagi=1").text
    assert waiting.headers["Cache-Control"] == "no-store"
    work(demo)
    answered = browser.get(PHONE).text
    assert "refresh" not in answered
    assert "mesin penjawab PPID Kota Kupang, bukan orang" in answered
    assert 'value="help"' in answered


@pytest.mark.needs("fonts")
def test_several_samples_are_answered_in_one_reply_with_the_card(demo: APIFlask) -> None:
    browser = demo.test_client()
    browser.post(PHONE, data={"contoh": "banyak"})
    work(demo)
    shown = browser.get(PHONE).text
    assert len(re.findall('class="b out-b"', shown)) == 3
    assert len(re.findall('class="b in-b"', shown)) == 1
    assert "Sering diteruskan" in shown
    assert re.search(r'<img class="card" src="/klarifikasi/(air|pasar)\.jpg\?r=1"', shown)


def test_a_button_is_pressed_and_only_one_that_stands_there(demo: APIFlask) -> None:
    browser = demo.test_client()
    browser.post(PHONE, data={"contoh": "baru"})
    work(demo)
    payload = re.search(r'name="pilihan" value="(report:\d+)"', browser.get(PHONE).text)
    assert payload is not None
    browser.post(PHONE, data={"pilihan": "erase"})
    browser.post(PHONE, data={"pilihan": payload[1]})
    work(demo)
    shown = browser.get(PHONE).text
    assert "Sudah kami terima." in shown
    assert "Tiket: " in shown


def test_two_visitors_have_two_phones(demo: APIFlask) -> None:
    browser, other = demo.test_client(), demo.test_client()
    browser.post(PHONE, data={"pesan": "kabar rahasia tentang jembatan Liliba"})
    other.post(PHONE, data={"pesan": "halo"})
    assert "jembatan Liliba" in browser.get(PHONE).text
    assert "jembatan Liliba" not in other.get(PHONE).text


@pytest.mark.slow
@pytest.mark.browser
def test_a_visitor_forwards_three_messages_and_reports_one(answered_address: str, chromium: Any) -> None:
    page = chromium.new_context(viewport={"width": 360, "height": 740}).new_page()
    page.goto(answered_address + PHONE)
    assert axe_violations_both_schemes(page) == []
    photograph(page, "empty")
    page.get_by_label("Pesan", exact=True).fill("Selamat pagi kaka")
    page.keyboard.press("Enter")
    page.get_by_text("bukan orang").wait_for()
    photograph(page, "first")
    page.get_by_role("button", name="Beberapa sekaligus").click()
    report = page.get_by_role("button", name="Laporkan nomor 3")
    report.wait_for()
    photograph(page, "three")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert axe_violations_both_schemes(page) == []
    report.click()
    page.get_by_text("Kabarnya kami kirim ke sini.").wait_for()
    photograph(page, "report")
    page.get_by_label("Pesan", exact=True).fill("air")
    page.keyboard.press("Enter")
    page.get_by_text("Sudah ditambahkan ke laporan Anda.").wait_for()
    page.set_viewport_size({"width": 1280, "height": 800})
    photograph(page, "wide")


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.parametrize("has_scripts", [True, False])
def test_the_fact_of_the_newest_answer_is_in_sight(answered_address: str, chromium: Any, has_scripts: bool) -> None:
    context = chromium.new_context(viewport={"width": 360, "height": 740}, java_script_enabled=has_scripts)
    page = context.new_page()
    page.goto(answered_address + PHONE)
    for answer in range(2):
        page.get_by_role("button", name="Kabar yang sudah diperiksa").click()
        page.locator(".in-b").nth(answer).wait_for()
        page.locator("p#jawaban.f").wait_for()
        seen, lines = page.locator("p#jawaban.f").bounding_box(), page.locator("#percakapan").bounding_box()
        assert seen["y"] >= max(0, lines["y"])
        assert seen["y"] + seen["height"] <= min(740, lines["y"] + lines["height"])


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.parametrize("width", [360, 1280])
def test_the_page_ends_with_its_footer_however_long_the_conversation(
    answered_address: str, chromium: Any, width: int
) -> None:
    page = chromium.new_context(viewport={"width": width, "height": 740}).new_page()
    page.goto(answered_address + PHONE)
    for answer in range(4):
        page.get_by_role("button", name="Kabar yang sudah diperiksa").click()
        page.locator(".in-b").nth(answer).wait_for()
    measures = "[document.documentElement.scrollHeight, document.querySelector('footer').getBoundingClientRect().bottom"
    height, footer_end = page.evaluate(f"{measures} + scrollY]")
    assert height <= max(740, footer_end + 40)
