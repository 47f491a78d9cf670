"""Names and addresses of people are removed from stored text; the subjects of questions stay."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from hoax_tracker.core import paths
from hoax_tracker.privacy.names import (
    load_ordinary_words,
    person_name_spans,
    redact_home_addresses,
    redact_person_names,
    redact_personal_data,
    redact_question,
)

# Invented, as names of the region are made.
GIVEN = ["Yohanis", "Fransina", "Welmince", "Melkianus", "Adolfina", "Yustina", "Dominggus", "Petronela", "Marthen"]
FAMILY = ["Bere", "Lede", "Nalle", "Tefbana", "Radja-Mau", "Ndolu", "Taneo", "Lado", "Oematan", "Djawa"]
TITLES = ["Bapak", "Ibu", "Pak", "Bu", "Bpk.", "Sdr.", "Sdri.", "Oma", "Opa", "Mama", "Bapa", "hubungi", "Om", "Kak"]
STREETS = ["Bajawa", "Nangka", "Cak Doko", "Thamrin", "Bundaran PU"]

people = st.builds(lambda first, last: f"{first} {last}", st.sampled_from(GIVEN), st.sampled_from(FAMILY))
written = st.sampled_from([str, str.lower, str.upper])


@given(st.sampled_from(TITLES), people, written)
def test_who_follows_a_title_is_not_kept(title: str, person: str, write: type[str]) -> None:
    kept = redact_question(write(f"Katanya air mati, {title} {person} segera hubungi kantor PDAM"))
    for part in person.casefold().replace("-", " ").split():
        assert part not in kept.replace("-", " ").split()
    assert "air mati" in kept
    assert "kantor pdam" in kept


@given(
    st.sampled_from(STREETS),
    st.integers(1, 199),
    st.integers(1, 45),
    written,
    st.sampled_from(["Jl. {} No. {}", "jalan {} nomor {}", "Jln {}, no {}a", "Gang {} No.{}"]),
)
def test_where_somebody_lives_is_not_kept(street: str, house: int, rt: int, write: type[str], how: str) -> None:
    address = how.format(street, house)
    kept = redact_question(write(f"Bagi sembako di rumah {address} RT {rt:03}/RW 02 Kelurahan Oebufu besok, betul?"))
    assert not re.search(r"\d", kept)
    assert not set(street.casefold().split()) & set(kept.split())
    assert "sembako" in kept
    assert "oebufu besok" in kept


def test_the_message_of_the_report() -> None:
    text = "Dapat bantuan? hubungi Ibu Maria Bere, rumah Jl. Bajawa No. 7 RT 03, besok ditutup"
    kept = redact_question(text)
    assert not {"maria", "bere", "bajawa", "7", "03"} & set(re.findall(r"\w+", kept))
    assert kept.startswith("dapat bantuan? hubungi ibu")
    assert kept.endswith("besok ditutup")


@pytest.mark.parametrize(
    "text",
    [
        "Pak Wali Kota bagi beras hari ini",
        "Pak Wali su teken",
        "Ibu hamil wajib bayar di puskesmas",
        "IBU HAMIL WAJIB BAYAR",
        "Bapak Kepala Dinas Kesehatan bilang vaksin habis",
        "ibu-ibu dan bapak-bapak tolong sebarkan",
        "Bapak Ibu sekalian, besok air mati",
        "Ibu Kota Negara pindah ke Kupang",
        "bapak mama di Oesapa tidak dapat bantuan",
        "hubungi kantor lurah Kuanino",
        "Hubungi Call Center BPBD",
        "Yth. Bapak/Ibu warga kota",
        "kontak UPTD pasar di bawah",
        "kata mama marah-marah di pasar",
        "RSUD S. K. Lerik tutup mulai Senin",
        "Jalan Frans Seda ditutup tanggal 5",
        "Jalan El Tari mati lampu 3 hari",
        "dana RT 1 miliar per tahun",
        "Perda No. 7 tahun 2026 berlaku",
        "Ketua RT minta 25 ribu",
        "BLOK pasar C ditutup",
    ],
)
def test_offices_relations_and_places_stay(text: str) -> None:
    assert redact_personal_data(text) == text


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Pak RT Yohanis tarik uang", "Pak RT   tarik uang"),
        ("Pak RT tarik uang", "Pak RT tarik uang"),
        ("ibu guru fransina bilang libur", "ibu guru   bilang libur"),
        ("nama saya Yustina Ndolu, apakah benar", "nama saya  , apakah benar"),
        ("Bpk. Marthen Taneo. Besok libur", "Bpk.  . Besok libur"),
        ("kata Ibu. Besok libur", "kata Ibu. Besok libur"),
        ("oknum bernama Marthen minta uang", "oknum bernama   minta uang"),
        ("rumah kami di Jalan Nangka mati lampu", "rumah kami di Jalan mati lampu"),
        ("blok C no. 12 dijual", "blok   dijual"),
    ],
)
def test_what_is_left(text: str, kept: str) -> None:
    assert " ".join(redact_personal_data(text).split()) == " ".join(kept.split())


def examples() -> list[str]:
    """The messages of the shipped pairs and near misses."""
    found = []
    for folder in ("pairs", "near_misses"):
        for path in sorted(Path(paths.data_file_path(folder)).glob("*.csv")):
            with path.open(encoding="utf-8", newline="") as file:
                found += [row["text"] for row in csv.DictReader(file)]
    return found


def test_ordinary_messages_keep_their_meaning() -> None:
    """Of the shipped messages only names go: never more than two words at once, and in few of them."""
    texts = examples()
    taken = [text[start:end] for text in texts for start, end in person_name_spans(text)]
    assert len(taken) < len(texts) / 25
    assert max(len(one.split()) for one in taken) <= 2
    called = {"sel", "lia", "bet", "yes"}  # Mama Sel, Mama Lia, Oma Bet and Kaka Yes
    assert {word.casefold() for one in taken for word in one.split()} & load_ordinary_words() <= called


def test_the_list_is_in_order_and_holds_no_name() -> None:
    lines = paths.data_file_path("language", "ordinary_words.txt").read_text(encoding="utf-8").splitlines()
    words = [line for line in lines if not line.startswith("#")]
    assert words == sorted(set(words))
    assert not {one.casefold() for one in (*GIVEN, *FAMILY)} & set(words)


@given(st.text(max_size=300))
def test_any_text_passes(text: str) -> None:
    assert redact_person_names(redact_home_addresses(text)) is not None
    assert [start < end for start, end in person_name_spans(text)] == [True] * len(list(person_name_spans(text)))
