"""The worker's jobs: everything that it does, how often each is due, and what may run beside what.

A job looks at the rows and does what they say is due, so that running it twice, late or after a kill changes nothing.
Two runners call the same jobs: ``embedded.py`` one after the other, ``job_queue.py`` as jobs of Procrastinate on
PostgreSQL. The order is that of the embedded runner: work that people wait for comes before sources are read.
"""

from __future__ import annotations

import enum
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from hoax_tracker import pipeline
from hoax_tracker.accounts import passwords, sign_in_log
from hoax_tracker.authority import proposals
from hoax_tracker.authority.declared import require_declared_jobs
from hoax_tracker.check.answers.question_log import group_questions
from hoax_tracker.check.sharing.card_files import draw_changed_cards
from hoax_tracker.check.subscriptions.daily_letters import enqueue_daily_letters
from hoax_tracker.check.subscriptions.service import send_due_pushes
from hoax_tracker.claims import assignment
from hoax_tracker.clarify.objections import notify_deciders
from hoax_tracker.clarify.periodic_review import match_new_claims
from hoax_tracker.clarify.service import withdraw_unconfirmed_pages
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.database.job_wakeups import WokenJob
from hoax_tracker.core.structured_logging import log_fields
from hoax_tracker.errors import ModelUnusableError, PurgeRefusedError
from hoax_tracker.flag.model import registry
from hoax_tracker.flag.model.retraining import watch_and_propose
from hoax_tracker.insight.early_warning.alarms import send_due_alarm_pushes, watch_for_waves
from hoax_tracker.insight.figures.month_figures import settle_months
from hoax_tracker.insight.reports.drafts import make_due_drafts
from hoax_tracker.match_index import current_match_index
from hoax_tracker.notifications import notices
from hoax_tracker.notifications.mail import send_due_letters
from hoax_tracker.notifications.webhooks import send_due_deliveries
from hoax_tracker.privacy.retention import purge_expired_data
from hoax_tracker.review.evidence.snapshots import snapshot_evidence_links
from hoax_tracker.tipline.channels.polling import receive_from_telegram
from hoax_tracker.tipline.corrections import tell_changed_pages
from hoax_tracker.tipline.service import answer_chats
from hoax_tracker.worker.daily_digest import send_digests

log = logging.getLogger(__name__)

ROUND = timedelta(seconds=20)
DAY = timedelta(days=1)


class StoppedEarlyError(Exception):
    """The worker was told to stop during a job, at a point where all rows are consistent."""


class Priority(enum.IntEnum):
    """Who waits for a job. Jobs that people wait for run first, and beside the long ones."""

    BACKLOG = 0
    PEOPLE = 10


@dataclass(frozen=True)
class SignOfLife:
    """What a running job calls between two pieces of work: it writes the heartbeat, and may stop the job."""

    beat: Callable[[], None]
    stop: threading.Event

    def __call__(self) -> None:
        """Write the heartbeat."""
        self.beat()

    def step(self, name: str, _done: int, _total: int) -> None:
        """Write the heartbeat; between batches of flagging or of pages, stop where the worker was told to."""
        self.beat()
        if name in ("flag", "pages") and self.stop.is_set():
            raise StoppedEarlyError


@dataclass(frozen=True)
class Job:
    """A kind of work. ``name`` is that of its log lines and of its words for the administrator.

    No two jobs with the same ``lock`` run at once over all hosts; None where rows are leased one by one, so that
    several workers help. ``is_per_host``: its result are files of this host, so that every host does it for itself.
    ``is_retried``: a failure is tried again before it is due again. ``is_prompt``: somebody waits for it as in a
    conversation, so that the embedded runner looks at it between rounds, too.
    """

    name: str
    run: Callable[[Settings, datetime, SignOfLife], object]
    priority: Priority = Priority.BACKLOG
    every: timedelta = ROUND
    lock: str | None = ""
    is_per_host: bool = False
    is_retried: bool = True
    is_prompt: bool = False

    def __post_init__(self) -> None:
        """Lock each kind of work by its name, unless something else was chosen."""
        if self.lock == "":
            object.__setattr__(self, "lock", self.name)


def _assign_reports(_settings: Settings, now: datetime, _alive: SignOfLife) -> None:
    """Assign waiting reports to claims; a model that cannot be used is replaced by the shipped one before."""
    with _tolerate_missing_model():
        registry.fall_back_if_unusable(now)
        _log_count("reports assigned", reports=pipeline.assign_waiting_reports(now))


def do_what_officers_asked(_settings: Settings, now: datetime, _alive: SignOfLife) -> None:
    """Assign recorded items and open requested claims."""
    with _tolerate_missing_model():
        pipeline.do_what_officers_asked(now)


def _read_due_sources(settings: Settings, now: datetime, alive: SignOfLife) -> None:
    """Read the sources that are due, and assess what is new."""
    with _tolerate_missing_model():
        run = pipeline.run_due_sources(settings, now, alive.step, pipeline.FLAG_S)
        if run.outcome.sources:
            done = run.as_json()
            unread = {"failed": len(done.pop("failed"))}
            log.info("sources read", extra=log_fields(**done | unread))


def _send_pushes(settings: Settings, now: datetime, alive: SignOfLife) -> None:
    """Tell officers' browsers of what rises, then residents' of what was published."""
    alarms = send_due_alarm_pushes(settings, now, alive)
    _log_count("pushes sent", sent=send_due_pushes(settings, now, alive), alarms=alarms)


def _copy_evidence(settings: Settings, now: datetime, alive: SignOfLife) -> None:
    """Copy the pages that evidence links to."""
    snapshot_evidence_links(settings, now, alive)


def _purge_unless_refused(settings: Settings, now: datetime, _alive: SignOfLife) -> None:
    """Purge. A refusal is no failure: it is logged once a day, and the page *Sistem* shows it."""
    try:
        purge_expired_data(settings, now)
    except PurgeRefusedError as error:
        log.warning("old data was not deleted", extra=log_fields(why=str(error)))


def _learn_from_decisions(_settings: Settings, now: datetime, _alive: SignOfLife) -> None:
    """Retrain the model on officers' decisions, as a proposal."""
    with _tolerate_missing_model():
        watch_and_propose(now)


def _answer_waiting_chats(settings: Settings, now: datetime, alive: SignOfLife) -> None:
    """Answer what people wrote in chat programs, and send what waits for them."""
    _log_count("chats answered", pieces=answer_chats(settings, now, alive, alive.stop))


def _log_count(done: str, **how_many: int) -> None:
    """Log how much was done, unless that is nothing."""
    if any(how_many.values()):
        log.info(done, extra=log_fields(**how_many))


@contextmanager
def _tolerate_missing_model() -> Iterator[None]:
    """Let other work continue where no model can be used.

    Letters and pages need none, and feeds are still read.
    """
    try:
        yield
    except ModelUnusableError:
        log.exception("nothing is flagged: no model can be used")


PEOPLE = Priority.PEOPLE
JOBS: tuple[Job, ...] = (
    Job(WokenJob.REPORTS, _assign_reports, PEOPLE),
    Job(WokenJob.OFFICERS_ASK, do_what_officers_asked, PEOPLE),
    Job("word to reporters", lambda settings, now, _: pipeline.notify_reporters_of_progress(settings, now), PEOPLE),
    Job("objections to decide", lambda _, now, __: notify_deciders(now), PEOPLE),
    Job("work of closed units", lambda _, now, __: assignment.reassign_closed_units_work(now), PEOPLE),
    Job("claims given to units", lambda _, now, __: assignment.notify_waiting_units(now), PEOPLE),
    Job("notices by mail", lambda _, now, __: notices.mail_unseen_notices(now), PEOPLE),
    Job("morning digests", lambda _, now, __: send_digests(now)),
    Job(WokenJob.PUBLISHED_PAGES, lambda _, now, __: match_new_claims(now), PEOPLE),
    Job("unconfirmed emergency pages", lambda _, now, __: withdraw_unconfirmed_pages(now), PEOPLE),
    Job("refused sign-ins", lambda _, now, __: sign_in_log.record_failures(now), PEOPLE),
    Job(WokenJob.PASSWORD_LINKS, lambda _, now, __: passwords.answer_password_requests(now), PEOPLE),
    Job(
        "power that nobody can confirm",
        lambda _, now, __: _log_count("took effect alone", proposals=proposals.take_effect_alone(now)),
        PEOPLE,
    ),
    Job("copies of evidence", _copy_evidence),
    Job("letters to subscribers", lambda settings, now, _: enqueue_daily_letters(settings, now)),
    Job(
        WokenJob.LETTERS,
        lambda settings, now, alive: _log_count("letters sent", letters=send_due_letters(settings, now, alive)),
        PEOPLE,
    ),
    Job(WokenJob.PUSHES, _send_pushes, PEOPLE),
    Job(
        WokenJob.WEBHOOKS,
        lambda settings, now, alive: _log_count("webhooks sent", sent=send_due_deliveries(settings, now, alive)),
        PEOPLE,
    ),
    Job(WokenJob.CHATS, _answer_waiting_chats, PEOPLE, is_prompt=True),
    Job(
        "changed pages in chats",
        lambda _, now, __: _log_count("told of changed pages", told=tell_changed_pages(now)),
        PEOPLE,
    ),
    Job(
        "messages at Telegram",
        lambda settings, now, alive: _log_count(
            "messages fetched", messages=receive_from_telegram(settings, now, alive)
        ),
        PEOPLE,
    ),
    Job(
        "share cards",
        lambda _, now, alive: _log_count("cards drawn", cards=draw_changed_cards(now, alive)),
        is_per_host=True,
    ),
    Job("sources", _read_due_sources, lock=None),
    Job(
        "copies of pages",
        lambda settings, now, alive: _log_count("pages looked at", pages=pipeline.snapshot_pages(settings, now, alive)),
        lock=None,
    ),
    Job("hubs", lambda settings, now, _: _log_count("hubs asked", hubs=pipeline.renew_subscriptions(settings, now))),
    Job("residents' questions", lambda *_: _log_count("questions grouped", questions=group_questions())),
    Job("demand for claims", lambda *_: pipeline.refresh_priorities()),
    Job("early warning", lambda _, now, __: _log_count("alarms begun", alarms=watch_for_waves(now))),
    Job(
        "monthly statistics",
        lambda settings, now, _: _log_count("months settled", months=settle_months(settings, now)),
    ),
    Job(
        "monthly reports",
        lambda settings, now, _: _log_count("reports drafted", reports=make_due_drafts(settings, now)),
    ),
    Job(
        "figures of pages",
        lambda settings, now, _: _log_count("figures kept", figures=pipeline.refresh_cached_figures(settings, now)),
    ),
    Job("match index", lambda *_: current_match_index().keep(), is_per_host=True),
    Job("purging", _purge_unless_refused, every=DAY),
    Job("learning", _learn_from_decisions, every=DAY, is_retried=False),
)
require_declared_jobs({job.name for job in JOBS})
