"""Who may decide about an objection, and read what residents wrote: somebody outside.

Nobody who wrote or approved the page, who is tied to one of them (authority/independence.py), who is of the branch of a
unit that wrote it or that it names as its source, or whom the page or its claims accuse.
"""

from __future__ import annotations

import enum
from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from hoax_tracker.authority.independence import find_tied
from hoax_tracker.claims.recusal import is_recused_unit
from hoax_tracker.clarify.second_person import is_impartial
from hoax_tracker.errors import NotAllowedError
from hoax_tracker.models import Clarification, Officer, RoleName, Unit, db
from hoax_tracker.notifications import notices


class Bar(enum.Enum):
    """Why somebody has no part in an objection, in words to them."""

    HAND = _l("Anda ikut menulis atau menyetujui halaman itu.")
    TIED = _l("Dalam 90 hari terakhir akun Anda bergantung pada akun penulis atau penyetuju halaman itu.")
    UNIT = _l("Halaman itu ditulis perangkat daerah Anda, induknya, atau bawahannya.")
    ACCUSED = _l("Ini menyangkut perangkat daerah Anda, induknya, atau bawahannya.")


def list_page_hands(page: Clarification) -> set[int]:
    """Return the ids of all who wrote or approved the page, in any of its revisions."""
    hands = {page.author_id, page.approver_id, page.proposed_by_id}
    for revision in page.revisions:
        hands |= {revision.author_id, revision.approver_id}
    return {one for one in hands if one is not None}


def _list_writing_units(page: Clarification, hands: Collection[int]) -> set[int]:
    """Return the ids of the units that wrote the page: its source, and those of its authors."""
    authors = {page.author_id, *(revision.author_id for revision in page.revisions)} & set(hands)
    query = sa.select(Officer.unit_id).where(Officer.id.in_(authors))
    return {page.unit_id, *db.session.scalars(query)}


def find_bar(page: Clarification, person: Officer, now: datetime) -> Bar | None:
    """Return why the person has no part in an objection to the page, or None."""
    return _find_bars(page, [person], now)[person.id]


def _find_bars(page: Clarification, people: Collection[Officer], now: datetime) -> dict[int, Bar | None]:
    """Return by the id of each person why they have no part in an objection to the page, or None."""
    hands = list_page_hands(page)
    units = [db.session.get_one(Unit, unit_id) for unit_id in _list_writing_units(page, hands)]
    tied = find_tied([person.id for person in people], hands, now)

    def bar_of(person: Officer) -> Bar | None:
        if person.id in hands:
            return Bar.HAND
        if any(is_recused_unit(person.unit, unit) for unit in units):
            return Bar.UNIT
        if not is_impartial(page, person):
            return Bar.ACCUSED
        return Bar.TIED if person.id in tied else None

    return {person.id: bar_of(person) for person in people}


def list_deciders(page: Clarification, now: datetime) -> list[Officer]:
    """Return all who may propose a decision about an objection to the page."""
    officers = notices.list_officers_in(sa.true())
    bars = _find_bars(page, officers, now)
    return [officer for officer in officers if bars[officer.id] is None]


def require_decider(page: Clarification, person: Officer, now: datetime) -> None:
    """Raise NotAllowedError unless the person may propose a decision about an objection to the page."""
    if not person.is_a(RoleName.OFFICER):
        raise NotAllowedError("deciding needs the role officer")
    bar = find_bar(page, person, now)
    if bar is not None:
        raise NotAllowedError(f"clarification {page.id}: {bar.name}", user_message=str(bar.value))
