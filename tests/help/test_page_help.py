"""Every page of the desk and of administration explains itself in two to four sentences."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from flask_babel import force_locale

from hoax_tracker.help.glossary import GLOSSARY, link_terms
from hoax_tracker.help.tour import PAGE_HELP
from hoax_tracker.models import Officer, RoleName
from tests import factories, walk
from tests.markup import browser_checks, html_faults

SignIn = Callable[[Officer], FlaskClient]
SHOWN = re.compile(r'<details class="page-help">.*?<div><p>(.*?)</p>', re.DOTALL)
SENTENCE_END = re.compile(r"(?<=[.?!])\s+")


def visible_text(markup: str) -> str:
    """Return what a reader sees of a piece of a page."""
    return unescape(re.sub(r"<[^>]+>", "", markup))


def count_sentences(text: str) -> int:
    """Count the sentences of a text."""
    return len(SENTENCE_END.split(text.strip()))


@pytest.mark.parametrize("language", ["id", "en"])
def test_every_text_has_two_to_four_sentences(app: APIFlask, language: str) -> None:
    with app.test_request_context(), force_locale(language):
        counts = {endpoint: count_sentences(str(text)) for endpoint, text in PAGE_HELP.items()}
    assert {endpoint: count for endpoint, count in counts.items() if not 2 <= count <= 4} == {}


@pytest.mark.slow
def test_every_page_is_sound_and_names_its_own_help(app: APIFlask, sign_in: SignIn) -> None:
    """The rows are of every kind, so that every page is there; none may live on the help of its part alone."""
    people = walk.make_people()
    known = walk.fill_instance(app, people)
    everything = factories.make_officer("semua@kupang.example", *RoleName)
    unexplained, explained, faults = set(), set(), dict[str, list[str]]()
    for person in (everything, people["officer"]):
        browser = sign_in(person)
        for rule, path in walk.iterate_addresses(app, known):
            if not rule.rule.startswith("/petugas"):
                continue
            answer = browser.get(path)
            content = answer.get_data()  # all of it, also of a file that is streamed
            page = content.decode() if answer.mimetype == "text/html" else ""
            if '<body class="desk">' in page:
                faults |= {path: told} if (told := html_faults(page) + browser_checks(page)) else {}
                shown = SHOWN.search(page)
                sentences = count_sentences(visible_text(shown[1])) if shown else 0
                named = rule.endpoint in PAGE_HELP and 2 <= sentences <= 4
                (explained if named else unexplained).add(rule.endpoint)
    assert unexplained == set()
    assert faults == {}
    assert len(explained) > 45


def test_no_text_is_left_of_a_page_that_is_gone(app: APIFlask) -> None:
    endpoints = {rule.endpoint for rule in app.url_map.iter_rules()}
    assert {name for name in PAGE_HELP if name not in endpoints | set(app.blueprints)} == set()


def test_a_form_that_was_refused_has_the_help_of_its_part(officer: Officer, sign_in: SignIn) -> None:
    claim = factories.make_claim().id
    path = f"/petugas/klaim/{claim}"
    page = factories.submit_form(sign_in(officer), f"{path}/tanya", path, unit_id="")
    assert page.status_code >= 400
    shown = SHOWN.search(page.get_data(as_text=True))
    assert shown is not None
    assert "perangkat daerah" in visible_text(shown[1])


def test_a_word_leads_to_its_meaning_once_and_only_as_a_whole_word(app: APIFlask) -> None:
    with app.test_request_context(), force_locale("id"):
        text = link_terms("Klaim itu <b>klaim</b>, bukan klaimnya; lihat log audit.")
    assert text.count('href="/petugas/bantuan/#klaim"') == 1
    assert "&lt;b&gt;klaim&lt;/b&gt;" in text
    assert 'href="/petugas/bantuan/#log-audit">log audit</a>' in text


def test_the_longer_word_is_explained_rather_than_the_one_in_it(app: APIFlask) -> None:
    with app.test_request_context(), force_locale("id"):
        assert "#bukan-klaim" in link_terms("Ditutup sebagai bukan klaim.")
        assert "#pelapor" not in link_terms("laporan")


def test_the_page_of_words_has_every_place_that_is_linked(officer: Officer, sign_in: SignIn) -> None:
    page = sign_in(officer).get("/petugas/bantuan/").get_data(as_text=True)
    assert [term.anchor for term in GLOSSARY if f'<div id="{term.anchor}">' not in page] == []
    assert len({term.anchor for term in GLOSSARY}) == len(GLOSSARY)
