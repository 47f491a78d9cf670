"""Assessed items are grouped in the order of publication, each once, whatever happens meanwhile."""

from __future__ import annotations

from datetime import datetime

import pytest
import sqlalchemy as sa

from hoax_tracker import pipeline
from hoax_tracker.core.database.transactions import Turn, write_transaction
from hoax_tracker.flag import service as flag
from hoax_tracker.flag.model import model_files as flag_models
from hoax_tracker.items import assessment_queue
from hoax_tracker.items.claim_text import apply_fact_checker_mark
from hoax_tracker.models import (
    Assessment,
    ClaimAppearance,
    Item,
    ModelVersion,
    Source,
    SourceKind,
    UnassessedItem,
    UngroupedItem,
    db,
)
from tests.items.test_assessment_queue import store

HOAX = "Beredar kabar air PDAM Kota Kupang beracun dan dua anak di Oesapa meninggal. Sebarkan! Kiriman"


@pytest.fixture
def assessed(shipped_model: ModelVersion, now: datetime) -> list[int]:
    """Ids of items about the city that wait to be grouped, in order."""
    pipeline.extend_assessment_queue(now)
    ids = store(now, *(f"{HOAX} {number}." for number in range(5)))
    assert pipeline.assess_batch(now, 10).items == 5
    return ids


def waiting() -> list[int]:
    """The items that wait to be grouped."""
    return list(db.session.scalars(sa.select(UngroupedItem.item_id).order_by(UngroupedItem.item_id)))


def group_next(at_once: int) -> list[int]:
    """The items that would be grouped next."""
    return [row.item_id for row in assessment_queue.next_ungrouped_items(sa.true(), at_once)]


def test_nothing_is_grouped_past_an_item_that_is_being_assessed(assessed: list[int], now: datetime) -> None:
    late = db.session.get_one(UngroupedItem, assessed[3])
    with write_transaction():
        values = {"item_id": late.item_id, "seen_at": late.seen_at, "content_key": late.content_key}
        db.session.execute(sa.delete(UngroupedItem).where(UngroupedItem.item_id == assessed[3]))
        db.session.execute(sa.insert(UnassessedItem), values)
    assert group_next(2) == assessed[:2]
    assert group_next(3) == assessed[:3]
    assert group_next(4) == [], "a part of a batch only where nothing is left to assess"
    assert pipeline.assess_batch(now, 10).items == 0, "the version has assessed it, and it is only taken off"
    assert group_next(9) == [*assessed[:3], assessed[4]]


def test_each_is_grouped_once(assessed: list[int], now: datetime) -> None:
    assert flag.list_ungrouped_texts(after=1, limit=2) == [f"{HOAX} 1.", f"{HOAX} 2."]
    assert [pipeline.group_batch(now, 3, wait=True) for _ in range(3)] == [3, 2, 0]
    assert waiting() == []
    assert sorted(db.session.scalars(sa.select(ClaimAppearance.item_id))) == assessed


def test_what_is_assessed_anew_waits_by_its_new_words(assessed: list[int]) -> None:
    with write_transaction(Turn.STORE):
        assessment_queue.requeue_items(assessed[:1])
    assert waiting() == assessed[1:]
    with write_transaction():
        assessment_queue.dequeue_grouped_items([(assessed[1], "of other words")])
    assert waiting() == assessed[1:]


def test_what_is_a_fact_checkers_is_not_grouped(assessed: list[int], now: datetime) -> None:
    with write_transaction():
        source = db.session.scalars(sa.select(Source).where(Source.kind == SourceKind.FEED)).one()
        source.is_fact_checker = True
        apply_fact_checker_mark(source)
    assert waiting() == []
    assert pipeline.group_batch(now, 9, wait=True) == 0


def test_what_another_version_does_not_take_to_be_about_the_city_is_not_grouped(
    assessed: list[int], now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    with write_transaction(Turn.STORE):
        version = db.session.scalars(sa.select(ModelVersion)).one()
        db.session.execute(sa.delete(Assessment))
        assessment_queue.enqueue_items(Item.id.in_(assessed[:2]))
        bundle = flag_models.load_version_bundle(version)
    monkeypatch.setitem(bundle.thresholds, "relevance", 1.1)
    assert pipeline.assess_batch(now, 10).items == 2
    assert waiting() == assessed[2:]
