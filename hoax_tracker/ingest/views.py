"""Sources: their health, adding, pausing and editing them."""

from __future__ import annotations

from apiflask import APIBlueprint

bp = APIBlueprint("ingest", __name__, url_prefix="/petugas/sumber", enable_openapi=False)
