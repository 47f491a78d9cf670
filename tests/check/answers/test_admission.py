"""More messages than the machine can decide are refused at once in words; pages still work, and nothing is lost."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from io import BytesIO

import pytest
from apiflask import APIFlask
from flask import Flask
from flask.testing import FlaskClient

from hoax_tracker.check.answers import admission as module
from hoax_tracker.check.answers.admission import PLACES, Admission
from hoax_tracker.check.cache import refusal_page
from hoax_tracker.core.database import transactions
from hoax_tracker.errors import OverloadedError
from hoax_tracker.match_index import MatchIndex
from tests.check.conftest import UNRELATED
from tests.waiting import DEADLINE_S, wait_until

BROWSERS_FORM = (
    '----x\r\nContent-Disposition: form-data; name="teks"\r\n\r\n{}\r\n'
    '----x\r\nContent-Disposition: form-data; name="gambar"; filename=""\r\n'
    "Content-Type: application/octet-stream\r\n\r\n\r\n----x--\r\n"
)
"""The box as browsers send it, without a picture."""


@pytest.fixture
def crowd(app: APIFlask, one_moment: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Future[int]]]:
    """As many residents as are let in, each waiting for a matcher that does not come to an end, within one minute."""
    monkeypatch.setattr(module, "LONGEST_WAIT_S", DEADLINE_S)
    goes_on, published = threading.Event(), MatchIndex.published

    def blocked(index: MatchIndex, text: object) -> object:
        goes_on.wait(DEADLINE_S)
        return published(index, text)  # type: ignore[arg-type]

    monkeypatch.setattr(MatchIndex, "published", blocked)

    def paste(number: int) -> int:
        message = f"{UNRELATED} kata tetangga {'abcdefgh'[number]}{number}"
        with app.app_context():
            return app.test_client().post("/cek", data={"teks": message}).status_code

    with ThreadPoolExecutor(PLACES) as pool:
        pasted = [pool.submit(paste, number) for number in range(PLACES)]
        wait_until(lambda: inside(app) == PLACES, "all are let in")
        try:
            yield pasted
        finally:
            goes_on.set()
    assert [one.result(DEADLINE_S) for one in pasted] == [200] * PLACES, "who was let in is answered"
    assert inside(app) == 0


def inside(app: APIFlask) -> int:
    return app.extensions["admission"]._inside if "admission" in app.extensions else 0


@pytest.mark.usefixtures("crowd")
def test_who_comes_too_many_is_told_in_words_and_keeps_the_message(client: FlaskClient) -> None:
    page = client.post("/cek", data={"teks": f"{UNRELATED} <b>"})
    assert page.status_code == 503
    assert 1 <= int(page.headers["Retry-After"]) <= 30
    text = page.get_data(as_text=True)
    assert "Pesan Anda masih ada di kotak ini" in text
    assert f"{UNRELATED} &lt;b&gt;</textarea>" in text
    assert page.headers["Cache-Control"] == "no-store"
    client.get("/bahasa/en")
    assert "Your message is still in the box" in client.post("/cek", data={"teks": UNRELATED}).get_data(as_text=True)


@pytest.mark.usefixtures("crowd")
def test_a_refusal_is_prepared_once_and_holds_only_the_words_of_who_is_refused(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = client.get("/cek", query_string={"q": f"{UNRELATED} pertama"})
    monkeypatch.setattr(refusal_page, "render_private_page", None)
    others = [client.post("/cek", data={"teks": f"{UNRELATED} <i>{number}"}) for number in range(12)]
    assert {page.status_code for page in (first, *others)} == {503}
    for number, page in enumerate(others):
        assert page.text.count(f"{UNRELATED} &lt;i&gt;{number}") == 2, "in the box, and for the other language"
        assert "pertama" not in page.text
        assert page.headers["Cache-Control"] == "no-store"
    assert len({page.headers["Retry-After"] for page in others}) > 1, "they are no crowd again"


@pytest.mark.usefixtures("crowd")
def test_a_refusal_before_the_application_is_the_one_it_would_give(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = {"teks": f"{UNRELATED} <b> satu\r\ndua ❌ & kesatuan"}
    first = client.post("/cek", data={"teks": sent["teks"].replace("kesatuan", "sembilan")})
    monkeypatch.setattr(Flask, "full_dispatch_request", None)
    with pytest.raises(TypeError):
        client.get("/cek")
    for form in (
        {"data": sent},
        {"data": sent, "content_type": "multipart/form-data"},
        {"data": BROWSERS_FORM.format(sent["teks"]).encode(), "content_type": "multipart/form-data; boundary=--x"},
    ):
        again = client.post("/cek", **form)
        assert (again.status_code, again.text) == (503, first.text.replace("sembilan", "kesatuan"))
        assert {**again.headers, "Retry-After": "", "X-Request-ID": ""} == {
            **first.headers,
            "Retry-After": "",
            "X-Request-ID": "",
        }


def test_a_message_that_many_send_is_answered_in_a_crowd_all_the_same(
    client: FlaskClient, request: pytest.FixtureRequest
) -> None:
    for _ in range(2):
        assert client.post("/cek", data={"teks": UNRELATED}).status_code == 200
    request.getfixturevalue("crowd")
    for _ in range(2):
        assert client.post("/cek", data={"teks": f"{UNRELATED} sekali"}).status_code == 503
    assert client.post("/cek", data={"teks": UNRELATED}).status_code == 200


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"teks=air&perbaiki=ya", "application/x-www-form-urlencoded"),
        (b"teks=%FF", "application/x-www-form-urlencoded"),
        (b"teks=air", "text/plain"),
        (b"teks=air", "multipart/form-data"),
        (b"teks=air", "multipart/form-data; boundary=x"),
        (
            b'--x\r\nContent-Disposition: form-data; name="teks"\r\n\r\nair --x mati\r\n--x--\r\n',
            "multipart/form-data; boundary=x",
        ),
        (b'--x\r\nContent-Disposition: form-data; name="teks"\r\n\r\nair', "multipart/form-data; boundary=x"),
        (
            b'--x\r\nContent-Disposition: form-data; name="g"; filename="a.png"\r\n\r\nP\r\n--x--\r\n',
            "multipart/form-data; boundary=x",
        ),
    ],
)
def test_any_other_form_is_left_to_the_application(body: bytes, kind: str) -> None:
    environ = {"CONTENT_LENGTH": str(len(body)), "CONTENT_TYPE": kind, "wsgi.input": BytesIO(body)}
    assert refusal_page.read_posted_message(environ) is None
    assert environ["wsgi.input"].read() == body  # type: ignore[attr-defined]


@pytest.mark.usefixtures("crowd")
def test_a_form_with_more_than_a_message_is_read_whole(client: FlaskClient) -> None:
    assert client.post("/cek", data={"teks": UNRELATED}).status_code == 503
    corrected = client.post("/cek", data={"teks": UNRELATED, "perbaiki": "ya"})
    assert corrected.status_code == 200
    assert f"{UNRELATED}</textarea>" in corrected.text


@pytest.mark.usefixtures("crowd")
def test_who_is_refused_is_not_counted(client: FlaskClient) -> None:
    for number in range(40):
        assert client.post("/api/v1/check", json={"text": f"{UNRELATED} {number}"}).status_code == 503, "and never 429"


@pytest.mark.usefixtures("crowd")
def test_programs_get_a_problem_document(client: FlaskClient) -> None:
    answer = client.post("/api/v1/check", json={"text": UNRELATED})
    assert (answer.status_code, answer.content_type) == (503, "application/problem+json")
    assert int(answer.headers["Retry-After"]) >= 1
    assert "ramai" in answer.get_json()["title"]


@pytest.mark.usefixtures("crowd")
def test_pages_and_reports_go_on(client: FlaskClient) -> None:
    assert client.get("/").status_code == 200
    assert client.get("/klarifikasi/").status_code == 200
    assert client.post("/api/v1/reports", json={"text": UNRELATED}).status_code == 201


@pytest.mark.needs("posix")
def test_a_refusal_finds_a_thread_and_every_thread_a_connection() -> None:
    from hoax_tracker.server.gunicorn_arbiter import THREADS

    assert THREADS["messages"] > PLACES
    assert sum(THREADS.values()) <= transactions.MOST_CONNECTIONS


def decide(
    admission: Admission, during: Callable[[], object] = lambda: None, count: Callable[[], object] = lambda: None
) -> None:
    with admission.deciding(count):
        during()


def test_a_slow_machine_lets_fewer_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    monkeypatch.setattr(module, "monotonic", lambda: clock[0])
    admission = Admission(places=40)
    assert admission._room() == 40, "by what is guessed"
    for _ in range(200):
        decide(admission, lambda: clock.__setitem__(0, clock[0] + 0.25))
    assert admission._room() == 1 + 7 or admission._room() == 1 + 8
    for _ in range(200):
        decide(admission, lambda: clock.__setitem__(0, clock[0] + 60))
    assert admission._room() == 2, "one waits whatever it takes"
    for _ in range(200):
        decide(admission, lambda: clock.__setitem__(0, clock[0] + 0.002))
    assert admission._room() == 40


def test_who_waits_too_long_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LONGEST_WAIT_S", 0.01)
    admission = Admission()

    def another() -> None:
        with pytest.raises(OverloadedError):
            decide(admission)

    decide(admission, lambda: run(another))
    decide(admission)


def run(act: Callable[[], None]) -> None:
    with ThreadPoolExecutor(1) as pool:
        pool.submit(act).result(DEADLINE_S)


def test_a_message_that_fails_leaves_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    admission = Admission(places=1)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            decide(admission, lambda: 1 / 0)
    decide(admission)
