"""The two keys that identify copies of a page."""

from __future__ import annotations

import hashlib
import re
import string
import unicodedata
from urllib.parse import urlsplit

import pytest
from hypothesis import assume, given, strategies as st

from hoax_tracker.ingest.parsers.canonical_url import absolute_url, canonical_url, content_key


@pytest.mark.parametrize(
    ("url", "canonical"),
    [
        ("HTTP://Kabar.EXAMPLE:80/A/b?x=1#atas", "http://kabar.example/A/b?x=1"),
        ("https://kabar.example:443", "https://kabar.example/"),
        ("https://kabar.example:8443/", "https://kabar.example:8443/"),
        ("https://kabar.example./a/./b/../c", "https://kabar.example/a/c"),
        ("http://0X0/", "http://0x0/"),
        ("https://ani:rahasia@kabar.example/", "https://kabar.example/"),
        ("https://k.example/?b=2&utm_source=rss&a=1&UTM_Medium=x", "https://k.example/?b=2&a=1"),
        ("https://k.example/a?fbclid=1&gclid=2&igshid=3&mc_cid=4&mc_eid=5", "https://k.example/a"),
        ("https://k.example/a?%75tm_source=x&id=7", "https://k.example/a?id=7"),
        ("https://k.example/a?utmost=1&page=all", "https://k.example/a?utmost=1&page=all"),
        ("https://k.example/a?q=&x&&y=1", "https://k.example/a?q=&x&y=1"),
        ("https://k.example/2026/air-bersih/amp/", "https://k.example/2026/air-bersih/"),
        ("https://k.example/2026/air-bersih/amp", "https://k.example/2026/air-bersih"),
        ("https://k.example/air-bersih?amp=1&p=2", "https://k.example/air-bersih?p=2"),
        ("https://k.example/amp", "https://k.example/amp"),
        ("https://k.example/musik/amp", "https://k.example/musik/amp"),
        ("https://k.example/a?amp=30", "https://k.example/a?amp=30"),
        ("https://k.example/%7Eani/%e2%82%ac/é?q=ü", "https://k.example/%7Eani/%E2%82%AC/%C3%A9?q=%C3%BC"),
        ("https://k.example/diskon-100%/a%20b", "https://k.example/diskon-100%25/a%20b"),
        ("https://bücher.example/", "https://xn--bcher-kva.example/"),
        ("http://[::1]:8080/x", "http://[::1]:8080/x"),
        ("https://k.example/#!/berita/1", "https://k.example/#!/berita/1"),
    ],
)
def test_links_to_the_same_page_get_one_form(url: str, canonical: str) -> None:
    assert canonical_url(url) == canonical
    assert canonical_url(canonical) == canonical


@pytest.mark.parametrize(
    "url",
    [
        "",
        "kabar",
        "/a",
        "//k.example/",
        "http://",
        "http:///a",
        "mailto:a@k.example",
        "javascript:alert(1)",
        "http://a b/",
        "http://k.example:99999/",
        "http://[::1",
        "https://k.example/" + "a" * 9000,
    ],
)
def test_what_is_no_web_address_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"address|longer"):
        canonical_url(url)
    if not url.startswith("/"):
        assert absolute_url("", url) is None


def test_links_are_resolved_against_their_base() -> None:
    base = "https://k.example/feed/rss.xml"
    assert absolute_url(base, " ../a?utm_source=x ") == "https://k.example/a"
    assert absolute_url(base, "//lain.example/b") == "https://lain.example/b"
    assert absolute_url(base, "data:image/png;base64,AAAA") is None
    assert absolute_url("http://[", "a") is None


PARTS = st.text(alphabet=string.ascii_letters + string.digits + "-._~%!$&'()*+,;=:@/?#é €", max_size=30)


@given(
    st.sampled_from(["http", "https", "HTTP"]),
    st.text(alphabet=string.ascii_letters + string.digits + "-.", min_size=1, max_size=15),
    st.sampled_from(["", ":80", ":443", ":8080"]),
    PARTS,
)
def test_the_canonical_form_is_its_own(scheme: str, host: str, port: str, rest: str) -> None:
    try:
        canonical = canonical_url(f"{scheme}://{host}{port}/{rest}")
    except ValueError:
        assume(False)
    assert canonical_url(canonical) == canonical
    split = urlsplit(canonical)
    assert split.scheme == scheme.lower()
    assert split.hostname == split.netloc.partition(":")[0]
    assert canonical.isascii()


@given(st.text())
def test_any_text_gives_a_canonical_link_or_a_value_error(text: str) -> None:
    try:
        canonical = canonical_url(text)
    except ValueError:
        return
    assert canonical_url(canonical) == canonical


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("Air mati!", "Besok, air MATI."), ("AIR MATI", "besok  air\nmati")),
        (("Ｋabar", "ﬁx"), ("Kabar", "FIX")),
        (("Straße", "é"), ("STRASSE", "e\u0301")),
        (("🙂", "🙂 !"), ("🙂", "🙂!")),
    ],
)
def test_case_space_and_punctuation_make_no_difference(one: tuple[str, str], other: tuple[str, str]) -> None:
    assert content_key(*one) == content_key(*other)


def test_other_words_make_another_key() -> None:
    keys = {
        content_key("a", "b c"),
        content_key("a b", "c"),
        content_key("a", "bc"),
        content_key("", ""),
        content_key("🙂", ""),
        content_key("👍", ""),
        content_key("a", "b 1"),
        content_key("a", "b 2"),
        content_key("\ud800", ""),
    }
    assert len(keys) == 9
    assert all(len(key) == 64 and set(key) <= set("0123456789abcdef") for key in keys)


@given(st.lists(st.text(alphabet=string.ascii_lowercase + "0123456789", min_size=1), min_size=1))
def test_the_key_depends_on_the_words_alone(words: list[str]) -> None:
    assert content_key("t", " ".join(words)) == content_key("T", ", ".join(words).upper() + "!")


@given(st.text(min_size=1))
def test_stored_keys_stay_those_of_the_words_as_a_pattern_finds_them(text: str) -> None:
    words = re.findall(r"\w+", unicodedata.normalize("NFKC", text).casefold())
    assume(words)
    written = "\n" + " ".join(words)
    assert content_key("", text) == hashlib.sha256(written.encode()).hexdigest()


@given(
    PARTS, st.lists(st.sampled_from(["utm_source=x", "fbclid=1", "UTM_Medium=a%20b", "_ga=1.2"]), max_size=3), st.data()
)
def test_how_a_reader_came_makes_no_other_page(path: str, tracking: list[str], data: st.DataObject) -> None:
    url = f"https://kabar.example/{path.replace(' ', '-')}"
    canonical = canonical_url(url)
    address, hash_sign, fragment = url.partition("#")
    page, _, query = address.partition("?")
    parts = [*query.split("&"), *tracking] if query else tracking
    followed = data.draw(st.integers(0, len(parts)))
    kept = [part for part in parts if part not in tracking]
    mixed = kept[:followed] + tracking + kept[followed:]
    assert canonical_url(f"{page}?{'&'.join(mixed)}{hash_sign}{fragment}") == canonical


@given(st.text(max_size=40), st.text(max_size=40))
def test_any_link_is_canonical_or_none(base: str, link: str) -> None:
    for found in (absolute_url(base, link), absolute_url(f"https://kabar.example/{base}", link)):
        assert found is None or canonical_url(found) == found


@given(st.text(), st.text())
def test_any_words_have_a_key_of_their_own_and_title_is_not_text(title: str, text: str) -> None:
    key = content_key(title, text)
    assert len(key) == 64
    assert content_key(f" {title}\t", f"\n{text} ") == key
    assert content_key(title, f"{text} tidakbenar") != key
