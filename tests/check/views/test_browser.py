"""Public pages in a real Chromium: accessible, as narrow as a phone, light, with JSON-LD."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from classifiers.matcher.details import Difference
from hoax_tracker.check.answers import screenshot_ocr
from hoax_tracker.models import (
    ClaimStatus,
    ClarificationRevision,
    ClarificationStatus,
    Officer,
    PublicContacts,
    Verdict,
    db,
)
from tests import factories
from tests.check.conftest import MARKET, MESSAGE, RETOLD, UNRELATED, Found, Publish, judged
from tests.chrome import axe_violations_both_schemes, follow, note_faults
from tests.keyboard import press_enter

PASSED_ON = (
    "Mama bilang air PDAM su mau mati satu minggu di Kota Kupang gara-gara pipa besar di Tarus pecah, tampung air dolo"
)
QUAKE = "Gempa besar susulan jam 9 malam, semua warga Oesapa lari ke atas"
PAGE_LIMIT_BYTES = 40_000


@dataclass
class Site:
    """A served instance and a Chromium that looks at it."""

    address: str
    chromium: Any
    complaints: list[str]

    def open(self, width: int = 360, **how: Any) -> Any:
        """Return a fresh page that writes down what the browser complains about."""
        view = {"width": width, "height": 740}
        # Its own test is test_web_app.py.
        how = {"service_workers": "block"} | how
        context = self.chromium.new_context(viewport=view, base_url=self.address, **how)
        page = context.new_page()
        note_faults(page, self.complaints)
        return page


@pytest.fixture
def site(address: str, chromium: Any, publish: Publish, officer: Officer, approver: Officer) -> Site:
    """The instance with a page of every verdict, a retracted one and a claim under review."""
    key = publish(
        slug="air", findings="Tekanan normal. [1]\n\n- Oebobo\n- Oebufu", title="Air PDAM tetap mengalir </script>"
    )
    for verdict in Verdict:
        publish(
            slug=verdict.value, verdict=verdict, title=f"Fakta {verdict.value}", claim_quote=f"kabar {verdict.value}"
        )
    gone = publish(slug="ditarik", status=ClarificationStatus.RETRACTED, claim_quote="kabar lama sekali")
    judged(key, PASSED_ON)
    for row, kind in ((key, ClarificationStatus.PUBLISHED), (gone, ClarificationStatus.RETRACTED)):
        db.session.add(
            ClarificationRevision(
                clarification_id=row, number=1, kind=kind, note="Catatan.", content={}, author_id=officer.id,
                approver_id=approver.id, made_at=factories.NOW,
            )
        )  # fmt: skip
    db.session.commit()
    factories.make_claim(MARKET, status=ClaimStatus.INVESTIGATING, examined_since=factories.NOW)
    call = {"name": "Panggilan darurat", "telephone": "112", "note": "bila ada bahaya", "cues": ["gempa"]}
    others = [call | {"name": name, "telephone": ""} for name in ("Puskesmas terdekat", "Posko kelurahan")]
    contacts = {"address": "", "telephone": "", "email": "", "website": ""}
    db.session.add(PublicContacts(id=1, emergency=[call, *others], **contacts))
    db.session.commit()
    db.session.rollback()
    return Site(address, chromium, [])


def ask(text: str) -> Callable[[Any], None]:
    """Paste a message into the box on the front page."""

    def go(page: Any) -> None:
        page.goto("/")
        page.fill("#pesan", text)
        follow(page, "form.ask button")

    return go


def report(steps: int, **last: str) -> Callable[[Any], None]:
    """Walk through so many steps of the report form; fill in the last one."""

    def go(page: Any) -> None:
        page.goto("/lapor")
        if steps > 1:
            page.fill("#teks", UNRELATED)
            follow(page, "text=Lanjut ke langkah 2")
        if steps > 2:
            page.check("input[value=WhatsApp]")
            follow(page, "text=Lanjut ke langkah 3")
        if steps > 3:
            for name, value in last.items():
                page.fill(f"[name={name}]", value)
            follow(page, "text=Kirim aduan")

    return go


def visit(path: str) -> Callable[[Any], None]:
    """Open a path."""
    return lambda page: page.goto(path)


PLACES: dict[str, Callable[[Any], None]] = {
    "front": visit("/"),
    "list": visit("/klarifikasi/"),
    "search": visit("/klarifikasi/?q=air"),
    "filtered": visit("/klarifikasi/?topik=water&putusan=hoaks"),
    "search without result": visit("/klarifikasi/?q=naga"),
    "offline": visit("/luring"),
    "page": visit("/klarifikasi/air"),
    "satire": visit("/klarifikasi/satire"),
    "retracted": visit("/klarifikasi/ditarik"),
    "framed": visit("/klarifikasi/air/sematan"),
    "framed, retracted": visit("/klarifikasi/ditarik/sematan"),
    "framed box": visit("/sematan"),
    "about": visit("/tentang"),
    "statistics": visit("/statistik"),
    "privacy": visit("/privasi"),
    "missing": visit("/tidak-ada"),
    "find ticket": visit("/tiket"),
    "match": ask(RETOLD),
    "same message": lambda page: follow(page, "text='Ya, sama'"),
    "why": lambda page: (ask(RETOLD)(page), page.click(".why summary")),
    "another message": lambda page: follow(page, "text='Bukan ini'"),
    "stamped": ask(PASSED_ON),
    "none": ask(UNRELATED),
    "under review": ask(MARKET),
    "says nothing": ask("🙏"),
    "link": ask("https://berita.example/x"),
    "emergency": lambda page: (ask(QUAKE)(page), page.click(".sos summary")),
    "too long": ask("air " * 26_000),
    "report 1": report(1),
    "report 2": report(2),
    "report 3": report(3),
    "report fault": report(4, kontak="maria"),
    "ticket": report(4),
    "erase": lambda page: follow(page, "text=Hapus aduan ini"),
}


@pytest.mark.slow
@pytest.mark.parametrize("width", [360, 1280])
def test_every_page_is_within_reach_of_everyone(site: Site, width: int) -> None:
    page, found = site.open(width), []
    for name, go in PLACES.items():
        go(page)
        found += [(name, *one) for one in axe_violations_both_schemes(page)]
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            found.append((name, "wider than the screen", str(width)))
    assert found == []
    assert [text for text in site.complaints if "status of 4" not in text] == []


@pytest.mark.slow
@pytest.mark.parametrize("width", [360, 1280])
def test_what_differs_is_within_reach_of_everyone(site: Site, found: Found, width: int) -> None:
    found(
        Difference("duration", "tujuh hari", "tiga hari"), Difference("place", "gedung serbaguna", "kantor kelurahan")
    )
    page = site.open(width)
    ask(MESSAGE)(page)
    assert page.inner_text(".cmp .ne + dd b") == "tujuh hari"
    assert axe_violations_both_schemes(page) == []
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")


def test_json_ld_is_there_under_the_policy(site: Site) -> None:
    page = site.open()
    response = page.goto("/klarifikasi/air")
    assert "script-src 'self'" in response.headers["content-security-policy"]
    text = page.eval_on_selector('script[type="application/ld+json"]', "one => one.textContent")
    assert json.loads(text)["@type"] == "ClaimReview"
    assert page.text_content("h1") == "Air PDAM tetap mengalir </script>"
    assert site.complaints == []


@pytest.mark.slow
def test_a_page_with_all_its_files_is_light(site: Site) -> None:
    page, answers = site.open(), list[Any]()
    page.on("response", lambda answer: answers.append(answer))  # noqa: PLW0108 - what is built in is refused
    for name, go in PLACES.items():
        if name == "too long":  # it carries along what was pasted
            continue
        answers.clear()
        go(page)
        page.wait_for_load_state("networkidle")
        # Of the pages on the way there only the last one counts. Its files are asked for again: what an earlier page
        # brought cannot be read any more.
        document = [answer for answer in answers if answer.request.is_navigation_request()][-1]
        files = {answer.url for answer in answers if not answer.request.is_navigation_request() and answer.ok}
        sizes = [len(document.body()), *(len(page.request.get(url).body()) for url in files)]
        assert len(files) >= 2, name
        assert 5_000 < sum(sizes) < PAGE_LIMIT_BYTES, name


FOCUS = """() => {
    const one = document.activeElement, box = one.getBoundingClientRect(), style = getComputedStyle(one);
    const bold = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
    return {
        shown: bold && box.width > 0 && box.bottom > 0 && box.top < innerHeight,
        what: one.outerHTML.slice(0, 90),
        top: box.top + scrollY,
    };
}"""


def tab_to(page: Any, selector: str, most: int = 40) -> list[float]:
    """Press Tab until an element has the focus, which is seen at every step; return how far down each one stood."""
    tops = []
    for _ in range(most):
        page.keyboard.press("Tab")
        focus = page.evaluate(FOCUS)
        assert focus["shown"], f"the focus is not seen on {focus['what']}"
        tops.append(focus["top"])
        if page.evaluate("one => document.activeElement.matches(one)", selector):
            return tops
    raise AssertionError(f"Tab does not lead to {selector}")


@pytest.mark.slow
@pytest.mark.parametrize("scripts", [True, False])
@pytest.mark.parametrize("width", [360, 1280])
def test_the_whole_way_with_the_keyboard_only(site: Site, scripts: bool, width: int) -> None:
    page = site.open(width, java_script_enabled=scripts)
    page.goto("/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    assert page.evaluate(FOCUS)["shown"], "the way past the menu is seen when it has the focus"
    page.keyboard.press("Enter")
    page.wait_for_url("**/#isi")
    assert len(tab_to(page, "#pesan")) == 1, "past the menu the box is next"
    page.keyboard.type(UNRELATED)
    tab_to(page, "form.ask button")
    press_enter(page)
    assert "Belum ada klarifikasi untuk pesan ini." in page.text_content("h1")
    tops = tab_to(page, "main form button")
    assert tops == sorted(tops), "the focus goes down the page"
    press_enter(page)
    tab_to(page, "input[name=tempat]")
    page.keyboard.press("Space")
    assert page.is_checked("input[name=tempat]")
    tab_to(page, "button[value='3']")
    press_enter(page)
    tab_to(page, "#kontak")
    page.keyboard.type("maria@surel.example")
    tab_to(page, "[name=setuju]")
    page.keyboard.press("Space")
    tab_to(page, "button[value=kirim]")
    press_enter(page)
    page.wait_for_selector(".track")
    assert "Aduan Anda sudah masuk." in page.text_content("h1")
    assert len(page.text_content(".ticket").strip()) == 24
    tab_to(page, "main a[href$='/hapus']")
    assert site.complaints == []


FILE_BUTTON = """() => {
    const input = document.querySelector('#gambar'), button = input.labels[0];
    const ring = getComputedStyle(button).outlineStyle;
    return {native: getComputedStyle(input).opacity, ring, word: button.innerText};
}"""


@pytest.mark.parametrize("scripts", [True, False])
def test_a_picture_is_chosen_by_a_button_and_goes_to_its_answer(
    site: Site, scripts: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(screenshot_ocr, "can_read_pictures", lambda: True)
    monkeypatch.setattr(screenshot_ocr, "read_picture_text", lambda _data: MESSAGE)
    page = site.open(java_script_enabled=scripts)
    page.goto("/")
    tab_to(page, "#gambar")
    assert page.evaluate(FILE_BUTTON) == {"native": "0", "ring": "solid", "word": "Pilih gambar"}
    picture = {"name": "dari-grup.png", "mimeType": "image/png", "buffer": b"x"}
    if scripts:
        with page.expect_navigation():
            page.set_input_files("#gambar", picture)
    else:
        page.set_input_files("#gambar", picture)
        assert page.evaluate(FILE_BUTTON)["native"] == "1", "the name of the file is seen"
        assert page.evaluate("document.querySelector('#gambar').getBoundingClientRect().height") >= 44
        follow(page, "form.ask button")
    assert "Air PDAM tetap mengalir" in page.text_content("h1")
    assert "Dibaca komputer dari gambar Anda" in page.text_content("main")
    follow(page, "text=Ada kata yang keliru? Perbaiki")
    assert page.input_value("#pesan") == MESSAGE
    assert site.complaints == []


def test_the_installation_is_offered_once_on_an_answer_and_can_be_declined(site: Site) -> None:
    page = site.open()
    offer = "dispatchEvent(new Event('beforeinstallprompt'))"
    page.goto("/")
    page.evaluate(offer)
    assert page.query_selector("#pasang") is None
    ask(UNRELATED)(page)
    assert not page.is_visible("#pasang")
    page.evaluate(offer)
    assert page.is_visible("#pasang")
    assert axe_violations_both_schemes(page) == []
    page.click("text=Tidak perlu")
    assert not page.is_visible("#pasang")
    ask(MESSAGE)(page)
    page.evaluate(offer)
    assert not page.is_visible("#pasang")


@pytest.mark.slow
def test_without_scripts_and_with_the_keyboard_only(site: Site) -> None:
    page = site.open(java_script_enabled=False)
    page.goto("/lapor")
    page.focus("#teks")
    page.keyboard.type(UNRELATED)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector("#taut")
    page.focus("#taut")
    page.keyboard.type("bukan tautan")
    page.keyboard.press("Enter")  # goes on, not back: the first button is the way forward
    page.wait_for_selector("#salah")
    assert page.input_value("#taut") == "bukan tautan"
    page.fill("#taut", "")
    page.keyboard.press("Enter")
    page.wait_for_selector("#kontak")
    page.fill("#kontak", "maria")
    follow(page, "text=English")
    assert page.get_attribute("html", "lang") == "en"
    assert page.input_value("#kontak") == "maria", "what was typed on this step is not lost"
    page.fill("#kontak", "")
    page.focus("#kontak")
    page.keyboard.press("Enter")
    page.wait_for_selector(".track")
    assert "Your report has arrived." in page.text_content("h1")


@pytest.mark.slow
def test_a_narrow_screen_shows_all_and_touch_targets_are_large(site: Site) -> None:
    page = site.open(320)  # 1280 at 400 %
    small = """() => [...document.querySelectorAll('a, button, input:not([type=hidden]), textarea')].filter(one => {
        const box = (one.closest('label') || one).getBoundingClientRect();
        return box.width && getComputedStyle(one).display !== 'inline' && box.height < 44;
    }).map(one => one.outerHTML.slice(0, 80))"""
    for name, go in PLACES.items():
        go(page)
        assert page.evaluate(small) == [], name
        assert not page.evaluate("document.documentElement.scrollWidth > innerWidth"), name
        cut = "[...document.querySelectorAll('#teks-bagi')].some(box => box.scrollHeight > box.clientHeight)"
        assert not page.evaluate(cut), f"{name}: the text to send is cut off"


def test_an_emergency_stands_above_a_fact_that_is_still_in_sight(site: Site) -> None:
    page = site.open(360)
    ask(QUAKE)(page)
    line, answer = (page.locator(which).bounding_box() for which in (".sos", "#fakta"))
    assert line["y"] < answer["y"] < 400
    page.click(".sos summary")
    assert page.locator(".sos li").nth(1).is_visible()


@pytest.mark.parametrize("scripts", [True, False])
def test_back_from_a_clarification_shows_the_answer_again(site: Site, scripts: bool) -> None:
    page = site.open(360, java_script_enabled=scripts)
    page.goto("/")
    page.fill("#pesan", RETOLD)
    page.click("form.ask .acts button")
    page.wait_for_selector("#fakta")
    shown = page.inner_text("#fakta")
    page.click(".sheet a:text('Baca klarifikasinya')")
    page.wait_for_url("**/klarifikasi/**")
    page.go_back()
    assert page.url == f"{site.address}/cek"
    assert page.inner_text("#fakta") == shown
    page.click(".sheet a:text('Baca klarifikasinya')")
    page.wait_for_url("**/klarifikasi/**")
