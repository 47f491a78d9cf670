"""The window of WhatsApp from end to end, with the Cloud API on loopback: news, template, its button, the news."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from apiflask import APIFlask

from hoax_tracker.core.config.settings import Settings
from hoax_tracker.models import Chat, ChatReply, db
from hoax_tracker.notifications.chats import enqueue_reply
from hoax_tracker.tipline import inbox
from hoax_tracker.tipline.channels import views
from hoax_tracker.tipline.channels.whatsapp_deliveries import read_messages
from hoax_tracker.tipline.sending import SendOutcome, lease_next_reply, record_outcome
from hoax_tracker.tipline.service import answer_chats
from tests.tipline.channels.conftest import PutInService, change_row
from tests.tipline.chat_servers import WhatsAppServer, whatsapp
from tests.tipline.chat_servers.whatsapp import Message
from tests.tipline.conftest import MemoryChannel

NEWS = "Aduan Anda sudah dijawab."


class Resident:
    """One person on WhatsApp: they write, time passes, and the worker answers."""

    def __init__(self, server: WhatsAppServer, settings: Settings, clock: list[datetime]) -> None:
        self.server, self.settings, self.clock = server, settings, clock

    def write(self, message: Message) -> list[str]:
        """Deliver a message and return what is answered."""
        delivery = self.server.nest([[self.server.change([message])]])
        inbox.store_messages(read_messages(delivery, whatsapp.NUMBER_ID, self.clock[0]))
        return self.wait(timedelta(seconds=2))

    def wait(self, how_long: timedelta) -> list[str]:
        """Let time pass and the worker work; return the texts that were sent since."""
        self.clock[0] += how_long
        before = len(self.server.sent)
        answer_chats(self.settings, self.clock[0])
        return [one.text for one in self.server.sent[before:]]

    def queue_news(self) -> None:
        """Let the office have news for the person."""
        chat = db.session.scalars(sa.select(Chat)).one()
        body = {"text": NEWS, "choices": [], "card_url": "", "link": ""}
        enqueue_reply(chat, f"report:{self.clock[0]}", body, self.clock[0])
        db.session.commit()


@pytest.fixture
def resident(
    app: APIFlask,
    settings: Settings,
    put_in_service: PutInService,
    number_server: WhatsAppServer,
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> Resident:
    """A person who wrote once, to a number with an approved template."""
    put_in_service("whatsapp", template_name=whatsapp.TEMPLATE, template_language="id")
    clock = [now]
    monkeypatch.setattr(inbox, "utc_now", lambda: clock[0])
    resident = Resident(number_server, settings, clock)
    resident.write(number_server.text("halo", at=now))
    return resident


def write_press(resident: Resident) -> list[str]:
    """Press the button of the template that was sent last."""
    template = resident.server.sent[-1]
    return resident.write(resident.server.press_template(template, at=resident.clock[0]))


def test_news_of_the_next_week_waits_behind_the_template_for_its_button(resident: Resident) -> None:
    resident.clock[0] += timedelta(days=7)
    resident.server.closed.add(whatsapp.PERSON)
    resident.queue_news()
    assert resident.wait(timedelta(0)) == [whatsapp.TEMPLATE]
    assert write_press(resident) == [NEWS]


def test_a_window_that_whatsapp_closed_earlier_leads_to_the_template_too(resident: Resident) -> None:
    resident.server.closed.add(whatsapp.PERSON)
    resident.queue_news()
    assert resident.wait(timedelta(hours=1)) == [whatsapp.TEMPLATE]
    assert write_press(resident) == [NEWS]


def test_beyond_the_ceiling_no_template_asks_and_the_news_comes_with_the_next_answer(resident: Resident) -> None:
    change_row("whatsapp", monthly_ceiling=0)
    resident.clock[0] += timedelta(days=7)
    resident.queue_news()
    assert resident.wait(timedelta(0)) == []
    waiting = db.session.scalars(sa.select(ChatReply).where(ChatReply.awaits_message)).one()
    assert waiting.template_sent_at is None
    first, _answer = resident.write(resident.server.text("bantuan", at=resident.clock[0]))
    assert first == NEWS


def test_no_template_is_sent_within_the_day(resident: Resident) -> None:
    resident.queue_news()
    assert resident.wait(timedelta(hours=20)) == [NEWS]


@pytest.fixture
def deliver_status(
    app: APIFlask, resident: Resident, number_server: WhatsAppServer, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., int]:
    """Return a function that tells the program's webhook that a message failed, and returns the answer's status."""
    monkeypatch.setattr(views, "utc_now", lambda: resident.clock[0])

    def deliver(message_id: str, code: int = 131047) -> int:
        errors = [{"code": code, "title": "Re-engagement message"}]
        state = number_server.status(message_id, "failed", errors=errors)
        body = json.dumps(number_server.nest([[number_server.change(statuses=[state])]])).encode()
        return (
            app.test_client()
            .post("/hook/whatsapp", data=body, headers={"X-Hub-Signature-256": whatsapp.sign(body)})
            .status_code
        )

    return deliver


def test_a_window_that_whatsapp_calls_closed_only_afterwards_leads_to_the_template_once(
    resident: Resident, deliver_status: Callable[..., int]
) -> None:
    resident.queue_news()
    assert resident.wait(timedelta(hours=1)) == [NEWS]
    news = resident.server.sent[-1].message_id
    assert deliver_status(news, 131026) == 200
    assert resident.wait(timedelta(minutes=1)) == []
    assert deliver_status(news) == 200
    assert resident.wait(timedelta(minutes=1)) == [whatsapp.TEMPLATE]
    assert [deliver_status(news), deliver_status(resident.server.sent[-1].message_id)] == [200, 200]
    assert resident.wait(timedelta(minutes=1)) == []
    assert write_press(resident) == [NEWS]
    assert resident.wait(timedelta(hours=1)) == []


def test_who_wrote_meanwhile_gets_the_reply_itself_again(
    resident: Resident, deliver_status: Callable[..., int]
) -> None:
    resident.queue_news()
    resident.wait(timedelta(hours=1))
    deliver_status(resident.server.sent[-1].message_id)
    first, _answer = resident.write(resident.server.text("bantuan", at=resident.clock[0]))
    assert first == NEWS


def test_a_status_that_overtakes_the_acknowledgement_is_asked_for_again(
    resident: Resident, deliver_status: Callable[..., int]
) -> None:
    resident.queue_news()
    resident.clock[0] += timedelta(minutes=1)
    leased = lease_next_reply({"whatsapp": MemoryChannel()}, resident.settings, resident.clock[0])
    assert leased is not None
    assert deliver_status("wamid.dini") == 503
    digest = inbox.sent_digest("whatsapp", "wamid.dini", resident.settings)
    record_outcome(leased, SendOutcome(sent_digest=digest), resident.clock[0])
    assert deliver_status("wamid.dini") == 200
    assert resident.wait(timedelta(minutes=1)) == [whatsapp.TEMPLATE]
    assert deliver_status("wamid.asing") == 200
