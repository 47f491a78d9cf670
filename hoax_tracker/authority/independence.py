"""Who is independent of whom.

Two people are independent unless, within 90 days, one invited, made, reset, reopened or moved the account of the other
or gave it a role, or somebody did whom they made. Ties are only added, and hold for closed accounts as well. A command
on the server counts as a person; as any administrator may have typed it, none confirms it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from hoax_tracker.authority.guards import TIE_DAYS
from hoax_tracker.models import Officer, OfficerTie, db

TIED_FOR = timedelta(days=TIE_DAYS)
INVITED = "invited"
Ties = set[tuple[int | None, int | None]]
"""Pairs of the ids of a maker (None: a command on the server) and an officer."""


def tie_officer(maker: Officer | None, officer: Officer, because: str, now: datetime) -> None:
    """Record, in the current transaction, that ``maker`` (None: a command) changed the officer's account.

    Whoever made the maker is tied, too, and so is everybody whom the officer made: they may all be one person.
    """
    if maker is not None and maker.id == officer.id:
        return
    makers = {maker.id if maker else None} | (_makers_of({maker.id}, now) if maker else set())
    officers = {officer.id} | _made_by({officer.id}, now)
    rows = [
        {"maker_id": one, "officer_id": other, "because": because, "tied_at": now}
        for one in makers
        for other in officers
        if one != other
    ]
    if rows:
        db.session.execute(sa.insert(OfficerTie), rows)


def tie_hands(hand_ids: Iterable[int | None], officer: Officer, because: str, now: datetime) -> None:
    """Record, in the current transaction, that each of these people (None: a command) changed the officer's account."""
    for hand in sorted(set(hand_ids), key=lambda one: one or 0):
        tie_officer(db.session.get(Officer, hand) if hand else None, officer, because, now)


def _makers_of(officer_ids: Collection[int], now: datetime) -> set[int | None]:
    query = sa.select(OfficerTie.maker_id).where(OfficerTie.officer_id.in_(officer_ids), _holds(now))
    return set(db.session.scalars(query))


def _made_by(maker_ids: Collection[int], now: datetime) -> set[int]:
    query = sa.select(OfficerTie.officer_id).where(OfficerTie.maker_id.in_(maker_ids), _holds(now))
    return set(db.session.scalars(query))


def _holds(now: datetime) -> sa.ColumnElement[bool]:
    return OfficerTie.tied_at > now - TIED_FOR


def is_tied_to(officer_id: int, hands: sa.Select[int], proposer_id: Any, now: datetime) -> sa.Exists:
    """Return the condition that the officer is not independent of one of the hands, or of the command that proposed."""
    theirs = sa.or_(OfficerTie.maker_id.in_(hands), sa.and_(OfficerTie.maker_id.is_(None), proposer_id.is_(None)))
    made = sa.and_(OfficerTie.officer_id == officer_id, theirs)
    makes = sa.and_(OfficerTie.maker_id == officer_id, OfficerTie.officer_id.in_(hands))
    return sa.exists().where(sa.or_(made, makes), _holds(now))


def read_ties(
    people: Iterable[int], hands: Collection[int | None], now: datetime, *, because: str | None = None
) -> Ties:
    """Return the ties between people and hands that hold now, with one statement; ``because``: only of this kind."""
    holds = _holds(now) if because is None else _holds(now) & (OfficerTie.because == because)
    asked, known = list(people), [hand for hand in hands if hand is not None]
    theirs: sa.ColumnElement[bool] = OfficerTie.maker_id.in_(known)
    if None in hands:
        theirs = theirs | OfficerTie.maker_id.is_(None)
    made = OfficerTie.officer_id.in_(asked) & theirs
    makes = OfficerTie.maker_id.in_(asked) & OfficerTie.officer_id.in_(known)
    query = sa.select(OfficerTie.maker_id, OfficerTie.officer_id).where(made | makes, holds)
    return {(maker_id, officer_id) for maker_id, officer_id in db.session.execute(query)}


def is_tied(person_id: int, hands: Collection[int | None], ties: Ties) -> bool:
    """Tell whether a person is a hand, or tied to one of the hands (None: a command on the server)."""
    return person_id in hands or any((hand, person_id) in ties or (person_id, hand) in ties for hand in hands)


def find_tied(
    people: Iterable[int], hands: Collection[int | None], now: datetime, *, because: str | None = None
) -> set[int]:
    """Return those of the people who are not independent of one of the hands (None: a command on the server).

    ``because``: only ties of this kind count.
    """
    asked = set(people)
    ties = read_ties(asked, hands, now, because=because)
    return {person_id for person_id in asked if is_tied(person_id, hands, ties)}
