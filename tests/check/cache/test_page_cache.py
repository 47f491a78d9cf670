"""Cached pages are fast and never stale: changes of other processes show at the next request."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient

from hoax_tracker.check.cache import page_cache
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.models import Clarification, ClarificationStatus, Officer, db
from tests import factories
from tests.factories import count_rows

pytestmark = pytest.mark.usefixtures("one_minute")


@pytest.fixture
def page(officer: Officer, approver: Officer) -> Clarification:
    """A public clarification."""
    return factories.make_clarification(officer, approver)


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every drawing of a page from here on."""
    found: list[str] = []
    keep = page_cache.PageCache._keep

    def noted(self: page_cache.PageCache, key: tuple[str, ...], page: Any) -> None:
        found.append(key[1])
        keep(self, key, page)

    monkeypatch.setattr(page_cache.PageCache, "_keep", noted)
    return found


def body(client: FlaskClient, path: str) -> str:
    return client.get(path).get_data(as_text=True)


def test_a_page_is_drawn_once_and_the_same(client: FlaskClient, page: Clarification, drawn: list[str]) -> None:
    path = f"/klarifikasi/{page.slug}"
    first = client.get(path)
    again = client.get(path)
    assert first.data == again.data
    assert first.headers["ETag"] == again.headers["ETag"]
    assert len(drawn) == 1
    assert client.get(path, headers={"If-None-Match": first.headers["ETag"]}).status_code == 304


def test_a_change_counts_at_the_next_request(client: FlaskClient, page: Clarification) -> None:
    assert page.title in body(client, "/")
    with write_transaction():
        page.title, page.version = "Judul yang dikoreksi hari ini juga", page.version + 1
    assert "Judul yang dikoreksi hari ini juga" in body(client, "/")
    with write_transaction():
        page.status, page.version = ClarificationStatus.RETRACTED, page.version + 1
    assert "Judul yang dikoreksi" not in body(client, "/")


@pytest.mark.sqlite  # on PostgreSQL another process is another connection, as in every test
def test_a_change_by_another_process_counts_too(app: APIFlask, client: FlaskClient, page: Clarification) -> None:
    body(client, "/")
    with sqlite3.connect(str(db.engine.url.database)) as other:
        other.execute("update clarification set title = 'Dari proses lain', version = version + 1")
    other.close()
    assert "Dari proses lain" in body(client, "/")


def test_languages_and_searches_are_kept_apart(client: FlaskClient, page: Clarification, drawn: list[str]) -> None:
    assert 'lang="id"' in body(client, "/")
    client.set_cookie("bahasa", "en")
    assert 'lang="en"' in body(client, "/")
    body(client, "/klarifikasi/?q=air")
    body(client, "/klarifikasi/?hal=1")
    assert drawn == ["/?", "/?", "/klarifikasi/?hal=1"]


def test_ages_do_not_stand_still(
    client: FlaskClient, page: Clarification, drawn: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    body(client, "/")
    later: Callable[[], Any] = lambda: factories.NOW + timedelta(days=400)  # noqa: E731
    monkeypatch.setattr(page_cache, "utc_now", later)
    body(client, "/")
    assert len(drawn) == 2


def test_memory_is_bounded(client: FlaskClient, page: Clarification, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_cache, "CACHED_PAGES", 3)
    for number in range(1, 9):
        body(client, f"/klarifikasi/?hal={number}")
    assert count_rows(Clarification) == 1
    assert len(client.application.extensions["kept_pages"]._pages) == 3
