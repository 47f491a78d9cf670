"""What the tests of the classifiers share."""

from __future__ import annotations

import pytest

from classifiers.flagger.artefact import Bundle, load_bundle
from hoax_tracker.core.paths import data_file_path


@pytest.fixture(scope="session")
def bundle() -> Bundle:
    """The shipped model."""
    return load_bundle(data_file_path("models", "base.skops"))
