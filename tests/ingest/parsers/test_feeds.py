"""Every common format gives the same entries with their intended content."""

from __future__ import annotations

import base64
import html
import io
import json
import re
import tarfile
import warnings
from datetime import UTC, datetime, timedelta

import feedparser
import pytest
from hypothesis import given, strategies as st

from hoax_tracker.core.content.html_to_text import clean_plain_text
from hoax_tracker.ingest.parsers import Feed, FeedEntry, FeedError, parse_feed
from tests.needs import DATA_SETS

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
URL = "https://kabar.example/umpan/rss.xml"
PUBLISHED = datetime(2026, 11, 23, 1, 30, tzinfo=UTC)
UPDATED = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)


def read(body: bytes | str, content_type: str | None = None) -> Feed:
    return parse_feed(body.encode() if isinstance(body, str) else body, URL, content_type, now=NOW)


def rss(*items: str, head: str = "<title>Kabar</title>") -> str:
    return f'<?xml version="1.0"?><rss version="2.0"><channel>{head}{"".join(items)}</channel></rss>'


def only(feed: Feed) -> FeedEntry:
    (entry,) = feed.entries
    return entry


def test_a_content_without_words_does_not_hide_the_description() -> None:
    """As of a picture alone, or an invitation to read on, which is the content of some sites' entries."""
    longer = "Air mati di Oesapa sejak pagi."
    for content, told in (
        ("<p><img src='/a.jpg' alt=''></p>", "Air mati di Oesapa."),
        ("<p class='a-long-name-of-a-class'><a href='https://kabar.example/2026'>Baca</a></p>", "Air mati di Oesapa."),
        (longer, longer),
    ):
        entry = only(
            read(
                '<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><item>'
                f"<content:encoded><![CDATA[{content}]]></content:encoded>"
                "<description><![CDATA[<p>Air mati di Oesapa.</p>]]></description></item></channel></rss>"
            )
        )
        assert entry.text == told
        assert entry.images == (("https://kabar.example/a.jpg",) if "img" in content else ())


RSS_20 = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:media="http://search.yahoo.com/mrss/">
<channel><title>Kabar &amp;amp; Berita</title><link>https://kabar.example/</link><language>id-ID</language>
<item><title>Air &lt;b&gt;mati&lt;/b&gt; di Oesapa</title><link>/2026/air-mati?utm_source=rss</link>
<guid isPermaLink="false">kabar-17</guid><author>redaksi@kabar.example (Redaksi)</author>
<pubDate>Mon, 23 Nov 2026 09:30:00 +0800</pubDate><description>Ringkasan.</description>
<media:thumbnail url="https://kabar.example/kecil.jpg"/>
<enclosure url="/besar.jpg" type="image/jpeg" length="1"/><enclosure url="/suara.mp3" type="audio/mpeg" length="1"/>
<content:encoded><![CDATA[<p>Layanan air berhenti.</p><script>jahat()</script>
<p>Sampai <i>Rabu</i>.<img src="/isi.jpg"><img src="data:image/gif;base64,R0"></p>]]></content:encoded>
</item></channel></rss>"""

RSS_10 = """<?xml version="1.0"?><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
 xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel rdf:about="https://kabar.example/"><title>Kabar &amp; Berita</title><link>https://kabar.example/</link>
<dc:language>id-ID</dc:language></channel>
<item rdf:about="https://kabar.example/17"><title>Air mati di Oesapa</title>
<link>https://kabar.example/2026/air-mati</link><dc:creator>Redaksi</dc:creator><dc:date>2026-11-23T09:30:00+08:00</dc:date>
<description>&lt;p&gt;Layanan air berhenti.&lt;/p&gt;&lt;p&gt;Sampai Rabu.&lt;/p&gt;</description></item></rdf:RDF>"""

RSS_091 = """<?xml version="1.0"?><!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN"
 "http://my.netscape.com/publish/formats/rss-0.91.dtd"><rss version="0.91"><channel><title>Kabar &amp; Berita</title>
<link>https://kabar.example/</link><language>id</language><item><title>Air mati di Oesapa</title>
<link>https://kabar.example/2026/air-mati</link><description>Layanan air berhenti. Sampai Rabu.</description></item>
</channel></rss>"""

ATOM = """<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom" xml:lang="id-ID" xml:base="https://kabar.example/">
<title>Kabar &amp; Berita</title><link rel="self" href="/atom.xml"/><link href="/"/><entry xml:base="2026/">
<id>tag:kabar.example,2026:17</id><title type="html">Air &lt;b&gt;mati&lt;/b&gt; di Oesapa</title>
<link rel="related" href="https://lain.example/"/><link href="air-mati"/><author><name>Redaksi</name></author>
<published>2026-11-23T01:30:00Z</published><updated>2026-11-23T12:00:00+08:00</updated>
<summary>Ringkasan.</summary>
<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>Layanan air berhenti.</p>
<p>Sampai <b>Rabu</b>.<img src="isi.jpg"/></p></div></content></entry></feed>"""

JSON_11 = json.dumps(
    {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "Kabar & Berita",
        "home_page_url": "/",
        "language": "id-ID",
        "items": [
            {
                "id": 17,
                "url": "/2026/air-mati#isi",
                "title": "Air mati di Oesapa",
                "content_html": "<p>Layanan air berhenti.</p><p>Sampai <b>Rabu</b>.<img src='/isi.jpg'></p>",
                "authors": [{"url": "x"}, {"name": "Redaksi"}],
                "date_published": "2026-11-23T09:30:00+08:00",
                "date_modified": "2026-11-23T04:00:00Z",
                "image": "/besar.jpg",
                "attachments": [
                    {"mime_type": "image/png", "url": "lampiran.png"},
                    {"mime_type": "audio/x", "url": "a"},
                ],
            }
        ],
    }
)
JSON_10 = json.dumps(
    {
        "version": "https://jsonfeed.org/version/1",
        "title": "Kabar & Berita",
        "items": [
            {
                "id": "17",
                "external_url": "https://kabar.example/2026/air-mati",
                "title": "Air mati di Oesapa",
                "content_text": "Layanan air berhenti.\nSampai Rabu.",
                "author": {"name": "Redaksi"},
                "date_published": "23 November 2026 09.30 WITA",
            }
        ],
    }
)


# The formats


@pytest.mark.parametrize("body", [RSS_20, RSS_10, RSS_091, ATOM, JSON_11, JSON_10])
def test_every_format_gives_the_same_entry(body: str) -> None:
    feed = read(body)
    entry = only(feed)
    assert feed.title == "Kabar & Berita"
    assert feed.problems == ()
    assert entry.title == "Air mati di Oesapa"
    assert entry.url == "https://kabar.example/2026/air-mati"
    assert entry.text.split() == ["Layanan", "air", "berhenti.", "Sampai", "Rabu."]
    assert entry.author == (None if body is RSS_091 else "Redaksi")
    assert entry.published_at == (None if body is RSS_091 else PUBLISHED)


def test_what_only_some_formats_hold() -> None:
    whole = [read(body) for body in (RSS_20, ATOM, JSON_11)]
    assert {feed.link for feed in whole} == {"https://kabar.example/"}
    assert {(feed.language, only(feed).language) for feed in whole} == {("id-ID", "id-ID")}
    assert [only(feed).feed_id for feed in whole] == ["kabar-17", "tag:kabar.example,2026:17", "17"]
    assert [only(feed).updated_at for feed in whole] == [None, UPDATED, UPDATED]
    assert [only(feed).images for feed in whole] == [
        tuple(f"https://kabar.example/{name}.jpg" for name in ("kecil", "besar", "isi")),
        ("https://kabar.example/2026/isi.jpg",),
        (
            "https://kabar.example/besar.jpg",
            "https://kabar.example/umpan/lampiran.png",
            "https://kabar.example/isi.jpg",
        ),
    ]
    assert only(whole[0]).text == "Layanan air berhenti.\nSampai Rabu."


def test_an_entry_needs_nothing() -> None:
    feed = read(rss("<item></item>", "<item><title>Ada</title></item>"))
    assert feed.entries[0] == FeedEntry(None, None, "", "", None, None, None, None, ())
    assert feed.entries[1].title == "Ada"
    assert (feed.link, feed.language, feed.problems) == (None, None, ())


def test_a_permanent_id_is_the_link_where_there_is_no_other() -> None:
    assert only(read(rss("<item><guid>https://k.example/1</guid></item>"))).url == "https://k.example/1"
    assert only(read(rss("<item><guid isPermaLink='false'>https://k.example/1</guid></item>"))).url is None


def test_an_alternate_of_any_type_is_a_link() -> None:
    link = '<link rel="enclosure" href="a.mp3"/><link rel="alternate" type="application/pdf" href="/edaran.pdf"/>'
    feed = read(f'<feed xmlns="http://www.w3.org/2005/Atom"><entry>{link}</entry></feed>')
    assert only(feed).url == "https://kabar.example/edaran.pdf"


def test_the_publisher_is_the_author_where_nobody_is_named() -> None:
    source = '<source url="https://w.example/f">Warta &amp; Kota</source>'
    assert only(read(rss(f"<item><title>x</title>{source}</item>"))).author == "Warta & Kota"
    assert only(read(rss(f"<item><title>x</title>{source}<author>Ani</author></item>"))).author == "Ani"
    atom = "<entry><title>x</title><source><title>Warta &amp; Kota</title></source></entry>"
    assert only(read(f'<feed xmlns="http://www.w3.org/2005/Atom">{atom}</feed>')).author == "Warta & Kota"


@pytest.mark.parametrize(
    ("sent", "kind", "told"),
    [
        (b"<p>Air mati &amp; di <b>Oesapa</b></p>", "application/octet-stream", "Air mati & di Oesapa"),
        ("Layanan berhenti é".encode(), "application/octet-stream", "Layanan berhenti é"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "application/octet-stream", "Ringkas"),
        (b"<p>Air mati sejak pagi di Oesapa</p>", "image/png", "Ringkas"),
    ],
    ids=["markup", "plain", "picture", "called a picture"],
)
def test_a_content_in_base64_is_read_where_it_is_text(sent: bytes, kind: str, told: str) -> None:
    content = f'<summary>Ringkas</summary><content type="{kind}">{base64.b64encode(sent).decode()}</content>'
    assert only(read(f'<feed xmlns="http://www.w3.org/2005/Atom"><entry>{content}</entry></feed>')).text == told


@pytest.mark.parametrize(
    ("before", "behind"),
    [
        ("<html><body>", "</body></html>"),
        ("<!DOCTYPE html>\n<html lang='id'><head></head><body>\n", "\n</body>\n</html>\n"),
        ("<?xml version='1.0'?><HTML><BODY>", "</BODY></HTML>"),
        ("<html><body>", ""),
    ],
)
@pytest.mark.parametrize("body", [ATOM, RSS_20])
def test_a_feed_within_a_page_is_read_as_the_feed(body: str, before: str, behind: str) -> None:
    bare = re.sub(r"<\?xml[^>]*>", "", body)
    assert read(f"{before}{bare}{behind}") == read(body)


def test_a_page_that_shows_a_feed_is_still_a_page() -> None:
    for inside in (f"<pre>{html.escape(ATOM)}</pre>", f"<p>Contoh:</p>{ATOM}"):
        with pytest.raises(FeedError):
            read(f"<html><body>{inside}</body></html>")


def test_of_the_texts_of_a_json_feed_the_longest_is_kept() -> None:
    given = {"id": "1", "content_html": "<p>Baca <a href='https://kabar.example/2026'>di sini</a></p>"}
    told = {"content_text": "Air mati di <Oesapa>", "summary": "Air mati di Oesapa sejak pagi tadi"}
    for more, text in (({}, "Baca di sini"), ({"content_text": told["content_text"]}, told["content_text"])):
        assert only(read(json.dumps(json.loads(JSON_11) | {"items": [given | more]}))).text == text
    assert only(read(json.dumps(json.loads(JSON_11) | {"items": [given | told]}))).text == told["summary"]


@pytest.mark.parametrize("version", ["1", "1.0", "1.1", 1, 1.1])
def test_a_json_feed_may_give_its_version_by_number(version: object) -> None:
    assert only(read(json.dumps(json.loads(JSON_11) | {"version": version}))).feed_id == "17"


@pytest.mark.parametrize("version", ["2", 3, "", None, True, "1.0.2", ["1"]])
def test_another_version_is_no_json_feed(version: object) -> None:
    with pytest.raises(FeedError):
        read(json.dumps(json.loads(JSON_11) | {"version": version}))


def test_links_that_lead_to_no_web_page_are_none() -> None:
    for link in (
        "javascript:alert(1)",
        "mailto:a@k.example",
        "http://[::1",
        "http://",
        "https://k.example/" + "a" * 3000,
    ):
        assert only(read(rss(f"<item><title>x</title><link>{link}</link></item>"))).url is None


def test_plain_text_of_a_json_feed_is_not_taken_for_markup() -> None:
    item = {"id": "1", "content_text": "kirim ke <nama> & <b>"}
    feed = read(json.dumps({"version": "https://jsonfeed.org/version/1.1", "items": [item]}))
    assert only(feed).text == "kirim ke <nama> & <b>"


def test_a_script_in_a_title_leaves_its_text_alone() -> None:
    titles = [
        "&lt;script&gt;alert(1)&lt;/script&gt;Bansos cair",
        "<![CDATA[<script>alert(1)</script>Bansos cair]]>",
        "Bansos &lt;img src=x onerror=alert(1)&gt;cair",
        "<script>alert(1)</script>Bansos cair",
    ]
    for title in titles:
        entry = only(read(rss(f"<item><title>{title}</title><description>{title}</description></item>")))
        assert "script" not in entry.title + entry.text
        assert entry.title.replace("alert(1)", "") == "Bansos cair"


@pytest.mark.parametrize(
    "author",
    ["Ani (ani@kabar.digital)", "ani@kabar.digital (Ani)", "Ani &lt;ani@kabar.digital&gt;", "Ani", "<name>Ani</name>"],
)
def test_an_author_is_a_name(author: str) -> None:
    assert only(read(rss(f"<item><author>{author}</author></item>"))).author == "Ani"


def test_dates_missing_unreadable_or_impossible_are_none_and_named() -> None:
    dates = ["", "<pubDate></pubDate>"]
    dates += [
        f"<pubDate>{date}</pubDate>" for date in ("kemarin", "Mon, 23 Nov 2099 09:30:00 GMT", "0001-01-01T00:00:00Z")
    ]
    feed = read(rss(*(f"<item><title>{n}</title>{date}</item>" for n, date in enumerate(dates))))
    assert [entry.published_at for entry in feed.entries] == [None] * 5
    assert [problem.split(":")[0] for problem in feed.problems] == ["Entri 3", "Entri 4", "Entri 5"]
    assert "kemarin" in feed.problems[0]
    assert "2099-11-23" in feed.problems[1]


def test_a_date_may_lie_two_days_ahead_and_no_more() -> None:
    for ahead, kept in ((timedelta(days=2), True), (timedelta(days=2, seconds=1), False)):
        moment = NOW + ahead
        for body in (
            rss(f"<item><pubDate>{moment.isoformat()}</pubDate></item>"),
            JSON_11.replace("2026-11-23T09:30:00+08:00", moment.isoformat()).replace("2026-11-23T04:00:00Z", ""),
        ):
            feed = read(body)
            assert only(feed).published_at == (moment if kept else None)
            assert bool(feed.problems) != kept


def test_local_zones_and_months_are_understood() -> None:
    for date in ("Mon, 23 Nov 2026 09:30:00 WITA", "Sen, 23 Nop 2026 08:30:00 WIB", "23 November 2026 09.30"):
        assert only(read(rss(f"<item><pubDate>{date}</pubDate></item>"))).published_at == PUBLISHED


@pytest.mark.parametrize(
    ("item", "url"),
    [
        ("<guid>kabar-17</guid>", None),
        ("<guid>17</guid><link>/2026/air</link>", "https://kabar.example/2026/air"),
        ("<guid>/2026/air</guid><link>/2026/air</link>", "https://kabar.example/2026/air"),
        ("<guid>https://kabar.example/2026/air</guid>", "https://kabar.example/2026/air"),
        ("<guid isPermaLink='false'>https://kabar.example/2026/air</guid>", None),
    ],
)
def test_an_id_is_a_link_only_where_it_is_an_address(item: str, url: str | None) -> None:
    assert only(read(rss(f"<item>{item}<title>Air</title></item>"))).url == url


# No letters that name an element: markup that was escaped twice is removed.
WORDY = st.text(alphabet="zk <>&;'\"/!#1é😀\n", max_size=40)


@given(WORDY, WORDY)
def test_any_title_and_text_come_through(title: str, text: str) -> None:
    """Escaped once for HTML and once for XML, as feeds do it: exactly the words come out again."""
    item = "<item><title>{}</title><description>{}</description></item>"
    entry = only(read(rss(item.format(*(html.escape(html.escape(part)) for part in (title, text))))))
    assert entry.title == clean_plain_text(title).replace("\n", " ")
    assert entry.text == clean_plain_text(text)


# All of feedparser's own test feeds, where they are at hand


@pytest.mark.needs("data_sets")
def test_no_entry_of_feedparsers_test_feeds_is_lost() -> None:
    feeds = refused = 0
    with tarfile.open(DATA_SETS / "feeds" / "feedparser-tests.tar.gz") as archive:
        for member in archive:
            if not member.name.endswith(".xml"):
                continue
            stored = archive.extractfile(member)
            assert stored is not None
            body = stored.read()
            feeds += 1
            try:
                count = len(read(body).entries)
            except FeedError:
                count = 0
                refused += 1
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                theirs = len(feedparser.parse(io.BytesIO(body)).entries)
            assert count >= theirs, member.name
    assert feeds == 2106
    assert refused < 10


@pytest.mark.parametrize(
    "body",
    [
        rss("<item><title>Air</title><link>//lain.example/air</link></item>"),
        rss("<item><title>Air</title><guid>//lain.example/air</guid><link>///lain.example/air</link></item>"),
        re.sub(r' xml:base="[^"]*"', "", ATOM).replace("air-mati", "//lain.example/air"),
        json.dumps(json.loads(JSON_11) | {"items": [{"id": "1", "url": "//lain.example/air", "content_text": "Air"}]}),
    ],
    ids=["rss", "slashes", "atom", "json"],
)
def test_a_link_without_a_scheme_has_that_of_the_feed_or_leads_nowhere(body: str) -> None:
    for base, scheme in (("https://kabar.example/f", "https"), ("http://kabar.example/f", "http")):
        link = only(parse_feed(body.encode(), base, None, now=NOW)).url
        assert link in (f"{scheme}://lain.example/air", f"{scheme}://kabar.example/lain.example/air")
    assert only(parse_feed(body.encode(), "file:///berkas.xml", None, now=NOW)).url is None
