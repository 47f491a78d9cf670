"""Connections are stored as a network and a browser name from our lists, never as what was sent."""

from __future__ import annotations

import pytest

from hoax_tracker.accounts.connections import UNKNOWN, browser_name, coarse_network

CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36"
)
PHONE = (
    "Mozilla/5.0 (Linux; Android 14; SM-A155F) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Mobile Safari/537.36"
)


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ("203.0.113.77", "203.0.113.0/24"),
        ("::ffff:203.0.113.77", "203.0.113.0/24"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1::/48"),
        ("fe80::1%eth0", "fe80::/48"),
        ("", UNKNOWN),
        ("<script>", UNKNOWN),
        ("203.0.113.77, 198.51.100.1", UNKNOWN),
    ],
)
def test_the_whole_address_is_never_kept(address: str, kept: str) -> None:
    assert coarse_network(address) == kept


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (CHROME, "Chrome/Windows"),
        (CHROME + " Edg/130.0", "Edge/Windows"),
        (PHONE, "Chrome/Android"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0", "Firefox/Linux"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit Version/18.0 Safari", "Safari/iPhone"),
        ("curl/8", UNKNOWN),
        ("", UNKNOWN),
        ("<script>alert(1)</script>" * 1000, UNKNOWN),
    ],
)
def test_a_browser_is_a_name_of_ours(sent: str, kept: str) -> None:
    assert browser_name(sent) == kept
