"""The whole way of a hoax in a real Chromium, from the feed to the resident.

A feed brings it, an officer writes with the keyboard alone, an approver publishes, one resident checks it on a phone,
and others report variations of it with scripts off.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from apiflask import APIFlask

from hoax_tracker import pipeline
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.flag.model import model_files as flag_models
from hoax_tracker.models import Source, db
from tests import factories
from tests.chrome import follow, note_faults
from tests.feed_server import FeedServer, Reply

HOAX = (
    "INFO PENTING!! Mulai besok Puskesmas Oesapa tidak lagi terima pasien BPJS, semua warga Kota Kupang wajib bayar "
    "Rp75.000. Info dari orang dalam dinas kesehatan. Sebarkan sebelum dihapus!"
)
NEARLY = (
    "Info penting: mulai besok Puskesmas Oesapa tdk lagi menerima pasien BPJS, smua warga Kota Kupang wajib bayar "
    "Rp75.000 🙏🙏 Info orang dalam dinas kesehatan, sebarkan sebelum dihapus"
)
IN_OTHER_WORDS = "Basodara, kalau sakit jang pi puskesmas Oesapa dulu, katanya kartu BPJS su sonde laku di sana"
FACT = "Puskesmas Oesapa tetap melayani pasien BPJS tanpa bayaran"
RECEIVED = "Aduan Anda sudah masuk."
ANSWERED = "Aduan Anda sudah dijawab dengan klarifikasi."
SUMMARY = "Tidak ada tarif baru di Puskesmas Oesapa."
FEED = (
    '<rss version="2.0"><channel><title>w</title><item><guid>1</guid><link>https://w.example/1</link>'
    f"<description>{HOAX}</description></item></channel></rss>"
).encode()
WRITTEN = {
    "#title": FACT,
    "#summary": SUMMARY,
    "#findings": "Dinas Kesehatan memeriksa loket: layanan BPJS berjalan seperti biasa [1].",
    "#conclusion": "Warga tidak perlu membayar.",
    "#sources-0-title": "Jadwal pelayanan",
    "#sources-0-url": "https://dinkes.example/jadwal",
}
PHONE = {"width": 360, "height": 740}
MOST_TABS = 80


def bring_in(server: FeedServer, settings: Settings, now: datetime) -> None:
    """Let a feed with the hoax be read, and the claim be flagged."""
    with write_transaction():
        flag_models.register_shipped_model(now)
        db.session.add(Source(name="Warta", url=server.answer("/feed", Reply(FEED)), created_at=now))
    assert pipeline.run_due_sources(settings, now).flagged == 1
    db.session.rollback()


def tab_to(page: Any, selector: str) -> None:
    """Press Tab until the element is reached, as somebody does who has no mouse."""
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    pytest.fail(f"Tab does not reach {selector}")


def press(page: Any, key: str = "Enter") -> None:
    """Press a key that leads to another page, and wait for it."""
    with page.expect_navigation():
        page.keyboard.press(key)


def write_with_the_keyboard(page: Any, email: str) -> None:
    """Sign in, open the claim, write the clarification and ask for approval: without a mouse."""
    page.goto("/petugas/masuk")
    tab_to(page, "#surel")
    page.keyboard.type(email)
    tab_to(page, "#sandi")
    page.keyboard.type(factories.PASSWORD)
    press(page)
    tab_to(page, ".queue li a")
    press(page)
    tab_to(page, "[data-key=S]")
    press(page, "Space")
    fill_in_with_the_keyboard(page)
    tab_to(page, "button[value=ajukan]")
    press(page)
    assert page.inner_text("[aria-current=step]") == "Menunggu persetujuan"


def fill_in_with_the_keyboard(page: Any) -> None:
    """Fill in the long form in the order of its fields."""
    assert page.input_value("#claim_quote") == HOAX
    for selector in ("#title", "#verdict", *list(WRITTEN)[1:]):
        tab_to(page, selector)
        page.keyboard.type("Hoaks" if selector == "#verdict" else WRITTEN[selector])
    assert page.input_value("#verdict") == "hoaks"


def approve(page: Any, email: str) -> None:
    """Sign in as the approver, find what waits, and publish it."""
    page.goto("/petugas/masuk")
    page.fill("#surel", email)
    page.fill("#sandi", factories.PASSWORD)
    follow(page, "text='Masuk'")
    page.goto("/petugas/klarifikasi/")
    follow(page, f"text={FACT}")
    page.fill("#setujui-alasan", "PDAM belum punya petugas di sini; jadwalnya ada di lamannya.")
    follow(page, "text=Setujui dan terbitkan")
    assert page.inner_text("[aria-current=step]") == "Terbit"


def check_on_a_phone(page: Any) -> None:
    """Paste the message into the one box, read the answer, and the page behind it."""
    page.goto("/")
    page.fill("#pesan", HOAX)
    follow(page, "form.ask button")
    assert page.inner_text("#fakta") == FACT
    assert page.inner_text(".quoted .verdict") == "Hoaks"
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    follow(page, "text=Baca klarifikasinya")
    assert SUMMARY in page.inner_text("main")


def report_without_scripts(page: Any, text: str) -> None:
    """Report a message in three steps; the ticket's page is open at the end."""
    page.goto("/lapor")
    page.fill("#teks", text)
    follow(page, "text=Lanjut ke langkah 2")
    if page.locator("text=Tetap laporkan").count():  # there is an answer, which is shown first
        follow(page, "text=Tetap laporkan")
    page.check("input[value=WhatsApp]")
    page.fill("#taut", "https://grup.example/pesan")
    follow(page, "text=Lanjut ke langkah 3")
    page.fill("#kontak", "warga@contoh.example")
    page.check("[name=setuju]")
    follow(page, "text=Kirim aduan")


def link(page: Any) -> None:
    """Answer with the published page what an officer reads to be the same in other words."""
    page.goto("/petugas/")
    follow(page, ".queue li a")
    # Small numbers lead from its words to the reasons why it was flagged.
    page.evaluate("document.querySelectorAll('#klaim sup').forEach(mark => mark.remove())")
    assert IN_OTHER_WORDS in page.inner_text("#klaim")
    page.click("button:has-text('Tautkan ke klarifikasi nomor 1')")
    page.wait_for_selector(".toast, .notice")


def confirm(page: Any) -> None:
    """Confirm, as the second person, what an officer proposed."""
    page.goto("/petugas/menunggu")
    assert IN_OTHER_WORDS in page.inner_text("article.prop")
    follow(page, "article.prop button >> text=Setujui")


@pytest.mark.slow
def test_the_whole_way(
    app: APIFlask, server: FeedServer, settings: Settings, address: str, chromium: Any, people: list[str], now: datetime
) -> None:
    bring_in(server, settings, now)
    faults: list[str] = []

    def fresh(**how: Any) -> Any:
        page = chromium.new_context(base_url=address, **how).new_page()
        note_faults(page, faults)
        return page

    officer = fresh()
    write_with_the_keyboard(officer, people[0])
    second = fresh()
    approve(second, people[1])
    check_on_a_phone(fresh(viewport=PHONE))
    one, other = fresh(viewport=PHONE, java_script_enabled=False), fresh(viewport=PHONE, java_script_enabled=False)
    report_without_scripts(one, NEARLY)
    assert one.inner_text("#status") == RECEIVED
    pipeline.assign_waiting_reports(now)
    one.reload()
    assert one.inner_text("#status") == ANSWERED
    assert one.inner_text(".lead") == FACT
    report_without_scripts(other, IN_OTHER_WORDS)
    pipeline.assign_waiting_reports(now)
    other.reload()
    assert other.inner_text("#status") == RECEIVED
    link(officer)
    other.reload()
    assert other.inner_text("#status") == RECEIVED, "not by one person"
    confirm(second)
    other.reload()
    assert other.inner_text("#status") == ANSWERED
    assert faults == []
