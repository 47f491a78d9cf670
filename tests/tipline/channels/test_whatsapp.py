"""Sending on WhatsApp, with the Cloud API on loopback: forms, errors that are ours to wait for, files, the ceiling."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest
import sqlalchemy as sa
from apiflask import APIFlask

from hoax_tracker.clock import utc_now
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.models import Notice, NoticeKind, Officer, db
from hoax_tracker.tipline.channels import open_channels, reply_ceiling
from hoax_tracker.tipline.channels.access import read_access
from hoax_tracker.tipline.channels.api_client import MEDIA_LIMIT_BYTES, make_fetcher
from hoax_tracker.tipline.channels.whatsapp import WhatsAppChannel
from hoax_tracker.tipline.messages import (
    Channel,
    Choice,
    MediaUnavailable,
    Reply,
    SendRefused,
    TemporarySendError,
    WindowClosed,
)
from tests.tipline.channels.conftest import PutInService, change_row, load_row
from tests.tipline.chat_servers import WhatsAppServer, whatsapp
from tests.tipline.chat_servers.loopback import ServerAnswer

PERSON = whatsapp.PERSON
CARD, LINK = "https://kabas.example/klarifikasi/a.png", "https://kabas.example/k/a"
CHOICES = tuple(Choice(f"pilih:{number}", f"Nomor {number}") for number in range(1, 4))


@pytest.fixture
def number(app: APIFlask, put_in_service: PutInService) -> Channel:
    """The number, in service."""
    put_in_service("whatsapp")
    return open_channels()["whatsapp"]


def test_a_reply_is_a_picture_with_the_text_and_the_link_below_it(
    number: Channel, number_server: WhatsAppServer
) -> None:
    message_id = number.send(PERSON, Reply("Faktanya: air PAM aman.", card_url=CARD, link=LINK))
    (sent,) = number_server.sent
    assert (sent.message_id, sent.recipient, sent.picture) == (message_id, PERSON, CARD)
    assert sent.text == f"Faktanya: air PAM aman.\n\n{LINK}"


def test_choices_are_buttons_and_more_of_them_a_list(number: Channel, number_server: WhatsAppServer) -> None:
    number.send(PERSON, Reply("Yang mana?", CHOICES, card_url=CARD))
    number.send(PERSON, Reply("Yang mana?", (*CHOICES, Choice("pilih:4", "Nomor 4"))))
    buttons, rows = number_server.sent
    assert (buttons.payload["interactive"]["type"], buttons.picture) == ("button", CARD)
    assert rows.payload["interactive"]["type"] == "list"
    assert [payload for _title, payload in rows.buttons] == [f"pilih:{number}" for number in range(1, 5)]


@pytest.mark.parametrize("length", [1000, 1020, 1030, 4090, 9000])
def test_a_long_text_goes_out_whole_or_with_its_link(
    number: Channel, number_server: WhatsAppServer, length: int
) -> None:
    number.send(PERSON, Reply("x" * length, CHOICES, card_url=CARD, link=LINK))
    (sent,) = number_server.sent
    assert LINK in sent.text
    assert sent.buttons or "3. Nomor 3" in sent.text or length > 4000


def test_choices_that_the_text_numbers_itself_are_not_numbered_twice(
    number: Channel, number_server: WhatsAppServer
) -> None:
    text = "x" * 1100 + "\n1. Nomor 1\n2. Nomor 2\n3. Nomor 3"
    number.send(PERSON, Reply(text, CHOICES))
    assert number_server.sent[0].text == text


def test_a_person_without_a_scoped_id_is_reached_by_number(number: Channel, number_server: WhatsAppServer) -> None:
    number.send("6281200009999", Reply("Halo"))
    number.send(PERSON, Reply("Halo"))
    assert [sorted({"to", "recipient"} & set(one.payload)) for one in number_server.sent] == [["to"], ["recipient"]]


@pytest.mark.parametrize(
    ("fault", "error", "waits"),
    [
        (whatsapp.refuse(131047), WindowClosed, 0),
        (whatsapp.refuse(131056), TemporarySendError, 6),
        (whatsapp.refuse(130429, 429), TemporarySendError, 60),
        (whatsapp.refuse(130429, 429, Retry_After="17"), TemporarySendError, 17),
        (ServerAnswer(429), TemporarySendError, 60),
        (ServerAnswer(500), TemporarySendError, 60),
        (ServerAnswer(503, body=b"<html>"), TemporarySendError, 60),
        (whatsapp.refuse(190, 401), TemporarySendError, 600),
        (whatsapp.refuse(131026), SendRefused, 0),
        (whatsapp.refuse(100), SendRefused, 0),
    ],
)
def test_what_is_ours_to_wait_for_and_what_is_final(
    number: Channel, number_server: WhatsAppServer, fault: ServerAnswer, error: type[Exception], waits: float
) -> None:
    number_server.faults.append(fault)
    with pytest.raises(error) as raised:
        number.send(PERSON, Reply("Halo"))
    if isinstance(raised.value, TemporarySendError):
        assert raised.value.retry_after == waits
    assert number_server.sent == []
    number.send(PERSON, Reply("Halo"))
    assert [one.text for one in number_server.sent] == ["Halo"]


def test_a_refused_key_is_shown_to_the_office_and_appears_nowhere(
    number: Channel, number_server: WhatsAppServer, caplog: pytest.LogCaptureFixture
) -> None:
    number_server.token = "yang-baru"
    with pytest.raises(TemporarySendError) as raised:
        number.send(PERSON, Reply("Halo"))
    told = f"{raised.value!r} {raised.value.__cause__} {caplog.text} {load_row('whatsapp').last_fault}"
    assert "Error validating access token" in told
    assert whatsapp.TOKEN not in told


def test_nobody_answers(number: Channel, number_server: WhatsAppServer, settings: Settings) -> None:
    access = read_access("whatsapp", settings)
    assert access is not None
    nowhere = replace(access, base_url="http://127.0.0.1:9")
    with pytest.raises(TemporarySendError):
        WhatsAppChannel(nowhere, make_fetcher(frozenset({("127.0.0.1", 9)}))).send(PERSON, Reply("Halo"))


def test_a_file_is_fetched_until_it_expires(number: Channel, number_server: WhatsAppServer) -> None:
    number_server.add_media("m1", "audio/ogg", b"suara")
    number_server.add_media("m2", "video/mp4", b"x" * (MEDIA_LIMIT_BYTES + 1))
    assert number.fetch_media("m1") == b"suara"
    number_server.media.pop("m1")
    for gone in ("m1", "m2", "../messages"):
        with pytest.raises(MediaUnavailable):
            number.fetch_media(gone)


def test_a_provider_with_the_same_interface_serves(
    app: APIFlask, number_server: WhatsAppServer, put_in_service: PutInService
) -> None:
    number_server.header = "D360-API-KEY"
    put_in_service("whatsapp", auth_header="D360-API-KEY")
    number = open_channels()["whatsapp"]
    number.send(PERSON, Reply("Halo"))
    number_server.add_media("m1", "image/jpeg", b"gambar")
    assert number.fetch_media("m1") == b"gambar"
    assert number_server.sent[0].text == "Halo"


def test_through_a_provider_every_reply_counts_and_beyond_the_ceiling_has_no_picture(
    number: Channel, settings: Settings, number_server: WhatsAppServer, administrator: Officer
) -> None:
    change_row("whatsapp", monthly_ceiling=5, auth_header="D360-API-KEY")
    number_server.header = "D360-API-KEY"
    provider = open_channels()["whatsapp"]
    for _reply in range(7):
        provider.send(PERSON, Reply("Faktanya", CHOICES, card_url=CARD, link=LINK))
    assert [bool(one.picture) for one in number_server.sent] == [True] * 5 + [False] * 2
    assert all(LINK in one.text and one.buttons for one in number_server.sent)
    (notice,) = db.session.scalars(sa.select(Notice).where(Notice.kind == NoticeKind.TIPLINE_COST))
    assert notice.officer_id == administrator.id
    assert notice.text.startswith("4 dari 5 pesan WhatsApp yang dapat ditagih")


@pytest.fixture
def asking(number: Channel, put_in_service: PutInService) -> Channel:
    """The number, with an approved template."""
    change_row("whatsapp", template_name=whatsapp.TEMPLATE, template_language="id")
    return open_channels()["whatsapp"]


def test_at_meta_templates_count_alone_and_none_goes_out_beyond_the_ceiling(
    asking: Channel, number_server: WhatsAppServer, administrator: Officer
) -> None:
    change_row("whatsapp", monthly_ceiling=2)
    for _reply in range(4):
        asking.send(PERSON, Reply("Faktanya", card_url=CARD))
    assert load_row("whatsapp").counted_replies == 0
    assert [asking.send_template(PERSON) for _time in range(3)] == [True, True, False]
    assert all(one.picture for one in number_server.sent[:4])
    assert [one.kind for one in number_server.sent[4:]] == ["template"] * 2
    assert len(db.session.scalars(sa.select(Notice).where(Notice.kind == NoticeKind.TIPLINE_COST)).all()) == 1
    asking.send(PERSON, Reply("Faktanya", card_url=CARD))
    assert number_server.sent[-1].picture == CARD


def test_the_template_goes_out_where_free_text_does_not(asking: Channel, number_server: WhatsAppServer) -> None:
    number_server.closed.add(PERSON)
    with pytest.raises(WindowClosed):
        asking.send(PERSON, Reply("Halo"))
    assert asking.send_template(PERSON)
    (sent,) = number_server.sent
    assert (sent.text, sent.buttons) == (whatsapp.TEMPLATE, (("Baca kabarnya", "news"),))


def test_without_a_template_nothing_is_asked(number: Channel, number_server: WhatsAppServer) -> None:
    assert not number.send_template(PERSON)
    assert number_server.sent == []


def test_a_template_that_meta_does_not_know_is_shown_to_the_office(
    asking: Channel, number_server: WhatsAppServer
) -> None:
    number_server.templates.clear()
    with pytest.raises(SendRefused):
        asking.send_template(PERSON)
    row = load_row("whatsapp")
    assert "132001" in str(row.last_fault)
    assert row.counted_replies == 0


def test_a_new_month_begins_at_none(number: Channel, now: datetime, administrator: Officer) -> None:
    change_row("whatsapp", monthly_ceiling=2)
    november, december = now.replace(day=30, hour=15), now.replace(day=30, hour=17)  # 23.00 and 1.00 WITA
    for _reply in range(3):
        reply_ceiling.count_reply("whatsapp", november)
    assert [reply_ceiling.has_room("whatsapp", moment) for moment in (november, december)] == [False, True]
    reply_ceiling.count_reply("whatsapp", december)
    row = load_row("whatsapp")
    assert (row.counted_month, row.counted_replies) == ("2026-12", 1)


def test_without_a_ceiling_every_reply_has_its_picture(number: Channel, number_server: WhatsAppServer) -> None:
    change_row("whatsapp", monthly_ceiling=None, counted_replies=10**6, counted_month=reply_ceiling.month_of(utc_now()))
    number.send(PERSON, Reply("Faktanya", card_url=CARD))
    assert number_server.sent[0].picture == CARD


def test_a_failed_reply_does_not_count(number: Channel, number_server: WhatsAppServer) -> None:
    number_server.faults.append(whatsapp.refuse(131056))
    with pytest.raises(TemporarySendError):
        number.send(PERSON, Reply("Halo"))
    assert load_row("whatsapp").counted_replies == 0


@pytest.mark.parametrize(
    "columns",
    [{"is_in_service": False}, {"paused_at": utc_now()}, {"base_url": "https://lain.example"}, {"account_id": ""}],
)
def test_a_channel_that_is_not_whole_sends_nothing(
    app: APIFlask, put_in_service: PutInService, columns: dict[str, object]
) -> None:
    put_in_service("whatsapp", **columns)
    assert open_channels() == {}
