"""The answering unit: the topic's, PPID Utama where that is uncertain, never the accused unit."""

from __future__ import annotations

from datetime import datetime

import pytest
import sqlalchemy as sa
from apiflask import APIFlask

from classifiers.flagger.allegation import has_wrongdoing_words, predict_accusations
from classifiers.flagger.artefact import Bundle
from classifiers.text.gazetteer import Mention
from hoax_tracker import pipeline
from hoax_tracker.claims.recusal import first_accused_unit_id
from hoax_tracker.flag.scoring import ClaimSuggestion, score_and_route_texts
from hoax_tracker.flag.unit_suggestion import UnitRouter, UnitSuggestion
from hoax_tracker.models import Claim, Report, Topic, UnitTopic, db
from hoax_tracker.organisation.named_units import NamedUnits
from tests import factories

BRIBE = "Oknum petugas Dinas Kesehatan Kota Kupang minta uang pelicin Rp150.000 di loket, ada saksi dua orang. Usut!"
WATER = "Mulai Senin besok air PDAM se-Kota Kupang mati total 7 hari karena pipa induk pecah. Sebarkan!"


@pytest.fixture
def units(app: APIFlask) -> UnitRouter:
    """The units of the tests, water with PDAM and everything else with PPID Utama."""
    db.session.add_all(
        [
            UnitTopic(topic=Topic.WATER, unit_id=factories.load_unit("pdam").id),
            UnitTopic(topic=Topic.OTHER, unit_id=factories.load_unit().id),
        ]
    )
    db.session.commit()
    return UnitRouter()


def test_the_unit_of_the_model_then_of_the_topic_then_ppid_utama(units: UnitRouter) -> None:
    assert units.route("dinkes", Topic.WATER).unit_id == factories.load_unit("dinkes").id
    assert units.route("gone", Topic.WATER).unit_id == factories.load_unit("pdam").id
    assert units.route(None, Topic.HOUSING).unit_id == factories.load_unit().id


def test_who_is_accused_never_answers_alone(units: UnitRouter) -> None:
    root, dinkes = factories.load_unit().id, factories.load_unit("dinkes").id
    assert units.route("dinkes", Topic.HEALTH, only(dinkes)) == UnitSuggestion(root, only(dinkes))
    assert units.route("diskominfo", Topic.OTHER, only(root)) == UnitSuggestion(None, only(root))
    assert units.route("dinkes", Topic.HEALTH) == UnitSuggestion(dinkes)


def test_the_model_finds_which_texts_accuse(bundle: Bundle) -> None:
    texts = [BRIBE, "Kamis ini posyandu di Puskesmas Oesapa buka jam 8 seperti biasa.", "Usut tuntas!", ""]
    assert predict_accusations(bundle.hoax, texts) == [True, False, True, False]
    assert predict_accusations(bundle.hoax, []) == []


def office(name: str, unit: str | None, *, about_city: bool = True) -> Mention:
    """A name of an office in a text."""
    return Mention(name, "office", 0, len(name), about_city, unit)


def only(*unit_ids: int) -> NamedUnits:
    """The units, and no kind."""
    return NamedUnits(frozenset(unit_ids))


def test_the_offices_named_are_accused_not_the_topics(units: UnitRouter) -> None:
    pdam, dinkes = factories.load_unit("pdam").id, factories.load_unit("dinkes").id

    def accused(text: str, answering: int | None, *mentions: Mention) -> NamedUnits:
        return units.accused(text, mentions, answering, is_accusation=True)

    assert accused("", dinkes, office("Perumda Air Minum", "pdam")) == only(pdam)
    assert accused("", None, office("Kantor Dinas Kesehatan Kota Kupang", "kel-kelapa-lima")) == only(dinkes)
    assert accused("", pdam, office("Kantor Dinkes Kabupaten", None, about_city=False)) == only(pdam)
    assert accused("Dinkes dan PDAM sama-sama korup", None) == only(dinkes, pdam), "each that it names"
    assert accused("Usut!", dinkes) == only(dinkes)
    assert not accused("Usut!", None)


def test_an_item_accuses_where_the_model_says_so_and_a_report_whom_it_names(units: UnitRouter) -> None:
    dinkes, pdam = factories.load_unit("dinkes").id, factories.load_unit("pdam").id

    def named(text: str, *, is_report: bool) -> NamedUnits:
        return units.accused(text, (), dinkes, is_accusation=False, is_report=is_report)

    assert not named("Air PDAM mati", is_report=False)
    assert named("Air PDAM mati", is_report=True) == only(pdam)
    assert named("Petugas minta uang", is_report=True) == only(dinkes), "whoever would answer"
    assert not named("Besok libur", is_report=True)


def test_ppid_utama_is_accused_only_by_name(units: UnitRouter) -> None:
    root = factories.load_unit().id
    assert not units.accused("Usut!", (), root, is_accusation=True)
    assert units.accused("", [office("Diskominfo", "diskominfo")], None, is_accusation=True) == only(root)
    assert units.accused("Diskominfo bohong", (), None, is_accusation=False, is_report=True) == only(root)


@pytest.mark.parametrize(
    "text", ["Ini KORUPSI", "uangnya ke mana?", "dana itu disunat", "dong tutup2 mulut", "Ada yang tekan kami"]
)
def test_words_of_wrongdoing(text: str) -> None:
    assert has_wrongdoing_words(text)


@pytest.mark.parametrize(
    "text", ["Anak saya disuapi bidan", "Pemakaian air naik", "Petugas membuka loket", "Jalan ditutup sementara"]
)
def test_other_words_are_no_wrongdoing(text: str) -> None:
    assert not has_wrongdoing_words(text)


@pytest.mark.usefixtures("shipped_model")
def test_a_reported_allegation_is_kept_from_the_accused_unit(units: UnitRouter, now: datetime) -> None:
    report = Report(ticket_digest="a" * 64, text=BRIBE, received_at=now)
    db.session.add(report)
    db.session.commit()
    pipeline.assign_report_to_claim(report.id, now)
    claim = db.session.scalars(sa.select(Claim)).one()
    assert (claim.unit_id, first_accused_unit_id(claim)) == (factories.load_unit().id, factories.load_unit("dinkes").id)


def test_an_unflagged_entry_is_not_asked_whom_it_accuses(bundle: Bundle, units: UnitRouter) -> None:
    found = score_and_route_texts(
        bundle, ["Pejabat di Ende dilaporkan ke polisi karena korupsi dana desa.", WATER], units
    )
    assert not any(one.suggestion.route.accused for one in found)
    assert not found[0].suggestion.flagged


def test_a_suggestion_that_waits_keeps_whom_it_accuses(bundle: Bundle, units: UnitRouter) -> None:
    stored = score_and_route_texts(bundle, [BRIBE], units, reported=True)[0].suggestion
    assert stored.route.accused
    assert ClaimSuggestion.from_json(stored.as_json()) == stored
