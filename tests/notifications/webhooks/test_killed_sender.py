"""A worker killed with SIGKILL between two steps of a delivery: nothing is lost, and the lease says who sends next."""

from __future__ import annotations

from datetime import datetime

import pytest

from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.models import db
from hoax_tracker.notifications import webhooks
from hoax_tracker.notifications.outbox_leases import TRY_LASTS
from tests import databases, factories
from tests.feed_server import FeedServer
from tests.forks import run_python
from tests.notifications.webhooks.conftest import HOOK, AddEndpoint

SENDER = """
import sys
from datetime import datetime
from hoax_tracker.app import create_app
from hoax_tracker.notifications import webhooks
from tests.failpoints import Failpoint, arm
app = create_app()
arm(Failpoint(sys.argv[1], sys.argv[2]))
with app.app_context():
    webhooks.send_due_deliveries(app.extensions["settings"], datetime.fromisoformat(sys.argv[3]))
"""


@pytest.mark.slow
@pytest.mark.database
@pytest.mark.process
@pytest.mark.parametrize(
    ("step", "when", "copies"),
    [
        ("events:lease_next_delivery", "after", 1),
        ("events:post_delivery", "before", 1),
        ("events:post_delivery", "after", 2),
        ("events:record_delivery", "after", 1),
    ],
)
def test_a_killed_sender_loses_nothing(
    settings: Settings,
    server: FeedServer,
    add_endpoint: AddEndpoint,
    now: datetime,
    step: str,
    when: str,
    copies: int,
) -> None:
    """Only who dies between the answer and its record leaves a second copy, which carries the same id."""
    add_endpoint()
    claim = factories.make_claim()
    with write_transaction():
        webhooks.enqueue_report_event(claim, now)
    db.session.remove()
    allowed = f"127.0.0.1:{server.port}"
    environ = databases.command_environment(settings.data_folder, HOAX_TRACKER_FETCH_ALLOW=allowed)
    point = f"hoax_tracker.notifications.webhooks.{step}"
    killed = run_python("-c", SENDER, point, when, now.isoformat(), environ=environ)
    assert killed.returncode == -9, killed.stderr
    assert webhooks.send_due_deliveries(settings, now) == 0, "the lease of the killed one"
    webhooks.send_due_deliveries(settings, now + TRY_LASTS)
    assert webhooks.send_due_deliveries(settings, now + 2 * TRY_LASTS) == 0
    requests = server.requests(HOOK)
    assert len(requests) == copies
    assert len({request.headers["webhook-id"] for request in requests}) == 1
