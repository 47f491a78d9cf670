"""The system page: health of each part, the worker's jobs and the models in use.

Its reader is the administrator, who is the instance's IT person too.
"""

from __future__ import annotations

from typing import NamedTuple

import sqlalchemy as sa
from flask import render_template
from flask_babel import lazy_gettext as _l

from hoax_tracker import __version__
from hoax_tracker.admin.blueprint import bp
from hoax_tracker.clock import utc_now
from hoax_tracker.core.current import current_settings
from hoax_tracker.models import ModelVersion, db
from hoax_tracker.notifications.mail.status import load_mail_status
from hoax_tracker.operations import health_checks
from hoax_tracker.operations.job_status import has_job_queue, list_job_counts
from hoax_tracker.privacy.expiry import find_bulk_overdue

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
        overdue=list(find_bulk_overdue(settings, now)),
        overdue_labels=OVERDUE_LABELS,
        now=now,
        has_queue=has_job_queue(),
        jobs=list_job_counts(),
        work_labels=health_checks.WORK_LABELS,
    )


def _read_matcher_state() -> tuple[str, bool]:
    """Return the matcher model's version ("" where unreadable), and whether the encoder is installed."""
    from classifiers.matcher.embeddings import is_encoder_installed
    from classifiers.matcher.model_file import MatchModelError, load_match_model

    try:
        return str(load_match_model().about["version"]), is_encoder_installed()
    except MatchModelError:
        return "", is_encoder_installed()
