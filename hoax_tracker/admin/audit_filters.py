"""Filters of the audit log for pages and exports, newest rows first, and the words of its page.

Paging continues below a row number instead of counting rows, so page 20,000 costs as much as the first. Each filter has
an index. A unit means several people and a group several acts: each is read by its index from the newest row on, and
the newest of all are shown. Asked for together, a database would sort all rows of theirs first.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import joinedload

from hoax_tracker.clock import WITA
from hoax_tracker.core.audit.audit_log import ACTS
from hoax_tracker.core.audit.chain_check import ChainFault, ChainVerification
from hoax_tracker.core.web.query_args import QueryFilters, parse_row_id, query_arg, text_parser
from hoax_tracker.models import AuditEvent, ClaimAppearance, Clarification, Officer, Unit, db

AUDIT_GROUPS: dict[str, Any] = {
    "terbit": _l("Terbit dan tarik"),
    "kontak": _l("Kontak pelapor"),
    "akun": _l("Peran dan akun"),
    "masuk": _l("Masuk dan ditolak"),
}
"""Acts that are often looked for together, by what stands in the address and in their registration."""

FAULT_WORDS: dict[ChainFault, Any] = {
    ChainFault.CHANGED: _l("Isi catatan %(number)s tidak cocok lagi dengan sidiknya: diubah di luar program."),
    ChainFault.MISSING_BEFORE: _l("Catatan antara %(other)s dan %(number)s hilang: dihapus di luar program."),
    ChainFault.DOUBLED: _l("Catatan %(number)s sama dengan catatan %(other)s: digandakan di luar program."),
    ChainFault.MOVED: _l(
        "Catatan %(number)s tidak berada di tempat ia ditulis: dipindahkan, atau ada yang disisipkan di depannya."
    ),
    ChainFault.UNSEALED: _l("Catatan %(number)s tidak bersegel: ditulis di luar program."),
    ChainFault.FORGED: _l("Segel catatan %(number)s tidak dibuat dengan kunci layanan ini: ditulis di luar program."),
    ChainFault.OTHER_KEY: _l(
        "Sejak catatan %(number)s segelnya dari kunci lain: kuncinya tertukar, atau log ditulis ulang."
    ),
    ChainFault.NOT_BEGUN: _l("Catatan sebelum %(number)s tidak bersegel, padahal seharusnya: log ditulis ulang."),
    ChainFault.NEVER_SEALED: _l(
        "Sampai catatan terakhir, %(number)s, tidak ada segel dari kunci ini: log ditulis ulang."
    ),
    ChainFault.EMPTIED: _l("Semua catatan dihapus di luar program."),
    ChainFault.CUT_OFF: _l(
        "Catatan %(number)s yang Anda simpan sidiknya tidak ada: log dipotong sesudah catatan %(other)s."
    ),
    ChainFault.OTHER_HEAD: _l("Catatan %(number)s, atau yang sebelumnya, bukan lagi yang Anda simpan sidiknya."),
}


def fault_words(verification: ChainVerification) -> str:
    """Return the fault in the chain as display text, "" where the chain is whole."""
    if verification.fault is None:
        return ""
    return str(FAULT_WORDS[verification.fault]) % {"number": verification.broken_at, "other": verification.other_row}


def name_actor(action: str, name: str) -> Any:
    """Return the officer's name, or who acts where no officer is recorded."""
    return name or (ACTS[action].actor if action in ACTS else "") or _l("Baris perintah")


ROWS_ON_PAGE = 50
NO_PERSON = "program"
SUBJECT_WORDS = {
    "klaim": "claim",
    "claim": "claim",
    "klarifikasi": "clarification",
    "halaman": "clarification",
    "clarification": "clarification",
    "page": "clarification",
    "aduan": "report",
    "report": "report",
    "petugas": "officer",
    "officer": "officer",
}
"""What one may write before a number, in both languages; a number alone is a claim's."""
SUBJECT_PATTERN = re.compile(r"\s*([^\W\d]*)\s*[:#]?\s*(\d{1,9})\s*")


@dataclass(frozen=True)
class AuditFilters(QueryFilters):
    """The filters in the address, each "" where unset. One that means nothing stays, and matches no row."""

    siapa: str = query_arg(text_parser(60), "")
    apa: str = query_arg(text_parser(60), "")
    tentang: str = query_arg(text_parser(60), "")
    unit: str = query_arg(text_parser(60), "")
    dari: str = query_arg(text_parser(60), "")
    sampai: str = query_arg(text_parser(60), "")

    @property
    def recognised(self) -> dict[str, str]:
        """Return the filters that mean something here: what else somebody writes into an address is not kept."""
        named = {
            "siapa": self.siapa == NO_PERSON or parse_row_id(self.siapa),
            "apa": self.apa in AUDIT_GROUPS or self.apa in ACTS,
            "tentang": _parse_subject(self.tentang),
            "unit": parse_row_id(self.unit),
            "dari": _parse_day(self.dari),
            "sampai": _parse_day(self.sampai),
        }
        return {name: value for name, value in self.args().items() if named[name]}

    @property
    def is_subject_unknown(self) -> bool:
        """True where ``tentang`` cannot be parsed."""
        return bool(self.tentang) and _parse_subject(self.tentang) is None


def _parse_subject(text: str) -> tuple[str, int] | None:
    """Return the kind and number of a subject like "Klaim 1093", None for any other text."""
    match = SUBJECT_PATTERN.fullmatch(text)
    kind = SUBJECT_WORDS.get(match[1].lower() or "klaim") if match else None
    return (kind, int(match[2])) if match and kind else None


def _parse_day(text: str) -> date | None:
    """Return the ISO date, or None for any other text."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


@dataclass(frozen=True)
class RowConditions:
    """The conditions of a query: rows meet every one of ``all_of``, and one of ``one_of`` where there are any."""

    all_of: Sequence[sa.ColumnElement[bool]] = ()
    one_of: Sequence[sa.ColumnElement[bool]] = ()


def filter_conditions(asked: AuditFilters) -> RowConditions:
    """Return the query conditions. A filter that cannot be parsed matches no row."""
    narrowing = _subject_conditions(asked) + _day_conditions(asked)
    people, acts = _person_conditions(asked), _action_conditions(asked)
    if not narrowing and len(people) > 1:
        return RowConditions([sa.or_(*acts)] if acts else [], people)
    if not narrowing and not people:
        return RowConditions((), acts)
    return RowConditions([*narrowing, *(sa.or_(*choices) for choices in (people, acts) if choices)])


def _person_conditions(asked: AuditFilters) -> list[sa.ColumnElement[bool]]:
    """Return the conditions of which rows by the person, or by somebody of the unit, meet one."""
    if asked.siapa and asked.unit:
        of_unit = [officer_id for officer_id in _people_of_unit(asked.unit) if str(officer_id) == asked.siapa]
        return [AuditEvent.officer_id == officer_id for officer_id in of_unit] or [sa.false()]
    if asked.siapa == NO_PERSON:
        return [AuditEvent.officer_id.is_(None)]
    if asked.siapa:
        return [AuditEvent.officer_id == parse_row_id(asked.siapa) if parse_row_id(asked.siapa) else sa.false()]
    if asked.unit:
        return [AuditEvent.officer_id == officer_id for officer_id in _people_of_unit(asked.unit)] or [sa.false()]
    return []


def _people_of_unit(unit: str) -> Sequence[int]:
    """Return the ids of the unit's officers, none for what is no unit."""
    members = sa.select(Officer.id).where(Officer.unit_id == (parse_row_id(unit) or 0))
    return db.session.scalars(members.order_by(Officer.id)).all()


def _action_conditions(asked: AuditFilters) -> list[sa.ColumnElement[bool]]:
    """Return the conditions of which rows of the act, or of the group of acts, meet one."""
    if asked.apa in AUDIT_GROUPS:
        return [AuditEvent.action == act.action for act in ACTS.values() if act.group == asked.apa]
    return [AuditEvent.action == asked.apa] if asked.apa else []


def _subject_conditions(asked: AuditFilters) -> list[sa.ColumnElement[bool]]:
    return [AuditEvent.subject.in_(_subjects_named(asked.tentang))] if asked.tentang else []


def _subjects_named(text: str) -> list[str]:
    """Return the subjects that the text names.

    A claim includes its reports. A page is found by its number, else by its id.
    """
    named = _parse_subject(text)
    if named is None:
        return []
    kind, number = named
    subjects = [f"{kind}:{number}"]
    if kind == "claim":
        query = sa.select(ClaimAppearance.report_id).where(ClaimAppearance.claim_id == number)
        subjects += [f"report:{report}" for report in db.session.scalars(query) if report is not None]
    if kind == "clarification":
        page = db.session.scalar(sa.select(Clarification.id).where(Clarification.number == number))
        subjects = [f"clarification:{page or number}"]
    return subjects


def _day_conditions(asked: AuditFilters) -> list[sa.ColumnElement[bool]]:
    """Return the conditions on the time: days in Kupang's time zone, both ends included."""
    conditions: list[sa.ColumnElement[bool]] = []
    for text, is_end in ((asked.dari, False), (asked.sampai, True)):
        day = _parse_day(text)
        if text and day is None:
            conditions.append(sa.false())
        elif day is not None and date.min < day < date.max:
            begins = datetime.combine(day + timedelta(days=is_end), time(), WITA)
            conditions.append(AuditEvent.at < begins if is_end else AuditEvent.at >= begins)
    return conditions


def list_rows_before(
    conditions: RowConditions, before: int | None, most: int = ROWS_ON_PAGE + 1
) -> Sequence[AuditEvent]:
    """Return the rows that meet the conditions, newest first, starting below the given row number."""
    limits = [*conditions.all_of, *([AuditEvent.id < before] if before is not None else [])]
    if len(conditions.one_of) > 1:
        limits = [AuditEvent.id.in_(_newest_of_each(conditions.one_of, limits, most))]
    else:
        limits += conditions.one_of
    query = sa.select(AuditEvent).where(*limits).order_by(AuditEvent.id.desc()).limit(most)
    people = joinedload(AuditEvent.officer)
    return db.session.scalars(query.options(people.joinedload(Officer.unit), people.lazyload(Officer.roles))).all()


def _newest_of_each(
    choices: Sequence[sa.ColumnElement[bool]], limits: Sequence[sa.ColumnElement[bool]], most: int
) -> sa.CompoundSelect[int]:
    """Return the query for the numbers of the newest rows that meet each of the choices, and all limits."""
    newest = sa.select(AuditEvent.id).where(*limits).order_by(AuditEvent.id.desc()).limit(most)
    parts = [newest.where(choice).subquery() for choice in choices]
    return sa.union_all(*(sa.select(part.c.id) for part in parts))


def filter_choices() -> dict[str, Any]:
    """Return the officers and units that the filters offer: everybody with an account, and their units."""
    people = db.session.execute(sa.select(Officer.id, Officer.name).order_by(Officer.name, Officer.id)).all()
    has_people = sa.exists().where(Officer.unit_id == Unit.id)
    units = db.session.execute(sa.select(Unit.id, Unit.short_name).where(has_people).order_by(Unit.short_name)).all()
    return {"people": people, "units": units}
