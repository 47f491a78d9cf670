"""Kill the worker that answers chats at named steps: ``python -m tests.tipline.killing KILLS``.

Each round people write, one worker dies at the round's failpoint (tests/failpoints.py), and the next begins when the
dead one's lease is over. What is sent goes to a file at once, as it would leave the machine. At the end workers run
until nothing waits; then the program prints as JSON who got which replies.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import sys
import tempfile
from datetime import datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from hoax_tracker.app import create_app
from hoax_tracker.models import ChatMessage, Report, db
from hoax_tracker.tipline import answering, inbox, sending, service
from hoax_tracker.tipline.messages import IncomingMessage, MediaUnavailable, Reply
from tests.conftest import NOW
from tests.failpoints import COMMIT, Failpoint, arm, kill_this_process

forking = multiprocessing.get_context("fork")
PEOPLE = 2
NEWS = "Katanya kapal feri tujuan Rote dibatalkan sampai ombak tenang, penumpang tidur di pelabuhan Bolok"
TIPLINE = "hoax_tracker.tipline"
SENT_BUT_NOT_RECORDED = f"{TIPLINE}.sending:record_outcome"
KILLS = (
    Failpoint(f"{TIPLINE}.answering:lease_next_batch", "after", 1),
    Failpoint("hoax_tracker.check.reports.submission:submit_report", "after", 1),
    Failpoint(f"{TIPLINE}.acts.performing:perform_act", "after", 1),
    Failpoint(f"{TIPLINE}.answering:finish_batch", "before", 2),
    Failpoint(COMMIT, "before", 3),
    Failpoint(f"{TIPLINE}.answering:finish_batch", "after", 1),
    Failpoint(f"{TIPLINE}.sending:lease_next_reply", "after", 1),
    Failpoint(SENT_BUT_NOT_RECORDED, "before", 1),
    Failpoint(SENT_BUT_NOT_RECORDED, "after", 1),
    Failpoint(COMMIT, "after", 4),
)
app = create_app()


class FileChannel:
    """A channel that writes each reply into a file, as one line."""

    name = "telegram"
    window: timedelta | None = None

    def __init__(self, path: Path) -> None:
        self.path = path

    def send(self, recipient: str, reply: Reply) -> str:
        line = json.dumps([recipient, reply.text]) + "\n"
        handle = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(handle, line.encode())
        os.close(handle)
        return "sent"

    def send_template(self, recipient: str) -> bool:
        return False

    def fetch_media(self, media_id: str) -> bytes:
        raise MediaUnavailable(media_id)


def work(path: Path, now: datetime, point: Failpoint | None) -> None:
    """Answer what is due, in a process of its own, which dies at the point."""
    if point:
        arm(point, kill_this_process)
    with app.app_context():
        service.answer_chats(app.extensions["settings"], now, channels={"telegram": FileChannel(path)})
        db.session.remove()


def run_worker(path: Path, now: datetime, point: Failpoint | None = None) -> int:
    """Run a worker and return how it ended. The database is not open in this process meanwhile."""
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
    process = forking.Process(target=work, args=(path, now, point))
    process.start()
    process.join()
    return process.exitcode or 0


def write_messages(number: int, now: datetime) -> None:
    """Let everybody forward a piece of news; every second round they report the one before."""
    inbox.utc_now = lambda: now  # type: ignore[attr-defined]
    messages = []
    for person in range(PEOPLE):
        is_report = number % 2 == 1
        text = "laporkan" if is_report else f"{NEWS}, kiriman {number}"
        message_id = f"{number}-{person}"
        messages.append(
            IncomingMessage("telegram", message_id, f"p{person}", now, "text", text, forwarded=not is_report)
        )
    with app.app_context():
        inbox.store_messages(messages)
        db.session.remove()


def service_time() -> timedelta:
    """How long a worker works at most: a lease that it took at the end lasts so much longer."""
    return timedelta(seconds=service.WORK_S)


def main(kills: int) -> None:
    """Run the rounds and print what was sent."""
    now, killed = NOW, 0
    path = Path(tempfile.mkdtemp()) / "sent"
    for number in range(kills):
        write_messages(number, now)
        now += inbox.BATCH_PAUSE * 2
        killed += run_worker(path, now, KILLS[number % len(KILLS)]) == -9
        now += max(answering.LEASE, sending.TRY_LASTS) + service_time()
        run_worker(path, now)
    for _ in range(5):
        now += timedelta(minutes=20)
        run_worker(path, now)
    with app.app_context():
        unanswered = sa.select(sa.func.count()).select_from(ChatMessage).where(ChatMessage.answered_at.is_(None))
        found = {
            "killed": killed,
            "unanswered": db.session.scalar(unanswered),
            "reports": db.session.scalar(sa.select(sa.func.count()).select_from(Report)),
            "sent": [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()],
        }
        sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main(int(sys.argv[1]))
