"""Whether the claims that entries become depend on the order in which they arrive: ``python -m benchmarks order``.

The same entries are stored and assessed several times, each time in an instance of its own: as they were published, and
shuffled, all in one round of the worker or a part in each of three. ``other_groups``: of a run's groups of entries that
are one claim, how many the first run has not. The entries are the messages of ``data/pairs``, about 170 matters in some
eleven wordings each, with near-misses: harder than what feeds bring. ``pairs_right`` and ``pairs_found`` tell what the
grouping is worth.
"""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from random import Random
from typing import Any

import sqlalchemy as sa

from benchmarks import feeds, plausible
from benchmarks.instance import temporary_instance
from benchmarks.plausible import Text
from hoax_tracker.core.paths import data_file_path
from hoax_tracker.ingest.parsers.entry import FeedEntry

NOW = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)
SOURCES, SEED, SHUFFLES = 20, 7, 2
PASSED_ON, REPEATED, NEWS = 600, 200, 300
"""Messages told again in nearly the same words and in the very same, and entries like those of benchmarks/feeds.py."""

Groups = frozenset[frozenset[str]]


@dataclass(frozen=True)
class Told:
    """An entry, and the claim that it tells where that is known."""

    entry: FeedEntry
    claim: str | None


def told() -> list[Told]:
    """Return the entries, always the same, in the order in which they were published."""
    chance = Random(SEED)
    with data_file_path("pairs", "messages.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    texts = [(row["text"], row["clarification"] if row["answers"] == "1" else None) for row in rows]
    again = chance.sample(texts, PASSED_ON)
    texts += [(plausible.forward_text(Text("", text, ""), chance).text, claim) for text, claim in again]
    texts += chance.sample(texts, REPEATED)
    texts += [(f"{title}\n{text}", None) for title, text in islice(feeds.iterate_feed_texts(SEED), NEWS)]
    chance.shuffle(texts)
    return [Told(entry(number, text, chance), claim) for number, (text, claim) in enumerate(texts)]


def entry(number: int, text: str, chance: Random) -> FeedEntry:
    """Return the entry of a text; of the last days, several of one minute."""
    published = NOW - timedelta(minutes=(10_000 - number) // 3)
    address = f"https://media{number % SOURCES}.example/{number}"
    return FeedEntry(str(number), address, "", text, None, published, None, None, ())


def groups_of(order: Sequence[Told], size: int) -> Groups:
    """Store entries in this order, assess after so many of them each time, and return which became one claim."""
    from hoax_tracker import pipeline
    from hoax_tracker.core.database.transactions import write_transaction
    from hoax_tracker.ingest.storage.store import store_entries
    from hoax_tracker.models import ClaimAppearance, Item, Source, db

    with temporary_instance():
        with write_transaction():
            names = sorted({host(one) for one in order})
            made = [Source(name=one, url=f"https://{one}/", created_at=NOW) for one in names]
            db.session.add_all(made)
            db.session.flush()
            ids = {one.name: one.id for one in made}
        for start in range(0, len(order), size):
            for part in batches(order[start : start + size]):
                with write_transaction():
                    source = db.session.get_one(Source, ids[host(part[0])])
                    store_entries(source, [one.entry for one in part], NOW)
            pipeline.flag_pending_items(NOW)
        query = sa.select(ClaimAppearance.claim_id, Item.feed_id).join(Item, Item.id == ClaimAppearance.item_id)
        found = defaultdict(set)
        for claim_id, feed_id in db.session.execute(query):
            found[claim_id].add(feed_id)
        return frozenset(map(frozenset, found.values()))


def host(one: Told) -> str:
    """Return the source of an entry."""
    return (one.entry.url or "").split("/")[2]


def batches(part: Iterable[Told]) -> list[list[Told]]:
    """Return the entries source by source, in the order in which the sources first come."""
    found: dict[str, list[Told]] = {}
    for one in part:
        found.setdefault(host(one), []).append(one)
    return list(found.values())


def quality(groups: Groups, entries: Sequence[Told]) -> dict[str, Any]:
    """Return how many claims, their sizes, the share of pairs in one claim that tell one, and the other way round."""
    claim_of = {one.entry.feed_id or "": one.claim for one in entries}
    right = joined = 0
    for group in groups:
        known = Counter(claim_of[one] or one for one in group)
        joined += sum(known.values()) * (sum(known.values()) - 1) // 2
        right += sum(count * (count - 1) // 2 for count in known.values())
    held = Counter(claim for group in groups for one in group if (claim := claim_of[one]))
    wanted = sum(count * (count - 1) // 2 for count in held.values())
    return {
        "claims": len(groups),
        "entries": sum(map(len, groups)),
        "largest": sorted(map(len, groups), reverse=True)[:5],
        "pairs_right": round(right / max(joined, 1), 4),
        "pairs_found": round(right / max(wanted, 1), 4),
    }


def measure() -> dict[str, Any]:
    """Return the grouping in the order of publication, and how others differ from it."""
    entries, chance = told(), Random(SEED)
    first = groups_of(entries, len(entries))
    found: dict[str, Any] = {"as_published": quality(first, entries)}
    for number in range(SHUFFLES):
        for size in (len(entries), len(entries) // 3):
            shuffled = chance.sample(entries, len(entries))
            groups = groups_of(shuffled, size)
            figures = quality(groups, entries) | {"other_groups": len(groups - first)}
            found[f"shuffled_{number + 1}_in_rounds_of_{size}"] = figures
    return found
