"""What an officer whom a claim keeps away sees of it: its public words, and how many residents reported it.

A claim that a resident's report worded is shown in the words of the oldest item that carries it; where there is none,
in a neutral line, because reporters write their names, numbers and what gives them away. Such a claim is found by no
word that it hides, and what the machine read in those words, above all the reasons of its flag, is hidden with them.
Every page, list, search and file of the desk asks here; what residents read is never changed.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _, ngettext
from sqlalchemy.orm import joinedload
from sqlalchemy.orm.attributes import set_committed_value

from hoax_tracker.claims.recusal import accuses_unit, is_accused
from hoax_tracker.core.database.upsert import alias_table
from hoax_tracker.models import (
    UNFINISHED_STATUSES,
    Claim,
    ClaimAccusation,
    ClaimAppearance,
    Clarification,
    Item,
    Officer,
    Unit,
    clarification_claim,
    db,
)

TITLE_LENGTH = 110


def may_read_reports(claim: Claim, officer: Officer) -> bool:
    """Tell whether the officer may read what residents wrote about the claim."""
    return not is_accused(claim, officer)


def describe_hidden_reports(count: int) -> str:
    """Return the line that stands in place of a claim's reports; "" where there are none."""
    words = ngettext(
        "%(num)d aduan warga; isinya tidak ditampilkan untuk unit yang dituduh.",
        "%(num)d aduan warga; isinya tidak ditampilkan untuk unit yang dituduh.",
        count,
    )
    return str(words) if count else ""


def hides_words_from(unit: Unit) -> sa.ColumnElement[bool]:
    """Return the condition that a claim's stored words are hidden from a unit: it accuses it, in residents' words."""
    return sa.and_(_may_be_worded_by_report(Claim), accuses_unit(unit))


def _may_be_worded_by_report(claim: Any) -> sa.ColumnElement[bool]:
    """Return the condition that residents reported a claim, and that no item is known to have given it its words."""
    appeared = alias_table(ClaimAppearance, "appeared")
    here = sa.select(appeared.id).where(appeared.claim_id == claim.id).correlate(claim)
    is_opened_by_item = here.where(appeared.opens, appeared.item_id.is_not(None)).exists()
    return sa.and_(here.where(appeared.report_id.is_not(None)).exists(), ~is_opened_by_item)


def is_open_to_all(claim: Any) -> sa.ColumnElement[bool]:
    """Return the condition that a claim (or an alias) hides its stored words from nobody."""
    accuses = sa.exists().where(ClaimAccusation.claim_id == claim.id, ClaimAccusation.lifted_at.is_(None))
    return sa.or_(~_may_be_worded_by_report(claim), ~accuses)


def hides_draft_from(unit: Unit) -> sa.ColumnElement[bool]:
    """Return the condition that an unpublished page quotes a claim whose words are hidden from a unit."""
    links = clarification_claim.c
    quoted = sa.select(links.claim_id).join(Claim, Claim.id == links.claim_id)
    quoted = quoted.where(links.clarification_id == Clarification.id, hides_words_from(unit)).correlate(Clarification)
    return sa.and_(Clarification.status.in_(UNFINISHED_STATUSES), quoted.exists())


def hide_quotes(pages: Iterable[Clarification], unit: Unit) -> frozenset[int]:
    """Put a line in place of what unpublished pages quote and hide from the unit; return the ids of those pages.

    Nothing of it is stored, as with ``hide_words``.
    """
    by_id = {page.id: page for page in pages if page.status in UNFINISHED_STATUSES}
    if not by_id:
        return frozenset()
    query = sa.select(Clarification.id).where(Clarification.id.in_(by_id), hides_draft_from(unit))
    hidden = frozenset(db.session.scalars(query))
    for page_id in hidden:
        set_committed_value(by_id[page_id], "claim_quote", _describe_hidden_words())
        set_committed_value(by_id[page_id], "wordings", [])
    return hidden


def _describe_hidden_words() -> str:
    """Return the line that stands in place of words from a report."""
    return str(_("Dari aduan warga; isinya tidak ditampilkan untuk unit yang dituduh."))


def hide_words(claims: Iterable[Claim], unit: Unit) -> frozenset[int]:
    """Put the public words in place of those that are hidden from the unit, on claims that are about to be shown.

    Return the ids of those claims: what was read in their words is not shown either. Nothing of it is stored: the
    session takes them for what it read.
    """
    by_id = {claim.id: claim for claim in claims}
    if not by_id:
        return frozenset()
    query = sa.select(Claim.id).where(Claim.id.in_(by_id), hides_words_from(unit))
    hidden = frozenset(db.session.scalars(query))
    items = _find_oldest_items(hidden) if hidden else {}
    for claim_id in hidden:
        title, text = _public_words(items.get(claim_id))
        set_committed_value(by_id[claim_id], "title", title)
        set_committed_value(by_id[claim_id], "text", text)
    return hidden


def _find_oldest_items(claim_ids: Iterable[int]) -> dict[int, Item]:
    """Return the oldest item of each of the claims that has one."""
    query = (
        sa.select(ClaimAppearance)
        .where(ClaimAppearance.claim_id.in_(claim_ids), ClaimAppearance.item_id.is_not(None))
        .options(joinedload(ClaimAppearance.item))
        .order_by(ClaimAppearance.seen_at.desc(), ClaimAppearance.id.desc())
    )
    return {row.claim_id: row.item for row in db.session.scalars(query) if row.item is not None}


def _public_words(item: Item | None) -> tuple[str, str]:
    """Return title and text as they were published, or a line that says that they are not shown."""
    if item is None:
        return _describe_hidden_words(), _describe_hidden_words()
    text = (item.full_text or item.text or item.title).strip()
    title = " ".join((item.title or text).split())
    return title[:TITLE_LENGTH], text
