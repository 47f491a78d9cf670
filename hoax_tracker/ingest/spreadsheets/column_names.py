"""Column names in tables of posts."""

from __future__ import annotations

import re

# How exports call their columns, the likeliest first: those of Meta, CrowdTangle, Brandwatch, Meltwater, Talkwalker,
# Brand24, Apify, X, TikTok, 4CAT, twarc and of Indonesian tools; "likesCount" and "authorMeta.name" are read as
# separate words. Where a tool has two columns for one thing, the better one stands first: a name before a number.
KNOWN_COLUMN_NAMES = {
    "text": "full text|text|raw content|teks|message|pesan|content|isi|konten|caption|post text|post message|tweet|body"
    "|isi unggahan|isi postingan|hit sentence|snippet|mention|description|deskripsi|keterangan|narasi|post"
    "|opening text|content snippet|video description",
    "title": "title|video title|judul|headline|link text|subject",
    "url": "url|link|permalink|tautan|post url|post link|link unggahan|tautan unggahan|alamat|permalink url|tweet url"
    "|tautan permanen|mention url|web video url|mcl url|tiktok url",
    "id": "id|post id|id unggahan|id postingan|tweet id|status id|video id|nomor unggahan|document id|resource id",
    "author": "author name|author fullname|author full|extra author attributes name|author meta name|author|penulis"
    "|page name|account|akun|user|username|user name|nama akun|pengunggah|from|screen name|channel|channel title"
    "|author user name|author username|owner username|post owner name|post owner username|nama halaman|nama|owner"
    "|full name|influencer|user displayname|user username|pengirim|sender",
    "published": "unix timestamp|published|published at|post created|created at|created time|post created date"
    "|publish time|waktu penerbitan|waktu terbit|date|tanggal|waktu|time|timestamp|tanggal unggah|waktu unggah"
    "|create time iso|create time|creation time|created date|datetime|video publish time",
    "likes": "likes|suka|like count|likes count|favorites|favorite count|reactions|total reactions|jumlah suka|like"
    "|number of likes|num likes|digg count|reaksi|tanggapan",
    "shares": "shares|dibagikan|share count|shares count|retweets|retweet count|reposts|jumlah dibagikan|share|bagikan"
    "|number of shares|twitter retweets|pembagian|forwards|repost count",
    "replies": "comments|komentar|replies|comment count|comments count|reply count|jumlah komentar|balasan"
    "|number of comments|num comments|comments added",
    "views": "views|dilihat|view count|views count|post views|total views|tayangan|video views"
    "|impressions|jumlah tayangan|play count|plays|video view count|impression count|impresi",
}
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_KNOWN = frozenset(name for names in KNOWN_COLUMN_NAMES.values() for name in names.split("|"))


def is_known_column(name: str) -> bool:
    """Tell whether exports use this column name."""
    return normalise_column_name(name) in _KNOWN


def normalise_column_name(name: str) -> str:
    """Return the words of a column name in lower case, without punctuation."""
    return " ".join(re.findall(r"\w+", _CAMEL.sub(" ", name).replace("_", " ").casefold()))
