"""The hands are whole and balanced, and the pair reader learns from what it says it learns from."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from classifiers.matcher.match import load_shipped_reader
from classifiers.matcher.pair_reader.model import load_pair_reader
from classifiers.matcher.training.data import load_hand_messages, load_hand_pages, read_json_lines
from classifiers.matcher.training.reader_pairs import (
    NEAR_MISS,
    OTHER,
    REPEAT,
    PairSources,
    hand_pairs,
    lengthened_pairs,
    load_same_words,
    own_pairs,
    reworded_pairs,
)
from classifiers.matcher.training.retellings import Reteller
from classifiers.matcher.training.train_reader import BATCH_PIECES, make_batches
from classifiers.matcher.training.train_stance import is_held_out, load_near_misses, load_stance_messages
from classifiers.shipped import list_hands, shipped_data_folder

DATA = shipped_data_folder()
TWINS = frozenset(("ta", "tb", "tc", "td", "te", "tf"))
"""Hands of messages in pairs: one repeats a claim, the other turns it round in nearly the same words."""
STOP_WORDS = load_shipped_reader().lexicon.stop_words


@pytest.mark.parametrize("hand", list_hands(DATA))
def test_a_hand_has_repeats_and_near_misses_of_every_page_of_like_length(hand: str) -> None:
    pages, messages = load_hand_pages(DATA, hand), load_hand_messages(DATA, hand)
    counts = Counter((message.page, message.label) for message in messages)
    repeats, others = (5, 0) if hand in TWINS else (7, 2)
    assert all(counts[page.id, "repeat"] == counts[page.id, "near"] == repeats for page in pages)
    assert all(counts[page.id, "other"] == others for page in pages)
    assert {message.page for message in messages} >= {page.id for page in pages}
    lengths = {
        label: sorted(len(message.text.split()) for message in messages if message.label == label)
        for label in ("repeat", "near")
    }
    for share in (0.25, 0.5, 0.9):  # short ones and long forwards on both sides
        at = int(share * len(lengths["repeat"]))
        assert 0.5 < lengths["repeat"][at] / lengths["near"][at] < 2


def test_the_hands_have_a_thousand_pages_of_their_own_and_the_readme_counts_them() -> None:
    hands = list_hands(DATA)
    pages = [page for hand in hands for page in load_hand_pages(DATA, hand)]
    messages = sum(len(load_hand_messages(DATA, hand)) for hand in hands)
    assert len({page.id for page in pages}) == len(pages) >= 1000
    counted = f"{len(hands)} writers, {len(pages):,} pages, {messages:,} messages"
    assert counted in (DATA / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("hand", sorted(TWINS))
def test_twins_are_alike_but_for_what_is_turned_round(hand: str) -> None:
    kinds = {
        label: Counter((one.page, one.kind) for one in load_hand_messages(DATA, hand) if one.label == label)
        for label in ("repeat", "near")
    }
    assert kinds["repeat"] == kinds["near"]
    assert {kind for _page, kind in kinds["near"]} == {"direction", "opposite", "exchange", "condition", "subject"}


def test_a_hand_becomes_pairs_with_its_labels() -> None:
    hand = list_hands(DATA)[0]
    pairs = list(hand_pairs(DATA, hand, load_shipped_reader(), random.Random(1)))
    labels = Counter(pair.label for pair in pairs if pair.origin == "hand")
    told = Counter(message.label for message in load_hand_messages(DATA, hand))
    assert [labels[label] for label in (REPEAT, NEAR_MISS, OTHER)] == [
        told[name] for name in ("repeat", "near", "other")
    ]
    assert {pair.label for pair in pairs if pair.origin == "hand, nearest"} == {OTHER}


def test_what_a_message_tells_besides_changes_no_label() -> None:
    hand = list_hands(DATA)[0]
    pairs = list(hand_pairs(DATA, hand, load_shipped_reader(), random.Random(1)))
    labels = {(pair.message, pair.claim): pair.label for pair in pairs}
    longer = list(lengthened_pairs(pairs, random.Random(1)))
    assert {pair.origin for pair in longer} == {"hand, joined", "hand, commanded"}
    assert {pair.label for pair in longer} == {REPEAT, NEAR_MISS}
    for pair in longer:
        begun = [label for (message, claim), label in labels.items() if claim == pair.claim and message in pair.message]
        assert pair.label in begun


@pytest.mark.slow
def test_nothing_of_the_held_out_half_is_learned_from() -> None:
    reader = load_shipped_reader()
    held_out = {
        reader.read(row["claim"]).plain
        for row in read_json_lines(DATA / "near_misses" / "clarifications.jsonl")
        if is_held_out(row["id"])
    }
    assert not held_out & {pair.claim for pair in own_pairs(DATA, reader, random.Random(1))}
    matters = {message.matter for message in load_near_misses(DATA, held_out=True)}
    assert matters
    assert not [message for message in load_stance_messages(DATA) if message.matter in matters]


def test_a_change_changes_one_told_thing_and_a_retelling_none() -> None:
    claim, other = "dinas menutup 3 pasar di oesapa mulai senin", "warga membuka jalan di liliba"
    teller = Reteller(STOP_WORDS, [claim, other], same_words=[], seed=1)
    made = [teller.change(claim, other) for _ in range(60)]
    assert all(changed and changed != claim for changed in made)
    assert len(set(made)) > 10
    assert all(len(set(changed.split()) ^ set(claim.split())) <= 3 for changed in made if changed)
    assert teller.change(claim, other, changeable=()) is None
    kept = [teller.change(claim, other, changeable={"senin"}) for _ in range(5)]
    assert all(changed is None or changed.startswith("dinas menutup 3 pasar di oesapa mulai") for changed in kept)
    again = Reteller(STOP_WORDS, [claim, other], same_words=[], seed=1)
    assert [again.change(claim, other) for _ in range(60)] == made, "the same of the same seed"
    assert "3" in teller.retell(claim).split()
    assert claim in teller.deny(claim)


def test_a_copy_has_the_claims_words_in_an_order_that_says_the_same() -> None:
    claim = "mulai senin warga membayar sopir di pasar oeba karena kantor itu tutup"
    teller = Reteller(STOP_WORDS, [claim], same_words=[], seed=1)
    made = {teller.copy(claim) for _ in range(400)}
    assert claim in made, "word by word"
    assert any(copy.startswith("karena kantor itu tutup mulai senin warga membayar sopir") for copy in made)
    assert any(copy.endswith("karena kantor tutup") for copy in made), "a word that tells nothing left out"
    told = [word for word in claim.split() if word not in ("itu", "mulai", "di", "karena")]
    whole = [copy for copy in made if set(told) <= set(copy.split())]
    assert len(whole) > 0.8 * len(made), "but for slips"
    moved = [copy for copy in made if sorted(copy.split()) == sorted(claim.split())]
    assert len(moved) > 3
    assert all("warga membayar sopir" in copy for copy in moved), "who gives and who gets stay"


def test_some_phrases_are_told_in_others_that_say_the_same() -> None:
    claim = "pedagang dilarang berjualan di oesapa setelah habis lebaran"
    groups = [("dilarang", "tidak boleh"), ("dilarang berjualan", "harus tutup"), ("habis", "usai")]
    teller = Reteller(STOP_WORDS, [claim], groups, seed=1)
    told = {teller.tell_in_other_words(claim) for _ in range(20)}
    assert told == {claim.replace("dilarang", "tidak boleh"), claim.replace("dilarang berjualan", "harus tutup")}
    assert teller.tell_in_other_words("air mati") == "air mati"
    reader = load_shipped_reader()
    pairs = list(hand_pairs(DATA, "a", reader, random.Random(1)))
    teller = Reteller(STOP_WORDS, [claim], load_same_words(DATA, reader), seed=1)
    by_claim = {(pair.claim, pair.label) for pair in pairs}
    reworded = list(reworded_pairs(pairs, teller, random.Random(1)))
    assert len(reworded) > 20
    assert {(pair.claim, pair.label) for pair in reworded} <= by_claim
    assert not {pair.message for pair in reworded} & {pair.message for pair in pairs}


def test_hands_that_are_new_count_most_and_all_alike_where_none_is() -> None:
    sources = PairSources(DATA, (), ("a", "b"), known_hands=("a",))
    assert sources.weight_of("b") > sources.weight_of("a") == 1
    first, again = replace(sources, known_hands=()), replace(sources, known_hands=("a", "b"))
    assert first.weight_of("a") == again.weight_of("a") == again.weight_of("b") > 1


def test_batches_hold_every_pair_once_and_weigh_filling_nothing() -> None:
    pairs = list(hand_pairs(DATA, "a", load_shipped_reader(), random.Random(1)))
    batches = list(make_batches(pairs, load_pair_reader().pieces))
    assert sum(batch.weights.sum() for batch in batches) == len(pairs)
    assert all(len(batch.pairs) * batch.length <= BATCH_PIECES for batch in batches)
    assert all(len(pair.pieces) <= batch.length for batch in batches for pair in batch.pairs)


@pytest.mark.needs("jax")
@pytest.mark.training
def test_the_weights_of_a_reader_are_those_it_was_written_from() -> None:
    from classifiers.matcher.training.e5_weights import E5Weights
    from classifiers.matcher.training.reader_network import as_onnx, begin_weights, from_onnx

    written = begin_weights(E5Weights(), seed=1)
    read = from_onnx(as_onnx(written))
    assert read.keys() == written.keys()
    for name, weights in written.items():  # seven bits a value
        assert np.abs(read[name] - weights).max() <= np.abs(weights).max() / 100


@pytest.mark.needs("jax")
@pytest.mark.training
def test_a_stopped_training_goes_on_and_ends_as_though_it_had_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from classifiers.matcher.training import train_reader as trainer

    monkeypatch.setattr(trainer, "CHECKPOINT_STEPS", 2)
    others = frozenset(list_hands(DATA)) - {"a"}
    runs = [
        trainer.ReaderTraining(DATA, (), tmp_path / f"{name}.npz", others, pairs_limit=90)
        for name in ("whole", "stopped")
    ]
    whole = trainer.train_reader(runs[0], lambda line: None)

    def stop(line: str) -> None:
        if "steps" in line:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        trainer.train_reader(runs[1], stop)
    assert runs[1].checkpoint.exists()
    again = trainer.train_reader(runs[1], lambda line: None)
    assert not runs[1].checkpoint.exists()
    assert again.about == whole.about
    assert again.about["hands"] == ["a"]
    first, second = (trainer.load_weights(run.out)[0] for run in runs)
    assert all(np.allclose(first[name], second[name], atol=1e-2) for name in first)
