"""The checks of ``/readyz``: can an instance do its work now? They are cheap and reveal no secrets or paths.

Each fault is described twice: in English for monitors, and in plain words for the administrator, who is the office's IT
person. Each worker has a heartbeat, one row, written each round and at every step of a long one. On PostgreSQL the
queue of jobs tells the same of its work (``list_job_counts``).
"""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Thread
from typing import Any, NamedTuple

import sqlalchemy as sa
from flask import current_app
from flask_babel import lazy_gettext as _l

from hoax_tracker.clock import utc_now
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.database import job_wakeups
from hoax_tracker.core.database.fault_messages import translate_database_error
from hoax_tracker.core.database.schema_version import cached_newest_revision, is_outgrown
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.core.database.upsert import insert_into
from hoax_tracker.errors import DatabaseBusyError, DatabaseUnreachableError, ReadOnlyError
from hoax_tracker.flag.model import model_files
from hoax_tracker.match_index import current_match_index, warm_up_match_index
from hoax_tracker.models import KeptFigures, WorkerHeartbeat, db
from hoax_tracker.operations.instance_keys import differing_keys


@dataclass(frozen=True)
class JobCounts:
    """The jobs of one kind of work, by its name in ``worker/jobs.py``.

    A failed one pauses until ``next_try_at``, or waits for somebody to retry it. ``fault`` is the error's type.
    """

    name: str
    waiting: int
    running: int
    failed: int
    tries: int
    fault: str
    oldest_at: datetime | None
    next_try_at: datetime | None


def has_job_queue() -> bool:
    """Tell whether the worker's jobs stand in a queue: on PostgreSQL."""
    return db.engine.dialect.name == "postgresql"


def list_job_counts() -> list[JobCounts]:
    """Return the kinds of work of which a job waits, runs or failed; none on SQLite."""
    return (
        [JobCounts(**row) for row in db.session.execute(job_wakeups.JOB_COUNTS).mappings()] if has_job_queue() else []
    )


def _list_long_waiting_work(minutes: int) -> list[str]:
    """Return the kinds of work of which a job that was never tried waits longer than that; none on SQLite."""
    return list(db.session.scalars(job_wakeups.WAITING_LONG, {"minutes": minutes})) if has_job_queue() else []


def retry_failed_jobs(name: str | None = None) -> int:
    """Let failed jobs run now, of one kind or of all, in the current transaction; return how many."""
    paused = db.session.execute(job_wakeups.RETRY_PAUSED, {"name": name}).all()  # before the others pause, too
    return len(paused) + len(db.session.execute(job_wakeups.RETRY_FAILED, {"name": name}).all())


BEAT_EVERY = timedelta(seconds=10)
# One source may take half a minute to read, and a purge of a large database some more.
BEAT_FRESH_FOR = timedelta(minutes=5)
FORGOTTEN_AFTER = timedelta(days=1)


class Heartbeat:
    """The heartbeat row of this process. Write it only between transactions: it opens its own."""

    def __init__(self, clock: Callable[[], datetime] = utc_now) -> None:
        self._clock = clock
        self._name = f"{socket.gethostname()[:180]}:{os.getpid()}"
        self._started = clock()
        self._beat: datetime | None = None
        self._rounds, self._failed = 0, list[str]()

    def beat(self) -> None:
        """Write the heartbeat, unless it was written a moment ago."""
        now = self._clock()
        if self._beat is None or abs(now - self._beat) >= BEAT_EVERY:
            self._write(now)

    def round_ended(self, failed: Sequence[str] = ()) -> None:
        """Record the result of a round: the names of the work that failed in it."""
        rounds = self._rounds + 1 if failed else 0
        if rounds != self._rounds:
            self._rounds, self._failed = rounds, list(failed)
            self._write(self._clock())

    def end(self) -> None:
        """Delete the row: this worker ends in order."""
        with write_transaction(None):
            db.session.execute(sa.delete(WorkerHeartbeat).where(WorkerHeartbeat.name == self._name))

    def _write(self, now: datetime) -> None:
        row = WorkerHeartbeat(
            name=self._name,
            started_at=self._started,
            beat_at=now,
            failed_rounds=self._rounds,
            failed_work=self._failed,
        )
        with write_transaction(None):
            db.session.merge(row)
            if self._beat is None:
                old = sa.delete(WorkerHeartbeat).where(
                    ~WorkerHeartbeat.beat_at.between(now - FORGOTTEN_AFTER, now + BEAT_FRESH_FOR)
                )
                db.session.execute(old, execution_options={"synchronize_session": False})
        self._beat = now


def newest_beat(now: datetime) -> WorkerHeartbeat | None:
    """Return the row of the worker with the newest heartbeat.

    One from the future is of a clock since set back; a worker that lives has written its own anew.
    """
    past = sa.select(WorkerHeartbeat).where(WorkerHeartbeat.beat_at <= now + BEAT_FRESH_FOR)
    return db.session.scalar(past.order_by(WorkerHeartbeat.beat_at.desc()).limit(1))


def _is_beat_fresh(row: WorkerHeartbeat, now: datetime) -> bool:
    return now - row.beat_at <= BEAT_FRESH_FOR


FAILED_ROUNDS = 3
JOBS_MAY_WAIT_MIN = 15
"""A job that was never tried waits longer where the lanes stand still, or where one thing takes them very long."""
INDEX_MAY_LAG = timedelta(minutes=1)
LOCK_WAIT_MS = 2_000
"""A process writes for parts of a second; whoever waits longer than this cannot work."""
MB = 2**20
DISK_FLOOR_MB = 500


class CheckResult(NamedTuple):
    """The result of a check.

    ``said`` is for monitors, "ok" or the fault; ``words`` are for people, "" where there is no fault.
    """

    said: str
    words: Any = ""


OK = CheckResult("ok")
WRITE_FAULTS: Mapping[type, CheckResult] = {
    ReadOnlyError: CheckResult("read-only", _l("hanya dapat dibaca, tidak dapat ditulis")),
    DatabaseBusyError: CheckResult(
        "locked by another process", _l("dikunci proses lain, sehingga tidak ada yang dapat disimpan")
    ),
}
WORK_LABELS = {
    "residents' reports": _l("menerima aduan warga"),
    "what officers asked": _l("kabar dan klaim yang diminta petugas"),
    "word to reporters": _l("kabar untuk pelapor"),
    "objections to decide": _l("kabar tentang keberatan kepada yang memutuskan"),
    "work of closed units": _l("pekerjaan unit yang ditutup"),
    "claims given to units": _l("memberi tahu unit"),
    "notices by mail": _l("pemberitahuan lewat email"),
    "morning digests": _l("ringkasan pagi"),
    "unconfirmed emergency pages": _l("halaman darurat yang tidak dikonfirmasi"),
    "refused sign-ins": _l("catatan masuk yang ditolak"),
    "links for passwords": _l("tautan kata sandi baru"),
    "new claims and published pages": _l("klaim baru untuk klarifikasi terbit"),
    "power that nobody can confirm": _l("usulan yang tidak dapat dikonfirmasi siapa pun"),
    "copies of evidence": _l("salinan bukti"),
    "letters": _l("mengirim email"),
    "letters to subscribers": _l("menyiapkan email pelanggan"),
    "pushes": _l("pemberitahuan di browser"),
    "webhooks": _l("mengabari layanan lain"),
    "chats": _l("menjawab percakapan"),
    "changed pages in chats": _l("kabar koreksi di percakapan"),
    "messages at Telegram": _l("mengambil pesan dari Telegram"),
    "share cards": _l("menggambar kartu bagikan"),
    "sources": _l("pembacaan sumber"),
    "copies of pages": _l("salinan halaman"),
    "hubs": _l("hub WebSub"),
    "residents' questions": _l("pertanyaan warga"),
    "demand for claims": _l("klaim yang dicari warga"),
    "early warning": _l("peringatan dini"),
    "monthly statistics": _l("statistik bulanan"),
    "monthly reports": _l("laporan bulanan"),
    "figures of pages": _l("angka halaman"),
    "match index": _l("indeks pencocokan"),
    "the round": _l("putaran itu sendiri"),
    "purging": _l("penghapusan data lama"),
    "learning": _l("pembelajaran dari keputusan petugas"),
}
"""What a worker does (worker/jobs.py), by the name in its log."""

HealthCheck = Callable[[Settings, datetime], CheckResult]


def run_health_checks(
    settings: Settings, now: datetime, checks: Sequence[HealthCheck] | None = None
) -> Mapping[str, CheckResult]:
    """Return the result of each check: of the given ones, or of all.

    Without the database only its own check and the disk's run.
    """
    results = {"database": _run_check(database, settings, now)}
    if results["database"] == OK:
        for check in (migrations, keys, index, model, worker) if checks is None else checks:
            results[check.__name__] = _run_check(check, settings, now)
    results["disk"] = _run_check(disk, settings, now)
    return results


def run_web_host_checks(settings: Settings, now: datetime) -> Mapping[str, CheckResult]:
    """Return what can be wrong on one web host and right on the next.

    Nothing while the database is away, which all hosts share: each of them says so to residents in words. An index that
    is not read yet or is behind lets questions wait, and is no reason to refuse pages and reports.
    """
    try:
        return {check.__name__: check(settings, now) for check in (migrations, keys)}
    except sa.exc.SQLAlchemyError as error:
        db.session.rollback()
        if isinstance(translate_database_error(error), DatabaseUnreachableError | DatabaseBusyError):
            return {}
        raise


def _run_check(check: HealthCheck, settings: Settings, now: datetime) -> CheckResult:
    """Return the result of a check. A database error during the check is the result."""
    try:
        return check(settings, now)
    except (sa.exc.SQLAlchemyError, OSError) as error:
        db.session.rollback()
        translated = translate_database_error(error)
        return WRITE_FAULTS.get(type(translated)) or CheckResult(
            type(translated or error).__name__, translated.user_message if translated else _l("tidak dapat diperiksa")
        )


def database(_settings: Settings, now: datetime) -> CheckResult:
    """Check that the database is written: one small row, in a commit that waits for the disk as those of people do."""
    row = insert_into(KeptFigures).values(name="readiness", value={}, counted_at=now)
    with write_transaction(None, patience_ms=LOCK_WAIT_MS):
        db.session.execute(row.on_conflict_do_update(index_elements=["name"], set_={"counted_at": now}))
    return OK


def migrations(_settings: Settings, _now: datetime) -> CheckResult:
    """Check that the database is at the migration that this program needs, or at a newer one beside which it works."""
    noted = db.session.scalars(sa.text("select version_num from alembic_version")).all()
    if list(noted) == [cached_newest_revision()]:
        return OK
    if is_outgrown():
        words = _l("sudah diperbarui oleh versi program yang lebih baru: pasang versi itu di mesin ini")
        return CheckResult("a newer program migrated it, beside which this one cannot work: install that one", words)
    if "".join(noted) > cached_newest_revision():
        return OK  # hosts are updated one after the other, and this one may go on meanwhile
    words = _l("susunannya belum yang terbaru: jalankan hoax-tracker init")
    return CheckResult("not at the newest migration: run hoax-tracker init", words)


def keys(settings: Settings, _now: datetime) -> CheckResult:
    """Check that this host has the keys of the instance.

    A host that keeps running after the keys were changed elsewhere has other ones.
    """
    words = _l("bukan kunci yang dipakai layanan ini: salin dari mesin lain, lalu jalankan ulang")
    return CheckResult("other keys than the instance's", words) if differing_keys(settings) else OK


def index(_settings: Settings, now: datetime) -> CheckResult:
    """Check that the match index was read and follows the rows.

    A question that finds the index behind reads it again before it is answered. Where nobody asks, this check reads it
    again in a thread.
    """
    extensions, held_index = current_app.extensions, current_match_index()
    if not held_index.is_read:
        return CheckResult("not read yet", _l("belum dibaca"))
    if held_index.is_in_step():
        extensions.pop("index_behind_since", None)
        return OK
    # A clock set back makes no index current.
    since = extensions["index_behind_since"] = min(extensions.get("index_behind_since", now), now)
    behind = now - since
    Thread(target=warm_up_match_index, args=(current_app._get_current_object(),), daemon=True).start()  # type: ignore[attr-defined]
    late = int(behind.total_seconds())
    words = _l("tertinggal dari basis data selama %(seconds)s detik", seconds=late)
    return OK if behind < INDEX_MAY_LAG else CheckResult(f"behind the rows for {late} s", words)


def model(_settings: Settings, _now: datetime) -> CheckResult:
    """Check that a model is in use and that its exact file is here or in the database."""
    version = model_files.find_active_version()
    if version is None:
        words = _l("belum ada model yang dipakai: jalankan hoax-tracker init")
        return CheckResult("no model in use: run hoax-tracker init", words)
    lost = _l("berkasnya hilang atau bukan yang tercatat")
    has_file = model_files.has_its_file(version) or model_files.is_stored(version)
    return OK if has_file else CheckResult("the model's file is missing or another one", lost)


def worker(_settings: Settings, now: datetime) -> CheckResult:
    """Check that a worker makes progress and that its rounds succeed."""
    row = newest_beat(now)
    if row is None:
        return CheckResult(
            "no worker runs", _l("tidak berjalan: jalankan hoax-tracker worker, atau serve tanpa --no-worker")
        )
    if not _is_beat_fresh(row, now):
        quiet = int((now - row.beat_at).total_seconds())
        words = _l("tidak ada kabar selama %(minutes)s menit", minutes=quiet // 60)
        return CheckResult(f"no sign of life for {quiet} s", words)
    if row.failed_rounds < FAILED_ROUNDS:
        return failing_jobs()
    state = f"{row.failed_rounds} rounds failed in a row: {', '.join(row.failed_work)}"
    work = ", ".join(str(WORK_LABELS.get(name, name)) for name in row.failed_work)
    words = _l("%(rounds)s putaran gagal berturut-turut: %(work)s", rounds=row.failed_rounds, work=work)
    return CheckResult(state, words)


def failing_jobs() -> CheckResult:
    """Check that no kind of work in the queue failed several times in a row, and that none waits in vain."""
    failing = [job for job in list_job_counts() if job.failed and job.tries >= FAILED_ROUNDS]
    if not failing:
        return waiting_jobs()
    words = ", ".join(f"{job.name} ({job.tries} times)" for job in failing)
    work = ", ".join(str(WORK_LABELS.get(job.name, job.name)) for job in failing)
    return CheckResult(f"failing: {words}", _l("berulang kali gagal: %(work)s", work=work))


def waiting_jobs() -> CheckResult:
    """Check that the queue's jobs are run: a worker may write its heartbeat while its lanes do nothing."""
    names = _list_long_waiting_work(JOBS_MAY_WAIT_MIN)
    if not names:
        return OK
    work = ", ".join(str(WORK_LABELS.get(name, name)) for name in names)
    words = _l("menunggu lebih dari %(minutes)s menit: %(work)s", minutes=JOBS_MAY_WAIT_MIN, work=work)
    return CheckResult(f"waiting for more than {JOBS_MAY_WAIT_MIN} minutes: {', '.join(names)}", words)


def disk(settings: Settings, _now: datetime) -> CheckResult:
    """Check that there is room to write."""
    free = shutil.disk_usage(settings.data_folder).free // MB
    words = _l("sisa %(free)s MB, kurang dari %(floor)s MB", free=free, floor=DISK_FLOOR_MB)
    return OK if free >= DISK_FLOOR_MB else CheckResult(f"{free} MB free, less than {DISK_FLOOR_MB}", words)
