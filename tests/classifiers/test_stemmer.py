"""Roots are those that PySastrawi finds."""

from __future__ import annotations

import random
import re

from Sastrawi.Stemmer.StemmerFactory import StemmerFactory

from classifiers.corpus import load_labelled
from classifiers.stemmer import Stemmer
from classifiers.text import stem
from hoax_tracker.assets import data

_PREFIXES = """di ke se ku kau be ber bel te ter me mem memp mempe men meng menge meny pe pel pem pen peng penge penger
    peny per memper diper"""
_SUFFIXES = "lah kah tah pun ku mu nya i kan an is isme isasi kannya annya kanlah"
PREFIXES, SUFFIXES = _PREFIXES.split(), _SUFFIXES.split()
OF_ODD_LETTERS = [
    "",
    "-",
    "a",
    "kau",
    "dia",
    "DIMAKAN",
    "dimakan2",
    "di-makan",
    "maksud-maksudnya",
    "é",
    "ſekolah",
    "ber an",
]


def test_every_root_is_that_of_pysastrawi() -> None:
    theirs = StemmerFactory().create_stemmer().delegatedStemmer
    ours, dice = Stemmer(theirs.dictionary.words), random.Random(6)
    words = affixed(sorted(theirs.dictionary.words), dice)
    spoken = {word for text in corpus_texts() for word in re.findall("[a-z]{4,}", text.lower())}
    words |= set(dice.sample(sorted(spoken), 800))
    words |= {"pendekan", "pelajar", "belajar", "mengedipkan", "pengemudi", "kaubawa", "gerigi", "keberlangsungannya"}
    assert [(word, ours.stem(word)) for word in words] == [(word, theirs.stem(word) or word) for word in words]


def affixed(roots: list[str], dice: random.Random) -> set[str]:
    """Return words made of roots and parts of roots with affixes around and in them, most of which nobody says."""
    made = set()
    for prefix in PREFIXES * 40:
        root = dice.choice(roots)
        root = root[1:] if dice.random() < 0.3 else root
        root = root[:1] + dice.choice(("er", "el", "em", "in")) + root[1:] if dice.random() < 0.1 else root
        again = dice.choice(PREFIXES) if dice.random() < 0.1 else ""
        made.add(again + prefix + root + dice.choice(["", *SUFFIXES]) + dice.choice([""] * 9 + SUFFIXES[:9]))
    return {word for word in made if re.fullmatch("[a-z]{4,}", word)}


def test_other_words_are_left_to_pysastrawi() -> None:
    theirs = StemmerFactory().create_stemmer()
    assert [stem(word) for word in OF_ODD_LETTERS] == [theirs.stem(word) or word for word in OF_ODD_LETTERS]


def corpus_texts() -> tuple[str, ...]:
    """Return the texts that models are trained on."""
    return tuple(load_labelled(sorted(data("labelled").glob("*.csv"))).texts)
