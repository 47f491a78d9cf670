"""Which channels can be sent on now, and what went wrong on them last."""

from __future__ import annotations

from datetime import datetime
from functools import partial

import sqlalchemy as sa

from hoax_tracker.clock import utc_now
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.core.extensions import current_settings
from hoax_tracker.models import TiplineChannel, db
from hoax_tracker.tipline.channels import reply_ceiling
from hoax_tracker.tipline.channels.access import CHANNEL_NAMES, TELEGRAM, ChannelAccess, read_serving
from hoax_tracker.tipline.channels.api_client import make_fetcher
from hoax_tracker.tipline.channels.telegram import TelegramChannel
from hoax_tracker.tipline.channels.whatsapp import WhatsAppChannel
from hoax_tracker.tipline.messages import Channel


def open_channels() -> dict[str, Channel]:
    """Return the channels that are in service and not paused, by name.

    A reply is counted, and a fault noted, in a transaction of its own: send where no transaction is open.
    """
    settings = current_settings()
    found = (read_serving(name, settings) for name in CHANNEL_NAMES)
    return {one.name: _open_channel(one, settings) for one in found if one is not None and not one.is_paused}


def _open_channel(access: ChannelAccess, settings: Settings) -> Channel:
    return open_telegram(access, settings) if access.name == TELEGRAM else _open_whatsapp(access, settings)


def open_telegram(access: ChannelAccess, settings: Settings) -> TelegramChannel:
    """Return the client of the bot."""
    return TelegramChannel(access, make_fetcher(settings.fetch_allow), partial(note_fault, access.name))


def _open_whatsapp(access: ChannelAccess, settings: Settings) -> WhatsAppChannel:
    """Return the client of the number, which counts what it sends."""
    return WhatsAppChannel(
        access,
        make_fetcher(settings.fetch_allow),
        has_room=lambda: reply_ceiling.has_room(access.name, utc_now()),
        count_reply=lambda: reply_ceiling.count_reply(access.name, utc_now()),
        record_fault=partial(note_fault, access.name),
    )


def note_fault(name: str, words: str, now: datetime | None = None) -> None:
    """Keep what the service refused last, for the administrators' page, in a transaction of its own."""
    values = {"last_fault": words[:200], "last_fault_at": now or utc_now()}
    with write_transaction(None):
        db.session.execute(sa.update(TiplineChannel).where(TiplineChannel.name == name).values(values))
