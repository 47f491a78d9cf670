"""Kota Kupang is distinguished from its namesakes."""

import csv

import pytest

from classifiers.text.gazetteer import Gazetteer
from hoax_tracker.core.paths import data_file_path


def names(gazetteer: Gazetteer, text: str) -> dict[str, bool]:
    return {mention.name: mention.about_city for mention in gazetteer.find(text)}


@pytest.mark.parametrize(
    "text",
    [
        "Wali Kota Kupang melantik lurah",
        "air mati di oesapa",
        "got mampet di Naikoten 1",
        "warga TDM antre air",
        "posyandu di Kelurahan Merdeka tutup",
        "Kali di LLBK meluap, kata lurah",
        "rumah kami di atas bukit, Kolhua",
        "pemkot kapan bagi air",
    ],
)
def test_the_city(gazetteer: Gazetteer, text: str) -> None:
    assert any(names(gazetteer, text).values())


@pytest.mark.parametrize(
    "text",
    [
        "Bupati Kupang di Oelamasi",
        "lontong kupang Sidoarjo",
        "banjir di Jalan Kupang Jaya Surabaya",
        "KEK Likupang di Minahasa",
        "minyak kayu putih untuk masuk angin",
        "ibu itu berlinang air mata karena terharu",
        "kurikulum merdeka dihapus",
        "kapal ke Pulau Solor dari Larantuka",
        "Dinas Kesehatan Kabupaten Ende",
        "SMP Negeri 1 Kupang Timur libur",
        "Wali Kota Makassar melantik camat",
    ],
)
def test_not_the_city(gazetteer: Gazetteer, text: str) -> None:
    assert not any(names(gazetteer, text).values())


def test_the_examples_of_the_rules(gazetteer: Gazetteer) -> None:
    with data_file_path("kupang", "ambiguous.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    cases = [(row["example_city"], True) for row in rows] + [(row["example_not"], False) for row in rows]
    cases = [(text, city) for text, city in cases if text]
    right = sum(any(m.about_city for m in gazetteer.find(text)) is city for text, city in cases)
    assert right >= 0.96 * len(cases)


def test_place_kind_and_unit(gazetteer: Gazetteer) -> None:
    text = "Info: PUSKESMAS Oesapa dan dukcapil kota kupang tutup"
    found = {text[m.start : m.end]: (m.kind, m.unit) for m in gazetteer.find(text)}
    assert found["PUSKESMAS Oesapa"] == ("office", "pkm-oesapa")
    assert found["dukcapil"] == ("office", "dukcapil")
    assert found["kota kupang"][0] == "place"


def test_a_model_file_keeps_the_names(gazetteer: Gazetteer) -> None:
    kept = Gazetteer.loads(gazetteer.dumps(), gazetteer.lexicon.dumps())
    assert kept.names == gazetteer.names
    assert kept.find("air mati di Oesapa") == gazetteer.find("air mati di Oesapa")


def test_an_empty_folder_finds_nothing(tmp_path: object) -> None:
    from pathlib import Path

    assert Gazetteer.from_folder(Path(str(tmp_path))).find("Kota Kupang") == []
