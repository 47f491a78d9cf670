"""Sample answers of each kind of source; all names and words are ours."""

from __future__ import annotations

import json
from typing import Any

YOUTUBE = """<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns:yt="http://www.youtube.com/xml/schemas/2015" xmlns:media="http://search.yahoo.com/mrss/"
 xmlns="http://www.w3.org/2005/Atom"><id>yt:channel:contoh</id><title>Kanal Contoh</title>
<entry><id>yt:video:abc</id><yt:videoId>abc</yt:videoId><title>Air mati tujuh hari?</title>
<link rel="alternate" href="https://www.youtube.com/watch?v=abc"/><author><name>Kanal Contoh</name></author>
<published>2026-11-20T01:00:00+00:00</published><updated>2026-11-21T01:00:00+00:00</updated>
<media:group><media:title>Air mati tujuh hari?</media:title>
<media:thumbnail url="https://i2.ytimg.example/vi/abc/hq.jpg"/><media:description>Kata tetangga.</media:description>
<media:community><media:starRating count="321" average="5.00"/><media:statistics views="4567"/></media:community>
</media:group></entry></feed>"""

REDDIT = """<?xml version="1.0" encoding="UTF-8"?><feed xmlns="http://www.w3.org/2005/Atom"><title>kupang</title>
<entry><author><name>/u/contoh</name></author><id>t3_abc</id><link href="https://www.reddit.com/r/kupang/comments/abc/"/>
<published>2026-11-20T01:00:00+00:00</published><title>Air mati tujuh hari?</title>
<content type="html">&lt;div class="md"&gt;&lt;p&gt;Kata tetangga.&lt;/p&gt;&lt;/div&gt;</content></entry></feed>"""

GOOGLE_NEWS = """<rss version="2.0"><channel><title>"air mati" - Google Berita</title><item>
<title>Air mati tujuh hari? - Warta Contoh</title><link>https://news.google.com/rss/articles/CBMiabc?oc=5</link>
<guid isPermaLink="false">CBMiabc</guid><pubDate>Fri, 20 Nov 2026 01:00:00 GMT</pubDate>
<description>&lt;a href="https://news.google.com/rss/articles/CBMiabc"&gt;Air mati tujuh hari?&lt;/a&gt;</description>
<source url="https://warta.example">Warta Contoh</source></item></channel></rss>"""

BLOG = """<rss version="2.0" xmlns:slash="http://purl.org/rss/1.0/modules/slash/"><channel>
<title>Blog Contoh</title><item>
<title>Air mati tujuh hari?</title><link>https://blog.example/air</link><slash:comments>7</slash:comments>
</item></channel></rss>"""

TELEGRAM = """<!DOCTYPE html><html><head><title>Kabar Contoh</title></head><body>
<div class="tgme_channel_info_header_title"><span dir="auto">Kabar Contoh</span></div>
<section class="tgme_channel_history js-message_history">
<div class="tgme_widget_message_wrap">
<div class="tgme_widget_message text_not_supported_wrap" data-post="kabar_contoh/41">
<a class="tgme_widget_message_owner_name" href="https://t.me/kabar_contoh"><span>Kabar Contoh</span></a>
<a class="tgme_widget_message_reply"><div class="tgme_widget_message_text">pesan yang dijawab</div></a>
<a class="tgme_widget_message_photo_wrap" style="width:800px;background-image:url('https://cdn.example/a.jpg')"></a>
<div class="tgme_widget_message_text js-message_text">Air mati <b>tujuh hari</b>!<br/>Sebarkan &amp; simpan.</div>
<a class="tgme_widget_message_link_preview"><div class="link_preview_title">Warta Contoh</div></a>
<span class="tgme_widget_message_views">1.2K</span>
<a class="tgme_widget_message_date" href="https://t.me/kabar_contoh/41">
<time datetime="2026-11-20T01:00:00+00:00">09:00</time></a>
</div></div>
<div class="tgme_widget_message_wrap"><div class="tgme_widget_message service_message" data-post="kabar_contoh/42">
<div class="tgme_widget_message_text">Pasar pindah</div><time datetime="kemarin">kemarin</time></div></div>
</section></body></html>"""


def mastodon_status(number: int, **changes: Any) -> dict[str, Any]:
    """A status of Mastodon."""
    account = {"acct": "kabar", "display_name": "Kabar Contoh", "url": "https://sosial.example/@kabar"}
    return {
        "id": str(number),
        "created_at": "2026-11-20T01:00:00.000Z",
        "edited_at": None,
        "uri": f"https://sosial.example/users/kabar/statuses/{number}",
        "url": f"https://sosial.example/@kabar/{number}",
        "content": "<p>Air mati <b>tujuh hari</b>!</p>",
        "spoiler_text": "",
        "language": "id",
        "reblog": None,
        "replies_count": 3,
        "reblogs_count": 5,
        "favourites_count": 8,
        "account": account,
        "media_attachments": [{"type": "image", "url": "https://cdn.example/a.jpg", "description": "Keran kering"}],
    } | changes


MASTODON = json.dumps(
    [
        mastodon_status(1),
        mastodon_status(2, reblog=mastodon_status(9, content="<p>Pasar pindah</p>")),
        mastodon_status(3, content=17),
    ]
)

BLUESKY: dict[str, Any] = {
    "feed": [
        {
            "post": {
                "uri": "at://did:plc:abc/app.bsky.feed.post/3kabc",
                "cid": "bafy",
                "author": {"did": "did:plc:abc", "handle": "contoh.example", "displayName": "Kabar Contoh"},
                "record": {"text": "Air mati tujuh hari!", "createdAt": "2026-11-20T01:00:00.000Z", "langs": ["id"]},
                "embed": {
                    "external": {"title": "Warta Contoh", "description": "Kata tetangga", "uri": "https://w.example/"},
                    "images": [{"fullsize": "https://cdn.example/a.jpg", "alt": "Keran kering"}],
                },
                "replyCount": 3,
                "repostCount": 5,
                "quoteCount": 2,
                "likeCount": 8,
            }
        }
    ]
}


def claim_review(number: int = 1) -> dict[str, Any]:
    """A ClaimReview."""
    return {
        "@type": "ClaimReview",
        "url": f"https://cek.example/{number}",
        "claimReviewed": "Air mati tujuh hari",
        "author": {"@type": "Organization", "name": "Cek Contoh"},
        "datePublished": "2026-11-20",
        "reviewRating": {"@type": "Rating", "ratingValue": 1, "alternateName": "Salah"},
        "name": "Tidak benar air mati tujuh hari",
        "reviewBody": "<p>Perbaikan pipa hanya tiga jam.</p>",
    }


DATA_FEED: dict[str, Any] = {
    "@context": "https://schema.org",
    "@type": "DataFeed",
    "dataFeedElement": [{"@type": "DataFeedItem", "item": [claim_review(1)]}, {"item": claim_review(2)}],
}
FACT_CHECK_TOOLS: dict[str, Any] = {
    "claims": [
        {
            "text": "Air mati tujuh hari",
            "claimant": "pesan berantai",
            "claimReview": [
                {
                    "publisher": {"name": "Cek Contoh", "site": "cek.example"},
                    "url": "https://cek.example/1",
                    "title": "Tidak benar air mati tujuh hari",
                    "reviewDate": "2026-11-20T00:00:00Z",
                    "textualRating": "Salah",
                    "languageCode": "id",
                }
            ],
        }
    ]
}
REVIEW_PAGE = f"""<!doctype html><html><head><title>Cek</title><script type="application/ld+json">
{json.dumps({"@graph": [{"@type": "WebPage"}, claim_review()]})}</script>
<script type="application/ld+json">rusak{{</script>
</head><body>Cek fakta</body></html>"""
