"""What the acts of one batch are given: whose conversation it is, what is remembered, and the way to pictures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from hoax_tracker.core.config.settings import Settings
from hoax_tracker.notifications.chats import CHANNEL_NAMES
from hoax_tracker.tipline.conversation.state import ChatState


@dataclass(frozen=True, slots=True)
class Scene:
    """A conversation at the moment when a batch is answered.

    ``who`` stands for the person in limits and counts; ``contact`` is the conversation as a reporter's contact.
    ``fetch_media`` raises MediaUnavailable.
    """

    chat_id: int
    channel: str
    who: str
    contact: str
    state: ChatState
    settings: Settings
    now: datetime
    fetch_media: Callable[[str], bytes]

    @property
    def place(self) -> str:
        """Where a report from here was seen, as officers read it."""
        return CHANNEL_NAMES.get(self.channel, "Tempat lain")
