"""The officers' desk: queue, claim, decisions."""

from __future__ import annotations

from apiflask import APIBlueprint

bp = APIBlueprint("review", __name__, url_prefix="/petugas", enable_openapi=False)
