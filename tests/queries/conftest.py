"""An instance with many rows at the desk, made once for all tests that count statements."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from apiflask import APIFlask

from hoax_tracker.core.config.settings import Settings
from tests import databases
from tests.crowded import Crowd


@pytest.fixture(scope="session")
def prepared(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An instance with many rows at the desk, copied for each test."""
    folder = Crowd.written(prepared, tmp_path_factory.mktemp("crowded") / "instance")
    yield folder
    databases.drop_databases_in(folder)


@pytest.fixture
def crowd(app: APIFlask, settings: Settings) -> Crowd:
    """The rows of this test's own instance."""
    return Crowd.read(settings.data_folder)
