"""Decisions are tried where the database refuses what no second person confirmed, as every real one does."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def guards_on(guarded: None) -> None:
    """Let the database refuse here what no second person confirmed."""
