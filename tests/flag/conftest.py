"""The shipped model in use, and a local one in its place."""

from __future__ import annotations

from datetime import datetime

import pytest
from apiflask import APIFlask

from hoax_tracker.database import writing
from hoax_tracker.flag import learning, models, registry
from hoax_tracker.models import ModelVersion, Officer
from tests.flag.decided import desk


@pytest.fixture
def base(app: APIFlask, now: datetime) -> ModelVersion:
    """The shipped model, in use."""
    with writing():
        return models.register_shipped(now)


@pytest.fixture
def local(base: ModelVersion, officer: Officer, approver: Officer, now: datetime) -> ModelVersion:
    """A local model, in use."""
    desk(officer, approver, now, contrary=True)
    version = learning.learn(now)
    assert version is not None
    registry.activate(version.id, seen_active=base.id, officer=None, now=now)
    return version
