"""What officers read of a clarification's reach: right sums, sensible words for new pages, nothing of causes."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from hoax_tracker.check.counting import ReachCount, ReachKind, add_reach
from hoax_tracker.core.charts import ColumnChart
from hoax_tracker.insight.reach import (
    DailyReach,
    ReachSummary,
    describe_appearances,
    describe_reach,
    draw_appearances,
    load_daily_reach,
    load_reach_summary,
)
from hoax_tracker.insight.views import statistics as view
from hoax_tracker.models import ClaimAppearance, Clarification, ClarificationStatus, Officer, Report, Usefulness, db
from tests import factories
from tests.factories import NOW  # 24 November 2026, 16.05 in Kupang

DAY = timedelta(days=1)
TODAY = date(2026, 11, 24)
SignIn = Callable[[Officer], FlaskClient]
Publish = Callable[..., Clarification]


@pytest.fixture
def published(officer: Officer, approver: Officer, monkeypatch: pytest.MonkeyPatch) -> Publish:
    """Return a function that makes a page of NOW, and appearances of its claim so many days from NOW."""
    monkeypatch.setattr(view, "utc_now", lambda: NOW)

    def go(*appeared: float, **fields: Any) -> Clarification:
        claim = factories.make_claim()
        for number, days in enumerate(appeared):
            seen_at = NOW + days * DAY
            report = Report(ticket_digest=f"{claim.id}-{number}", text="pesan", received_at=seen_at)
            db.session.add(report)
            db.session.flush()
            db.session.add(ClaimAppearance(claim_id=claim.id, report_id=report.id, seen_at=seen_at))
        return factories.make_clarification(officer, approver, claims=[claim], **fields)

    return go


def show(page: Clarification, *days: tuple[int, ReachKind, int]) -> None:
    """Count that a page was shown so many days from today."""
    add_reach({ReachCount(TODAY + day * DAY, page.id, kind): times for day, kind, times in days})


def reach_at(page: Clarification, now: datetime) -> ReachSummary:
    """The reach as it is read at a moment."""
    return load_reach_summary(db.session.get_one(Clarification, page.id), now)


def days_at(page: Clarification, now: datetime) -> DailyReach:
    """The days as they are read at a moment."""
    return load_daily_reach(page, reach_at(page, now).totals, now)


def chart_at(page: Clarification, now: datetime) -> ColumnChart:
    """The chart as it is drawn at a moment."""
    return draw_appearances(reach_at(page, now), days_at(page, now))


def words_at(page: Clarification, days: int) -> str:
    """What is said of appearances so many days after publication."""
    return describe_appearances(reach_at(page, NOW + days * DAY).change)


def test_a_page_of_some_weeks_is_told_in_sentences(published: Publish) -> None:
    page = published(*[-1 - number / 10 for number in range(14)], 2, 3, 7)
    show(page, (0, ReachKind.VIEW, 1_000), (1, ReachKind.VIEW, 200), (40, ReachKind.VIEW, 40))
    show(page, (1, ReachKind.SHORT_VISIT, 75), (2, ReachKind.ANSWER, 310), (2, ReachKind.COMPARISON, 20))
    reach = reach_at(page, NOW + 60 * DAY)
    assert describe_reach(reach) == [
        "Dibaca 1.240 kali. Alamat pendeknya dibuka 75 kali.",
        "Pesan yang ditempel warga dijawab dengan halaman ini 310 kali; "
        "20 kali halaman ini ditawarkan untuk dibandingkan.",
        "Sesudah terbit, kemunculan turun dari 14 menjadi 3 seminggu.",
    ]
    daily = days_at(page, NOW + 60 * DAY)
    assert (len(daily.days), daily.days[14].day, daily.days[-1].day) == (43, TODAY, TODAY + 28 * DAY)
    assert (daily.days[14].views, daily.days[15].short_visits, daily.days[16].answers) == (1_000, 75, 310)
    assert daily.later.views == 40, "the rows of the table add up to the sentence"


def test_the_day_of_publication_belongs_to_no_week(published: Publish) -> None:
    page = published(-8, -7, -1, 0, 0.1, 1, 7, 8)
    assert words_at(page, 8) == "Sesudah terbit, kemunculan tetap 2 seminggu."


def test_more_after_than_before_is_told_as_well(published: Publish) -> None:
    assert words_at(published(-1, 1, 2), 8) == "Sesudah terbit, kemunculan naik dari 1 menjadi 2 seminggu."


@pytest.mark.parametrize(("days", "after"), [(0, 0), (1, 2), (7, 3)])
def test_a_page_of_less_than_a_week_is_not_compared(published: Publish, days: int, after: int) -> None:
    page = published(-3, -2, *[day for day in (1, 1, 7) if day <= days])
    assert words_at(page, days) == (
        f"Seminggu sebelum hari terbit kabar ini tercatat muncul 2 kali, sesudahnya sejauh ini {after} kali. "
        "Baru dapat dibandingkan mulai 2 Desember 2026."
    )


def test_days_begin_at_midnight_in_kupang(published: Publish) -> None:
    published_at = datetime(2026, 11, 24, 15, 59, tzinfo=NOW.tzinfo)  # 23.59
    page = published(published_at=published_at)
    report = Report(ticket_digest="x", text="pesan", received_at=published_at)
    db.session.add(report)
    db.session.flush()
    db.session.add(
        ClaimAppearance(claim_id=page.claims[0].id, report_id=report.id, seen_at=published_at + timedelta(minutes=2))
    )
    db.session.commit()
    days = {day.day: day.appearances for day in days_at(page, NOW + 2 * DAY).days}
    assert (days[TODAY], days[TODAY + DAY]) == (0, 1)


def test_nothing_at_all_reads_sensibly(published: Publish) -> None:
    page = published()
    assert describe_reach(reach_at(page, NOW + 20 * DAY)) == [
        "Belum ada yang tercatat membaca halaman ini atau mendapatnya sebagai jawaban.",
        "Kabar ini tidak tercatat muncul dalam seminggu sebelum dan sesudah hari terbit.",
    ]
    assert words_at(page, 1) == (
        "Kabar ini tidak tercatat muncul dalam seminggu sebelum hari terbit, dan sesudahnya juga belum."
    )
    page.claims.clear()
    db.session.commit()
    assert words_at(page, 20) == "Tidak ada klaim yang tertaut, jadi kemunculannya tidak dihitung."


def test_a_page_older_than_the_counting_says_so(published: Publish) -> None:
    old, new = published(published_at=NOW - 100 * DAY), published()
    show(new, (-1, ReachKind.VIEW, 5), (0, ReachKind.VIEW, 5))
    said = "Pembaca dan jawaban dihitung sejak 23 November 2026; yang sebelumnya tidak tercatat."
    assert describe_reach(reach_at(old, NOW))[-1] == said
    assert said not in describe_reach(reach_at(new, NOW))


def test_a_page_published_by_a_clock_ahead_has_a_chart(published: Publish) -> None:
    assert chart_at(published(published_at=NOW + 30 * DAY), NOW).upright is not None


def test_the_publication_is_marked_in_the_chart(published: Publish) -> None:
    chart = chart_at(published(-3, -3, 2), NOW + 30 * DAY)
    labels = [(label.text, label.x) for label in chart.labels]
    assert [text for text, _x in labels] == ["10 Nov", "terbit 24 Nov", "22 Des"]
    assert chart.upright is not None
    assert chart.upright < labels[1][1] < chart.upright + 100 / 43
    assert [(bar.style, bar.text) for bar in chart.bars] == [("s-bar", "2"), ("hot", "")]
    new = chart_at(published(), NOW + DAY)
    assert [label.text for label in new.labels] == ["10 Nov", "terbit 24 Nov"], "no label lies over another"


def test_officers_read_it_beside_the_page_and_on_its_own(published: Publish, officer: Officer, sign_in: SignIn) -> None:
    page = published(-2, -1)
    show(page, (0, ReachKind.VIEW, 12), (0, ReachKind.ANSWER, 4))
    db.session.add(Usefulness(clarification_id=page.id, useful=3, not_useful=1))
    db.session.commit()
    browser, path = sign_in(officer), f"/petugas/klarifikasi/{page.id}"
    beside = browser.get(path).text
    assert "Dibaca 12 kali." in beside
    assert f'href="{path}/jangkauan"' in beside
    whole = browser.get(f"{path}/jangkauan").text
    assert "<h1>Dibaca 12 kali.</h1>" in whole
    assert "Pesan yang ditempel warga dijawab dengan halaman ini 4 kali." in whole
    assert "Suara pembaca: membantu 3, belum 1." in whole
    assert "itu tidak sampai kepada kami" in whole
    assert "paling banyak 2 kali sehari dalam tiap proses" in whole
    assert "karena terbit" not in whole


def test_a_draft_has_no_reach_and_a_withdrawn_page_keeps_its(
    published: Publish, officer: Officer, sign_in: SignIn
) -> None:
    page, draft = published(), factories.make_clarification(officer, None)
    show(page, (0, ReachKind.VIEW, 7))
    page.status = ClarificationStatus.RETRACTED
    db.session.commit()
    browser = sign_in(officer)
    assert "Halaman ini sudah ditarik" in browser.get(f"/petugas/klarifikasi/{page.id}/jangkauan").text
    assert "<h2>Belum terbit</h2>" in browser.get(f"/petugas/klarifikasi/{draft.id}/jangkauan").text
    assert "/jangkauan" not in browser.get(f"/petugas/klarifikasi/{draft.id}").text
    assert browser.get("/petugas/klarifikasi/9999/jangkauan").status_code == 404


def test_residents_do_not_read_it(published: Publish, client: FlaskClient) -> None:
    page = published()
    show(page, (0, ReachKind.VIEW, 3))
    assert client.get(f"/petugas/klarifikasi/{page.id}/jangkauan").status_code == 302
    assert "Dibaca" not in client.get(f"/klarifikasi/{page.slug}").text


def test_the_list_to_download_holds_it(published: Publish, officer: Officer, sign_in: SignIn) -> None:
    page = published()
    show(page, (0, ReachKind.VIEW, 12), (1, ReachKind.VIEW, 3), (0, ReachKind.SHORT_VISIT, 2))
    show(page, (1, ReachKind.ANSWER, 4), (1, ReachKind.COMPARISON, 1))
    db.session.add(Usefulness(clarification_id=page.id, useful=3, not_useful=1))
    factories.make_clarification(officer, None)
    db.session.commit()
    text = sign_in(officer).get("/petugas/klarifikasi/daftar.csv").text.removeprefix("\ufeff")
    rows = {row["Bagian"]: row for row in csv.DictReader(io.StringIO(text), delimiter=";")}
    names = ("Dibaca", "Alamat pendek dibuka", "Menjadi jawaban", "Ditawarkan untuk dibandingkan", "Membantu",
             "Belum membantu")  # fmt: skip
    assert [rows["Pernah terbit"][name] for name in names] == ["15", "2", "4", "1", "3", "1"]
    assert [rows["Rancangan"][name] for name in names] == [""] * 6
