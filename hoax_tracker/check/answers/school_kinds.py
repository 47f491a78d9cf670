"""Kinds of schools as a detail: a message about kindergartens does not repeat a claim about primary schools.

The matcher's own details do not know them, and words of two letters weigh next to nothing in it.
"""

from __future__ import annotations

import re

from classifiers.matcher.details import Difference

SCHOOL_KIND = re.compile(r"\b(paud|tk|sd|smp|sma|smk|mts|slb)n?\b", re.IGNORECASE)


def compare_school_kinds(message: str, claim: str) -> tuple[Difference, ...]:
    """Return the difference where both name kinds of schools, and not the same ones; else nothing."""
    yours, theirs = list_school_kinds(message), list_school_kinds(claim)
    if not yours or not theirs or set(yours) == set(theirs):
        return ()
    return (Difference("scope", ", ".join(yours), ", ".join(theirs)),)


def list_school_kinds(text: str) -> list[str]:
    """Return the kinds of schools that a text names, each once, in its order: "SD", "SMP"."""
    return list(dict.fromkeys(kind.upper() for kind in SCHOOL_KIND.findall(text)))
