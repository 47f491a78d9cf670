"""The shipped model or a local one as the active model."""

from __future__ import annotations

from collections.abc import Hashable
from datetime import datetime

import pytest

from classifiers.flagger.artefact import Bundle
from hoax_tracker import pipeline
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.flag.model import model_files, retraining
from hoax_tracker.flag.model.training_labels import TrainingLabel, hash_labels
from hoax_tracker.ingest.storage.store import store_entries
from hoax_tracker.models import ModelVersion, Officer, Source, db
from tests.flag.activation import activate_by_two
from tests.flag.decided import decide_sample_claims
from tests.ingest.storage.test_store import entry


@pytest.fixture
def base(shipped_model: ModelVersion) -> ModelVersion:
    """The shipped model, with which local ones are compared."""
    return shipped_model


@pytest.fixture
def source(shipped_model: ModelVersion, now: datetime) -> Source:
    """A source, beside the shipped model."""
    row = Source(name="s", url="https://s.example/", created_at=now)
    db.session.add(row)
    db.session.commit()
    return row


@pytest.fixture
def fitted_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fit local models once per set of decisions, for tests about what happens to a model."""

    def fit_or_recall(found: list[TrainingLabel], now: datetime) -> Bundle:
        key = (hash_labels(found), model_files.file_digest(model_files.shipped_model_path()), now)
        if key not in _fitted:
            _fitted[key] = _fit(found, now)
        return _fitted[key]

    monkeypatch.setattr(retraining, "fit_on_decisions", fit_or_recall)


def flag_texts(source: Source, now: datetime, *texts: str) -> int:
    """Store texts as entries of the source and assess them; return how many were flagged."""
    with write_transaction():
        store_entries(source, [entry(text, feed_id=text[:40]) for text in texts], now)
    return pipeline.flag_pending_items(now)


_fit = retraining.fit_on_decisions
_fitted: dict[Hashable, Bundle] = {}


@pytest.fixture
def local(base: ModelVersion, officer: Officer, approver: Officer, now: datetime) -> ModelVersion:
    """A local model, active."""
    decide_sample_claims(officer, approver, now, contrary=True)
    version = retraining.watch_and_propose(now)
    assert version is not None
    activate_by_two(version.id, seen_active=base.id, officer=None, now=now)
    return version
