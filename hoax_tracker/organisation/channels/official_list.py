"""The official channels in the database."""

from __future__ import annotations

from urllib.parse import urlsplit

import sqlalchemy as sa

from hoax_tracker.models import OfficialChannel, db
from hoax_tracker.organisation.channels.facts import ChannelFact, ListedChannels, group_by_kind, list_channel_facts
from hoax_tracker.organisation.channels.hosts import normalise_host
from hoax_tracker.organisation.channels.mentions import find_mentions

ListSignature = tuple[object, ...]


def load_listed_channels() -> ListedChannels:
    """Return the channels that count as official now, by kind. What one person proposed is not among them."""
    query = sa.select(OfficialChannel.kind, OfficialChannel.value, OfficialChannel.owner)
    rows = db.session.execute(query.where(OfficialChannel.is_listed).order_by(OfficialChannel.id))
    return group_by_kind((kind, value, owner) for kind, value, owner in rows)


def find_channel_facts(text: str, base_url: str) -> tuple[ChannelFact, ...]:
    """Return the facts about the channels that a text names, with this service's own address left out."""
    mentions = find_mentions(text)
    if not mentions:
        return ()
    return list_channel_facts(mentions, load_listed_channels(), normalise_host(urlsplit(base_url).netloc))


def list_signature() -> ListSignature:
    """Return a value that changes with the list."""
    query = sa.select(sa.func.count(), sa.func.max(OfficialChannel.changed_at)).where(OfficialChannel.is_listed)
    return tuple(db.session.execute(query).one())
