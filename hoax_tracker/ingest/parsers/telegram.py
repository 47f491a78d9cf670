"""A public Telegram channel, from the preview that t.me/s/NAME shows to everybody: no account, no API key."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import lxml.html
from flask_babel import force_locale
from flask_babel import gettext as _
from lxml.etree import LxmlError

from hoax_tracker.core.content.html_to_text import html_to_one_line, strip_html
from hoax_tracker.ingest.parsers import entry as shape
from hoax_tracker.ingest.parsers.entry import EngagementCounts, Feed, FeedEntry, FeedProblems
from hoax_tracker.ingest.parsers.mastodon_bluesky import read_api_datetime
from hoax_tracker.models import SourceKind

CHANNEL_MARKER = "tgme_channel_history"
_EXTRA_TEXT_CLASSES = (
    "tgme_widget_message_poll_question",
    "tgme_widget_message_poll_option_text",
    "tgme_widget_message_document_title",
    "link_preview_title",
)
"""What stands in a post beside its words: a question with its answers, a file's name, a linked page's title."""
_CONTACT_BUTTON_CLASS = "tgme_action_button_new"
_PICTURE = re.compile(r"background-image:\s*url\(\s*['\"]?([^'\")]+)")


def is_channel_preview(page: str) -> bool:
    """Tell whether a page is the preview of a channel."""
    return CHANNEL_MARKER in page


def is_closed_channel(page: str, url: str) -> bool:
    """Tell whether Telegram shows whom to write to instead: a group, a person, or a channel that shows nothing."""
    return urlsplit(url).hostname == "t.me" and _CONTACT_BUTTON_CLASS in page


def parse_channel(page: str, url: str, now: datetime, problems: FeedProblems) -> Feed:
    """Return the posts that the preview shows, about twenty, oldest first."""
    try:
        tree = lxml.html.document_fromstring(page.encode("utf-8", "replace"), parser=_utf8_html_parser())
    except (LxmlError, ValueError, AssertionError):
        return Feed("", None, None, (), (_("Halaman kanal tidak terbaca"),), SourceKind.TELEGRAM)
    found: list[FeedEntry] = []
    for number, post in enumerate(elements_with_class(tree, "tgme_widget_message"), start=1):
        if not post.get("data-post"):
            continue
        try:
            found.append(read_telegram_post(post, url, now, number, problems))
        except Exception as error:  # noqa: BLE001 - whatever one post holds, the others stay
            problems.add(_("dilewati, karena %(detail)s", detail=repr(error)), number)
    shape.note_wordless_posts(found, problems)
    title = element_text(next(elements_with_class(tree, "tgme_channel_info_header_title"), None))
    return Feed(html_to_one_line(title), None, None, tuple(found), problems.as_tuple(), SourceKind.TELEGRAM)


def read_telegram_post(post: Any, url: str, now: datetime, number: int, problems: FeedProblems) -> FeedEntry:
    """Return one post."""
    place = str(post.get("data-post"))
    written = next((time.get("datetime") for time in post.iter("time") if time.get("datetime")), None)
    texts = [
        element_markup(one) for one in elements_with_class(post, "tgme_widget_message_text") if not is_in_reply(one)
    ]
    shown = [element_text(one) for name in _EXTRA_TEXT_CLASSES for one in elements_with_class(post, name)]
    views = element_text(next(elements_with_class(post, "tgme_widget_message_views"), None))
    return FeedEntry(
        feed_id=shape.read_entry_id(place),
        url=shape.read_link("https://t.me/", f"/{place}"),
        title="",
        text="\n".join(part for part in (*map(strip_html, texts), *map(html_to_one_line, shown)) if part),
        author=telegram_author(post)[: shape.AUTHOR_LIMIT] or None,
        published_at=read_api_datetime(written, now, number, problems),
        updated_at=None,
        language=None,
        images=shape.distinct_image_urls(url, telegram_image_urls(post)),
        counts=EngagementCounts(views=shape.read_count(views)).or_none(),
    )


def telegram_author(post: Any) -> str:
    """Return whose post it is: the channel, and whom it passes on, which is no part of the words."""
    name, passed_on = (
        html_to_one_line(element_text(next(elements_with_class(post, f"tgme_widget_message_{part}_name"), None)))
        for part in ("owner", "forwarded_from")
    )
    with force_locale("id"):  # it is stored, whoever reads
        return _("%(name)s (meneruskan %(other)s)", name=name, other=passed_on) if passed_on else name


def telegram_image_urls(post: Any) -> Iterator[object]:
    """Yield the addresses of a post's pictures, those of its films too, which the preview shows as backgrounds."""
    for name in ("tgme_widget_message_photo_wrap", "tgme_widget_message_video_thumb"):
        for one in elements_with_class(post, name):
            match = _PICTURE.search(one.get("style") or "")
            if match:
                yield match[1]


def is_in_reply(element: Any) -> bool:
    """Tell whether the words are those of the post that is answered."""
    return any("tgme_widget_message_reply" in (parent.get("class") or "") for parent in element.iterancestors())


def elements_with_class(tree: Any, name: str) -> Iterator[Any]:
    """Yield the elements of a class."""
    return (one for one in tree.iter("*") if name in (one.get("class") or "").split())


def element_text(element: Any) -> str:
    """Return the words of an element, "" for none."""
    return "" if element is None else str(element.text_content())


def element_markup(element: Any) -> str:
    """Return an element as markup."""
    return str(lxml.html.tostring(element, encoding="unicode", with_tail=False))


def _utf8_html_parser() -> lxml.html.HTMLParser:
    return lxml.html.HTMLParser(encoding="utf-8")
