"""A channel or group as Telegram Desktop exports it (result.json).

Only those of public channels and groups are named: who wrote in a private group or chat is not stored at all.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _l

from hoax_tracker.clock import WITA
from hoax_tracker.ingest.parsers import entry as shape
from hoax_tracker.ingest.parsers.entry import Feed, FeedEntry, FeedError, FeedProblems, text_or_empty
from hoax_tracker.ingest.parsers.posts.post_feed import (
    RawPost,
    build_post_feed,
    first_name,
    join_parts,
    mark_forwarded,
    nested_object,
    nested_objects,
    plain_text,
)
from hoax_tracker.ingest.parsers.posts.reddit import read_seconds
from hoax_tracker.models import SourceKind

_PUBLIC = frozenset({"public_channel", "public_supergroup"})
_HIDDEN_MENTIONS = frozenset({"mention_name", "phone"})


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
    if not isinstance(rows, list) or not any(is_message(row) for row in rows):
        return None
    chat = {name: data.get(name) for name in ("id", "name", "type")}
    is_public = chat["type"] in _PUBLIC

    def read(raw: RawPost, url: str, now: datetime, number: int, problems: FeedProblems) -> FeedEntry | None:
        return read_message(raw, chat, is_public, now, number, problems) if is_message(raw) else None

    title = (first_name(chat["name"]) or "") if is_public else ""
    return build_post_feed(SourceKind.TELEGRAM, rows, read, url, now, problems, title)


def is_message(raw: Any) -> bool:
    """Tell whether the value is a message; a service line tells who joined, and the like."""
    return isinstance(raw, dict) and raw.get("type") == "message" and {"id", "text"} <= raw.keys()


def read_message(
    raw: RawPost, chat: RawPost, is_public: bool, now: datetime, number: int, problems: FeedProblems
) -> FeedEntry:
    """Return a message as an entry."""
    name = (first_name(raw.get("from"), chat["name"]) or "") if is_public else ""
    if raw.get("forwarded_from"):
        name = mark_forwarded(name, (first_name(raw.get("forwarded_from")) or "") if is_public else "")
    poll = nested_object(raw, "poll")
    asked = [poll.get("question"), *(part.get("text") for part in nested_objects(poll, "answers"))]
    words = plain_text("".join(text_pieces(raw.get("text"), is_public)))
    return FeedEntry(
        feed_id=shape.read_entry_id(f"{chat['id'] or ''}/{raw['id']}"),
        url=None,
        title="",
        text=join_parts((words, *map(plain_text, asked))),
        author=name[: shape.AUTHOR_LIMIT] or None,
        published_at=message_time(raw, "date", now, number, problems),
        updated_at=message_time(raw, "edited", now, number, problems),
        language=None,
        images=(),
    )


def text_pieces(value: object, is_public: bool) -> Iterator[str]:
    """Yield the pieces of a text; in private chats without names and numbers of people that it mentions."""
    for piece in value if isinstance(value, list) else [value]:
        words = text_or_empty(piece.get("text") if isinstance(piece, dict) else piece)
        is_hidden = not is_public and isinstance(piece, dict) and piece.get("type") in _HIDDEN_MENTIONS
        yield "@…" if is_hidden else words


def message_time(raw: RawPost, name: str, now: datetime, number: int, problems: FeedProblems) -> datetime | None:
    """Return a time: in seconds since 1970, or else as the computer that exported it showed it."""
    moment = read_seconds(raw.get(f"{name}_unixtime"))
    if moment is not None:
        return shape.plausible_date(moment, now, number, problems)
    text = text_or_empty(raw.get(name))
    with suppress(ValueError):
        text = datetime.fromisoformat(text).replace(tzinfo=WITA).isoformat()
    return shape.read_iso_datetime(text, now, number, problems)
