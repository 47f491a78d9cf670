"""The transformers' output."""

import pytest

from classifiers.flagger import misinformation
from classifiers.flagger.explain import word_weights
from classifiers.flagger.features import HeadText, NearWords
from classifiers.text.lexicon import Lexicon
from hoax_tracker.core.paths import data_file_path


def test_words_near_one_another_count_in_any_order() -> None:
    one, other = NearWords(pairs=3, triples=3).transform(["air kran mati total", "mati air kran"])
    assert set(other.split()) == {"air", "kran", "mati", "air_mati", "kran_mati", "air_kran", "air_kran_mati"}
    assert set(other.split()) < set(one.split())
    assert "air_total" not in one.split()
    assert NearWords().transform([""]) == [""]


def test_sets_of_one_size_can_be_asked_for() -> None:
    text = "air kran mati"
    assert NearWords(sizes=(2,)).transform([text]) == ["air_kran air_mati kran_mati"]
    parts = [word for size in (1, 2, 3) for word in NearWords(sizes=(size,)).transform([text])[0].split()]
    assert sorted(parts) == sorted(NearWords().transform([text])[0].split())


def test_a_word_that_was_told_before_is_read_once() -> None:
    head, text = HeadText(Lexicon().dumps(), once=True), "Jembatan putus. jembatan di Alak putus"
    assert head.transform([text]) == ["jembatan putus di alak"]
    read = head.read([text])[0]
    assert [(word, text[start:end]) for word, start, end in zip(*read, strict=True)][:2] == [
        ("jembatan", "Jembatan"),
        ("putus", "putus"),
    ]


def test_roots_are_read_where_their_words_stand() -> None:
    lexicon = Lexicon.from_folder(data_file_path("language"))
    text = "Pembangunan di pasar dihentikan"
    read = HeadText(lexicon.dumps(), stop=True, roots=True).read([text])[0]
    assert [(word, text[start:end]) for word, start, end in zip(*read, strict=True)] == [
        ("bangun", "Pembangunan"),
        ("pasar", "pasar"),
        ("henti", "dihentikan"),
    ]


def test_what_a_flagger_across_sources_weighs_is_shared_by_the_words_of_each_set() -> None:
    texts = ["sebarkan kabar bohong ini", "rapat membahas jalan", "transfer hadiah segera", "kantor melayani warga"] * 3
    model = misinformation.build_across_sources(Lexicon().dumps())
    model.fit(texts, [1, 0, 1, 0] * 3, judge__sources=[str(at // 4) for at in range(12)])
    words, weights = word_weights(model, "segera sebarkan hadiah ini")
    judge = model.named_steps["judge"]
    _, moved = judge.local_weights(model.named_steps["features"].transform(["segera sebarkan hadiah ini"]))[0]
    assert len(words.words) == len(weights) == 4
    assert weights.sum() == pytest.approx(moved.sum())
    assert weights[0] > 0
