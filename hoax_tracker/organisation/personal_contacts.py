"""Numbers and addresses of persons in what officers write for residents: everything but the official channels.

Identity numbers are nobody's business; a mobile number or an e-mail address may stand there only where the list of
official channels has it (of an address: its domain).
"""

from __future__ import annotations

import re

from hoax_tracker.models import ChannelKind
from hoax_tracker.organisation.channels.facts import ListedChannels
from hoax_tracker.organisation.channels.hosts import is_within, normalise_host
from hoax_tracker.organisation.channels.mentions import normalise_telephone

# Each of these reads a letter a fixed number of times at most, however long the text is without a blank or a sign.
EMAIL_PATTERN = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}\.[\w.-]+")
_PHONE = re.compile(r"(?<![\w/.-])(?:\+62|62|0)[ .-]?8\d{1,2}(?:[ .-]?\d{3,4}){2}\b")
_IDENTITY = re.compile(r"(?<!\d)\d{16}(?!\d)")


def find_contacts(text: str, channels: ListedChannels) -> list[str]:
    """Return the numbers and addresses in a text that are a person's, as they are written."""
    emails = [one[0] for one in EMAIL_PATTERN.finditer(text) if not _is_official_address(one[0], channels)]
    phones = [one[0] for one in _PHONE.finditer(text) if not _is_official_number(one[0], channels)]
    return [*(one[0] for one in _IDENTITY.finditer(text)), *phones, *emails]


def _is_official_number(written: str, channels: ListedChannels) -> bool:
    """Tell whether a telephone number is on the list."""
    number = normalise_telephone(written)
    return any(channel.value == number for channel in channels.get(ChannelKind.TELEPHONE, ()))


def _is_official_address(written: str, channels: ListedChannels) -> bool:
    """Tell whether an e-mail address lies in a domain of the list."""
    host = normalise_host(written.rpartition("@")[2].rstrip("."))
    return any(is_within(host, channel.value) for channel in channels.get(ChannelKind.DOMAIN, ()))
