"""A WhatsApp chat as a phone exports it, as a table of messages without anybody's name or number.

Android writes "20/11/26 09.00 - Ani: Halo", an iPhone "[20/11/26 09.00.15] Ani: Halo", each with the date and time of
the phone's language; what is copied from WhatsApp Web puts the time first. Lines without a time continue a message.
Who wrote is dropped while reading, so that nothing of it is stored: neither in the uploaded file nor in an item.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

from hoax_tracker.core.content.html_to_text import TEXT_LIMIT, cut_text
from hoax_tracker.ingest.parsers.encodings import decode_bytes
from hoax_tracker.ingest.spreadsheets.whatsapp_lines import drop_generated_lines, is_forwarded, is_system_line

CHAT_COLUMNS = ("Waktu", "Pesan", "Pengirim", "Nomor unggahan")
UNPACKED_LIMIT_BYTES = 50 * 2**20
_LINES_LOOKED_AT, _BYTES_LOOKED_AT = 30, 20_000
_ZIP = b"PK\x03\x04"

_DATE = r"(?P<a>\d{1,4})[/.-](?P<b>\d{1,2})[/.-](?P<c>\d{2,4})"
_TIME = r"(?P<hour>\d{1,2})[.:](?P<minute>\d{2})(?:[.:](?P<second>\d{2}))?(?:\s?(?P<half>[ap])\.?\s?m\.?)?"
_HEADS = tuple(
    re.compile(rf"[\u200e\u200f\ufeff]*{head}(?P<rest>.*)", re.IGNORECASE | re.DOTALL)
    for head in (
        rf"\[{_DATE},?\s{_TIME}\]\s",
        rf"\[{_TIME},\s{_DATE}\]\s",
        rf"{_DATE},?\s{_TIME}\s[-–]\s",
    )
)
_AMERICAN = re.compile(r"\D*\d{1,2}/\d{1,2}/\d{2},\s\d{1,2}:|\D*\d{1,2}:\d{2}\s?[ap].?m.?,", re.IGNORECASE)
_LONGEST_NAME = 100
_AT = re.compile("@~?")
_SENDER = re.compile(rf"(?P<name>[^\n]{{1,{_LONGEST_NAME}}}?):\s(?P<text>.*)", re.DOTALL)
_MENTION = re.compile("@\u2068[^\u2069\n]{0,200}\u2069|@~?\\+?\\d{7,15}")
_PHONE = re.compile(r"\+?\d[\d\s().-]{6,22}\d")
_LEFT_OUT = "@…"


@dataclass
class ChatMessage:
    """A message while it is read: its moment as it is written, who wrote it, and its lines."""

    head: re.Match[str]
    sender: str
    lines: list[str]


def convert_whatsapp_chat(content: bytes) -> bytes:
    """Return a table of the messages as CSV where ``content`` is an exported chat, else ``content`` itself."""
    packed = unpack_chat(content)
    chat = packed or (b"" if content.startswith(_ZIP) else content)
    if not is_whatsapp_chat(decode_bytes(chat[:_BYTES_LOOKED_AT])[0]):
        return content
    text = decode_bytes(chat)[0].replace("\r\n", "\n")
    table = io.StringIO(newline="")
    csv.writer(table).writerows((CHAT_COLUMNS, *list_messages(text)))
    return table.getvalue().encode()


def is_chat_file(path: Path) -> bool:
    """Tell whether a file is an exported chat, also within an archive."""
    try:
        with path.open("rb") as file:
            head = file.read(_BYTES_LOOKED_AT)
        if head.startswith(_ZIP) and path.stat().st_size <= UNPACKED_LIMIT_BYTES:
            head = (unpack_chat(path.read_bytes()) or b"")[:_BYTES_LOOKED_AT]
    except OSError:
        return False
    return is_whatsapp_chat(decode_bytes(head)[0])


def is_whatsapp_chat(text: str) -> bool:
    """Tell whether a text is an exported chat: its first line has a time, or of a truncated one, two of the next."""
    lines = [line for line in text.split("\n") if line.strip()][:_LINES_LOOKED_AT]
    heads = [match_head(line) is not None for line in lines]
    return bool(heads) and (heads[0] or sum(heads) > 1)


def unpack_chat(content: bytes) -> bytes | None:
    """Return the chat within an archive, as phones send it where the chat has pictures, or None."""
    if not content.startswith(_ZIP):
        return None
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            texts = [part for part in archive.infolist() if part.filename.lower().endswith(".txt")]
            is_chat = len(texts) == 1 and texts[0].file_size <= UNPACKED_LIMIT_BYTES
            return archive.read(texts[0]) if is_chat else None
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError):
        return None


def list_messages(text: str) -> list[tuple[str, str, str, str]]:
    """Return the rows of the table, the newest first: of very many the oldest are left out."""
    messages = list(iterate_messages(text))
    order = date_order([message.head for message in messages])
    hide = NameHider([message.sender for message in messages])
    rows = []
    for message in messages:
        moment = read_moment(message.head, order)
        words = drop_generated_lines([hide.hide_people(line) for line in message.lines])
        if moment is not None and words:
            is_passed_on, words = is_forwarded(cut_text(words, TEXT_LIMIT))
            number = hashlib.sha256(f"{moment} {words}".encode()).hexdigest()[:20]
            rows.append((moment, words, "WhatsApp (diteruskan)" if is_passed_on else "WhatsApp", number))
    return rows[::-1]


def iterate_messages(text: str) -> Iterator[ChatMessage]:
    """Yield the messages of people; a line about the group is none, and ends the message before it."""
    message: ChatMessage | None = None
    for line in text.split("\n"):
        head = match_head(line)
        if head is None:
            if message is not None:
                message.lines.append(line)
            continue
        if message is not None:
            yield message
        said = _SENDER.match(head["rest"])
        is_said = said is not None and not is_system_line(said["name"])
        message = ChatMessage(head, said["name"], [said["text"]]) if said is not None and is_said else None
    if message is not None:
        yield message


def match_head(line: str) -> re.Match[str] | None:
    """Return the time that begins a message, with the rest of the line, or None."""
    return next((match for pattern in _HEADS if (match := pattern.match(line[:70_000]))), None)


def date_order(heads: Sequence[re.Match[str]]) -> str:
    """Return which part of the dates is the year, month and day: "ymd", "dmy" or "mdy".

    Messages stand in the order of time, so the reading under which fewest go back is right. Where both read alike,
    the form tells: only Americans put a comma behind a year of two digits, and a colon into the time.
    """
    if any(len(head["a"]) == 4 for head in heads):
        return "ymd"
    steps = {order: count_steps_back(heads, order) for order in ("dmy", "mdy")}
    if steps["dmy"] == steps["mdy"]:
        return "mdy" if all(_AMERICAN.match(head.string) for head in heads) else "dmy"
    return min(steps, key=lambda order: steps[order])


def count_steps_back(heads: Sequence[re.Match[str]], order: str) -> int:
    """Return how many messages are older than the one before them; a date that does not exist counts as more."""
    moments = [read_moment(head, order) for head in heads]
    back = sum(1 for before, after in pairwise(moment for moment in moments if moment) if after < before)
    return back + len(moments) * sum(1 for moment in moments if moment is None)


def read_moment(head: re.Match[str], order: str) -> str | None:
    """Return the time of a message as the phone showed it, or None where there is no such date."""
    parts = dict(zip(order, (int(head["a"]), int(head["b"]), int(head["c"])), strict=True))
    hour, half = int(head["hour"]), (head["half"] or "").lower()
    year = parts["y"] if parts["y"] > 99 else 2000 + parts["y"]
    if half and hour <= 12:
        hour = hour % 12 + 12 * (half == "p")
    try:
        moment = datetime(year, parts["m"], parts["d"], hour, int(head["minute"]))  # noqa: DTZ001 - the phone's
    except ValueError:
        return None
    return (moment + timedelta(seconds=int(head["second"] or 0))).isoformat(" ")


class NameHider:
    """Removes from texts who is mentioned, and the numbers of those who wrote."""

    def __init__(self, senders: Sequence[str]) -> None:
        """Learn the names and numbers of the senders."""
        names = {sender.strip("~\u200e\u202a\u202c\u2068\u2069\u00a0\u202f ") for sender in senders} - {""}
        self._numbers = {digits for name in names if len(digits := bare_digits(name)) >= 7}
        self._names, self._lengths = names, sorted({len(name) for name in names}, reverse=True)

    def hide_people(self, text: str) -> str:
        """Return the text without mentions and senders' numbers; other numbers may be what a hoax is about."""
        if "@" in text:
            text = _MENTION.sub(_LEFT_OUT, text)
            text = self._hide_names(text)
        if self._numbers:
            text = _PHONE.sub(lambda found: "…" if bare_digits(found[0]) in self._numbers else found[0], text)
        return text

    def _hide_names(self, text: str) -> str:
        """Return the text without senders' names behind "@". However many senders there are, the cost is the same."""
        pieces, start = [], 0
        for sign in _AT.finditer(text):
            behind = text[sign.end() : sign.end() + _LONGEST_NAME]
            length = next((size for size in self._lengths if behind[:size] in self._names), 0)
            if length and sign.start() >= start:
                pieces += [text[start : sign.start()], _LEFT_OUT]
                start = sign.end() + length
        return "".join((*pieces, text[start:]))


def bare_digits(number: str) -> str:
    """Return the digits of a phone number without the country's or the leading zero."""
    return re.sub(r"\D", "", number).removeprefix("62").removeprefix("0")
