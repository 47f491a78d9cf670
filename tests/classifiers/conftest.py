"""What the tests of the classifiers share."""

from __future__ import annotations

import pytest

from classifiers.text.gazetteer import Gazetteer
from classifiers.text.lexicon import Lexicon
from hoax_tracker.core.paths import data_file_path


@pytest.fixture(scope="session")
def gazetteer() -> Gazetteer:
    """The city's names."""
    return Gazetteer.from_folder(data_file_path("kupang"), Lexicon.from_folder(data_file_path("language")))
