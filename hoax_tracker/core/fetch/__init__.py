"""The one guarded way out to the network: every outgoing request of the product is a ``Fetcher.get`` or ``post``."""

from hoax_tracker.core.fetch.client import Fetched, Fetcher
from hoax_tracker.core.fetch.errors import (
    AddressRefused,
    BadStatus,
    ConnectionFailed,
    FetchError,
    NotForPrograms,
    SiteBusy,
    TooLarge,
    TooManyRedirects,
    TooSlow,
)
from hoax_tracker.core.fetch.politeness import Manners

__all__ = [
    "AddressRefused",
    "BadStatus",
    "ConnectionFailed",
    "FetchError",
    "Fetched",
    "Fetcher",
    "Manners",
    "NotForPrograms",
    "SiteBusy",
    "TooLarge",
    "TooManyRedirects",
    "TooSlow",
]
