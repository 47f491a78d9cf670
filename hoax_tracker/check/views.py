"""The public front: one box, its answer, and the page about the service."""

from __future__ import annotations

from apiflask import APIBlueprint

bp = APIBlueprint("check", __name__, enable_openapi=False)
