"""Guarded outgoing requests: every request of the product is a ``Fetcher.get`` or one of its posts."""

from hoax_tracker.core.fetch.client import AnyResponse, Fetcher, FetchResponse, ShortResponse
from hoax_tracker.core.fetch.errors import (
    AddressRefusedError,
    ConnectionFailedError,
    FetchError,
    FetchTimeoutError,
    HttpStatusError,
    ResponseTooLargeError,
    RobotsDisallowedError,
    SiteBusyError,
    TooManyRedirectsError,
)
from hoax_tracker.core.fetch.robots import Politeness

__all__ = [
    "AddressRefusedError",
    "AnyResponse",
    "ConnectionFailedError",
    "FetchError",
    "FetchResponse",
    "FetchTimeoutError",
    "Fetcher",
    "HttpStatusError",
    "Politeness",
    "ResponseTooLargeError",
    "RobotsDisallowedError",
    "ShortResponse",
    "SiteBusyError",
    "TooManyRedirectsError",
]
