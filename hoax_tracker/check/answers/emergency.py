"""Whom to call where a message is about an emergency, by words that the office lists for each contact."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from flask import has_request_context, request

from classifiers.text.normalise import word_tokens
from hoax_tracker.check.answers.danger_words import is_about_danger
from hoax_tracker.check.answers.explainers import find_cues
from hoax_tracker.match_index import HEAD_CHARACTERS
from hoax_tracker.models import ChannelKind
from hoax_tracker.organisation.public_contacts import ShownContacts, load_shown_contacts

CONTACTS_ENVIRON_KEY = "hoax_tracker.shown_contacts"


@dataclass(frozen=True)
class EmergencyHelp:
    """Whom to call: those of whom a message holds a word, and the one with a number who is named first.

    ``pages``: (name, address) of those whose site is on the list of official channels.
    """

    contacts: list[dict[str, Any]]
    first_call: dict[str, Any] | None
    pages: tuple[tuple[str, str], ...] = ()


def find_emergency_help(text: str) -> EmergencyHelp | None:
    """Return whom to call where the message is about a danger or an illness, else None."""
    contacts = find_emergency_contacts(text)
    if not contacts:
        return None
    callable_contacts = (contact for contact in (*contacts, *office_contacts().emergency) if contact["telephone"])
    return EmergencyHelp(contacts, next(callable_contacts, None), tuple(_list_official_pages(contacts)))


def _list_official_pages(contacts: Iterable[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    """Yield (name, address) of each contact whose site is listed: its owner begins with the name, such as "BMKG"."""
    sites = office_contacts().listed.get(ChannelKind.DOMAIN, ())
    for contact in contacts:
        name = str(contact["name"]).split(maxsplit=1)[0]
        site = next((site for site in sites if name.isupper() and site.owner.split(maxsplit=1)[:1] == [name]), None)
        if site is not None:
            yield name, f"https://{site.value}/"


def find_emergency_contacts(text: str) -> list[dict[str, Any]]:
    """Return the emergency contacts of which a message about a danger holds a listed word, in the office's order."""
    words = f" {' '.join(word_tokens(text[:HEAD_CHARACTERS]))} "
    placed = [(contact, find_cues(words, contact["cues"])) for contact in office_contacts().emergency]
    places = [place for _contact, cue_places in placed for place in cue_places]
    if not places or not is_about_danger(words, places):
        return []
    return [contact for contact, cue_places in placed if cue_places]


def office_contacts() -> ShownContacts:
    """Return what residents are told, read once for a page: it stands in the footer, too."""
    if not has_request_context():
        return load_shown_contacts()
    if CONTACTS_ENVIRON_KEY not in request.environ:
        request.environ[CONTACTS_ENVIRON_KEY] = load_shown_contacts()
    contacts: ShownContacts = request.environ[CONTACTS_ENVIRON_KEY]
    return contacts
