"""Texts are routed by the names in them: to the named office's unit, wherever its building stands."""

from __future__ import annotations

import csv

import pytest

from classifiers.flagger.topics import MAIN_UNIT, SURE_TOPIC_PROBABILITY, choose_answering_unit, load_topic_routes
from classifiers.text.gazetteer import Gazetteer
from hoax_tracker.core.paths import data_file_path


def rows(name: str) -> list[dict[str, str]]:
    with data_file_path("kupang", f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


ROUTES = load_topic_routes(data_file_path("kupang"))
KINDS = {row["code"]: row["kind"] for row in rows("units")}
PLACES = rows("places")
OFFICES = [row for row in PLACES if row["unit"]]


def routed(gazetteer: Gazetteer, text: str, topic: str = "government", sure: float = 0.9) -> str:
    return choose_answering_unit(topic, sure, gazetteer.find(text), ROUTES, KINDS)


def test_every_office_of_the_city_has_its_unit() -> None:
    assert len(OFFICES) == 18
    own = [row for row in PLACES if row["kind"] == "office" and row["owner"] == "city"]
    assert [row["name"] for row in own if not row["unit"]] == []
    assert {row["unit"] for row in OFFICES} <= KINDS.keys()


@pytest.mark.parametrize("row", OFFICES, ids=lambda row: row["unit"])
def test_an_office_answers_under_each_of_its_names(gazetteer: Gazetteer, row: dict[str, str]) -> None:
    for name in (row["name"], *row["aliases"].split("|")):
        text = f"Loket {name} di Kota Kupang tutup besok pagi"
        assert routed(gazetteer, text) == row["unit"], name
        assert routed(gazetteer, text, "health", SURE_TOPIC_PROBABILITY / 2) == row["unit"], name


@pytest.mark.parametrize("name", ["Dinas Kesehatan", "Dinas Kesehatan Kota", "Kantor Dinas Kesehatan Kota Kupang"])
def test_the_office_answers_and_not_the_kelurahan_it_stands_in(gazetteer: Gazetteer, name: str) -> None:
    assert routed(gazetteer, f"Warga Kota Kupang diminta datang ke {name} besok") == "dinkes"


def test_a_clear_topic_goes_before_names_and_an_unclear_one_to_the_first_office(gazetteer: Gazetteer) -> None:
    text = "Di Kota Kupang Kantor Dishub, lalu Kantor DLHK dan Kelurahan Oesapa disebut"
    assert routed(gazetteer, text, "water") == ROUTES["water"]
    assert routed(gazetteer, text) == "dishub"
    assert routed(gazetteer, "Kelurahan Oesapa, lalu Kantor DLHK Kota Kupang") == "dlhk"
    assert routed(gazetteer, text, "water", SURE_TOPIC_PROBABILITY / 2) == "dishub"


def test_a_kelurahan_answers_what_is_general_and_ppid_utama_what_is_unclear(gazetteer: Gazetteer) -> None:
    for row in rows("districts"):
        if row["code"] in KINDS:
            kind = KINDS[row["code"]].title()
            assert routed(gazetteer, f"Kantor {kind} {row['name']} Kota Kupang menerima warga") == row["code"], row[
                "name"
            ]
    assert routed(gazetteer, "Warga Oesapa resah", "water", SURE_TOPIC_PROBABILITY / 2) == MAIN_UNIT
    assert routed(gazetteer, "Tidak ada nama di sini") == MAIN_UNIT


def test_the_buildings_of_others_name_no_unit_of_the_city(gazetteer: Gazetteer) -> None:
    others = [row for row in PLACES if row["kind"] == "office" and row["owner"] != "city"]
    assert len(others) > 15
    for row in others:
        assert not row["unit"], row["name"]
        assert routed(gazetteer, f"{row['name']} membuka loket besok") == MAIN_UNIT, row["name"]
