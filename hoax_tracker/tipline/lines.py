"""The channels that are open now: those that were set up, and the phone of the demo."""

from __future__ import annotations

import importlib
from importlib.util import find_spec

from hoax_tracker.core.config.settings import Settings
from hoax_tracker.tipline.demo_phone import DEMO_CHANNEL, DemoPhone
from hoax_tracker.tipline.messages import Channel

_CHANNELS = "hoax_tracker.tipline.channels"


def list_channels(settings: Settings) -> dict[str, Channel]:
    """Return the open channels by name."""
    channels: dict[str, Channel] = {}
    if find_spec(_CHANNELS):
        channels |= importlib.import_module(_CHANNELS).open_channels()
    if settings.demo:
        channels[DEMO_CHANNEL] = DemoPhone()
    return channels
