"""The text of an item or report that is read as the claim, and a headline for lists.

The model reads the first 900 characters, so a text of that length is complete enough. An entry whose feed gives only
the beginning is a teaser: its page is read before the model assesses it. Reviews by other fact-checkers are items of
sources that are marked so. They are shown beside ours and never flagged.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import contains_eager

from hoax_tracker.core.content.html_to_text import cut_text
from hoax_tracker.core.database.transactions import Turn, take_turn
from hoax_tracker.items.assessment_queue import dequeue_items, enqueue_items
from hoax_tracker.models import (
    Assessment,
    Item,
    Report,
    Source,
    SourceKind,
    UnassessedItem,
    UngroupedItem,
    db,
    record_statement_changes,
)

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


FULL_TEXT_LENGTH = 900
SUMMARY_LENGTH = 300
"""Characters: what is shorter in a feed is the summary of a story. (Posts come from other kinds of sources.)"""
MIN_SHARED_WORDS = 0.5
"""Share of a teaser's words that its page must hold: a notice about cookies, or a sign-in, holds few of them."""
FEW_WORDS = 3

_TAIL = 160
_CUT = re.compile(
    r"""(?:…|\.\.\.|\[…\]|\[\.\.\.\])\W*\Z
    | \b(?:baca|lihat|simak)\s(?:selengkapnya|selanjutnya|lebih\slanjut)\b | \bselengkapnya\W*\Z
    | \b(?:read\smore|continue\sreading|lanjut(?:kan)?\s(?:mem)?baca)\b | \bappeared\sfirst\son\b""",
    re.IGNORECASE | re.VERBOSE,
)
_WORD = re.compile(r"\w{4,}")


def is_teaser(text: str) -> bool:
    """Tell whether a feed's text is only the beginning or a summary of a story."""
    if len(text) >= FULL_TEXT_LENGTH:
        return False
    return len(text) < SUMMARY_LENGTH or bool(_CUT.search(text[-_TAIL:]))


def is_page_of_teaser(page: str, title: str, text: str) -> bool:
    """Tell whether a page tells the story that title and text begin.

    The title alone proves little, because it also stands above error notices. It counts where the feed gives no other
    text.
    """
    named, begun = _long_words_in(title), _long_words_in(_CUT.sub("", text))
    begun = begun - named if len(begun - named) >= FEW_WORDS else begun | named
    return len(page) > len(text) and len(begun & _long_words_in(page)) >= MIN_SHARED_WORDS * len(begun)


def _long_words_in(text: str) -> set[str]:
    return set(_WORD.findall(text.casefold()))


def record_changed_fact_checks(source: Source, *where: sa.ColumnElement[bool]) -> None:
    """Tell the match index which items of a fact-checker changed, in the current transaction."""
    record_statement_changes(Item, db.session.scalars(sa.select(Item.id).where(Item.source_id == source.id, *where)))


def apply_fact_checker_mark(source: Source) -> None:
    """Follow a source that was just marked as a fact-checker, or unmarked: what is assessed and what is matched."""
    take_turn(Turn.STORE)
    own = sa.select(Item.id).where(Item.source_id == source.id)
    if source.is_fact_checker:
        dequeue_items(db.session.scalars(own.join(UnassessedItem, UnassessedItem.item_id == Item.id)).all())
        db.session.execute(sa.delete(UngroupedItem).where(UngroupedItem.item_id.in_(own)))
    else:
        assessed = sa.exists().where(Assessment.item_id == Item.id)
        enqueue_items(Item.source_id == source.id, ~assessed)
    record_changed_fact_checks(source)


def load_fact_checks(ids: Sequence[int]) -> list[Item]:
    """Return those of the items that are reviews with a web address, in the order of the ids, with their sources."""
    query = (
        sa.select(Item)
        .join(Item.source)
        .where(Item.id.in_(ids), Source.kind == SourceKind.CLAIM_REVIEW)
        .where(sa.or_(Item.url.startswith("https://"), Item.url.startswith("http://")))
        .options(contains_eager(Item.source))
    )
    found = {item.id: item for item in db.session.scalars(query)} if ids else {}
    return [found[key] for key in ids if key in found]
