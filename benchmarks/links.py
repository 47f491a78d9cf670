"""How long the answer to a pasted link takes among many addresses: ``python -m benchmarks links``.

A link that an answered claim was seen at, a source of a clarification, one that officers examine, and one that nobody
knows on a site of which many addresses are known: milliseconds of processor time and by the clock, the middle of many.
"""

from __future__ import annotations

from collections.abc import Callable
from statistics import median
from time import perf_counter, process_time

import sqlalchemy as sa

from benchmarks.instance import instance
from benchmarks.seed import seed
from hoax_tracker.check.answers.service import answer
from hoax_tracker.clock import utc_now
from hoax_tracker.models import (
    OPEN_STATUSES,
    Claim,
    ClaimAppearance,
    ClaimStatus,
    Evidence,
    Item,
    db,
)

ITEMS, CLAIMS, CLARIFICATIONS = 200_000, 20_000, 10_000
LINKS, ROUNDS = 5, 4


def measure() -> dict[str, dict[str, float]]:
    """Return the median of both clocks in milliseconds for each kind of link."""
    with instance() as (_app, _folder):
        seed(ITEMS, CLAIMS, CLARIFICATIONS)
        found = {kind: timed(links()) for kind, links in KINDS.items()}
    return {"rows": {"items": ITEMS, "claims": CLAIMS, "clarifications": CLARIFICATIONS}} | found


def seen_at(*status: ClaimStatus) -> list[str]:
    """Return addresses at which claims of a status were seen, spread over all."""
    query = (
        sa.select(Item.url)
        .join(ClaimAppearance, ClaimAppearance.item_id == Item.id)
        .join(Claim, Claim.id == ClaimAppearance.claim_id)
        .where(Claim.status.in_(status), Item.url.is_not(None))
        .order_by(Item.id)
    )
    return spread([url for url in db.session.scalars(query) if url])


def sources() -> list[str]:
    """Return addresses of sources, spread over all."""
    query = sa.select(Evidence.url).where(Evidence.url.is_not(None)).order_by(Evidence.id)
    return spread([url for url in db.session.scalars(query) if url])


def spread(urls: list[str]) -> list[str]:
    """Return some of many."""
    return urls[:: max(1, len(urls) // LINKS)][:LINKS]


KINDS: dict[str, Callable[[], list[str]]] = {
    "answered": lambda: seen_at(ClaimStatus.CLARIFIED),
    "source": sources,
    "under review": lambda: seen_at(*OPEN_STATUSES),
    "unknown": lambda: [f"{url}-lain" for url in seen_at(ClaimStatus.CLARIFIED)],
}


def timed(links: list[str]) -> dict[str, float]:
    """Ask for each link some times, each time in a transaction of its own, as a request does."""
    clock, computed = [], []
    for link in links * ROUNDS:
        db.session.rollback()
        begun, before = perf_counter(), process_time()
        answer(link, utc_now())
        clock.append(1000 * (perf_counter() - begun))
        computed.append(1000 * (process_time() - before))
    return {"clock_ms": round(median(clock), 1), "cpu_ms": round(median(computed), 1)}
