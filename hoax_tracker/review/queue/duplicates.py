"""Claims of a list that say the same, folded into one row. Cheap: the words of the rows that are shown, and no index.

Merging is an officer's decision; folding only keeps ten copies of a chain message from filling the list.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from hoax_tracker.review.queue.queue import QueueRow

ALIKE = 0.8
"""The share of words that two texts have in common, of all that either has."""
WORD = re.compile(r"\w+")


@dataclass
class FoldedRow:
    """A row with those below it in the list that say the same."""

    row: QueueRow
    same: list[QueueRow] = field(default_factory=list)

    @property
    def seen(self) -> int:
        """The appearances of all of them."""
        return self.row.seen + sum(row.seen for row in self.same)


def fold_same(rows: Sequence[QueueRow]) -> list[FoldedRow]:
    """Return the rows in their order, each with the later ones that say the same."""
    folded: list[tuple[set[str], FoldedRow]] = []
    for row in rows:
        words = set(WORD.findall(row.claim.text.casefold()))
        first = next((one for known, one in folded if _say_same(known, words)), None)
        if first is None:
            folded.append((words, FoldedRow(row)))
        else:
            first.same.append(row)
    return [one for _words, one in folded]


def _say_same(one: set[str], other: set[str]) -> bool:
    """Tell whether two texts have nearly all words in common, and every number: another date is another claim."""
    if {word for word in one ^ other if word.isdigit()}:
        return False
    return len(one & other) >= ALIKE * len(one | other) > 0
