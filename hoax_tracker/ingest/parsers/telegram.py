"""Public Telegram channels, read from the public preview t.me/s/NAME: no account and no API key is needed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flask_babel import gettext as _

from hoax_tracker.core.content.html_to_text import html_to_one_line, strip_html
from hoax_tracker.ingest.parsers import entry as feed_entry
from hoax_tracker.ingest.parsers.entry import EngagementCounts, Feed, FeedEntry, FeedError, FeedProblems
from hoax_tracker.ingest.parsers.posts.post_feed import mark_forwarded, read_api_datetime, sum_counts
from hoax_tracker.ingest.parsers.web_page import attribute_text, element_text, parse_page
from hoax_tracker.models import SourceKind

if TYPE_CHECKING:
    from bs4 import Tag

CHANNEL_MARKER = "tgme_channel_history"
_EXTRA_TEXT_CLASSES = (
    "tgme_widget_message_poll_question",
    "tgme_widget_message_poll_option_text",
    "tgme_widget_message_document_title",
    "link_preview_title",
)
"""What stands in a post beside its words: a question with its answers, a file's name, a linked page's title."""
_POSTS_COMPARED = 3
"""Posts from which on it is remarkable that none has words or a picture."""
_CONTACT_BUTTON_CLASS = "tgme_action_button_new"
_COUNT_BEHIND = re.compile(r"[\d.,]*[KMkm]?\Z")
_PICTURE = re.compile(r"background-image:\s*url\(\s*['\"]?([^'\")]+)")


def is_channel_preview(page: str) -> bool:
    """Tell whether a page is the preview of a channel."""
    return CHANNEL_MARKER in page


def is_closed_channel(page: str, url: str) -> bool:
    """Tell whether Telegram shows a contact button instead: for groups, people, channels without preview."""
    return urlsplit(url).hostname == "t.me" and _CONTACT_BUTTON_CLASS in page


def parse_channel(text: str, url: str, now: datetime, problems: FeedProblems) -> Feed:
    """Return the posts that the preview shows, about twenty, oldest first.

    Raises FeedError where the preview has content but no recognisable post.
    """
    page = parse_page(text)
    history = page.select_one(f".{CHANNEL_MARKER}") or page
    words, parts = len(element_text(history).split()), len(history.select("*"))
    entries: list[FeedEntry] = []
    posts = page.select(".tgme_widget_message[data-post]")
    if words and not posts:
        raise _unknown_layout_error(url, words, parts)
    for number, post in enumerate(posts, start=1):
        if post.decomposed:  # it stood within another one
            continue
        try:
            entries.append(_read_telegram_post(post, url, now, number, problems))
        except Exception as error:  # noqa: BLE001 - whatever one post holds, the others stay
            problems.add(_("dilewati, karena %(detail)s", detail=repr(error)), number)
        post.decompose()
    if len(entries) >= _POSTS_COMPARED and not any(post.text or post.images for post in entries):
        problems.add(_describe_wordless_layout(len(entries), words))
    feed_entry.note_wordless_posts(entries, problems)
    title = element_text(page.select_one(".tgme_channel_info_header_title"))
    return Feed(html_to_one_line(title), None, None, tuple(entries), problems.as_tuple(), SourceKind.TELEGRAM)


def _unknown_layout_error(url: str, words: int, parts: int) -> FeedError:
    """Return the error for a preview whose posts have an unknown layout."""
    message = _(
        "Tata letaknya berubah: pratinjau Telegram memuat %(words)s kata dalam %(parts)s bagian, tetapi tidak ada yang "
        "dikenali sebagai unggahan. Beri tahu yang memelihara program ini.",
        words=words,
        parts=parts,
    )
    return FeedError(url, "a preview without a known post", user_message=message)


def _describe_wordless_layout(posts: int, words: int) -> str:
    """Return a message that no post has readable content: only recordings, or an unknown layout of posts."""
    return str(
        _(
            "Tata letaknya mungkin berubah: tidak satu pun dari %(posts)s unggahan memuat kata atau gambar yang "
            "dikenali, padahal pratinjaunya memuat %(words)s kata.",
            posts=posts,
            words=words,
        )
    )


def _read_telegram_post(post: Tag, url: str, now: datetime, number: int, problems: FeedProblems) -> FeedEntry:
    """Return one post as an entry, without the quoted text of the post that it answers."""
    for answered in post.select(".tgme_widget_message_reply"):
        answered.decompose()
    place = attribute_text(post, "data-post")
    written = attribute_text(post.select_one("time[datetime]"), "datetime")
    texts = (strip_html(str(element)) for element in post.select(".tgme_widget_message_text"))
    extras = (
        html_to_one_line(element_text(element)) for name in _EXTRA_TEXT_CLASSES for element in post.select(f".{name}")
    )
    return FeedEntry(
        feed_id=feed_entry.read_entry_id(place),
        url=feed_entry.read_link("https://t.me/", f"/{place}"),
        title="",
        text="\n".join(part for part in (*texts, *extras) if part),
        author=_telegram_author(post)[: feed_entry.AUTHOR_LIMIT] or None,
        published_at=read_api_datetime(written, now, number, problems),
        updated_at=None,
        language=None,
        images=feed_entry.distinct_image_urls(url, _telegram_image_urls(post)),
        counts=EngagementCounts(
            likes=sum_counts(*(_COUNT_BEHIND.search(element_text(one))[0] for one in post.select(".tgme_reaction"))),  # type: ignore[index]
            views=feed_entry.read_count(_text_by_class(post, "tgme_widget_message_views")),
        ).or_none(),
    )


def _telegram_author(post: Tag) -> str:
    """Return the author of a post: the channel, and the forwarded author, which is not part of the text."""
    name, passed_on = (_text_by_class(post, f"tgme_widget_message_{part}_name") for part in ("owner", "forwarded_from"))
    return mark_forwarded(name, passed_on) if passed_on else name


def _telegram_image_urls(post: Tag) -> Iterator[object]:
    """Yield the addresses of a post's pictures and video thumbnails: the preview has them as backgrounds."""
    for name in ("tgme_widget_message_photo_wrap", "tgme_widget_message_video_thumb"):
        for element in post.select(f".{name}"):
            if match := _PICTURE.search(attribute_text(element, "style")):
                yield match[1]


def _text_by_class(post: Tag, name: str) -> str:
    """Return the text of the first element of a class on one line, or "" where there is none."""
    return html_to_one_line(element_text(post.select_one(f".{name}")))
