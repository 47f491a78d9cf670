"""The morning letter: each officer's late claims, claims due today and other waiting work, once a day.

A row with officer and day as its key limits it to one: it is written in the same transaction as the letter. A restart,
a second worker and a clock that jumps back find that row. When the clock jumps ahead, the letter of the day that it
shows is sent, and none again when that day comes. Officers with nothing to do get no letter, except administrators and
auditors: theirs holds the head of the audit log, which reveals later whether its end was cut off.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time

import sqlalchemy as sa
from flask_babel import force_locale, gettext as _, ngettext

from hoax_tracker.authority.confirmers import may_confirm_anything
from hoax_tracker.claims.awaiting_approval import awaits_approval, proposals_to_confirm
from hoax_tracker.clock import WITA, day_in_kupang
from hoax_tracker.core.audit.audit_log import ChainHead, read_head
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.insight.reports.versions import may_send_report
from hoax_tracker.models import WAITING_STATUSES, Claim, Digest, MonthlyReport, Officer, Question, RoleName, db
from hoax_tracker.notifications.mail import Letter, enqueue_letter, is_mail_enabled, public_url_for
from hoax_tracker.organisation.office_hours import load_office_rules

DIGEST_UNTIL = time(12)  # a worker that comes back in the afternoon sends no "morning" letter


@dataclass(frozen=True)
class PendingWork:
    """An officer's waiting work: claims late or due by midnight, questions to their unit, what to confirm, reports.

    ``head`` is the head of the audit log, for those who keep it.
    """

    late: int = 0
    today: int = 0
    questions: int = 0
    to_confirm: int = 0
    reports: int = 0
    head: ChainHead | None = None

    @property
    def is_empty(self) -> bool:
        """True where there is nothing to report."""
        return not (self.late or self.today or self.questions or self.to_confirm or self.reports or self.head)


def send_digests(now: datetime) -> int:
    """Send the letters of this morning that were not sent yet. Return their number."""
    local = now.astimezone(WITA)
    begins = time.fromisoformat(load_office_rules().digest_from)
    if not is_mail_enabled() or not begins <= local.time() < max(DIGEST_UNTIL, begins):
        return 0
    made = sa.exists().where(Digest.officer_id == Officer.id, Digest.day == local.date())
    due = sa.select(Officer.id).where(Officer.active, Officer.gets_mail, ~made).order_by(Officer.id)
    return sum(_send_digest(officer_id, now) for officer_id in db.session.scalars(due).all())


def _send_digest(officer_id: int, now: datetime) -> bool:
    """Send one officer's letter of the day and record it in one transaction.

    Return False where it was already made or no work waits.
    """
    day = day_in_kupang(now)
    with write_transaction():
        officer = db.session.get(Officer, officer_id)
        if (
            officer is None
            or not (officer.active and officer.gets_mail)
            or db.session.get(Digest, (officer_id, day)) is not None
        ):
            return False
        db.session.add(Digest(officer_id=officer_id, day=day, made_at=now))
        waits = count_pending_work(officer, now)
        if waits.is_empty:
            return False
        with force_locale(officer.mail_language):
            return enqueue_letter(f"digest:{officer_id}:{day}", officer.email, _build_digest_mail(officer, waits), now)


def count_pending_work(officer: Officer, now: datetime) -> PendingWork:
    """Return the officer's waiting work.

    PPID Utama answers for the whole queue, a unit for its own claims.
    """
    claims: list[sa.ColumnElement[bool]] = [Claim.status.in_(WAITING_STATUSES)]
    if not officer.is_a(RoleName.OFFICER):
        claims.append(sa.false())
    if not officer.unit.is_root:
        claims.append(Claim.unit_id == officer.unit_id)
    midnight = now.astimezone(WITA).replace(hour=23, minute=59, second=59)
    claims.append(~awaits_approval(Claim.id))
    late = sa.func.count(sa.case((Claim.due_at < now, 1)))
    today = sa.func.count(sa.case((sa.and_(Claim.due_at >= now, Claim.due_at <= midnight), 1)))
    row = db.session.execute(sa.select(late, today).where(*claims)).one()
    asked = sa.select(sa.func.count()).where(Question.unit_id == officer.unit_id, Question.closed_at.is_(None))
    head = read_head() if officer.is_administrator or officer.is_auditor else None
    return PendingWork(
        row[0],
        row[1],
        db.session.scalar(asked) or 0,
        count_to_confirm(officer, now),
        count_drafts_to_send(officer),
        head,
    )


def count_drafts_to_send(officer: Officer) -> int:
    """Return how many monthly reports wait for somebody who may send them."""
    if not may_send_report(officer):
        return 0
    draft = (MonthlyReport.sent_at.is_(None), MonthlyReport.content.is_not(None))
    return db.session.scalar(sa.select(sa.func.count()).where(*draft)) or 0


def count_to_confirm(officer: Officer, now: datetime) -> int:
    """Return how much awaits the officer as the second person."""
    if not may_confirm_anything(officer):
        return 0
    return db.session.scalar(sa.select(sa.func.count()).select_from(proposals_to_confirm(officer, now).subquery())) or 0


def _build_digest_mail(officer: Officer, waits: PendingWork) -> Letter:
    """Return the letter: numbers and one link, but no text that circulates."""
    late, today, asked, second, reports = waits.late, waits.today, waits.questions, waits.to_confirm, waits.reports
    lines = [
        (late, ngettext("%(num)d klaim terlambat.", "%(num)d klaim terlambat.", late)),
        (today, ngettext("%(num)d klaim jatuh tempo hari ini.", "%(num)d klaim jatuh tempo hari ini.", today)),
        (asked, ngettext("%(num)d pertanyaan untuk unit Anda.", "%(num)d pertanyaan untuk unit Anda.", asked)),
        (second, ngettext("%(num)d hal menunggu persetujuan Anda.", "%(num)d hal menunggu persetujuan Anda.", second)),
        (
            reports,
            ngettext("%(num)d laporan bulanan belum dikirim.", "%(num)d laporan bulanan belum dikirim.", reports),
        ),
    ]
    counted_lines = [str(words) for count, words in lines if count]
    first = counted_lines[0].rstrip(".") if counted_lines else _("sidik log audit")
    return Letter(
        subject=_("Pagi ini: %(first)s", first=first),
        paragraphs=(*counted_lines, *_describe_head(waits.head)),
        action=(_("Buka halaman Anda"), public_url_for("morning.show")),
        why=_("Anda menerima email ini karena Anda petugas %(unit)s.", unit=officer.unit.name),
    )


def _describe_head(head: ChainHead | None) -> list[str]:
    """Return the letter's paragraphs on the audit log's head: a kept letter reveals a cut-off log."""
    if head is None:
        return []
    return [
        _("Log audit pagi ini berakhir di catatan %(number)s dengan sidik %(head)s.", number=head.number, head=head),
        _(
            "Simpan email ini. Di halaman Log audit, atau dengan hoax-tracker audit verify --head, sidik itu "
            "menunjukkan apakah catatan kemudian dihapus atau diubah."
        ),
    ]
