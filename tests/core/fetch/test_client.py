"""The guarded client against real servers on loopback, and its rules against every spelling of a private address."""

from __future__ import annotations

import ipaddress
import socket
import ssl
import threading
import time
import tracemalloc
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given, strategies as st

from hoax_tracker.core.fetch import (
    AddressRefusedError,
    ConnectionFailedError,
    Fetcher,
    FetchError,
    FetchTimeoutError,
    HttpStatusError,
    ResponseTooLargeError,
    TooManyRedirectsError,
    client,
)
from hoax_tracker.core.fetch.addresses import is_public_address, parse_target, require_fetchable_address
from hoax_tracker.errors import HoaxTrackerError
from tests.feed_server import FeedServer, Reply, deflated_reply, gzipped_reply, redirect_reply
from tests.mail_server import make_certificate
from tests.waiting import DEADLINE_S

BOMB = bytes(200 * 2**20)
FEED = b"<rss version='2.0'><channel><title>Kabar</title></channel></rss>" * 50


class Names:
    """A resolver that gives one answer a lookup, the last one for all further ones, and notes what it was asked."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers = answers
        self.asked: list[str] = []

    def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append(host)
        return self.answers[min(len(self.asked), len(self.answers)) - 1]


# What an answer brings


def test_body_headers_and_validators_come_back(server: FeedServer) -> None:
    url = server.answer("/f.xml", Reply(FEED, etag='"a1"', last_modified="Tue, 24 Nov 2026 06:00:00 GMT"))
    fetched = Fetcher(server.allow).get(f"  {url}#top ")
    assert (fetched.url, fetched.status, fetched.body) == (url, 200, FEED)
    assert (fetched.etag, fetched.last_modified) == ('"a1"', "Tue, 24 Nov 2026 06:00:00 GMT")
    assert fetched.content_type == "application/rss+xml"
    assert fetched.headers["content-length"] == str(len(FEED))
    assert not fetched.not_modified
    assert fetched.permanent_url is None
    (request,) = server.requests("/f.xml")
    assert request.headers["host"] == f"127.0.0.1:{server.port}"
    assert request.headers["user-agent"].startswith("hoax-tracker/")


def test_an_unchanged_feed_is_not_sent_again(server: FeedServer) -> None:
    url = server.answer("/f.xml", Reply(FEED, etag='"a1"'), Reply(FEED, etag='"a1"'), Reply(FEED, etag='"a2"'))
    fetcher = Fetcher(server.allow)
    first = fetcher.get(url)
    again = fetcher.get(url, etag=first.etag, last_modified=first.last_modified)
    assert (again.status, again.not_modified, again.body, again.etag) == (304, True, b"", '"a1"')
    changed = fetcher.get(url, etag=first.etag)
    assert (changed.not_modified, changed.body, changed.etag) == (False, FEED, '"a2"')


def test_a_304_that_nobody_asked_for_is_an_error(server: FeedServer) -> None:
    with pytest.raises(HttpStatusError, match="HTTP 304"):
        Fetcher(server.allow).get(server.answer("/f.xml", Reply(status=304)))


def test_a_validator_that_no_header_can_hold_is_left_out(server: FeedServer) -> None:
    url = server.answer("/f.xml", Reply(FEED))
    assert Fetcher(server.allow).get(url, etag='"a"\r\nX-Evil: 1', last_modified="é").body == FEED
    assert not {"if-none-match", "if-modified-since", "x-evil"} & set(server.requests()[0].headers)


@pytest.mark.parametrize(
    "reply", [gzipped_reply(FEED), gzipped_reply(FEED, 3), deflated_reply(FEED), deflated_reply(FEED, bare=True)]
)
def test_compressed_bodies_are_unpacked(server: FeedServer, reply: Reply) -> None:
    assert Fetcher(server.allow).get(server.answer("/f.xml", reply)).body == FEED
    assert Fetcher(server.allow).get(server.answer("/g.xml", Reply(FEED, chunked=True))).body == FEED


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 429, 500, 503])
def test_a_bad_status_is_named_with_its_headers(server: FeedServer, status: int) -> None:
    url = server.answer("/f.xml", Reply(b"no", status, headers={"Retry-After": "120"}))
    with pytest.raises(HttpStatusError) as caught:
        Fetcher(server.allow).get(url)
    assert (caught.value.http_status, caught.value.headers["retry-after"], caught.value.url) == (status, "120", url)
    assert ("Tidak ada apa-apa lagi" in str(caught.value.user_message)) == (status in (404, 410))


def test_answers_that_are_not_http_are_an_error(server: FeedServer) -> None:
    broken = {
        "/noise": Reply(raw=b"\x00\x01\x02 noise\r\n\r\n"),
        "/silent": Reply(raw=b""),
        "/short": Reply(raw=b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc"),
        "/length": Reply(raw=b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd"),
        "/chunk": Reply(raw=b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc"),
        "/gzip": Reply(FEED, headers={"Content-Encoding": "gzip"}),
        "/codings": Reply(FEED, headers={"Content-Encoding": ", ".join(["gzip"] * 50)}),
    }
    for path, reply in broken.items():
        with pytest.raises(ConnectionFailedError) as caught:
            Fetcher(server.allow).get(server.answer(path, reply))
        assert caught.value.url == server.url(path)
        assert str(caught.value).isprintable()


def test_nobody_listening_and_unknown_names_are_errors() -> None:
    with socket.socket() as deaf:  # it holds its port, so that nobody else listens there, and does not listen itself
        deaf.bind(("127.0.0.1", 0))
        port = deaf.getsockname()[1]
        with pytest.raises(ConnectionFailedError):
            Fetcher({("127.0.0.1", port)}).get(f"http://127.0.0.1:{port}/")

    def unknown(host: str, port: int) -> list[str]:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    for resolver in (unknown, lambda host, port: []):
        with pytest.raises(ConnectionFailedError):
            Fetcher(resolver=resolver).get("http://feeds.example/")


def test_every_error_speaks_indonesian_and_hides_passwords() -> None:
    for kind in (
        AddressRefusedError,
        ConnectionFailedError,
        ResponseTooLargeError,
        FetchTimeoutError,
        TooManyRedirectsError,
    ):
        error = kind("https://ani:rahasia@x.example/feed", "why\x00")
        assert isinstance(error, FetchError)
        assert isinstance(error, HoaxTrackerError)
        assert error.url == "https://x.example/feed"
        assert "rahasia" not in str(error)
        assert str(error).isprintable()
        assert str(error.user_message) != str(HoaxTrackerError.user_message)
    assert isinstance(HttpStatusError("https://x.example", 500, {}), FetchError)


# Redirects


def test_only_an_unbroken_chain_of_permanent_redirects_moves_a_source(server: FeedServer) -> None:
    final = server.answer("/f.xml", Reply(FEED))
    server.answer("/p2", redirect_reply("/f.xml", 308))
    server.answer("/t", redirect_reply("/p2", 302))
    fetcher = Fetcher(server.allow)
    permanent = fetcher.get(server.answer("/p1", redirect_reply("p2", 301)))
    assert (permanent.url, permanent.permanent_url) == (final, final)
    temporary = fetcher.get(server.url("/t"))
    assert (temporary.url, temporary.permanent_url) == (final, None)
    both = fetcher.get(server.answer("/both", redirect_reply("/t", 301)))
    assert (both.url, both.permanent_url) == (final, server.url("/t"))


def test_a_redirect_may_name_its_target_in_raw_utf8(server: FeedServer) -> None:
    server.answer("/kab%C3%A9.xml", Reply(FEED))
    assert Fetcher(server.allow).get(server.answer("/r", redirect_reply("/kabé.xml"))).body == FEED


@pytest.mark.parametrize("circle", [["/a"], ["/a", "/b"], ["/a", "/b", "/c"]])
def test_redirects_in_a_circle_end_where_they_close(server: FeedServer, circle: list[str]) -> None:
    for here, there in zip(circle, [*circle[1:], "/a"], strict=True):
        server.answer(here, redirect_reply(f"{there}#again"))
    with pytest.raises(TooManyRedirectsError):
        Fetcher(server.allow).get(server.url("/a"))
    assert server.count() == len(circle)


def test_five_redirects_are_followed_and_the_sixth_is_not(server: FeedServer) -> None:
    for number in range(6):
        server.answer(f"/{number}", redirect_reply(f"/{number + 1}"))
    server.answer("/6", Reply(FEED))
    assert Fetcher(server.allow).get(server.url("/1")).body == FEED
    with pytest.raises(TooManyRedirectsError):
        Fetcher(server.allow).get(server.url("/0"))


@pytest.mark.parametrize(
    "location",
    [
        "http://127.0.0.1:1/",
        "http://10.0.0.5/",
        "http://169.254.169.254/latest/meta-data/",
        "http://[::1]/",
        "http://[fd00:ec2::254]/",
        "http://2130706433/",
        "//localhost/",
        "file:///etc/passwd",
        "gopher://x.example/",
        "http://ani:rahasia@example.org/",
        "http://[::1",
    ],
)
def test_a_redirect_to_what_may_not_be_fetched_is_refused(server: FeedServer, location: str) -> None:
    names = Names(["127.0.0.1"])
    with pytest.raises(AddressRefusedError):
        Fetcher(server.allow, resolver=names).get(server.answer("/r", redirect_reply(location)))
    assert server.count() == 1


# Which addresses


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.org/f",
        "file:///etc/passwd",
        "data:text/xml,<rss/>",
        "javascript:alert(1)",
        "example.org/feed",
        "//example.org/feed",
        "",
        "http://",
        "http:///feed",
        "http://./",
        "http://user@example.org/",
        "http://user:pw@example.org/",
        "http://example.org:22/",
        "http://example.org:0/",
        "http://example.org:99999/",
        "http://example.org:8000/",
        "http://exa\nmple.org/",
        "http://example.org/\r\nX: y",
        "http://exa mple.org/",
        "http://%31%32%37.0.0.1/",
        "http://[fe80::1%25eth0]/",
        "http://example.org/" + "a" * 5000,
    ],
)
def test_forms_that_are_refused(url: str) -> None:
    names = Names([])
    with pytest.raises(AddressRefusedError):
        Fetcher(resolver=names).get(url)
    assert names.asked == []


LOOPBACK_SPELLINGS = [
    "127.0.0.1",
    "127.1",
    "127.0.1",
    "2130706433",
    "0x7f000001",
    "0x7f.0.0.1",
    "0x7F.1",
    "0177.0.0.1",
    "017700000001",
    "127.0.0.01",
    "127.0.0.1.",
    "0",
    "0.0.0.0",  # noqa: S104
    "0x",
    "127.255.255.254",
    "[::1]",
    "[::]",
    "[0:0:0:0:0:0:0:1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[2002:7f00:1::]",
    "[2001:0:7f00:1::80ff:fffe]",
]


@pytest.mark.parametrize("host", LOOPBACK_SPELLINGS)
def test_loopback_is_refused_in_every_spelling(server: FeedServer, host: str) -> None:
    for port in (80, server.port):
        with pytest.raises(AddressRefusedError):
            Fetcher({("localhost", server.port)}).get(f"http://{host}:{port}/")
    assert server.count() == 0


REFUSED = """10.0.0.1 10.255.255.255 100.64.0.1 100.100.100.200 168.63.129.16 169.254.169.254 172.16.0.1 172.31.255.255
192.0.0.192 192.0.2.1 192.88.99.1 192.168.1.1 198.18.0.1 198.19.255.255 198.51.100.1 203.0.113.1 224.0.0.1 239.1.1.1
240.0.0.1 255.255.255.255 0.1.2.3 127.0.0.53
::1 :: ::ffff:10.0.0.1 ::ffff:0:10.0.0.1 ::10.0.0.1 64:ff9b::10.0.0.1 64:ff9b::a9fe:a9fe 64:ff9b:1::1 100::1
2001::1 2001:0:a00:1::1 2001:db8::1 2002:a00:1::1 2002:a9fe:a9fe:: 2002:808:808::1 3fff::1 5f00::1 fc00::1 fd00:ec2::254
fe80::1 fec0::1 ff02::1 2400:cb00::5efe:a00:1 2400:cb00::200:5efe:c0a8:101"""
PUBLIC = """1.1.1.1 8.8.8.8 93.184.216.34 100.63.255.255 100.128.0.1 172.15.255.255 172.32.0.1 192.0.1.1 169.253.1.1
223.255.255.1 2400:cb00::1 2606:4700:4700::1111 2001:4860:4860::8888 2001:200::1"""


@pytest.mark.parametrize("address", REFUSED.split())
def test_a_name_that_leads_to_a_private_address_is_refused(address: str) -> None:
    for found in ([address], ["1.1.1.1", address], [address, "1.1.1.1"]):
        names = Names(found)
        with pytest.raises(AddressRefusedError, match="not a public address"):
            Fetcher(resolver=names).get("http://feeds.example/")
        assert names.asked == ["feeds.example"]


def test_public_addresses_are_public() -> None:
    target = parse_target("https://feeds.example/", frozenset())
    for address in PUBLIC.split():
        assert is_public_address(ipaddress.ip_address(address)), address
        assert require_fetchable_address(target, address) == address


def test_public_addresses_pass_through_nat64_and_mapping() -> None:
    """A network with IPv6 alone reaches all of IPv4 through NAT64."""
    target = parse_target("https://feeds.example/", frozenset())
    for address in ("64:ff9b::808:808", "::ffff:8.8.8.8"):
        assert ipaddress.ip_address(require_fetchable_address(target, address)) == ipaddress.ip_address(address)


@given(st.ip_addresses())
def test_no_address_that_python_calls_private_passes(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    """Ours is the stricter list: what it lets through, the standard library lets through too."""
    if is_public_address(address):
        assert address.is_global
        assert not address.is_multicast
        assert not address.is_reserved


def test_allowing_host_and_port_allows_loopback_and_nothing_else(server: FeedServer) -> None:
    url = server.answer("/f.xml", Reply(FEED))
    assert Fetcher(server.allow).get(url).body == FEED
    for allow in ({("127.0.0.1", server.port + 1)}, {("localhost", server.port)}, set()):
        with pytest.raises(AddressRefusedError):
            Fetcher(allow).get(url)
    for private in ("10.0.0.1", "169.254.169.254", "fd00::1"):
        names = Names([private])
        with pytest.raises(AddressRefusedError):
            Fetcher({("intern.example", 8000)}, resolver=names).get("http://intern.example:8000/")
    assert server.count() == 1


def test_the_address_that_was_checked_is_the_one_connected_to(server: FeedServer) -> None:
    """The name exists in no DNS, and its second lookup would give a private address: only the first counts."""
    server.answer("/f.xml", Reply(FEED))
    names = Names(["127.0.0.1"], ["10.0.0.1"])
    fetcher = Fetcher({("feeds.invalid", server.port)}, resolver=names)
    url = server.url("/f.xml", "Feeds.INVALID")
    assert fetcher.get(url).body == FEED
    assert names.asked == ["feeds.invalid"]
    assert server.requests()[0].headers["host"] == f"feeds.invalid:{server.port}"
    with pytest.raises(AddressRefusedError):
        fetcher.get(url)
    assert server.count() == 1


def test_a_name_is_checked_again_on_a_redirect_to_itself(server: FeedServer) -> None:
    server.answer("/a", redirect_reply("/b"))
    server.answer("/b", Reply(FEED))
    names = Names(["127.0.0.1"], ["192.168.0.1"])
    fetcher = Fetcher({("feeds.invalid", server.port)}, resolver=names)
    with pytest.raises(AddressRefusedError):
        fetcher.get(server.url("/a", "feeds.invalid"))
    assert names.asked == ["feeds.invalid", "feeds.invalid"]
    assert server.count("/b") == 0


def test_the_next_address_is_tried_where_one_does_not_answer(server: FeedServer) -> None:
    server.answer("/f.xml", Reply(FEED))
    names = Names(["::1", "127.0.0.9", "127.0.0.1"])
    fetcher = Fetcher({("feeds.invalid", server.port)}, resolver=names)
    assert fetcher.get(server.url("/f.xml", "feeds.invalid")).body == FEED


def test_proxies_of_the_environment_are_ignored(server: FeedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    with FeedServer() as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url())
        assert Fetcher(server.allow).get(server.answer("/f.xml", Reply(FEED))).body == FEED
        assert proxy.count() == 0


# Limits


def test_a_body_announced_over_the_limit_is_refused_before_it_is_read(server: FeedServer) -> None:
    """Fifty megabytes that would come a byte a second: no need to wait for them."""
    reply = Reply((b"x" for _ in range(100)), headers={"Content-Length": str(50 * 2**20)}, pause_s=1)
    with pytest.raises(ResponseTooLargeError):
        Fetcher(server.allow).get(server.answer("/f.xml", reply))


@pytest.mark.parametrize("chunked", [True, False])
def test_fifty_megabytes_without_a_length_are_cut(server: FeedServer, chunked: bool) -> None:
    url = server.answer("/f.xml", Reply((b"x" * 2**16 for _ in range(800)), chunked=chunked))
    with pytest.raises(ResponseTooLargeError):
        Fetcher(server.allow).get(url)
    assert server.sent_bytes < 30 * 2**20


def test_a_body_of_exactly_the_limit_passes(server: FeedServer) -> None:
    assert len(Fetcher(server.allow, size_limit_bytes=1000).get(server.answer("/a", Reply(b"x" * 1000))).body) == 1000
    with pytest.raises(ResponseTooLargeError):
        Fetcher(server.allow, size_limit_bytes=1000).get(server.answer("/b", Reply(b"x" * 1001)))


@pytest.mark.parametrize(
    "packed",
    [
        lambda: gzipped_reply(BOMB),
        lambda: gzipped_reply(BOMB, 2),
        lambda: deflated_reply(BOMB),
        lambda: deflated_reply(BOMB, bare=True),
    ],
    ids=["gzip", "gzip twice", "deflate", "bare deflate"],
)
def test_a_compressed_bomb_is_cut_while_it_goes_off(server: FeedServer, packed: Callable[[], Reply]) -> None:
    url = server.answer("/bomb", packed())
    tracemalloc.start()
    try:
        with pytest.raises(ResponseTooLargeError):
            Fetcher(server.allow, size_limit_bytes=2**20).get(url)
        assert tracemalloc.get_traced_memory()[1] < 8 * 2**20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("coding", ["br", "zstd", "compress", "gzip, br", "BR"])
def test_codings_that_were_not_asked_for_are_not_unpacked(server: FeedServer, coding: str) -> None:
    url = server.answer("/packed", Reply(FEED, headers={"Content-Encoding": coding}))
    with pytest.raises(ConnectionFailedError, match="not asked for"):
        Fetcher(server.allow).get(url)
    assert server.requests("/packed")[0].headers["accept-encoding"] == "gzip, deflate"


@pytest.mark.parametrize(
    "reply",
    [
        Reply(b"x" * 10**5, pause_s=0.01),
        Reply(FEED, pause_s=0.01, slow_head=True, headers={"X-Long": "x" * 10**5}),
        Reply(FEED, delay_s=1000),
        Reply((b"x" for _ in range(10**6)), chunked=True, pause_s=0.01),
        Reply(raw=b"HTTP/1.1 100 Continue\r\n\r\n" * 10**5, pause_s=0.002),
    ],
    ids=["drips body", "drips head", "silent", "drips chunks", "continues for ever"],
)
def test_a_server_that_sends_a_byte_now_and_then_is_given_up(server: FeedServer, reply: Reply) -> None:
    """Each of them would go on for much longer than the deadline."""
    url = server.answer("/slow", reply)
    started = time.monotonic()
    with pytest.raises(FetchTimeoutError):
        Fetcher(server.allow, timeout_s=0.4).get(url)
    assert time.monotonic() - started < DEADLINE_S


def test_the_time_limit_covers_all_redirects_together(server: FeedServer) -> None:
    for number in range(5):
        server.answer(f"/{number}", Reply(status=302, headers={"Location": f"/{number + 1}"}, delay_s=0.2))
    with pytest.raises(FetchTimeoutError):
        Fetcher(server.allow, timeout_s=0.5).get(server.url("/0"))


def test_what_is_asked_before_a_redirect_has_a_time_of_its_own(
    server: FeedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.answer("/f.xml", Reply(FEED))
    url, passed_s = server.answer("/r", redirect_reply("/f.xml")), 0.0
    # Only what the question takes passes here: how long a busy machine takes for the rest proves nothing.
    monkeypatch.setattr(client, "time", SimpleNamespace(monotonic=lambda: passed_s))

    def allowed(target: str) -> None:
        nonlocal passed_s
        asked.append(target)
        passed_s += 31

    asked: list[str] = []
    fetched = Fetcher(server.allow, timeout_s=30).get(url, allowed=allowed)
    assert (fetched.body, asked) == (FEED, [server.url("/f.xml")])


def test_a_name_server_that_never_answers_is_given_up() -> None:
    forever = threading.Event()
    with pytest.raises(FetchTimeoutError):
        Fetcher(timeout_s=0.2, resolver=lambda host, port: [str(forever.wait(DEADLINE_S))]).get("http://feeds.example/")
    forever.set()


def test_threads_share_one_fetcher(server: FeedServer) -> None:
    fetcher = Fetcher(server.allow)
    urls = [server.answer(f"/{number}", Reply(str(number).encode())) for number in range(60)]
    with ThreadPoolExecutor(16) as pool:
        assert [fetched.body for fetched in pool.map(fetcher.get, urls)] == [str(n).encode() for n in range(60)]


# TLS


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's context with a certificate for feeds.invalid, and a client's that trusts only its issuer."""
    return tls_contexts(tmp_path_factory.mktemp("tls"), days_left=1)


def tls_contexts(folder: Path, days_left: int) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Contexts of a server and of a client, with a certificate that is good for so long."""
    serving, authority = make_certificate(folder, "feeds.invalid", days_left)
    return serving, ssl.create_default_context(cafile=authority)


def test_tls_is_verified_for_the_name_while_connecting_to_the_address(
    certificates: tuple[ssl.SSLContext, ssl.SSLContext],
) -> None:
    serving, trusting = certificates
    asked_for: list[str | None] = []
    serving.sni_callback = lambda sock, name, context: asked_for.append(name)
    with FeedServer(tls=serving) as server:
        server.answer("/f.xml", Reply(FEED))
        allow = {("feeds.invalid", server.port), ("other.invalid", server.port), ("127.0.0.1", server.port)}
        trusted = Fetcher(allow, resolver=lambda host, port: ["127.0.0.1"], tls=trusting)
        assert trusted.get(server.url("/f.xml", "feeds.invalid")).body == FEED
        assert asked_for == ["feeds.invalid"]
        for host in ("other.invalid", "127.0.0.1"):
            with pytest.raises(ConnectionFailedError, match=r"(?i)certificate"):
                trusted.get(server.url("/f.xml", host))
        strangers = Fetcher(allow, resolver=lambda host, port: ["127.0.0.1"])
        with pytest.raises(ConnectionFailedError, match=r"(?i)certificate"):
            strangers.get(server.url("/f.xml", "feeds.invalid"))
        assert server.count() == 1


def test_a_certificate_that_ran_out_is_refused(tmp_path: Path) -> None:
    serving, trusting = tls_contexts(tmp_path, days_left=-1)
    with FeedServer(tls=serving) as server:
        server.answer("/f.xml", Reply(FEED))
        fetcher = Fetcher({("feeds.invalid", server.port)}, resolver=lambda host, port: ["127.0.0.1"], tls=trusting)
        with pytest.raises(ConnectionFailedError, match="expired"):
            fetcher.get(server.url("/f.xml", "feeds.invalid"))
        assert server.count() == 0


def test_a_source_never_moves_from_tls_to_plain_http(
    server: FeedServer, certificates: tuple[ssl.SSLContext, ssl.SSLContext]
) -> None:
    serving, trusting = certificates
    with FeedServer(tls=serving) as secure:
        final = server.answer("/f.xml", Reply(FEED))
        secure.answer("/f.xml", redirect_reply(final, 301))
        allow = {("feeds.invalid", secure.port), *server.allow}
        fetched = Fetcher(allow, resolver=lambda host, port: ["127.0.0.1"], tls=trusting).get(
            secure.url("/f.xml", "feeds.invalid")
        )
        assert (fetched.url, fetched.permanent_url) == (final, None)


def test_a_handshake_that_never_ends_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        started = time.monotonic()
        with pytest.raises(FetchTimeoutError):
            Fetcher({("127.0.0.1", port)}, timeout_s=0.3).get(f"https://127.0.0.1:{port}/")
        assert time.monotonic() - started < DEADLINE_S


# Questions with a credential


def test_a_question_brings_any_status_whole_and_follows_no_redirect(server: FeedServer) -> None:
    url = server.answer("/api", Reply(FEED, 429, headers={"Retry-After": "7"}), redirect_reply(server.url("/lain")))
    answer = Fetcher(server.allow).ask(url, {"Authorization": "Bearer kunci"}, b"{}")
    assert (answer.status, answer.body, answer.headers["retry-after"]) == (429, FEED, "7")
    assert Fetcher(server.allow).ask(url, {"Authorization": "Bearer kunci"}).status == 302
    assert [one.headers["authorization"] for one in server.requests("/api")] == ["Bearer kunci"] * 2
    assert server.count("/lain") == 0


def test_an_answer_to_a_question_is_bounded_and_its_address_guarded(server: FeedServer) -> None:
    url = server.answer("/api", gzipped_reply(bytes(2**20)))
    with pytest.raises(ResponseTooLargeError):
        Fetcher(server.allow, size_limit_bytes=1000).ask(url, {})
    with pytest.raises(AddressRefusedError):
        Fetcher().ask(url, {})
