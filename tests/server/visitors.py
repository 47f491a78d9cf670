"""Residents and officers who use the site at once, as browsers and programs do, and note every error that they meet.

A visitor follows redirects: 303 with a GET, 307 with the same request again. Who is told by the program that the house
is full (503, or 429 where files are being read, with ``Retry-After``) comes again, as a resident does; every other
error is a fault.
"""

from __future__ import annotations

import html
import http.client
import io
import json
import random
import re
import time
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from threading import Event, Lock
from typing import Any
from urllib.parse import urlencode, urlsplit

from PIL import Image

TICKET = re.compile(r"/lapor/([A-Z0-9]{4}(?:-[A-Z0-9]{4}){4})")
MOST_TRIES = 30
WORDS = ("lampu", "jembatan", "pasar", "terminal", "sekolah", "rumah sakit", "kapal", "parkir", "sampah", "pohon")


@dataclass
class Notes:
    """What all visitors met together. Thread-safe."""

    over: Event = field(default_factory=Event)
    acts: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    tickets: dict[str, bool] = field(default_factory=dict)
    """Each ticket that was given, and whether its report has a screenshot."""
    sent_again: int = 0
    """Requests that the proxy asked for once more."""
    refused: int = 0
    """Answers of a full house."""
    waiting: int = 0
    """Requests without an answer yet."""
    times_s: list[float] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)

    def count(self) -> int:
        """Return how many acts are done."""
        with self.lock:
            return sum(self.acts.values())


@dataclass(frozen=True)
class Answer:
    """The last answer to a request, after redirects."""

    status: int
    text: str
    path: str


class FaultMetError(Exception):
    """A visitor met an error that nothing hid."""


class Visitor:
    """One browser, or program, with its cookies and one connection."""

    def __init__(self, port: int, number: int, notes: Notes, pages: list[str], pace_s: float) -> None:
        self._port, self._notes, self._pages, self._pace_s = port, notes, pages, pace_s
        self._dice, self._cookies = random.Random(number), dict[str, str]()
        self._line: http.client.HTTPConnection | None = None

    def run(self) -> None:
        """Do one thing after the other until all are told to stop."""
        kinds: dict[str, Callable[[], None]] = {
            "page": self.read_page,
            "check": self.check_message,
            "report": self.report_by_form,
            "report of a program": self.report_by_program,
        }
        while not self._notes.over.is_set():
            kind = self._dice.choices(list(kinds), [0.5, 0.25, 0.2, 0.05])[0]
            self.act(kind, kinds[kind])
            self._notes.over.wait(self._dice.uniform(0, 2 * self._pace_s))
        self.close()

    def act(self, kind: str, act: Callable[[], None]) -> None:
        """Do something and note that it worked, or the fault."""
        try:
            act()
        except FaultMetError as fault:
            with self._notes.lock:
                self._notes.faults.append(f"{kind}: {fault}")
        else:
            with self._notes.lock:
                self._notes.acts[kind] += 1

    def read_page(self) -> None:
        """Read a public page."""
        self.ask("GET", self._dice.choice(self._pages))

    def check_message(self) -> None:
        """Ask about a message, by the box on the front page."""
        self.submit("/cek", {"teks": self.message()})

    def report_by_form(self) -> None:
        """Report a message in the form's three steps, often with a screenshot; sometimes send the last one twice."""
        fields = {"teks": self.message(), "langkah": "1", "ke": "2"}
        page = self.submit("/lapor", fields)
        has_picture = self._dice.random() < 0.5
        second = {**read_fields(page), "langkah": "2", "ke": "3", "tempat": "WhatsApp"}
        page = self.submit("/lapor", second, picture=self.picture() if has_picture else None)
        third = {**read_fields(page), "langkah": "3", "ke": "kirim"}
        tickets = {self.sent_ticket(third) for _ in range(self._dice.choice((1, 1, 2)))}
        if len(tickets) != 1:
            raise FaultMetError("the same report sent twice has two tickets")
        self.note_ticket(tickets.pop(), has_picture)

    def sent_ticket(self, fields: dict[str, str]) -> str:
        """Send the last step of the form; return the ticket."""
        page = self.submit("/lapor", fields)
        found = TICKET.search(page.path)
        if found is None:
            raise FaultMetError(f"no ticket: {page.status} {page.path} {page.text[:200]!r}")
        return found[1]

    def report_by_program(self) -> None:
        """Report a message by the API, with a key."""
        body = json.dumps({"text": self.message()}).encode()
        headers = {"Content-Type": "application/json", "Idempotency-Key": str(uuid.uuid4())}
        answer = self.ask("POST", "/api/v1/reports", body, headers)
        self.note_ticket(str(json.loads(answer.text)["ticket"]), has_picture=False)

    def note_ticket(self, ticket: str, has_picture: bool) -> None:
        """Note a ticket that was given, and look at its page."""
        with self._notes.lock:
            self._notes.tickets[ticket] = has_picture
        self.ask("GET", f"/lapor/{ticket}")

    def sign_in(self, email: str, password: str) -> None:
        """Sign in as an officer."""
        token = read_fields(self.ask("GET", "/petugas/masuk"))["csrf_token"]
        page = self.submit("/petugas/masuk", {"csrf_token": token, "email": email, "password": password})
        if "/petugas/masuk" in page.path:
            raise FaultMetError("the sign-in was refused")

    def read_desk(self) -> None:
        """Look at the queue; a session that ended shows as the page to sign in."""
        page = self.ask("GET", "/petugas/")
        if "/petugas/masuk" in page.path:
            raise FaultMetError("the session ended")

    def message(self) -> str:
        """Return a message that nobody sent before, about nothing that was published."""
        first, second = self._dice.sample(WORDS, 2)
        return f"Katanya {first} dekat {second} ditutup tanggal {self._dice.randint(1, 28)}, kode {uuid.uuid4().hex}"

    def picture(self) -> bytes:
        """Return a screenshot of the usual size."""
        noise = Image.frombytes("RGB", (240, 480), self._dice.randbytes(240 * 480 * 3))
        file = io.BytesIO()
        noise.resize((720, 1440)).save(file, "JPEG", quality=85)
        return file.getvalue()

    def submit(self, path: str, fields: dict[str, str], picture: bytes | None = None) -> Answer:
        """Send a form; with a picture as browsers send files."""
        if picture is None:
            plain = {"Content-Type": "application/x-www-form-urlencoded"}
            return self.ask("POST", path, urlencode(fields).encode(), plain)
        head = '--b\r\nContent-Disposition: form-data; name="'
        parts = [f'{head}{name}"\r\n\r\n{value}\r\n' for name, value in fields.items()]
        file = f'{head}gambar"; filename="a.jpg"\r\nContent-Type: image/jpeg\r\n\r\n'
        body = "".join([*parts, file]).encode() + picture + b"\r\n--b--\r\n"
        return self.ask("POST", path, body, {"Content-Type": "multipart/form-data; boundary=b"})

    def ask(self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> Answer:
        """Send a request and follow where it leads. Raises FaultMetError for an error that a visitor would see."""
        for _try in range(MOST_TRIES):
            status, text, answered = self._send(method, path, body, headers or {})
            if status in (302, 303):
                method, path, body, headers = "GET", local_path(answered["location"]), None, {}
            elif status == 307:
                path = local_path(answered["location"])
                with self._notes.lock:
                    self._notes.sent_again += 1
            elif status in (429, 503) and "x-request-id" in answered and "retry-after" in answered:
                with self._notes.lock:
                    self._notes.refused += 1
                self._notes.over.wait(self._dice.uniform(0.2, 1.5))
            elif status >= 400:
                raise FaultMetError(f"{method} {path}: {status} {text[:200]!r}")
            else:
                return Answer(status, text, path)
        raise FaultMetError(f"{method} {path}: no end after {MOST_TRIES} answers")

    def _send(
        self, method: str, path: str, body: bytes | None, headers: dict[str, str]
    ) -> tuple[int, str, dict[str, str]]:
        begun = time.monotonic()
        with self._notes.lock:
            self._notes.waiting += 1
        try:
            self._line = self._line or http.client.HTTPConnection("127.0.0.1", self._port, timeout=120)
            self._line.request(method, path, body, headers | self._cookie_header())
            answer = self._line.getresponse()
            text = answer.read().decode("utf-8", "replace")
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise FaultMetError(f"{method} {path}: {type(error).__name__} {error}") from error
        finally:
            with self._notes.lock:
                self._notes.waiting -= 1
                self._notes.times_s.append(time.monotonic() - begun)
        for line in answer.headers.get_all("Set-Cookie", []):
            self._cookies |= {name: morsel.value for name, morsel in SimpleCookie(line).items()}
        return answer.status, text, {name.lower(): value for name, value in answer.getheaders()}

    def _cookie_header(self) -> dict[str, str]:
        pairs = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        return {"Cookie": pairs} if pairs else {}

    def close(self) -> None:
        """Close the connection."""
        if self._line is not None:
            self._line.close()
            self._line = None


def local_path(location: str) -> str:
    """Return path and query of an address."""
    parts = urlsplit(location)
    return parts.path + (f"?{parts.query}" if parts.query else "")


def read_fields(page: Answer) -> dict[str, str]:
    """Return what the page's hidden fields carry. Raises FaultMetError where it has none."""
    fields: dict[str, Any] = {}
    for tag in re.findall(r"<input[^>]*>", page.text):
        given = dict(re.findall(r'([a-z]+)="([^"]*)"', tag))
        if given.get("type") == "hidden":
            fields[given["name"]] = html.unescape(given.get("value", ""))
    if not fields:
        raise FaultMetError(f"no form: {page.status} {page.path} {page.text[:200]!r}")
    return fields
