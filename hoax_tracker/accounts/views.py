"""Officers, units, districts and programmes, edited by an administrator."""

from __future__ import annotations

from apiflask import APIBlueprint

bp = APIBlueprint("accounts", __name__, url_prefix="/petugas/kelola", enable_openapi=False)
