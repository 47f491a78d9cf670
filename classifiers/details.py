"""The checkable details of a claim: durations, amounts, dates, places, agencies, documents, colours, causes."""

from __future__ import annotations

from typing import Literal, NamedTuple

Kind = Literal[
    "duration", "money", "share", "count", "date", "time", "place", "agency", "document", "colour", "cause", "scope"
]


class Difference(NamedTuple):
    """A detail that a message and a claim both tell, and tell differently: each as it was written."""

    kind: Kind
    yours: str
    theirs: str
