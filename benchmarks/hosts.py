"""Two web hosts behind Caddy, killed in turn while fifty residents and two officers use the site.

python -m tests.services [--redis] python -m benchmarks hosts
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

VISITORS, KILLS, ACTS = 50, 4, 300


def measure_hosts() -> dict[str, Any]:
    """Return what was done, what the proxy hid, and how long answers took; fails where a visitor met an error."""
    from tests.server.hosts_trial import kill_under_load, serve_on_two_hosts

    redis = os.environ.get("HOAX_TRACKER_TEST_REDIS")
    more = {"REDIS_URL": redis} if redis else {}
    with tempfile.TemporaryDirectory() as folder, serve_on_two_hosts(Path(folder), **more) as site:
        return {"visitors": VISITORS, "kills": KILLS} | kill_under_load(site, VISITORS, KILLS, ACTS)
