"""Log lines, and personal data that must not be in them."""

from __future__ import annotations

import io
import json
import logging
import socket
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest
import sqlalchemy as sa
from apiflask import APIFlask

from hoax_tracker.app import create_app
from hoax_tracker.core import structured_logging
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.errors import DatabaseUnreachableError, NotFoundError
from hoax_tracker.models import Item, db
from tests.processes import Served, serve_instance
from tests.waiting import wait_until

# One word of each kind of personal data, each as it stands nowhere else.
TICKET = "KPG7-QX2M-9TRW-55ZZ"
WORDS = "zebrakuning membagi sembako gratis di kantor lurah"
PHONE = "6281299911122"
MAIL = "warga.rahasia@surat.example"
PASSWORD = "sandinyapanjangsekali"
ADDRESS = "203.0.113.77"
AGENT = "PonselWarga/9"
PLANTED = (TICKET, "zebrakuning", PHONE, "warga.rahasia", PASSWORD, ADDRESS, AGENT, "127.0.0.1")


class Heard:
    """What a handler in our form would have written."""

    def __init__(self, form: str = "json") -> None:
        self.text = io.StringIO()
        self.handler = logging.StreamHandler(self.text)
        self.handler.setFormatter(structured_logging.LogLineFormatter(form))

    def lines(self) -> list[dict[str, object]]:
        """The lines."""
        return [json.loads(line) for line in self.text.getvalue().splitlines()]


@pytest.fixture
def heard() -> Iterator[Heard]:
    """Everything that is logged in this test."""
    root, found = logging.getLogger(), Heard()
    before = root.level
    root.addHandler(found.handler)
    root.setLevel(logging.INFO)
    yield found
    root.removeHandler(found.handler)
    root.setLevel(before)


def plant(served: Served) -> str:
    """Send personal data in requests of every kind; return the ticket of a report."""
    headers = {"User-Agent": AGENT, "X-Forwarded-For": ADDRESS, "X-Request-ID": PHONE, "Referer": f"http://x/{TICKET}"}
    for path in (f"/cek?q={PHONE}+zebrakuning", f"/lapor/{TICKET}", f"/{PHONE}", f"/klarifikasi/{TICKET}?{MAIL}"):
        served.ask("GET", path, headers=headers)
    report = json.dumps({"text": WORDS, "contact": MAIL, "url": f"https://x.example/{PHONE}"})
    status, body, _ = served.ask("POST", "/api/v1/reports", report, headers | {"Content-Type": "application/json"})
    assert status == 201
    served.ask("POST", "/api/v1/reports", '{"text": "' + WORDS, headers | {"Content-Type": "application/json"})
    form = f"email={MAIL}&password={PASSWORD}&text={WORDS}"
    for path in ("/lapor", "/petugas/masuk", "/cek", f"/lapor/{TICKET}"):
        served.ask("POST", path, form, headers | {"Content-Type": "application/x-www-form-urlencoded"})
    served.ask("ZEBRAKUNING", f"/lapor/{TICKET}", headers=headers)
    for raw in (f"GET /lapor/{TICKET} {PHONE}\r\n\r\n", f"GET / HTTP/1.1\r\nHost: x\r\nzebra kuning: {MAIL}\r\n\r\n"):
        with socket.create_connection(("127.0.0.1", served.port)) as connection:
            connection.sendall(raw.replace("zebra kuning", "zebrakuning (").encode())
            connection.recv(1000)
    return str(json.loads(body)["ticket"])


@pytest.mark.database
@pytest.mark.slow
@pytest.mark.process
@pytest.mark.needs("proc")
def test_personal_data_reaches_no_line(app: APIFlask, settings: Settings) -> None:
    with serve_instance(settings, "--workers", "1", "--no-worker") as served:
        ticket = plant(served)
        served.get(f"/lapor/{ticket}")
        with write_transaction():
            db.session.execute(sa.text("alter table report rename to away"))
            db.session.execute(sa.text("alter table check_query rename to away_too"))
        for path in (f"/lapor/{ticket}?{MAIL}", f"/cek?q={PHONE}+zebrakuning+membagi+sembako"):
            served.get(path)
        wait_until(lambda: [line for line in served.log() if line.get("status") == 503], "that the table is missing")
        lines, said = served.log(), served.said.read_text(encoding="utf-8")
    for planted in (*PLANTED, ticket):
        assert planted.lower() not in said.lower()
    requests = [line for line in lines if line["event"] == "request"]
    seen = {(line["method"], line["route"], line["status"]) for line in requests}
    assert {("GET", "/lapor/<ticket>", 404), ("GET", "/lapor/<ticket>", 200), ("GET", "unknown", 404)} <= seen
    assert {("POST", "/api/v1/reports", 201), ("POST", "/petugas/masuk", 400)} <= seen
    assert all(set(line) >= {"time", "level", "logger", "request_id", "duration_ms"} for line in requests)
    refused = [line for line in lines if line["event"] == "a request that is not HTTP was refused"]
    assert len(refused) == 2


def raise_with_values(app: APIFlask) -> None:
    """Give the app a page whose error repeats what was sent, wraps another, and holds it in its locals."""

    @app.get("/gagal/<word>")
    def fail(word: str) -> str:
        try:
            raise KeyError(f"{word} {MAIL}")
        except KeyError as error:
            raise ValueError(f"cannot use {word} {PHONE}") from error

    @app.get("/rusak/<word>")
    def broken(word: str) -> str:
        db.session.execute(sa.text("insert into item (title) values (:word)"), {"word": word})
        return ""


def test_of_an_exception_only_type_and_place_are_said(settings: Settings, heard: Heard) -> None:
    app = create_app(settings)
    raise_with_values(app)
    browser = app.test_client()
    answer = browser.get(f"/gagal/{TICKET}?q={MAIL}")
    assert answer.status_code == 500
    identity = answer.headers["X-Request-ID"]
    assert identity in answer.get_data(as_text=True), "a resident can quote it"
    assert browser.get(f"/rusak/{TICKET}").status_code >= 500
    said = heard.text.getvalue()
    assert TICKET not in said
    assert MAIL not in said
    assert PHONE not in said
    surprise, request = heard.lines()[:2]
    assert (surprise["event"], surprise["error"], surprise["request_id"]) == (
        "unexpected error",
        "ValueError",
        identity,
    )
    trace = surprise["traceback"]
    assert isinstance(trace, list)
    assert trace[0] == "KeyError"
    assert "then ValueError" in trace
    assert any("test_structured_logging.py" in step and step.endswith(" fail") for step in trace)
    assert (request["event"], request["route"], request["status"]) == ("request", "/gagal/<word>", 500)
    assert request["level"] == "warning"


def test_an_error_page_that_fails_itself_says_no_address(settings: Settings, heard: Heard) -> None:
    app = create_app(replace(settings, testing=False))
    raise_with_values(app)

    def fail(_error: Exception) -> str:
        raise RuntimeError(MAIL)

    app.register_error_handler(Exception, fail)
    assert app.test_client().get(f"/gagal/{TICKET}").status_code == 500
    assert TICKET not in heard.text.getvalue()
    assert MAIL not in heard.text.getvalue()
    assert heard.lines()[0]["event"] == "a request could not be answered"


def test_database_errors_repeat_no_values(app: APIFlask) -> None:
    with pytest.raises(sa.exc.IntegrityError) as caught, write_transaction():
        db.session.add(Item(source_id=None, entry_key=TICKET, content_key=WORDS))
    assert "parameters hidden" in str(caught.value)
    assert TICKET not in str(caught.value).split("DETAIL")[0]
    named = structured_logging.describe_exception(caught.value)
    assert named.startswith("IntegrityError (")
    assert TICKET not in named


def test_the_id_comes_from_the_proxy_only_behind_one_and_only_if_plain(settings: Settings) -> None:
    def answered(trusting: bool, given: str) -> str:
        app = create_app(replace(settings, behind_proxy=trusting))
        return app.test_client().get("/healthz", headers={"X-Request-ID": given}).headers["X-Request-ID"]

    good = "4f1c2a9be0d84c7e9a3b5d6f7081920a"
    assert answered(True, good) == good
    assert answered(False, good) != good
    for bad in ("kort", "x" * 65, PHONE, "0812-9991-1122", "spasi di dalam sini", '"kutip12345', "baris12345é"):
        assert answered(True, bad) != bad


def test_an_error_at_the_api_carries_the_id(settings: Settings, heard: Heard) -> None:
    app = create_app(settings)

    @app.get("/api/v1/gagal")
    def fail() -> str:
        raise RuntimeError(MAIL)

    answer = app.test_client().get("/api/v1/gagal")
    assert answer.get_json()["request_id"] == answer.headers["X-Request-ID"]
    assert "request_id" not in app.test_client().get("/api/v1/tidak-ada").get_json()


def test_probes_are_logged_only_when_they_fail(settings: Settings, heard: Heard) -> None:
    app = create_app(settings)
    app.test_client().get("/healthz")
    assert heard.lines() == []
    app.test_client().get("/metrics", environ_base={"REMOTE_ADDR": ADDRESS})
    assert [line["status"] for line in heard.lines()] == [403]


def test_our_own_errors_say_what_they_are_about() -> None:
    assert (
        structured_logging.describe_exception(DatabaseUnreachableError("connection refused"))
        == "DatabaseUnreachableError: connection refused"
    )
    assert structured_logging.describe_exception(NotFoundError(f"no ticket {TICKET}")) == "NotFoundError", (
        "a 4xx may be about what was sent"
    )
    assert (
        structured_logging.describe_exception(FileNotFoundError(2, "No such file", MAIL))
        == "FileNotFoundError: No such file"
    )
    assert (
        structured_logging.describe_exception(AttributeError("no attribute 'x'")) == "AttributeError: no attribute 'x'"
    )


def test_text_is_for_people() -> None:
    record = logging.makeLogRecord(
        {"msg": "request", "levelname": "INFO", **structured_logging.log_fields(route="/cek", status=200)}
    )
    record.created = 0
    with structured_logging.bind_request_id("abc123"):
        assert (
            structured_logging.LogLineFormatter("text").format(record)
            == "00:00:00 INFO request route=/cek status=200 abc123"
        )


def test_what_nobody_caught_is_said_without_its_words(monkeypatch: pytest.MonkeyPatch, heard: Heard) -> None:
    try:
        raise ValueError(MAIL)
    except ValueError as error:
        structured_logging.log_uncaught_exception(type(error), error, error.__traceback__)
    structured_logging.log_uncaught_exception(KeyboardInterrupt, KeyboardInterrupt(), None)
    assert [line["error"] for line in heard.lines()] == ["ValueError"]
    assert MAIL not in heard.text.getvalue()


def test_json_unless_a_terminal_or_the_setting_says_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    root = logging.getLogger()
    kept = (root.handlers[:], root.level, sys.excepthook, threading.excepthook)
    try:
        for chosen, form in (("", "json"), ("text", "text")):
            monkeypatch.setattr(sys, "stderr", io.StringIO())
            structured_logging.configure_logging(chosen)
            formatter = root.handlers[0].formatter
            assert isinstance(formatter, structured_logging.LogLineFormatter)
            assert formatter.form == form
    finally:
        root.handlers[:], root.level, sys.excepthook, threading.excepthook = kept
        logging.captureWarnings(False)
