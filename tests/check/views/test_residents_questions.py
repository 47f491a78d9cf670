"""Ten things residents ask, in Kupang Malay, each answered on the public page of guides."""

from __future__ import annotations

import re
from html import unescape

from flask.testing import FlaskClient

from classifiers.text.lexicon import Lexicon
from classifiers.text.rewording import spelled_out
from hoax_tracker.core.paths import data_file_path

ASKED = re.compile(
    r'<li id="tanya-(\d+)"><h3><q lang="mkn">(.*?)</q></h3>\s*<p class="by">(.*?)</p>\s*<p>(.*?)</p>', re.DOTALL
)


def questions(browser: FlaskClient) -> list[tuple[str, str, str, str]]:
    """Return number, sentence, meaning and answer of each."""
    return ASKED.findall(unescape(browser.get("/panduan").get_data(as_text=True)))


def test_ten_questions_have_a_place_each_and_a_plain_answer(client: FlaskClient) -> None:
    shown = questions(client)
    assert [number for number, *_ in shown] == [str(number) for number in range(1, 11)]
    assert [said for _, said, _, answer in shown if len(re.findall(r"[.?](?:\s|$)", answer)) < 2] == []


def test_each_is_said_as_in_kupang_and_the_product_reads_it(client: FlaskClient) -> None:
    """What the matcher reads of the words is standard Indonesian: they are no riddle to the check page either."""
    lexicon = Lexicon.from_folder(data_file_path("language"))
    unread = [said for _, said, *_ in questions(client) if spelled_out(said, lexicon) == said]
    assert unread == []


def test_the_answers_are_there_in_english_and_the_sentences_stay(client: FlaskClient) -> None:
    indonesian = questions(client)
    client.get("/bahasa/en")
    english = questions(client)
    assert [said for _, said, *_ in english] == [said for _, said, *_ in indonesian]
    assert not {answer for *_, answer in english} & {answer for *_, answer in indonesian}
