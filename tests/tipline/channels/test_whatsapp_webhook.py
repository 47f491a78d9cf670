"""The webhook of WhatsApp: it verifies, stores every message once, and answers; nothing else gets in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from json import dumps
from urllib.parse import urlsplit

import pytest

from tests.tipline.channels.conftest import HOOK_SECRET, Inbox, PutInService, change_row, load_row
from tests.tipline.chat_servers import WhatsAppServer, whatsapp


@pytest.fixture
def hook(hooks: str, put_in_service: PutInService) -> str:
    """The webhook of a number in service."""
    put_in_service("whatsapp")
    return f"{hooks}/whatsapp"


def ask(url: str) -> tuple[int, str]:
    """The status and the body of a GET."""
    parts = urlsplit(url)
    connection = HTTPConnection(parts.netloc, timeout=60)
    connection.request("GET", f"{parts.path}?{parts.query}")
    answer = connection.getresponse()
    told = answer.status, answer.read().decode()
    connection.close()
    return told


def test_meta_is_told_its_challenge_by_whoever_knows_the_token(hook: str) -> None:
    asked = f"{hook}?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token="
    assert ask(asked + HOOK_SECRET) == (200, "1158201444")
    assert ask(asked + "salah")[0] == 403
    assert ask(f"{hook}?hub.challenge=1&hub.verify_token={HOOK_SECRET}")[0] == 400


def test_every_message_of_a_nested_delivery_is_stored_once(
    hook: str, inbox: Inbox, number_server: WhatsAppServer
) -> None:
    """Three entries of three changes of three messages, delivered three times, the last time in another order."""
    entries = [[number_server.change([number_server.text(f"{a}{b}{c}") for c in "123"]) for b in "123"] for a in "123"]
    delivery = number_server.nest(entries)
    backwards = number_server.nest([list(reversed(changes)) for changes in reversed(entries)])
    assert [number_server.deliver(hook, one).status for one in (delivery, delivery, backwards)] == [200] * 3
    assert sorted(one.text for one in inbox.messages) == sorted(
        f"{a}{b}{c}" for a in "123" for b in "123" for c in "123"
    )


def test_what_cannot_be_stored_is_not_acknowledged_and_comes_again(
    hook: str, inbox: Inbox, number_server: WhatsAppServer
) -> None:
    message = number_server.text("Benarkah?")
    inbox.is_broken = True
    assert number_server.say(hook, message).status == 500
    inbox.is_broken = False
    assert number_server.say(hook, message).status == 200
    assert inbox.only.text == "Benarkah?"


def test_a_forged_signature_is_refused(hook: str, inbox: Inbox, number_server: WhatsAppServer) -> None:
    body = dumps(number_server.nest([[number_server.change([number_server.text("Palsu")])]])).encode()
    right = whatsapp.sign(body)
    forged = ["", "sha256=", right.replace("sha256", "sha1"), right[:-1], whatsapp.sign(body, "lain"), "sha256=é"]
    answers = [number_server.deliver(hook, body, signature=one.encode().decode("latin-1")) for one in forged]
    assert [one.status for one in answers] == [403] * len(forged)
    assert number_server.deliver(hook, body + b" ", signature=right).status == 403
    assert inbox.messages == []
    assert number_server.deliver(hook, body, signature=right).status == 200


def test_ten_megabytes_are_refused_in_words(hook: str, inbox: Inbox, number_server: WhatsAppServer) -> None:
    large = number_server.nest([[number_server.change([number_server.text("x" * 10 * 2**20)])]])
    answer = number_server.deliver(hook, large)
    assert answer.status == 413
    assert "terlalu besar" in answer.body.decode()
    assert inbox.messages == []


def test_a_message_of_yesterday_counts_and_one_of_last_week_does_not(
    hook: str, inbox: Inbox, number_server: WhatsAppServer
) -> None:
    now = datetime.now(UTC)
    old = number_server.text("lama", at=now - timedelta(days=8))
    yesterday = number_server.text("kemarin", at=now - timedelta(days=1))
    tomorrow = number_server.text("besok", at=now + timedelta(days=1))
    assert number_server.say(hook, old, yesterday, tomorrow).status == 200
    assert [one.text for one in inbox.messages] == ["kemarin", "besok"]
    assert inbox.messages[1].sent_at <= datetime.now(UTC)


def test_states_before_the_acknowledgement_and_out_of_order_change_nothing(
    hook: str, inbox: Inbox, number_server: WhatsAppServer
) -> None:
    states = [number_server.status("wamid.keluar9", state) for state in ("read", "delivered", "sent", "delivered")]
    change = number_server.change([number_server.text("Halo")], statuses=states)
    assert number_server.deliver(hook, number_server.nest([[change]])).status == 200
    assert inbox.only.text == "Halo"
    assert load_row("whatsapp").last_fault is None


def test_a_reply_that_failed_later_is_shown_to_the_office_without_the_number(
    hook: str, number_server: WhatsAppServer
) -> None:
    errors = [{"code": 131047, "title": "Re-engagement message to 6281200009999"}]
    state = number_server.status("wamid.keluar9", "failed", errors=errors)
    assert number_server.deliver(hook, number_server.nest([[number_server.change(statuses=[state])]])).status == 200
    assert load_row("whatsapp").last_fault == "131047 Re-engagement message to …"


def test_a_signed_body_of_any_shape_is_harmless(hook: str, inbox: Inbox, number_server: WhatsAppServer) -> None:
    bodies = [b"", b"[]", b"null", b"{", b'{"entry": 1}', b'{"entry": [{"changes": [{"value": []}, 7]}, null]}']
    odd = number_server.change([{"id": "wamid.x", "type": ["text"], "from": 5, "timestamp": {}, "text": "x"}])  # type: ignore[list-item]
    deep = b"[" * 50_000
    answers = [number_server.deliver(hook, one) for one in [*bodies, deep, number_server.nest([[odd]])]]
    assert {one.status for one in answers} == {200}
    assert [one.kind for one in inbox.messages] == ["unsupported"]


def test_messages_to_another_number_of_the_app_are_left_alone(
    hook: str, inbox: Inbox, number_server: WhatsAppServer
) -> None:
    other = number_server.change([number_server.text("Bukan kepada kami")], number_id="999")
    assert number_server.deliver(hook, number_server.nest([[other]])).status == 200
    assert inbox.messages == []


def test_a_paused_number_still_takes_what_comes_and_one_out_of_service_does_not(
    hook: str, inbox: Inbox, number_server: WhatsAppServer
) -> None:
    change_row("whatsapp", paused_at=datetime.now(UTC))
    assert number_server.say(hook, number_server.text("Selama jeda")).status == 200
    change_row("whatsapp", is_in_service=False)
    assert number_server.say(hook, number_server.text("Tidak melayani")).status == 404
    assert inbox.only.text == "Selama jeda"
