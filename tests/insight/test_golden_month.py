"""The statistics of a month, computed by hand from its rows."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from hoax_tracker.core.config.settings import Settings
from hoax_tracker.insight.figures.month_figures import MonthFigures, load_settled_months, settle_months
from hoax_tracker.insight.figures.public_numbers import ResponseTimes, load_statistics
from hoax_tracker.models import Claim, ClarificationStatus, MonthlyStatistics, Officer, Report, Topic, Verdict, db
from tests.insight.golden_month import NOW, add_report, change_page, make_golden_month

OCTOBER, NOVEMBER = date(2026, 10, 1), date(2026, 11, 1)


@pytest.fixture
def october(officer: Officer, approver: Officer, settings: Settings) -> MonthFigures:
    """The golden month, counted for good."""
    make_golden_month(officer, approver)
    settle_months(settings, NOW)
    return load_settled_months([OCTOBER])[OCTOBER]


def test_a_month_is_counted_right(october: MonthFigures) -> None:
    # 8 about water, 5 about taxes, 3 about health, 3 about aid; junk, and those of other months, are left out.
    assert october.reports == 8 + 5 + 3 + 3
    # Nobody answered those about health; the answer to one of the three about aid was withdrawn.
    assert october.answered == 8 + 5 + 2
    assert (october.questions, october.questions_open) == (6 + 5 + 7, 6 + 5)
    # Two hoaxes (water, market), two frauds, one true, and the misleading one that was withdrawn later.
    assert october.verdicts == {"hoaks": 2, "penipuan": 2, "benar": 1, "menyesatkan": 1}
    assert october.published == 6
    assert october.topics == {"water": 1, "tax": 1, "social_aid": 3, "market": 1}
    assert october.units == {"pdam": 1, "dinkes": 3, "diskominfo": 2}
    assert (october.corrected, october.withdrawn) == (1, 1)
    # Water: reported a second before the month, published 9 h after its begin. Taxes: the 29th to the 31st, same hour.
    # Aid: reported on the 20th at 0, published at 2 and 4, and on the 21st at 6. The market's page has no report.
    assert october.hours == {"pdam": [9.0], "diskominfo": [48.0], "dinkes": [2.0, 4.0, 30.0]}


def test_a_settled_month_is_told_by_topic_and_kecamatan(october: MonthFigures) -> None:
    assert october.breakdown is not None
    assert october.breakdown.reports_by_topic == {"water": 8, "tax": 5, "health": 3, "social_aid": 3}
    # A text that names a kelurahan twice counts once; "Lasianaku" is another word.
    assert october.breakdown.reports_by_place == {"kec-kelapa-lima": 6, "kec-oebobo": 2}
    assert october.breakdown.published_by_place == {"kec-kelapa-lima": 1}


def test_the_public_reads_rounded_numbers(october: MonthFigures, settings: Settings) -> None:
    statistics = load_statistics(settings, NOW)
    september, month, november = statistics.months
    assert (september.month, september.reports, september.published) == (date(2026, 9, 1), None, 0)  # one report
    assert (month.reports, month.answered, month.questions, month.questions_open) == (20, 15, 20, 10)
    assert (month.published, month.corrected, month.withdrawn) == (6, 1, 1)
    # Of 2, 4, 9, 30 and 48 hours half came within the third, nine tenths within the fifth.
    assert month.times == ResponseTimes(9.0, 48.0)
    assert (november.reports, november.published, november.questions) == (None, 1, 90)
    assert statistics.verdicts == [
        (Verdict.BENAR, 1), (Verdict.MENYESATKAN, 1), (Verdict.HOAKS, 3), (Verdict.PENIPUAN, 2)
    ]  # fmt: skip
    shown = [(row.code, row.reports, row.published) for row in statistics.topics]
    assert shown == [("water", 10, 1), ("tax", 5, 1), ("social_aid", None, 3), ("market", None, 1)]
    assert [(row.code, row.reports, row.published) for row in statistics.places] == [
        ("kec-kelapa-lima", 5, 1), ("kec-oebobo", None, 0)
    ]  # fmt: skip
    assert {unit.code: unit.times for unit in statistics.units} == {"dinkes": None, "diskominfo": None, "pdam": None}
    assert (statistics.open_claims.total, statistics.open_claims.by_topic) == (None, [])
    changes = [(change.is_withdrawal, change.note) for change in statistics.changes]
    assert changes == [(True, "Bantuan itu ada."), (False, "Tanggalnya keliru.")]


def test_a_settled_month_never_changes(october: MonthFigures, settings: Settings) -> None:
    claim = db.session.query(Claim).filter_by(topic=Topic.WATER).one()
    add_report(claim, datetime(2026, 10, 9, tzinfo=UTC))
    change_page(claim.clarifications[0], ClarificationStatus.RETRACTED, datetime(2026, 10, 30, tzinfo=UTC))
    db.session.query(Report).filter(Report.text.contains("Lasiana")).update({"is_junk": True})
    db.session.commit()
    assert settle_months(settings, NOW + timedelta(days=1)) == 0
    assert load_settled_months([OCTOBER]) == {OCTOBER: october}
    assert load_statistics(settings, NOW).months[1].reports == 20


def test_a_month_is_settled_a_week_after_its_end(officer: Officer, approver: Officer, settings: Settings) -> None:
    make_golden_month(officer, approver)
    settled_from = datetime(2026, 11, 7, 16, tzinfo=UTC)  # the eighth in Kupang
    settle_months(settings, settled_from - timedelta(seconds=1))
    assert db.session.get(MonthlyStatistics, OCTOBER) is None
    early = load_statistics(settings, settled_from - timedelta(seconds=1))
    assert [month.reports for month in early.months] == [None, 20, None], "the page counts what is not settled"
    assert early.settled == [date(2026, 9, 1)]
    settle_months(settings, settled_from)
    assert db.session.get(MonthlyStatistics, OCTOBER) is not None
    assert db.session.get(MonthlyStatistics, NOVEMBER) is None


def test_months_whose_questions_are_deleted_say_nothing_of_them(
    officer: Officer, approver: Officer, settings: Settings
) -> None:
    make_golden_month(officer, approver)
    statistics = load_statistics(settings, datetime(2026, 11, 1, tzinfo=UTC) + settings.query_retention)
    october = next(month for month in statistics.months if month.month == OCTOBER)
    assert (october.questions, october.has_questions) == (None, False)
