"""A source's page: its entries, the flagged ones, and officers' decisions on them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from apiflask import APIFlask
from flask.testing import FlaskClient

from hoax_tracker.ingest.sources.statistics import (
    DAYS_SHOWN,
    DayCount,
    SourceResults,
    count_entries_by_day,
    describe_days,
    draw_days,
    load_source_statistics,
)
from hoax_tracker.models import (
    Assessment,
    ClaimAppearance,
    ClaimStatus,
    Engagement,
    Item,
    ModelVersion,
    Officer,
    Source,
    Topic,
    db,
)
from tests import factories

SignIn = Callable[[Officer], FlaskClient]


@pytest.fixture
def source(app: APIFlask, now: datetime) -> Source:
    """A source that brought three entries today and one forty days ago; two were flagged and lie in closed claims."""
    row = Source(name="Warta Contoh", url="https://warta.example/feed", created_at=now, last_success_at=now)
    model = ModelVersion(digest="d", name="m", file_name="m", registered_at=now, is_active=True)
    db.session.add_all([row, model])
    db.session.flush()
    ages = [timedelta(0), timedelta(0), timedelta(days=1), timedelta(days=40)]
    items = [
        Item(source_id=row.id, entry_key=str(n), content_key=str(n), title=f"Kabar {n}", fetched_at=now - age)
        for n, age in enumerate(ages)
    ]
    db.session.add_all(items)
    db.session.flush()
    db.session.add(Engagement(item_id=items[3].id, views=2500, counted_at=now))
    for item, flagged in zip(items, (True, False, True, True), strict=True):
        db.session.add(
            Assessment(item_id=item.id, model_version_id=model.id, relevance=0.9, misinformation=0.9, priority=0.9,
                       topic=Topic.WATER, flagged=flagged, assessed_at=now)
        )  # fmt: skip
    for item, status in zip(items[:3:2], (ClaimStatus.CLARIFIED, ClaimStatus.DISMISSED), strict=True):
        claim = factories.make_claim(status=status)
        db.session.add(ClaimAppearance(claim_id=claim.id, item_id=item.id, seen_at=now))
    db.session.commit()
    return row


def test_days_are_those_of_kupang_and_old_entries_are_no_bar(source: Source, now: datetime) -> None:
    days = count_entries_by_day(source.id, now)
    assert len(days) == DAYS_SHOWN
    assert [day.count for day in days[-3:]] == [0, 1, 2]
    chart = draw_days(days, "kata")
    assert [(bar.style, bar.height) for bar in chart.bars] == [("s-bar", 35.0), ("hot", 70.0)]
    assert [label.anchor for label in chart.labels] == ["start", "end"]
    late = now.replace(hour=17)  # the next day in Kupang
    assert [day.count for day in count_entries_by_day(source.id, late)[-2:]] == [2, 0]


def test_shares_are_counted(source: Source, now: datetime) -> None:
    found = load_source_statistics(source.id, now)
    assert found.items == 4
    assert found.results == SourceResults(recent=3, flagged=2, claimed=2, decided=2, confirmed=1)
    assert [item.title for item, _counts, _claim in found.newest] == ["Kabar 1", "Kabar 0", "Kabar 2", "Kabar 3"]


def test_the_page_says_it_in_words(source: Source, officer: Officer, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch,
                                   now: datetime) -> None:  # fmt: skip
    monkeypatch.setattr("hoax_tracker.ingest.views.sources.utc_now", lambda: now)
    page = " ".join(sign_in(officer).get(f"/petugas/sumber/{source.id}/keadaan").get_data(as_text=True).split())
    assert "3 entri dalam 30 hari terakhir, paling banyak 2 pada 24 November." in page
    assert "2 dari 3 (67 %)" in page
    assert "1 dari 2 (50 %)" in page
    assert "2.500 dilihat" in page
    assert "Ubah sumber" not in page
    assert page.count("<rect class=") == 2


def test_many_entries_are_told_as_numbers_are_written(app: APIFlask, now: datetime) -> None:
    days = [DayCount(now.date(), 30_000), DayCount(now.date(), 1)]
    assert describe_days(days) == "30.001 entri dalam 2 hari terakhir, paling banyak 30.000 pada 24 November."


def test_the_page_says_that_the_site_sent_us_elsewhere(source: Source, officer: Officer, sign_in: SignIn) -> None:
    source.moving_to = "https://baru.example/feed"
    db.session.commit()
    page = sign_in(officer).get(f"/petugas/sumber/{source.id}/keadaan").text
    assert "Situsnya mengalihkan ke https://baru.example/feed untuk selamanya." in page


def test_a_source_that_brought_nothing_says_so(app: APIFlask, administrator: Officer, sign_in: SignIn) -> None:
    db.session.add(Source(name="Baru", url="https://baru.example/", created_at=factories.NOW, last_error="Tidak ada"))
    db.session.commit()
    source_id = db.session.scalars(sa.select(Source.id)).one()
    page = sign_in(administrator).get(f"/petugas/sumber/{source_id}/keadaan").get_data(as_text=True)
    assert "Tidak ada entri dalam 30 hari terakhir." in page
    assert page.count("belum ada") == 2
    assert 'class="chart"' not in page
    assert "Ubah sumber" in page


def test_no_page_for_strangers_or_for_no_source(source: Source, officer: Officer, sign_in: SignIn,
                                                client: FlaskClient) -> None:  # fmt: skip
    assert client.get(f"/petugas/sumber/{source.id}/keadaan").status_code == 302
    assert sign_in(officer).get("/petugas/sumber/999/keadaan").status_code == 404
