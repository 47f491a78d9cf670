"""Administrators' pages and the source list in a real Chromium: on a phone, on a wide screen, without scripts."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from hoax_tracker.clock import utc_now
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.core.paths import data_file_path
from hoax_tracker.ingest.sources import opml
from hoax_tracker.ingest.spreadsheets import importer
from hoax_tracker.models import Officer, Source, WebhookEndpoint, db
from tests import factories
from tests.chrome import axe_violations
from tests.insight.report_rows import make_report

KEPT = ["", "petugas", "petugas/baru", "petugas/1", "unit", "unit/baru", "unit/2", "topik", "topik/water", "wilayah"]
KEPT += [
    "kontak",
    "wilayah/9",
    "program",
    "program/1",
    "program/baru",
    "sistem",
    "jam-kerja",
    "contoh-teks/water",
]
PAGES = [f"/petugas/kelola/{path}" for path in KEPT] + [
    f"/petugas/sumber/{path}" for path in ("", "baru", "1", "1/keadaan", "impor", "tabel")
]
PAGES += [f"/petugas/laporan/{path}" for path in ("2026-10",)]
PAGES += [f"/petugas/kelola/saluran{path}" for path in ("", "/telegram", "/whatsapp")]
PAGES += ["/petugas/menunggu", *(f"/petugas/kelola/webhook{path}" for path in ("", "/baru", "/1"))]
SMALL = """[...document.querySelectorAll('a, button, input:not([type=hidden]), select, textarea')]
    .filter(one => one.offsetParent && one.closest('main') && !one.closest('p:not(.up)') && !one.closest('.fault'))
    .map(one => one.closest('label.tick') || (one.matches('.go') && one.closest('li')) || one)
    .filter(one => Math.min(one.getBoundingClientRect().height, one.getBoundingClientRect().width) < 44)
    .map(one => one.outerHTML.slice(0, 120))"""


@pytest.fixture(autouse=True)
def filled(city: None, administrator: Officer) -> None:
    """The city's data, and sources in every state."""
    with write_transaction():
        opml.import_default_sources(data_file_path("kupang", "sources.opml"), factories.NOW)
        broken, paused = db.session.query(Source).order_by(Source.id).limit(2)
        broken.failures, broken.last_error = (
            3,
            "Situs itu tidak dapat dihubungi. (https://warta.example/rss: x)",
        )
        broken.problems, broken.last_success_at = ["Entri 3: tanpa judul"], factories.NOW - timedelta(days=2)
        # With its year and the longest month it is wide for a narrow screen.
        broken.next_fetch_at = utc_now().replace(year=utc_now().year + 2, month=9, day=28)
        paused.is_active, paused.name = False, "Wartatanpaspasi" * 13
        hook = {"name": "Situs kota", "url": "https://situs.example/kabar", "events": ["claim.flagged"]}
        db.session.add(WebhookEndpoint(**hook, sealed_secret=b"x", added_at=factories.NOW))
    make_report()


def enter(page: Any, address: str) -> None:
    """Sign in. The test lets go of the database, which the server writes to."""
    db.session.rollback()
    page.goto(f"{address}/petugas/masuk?next=/petugas/")
    page.fill("#surel", "admin@kupang.example")
    page.fill("#sandi", factories.PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{address}/petugas/")


@pytest.mark.slow
@pytest.mark.parametrize(("width", "scheme"), [(360, "light"), pytest.param(1280, "dark", marks=pytest.mark.long)])
def test_pages_fit_and_axe_finds_nothing(
    address: str, chromium: Any, administrator: Officer, width: int, scheme: str
) -> None:
    posts = b"Akun,Teks,Suka\nWarga Contoh,Air PDAM mati di Oebobo,12\nInfo Contoh,<b>Sebarkan</b> sebelum dihapus,3\n"
    table = importer.store_upload(posts, "ekspor.csv", by=administrator, now=utc_now())
    context = chromium.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme, bypass_csp=True)
    page = context.new_page()
    enter(page, address)
    for path in [*PAGES, f"/petugas/sumber/tabel/{table}"]:
        assert page.goto(address + path).status == 200
        assert axe_violations(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        assert page.evaluate(SMALL) == [], path
        assert page.locator("h1:visible").count() == 1, path


def test_a_unit_is_renamed_with_the_keyboard_and_without_scripts(address: str, chromium: Any) -> None:
    page = chromium.new_context(viewport={"width": 360, "height": 740}, java_script_enabled=False).new_page()
    enter(page, address)
    page.goto(f"{address}/petugas/kelola/unit/2")
    page.focus("#name")
    page.keyboard.press("Control+A")
    page.keyboard.press("Delete")
    page.keyboard.press("Enter")
    page.wait_for_selector("[role=alert]")
    assert page.locator("#name-salah").inner_text() == "Isian ini wajib diisi."
    page.click(".fault a")
    page.keyboard.type("Dinas Baru")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{address}/petugas/menunggu?jenis=unit#name")
    assert "Diusulkan" in page.locator(".notice").first.inner_text()
    db.session.rollback()
    factories.confirm_waiting(acts=("unit",))
    page.goto(f"{address}/petugas/kelola/unit")
    assert page.locator(".roll .go", has_text="Dinas Baru").count() == 1
