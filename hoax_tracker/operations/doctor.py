"""What ``hoax-tracker doctor`` says: what is set, what is missing, and what to do about it.

The checks of ``/readyz`` ask whether the instance works now. The others here ask whether somebody finished setting it
up: without a second person nothing can be published, without a mail server no reporter hears anything.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

import sqlalchemy as sa
from flask_babel import gettext as _, lazy_gettext as _l

from hoax_tracker.accounts.second_factor.factors import REQUIRED, needs_second_factor
from hoax_tracker.authority import guards
from hoax_tracker.check.answers.screenshot_ocr import can_read_pictures
from hoax_tracker.core.audit.chain_check import verify_newest_rows
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.config.startup_checks import is_local_host
from hoax_tracker.flag.model import model_files
from hoax_tracker.models import Officer, RoleName, Source, db
from hoax_tracker.notifications.mail.delivery import load_mail_status
from hoax_tracker.notifications.mail.smtp import MailServerError, smtp_session
from hoax_tracker.operations import health_checks

AUDIT_ROWS = 50_000


class Level(enum.StrEnum):
    """How bad a finding is: all is well, somebody should see to it, or something does not work."""

    OK = "ok"
    NOTE = "note"
    FAULT = "fault"


class Finding(NamedTuple):
    """What was found out about a part, and what to do about it ("" where nothing)."""

    level: Level
    part: str
    words: str
    advice: str = ""


# What the web processes alone can tell is left out: whether each has read the match index.
WORKING_PARTS = (health_checks.keys, health_checks.model, health_checks.worker)
PART_LABELS = {
    "database": _l("Basis data"),
    "migrations": _l("Susunan basis data"),
    "keys": _l("Kunci mesin ini"),
    "model": _l("Berkas model penanda"),
    "worker": _l("Pekerja latar"),
    "disk": _l("Ruang simpan"),
}


def examine_instance(settings: Settings, now: datetime) -> Iterator[Finding]:
    """Yield the findings, one part after the other. Without a usable database only what needs none."""
    health = list(_examine_health(settings, now))
    yield from health
    working = {finding.part for finding in health if finding.level is Level.OK}
    yield _examine_address(settings)
    yield from _examine_mail(settings)
    yield from _examine_counters(settings)
    yield _examine_pictures()
    yield _examine_backup(settings)
    if {str(PART_LABELS["database"]), str(PART_LABELS["migrations"])} <= working:
        yield _examine_models()
        yield from _examine_letters(now)
        yield from _examine_people()
        yield _examine_sources()
        yield _examine_audit_log()
        yield _examine_confirmations()


def _examine_health(settings: Settings, now: datetime) -> Iterator[Finding]:
    """Yield what ``/readyz`` checks: first the database and its migrations, without which the rest cannot be asked."""
    results = dict(health_checks.run_health_checks(settings, now, (health_checks.migrations,)))
    if results.get("migrations") == health_checks.OK:
        results |= health_checks.run_health_checks(settings, now, WORKING_PARTS)
    for name, result in results.items():
        if result == health_checks.OK:
            yield Finding(Level.OK, str(PART_LABELS[name]), _("baik"))
        else:
            advice = _("Lihat docs/running.md, «What to do when».")
            yield Finding(Level.FAULT, str(PART_LABELS[name]), str(result.words), advice)


def _examine_address(settings: Settings) -> Finding:
    """Return whether residents can reach the instance under its public address."""
    part = _("Alamat publik")
    if is_local_host(settings.base_url.split("//", 1)[1].rsplit(":", 1)[0].strip("[]")):
        advice = _("Atur HOAX_TRACKER_BASE_URL=https://… setelah alamat kantor siap: docs/install.md.")
        return Finding(Level.NOTE, part, _("%(url)s hanya terbuka di mesin ini", url=settings.base_url), advice)
    return Finding(Level.OK, part, settings.base_url)


def _examine_mail(settings: Settings) -> Iterator[Finding]:
    """Yield whether letters can be sent: the mail server is asked, and nothing is sent."""
    part = _("Email keluar")
    if settings.mail is None:
        words = _("belum diatur: pelapor dan petugas tidak menerima kabar")
        yield Finding(
            Level.NOTE, part, words, _("Atur HOAX_TRACKER_SMTP_URL dan HOAX_TRACKER_MAIL_FROM: docs/mail.md.")
        )
        return
    try:
        with smtp_session(settings.mail):
            yield Finding(Level.OK, part, _("%(host)s menjawab", host=settings.mail.host))
    except MailServerError as error:
        yield Finding(Level.FAULT, part, str(error), _("Periksa HOAX_TRACKER_SMTP_URL: docs/mail.md."))


def _examine_counters(settings: Settings) -> Iterator[Finding]:
    """Yield whether the Redis that counts the limits answers, where one is set."""
    if not settings.redis_url:
        return
    from hoax_tracker.core.rate_limiting import CounterUnavailableError, RedisCounter

    try:
        RedisCounter(settings.redis_url).spend([], timedelta(seconds=1))
        yield Finding(Level.OK, "Redis", _("menjawab"))
    except CounterUnavailableError as error:
        advice = _("Sampai Redis kembali, batas dihitung di basis data. Periksa REDIS_URL.")
        yield Finding(Level.FAULT, "Redis", str(error), advice)


def _examine_pictures() -> Finding:
    """Return whether text in screenshots can be read."""
    part = _("Baca gambar")
    if can_read_pictures():
        return Finding(Level.OK, part, _("baik"))
    words = _("Tesseract tidak terpasang: warga tidak dapat memeriksa gambar")
    return Finding(Level.NOTE, part, words, _("Debian: apt install tesseract-ocr tesseract-ocr-ind"))


def _examine_backup(settings: Settings) -> Finding:
    """Return whether a backup was ever made here: the first one makes the key that proves who made it."""
    part = _("Cadangan")
    if settings.backup_key:
        return Finding(Level.OK, part, _("kunci cadangan ada; simpan terpisah dari arsipnya"))
    words = _("belum pernah dibuat dari mesin ini")
    return Finding(Level.NOTE, part, words, _("Jalankan hoax-tracker backup FILE tiap malam: docs/backup.md."))


def _examine_models() -> Finding:
    """Return whether the own models that the database holds for all hosts are the registered ones."""
    part, damaged = _("Model di basis data"), model_files.list_damaged_files()
    if not damaged:
        return Finding(Level.OK, part, _("utuh"))
    words = _("bukan yang terdaftar, tidak akan dimuat: nomor %(numbers)s", numbers=", ".join(map(str, damaged)))
    advice = _("Pulihkan cadangan, atau pakai model lain: hoax-tracker model list, model activate NOMOR.")
    return Finding(Level.FAULT, part, words, advice)


def _examine_letters(now: datetime) -> Iterator[Finding]:
    """Yield what became of the letters of the last week, where any waits or was refused."""
    status = load_mail_status(now)
    if status.refused:
        words = _("ditolak dalam seminggu: %(count)s", count=status.refused)
        yield Finding(Level.NOTE, _("Antrean email"), words, _("Lihat Kelola → Sistem."))
    if status.last_error:
        words = _("menunggu: %(count)s. Kata servernya: %(error)s", count=status.waiting, error=status.last_error)
        yield Finding(Level.FAULT, _("Antrean email"), words, _("Lihat Kelola → Sistem."))


def _examine_people() -> Iterator[Finding]:
    """Yield whether there are enough people: an author, another who approves, and one who confirms accounts."""
    officers = db.session.scalars(sa.select(Officer).filter_by(active=True)).all()
    administrators = [person for person in officers if person.is_a(RoleName.ADMINISTRATOR)]
    approvers = [person for person in officers if person.is_a(RoleName.APPROVER)]
    words = _(
        "%(officers)s akun, %(approvers)s penyetuju, %(administrators)s administrator",
        officers=len(officers),
        approvers=len(approvers),
        administrators=len(administrators),
    )
    yield Finding(Level.OK, _("Orang"), words)
    part, advice = _("Orang"), _("Undang petugas: Kelola → Petugas, atau hoax-tracker officer add.")
    if not administrators:
        yield Finding(Level.FAULT, part, _("tidak ada administrator"), _("Jalankan hoax-tracker init."))
    if not approvers or len(officers) < 2:
        words = _("belum ada penulis dan penyetuju yang berbeda: tidak ada yang dapat diterbitkan")
        yield Finding(Level.FAULT, part, words, advice)
    if len(administrators) == 1 and not any(person.is_named_second for person in officers):
        words = _("hanya satu administrator, dan tidak ada pihak kedua: perubahan akun menunggu penyetuju")
        advice = _(
            "Minta kantor di luar menjadi pihak kedua: Kelola → Petugas, atau hoax-tracker officer second EMAIL."
        )
        yield Finding(Level.NOTE, part, words, advice)
    # Whatever the setting says: where a second factor is merely offered, that is what is to be known.
    deciding = [person for person in officers if needs_second_factor(person, REQUIRED)]
    if unprotected := [person.email for person in deciding if not person.has_second_factor]:
        words = _("masuk hanya dengan kata sandi: %(people)s", people=", ".join(unprotected))
        yield Finding(Level.NOTE, part, words, _("Minta mereka menyiapkan langkah kedua di halaman Akun."))


def _examine_sources() -> Finding:
    """Return whether any source is read."""
    part = _("Sumber")
    active, failing = db.session.execute(
        sa.select(sa.func.count(), sa.func.count().filter(Source.failures > 0)).where(
            Source.is_active, Source.url.is_not(None)
        )
    ).one()
    if not active:
        return Finding(Level.NOTE, part, _("tidak ada yang dibaca"), _("Tambah sumber: hoax-tracker source add URL."))
    if failing:
        words = _("%(failing)s dari %(active)s gagal dibaca", failing=failing, active=active)
        return Finding(Level.NOTE, part, words, _("hoax-tracker source list menyebut sebabnya."))
    return Finding(Level.OK, part, _("dibaca: %(count)s", count=active))


def _examine_audit_log() -> Finding:
    """Return whether the newest rows of the audit log are whole."""
    part, verification = _("Catatan audit"), verify_newest_rows(AUDIT_ROWS)
    if verification.broken_at is None:
        return Finding(Level.OK, part, _("utuh"))
    advice = _("Jangan hapus apa pun. Ikuti docs/kebocoran-data.md, lalu jalankan hoax-tracker audit verify.")
    return Finding(Level.FAULT, part, _("rantainya putus"), advice)


def _examine_confirmations() -> Finding:
    """Return whether all that residents read stands on a second person's confirmation."""
    part, unconfirmed = _("Konfirmasi orang kedua"), guards.list_unconfirmed(db.session.connection())
    if not unconfirmed:
        return Finding(Level.OK, part, _("semua yang dibaca warga dikonfirmasi"))
    named = ", ".join(f"{table} {count}" for table, count in unconfirmed)
    advice = _("Seseorang mengubah basis data di luar program. Ikuti docs/kebocoran-data.md.")
    return Finding(Level.FAULT, part, _("tanpa konfirmasi: %(named)s", named=named), advice)
