"""The bot, with Telegram on loopback: replies, groups, the webhook's secret, and asking for what waits."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from apiflask import APIFlask
from hypothesis import given, strategies as st

from hoax_tracker.clock import utc_now
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.tipline.channels import open_channels
from hoax_tracker.tipline.channels.polling import receive_from_telegram
from hoax_tracker.tipline.channels.telegram import Bot, read_updates
from hoax_tracker.tipline.messages import (
    Channel,
    Choice,
    IncomingMessage,
    MediaUnavailable,
    Reply,
    SendRefused,
    TemporarySendError,
)
from tests.conftest import NOW
from tests.tipline.channels.conftest import Inbox, PutInService, change_row, load_row
from tests.tipline.chat_servers import TelegramServer, telegram
from tests.tipline.chat_servers.loopback import ServerAnswer

PERSON = str(telegram.PERSON)
CARD, LINK = "https://kabas.example/klarifikasi/a.png", "https://kabas.example/k/a"
CHOICES = (Choice("ya", "Ya, ini"), Choice("bukan", "Bukan itu"))
BOT = Bot(telegram.BOT_NUMBER, telegram.BOT_NAME)
AT_BOT = f"@{telegram.BOT_NAME}"


@pytest.fixture
def bot(app: APIFlask, put_in_service: PutInService) -> Channel:
    """The bot, in service."""
    put_in_service("telegram")
    return open_channels()["telegram"]


def read(*updates: Any, now: datetime | None = None) -> list[IncomingMessage]:
    """The messages of updates."""
    return read_updates(list(updates), BOT, now or utc_now())


# Sending


def test_a_reply_is_a_picture_with_text_link_and_buttons(bot: Channel, bot_server: TelegramServer) -> None:
    message_id = bot.send(PERSON, Reply("Faktanya: air PAM aman.", CHOICES, CARD, LINK))
    (sent,) = bot_server.sent
    assert (sent.photo, sent.text) == (CARD, f"Faktanya: air PAM aman.\n\n{LINK}")
    assert sent.buttons == (("Ya, ini", "ya"), ("Bukan itu", "bukan"))
    assert message_id == f"{PERSON}:{sent.number}"


def test_a_picture_that_telegram_cannot_fetch_leaves_the_text(bot: Channel, bot_server: TelegramServer) -> None:
    bot_server.state.unreadable_photos = True
    bot.send(PERSON, Reply("Faktanya", CHOICES, CARD, LINK))
    (sent,) = bot_server.sent
    assert (sent.photo, bool(sent.buttons), LINK in sent.text) == ("", True, True)


@pytest.mark.parametrize("length", [1000, 1030, 4090, 9000])
def test_a_long_text_goes_out_with_its_link(bot: Channel, bot_server: TelegramServer, length: int) -> None:
    bot.send(PERSON, Reply("x" * length, card_url=CARD, link=LINK))
    assert LINK in bot_server.sent[0].text


def test_a_choice_that_no_button_holds_is_numbered(bot: Channel, bot_server: TelegramServer) -> None:
    bot.send(PERSON, Reply("Yang mana?", (Choice("x" * 65, "Air"), Choice("b", "Listrik"))))
    assert bot_server.sent[0].text == "Yang mana?\n\n1. Air\n2. Listrik"
    assert bot_server.sent[0].buttons == ()


@pytest.mark.parametrize(
    ("fault", "waits"),
    [
        (telegram.too_many_requests(23), 23),
        (ServerAnswer(500), 60),
        (ServerAnswer(502, body=b"<html>"), 60),
        (telegram.refuse(401, "Unauthorized"), 600),
    ],
)
def test_what_is_ours_to_wait_for(bot: Channel, bot_server: TelegramServer, fault: ServerAnswer, waits: float) -> None:
    bot_server.faults.append(fault)
    with pytest.raises(TemporarySendError) as raised:
        bot.send(PERSON, Reply("Halo"))
    assert raised.value.retry_after == waits
    bot.send(PERSON, Reply("Halo"))
    assert [one.text for one in bot_server.sent] == ["Halo"]


def test_who_blocked_the_bot_is_not_asked_again(bot: Channel, bot_server: TelegramServer) -> None:
    bot_server.state.blocked.add(PERSON)
    with pytest.raises(SendRefused):
        bot.send(PERSON, Reply("Halo"))
    assert load_row("telegram").last_fault is None


def test_a_group_that_became_a_supergroup_is_answered_there(bot: Channel, bot_server: TelegramServer) -> None:
    bot_server.state.moved["-5001"] = -1005001
    bot.send("-5001", Reply("Halo", CHOICES, CARD))
    assert [one.chat for one in bot_server.sent] == ["-1005001"]


def test_a_file_is_fetched_until_it_expires(
    bot: Channel, bot_server: TelegramServer, caplog: pytest.LogCaptureFixture
) -> None:
    bot_server.add_media("f1", b"suara")
    assert bot.fetch_media("f1") == b"suara"
    bot_server.media.pop("f1")
    with pytest.raises(MediaUnavailable) as raised:
        bot.fetch_media("f1")
    assert telegram.TOKEN not in f"{raised.value!r} {raised.value.__cause__} {caplog.text}"


# What people send


@pytest.mark.parametrize(
    ("content", "kind", "expected"),
    [
        ({"text": "Halo"}, "text", {"text": "Halo"}),
        (
            {
                "photo": [
                    {"file_id": "kecil", "width": 90, "height": 90},
                    {"file_id": "besar", "width": 900, "height": 900},
                ]
            },
            "image",
            {"media_id": "besar", "media_type": "image/jpeg"},
        ),
        ({"voice": {"file_id": "v"}, "caption": "dengar"}, "audio", {"media_type": "audio/ogg", "text": "dengar"}),
        ({"audio": {"file_id": "a", "mime_type": "audio/mpeg"}}, "audio", {"media_type": "audio/mpeg"}),
        ({"video": {"file_id": "v"}}, "video", {"media_id": "v"}),
        ({"video_note": {"file_id": "v"}}, "video", {"media_type": "video/mp4"}),
        ({"animation": {"file_id": "a"}, "document": {"file_id": "d"}}, "video", {"media_id": "a"}),
        ({"document": {"file_id": "d", "file_name": "Ana Lay.pdf"}}, "document", {"text": ""}),
        ({"document": {"file_id": "d", "mime_type": "image/png"}}, "image", {"media_type": "image/png"}),
        ({"sticker": {"file_id": "s"}}, "sticker", {"media_id": "s"}),
        ({"location": {"latitude": 1}}, "location", {}),
        ({"contact": {"phone_number": "0812", "first_name": "Ana"}}, "contacts", {"text": ""}),
        ({"poll": {}}, "unsupported", {}),
    ],
)
def test_each_type_in_a_private_chat(
    bot_server: TelegramServer, content: dict[str, Any], kind: str, expected: dict[str, str]
) -> None:
    (message,) = read(bot_server.message(content))
    assert (message.kind, message.sender) == (kind, PERSON)
    assert {name: getattr(message, name) for name in expected} == expected


def test_ids_are_unique_over_chats_and_forwards_are_known(bot_server: TelegramServer) -> None:
    update = bot_server.text("a", forward_origin={"type": "user"})
    other = bot_server.update({"message": update["message"] | {"chat": {"id": 5, "type": "private"}}})
    found = read(update, update, other)
    assert len({one.message_id for one in found}) == len(found) == 2
    assert all(one.forwarded and not one.often_forwarded for one in found)


def test_a_pressed_button_is_a_choice_with_its_title(bot: Channel, bot_server: TelegramServer) -> None:
    bot.send(PERSON, Reply("Ini?", CHOICES))
    (message,) = read(bot_server.press(bot_server.sent[0], "bukan"))
    assert (message.kind, message.choice, message.text, message.sender) == ("choice", "bukan", "Bukan itu", PERSON)


def test_a_group_is_not_read_along(bot_server: TelegramServer) -> None:
    talk = [{"text": "Nanti rapat"}, {"text": "kabas"}, {"text": f"{AT_BOT}x benar?"}, {"photo": [{"file_id": "f"}]}]
    news = [{"new_chat_members": [{"id": 1}]}, {"pinned_message": {}}]
    assert read(*(bot_server.group_message(one) for one in [*talk, *news])) == []


def test_in_a_group_the_bot_answers_who_addresses_it(bot_server: TelegramServer) -> None:
    own = {"from": {"id": int(telegram.BOT_NUMBER)}, "text": "Belum ada klarifikasi"}
    quoted = {"from": {"id": 5}, "text": "Air PAM beracun", "message_id": 3}
    updates = [
        bot_server.group_message({"text": f"{AT_BOT.upper()} air PAM beracun?"}),
        bot_server.group_message({"text": f"/cek{AT_BOT} air"}),
        bot_server.group_message({"text": "terima kasih", "reply_to_message": own}),
        bot_server.group_message({"text": AT_BOT, "reply_to_message": quoted}),
    ]
    found = read(*updates)
    assert [one.text for one in found] == ["air PAM beracun?", "/cek air", "terima kasih", "Air PAM beracun"]
    assert {one.sender for one in found} == {"-5001"}


def test_a_group_that_moved_is_an_identity_that_changed(bot_server: TelegramServer) -> None:
    (message,) = read(bot_server.group_message({"migrate_to_chat_id": -1005001}))
    assert (message.kind, message.sender, message.new_sender) == ("identity_changed", "-5001", "-1005001")


def test_what_is_older_than_telegram_keeps_it_is_ignored(bot_server: TelegramServer) -> None:
    assert read(bot_server.message({"text": "a"}, at=NOW - timedelta(days=8)), now=NOW) == []


UPDATES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["message", "callback_query", "chat", "id", "type", "date", "text", "photo", "voice", "from",
                         "reply_to_message", "message_id", "data", "reply_markup", "inline_keyboard", "file_id"]),
        inner | st.sampled_from(["private", "group", AT_BOT]),
        max_size=5,
    ),
    max_leaves=15,
)  # fmt: skip


@given(st.lists(UPDATES, max_size=3))
def test_no_shape_of_an_update_is_an_error(updates: list[Any]) -> None:
    assert isinstance(read_updates(updates, BOT, NOW), list)
    chats = [{"id": 1, "type": kind} for kind in ("private", "group")]
    whole = [
        {"message": {"chat": chat, "message_id": 1, "photo": one, "text": one}} for chat in chats for one in updates
    ]
    assert isinstance(read_updates(whole, BOT, NOW), list)


# The webhook


def test_the_webhook_takes_what_has_the_secret_and_nothing_else(
    hooks: str, put_in_service: PutInService, inbox: Inbox, bot_server: TelegramServer
) -> None:
    hook, update = f"{hooks}/telegram", bot_server.text("Benarkah?")
    assert bot_server.deliver(hook, update).status == 404
    put_in_service("telegram")
    assert [bot_server.deliver(hook, update, secret=one).status for one in ("", "salah")] == [403, 403]
    assert bot_server.deliver(hook, bot_server.text("x" * 2**21)).status == 413
    assert inbox.messages == []
    assert [bot_server.deliver(hook, update).status for _repeated in range(3)] == [200] * 3
    assert inbox.only.text == "Benarkah?"
    change_row("telegram", is_polled=True)
    assert bot_server.deliver(hook, update).status == 404


def test_a_pressed_button_stops_waiting_in_the_answer_itself(
    hooks: str, put_in_service: PutInService, inbox: Inbox, bot_server: TelegramServer
) -> None:
    put_in_service("telegram")
    open_channels()["telegram"].send(PERSON, Reply("Ini?", CHOICES))
    pressed = bot_server.press(bot_server.sent[0], "ya")
    answer = bot_server.deliver(f"{hooks}/telegram", pressed)
    told = {"method": "answerCallbackQuery", "callback_query_id": pressed["callback_query"]["id"]}
    assert answer.content == told
    assert inbox.only.choice == "ya"


# Asking for what waits


def test_what_waits_is_fetched_once_in_order_and_survives_a_failed_store(
    app: APIFlask, settings: Settings, put_in_service: PutInService, inbox: Inbox, bot_server: TelegramServer
) -> None:
    put_in_service("telegram", is_polled=True)
    bot_server.state.webhook = "https://yang-lama.example/"
    bot_server.keep(*(bot_server.text(str(number)) for number in range(250)))
    inbox.is_broken = True
    with pytest.raises(RuntimeError):
        receive_from_telegram(settings, utc_now(), store=inbox.store)
    inbox.is_broken = False
    assert receive_from_telegram(settings, utc_now(), store=inbox.store) == 250
    assert receive_from_telegram(settings, utc_now(), store=inbox.store) == 0
    assert [one.text for one in inbox.messages] == [str(number) for number in range(250)]
    assert bot_server.state.updates == []


def test_a_kill_between_storing_and_the_offset_doubles_nothing(
    app: APIFlask, settings: Settings, put_in_service: PutInService, inbox: Inbox, bot_server: TelegramServer
) -> None:
    put_in_service("telegram", is_polled=True)
    bot_server.keep(bot_server.text("Benarkah?"))
    waiting = list(bot_server.state.updates)
    receive_from_telegram(settings, utc_now(), store=inbox.store)
    change_row("telegram", polled_offset=0)
    bot_server.keep(*waiting)
    receive_from_telegram(settings, utc_now(), store=inbox.store)
    assert inbox.only.text == "Benarkah?"


def test_a_fetched_button_stops_waiting(
    app: APIFlask, settings: Settings, put_in_service: PutInService, inbox: Inbox, bot_server: TelegramServer
) -> None:
    put_in_service("telegram", is_polled=True)
    open_channels()["telegram"].send(PERSON, Reply("Ini?", CHOICES))
    pressed = bot_server.press(bot_server.sent[0], "ya")
    bot_server.keep(pressed)
    receive_from_telegram(settings, utc_now(), store=inbox.store)
    assert inbox.only.choice == "ya"
    assert bot_server.answered_choices == [pressed["callback_query"]["id"]]


def test_telegram_is_told_once_where_to_deliver_and_when_to_stop(
    app: APIFlask, settings: Settings, put_in_service: PutInService, inbox: Inbox, bot_server: TelegramServer
) -> None:
    put_in_service("telegram")
    receive_from_telegram(settings, utc_now(), store=inbox.store)
    assert bot_server.state.webhook == f"{settings.base_url}/hook/telegram"
    bot_server.state.webhook = "unchanged"
    receive_from_telegram(settings, utc_now(), store=inbox.store)
    assert bot_server.state.webhook == "unchanged"
    change_row("telegram", is_in_service=False)
    receive_from_telegram(settings, utc_now(), store=inbox.store)
    assert bot_server.state.webhook == ""


def test_a_paused_bot_leaves_what_waits_at_telegram(
    app: APIFlask, settings: Settings, put_in_service: PutInService, inbox: Inbox, bot_server: TelegramServer
) -> None:
    put_in_service("telegram", is_polled=True, paused_at=utc_now())
    bot_server.keep(bot_server.text("Benarkah?"))
    assert receive_from_telegram(settings, utc_now(), store=inbox.store) == 0
    change_row("telegram", paused_at=None)
    assert receive_from_telegram(settings, utc_now(), store=inbox.store) == 1


def test_a_refused_token_is_shown_and_stops_no_other_work(
    app: APIFlask, settings: Settings, put_in_service: PutInService, inbox: Inbox, bot_server: TelegramServer
) -> None:
    put_in_service("telegram", is_polled=True)
    bot_server.token = "lain"
    assert receive_from_telegram(settings, utc_now(), store=inbox.store) == 0
    fault = load_row("telegram").last_fault or ""
    assert fault == "HTTP 401 Unauthorized"
