"""The flagger's page: its month for every officer, and its versions for administrators to propose for use."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from apiflask import APIBlueprint
from flask import Response, make_response, render_template, request

from hoax_tracker.accounts.sign_in import sign_in_required
from hoax_tracker.authority import proposals
from hoax_tracker.authority.row_acts import redirect_proposed
from hoax_tracker.clock import utc_now
from hoax_tracker.core.database import statistics_cache
from hoax_tracker.core.extensions import current_officer
from hoax_tracker.errors import EditConflictError, InvalidInputError
from hoax_tracker.flag.flagger_month import (
    FlaggerMonth,
    Month,
    advise_next_step,
    build_flagger_month,
    describe_flagger_month,
    flagger_month_cache_name,
    flagger_month_from_json,
    month_containing,
)
from hoax_tracker.flag.model import activation, model_files
from hoax_tracker.models import ModelVersion, RoleName, db

bp = APIBlueprint("flag", __name__, url_prefix="/petugas/penanda", enable_openapi=False)
VERSIONS_SHOWN = model_files.STORED  # any host can put what is listed into use


@bp.get("/")
@sign_in_required()
def month() -> str:
    """Show the flagger's figures for this month or the last."""
    return render_template("flag/flagger_month.html", **_month_page_context())


@bp.post("/model/<int:version_id>")
@sign_in_required(RoleName.ADMINISTRATOR)
def activate(version_id: int) -> Response:
    """Propose a version for use; a refusal is shown with its objections, and asks for a reason."""
    from hoax_tracker.flag.model import registry  # scikit-learn comes along: never before the fork

    seen, reason = request.form.get("seen", ""), request.form.get("reason")
    person = current_officer()
    try:
        registry.propose_version(
            version_id,
            seen_active=int(seen) if seen.isdecimal() else None,
            officer=person,
            now=utc_now(),
            reason=reason,
        )
    except (InvalidInputError, EditConflictError) as error:
        db.session.rollback()
        trouble = {"id": version_id, "text": str(error.user_message), "reason": reason}
        trouble |= {"forcible": isinstance(error, registry.ActivationRefusedError), "least": registry.MIN_REASON_LENGTH}
        return make_response(
            render_template("flag/flagger_month.html", **_month_page_context() | {"trouble": trouble}), error.status
        )
    return make_response(redirect_proposed(activation.ACT, is_proposed=True))


def _month_page_context() -> dict[str, Any]:
    now = utc_now()
    this = month_containing(now)
    chosen = this.before() if request.args.get("bulan") == "lalu" else this
    seen, decisions, counted_at = _load_flagger_month(chosen, now)
    versions = db.session.scalars(sa.select(ModelVersion).order_by(ModelVersion.id.desc()).limit(VERSIONS_SHOWN)).all()
    return {
        "figures": seen,
        "sentences": describe_flagger_month(seen),
        "next_step": advise_next_step(seen, any(version.proposed_at and not version.is_active for version in versions)),
        "is_this": chosen == this,
        "decisions": decisions,
        "counted_at": counted_at,
        "versions": versions,
        "used": model_files.find_active_version(),
        "waiting": proposals.list_open([activation.ACT]),
        "trouble": None,
    }


def _load_flagger_month(month: Month, now: datetime) -> tuple[FlaggerMonth, int, datetime | None]:
    """Return a month in figures, the number of decisions, and when it was calculated (None: now)."""
    from hoax_tracker.flag.model.training_labels import list_training_labels

    if cached := statistics_cache.load_cached_figures(flagger_month_cache_name(month), now):
        return flagger_month_from_json(month, cached.value["report"]), cached.value["decisions"], cached.counted_at
    labels = list_training_labels()
    return build_flagger_month(month, labels), len(labels), None
