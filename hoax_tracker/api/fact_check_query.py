"""The query of ``claims:search``, read as Google's Fact Check Tools API reads it.

Names, defaults and meanings: https://developers.google.com/fact-check/tools/api/reference/rest/v1alpha1/claims/search
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from hoax_tracker.errors import HoaxTrackerError

DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE = 10, 100
TEXT_PARAMETERS = ("query", "languageCode", "reviewPublisherSiteFilter", "pageToken")
NUMBER_PARAMETERS = ("maxAgeDays", "pageSize", "offset")
SYSTEM_PARAMETERS = frozenset(
    {"key", "alt", "fields", "prettyPrint", "quotaUser", "userIp", "access_token", "oauth_token", "callback"}
    | {"$.xgafv", "$alt", "$fields", "$key", "uploadType", "upload_protocol"}
)
"""What Google's clients send with any request. Nothing here needs a key."""
_INT32 = re.compile(r"[+-]?[0-9]{1,10}")
_TOKEN = re.compile(r"([0-9]{1,10})\.([0-9a-f]{32})")


class InvalidArgumentError(HoaxTrackerError):
    """A parameter of ``claims:search`` is unknown or wrong; ``field`` is its name, "" where none is at fault alone."""

    status = 400

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message, user_message=message)
        self.field = field


@dataclass(frozen=True)
class FactCheckQuery:
    """A search: its words (or ""), its filters (0 and "": none), and the results that are asked for."""

    query: str
    language: str
    site: str
    max_age_days: int
    page_size: int
    offset: int

    @classmethod
    def from_args(cls, args: Mapping[str, str], secret: str) -> Self:
        """Return the query in the arguments of a request. Raises InvalidArgumentError."""
        _refuse_unknown_parameters(args)
        text = {name: args.get(name, "").replace("\x00", " ").strip() for name in TEXT_PARAMETERS}
        number = {name: _read_number(name, args.get(name, "")) for name in NUMBER_PARAMETERS}
        if not (text["query"] or text["reviewPublisherSiteFilter"]):
            raise InvalidArgumentError("Give a query, or a reviewPublisherSiteFilter.", "query")
        search = cls(
            query=text["query"],
            language=text["languageCode"],
            site=text["reviewPublisherSiteFilter"],
            max_age_days=number["maxAgeDays"],
            page_size=min(number["pageSize"] or DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE),
            offset=number["offset"],
        )
        return search.at_token(text["pageToken"], secret) if text["pageToken"] else search

    def at_token(self, token: str, secret: str) -> Self:
        """Return the query at the page of a token. Raises InvalidArgumentError for the token of another query."""
        try:
            parts = _TOKEN.fullmatch(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode("ascii"))
        except (ValueError, binascii.Error):
            parts = None
        if parts is None or not hmac.compare_digest(parts[2], self._signature(int(parts[1]), secret)):
            raise InvalidArgumentError("The page token does not belong to this query.", "pageToken")
        return type(self)(**self.__dict__ | {"offset": int(parts[1])})

    def next_token(self, secret: str) -> str:
        """Return the token of the next page: where it begins, signed together with the query."""
        offset = self.offset + self.page_size
        token = f"{offset}.{self._signature(offset, secret)}"
        return base64.urlsafe_b64encode(token.encode()).decode().rstrip("=")

    def _signature(self, offset: int, secret: str) -> str:
        asked = json.dumps([self.query, self.language, self.site, self.max_age_days, offset])
        return hmac.new(secret.encode(), f"claims:search {asked}".encode(), hashlib.sha256).hexdigest()[:32]


def _refuse_unknown_parameters(args: Mapping[str, str]) -> None:
    """Raise InvalidArgumentError for a parameter that the API does not have, and for an answer in another form."""
    for name in args:
        if name not in SYSTEM_PARAMETERS and name not in TEXT_PARAMETERS + NUMBER_PARAMETERS:
            raise InvalidArgumentError(f"There is no parameter {name[:60]!r}.", name[:60])
    for name in ("alt", "$alt"):
        if args.get(name, "json") != "json":
            raise InvalidArgumentError("Only JSON is answered.", name)


def _read_number(name: str, text: str) -> int:
    """Return the number in a parameter, 0 for none. Raises InvalidArgumentError for one that is none, or below 0."""
    value = int(text) if _INT32.fullmatch(text) else None if text else 0
    if value is None or not 0 <= value < 2**31:
        raise InvalidArgumentError(f"{name} is a whole number from 0 on, not {text[:40]!r}.", name)
    return value
