"""Different spellings of a text give one reading."""

from __future__ import annotations

import pytest

from classifiers.matcher.match import load_shipped_reader


@pytest.mark.parametrize(
    ("spelt", "digits"),
    [
        ("jatah turun jadi lima belas kubik", "jatah turun jadi 15 kubik"),
        ("denda dua puluh ribu", "denda 20rb"),
        ("kurung satu tahun di panti", "kurung 1 tahun di panti"),
        ("mulai empat belas Juli", "mulai 14 Juli"),
        ("naik ampa puluh persen", "naik 40%"),
        ("dua juta lima ratus ribu", "2.500.000"),
    ],
)
def test_a_number_is_one_stem_be_it_spelt_or_in_digits(spelt: str, digits: str) -> None:
    read = load_shipped_reader().read
    assert read(spelt).stems == read(digits).stems


def test_the_month_of_a_date_stays_a_word() -> None:
    assert load_shipped_reader().read("mulai 14 Juli libur").stems[-3:] == ("14", "juli", "libur")
