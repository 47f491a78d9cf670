"""How long answers took: from the first report to the published page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil

from hoax_tracker.privacy.small_counts import FEWEST_SHOWN


@dataclass(frozen=True)
class ResponseTimes:
    """Hours within which half and nine tenths of the answers came."""

    median_h: float
    nine_tenths_h: float


def measure_response_times(hours: Iterable[float]) -> ResponseTimes | None:
    """Return the times; None of fewer than five answers, which would tell when somebody reported."""
    ordered = sorted(hours)
    if len(ordered) < FEWEST_SHOWN:
        return None
    return ResponseTimes(_shortest_covering(ordered, 0.5), _shortest_covering(ordered, 0.9))


def _shortest_covering(ordered: Sequence[float], share: float) -> float:
    """Return the smallest of the hours within which at least that share of all came (the nearest rank)."""
    return ordered[ceil(share * len(ordered)) - 1]
