"""Align a message with a claim word by word: which parts of the claim it repeats in order, and what replaces the rest.

A near-miss follows its claim closely but for a word in the middle. Small talk stands before and after the claim, and a
paraphrase never follows it for long.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from rapidfuzz import fuzz
from rapidfuzz.distance import LCSseq, Opcode

from classifiers.matcher.index.document_frequency import Weights

MESSAGE_STEMS, CLAIM_STEMS = 80, 60
"""Stems that are compared from the head of the message and of the claim."""
LONGEST_REPLACEMENT = 4
"""Maximum stems of a replacement. Longer insertions are sentences of their own."""
LONGEST_INSERTION = 2
"""Maximum stems between two words of the claim that narrow or widen it: "retribusi sampah *hotel* naik"."""
SAME_SPELLING_LIKENESS = 75
"""Similarity (0..100) from which two stems count as spellings of one word."""
TELLING_CHANGE = 4.0
"""Weight in nats from which the stems of a side count: no word of every second message."""


class Alignment(NamedTuple):
    """Shares of the claim's weight, and weights in nats.

    ``told``: share that the message repeats in order; ``longest_run``: share of the longest run; ``replaced`` and
    ``replacements``: weight and number of replaced passages; ``inserted``: weight of insertions; ``missed``: share left
    out between runs; ``ends_replaced``: weight of replacements at the beginning and the end.
    """

    told: float = 0.0
    longest_run: float = 0.0
    replaced: float = 0.0
    replacements: int = 0
    inserted: float = 0.0
    missed: float = 0.0
    ends_replaced: float = 0.0


def align_message(message: Sequence[str], claim: Sequence[str], weights: Weights) -> Alignment:
    """Return how the stems of a message follow the stems of a claim."""
    ours, theirs = list(message[:MESSAGE_STEMS]), list(claim[:CLAIM_STEMS])
    equal = [run for run in LCSseq.opcodes(theirs, ours) if run.tag == "equal"]
    whole = weights.sum(theirs)
    if not equal or whole <= 0:
        return Alignment()
    runs = [weights.sum(theirs[run.src_start : run.src_end]) for run in equal]
    replaced, replacements, inserted, missed = 0.0, 0, 0.0, 0.0
    for left_out, put_in in _iterate_changes(equal, theirs, ours):
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


def list_changes(message: Sequence[str], claim: Sequence[str], weights: Weights) -> list[tuple[list[str], list[str]]]:
    """Return the changes in a claim: the message's own stems, and those of the claim in their place.

    The claim's side may be empty: "guru SD libur".
    """
    ours, theirs = list(message[:MESSAGE_STEMS]), list(claim[:CLAIM_STEMS])
    equal = [run for run in LCSseq.opcodes(theirs, ours) if run.tag == "equal"]
    ends = _changed_ends(equal, theirs, ours) if equal else []
    # At its ends only what stands in place of something: small talk stands before and after a claim.
    return [
        (put_in, left_out)
        for left_out, put_in in _iterate_changes(equal, theirs, ours)
        if _tells_otherwise(put_in, left_out, weights)
    ] + [
        (put_in, left_out)
        for left_out, put_in in ends
        if min(weights.sum(put_in), weights.sum(left_out)) >= TELLING_CHANGE
    ]


def _tells_otherwise(put_in: list[str], left_out: list[str], weights: Weights) -> bool:
    longest = LONGEST_REPLACEMENT if weights.sum(left_out) >= TELLING_CHANGE else LONGEST_INSERTION
    return len(put_in) <= longest and weights.sum(put_in) >= TELLING_CHANGE


def _iterate_changes(
    equal: Sequence[Opcode], theirs: list[str], ours: list[str]
) -> Iterator[tuple[list[str], list[str]]]:
    """Yield for each passage between two repeated runs what is left out there and what is put in."""
    for run, other in pairwise(equal):
        yield _changed_stems(theirs[run.src_end : other.src_start], ours[run.dest_end : other.dest_start], theirs, ours)


def _changed_stems(
    left_out: list[str], put_in: list[str], theirs: list[str], ours: list[str]
) -> tuple[list[str], list[str]]:
    """Return the stems of each side that the other lacks, without pairs of spellings of one word."""
    gone = [stem for stem in left_out if stem not in ours]
    new = [stem for stem in put_in if stem not in theirs]
    for stem in list(gone):
        alike = next((other for other in new if fuzz.ratio(stem, other) >= SAME_SPELLING_LIKENESS), None)
        if alike is not None:
            gone.remove(stem)
            new.remove(alike)
    return gone, new


def _replaced_end_weight(equal: Sequence[Opcode], theirs: list[str], ours: list[str], weights: Weights) -> float:
    changed = _changed_ends(equal, theirs, ours)
    return sum(min(weights.sum(gone), weights.sum(new)) for gone, new in changed)


def _changed_ends(equal: Sequence[Opcode], theirs: list[str], ours: list[str]) -> list[tuple[list[str], list[str]]]:
    """Return what is left out and what is put in at the beginning and at the end of the claim."""
    first, last = equal[0], equal[-1]
    ends = (
        (theirs[: first.src_start], ours[max(first.dest_start - LONGEST_REPLACEMENT, 0) : first.dest_start]),
        (theirs[last.src_end :], ours[last.dest_end : last.dest_end + LONGEST_REPLACEMENT]),
    )
    return [_changed_stems(left_out, put_in, theirs, ours) for left_out, put_in in ends]
