"""``/statistik``: what it says, what it hides, how it is kept."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from flask.testing import FlaskClient

from hoax_tracker.app import create_app
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.insight.figures.month_figures import settle_months
from hoax_tracker.insight.views import statistics as view
from hoax_tracker.models import ClaimStatus, Clarification, ClarificationStatus, Officer, Topic, db
from tests import factories
from tests.crowded import count_statements
from tests.insight.golden_month import NOW, add_report, change_page, make_golden_month


@pytest.fixture
def golden(
    officer: Officer, approver: Officer, settings: Settings, one_moment: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The golden month, settled, seen on 24 November."""
    make_golden_month(officer, approver)
    settle_months(settings, NOW)
    monkeypatch.setattr(view, "utc_now", lambda: NOW)
    monkeypatch.setattr("hoax_tracker.api.open_data.views.utc_now", lambda: NOW)


def read_page(client: FlaskClient) -> str:
    """The text of the page."""
    return " ".join(client.get("/statistik").get_data(as_text=True).split())


def test_the_page_opens_with_a_sentence_of_its_numbers(client: FlaskClient, golden: None) -> None:
    page = read_page(client)
    assert "<h1>Bulan ini kurang dari 5 aduan masuk dan 1 klarifikasi terbit.</h1>" in page
    assert "Aduan naik pada Oktober 2026: sekitar 20, sebulan sebelumnya kurang dari 5" in page
    assert "1 dari 7 pesan yang dijawab ternyata benar" in page
    assert "7 klarifikasi, 1 koreksi, dan 1 penarikan" in page
    assert "Separuh jawaban terbit dalam 9,0 jam, sembilan dari sepuluh dalam 48,0 jam" in page
    assert "Dari sekitar 20 aduan, sekitar 15 sudah dijawab klarifikasi (75 %)." in page


def test_no_small_number_and_no_word_of_a_resident_is_shown(client: FlaskClient, golden: None) -> None:
    page = read_page(client)
    assert '<td><span class="few">kurang dari 5</span></td><td>3</td>' in page, "aid: three reports, three pages"
    for secret in ("RAHASIA", "Dari grup", "Lasiana", "BPJS ditolak", "petugas@kupang.example"):
        assert secret not in page


def test_every_table_is_a_file_that_hides_the_same(client: FlaskClient, golden: None) -> None:
    page, files = read_page(client), {}
    for name in ("bulan", "putusan", "perangkat-daerah", "topik", "kecamatan", "belum-dijawab", "koreksi"):
        assert f'href="/data/statistik-{name}.csv"' in page
        files[name] = list(csv.reader(io.StringIO(client.get(f"/data/statistik-{name}.csv").get_data(as_text=True))))
    assert files["bulan"][2] == ["2026-10", "20", "15", "20", "10", "6", "1", "1", "9.0", "48.0"]
    assert files["topik"][1:] == [["water", "10", "1"], ["tax", "5", "1"], ["social_aid", "", "3"], ["market", "", "1"]]
    assert files["kecamatan"][1:] == [["kec-kelapa-lima", "5", "1"], ["kec-oebobo", "", "0"]]
    assert [row[1] for row in files["koreksi"][1:]] == ["withdrawn", "corrected"]
    assert files["belum-dijawab"][1:] == []


def test_the_title_of_a_withdrawn_page_is_shown_no_more(client: FlaskClient, golden: None) -> None:
    page = db.session.query(Clarification).filter(Clarification.title.startswith("Air tetap")).one()
    assert "Air tetap mengalir" in read_page(client)
    change_page(page, ClarificationStatus.RETRACTED, NOW - timedelta(hours=1), "Ternyata mati.")
    changed = read_page(client)
    assert "Air tetap mengalir" not in changed
    assert f"Klarifikasi Nomor {page.number}" in changed


def test_the_page_says_why_it_counts_one_more_than_the_list(client: FlaskClient, golden: None) -> None:
    listed = " ".join(client.get("/klarifikasi/").get_data(as_text=True).split())
    assert "6 klarifikasi, yang terbaru lebih dulu." in listed
    page = read_page(client)
    assert "7 klarifikasi, 1 koreksi" in page
    assert "Yang terbit lalu ditarik tetap dihitung di sini, tetapi tidak ada lagi dalam daftar klarifikasi." in page


def test_the_wide_table_is_scrolled_with_the_keyboard(client: FlaskClient, golden: None) -> None:
    assert '<div class="scroll" tabindex="0" role="region" aria-label="Jumlah per bulan">' in read_page(client)


def test_open_claims_are_counted_by_topic_and_their_words_hidden(client: FlaskClient, golden: None) -> None:
    for number in range(8):
        factories.make_claim(f"RAHASIA {number}", topic=Topic.WASTE, status=ClaimStatus.INVESTIGATING)
    factories.make_claim("RAHASIA", topic=Topic.TOURISM, status=ClaimStatus.TRIAGED)
    page = read_page(client)
    assert "Belum dijawab: sekitar 10 kabar sedang diperiksa" in page
    assert "Kebersihan" in page
    assert "RAHASIA" not in page
    assert "Pariwisata" not in page


def test_the_page_is_kept_and_revalidated(client: FlaskClient, golden: None) -> None:
    response = client.get("/statistik")
    assert response.headers["Cache-Control"] == "public, max-age=60"
    assert client.get("/statistik", headers={"If-None-Match": response.headers["ETag"]}).status_code == 304
    with count_statements() as sent:
        client.get("/statistik")
    assert len(sent) <= 2, "rendered once a minute"
    again = client.get("/statistik?x=1")
    assert (again.status_code, again.headers["Location"]) == (302, "/statistik")


@pytest.mark.parametrize("now", [NOW, NOW + timedelta(days=400)])
def test_an_empty_instance_has_a_page(client: FlaskClient, monkeypatch: pytest.MonkeyPatch, now: datetime) -> None:
    monkeypatch.setattr(view, "utc_now", lambda: now)
    page = read_page(client)
    assert "Bulan ini kurang dari 5 aduan masuk dan 0 klarifikasi terbit." in page
    assert "Belum ada klarifikasi yang dikoreksi atau ditarik" in page


def test_topics_that_would_give_a_hidden_count_away_are_not_told(
    client: FlaskClient, settings: Settings, officer: Officer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twenty-one topics with four reports each: their months' sum would say so of every one."""
    for topic in Topic:
        claim = factories.make_claim(topic=topic)
        for number in range(4):
            add_report(claim, datetime(2026, 10, 3, number, tzinfo=NOW.tzinfo))
    settle_months(settings, NOW)
    monkeypatch.setattr(view, "utc_now", lambda: NOW)
    page = read_page(client)
    assert "Aduan masih terlalu sedikit untuk dirinci menurut topik" in page


def test_the_demo_keeps_its_files_empty(client: FlaskClient, settings: Settings, golden: None) -> None:
    app = create_app(replace(settings, demo=True))
    browser = app.test_client()
    assert "CONTOH" in browser.get("/statistik").get_data(as_text=True)
    assert len(browser.get("/data/statistik-bulan.csv").get_data(as_text=True).splitlines()) == 1
    with app.app_context():
        db.engine.dispose()


def test_programs_read_the_same_numbers(client: FlaskClient, golden: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hoax_tracker.api.reading_views.utc_now", lambda: NOW)
    answer = json.loads(client.get("/api/v1/statistics").get_data())
    october = {"month": "2026-10", "reports": 20, "answered": 15, "questions": 20, "questions_open": 10}
    october |= {"published": 6, "corrected": 1, "withdrawn": 1, "median_h": 9.0, "nine_tenths_h": 48.0}
    assert answer["months"][1] == october
    assert answer["topics"][2] == {"topic": "social_aid", "reports": None, "published": 3}
    assert (answer["target_h"], answer["open_claims_total"], answer["is_example"]) == (24, None, False)
