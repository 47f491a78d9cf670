"""The fetch client: ``Fetcher.get`` turns an address into bytes.

For each hop: check the form of the address, resolve its name once, check every address found, connect to a checked one
and no other (TLS still verifies the name), and read with one limit on time and one on decompressed size. A redirect
goes through all of it again. No proxy or cookie is ever used, and a credential only where the caller gives it: such a
request follows no redirect. One deadline holds for a whole exchange: a socket's own timeout restarts with every byte of
a slow sender.
"""

from __future__ import annotations

import io
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence, Set as AbstractSet
from concurrent.futures import Future
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property, partial
from http import client as http_client
from http.client import HTTPException
from typing import Any, TypeVar
from urllib.parse import urlencode, urljoin

from urllib3 import HTTPResponse
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError, NewConnectionError, TimeoutError as HTTPTimeoutError

from hoax_tracker import __version__
from hoax_tracker.core.fetch.addresses import FetchTarget, parse_target, require_fetchable_address
from hoax_tracker.core.fetch.errors import (
    AddressRefusedError,
    ConnectionFailedError,
    FetchTimeoutError,
    HttpStatusError,
    ResponseTooLargeError,
    TooManyRedirectsError,
)

Resolver = Callable[[str, int], Sequence[str]]
"""From host and port to IP addresses as text, best first."""

USER_AGENT = f"hoax-tracker/{__version__} (Kupang Kabas Hoaks)"
ACCEPT = "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, */*;q=0.8"
_CODINGS = frozenset({"", "identity", "gzip", "x-gzip", "deflate"})
_CHUNK_BYTES = 2**16
_ADDRESSES_TRIED = 4
_ETAG_LIMIT, _DATE_LIMIT = 500, 100
_BEGINNING_BYTES = 500


def _resolve_addresses(host: str, port: int) -> list[str]:
    """Return the addresses from the system's resolver, in its order, without repeats."""
    address_infos = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in address_infos))


@dataclass(frozen=True, slots=True)
class FetchResponse:
    """A response. ``url`` is its address after redirects, header names are in lower case.

    ``permanent_url`` is set where the requested address moved for good. ``not_modified`` means that the copy with
    ``etag`` or ``last_modified`` is still current, and ``body`` is empty.
    """

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    etag: str | None
    last_modified: str | None
    content_type: str | None
    not_modified: bool
    permanent_url: str | None


@dataclass(frozen=True, slots=True)
class AnyResponse:
    """A response with any status, and its whole body; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class ShortResponse:
    """The status of a response, whatever it is, and the first bytes of its body."""

    status: int
    beginning: bytes


class Fetcher:
    """Fetches from the public Internet, and from loopback where ``allow`` names host and port. Thread-safe.

    ``private`` names hosts and ports that may lie inside the office's network (a provider of identities, nothing that
    anybody else can name).

    ``timeout_s`` covers one ``get`` with its redirects; ``size_limit_bytes`` counts after decompression. ``tls``
    replaces the system's certificate authorities, for installations with their own.
    """

    def __init__(
        self,
        allow: AbstractSet[tuple[str, int]] = frozenset(),
        *,
        timeout_s: float = 30,
        connect_timeout_s: float = 10,
        size_limit_bytes: int = 10 * 2**20,
        max_redirects: int = 5,
        user_agent: str = USER_AGENT,
        resolver: Resolver = _resolve_addresses,
        tls: ssl.SSLContext | None = None,
        private: AbstractSet[tuple[str, int]] = frozenset(),
    ) -> None:
        self._allow = frozenset(allow)
        self._private = frozenset(private)
        self._timeout_s = timeout_s
        self._connect_timeout_s = connect_timeout_s
        self._size_limit_bytes = size_limit_bytes
        self._max_redirects = max_redirects
        self._user_agent = user_agent
        self._resolver = resolver
        self._given_tls = tls

    @property
    def allow(self) -> frozenset[tuple[str, int]]:
        """The hosts and ports that may be fetched though not public."""
        return self._allow

    def get(
        self,
        url: str,
        etag: str | None = None,
        last_modified: str | None = None,
        *,
        allowed: Callable[[str], None] = lambda url: None,
    ) -> FetchResponse:
        """Return the response for ``url``, following redirects. Raises a FetchError that names the failed address.

        ``allowed`` is called before each redirect and may raise to refuse it; its time does not count.
        """
        deadline = FetchDeadline(self._timeout_s)
        conditions = _conditional_headers(etag, last_modified)
        target = parse_target(url.strip(), self._allow, self._private)
        passed: list[FetchTarget] = []
        lasting, moved = True, None
        while target not in passed and len(passed) <= self._max_redirects:
            with self._exchange(target, conditions, deadline) as response:
                if not response.get_redirect_location():
                    return self._fetched(target, response, conditions, moved)
                following = parse_target(_redirect_location(target, response), self._allow)
                lasting = lasting and _is_permanent_redirect(response.status, target, following)
            moved = following.url if lasting else moved
            passed.append(target)
            with deadline.standing_still():
                allowed(following.url)
            target = following
        raise TooManyRedirectsError(target.url, "redirects in a circle, or too many of them")

    def post(self, url: str, fields: Mapping[str, str]) -> int:
        """Send a form and return the status, without redirects. Raises a FetchError, also for statuses from 300."""
        with self._posted(url, fields, {}) as (target, response):
            if not 200 <= response.status < 300:
                raise HttpStatusError(target.url, response.status, {})
            return response.status

    def post_for_response(self, url: str, fields: Mapping[str, str], headers: Mapping[str, str]) -> FetchResponse:
        """Send a form and return the response with its body. Otherwise as ``post``."""
        with self._posted(url, fields, headers) as (target, response):
            return self._fetched(target, response, {}, None)

    def post_message(self, url: str, message: bytes, headers: Mapping[str, str]) -> ShortResponse:
        """Send bytes once and return the response with any status, also a redirect's, which is not followed.

        No more than the first bytes of the body are read. Raises a FetchError where no status comes.
        """
        deadline = FetchDeadline(self._timeout_s)
        target = parse_target(url.strip(), self._allow, self._private)
        sent = {"Accept": "*/*", "Accept-Encoding": "identity", **headers}
        with self._exchange(target, sent, deadline, message) as response:
            return ShortResponse(response.status, _beginning(response))

    def ask(self, url: str, headers: Mapping[str, str], message: bytes | None = None) -> AnyResponse:
        """Send a GET, or a POST with ``message``, and return the response with any status and its whole body.

        Redirects are not followed, so that the headers may hold a credential. Raises a FetchError where no whole
        response comes.
        """
        deadline = FetchDeadline(self._timeout_s)
        target = parse_target(url.strip(), self._allow, self._private)
        with self._exchange(target, {"Accept": "*/*", **headers}, deadline, message) as response:
            received = {name.lower(): response.headers[name] for name in response.headers}
            return AnyResponse(response.status, received, self._body(target, response))

    @contextmanager
    def _posted(
        self, url: str, fields: Mapping[str, str], headers: Mapping[str, str]
    ) -> Iterator[tuple[FetchTarget, HTTPResponse]]:
        deadline = FetchDeadline(self._timeout_s)
        target = parse_target(url.strip(), self._allow, self._private)
        sent = {"Content-Type": "application/x-www-form-urlencoded", **headers}
        with self._exchange(target, sent, deadline, urlencode(fields).encode()) as response:
            yield target, response

    @contextmanager
    def _exchange(
        self, target: FetchTarget, conditions: Mapping[str, str], deadline: FetchDeadline, posted: bytes | None = None
    ) -> Iterator[HTTPResponse]:
        """Yield the response of one hop with its body unread; failures become a FetchError."""
        with _translate_network_errors(target.url), closing(self._connect(target, deadline)) as connection:
            headers = {
                "Host": target.host_header,
                "User-Agent": self._user_agent,
                "Accept": ACCEPT,
                "Accept-Encoding": "gzip, deflate",
                "Connection": "close",
                **conditions,
            }
            method = "GET" if posted is None else "POST"
            connection.request(method, target.request_uri, body=posted, headers=headers, preload_content=False)
            with closing(connection.getresponse()) as response:
                yield response

    def _connect(self, target: FetchTarget, deadline: FetchDeadline) -> HTTPConnection:
        """Return a connection to the first checked address that answers."""
        failure: Exception = ConnectionFailedError(target.url, "the name has no address")
        for address in self._addresses(target, deadline)[:_ADDRESSES_TRIED]:
            connection = self._connection(target, address, deadline)
            try:
                connection.connect()
                return connection
            except (HTTPError, OSError) as error:
                connection.close()
                failure = error
        raise failure

    def _addresses(self, target: FetchTarget, deadline: FetchDeadline) -> list[str]:
        """Return the addresses of the host, resolved once.

        Raises AddressRefusedError unless every one is acceptable.
        """
        if target.literal is not None:
            return [require_fetchable_address(target, target.literal)]
        addresses = _call_with_timeout(deadline.remaining_s(), self._resolver, target.host, target.port)
        return [require_fetchable_address(target, address) for address in addresses]

    def _connection(self, target: FetchTarget, address: str, deadline: FetchDeadline) -> HTTPConnection:
        timeout_s = deadline.remaining_s(self._connect_timeout_s)
        connection = (
            HTTPSConnection(address, target.port, timeout=timeout_s, ssl_context=self._tls, server_hostname=target.host)
            if target.scheme == "https"
            else HTTPConnection(address, target.port, timeout=timeout_s)
        )
        connection.response_class = partial(TimedResponse, deadline=deadline)  # type: ignore[assignment]
        return connection

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        return self._given_tls or ssl.create_default_context()

    def _fetched(
        self, target: FetchTarget, response: HTTPResponse, conditions: Mapping[str, str], moved: str | None
    ) -> FetchResponse:
        headers = {name.lower(): response.headers[name] for name in response.headers}
        not_modified = response.status == 304 and bool(conditions)
        if not not_modified and not 200 <= response.status < 300:
            raise HttpStatusError(target.url, response.status, headers)
        sent = conditions if not_modified else {}
        return FetchResponse(
            url=target.url,
            status=response.status,
            headers=headers,
            body=b"" if not_modified else self._body(target, response),
            etag=_storable_validator(headers.get("etag") or sent.get("If-None-Match"), _ETAG_LIMIT),
            last_modified=_storable_validator(
                headers.get("last-modified") or sent.get("If-Modified-Since"), _DATE_LIMIT
            ),
            content_type=headers.get("content-type"),
            not_modified=not_modified,
            permanent_url=moved,
        )

    def _body(self, target: FetchTarget, response: HTTPResponse) -> bytes:
        """Return the decompressed body, read in pieces so that a decompression bomb is cut off early.

        Codings other than the requested ones are never decompressed.
        """
        codings = {name.strip().lower() for name in response.headers.get("content-encoding", "").split(",")}
        if codings - _CODINGS:
            raise ConnectionFailedError(
                target.url, f"a content coding that was not asked for: {', '.join(sorted(codings))}"
            )
        chunks, size = [], response.length_remaining or 0
        if size <= self._size_limit_bytes:
            size = 0
            for chunk in response.stream(_CHUNK_BYTES):
                chunks.append(chunk)
                size += len(chunk)
                if size > self._size_limit_bytes:
                    break
            else:
                return b"".join(chunks)
        raise ResponseTooLargeError(target.url, f"more than {self._size_limit_bytes} bytes")


def _beginning(response: HTTPResponse) -> bytes:
    """Return the first bytes of a body as they came; nothing where it breaks off or takes too long."""
    with suppress(HTTPError, HTTPException, OSError, ValueError):
        return response.read(_BEGINNING_BYTES, decode_content=False)
    return b""


@contextmanager
def _translate_network_errors(url: str) -> Iterator[None]:
    """Turn errors of sockets, TLS and HTTP into errors that name the address."""
    try:
        yield
    except (HTTPError, HTTPException, OSError, ValueError) as error:
        # urllib3 counts a refused connection among the timeouts.
        if isinstance(error, TimeoutError | HTTPTimeoutError) and not isinstance(error, NewConnectionError):
            raise FetchTimeoutError(url, "no complete answer within the time limit") from error
        raise ConnectionFailedError(url, f"{type(error).__name__}: {error}") from error


def _conditional_headers(etag: str | None, last_modified: str | None) -> dict[str, str]:
    """Return the headers of a conditional request, without a validator that no header can hold."""
    validators = {"If-None-Match": etag, "If-Modified-Since": last_modified}
    return {name: value for name, value in validators.items() if value and _fits_header(value)}


def _storable_validator(value: str | None, limit: int) -> str | None:
    """Return a validator that can be stored and sent, else None: the next request is then unconditional."""
    return value if value and len(value) <= limit and _fits_header(value) else None


def _fits_header(value: str) -> bool:
    return value.isascii() and value.isprintable()


def _redirect_location(target: FetchTarget, response: HTTPResponse) -> str:
    """Return the target of a redirect. Header bytes are decoded as Latin-1, but servers send UTF-8."""
    location = response.headers["location"]
    with suppress(UnicodeError):
        location = location.encode("latin-1").decode("utf-8")
    try:
        return urljoin(target.url, location.strip())
    except ValueError as error:
        raise AddressRefusedError(location, "not an address") from error


def _is_permanent_redirect(status: int, origin: FetchTarget, following: FetchTarget) -> bool:
    """Tell whether a source may move to the new address for good: never away from TLS."""
    return status in (301, 308) and not (origin.scheme == "https" and following.scheme == "http")


T = TypeVar("T")


class FetchDeadline:
    """A time by which everything must be done."""

    def __init__(self, seconds: float) -> None:
        self._at = time.monotonic() + seconds

    @contextmanager
    def standing_still(self) -> Iterator[None]:
        """Exclude the block's time from the deadline."""
        began = time.monotonic()
        try:
            yield
        finally:
            self._at += time.monotonic() - began

    def remaining_s(self, at_most: float = float("inf")) -> float:
        """Return the remaining seconds, at most ``at_most``. Raises TimeoutError at the deadline."""
        remaining = min(self._at - time.monotonic(), at_most)
        if remaining <= 0:
            raise TimeoutError("the time limit is over")
        return remaining


class TimedResponse(http_client.HTTPResponse):
    """An ``http.client`` response whose every read, from the status line on, ends by the deadline."""

    def __init__(self, sock: socket.socket, *args: Any, deadline: FetchDeadline, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        raw = self.fp.detach()
        self.fp = io.BufferedReader(_TimedReader(raw, sock, deadline))


class _TimedReader(io.RawIOBase):
    """A socket file that sets the remaining time as the socket's timeout before each read."""

    def __init__(self, raw: io.RawIOBase, sock: socket.socket, deadline: FetchDeadline) -> None:
        self._raw, self._sock, self._deadline = raw, sock, deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._sock.settimeout(self._deadline.remaining_s())
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


def _call_with_timeout(seconds: float, function: Callable[..., T], *args: Any) -> T:
    """Return ``function(*args)``, or raise TimeoutError after ``seconds``.

    For calls without a timeout (name lookups): the thread is left to end by itself.
    """
    future: Future[T] = Future()

    def work() -> None:
        try:
            future.set_result(function(*args))
        except Exception as error:  # noqa: BLE001 - the caller raises it
            future.set_exception(error)

    threading.Thread(target=work, name="lookup", daemon=True).start()
    return future.result(seconds)
