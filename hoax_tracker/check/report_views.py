"""A resident reports a message and follows the ticket."""

from __future__ import annotations

from apiflask import APIBlueprint

bp = APIBlueprint("reports", __name__, enable_openapi=False)
