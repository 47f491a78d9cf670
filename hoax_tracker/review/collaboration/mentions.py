"""Whom a note mentions: an "@" before a name as people write it, whole or in part, or before the name of a mailbox.

"@Maria Seran", "@maria" where there is one Maria, "@mseran" for mseran@… . An "@" before anything else, such as an
account on a social network, is text. While a note is written, ``suggested`` is what the page offers after an "@".
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import joinedload

from hoax_tracker.errors import Invalid
from hoax_tracker.models import Officer, db

AT = re.compile(r"(?<![\w@.])@(?=\w)")
WORD = re.compile(r"[^\s@,;:!?()«»\"]+")
ENDS = ".'’-"
LONGEST_NAME = 6
OFFERED = 5


def mentioned(text: str, writer: Officer) -> list[Officer]:
    """Return the officers that the text mentions, each once, without who wrote it.

    Raises Invalid where a name could be that of several officers.
    """
    people = officers() if AT.search(text) else []
    found: dict[int, Officer] = {}
    for words in after_each_at(text):
        fitting = fits(words, people)
        if len(fitting) > 1:
            raise unclear(words[0], fitting)
        found.update({one.id: one for one in fitting if one.id != writer.id})
    return list(found.values())


@dataclass(frozen=True)
class Suggestion:
    """An officer whom a note may mention, and what to write after the "@" so that nobody else is meant."""

    name: str
    unit: str
    write: str


def suggested(people: Sequence[Officer], everybody: Sequence[Officer]) -> list[Suggestion]:
    """Return how to mention each of the people: by name, else by mailbox; left out where neither is theirs alone.

    Each name is held against those alone who have its first word too: with two hundred officers that is quick.
    """
    holding: dict[str, list[Officer]] = defaultdict(list)
    for one in everybody:
        for word in {*compared(one.name), mailbox_of(one).casefold()}:
            holding[word].append(one)
    found = []
    for one in people:
        ways = (way for way in (one.name, mailbox_of(one)) if means(way, one, holding))
        if write := next(ways, ""):
            found.append(Suggestion(one.name, one.unit.short_name, write))
    return found


def compared(name: str) -> list[str]:
    """Return the words of a name as they are compared."""
    return [part.strip(".,").casefold() for part in name.split()]


def mailbox_of(one: Officer) -> str:
    """Return the name of the officer's mailbox."""
    return one.email.split("@")[0]


def means(way: str, one: Officer, holding: dict[str, list[Officer]]) -> bool:
    """Tell whether an "@" before the words means that officer, and nobody else."""
    words = next(after_each_at(f"@{way} "), [])
    return bool(words) and [fit.id for fit in fits(words, holding[words[0].casefold()])] == [one.id]


def officers() -> Sequence[Officer]:
    """Return everybody who may sign in."""
    query = sa.select(Officer).where(Officer.active).options(joinedload(Officer.unit)).order_by(Officer.name)
    return db.session.scalars(query).all()


def after_each_at(text: str) -> Iterator[list[str]]:
    """Yield the words after each "@", as many as a name may have."""
    for match in AT.finditer(text):
        found = [word.rstrip(ENDS) for word in WORD.findall(text[match.end() : match.end() + 200])]
        yield [word for word in found if word][:LONGEST_NAME]


def fits(words: list[str], people: Sequence[Officer]) -> list[Officer]:
    """Return the officers whose names agree with the most words; of those, one whose whole name is written."""
    mailbox = [one for one in people if mailbox_of(one).casefold() == words[0].casefold()]
    if mailbox:
        return mailbox
    agreeing = {one.id: agreed(words, one.name) for one in people}
    most = max(agreeing.values(), default=0)
    best = [one for one in people if most and agreeing[one.id] == most]
    whole = [one for one in best if len(one.name.split()) == most]
    return whole or best


def agreed(words: list[str], name: str) -> int:
    """Return how many words from the first on stand in the name one after the other, wherever they begin in it."""
    asked, held = [word.casefold() for word in words], compared(name)
    return max((same_from(asked, held[start:]) for start in range(len(held))), default=0)


def same_from(asked: list[str], held: list[str]) -> int:
    """Return how many words two lists have in common from the first on."""
    count = 0
    for one, other in zip(asked, held, strict=False):
        if one != other:
            break
        count += 1
    return count


def unclear(word: str, fitting: Sequence[Officer]) -> Invalid:
    """Return the error for a name that several officers have, with their names and units."""
    names = ", ".join(f"@{one.name} ({one.unit.short_name})" for one in fitting[:OFFERED])
    message = _("«@%(word)s» dapat berarti beberapa petugas: %(names)s. Tulis nama lengkapnya.", word=word, names=names)
    return Invalid(f"{len(fitting)} officers fit a mention", user_message=message, field="text")
