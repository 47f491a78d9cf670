"""Why a claim was flagged, in sentences: what speaks for it, and at most three of them."""

from __future__ import annotations

import pytest
from apiflask import APIFlask

from hoax_tracker.review.claim_page.similar import FlagReason, build_flag_sentences

ASKS, NAMES = FlagReason("Meminta uang lewat tautan", 0.4), FlagReason("Menyebut Dinkes, tanpa sumber", 0.0)
WORDS, COUNTS = FlagReason("Kata yang menonjol: “tercemar”", 0.3), FlagReason("Memberi jadwal", -0.2)


def test_what_speaks_for_it_comes_first_and_what_speaks_against_it_not_at_all(app: APIFlask) -> None:
    with app.test_request_context():
        told = build_flag_sentences([COUNTS, ASKS, WORDS, NAMES], seen=1, sources=1, asked=0)
    assert [(part.number, part.words) for part in told.verbs] == [
        (2, "meminta uang lewat tautan"),
        (4, "menyebut Dinkes, tanpa sumber"),
    ]
    assert [(part.number, part.words) for part in told.words] == [(3, "Kata yang menonjol: “tercemar”")]
    assert told.spread == ""


def test_however_many_reasons_there_are_the_sentences_stay_three(app: APIFlask) -> None:
    with app.test_request_context():
        told = build_flag_sentences([ASKS, NAMES, ASKS, WORDS, WORDS], seen=9, sources=7, asked=2)
    assert (len(told.verbs), len(told.words)) == (2, 1)
    assert told.spread == "Kabar ini muncul 9 kali, dan 2 warga melaporkan atau menanyakannya."


@pytest.mark.parametrize(
    ("counts", "sentence"),
    [
        ((1, 1, 0), ""),
        ((1, 1, 1), "1 warga melaporkan atau menanyakannya."),
        ((4, 3, 0), "Kabar ini muncul 4 kali di 3 tempat."),
    ],
)
def test_the_spread_is_told_where_there_is_one(app: APIFlask, counts: tuple[int, int, int], sentence: str) -> None:
    with app.test_request_context():
        assert build_flag_sentences([], *counts).spread == sentence


def test_a_claim_that_only_speaks_against_itself_gives_no_reason(app: APIFlask) -> None:
    with app.test_request_context():
        assert build_flag_sentences([COUNTS], 1, 1, 0).is_silent
