"""Vectors are computed once, whitened, and optional."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from classifiers.matcher import embeddings
from classifiers.matcher.embeddings import VECTOR_WIDTH, Memory, Whitening, first_words


@pytest.mark.needs("vectors")
def test_like_texts_lie_nearer_than_unlike_ones() -> None:
    texts = ["tarif air naik bulan depan", "harga air minum dinaikkan", "puskesmas tutup hari minggu"]
    first, second, third = Memory().vectors(texts, is_query=False)
    assert first @ second > first @ third


@pytest.mark.needs("vectors")
def test_a_message_and_a_page_are_embedded_differently() -> None:
    message = embeddings.encode_message("tarif air naik")
    assert message.shape == (1, VECTOR_WIDTH)
    assert not np.allclose(message, Memory().vectors(["tarif air naik"], is_query=False))


@pytest.mark.needs("vectors")
def test_memory_keeps_what_it_knows_and_forgets_the_oldest(tmp_path: Path) -> None:
    memory = Memory(limit=2)
    made = memory.vectors(["satu", "dua", "tiga"], is_query=False)
    memory.save(tmp_path / "known.npz")
    again = Memory()
    again.load(tmp_path / "known.npz")
    assert len(again._known) == 2
    assert np.array_equal(again.vectors(["tiga", "dua"], is_query=False), made[[2, 1]])


def test_whitening_takes_away_what_all_share() -> None:
    dice = np.random.default_rng(0)
    shared = dice.normal(size=8) * 10
    rows = (shared + dice.normal(size=(200, 8))).astype(np.float32)
    turn = Whitening.fit(rows[:100], rows[100:], width=8)
    turned = turn.pages(rows[100:])
    assert np.allclose(np.linalg.norm(turned, axis=1), 1, atol=1e-5)
    raw = rows[100:] / np.linalg.norm(rows[100:], axis=1, keepdims=True)
    assert (raw @ raw.T).mean() > 0.9
    assert abs((turned @ turned.T).mean()) < 0.1


def test_head_cuts_words() -> None:
    assert first_words("satu dua tiga", 2) == "satu dua"
    assert first_words("", 2) == ""


@pytest.mark.needs("vectors")
def test_only_so_much_of_a_text_is_embedded() -> None:
    text = "".join(map(chr, range(0x4E00, 0x4E00 + 2 * embeddings.EMBEDDED_CHARACTERS)))
    assert np.array_equal(
        embeddings.encode_message(text), embeddings.encode_message(text[: embeddings.EMBEDDED_CHARACTERS])
    )
