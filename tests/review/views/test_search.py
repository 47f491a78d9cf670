"""The search page: the query stands in its address and again in the form."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from hoax_tracker.desk_search import queries
from hoax_tracker.models import ClaimStatus, Officer
from tests import factories
from tests.desk_search import rows
from tests.desk_search.test_queries import HARD

SignIn = Callable[[Officer], FlaskClient]


def test_it_is_for_officers(client: FlaskClient) -> None:
    assert client.get("/petugas/cari/").status_code == 302


def test_the_form_says_how_and_then_shows_what_was_found(officer: Officer, sign_in: SignIn) -> None:
    browser = sign_in(officer)
    assert "Kontak pelapor tidak pernah dicari" in browser.get("/petugas/cari/").get_data(as_text=True)
    claim = factories.make_claim("Pasar Oeba ditutup", status=ClaimStatus.DISMISSED)
    factories.make_claim("Pasar Oeba ditutup lagi")
    rows.make_item(rows.make_source(), "Pasar ditutup", url="javascript:alert(1)")
    page = browser.get("/petugas/cari/?q=penutupan&status=dismissed").get_data(as_text=True)
    assert f'<a class="go" href="/petugas/klaim/{claim.id}">Pasar Oeba <mark>ditutup</mark></a>' in page
    assert page.count("<mark>") == 1  # of this claim alone, whose text says no more than its title
    assert '<option value="dismissed" selected>' in page
    assert 'value="penutupan"' in page
    assert "javascript:" not in browser.get("/petugas/cari/?q=pasar").get_data(as_text=True)


def test_the_way_to_older_ones_keeps_what_was_asked(
    officer: Officer, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "PAGE_SIZE", 1)
    monkeypatch.setattr(queries, "FEW_RESULTS", 1)
    first, second = (factories.make_claim("air & api").id for _ in range(2))
    browser = sign_in(officer)
    assert 'href="/petugas/cari/?q=air+%26&amp;kind=klaim"' in browser.get("/petugas/cari/?q=air+%26").get_data(
        as_text=True
    )
    page = browser.get("/petugas/cari/?q=air+%26&kind=klaim").get_data(as_text=True)
    older = f"/petugas/cari/?q=air+%26&kind=klaim&before={second}"
    assert older.replace("&", "&amp;") in page
    assert f"/petugas/klaim/{first}" in browser.get(older).get_data(as_text=True)
    assert "Kembali ke yang terbaru" in browser.get(older).get_data(as_text=True)


def test_nothing_found_says_what_to_try(officer: Officer, sign_in: SignIn) -> None:
    assert "Coba kata yang lebih umum" in sign_in(officer).get("/petugas/cari/?q=tidakada").get_data(as_text=True)


def test_nothing_that_is_typed_breaks_the_page(officer: Officer, sign_in: SignIn) -> None:
    browser = sign_in(officer)
    for typed in HARD:
        assert browser.get("/petugas/cari/", query_string={"q": typed[:3000]}).status_code == 200, typed
