"""Which addresses may be fetched: the public Internet, and loopback only where the settings name host and port.

The networks are those of the IANA special-purpose registries (RFC 6890 and its updates). They are written out because
``ipaddress.is_global`` differs between Python versions and passes NAT64 and 6to4 addresses that contain a private one.
"""

from __future__ import annotations

import re
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit

from urllib3.exceptions import LocationParseError
from urllib3.util import parse_url

from hoax_tracker.core.fetch.errors import AddressInsideError, AddressRefusedError

FETCHABLE_PORTS = frozenset({80, 443, 8080, 8443})
_DEFAULT_PORTS = {"http": 80, "https": 443}
_URL_LIMIT = 4096

_OFFICE_NETWORKS = [ip_network(block) for block in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")]
_SPECIAL_V4 = [
    IPv4Network(block)
    for block in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",
        "100.64.0.0/10",  # carrier-grade NAT, and the metadata service of one cloud
        "127.0.0.0/8",
        "168.63.129.16/32",  # a cloud's host agent, reachable only from inside
        "169.254.0.0/16",  # link-local, and most metadata services
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
    )
]
# All that IANA has given out for the Internet is in 2000::/3; outside it are ::1, fc00::, fe80::, ff00:: and more.
_PUBLIC_V6 = IPv6Network("2000::/3")
_SPECIAL_V6 = [
    IPv6Network(block)
    for block in (
        "2001::/23",  # Teredo, ORCHID, benchmarking
        "2001:db8::/32",
        "2002::/16",  # 6to4, retired by RFC 7526
        "3fff::/20",
    )
]
_MAPPED = IPv6Network("::ffff:0:0/96")
_NAT64 = IPv6Network("64:ff9b::/96")

# inet_aton reads "0x7f.1", "017700000001" and "2130706433" as 127.0.0.1; so "ends in a number" means an IPv4 address,
# as in the WHATWG URL standard, and only its one usual spelling is accepted.
_ENDS_IN_NUMBER = re.compile(r"(?:\A|\.)(?:[0-9]+|0[xX][0-9a-fA-F]*)\Z")

_NOWHERE = (".example", ".test", ".invalid", ".localhost")
"""Names that lead nowhere (RFC 2606): those of samples."""
LONGEST_HOST = 253
"""Characters of a host's name (RFC 1035): a longer one is in no DNS."""


@dataclass(frozen=True, slots=True)
class FetchTarget:
    """An address of valid form; its host name is not resolved yet."""

    url: str
    scheme: str
    host: str
    port: int
    request_uri: str
    loopback_allowed: bool
    private_allowed: bool = False

    @property
    def host_header(self) -> str:
        """The value of the Host header, with the port unless it is the scheme's default."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def literal(self) -> str | None:
        """The host where it is an IP address, which needs no lookup."""
        return self.host if ":" in self.host or _ENDS_IN_NUMBER.search(self.host) else None


def parse_target(
    url: str, allow: AbstractSet[tuple[str, int]], private: AbstractSet[tuple[str, int]] = frozenset()
) -> FetchTarget:
    """Return ``url`` as a target. Raises AddressRefusedError where its form is not acceptable.

    An IP address must be one that may be connected to; what a name leads to shows only when it is looked up.
    ``allow`` and ``private`` hold (host, port) that may lie on this machine, or inside the office's network.
    """
    if len(url) > _URL_LIMIT or any(character < " " for character in url):
        raise AddressRefusedError(url, "too long, or with control characters")
    try:
        parsed = parse_url(url)
    except LocationParseError as error:
        raise AddressRefusedError(url, "not an address") from error
    if parsed.scheme not in _DEFAULT_PORTS:
        raise AddressRefusedError(url, "only http and https are fetched")
    if parsed.auth is not None:
        raise AddressRefusedError(url, "an address with a user name or password is not fetched")
    host = _plain_host(url, parsed.host or "")
    port = _DEFAULT_PORTS[parsed.scheme] if parsed.port is None else parsed.port
    allowed, inside = (host, port) in allow, (host, port) in private
    clean = parsed._replace(fragment=None, path=parsed.path or "/")
    target = FetchTarget(clean.url, parsed.scheme, host, port, clean.request_uri, allowed, inside)
    if target.literal is not None:  # before the port: that the address leads inside is what a person must know
        require_fetchable_address(target, target.literal)
    if port not in FETCHABLE_PORTS and not (allowed or inside):
        raise AddressRefusedError(url, f"port {port} is not one that is fetched")
    return target


def require_fetchable_address(target: FetchTarget, address: str) -> str:
    """Return ``address`` in canonical form. Raises AddressRefusedError unless it may be connected to."""
    try:
        parsed = ip_address(address)
    except ValueError as error:
        raise AddressRefusedError(target.url, f"{address!r} is not an IP address") from error
    inner = _embedded_ipv4(parsed)
    reachable = (target.loopback_allowed and inner.is_loopback) or (
        target.private_allowed and _is_office_address(inner)
    )
    if not (is_public_address(inner) or reachable):
        raise AddressInsideError(target.url, f"{address} is not a public address")
    return str(parsed)


def is_public_address(address: IPv4Address | IPv6Address) -> bool:
    """Tell whether ``address`` is a unicast address on the public Internet."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _SPECIAL_V4)
    return address in _PUBLIC_V6 and not any(address in network for network in _SPECIAL_V6) and not _is_isatap(address)


def _is_office_address(address: IPv4Address | IPv6Address) -> bool:
    """Tell whether ``address`` lies in a network for use inside an organisation (RFC 1918, RFC 4193)."""
    return any(address.version == network.version and address in network for network in _OFFICE_NETWORKS)


def has_impossible_host(url: str) -> bool:
    """Tell whether no server can have the host name in ``url``."""
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return True
    return host.endswith(_NOWHERE) or len(host) > LONGEST_HOST


def _plain_host(url: str, bracketed: str) -> str:
    """Return the host without brackets and final dot. Raise for an empty one and an IPv4 address in disguise."""
    host = bracketed.strip("[]").rstrip(".")
    if not host or "%" in host:
        raise AddressRefusedError(url, "no host, or one with an escape or a zone")
    if _ENDS_IN_NUMBER.search(host):
        try:
            IPv4Address(host)
        except ValueError as error:
            raise AddressRefusedError(url, "an IPv4 address in an unusual spelling") from error
    return host


def _embedded_ipv4(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """Return the IPv4 address inside a mapped or NAT64 address, else ``address``."""
    if isinstance(address, IPv6Address) and (address in _MAPPED or address in _NAT64):
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def _is_isatap(address: IPv6Address) -> bool:
    """Tell whether the last 64 bits form an ISATAP tunnel (RFC 5214), which ends at the IPv4 address inside."""
    return (int(address) >> 32) & 0xFDFFFFFF == 0x00005EFE
