"""Recusal: the branch of an accused unit is kept away from the claim; it may comment, others decide.

The branch of an accused unit is the unit, the units below it, and those above it, which answer for it: the head of a
puskesmas reports to the head of its Dinas. PPID Utama, at the top, decides for all and counts as accused only where a
claim names it. The tree counts as it was when the accusation was noted, and as it is: who moves or closes a unit opens
nothing, and who is put below one is kept away with it. Every part of the program asks here.

A unit that a resident's report names counts as accused until somebody outside says that it is not; so does one that an
item accuses, and one that an officer noted. Accusations are rows, which are copied wherever a claim's appearances go,
and deleted only where the merge that copied them is undone at once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import joinedload
from sqlalchemy.orm.attributes import set_committed_value

from hoax_tracker.errors import NotAllowedError
from hoax_tracker.models import WAITING_STATUSES, Claim, ClaimAccusation, Officer, RoleName, Unit, accusation_branch, db
from hoax_tracker.organisation.named_units import NamedUnits
from hoax_tracker.organisation.units import find_root_unit, is_same_or_below, walk_up

WITH_ACCUSATIONS = (joinedload(Claim.accusations),)
"""For one claim that is read to decide about it: in the same statement."""


def is_recused_unit(unit: Unit | None, accused: Unit) -> bool:
    """Tell whether a unit is of the branch of another in the present tree: it is the same one, below it or above it."""
    return unit is not None and (is_same_or_below(unit, accused) or is_same_or_below(accused, unit))


def is_unit_accused(claim: Claim, unit: Unit | None) -> bool:
    """Tell whether the claim keeps a unit away."""
    if unit is None:
        return False
    return any(_is_of_branch(row, unit) for row in standing_accusations(claim))


def _read_accusations(claims: Iterable[Claim]) -> None:
    """Read what stored claims accuse with one statement, as far as it is not read yet."""
    states = [(claim, sa.inspect(claim)) for claim in claims]
    unread = {claim.id: claim for claim, state in states if state.persistent and "accusations" in state.unloaded}
    if len(unread) < 2:
        return
    rows: dict[int, list[ClaimAccusation]] = {claim_id: [] for claim_id in unread}
    query = sa.select(ClaimAccusation).where(ClaimAccusation.claim_id.in_(unread)).order_by(ClaimAccusation.id)
    for row in db.session.scalars(query):
        rows[row.claim_id].append(row)
    for claim_id, claim in unread.items():
        set_committed_value(claim, "accusations", rows[claim_id])


def _is_of_branch(accusation: ClaimAccusation, unit: Unit) -> bool:
    """Tell whether a unit is of the accused branch, as it was or as it is."""
    if any(unit.id == one.id for one in accusation.branch):
        return True
    if accusation.unit is not None:
        return is_recused_unit(unit, accusation.unit)
    return is_named_branch(NamedUnits(kinds=frozenset({accusation.unit_kind or ""})), unit)


def is_named_branch(named: NamedUnits, unit: Unit) -> bool:
    """Tell whether a unit is of the branch of one that a text names, in the present tree."""
    return unit in _branch_of_named(named, list_units())


def _branch_of_named(named: NamedUnits, units: Sequence[Unit]) -> list[Unit]:
    """Return those of all ``units`` that are of the branch of a named one, in the present tree.

    PPID Utama is of no kind: it is accused only by its name.
    """
    accused = [one for one in units if one.id in named.unit_ids or (one.kind in named.kinds and not one.is_root)]
    # As is_recused_unit answers, without asking for each pair: the root is of a branch only where it is named itself.
    over = {above.id for one in accused for above in walk_up(one) if above is one or not above.is_root}
    topmost = {one.id for one in accused if not one.is_root}
    return [unit for unit in units if unit.id in over or any(above.id in topmost for above in walk_up(unit))]


def kept_away_unit_ids(claim_ids: Collection[int], further: Collection[int | None] = ()) -> frozenset[int]:
    """Return the ids of all units that the claims keep away, and of the branches of ``further`` accused units."""
    row, was_of_branch = ClaimAccusation, accusation_branch.c
    stands = sa.and_(row.claim_id.in_(claim_ids), row.lifted_at.is_(None))
    subjects = db.session.execute(sa.select(row.unit_id, row.unit_kind).where(stands).distinct()).all()
    unit_ids = {key for key in (*(unit_id for unit_id, _kind in subjects), *further) if key is not None}
    kinds = frozenset(kind for _unit_id, kind in subjects if kind is not None)
    now = _branch_of_named(NamedUnits(frozenset(unit_ids), kinds), list_units())
    then = sa.select(was_of_branch.unit_id).join(row, row.id == was_of_branch.accusation_id).where(stands).distinct()
    return frozenset({unit.id for unit in now}) | frozenset(db.session.scalars(then))


def find_recused_unit_ids(unit: Unit) -> frozenset[int]:
    """Return the ids of all units whose branch a unit is of at present."""
    if unit.is_root:  # as is_recused_unit answers, without reading every unit
        return frozenset({unit.id})
    return recused_unit_ids(unit, list_units())


def recused_unit_ids(unit: Unit, units: Iterable[Unit]) -> frozenset[int]:
    """Return the ids of those of the ``units`` whose branch a unit is of at present."""
    return frozenset(other.id for other in units if is_recused_unit(unit, other))


def accuses_unit(unit: Unit) -> sa.ColumnElement[bool]:
    """Return the condition that a claim keeps a unit away: ``is_unit_accused`` for lists."""
    units = [unit] if unit.is_root else list_units()
    recused = recused_unit_ids(unit, units)
    kinds = {other.kind for other in units if other.id in recused and not other.is_root}
    row, was_of_branch = ClaimAccusation, accusation_branch.c
    then = sa.exists().where(was_of_branch.accusation_id == row.id, was_of_branch.unit_id == unit.id)
    # An empty list would be a subquery of its own.
    of_kind = row.unit_kind.in_(kinds) if kinds else sa.false()
    of_branch = sa.or_(row.unit_id.in_(recused), of_kind, then)
    return _has_standing_accusation(of_branch)


def is_accusing() -> sa.ColumnElement[bool]:
    """Return the condition that a claim accuses anybody."""
    return _has_standing_accusation()


def _has_standing_accusation(*conditions: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    """Return the condition that a claim has an accusation that nobody lifted and that meets the conditions."""
    row = ClaimAccusation
    stands = sa.select(row.id).where(row.claim_id == Claim.id, row.lifted_at.is_(None), *conditions)
    return stands.correlate(Claim).exists()


def is_accused(claim: Claim, officer: Officer) -> bool:
    """Tell whether the claim keeps the officer's unit away."""
    # Most accuse nobody: the unit is not read for them.
    return bool(standing_accusations(claim)) and is_unit_accused(claim, officer.unit)


def is_accused_by_any(claims: Collection[Claim], officer: Officer) -> bool:
    """Tell whether one of the claims keeps the officer's unit away."""
    _read_accusations(claims)
    return any(is_accused(claim, officer) for claim in claims)


def may_decide(claim: Claim, officer: Officer) -> bool:
    """Tell whether the officer may decide about the claim: nobody of an accused branch, whatever their roles."""
    return officer.is_a(RoleName.OFFICER) and not is_accused(claim, officer)


def require_may_decide(claim: Claim, officer: Officer) -> None:
    """Raise NotAllowedError unless the officer may decide about the claim."""
    if not officer.is_a(RoleName.OFFICER):
        raise NotAllowedError("deciding needs the role officer")
    if not may_decide(claim, officer):
        message = _(
            "Klaim ini menuduh perangkat daerah Anda, induknya, atau bawahannya. Anda boleh memberi keterangan; "
            "petugas di luarnya yang memutuskan."
        )
        raise NotAllowedError("of the accused unit", user_message=message)


def note_accusations(
    claim: Claim,
    named: NamedUnits,
    now: datetime,
    *,
    report_id: int | None = None,
    officer: Officer | None = None,
    accuses_anew: bool = True,
) -> list[ClaimAccusation]:
    """Note the units that a text names on its claim, in the current transaction; return what was not noted before.

    ``accuses_anew`` False: the text says nothing that an officer has not judged, so what was lifted stays lifted. A
    claim that the accused unit would answer goes to PPID Utama.
    """
    subjects = [*((unit_id, None) for unit_id in sorted(named.unit_ids)), *((None, k) for k in sorted(named.kinds))]
    if not subjects:
        return []
    known = {(row.unit_id, row.unit_kind) for row in claim.accusations if row.lifted_at is None or not accuses_anew}
    by = {"report_id": report_id, "officer_id": officer.id if officer else None}
    new = [
        ClaimAccusation(unit_id=unit_id, unit_kind=kind, noted_at=now, **by)
        for unit_id, kind in subjects
        if (unit_id, kind) not in known
    ]
    units = list_units() if new else []
    by_id = {unit.id: unit for unit in units}
    for row in new:
        row.unit = by_id.get(row.unit_id or 0)
        row.branch = _list_branch(row, units)
        claim.accusations.append(row)
    if new:
        turn_away(claim)
    return new


def list_units() -> Sequence[Unit]:
    """Return all units. Claims that a batch opens are stored together, not here one by one."""
    with db.session.no_autoflush:
        return db.session.scalars(sa.select(Unit)).all()


def _list_branch(accusation: ClaimAccusation, units: Sequence[Unit]) -> list[Unit]:
    """Return the units that the accusation keeps away in the present tree."""
    ids = frozenset({accusation.unit_id} if accusation.unit_id else ())
    kinds = frozenset({accusation.unit_kind} if accusation.unit_kind else ())
    return _branch_of_named(NamedUnits(ids, kinds), units)


def standing_accusations(claim: Claim) -> list[ClaimAccusation]:
    """Return the accusations that nobody lifted."""
    return [row for row in claim.accusations if row.lifted_at is None]


def first_accused_unit_id(claim: Claim) -> int | None:
    """Return the first unit that stands accused by itself, not as one of its kind."""
    return next((row.unit_id for row in standing_accusations(claim) if row.unit_id), None)


def copy_accusations(source_id: int, target_id: int) -> None:
    """Note what one claim accuses on another that gets its appearances, in the current transaction.

    They go where the officer undoes that within minutes (``drop_accusations``), unless somebody reported it since.
    """
    source, target = (db.session.get_one(Claim, key) for key in (source_id, target_id))
    known = {(row.unit_id, row.unit_kind) for row in standing_accusations(target)}
    for row in standing_accusations(source):
        if (row.unit_id, row.unit_kind) not in known:
            by = {"report_id": row.report_id, "officer_id": row.officer_id}
            copy = ClaimAccusation(unit_id=row.unit_id, unit_kind=row.unit_kind, noted_at=row.noted_at, **by)
            copy.unit, copy.branch = row.unit, list(row.branch)
            target.accusations.append(copy)
    turn_away(target)


def drop_accusations(claim: Claim, subjects: Collection[tuple[int | None, str | None]]) -> None:
    """Delete accusations that a merge copied to a claim and that are undone with it, in the current transaction."""
    for row in standing_accusations(claim):
        if (row.unit_id, row.unit_kind) in subjects:
            claim.accusations.remove(row)
            db.session.delete(row)


def turn_away(claim: Claim) -> Unit | None:
    """Take a waiting claim from an accused unit: PPID Utama answers it, or nobody where PPID Utama is accused.

    Return the unit it was taken from.
    """
    before = db.session.get(Unit, claim.unit_id) if claim.unit_id else None
    if before is None or claim.status not in WAITING_STATUSES or not is_unit_accused(claim, before):
        return None
    root = find_root_unit()
    claim.unit_id = root.id if root is not None and not is_unit_accused(claim, root) else None
    return before


def lift_accusations(rows: Sequence[ClaimAccusation], reason: str, officer: Officer, now: datetime) -> None:
    """Lift accusations of one claim, in the current transaction. Who may is decided in review/decisions."""
    for row in rows:
        row.lifted_at, row.lifted_by_id, row.lifted_reason = now, officer.id, reason
