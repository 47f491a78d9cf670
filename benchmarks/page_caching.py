"""What the page middleware and the change marker are worth: requests a second of public pages with and without each.

``no middleware``: Flask answers kept pages (`CachedPageMiddleware` is left out). ``no marker``: the public rows are
asked each time (`ChangeMarker` is left out). ``neither``: ETag, Cache-Control and the kept pages remain.
"""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from urllib.parse import quote

from benchmarks.instance import temporary_instance
from benchmarks.web import ROUNDS, WATER_MESSAGE, Asked, publish_sample, run_server, serve_bare_view, wait_for_index

NO_MIDDLEWARE = "from hoax_tracker.check.cache import page_cache as w; w.CachedPageMiddleware = lambda app: app\n"
NO_MARKER = "from hoax_tracker.check.cache import page_cache as m; m.change_marker_for = lambda engine: None\n"
CHANGES = {"": "", ", no middleware": NO_MIDDLEWARE, ", no marker": NO_MARKER, ", neither": NO_MIDDLEWARE + NO_MARKER}
SERVE_SOURCE = "from hoax_tracker.cli import main; main()"
SERVE_ARGUMENTS = ("serve", "--workers", "1", "--no-worker")


def measure_page_caching() -> dict[str, dict[str, float]]:
    """Return requests a second, p95 in ms and the ratio to a bare Flask view for each page of each server.

    All are asked in turn, as in web.py.
    """
    with temporary_instance(LIMIT_FACTOR="100000") as (_app, folder):
        clarification = f"/klarifikasi/{publish_sample()}"
        with ExitStack() as servers:
            asked = {"bare": Asked(servers.enter_context(serve_bare_view(folder)), "/")}
            for change, source in CHANGES.items():
                port = start_changed_server(servers, folder, source)
                asked[f"front{change}"] = Asked(port, "/")
                asked[f"clarification{change}"] = Asked(port, clarification)
                asked[f"answer{change}"] = Asked(port, f"/cek?q={quote(WATER_MESSAGE)}")
            for _round in range(ROUNDS):
                for page in asked.values():
                    page.load()
    figures = {name: page.figures() for name, page in asked.items()}
    for row in figures.values():
        row["ratio"] = round(row["requests_per_s"] / figures["bare"]["requests_per_s"], 3)
    return figures


def start_changed_server(servers: ExitStack, folder: Path, source: str) -> int:
    """Start a server that runs a change of the program first; return its port."""
    port, _process = servers.enter_context(run_server(folder, ["-c", source + SERVE_SOURCE, *SERVE_ARGUMENTS]))
    wait_for_index(folder)
    return port
