"""Reports as rows, for tests that need one without counting anything."""

from __future__ import annotations

from datetime import date

from hoax_tracker.insight.reports.content import ReportChart, ReportContent, ReportTable
from hoax_tracker.insight.reports.register import GROUPS, empty_register
from hoax_tracker.models import MonthlyReport, Officer, YearlyReport, db
from tests.factories import NOW

OCTOBER = date(2026, 10, 1)


def report_content(text: str = "Pasar tetap buka") -> ReportContent:
    """The content of a report that says ``text`` wherever it can."""
    numbers = (("September 2026", "kurang dari 5", 3), ("Oktober 2026", 20, 6))
    return ReportContent(
        NOW,
        (text, "Aduan naik."),
        (
            ReportTable("bulan", text, text, ("Bulan", "Aduan", text), numbers, ReportChart((1, 2), True, 24.0, text)),
            ReportTable("putusan", "Putusan", "", ("Putusan", "Klarifikasi"), ((text, 2),), ReportChart((1,))),
            ReportTable("terbesar", "Terbesar", "", ("Klaim", "Kabar", "Kiriman"), (("#1", text, 3),)),
            ReportTable("koreksi", "Koreksi", "Tidak ada.", ("Tanggal", "Apa"), ()),
        ),
    )


def make_report(sender: Officer | None = None, text: str = "Pasar tetap buka", version: int = 1) -> MonthlyReport:
    """A report on October: a draft, or sent by ``sender``."""
    row = MonthlyReport(month=OCTOBER, version=version, content=report_content(text).as_json(), comment=text)
    row.reason = text if version > 1 else ""
    if sender is not None:
        row.sent_at, row.sent_by_id, row.letters = NOW, sender.id, 2
    db.session.add(row)
    db.session.commit()
    return row


def make_yearly_report(year: int, sender: Officer | None = None) -> YearlyReport:
    """A report on a year in which nobody asked for anything: a draft, or sent by ``sender``."""
    numbers = {key: 0 for group in GROUPS for key in group.labels}
    row = YearlyReport(year=year, version=1, register=empty_register() | numbers)
    if sender is not None:
        kept = {"counted_at": NOW.isoformat(), "sentences": ["Tidak ada permintaan."], "tables": []}
        row.content, row.sent_at, row.sent_by_id = kept, NOW, sender.id
    db.session.add(row)
    db.session.commit()
    return row
