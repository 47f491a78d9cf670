"""The work of the tipline, for the worker: answer what waits and send what is due, for at most half a minute.

The channels that are open now are those that were set up, and the phone of the demo.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from time import monotonic

import sqlalchemy as sa

from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.database.transactions import read_transaction
from hoax_tracker.models import Chat, ChatReply, db
from hoax_tracker.tipline.answering import answer_next_batch
from hoax_tracker.tipline.channels import open_channels
from hoax_tracker.tipline.demo_views import DEMO_CHANNEL, DemoPhone
from hoax_tracker.tipline.inbox import BATCH_PAUSE
from hoax_tracker.tipline.messages import Channel
from hoax_tracker.tipline.sending import send_next_reply

WORK_S = 30.0


def answer_chats(
    settings: Settings,
    now: datetime,
    beat: Callable[[], None] = lambda: None,
    stop: threading.Event | None = None,
    channels: Mapping[str, Channel] | None = None,
) -> int:
    """Answer and send what is due; return how many batches and replies there were.

    A batch that is due within a moment is waited for: whoever wrote it woke this job.
    """
    if not _has_work():
        return 0
    open_channels = _list_channels(settings) if channels is None else channels
    began, done = monotonic(), 0
    while (elapsed := monotonic() - began) < WORK_S and not (stop and stop.is_set()):
        moment = now + timedelta(seconds=elapsed)
        count = answer_next_batch(open_channels, settings, moment) + send_next_reply(open_channels, settings, moment)
        done += count
        beat()
        if not count and not (stop and _wait_for_batch(moment, stop)):
            break
    return done


def _has_work() -> bool:
    """Tell whether any batch or reply waits, due or not: one look into an index."""
    with read_transaction():
        batch = sa.select(Chat.id).where(Chat.due_at.is_not(None)).limit(1)
        reply = sa.select(ChatReply.id).where(ChatReply.next_try_at.is_not(None), ~ChatReply.awaits_message).limit(1)
        found = db.session.scalar(batch) is not None or db.session.scalar(reply) is not None
        db.session.rollback()
    return found


def _wait_for_batch(now: datetime, stop: threading.Event) -> bool:
    """Wait for the next batch where it is due within a moment; return whether there is one."""
    with read_transaction():
        soon = sa.select(sa.func.min(Chat.due_at)).where(Chat.due_at > now, Chat.due_at <= now + BATCH_PAUSE)
        due_at = db.session.scalar(soon)
        db.session.rollback()
    if due_at is None:
        return False
    stop.wait((due_at - now).total_seconds() + 0.01)
    return True


def _list_channels(settings: Settings) -> dict[str, Channel]:
    return open_channels() | ({DEMO_CHANNEL: DemoPhone()} if settings.demo else {})
