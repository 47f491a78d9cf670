"""The channels that are open now: those that were set up, and the phone of the demo."""

from __future__ import annotations

from hoax_tracker.core.config.settings import Settings
from hoax_tracker.tipline.channels import open_channels
from hoax_tracker.tipline.demo_views import DEMO_CHANNEL, DemoPhone
from hoax_tracker.tipline.messages import Channel


def list_channels(settings: Settings) -> dict[str, Channel]:
    """Return the open channels by name."""
    return open_channels() | ({DEMO_CHANNEL: DemoPhone()} if settings.demo else {})
