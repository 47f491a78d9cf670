"""Saved lists: private to each officer, stored as an address, within limits."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
import sqlalchemy as sa
from apiflask import APIFlask
from flask.testing import FlaskClient

from hoax_tracker.errors import InvalidInputError
from hoax_tracker.models import Officer, RoleName, SavedSearch, Topic, db
from hoax_tracker.review.queue import saved_filters
from tests import factories

SignIn = Callable[[Officer], FlaskClient]


def kept(browser: FlaskClient, name: str, page: str = "", **args: str) -> str:
    """Save a list through the form of its page; return where that leads."""
    form = {"name": name, "of": page, "query": urlencode(args)}
    sent = factories.submit_form(browser, "/petugas/daftar", "/petugas/", **form)
    assert sent.status_code == 303
    return str(sent.location)


def test_a_list_comes_back_under_its_name(officer: Officer, sign_in: SignIn) -> None:
    factories.make_claim("Puskesmas tutup", topic=Topic.HEALTH)
    factories.make_claim("Air mati")
    browser = sign_in(officer)
    page = browser.get("/petugas/?topic=health&page=1&unit=x").get_data(as_text=True)
    assert 'name="query" value="topic=health"' in page
    assert kept(browser, " <b>Kesehatan</b> ", topic="health", page="3", x="y") == "/petugas/?topic=health"
    assert db.session.scalars(sa.select(SavedSearch.query)).all() == ["topic=health"]
    page = browser.get("/petugas/").get_data(as_text=True)
    assert '<a class="tap" href="/petugas/?topic=health">&lt;b&gt;Kesehatan&lt;/b&gt;</a>' in page
    assert kept(browser, "<B>KESEHATAN</B>", status="new") == "/petugas/?status=new"
    assert db.session.scalars(sa.select(SavedSearch.query)).all() == ["status=new"], "the same name is the same list"


def test_a_search_is_saved_as_a_search(officer: Officer, sign_in: SignIn) -> None:
    browser = sign_in(officer)
    assert kept(browser, "Air", "cari", q="air mati", kind="klaim", before="7").startswith("/petugas/cari/?")
    page = browser.get("/petugas/cari/").get_data(as_text=True)
    assert 'href="/petugas/cari/?q=air+mati&amp;kind=klaim">Air</a>' in page


def test_lists_are_each_officers_own(officer: Officer, approver: Officer, sign_in: SignIn) -> None:
    mine, other = sign_in(officer), sign_in(approver)
    kept(mine, "Punya saya", status="new")
    assert "Punya saya" not in other.get("/petugas/").get_data(as_text=True)
    key = db.session.scalars(sa.select(SavedSearch.id)).one()
    factories.submit_form(other, f"/petugas/daftar/{key}/hapus", "/petugas/")
    assert "Punya saya" in mine.get("/petugas/").get_data(as_text=True)
    factories.submit_form(mine, f"/petugas/daftar/{key}/hapus", "/petugas/")
    assert "Punya saya" not in mine.get("/petugas/").get_data(as_text=True)


@pytest.mark.parametrize(("name", "args"), [("", {"status": "new"}), ("x" * 61, {"status": "new"}), ("Semua", {})])
def test_what_cannot_be_saved_says_why(officer: Officer, sign_in: SignIn, name: str, args: dict[str, str]) -> None:
    browser = sign_in(officer)
    assert kept(browser, name, **args) == ("/petugas/?status=new" if args else "/petugas/")
    assert 'class="notice is-error"' in browser.get("/petugas/").get_data(as_text=True)
    assert db.session.scalars(sa.select(SavedSearch)).all() == []


@pytest.mark.parametrize(("page", "room"), [("", 0), ("cari", len(saved_filters.SEARCH_PREFIX))])
def test_a_long_search_is_kept_whole_or_not_at_all(officer: Officer, sign_in: SignIn, page: str, room: int) -> None:
    """A letter may take twelve places in an address: two hundred are more than a list has room for."""
    browser, asked = sign_in(officer), "a" + "😀" * 199
    there = kept(browser, "Panjang", page, q=asked)
    assert dict(parse_qsl(urlsplit(there).query)) == {"q": asked}, "the officer sees the same list again"
    assert "terlalu panjang untuk disimpan" in browser.get("/petugas/").get_data(as_text=True)
    assert db.session.scalars(sa.select(SavedSearch)).all() == []
    fits = "é" * ((saved_filters.LIST_QUERY_LIMIT - room - len("q=")) // len("%C3%A9"))
    kept(browser, "Pas", page, q=fits)
    [query] = db.session.scalars(sa.select(SavedSearch.query))
    assert dict(parse_qsl(query.removeprefix(saved_filters.SEARCH_PREFIX))) == {"q": fits}
    assert len(query) <= SavedSearch.__table__.c.query.type.length == saved_filters.LIST_QUERY_LIMIT  # type: ignore[attr-defined]


def test_there_is_an_end(app: APIFlask, monkeypatch: pytest.MonkeyPatch) -> None:
    person = factories.make_officer("x@kupang.example", RoleName.OFFICER)
    monkeypatch.setattr(saved_filters, "SAVED_LISTS_LIMIT", 1)
    saved_filters.save_list("satu", "", "status=new", officer=person)
    with pytest.raises(InvalidInputError, match="too many"):
        saved_filters.save_list("dua", "", "status=new", officer=person)
    saved_filters.save_list("SATU", "", "status=triaged", officer=person)
    assert db.session.scalars(sa.select(SavedSearch.name)).all() == ["SATU"]
