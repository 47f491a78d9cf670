"""The text of an item or report that is read as the claim, and a headline for lists."""

from __future__ import annotations

from hoax_tracker.core.content.html_to_text import cut_text
from hoax_tracker.models import Item, Report

CLAIM_TEXT_LIMIT = 4000


def claim_text_of(subject: Item | Report) -> str:
    """Return the text that is assessed and shown: the title, unless the text begins with it, and the text.

    For a teaser, the text is that of its page.
    """
    if isinstance(subject, Report):
        return subject.text[:CLAIM_TEXT_LIMIT]
    title, text = subject.title.strip(), (subject.full_text or subject.text).strip()
    folded = title.casefold()
    if text[: len(folded)].casefold().startswith(folded):  # no character becomes fewer by that
        return cut_text(text or title, CLAIM_TEXT_LIMIT)
    return cut_text(f"{title}\n{text}".strip(), CLAIM_TEXT_LIMIT)


def claim_title_of(subject: Item | Report) -> str:
    """Return the headline of a claim that the item or report opens."""
    return headline_of_text(subject.title if isinstance(subject, Item) and subject.title else claim_text_of(subject))


def headline_of_text(text: str, limit: int = 110) -> str:
    """Return the first line of a text, cut at a word."""
    line = " ".join(text.strip().splitlines()[0].split()) if text.strip() else "…"
    return line if len(line) <= limit else line[:limit].rsplit(" ", 1)[0].rstrip(" .,;:…") + "…"
