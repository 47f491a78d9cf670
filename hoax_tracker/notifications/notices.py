"""What officers are told, in the app until they have seen it and once by mail."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy.orm import aliased, contains_eager, joinedload, lazyload

from hoax_tracker.clock import SET_BACK
from hoax_tracker.core.database.transactions import writing
from hoax_tracker.models import (
    OPEN_STATUSES,
    Claim,
    ClaimStatus,
    Note,
    Notice,
    NoticeKind,
    Officer,
    Role,
    RoleName,
    Unit,
    db,
)
from hoax_tracker.notifications.mail import Letter, link, post

SHOWN = 50
MAIL_AFTER = timedelta(minutes=10)  # what is taken back, or seen in the app, within this time is not mailed
MAIL_WITHIN = timedelta(days=2)  # older ones (the worker was off) are in the app; nobody is flooded with them
BATCH = 500
LYING_WITH = (NoticeKind.ROUTED, NoticeKind.RETURNED)  # of a claim: it lies with your unit


def officers_of(unit_id: int) -> list[Officer]:
    """Return the officers who answer for a unit: its own, or those of PPID Utama where it has none yet."""
    return working_in(Officer.unit_id == unit_id) or working_in(Unit.parent_id.is_(None))


def staffed() -> sa.Select[int]:
    """Return the query for the units that have an officer who may sign in and decides."""
    decides = Officer.roles.any(Role.name == RoleName.OFFICER.value)
    return sa.select(Officer.unit_id).where(Officer.active, decides)


def working_in(condition: sa.ColumnElement[bool]) -> list[Officer]:
    """Return who may sign in and decides, in the units that meet the condition."""
    decides = Officer.roles.any(Role.name == RoleName.OFFICER.value)
    query = sa.select(Officer).join(Officer.unit).where(Officer.active, condition, decides).order_by(Officer.id)
    known = contains_eager(Officer.unit).joinedload(Unit.parent)  # whom a claim accuses is asked of each
    return list(db.session.scalars(query.options(known, lazyload(Officer.roles))))


def add(
    people: Iterable[Officer], kind: NoticeKind, now: datetime, *, but: Officer | None = None, **about: object
) -> int:
    """Tell people, in the current transaction and with one insert, all but who did it; return how many.

    ``about``: the ids of what it is about, of rows that are written already, and words.
    """
    told = [one.id for one in people if but is None or one.id != but.id]
    if told:
        row = {"kind": kind, "made_at": now} | about
        db.session.execute(sa.insert(Notice), [row | {"officer_id": key} for key in told])
    return len(told)


def unseen(officer_id: int) -> sa.ColumnElement[bool]:
    """Return the condition for what an officer has not seen yet and still is to."""
    return sa.and_(Notice.officer_id == officer_id, Notice.seen_at.is_(None), stands())


def stands() -> sa.ColumnElement[bool]:
    """Return the condition that a notice still says what is so.

    That a claim lies with a unit is not so once it went elsewhere, however it did, or is done; taken back, it is again.
    PPID Utama is told for units that have no officer yet.
    """
    told, theirs = aliased(Officer), aliased(Unit)
    for_others = sa.and_(theirs.parent_id.is_(None), Claim.unit_id.not_in(staffed().correlate(None)))
    lies = sa.exists().where(
        Claim.id == Notice.claim_id,
        Claim.status.in_((ClaimStatus.NEW, *OPEN_STATUSES)),
        told.id == Notice.officer_id,
        theirs.id == told.unit_id,
        sa.or_(Claim.unit_id == told.unit_id, for_others),
    )
    return sa.or_(Notice.kind.not_in(LYING_WITH), lies)


def of(officer: Officer) -> Sequence[Notice]:
    """Return what the officer has not seen yet, newest first."""
    query = (
        sa.select(Notice)
        .where(unseen(officer.id))
        .options(
            joinedload(Notice.claim), joinedload(Notice.question), joinedload(Notice.note).joinedload(Note.officer)
        )
        .order_by(Notice.id.desc())
        .limit(SHOWN)
    )
    return db.session.scalars(query).all()


def seen(officer: Officer, newest: int, now: datetime) -> None:
    """Note that the officer saw everything up to the notice with that id."""
    with writing(None):
        mark(Notice.officer_id == officer.id, Notice.id <= newest, now=now)


def mark(*conditions: sa.ColumnElement[bool], now: datetime) -> None:
    """Mark notices as seen in the current transaction."""
    db.session.execute(sa.update(Notice).where(Notice.seen_at.is_(None), *conditions).values(seen_at=now))


def mail_waiting(now: datetime) -> int:
    """Post one letter to each officer with what they were told a while ago and have not seen; return how many letters.

    The letter and the mark go in one transaction, so nothing is mailed twice and nothing is left out.
    """
    with writing():
        rows = db.session.scalars(waiting(now)).all()
        by_officer: dict[int, list[Notice]] = {}
        for row in rows:
            by_officer.setdefault(row.officer_id, []).append(row)
            row.mailed_at = now
        return sum(mail(found[0].officer, found, now) for found in by_officer.values())


def waiting(now: datetime) -> sa.Select[Notice]:
    """Return the query for notices that are to be mailed."""
    return (
        sa.select(Notice)
        .join(Officer, Officer.id == Notice.officer_id)
        .where(
            Notice.mailed_at.is_(None),
            Notice.seen_at.is_(None),
            stands(),
            # Made by a clock that was set back since: nobody waits until it shows that moment again.
            sa.or_(Notice.made_at.between(now - MAIL_WITHIN, now - MAIL_AFTER), Notice.made_at > now + SET_BACK),
            Officer.active,
        )
        .options(joinedload(Notice.officer), joinedload(Notice.claim))
        .order_by(Notice.id)
        .limit(BATCH)
    )


def mail(officer: Officer, rows: Sequence[Notice], now: datetime) -> bool:
    """Post the letter in the current transaction. It says what waits, and quotes nothing that circulates."""
    with force_locale("id"):
        lines = tuple(dict.fromkeys(line(row) for row in rows))
        letter = Letter(
            subject=_("%(count)s hal menunggu Anda", count=len(lines)) if len(lines) > 1 else lines[0],
            paragraphs=lines,
            action=(_("Buka halaman Anda"), link("work.mine")),
            why=_("Anda menerima surel ini karena Anda petugas %(unit)s.", unit=officer.unit.name),
        )
        return post(f"notices:{officer.id}:{rows[-1].id}", officer.email, letter, now)


def line(row: Notice) -> str:
    """Return what a notice is about in one line."""
    if row.claim_id is None:
        return str(row.kind.label)
    return str(_("%(kind)s: klaim %(number)s", kind=row.kind.label, number=row.claim_id))
