"""Where residents open the conversation: the addresses of the chat channels that are in service."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from hoax_tracker.models import TiplineChannel, db

CHAT_LABELS = {"whatsapp": "WhatsApp", "telegram": "Telegram"}
"""In the order in which they are offered."""
_BEGINS = {"whatsapp": "https://wa.me/", "telegram": "https://t.me/"}


@dataclass(frozen=True, slots=True)
class ChatLink:
    """A channel as residents find it. ``written`` is the address as it is typed."""

    label: str
    address: str

    @property
    def written(self) -> str:
        """The address without its scheme."""
        return self.address.split("://", 1)[-1]


def public_address(name: str, account: str) -> str:
    """Return the address that opens the conversation; "" for a channel without an account."""
    return f"{_BEGINS[name]}{account}" if account else ""


def list_chat_links() -> list[ChatLink]:
    """Return the channels in service, with the address that opens each."""
    serving = sa.select(TiplineChannel.name, TiplineChannel.account).where(TiplineChannel.is_in_service)
    accounts = dict(db.session.execute(serving).all())
    return [
        ChatLink(label, public_address(name, accounts[name]))
        for name, label in CHAT_LABELS.items()
        if accounts.get(name)
    ]
