"""Reword a sentence in formal or everyday Indonesian, or in Kupang spelling.

Words are only replaced by those of our lists (``data/language/``), never added, removed or moved.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import Path

from classifiers.text.lexicon import Lexicon, read_csv_rows
from classifiers.text.normalise import LINK_WORD, Span, token_spans

_WORD = re.compile(r"\b[^\W\d_]+\b")


@dataclass(frozen=True)
class EverydayWords:
    """``everyday``: everyday word of a formal word or phrase; ``formal``: the reverse, where it is as certain."""

    everyday: Mapping[str, str]
    formal: Mapping[str, str]

    @staticmethod
    @cache
    def from_folder(folder: Path) -> EverydayWords:
        """Return the list in ``folder``; a missing one counts as empty."""
        rows = read_csv_rows(folder / "everyday_words.csv")
        everyday = {row["formal"].lower(): row["everyday"] for row in rows}
        formal = {row["everyday"].lower(): row["formal"] for row in rows if row["both"] == "1"}
        return EverydayWords(everyday, formal)


def replaced(text: str, phrase: str, instead: str) -> str:
    """Return the text with a phrase replaced by another; an initial capital is kept."""
    pattern = re.compile(rf"\b{re.escape(phrase)}\b", re.IGNORECASE)
    return pattern.sub(lambda match: _capital_as(match[0], instead), text)


def spelled_out(text: str, lexicon: Lexicon) -> str:
    """Return the text with chat spellings and Kupang Malay words in standard Indonesian."""
    parts, last = [], 0
    for (start, end), meant in groupby(token_spans(text, lexicon), key=lambda span: (span.start, span.end)):
        is_unit = text[end : end + 1].isdigit()  # "Rp" of "Rp5.000"
        parts += [text[last:start], text[start:end] if is_unit else _meaning(text[start:end], list(meant))]
        last = end
    return "".join([*parts, text[last:]])


def spelled_locally(text: str, lexicon: Lexicon) -> str:
    """Return the text with lower-case words in Kupang spelling, where that spelling is unambiguous."""
    local = _local_spellings(lexicon)
    return _WORD.sub(lambda match: local.get(match[0], match[0]), text)


@cache
def _local_spellings(lexicon: Lexicon) -> Mapping[str, str]:
    spellings: dict[str, str] = {}
    for spelling in lexicon.words:
        meant = lexicon.words[spelling]
        if spelling in lexicon.local and spelling not in lexicon.not_when and " " not in spelling + meant:
            spellings.setdefault(meant, spelling)
    return spellings


def _meaning(written: str, meant: list[Span]) -> str:
    words = " ".join(span.word for span in meant)
    if LINK_WORD in words or not words.replace(" ", "").isalpha() or words == written.lower():
        return written
    return _capital_as(written, words)


def _capital_as(written: str, words: str) -> str:
    return words[:1].upper() + words[1:] if written[:1].isupper() else words
