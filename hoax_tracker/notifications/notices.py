"""Notices: what officers are told in the app until they have seen it, and once by mail."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask_babel import force_locale, gettext as _
from sqlalchemy.orm import aliased, contains_eager, joinedload, lazyload

from hoax_tracker.clock import CLOCK_TOLERANCE
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.core.database.upsert import alias_table
from hoax_tracker.models import (
    OPEN_STATUSES,
    URGENT_TOPICS,
    Alarm,
    Claim,
    ClaimStatus,
    Note,
    Notice,
    NoticeKind,
    Objection,
    Officer,
    Proposal,
    ProposalOutcome,
    Role,
    RoleName,
    Unit,
    db,
)
from hoax_tracker.notifications.mail import Letter, enqueue_letter, public_url_for

MAX_SHOWN_NOTICES = 50
MAIL_AFTER = timedelta(minutes=10)  # what is taken back, or seen in the app, within this time is not mailed
MAIL_WITHIN = timedelta(days=2)  # older ones (the worker was off) are in the app; nobody is flooded with them
RISING_MAIL_EVERY = timedelta(hours=1)  # what rises meanwhile comes in the next letter, but for the urgent topics
BATCH = 500
ASSIGNMENT_NOTICE_KINDS = (NoticeKind.ROUTED, NoticeKind.RETURNED)  # of a claim: it lies with your unit
NEWS_KINDS = (NoticeKind.SETTLED, NoticeKind.CONTACT_SHOWN, NoticeKind.RISING)
"""What is only told: nothing in it waits for the officer."""
_PAGES_OF_KINDS = {NoticeKind.WEBHOOK_OFF: "accounts.webhook_list", NoticeKind.TIPLINE_COST: "accounts.tipline_list"}
_PAGES_OF_ROWS = {
    "source_id": "ingest.standing",
    "question_id": "work.question",
    "objection_id": "objection_desk.page",
    "clarification_id": "clarify.page",
}


def list_answering_officers(unit_id: int) -> list[Officer]:
    """Return the officers who answer for a unit: its own, or those of PPID Utama where it has none."""
    return list_officers_in(Officer.unit_id == unit_id) or list_officers_in(Unit.is_root)


def units_with_officers() -> sa.Select[int]:
    """Return the query for units with an active deciding officer."""
    decides = Officer.roles.any(Role.name == RoleName.OFFICER.value)
    return sa.select(Officer.unit_id).where(Officer.active, decides)


def list_officers_in(condition: sa.SQLColumnExpression[bool]) -> list[Officer]:
    """Return the active deciding officers in units that meet the condition."""
    decides = Officer.roles.any(Role.name == RoleName.OFFICER.value)
    query = sa.select(Officer).join(Officer.unit).where(Officer.active, condition, decides).order_by(Officer.id)
    unit_options = contains_eager(Officer.unit).joinedload(Unit.parent)  # whom a claim accuses is asked of each
    return list(db.session.scalars(query.options(unit_options, lazyload(Officer.roles))))


def list_administrators() -> list[Officer]:
    """Return the active administrators."""
    officers = db.session.scalars(sa.select(Officer).where(Officer.active).order_by(Officer.id))
    return [officer for officer in officers if officer.is_administrator]


def notify_officers(
    people: Iterable[Officer], kind: NoticeKind, now: datetime, *, but: Officer | None = None, **about: object
) -> int:
    """Notify officers, except the one who acted, in the current transaction with one insert; return how many.

    ``about``: the ids of existing rows the notice is about, and its words.
    """
    recipients = [officer.id for officer in people if but is None or officer.id != but.id]
    if recipients:
        row = {"kind": kind, "made_at": now} | about
        db.session.execute(sa.insert(Notice), [row | {"officer_id": key} for key in recipients])
    return len(recipients)


def is_unseen_notice(officer_id: int) -> sa.ColumnElement[bool]:
    """Return the condition for notices that an officer has not seen and that still apply."""
    return sa.and_(Notice.officer_id == officer_id, Notice.seen_at.is_(None), _still_applies())


def _still_applies() -> sa.ColumnElement[bool]:
    """Return the condition that a notice still applies.

    "The claim is assigned to your unit" no longer applies once the claim moved or is closed, and applies again when
    that is undone. PPID Utama stands in for units without officers. An objection awaits a decision until one is
    proposed, and again where that is refused.
    """
    reader, unit = alias_table(Officer, "reader"), alias_table(Unit, "reader_unit")
    for_others = sa.and_(unit.is_root, Claim.unit_id.not_in(units_with_officers().correlate(None)))
    lies = sa.exists().where(
        Claim.id == Notice.claim_id,
        Claim.status.in_((ClaimStatus.NEW, *OPEN_STATUSES)),
        reader.id == Notice.officer_id,
        unit.id == reader.unit_id,
        sa.or_(Claim.unit_id == reader.unit_id, for_others),
    )
    return sa.and_(
        sa.or_(Notice.kind.not_in(ASSIGNMENT_NOTICE_KINDS), lies),
        sa.or_(Notice.objection_id.is_(None), _awaits_decision(Notice.objection_id)),
    )


def _awaits_decision(objection_id: Any) -> sa.Exists:
    """Return the condition that nobody has decided about an objection, nor proposed a decision."""
    subject = sa.literal("objection:") + sa.cast(Objection.id, sa.String)
    proposed = sa.exists().where(
        Proposal.act == "objection", Proposal.subject == subject, Proposal.outcome == ProposalOutcome.OPEN
    )
    return sa.exists().where(Objection.id == objection_id, Objection.outcome.is_(None), ~proposed)


def list_unseen_notices(officer: Officer) -> Sequence[Notice]:
    """Return the officer's unseen notices, newest first."""
    query = (
        sa.select(Notice)
        .where(is_unseen_notice(officer.id))
        .options(
            joinedload(Notice.claim), joinedload(Notice.question), joinedload(Notice.note).joinedload(Note.officer)
        )
        .order_by(Notice.id.desc())
        .limit(MAX_SHOWN_NOTICES)
    )
    return db.session.scalars(query).all()


def mark_seen_up_to(officer: Officer, newest: int, now: datetime) -> None:
    """Mark all the officer's notices up to that id as seen."""
    with write_transaction(None):
        mark_notices_seen(Notice.officer_id == officer.id, Notice.id <= newest, now=now)


def mark_notices_seen(*conditions: sa.ColumnElement[bool], now: datetime) -> None:
    """Mark notices as seen in the current transaction."""
    db.session.execute(sa.update(Notice).where(Notice.seen_at.is_(None), *conditions).values(seen_at=now))


def mail_unseen_notices(now: datetime) -> int:
    """Queue one letter to each officer about notices unseen for a while; return how many letters.

    Letter and mark are one transaction, so nothing is mailed twice or left out.
    """
    with write_transaction():
        rows = db.session.scalars(notices_due_for_mail(now)).all()
        by_officer: dict[int, list[Notice]] = {}
        for row in rows:
            by_officer.setdefault(row.officer_id, []).append(row)
            row.mailed_at = now
        return sum(
            _enqueue_notice_mail(own_notices[0].officer, own_notices, now) for own_notices in by_officer.values()
        )


def notices_due_for_mail(now: datetime) -> sa.Select[Notice]:
    """Return the query for notices due to be mailed."""
    return (
        sa.select(Notice)
        .join(Officer, Officer.id == Notice.officer_id)
        .where(
            Notice.mailed_at.is_(None),
            Notice.seen_at.is_(None),
            _still_applies(),
            sa.or_(Notice.kind != NoticeKind.RISING, is_urgent(), ~_was_mailed_of_rising(now)),
            # Made by a clock that was set back since: nobody waits until it shows that moment again.
            sa.or_(Notice.made_at.between(now - MAIL_WITHIN, now - MAIL_AFTER), Notice.made_at > now + CLOCK_TOLERANCE),
            Officer.active,
            Officer.gets_mail,
        )
        .options(joinedload(Notice.officer), joinedload(Notice.claim))
        .order_by(Notice.id)
        .limit(BATCH)
    )


def is_urgent() -> sa.ColumnElement[bool]:
    """Return the condition for notices of what rises in a topic that waits for nothing."""
    claims = sa.select(Claim.id).where(Claim.topic.in_(URGENT_TOPICS)).correlate(None)
    alarms = sa.select(Alarm.id).where(sa.or_(Alarm.topic.in_(URGENT_TOPICS), Alarm.claim_id.in_(claims)))
    return Notice.alarm_id.in_(alarms)


def _was_mailed_of_rising(now: datetime) -> sa.ColumnElement[bool]:
    """Return the condition that the officer got a letter about what rises in the last hour."""
    earlier = aliased(Notice)
    return sa.exists().where(
        earlier.officer_id == Notice.officer_id,
        earlier.kind == NoticeKind.RISING,
        earlier.mailed_at.between(now - RISING_MAIL_EVERY, now),
    )


def _enqueue_notice_mail(officer: Officer, rows: Sequence[Notice], now: datetime) -> bool:
    """Queue the letter in the current transaction. It says what waits, and quotes no circulating text."""
    with force_locale(officer.mail_language):
        lines = tuple(dict.fromkeys(describe_notice(row).line for row in rows))
        letter = Letter(
            subject=_("%(count)s hal menunggu Anda", count=len(lines)) if len(lines) > 1 else lines[0],
            paragraphs=lines,
            action=(_("Buka halaman Anda"), public_url_for(letter_endpoint(rows))),
            why=_("Anda menerima email ini karena Anda petugas %(unit)s.", unit=officer.unit.name),
        )
        return enqueue_letter(f"notices:{officer.id}:{rows[-1].id}", officer.email, letter, now)


def letter_endpoint(rows: Sequence[Notice]) -> str:
    """Return the page where the notices of a letter are dealt with."""
    pages = {describe_notice(row).page[0] for row in rows}
    return "proposals.listing" if pages == {"proposals.listing"} else "morning.show"


@dataclass(frozen=True)
class NoticeText:
    """A notice as the desk and its letter tell it.

    ``line`` stands alone in a letter and quotes nothing that circulates. ``page`` is where the notice is dealt with:
    an endpoint and its values.
    """

    title: str
    line: str
    page: tuple[str, dict[str, Any]]


def describe_notice(row: Notice) -> NoticeText:
    """Return the words and the page of a notice, in the current language."""
    title = line = str(row.kind.label)
    if row.kind is NoticeKind.OBJECTED or (row.kind is NoticeKind.RISING and row.claim_id is None):
        line = f"{title}: {row.text}"
    elif row.claim_id is not None:
        line = str(_("%(kind)s: klaim %(number)s", kind=title, number=row.claim_id))
    return NoticeText(title, line, _find_page(row))


def _find_page(row: Notice) -> tuple[str, dict[str, Any]]:
    """Return where a notice is dealt with: the row that it is most narrowly about."""
    if row.proposal_id:
        return "proposals.listing", {"_anchor": f"p{row.proposal_id}"} if row.kind is NoticeKind.PROPOSED else {}
    if row.kind in _PAGES_OF_KINDS:
        return _PAGES_OF_KINDS[row.kind], {}
    if row.alarm_id and not row.claim_id:
        return "morning.show", {"_anchor": f"naik{row.alarm_id}"}
    for name, endpoint in _PAGES_OF_ROWS.items():
        if getattr(row, name):
            return endpoint, {name: getattr(row, name)}
    anchor = f"catatan-{row.note_id}" if row.note_id else "aduan" if row.kind is NoticeKind.REPLIED else None
    return "review.claim", {"claim_id": row.claim_id, "_anchor": anchor}
