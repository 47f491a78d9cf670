"""Whether a message repeats the fact of a clarification: the only ground for saying that it agrees with the city.

No model is asked. A ban, a warning or an official's voice inside a hoax reads like the city's own words to a model of
stances, and "agrees" beside it would vouch for the hoax. So a message agrees where it is made up of sentences of the
page's title or summary, whole and word for word, and of words that forward a message or name its source. Whatever else
it says, nobody has read, and the answer compares.

A sentence of the page that could be the claim does not count: one that tells how the claim circulates, and one that
tells most of it without denying it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from hoax_tracker.models import Clarification

SENTENCE_WORDS = 4
"""Words of a sentence that says enough: "Itu tidak benar" may be said of anything."""
CLAIM_SHARE = 0.5
"""Share of the claim's stems from which a sentence that denies nothing may be the claim."""
_SENTENCE_END = re.compile(r"[.;:!?]+(?=\s|$)|\n")
_HEARSAY_WORDS = "beredar tersebar viral isu kabarnya katanya konon dikabarkan diklaim mengklaim menyebut narasi"
_HEARSAY = frozenset(_HEARSAY_WORDS.split())
"""Words that tell how a claim circulates."""
_SOURCE_WORDS = """
dari menurut kata oleh resmi situs klarifikasi fakta faktanya ppid diskominfo pemkot pemerintah kota kupang
"""
_SOURCE = frozenset(_SOURCE_WORDS.split())
"""Words that name where a message comes from."""


def repeats_fact(text: str, page: Clarification) -> bool:
    """Return whether a text consists of sentences of the page's title or summary that do not tell its claim."""
    if "?" in text:
        return False
    words = _read_words(text)
    left = _without_sentences(words, sorted(_list_fact_sentences(page), key=len, reverse=True))
    return len(left) < len(words) and _SOURCE.union(_read_words(page.unit.name)).issuperset(left)


def _without_sentences(words: Sequence[str], sentences: Sequence[Sequence[str]]) -> list[str]:
    """Return the words that are in none of the sentences, the longest of which are found first."""
    left: list[str] = list(words)
    for sentence in sentences:
        for start in range(len(left) - len(sentence), -1, -1):
            if left[start : start + len(sentence)] == list(sentence):
                # The empty word keeps what stood on both sides from forming another sentence.
                left[start : start + len(sentence)] = [""]
    return [word for word in left if word]


def _list_fact_sentences(page: Clarification) -> Iterator[tuple[str, ...]]:
    claims = [claim for claim in (page.claim_quote, *page.wordings) if claim]
    for sentence in _SENTENCE_END.split(f"{page.title}\n{page.summary}"):
        words = _read_words(sentence)
        if len(words) >= SENTENCE_WORDS and not any(_may_be_claim(sentence, claim) for claim in claims):
            yield tuple(words)


def _may_be_claim(sentence: str, claim: str) -> bool:
    """Return whether a sentence of the page tells of the claim, or as much of it as the claim itself would."""
    from classifiers.matcher.match import load_shipped_reader
    from classifiers.text.near_duplicate import has_denial

    said, claimed = (load_shipped_reader().read(part) for part in (sentence, claim))
    if _HEARSAY.intersection(said.words):
        return True
    if has_denial(said.words) and not has_denial(claimed.words):
        return False
    return len(said.known & claimed.known) >= CLAIM_SHARE * len(claimed.known)


def _read_words(text: str) -> list[str]:
    from classifiers.matcher.match import load_shipped_reader
    from classifiers.matcher.wording import words_without_small_talk

    return words_without_small_talk(text, load_shipped_reader())
