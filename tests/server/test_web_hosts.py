"""Two web hosts behind Caddy: one is killed with requests in hand, and no visitor meets an error or loses a report."""

from __future__ import annotations

from pathlib import Path

import pytest

from hoax_tracker.clock import utc_now
from hoax_tracker.models import RoleName, db
from tests import factories
from tests.server.hosts_trial import Site, kill_under_load, serve_on_two_hosts

pytestmark = [
    pytest.mark.postgresql,
    pytest.mark.process,
    pytest.mark.needs("caddy"),
]


@pytest.mark.slow
def test_a_host_that_is_killed_costs_no_visitor_anything(tmp_path: Path) -> None:
    with serve_on_two_hosts(tmp_path) as site:
        found = kill_under_load(site, visitors=16, rounds=1, acts=60)
        assert found["sent_again_for_the_proxy"] >= 1, "a form was in the hands of the host that died"
        require_one_state_everywhere(site)


@pytest.mark.long
def test_hosts_killed_in_turn_under_fifty_visitors(tmp_path: Path) -> None:
    with serve_on_two_hosts(tmp_path) as site:
        found = kill_under_load(site, visitors=50, rounds=4, acts=300)
        assert found["sent_again_for_the_proxy"] >= 4
        require_one_state_everywhere(site)


def require_one_state_everywhere(site: Site) -> None:
    """What one host publishes is on the pages that the others keep with the next request."""
    for host in site.hosts:
        assert "Pasar malam" not in host.ask("/klarifikasi/")[1]
    people = [factories.make_officer(f"{name}@kupang.example", RoleName.APPROVER) for name in ("lain", "lagi")]
    factories.make_clarification(*people, slug="pasar", title="Pasar malam tetap buka", published_at=utc_now())
    db.session.commit()
    for host in site.hosts:
        assert "Pasar malam" in host.ask("/klarifikasi/")[1]
        assert host.ask("/klarifikasi/pasar")[0] == 200
