"""Comparison of two models, before one of them is put into use.

They are compared on officers' decisions that neither was fitted on, with the uncertainty. The score of a decision is
logarithmic: it rewards a high probability for what was worth a look and a low one for what was not, and punishes
misplaced certainty. A local model is measured on decisions held out during fitting (stored in its file by claim) and on
all later ones. And among the texts of the last thirty days: what the other model would add to the queue and take from
it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import sqlalchemy as sa

from classifiers.flagger.artefact import Bundle
from classifiers.flagger.assess import CHARACTERS_READ, assess_texts
from classifiers.flagger.evaluate import TARGET_RECALL, expected_calibration_error, threshold_at_recall
from classifiers.flagger.local_adaptation import log_loss
from hoax_tracker.claims import priority
from hoax_tracker.flag.item_assessment import are_local
from hoax_tracker.flag.model.training_labels import TrainingLabel, build_training_set
from hoax_tracker.items.claim_text import claim_text_of, claim_title_of
from hoax_tracker.models import Assessment, Item, ModelVersion, db

Floats = npt.NDArray[np.float64]

MIN_DECISIONS = 10
"""Fewer decisions, or no two sides, compare nothing."""
BOOTSTRAP_ROUNDS = 1000


@dataclass(frozen=True)
class ModelComparison:
    """A model beside another on the same decisions.

    ``gain``: the mean score of the model minus the other's, above 0 better, with its 95 % interval (``gain_ci``);
    ``voices``: the number of «bukan klaim» decisions; ``flagged``, ``flagged_before``: their share at or above the line
    that catches RECALL of what was worth a look, None where either is missing.
    """

    decisions: int
    gain: float
    gain_ci: tuple[float, float]
    ece: float
    ece_before: float
    voices: int
    flagged: float | None
    flagged_before: float | None

    def as_json(self) -> dict[str, Any]:
        """Return the comparison as stored with a version."""
        rounded = {key: round(value, 4) if isinstance(value, float) else value for key, value in asdict(self).items()}
        return rounded | {"gain_ci": [round(end, 4) for end in self.gain_ci]}

    @property
    def worse_on_criticism(self) -> bool:
        """True where it flags more criticism."""
        return self.flagged is not None and self.flagged_before is not None and self.flagged > self.flagged_before


def compare_models(model: Bundle, other: Bundle, labels: Sequence[TrainingLabel]) -> ModelComparison | None:
    """Return the comparison, or None where the decisions are too few."""
    if len(labels) < MIN_DECISIONS or len({label.worth for label in labels}) < 2:
        return None
    training_set = build_training_set(labels)
    new, old = _predicted_chances(model, labels), _predicted_chances(other, labels)
    gains = training_set.weights * (log_loss(training_set.labels, old) - log_loss(training_set.labels, new))
    voices = np.array([label.voice for label in labels])
    return ModelComparison(
        len(labels),
        float(gains.sum() / training_set.weights.sum()),
        _bootstrap_interval(gains, training_set.weights, training_set.groups),
        expected_calibration_error(training_set.labels, new),
        expected_calibration_error(training_set.labels, old),
        int(voices.sum()),
        _criticism_flagged_share(training_set.labels, voices, new),
        _criticism_flagged_share(training_set.labels, voices, old),
    )


def _predicted_chances(model: Bundle, labels: Sequence[TrainingLabel]) -> Floats:
    """Return the probability for each decided text, held out where the model was fitted on it."""
    left_out = model.meta.get("local", {}).get("left_out", {})
    scores = np.asarray(model.hoax.predict_proba([label.text[:CHARACTERS_READ] for label in labels])[:, 1], dtype=float)
    return np.array([left_out.get(str(label.claim_id), score) for label, score in zip(labels, scores, strict=True)])


def _bootstrap_interval(gains: Floats, weights: Floats, groups: Sequence[str]) -> tuple[float, float]:
    """Return the 95 % interval of the weighted mean by a bootstrap over groups of near-copies."""
    _, inverse = np.unique(np.asarray(groups), return_inverse=True)
    sums, sizes = np.bincount(inverse, gains), np.bincount(inverse, weights)
    drawn = np.random.default_rng(0).integers(0, len(sums), (BOOTSTRAP_ROUNDS, len(sums)))
    low, high = np.quantile(sums[drawn].sum(axis=1) / sizes[drawn].sum(axis=1), [0.025, 0.975])
    return float(low), float(high)


def _criticism_flagged_share(
    labels: npt.NDArray[np.int8], voices: npt.NDArray[np.bool_], scores: Floats
) -> float | None:
    """Return the share of criticism at or above the line that catches RECALL of what was worth a look."""
    if not voices.any() or not labels.any():
        return None
    return float((scores[voices] >= threshold_at_recall(labels, scores, TARGET_RECALL)).mean())


PREVIEWED_DAYS = 30
TEXTS_LIMIT = 5_000
"""The newest texts that are judged, in seconds, while a person waits."""
TITLES_SHOWN = 10
NOTHING_IS_EXPLAINED = 2.0


def preview_queue(bundle: Bundle, used: ModelVersion, now: datetime) -> dict[str, Any]:
    """Return what ``bundle`` would flag and ``used`` did not, and the reverse.

    ``previewed``: the number of texts that both judged; ``added``, ``dropped``: how many; ``added_titles``,
    ``dropped_titles``: the headlines of those that the model is surest of, at most TITLES_SHOWN.
    """
    seen_at = sa.func.coalesce(Item.published_at, Item.fetched_at)
    query = (
        sa.select(Item, Assessment.flagged)
        .join(Assessment, Assessment.item_id == Item.id)
        .where(Assessment.model_version_id == used.id, seen_at >= now - timedelta(days=PREVIEWED_DAYS))
        .order_by(seen_at.desc(), Item.id.desc())
        .limit(TEXTS_LIMIT)
    )
    rows = [(item, bool(flagged)) for item, flagged in db.session.execute(query)]
    lines = priority.FlagThresholds(bundle.thresholds["relevance"], bundle.thresholds["misinformation"])
    items = [item for item, _ in rows]
    scores = assess_texts(
        bundle, [claim_text_of(item) for item in items], lines.relevance, are_local(items), NOTHING_IS_EXPLAINED
    )
    added: list[tuple[float, str]] = []
    dropped: list[tuple[float, str]] = []
    for (item, was_flagged), score in zip(rows, scores, strict=True):
        if priority.is_flagged(score.relevance, score.misinformation, lines) != was_flagged:
            (dropped if was_flagged else added).append((score.misinformation, claim_title_of(item)))
    return {
        "previewed": len(rows),
        "added": len(added),
        "added_titles": [title for _, title in sorted(added, reverse=True)[:TITLES_SHOWN]],
        "dropped": len(dropped),
        "dropped_titles": [title for _, title in sorted(dropped)[:TITLES_SHOWN]],
    }
