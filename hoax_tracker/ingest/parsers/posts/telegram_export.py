"""A channel or group as Telegram Desktop exports it (result.json).

Only those of public channels and groups are named. Of a private group or chat nobody is kept: neither who wrote, nor
whom a text names by an account, number or e-mail address, and none of its members in the words
(privacy/chat_people.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _l

from hoax_tracker.clock import WITA
from hoax_tracker.ingest.parsers import entry as feed_entry
from hoax_tracker.ingest.parsers.entry import EngagementCounts, Feed, FeedEntry, FeedError, FeedProblems, text_or_empty
from hoax_tracker.ingest.parsers.posts.post_feed import (
    RawPost,
    build_post_feed,
    first_name,
    join_parts,
    mark_forwarded,
    nested_object,
    nested_objects,
    plain_text,
    sum_counts,
)
from hoax_tracker.ingest.parsers.posts.reddit import read_seconds
from hoax_tracker.models import SourceKind
from hoax_tracker.privacy.chat_people import LEFT_OUT, ChatPeople

_PUBLIC = frozenset({"public_channel", "public_supergroup"})
_PERSONAL = frozenset({"mention", "mention_name", "phone", "email", "bank_card"})
"""Kinds of pieces that are a person's account, number or address. In public channels they belong to what is said."""
_PEOPLE = ("from", "forwarded_from", "saved_from", "reply_to_peer_name", "actor", "inviter")


@dataclass(frozen=True)
class ExportedChat:
    """A chat while it is read. ``people`` are those of a private one, None where the chat is public."""

    id: Any
    name: Any
    people: ChatPeople | None


def parse_telegram_export(data: Any, url: str, now: datetime, problems: FeedProblems) -> Feed | None:
    """Return the messages of an exported chat, or None where ``data`` is none.

    Raises FeedError for the export of a whole account: it holds private conversations.
    """
    if not isinstance(data, dict):
        return None
    if isinstance(nested_object(data, "chats").get("list"), list):
        message = _l("Itu ekspor seluruh akun Telegram. Ekspor satu kanal atau grup saja, dari menu kanal itu.")
        raise FeedError(url, "the export of a whole account", user_message=message)
    rows = data.get("messages")
    if not isinstance(rows, list) or not any(_is_message(row) for row in rows):
        return None
    people = None if data.get("type") in _PUBLIC else _learn_people(rows)
    chat = ExportedChat(data.get("id"), data.get("name"), people)

    def read(raw: RawPost, url: str, now: datetime, number: int, problems: FeedProblems) -> FeedEntry | None:
        return _read_message(raw, chat, now, number, problems) if _is_message(raw) else None

    title = (first_name(chat.name) or "") if people is None else ""
    return build_post_feed(SourceKind.TELEGRAM, rows, read, url, now, problems, title)


def _learn_people(rows: list[Any]) -> ChatPeople:
    """Return the people of a private chat: who wrote, was quoted or added, and whose card was sent."""
    people = ChatPeople(hides_handles=True)
    for row in rows:
        if not isinstance(row, dict):
            continue
        card = nested_object(row, "contact_information")
        names = [row.get(name) for name in _PEOPLE]
        names += [f"{card.get('first_name') or ''} {card.get('last_name') or ''}", card.get("phone_number")]
        members = row.get("members")
        for name in (*names, *(members if isinstance(members, list) else ())):
            people.learn(text_or_empty(name))
    return people


def _is_message(raw: Any) -> bool:
    """Tell whether the value is a message; a service line tells who joined, and the like."""
    return isinstance(raw, dict) and raw.get("type") == "message" and {"id", "text"} <= raw.keys()


def _read_message(raw: RawPost, chat: ExportedChat, now: datetime, number: int, problems: FeedProblems) -> FeedEntry:
    is_public = chat.people is None
    name = (first_name(raw.get("from"), chat.name) or "") if is_public else ""
    if raw.get("forwarded_from"):
        name = mark_forwarded(name, (first_name(raw.get("forwarded_from")) or "") if is_public else "")
    poll = nested_object(raw, "poll")
    asked = [poll.get("question"), *(part.get("text") for part in nested_objects(poll, "answers"))]
    words = ["".join(_text_pieces(part, is_public)) for part in (raw.get("text"), *asked)]
    text = join_parts(map(plain_text, words))
    return FeedEntry(
        feed_id=feed_entry.read_entry_id(f"{chat.id or ''}/{raw['id']}"),
        url=None,
        title="",
        text=text if chat.people is None else chat.people.hide(text),
        author=name[: feed_entry.AUTHOR_LIMIT] or None,
        published_at=_message_time(raw, "date", now, number, problems),
        updated_at=_message_time(raw, "edited", now, number, problems),
        language=None,
        images=(),
        counts=EngagementCounts(
            likes=sum_counts(*(part.get("count") for part in nested_objects(raw, "reactions")))
        ).or_none(),
    )


def _text_pieces(value: object, is_public: bool) -> Iterator[str]:
    """Yield the pieces of a text: of words that are a link its address, too; of a private chat no person's."""
    for piece in value if isinstance(value, list) else [value]:
        if not isinstance(piece, dict):
            yield text_or_empty(piece)
            continue
        words, kind = text_or_empty(piece.get("text")), piece.get("type")
        if kind in _PERSONAL and not is_public:
            yield LEFT_OUT
        elif kind == "text_link" and (address := text_or_empty(piece.get("href"))) and address.strip("/") not in words:
            yield f"{words} ({address})"
        else:
            yield words


def _message_time(raw: RawPost, name: str, now: datetime, number: int, problems: FeedProblems) -> datetime | None:
    """Return a time: in seconds since 1970, or else as the computer that exported it showed it."""
    moment = read_seconds(raw.get(f"{name}_unixtime"))
    if moment is not None:
        return feed_entry.plausible_date(moment, now, number, problems)
    text = text_or_empty(raw.get(name))
    with suppress(ValueError):
        text = datetime.fromisoformat(text).replace(tzinfo=WITA).isoformat()
    return feed_entry.read_iso_datetime(text, now, number, problems)
