"""Who may confirm or refuse a proposal, and why somebody may not."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import contains_eager, joinedload

from hoax_tracker.authority.acts import CONFIRMING_ROLES, Act, ActClass, find_act
from hoax_tracker.authority.independence import INVITED, Ties, find_tied, is_tied, read_ties
from hoax_tracker.models import AuditEvent, Officer, Proposal, Role, RoleName, Unit, db

GONE_AFTER = timedelta(days=90)
"""Who did nothing for so long, not even sign in, is nobody whom the city can ask."""


class Refusal(enum.Enum):
    """Why a person may not confirm a proposal."""

    OWN = "own"
    NO_ROLE = "no_role"
    TIED = "tied"
    BY_COMMAND = "by_command"
    ACCUSED = "accused"


def list_confirmers(act: Act) -> list[Officer]:
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
    if is_tied(person.id, hands, read_ties([person.id], hands, now) if ties is None else ties):
        return Refusal.TIED
    return None if act.is_impartial(proposal, person) else Refusal.ACCUSED


def list_allowed(proposal: Proposal, now: datetime) -> list[Officer]:
    """Return all who may confirm the proposal now."""
    people = list_confirmers(find_act(proposal.act))
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


__all__ = [
    "ActClass",
    "Refusal",
    "describe_refusal",
    "find_refusal",
    "has_other_decider",
    "list_allowed",
    "list_confirmers",
    "list_deciders",
    "list_missing",
    "may_confirm_anything",
]
