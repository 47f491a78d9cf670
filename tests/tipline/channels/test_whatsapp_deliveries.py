"""Every documented type of a message, as the conversation gets it."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, strategies as st

from hoax_tracker.tipline.channels.whatsapp_deliveries import read_failures, read_messages
from hoax_tracker.tipline.messages import IncomingMessage
from tests.conftest import NOW
from tests.tipline.chat_servers import WhatsAppServer
from tests.tipline.chat_servers.whatsapp import NUMBER_ID, PERSON, PERSON_NUMBER

DIGEST = hashlib.sha256(b"suara").hexdigest()
MEDIA = {"id": "media1", "mime_type": "audio/ogg; codecs=opus", "sha256": DIGEST}


@pytest.fixture(scope="module")
def people() -> Iterator[WhatsAppServer]:
    """What people send; nothing is asked of the server."""
    with WhatsAppServer() as server:
        yield server


def read(
    people: WhatsAppServer, *messages: dict[str, Any], now: datetime = NOW, **change: Any
) -> list[IncomingMessage]:
    """The messages of one delivery."""
    return read_messages(people.nest([[people.change(messages, **change)]]), NUMBER_ID, now)


@pytest.mark.parametrize(
    ("content", "kind", "expected"),
    [
        ({"type": "text", "text": {"body": "Halo"}}, "text", {"text": "Halo"}),
        (
            {"type": "image", "image": {"id": "m", "mime_type": "image/jpeg", "caption": "Lihat"}},
            "image",
            {"media_id": "m", "media_type": "image/jpeg", "text": "Lihat"},
        ),
        ({"type": "audio", "audio": MEDIA | {"voice": True}}, "audio", {"media_sha256": DIGEST, "media_id": "media1"}),
        ({"type": "video", "video": {"id": "v"}}, "video", {"media_id": "v"}),
        ({"type": "document", "document": {"id": "d", "filename": "Ana Lay.pdf"}}, "document", {"text": ""}),
        ({"type": "sticker", "sticker": {"id": "s"}}, "sticker", {"media_id": "s"}),
        ({"type": "location", "location": {"latitude": -10.1, "name": "Rumah"}}, "location", {"text": ""}),
        ({"type": "contacts", "contacts": [{"name": {"first_name": "Ana"}}]}, "contacts", {"text": ""}),
        ({"type": "reaction", "reaction": {"message_id": "x", "emoji": "👍"}}, "reaction", {"text": "👍"}),
        (
            {"type": "button", "button": {"payload": "yes", "text": "Ya, ini"}},
            "choice",
            {"choice": "yes", "text": "Ya, ini"},
        ),
        (
            {
                "type": "interactive",
                "interactive": {"type": "button_reply", "button_reply": {"id": "p1", "title": "Satu"}},
            },
            "choice",
            {"choice": "p1", "text": "Satu"},
        ),
        (
            {
                "type": "interactive",
                "interactive": {"type": "list_reply", "list_reply": {"id": "p4", "title": "Empat"}},
            },
            "choice",
            {"choice": "p4", "text": "Empat"},
        ),
        ({"type": "unsupported", "errors": [{"code": 131051}]}, "unsupported", {}),
        ({"type": "order", "order": {}}, "unsupported", {}),
        ({"type": "image", "image": {}}, "unsupported", {}),
    ],
)
def test_each_documented_type(
    people: WhatsAppServer, content: dict[str, Any], kind: str, expected: dict[str, str]
) -> None:
    (message,) = read(people, people.message(content, at=NOW))
    assert message.kind == kind
    assert {name: getattr(message, name) for name in expected} == expected
    assert (message.channel, message.sender, message.sent_at) == ("whatsapp", PERSON, NOW.replace(microsecond=0))


def test_nothing_of_a_position_or_of_other_people_is_passed_on(people: WhatsAppServer) -> None:
    secret = "Ana-Lay-0812"
    sent = [
        {"type": "location", "location": {"name": secret, "address": secret}},
        {"type": "contacts", "contacts": [{"name": {"formatted_name": secret}, "phones": [{"phone": secret}]}]},
        {"type": "document", "document": {"id": "d", "filename": secret}},
    ]
    contacts = [{"profile": {"name": secret}, "wa_id": PERSON_NUMBER, "user_id": PERSON}]
    assert secret not in str(read(people, *(people.message(one, at=NOW) for one in sent), contacts=contacts))


def test_forwarded_and_often_forwarded(people: WhatsAppServer) -> None:
    sent = [
        people.text("a", at=NOW, context={"forwarded": True}),
        people.text("b", at=NOW, context={"frequently_forwarded": True}),
        people.text("c", at=NOW),
    ]
    found = [(one.forwarded, one.often_forwarded) for one in read(people, *sent)]
    assert found == [(True, False), (True, True), (False, False)]


def test_a_digest_may_come_in_base64(people: WhatsAppServer) -> None:
    told = base64.b64encode(bytes.fromhex(DIGEST)).decode()
    sent = [people.message({"type": "audio", "audio": MEDIA | {"sha256": one}}, at=NOW) for one in (told, "x", None)]
    assert [one.media_sha256 for one in read(people, *sent)] == [DIGEST, "", ""]


def test_the_sender_is_the_scoped_id_and_the_number_only_where_there_is_none(people: WhatsAppServer) -> None:
    without_number = people.text("a", at=NOW, **{"from": None})
    only_contact = people.text("b", at=NOW, **{"from": None, "from_user_id": None})
    old_style = people.text("c", at=NOW, from_user_id=None)
    named = [{"profile": {}, "user_id": "ID.7"}]
    assert [one.sender for one in read(people, without_number)] == [PERSON]
    assert [one.sender for one in read(people, only_contact, contacts=named)] == ["ID.7"]
    assert [one.sender for one in read(people, old_style)] == [PERSON_NUMBER]
    assert read(people, only_contact, contacts=[]) == []


def test_two_people_in_one_change_are_told_apart(people: WhatsAppServer) -> None:
    sent = [
        people.text("a", at=NOW, from_user_id=None, **{"from": "62811"}),
        people.text("b", at=NOW, from_user_id=None, **{"from": "62822"}),
    ]
    contacts = [{"wa_id": "62811", "user_id": "ID.1"}, {"wa_id": "62822", "user_id": "ID.2"}]
    assert [one.sender for one in read(people, *sent, contacts=contacts)] == ["ID.1", "ID.2"]


@pytest.mark.parametrize(
    ("system", "sender", "old", "new"),
    [
        ({"type": "user_changed_user_id", "user_id": "ID.2", "previous_user_id": "ID.1"}, "ID.2", "ID.1", "ID.2"),
        ({"type": "user_changed_user_id", "user_id": "ID.2"}, "ID.1", "ID.1", "ID.2"),
        (
            {"type": "user_changed_user_id", "user_id": "ID.2", "body": "User A changed from ID.1 to ID.2"},
            "ID.2",
            "ID.1",
            "ID.2",
        ),
        ({"type": "user_changed_number", "wa_id": "62822", "user_id": "ID.2"}, "ID.1", "ID.1", "ID.2"),
        ({"type": "user_changed_number", "wa_id": "62822"}, None, PERSON_NUMBER, "62822"),
    ],
)
def test_who_has_another_id_from_now_on(
    people: WhatsAppServer, system: dict[str, str], sender: str | None, old: str, new: str
) -> None:
    sent = people.message({"type": "system", "system": system}, at=NOW, from_user_id=sender)
    (message,) = read(people, sent, contacts=[])
    assert (message.kind, message.sender, message.new_sender) == ("identity_changed", old, new)


def test_other_news_of_the_system_are_nothing_that_somebody_said(people: WhatsAppServer) -> None:
    sent = people.message({"type": "system", "system": {"type": "customer_identity_changed"}}, at=NOW)
    same = people.message({"type": "system", "system": {"type": "user_changed_user_id", "user_id": PERSON}}, at=NOW)
    assert read(people, sent, same) == []


def test_who_calls_is_known_and_the_end_of_a_call_is_not_another_call(people: WhatsAppServer) -> None:
    called = [
        people.message({"event": event}, at=NOW, id=f"wacid.{event}", direction="USER_INITIATED")
        for event in ("connect", "terminate")
    ]
    found = read(people, field_name="calls", calls=called, contacts=[])
    assert [(one.kind, one.message_id, one.sender) for one in found] == [("call", "wacid.connect", PERSON)]


def test_no_text_breaks_a_database(people: WhatsAppServer) -> None:
    (message,) = read(people, people.text("a\0b\ud800" + "x" * 50_000, at=NOW))
    assert message.text.startswith("ab?x")
    assert len(message.text) < 20_001


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["entry", "changes", "value", "messages", "statuses", "text", "type", "id", "from", "metadata",
                         "phone_number_id", "contacts", "errors", "interactive", "image", "system", "field"]),
        inner | st.sampled_from([NUMBER_ID, "messages", "system", "image", "failed"]),
        max_size=4,
    ),
    max_leaves=15,
)  # fmt: skip


@given(JSON)
def test_no_shape_of_a_delivery_is_an_error(content: Any) -> None:
    change = {"field": "messages", "value": {"metadata": {"phone_number_id": NUMBER_ID}, "messages": content}}
    for payload in ({"entry": content}, {"entry": [{"changes": [change, content]}]}):
        assert isinstance(read_messages(payload, NUMBER_ID, NOW), list)
        assert isinstance(read_failures(payload, NUMBER_ID), list)
