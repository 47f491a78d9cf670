"""Which numbers, accounts and links a proposed text brings before residents that nobody confirmed as the city's.

Any text that residents read can hold one: an address, a note, the name of a unit. Whoever confirms the text is told of
each that is neither on the list of official channels nor in the text that stood there before.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from flask_babel import gettext as _

from hoax_tracker.models import Proposal
from hoax_tracker.organisation.channels.facts import ChannelStatus, compare_with_list
from hoax_tracker.organisation.channels.mentions import Mention, find_mentions
from hoax_tracker.organisation.channels.official_list import load_listed_channels


def describe_new_mentions(proposal: Proposal) -> str:
    """Return the sentence that names the numbers, accounts and links which a proposal brings; "" for none."""
    written = [mention.written for mention in _find_new_mentions(proposal.before, proposal.values)]
    if not written:
        return ""
    return str(
        _(
            "Nomor, rekening, atau tautan baru di sini, yang tidak ada di daftar saluran resmi: %(named)s. Cocokkan "
            "dengan kantornya, bukan dengan pengusulnya.",
            named=", ".join(written),
        )
    )


def _find_new_mentions(before: Any, after: Any) -> list[Mention]:
    """Return what the values after name that those before do not, without what is on the list of official channels."""
    known = {(mention.kind, mention.value) for mention in _find_all(_texts_in(before))}
    fresh = [mention for mention in _find_all(_texts_in(after)) if (mention.kind, mention.value) not in known]
    if not fresh:
        return []
    listed = load_listed_channels()
    facts = [(mention, compare_with_list(mention, listed)) for mention in fresh]
    return [mention for mention, fact in facts if fact is None or fact.status is not ChannelStatus.OFFICIAL]


def _find_all(texts: Iterable[str]) -> list[Mention]:
    """Return what the texts name, each once."""
    found = {(mention.kind, mention.value): mention for text in texts for mention in find_mentions(text)}
    return list(found.values())


def _texts_in(value: Any) -> Iterator[str]:
    """Yield every text in a value, however deep."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from _texts_in(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _texts_in(part)
