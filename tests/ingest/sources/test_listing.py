"""The source list: paged, filtered by words and state; buttons lead back to the page."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime

import pytest
from flask.testing import FlaskClient

from hoax_tracker.models import Officer, Source, db
from tests import factories

SignIn = Callable[[Officer], FlaskClient]
BASE = "/petugas/sumber"


@pytest.fixture
def browser(administrator: Officer, sign_in: SignIn, now: datetime) -> FlaskClient:
    """A browser in which an administrator is signed in; sources fill three pages, of the last two reading failed."""
    many(now)
    return sign_in(administrator)


def many(now: datetime) -> None:
    """Add sources."""
    db.session.add(Source(name="Warta Contoh", url="https://warta.example/feed", created_at=now, last_success_at=now))
    db.session.add_all(
        Source(
            name=f"Kabar {n:02}",
            url=f"https://{'lama' if n % 2 else 'baru'}.example/{n}",
            created_at=now,
            last_success_at=now,
            failures=1 if n > 70 else 0,
        )
        for n in range(73)
    )
    db.session.commit()


def names_on(browser: FlaskClient, address: str) -> list[str]:
    """The names on a page of the list, from the top."""
    return re.findall(r"/keadaan\">([^<]+)</a>", browser.get(address).get_data(as_text=True))


def test_the_list_comes_in_pages_those_that_fail_first(browser: FlaskClient) -> None:
    first, second, last = (names_on(browser, f"{BASE}/?page={n}") for n in (1, 2, 3))
    assert [len(first), len(second), len(last)] == [30, 30, 14]
    assert first[:3] == ["Kabar 71", "Kabar 72", "Kabar 00"]
    assert last[-1] == "Warta Contoh"
    assert len({*first, *second, *last}) == 74
    assert names_on(browser, f"{BASE}/?page=99") == last
    page = " ".join(browser.get(f"{BASE}/").get_data(as_text=True).split())
    assert "74 sumber dibaca, 2 gagal" in page, "counts all, not this page"
    assert 'href="/petugas/sumber/?page=2" rel="next">44 sumber lagi' in page


def test_the_list_is_narrowed_by_words_and_state_in_the_address(browser: FlaskClient) -> None:
    assert names_on(browser, f"{BASE}/?q=lama.example+kabar&state=failing") == ["Kabar 71"]
    page = browser.get(f"{BASE}/?q=LAMA&page=2").get_data(as_text=True)
    assert 'value="LAMA"' in page
    assert "Semua <em>36</em>" in page
    assert "Gagal dibaca <em>1</em>" in page
    assert 'href="/petugas/sumber/?q=LAMA&amp;state=ok"' in page
    assert 'action="/petugas/sumber/3/jeda?q=LAMA' not in page
    assert 'action="/petugas/sumber/3/jeda?q=LAMA"' in browser.get(f"{BASE}/?q=LAMA").get_data(as_text=True)
    assert names_on(browser, f"{BASE}/?state=keliru&page=x") == names_on(browser, f"{BASE}/")
    assert "Tidak ada sumber yang cocok" in browser.get(f"{BASE}/?q=%00%25&state=paused").get_data(as_text=True)


def test_whoever_presses_a_button_comes_back_to_where_it_stood(browser: FlaskClient) -> None:
    found = "q=example&state=ok&page=2"
    page = browser.get(f"{BASE}/?{found}").get_data(as_text=True)
    action = re.findall(r'action="([^"]+/jeda[^"]*)"', page)[5].replace("&amp;", "&")
    assert action.endswith(f"?{found}")
    answer = browser.post(action, data={"csrf_token": factories.csrf_token_in(page)})
    source_id = action.split("/")[3]
    assert answer.headers["Location"] == f"{BASE}/?{found}#sumber-{source_id}"
    told = browser.get(answer.headers["Location"]).get_data(as_text=True)
    assert f'<a href="/petugas/sumber/{source_id}/keadaan">' in told, "paused, it stands elsewhere"
    form = browser.get(f"{BASE}/{source_id}?{found}").get_data(as_text=True)
    assert f'href="/petugas/sumber/?{found}"'.replace("&", "&amp;") in form
