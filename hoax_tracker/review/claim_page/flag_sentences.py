"""Why a claim was flagged, in at most three sentences: what speaks for a closer look, and how far it has spread."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask_babel import gettext as _
from flask_babel import ngettext

WORDS_REASON = "kata yang menonjol"
"""How a reason that names single words begins (classifiers/flagger/reasons.py); the others begin with a verb."""
VERBS_TOLD = 2


@dataclass(frozen=True)
class FlagReason:
    """One reason for the flag. A negative weight speaks against review. The same number marks its words in the text."""

    label: str
    weight: float

    @property
    def is_words(self) -> bool:
        """True for a reason that names single words."""
        return self.label.casefold().startswith(WORDS_REASON)


@dataclass(frozen=True)
class NumberedReason:
    """A reason as a part of a sentence, with its number in the text."""

    number: int
    words: str


@dataclass(frozen=True)
class FlagSentences:
    """``verbs`` make one sentence about the message, ``words`` another, ``spread`` is one already, or empty."""

    verbs: list[NumberedReason]
    words: list[NumberedReason]
    spread: str

    @property
    def numbers(self) -> set[str]:
        """The numbers that the sentences have: no other one is marked in the text."""
        return {str(part.number) for part in (*self.verbs, *self.words)}

    @property
    def is_silent(self) -> bool:
        """True where no reason speaks for a closer look."""
        return not (self.verbs or self.words)


def build_flag_sentences(reasons: Sequence[FlagReason], seen: int, sources: int, asked: int) -> FlagSentences:
    """Return the sentences.

    ``seen`` appearances in ``sources`` sources; ``asked``: residents who reported it, asked for it or got it too.
    """
    speaking = [(number, reason) for number, reason in enumerate(reasons, 1) if reason.weight >= 0]
    verbs = [NumberedReason(number, _lower_first(reason.label)) for number, reason in speaking if not reason.is_words]
    words = [NumberedReason(number, reason.label) for number, reason in speaking if reason.is_words]
    return FlagSentences(verbs[:VERBS_TOLD], words[:1], _describe_spread(seen, sources, asked))


def _describe_spread(seen: int, sources: int, asked: int) -> str:
    """Return one sentence on the spread; "" for a claim that was seen once and that nobody asked about."""
    if seen > 1 and asked:
        words = ngettext(
            "Kabar ini muncul %(seen)s kali, dan %(num)d warga melaporkan atau menanyakannya.",
            "Kabar ini muncul %(seen)s kali, dan %(num)d warga melaporkan atau menanyakannya.",
            asked,
            seen=seen,
        )
        return str(words)
    if seen > 1:
        return str(_("Kabar ini muncul %(seen)s kali di %(sources)s tempat.", seen=seen, sources=sources))
    asking = ngettext(
        "%(num)d warga melaporkan atau menanyakannya.", "%(num)d warga melaporkan atau menanyakannya.", asked
    )
    return str(asking) if asked else ""


def _lower_first(label: str) -> str:
    """Return the label as a part of a sentence."""
    return label[:1].lower() + label[1:]
