"""What the public reads: clarifications, their list, the feed and the site map."""

from __future__ import annotations

from apiflask import APIBlueprint

bp = APIBlueprint("pages", __name__, enable_openapi=False)
