"""Who wants to die, is beaten, or misses a child is told whom to call; news about others, and dead lamps, are not.

The sentences are ours. Those marked "asked" were there while the words were chosen; "later", "second" and "third" were
written one after the other, each looked at before the words were mended: of their cries 11 of 13, 12 of 25 and 15 of 20
were heard at first, and of what is none 14 of 14, 31 of 33 and 24 of 26 left alone.
"""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
import sqlalchemy as sa
from apiflask import APIFlask
from flask.testing import FlaskClient

from hoax_tracker.check.answers.care import asks_for_care, asks_for_help
from hoax_tracker.check.answers.question_log import count_question
from hoax_tracker.check.answers.service import AnswerHint, answer_message
from hoax_tracker.models import CheckQuery, PublicContacts, Verdict, db
from tests.check.conftest import Publish, show_main
from tests.factories import NOW
from tests.repository import ROOT

SENTENCES = Path(__file__).with_name("care_sentences.csv")
DESPAIR = "beta su sonde kuat hidup lai, mau mati sa"
BEATEN, MISSING = "tolong suami saya pukul saya", "anak saya hilang di pasar Inpres sejak tadi siang tolong"


def list_sentences(kind: str) -> list[str]:
    """Return the sentences of a kind."""
    with SENTENCES.open(encoding="utf-8", newline="") as file:
        return [row["text"] for row in csv.DictReader(file) if row["kind"] == kind]


def test_who_wants_to_die_is_heard() -> None:
    missed = [text for text in list_sentences("care") if not asks_for_care(text)]
    assert missed == ["sodara saya su beli racun, mau minum"]


def test_who_is_beaten_or_misses_a_child_is_heard() -> None:
    assert [text for text in list_sentences("help") if not asks_for_help(text)] == []


def test_news_and_dead_lamps_are_no_cry() -> None:
    assert [text for text in list_sentences("other") if asks_for_care(text) or asks_for_help(text)] == []


def test_no_labelled_hoax_is_taken_for_a_cry() -> None:
    for name in ("misinformation_calm", "misinformation_loud", "satire", "news", "criticism"):
        with (ROOT / f"data/labelled/{name}.csv").open(encoding="utf-8") as file:
            texts = [row["text"] for row in csv.DictReader(file)]
        assert [text for text in texts if asks_for_care(text) or asks_for_help(text)] == []


@pytest.mark.parametrize(
    "text",
    [
        DESPAIR,
        "beta su cape hidup, lebe bae mati sa",
        "beta su lelah, lebe bae beta mati",
        "tidak ada gunanya saya hidup",
        "beta pung anak mau loncat dari jembatan liliba",
    ],
)
def test_despair_gets_the_page_of_despair(client: FlaskClient, text: str) -> None:
    main = show_main(client, text)
    assert "Anda tidak sendirian" in main
    assert main.index('href="tel:112"') < main.index('href="tel:119"')
    assert "Jangan teruskan" not in main


@pytest.mark.parametrize("text", [BEATEN, MISSING])
def test_who_asks_for_help_reads_the_number_first(client: FlaskClient, contacts: PublicContacts, text: str) -> None:
    main = show_main(client, text)
    assert main.index("Telepon 112 sekarang.") < main.index('href="tel:112"') < main.index("Laporkan sebagai kabar")
    assert "Jangan teruskan" not in main
    contacts.emergency = []
    db.session.commit()
    main = show_main(client, text)
    assert "Minta tolong orang terdekat sekarang." in main
    assert "tel:" not in main, "no number that the office does not list"


def test_a_missing_child_that_is_passed_on_is_checked_below_the_number(
    client: FlaskClient, contacts: PublicContacts
) -> None:
    main = show_main(client, f"{MISSING} sebarkan")
    assert main.index('href="tel:112"') < main.index("Belum diperiksa")


def test_a_judged_hoax_in_the_words_of_a_cry_is_answered(
    client: FlaskClient, contacts: PublicContacts, publish: Publish
) -> None:
    publish(title="Tidak ada anak yang hilang di Pasar Inpres", claim_quote=MISSING, verdict=Verdict.HOAKS)
    main = show_main(client, MISSING)
    assert main.index('href="tel:112"') < main.index("Tidak ada anak yang hilang di Pasar Inpres")


def test_no_cry_enters_the_list_of_what_is_asked(app: APIFlask, contacts: PublicContacts) -> None:
    for text in (DESPAIR, BEATEN, MISSING):
        answer = answer_message(text, NOW)
        assert answer.hint in (AnswerHint.CARE, AnswerHint.HELP)
        count_question(text, answer)
    assert db.session.scalar(sa.select(sa.func.count(CheckQuery.id))) == 0


def test_a_rise_of_an_illness_calls_nobody(client: FlaskClient, contacts: PublicContacts) -> None:
    for text in (
        "Kasus DBD di Kupang naik, jaga kebersihan",
        "Malaria di NTT meningkat kata dinas",
        "Waspada rabies, vaksin anjing Anda",
    ):
        assert "Ada bahaya sekarang" not in show_main(client, text)
    assert 'href="tel:112"' in show_main(client, "Anak saya kena DBD di Penfui")
