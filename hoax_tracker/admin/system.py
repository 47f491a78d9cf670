"""The system page, for the administrator, who is the instance's IT person too.

It shows the health of each part, the worker's jobs and the models in use, and sends a mail to the administrator's own
address to test the mail server, with the outcome at once.
"""

from __future__ import annotations

from typing import NamedTuple

import sqlalchemy as sa
from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _, lazy_gettext as _l
from werkzeug.wrappers import Response

from classifiers.matcher.model_file import MatchModelError, load_match_model
from classifiers.matcher.pair_reader.model import is_pair_reader_installed
from hoax_tracker import __version__
from hoax_tracker.admin.blueprint import bp
from hoax_tracker.clock import utc_now
from hoax_tracker.core.audit import audit_log
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.core.extensions import current_officer, current_settings
from hoax_tracker.models import ModelVersion, db
from hoax_tracker.notifications.mail import Letter, public_url_for, send_letter_now
from hoax_tracker.notifications.mail.delivery import load_mail_status
from hoax_tracker.notifications.mail.smtp import MailDeferredError, MailRejectedError, MailServerError
from hoax_tracker.operations import health_checks
from hoax_tracker.operations.backup.backup import find_last_backup
from hoax_tracker.operations.health_checks import has_job_queue, list_job_counts
from hoax_tracker.privacy.retention import find_bulk_overdue

PART_LABELS = {
    "database": _l("Basis data"),
    "migrations": _l("Susunan basis data"),
    "keys": _l("Kunci mesin ini"),
    "index": _l("Indeks pencocokan pesan"),
    "model": _l("Berkas model penanda"),
    "worker": _l("Pekerja latar"),
    "disk": _l("Ruang simpan"),
}

OVERDUE_LABELS = {
    "contacts": _l("Kontak pelapor"),
    "objections": _l("Alamat yang menyatakan keberatan"),
    "items": _l("Berita dan unggahan tanpa klaim"),
    "letters": _l("Email"),
    "pictures": _l("Tangkapan layar"),
    "evidence": _l("Salinan bukti"),
    "queries": _l("Pertanyaan warga"),
}


class InstancePart(NamedTuple):
    """A part of the instance; ``fault`` is "" while it works."""

    name: str
    fault: str


@bp.get("/sistem")
def system() -> str:
    """Show the health of each part, the worker's jobs, the models, and how messages are matched."""
    settings = current_settings()
    now = utc_now()
    results = health_checks.run_health_checks(settings, now)
    parts = [InstancePart(str(PART_LABELS[name]), str(result.words)) for name, result in results.items()]
    models = db.session.scalars(sa.select(ModelVersion).order_by(ModelVersion.id.desc()).limit(10)).all()
    return render_template(
        "accounts/system.html",
        parts=parts,
        models=models,
        version=__version__,
        matching=_read_matcher_state(),
        mail=load_mail_status(now),
        backup=find_last_backup(now),
        overdue=list(find_bulk_overdue(settings, now)),
        overdue_labels=OVERDUE_LABELS,
        now=now,
        has_queue=has_job_queue(),
        jobs=list_job_counts(),
        work_labels=health_checks.WORK_LABELS,
    )


def _read_matcher_state() -> tuple[str, bool]:
    """Return the matcher model's version ("" where unreadable), and whether the pair reader is installed."""
    try:
        return str(load_match_model().about["version"]), is_pair_reader_installed()
    except MatchModelError:
        return "", is_pair_reader_installed()


@bp.post("/sistem/surel")
def try_mail() -> Response:
    """Send a test mail to the administrator who asks for it."""
    settings = current_settings()
    now, to = utc_now(), current_officer().email
    try:
        send_letter_now(to, _build_test_letter(), settings, now)
    except MailServerError as error:
        outcome = "server"
        flash(
            _("Server email tidak menerima: %(reason)s. Email yang menunggu tidak hilang.", reason=str(error)), "fault"
        )
    except (MailRejectedError, MailDeferredError) as error:
        outcome = "address"
        flash(_("Server email menolak alamat Anda: %(reason)s.", reason=str(error)), "fault")
    else:
        outcome = "sent"
        flash(_("Email percobaan diterima server untuk %(address)s. Periksa kotak masuk Anda.", address=to), "done")
    with write_transaction():
        audit_log.record_event("mail_tried", "mail", officer=current_officer(), now=now, detail={"outcome": outcome})
    return redirect(url_for("accounts.system") + "#surel", 303)


def _build_test_letter() -> Letter:
    return Letter(
        subject=_("Email percobaan"),
        paragraphs=(
            _("Email ini dikirim karena Anda menekan «Kirim email percobaan» di halaman Sistem."),
            _("Bila Anda membacanya, pengiriman email sudah bekerja."),
        ),
        action=(_("Buka halaman Sistem"), public_url_for("accounts.system")),
    )
