"""Statistics over many rows are counted by the worker and read by pages, which count where none are stored."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from apiflask import APIFlask
from flask import current_app
from flask.testing import FlaskClient

from hoax_tracker import pipeline
from hoax_tracker.clock import utc_now
from hoax_tracker.core.database import statistics_cache
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.flag import flagger_month
from hoax_tracker.flag.model import model_files
from hoax_tracker.flag.model.training_labels import list_training_labels
from hoax_tracker.ingest.sources.statistics import load_source_statistics
from hoax_tracker.models import Item, KeptFigures, Officer, Source, db
from tests import factories

SignIn = Callable[[Officer], FlaskClient]


def add_item(number: int) -> None:
    """Add an entry of the one source."""
    with write_transaction():
        source = db.session.scalar(sa.select(Source)) or Source(name="Warta", created_at=factories.NOW)
        db.session.add(source)
        db.session.flush()
        key = f"{number:064}"
        row = Item(source_id=source.id, entry_key=key, content_key=key, text="Air mati", fetched_at=utc_now())
        db.session.add(row)


@pytest.fixture
def many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let two entries be very many."""
    monkeypatch.setattr(statistics_cache, "MANY_ENTRIES", 2)


def test_a_small_instance_keeps_nothing(app: APIFlask, many: None, now: datetime) -> None:
    add_item(1)
    assert pipeline.refresh_cached_figures(current_app.extensions["settings"], now) == 0
    add_item(2)
    assert pipeline.refresh_cached_figures(current_app.extensions["settings"], now) == 5, (
        "the sources twice, two months, and the public statistics"
    )
    assert pipeline.refresh_cached_figures(current_app.extensions["settings"], now) == 0, "not again within the hour"
    assert (
        pipeline.refresh_cached_figures(current_app.extensions["settings"], now + statistics_cache.RECOUNT_INTERVAL)
        == 5
    )


def test_another_model_in_use_lets_the_worker_count_again(app: APIFlask, many: None, now: datetime) -> None:
    add_item(1)
    add_item(2)
    assert pipeline.refresh_cached_figures(current_app.extensions["settings"], now) == 5
    with write_transaction():
        model_files.register_shipped_model(now)
    assert pipeline.refresh_cached_figures(current_app.extensions["settings"], now) == 5, "its assessments are others"
    assert pipeline.refresh_cached_figures(current_app.extensions["settings"], now) == 0


@pytest.mark.usefixtures("one_moment")
def test_pages_show_what_was_kept_and_when(app: APIFlask, many: None, officer: Officer, sign_in: SignIn) -> None:
    add_item(1)
    add_item(2)
    browser = sign_in(officer)
    now_counted = browser.get("/petugas/sumber/").get_data(as_text=True)
    assert "<dd>2</dd>" in now_counted
    assert "dihitung pukul" not in now_counted
    pipeline.refresh_cached_figures(current_app.extensions["settings"], utc_now())
    add_item(3)
    source = f"/petugas/sumber/{db.session.scalar(sa.select(Source.id))}/keadaan"
    for path in ("/petugas/sumber/", source, "/petugas/penanda/", "/petugas/penanda/?bulan=lalu"):
        assert "Angkanya dihitung pukul" in browser.get(path).get_data(as_text=True)
    assert "<dd>2</dd>" in browser.get("/petugas/sumber/").get_data(as_text=True)
    assert "0 dari 2 (0 %)" in browser.get(source).get_data(as_text=True)
    with write_transaction():
        db.session.execute(sa.update(KeptFigures).values(counted_at=utc_now() - timedelta(hours=4)))
    assert "<dd>3</dd>" in browser.get("/petugas/sumber/").get_data(as_text=True), "no worker runs: counted here"
    assert "0 dari 3 (0 %)" in browser.get(source).get_data(as_text=True)


def test_a_month_is_kept_whole(app: APIFlask, officer: Officer) -> None:
    for number in range(3):
        factories.make_claim(f"Yang lain nomor {number}")
    month = flagger_month.month_containing(factories.NOW)
    shown = flagger_month.build_flagger_month(month, list_training_labels())
    assert flagger_month.flagger_month_from_json(month, shown.as_json()) == shown


@pytest.mark.usefixtures("one_moment")
def test_a_source_that_came_since_is_counted_by_its_page(app: APIFlask, many: None) -> None:
    add_item(1)
    add_item(2)
    pipeline.refresh_cached_figures(current_app.extensions["settings"], utc_now())
    with write_transaction():
        row = Source(name="Baru", created_at=factories.NOW)
        db.session.add(row)
        db.session.flush()
        row_id = row.id
        db.session.add(Item(source_id=row_id, entry_key="k", content_key="k", text="Banjir", fetched_at=utc_now()))
    found = load_source_statistics(row_id, utc_now())
    assert (found.results.recent, found.counted_at) == (1, None)
