"""Column names in tables of posts."""

from __future__ import annotations

import re

# How exports call their columns, the likeliest first: those of Meta, CrowdTangle, Brandwatch, Meltwater, Talkwalker,
# Brand24, Apify, X, TikTok and of Indonesian tools; "likesCount" and "authorMeta.name" are read as separate words.
KNOWN_COLUMN_NAMES = {
    "text": "full text|text|teks|message|pesan|content|isi|konten|caption|post text|post message|tweet|body"
    "|isi unggahan|isi postingan|hit sentence|snippet|mention|description|deskripsi|keterangan|narasi|post"
    "|opening text|content snippet",
    "title": "title|judul|headline|link text|subject",
    "url": "url|link|permalink|tautan|post url|post link|link unggahan|tautan unggahan|alamat|permalink url|tweet url"
    "|tautan permanen|mention url|web video url",
    "id": "id|post id|id unggahan|id postingan|tweet id|status id|video id|nomor unggahan|document id|resource id",
    "author": "author|penulis|page name|account|akun|user|username|user name|nama akun|pengunggah|from|screen name"
    "|channel|author name|author user name|author meta name|owner username|extra author attributes name|nama halaman"
    "|nama|owner|full name|influencer",
    "published": "published|published at|post created|created at|created time|post created date|publish time"
    "|waktu penerbitan|waktu terbit|date|tanggal|waktu|time|timestamp|tanggal unggah|waktu unggah|create time iso"
    "|create time|created date|datetime",
    "likes": "likes|suka|like count|likes count|favorites|favorite count|reactions|total reactions|jumlah suka|like"
    "|number of likes|digg count|reaksi|tanggapan",
    "shares": "shares|dibagikan|share count|shares count|retweets|retweet count|reposts|jumlah dibagikan|share|bagikan"
    "|number of shares|twitter retweets|pembagian",
    "replies": "comments|komentar|replies|comment count|comments count|reply count|jumlah komentar|balasan"
    "|number of comments",
    "views": "views|dilihat|view count|views count|post views|total views|tayangan|video views"
    "|impressions|jumlah tayangan|play count|video view count|impresi",
}
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_KNOWN = frozenset(name for names in KNOWN_COLUMN_NAMES.values() for name in names.split("|"))


def is_known_column(name: str) -> bool:
    """Tell whether exports use this column name."""
    return normalise_column_name(name) in _KNOWN


def normalise_column_name(name: str) -> str:
    """Return the words of a column name in lower case, without punctuation."""
    return " ".join(re.findall(r"\w+", _CAMEL.sub(" ", name).replace("_", " ").casefold()))
