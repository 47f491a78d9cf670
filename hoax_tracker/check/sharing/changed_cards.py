"""The worker's part: the cards of pages that were published, corrected or withdrawn are there before anybody asks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from time import perf_counter

import sqlalchemy as sa
from flask_babel import force_locale
from sqlalchemy.orm import joinedload, selectinload

from hoax_tracker.check.sharing.card_facts import page_card_facts
from hoax_tracker.check.sharing.card_files import FILES_KEPT, CardFile, CardKind, cards_folder, modified_at
from hoax_tracker.check.sharing.pages import SHOWN_STATUSES
from hoax_tracker.core.drawing.fonts import can_draw_cards
from hoax_tracker.models import Clarification, db

DRAWN_AFTER_CHANGE = timedelta(days=2)
DRAWN_A_ROUND_S = 20.0


def draw_changed_cards(now: datetime, alive: Callable[[], None]) -> int:
    """Draw the missing cards of pages that changed lately, in Indonesian, and delete what they replace.

    Returns how many were drawn; what takes longer than a worker's round may is left to the next.
    """
    if not can_draw_cards():
        return 0
    drawn, began = 0, perf_counter()
    with force_locale("id"):
        for row in db.session.scalars(_changed_pages_query(now)).all():
            _delete_outdated_files(row)
            facts = page_card_facts(row)
            for kind in (CardKind.CARD, CardKind.STATUS):
                file = CardFile(str(row.number), kind, facts)
                if perf_counter() - began < DRAWN_A_ROUND_S and not file.path.exists():
                    alive()
                    file.draw()
                    drawn += 1
    db.session.rollback()
    return drawn


def _delete_outdated_files(row: Clarification) -> None:
    """Delete a page's files from before its last change, in every kind and language."""
    for path in (cards_folder() / str(row.number)).glob("*"):
        if modified_at(path) < row.changed_at.timestamp():
            path.unlink(missing_ok=True)


def _changed_pages_query(now: datetime) -> sa.Select[Clarification]:
    """Return the query for public and withdrawn pages that changed lately, the newest first."""
    return (
        sa.select(Clarification)
        .where(Clarification.status.in_(SHOWN_STATUSES), Clarification.changed_at > now - DRAWN_AFTER_CHANGE)
        .options(joinedload(Clarification.unit), selectinload(Clarification.revisions))
        .order_by(Clarification.changed_at.desc())
        .limit(FILES_KEPT // 4)
    )
