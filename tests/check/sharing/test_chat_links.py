"""Where a chat channel is in service, posters and answers lead to it; officers copy a page's words for a channel."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace

import pikepdf
import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient

from hoax_tracker.check.sharing.poster import draw_poster
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.models import Officer, db
from hoax_tracker.organisation.public_contacts import ChatLink, list_chat_links
from hoax_tracker.tipline.channels.access import make_row
from tests.check.conftest import MESSAGE, UNRELATED, Publish
from tests.check.sharing.conftest import card_facts

WHATSAPP, TELEGRAM = "https://wa.me/6281200000001", "https://t.me/kabas_kupang_bot"
SignIn = Callable[[Officer], FlaskClient]


def put_in_service(name: str, account: str, *, is_in_service: bool = True) -> None:
    """Let a channel have an account that residents see."""
    row = make_row(name)
    row.account, row.is_in_service = account, is_in_service
    with write_transaction():
        db.session.add(row)


@pytest.fixture
def channels(app: APIFlask) -> None:
    """Both channels, in service."""
    put_in_service("telegram", "kabas_kupang_bot")
    put_in_service("whatsapp", "6281200000001")


@pytest.mark.usefixtures("channels")
def test_an_answer_and_a_page_lead_to_the_channels_in_service(client: FlaskClient, publish: Publish) -> None:
    publish(claim_quote=MESSAGE, slug="air")
    pages = [client.post("/cek", data={"teks": text}).text for text in (MESSAGE, UNRELATED)]
    for page in (*pages, client.get("/klarifikasi/air").text):
        assert f'href="{WHATSAPP}"' in page
        assert f'href="{TELEGRAM}"' in page
        assert page.count('<div class="qr"') == 2


def test_nobody_is_led_to_a_channel_that_does_not_serve(client: FlaskClient) -> None:
    put_in_service("whatsapp", "6281200000001", is_in_service=False)
    assert list_chat_links() == []
    assert "wa.me/628" not in client.post("/cek", data={"teks": UNRELATED}).text


@pytest.mark.needs("fonts")
@pytest.mark.parametrize("count", [1, 2])
def test_a_poster_has_room_for_the_codes_of_the_channels(app: APIFlask, count: int) -> None:
    chats = (ChatLink("WhatsApp", WHATSAPP), ChatLink("Telegram", TELEGRAM))[:count]
    with app.test_request_context():
        drawn = pikepdf.open(io.BytesIO(draw_poster(replace(card_facts(fact="Air tetap mengalir"), chats=chats))))
        plain = pikepdf.open(io.BytesIO(draw_poster(card_facts(fact="Air tetap mengalir"))))
    sizes = [len(one.pages[0].Contents.read_bytes()) for one in (plain, drawn)]
    assert len(drawn.pages) == 1
    assert sizes[1] > sizes[0]


@pytest.mark.needs("fonts")
@pytest.mark.usefixtures("channels")
def test_the_poster_of_the_service_changes_with_the_channels(client: FlaskClient) -> None:
    assert client.get("/poster.pdf").status_code == 200


def test_officers_copy_a_published_page_for_a_channel(officer: Officer, sign_in: SignIn, publish: Publish) -> None:
    page_id = publish(title="Air PDAM tetap mengalir", slug="air")
    shown = sign_in(officer).get(f"/petugas/klarifikasi/{page_id}").text
    copied = shown.split('id="teks-saluran"')[1].split("</textarea>")[0]
    assert copied.split(">", 1)[1].lstrip().startswith("*Air PDAM tetap mengalir*")
    assert "/k/" in copied
