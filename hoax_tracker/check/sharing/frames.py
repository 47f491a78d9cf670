"""What other sites show of ours in a frame, by one line of HTML without a script.

It shows pages that the public may open: public ones, and withdrawn ones, which only say so.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import url_for
from flask_babel import gettext as _
from markupsafe import Markup

from hoax_tracker.check.sharing.card_facts import preview_picture
from hoax_tracker.core.extensions import current_settings
from hoax_tracker.core.web.template_filters import short_text
from hoax_tracker.errors import NotFoundError
from hoax_tracker.models import PUBLIC_STATUSES, Clarification, ClarificationStatus, db

FRAME_WIDTH, FRAME_HEIGHT = 600, 440
SEARCH_HEIGHT = 330
NARROWEST = 280
CACHE_AGE_S = 3600
TITLE_LENGTH = 90


def _frame_html(path: str, title: str, width: int, height: int) -> Markup:
    """Return the line of HTML that frames a page of ours."""
    address = current_settings().base_url + path
    line = Markup(
        '<iframe src="{}" title="{}" width="{}" height="{}" style="border:0;max-width:100%" loading="lazy"></iframe>'
    )
    return line.format(address, title, width, height)


def clarification_frame(row: Clarification, width: int = FRAME_WIDTH, height: int = FRAME_HEIGHT) -> Markup:
    """Return the line that frames a clarification."""
    title = _("Klarifikasi: %(title)s", title=short_text(row.title, TITLE_LENGTH))
    return _frame_html(url_for("embed.clarification", slug=row.slug), title, width, height)


def search_frame() -> Markup:
    """Return the line that frames the search box."""
    return _frame_html(url_for("embed.search_box"), _("Periksa pesan: Kupang Kabas Hoaks"), FRAME_WIDTH, SEARCH_HEIGHT)


def oembed_document(row: Clarification, width: int | None, height: int | None) -> dict[str, Any]:
    """Return the oEmbed answer for a clarification (https://oembed.com, type "rich").

    What the other site has room for holds for the frame and the picture; a frame that is low scrolls.
    """
    wide, high = min(width or FRAME_WIDTH, FRAME_WIDTH), min(height or FRAME_HEIGHT, FRAME_HEIGHT)
    settings, picture = current_settings(), preview_picture(row)
    document: dict[str, Any] = {
        "version": "1.0",
        "type": "rich",
        "title": row.title,
        "author_name": row.unit.name_as_source,
        "provider_name": "Kupang Kabas Hoaks",
        "provider_url": f"{settings.base_url}/",
        "cache_age": CACHE_AGE_S,
        "html": str(clarification_frame(row, wide, high)),
        "width": wide,
        "height": high,
    }
    if picture.width <= (width or picture.width) and picture.height <= (height or picture.height):
        document |= {
            "thumbnail_url": picture.url,
            "thumbnail_width": picture.width,
            "thumbnail_height": picture.height,
        }
    return document


SHOWN_STATUSES = (*PUBLIC_STATUSES, ClarificationStatus.RETRACTED)


def find_shown_page(slug: str) -> Clarification:
    """Return the page at a slug, public or withdrawn. Raises NotFoundError."""
    row = db.session.scalar(
        sa.select(Clarification).where(Clarification.slug == slug, Clarification.status.in_(SHOWN_STATUSES))
    )
    if row is None:
        raise NotFoundError(f"no public clarification {slug!r}")
    return row


def find_page_by_number(number: int) -> Clarification:
    """Return the page with a number, public or withdrawn. Raises NotFoundError."""
    row = db.session.scalar(
        sa.select(Clarification).where(Clarification.number == number, Clarification.status.in_(SHOWN_STATUSES))
    )
    if row is None:
        raise NotFoundError(f"no public clarification number {number}")
    return row
