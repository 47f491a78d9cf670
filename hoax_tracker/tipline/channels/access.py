"""What is needed to speak on a channel: its account, its server and its keys, read from the channel's row.

Read on a connection of its own, so that a caller's transaction is left alone. The keys belong to the server for which
they were entered: they are never sent to another one.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field

import sqlalchemy as sa

from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.database.transactions import read_transaction
from hoax_tracker.core.encryption import DecryptionError, decrypt_bytes, encrypt_bytes
from hoax_tracker.models import TiplineChannel, db, table_of

TELEGRAM, WHATSAPP = "telegram", "whatsapp"
CHANNEL_NAMES = (TELEGRAM, WHATSAPP)
AUTHORIZATION = "Authorization"
DEFAULT_SERVERS = {
    TELEGRAM: "https://api.telegram.org",
    WHATSAPP: "https://graph.facebook.com/v24.0",
}
DEFAULT_CEILING = 1_000
TEMPLATE_LANGUAGE = "id"


@dataclass(frozen=True)
class ChannelKeys:
    """The secrets of a channel, and the server they are for.

    ``app_secret`` signs what WhatsApp delivers. ``webhook_secret`` is ours: Telegram sends it with each delivery,
    WhatsApp once, when the webhook is set up.
    """

    base_url: str
    token: str = field(repr=False)
    app_secret: str = field(repr=False)
    webhook_secret: str = field(repr=False)


@dataclass(frozen=True)
class ChannelAccess:
    """A channel as it counts now."""

    name: str
    account_id: str
    account: str
    base_url: str
    auth_header: str
    keys: ChannelKeys
    is_polled: bool = False
    is_in_service: bool = False
    is_paused: bool = False
    polled_offset: int = 0
    announced: str = ""
    business_id: str = ""
    template_name: str = ""
    template_language: str = ""


def make_row(name: str) -> TiplineChannel:
    """Return a row that is not stored, with what a channel begins with."""
    return TiplineChannel(
        name=name,
        account_id="",
        account="",
        base_url=DEFAULT_SERVERS[name],
        auth_header=AUTHORIZATION if name == WHATSAPP else "",
        business_id="",
        template_name="",
        template_language=TEMPLATE_LANGUAGE if name == WHATSAPP else "",
        is_polled=False,
        is_in_service=False,
        monthly_ceiling=DEFAULT_CEILING if name == WHATSAPP else None,
        counted_month="",
        counted_replies=0,
        warned_month="",
        polled_offset=0,
        announced="",
    )


def load_channel(name: str) -> TiplineChannel:
    """Return the channel's row, or a new one that is not stored."""
    return db.session.scalar(sa.select(TiplineChannel).where(TiplineChannel.name == name)) or make_row(name)


def seal_keys(keys: ChannelKeys, contact_key: str) -> bytes:
    """Return the keys encrypted."""
    return encrypt_bytes(json.dumps(vars(keys)).encode(), contact_key)


def unseal_keys(sealed: bytes | None, contact_key: str) -> ChannelKeys | None:
    """Return the keys; None where there are none, or another key sealed them."""
    try:
        return ChannelKeys(**json.loads(decrypt_bytes(sealed, contact_key))) if sealed else None
    except DecryptionError:
        return None


def fits_account(name: str, account_id: str, base_url: str, keys: ChannelKeys | None) -> bool:
    """Tell whether the keys are those of the account, at that server. A bot's token begins with the bot's number."""
    if keys is None or not keys.token or keys.base_url != base_url or not account_id:
        return False
    return keys.token.startswith(f"{account_id}:") if name == TELEGRAM else bool(keys.app_secret)


def read_access(name: str, settings: Settings) -> ChannelAccess | None:
    """Return a channel whose account and keys belong together, in service or not; None where they do not."""
    row = _read_columns(name)
    keys = unseal_keys(row["sealed_keys"], settings.contact_key) if row else None
    if row is None or keys is None or not fits_account(name, row["account_id"], row["base_url"], keys):
        return None
    plain = ("name", "account_id", "account", "base_url", "auth_header", "is_polled", "is_in_service")
    template = ("business_id", "template_name", "template_language")
    own = {column: row[column] for column in (*plain, *template, "polled_offset", "announced")}
    return ChannelAccess(keys=keys, is_paused=row["paused_at"] is not None, **own)


def read_webhook_secret(name: str, settings: Settings) -> str:
    """Return our secret of a channel, whose account nobody may have confirmed yet; "" where it has no keys."""
    row = _read_columns(name)
    keys = unseal_keys(row["sealed_keys"], settings.contact_key) if row else None
    return keys.webhook_secret if keys else ""


def _read_columns(name: str) -> sa.RowMapping | None:
    """Return the columns of a channel's row; None where none is stored."""
    table = table_of(TiplineChannel)
    with read_transaction(), db.engine.connect() as connection:
        return connection.execute(sa.select(table).where(table.c.name == name)).mappings().one_or_none()


def read_serving(name: str, settings: Settings) -> ChannelAccess | None:
    """Return a channel that is in service, paused or not; None for any other."""
    access = read_access(name, settings)
    return access if access is not None and access.is_in_service else None
