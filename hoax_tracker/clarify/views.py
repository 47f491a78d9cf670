"""Drafting, approving, correcting and retracting clarifications."""

from __future__ import annotations

from apiflask import APIBlueprint

bp = APIBlueprint("clarify", __name__, url_prefix="/petugas/klarifikasi", enable_openapi=False)
