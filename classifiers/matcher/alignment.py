"""A message laid word by word along a claim: what of the claim it tells in order, and what stands instead of the rest.

A near-miss in a claim's own words follows it closely but for one word in the middle; small talk stands before and
behind, and a paraphrase follows it nowhere for long.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from rapidfuzz import fuzz
from rapidfuzz.distance import LCSseq, Opcode

from classifiers.matcher.index.document_frequency import Weights

MESSAGE_STEMS, CLAIM_STEMS = 80, 60
"""Stems that are compared: a claim stands at the head."""
LONGEST_REPLACEMENT = 4
"""Stems that can stand for another word; more of them are a sentence of their own."""
SAME_SPELLING_LIKENESS = 75
"""Likeness (0..100) from which on two stems are spellings of one word."""


class Alignment(NamedTuple):
    """Shares of the claim's weight, and weights in nats of rarity.

    ``told``: share told in order; ``longest_run``: share of the longest run; ``replaced``, ``replacements``: weight and
    number of the words that stand in place of others; ``inserted``: weight of words put between; ``missed``: share left
    out between; ``ends_replaced``: weight of what stands in place of its beginning or its end.
    """

    told: float = 0.0
    longest_run: float = 0.0
    replaced: float = 0.0
    replacements: int = 0
    inserted: float = 0.0
    missed: float = 0.0
    ends_replaced: float = 0.0


def align_message(message: Sequence[str], claim: Sequence[str], weights: Weights) -> Alignment:
    """Return how the stems of a message follow those of a claim."""
    ours, theirs = list(message[:MESSAGE_STEMS]), list(claim[:CLAIM_STEMS])
    equal = [one for one in LCSseq.opcodes(theirs, ours) if one.tag == "equal"]
    whole = weights.sum(theirs)
    if not equal or whole <= 0:
        return Alignment()
    runs = [weights.sum(theirs[one.src_start : one.src_end]) for one in equal]
    replaced, replacements, inserted, missed = 0.0, 0, 0.0, 0.0
    for one, other in pairwise(equal):
        left_out, put_in = _changed_stems(
            theirs[one.src_end : other.src_start], ours[one.dest_end : other.dest_start], theirs, ours
        )
        if left_out and put_in and len(put_in) <= LONGEST_REPLACEMENT:
            replaced += min(weights.sum(left_out), weights.sum(put_in))
            replacements += 1
        elif len(put_in) < LONGEST_REPLACEMENT:
            inserted += weights.sum(put_in)
        missed += weights.sum(left_out)
    return Alignment(
        sum(runs) / whole,
        max(runs) / whole,
        replaced,
        replacements,
        inserted,
        missed / whole,
        _replaced_end_weight(equal, theirs, ours, weights),
    )


def _changed_stems(
    left_out: list[str], put_in: list[str], theirs: list[str], ours: list[str]
) -> tuple[list[str], list[str]]:
    """Return what one side has and the other has nowhere, less what is only spelt in another way."""
    gone = [stem for stem in left_out if stem not in ours]
    new = [stem for stem in put_in if stem not in theirs]
    for stem in list(gone):
        alike = next((other for other in new if fuzz.ratio(stem, other) >= SAME_SPELLING_LIKENESS), None)
        if alike is not None:
            gone.remove(stem)
            new.remove(alike)
    return gone, new


def _replaced_end_weight(equal: Sequence[Opcode], theirs: list[str], ours: list[str], weights: Weights) -> float:
    first, last = equal[0], equal[-1]
    ends = (
        (theirs[: first.src_start], ours[max(first.dest_start - LONGEST_REPLACEMENT, 0) : first.dest_start]),
        (theirs[last.src_end :], ours[last.dest_end : last.dest_end + LONGEST_REPLACEMENT]),
    )
    changed = [_changed_stems(left_out, put_in, theirs, ours) for left_out, put_in in ends]
    return sum(min(weights.sum(gone), weights.sum(new)) for gone, new in changed)
