"""Explainers for a message that nobody has answered, chosen by words that officers listed for each."""

from __future__ import annotations

import sqlalchemy as sa

from classifiers.text.normalise import word_tokens
from hoax_tracker.models import Explainer, db

EXPLAINERS_SHOWN = 2


def find_explainers(text: str) -> list[Explainer]:
    """Return the explainers of which a message holds the most listed words, best first."""
    words = f" {' '.join(word_tokens(text))} "
    counted = [(sum(holds_cue(words, cue) for cue in row.cues), row) for row in list_public_explainers()]
    best = sorted((pair for pair in counted if pair[0]), key=lambda pair: -pair[0])
    return [row for _count, row in best[:EXPLAINERS_SHOWN]]


def holds_cue(words: str, cue: str) -> bool:
    """Tell whether a text, given as its words with blanks around, holds the words of a cue in their order."""
    wanted = " ".join(word_tokens(cue))
    return bool(wanted) and f" {wanted} " in words


def list_public_explainers() -> list[Explainer]:
    """Return the explainers that residents may read, by title."""
    query = sa.select(Explainer).where(Explainer.is_shown).order_by(Explainer.title, Explainer.id)
    return list(db.session.scalars(query))
