"""A hundred megabytes at every form of the desk with a file: refused in words, in little memory, nothing typed lost.

Each is sent over a real connection, a part at a time, and answered by a real server in this process.
"""

from __future__ import annotations

import http.client
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from flask.testing import FlaskClient

from hoax_tracker.models import Evidence, Officer, PostsFile, Question, Source, db
from tests import factories
from tests.desk_search.rows import make_question

SignIn = Callable[[Officer], FlaskClient]
MEGABYTE = 2**20
LARGE = 100 * MEGABYTE
MOST_MEMORY = 32 * MEGABYTE


@dataclass(frozen=True)
class Form:
    """A form that brings a file: where it stands, where it goes, what is typed beside the file, what must be said."""

    page: str
    action: str
    fields: dict[str, str]
    words: str
    kept: str = ""


FORMS = {
    "evidence": Form(
        "/petugas/klaim/1",
        "/petugas/klaim/1/bukti/berkas",
        {"title": "Rekaman rapat"},
        "paling besar 8 MB",
        'value="Rekaman rapat"',
    ),
    "answer": Form(
        "/petugas/pertanyaan/1",
        "/petugas/pertanyaan/1/jawab",
        {"version": "1", "text": "Tidak ada pungutan."},
        "paling besar 8 MB",
        "Tidak ada pungutan.</textarea>",
    ),
    "table": Form("/petugas/sumber/tabel", "/petugas/sumber/tabel", {}, "paling besar 8 MB", 'type="file"'),
    "opml": Form("/petugas/sumber/impor", "/petugas/sumber/impor", {}, "Paling besar 1 MB", 'type="file"'),
}


def parts(fields: dict[str, str], size: int) -> Iterator[bytes]:
    """A form with a file behind its fields, as a browser sends it, a megabyte at a time."""
    for name, value in fields.items():
        yield f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
    yield b'--b\r\nContent-Disposition: form-data; name="file"; filename="rapat.pdf"\r\n\r\n'
    for _ in range(size // MEGABYTE):
        yield bytes(MEGABYTE)
    yield b"\r\n--b--\r\n"


def send(address: str, cookie: str, form: Form, fields: dict[str, str]) -> tuple[int, str]:
    """Send the form with a large file; return the status and the page."""
    length = sum(map(len, parts(fields, 0))) + LARGE
    headers = {
        "Cookie": cookie,
        "Content-Type": "multipart/form-data; boundary=b",
        "Content-Length": str(length),
        "Sec-Fetch-Site": "same-origin",
    }
    connection = http.client.HTTPConnection(address.removeprefix("http://"))
    try:
        connection.request("POST", form.action, body=parts(fields, LARGE), headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


@contextmanager
def little_memory() -> Iterator[None]:
    """Hold that the block takes little memory at any moment."""
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < MOST_MEMORY
    finally:
        tracemalloc.stop()


@pytest.fixture
def browser(officer: Officer, administrator: Officer, sign_in: SignIn) -> FlaskClient:
    """Somebody who may send every form."""
    administrator.roles = [*administrator.roles, *officer.roles]
    make_question(factories.make_claim(), officer, "Benarkah?").unit_id = administrator.unit_id
    db.session.commit()
    return sign_in(administrator)


def cookie_of(browser: FlaskClient) -> str:
    """The cookie as a browser sends it back."""
    return "; ".join(f"{one.key}={one.value}" for one in browser._cookies.values())


@pytest.mark.parametrize("name", FORMS)
def test_it_is_refused_in_words_and_nothing_typed_is_lost(name: str, address: str, browser: FlaskClient) -> None:
    form = FORMS[name]
    fields = {"csrf_token": factories.csrf_token_in(browser.get(form.page).get_data(as_text=True)), **form.fields}
    cookie = cookie_of(browser)
    db.session.rollback()
    with little_memory():
        status, page = send(address, cookie, form, fields)
    assert status in (413, 422)
    assert form.words in page
    assert form.kept in page
    assert [db.session.query(one).count() for one in (Evidence, PostsFile, Source)] == [0, 0, 0]
    assert db.session.scalars(db.select(Question.answer)).one() is None


def test_a_session_that_ended_meanwhile_loses_the_file_alone(address: str, browser: FlaskClient) -> None:
    form = FORMS["answer"]
    fields = {"csrf_token": factories.csrf_token_in(browser.get(form.page).get_data(as_text=True)), **form.fields}
    db.session.rollback()
    with little_memory():
        status, page = send(address, "", form, fields)
    assert status == 401
    assert "Tidak ada pungutan." in page
