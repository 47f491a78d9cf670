"""The addresses of cards, for the tags that previews in chats are made from."""

from __future__ import annotations

from dataclasses import dataclass

from flask import url_for
from flask_babel import get_locale

from hoax_tracker.check.sharing.card_layouts import WIDE
from hoax_tracker.core.current import current_settings
from hoax_tracker.core.drawing.fonts import can_draw_cards
from hoax_tracker.core.extensions import LANGUAGES
from hoax_tracker.core.web.template_filters import static_url
from hoax_tracker.models import Clarification

ICON, ICON_SIDE = "icon-512.png", 512


@dataclass(frozen=True)
class PreviewPicture:
    """The picture of a page for previews; ``is_card`` is False for the icon, where no card can be drawn."""

    url: str
    width: int
    height: int
    is_card: bool


def preview_picture(row: Clarification | None = None) -> PreviewPicture:
    """Return the picture of a clarification, or of the service."""
    base = current_settings().base_url
    if not can_draw_cards():
        return PreviewPicture(base + static_url(ICON), ICON_SIDE, ICON_SIDE, is_card=False)
    path = card_path(row, "card") if row else url_for("share.service_card", bahasa=card_language())
    return PreviewPicture(base + path, WIDE.width, WIDE.height, is_card=True)


def card_path(row: Clarification, kind: str) -> str:
    """Return the address of a page's card, status or poster.

    It holds the revision: chat programs keep a picture for good, and a corrected page needs another address.
    """
    return url_for(f"share.{kind}", slug=row.slug, r=max(1, len(row.revisions)), bahasa=card_language())


def crossed_picture_path(row: Clarification) -> str | None:
    """Return the address of the picture that circulates, crossed: of a page that two people stand behind, if any."""
    if row.picture is None or not row.is_public or row.emergency_until is not None:
        return None
    return url_for("share.crossed_picture", slug=row.slug, r=row.picture["digest"][:12])


def card_language() -> str | None:
    """Return the language of a card where it is not Indonesian, for its address."""
    language = str(get_locale() or LANGUAGES[0])
    return None if language == LANGUAGES[0] else language
