"""Who may confirm or refuse a proposal, and why somebody may not: above all who is independent of whom."""

from __future__ import annotations

import enum
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import contains_eager, joinedload

from hoax_tracker.authority.acts import CONFIRMING_ROLES, Act, find_act
from hoax_tracker.authority.guards import TIE_DAYS
from hoax_tracker.models import AuditEvent, Officer, OfficerTie, Proposal, Role, RoleName, Unit, db

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


def _is_tied(person_id: int, hands: Collection[int | None], ties: Ties) -> bool:
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
    return {person_id for person_id in asked if _is_tied(person_id, hands, ties)}


GONE_AFTER = timedelta(days=90)
"""Who did nothing for so long, not even sign in, is nobody whom the city can ask."""


class Refusal(enum.Enum):
    """Why a person may not confirm a proposal."""

    OWN = "own"
    NO_ROLE = "no_role"
    TIED = "tied"
    BY_COMMAND = "by_command"
    ACCUSED = "accused"


def _list_confirmers(act: Act) -> list[Officer]:
    """Return all who can sign in and hold a role that confirms the act."""
    return [person for person in _deciders(act) if person.may_sign_in]


def list_deciders() -> list[Officer]:
    """Return all who can sign in and hold a role that confirms anything."""
    query = sa.select(Officer).join(Officer.unit).where(Officer.active, Unit.is_active).order_by(Officer.id)
    people = db.session.scalars(query.options(contains_eager(Officer.unit))).unique()
    return [person for person in people if may_confirm_anything(person)]


def _deciders(act: Act) -> Sequence[Officer]:
    roles = Officer.roles.any(Role.name.in_([role.value for role in act.roles]))
    query = sa.select(Officer).join(Officer.unit).where(sa.or_(roles, Officer.is_named_second))
    return db.session.scalars(query.options(joinedload(Officer.unit)).order_by(Officer.id)).unique().all()


def find_refusal(proposal: Proposal, person: Officer, now: datetime, ties: Ties | None = None) -> Refusal | None:
    """Return why the person may not confirm the proposal, or None. ``ties``: those of its hands, if read already."""
    act, hands = find_act(proposal.act), proposal.hand_ids
    if person.id in hands:
        return Refusal.OWN
    if not _has_role(act, person):
        return Refusal.NO_ROLE
    if None in hands and person.is_administrator:
        return Refusal.BY_COMMAND
    if _is_tied(person.id, hands, read_ties([person.id], hands, now) if ties is None else ties):
        return Refusal.TIED
    return None if act.is_impartial(proposal, person) else Refusal.ACCUSED


def list_allowed(proposal: Proposal, now: datetime) -> list[Officer]:
    """Return all who may confirm the proposal now."""
    people = _list_confirmers(find_act(proposal.act))
    ties = read_ties([person.id for person in people], proposal.hand_ids, now)
    return [person for person in people if find_refusal(proposal, person, now, ties) is None]


def has_other_decider(proposal: Proposal, now: datetime) -> bool:
    """Tell whether somebody else could have confirmed the proposal, had they wanted to.

    Closed accounts count: whoever closes all others has not become the only one. So does whom the proposal is about,
    and whom its author reset, moved or promoted: otherwise a single administrator would come to power over a single
    approver by waiting. Whom the author invited counts not, so that a new office can grow. Somebody who did nothing for
    90 days while their account was open counts no longer, so that an office that lost everybody can begin again.
    """
    hands = proposal.hand_ids
    people = [one for one in _deciders(find_act(proposal.act)) if one.id not in hands]
    if None in hands:
        people = [one for one in people if not one.is_administrator]
    invited = find_tied([one.id for one in people], hands, now, because=INVITED) if people else set()
    return any(one.id not in invited and (not one.active or _was_here(one, now)) for one in people)


def _was_here(person: Officer, now: datetime) -> bool:
    """Tell whether the person did anything for 90 days. Nobody could as long as their account was closed."""
    reopened = (AuditEvent.subject == f"officer:{person.id}") & (AuditEvent.action == "officer_enabled")
    last = db.session.scalar(
        sa.select(sa.func.max(AuditEvent.at)).where((AuditEvent.officer_id == person.id) | reopened)
    )
    return max(filter(None, (last, person.created_at))) > now - GONE_AFTER


def _has_role(act: Act, person: Officer) -> bool:
    return person.may_sign_in and (person.is_named_second or any(person.is_a(role) for role in act.roles))


def may_confirm_anything(person: Officer) -> bool:
    """Tell whether the person holds a role that confirms something."""
    roles = frozenset[RoleName]().union(*CONFIRMING_ROLES.values())
    return person.may_sign_in and (person.is_named_second or any(person.is_a(role) for role in roles))


def describe_refusal(refusal: Refusal) -> str:
    """Return to the person why they may not confirm."""
    sentences = {
        Refusal.OWN: _("Ini usulan Anda sendiri, atau Anda ikut menulisnya."),
        Refusal.NO_ROLE: _("Peran Anda tidak memutuskan hal ini."),
        Refusal.TIED: _(
            "Dalam 90 hari terakhir akun Anda dan akun pengusulnya saling bergantung: yang satu mengundang, membuka, "
            "menyetel ulang, atau memberi peran kepada yang lain."
        ),
        Refusal.BY_COMMAND: _("Diusulkan dengan perintah di server, yang dapat diketik administrator mana pun."),
        Refusal.ACCUSED: _("Ini menyangkut perangkat daerah Anda, induknya, atau bawahannya."),
    }
    return str(sentences[refusal])


def list_missing() -> list[str]:
    """Return what the office lacks so that two independent people can decide, a sentence each."""
    missing = []
    query = sa.select(Officer).join(Officer.unit).where(Officer.active, Unit.is_active)
    people = db.session.scalars(query.options(contains_eager(Officer.unit))).unique().all()
    approvers = [one for one in people if one.is_a(RoleName.APPROVER) or one.is_named_second]
    if len(approvers) < 2:
        missing.append(
            _(
                "Hanya %(count)s orang dapat menyetujui. Bila ia berhalangan atau menulis sendiri, tidak ada yang "
                "terbit: angkat penyetuju lain, atau minta kantor di luar kota (provinsi, Inspektorat) menjadi "
                "pihak kedua.",
                count=len(approvers),
            )
        )
    return missing
