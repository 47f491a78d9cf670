"""Fixtures of the officers' desk."""

from __future__ import annotations

import pytest
from apiflask import APIFlask

from hoax_tracker.models import Claim
from tests import factories


@pytest.fixture
def claim(app: APIFlask) -> Claim:
    """A claim that waits."""
    return factories.make_claim()
