"""Replies leave in order, wait as long as a channel says, and are given up only where it will never take them."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from apiflask import APIFlask

from hoax_tracker.core.config.settings import Settings
from hoax_tracker.models import Chat, ChatMessage, ChatReply, db
from hoax_tracker.tipline import answering, inbox
from hoax_tracker.tipline.acts import performing
from hoax_tracker.tipline.messages import IncomingMessage, SendRefused, TemporarySendError
from hoax_tracker.tipline.service import answer_chats
from tests.check.conftest import MARKET, UNRELATED
from tests.factories import count_rows
from tests.tipline.conftest import MARIA, Phone


def test_a_temporary_fault_waits_as_long_as_the_channel_says(phone: Phone) -> None:
    phone.channel.faults.append(TemporarySendError("429", retry_after=40))
    phone.forward(UNRELATED)
    assert phone.wait() == []
    assert phone.wait(timedelta(seconds=30)) == []
    assert len(phone.wait(timedelta(seconds=15))) == 1


def test_faults_without_a_time_are_tried_again_after_growing_pauses(phone: Phone) -> None:
    phone.channel.faults.extend(TemporarySendError("500") for _ in range(3))
    phone.forward(UNRELATED)
    assert phone.wait() == []
    assert phone.wait(timedelta(seconds=3)) == []
    assert phone.wait(timedelta(seconds=6)) == []
    assert len(phone.wait(timedelta(seconds=16))) == 1


def test_a_later_reply_never_overtakes_an_earlier_one(phone: Phone) -> None:
    phone.channel.faults.append(TemporarySendError("429", retry_after=60))
    phone.forward(UNRELATED)
    phone.wait()
    phone.forward(MARKET)
    assert phone.wait() == []
    assert len(phone.wait(timedelta(seconds=60))) == 2


def test_what_a_channel_refuses_is_given_up(phone: Phone) -> None:
    phone.channel.faults.append(SendRefused("blocked the sender"))
    phone.forward(UNRELATED)
    assert phone.wait() == []
    assert phone.wait(timedelta(days=1)) == []
    row = db.session.scalars(sa.select(ChatReply).where(ChatReply.failed_at.is_not(None))).one()
    assert row.last_error == "refused"


def test_two_people_have_two_conversations(phone: Phone, settings: Settings) -> None:
    other = Phone(settings, phone.clock, sender="wa.53710002")
    other.channel = phone.channel
    phone.forward(UNRELATED)
    other.send("halo")
    (mine,) = phone.wait()
    assert mine.text.startswith("Belum ada klarifikasi.")
    assert {recipient for recipient, _ in phone.channel.sent} == {MARIA, other.sender}


def test_a_batch_that_fails_again_and_again_is_told_so(phone: Phone, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("no index")

    monkeypatch.setitem(performing._PERFORMERS, answering.ActKind.CHECK, fail)
    phone.forward(UNRELATED)
    replies = [reply for _ in range(answering.MOST_TRIES) for reply in phone.wait(answering.LONGEST_PAUSE)]
    assert [one.text for one in replies] == [
        "Maaf, mesin ini sedang terganggu dan pesan Anda belum terjawab. Kirim sekali lagi nanti."
    ]
    waiting = sa.select(ChatMessage).where(ChatMessage.answered_at.is_(None))
    assert db.session.scalars(waiting).all() == []


def test_a_conversation_goes_on_under_a_new_id_with_what_was_written_there(phone: Phone, settings: Settings) -> None:
    phone.ask(UNRELATED, forwarded=True)
    newer = Phone(settings, phone.clock, sender="wa.99")
    newer.channel = phone.channel
    newer.send("lapor")
    phone.send(kind="identity_changed", new_sender="wa.99")
    phone.wait(timedelta(0))
    phone.wait()
    reports = [reply.text for recipient, reply in phone.channel.sent if recipient == "wa.99"]
    assert count_rows(Chat) == 1
    assert len(reports) == 1


def test_storing_counts_what_is_new(app: APIFlask, clock: list[datetime]) -> None:
    messages = [IncomingMessage("telegram", str(one), MARIA, clock[0], "text", "halo") for one in (1, 2, 1)]
    assert inbox.store_messages(messages) == 2
    assert inbox.store_messages(messages) == 0


def test_nothing_is_asked_of_channels_where_nothing_waits(app: APIFlask, settings: Settings, phone: Phone) -> None:
    assert answer_chats(settings, phone.clock[0], channels={}) == 0
