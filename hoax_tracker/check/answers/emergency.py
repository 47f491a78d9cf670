"""Whom to call where a message tells of an emergency, by words that the office lists for each contact."""

from __future__ import annotations

from typing import Any

from classifiers.text.normalise import word_tokens
from hoax_tracker.check.answers.explainers import find_cues
from hoax_tracker.match_index import HEAD_CHARACTERS
from hoax_tracker.organisation.public_contacts import load_shown_contacts


def find_emergency_contacts(text: str) -> list[dict[str, Any]]:
    """Return the emergency contacts of which a message holds a listed word, in the office's order."""
    words = f" {' '.join(word_tokens(text[:HEAD_CHARACTERS]))} "
    return [contact for contact in load_shown_contacts().emergency if find_cues(words, contact["cues"])]
