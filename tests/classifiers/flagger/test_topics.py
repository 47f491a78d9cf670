"""Texts are routed by the names in them: to the named office's unit, wherever its building stands."""

from __future__ import annotations

import csv

import pytest

from classifiers.flagger.topics import MAIN_UNIT, SURE_TOPIC_PROBABILITY, choose_answering_unit, load_topic_routes
from classifiers.text.gazetteer import Gazetteer
from classifiers.text.lexicon import Lexicon
from hoax_tracker.core.paths import data_file_path


def rows(name: str) -> list[dict[str, str]]:
    with data_file_path("kupang", f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


ROUTES = load_topic_routes(data_file_path("kupang"))
KINDS = {row["code"]: row["kind"] for row in rows("units")}
PLACES = rows("places")
OFFICES = [row for row in PLACES if row["unit"]]


@pytest.fixture(scope="module")
def names() -> Gazetteer:
    """The city's names."""
    return Gazetteer.from_folder(data_file_path("kupang"), Lexicon.from_folder(data_file_path("language")))


def routed(names: Gazetteer, text: str, topic: str = "government", sure: float = 0.9) -> str:
    return choose_answering_unit(topic, sure, names.find(text), ROUTES, KINDS)


def test_every_office_of_the_city_has_its_unit() -> None:
    assert len(OFFICES) == 18
    own = [row for row in PLACES if row["kind"] == "office" and row["owner"] == "city"]
    assert [row["name"] for row in own if not row["unit"]] == []
    assert {row["unit"] for row in OFFICES} <= KINDS.keys()


@pytest.mark.parametrize("row", OFFICES, ids=lambda row: row["unit"])
def test_an_office_answers_under_each_of_its_names(names: Gazetteer, row: dict[str, str]) -> None:
    for name in (row["name"], *row["aliases"].split("|")):
        text = f"Loket {name} di Kota Kupang tutup besok pagi"
        assert routed(names, text) == row["unit"], name
        assert routed(names, text, "health", SURE_TOPIC_PROBABILITY / 2) == row["unit"], name


@pytest.mark.parametrize("name", ["Dinas Kesehatan", "Dinas Kesehatan Kota", "Kantor Dinas Kesehatan Kota Kupang"])
def test_the_office_answers_and_not_the_kelurahan_it_stands_in(names: Gazetteer, name: str) -> None:
    assert routed(names, f"Warga Kota Kupang diminta datang ke {name} besok") == "dinkes"


def test_a_clear_topic_goes_before_names_and_an_unclear_one_to_the_first_office(names: Gazetteer) -> None:
    text = "Di Kota Kupang Kantor Dishub, lalu Kantor DLHK dan Kelurahan Oesapa disebut"
    assert routed(names, text, "water") == ROUTES["water"]
    assert routed(names, text) == "dishub"
    assert routed(names, "Kelurahan Oesapa, lalu Kantor DLHK Kota Kupang") == "dlhk"
    assert routed(names, text, "water", SURE_TOPIC_PROBABILITY / 2) == "dishub"


def test_a_kelurahan_answers_what_is_general_and_ppid_utama_what_is_unclear(names: Gazetteer) -> None:
    for row in rows("districts"):
        if row["code"] in KINDS:
            kind = KINDS[row["code"]].title()
            assert routed(names, f"Kantor {kind} {row['name']} Kota Kupang menerima warga") == row["code"], row["name"]
    assert routed(names, "Warga Oesapa resah", "water", SURE_TOPIC_PROBABILITY / 2) == MAIN_UNIT
    assert routed(names, "Tidak ada nama di sini") == MAIN_UNIT


def test_the_buildings_of_others_name_no_unit_of_the_city(names: Gazetteer) -> None:
    others = [row for row in PLACES if row["kind"] == "office" and row["owner"] != "city"]
    assert len(others) > 15
    for row in others:
        assert not row["unit"], row["name"]
        assert routed(names, f"{row['name']} membuka loket besok") == MAIN_UNIT, row["name"]
