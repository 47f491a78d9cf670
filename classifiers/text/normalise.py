"""Normalise typed Indonesian and Kupang Malay: clean words with their spans in the original text.

One pass finds words, numbers and links. Normalisation of a single word (NFKC, stretched letters, S3NSOR spelling) is
cached per word; ``lexicon.py`` translates spellings. Every entry of every feed passes here, so each step handles all
words of a text in one call.

A text without any word, or of keys pressed at random ("asdfgh", "kjhkjh"), says nothing. A word counts as pressed keys
only where the keyboard shows it: neighbouring keys in a row, or letters of the home row without the vowels that speech
needs. Rare letters are no sign: names, acronyms and Kupang Malay have them, too.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import cache, lru_cache, partial
from itertools import accumulate, pairwise
from operator import itemgetter
from typing import NamedTuple

from classifiers.text.lexicon import Lexicon, Meaning
from classifiers.text.memo import TEXT_CACHE_SIZE, WORD_CACHE_SIZE, memoise_per_word

LINK_WORD = "URL"
"""Replaces any link. It is in capitals, so no word of a text equals it."""

WORD_LENGTH_LIMIT = 40
"""Maximum characters of a word. The longest word of our texts has 19; words without a limit could be of any length."""
_RAW_LENGTH_LIMIT = 10 * WORD_LENGTH_LIMIT  # before ignored characters are removed

EMPTY_LEXICON = Lexicon()
"""No spellings: only Unicode, links and noise are normalised."""

_IGNORED_INSIDE_WORDS = "['’ʼ`\u00ad\u0300-\u036f\u200b-\u200f\u2060\ufe00-\ufe0f\ufeff]"
_NUMBER = r"\d+(?:[.,:]\d+)*"
# Every repetition is bounded against slow matching. Digits between letters are S3NSOR spelling; a trailing 2 marks
# reduplication ("hati2").
_WORD = (
    rf"[Rr][Pp](?=\d)|[^\W\d_]+(?:{_IGNORED_INSIDE_WORDS}+[^\W\d_]+)*(?:(?:[013457@]+[^\W\d_]+)+(?:[013457]\b)?|2\b)?"
)
_LINK = (
    r"(?:https?://|www\.)\S+"
    r"|\b[\w-]{1,63}(?:\.[\w-]{1,63}){0,4}\.(?:com|id|net|org|info|xyz|example|site|top|link|ly|me)\b(?:/\S*)?"
)
_CLOCK = r"\d{1,2}[.:]\d{2}(?:[.:]\d{2})?(?: ?[AaPp][Mm])?"
_WHATSAPP_HEADER = rf"^[ \t]*\[?\d{{1,2}}[/.]\d{{1,2}}[/.]\d{{2,4}},? {_CLOCK}\]?(?: -)? [^:\n]{{1,40}}: "
_FORWARDED_LABEL = r"[^\w\n]{0,12}(?:diteruskan|forwarded)(?: berkali[- ]kali| many times)?[^\w\n]{0,12}?(?:$|:)"
# Most words are plain letters before a space, comma or full stop. This pattern finds them in fewer steps.
_PLAIN_WORD_PATTERN = r"[A-Za-z]++(?=[ ,.\n])"
_SIMPLE_TOKENS = re.compile(rf"({_PLAIN_WORD_PATTERN}|{_NUMBER}|{_WORD})")
_FULL_TOKENS = re.compile(
    rf"(?P<skip>{_WHATSAPP_HEADER}(?:{_FORWARDED_LABEL})?|^{_FORWARDED_LABEL})|{_LINK}|{_NUMBER}|{_WORD}",
    re.MULTILINE | re.IGNORECASE,
)
# The regex engine scans for the leading full stop.
_BARE_DOMAIN = re.compile(r"\.(?<=\w\.)[a-z]{2}", re.IGNORECASE)
_MESSAGE_HEADER = re.compile(r"\d[.:]\d\d[^:\n]{1,45}: ")
_STRETCHED_LETTERS = re.compile(r"([^\W\d_])\1{2,}")
_REPEATED_LETTER = itemgetter(1)  # faster than a template, which is parsed for every word
_IGNORED_CHARACTERS = re.compile(_IGNORED_INSIDE_WORDS)
_LEETSPEAK_LETTERS = str.maketrans("013457@", "oieasta")
# It begins with one set of characters, for which the regex engine scans.
_SENTENCE_END = re.compile(r"[.!?…\n](?:(?<=\n)\n*|(?<!\n)[.!?…]*[\s\"'”’)*_]*)")
_SENTENCE_BREAK = re.compile(r"[.!?…\n]")
_SENTENCE_MARKS = re.compile(r"[.!?]")


class Span(NamedTuple):
    """A piece of a text: ``word`` as understood, ``text[start:end]`` as written."""

    word: str
    start: int
    end: int


# Builds spans without a Python call for each.
_make_span: Callable[[tuple[str, int, int]], Span] = partial(tuple.__new__, Span)


@memoise_per_word
def plain_word(raw: str) -> str:
    """Return a token in lower case and plain letters: "V4KS1N" becomes "vaksin", a link ``LINK_WORD``.

    At most ``WORD_LENGTH_LIMIT`` characters remain: the cost grows with the length, and NFKC makes up to 18 letters of
    one.
    """
    if raw.isascii() and raw.isalpha():  # most words
        return _STRETCHED_LETTERS.sub(_REPEATED_LETTER, raw.lower())[:WORD_LENGTH_LIMIT]
    if raw[0].isdigit():
        return raw[:WORD_LENGTH_LIMIT]
    if "." in raw or "://" in raw:
        return LINK_WORD
    raw = raw[:_RAW_LENGTH_LIMIT]
    word = raw if raw.isascii() else unicodedata.normalize("NFKC", raw)
    word = _STRETCHED_LETTERS.sub(_REPEATED_LETTER, _IGNORED_CHARACTERS.sub("", word).lower())[:WORD_LENGTH_LIMIT]
    word = word or raw[:WORD_LENGTH_LIMIT]  # a lone "ʼ"
    hidden = any(letter in "013457@" for letter in word[1:-1])
    return word.translate(_LEETSPEAK_LETTERS) if hidden and sum(map(str.isalpha, word)) > 2 else word


class Read(NamedTuple):
    """A text as read: ``words`` as understood, ``spoken`` as written, and their spans. Cached: do not change it.

    A spelling with several words as its meaning yields several words with one span.
    """

    words: list[str]
    spoken: list[str]
    starts: list[int]
    ends: list[int]


@lru_cache(maxsize=TEXT_CACHE_SIZE)
def tokenise_text(text: str, lexicon: Lexicon = EMPTY_LEXICON) -> Read:
    """Return the normalised words of ``text``. The result is cached.

    WhatsApp headers, "Diteruskan" labels, emoji, asterisks and punctuation are left out.
    """
    if _needs_full_pattern(text):
        tokens = [(m[0], m.start(), m.end()) for m in _FULL_TOKENS.finditer(text) if m.lastgroup != "skip"]
        raw, starts, ends = (
            [token[0] for token in tokens],
            [token[1] for token in tokens],
            [token[2] for token in tokens],
        )
        gaps = [text[end:start] for end, start in zip([0, *ends], [*starts, len(text)], strict=True)]
    else:
        parts = _SIMPLE_TOKENS.split(text)  # gap, word, gap, word, …, gap
        bounds = list(accumulate(map(len, parts)))
        raw, gaps, starts, ends = parts[1::2], parts[::2], bounds[:-1:2], bounds[1::2]
    words = list(map(plain_word, raw))
    changes = lexicon.in_context(words, lambda: _sentence_openings(gaps))
    return _apply_meanings(words, starts, ends, changes, text) if changes else Read(words, words, starts, ends)


def _needs_full_pattern(text: str) -> bool:
    """Tell whether a text may contain links, headers or labels, which only the slower pattern finds."""
    if "://" in text or _BARE_DOMAIN.search(text) or (": " in text and _MESSAGE_HEADER.search(text)):
        return True
    lower = text.lower()
    return "diteruskan" in lower or "forwarded" in lower


def _sentence_openings(gaps: list[str]) -> list[bool]:
    opens = list(map(_has_sentence_break, gaps))
    opens[0] = opens[-1] = True
    return opens


@lru_cache(maxsize=10_000)
def _has_sentence_break(gap: str) -> bool:
    return _SENTENCE_BREAK.search(gap) is not None


def _apply_meanings(words: list[str], starts: list[int], ends: list[int], changes: list[Meaning], text: str) -> Read:
    if all(len(meant) == 1 == stop - start for meant, start, stop in changes):  # the usual case
        understood = words.copy()
        for meant, start, _ in changes:
            understood[start] = meant[0]
        return Read(understood, words, starts, ends)
    new = Read([], [], [], [])
    position = 0
    for meant, start, stop in (*changes, Meaning([], len(words), len(words))):
        new.words.extend(words[position:start])
        new.spoken.extend(words[position:start])
        new.starts.extend(starts[position:start])
        new.ends.extend(ends[position:start])
        position = stop
        if meant:
            count = len(meant)
            begins, finishes = starts[start], ends[stop - 1]
            spoken = words[start] if stop - start == 1 else plain_word(text[begins:finishes])
            new.words.extend(meant)
            new.spoken.extend([spoken] * count)
            new.starts.extend([begins] * count)
            new.ends.extend([finishes] * count)
    return new


@lru_cache(maxsize=256)
def token_spans(text: str, lexicon: Lexicon = EMPTY_LEXICON) -> tuple[Span, ...]:
    """Return the normalised words of ``text`` with their spans."""
    words, _, starts, ends = tokenise_text(text, lexicon)
    return tuple(map(_make_span, zip(words, starts, ends, strict=True)))


def word_tokens(text: str, lexicon: Lexicon = EMPTY_LEXICON) -> list[str]:
    """Return the normalised words of ``text`` in order."""
    return list(tokenise_text(text, lexicon).words)


@lru_cache(maxsize=512)
def normalise_text(text: str, lexicon: Lexicon = EMPTY_LEXICON) -> str:
    """Return the normalised words of ``text`` separated by spaces, with the marks that end sentences."""
    parts: list[str] = []
    last_end = 0
    words, _, starts, ends = tokenise_text(text, lexicon)
    for word, start, end in zip(words, starts, ends, strict=True):
        if parts and start > last_end:
            parts[-1] += _sentence_mark(text[last_end:start])
        parts.append(word)
        last_end = end
    return " ".join(parts) + (_sentence_mark(text[last_end:]) if parts else "")


def _sentence_mark(gap: str) -> str:
    mark = _SENTENCE_MARKS.search(gap)
    return mark[0] if mark else ""


def sentence_spans(text: str) -> list[Span]:
    """Return the sentences of ``text`` as written, with their spans. A line break ends a sentence."""
    pieces = [(start, text[start:end]) for start, end in pairwise(sentence_bounds(text))]
    return [_trim_span(start, piece) for start, piece in pieces if piece.strip()]


def sentence_bounds(text: str) -> list[int]:
    """Return the offsets at which sentences of ``text`` begin, and its length as the last bound."""
    return [0, *[match.end() for match in _SENTENCE_END.finditer(text)], len(text)]


def _trim_span(start: int, piece: str) -> Span:
    stripped = piece.strip()
    left = start + len(piece) - len(piece.lstrip())
    return Span(stripped, left, left + len(stripped))


_PREFIX = re.compile("^(?:meng|meny|mem|men|me|peng|peny|pem|pen|pe|di|ber|ter|ke|se)(?=[a-z]{4})")
_ENDINGS = ("nya", "kan", "lah", "kah", "an", "i")
_SUFFIX = re.compile(rf"(?<=.{{4}})(?:{'|'.join(_ENDINGS)})$")


@memoise_per_word
def strip_affixes(word: str) -> str:
    """Return a word without one common prefix and suffix ("penutupan" becomes "utup"): rough but fast."""
    word = _PREFIX.sub("", word)
    return _SUFFIX.sub("", word) if word.endswith(_ENDINGS) else word


@cache
def _load_stemmer() -> object:
    # PySastrawi loads 30,000 roots, so it is imported on first use.
    from Sastrawi.Stemmer.StemmerFactory import StemmerFactory

    return StemmerFactory().create_stemmer()


@lru_cache(maxsize=WORD_CACHE_SIZE)
def stem_word(word: str) -> str:
    """Return the root of an Indonesian word ("pembangunan" becomes "bangun"), cached because stemming is slow."""
    return str(_load_stemmer().stem(word)) or word  # type: ignore[attr-defined]


_KEY_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_ROW_STARTS = frozenset(row[:3] for row in _KEY_ROWS)
_RUN_LENGTH = 4
_KEY_RUNS = frozenset(
    keys[start : start + _RUN_LENGTH]
    for row in _KEY_ROWS
    for keys in (row, row[::-1])
    for start in range(len(keys) - _RUN_LENGTH + 1)
)
_REPEATED_KEYS = re.compile(r"(.{3,4})\1+.{0,2}")
_HOME_ROW = re.compile(r"[asdfghjkl]{5,}")
_CONSONANT_RUN = re.compile(r"[^aeiou]{3}")
_TWO_KEYS = re.compile(r"([^aeiou])([^aeiou])(?:\1\2)+\1?")


def says_nothing(text: str) -> bool:
    """Tell whether a text holds no word that could be looked up: emoji, numbers, single letters, pressed keys."""
    words = [word for word in word_tokens(text) if len(word) > 1 and word != LINK_WORD and any(map(str.isalpha, word))]
    return all(map(is_pressed_keys, words))


def is_pressed_keys(word: str) -> bool:
    """Tell whether a word in small letters was typed by pressing neighbouring keys."""
    if word in _ROW_STARTS or any(word[start : start + _RUN_LENGTH] in _KEY_RUNS for start in range(len(word))):
        return True
    repeated = _REPEATED_KEYS.fullmatch(word)
    if repeated and any(repeated[1][:3] in keys for row in _KEY_ROWS for keys in (row, row[::-1])):
        return True
    if _HOME_ROW.fullmatch(word) and _CONSONANT_RUN.search(word):
        return True
    return len(word) > _RUN_LENGTH and _TWO_KEYS.fullmatch(word) is not None
