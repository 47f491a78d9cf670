"""Highlights: words shared with a clarification, or found by a search, marked in the original text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise

from markupsafe import Markup, escape

from classifiers.text.normalise import token_spans, word_tokens
from hoax_tracker.desk_search.query_parser import SearchWords, read_search_words

SHOWN_CHARACTERS = 700


def excerpt(text: str, limit: int = SHOWN_CHARACTERS) -> str:
    """Return the beginning of a message with its line breaks, cut at a word."""
    text = text.strip()
    if len(text) <= limit:
        return text
    return text[:limit].rsplit(None, 1)[0] + " …"


def marked(text: str, other: str) -> Markup:
    """Return the beginning of a message, escaped, with each run of two or more words marked that ``other`` shares."""
    shown = excerpt(text)
    return _wrap_in_marks(shown, _join_overlapping_spans(_shared_word_spans(shown, other)))


def underlined(text: str, phrases: Iterable[str]) -> Markup:
    """Return the beginning of a text, escaped, with each occurrence of the phrases marked, ignoring case."""
    shown = excerpt(text)
    longest_first = sorted(filter(str.strip, phrases), key=len, reverse=True)
    wanted = [r"\s+".join(map(re.escape, phrase.split())) for phrase in longest_first]
    if not wanted:
        return escape(shown)
    matches = re.finditer(rf"(?<!\w)(?:{'|'.join(wanted)})(?!\w)", shown, re.IGNORECASE)
    return _wrap_in_marks(shown, [match.span() for match in matches])


def found_words(text: str, words: str, limit: int = 0) -> Markup:
    """Return a text in one line, escaped, with the searched words marked in any form.

    A text longer than ``limit`` letters begins near the first of them.
    """
    asked = read_search_words(words)
    shown = _excerpt_near_word(" ".join(str(text).split()), asked, limit) if limit else str(text)
    return _wrap_in_marks(shown, _join_adjacent_spans(shown, asked.places(shown)))


def _wrap_in_marks(text: str, spans: Iterable[tuple[int, int]]) -> Markup:
    """Return a text, escaped, with the spans (start, end) marked; spans are sorted and do not overlap."""
    out, position = Markup(), 0
    for start, end in spans:
        out += escape(text[position:start]) + Markup("<mark>{}</mark>").format(text[start:end])
        position = end
    return out + escape(text[position:])


def _excerpt_near_word(text: str, asked: SearchWords, limit: int) -> str:
    """Return the text around the first searched word, cut at words."""
    if len(text) <= limit:
        return text
    first = next((start for start, _end in asked.places(text)), 0)
    begin = max(0, min(first - limit // 3, len(text) - limit))
    part = text[begin : begin + limit]
    part = part.split(" ", 1)[-1] if begin else part
    if begin + limit < len(text):
        part = part.rsplit(" ", 1)[0] + "…"
    return f"…{part}" if begin else part


def _shared_word_spans(text: str, other: str) -> Iterator[tuple[int, int]]:
    """Yield (start, end) of every two neighbouring words that are neighbours in the other text as well."""
    neighbours = set(pairwise(word_tokens(other)))
    for first, second in pairwise(token_spans(text)):
        if (first.word, second.word) in neighbours:
            yield first.start, second.end


def _join_adjacent_spans(text: str, spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return sorted spans, merged where only blanks lie between."""
    out: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if out and not text[out[-1][1] : start].strip():
            out[-1] = (out[-1][0], max(end, out[-1][1]))
        else:
            out.append((start, end))
    return out


def _join_overlapping_spans(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return sorted spans, merged where they overlap."""
    out: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if out and start <= out[-1][1]:
            out[-1] = (out[-1][0], max(end, out[-1][1]))
        else:
            out.append((start, end))
    return out
