"""Is the process alive? (``/readyz`` and ``/metrics`` belong to a later step.)"""

from __future__ import annotations

import sqlalchemy as sa
from apiflask import APIBlueprint
from flask import Response, jsonify

from hoax_tracker import __version__
from hoax_tracker.models import db

bp = APIBlueprint("health", __name__, enable_openapi=False)


@bp.get("/healthz")
def healthz() -> Response:
    """Answer ok where the process runs and its database answers."""
    db.session.execute(sa.text("select 1"))
    response = jsonify(status="ok", version=__version__)
    response.headers["Cache-Control"] = "no-store"
    return response
