"""What a conversation remembers: its language, what the last replies were about, and its tickets. Stored encrypted."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from typing import Any

SUBJECTS_KEPT = 8
SUBJECT_DAYS = 2
"""Days that "bukan itu" or a button of an older reply can still refer to a piece of news (privacy/retention.py)."""
TICKETS_KEPT = 200
"""More than a month of reports of one person: who has everything erased has all of these erased."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A piece of news that somebody asked about.

    ``file_id`` and ``file_kind``: the file that it came with, as its channel names it.
    ``number`` never comes twice in a conversation, so that a button of an older reply means what it meant. ``page`` is
    the id of the page shown for it, 0 for none, ``day`` the ordinal of the day, and ``ticket`` that of the report that
    was made of it here.
    """

    number: int
    text: str
    page: int = 0
    day: int = 0
    ticket: str = ""
    file_id: str = ""
    file_kind: str = ""


@dataclass(frozen=True, slots=True)
class ChatState:
    """The memory of a conversation.

    ``numbered`` holds what the numbers 1, 2, … of the last reply mean, as payloads of buttons, ``otherwise`` what 0
    means, and ``titles`` the words of those buttons. ``tickets`` are those of reports made in this conversation.
    ``open_ticket``: what is typed next belongs to this report. ``is_asked``: an officer asked about it, so that "ya"
    and "3" answer the officer. ``mail``: where to write what cannot be told here.
    ``file_id``, ``file_kind``: a file that was not read, whose words may be typed next.
    """

    language: str = "id"
    is_introduced: bool = False
    subjects: tuple[Subject, ...] = ()
    last_number: int = 0
    numbered: tuple[str, ...] = ()
    titles: tuple[str, ...] = ()
    otherwise: str = ""
    tickets: tuple[str, ...] = ()
    open_ticket: str = ""
    is_asked: bool = False
    file_id: str = ""
    file_kind: str = ""
    mail: str = ""

    def find_subject(self, number: int) -> Subject | None:
        """Return the news with that number, while it is remembered."""
        return next((one for one in self.subjects if one.number == number), None)

    @property
    def last_subject(self) -> Subject | None:
        """The news that was asked about last."""
        return self.subjects[-1] if self.subjects else None

    def without_old_subjects(self, today: int) -> ChatState:
        """Return the state without news of which nobody speaks any more."""
        return replace(self, subjects=tuple(one for one in self.subjects if today - one.day < SUBJECT_DAYS))

    def as_bytes(self) -> bytes:
        """Return the state as bytes for encryption."""
        return json.dumps(asdict(self), ensure_ascii=False).encode()

    @classmethod
    def from_bytes(cls, content: bytes) -> ChatState:
        """Read what ``as_bytes`` made; fields of another version are left out."""
        stored: dict[str, Any] = json.loads(content)
        known = {name: value for name, value in stored.items() if name in cls.__dataclass_fields__}
        subjects = tuple(Subject(**one) for one in known.pop("subjects", ()))
        lists = {name: tuple(value) for name, value in known.items() if isinstance(value, list)}
        return cls(**(known | lists), subjects=subjects)
