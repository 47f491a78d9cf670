"""Plain feeds as plain_feed.py reads them, judged by feedparser: every feed that there is, and made ones."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from unittest.mock import patch
from xml.sax.saxutils import escape

from hypothesis import given, strategies as st

from hoax_tracker.demo.feed_server import render_feed
from hoax_tracker.demo.sample_data import load_sample_feeds
from hoax_tracker.errors import HoaxTrackerError
from hoax_tracker.ingest.parsers import Feed, parse_feed, xml_feed
from hoax_tracker.ingest.parsers.plain_feed import read_plain_feed
from tests.ingest.feed_shapes import atom, rss
from tests.ingest.parsers import test_against_feedparser

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
URL = "https://kabar.example/umpan/rss.xml"


def read(text: str) -> Feed | str:
    """A feed as the product reads it, or why it is none."""
    try:
        return parse_feed(text.encode("utf-8", "replace"), URL, None, now=NOW)
    except HoaxTrackerError as error:
        return str(error)


def read_by_feedparser(text: str) -> Feed | str:
    """The same by feedparser alone."""
    with patch.object(xml_feed, "read_plain_feed", lambda _text: None):
        return read(text)


def every_feed() -> dict[str, str]:
    """Every feed of the tests and of the demo."""
    samples = {
        feed.home: render_feed(feed, feed.visible(NOW, NOW), NOW).decode(feed.encoding)
        for feed in load_sample_feeds()
        if feed.format != "jsonfeed"
    }
    return test_against_feedparser.FEEDS | samples


def test_every_feed_is_read_as_feedparser_reads_it() -> None:
    differ = {name for name, text in every_feed().items() if read(text) != read_by_feedparser(text)}
    assert differ == set()


def test_what_common_programs_make_is_plain() -> None:
    feeds = every_feed()
    left = {name for name, text in feeds.items() if read_plain_feed(text) is None}
    assert 4 * len(left) <= len(feeds), left


NOTHING = st.just("")
WORDS = st.text(st.sampled_from("ab é\u00a0\n\t&<>;#'\"ÃŽ✓/:.?=1"), max_size=12)
LINKS = st.sampled_from(
    [
        "https://a.example/1",
        "/2?x=1&copy=2",
        "//b.example",
        "3",
        "https:///c.example",
        "mailto:x@a.example",
        "",
        "a&amp;b;c",
    ]
)
DATES = st.sampled_from(
    [
        "Fri, 20 Nov 2026 01:00:00 +0000",
        "2026-11-20T09:00:00+08:00",
        "Kamis, 20 Agt 2026 10:00 WITA",
        "2026-11-20",
        "x",
        "",
    ]
)
LANGUAGES = st.sampled_from(["", ' xml:lang="id_ID"', ' xml:lang="en"', ' xml:lang=""', ' lang="id"'])
TYPES = st.sampled_from(["", ' type="html"', ' type="TEXT"', ' type="text/html"', ' type="xhtml"', ' type="image/png"'])


def element(name: str, text: st.SearchStrategy[str], attributes: st.SearchStrategy[str] = NOTHING) -> Any:
    """An element whose text is escaped or stands in CDATA."""

    def write(words: str, attribute: str, quoted: bool) -> str:
        inner = f"<![CDATA[{words.replace(']]>', '')}]]>" if quoted else escape(words).replace("✓", "&#150;")
        return f"<{name}{attribute}>{inner}</{name}>"

    return st.builds(write, text, attributes, st.booleans())


MARKUP = st.one_of(WORDS, st.builds("<p>{}</p><img src='/g.png'>".format, WORDS))
DETAILS = st.builds("{}{}".format, TYPES, LANGUAGES)
COMMON = [
    element("dc:creator", WORDS),
    element("dc:date", DATES),
    element("dc:subject", WORDS),
    element("content:encoded", MARKUP),
    element("slash:comments", st.sampled_from(["7", "1,2K", ""])),
    element("feedburner:origLink", LINKS),
    st.sampled_from(
        [
            '<media:content url="/a.jpg" medium="image"/>',
            '<media:thumbnail URL="/b.jpg"/>',
            '<media:content url="/c.jpg"><media:title>x</media:title></media:content>',
            '<media:group><media:content url="/d.jpg" type="IMAGE/png"/></media:group>',
            "<itunes:author>Radio</itunes:author>",
            "<georss:point>-10.1 123.6</georss:point>",
            "<unknown>y</unknown>",
            "<!-- c --><?p i?>",
            '<atom:link rel="self" href="/s"/>',
            '<atom:link href="/t"/>',
        ]
    ),
]
ITEM_PARTS = [
    element("title", WORDS, DETAILS),
    element("link", LINKS),
    element("description", MARKUP, DETAILS),
    element("guid", LINKS, st.sampled_from(["", ' isPermaLink="false"', ' isPermaLink="true"', ' isPermaLink="x"'])),
    element("pubDate", DATES),
    element("author", st.one_of(WORDS, st.just("a@b.example (Meja)"))),
    element("source", WORDS, st.sampled_from(["", ' url="https://s.example/"'])),
    st.sampled_from(
        [
            '<enclosure url="/e.jpg" type="image/JPEG" length="1"/>',
            '<enclosure type="image/png"/>',
            "<title><b>x</b></title>",
        ]
    ),
    *COMMON,
]
MAILS = st.sampled_from(["", "<email>a@b.example</email>", "x"])
ENTRY_PARTS = [
    element("title", WORDS, DETAILS),
    element("id", LINKS),
    element("published", DATES),
    element("updated", DATES),
    element("summary", MARKUP, DETAILS),
    element("content", MARKUP, DETAILS),
    st.builds("<author>{}{}</author>".format, element("name", WORDS), MAILS),
    st.builds('<link rel="{}" type="{}" href="{}"/>'.format, st.sampled_from(["alternate", "Self", "enclosure"]),
              st.sampled_from(["text/html", "image/png", "HTML"]), LINKS.map(escape)),
    *[part.map(lambda text: text if ":" not in text.split(">")[0] else "") for part in COMMON[-1:]],
]  # fmt: skip


def some(parts: list[Any]) -> st.SearchStrategy[str]:
    """Some of these in any order, now and then one twice."""
    places = st.sampled_from(range(len(parts)))
    each_once, any_number = st.lists(places, max_size=7, unique=True), st.lists(places, max_size=7)
    chosen = st.one_of(each_once, each_once, any_number)
    return chosen.flatmap(lambda which: st.tuples(*(parts[place] for place in which))).map("".join)


HEADS = some(
    [
        element("title", WORDS),
        element("link", LINKS),
        element("language", st.sampled_from(["id", "id_ID", "x y", ""])),
        st.sampled_from(
            ["<image><title>g</title><link>/g</link></image>", "<ttl>5</ttl>", '<atom:link href="/f" rel="self"/>']
        ),
    ]
)
ATOM_HEADS = some(
    [
        element("title", WORDS),
        element("id", LINKS),
        st.sampled_from(['<link href="/f"/>', "<author><name>n</name></author>"]),
    ]
)
RDF_ITEMS = st.lists(
    st.builds('<item rdf:about="{}">{}</item>'.format, LINKS.map(escape), some([*ITEM_PARTS[:3], *COMMON[:4]])),
    max_size=3,
).map("".join)


def rdf(title: str, link: str, items: str) -> str:
    """An RSS 1.0 feed."""
    return (
        '<?xml version="1.0"?><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
        ' xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"'
        ' xmlns:content="http://purl.org/rss/1.0/modules/content/">'
        f'<channel rdf:about="/c"><title>{title}</title><link>{link}</link>'
        f'<items><rdf:Seq><rdf:li resource="/1"/></rdf:Seq></items></channel>{items}</rdf:RDF>'
    )


@given(
    st.one_of(
        st.builds(lambda items, head: rss(*items, head=head), st.lists(some(ITEM_PARTS), max_size=3), HEADS),
        st.builds(lambda entries, head: atom(*entries, head=head), st.lists(some(ENTRY_PARTS), max_size=3), ATOM_HEADS),
        st.builds(rdf, WORDS.map(escape), LINKS.map(escape), RDF_ITEMS),
    )
)
def test_made_feeds_are_read_as_feedparser_reads_them(text: str) -> None:
    assert read(text) == read_by_feedparser(text)
