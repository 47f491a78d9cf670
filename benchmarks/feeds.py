"""Feeds to measure on, made of the texts in data/labelled: one entry in ten is about the city, as in a real mix."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from xml.sax.saxutils import escape

from classifiers.corpus import load_labelled_corpus
from hoax_tracker.core.paths import data_file_path

CITY_SHARE = 0.1


def iterate_feed_texts(seed: int = 7, words: int = 220) -> Iterator[tuple[str, str]]:
    """Yield (title, text of about ``words`` words) for ever; one in ten is about the city, the rest is not."""
    corpus = load_labelled_corpus(sorted(data_file_path("labelled").glob("*.csv")))
    city = [text for text, about in zip(corpus.texts, corpus.about_city, strict=True) if about]
    other = [text for text, about in zip(corpus.texts, corpus.about_city, strict=True) if not about]
    dice = random.Random(seed)
    while True:
        pool = city if dice.random() < CITY_SHARE else other
        parts: list[str] = []
        while sum(len(part.split()) for part in parts) < words:
            parts.append(dice.choice(pool))
        yield parts[0][:90], " ".join(parts)


def render_rss(number: int, entries: int, source: Iterator[tuple[str, str]], now: datetime) -> bytes:
    """Return one RSS 2.0 feed as bytes."""
    rows = []
    for index in range(entries):
        title, text = next(source)
        when = format_datetime(now - timedelta(minutes=7 * index + number))
        rows.append(
            f"<item><title>{escape(title)}</title><link>https://media{number}.example/{index}</link>"
            f'<guid isPermaLink="false">{number}-{index}</guid><pubDate>{when}</pubDate>'
            f"<description>{escape('<p>' + escape(text) + '</p>')}</description></item>"
        )
    head = f"<title>Media {number}</title><link>https://media{number}.example/</link><description>x</description>"
    channel = f'<rss version="2.0"><channel>{head}{"".join(rows)}</channel></rss>'
    return f'<?xml version="1.0" encoding="utf-8"?>{channel}'.encode()


def make_feeds(feeds: int, entries: int, seed: int = 7) -> list[bytes]:
    """Return several feeds, always the same ones apart from their times."""
    source, now = iterate_feed_texts(seed), datetime.now(UTC)
    return [render_rss(number, entries, source, now) for number in range(feeds)]
