"""The shipped model in use, and a local one in its place."""

from __future__ import annotations

from collections.abc import Hashable
from datetime import datetime

import pytest
from apiflask import APIFlask

from classifiers.flagger.artefact import Bundle
from hoax_tracker.core.database.transactions import writing
from hoax_tracker.flag.model import model_files, registry, retraining
from hoax_tracker.flag.model.training_labels import Label, hash_of
from hoax_tracker.models import ModelVersion, Officer
from tests.flag.decided import desk


@pytest.fixture
def base(app: APIFlask, now: datetime) -> ModelVersion:
    """The shipped model, in use."""
    with writing():
        return model_files.register_shipped(now)


@pytest.fixture
def fitted_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Local models are fitted once for the same decisions: for tests that are about what is done with a model."""

    def fit_or_recall(found: list[Label], now: datetime) -> Bundle:
        key = (hash_of(found), model_files.digest_of(model_files.shipped()), now)
        if key not in _fitted:
            _fitted[key] = _fit(found, now)
        return _fitted[key]

    monkeypatch.setattr(retraining, "fitted", fit_or_recall)


_fit = retraining.fitted
_fitted: dict[Hashable, Bundle] = {}


@pytest.fixture
def local(base: ModelVersion, officer: Officer, approver: Officer, now: datetime) -> ModelVersion:
    """A local model, in use."""
    desk(officer, approver, now, contrary=True)
    version = retraining.learn(now)
    assert version is not None
    registry.activate(version.id, seen_active=base.id, officer=None, now=now)
    return version
