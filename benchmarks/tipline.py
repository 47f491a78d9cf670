"""The tipline under a crowd: 1,000 messages in a minute to WhatsApp's webhook, a web process and a worker, none lost.

Each message comes from another person, every second one is about something the city answered. Both processes are the
real ones; the Cloud API is a server of its shape on loopback. The webhook is timed where the messages are sent.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter
from typing import TYPE_CHECKING

from benchmarks.instance import temporary_instance

if TYPE_CHECKING:
    from tests.tipline.chat_servers import WhatsAppServer

MESSAGES, SECONDS, SENDERS = 1_000, 60.0, 8
ANSWERED_WITHIN_S = 300.0
MEDIAN_AIM_MS = 100
KNOWN = "Diteruskan: mulai Senin besok air PDAM se-Kota Kupang mati total 7 hari karena pipa pecah, kiriman {number}"
UNKNOWN = "Katanya kapal feri tujuan Rote dibatalkan sampai ombak tenang, penumpang tidur di Bolok, kiriman {number}"


def measure_tipline() -> dict[str, float]:
    """Return how many messages were taken and answered, and how long the webhook and the replies took."""
    from tests.tipline.chat_servers import WhatsAppServer

    with WhatsAppServer() as whatsapp:
        allowed = f"127.0.0.1:{whatsapp.port}"
        with temporary_instance(FETCH_ALLOW=allowed, LIMIT_FACTOR="100000") as (_app, folder):
            _put_in_service(whatsapp)
            with _run_processes(folder) as hook:
                taken_ms, lasted_s = _deliver_all(whatsapp, hook)
                answered_s = _wait_for_replies(whatsapp)
    return _sum_up(whatsapp, taken_ms, lasted_s, answered_s)


def _put_in_service(whatsapp: WhatsAppServer) -> None:
    """Publish pages, and add the number as in service; rows only: it is a bench."""
    from benchmarks.clarifications import publish_clarifications
    from hoax_tracker.authority import guards
    from hoax_tracker.clock import utc_now
    from hoax_tracker.core.database.transactions import write_transaction
    from hoax_tracker.core.extensions import current_settings
    from hoax_tracker.models import db
    from hoax_tracker.tipline.channels.access import WHATSAPP, ChannelKeys, make_row, seal_keys
    from tests.tipline.chat_servers.whatsapp import APP_SECRET, NUMBER, NUMBER_ID, TOKEN

    publish_clarifications(90)
    keys = ChannelKeys(whatsapp.url, TOKEN, APP_SECRET, "kait")
    row = make_row(WHATSAPP)
    row.base_url, row.account, row.account_id, row.is_in_service = whatsapp.url, NUMBER, NUMBER_ID, True
    row.sealed_keys, row.keys_saved_at = seal_keys(keys, current_settings().contact_key), utc_now()
    with db.engine.begin() as connection:
        guards.drop_guards(connection)
    with write_transaction():
        db.session.add(row)
    with db.engine.begin() as connection:
        guards.create_guards(connection)


@contextmanager
def _run_processes(folder: Path) -> Iterator[str]:
    """Run a web process and a worker until the block ends; yield the webhook's address."""
    from benchmarks.web import run_server, wait_for_index

    environ = os.environ | {"HOAX_TRACKER_DATA": str(folder)}
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with run_server(folder, ["-m", "hoax_tracker", "serve", "--workers", "1", "--no-worker"]) as (port, _process):
        worker = subprocess.Popen([sys.executable, "-m", "hoax_tracker", "worker"], env=environ, **quiet)
        try:
            wait_for_index(folder)
            yield f"http://127.0.0.1:{port}/hook/whatsapp"
        finally:
            worker.terminate()
            worker.wait(60)


def _deliver_all(whatsapp: WhatsAppServer, hook: str) -> tuple[list[float], float]:
    """Deliver the messages evenly over the minute; return in ms how long each was waited for, and the seconds of all.

    What is not acknowledged is delivered again, as WhatsApp does.
    """
    began = perf_counter()

    def deliver(number: int) -> list[float]:
        time.sleep(max(0.0, began + number * SECONDS / MESSAGES - perf_counter()))
        text = (KNOWN if number % 2 else UNKNOWN).format(number=number)
        who = {"from": f"62812{number:08d}", "from_user_id": f"ID.{number:019d}"}
        message, waited = whatsapp.text(text, **who), []
        while True:
            asked = perf_counter()
            status = whatsapp.say(hook, message).status
            waited.append((perf_counter() - asked) * 1000)
            if status == 200:
                return waited
            time.sleep(0.5)

    with ThreadPoolExecutor(SENDERS) as crowd:
        taken = [one for each in crowd.map(deliver, range(MESSAGES)) for one in each]
    return taken, perf_counter() - began


def _wait_for_replies(whatsapp: WhatsAppServer) -> float:
    """Wait until as many replies as messages went out, or for as long as it may take; return the seconds."""
    began = perf_counter()
    while len(whatsapp.sent) < MESSAGES and perf_counter() - began < ANSWERED_WITHIN_S:
        time.sleep(0.1)
    return perf_counter() - began


def _sum_up(whatsapp: WhatsAppServer, taken_ms: list[float], lasted_s: float, answered_s: float) -> dict[str, float]:
    """Return the figures."""
    recipients = {one.recipient for one in whatsapp.sent}
    return {
        "messages": MESSAGES,
        "delivered_in_s": round(lasted_s, 1),
        "delivered_again": len(taken_ms) - MESSAGES,
        "webhook_median_ms": round(median(taken_ms), 1),
        "webhook_median_aim_ms": MEDIAN_AIM_MS,
        "webhook_p95_ms": round(quantiles(taken_ms, n=20)[-1], 1),
        "people_answered": len(recipients),
        "replies": len(whatsapp.sent),
        "last_reply_after_s": round(answered_s, 1),
    }
