"""Feeds in the shape that widespread programs give them; every word is ours."""

from __future__ import annotations

_NAMESPACES = """xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:atom="http://www.w3.org/2005/Atom" xmlns:media="http://search.yahoo.com/mrss/"
 xmlns:slash="http://purl.org/rss/1.0/modules/slash/" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"
 xmlns:feedburner="http://rssnamespace.org/feedburner/ext/1.0" xmlns:georss="http://www.georss.org/georss\""""


def rss(*items: str, head: str = "<title>Warta</title><link>https://warta.example/</link>") -> str:
    """An RSS 2.0 feed with the namespaces that programs declare."""
    whole = "".join(f"<item>{item}</item>" for item in items)
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" {_NAMESPACES}><channel>{head}{whole}</channel></rss>'
    )


def atom(*entries: str, head: str = "<title>Warta</title><id>tag:warta.example,2026:1</id>") -> str:
    """An Atom feed."""
    whole = "".join(f"<entry>{entry}</entry>" for entry in entries)
    return f'<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom">{head}{whole}</feed>'


WORDPRESS = rss(
    """<title>Air mati &#8211; benarkah?</title><link>https://warta.example/2026/11/air/?utm_source=rss</link>
    <dc:creator><![CDATA[Redaksi]]></dc:creator><pubDate>Fri, 20 Nov 2026 01:00:00 +0000</pubDate>
    <category><![CDATA[Kota]]></category><guid isPermaLink="false">https://warta.example/?p=7</guid>
    <description><![CDATA[<p>Warga Oesapa bertanya tentang air. [&#8230;]</p>]]></description>
    <content:encoded><![CDATA[<p>Warga <b>Oesapa</b> bertanya tentang air.</p>
    <p>PDAM menjawab besok.</p>]]></content:encoded>
    <slash:comments>7</slash:comments>"""
)
TEASER = rss(
    """<title>Air mati</title><link>https://warta.example/air</link><guid>https://warta.example/air</guid>
    <description>Warga Oesapa bertanya tentang air yang katanya mati tujuh hari.</description>
    <content:encoded><![CDATA[<a href="https://warta.example/air">Baca selengkapnya</a>]]></content:encoded>"""
)
BLOGGER = atom(
    """<id>tag:blogger.com,1999:blog-1.post-2</id><published>2026-11-20T09:00:00.001+08:00</published>
    <updated>2026-11-21T09:00:00.002+08:00</updated><title type="text">Air mati?</title>
    <content type="html">&lt;div&gt;Kata tetangga.&lt;br /&gt;Sebarkan.&lt;/div&gt;</content>
    <link rel="replies" type="application/atom+xml" href="https://blog.example/feeds/2/comments/default"/>
    <link rel="alternate" type="text/html" href="https://blog.example/2026/11/air.html"/>
    <author><name>Contoh</name><email>noreply@blogger.example</email></author>"""
)
NEWSPAPER = rss(
    """<title>Air mati</title><link>http://WARTA.example/air</link><guid>17</guid>
    <pubDate>Kamis, 20 Agt 2026 10:00 WITA</pubDate><author>redaksi@warta.example (Meja Redaksi)</author>
    <description>Air mati.</description>""",
    "<title>Tanpa tautan</title><guid>18</guid><description>Hanya kabar.</description>",
    head="<title>Warta</title><language>id-ID</language>",
)
PODCAST = rss(
    """<title>Siaran 7</title><itunes:author>Radio Contoh</itunes:author><itunes:duration>30:00</itunes:duration>
    <enclosure url="https://radio.example/7.mp3" length="1" type="audio/mpeg"/><guid>siaran-7</guid>
    <pubDate>Fri, 20 Nov 2026 09:00:00 +0800</pubDate><itunes:summary>Tentang air.</itunes:summary>"""
)
FEEDBURNER = rss(
    """<title>Air</title><link>https://feedproxy.example/~r/warta/1</link><guid isPermaLink="false">a1</guid>
    <feedburner:origLink>https://warta.example/air</feedburner:origLink><description>Air mati.</description>"""
)
MASTODON_RSS = rss(
    """<guid isPermaLink="true">https://sosial.example/@kabar/1</guid><link>https://sosial.example/@kabar/1</link>
    <pubDate>Fri, 20 Nov 2026 01:00:00 +0000</pubDate><description>&lt;p&gt;Air mati!&lt;/p&gt;</description>
    <media:content url="https://cdn.example/a.jpg" type="image/jpeg" medium="image"/>"""
)
BRIDGE_ATOM = atom(
    """<title type="html">Unggahan</title><id>tag:1</id><published>2026-11-20T01:00:00+00:00</published>
    <updated>2026-11-20T01:00:00+00:00</updated><link rel="alternate" href="https://jejaring.example/kabar/1"/>
    <content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>Air mati!</p></div></content>""",
)
FORUM = atom(
    """<title>Re: Air</title><id>urn:uuid:1</id><updated>2026-11-20T01:00:00Z</updated><summary>Benarkah?</summary>
    <content xml:lang="id" type="text">Benarkah air mati?</content><link href="/t/7"/>""",
    head="<title>Forum</title><id>urn:uuid:0</id>",
)
EMERGENCY = rss(
    """<title>Gempa 5,1</title><link>https://bmkg.example/1</link><georss:point>-10.1 123.6</georss:point>
    <description>Terasa di Kupang.</description><pubDate>20 Nov 2026 01:00:00 GMT</pubDate>"""
)
OLD_SITE = """<?xml version="1.0"?><rss version="0.92"><channel><title>Kabar</title>
<item><title>Air  mati
 lagi</title><link>https://kabar.example/a#atas</link>
<description>Satu &amp;amp; dua</description></item></channel></rss>"""
