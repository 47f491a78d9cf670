"""What turns a claim around, adds to it or denies it is told apart; what both merely name tells nothing."""

from __future__ import annotations

import pytest

from classifiers.matcher.agreement import Agreement
from classifiers.matcher.details import compare_details
from classifiers.matcher.document import Document
from classifiers.matcher.match import load_shipped_reader
from classifiers.matcher.same_claim import explain_claim_agreement
from classifiers.matcher.wording import contains_wording

BRIDGE = "Jembatan Liliba RETAK dan terbelah pagi ini, mobil dilarang lewat"


def differing_kinds(text: str, claim: str) -> list[str]:
    """Return the kinds of details that differ."""
    read = load_shipped_reader().read
    return [one.kind for one in compare_details(read(text).details, read(claim).details)]


def explain(text: str, claim: str, title: str = "") -> Agreement:
    """Return what is the same and what differs."""
    return explain_claim_agreement(text, Document("1", title, claim, ""))


@pytest.mark.parametrize(
    ("text", "claim", "kinds"),
    [
        ("tarif parkir turun", "tarif parkir naik", ["direction"]),
        ("pemkot turunkan tarif parkir", "tarif parkir dinaikkan", ["direction"]),
        ("tarif parkir tidak turun", "tarif parkir naik", []),
        ("tarif naik, nanti turun lagi", "tarif parkir naik", []),
        ("harga beras murah", "harga beras mahal", ["direction"]),
        ("harga beras murah", "tarif parkir naik", []),
        ("pasar dibuka besok", "pasar ditutup besok", ["direction"]),
        ("pajak di Kabupaten Kupang", "pajak di Kota Kupang", ["region"]),
        ("pajak di kab kupang", "pajak di Kota Kupang", ["region"]),
        ("pajak di kota kupang", "pajak di Kota Kupang", []),
        ("pajak di Kota Kupang dan Kabupaten Kupang", "pajak di Kota Kupang", []),
        ("pajak di Kupang", "pajak di Kota Kupang", []),
    ],
)
def test_opposites_and_the_regency_of_the_citys_name_differ(text: str, claim: str, kinds: list[str]) -> None:
    assert differing_kinds(text, claim) == kinds


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("pedagang Pasar Oeba dipindahkan ke Naioni", ["destination"]),
        ("pedagang Pasar Oeba su pinda pi pasar penfui deng Naioni", ["destination"]),
        ("pedagang Lasiana dipindahkan ke Pasar Oeba", ["destination"]),
        ("pedagang Lasiana dipindahkan ke Naioni dan Pasar Oeba", ["destination"]),
        ("pedagang Pasar Oeba harus ke wilayah Naioni", ["destination"]),
        ("pedagang Pasar Oeba dipindahkan ke Alak, Lasiana dan Oesapa", []),
        ("pedagang Pasar Oeba dipindahkan ke Pasar Lasiana", []),
        ("pedagang Pasar Oeba harus ke wilayah Lasiana", []),
        ("pedagang Pasar Oeba pindah, tempatnya di Lasiana. Siapa mau ikut ke Naioni?", []),
        ("pedagang Pasar Oeba dipindahkan", []),
        ("pedagang Alak dipindahkan ke Naioni", ["place"]),
    ],
)
def test_where_somebody_goes_differs_though_another_place_is_the_same(text: str, kinds: list[str]) -> None:
    assert differing_kinds(text, "Semua pedagang Pasar Oeba dipindahkan ke Lasiana") == kinds


@pytest.mark.parametrize(
    ("text", "denied"),
    [
        ("jembatan liliba sonde retak", ("retak",)),
        ("tidak benar jembatan liliba terbelah", ("terbelah",)),
        ("jembatan liliba retak", ()),
        ("jembatan liliba retak, mobil tidak boleh lewat", ()),
        ("jembatan liliba retak, betul ko tidak?", ()),
    ],
)
def test_a_denied_word_is_not_called_the_same(text: str, denied: tuple[str, ...]) -> None:
    told = explain(text, BRIDGE)
    assert told.denied == denied
    assert not set(denied) & set(told.words)


def test_what_only_the_message_has_is_named_beside_a_difference() -> None:
    told = explain("puskesmas oepoi pindah ke sikumana 3 bulan, bayar 20 ribu", "puskesmas oepoi pindah 3 minggu")
    assert [one.kind for one in told.differs] == ["duration"]
    assert told.differed == ("sikumana", "20 ribu")


def test_a_place_of_the_pages_title_is_not_only_the_messages() -> None:
    claim = "hotel buang limbah racun ke laut"
    assert explain("hotel buang limbah racun di lasiana", claim, "Ikan mati di Pantai Lasiana diuji").differed == ()
    assert explain("hotel buang limbah racun di lasiana", claim, "Ikan mati diuji").differed == ("lasiana",)


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        (f"Selamat pagi semua, arisan batal. {BRIDGE}. Jangan lupa bawa kunci balai.", True),
        (f"Tidak benar bahwa {BRIDGE.lower()}", True),
        (BRIDGE.replace("mobil", "motor"), False),
        (BRIDGE.replace("pagi ini", "tadi malam"), False),
        ("Jembatan Liliba RETAK", False),
    ],
)
def test_a_wording_stands_in_a_text_word_for_word_or_not_at_all(text: str, holds: bool) -> None:
    assert contains_wording(text, BRIDGE, load_shipped_reader()) is holds


def test_two_words_are_found_by_chance() -> None:
    assert not contains_wording("besok air mati di rumah", "air mati", load_shipped_reader())
