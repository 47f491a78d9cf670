"""A site that is asked for long delays only its own pages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial

import pytest

from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.core.fetch import Politeness, site_locks
from hoax_tracker.core.fetch.site_locks import lock_hosts, locked_hosts, release_hosts
from hoax_tracker.ingest.pages import full_text, snapshots as pages
from hoax_tracker.models import Item, LinkedPage, PageCopy, RoleName, Source, db
from hoax_tracker.review.evidence import evidence, snapshots
from tests import factories

SPARING = Politeness()

pytestmark = pytest.mark.usefixtures("app")


def due_evidence(urls: list[str], now: datetime) -> None:
    officer = factories.make_officer("dua@kupang.example", RoleName.OFFICER)
    for place, url in enumerate(urls):
        if place % evidence.EVIDENCE_PER_CLAIM == 0:
            claim_id = factories.make_claim().id
        evidence.add_evidence_link(claim_id, url, "", allow=frozenset(), officer=officer, now=now)


def due_items(urls: list[str], now: datetime, table: type[LinkedPage | PageCopy]) -> None:
    source = Source(name="Warta", created_at=now)
    db.session.add(source)
    db.session.flush()
    for number, url in enumerate(urls):
        key = str(number)
        item = Item(source_id=source.id, entry_key=key, content_key=key, fetched_at=now)
        db.session.add(item)
        db.session.flush()
        db.session.add(table(item_id=item.id, url=url, next_at=now))
    db.session.commit()


@pytest.mark.parametrize(
    ("take", "make_due"),
    [
        (snapshots.lease_evidence_links, due_evidence),
        (full_text.lease_linked_pages, partial(due_items, table=LinkedPage)),
        (pages.lease_snapshot_pages, partial(due_items, table=PageCopy)),
    ],
)
def test_what_waits_for_a_site_that_is_asked_keeps_nothing_else_waiting(
    now: datetime,
    take: Callable[[datetime, Politeness], list[tuple[int, str]]],
    make_due: Callable[[list[str], datetime], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(site_locks, "READ_AT_ONCE", 7)
    make_due([*(f"https://ramai.example/{number}" for number in range(100)), "https://lain.example/x"], now)
    with write_transaction():
        lock_hosts(["https://ramai.example/"], now, SPARING)
    assert [url for _key, url in take(now, SPARING)] == ["https://lain.example/x"]
    assert locked_hosts(now, SPARING) == {"ramai.example", "lain.example"}
    release_hosts(["https://lain.example/"], now, SPARING)
    assert take(now, SPARING) == [], "it is leased"
