"""Whom to call where a message tells of an emergency, by words that the office lists for each contact."""

from __future__ import annotations

from typing import Any

from flask import has_request_context, request

from classifiers.text.normalise import word_tokens
from hoax_tracker.check.answers.explainers import find_cues
from hoax_tracker.match_index import HEAD_CHARACTERS
from hoax_tracker.organisation.public_contacts import ShownContacts, load_shown_contacts

CONTACTS_ENVIRON_KEY = "hoax_tracker.shown_contacts"


def find_emergency_contacts(text: str) -> list[dict[str, Any]]:
    """Return the emergency contacts of which a message holds a listed word, in the office's order."""
    words = f" {' '.join(word_tokens(text[:HEAD_CHARACTERS]))} "
    return [contact for contact in office_contacts().emergency if find_cues(words, contact["cues"])]


def office_contacts() -> ShownContacts:
    """Return what residents are told, read once for a page: it stands in the footer, too."""
    if not has_request_context():
        return load_shown_contacts()
    if CONTACTS_ENVIRON_KEY not in request.environ:
        request.environ[CONTACTS_ENVIRON_KEY] = load_shown_contacts()
    contacts: ShownContacts = request.environ[CONTACTS_ENVIRON_KEY]
    return contacts
