"""Both services on loopback, channels in service there, and webhooks that put what comes into a list."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from apiflask import APIFlask

from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.models import TiplineChannel, db
from hoax_tracker.tipline.channels import views
from hoax_tracker.tipline.channels.access import TELEGRAM, ChannelKeys, make_row, seal_keys
from hoax_tracker.tipline.messages import IncomingMessage
from tests import databases
from tests.chrome import serve_app
from tests.conftest import NOW, settings_for
from tests.tipline.chat_servers import TelegramServer, WhatsAppServer, telegram, whatsapp

HOOK_SECRET = "rahasia-kait-untuk-uji"
PutInService = Callable[..., None]


@dataclass
class Inbox:
    """A store of messages in memory: each id once. Where it is ``broken``, nothing can be stored."""

    messages: list[IncomingMessage] = field(default_factory=list)
    is_broken: bool = False

    def store(self, messages: Sequence[IncomingMessage]) -> int:
        """Add the messages that are new, and return how many these are."""
        if self.is_broken:
            raise RuntimeError("the disk is full")
        known = {one.message_id for one in self.messages}
        new = [one for one in messages if one.message_id not in known]
        self.messages += new
        return len(new)

    @property
    def only(self) -> IncomingMessage:
        """The one message."""
        (message,) = self.messages
        return message


@pytest.fixture
def bot_server() -> Iterator[TelegramServer]:
    """Telegram, on loopback."""
    with TelegramServer() as server:
        server.state.secret = HOOK_SECRET
        yield server


@pytest.fixture
def number_server() -> Iterator[WhatsAppServer]:
    """WhatsApp, on loopback."""
    with WhatsAppServer() as server:
        yield server


@pytest.fixture
def settings(
    prepared: Path, instance_folder: Path, bot_server: TelegramServer, number_server: WhatsAppServer
) -> Iterator[Settings]:
    """The settings of this test's instance, which may ask both servers."""
    databases.replace_instance(prepared, instance_folder)
    yield settings_for(instance_folder, fetch_allow=bot_server.allow | number_server.allow)
    databases.drop_databases_in(instance_folder.parent)


@pytest.fixture
def put_in_service(
    settings: Settings, bot_server: TelegramServer, number_server: WhatsAppServer
) -> Callable[..., None]:
    """Return a function that puts a channel into service; what it is given replaces the columns of its row."""

    def put(name: str, **columns: object) -> None:
        is_bot = name == TELEGRAM
        url = bot_server.url if is_bot else number_server.url
        keys = ChannelKeys(
            url,
            telegram.TOKEN if is_bot else whatsapp.TOKEN,
            "" if is_bot else whatsapp.APP_SECRET,
            HOOK_SECRET,
        )
        row = make_row(name)
        row.base_url, row.is_in_service = url, True
        row.account = telegram.BOT_NAME if is_bot else whatsapp.NUMBER
        row.account_id = telegram.BOT_NUMBER if is_bot else whatsapp.NUMBER_ID
        row.sealed_keys, row.keys_saved_at = seal_keys(keys, settings.contact_key), NOW
        for column, value in columns.items():
            setattr(row, column, value)
        with write_transaction():
            db.session.add(row)

    return put


@pytest.fixture
def inbox() -> Inbox:
    """What the webhooks store."""
    return Inbox()


@pytest.fixture
def hooks(fresh_app: APIFlask, inbox: Inbox) -> Iterator[str]:
    """The address below which the webhooks of a served application store into ``inbox``."""
    fresh_app.register_blueprint(views.create_blueprint(inbox.store, "collecting_hooks"), url_prefix="/uji")
    with serve_app(fresh_app) as address:
        yield f"{address}/uji"


def load_row(name: str) -> TiplineChannel:
    """The channel's row, as it is stored now."""
    db.session.rollback()
    return db.session.query(TiplineChannel).filter_by(name=name).one()


def change_row(name: str, **columns: object) -> None:
    """Change columns of the channel's row."""
    row = load_row(name)
    for column, value in columns.items():
        setattr(row, column, value)
    db.session.commit()
