"""The receiver that docs/webhooks.md shows runs, accepts what the worker sends, once, and nothing else."""

from __future__ import annotations

import http.client
import re
import subprocess
import sys
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.models import Officer, WebhookDelivery
from hoax_tracker.notifications import webhooks
from hoax_tracker.notifications.webhooks import endpoints
from tests import factories
from tests.factories import list_rows
from tests.repository import ROOT
from tests.services import free_port
from tests.waiting import wait_until


def posts(port: int) -> int:
    """The status of an unsigned message; 0 while nobody listens."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request("POST", "/", b"{}")
        return connection.getresponse().status
    except OSError:
        return 0
    finally:
        connection.close()


@pytest.mark.process
def test_the_documented_receiver_checks_and_accepts(settings: Settings, administrator: Officer, now: datetime) -> None:
    code = re.findall(r"```python\n(.*?)```", (ROOT / "docs/webhooks.md").read_text(encoding="utf-8"), re.DOTALL)[0]
    port = free_port()
    settings = replace(settings, fetch_allow=frozenset({("127.0.0.1", port)}))
    values = {"name": "Contoh", "url": f"http://127.0.0.1:{port}/", "events": ["report.received"], "is_active": True}
    secret = endpoints.add_endpoint(values, settings=settings, by=administrator, now=now)
    environ = {"WEBHOOK_SECRET": secret, "PORT": str(port)}
    command = [sys.executable, "-c", code]
    with subprocess.Popen(
        command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as receiver:
        try:
            wait_until(lambda: posts(port) == 401, "the receiver refuses what is not signed")
            claim = factories.make_claim(unit_id=factories.load_unit("pdam").id)
            with write_transaction():
                webhooks.enqueue_report_event(claim, now)
            assert webhooks.send_due_deliveries(settings, now) == 1
            endpoints.resend_delivery(list_rows(WebhookDelivery)[0].id, by=administrator, now=now)
            assert webhooks.send_due_deliveries(settings, now + timedelta(minutes=1)) == 1
        finally:
            receiver.terminate()
        assert receiver.stdout is not None
        lines = receiver.stdout.read().splitlines()
    assert [line.split()[0] for line in lines] == ["report.received"]
