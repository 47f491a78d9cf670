"""The worker's loop: wake up, do the work that is due by the rows, sleep. No work is kept in a queue.

Each round assigns new reports to claims, sends waiting letters, reads and flags the sources that are due, and groups
residents' questions. Once a day it deletes data past its retention, and the flagger learns from decisions. A killed
worker loses nothing: the next one reads the same rows.
"""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from time import perf_counter

from hoax_tracker import pipeline
from hoax_tracker.accounts import password_links, sign_in_log
from hoax_tracker.check.answers.question_groups import group_questions
from hoax_tracker.check.sharing.changed_cards import draw_changed_cards
from hoax_tracker.check.subscriptions.daily_letters import enqueue_daily_letters
from hoax_tracker.check.subscriptions.push_delivery import send_due_pushes
from hoax_tracker.claims import assignment
from hoax_tracker.clarify.periodic_review import match_new_claims
from hoax_tracker.clock import utc_now
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.structured_logging import bind_request_id, log_fields, new_request_id
from hoax_tracker.errors import ModelUnusableError, PurgeRefusedError
from hoax_tracker.insight.monthly_reports.drafts import make_due_drafts
from hoax_tracker.match_index import current_match_index
from hoax_tracker.models import db
from hoax_tracker.notifications import notices, webhooks
from hoax_tracker.notifications.mail import send_due_letters
from hoax_tracker.operations.heartbeat import Heartbeat
from hoax_tracker.privacy.retention import purge_expired_data
from hoax_tracker.review.evidence.snapshots import snapshot_evidence_links
from hoax_tracker.worker.daily_digest import send_digests

log = logging.getLogger(__name__)

ROUND_PAUSE_S = 20.0
PURGE_EVERY = timedelta(days=1)
WHOLE_ROUND = "the round"


class StoppedEarlyError(Exception):
    """The worker was told to stop during a round, at a point where all rows are consistent."""


def run_worker(settings: Settings, stop: threading.Event, pause_s: float = ROUND_PAUSE_S) -> None:
    """Work until ``stop`` is set. A failed round is logged, and the next one starts as usual."""
    purged: datetime | None = None
    heart = Heartbeat()
    while not stop.is_set():
        now = utc_now()
        with bind_request_id(new_request_id()):
            try:
                heart.beat()
                failed = run_round(settings, now, heart, stop)
                if purged is None or abs(now - purged) >= PURGE_EVERY:  # a clock set back does not put it off
                    with isolated_step("purging and learning", failed):
                        purge_unless_refused(settings, now)
                        purged = now
                        with tolerate_missing_model():
                            pipeline.propose_retrained_model(now)
                heart.round_ended(failed)
            except StoppedEarlyError:
                break
            except Exception:
                log.exception("a round of the worker failed", extra=log_fields(next_in_s=pause_s))
                db.session.rollback()
                write_heartbeat_safely(lambda: heart.round_ended([WHOLE_ROUND]))
            finally:
                db.session.remove()
        stop.wait(pause_s)
    write_heartbeat_safely(heart.end)


def purge_unless_refused(settings: Settings, now: datetime) -> None:
    """Purge. A refusal does not fail the round: it is logged once a day, and the page *Sistem* shows it."""
    try:
        purge_expired_data(settings, now)
    except PurgeRefusedError as error:
        log.warning("old data was not deleted", extra=log_fields(why=str(error)))


def write_heartbeat_safely(write: Callable[[], None]) -> None:
    """Write a heartbeat. A database that cannot be written must not change how the worker ends."""
    try:
        write()
    except Exception:
        log.exception("the worker's sign of life could not be written")


def run_round(settings: Settings, now: datetime, heart: Heartbeat, stop: threading.Event) -> list[str]:
    """Do everything that is due now, and return the names of failed work.

    Each kind of work is isolated from the others: a failure is logged, counts as a failed round on the system's page,
    and is tried again in the next round. When told to stop, the round stops between two batches of flagging or of
    pages, where all rows are consistent.
    """
    failed: list[str] = []
    began = perf_counter()

    def present_time() -> datetime:
        """Return the present time, to the minute.

        A site is held from the time it is asked, and a round may be long.
        """
        return now + timedelta(minutes=int(perf_counter() - began) // 60)

    def step(name: str, _done: int, _total: int) -> None:
        heart.beat()
        if name in ("flag", "pages") and stop.is_set():
            raise StoppedEarlyError

    assigned = 0
    with isolated_step("residents' reports", failed), tolerate_missing_model():
        pipeline.fall_back_to_shipped_model(now)
        assigned = pipeline.assign_waiting_reports(now)
    with isolated_step("what officers asked", failed), tolerate_missing_model():
        pipeline.do_what_officers_asked(now)
    for work, do in steps_before_reading(settings, present_time(), heart):
        with isolated_step(work, failed):
            do()
    with isolated_step("sources", failed), tolerate_missing_model():
        run = pipeline.run_due_sources(settings, present_time(), step, pipeline.FLAG_S)
        if assigned or run.outcome.sources:
            done = run.as_json()
            unread = {"failed": len(done.pop("failed"))}
            log.info("round", extra=log_fields(reports=assigned, **done | unread))
    for work, do in steps_after_reading(settings, present_time(), heart):
        with isolated_step(work, failed):
            do()
    return failed


RoundSteps = tuple[tuple[str, Callable[[], object]], ...]


def steps_before_reading(settings: Settings, now: datetime, heart: Heartbeat) -> RoundSteps:
    """Return by name the work done before sources are read, because people wait for it."""
    return (
        ("word to reporters", lambda: pipeline.notify_reporters_of_progress(settings, now)),
        ("work of closed units", lambda: assignment.reassign_closed_units_work(now)),
        ("claims given to units", lambda: assignment.notify_waiting_units(now)),
        ("notices by mail", lambda: notices.mail_unseen_notices(now)),
        ("morning digests", lambda: send_digests(now)),
        ("new claims and published pages", lambda: match_new_claims(now)),
        ("refused sign-ins", lambda: sign_in_log.record_failures(now)),
        ("links for passwords", lambda: password_links.answer_password_requests(now)),
        ("copies of evidence", lambda: snapshot_evidence_links(settings, now, heart.beat)),
        ("letters to subscribers", lambda: enqueue_daily_letters(settings, now)),
        ("letters", lambda: log_count("letters sent", letters=send_due_letters(settings, now, heart.beat))),
        ("pushes", lambda: log_count("pushes sent", sent=send_due_pushes(settings, now, heart.beat))),
        (
            "webhooks",
            lambda: log_count("webhooks sent", sent=webhooks.send_due_deliveries(settings, now, heart.beat)),
        ),
        ("share cards", lambda: log_count("cards drawn", cards=draw_changed_cards(now, heart.beat))),
    )


def steps_after_reading(settings: Settings, now: datetime, heart: Heartbeat) -> RoundSteps:
    """Return by name the work done after sources are read."""
    return (
        (
            "copies of pages",
            lambda: log_count("pages looked at", pages=pipeline.snapshot_pages(settings, now, heart.beat)),
        ),
        ("hubs", lambda: log_count("hubs asked", hubs=pipeline.renew_subscriptions(settings, now))),
        ("residents' questions", lambda: log_count("questions grouped", questions=group_questions())),
        ("demand for claims", pipeline.refresh_priorities),
        ("monthly statistics", lambda: log_count("months settled", months=pipeline.settle_months(settings, now))),
        ("monthly reports", lambda: log_count("reports drafted", reports=make_due_drafts(settings, now))),
        ("figures of pages", lambda: log_count("figures kept", figures=pipeline.refresh_cached_figures(settings, now))),
        ("match index", lambda: current_match_index().keep()),
    )


def log_count(done: str, **how_many: int) -> None:
    """Log how much was done, unless that is nothing."""
    if any(how_many.values()):
        log.info(done, extra=log_fields(**how_many))


@contextmanager
def isolated_step(work: str, failed: list[str]) -> Iterator[None]:
    """Let the rest of a round continue where one kind of work fails."""
    try:
        yield
    except StoppedEarlyError:
        raise
    except Exception:
        log.exception("work that failed is left for the next round", extra=log_fields(work=work))
        db.session.rollback()
        failed.append(work)


@contextmanager
def tolerate_missing_model() -> Iterator[None]:
    """Let the rest of a round continue where no model can be used.

    Letters and pages need none, and feeds are still read.
    """
    try:
        yield
    except ModelUnusableError:
        log.exception("nothing is flagged: no model can be used")


def stop_on_signals() -> threading.Event:
    """Return an event that SIGTERM and SIGINT set, so that a round finishes. A second signal kills it."""
    stop = threading.Event()

    def set_aside(*_: object) -> None:
        """Set the event in a separate thread.

        The signal may have come in the middle of our own ``stop.wait``.
        """
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL)
        threading.Thread(target=stop.set).start()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, set_aside)
    return stop
