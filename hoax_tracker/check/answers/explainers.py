"""Explainers for a message that nobody has answered, chosen by words that officers listed for each."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa

from classifiers.text.normalise import word_tokens
from hoax_tracker.models import Explainer, db

EXPLAINERS_SHOWN = 2


def find_explainers(text: str) -> list[Explainer]:
    """Return the explainers of which a message holds the most listed words; of equals, whose word comes first."""
    words = f" {' '.join(word_tokens(text))} "
    placed = [(find_cues(words, row.cues), row) for row in list_public_explainers()]
    fitting = sorted((pair for pair in placed if pair[0]), key=lambda pair: (-len(pair[0]), min(pair[0])))
    return [row for _places, row in fitting[:EXPLAINERS_SHOWN]]


def find_cues(words: str, cues: Iterable[str]) -> list[int]:
    """Return where the cues stand in a text, which is given as its words with blanks around."""
    wanted = (" ".join(word_tokens(cue)) for cue in cues)
    places = (words.find(f" {cue} ") for cue in wanted if cue)
    return [place for place in places if place >= 0]


def list_public_explainers() -> list[Explainer]:
    """Return the explainers that residents may read, by title."""
    query = sa.select(Explainer).where(Explainer.is_shown).order_by(Explainer.title, Explainer.id)
    return list(db.session.scalars(query))
