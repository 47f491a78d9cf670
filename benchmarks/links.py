"""How long the answer to a pasted link takes among many addresses: ``python -m benchmarks links``.

A link that an answered claim was seen at, a source of a clarification, one that officers examine, and one that nobody
knows on a site of which many addresses are known: milliseconds of processor time and by the clock, the middle of many.
"""

from __future__ import annotations

from collections.abc import Callable
from statistics import median
from time import perf_counter, process_time

import sqlalchemy as sa

from benchmarks.instance import temporary_instance
from benchmarks.seed import seed_instance
from hoax_tracker.check.answers.service import answer_message
from hoax_tracker.clock import utc_now
from hoax_tracker.models import OPEN_STATUSES, Claim, ClaimAppearance, ClaimStatus, Evidence, Item, db

ITEMS, CLAIMS, CLARIFICATIONS = 200_000, 20_000, 10_000
LINKS_PER_KIND, ROUNDS = 5, 4


def measure_links() -> dict[str, dict[str, float]]:
    """Return the median of both clocks in milliseconds for each kind of link."""
    with temporary_instance() as (_app, _folder):
        seed_instance(ITEMS, CLAIMS, CLARIFICATIONS)
        found = {kind: time_links(links()) for kind, links in LINK_KINDS.items()}
    return {"rows": {"items": ITEMS, "claims": CLAIMS, "clarifications": CLARIFICATIONS}} | found


def urls_seen_at_claims(*status: ClaimStatus) -> list[str]:
    """Return addresses at which claims of a status were seen, spread over all."""
    query = (
        sa.select(Item.url)
        .join(ClaimAppearance, ClaimAppearance.item_id == Item.id)
        .join(Claim, Claim.id == ClaimAppearance.claim_id)
        .where(Claim.status.in_(status), Item.url.is_not(None))
        .order_by(Item.id)
    )
    return spread_sample([url for url in db.session.scalars(query) if url])


def source_urls() -> list[str]:
    """Return addresses of sources, spread over all."""
    query = sa.select(Evidence.url).where(Evidence.url.is_not(None)).order_by(Evidence.id)
    return spread_sample([url for url in db.session.scalars(query) if url])


def spread_sample(urls: list[str]) -> list[str]:
    """Return some of many."""
    return urls[:: max(1, len(urls) // LINKS_PER_KIND)][:LINKS_PER_KIND]


LINK_KINDS: dict[str, Callable[[], list[str]]] = {
    "answered": lambda: urls_seen_at_claims(ClaimStatus.CLARIFIED),
    "source": source_urls,
    "under review": lambda: urls_seen_at_claims(*OPEN_STATUSES),
    "unknown": lambda: [f"{url}-lain" for url in urls_seen_at_claims(ClaimStatus.CLARIFIED)],
}


def time_links(links: list[str]) -> dict[str, float]:
    """Ask for each link some times, each time in a transaction of its own, as a request does."""
    clock, computed = [], []
    for link in links * ROUNDS:
        db.session.rollback()
        begun, before = perf_counter(), process_time()
        answer_message(link, utc_now())
        clock.append(1000 * (perf_counter() - begun))
        computed.append(1000 * (process_time() - before))
    return {"clock_ms": round(median(clock), 1), "cpu_ms": round(median(computed), 1)}
