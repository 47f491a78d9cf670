"""What the conversation and the channels share: a message, a reply, a channel, and why something cannot be sent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from hoax_tracker.errors import HoaxTrackerError


@dataclass(frozen=True, slots=True)
class IncomingMessage:
    """A message as a channel delivered it. ``sender`` is opaque: only its channel reads it."""

    channel: str  # "telegram" | "whatsapp"
    message_id: str  # unique within the channel
    sender: str  # the channel's scoped id of the person or chat; opaque
    sent_at: datetime  # aware UTC
    kind: str  # "text" | "choice" | "image" | "audio" | "video" | "document" | "sticker" | "location" | "contacts"
    # | "reaction" | "call" | "unsupported" | "identity_changed"
    text: str = ""  # text, caption, or the title of a chosen button
    choice: str = ""  # payload of a pressed button or chosen list row
    media_id: str = ""  # what the channel needs to fetch the bytes
    media_type: str = ""  # MIME type
    media_sha256: str = ""  # hex, where the channel says it
    forwarded: bool = False
    often_forwarded: bool = False
    new_sender: str = ""  # for identity_changed: the id from now on


@dataclass(frozen=True, slots=True)
class Choice:
    """A button of a reply."""

    payload: str
    title: str  # at most 20 characters


@dataclass(frozen=True, slots=True)
class Reply:
    """What is sent to one person."""

    text: str
    choices: tuple[Choice, ...] = ()  # buttons where the channel has them; the text also numbers them
    card_url: str = ""  # public address of the share card, sent as a picture
    link: str = ""


class Channel(Protocol):
    """A way to the people of one chat program.

    ``window``: so long after a person's last message the channel takes replies; None where it always does.
    """

    name: str
    window: timedelta | None

    def send(self, recipient: str, reply: Reply) -> str:
        """Send a reply and return its message id.

        Raises TemporarySendError, WindowClosed or SendRefused.
        """
        ...

    def send_template(self, recipient: str) -> bool:
        """Ask a person outside the window whether to read what waits; False where the channel has no way to.

        Raises TemporarySendError or SendRefused.
        """
        ...

    def fetch_media(self, media_id: str) -> bytes:
        """Return the bytes of a picture or recording, up to a limit. Raises MediaUnavailable."""
        ...


class TemporarySendError(HoaxTrackerError):
    """The channel takes no message now; ``retry_after`` says how many seconds to wait."""

    def __init__(self, detail: str = "", *, retry_after: float = 0.0) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class WindowClosed(HoaxTrackerError):
    """The person wrote too long ago for a free reply: it waits for their next message."""


class SendRefused(HoaxTrackerError):
    """The channel will never take this message, for example because the person blocked the sender."""


class MediaUnavailable(HoaxTrackerError):
    """The bytes cannot be had any more, or are too many."""
