"""Two workers on one inbox: every message is answered once, on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier

import pytest
from apiflask import APIFlask

from hoax_tracker.core.config.settings import Settings
from hoax_tracker.models import db
from hoax_tracker.tipline import inbox
from hoax_tracker.tipline.messages import IncomingMessage
from hoax_tracker.tipline.service import answer_chats
from tests.check.conftest import UNRELATED
from tests.tipline.conftest import LATER, MemoryChannel

PEOPLE = 12


def store_from_everybody(clock: list[datetime], number: int) -> None:
    """Let everybody forward a piece of news and type something beside it."""
    inbox.store_messages(
        [
            IncomingMessage(
                "telegram", f"{number}-{person}-{place}", f"p{person}", clock[0], "text", text, forwarded=True
            )
            for person in range(PEOPLE)
            for place, text in enumerate((f"{UNRELATED}, kiriman {number}", f"{UNRELATED}, lagi {number}"))
        ]
    )


@pytest.mark.slow
def test_two_workers_answer_every_batch_once(app: APIFlask, settings: Settings, clock: list[datetime]) -> None:
    channel, both = MemoryChannel(), Barrier(2)

    def work(now: datetime) -> int:
        with app.app_context():
            try:
                both.wait(60)
                return answer_chats(settings, now, channels={"telegram": channel})
            finally:
                db.session.remove()

    for number in range(2):
        store_from_everybody(clock, number)
        db.session.remove()
        clock[0] += LATER
        with ThreadPoolExecutor(2) as workers:
            done = list(workers.map(work, [clock[0]] * 2))
        assert sum(done) == 2 * PEOPLE
        clock[0] += timedelta(minutes=1)
    replies = Counter(recipient for recipient, _reply in channel.sent)
    assert replies == {f"p{one}": 2 for one in range(PEOPLE)}
