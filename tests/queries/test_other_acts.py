"""Statements per act of administrators and residents: few, however many rows exist."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from hoax_tracker.clock import utc_now
from hoax_tracker.models import Holiday, Officer, Programme, SavedSearch, db
from tests import factories
from tests.browser import read_form_fields
from tests.crowded import MAX_STATEMENTS, TICKET, Crowd, count_statements

SignIn = Callable[[Officer], FlaskClient]
Fields = dict[str, Any]
Act = Callable[[Crowd, FlaskClient], tuple[str, Fields]]
MESSAGE = "Mulai Senin besok air PDAM se-Kota Kupang mati total 7 hari karena pipa induk pecah"
CITY = "/petugas/kelola"
LONGER = {
    "record a text": 34,  # goes the whole way into a claim, as a report does
    "report": 21,
    "add an officer": 18,  # is proposed: who may confirm it and is told, and whom a mail tells of power
    "close an account": 25,  # ends sessions, links and told browsers at once; a second person confirms it
    "a new password": 17,
    "add a unit": 18,
    "change a unit": 23,  # what waits for it and what it answers, before it is proposed
    "change a programme": 17,  # what waits for it, who is named so, and which unit answers
}
"""What takes more. Each sends as many however much there is."""


def posted(path: str, page: str = "/petugas/untuk-anda", **fields: Any) -> Act:
    """An act that needs nothing but a token."""

    def prepared(_crowd: Crowd, browser: FlaskClient) -> tuple[str, Fields]:
        return path, {"csrf_token": factories.csrf_token_in(browser.get(page).text)} | fields

    return prepared


def at(path: str, row: Callable[[Crowd], Any]) -> Act:
    """The same at the address of a row."""
    return lambda crowd, browser: posted(path.format(row(crowd)))(crowd, browser)


def filled(path: str, **fields: Any) -> Act:
    """What the edit form there sends, with some fields filled in otherwise."""
    return lambda _crowd, browser: (path, read_form_fields(browser, path) | fields)


def filled_at(path: str, row: Callable[[Crowd], Any], **fields: Any) -> Act:
    """The same at the address of a row."""

    def prepared(crowd: Crowd, browser: FlaskClient) -> tuple[str, Fields]:
        here = path.format(row(crowd))
        return here, read_form_fields(browser, here) | fields

    return prepared


def opml(count: int) -> tuple[BytesIO, str]:
    """A list of sources, none of which is known."""
    outlines = "".join(f'<outline text="Baru {n}" xmlUrl="https://baru{n}.example/feed"/>' for n in range(count))
    return BytesIO(f"<opml version='2.0'><body>{outlines}</body></opml>".encode()), "daftar.opml"


def first(model: Any) -> Any:
    """The id of the first row."""
    return db.session.scalar(sa.select(sa.func.min(model.id)))


# Rows that acts are taken on.


def source(crowd: Crowd) -> int:
    return int(crowd.ids["sources"][0])


def colleague(crowd: Crowd) -> int:
    return int(crowd.ids["rekan"])


def holiday(_crowd: Crowd) -> str:
    return db.session.scalars(sa.select(Holiday.day).order_by(Holiday.day)).first().isoformat()  # type: ignore[union-attr]


def import_sources(crowd: Crowd, browser: FlaskClient) -> tuple[str, Fields]:
    """Send a list of sources."""
    return posted("/petugas/sumber/impor", file=opml(40))(crowd, browser)


DESK: dict[str, Act] = {
    "add a source": filled("/petugas/sumber/baru", url="https://baru.example/feed", name="Baru"),
    "change a source": filled_at("/petugas/sumber/{}", source, name="Lain"),
    "pause a source": at("/petugas/sumber/{}/jeda", source),
    "import sources": import_sources,
    "export sources": posted("/petugas/sumber/ekspor"),
    "record a text": filled("/petugas/sumber/catat", text=MESSAGE, url=""),
    "add an officer": filled(f"{CITY}/petugas/baru", email="baru@kupang.example", name="Baru", roles="officer"),
    "change an officer": filled_at(f"{CITY}/petugas/{{}}", colleague, name="Lain"),
    "close an account": at(f"{CITY}/petugas/{{}}/tutup", colleague),
    "a new password": at(f"{CITY}/petugas/{{}}/sandi", colleague),
    "add a unit": filled(f"{CITY}/unit/baru", code="baru", name="Dinas Baru", short_name="Baru"),
    "change a unit": filled_at(f"{CITY}/unit/{{}}", lambda _crowd: factories.load_unit("dinkes").id, name="Lain"),
    "change a topic": filled(f"{CITY}/topik/water"),
    "change a district": filled(f"{CITY}/wilayah/1", aliases="Lain"),
    "add a programme": filled(f"{CITY}/program/baru", code="baru", name="Program Baru"),
    "change a programme": filled_at(f"{CITY}/program/{{}}", lambda _crowd: first(Programme), name="Lain"),
    "change a template": filled(f"{CITY}/contoh-teks/water", findings="Lain"),
    "office hours": filled(f"{CITY}/jam-kerja"),
    "add a holiday": posted(f"{CITY}/jam-kerja/libur", day=f"{utc_now().year + 1}-12-24", name="Libur"),
    "drop a holiday": at(f"{CITY}/jam-kerja/libur/{{}}/hapus", holiday),
    "forget a list": at("/petugas/daftar/{}/hapus", lambda _crowd: first(SavedSearch)),
    "sign out": posted("/petugas/keluar"),
}


def last_step(_crowd: Crowd, browser: FlaskClient) -> tuple[str, Fields]:
    """Send a report."""
    fields = {"langkah": "3", "teks": MESSAGE, "ke": "kirim"}
    token = factories.csrf_token_in(browser.post("/lapor", data=fields | {"ke": "3"}).text)
    return "/lapor", fields | {"csrf_token": token}


STRANGERS: dict[str, Act] = {
    "ask": lambda _crowd, _browser: ("/cek", {"teks": MESSAGE}),
    "ask for what nobody knows": lambda _crowd, _browser: (
        "/cek",
        {"teks": "Besok sekolah di Alak libur ko?"},
    ),
    "useful": lambda crowd, _browser: (f"/klarifikasi/{crowd.published[0].slug}/berguna", {"berguna": "ya"}),
    "same message": lambda crowd, _browser: (f"/klarifikasi/{crowd.published[0].slug}/sama", {"sama": "ya"}),
    "report": last_step,
    "find a ticket": lambda _crowd, _browser: ("/tiket", {"nomor": TICKET}),
}


def sent_by(act: Act, crowd: Crowd, browser: FlaskClient) -> list[str]:
    """The statements of an act that is done."""
    path, fields = act(crowd, browser)
    db.session.remove()  # as in a process that serves: nothing is known from the making of the rows
    with count_statements() as sent:
        answer = browser.post(path, data=fields)
    assert answer.status_code < 400, answer.text
    assert 'class="fault"' not in answer.text, answer.text
    return sent


@pytest.mark.parametrize("act", DESK)
def test_no_act_of_the_desk_sends_more(act: str, crowd: Crowd, sign_in: SignIn) -> None:
    sent = sent_by(DESK[act], crowd, sign_in(crowd.officer))
    assert len(sent) <= LONGER.get(act, MAX_STATEMENTS), "\n\n".join(sent)


@pytest.mark.parametrize("act", STRANGERS)
def test_no_act_of_a_resident_sends_more(act: str, crowd: Crowd, client: FlaskClient) -> None:
    client.post("/cek", data={"teks": "Gedung di Naikoten roboh semalam"})  # the match index reads its files once
    sent = sent_by(STRANGERS[act], crowd, client)
    assert len(sent) <= LONGER.get(act, MAX_STATEMENTS), "\n\n".join(sent)
