"""Texts from elsewhere are trained on beside the corpus and evaluated apart. The texts here are made up."""

from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import csr_array

from classifiers.corpus import CorpusError
from classifiers.flagger.artefact import load_bundle
from classifiers.flagger.calibrated_linear import CalibratedMargin
from classifiers.flagger.evaluate import evaluate_public_texts, render_model_card, share_interval
from classifiers.flagger.public_texts import ARTICLE_KIND, HEADLINE_KIND, HOAX_KIND, LEARNED_PER_FILE, load_public_texts
from hoax_tracker.core.paths import data_file_path
from tests.classifiers.public_folder import make_public_folder


def test_half_is_learned_from_and_the_other_half_measured_on(tmp_path: Path) -> None:
    learned, held_out = load_public_texts(make_public_folder(tmp_path))
    assert not set(learned.texts) & set(held_out.texts)
    assert learned.kinds.count(HOAX_KIND) == LEARNED_PER_FILE[HOAX_KIND]
    assert held_out.kinds.count(HOAX_KIND) > 250
    assert all(
        0 < part.kinds.count(kind) < 40 for part in (learned, held_out) for kind in (HEADLINE_KIND, ARTICLE_KIND)
    )
    assert not learned.about_city.any()
    assert [kind == HOAX_KIND for kind in learned.kinds] == learned.labels.astype(bool).tolist()
    assert load_public_texts(tmp_path)[0].texts == learned.texts


def test_what_a_fact_checker_wrote_and_what_may_be_about_the_city_is_left_out(tmp_path: Path) -> None:
    texts = [text for part in load_public_texts(make_public_folder(tmp_path, hoaxes=40)) for text in part.texts]
    assert "bagikan kuota gratis malam ini juga" in texts
    assert not [text for text in texts if "Kupang" in text or "Beredar" in text or text == "terlalu pendek"]
    assert not [text for text in texts if text.startswith((",", "-"))]


def test_a_folder_without_such_texts_is_an_error_in_words(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="tidak ada teks untuk public_article"):
        load_public_texts(tmp_path)


@pytest.mark.parametrize("line", ["{", "[]", "1", '{"text": "a"}', '{"query": 1}'])
def test_a_file_that_is_none_is_named(tmp_path: Path, line: str) -> None:
    (make_public_folder(tmp_path) / "retrieval" / "bdc2020.jsonl").write_text(line, encoding="utf-8")
    with pytest.raises(CorpusError, match=r"bdc2020\.jsonl: bukan JSON Lines"):
        load_public_texts(tmp_path)


def borrowed_hoaxes() -> tuple[csr_array, np.ndarray, np.ndarray]:
    """Return points: 1s at the left, 0s in the middle, and borrowed 1s at the right."""
    random = np.random.default_rng(5)
    centres = np.repeat([-4.0, 0.0, 4.0], 150)
    points = np.column_stack([centres + random.normal(0, 1, 450), random.normal(0, 1, 450)])
    return csr_array(points), (centres != 0).astype(int), centres > 0


def test_a_borrowed_one_is_found_beside_the_own_ones() -> None:
    X, y, borrowed = borrowed_hoaxes()
    apart = CalibratedMargin().fit(X, y, kinds=["far"] * len(y), borrowed=borrowed)
    together = CalibratedMargin().fit(X, y, kinds=["far"] * len(y))
    assert (apart.predict(X) == y).mean() > 0.95 > 0.8 > (together.predict(X) == y).mean()
    assert apart.kinds_ == ["0 far", "1", "1 far"]


def test_a_discount_lowers_what_is_like_the_borrowed_ones_alone() -> None:
    X, y, borrowed = borrowed_hoaxes()
    kinds = ["far"] * len(y)
    full = CalibratedMargin().fit(X, y, kinds=kinds, borrowed=borrowed)
    less = CalibratedMargin(discount=2.0).fit(X, y, kinds=kinds, borrowed=borrowed)
    places = csr_array([[-4.0, 0.0], [2.0, 0.0]])
    own, other = less.decision_function(places) / less.slope_ - full.decision_function(places) / full.slope_
    assert other < own - 1


def test_probabilities_are_calibrated_on_the_own_texts_alone() -> None:
    X, y, borrowed = borrowed_hoaxes()
    doubled = np.append(np.arange(len(y)), np.repeat(np.flatnonzero(borrowed), 3))
    model = CalibratedMargin().fit(X[doubled], y[doubled], kinds=["far"] * len(doubled), borrowed=borrowed[doubled])
    assert abs(model.predict_proba(X[~borrowed])[:, 1].mean() - y[~borrowed].mean()) < 0.05


def test_weights_of_one_text_add_up_with_borrowed_kinds() -> None:
    X, y, borrowed = borrowed_hoaxes()
    model = CalibratedMargin().fit(X, y, kinds=["far"] * len(y), borrowed=borrowed)
    step = 1e-4
    columns, weights = model.local_weights(csr_array([[3.0, 0.5]]))[0]
    for column, weight in zip(columns, weights, strict=True):
        moved = np.array([[3.0, 0.5]])
        before = model.decision_function(csr_array(moved))[0]
        moved[0, column] += step
        slope = (model.decision_function(csr_array(moved))[0] - before) / step
        assert weight / csr_array([[3.0, 0.5]])[0, column] == pytest.approx(slope, abs=1e-2)


def test_real_texts_are_measured_by_kind(tmp_path: Path) -> None:
    held_out = load_public_texts(make_public_folder(tmp_path))[1]
    found = evaluate_public_texts(load_bundle(data_file_path("models", "base.skops")), held_out)
    assert found["rows"][HOAX_KIND] == held_out.kinds.count(HOAX_KIND)
    for name in (f"roc_auc_against_{ARTICLE_KIND}", f"{HOAX_KIND}_flagged", f"{HEADLINE_KIND}_relevant"):
        low, high = found[f"{name}_ci"]
        assert 0 <= low <= found[name] <= high <= 1


def test_share_interval_holds_at_the_ends() -> None:
    assert share_interval(0, 100) == [0.0, 0.0362]
    assert share_interval(100, 100) == [0.9638, 1.0]
    assert share_interval(0, 0) == [0.0, 1.0]


def test_the_shipped_model_has_learned_from_real_texts() -> None:
    """Trained without ``--public`` it would let a third of national headlines through and miss most real hoaxes."""
    bundle = load_bundle(data_file_path("models", "base.skops"))
    figures = bundle.meta["public"]["metrics"]
    assert figures[f"{HEADLINE_KIND}_relevant"] < 0.05
    assert figures[f"roc_auc_against_{HEADLINE_KIND}"] > 0.85
    assert "Texts that really went around" in render_model_card(bundle)
