"""Near-copies among unflagged items are linked to the first, and count for a claim that one opens."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from classifiers.matcher.minhash import BAND_COUNT, copy_likeness, minhash_bands
from hoax_tracker import pipeline
from hoax_tracker.core.database.transactions import Turn, write_transaction
from hoax_tracker.flag import near_duplicates, service
from hoax_tracker.flag.claim_grouping import preload_grouping
from hoax_tracker.ingest.storage.store import store_entries
from hoax_tracker.items import assessment_queue
from hoax_tracker.items.claim_text import claim_text_of
from hoax_tracker.models import Assessment, Claim, ClaimAppearance, Item, ItemBand, Report, Source, db
from tests.factories import count_rows
from tests.ingest.storage.test_store import entry
from tests.sent_statements import record_statements

FIRST = (
    "Pemerintah Kota Kupang menggelar pelayanan administrasi kependudukan keliling di Kelurahan Oesapa pada Selasa, "
    "warga cukup membawa kartu keluarga dan datang ke kantor lurah sejak pagi sampai siang hari."
)
NEAR = f"Info penting dari grup sebelah: {FIRST} Bagikan ya."
ELSEWHERE = FIRST.replace("Oesapa", "Lasiana")
DENIED = FIRST.replace("menggelar", "tidak menggelar")
OTHER = (
    "Wali Kota Kupang meresmikan taman baca di Kelurahan Naikoten dan menyerahkan dua ratus buku cerita kepada anak."
)


def read(source: Source, now: datetime, *texts: str) -> list[Item]:
    """Store entries, published one after the other, and assess them; return their items."""
    told = [entry(text, feed_id=f"{now} {n}", published_at=now + timedelta(seconds=n)) for n, text in enumerate(texts)]
    with write_transaction():
        new = store_entries(source, told, now).new
    assert pipeline.flag_pending_items(now) == 0
    return [db.session.get_one(Item, key) for key in new]


def seen_of(claim_id: int) -> Sequence[int | None]:
    query = sa.select(ClaimAppearance.item_id).where(ClaimAppearance.claim_id == claim_id)
    return sorted(key or 0 for key in db.session.scalars(query))


def test_a_near_copy_is_tied_to_the_first_and_another_story_is_not(source: Source, now: datetime) -> None:
    first, near, elsewhere, denied, other = read(source, now, FIRST, NEAR, ELSEWHERE, DENIED, OTHER)
    assert near.copy_of_id == first.id
    assert [one.copy_of_id for one in (first, elsewhere, denied, other)] == [None] * 4
    later = now + timedelta(days=2)
    (again,) = read(source, later, NEAR + " Info grup.")
    assert again.copy_of_id == first.id


def test_however_often_a_text_goes_round_only_its_first_is_looked_for(source: Source, now: datetime) -> None:
    items = read(source, now, FIRST, *(f"{FIRST} Diteruskan {n} kali." for n in range(40)), *[FIRST] * 3)
    assert {one.copy_of_id for one in items} == {None, items[0].id}
    assert count_rows(ItemBand) == BAND_COUNT


def test_a_copy_of_a_copy_is_tied_to_the_first(source: Source, now: datetime) -> None:
    first, near = read(source, now, FIRST, NEAR)
    (same,) = read(source, now + timedelta(hours=1), NEAR)
    assert near.copy_of_id == same.copy_of_id == first.id


@pytest.mark.parametrize("stored_first", [0, 1])
def test_of_the_same_words_the_one_that_is_assessed_first_is_the_first(
    source: Source, now: datetime, stored_first: int
) -> None:
    with write_transaction():
        pair = [entry(FIRST, feed_id=str(n), published_at=now + timedelta(seconds=n)) for n in range(2)]
        keys = [store_entries(source, [one], now).new[0] for one in (pair if stored_first == 0 else pair[::-1])]
    early, late = keys if stored_first == 0 else keys[::-1]
    for part in ([early], [late]):
        with write_transaction():
            near_duplicates.link_near_copies([db.session.get_one(Item, key) for key in part])
    (near,) = read(source, now + timedelta(hours=1), NEAR)
    found = [db.session.get_one(Item, key).copy_of_id for key in (early, late, near.id)]
    assert found == [None, early, early]


def test_whichever_worker_is_done_first_copies_are_tied(source: Source, now: datetime) -> None:
    with write_transaction():
        texts = (FIRST, OTHER, NEAR)
        old, _other, new = store_entries(
            source, [entry(one, feed_id=one[:20] + str(len(one))) for one in texts], now
        ).new
        (same,) = store_entries(source, [entry(FIRST, feed_id="lagi")], now).new
    for ids in ([new], [old], [same]):  # one worker has the newer items, the other the older ones
        with write_transaction():
            near_duplicates.link_near_copies([db.session.get_one(Item, key) for key in ids])
    assert [db.session.get_one(Item, key).copy_of_id for key in (old, new, same)] == [new, None, new]


def test_what_was_seen_before_is_reach_of_the_claim_that_an_officer_records(source: Source, now: datetime) -> None:
    items = read(source, now - timedelta(days=3), FIRST, NEAR, ELSEWHERE, OTHER)
    with write_transaction():
        own = Source(name="Dicatat", created_at=now)
        db.session.add(own)
        db.session.flush()
        (key,) = store_entries(own, [entry(NEAR + " Benar?", feed_id="x")], now).new
    claim = db.session.get_one(Claim, pipeline.assign_item_to_claim(key, now))
    assert seen_of(claim.id) == [items[0].id, items[1].id, key]
    assert (claim.first_seen_at, claim.last_seen_at) == (now - timedelta(days=3), now)
    assert pipeline.flag_pending_items(now) == 0
    assert len(seen_of(claim.id)) == 3


def test_it_is_reach_of_the_claim_that_a_resident_reports(source: Source, now: datetime) -> None:
    items = read(source, now - timedelta(days=3), FIRST, NEAR, DENIED)
    db.session.add(Report(ticket_digest="a" * 64, text=FIRST, received_at=now))
    db.session.commit()
    assert pipeline.assign_waiting_reports(now) == 1
    claim = db.session.scalars(sa.select(Claim)).one()
    assert seen_of(claim.id) == [0, items[0].id, items[1].id]


def test_what_its_source_rewords_is_compared_anew(source: Source, now: datetime) -> None:
    read(source, now, FIRST)
    page = {"feed_id": "x", "url": "https://warta.example/1"}
    with write_transaction():
        (key,) = store_entries(source, [entry(NEAR, **page)], now).new
    pipeline.flag_pending_items(now)
    assert db.session.get_one(Item, key).copy_of_id is not None
    with write_transaction():
        assert store_entries(source, [entry(OTHER, **page)], now).edited == 1
    pipeline.flag_pending_items(now)
    assert db.session.get_one(Item, key).copy_of_id is None
    assert db.session.scalar(sa.select(sa.func.count()).where(ItemBand.item_id == key)) == BAND_COUNT


def test_of_texts_that_come_once_few_are_looked_for_alone(source: Source, now: datetime) -> None:
    """Each shares bands with no other, so that one query answers for all."""
    with write_transaction():
        unlike = [" ".join(f"{chr(97 + n)}kata{word}" for word in range(12)) for n in range(20)]
        new = store_entries(source, [entry(text, feed_id=text) for text in unlike], now).new
    items = db.session.scalars(sa.select(Item).where(Item.id.in_(new))).all()
    with record_statements() as asked:
        assert near_duplicates.ids_with_copies(items) == set()
        near_duplicates.link_near_copies(items)
    db.session.commit()
    assert 2 <= sum("FROM item" in one for one in asked) <= 4
    assert count_rows(ItemBand) == BAND_COUNT * len(items)
    assert near_duplicates.ids_with_copies(items) == {one.id for one in items}


def test_the_lookup_reads_an_index_and_nothing_else(source: Source) -> None:
    query = sa.select(ItemBand.item_id).where(ItemBand.band.in_([1, 2])).group_by(ItemBand.item_id)
    if db.engine.dialect.name == "sqlite":
        plan = db.session.execute(
            sa.text(f"explain query plan {query.compile(compile_kwargs={'literal_binds': True})}")
        )
        said = " ".join(str(row) for row in plan)
        assert "SEARCH item_band USING PRIMARY KEY (band=?)" in said
    assert near_duplicates.nearest_item_ids([]) == []


def test_the_numbers_are_the_same_on_every_machine() -> None:
    assert minhash_bands(FIRST)[:3] == minhash_bands(FIRST.upper() + "!!")[:3]
    assert len(minhash_bands(FIRST)) == BAND_COUNT
    assert all(-(2**63) <= one < 2**63 for one in minhash_bands(FIRST))
    assert minhash_bands("air mati besok") == ()
    assert set(minhash_bands(FIRST)) & set(minhash_bands(NEAR))
    assert not set(minhash_bands(FIRST)) & set(minhash_bands(OTHER))


def test_what_names_another_place_or_denies_is_no_copy() -> None:
    assert copy_likeness(FIRST, NEAR) > 0.78
    assert copy_likeness(FIRST, ELSEWHERE) == copy_likeness(FIRST, DENIED) == copy_likeness(FIRST, OTHER) == 0


def test_what_its_source_rewords_while_it_is_judged_is_judged_anew(
    source: Source, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    with write_transaction():
        (item_id,) = store_entries(source, [entry(FIRST, feed_id="a")], now).new

    def reword(_turn: Turn) -> None:
        changed = sa.update(Item).values(text=OTHER, content_key="other").execution_options(synchronize_session=False)
        db.session.execute(changed)
        assessment_queue.requeue_items([item_id])

    pipeline.extend_assessment_queue(now)
    assert pipeline.assess_batch(now, 10).items == 1
    preload_grouping()
    with monkeypatch.context() as patch:
        patch.setattr(service, "take_turn", reword)
        assert pipeline.group_batch(now, 10, wait=True) == 1
    assert count_rows(Assessment) == 0
    assert db.session.scalars(sa.select(ItemBand)).all() == []
    pipeline.flag_pending_items(now)
    assert count_rows(Assessment) == 1
    held = set(db.session.scalars(sa.select(ItemBand.band)))
    assert held == set(minhash_bands(claim_text_of(db.session.get_one(Item, item_id))))
