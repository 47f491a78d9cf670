"""Training on files, and storing the result without pickle."""

import json
import shutil
import zipfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import skops.io
from sklearn.pipeline import Pipeline

from classifiers.corpus import CorpusError, load_dataset_corpus
from classifiers.flagger import cues
from classifiers.flagger.artefact import ArtefactError, load_bundle, save_bundle
from classifiers.flagger.assess import assess_texts
from classifiers.flagger.evaluate import (
    brier_score,
    criticism_flagged,
    evaluate_bundle,
    expected_calibration_error,
    f1_score,
    metrics_with_intervals,
    pr_auc,
    render_model_card,
    roc_auc,
    threshold_at_recall,
)
from classifiers.flagger.train import text_sources, train_datasets, train_hoax_only
from classifiers.text.lexicon import Lexicon
from hoax_tracker.core.paths import data_file_path

NOW = datetime(2026, 11, 24, tzinfo=UTC)
LOUD = ("sebarkan", "rahasia", "transfer", "katanya", "besok", "semua")
CALM = ("rapat", "jadwal", "kepala", "dinas", "membahas", "layanan")


def write(folder: Path, name: str, seed: int, rows: int = 60) -> Path:
    random = np.random.default_rng(seed)
    lines = ["id,label,title,text"]
    for number in range(rows):
        label = number % 2
        words = [*random.choice(LOUD if label else CALM, 4), *random.choice(["air", "jalan", "pasar"], 2)]
        lines.append(f"{name}-{number},{label},,{' '.join(words)} {number}")
    path = folder / f"{name}.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_a_data_set_alone_trains_a_flagger(tmp_path: Path) -> None:
    out = tmp_path / "one.skops"
    made = train_datasets(load_dataset_corpus([write(tmp_path, "one", 1)]), out, data_file_path("language"), NOW)
    kept = load_bundle(out)
    assert kept.meta == made.meta
    found = evaluate_bundle(kept, load_dataset_corpus([write(tmp_path, "two", 2)]))
    assert found["rows"] == 60
    assert found["roc_auc"] > 0.9
    for name in ("roc_auc", "pr_auc", "f1", "brier", "ece"):
        low, high = found[f"{name}_ci"]
        assert low <= found[name] <= high
    json.dumps(found)


@pytest.mark.training
def test_several_sets_are_looked_across(tmp_path: Path) -> None:
    paths = [write(tmp_path, name, seed) for seed, name in enumerate(("one", "two", "three"))]
    made = train_datasets(load_dataset_corpus(paths), tmp_path / "m.skops", None, NOW)
    assert made.meta["models"] == {"hoax": "SourceAverage"}
    assert made.relevance is None
    scores = [
        one.misinformation
        for one in assess_texts(load_bundle(tmp_path / "m.skops"), ["sebarkan transfer", "rapat dinas"])
    ]
    assert scores[0] > 0.5 > scores[1]
    assert "SourceAverage" in render_model_card(made)


def test_the_same_files_give_the_same_model(tmp_path: Path) -> None:
    paths = [write(tmp_path, "one", 1)]
    one, two = (
        train_datasets(load_dataset_corpus(paths), tmp_path / name, None, NOW) for name in ("a.skops", "b.skops")
    )
    assert one.meta == two.meta
    judges = [load_bundle(tmp_path / name).hoax.named_steps["judge"] for name in ("a.skops", "b.skops")]
    assert (judges[0].coef_ == judges[1].coef_).all()


def test_files_with_one_label_are_taken_together(tmp_path: Path) -> None:
    header = "id,label,title,text\n"
    ones, zeros, both = (tmp_path / f"{name}.csv" for name in ("ones", "zeros", "both"))
    ones.write_text(header + "a,1,,x\nb,1,,y\n")
    zeros.write_text(header + "c,0,,x\nd,0,,y\n")
    both.write_text(header + "e,0,,x\nf,1,,y\n")
    assert set(text_sources(load_dataset_corpus([ones, zeros, both]))) == {"rest", "both"}
    assert set(text_sources(load_dataset_corpus([ones, both]))) == {"all"}


def test_a_set_of_two_rows_trains(tmp_path: Path) -> None:
    path = tmp_path / "tiny.csv"
    path.write_text("id,label,title,text\na,1,,sebarkan semua\nb,0,,rapat dinas\n")
    bundle = train_hoax_only(load_dataset_corpus([path]), Lexicon(), NOW)
    assert bundle.hoax.predict_proba(["sebarkan"]).shape == (1, 2)


def test_an_empty_set_is_an_error_in_words(tmp_path: Path) -> None:
    path = tmp_path / "empty.csv"
    path.write_text("id,label,title,text\n")
    with pytest.raises(CorpusError, match="tidak ada satu baris pun"):
        train_datasets(load_dataset_corpus([path]), tmp_path / "m.skops")
    assert not (tmp_path / "m.skops").exists()


def test_a_damaged_file_is_an_error_in_words(tmp_path: Path) -> None:
    whole = data_file_path("models", "base.skops").read_bytes()
    broken = tmp_path / "broken.skops"
    for content in (b"", b"no zip", whole[:-1000], whole[:1000] + bytes(500) + whole[1500:]):
        broken.write_bytes(content)
        with pytest.raises(ArtefactError, match=r"broken\.skops"):
            load_bundle(broken)
    with pytest.raises(ArtefactError, match="tidak dapat dibaca"):
        load_bundle(tmp_path / "none.skops")


def test_a_foreign_file_is_not_loaded(tmp_path: Path) -> None:
    foreign = tmp_path / "foreign.skops"
    skops.io.dump({"format": "something else"}, foreign)
    with pytest.raises(ArtefactError, match="bukan model"):
        load_bundle(foreign)


class NotOurs:
    """A class that a model file must not bring along."""

    def __init__(self) -> None:
        self.loaded = True


def test_a_class_that_is_not_ours_is_refused(tmp_path: Path) -> None:
    foreign = tmp_path / "class.skops"
    skops.io.dump({"hoax": NotOurs()}, foreign)
    with pytest.raises(ArtefactError, match="bukan milik program ini"):
        load_bundle(foreign)


def test_a_file_that_unpacks_to_too_much_is_refused(tmp_path: Path) -> None:
    bomb = tmp_path / "bomb.skops"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("a", "w", force_zip64=True) as part:
        for _ in range(210):
            part.write(bytes(1_000_000))
    with pytest.raises(ArtefactError, match="batasnya"):
        load_bundle(bomb)


def test_another_format_version_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shipped = load_bundle(data_file_path("models", "base.skops"))
    monkeypatch.setattr("classifiers.flagger.artefact.MODEL_FORMAT_VERSION", 99)
    save_bundle(shipped, tmp_path / "old.skops")
    monkeypatch.undo()
    with pytest.raises(ArtefactError, match="format model versi 99"):
        load_bundle(tmp_path / "old.skops")


def test_a_model_of_other_cues_is_refused_before_it_weighs_the_wrong_columns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, words = tmp_path / "other.skops", tmp_path / "language"
    # A lexicon of its own: what is remembered by the shipped one's identity is never of these cues.
    shutil.copytree(data_file_path("language"), words)
    with (words / "stopwords.txt").open("a", encoding="utf-8") as listed:
        listed.write("kataasing\n")
    with monkeypatch.context() as then:
        then.setattr(
            "classifiers.flagger.cues.PHRASE_CUES", (*cues.PHRASE_CUES[:-1], cues.Cue("other", "lain", "lain"))
        )
        train_datasets(load_dataset_corpus([write(tmp_path, "one", 1)]), path, words, NOW)
        load_bundle(path)
    with pytest.raises(ArtefactError, match=r"other\.skops: model ini dilatih dengan penanda teks versi .*Latih model"):
        load_bundle(path)


def test_a_model_from_before_versions_of_cues_is_refused(tmp_path: Path) -> None:
    shipped = load_bundle(data_file_path("models", "base.skops"))
    older = {key: value for key, value in shipped.meta.items() if key != "features_version"}
    save_bundle(replace(shipped, meta=older), tmp_path / "older.skops")
    with pytest.raises(ArtefactError, match="penanda teks versi lama"):
        load_bundle(tmp_path / "older.skops")


def test_the_card_in_the_documents_is_that_of_the_shipped_model() -> None:
    card = render_model_card(load_bundle(data_file_path("models", "base.skops")))
    assert (Path(__file__).parents[3] / "docs" / "cards" / "base.md").read_text(encoding="utf-8") == card


def test_a_card_of_a_model_from_given_files_does_not_claim_our_data(tmp_path: Path) -> None:
    made = train_datasets(load_dataset_corpus([write(tmp_path, "one", 1)]), tmp_path / "m.skops", None, NOW)
    assert "given to `model train`" in render_model_card(made)
    assert "fictional" not in render_model_card(made)


def test_the_shipped_model_is_small_and_says_what_it_is() -> None:
    path = data_file_path("models", "base.skops")
    assert path.stat().st_size < 4_700_000
    bundle = load_bundle(path)
    assert isinstance(bundle.hoax, Pipeline)
    assert set(bundle.thresholds) == {"relevance", "misinformation"}
    metrics = bundle.meta["metrics"]
    assert metrics["criticism_flagged"] <= 0.06
    assert metrics["roc_auc"] >= 0.9
    card = render_model_card(bundle)
    assert f"| criticism_flagged | {metrics['criticism_flagged']:.3f} |" in card
    assert "misinformation_calm" in card


LABELS = np.array([1, 1, 0, 0, 1, 0], dtype=np.int8)
SCORES = np.array([0.9, 0.6, 0.65, 0.1, 0.8, 0.3])


def test_metrics_on_a_case_worked_by_hand() -> None:
    assert roc_auc(LABELS, SCORES) == pytest.approx(8 / 9)
    assert pr_auc(LABELS, SCORES) == pytest.approx((1 + 1 + 3 / 4) / 3)
    assert f1_score(LABELS, SCORES) == pytest.approx(6 / 7)
    assert brier_score(LABELS, SCORES) == pytest.approx((0.01 + 0.16 + 0.4225 + 0.01 + 0.04 + 0.09) / 6)
    assert expected_calibration_error(LABELS, SCORES) == pytest.approx((0.1 + abs(1.25 - 1) + 0.1 + 0.2 + 0.3) / 6)
    assert threshold_at_recall(LABELS, SCORES, 0.6) == 0.8
    assert np.isnan(roc_auc(np.ones(3, dtype=np.int8), SCORES[:3]))


def test_intervals_count_a_group_once() -> None:
    random = np.random.default_rng(0)
    labels = random.integers(0, 2, 100).astype(np.int8)
    scores = np.clip(labels * 0.2 + random.random(100) * 0.8, 0, 1)
    narrow = metrics_with_intervals(labels, scores, [str(at) for at in range(100)], rounds=200)
    tenfold = [str(at) for at in range(100) for _ in range(10)]
    wide = metrics_with_intervals(np.repeat(labels, 10), np.repeat(scores, 10), tenfold, rounds=200)
    assert wide["roc_auc_ci"] == pytest.approx(narrow["roc_auc_ci"], abs=0.01)


def test_criticism_flagged_counts_at_the_line_for_80_percent(tmp_path: Path) -> None:
    header = "id,label,title,text,about_city\n"
    hoaxes, voices = tmp_path / "hoaxes.csv", tmp_path / "criticism.csv"
    hoaxes.write_text(header + "".join(f"h{n},1,,x{n},1\n" for n in range(5)))
    voices.write_text(header + "".join(f"v{n},0,,y{n},1\n" for n in range(4)))
    corpus = load_dataset_corpus([hoaxes, voices])
    scores = np.array([0.9, 0.8, 0.7, 0.6, 0.1, 0.65, 0.6, 0.5, 0.2])
    assert criticism_flagged(corpus, scores) == 0.5
