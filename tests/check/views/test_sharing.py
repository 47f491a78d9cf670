"""Previews in chats, short addresses, the text to paste; and what there is where no card can be drawn."""

from __future__ import annotations

import re
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient

from hoax_tracker.check.sharing.card_facts import page_card_facts, share_text
from hoax_tracker.core.drawing import ornaments
from hoax_tracker.models import Clarification, ClarificationStatus, Verdict, db
from tests.check.conftest import MESSAGE, AppWith, Publish

BASE = "http://127.0.0.1:8000"
PUBLIC = ("/", "/klarifikasi/", "/klarifikasi/air", "/klarifikasi/ditarik", "/tentang", "/privasi", "/lapor")
NEEDED = {"og:title", "og:type", "og:url", "og:image", "og:description", "og:site_name", "twitter:card"}


def preview_of(client: FlaskClient, path: str) -> dict[str, str]:
    """The Open Graph and Twitter tags of a page."""
    page = client.get(path).get_data(as_text=True)
    tags = re.findall(r'<meta (?:property|name)="((?:og|twitter|article):[^"]+)" content="([^"]*)">', page)
    assert len(tags) == len(dict(tags)), f"{path}: a tag stands twice"
    return {name: unescape(content) for name, content in tags}


@pytest.mark.needs("fonts")
@pytest.mark.parametrize("path", PUBLIC)
def test_every_public_page_has_a_preview_whose_picture_is_there(
    publish: Publish, client: FlaskClient, path: str
) -> None:
    publish(slug="air", title='Air "tetap" <mengalir>')
    publish(slug="ditarik", status=ClarificationStatus.RETRACTED)
    tags = preview_of(client, path)
    assert set(tags) >= NEEDED
    assert tags["og:url"] == BASE + path
    assert tags["og:image"].startswith(f"{BASE}/")
    picture = client.get(tags["og:image"].removeprefix(BASE))
    assert (picture.status_code, picture.content_type) == (200, "image/jpeg")
    if path == "/klarifikasi/air":
        assert tags["og:title"] == 'Air "tetap" <mengalir>'
    if path == "/klarifikasi/ditarik":
        assert "mengalir" not in str(tags)


def test_no_preview_holds_what_somebody_sent(publish: Publish, client: FlaskClient) -> None:
    publish(slug="air")
    for page in (client.post("/cek", data={"teks": MESSAGE}), client.get("/tidak-ada"), client.get("/cek?q=air+mati")):
        assert "og:" not in page.get_data(as_text=True)


@pytest.mark.needs("fonts")
def test_the_language_stands_in_the_address_and_not_in_a_cookie(
    publish: Publish, client: FlaskClient, app: APIFlask
) -> None:
    publish(slug="air")
    client.set_cookie("bahasa", "en")
    assert preview_of(client, "/klarifikasi/air")["og:image"].endswith("/klarifikasi/air.jpg?r=1&bahasa=en")
    plain = client.get("/klarifikasi/air.jpg?r=1")
    assert plain.data == app.test_client().get("/klarifikasi/air.jpg?r=1&bahasa=xx").data
    assert plain.data != client.get("/klarifikasi/air.jpg?r=1&bahasa=en").data
    assert "Cookie" not in plain.headers.get("Vary", "")


@pytest.mark.needs("fonts")
@pytest.mark.parametrize("path", ["/klarifikasi/air.jpg", "/klarifikasi/air/status.jpg", "/klarifikasi/air/poster.pdf"])
@pytest.mark.parametrize("status", [ClarificationStatus.DRAFT, ClarificationStatus.AWAITING_APPROVAL])
def test_nothing_of_a_draft_is_drawn(
    publish: Publish, client: FlaskClient, path: str, status: ClarificationStatus
) -> None:
    publish(slug="air", number=7, status=status)
    assert client.get(path).status_code == 404
    assert client.get("/k/7").status_code == 404
    assert client.get("/klarifikasi/air/sematan").status_code == 404
    assert client.get(f"/oembed?url={BASE}/klarifikasi/air").status_code == 404


def test_a_short_address_leads_to_the_page_also_to_a_withdrawn_one(publish: Publish, client: FlaskClient) -> None:
    publish(slug="air", number=147)
    publish(slug="ditarik", number=148, status=ClarificationStatus.RETRACTED)
    assert client.get("/k/147").location == "/klarifikasi/air"
    assert client.get("/k/148").location == "/klarifikasi/ditarik"
    for path in ("/k/149", "/k/0", "/k/-1", "/k/99999999999999999999", "/k/air", "/k/"):
        assert client.get(path).status_code == 404


@pytest.fixture
def without_fonts(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without a font for cards."""
    monkeypatch.setattr(ornaments, "find_fonts", lambda: None)


@pytest.mark.usefixtures("without_fonts")
def test_without_fonts_there_is_the_icon_and_no_dead_link(publish: Publish, client: FlaskClient) -> None:
    publish(slug="air")
    for path in ("/", "/klarifikasi/air", "/tentang"):
        tags = preview_of(client, path)
        assert tags["twitter:card"] == "summary"
        with client.get(tags["og:image"].removeprefix(BASE)) as icon:
            assert icon.content_type == "image/png"
        page = client.get(path).get_data(as_text=True)
        assert not re.search(r"\.jpg|\.pdf", page)
    for path in ("/klarifikasi/air.jpg", "/klarifikasi/air/poster.pdf", "/kartu.jpg", "/poster.pdf"):
        assert client.get(path).status_code == 404


def test_the_text_to_paste_begins_with_the_fact(publish: Publish, client: FlaskClient) -> None:
    publish(slug="air", number=147, title="Air \u202etetap mengalir", claim_quote="air mati\n7 hari \u2067x")
    page = client.get("/klarifikasi/air").get_data(as_text=True)
    (text,) = re.findall(r'<textarea[^>]*id="teks-bagi"[^>]*>\n(.*?)</textarea>', page, re.DOTALL)
    assert unescape(text) == (
        "Air tetap mengalir\n\nPesan yang beredar: “air mati 7 hari x” Putusan: Hoaks.\n"
        "Menurut Perumda Air Minum Kota Kupang, 24 November 2026.\n" + f"{BASE}/k/147"
    )
    (link,) = re.findall(r'href="(https://wa.me/[^"]+)"', page)
    assert parse_qs(urlsplit(unescape(link)).query)["text"] == [unescape(text)]


@pytest.mark.parametrize("verdict", Verdict)
def test_every_verdict_can_be_passed_on(publish: Publish, app: APIFlask, verdict: Verdict) -> None:
    row = db.session.get_one(Clarification, publish(verdict=verdict))
    with app.test_request_context():
        assert f"Putusan: {verdict.label}." in share_text(row)
        assert page_card_facts(row).verdict == str(verdict.label)


@pytest.mark.needs("fonts")
def test_the_demo_marks_everything_as_an_example(publish: Publish, client_with: AppWith) -> None:
    key = publish(slug="air")
    browser = client_with(demo=True)
    page = browser.get("/klarifikasi/air").get_data(as_text=True)
    assert "CONTOH: karangan untuk peragaan" in page
    assert browser.get("/klarifikasi/air.jpg").headers["X-Robots-Tag"] == "noindex"
    assert "CONTOH" in browser.get("/klarifikasi/air/sematan").get_data(as_text=True)
    assert "CONTOH" in browser.get("/sematan").get_data(as_text=True)
    with browser.application.test_request_context():
        assert page_card_facts(db.session.get_one(Clarification, key)).sample == "CONTOH"


STUB = """
    window.calls = [];
    navigator.canShare = () => true;
    navigator.share = async (what) => calls.push({text: what.text, files: (what.files || []).map(one => one.type)});
    Object.defineProperty(navigator, 'clipboard', {value: {writeText: async (text) => calls.push({copied: text})}});
"""


@pytest.mark.needs("fonts")
def test_a_phone_shares_the_card_and_copies(publish: Publish, address: str, chromium: Any) -> None:
    publish(slug="air", number=147)
    page = chromium.new_context(base_url=address, service_workers="block").new_page()
    page.add_init_script(STUB)
    page.goto("/klarifikasi/air")
    page.click("details[data-picture] summary")
    page.wait_for_selector("details[data-picture] img")
    page.click("[data-share]")
    page.wait_for_function("() => calls.length == 1")
    (shared,) = page.evaluate("calls")
    assert shared["files"] == ["image/jpeg"]
    assert shared["text"].startswith("Air PDAM tetap mengalir")
    page.click("text=Salin tautan")
    page.wait_for_selector("text=Sudah disalin.")
    page.click("text=Salin teks")
    page.wait_for_function("() => calls.length == 3")
    assert page.evaluate("calls.slice(1)") == [{"copied": f"{BASE}/k/147"}, {"copied": shared["text"]}]


def test_without_scripts_there_are_link_and_text_and_no_dead_button(
    publish: Publish, address: str, chromium: Any
) -> None:
    publish(slug="air")
    page, asked = chromium.new_context(base_url=address, java_script_enabled=False).new_page(), list[str]()
    page.on("request", lambda request: asked.append(urlsplit(request.url).path))
    page.goto("/klarifikasi/air", wait_until="networkidle")
    assert "/klarifikasi/air.jpg" not in asked, "a hundred kilobytes for who did not ask for them"
    assert page.locator(".share .btn:visible").all_inner_texts() == ["WhatsApp", "Cara lain"]
    assert page.locator("#teks-bagi").input_value().startswith("Air PDAM")
    assert not page.locator("text=Salin teks").is_visible()
