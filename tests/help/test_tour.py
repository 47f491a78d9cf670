"""The tour: a note on real pages, offered to a new officer, left at any moment, in nobody's way."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient

from hoax_tracker.help.tour import STEPS
from hoax_tracker.models import Officer
from tests import factories
from tests.accounts.letters import GOOD_PASSWORD, choose, path_in, read_letters
from tests.accounts.test_invitations import NEW, invite
from tests.mail_server import turn_mail_on

SignIn = Callable[[Officer], FlaskClient]
OFFER, NOTE = "Baru di sini?", 'class="tour-note"'


def page_of(browser: FlaskClient, path: str) -> str:
    """The page at a path, after what it leads on to."""
    return browser.get(path, follow_redirects=True).get_data(as_text=True)


def test_each_note_leads_to_the_next_on_a_page_that_works_as_always(officer: Officer, sign_in: SignIn) -> None:
    browser = sign_in(officer)
    help_page = page_of(browser, "/petugas/bantuan/")
    path, walked = "/petugas/?kenalan=1", []
    assert f'href="{path}"' in help_page, "the way back into the tour"
    while path:
        page = page_of(browser, path)
        assert page.count(NOTE) == 1, path
        walked.append(path)
        note = page.split(NOTE, 1)[1].split("</aside>", 1)[0]
        path = note.split('class="btn" href="', 1)[1].split('"', 1)[0] if "Lanjut" in note else ""
    assert len(walked) == len(STEPS)


@pytest.mark.parametrize("number", ["0", "7", "-1", "x", "2", "1000000000000000000000"])
def test_a_number_that_is_not_of_this_page_shows_nothing(officer: Officer, sign_in: SignIn, number: str) -> None:
    answer = sign_in(officer).get(f"/petugas/?kenalan={number}")
    assert answer.status_code == 200
    assert NOTE not in answer.get_data(as_text=True)


@pytest.fixture
def newcomer(app: APIFlask, administrator: Officer, sign_in: SignIn, client: FlaskClient) -> FlaskClient:
    """A browser in which an invitation was accepted, and who accepted it is signed in."""
    turn_mail_on(app)
    invite(sign_in(administrator))
    assert choose(client, path_in(read_letters(app, NEW)[-1])) == 303
    assert factories.submit_form(client, "/petugas/masuk", email=NEW, password=GOOD_PASSWORD).status_code == 302
    return client


def test_who_is_new_is_offered_the_tour_until_it_is_begun(newcomer: FlaskClient) -> None:
    assert OFFER in page_of(newcomer, "/petugas/untuk-anda")
    assert OFFER not in page_of(newcomer, "/petugas/cari/"), "nowhere else"
    assert NOTE in page_of(newcomer, "/petugas/?kenalan=1")
    assert OFFER not in page_of(newcomer, "/petugas/untuk-anda")


def test_who_declines_is_asked_no_more(newcomer: FlaskClient) -> None:
    answer = factories.submit_form(newcomer, "/petugas/bantuan/kenalan/lewati", page="/petugas/untuk-anda")
    assert answer.status_code == 303
    assert OFFER not in page_of(newcomer, "/petugas/untuk-anda")


def test_who_has_long_been_here_is_not_asked(officer: Officer, sign_in: SignIn) -> None:
    assert OFFER not in page_of(sign_in(officer), "/petugas/")
