"""Retraining: decisions become a proposed local model; one that is no longer better gives way to its base.

1. ``_propose_local_model`` fits a local model on the decisions so far and registers it as a proposal unless objections
   stand. Fitting and writing the file happen outside any transaction; a killed process leaves at most a file without a
   row, which the next run overwrites.
2. ``watch_active_model`` measures the active local model on all standing decisions. Where its interval falls below the
   base or it flags more criticism, the shipped model takes over at once: falling back needs no person.

Only a person activates a proposal (registry.py).
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import sqlalchemy as sa

from classifiers.flagger.artefact import Bundle, code_version, load_bundle, save_bundle
from classifiers.flagger.local_adaptation import TooFewDecisionsError, adapt_bundle, find_base_bundle
from hoax_tracker.core.database.transactions import read_transaction, write_transaction
from hoax_tracker.flag.model import model_files, registry
from hoax_tracker.flag.model.comparison import compare_models
from hoax_tracker.flag.model.training_labels import TrainingLabel, build_training_set, hash_labels, list_training_labels
from hoax_tracker.models import ModelVersion, db


def watch_and_propose(now: datetime) -> ModelVersion | None:
    """Check the active model, then propose a new one; return the proposal, if any.

    Raises ModelUnusableError where the shipped model cannot be read.
    """
    registry.fall_back_if_unusable(now)
    watch_active_model(now)
    return _propose_local_model(now)


def _propose_local_model(now: datetime) -> ModelVersion | None:
    """Fit a local model on the decisions so far; None where they are too few or unchanged since the last one.

    A model worse than its base is registered with its figures but not proposed.
    """
    with read_transaction():
        labels = list_training_labels()
        is_known = hash_labels(labels) in _known_decision_hashes()
        db.session.rollback()
    if is_known:
        return None
    try:
        bundle = fit_on_decisions(labels, now)
    except TooFewDecisionsError:
        return None
    path = _local_model_path(labels)
    save_bundle(bundle, path)
    with write_transaction():
        return register_local_model(path, bundle, labels, now)


def _known_decision_hashes() -> set[str]:
    """Return the hashes of decisions that local models of the shipped base were fitted on."""
    base = model_files.file_digest(model_files.shipped_model_path())
    rows = db.session.scalars(sa.select(ModelVersion.about).where(ModelVersion.about.is_not(None)))
    return {str(about.get("data_hash")) for about in rows if about and about.get("base_digest") == base}


def fit_on_decisions(labels: list[TrainingLabel], now: datetime) -> Bundle:
    """Return a local model. Raises TooFewDecisionsError."""
    about = {"data_hash": hash_labels(labels), "code_version": code_version(), "rows": len(labels)}
    about["base_digest"] = model_files.file_digest(model_files.shipped_model_path())
    return adapt_bundle(load_bundle(model_files.shipped_model_path()), build_training_set(labels), about, now)


def _local_model_path(labels: list[TrainingLabel]) -> Path:
    """Return the path of the model for these decisions: equal decisions, equal file."""
    folder = model_files.own_models_folder()
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder / f"lokal-{hash_labels(labels)[:16]}.skops"


def register_local_model(path: Path, bundle: Bundle, labels: list[TrainingLabel], now: datetime) -> ModelVersion:
    """Register a fitted local model, as a proposal where no objection stands; older proposals are withdrawn."""
    version = model_files.register_model_file(path, now, activate=False)
    base = find_base_bundle(bundle)
    compared = compare_models(bundle, base, labels) if base is not None else None
    against = registry.list_objections(bundle, compared, version, model_files.find_active_version())
    version.about = (version.about or {}) | {"comparison": compared.as_json() if compared else None}
    db.session.execute(sa.update(ModelVersion).values(proposed_at=None))
    version.proposed_at = None if against else now
    db.session.flush()
    return version


def watch_active_model(now: datetime) -> bool:
    """Fall back to the base where the active local model is no longer better; True where it did."""
    with read_transaction():
        used = model_files.find_active_version()
        bundle = model_files.load_version_bundle(used) if used is not None else None
        base = find_base_bundle(bundle) if bundle is not None else None
        why = ""
        if used is not None and bundle is not None and base is not None:
            why = "; ".join(
                registry.list_objections(bundle, compare_models(bundle, base, list_training_labels()), used, None)
            )
        db.session.rollback()
    if why:
        with write_transaction():
            registry.fall_back_to_shipped(now, why)
    return bool(why)
