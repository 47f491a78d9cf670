"""A WhatsApp chat as a phone exports it: a table of messages without anybody's name or number.

Android writes "20/11/26 09.00 - Ani: Halo", an iPhone "[20/11/26 09.00.15] Ani: Halo", each with the date and time of
the phone's language; what is copied from WhatsApp Web puts the time first. Lines without a time continue a message.

1. Every line is read once for the people that it names by its form (whatsapp_lines.py): senders, who was added, whose
   card was sent, who wrote what somebody copied.
2. What a person wrote of each message is kept, without them (privacy/chat_people.py).

So nothing of them is stored: neither in the uploaded file nor in an item.
"""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from hoax_tracker.core.content.confined_reading import too_many_parts_error
from hoax_tracker.core.content.encodings import decode_bytes
from hoax_tracker.core.content.html_to_text import TEXT_LIMIT, cut_text
from hoax_tracker.ingest.spreadsheets.whatsapp_lines import (
    Unread,
    is_forwarded,
    is_system_line,
    people_in_group_line,
    people_in_message_line,
    written_words,
)
from hoax_tracker.privacy.chat_people import LONGEST_NAME, ChatPeople

CHAT_COLUMNS = ("Waktu", "Pesan", "Pengirim", "Nomor unggahan")
UNPACKED_LIMIT_BYTES = 50 * 2**20
FILES_LIMIT = 20_000
"""Files in an archive. Phones put in the ten thousand newest pictures at most."""
_LINES_LOOKED_AT, _BYTES_LOOKED_AT = 30, 20_000
_ZIP = b"PK\x03\x04"

_DATE = r"(?P<a>\d{1,4})[/.-](?P<b>\d{1,2})[/.-](?P<c>\d{2,4})"
_TIME = (
    r"(?P<hour>\d{1,2})[.:](?P<minute>\d{2})(?:[.:](?P<second>\d{2}))?"
    r"(?:\s?(?:(?P<half>[ap])\.?\s?m\.?|(?P<malay>pg|ptg)\b))?"
)
_HEADS = tuple(
    re.compile(rf"[\u200e\u200f\ufeff]*{head}(?P<rest>.*)", re.IGNORECASE | re.DOTALL)
    for head in (
        rf"\[{_DATE},?\s{_TIME}\]\s",
        rf"\[{_TIME},\s{_DATE}\]\s",
        rf"{_DATE},?\s{_TIME}\s[-–]\s",
    )
)
_AMERICAN = re.compile(r"\D*[1-9]\d?/[1-9]\d?/\d{2},\s\d{1,2}:|\D*\d{1,2}:\d{2}\s?[ap].?m.?,", re.IGNORECASE)
"""An American phone fills up neither month nor day with a zero: "01/12/24, 9:05" is of another country."""
_SENDER = re.compile(rf"(?P<name>[^\n]{{1,{LONGEST_NAME}}}?):\s(?P<text>.*)", re.DOTALL)
_UNREAD_NAMES = {
    Unread.GROUP_LINE: _l("baris tentang grup"),
    Unread.ATTACHMENT: _l("lampiran"),
    Unread.PLACE: _l("lokasi"),
    Unread.CONTACT: _l("kontak"),
    Unread.CALL: _l("panggilan"),
    Unread.DELETED: _l("pesan yang dihapus"),
    Unread.OTHER: _l("baris lain dari WhatsApp"),
}


@dataclass(frozen=True)
class ExportedChat:
    """The rows under CHAT_COLUMNS, the newest first, and what was not read, in words."""

    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...]


@dataclass
class ChatMessage:
    """A message while it is read: its moment as it is written, and its lines."""

    head: re.Match[str]
    lines: list[str]


def read_chat(content: bytes) -> ExportedChat | None:
    """Return the messages where ``content`` is an exported chat, else None."""
    chat, files = content, 0
    if content.startswith(_ZIP):
        unpacked = _unpack_chat(content)
        if unpacked is None:
            return None
        chat, files = unpacked
    if not _is_whatsapp_chat(decode_bytes(chat[:_BYTES_LOOKED_AT])[0]):
        return None
    unread: Counter[Unread] = Counter()
    rows = tuple(_list_messages(decode_bytes(chat)[0].replace("\r\n", "\n"), unread))
    return ExportedChat(rows, tuple(_describe_unread(unread, files)))


def _describe_unread(unread: Counter[Unread], files: int) -> Iterator[str]:
    """Yield what a chat holds that is not read."""
    if unread:
        parts = ", ".join(f"{name} ({unread[kind]})" for kind, name in _UNREAD_NAMES.items() if unread[kind])
        words = ngettext(
            "%(num)d bagian tidak dibaca: %(parts)s",
            "%(num)d bagian tidak dibaca: %(parts)s",
            unread.total(),
            parts=parts,
        )
        yield words
    if files:
        yield ngettext("%(num)d berkas lampiran tidak dibaca", "%(num)d berkas lampiran tidak dibaca", files)


def is_chat_file(path: Path) -> bool:
    """Tell whether a file is an exported chat, or an archive, which may hold one."""
    try:
        with path.open("rb") as file:
            head = file.read(_BYTES_LOOKED_AT)
    except OSError:
        return False
    return head.startswith(_ZIP) or _is_whatsapp_chat(decode_bytes(head)[0])


def _is_whatsapp_chat(text: str) -> bool:
    """Tell whether a text is an exported chat: its first line has a time, or of a truncated one, two of the next."""
    lines = [line for line in text.split("\n") if line.strip()][:_LINES_LOOKED_AT]
    heads = [_match_head(line) is not None for line in lines]
    return bool(heads) and (heads[0] or sum(heads) > 1)


def _unpack_chat(content: bytes) -> tuple[bytes, int] | None:
    """Return the chat within an archive, as phones send it where the chat has pictures, and the number of other files.

    None for another archive. Raises InvalidInputError for one of too many files.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
            if len(parts) > FILES_LIMIT:
                raise too_many_parts_error("file", _("%(count)s berkas", count=f"{FILES_LIMIT:,}".replace(",", ".")))
            texts = [part for part in parts if part.filename.lower().endswith(".txt")]
            is_chat = len(texts) == 1 and texts[0].file_size <= UNPACKED_LIMIT_BYTES
            return (archive.read(texts[0]), len(parts) - 1) if is_chat else None
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError):
        return None


def _list_messages(text: str, unread: Counter[Unread]) -> list[tuple[str, str, str, str]]:
    """Return the rows of the table, the newest first: of very many the oldest are left out."""
    people = ChatPeople()
    messages = list(_iterate_messages(text, people, unread))
    order = _date_order([message.head for message in messages])
    rows = []
    for message in messages:
        moment, words = _read_moment(message.head, order), people.hide(written_words(message.lines, unread))
        if moment is not None and words:
            is_passed_on, words = is_forwarded(cut_text(words, TEXT_LIMIT))
            number = hashlib.sha256(f"{moment} {words}".encode()).hexdigest()[:20]
            rows.append((moment, words, "WhatsApp (diteruskan)" if is_passed_on else "WhatsApp", number))
    return rows[::-1]


def _iterate_messages(text: str, people: ChatPeople, unread: Counter[Unread]) -> Iterator[ChatMessage]:
    """Yield the messages of people, and learn who they are.

    A line about the group is no message, and ends the one before it.
    """
    message: ChatMessage | None = None
    for line in text.split("\n"):
        head = _match_head(line)
        if head is None:
            if message is not None:
                message.lines.append(line)
                _learn_people(people, line)
            continue
        if message is not None:
            yield message
        sender = _SENDER.match(head["rest"])
        if sender is not None and not is_system_line(sender["name"]):
            people.learn(sender["name"])
            _learn_people(people, sender["text"])
            message = ChatMessage(head, [sender["text"]])
            continue
        message = None
        unread[Unread.GROUP_LINE] += 1
        for name in people_in_group_line(head["rest"]):
            people.learn(name)
    if message is not None:
        yield message


def _learn_people(people: ChatPeople, line: str) -> None:
    """Learn the people whom a line of a message names by its form."""
    people.learn_mentioned(line)
    for name in people_in_message_line(line):
        people.learn(name)


def _match_head(line: str) -> re.Match[str] | None:
    """Return the time that begins a message, with the rest of the line, or None."""
    return next((match for pattern in _HEADS if (match := pattern.match(line[:70_000]))), None)


def _date_order(heads: Sequence[re.Match[str]]) -> str:
    """Return which part of the dates is the year, month and day: "ymd", "dmy" or "mdy".

    Messages stand in the order of time, so the reading under which fewest go back is right. Where both read alike,
    the form tells: only Americans put a comma behind a year of two digits, and a colon into the time.
    """
    if any(len(head["a"]) == 4 for head in heads):
        return "ymd"
    steps = {order: _count_steps_back(heads, order) for order in ("dmy", "mdy")}
    if steps["dmy"] == steps["mdy"]:
        return "mdy" if all(_AMERICAN.match(head.string) for head in heads) else "dmy"
    return min(steps, key=lambda order: steps[order])


def _count_steps_back(heads: Sequence[re.Match[str]], order: str) -> int:
    """Return how many messages are older than the one before them; a date that does not exist counts as more."""
    moments = [_read_moment(head, order) for head in heads]
    back = sum(1 for before, after in pairwise(moment for moment in moments if moment) if after < before)
    return back + len(moments) * sum(1 for moment in moments if moment is None)


def _read_moment(head: re.Match[str], order: str) -> str | None:
    """Return the time of a message as the phone showed it, or None where there is no such date."""
    parts = dict(zip(order, (int(head["a"]), int(head["b"]), int(head["c"])), strict=True))
    half = {"pg": "a", "ptg": "p"}.get((head["malay"] or "").lower(), (head["half"] or "").lower())
    hour = int(head["hour"])
    year = parts["y"] if parts["y"] > 99 else 2000 + parts["y"]
    if half and hour <= 12:
        hour = hour % 12 + 12 * (half == "p")
    try:
        moment = datetime(year, parts["m"], parts["d"], hour, int(head["minute"]))  # noqa: DTZ001 - the phone's
    except ValueError:
        return None
    return (moment + timedelta(seconds=int(head["second"] or 0))).isoformat(" ")
