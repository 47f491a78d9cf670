"""Mentions in notes: an "@" before an officer's name, in whole or in part, or before a mailbox name.

"@Maria Seran", "@maria" where only one Maria exists, or "@mseran" for mseran@… . An "@" before anything else, such as a
social media account, is plain text. While a note is typed, ``suggest_mentions`` supplies the names the page offers.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import joinedload

from hoax_tracker.errors import InvalidInputError
from hoax_tracker.models import Officer, db

MENTION_SIGN = re.compile(r"(?<![\w@.])@(?=\w)")
NAME_WORD = re.compile(r"[^\s@,;:!?()«»\"]+")
TRAILING_MARKS = ".'’-"
MAX_NAME_WORDS = 6
NAMES_OFFERED = 5


def mentioned_officers(text: str, writer: Officer) -> list[Officer]:
    """Return the officers mentioned in the text, each once, without the author.

    Raises InvalidInputError where a name fits several officers.
    """
    people = list_active_officers() if MENTION_SIGN.search(text) else []
    mentioned: dict[int, Officer] = {}
    for words in _words_after_each_at(text):
        fitting = _matching_officers(words, people)
        if len(fitting) > 1:
            raise _ambiguous_mention_error(words[0], fitting)
        mentioned.update({officer.id: officer for officer in fitting if officer.id != writer.id})
    return list(mentioned.values())


@dataclass(frozen=True)
class MentionSuggestion:
    """An officer who may be mentioned, and the shortest unambiguous text to write after the "@"."""

    name: str
    unit: str
    write: str


def suggest_mentions(people: Sequence[Officer], everybody: Sequence[Officer]) -> list[MentionSuggestion]:
    """Return how to mention each officer: by name, else by mailbox. Officers without an unambiguous form are left out.

    Each name is compared only with names that share its first word, so two hundred officers stay fast.
    """
    holding: dict[str, list[Officer]] = defaultdict(list)
    for officer in everybody:
        for word in {*_normalise_name_words(officer.name), _mailbox_name(officer).casefold()}:
            holding[word].append(officer)
    suggestions = []
    for officer in people:
        ways = (way for way in (officer.name, _mailbox_name(officer)) if _is_unambiguous_mention(way, officer, holding))
        if write := next(ways, ""):
            suggestions.append(MentionSuggestion(officer.name, officer.unit.short_name, write))
    return suggestions


def _normalise_name_words(name: str) -> list[str]:
    """Return the words of a name in the form they are compared in."""
    return [part.strip(".,").casefold() for part in name.split()]


def _mailbox_name(officer: Officer) -> str:
    """Return the name of the officer's mailbox."""
    return officer.email.split("@")[0]


def _is_unambiguous_mention(way: str, officer: Officer, holding: dict[str, list[Officer]]) -> bool:
    """Tell whether an "@" before these words means that officer and nobody else."""
    words = next(_words_after_each_at(f"@{way} "), [])
    return bool(words) and [fit.id for fit in _matching_officers(words, holding[words[0].casefold()])] == [officer.id]


def list_active_officers() -> Sequence[Officer]:
    """Return the officers who may sign in."""
    query = sa.select(Officer).where(Officer.active).options(joinedload(Officer.unit)).order_by(Officer.name)
    return db.session.scalars(query).all()


def _words_after_each_at(text: str) -> Iterator[list[str]]:
    """Yield the words after each "@", as many as the longest name has."""
    for match in MENTION_SIGN.finditer(text):
        words = [word.rstrip(TRAILING_MARKS) for word in NAME_WORD.findall(text[match.end() : match.end() + 200])]
        yield [word for word in words if word][:MAX_NAME_WORDS]


def _matching_officers(words: list[str], people: Sequence[Officer]) -> list[Officer]:
    """Return the officers whose names share the most words with the text; a fully written name wins."""
    mailbox = [officer for officer in people if _mailbox_name(officer).casefold() == words[0].casefold()]
    if mailbox:
        return mailbox
    agreeing = {officer.id: _count_agreeing_words(words, officer.name) for officer in people}
    most = max(agreeing.values(), default=0)
    best = [officer for officer in people if most and agreeing[officer.id] == most]
    whole = [officer for officer in best if len(officer.name.split()) == most]
    return whole or best


def _count_agreeing_words(words: list[str], name: str) -> int:
    """Return the length of the longest run of the given words inside the name, counted from the first given word."""
    asked, name_words = [word.casefold() for word in words], _normalise_name_words(name)
    return max((_common_prefix_length(asked, name_words[start:]) for start in range(len(name_words))), default=0)


def _common_prefix_length(asked: list[str], name_words: list[str]) -> int:
    """Return how many leading words two lists share."""
    count = 0
    for word, other in zip(asked, name_words, strict=False):
        if word != other:
            break
        count += 1
    return count


def _ambiguous_mention_error(word: str, fitting: Sequence[Officer]) -> InvalidInputError:
    """Return the error for a name that several officers share, listing their names and units."""
    names = ", ".join(f"@{officer.name} ({officer.unit.short_name})" for officer in fitting[:NAMES_OFFERED])
    message = _("«@%(word)s» dapat berarti beberapa petugas: %(names)s. Tulis nama lengkapnya.", word=word, names=names)
    return InvalidInputError(f"{len(fitting)} officers fit a mention", user_message=message, field="text")
