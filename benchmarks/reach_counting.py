"""What counting readers costs: requests a second of pages that count them, beside the same pages that do not.

``counted``: each request is counted, as if it came from a connection of its own. ``not counted``: the same server with
counting left out. Both are asked in turn, round after round; ``ratio`` is the first to the second.
"""

from __future__ import annotations

from contextlib import ExitStack
from urllib.parse import quote

from benchmarks.instance import temporary_instance
from benchmarks.page_caching import start_changed_server
from benchmarks.web import WATER_MESSAGE, Asked, publish_sample

ROUNDS = 12
TALLY = "from hoax_tracker.check import counting as tally; "
ALL_COUNTED = f"{TALLY}tally.MOST_OF_A_VISITOR = 10**9\n"
NONE_COUNTED = f"{TALLY}tally.ReachTally.count_reader = lambda *request: None\n"


def measure_reach_counting() -> dict[str, dict[str, float]]:
    """Return the figures of each page by both servers, and their ratio."""
    with temporary_instance(LIMIT_FACTOR="100000") as (_app, folder):
        clarification = f"/klarifikasi/{publish_sample()}"
        with ExitStack() as servers:
            counted = ask_pages(start_changed_server(servers, folder, ALL_COUNTED), clarification)
            not_counted = ask_pages(start_changed_server(servers, folder, NONE_COUNTED), clarification)
            for _round in range(ROUNDS):
                for name in counted:
                    counted[name].load()
                    not_counted[name].load()
    return {name: compare_figures(counted[name], not_counted[name]) for name in counted}


def ask_pages(port: int, clarification: str) -> dict[str, Asked]:
    """Return the pages of a server that count readers."""
    return {
        "clarification": Asked(port, clarification),
        "clarification again": Asked(port, clarification, etag=True),
        "answer": Asked(port, f"/cek?q={quote(WATER_MESSAGE)}"),
    }


def compare_figures(counted: Asked, not_counted: Asked) -> dict[str, float]:
    """Return the requests a second of both and their ratio."""
    ours, bare = counted.figures()["requests_per_s"], not_counted.figures()["requests_per_s"]
    return {"counted_per_s": ours, "not_counted_per_s": bare, "ratio": round(ours / bare, 3)}
