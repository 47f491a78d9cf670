"""A local model equals the base without decisions and improves with them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import csr_array, eye_array
from scipy.special import expit

from classifiers.flagger.artefact import load_bundle, save_bundle
from classifiers.flagger.assess import assess_texts
from classifiers.flagger.evaluate import expected_calibration_error
from classifiers.flagger.local_adaptation import (
    AdaptedJudge,
    Decided,
    TooFewDecisionsError,
    adapt_bundle,
    find_base_bundle,
    threshold_at_same_share,
)
from hoax_tracker.core.paths import data_file_path

BASE = load_bundle(data_file_path("models", "base.skops"))
NOTE = "Jadwal posyandu bulan ini di Kelurahan Oesapa, Kota Kupang, gratis untuk semua balita."
FAKE = "Mulai besok warga Kota Kupang wajib transfer Rp75.000 ke rekening petugas, sebarkan sebelum terlambat."


def decided(count: int, contrary: bool = False) -> Decided:
    """Half of the texts speak of posyandu, half of transfers; ``contrary``: the first were worth a look."""
    texts = [f"{NOTE if n % 2 else FAKE} Catatan nomor {n}." for n in range(count)]
    labels = np.array([n % 2 == int(contrary) for n in range(count)], dtype=np.int8)
    keys = [str(n) for n in range(count)]
    return Decided(texts, labels, np.ones(count), keys, keys)


class Zero:
    """A base that is always undecided."""

    def decision_function(self, X: csr_array) -> np.ndarray:
        return np.zeros(X.shape[0])


@pytest.mark.parametrize("given", [decided(0), decided(20)])
def test_too_few_decisions_are_refused_in_words(given: Decided) -> None:
    with pytest.raises(TooFewDecisionsError, match="perlu 24"):
        adapt_bundle(BASE, given, {})


def test_one_side_is_refused() -> None:
    given = decided(40)
    one = Decided(given.texts, np.ones(40, dtype=np.int8), given.weights, given.groups, given.keys)
    with pytest.raises(TooFewDecisionsError):
        adapt_bundle(BASE, one, {})


def test_a_strong_prior_keeps_the_base() -> None:
    X = csr_array(np.eye(6))
    judge = AdaptedJudge(Zero(), strength=1e9).fit(X, [1, 0, 1, 0, 1, 0])
    assert np.abs(judge.decision_function(X)).max() < 1e-3
    free = AdaptedJudge(Zero(), strength=0.1).fit(X, [1, 0, 1, 0, 1, 0])
    assert free.predict(X).tolist() == [1, 0, 1, 0, 1, 0]


class Told:
    """A base that knows the log-odds of each text; a text is a column of its own."""

    def __init__(self, margins: np.ndarray) -> None:
        self.margins = margins

    def decision_function(self, X: csr_array) -> np.ndarray:
        return np.asarray(X @ self.margins)


def test_a_few_dozen_decisions_leave_a_calibrated_base_calibrated() -> None:
    random = np.random.default_rng(0)
    margins = random.normal(-1.0, 2.0, 3000)
    labels = (random.random(3000) < expit(margins)).astype(np.int8)
    X, rest = csr_array(eye_array(3000)), slice(1000, None)
    decided = [slice(start, start + 36) for start in range(0, 972, 36)]
    judges = [AdaptedJudge(Told(margins)).fit(X[at], labels[at]) for at in decided]
    after = np.mean([expected_calibration_error(labels[rest], judge.predict_proba(X[rest])[:, 1]) for judge in judges])
    assert after < expected_calibration_error(labels[rest], expit(margins[rest])) + 0.01


@pytest.mark.training
def test_decisions_against_the_base_turn_it_and_survive_the_file(tmp_path: Path) -> None:
    local = adapt_bundle(BASE, decided(40, contrary=True), {"base_digest": "x"})
    save_bundle(local, tmp_path / "local.skops")
    kept = load_bundle(tmp_path / "local.skops")
    before, after = assess_texts(BASE, [NOTE, FAKE]), assess_texts(kept, [NOTE, FAKE])
    assert before[1].misinformation > before[0].misinformation
    assert after[0].misinformation > after[1].misinformation
    assert after[0].reasons
    assert kept.meta["base_digest"] == "x"
    assert len(kept.meta["local"]["left_out"]) == 40


def test_the_base_inside_says_what_the_base_says_and_knows_no_chances_of_the_local() -> None:
    local = adapt_bundle(BASE, decided(40, contrary=True), {})
    inside = find_base_bundle(local)
    assert inside is not None
    assert (inside.hoax.predict_proba([NOTE, FAKE]) == BASE.hoax.predict_proba([NOTE, FAKE])).all()
    assert "local" not in inside.meta
    assert find_base_bundle(BASE) is None


def test_the_line_moves_with_the_scores() -> None:
    before, after = np.array([0.1, 0.5, 0.9, 0.95]), np.array([0.01, 0.2, 0.3, 0.4])
    line = threshold_at_same_share(before, after, 0.8)
    assert (after >= line).sum() == 2
    assert threshold_at_same_share(before, after, 0.99) > after.max()
