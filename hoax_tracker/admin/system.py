"""How the instance is, for the administrator who is its IT person too: what works, which models are in use."""

from __future__ import annotations

from typing import NamedTuple

import sqlalchemy as sa
from flask import current_app, render_template
from flask_babel import lazy_gettext as _l

from hoax_tracker import __version__
from hoax_tracker.admin.blueprint import bp
from hoax_tracker.clock import utc_now
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.models import ModelVersion, db
from hoax_tracker.notifications.mail.status import mail_state
from hoax_tracker.operations import clock_guard, health_checks

PARTS = {
    "database": _l("Basis data"),
    "migrations": _l("Susunan basis data"),
    "keys": _l("Kunci mesin ini"),
    "index": _l("Indeks pencocokan pesan"),
    "model": _l("Berkas model penanda"),
    "worker": _l("Pekerja latar"),
    "disk": _l("Ruang simpan"),
}


class Part(NamedTuple):
    """A part of the instance: ``fault`` is empty while it works."""

    name: str
    fault: str


@bp.get("/sistem")
def system() -> str:
    """Show what works and what does not, the models, and by which gate messages are matched."""
    settings: Settings = current_app.extensions["settings"]
    now = utc_now()
    found = health_checks.results(settings, now)
    parts = [Part(str(PARTS[name]), str(one.words)) for name, one in found.items()]
    models = db.session.scalars(sa.select(ModelVersion).order_by(ModelVersion.id.desc()).limit(10)).all()
    return render_template(
        "accounts/system.html",
        parts=parts,
        models=models,
        version=__version__,
        matching=matching_in_use(),
        mail=mail_state(now),
        purge_resumes_at=clock_guard.resumes_at(now),
    )


def matching_in_use() -> tuple[str, bool]:
    """Return the version of the matcher's model ("" where it cannot be read), and whether vectors are installed."""
    from classifiers.matcher.embeddings import available
    from classifiers.matcher.match import trained_model
    from classifiers.matcher.model_file import MatchModelError

    try:
        return str(trained_model().about["version"]), available()
    except MatchModelError:
        return "", available()
