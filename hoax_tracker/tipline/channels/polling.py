"""Telegram without a public address: the worker asks for what waits. With one, it says where to deliver.

Messages are stored before the offset moves on, so that a kill between the two makes them come again, and the store
knows them.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from datetime import datetime

import sqlalchemy as sa

from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.core.structured_logging import log_fields
from hoax_tracker.models import TiplineChannel, db
from hoax_tracker.notifications.mail import public_url_for
from hoax_tracker.tipline.channels.access import TELEGRAM, ChannelAccess, read_access
from hoax_tracker.tipline.channels.api_client import read_dict, read_dicts
from hoax_tracker.tipline.channels.registry import note_fault, open_telegram
from hoax_tracker.tipline.channels.telegram import UPDATES_AT_ONCE, Bot, TelegramChannel, callback_id_of, read_updates
from hoax_tracker.tipline.channels.views import StoreMessages
from hoax_tracker.tipline.inbox import store_messages
from hoax_tracker.tipline.messages import SendRefused, TemporarySendError

log = logging.getLogger(__name__)

MOST_BATCHES = 10
"""Of a hundred updates each in a round: the worker has other things to do."""
ASKED = "asked"


def receive_from_telegram(
    settings: Settings,
    now: datetime,
    alive: Callable[[], None] = lambda: None,
    store: StoreMessages = store_messages,
) -> int:
    """Tell Telegram where to deliver, where that changed, or fetch what waits; return how many messages came."""
    access = read_access(TELEGRAM, settings)
    if access is None:
        return 0
    bot = open_telegram(access, settings)
    try:
        _announce_delivery(bot, access)
        if access.is_polled and access.is_in_service and not access.is_paused:
            return _fetch_updates(bot, access, now, alive, store)
    except (TemporarySendError, SendRefused) as error:
        note_fault(TELEGRAM, str(error))
        log.info("Telegram did not answer as it should", extra=log_fields(why=str(error)))
    return 0


def _announce_delivery(bot: TelegramChannel, access: ChannelAccess) -> None:
    """Tell Telegram where to deliver, unless it was told so last."""
    address = public_url_for("tipline_hooks.receive_telegram")
    wanted = _describe_delivery(access, address)
    if wanted == access.announced:
        return
    if access.is_in_service and not access.is_polled:
        bot.set_webhook(address)
    else:
        bot.delete_webhook()
    with write_transaction(None):
        _update_channel(announced=wanted)


def _describe_delivery(access: ChannelAccess, address: str) -> str:
    """Return what Telegram is to be told, as a digest; "" for nothing, which is how a bot begins."""
    if not access.is_in_service:
        return ""
    delivery = ASKED if access.is_polled else f"{address} {access.keys.webhook_secret}"
    return hashlib.sha256(f"{access.keys.token} {delivery}".encode()).hexdigest()


def _fetch_updates(
    bot: TelegramChannel, access: ChannelAccess, now: datetime, alive: Callable[[], None], store: StoreMessages
) -> int:
    """Store what waits, a batch at a time; return how many messages came."""
    received, offset = 0, access.polled_offset
    for _batch in range(MOST_BATCHES):
        updates = read_dicts(bot.get_updates(offset))
        messages = read_updates(updates, Bot(access.account_id, access.account), now)
        if messages:
            store(messages)
            received += len(messages)
        offset = max((offset, *(number + 1 for one in updates if isinstance(number := one.get("update_id"), int))))
        with write_transaction(None):
            _update_channel(polled_offset=offset)
        _stop_waiting_buttons(bot, updates)
        alive()
        if len(updates) < UPDATES_AT_ONCE:
            break
    return received


def _stop_waiting_buttons(bot: TelegramChannel, updates: list[dict[str, object]]) -> None:
    """Let the buttons that were pressed stop waiting."""
    for update in updates:
        if pressed := callback_id_of(read_dict(update.get("callback_query"))):
            bot.answer_choice(pressed)


def _update_channel(**values: object) -> None:
    """Change columns of the bot's row in the current transaction."""
    db.session.execute(sa.update(TiplineChannel).where(TiplineChannel.name == TELEGRAM).values(**values))
