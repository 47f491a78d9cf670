"""A complaint about a service is told where it belongs, and no hoax is taken for one."""

from __future__ import annotations

import csv
from dataclasses import replace
from typing import Any

import pytest
from flask.testing import FlaskClient

from classifiers.matcher.match import MatchResult
from hoax_tracker.check.service_complaints import is_service_complaint
from hoax_tracker.match_index import MatchIndex
from tests.check.conftest import Publish
from tests.repository import ROOT

COMPLAINT = "Sampah di depan gang kami sudah dua minggu tidak diangkut"
LAPOR = "https://www.lapor.go.id"


def test_no_hoax_is_taken_for_a_complaint() -> None:
    for name in ("misinformation_calm", "misinformation_loud"):
        with (ROOT / f"data/labelled/{name}.csv").open(encoding="utf-8") as file:
            taken = [row["text"] for row in csv.DictReader(file) if is_service_complaint(row["text"])]
        assert taken == []


@pytest.mark.parametrize(
    "text",
    [
        COMPLAINT,
        "sampah tidak diangkut",
        "Oto sampah su empat hari sonde lewat",
        "Lampu jalan di lorong kami mati",
        "got mampet, bau sekali",
        "Jalan depan rumah beta berlubang",
        "Sudah lima hari air di rumah kami tidak keluar",
        "KTP saya belum jadi sejak Maret",
        "air PDAM sonde jalan su 3 hari di Oebobo",
        "ledeng di Kuanino sonde keluar dari kamareng",
        "PDAM mati su satu minggu di Sikumana",
    ],
)
def test_what_somebody_lacks_is_a_complaint(text: str) -> None:
    assert is_service_complaint(text)


@pytest.mark.parametrize(
    "text",
    [
        "Air PDAM mati tujuh hari, segera tampung air!",
        "Sampah tidak diangkut lagi mulai Senin, sebarkan!",
        "Apakah sampah tidak diangkut besok?",
        "Katanya KTP tidak dicetak lagi sampai tahun depan",
        "Jalan El Tari ditutup karena rusak",
        "Jembatan Liliba retak, jangan lewat",
        "Air PDAM di seluruh kota mati tujuh hari",
        "Air PDAM mati di Oebobo, isu pipa dicuri sejak kemarin",
        "mati lampu di Oebobo",
    ],
)
def test_news_is_no_complaint(text: str) -> None:
    assert not is_service_complaint(text)


def test_sp4n_comes_first_where_a_complaint_is_checked(client: FlaskClient) -> None:
    text = client.post("/cek", data={"teks": COMPLAINT}).get_data(as_text=True)
    assert "Sepertinya keluhan layanan" in text
    assert text.index(f'class="btn wide" href="{LAPOR}"') < text.index("Laporkan sebagai kabar")
    assert 'class="plain">Laporkan sebagai kabar' in text
    assert "Laporkan pesan ini" not in text
    assert "sms:1708?body=KOTKUPANG%20Sampah" in text


def test_it_stands_above_an_answer_about_something_else(
    client: FlaskClient, publish: Publish, monkeypatch: pytest.MonkeyPatch
) -> None:
    published = MatchIndex.published
    publish(title="Sampah diangkut tiap hari", claim_quote=f"{COMPLAINT}, kata petugas di Oebufu")

    def only_possible(index: MatchIndex, text: Any) -> MatchResult:
        return replace(published(index, text), decision="possible")

    monkeypatch.setattr(MatchIndex, "published", only_possible)
    text = client.post("/cek", data={"teks": COMPLAINT}).get_data(as_text=True)
    assert text.index(f'class="btn wide" href="{LAPOR}"') < text.index("Sampah diangkut tiap hari")
    assert "Klarifikasi yang mirip" in text


def test_who_types_it_into_the_report_form_reads_it_there_once(client: FlaskClient) -> None:
    typed = client.post("/lapor", data={"teks": COMPLAINT, "langkah": "1", "ke": "2"}).get_data(as_text=True)
    assert f'class="btn wide" href="{LAPOR}"' in typed
    assert "Lanjut ke langkah 3" in typed
    told = client.post("/lapor", data={"teks": COMPLAINT, "diperiksa": "ya"}).get_data(as_text=True)
    assert f'class="btn wide" href="{LAPOR}"' not in told
