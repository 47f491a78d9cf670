"""A phone in memory: what is sent to it, what it refuses, and the worker's job that answers it."""

from __future__ import annotations

import itertools
import threading
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from apiflask import APIFlask

from hoax_tracker.app import create_app
from hoax_tracker.check.counting import QuestionTally
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.models import Officer, db
from hoax_tracker.tipline import inbox
from hoax_tracker.tipline.messages import IncomingMessage, MediaUnavailable, Reply
from hoax_tracker.tipline.service import answer_chats
from hoax_tracker.worker.embedded import run_prompt_jobs
from tests import factories
from tests.check.conftest import MARKET, MESSAGE, kept
from tests.chrome import serve_app

LATER = timedelta(seconds=2)
"""After it a batch is due."""
MARIA = "wa.53710001"


@dataclass
class MemoryChannel:
    """A channel whose answers a test sets: ``faults`` are raised in turn, and then it takes everything."""

    name: str = "telegram"
    window: timedelta | None = None
    has_template: bool = False
    templates: list[str] = field(default_factory=list)
    sent: list[tuple[str, Reply]] = field(default_factory=list)
    faults: deque[Exception] = field(default_factory=deque)
    media: dict[str, bytes] = field(default_factory=dict)

    def send(self, recipient: str, reply: Reply) -> str:
        if self.faults:
            raise self.faults.popleft()
        self.sent.append((recipient, reply))
        return f"sent-{len(self.sent)}"

    def send_template(self, recipient: str) -> bool:
        if self.has_template:
            self.templates.append(recipient)
        return self.has_template

    def fetch_media(self, media_id: str) -> bytes:
        if media_id not in self.media:
            raise MediaUnavailable(media_id)
        return self.media[media_id]


class Phone:
    """One person's phone: they send messages, time passes, and the worker answers."""

    def __init__(self, settings: Settings, clock: list[datetime], sender: str = MARIA) -> None:
        self.settings, self.clock, self.sender = settings, clock, sender
        self.channel = MemoryChannel()
        self._numbers = itertools.count(1)

    def send(self, text: str = "", kind: str = "text", **fields: Any) -> None:
        """Send one message."""
        message_id = fields.pop("message_id", f"{self.sender}-{next(self._numbers)}")
        message = IncomingMessage("telegram", message_id, self.sender, self.clock[0], kind, text, **fields)
        inbox.store_messages([message])

    def forward(self, *texts: str) -> None:
        """Forward messages."""
        for text in texts:
            self.send(text, forwarded=True)

    def wait(self, how_long: timedelta = LATER) -> list[Reply]:
        """Let time pass and the worker work; return what arrived here since."""
        self.clock[0] += how_long
        before = len(self.channel.sent)
        answer_chats(self.settings, self.clock[0], channels={"telegram": self.channel})
        return [reply for recipient, reply in self.channel.sent[before:] if recipient == self.sender]

    def ask(self, text: str = "", **fields: Any) -> Reply:
        """Send one message and return the one reply."""
        self.send(text, **fields)
        (reply,) = self.wait()
        return reply

    def press(self, reply: Reply, title: str) -> Reply:
        """Press the button of a reply that begins with a title."""
        choice = next(one for one in reply.choices if one.title.startswith(title))
        return self.ask(choice.title, kind="choice", choice=choice.payload)


@pytest.fixture(autouse=True)
def written_on_demand(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let questions be written where a test says so, and not by a thread at the same moment."""
    monkeypatch.setattr(QuestionTally, "written_every_s", 1000.0)


@pytest.fixture
def clock(now: datetime, monkeypatch: pytest.MonkeyPatch) -> list[datetime]:
    """The clock of the inbox."""
    moment = [now]
    monkeypatch.setattr(inbox, "utc_now", lambda: moment[0])
    return moment


@pytest.fixture
def phone(app: APIFlask, settings: Settings, clock: list[datetime]) -> Phone:
    """A phone whose person was introduced to the machine."""
    phone = Phone(settings, clock)
    phone.ask("halo")
    phone.channel.sent.clear()
    return phone


@pytest.fixture
def stranger(app: APIFlask, settings: Settings, clock: list[datetime]) -> Phone:
    """A phone that never wrote."""
    return Phone(settings, clock)


@pytest.fixture
def page(officer: Officer, approver: Officer) -> Callable[..., int]:
    """Return a function that publishes a clarification, of MESSAGE by default, and returns its id."""

    def go(**fields: Any) -> int:
        row = factories.make_clarification(officer, approver, **({"claim_quote": MESSAGE} | fields))
        return kept(lambda: row.id)

    return go


@pytest.fixture
def demo(settings: Settings, page: Callable[..., int]) -> Iterator[APIFlask]:
    """The app of a demo with two published pages."""
    page(title="Air PDAM aman, diperiksa setiap hari", slug="air", claim_quote=MESSAGE)
    page(title="Pasar Oeba tetap buka setiap hari", slug="pasar", claim_quote=MARKET)
    app = create_app(replace(settings, demo=True))
    db.session.remove()
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def answered_address(demo: APIFlask) -> Iterator[str]:
    """The address of the demo, with the worker's thread beside it."""
    stop = threading.Event()
    worker = threading.Thread(target=run_prompt_jobs, args=(demo, demo.extensions["settings"], stop, 0.05))
    worker.start()
    with serve_app(demo) as address:
        yield address
    stop.set()
    worker.join()
