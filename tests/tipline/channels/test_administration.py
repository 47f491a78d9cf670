"""*Kelola → WhatsApp dan Telegram*: keys, a try, and a second person before a resident is answered."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from apiflask import APIFlask
from flask.testing import FlaskClient

from hoax_tracker.core.config.settings import Settings
from hoax_tracker.models import AuditEvent, Officer, TiplineChannel, db
from hoax_tracker.operations.instance_keys import sealed_columns
from hoax_tracker.tipline.channels import open_channels
from hoax_tracker.tipline.messages import Reply
from tests import factories
from tests.browser import read_form_fields
from tests.tipline.channels.conftest import HOOK_SECRET, PutInService, load_row
from tests.tipline.chat_servers import TelegramServer, WhatsAppServer, telegram, whatsapp

SignIn = Callable[[Officer], FlaskClient]
PAGE = "/petugas/kelola/saluran"
BOT, NUMBER = f"{PAGE}/telegram", f"{PAGE}/whatsapp"


def press(browser: FlaskClient, page: str, act: str, **fields: str) -> str:
    """What stands on the page after a button of it was pressed."""
    answer = factories.submit_form(browser, f"{page}/{act}", page, **fields)
    return answer.text if answer.status_code != 303 else browser.get(page).text


def propose(browser: FlaskClient, page: str, **fields: str | bool) -> str:
    """What stands on the page that follows a proposal."""
    shown = read_form_fields(browser, page) | {"is_in_service": "y"} | fields
    return browser.post(page, data=shown, follow_redirects=True).text


def bot_fields(server: TelegramServer) -> dict[str, str]:
    """What is typed for the bot."""
    return {"account": f"@{telegram.BOT_NAME}", "base_url": server.url}


def test_the_bot_answers_only_after_a_second_person_agreed(
    guarded: None, browser: FlaskClient, administrator: Officer, bot_server: TelegramServer, approver: Officer
) -> None:
    propose(browser, BOT, **bot_fields(bot_server), is_in_service="")
    assert "Tersimpan tersandi" in press(browser, BOT, "kunci", token=telegram.TOKEN)
    assert f"@{telegram.BOT_NAME}" in press(browser, BOT, "coba")
    shown = propose(browser, BOT, **bot_fields(bot_server))
    assert f"https://t.me/{telegram.BOT_NAME}" in shown
    assert open_channels() == {}
    factories.confirm_waiting(acts=["tipline_channel"])
    open_channels()["telegram"].send("5", Reply("Halo"))
    assert [one.text for one in bot_server.sent] == ["Halo"]
    page = browser.get(BOT).text
    assert "melayani" in page
    assert "<svg" in page


def test_no_key_is_ever_shown_or_written_down(
    browser: FlaskClient, settings: Settings, caplog: pytest.LogCaptureFixture, number_server: WhatsAppServer
) -> None:
    press(browser, NUMBER, "kunci", token=whatsapp.TOKEN, app_secret=whatsapp.APP_SECRET)
    press(browser, NUMBER, "coba")
    pages = browser.get(NUMBER).text + browser.get("/petugas/audit").text + caplog.text
    events = str([event.detail for event in db.session.scalars(sa.select(AuditEvent))])
    stored = str(db.session.execute(sa.text("select * from tipline_channel")).all())
    for secret in (whatsapp.TOKEN, whatsapp.APP_SECRET):
        assert secret not in pages + events + stored
    assert TiplineChannel.__table__.c.sealed_keys in sealed_columns()


def test_the_address_and_the_token_to_paste_stand_on_the_page(browser: FlaskClient, settings: Settings) -> None:
    press(browser, NUMBER, "kunci", token=whatsapp.TOKEN, app_secret=whatsapp.APP_SECRET)
    page = browser.get(NUMBER).text
    assert f"{settings.base_url}/hook/whatsapp" in page
    token = page.split('Verify token</dt><dd><code class="long">')[1].split("<")[0]
    asked = {"hub.mode": "subscribe", "hub.verify_token": token, "hub.challenge": "42"}
    assert browser.get("/hook/whatsapp", query_string=asked).text == "42"
    press(browser, NUMBER, "kunci", token="lain-kunci-yang-baru", app_secret=whatsapp.APP_SECRET)
    assert browser.get("/hook/whatsapp", query_string=asked).text == "42", "Meta need not be told again"


def test_what_the_other_side_says_is_shown(
    browser: FlaskClient, put_in_service: PutInService, number_server: WhatsAppServer, bot_server: TelegramServer
) -> None:
    put_in_service("whatsapp")
    put_in_service("telegram", account="bot_lain")
    assert "Kabas Hoaks" in press(browser, NUMBER, "coba")
    number_server.token = "dicabut"
    assert "Error validating access token" in press(browser, NUMBER, "coba")
    assert f"milik @{telegram.BOT_NAME}, bukan @bot_lain" in press(browser, BOT, "coba")
    bot_server.state.reads_groups = True
    load_row("telegram").account = telegram.BOT_NAME
    db.session.commit()
    assert "Group Privacy" in press(browser, BOT, "coba")


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ([whatsapp.make_template()], "kabar_laporan id APPROVED UTILITY"),
        ([whatsapp.make_template(status="PENDING")], "belum disetujui"),
        ([whatsapp.make_template(language="en")], "tidak mengenal templat kabar_laporan dalam bahasa id"),
        ([whatsapp.make_template(components=[{"type": "BODY", "text": "Ada kabar."}])], "satu tombol"),
        ([], "tidak mengenal templat"),
    ],
)
def test_coba_says_what_meta_says_of_the_template(
    browser: FlaskClient,
    put_in_service: PutInService,
    number_server: WhatsAppServer,
    template: list[dict[str, object]],
    words: str,
) -> None:
    named = {"template_name": whatsapp.TEMPLATE, "template_language": "id", "business_id": whatsapp.BUSINESS_ID}
    put_in_service("whatsapp", **named)
    number_server.templates = template
    assert words in press(browser, NUMBER, "coba")


def test_the_template_is_what_a_second_person_confirms(
    guarded: None, browser: FlaskClient, approver: Officer, number_server: WhatsAppServer
) -> None:
    fields = {"account": whatsapp.NUMBER, "account_id": whatsapp.NUMBER_ID, "base_url": number_server.url}
    propose(browser, NUMBER, **fields, is_in_service="")
    press(browser, NUMBER, "kunci", token=whatsapp.TOKEN, app_secret=whatsapp.APP_SECRET)
    propose(browser, NUMBER, **fields, template_name=whatsapp.TEMPLATE, template_language="id")
    assert open_channels() == {}
    factories.confirm_waiting(acts=["tipline_channel"])
    assert open_channels()["whatsapp"].send_template(whatsapp.PERSON)


def test_a_key_is_never_sent_to_a_server_that_somebody_typed_afterwards(
    browser: FlaskClient, put_in_service: PutInService, number_server: WhatsAppServer, bot_server: TelegramServer
) -> None:
    put_in_service("whatsapp")
    shown = read_form_fields(browser, NUMBER) | {"base_url": bot_server.url}
    assert "bukan milik akun dan server ini" in browser.post(NUMBER, data=shown).text
    browser.post(NUMBER, data={name: value for name, value in shown.items() if name != "is_in_service"})
    assert "untuk server lain" in press(browser, NUMBER, "coba")


def test_a_key_of_another_bot_does_not_fit(
    browser: FlaskClient, put_in_service: PutInService, bot_server: TelegramServer
) -> None:
    put_in_service("telegram")
    press(browser, BOT, "kunci", token="7999999999:token-bot-orang-lain-0001")
    assert open_channels() == {}


@pytest.mark.parametrize(
    ("page", "fields", "words"),
    [
        (BOT, {"account": "a b"}, "nama bot"),
        (BOT, {"account": "kabas_bot", "base_url": "http://192.168.1.5"}, "alamat publik"),
        (BOT, {"account": "kabas_bot", "base_url": "http://bot.example"}, "diawali https://"),
        (BOT, {"account": "kabas_bot"}, "Tempel dulu kuncinya"),
        (NUMBER, {"account": "0812", "account_id": "123"}, "kode negara"),
        (NUMBER, {"account": "6281234567890", "account_id": "abc"}, "angka saja"),
        (NUMBER, {"account": "6281234567890", "account_id": "123", "auth_header": "a: b"}, "Nama tajuk"),
        (NUMBER, {"account": "6281234567890", "account_id": "123", "template_name": "Kabar Baru"}, "huruf kecil"),
    ],
)
def test_what_cannot_be_is_refused_in_words(
    browser: FlaskClient, page: str, fields: dict[str, str], words: str
) -> None:
    assert words in propose(browser, page, **fields)
    assert db.session.scalars(sa.select(TiplineChannel)).all() == []


@pytest.mark.parametrize("token", ["", "pendek", "bukan token bot yang benar", "7000000001:pendek"])
def test_a_key_that_cannot_be_one_is_refused(browser: FlaskClient, token: str) -> None:
    assert "Belum disimpan" in press(browser, BOT, "kunci", token=token)


def test_one_person_pauses_and_lets_it_go_on(browser: FlaskClient, put_in_service: PutInService, app: APIFlask) -> None:
    put_in_service("telegram")
    assert "dijeda" in press(browser, BOT, "jeda")
    assert open_channels() == {}
    assert "melayani" in press(browser, BOT, "lanjut")
    assert list(open_channels()) == ["telegram"]
    query = sa.select(AuditEvent.action).where(AuditEvent.action.startswith("tipline"))
    assert list(db.session.scalars(query.order_by(AuditEvent.id))) == ["tipline_paused", "tipline_resumed"]


def test_the_ceiling_is_a_number_or_none(browser: FlaskClient, put_in_service: PutInService) -> None:
    put_in_service("whatsapp")
    press(browser, NUMBER, "batas", ceiling="250")
    assert load_row("whatsapp").monthly_ceiling == 250
    assert "Belum disimpan" in press(browser, NUMBER, "batas", ceiling="dua ratus")
    press(browser, NUMBER, "batas", ceiling="")
    assert load_row("whatsapp").monthly_ceiling is None


def test_nobody_else_opens_the_pages(officer: Officer, sign_in: SignIn) -> None:
    browser = sign_in(officer)
    assert [browser.get(path).status_code for path in (PAGE, BOT, NUMBER)] == [403] * 3


def test_the_secret_of_the_webhook_is_not_on_the_bots_page(browser: FlaskClient, put_in_service: PutInService) -> None:
    put_in_service("telegram")
    assert HOOK_SECRET not in browser.get(BOT).text
