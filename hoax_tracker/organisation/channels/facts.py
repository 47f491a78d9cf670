"""What the list of official channels says about a message's links, numbers and accounts.

Facts about a channel, never about the message: an official number may stand in a hoax, and a newspaper's link is not
the city's. Only what equals a listed value is official; of a domain, also what lies below it. A kind of which nothing
is listed has no facts. Links are neither opened nor followed.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from hoax_tracker.models import ChannelKind
from hoax_tracker.organisation.channels.hosts import is_plain_host, is_shortener, is_within
from hoax_tracker.organisation.channels.mentions import Mention, MentionKind
from hoax_tracker.organisation.channels.resemblance import resembles_account, resembles_domain

MOST_FACTS = 5


class ChannelStatus(enum.Enum):
    """How a channel stands to the list, the most important first.

    ``LOOKALIKE``: not on the list, and looks like something on it. ``SHORTENED``: nobody sees where the link leads.
    ``SAME_NAME``: an account of that name is listed, on another site or on a site that the message does not tell.
    """

    LOOKALIKE = "lookalike"
    SHORTENED = "shortened"
    SAME_NAME = "same_name"
    NOT_LISTED = "not_listed"
    OFFICIAL = "official"


@dataclass(frozen=True)
class ListedChannel:
    """An official channel that two people agreed on, or that was shipped; ``owner``: whose it is."""

    value: str
    owner: str


@dataclass(frozen=True)
class ChannelFact:
    """A channel that a message names, and how it stands to the list; ``listed`` is what it equals or looks like."""

    mention: Mention
    status: ChannelStatus
    listed: ListedChannel | None = None


ListedChannels = Mapping[ChannelKind, Sequence[ListedChannel]]
LISTED_KINDS = {
    MentionKind.LINK: ChannelKind.DOMAIN,
    MentionKind.EMAIL: ChannelKind.DOMAIN,
    MentionKind.TELEPHONE: ChannelKind.TELEPHONE,
    MentionKind.BANK_ACCOUNT: ChannelKind.BANK_ACCOUNT,
    MentionKind.SOCIAL_ACCOUNT: ChannelKind.SOCIAL_ACCOUNT,
}


def list_channel_facts(
    mentions: Iterable[Mention], channels: ListedChannels, own_host: str = ""
) -> tuple[ChannelFact, ...]:
    """Return the facts about what a text names, at most five, look-alikes first.

    ``own_host`` is this service's own, about which nothing is said.
    """
    others = (mention for mention in mentions if mention.value != own_host or mention.user)
    facts = [fact for mention in others if (fact := compare_with_list(mention, channels))]
    order = list(ChannelStatus)
    return tuple(sorted(facts, key=lambda fact: order.index(fact.status))[:MOST_FACTS])


def compare_with_list(mention: Mention, channels: ListedChannels) -> ChannelFact | None:
    """Return how a mention stands to the list, or None where nothing can be said."""
    listed = channels.get(LISTED_KINDS[mention.kind], ())
    if not listed:
        return None
    if mention.kind in (MentionKind.LINK, MentionKind.EMAIL):
        return _compare_host(mention, listed)
    if mention.kind is MentionKind.TELEPHONE:
        return _compare_telephone(mention, listed)
    if mention.kind is MentionKind.BANK_ACCOUNT:
        return _compare_bank_account(mention, listed)
    return _compare_social_account(mention, listed)


def _compare_host(mention: Mention, listed: Sequence[ListedChannel]) -> ChannelFact:
    """Compare the host of a link or an e-mail address."""
    host = mention.value
    if is_plain_host(host) and not _is_contested(mention):
        for channel in listed:
            if is_within(host, channel.value):
                return ChannelFact(mention, ChannelStatus.OFFICIAL, channel)
    for channel in listed:
        if resembles_domain(host, mention.user, channel.value):
            return ChannelFact(mention, ChannelStatus.LOOKALIKE, channel)
    status = ChannelStatus.SHORTENED if is_shortener(host) else ChannelStatus.NOT_LISTED
    return ChannelFact(mention, status, listed[0])


def _is_contested(mention: Mention) -> bool:
    """Tell whether programs disagree about the host: before a backslash, or after the "@" that follows it."""
    return re.search(r"\\[^\s/]*@", mention.written) is not None


def _compare_telephone(mention: Mention, listed: Sequence[ListedChannel]) -> ChannelFact | None:
    """Compare a telephone number. More digits after a listed number may be a day or an extension: nothing is said."""
    for channel in listed:
        if mention.value == channel.value:
            return ChannelFact(mention, ChannelStatus.OFFICIAL, channel)
    if any(mention.value.startswith(channel.value) for channel in listed):
        return None
    return ChannelFact(mention, ChannelStatus.NOT_LISTED)


def _compare_bank_account(mention: Mention, listed: Sequence[ListedChannel]) -> ChannelFact | None:
    """Compare a bank account. The same digits at another bank are another account."""
    for channel in listed:
        bank, _blank, digits = channel.value.rpartition(" ")
        if digits == mention.value and (not mention.banks or mention.banks & set(bank.lower().split())):
            return ChannelFact(mention, ChannelStatus.OFFICIAL, channel)
    return ChannelFact(mention, ChannelStatus.NOT_LISTED) if mention.is_sure else None


def _compare_social_account(mention: Mention, listed: Sequence[ListedChannel]) -> ChannelFact:
    """Compare an account of a social site, or a bare name."""
    for channel in listed:
        if mention.value == channel.value:
            return ChannelFact(mention, ChannelStatus.OFFICIAL, channel)
    name = _account_name(mention.value)
    for channel in listed:
        if name == _account_name(channel.value):
            return ChannelFact(mention, ChannelStatus.SAME_NAME, channel)
    for channel in listed:
        if resembles_account(name, _account_name(channel.value)):
            return ChannelFact(mention, ChannelStatus.LOOKALIKE, channel)
    return ChannelFact(mention, ChannelStatus.NOT_LISTED)


def _account_name(account: str) -> str:
    """Return the name of an account in normal form, without its site."""
    return account.rpartition("/")[2].removeprefix("@")


def group_by_kind(rows: Iterable[tuple[ChannelKind, str, str]]) -> ListedChannels:
    """Return (kind, value, owner) rows as listed channels by kind."""
    channels: dict[ChannelKind, list[ListedChannel]] = {}
    for kind, value, owner in rows:
        channels.setdefault(kind, []).append(ListedChannel(value, owner))
    return channels
