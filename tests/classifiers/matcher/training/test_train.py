"""A gate as arrays equals scikit-learn's model, excludes its test cases, and is monotonic."""

from __future__ import annotations

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier

from classifiers.matcher.gate import Trees
from classifiers.matcher.index.document_frequency import Background, Weights
from classifiers.matcher.model_file import MATCH_MODEL_FILE, MatchModel
from classifiers.matcher.pair_features import PAIR_FEATURES
from classifiers.matcher.training.data import FOLDS, load_own_pairs
from classifiers.shipped import shipped_data_folder


def test_trees_as_arrays_give_what_scikit_learn_gives() -> None:
    dice = np.random.default_rng(0)
    rows = dice.random((600, 5))
    model = HistGradientBoostingClassifier(max_iter=30, random_state=0).fit(rows, rows.sum(axis=1) > 2)
    assert np.allclose(Trees.of(model).logits(rows), model.decision_function(rows))


def test_a_topic_stands_in_one_fold_only() -> None:
    part = load_own_pairs(shipped_data_folder() / "pairs")
    folds_of: dict[int, set[int]] = {}
    for case in part.cases:
        for place in case.answers:
            folds_of.setdefault(place, set()).add(case.fold)
    assert all(len(folds) == 1 for folds in folds_of.values())
    assert {case.fold for case in part.cases} == set(range(FOLDS))


def test_a_withdrawn_page_is_not_in_the_index() -> None:
    part = load_own_pairs(shipped_data_folder() / "pairs")
    answered = {case.id: case.answers for case in part.cases if case.answers}
    withdrawn = [case for case in part.cases if case.kind == "withdrawn"]
    assert withdrawn
    assert not any(case.pages[place] for case in withdrawn for place in answered[case.id])


def test_more_of_what_speaks_for_a_page_never_lowers_the_trees() -> None:
    trees = MatchModel.load(shipped_data_folder() / "models" / MATCH_MODEL_FILE).ranking.trees
    base = np.tile(np.linspace(0, 1, 20)[:, None], len(PAIR_FEATURES))
    for place, feature in enumerate(PAIR_FEATURES):
        rows = base[:10].copy()
        rows[:, place] += 0.5
        change = trees.logits(rows) - trees.logits(base[:10])
        assert feature.direction == 0 or (change * feature.direction >= -1e-9).all(), feature.name


def test_background_frequencies_make_common_words_light() -> None:
    texts = [frozenset({"warga", f"kata{at}"}) for at in range(200)]
    weights = Weights(Background.fit(texts))
    assert weights["warga"] < 0.1 < weights["kata1"] < weights["tidakada"]


def test_an_index_of_its_own_outweighs_the_background_as_it_grows() -> None:
    background = Background.fit([frozenset({"umum"})] * 10 + [frozenset({"lain"})] * 990)
    small, large = Weights(background, {"antraks": 1}, 10), Weights(background, {"antraks": 90_000}, 100_000)
    assert large["antraks"] < 0.5 < small["antraks"]


def test_several_stems_weigh_what_each_of_them_weighs() -> None:
    background = Background.fit([frozenset({"kota", f"kata{number}"}) for number in range(40)])
    holders = {"kota": 90, "kata3": 1, "antraks": 0} | {f"kata{number}": number for number in range(4, 400)}
    weights = Weights(background, holders, 100)
    together = weights.of(holders, np.array(list(holders.values())))
    assert together.tolist() == [weights[stem] for stem in holders], "to the last bit"
    assert 0 < together[0] < together[1] < together[2]
