"""The answering unit: the topic's, PPID Utama where that is uncertain, never the accused unit."""

from __future__ import annotations

from datetime import datetime

import pytest
import sqlalchemy as sa
from apiflask import APIFlask

from classifiers.flagger.allegation import has_wrongdoing_words, predict_accusations
from classifiers.flagger.artefact import Bundle, load_bundle
from classifiers.text.gazetteer import Mention
from hoax_tracker import pipeline
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.core.paths import data_file_path
from hoax_tracker.flag.model import model_files as flag_models
from hoax_tracker.flag.scoring import score_and_route_texts
from hoax_tracker.flag.unit_suggestion import UnitRouter, UnitSuggestion
from hoax_tracker.models import Claim, Report, Topic, UnitTopic, db
from tests import factories

BRIBE = "Oknum petugas Dinas Kesehatan Kota Kupang minta uang pelicin Rp150.000 di loket, ada saksi dua orang. Usut!"
WATER = "Mulai Senin besok air PDAM se-Kota Kupang mati total 7 hari karena pipa induk pecah. Sebarkan!"


@pytest.fixture(scope="module")
def shipped() -> Bundle:
    """The shipped model."""
    return load_bundle(data_file_path("models", "base.skops"))


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
    assert units.route("dinkes", Topic.HEALTH, dinkes) == UnitSuggestion(root, dinkes)
    assert units.route("diskominfo", Topic.OTHER, root) == UnitSuggestion(None, root)
    assert units.route("dinkes", Topic.HEALTH, None) == UnitSuggestion(dinkes)


def test_the_model_finds_which_texts_accuse(shipped: Bundle) -> None:
    texts = [BRIBE, "Kamis ini posyandu di Puskesmas Oesapa buka jam 8 seperti biasa.", "Usut tuntas!", ""]
    assert predict_accusations(shipped.hoax, texts) == [True, False, True, False]
    assert predict_accusations(shipped.hoax, []) == []


def office(name: str, unit: str | None, *, about_city: bool = True) -> Mention:
    """A name of an office in a text."""
    return Mention(name, "office", 0, len(name), about_city, unit)


def test_the_office_named_is_the_accused_not_the_topics(units: UnitRouter) -> None:
    pdam, dinkes = factories.load_unit("pdam").id, factories.load_unit("dinkes").id
    assert units.accused([office("Perumda Air Minum", "pdam")], "dinkes") == pdam
    assert units.accused([office("Kantor Dinas Kesehatan Kota Kupang", "kel-kelapa-lima")], None) == dinkes
    assert units.accused([office("Kantor Dinkes Kabupaten", None, about_city=False)], "pdam") == pdam
    assert units.accused([], "dinkes") == dinkes
    assert units.accused([], None) is None


def test_ppid_utama_is_accused_only_by_name(units: UnitRouter) -> None:
    assert units.accused([], "diskominfo") is None
    assert units.accused([office("Diskominfo", "diskominfo")], "dinkes") == factories.load_unit().id


@pytest.mark.parametrize("text", ["Ini KORUPSI", "uangnya ke mana?", "dana itu disunat"])
def test_words_of_wrongdoing(text: str) -> None:
    assert has_wrongdoing_words(text)


@pytest.mark.parametrize("text", ["Anak saya disuapi bidan", "Pemakaian air naik", "Petugas membuka loket"])
def test_other_words_are_no_wrongdoing(text: str) -> None:
    assert not has_wrongdoing_words(text)


def test_a_reported_allegation_is_kept_from_the_accused_unit(units: UnitRouter, now: datetime) -> None:
    with write_transaction():
        flag_models.register_shipped_model(now)
    report = Report(ticket_digest="a" * 64, text=BRIBE, received_at=now)
    db.session.add(report)
    db.session.commit()
    pipeline.assign_report_to_claim(report.id, now)
    claim = db.session.scalars(sa.select(Claim)).one()
    assert (claim.unit_id, claim.accused_unit_id) == (factories.load_unit().id, factories.load_unit("dinkes").id)


def test_a_copy_that_accuses_turns_an_untouched_claim_away_and_no_other(units: UnitRouter) -> None:
    pdam, dinkes, root = (factories.load_unit(code).id for code in ("pdam", "dinkes", "diskominfo"))
    claim = factories.make_claim(unit_id=pdam)
    units.turn_away(claim, None)
    assert (claim.unit_id, claim.accused_unit_id) == (pdam, None)
    units.turn_away(claim, pdam)
    assert (claim.unit_id, claim.accused_unit_id) == (root, pdam)
    units.turn_away(claim, dinkes)
    assert claim.accused_unit_id == pdam


def test_an_unflagged_entry_is_not_asked_whom_it_accuses(shipped: Bundle, units: UnitRouter) -> None:
    found = score_and_route_texts(
        shipped, ["Pejabat di Ende dilaporkan ke polisi karena korupsi dana desa.", WATER], units
    )
    assert [one.suggestion.route.accused_unit_id for one in found] == [None, None]
    assert not found[0].suggestion.flagged
