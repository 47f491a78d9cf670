"""The whole way of news that nobody knew, on the demo's phone in a real Chromium, until the phone is told.

A resident forwards three messages, reads one reply, and reports what is not answered. An officer answers the report
at the desk, an approver publishes, and the answer comes to the same phone.
"""

from __future__ import annotations

from typing import Any

import pytest
from apiflask import APIFlask

from hoax_tracker import pipeline
from hoax_tracker.clock import utc_now
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.flag.model import model_files as flag_models
from hoax_tracker.models import db
from tests import factories
from tests.chrome import follow, note_faults
from tests.tipline.test_demo_phone import PHONE

FACT = "Kolam renang kota tetap buka sepanjang tahun"
NEWS = "kolam renang kota mau ditutup jadi pertokoan"
WRITTEN = {
    "#title": FACT,
    "#summary": "Tidak ada rencana menutup kolam renang kota.",
    "#findings": "Dinas Pemuda dan Olahraga memeriksa kontraknya: kolam dibuka seperti biasa [1].",
    "#conclusion": "Warga dapat berenang seperti biasa.",
    "#sources-0-title": "Jadwal kolam renang",
    "#sources-0-url": "https://dispora.example/kolam",
}


def sign_in(page: Any, email: str) -> None:
    """Sign in at the desk."""
    page.goto("/petugas/masuk")
    page.fill("#surel", email)
    page.fill("#sandi", factories.PASSWORD)
    follow(page, "main button[type=submit], form button:has-text('Masuk')")


def ask_on_the_phone(page: Any) -> None:
    """Forward three messages at once, read the one reply, and report what it does not answer."""
    page.goto(PHONE)
    page.get_by_role("button", name="Beberapa sekaligus").click()
    page.get_by_role("button", name="Laporkan nomor 3").click()
    page.get_by_text("Kabarnya kami kirim ke sini.").wait_for()
    assert page.locator(".in-b").count() == 2


def answer_at_the_desk(page: Any) -> None:
    """Open what was reported, and write a clarification that waits for approval."""
    page.goto("/petugas/")
    follow(page, f".queue a:has-text('{NEWS}')")
    page.click("[data-key=S]")
    page.wait_for_selector("#title")
    assert NEWS in page.input_value("#claim_quote")
    for selector, words in WRITTEN.items():
        page.fill(selector, words)
    page.select_option("#verdict", "hoaks")
    follow(page, "button[value=ajukan]")
    assert page.inner_text("[aria-current=step]") == "Menunggu persetujuan"


def publish(page: Any) -> None:
    """Approve what waits, as another person."""
    page.goto("/petugas/klarifikasi/")
    follow(page, f"text={FACT}")
    page.fill("#setujui-alasan", "Dispora belum punya petugas di sini; jadwalnya ada di lamannya.")
    follow(page, "text=Setujui dan terbitkan")
    assert page.inner_text("[aria-current=step]") == "Terbit"


@pytest.mark.slow
@pytest.mark.browser
def test_what_is_forwarded_and_reported_is_answered_on_the_phone(
    people: list[str], answered_address: str, demo: APIFlask, chromium: Any
) -> None:
    with write_transaction():
        flag_models.register_shipped_model(utc_now())
    faults: list[str] = []

    def open_page(**how: Any) -> Any:
        page = chromium.new_context(base_url=answered_address, **how).new_page()
        note_faults(page, faults)
        return page

    phone = open_page(viewport={"width": 360, "height": 740})
    ask_on_the_phone(phone)
    pipeline.assign_waiting_reports(utc_now())
    db.session.remove()
    desk = open_page()
    sign_in(desk, people[0])
    answer_at_the_desk(desk)
    second = open_page()
    sign_in(second, people[1])
    publish(second)
    pipeline.notify_reporters_of_progress(demo.extensions["settings"], utc_now())
    db.session.remove()
    phone.get_by_text("Aduan Anda sudah dijawab.").wait_for(timeout=20_000)
    assert FACT in phone.locator(".in-b").last.inner_text()
    assert faults == []
