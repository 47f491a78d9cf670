"""Divide a message that tells several claims into parts, each about another page."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from classifiers.matcher.document import Page
from classifiers.matcher.index.document_frequency import Weights
from classifiers.matcher.reading import Reader, Reading

LEAST_TOLD = 0.2
"""Share of the weight of a claim's words that a message must tell for a clause to be about it."""
PART_LIMIT = 3
_CLAUSE_LIMIT = 24
_JOINTS = re.compile(
    r"[.!?…;,]+(?=\s)|\n+|\b(?:dan|deng|trus|terus|tarus|lalu|juga|sedangkan|sementara|sama|plus)\b", re.IGNORECASE
)
"""Where one claim may end and another begin; what joins them goes with the second."""


def divide_message(message: Reading, pages: Sequence[Page], weights: Weights, reader: Reader) -> list[str]:
    """Return the parts of a message about different pages, at most ``PART_LIMIT``; none where it is about one."""
    retold = [page for page in pages if page.claimed and _told_share(message, page, weights) >= LEAST_TOLD]
    retold = retold[:PART_LIMIT]
    if len(retold) < 2:
        return []
    parts: dict[str, list[str]] = {}
    current = ""
    for clause in _split_clauses(message.text):
        stems = frozenset(reader.stems(clause))
        shared = {page.id: weights.sum(stems & page.known) for page in retold}
        nearest = max(shared, key=shared.__getitem__)
        current = nearest if shared[nearest] > shared.get(current, 0.0) else current or nearest
        parts.setdefault(current, []).append(clause)
    return [" ".join(clauses) for clauses in parts.values()] if len(parts) > 1 else []


def _told_share(message: Reading, page: Page, weights: Weights) -> float:
    return weights.sum(message.known & page.claimed) / max(weights.sum(page.claimed), 1.0)


def _split_clauses(text: str) -> list[str]:
    cuts = [0, *(match.start() for match in _JOINTS.finditer(text)), len(text)]
    cuts = [*cuts[:_CLAUSE_LIMIT], len(text)]
    clauses = (text[start:stop].strip() for start, stop in pairwise(cuts))
    return [clause for clause in clauses if any(map(str.isalpha, clause))]  # no bare number of a list
