"""The conversations of a claim in a browser: an officer asks, writes, blocks; it fits a phone, and axe is content."""

from __future__ import annotations

from typing import Any

import pytest

from hoax_tracker.check.answers.question_log import group_questions
from hoax_tracker.check.counting import question_tally
from hoax_tracker.claims.media_fingerprints import keep_reported_media
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.models import Officer, db
from tests import factories
from tests.chrome import axe_violations_both_schemes, photograph
from tests.tipline.desk.conftest import Desk


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.parametrize("width", [360, 1280])
def test_an_officer_asks_writes_and_blocks(
    desk: Desk, answerer: Officer, address: str, chromium: Any, width: int
) -> None:
    desk.phone.ask("dari grup RT, kemarin malam")
    question_tally().write()
    group_questions()
    with write_transaction():
        keep_reported_media(desk.report_id, b"OggS rekaman yang beredar", "audio")
    email = answerer.email
    db.session.rollback()
    context = chromium.new_context(viewport={"width": width, "height": 800}, bypass_csp=True)
    page = context.new_page()
    page.goto(f"{address}/petugas/masuk?next=/petugas/klaim/{desk.claim_id}")
    page.fill("#surel", email)
    page.fill("#sandi", factories.PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_text("Ditanyakan 1 kali: 1 di Telegram.").wait_for()
    assert axe_violations_both_schemes(page) == []
    page.locator("#bukti summary").first.click()
    page.get_by_role("button", name="Usulkan dikenal").wait_for()
    assert axe_violations_both_schemes(page) == []
    photograph(page, f"claim-{width}")
    page.get_by_role("link", name="Percakapan dengan pelapor").click()
    page.get_by_role("button", name="Minta gambar").click()
    page.get_by_text("Pertanyaan terkirim.").wait_for()
    (question,) = desk.phone.wait()
    assert "Kirim ke sini." in question.text
    page.get_by_label("Balas atas nama kota").fill("Terima kasih. Kami sudah menanyakannya kepada syahbandar.")
    photograph(page, f"conversation-{width}")
    assert axe_violations_both_schemes(page) == []
    page.get_by_role("button", name="Minta persetujuan").click()
    page.get_by_text("Balasan menunggu orang kedua.").wait_for()
    photograph(page, f"waiting-{width}")
    page.get_by_text("Ambil alih percakapan ini").click()
    photograph(page, f"take-over-{width}")
    page.get_by_role("button", name="Ambil alih aduan").click()
    page.get_by_text("Petugas yang membaca, sampai").wait_for()
    assert len(desk.phone.wait()) == 1
    photograph(page, f"taken-over-{width}")
    assert axe_violations_both_schemes(page) == []
    page.get_by_role("button", name="Biarkan mesin menjawab lagi").click()
    page.get_by_text("Mesin menjawab lagi.").wait_for()
    page.get_by_text("Blokir percakapan ini").click()
    page.get_by_label("Pesan yang sama dikirim berulang-ulang.").check()
    photograph(page, f"block-{width}")
    assert axe_violations_both_schemes(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.get_by_role("button", name="Blokir", exact=False).last.click()
    page.get_by_text("Diblokir sampai").wait_for()
    assert len(desk.phone.wait()) == 1
    assert axe_violations_both_schemes(page) == []
    photograph(page, f"blocked-{width}")
