"""The versions of a report: a draft until officers send it, fixed from then on, and drafted anew for a reason.

The monthly and the yearly report differ in what they count and in what officers add, not in this.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Generic, TypeVar

import sqlalchemy as sa
from flask_babel import force_locale, gettext as _, lazy_gettext as _l
from sqlalchemy.orm import defer

from hoax_tracker.core.audit import audit_log
from hoax_tracker.core.audit.audit_log import AuditAct, register_acts
from hoax_tracker.core.audit.tracked_edits import edit_conflict, lock_row
from hoax_tracker.errors import EditConflictError, InvalidInputError, NotAllowedError
from hoax_tracker.insight.reports.content import ReportContent
from hoax_tracker.insight.reports.recipients import load_recipients
from hoax_tracker.models import MonthlyReport, Officer, RoleName, YearlyReport, db
from hoax_tracker.notifications.mail import Letter, enqueue_letter, public_url_for

SENDING_ROLES = (RoleName.APPROVER, RoleName.ADMINISTRATOR)
LONGEST_REASON = 500
SENTENCES_IN_LETTER = 4
FIRST_VERSION = 1

Row = TypeVar("Row", MonthlyReport, YearlyReport)

register_acts(
    AuditAct("report_commented", _l("mengubah catatan pada %(what)s"), _l("mencatat pada laporan bulanan")),
    AuditAct("report_sent", _l("mengirim %(what)s"), _l("mengirim laporan bulanan")),
    AuditAct("report_reopened", _l("meminta versi baru %(what)s"), _l("meminta versi baru laporan bulanan")),
    AuditAct("yearly_report_entered", _l("mengisi %(what)s"), _l("mengisi laporan tahunan")),
    AuditAct("yearly_report_sent", _l("mengirim %(what)s"), _l("mengirim laporan tahunan")),
    AuditAct("yearly_report_reopened", _l("membuat versi baru %(what)s"), _l("membuat versi baru laporan tahunan")),
    is_setup=True,
)


def may_send_report(person: Officer) -> bool:
    """Tell whether the officer may edit a report, send it, and ask for a new version."""
    return any(person.is_a(role) for role in SENDING_ROLES)


def require_sender(person: Officer) -> None:
    """Raise NotAllowedError unless the officer may send reports."""
    if not may_send_report(person):
        raise NotAllowedError("reports need the role approver or administrator")


@dataclass(frozen=True)
class ReportSeries(Generic[Row]):
    """All reports of one kind, each of a month or a year (``key``) in one version or more.

    ``act`` begins the names of what officers do in the audit log, ``endpoint`` is the address of a version.
    """

    model: type[Row]
    key: str
    act: str
    endpoint: str
    find_key: Callable[[Row], str]
    write_title: Callable[[Row], str]

    def list_all(self, *unread: str) -> Sequence[Row]:
        """Return all versions of all reports without the named columns, the newest first."""
        order = (getattr(self.model, self.key).desc(), self.model.version.desc())
        query = sa.select(self.model).options(*(defer(getattr(self.model, name)) for name in unread))
        return db.session.scalars(query.order_by(*order)).all()

    def list_versions(self, key: date | int) -> Sequence[sa.Row[int, datetime | None, str]]:
        """Return number, time of sending and reason of each stored version, the newest first."""
        query = sa.select(self.model.version, self.model.sent_at, self.model.reason)
        return db.session.execute(self._newest_first(query, key)).all()

    def find(self, key: date | int, version: int | None = None) -> Row | None:
        """Return a stored version, by default the newest."""
        query = sa.select(self.model)
        if version is not None:
            query = query.where(self.model.version == version)
        found: Row | None = db.session.scalar(self._newest_first(query, key).limit(1))
        return found

    def lock_draft(self, report_id: int) -> Row:
        """Return a draft, locked. Raises EditConflictError, naming who sent it, where it is none any more."""
        report = lock_row(self.model, report_id)
        if report.sent_at is not None:
            raise self.conflict(report)
        return report

    def conflict(self, report: Row) -> EditConflictError:
        """Return the error for an act on what somebody changed or sent meanwhile."""
        return edit_conflict(self.subject(report))

    def subject(self, report: Row) -> str:
        """Return how the audit log calls the report."""
        return f"{self.model.__tablename__}:{self.find_key(report)}"

    def address(self, report: Row) -> dict[str, Any]:
        """Return the arguments of a version's address."""
        return {self.key: self.find_key(report), "version": report.version}

    def send(self, report: Row, content: ReportContent, *, by: Officer, now: datetime) -> int:
        """Fix a locked draft for good and post a letter to every recipient; return how many letters."""
        report.content, report.sent_at, report.sent_by_id = content.as_json(), now, by.id
        db.session.add(report)
        db.session.flush()
        letter = self._build_letter(report, content)
        report.letters = sum(self._post(report, letter, address, now) for address in load_recipients().addresses)
        detail = {"version": report.version, "letters": report.letters}
        audit_log.record_event(f"{self.act}_sent", self.subject(report), officer=by, now=now, detail=detail)
        return report.letters

    def begin_version(self, newest: Row, reason: str, *, by: Officer, now: datetime, **values: Any) -> None:
        """Add a draft after a version that was sent, in the current transaction. Raises InvalidInputError."""
        if newest.sent_at is None:
            raise InvalidInputError("a draft exists", user_message=_("Masih ada rancangan yang belum dikirim."))
        values[self.key] = getattr(newest, self.key)
        row = self.model(version=newest.version + 1, reason=reason, **values)
        db.session.add(row)
        detail = {"version": row.version, "reason": reason}
        audit_log.record_event(f"{self.act}_reopened", self.subject(row), officer=by, now=now, detail=detail)

    def _newest_first(self, query: sa.Select[*tuple[Any, ...]], key: date | int) -> sa.Select[*tuple[Any, ...]]:
        return query.where(getattr(self.model, self.key) == key).order_by(self.model.version.desc())

    def _post(self, report: Row, letter: Letter, address: str, now: datetime) -> bool:
        digest = hashlib.sha256(address.encode()).hexdigest()[:16]
        name = self.model.__tablename__.replace("_", "-")
        with force_locale("id"):
            return enqueue_letter(f"{name}:{report.id}:{digest}", address, letter, now)

    def _build_letter(self, report: Row, content: ReportContent) -> Letter:
        """Return the letter: the first sentences and the way to the report, without any claim."""
        with force_locale("id"):
            title = self.write_title(report)
        is_anew = report.version > FIRST_VERSION
        replaced: list[str] = [f"Ini versi {report.version}, menggantikan yang sebelumnya."] if is_anew else []
        return Letter(
            subject=title + (f", versi {report.version}" if is_anew else ""),
            paragraphs=(*replaced, *content.sentences[:SENTENCES_IN_LETTER]),
            quote=_quote_officers(report),
            action=("Buka laporan lengkap", public_url_for(self.endpoint, **self.address(report))),
            closing=("Halamannya memerlukan akun petugas; di sana ada PDF dan XLSX.",),
            why="Anda menerima email ini karena alamat ini ada di daftar penerima laporan.",
        )


def require_reason(reason: str) -> None:
    """Raise InvalidInputError for a new version without a reason, or with a very long one."""
    if not reason.strip():
        message = _("Tulis mengapa laporan ini dikirim lagi; penerima membacanya.")
        raise InvalidInputError("no reason", user_message=message, field="reason")
    if len(reason) > LONGEST_REASON:
        message = _("Paling banyak %(most)s huruf.", most=LONGEST_REASON)
        raise InvalidInputError("a long reason", user_message=message, field="reason")


def _quote_officers(report: MonthlyReport | YearlyReport) -> str:
    """Return what officers wrote: the comment, after the reason for a new version."""
    comment = report.comment if isinstance(report, MonthlyReport) else ""
    if not report.reason:
        return comment
    return f"Mengapa dikirim lagi:\n{report.reason}" + (f"\n\nCatatan petugas:\n{comment}" if comment else "")
