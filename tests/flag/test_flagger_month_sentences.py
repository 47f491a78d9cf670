"""The flagger's month in sentences, and the one thing to do."""

from __future__ import annotations

from dataclasses import replace

import pytest
from apiflask import APIFlask

from hoax_tracker.flag.flagger_month import (
    CriticismShare,
    FlaggerMonth,
    ScoreBand,
    TopPrecision,
    advise_next_step,
    describe_flagger_month,
    month_containing,
)
from tests.factories import NOW

MONTH = month_containing(NOW)
GOOD = FlaggerMonth(MONTH, TopPrecision(20, 16, 11), 2, 9, [CriticismShare(MONTH, 16, 1)], [], [])
NOTHING = FlaggerMonth(MONTH, TopPrecision(0, 0, 0), 0, 0, [CriticismShare(MONTH, 0, 0)], [], [])


def test_a_month_is_told_in_three_sentences(app: APIFlask) -> None:
    assert describe_flagger_month(GOOD) == [
        "Dari sepuluh tanda, kira-kira 7 memang perlu dilihat.",  # 11 of 16
        "Dari 9 klaim aduan warga yang perlu dilihat, mesin melewatkan 2.",
        "Dari 16 klaim bertanda yang diputuskan, 1 ternyata kritik atau pendapat.",
    ]


@pytest.mark.parametrize(("missed", "verb"), [(1, "melewatkan"), (0, "menandai")])
def test_one_claim_is_told_as_one(app: APIFlask, missed: int, verb: str) -> None:
    said = describe_flagger_month(replace(GOOD, missed=missed, reported=1))[1]
    assert said == f"Mesin {verb} satu-satunya klaim aduan warga yang perlu dilihat."


def test_few_decisions_are_no_share(app: APIFlask) -> None:
    few = replace(GOOD, top=TopPrecision(20, 4, 4))
    assert describe_flagger_month(few)[0] == "Belum cukup klaim teratas yang diputuskan untuk menilai tandanya."
    assert all("elum" in sentence for sentence in describe_flagger_month(NOTHING))


@pytest.mark.parametrize(
    ("figures", "is_model_proposed", "step"),
    [
        (NOTHING, True, "sumber masih dibaca"),
        (GOOD, True, "model yang ditawarkan"),
        (replace(GOOD, top=TopPrecision(20, 4, 4)), False, "antrean"),
        (replace(GOOD, history=[CriticismShare(MONTH, 16, 4)]), False, "bukan klaim"),
        (replace(GOOD, top=TopPrecision(20, 16, 7)), False, "alasan yang tepat"),
        (replace(GOOD, bands=[ScoreBand(0, 0.5, 0.9, 0.5), ScoreBand(0.5, 1, 0.1, 0.5)]), False, "kabar baru"),
        (GOOD, False, "Tidak ada yang perlu diubah"),
    ],
)
def test_one_step_is_advised(app: APIFlask, figures: FlaggerMonth, is_model_proposed: bool, step: str) -> None:
    assert step in advise_next_step(figures, is_model_proposed)
