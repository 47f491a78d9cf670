"""Numbers in any spelling give one form."""

from __future__ import annotations

import pytest

from classifiers.matcher.pair_features import compare_numbers, has_same_number
from classifiers.text.quantities import read_quantities


def read(words: str) -> list[tuple[str, float]]:
    return [(one.kind, one.value) for one in read_quantities(words.split())]


@pytest.mark.parametrize("words", ["rp 5.000.000", "5 juta", "lima juta rupiah", "5 jt", "5000 ribu"])
def test_one_amount_has_one_form(words: str) -> None:
    assert read(words) == [("money", 5_000_000)]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("1,5 juta", ("money", 1_500_000)),
        ("seratus lima puluh ribu", ("money", 150_000)),
        ("40 persen", ("share", 40)),
        ("empat puluh persen", ("share", 40)),
        ("1 agustus", ("date", 801)),
        ("bulan agustus", ("date", 800)),
        ("jam 7.30", ("time", 7.3)),
        ("dua ribu lima belas", ("count", 2015)),
        ("2.000 paket", ("count", 2000)),
        ("sebelas orang", ("count", 11)),
        ("dua juta lima ratus", ("money", 2_500_000)),
        ("dua miliar lima ratus", ("money", 2_500_000_000)),
        ("satu juta dua ratus lima puluh ribu lima ratus rupiah", ("money", 1_250_500)),
        ("dua juta tiga belas warga", ("money", 2_000_013)),
        ("seribu lima ratus", ("count", 1500)),
        ("sejuta dua ratus ribu", ("money", 1_200_000)),
        ("jam lima lewat tiga puluh", ("time", 5.3)),
        ("jam 7 lewat 15", ("time", 7.15)),
        ("250 mei", ("count", 250)),
        ("jam lima lewat tiga puluh mulai senin", ("time", 5.3)),
        ("pukul setengah enam pagi", ("time", 5.3)),
        ("dua juta setengah", ("money", 2_500_000)),
        ("dua setengah juta", ("money", 2_500_000)),
        ("dua setengah jam", ("count", 2.5)),
        ("jam setengah satu siang", ("time", 12.3)),
        ("setengah juta", ("money", 500_000)),
        ("2 x 24 jam", ("count", 48)),
        ("tiga koma dua miliar", ("money", 3_200_000_000)),
        ("3 koma 5 juta", ("money", 3_500_000)),
        ("dua koma lima persen", ("share", 2.5)),
        ("lima ribu juta rupiah", ("money", 5_000_000_000)),
        ("tiga ribu enam ratus juta", ("money", 3_600_000_000)),
        ("dua lima juta", ("money", 25_000_000)),
        ("dua lima april", ("date", 425)),
        ("tanggal tiga satu desember", ("date", 1231)),
        ("tanggal tiga bulan sebelas", ("date", 1103)),
        ("mulai bulan tujuh", ("date", 700)),
        ("sampai 9 malam", ("time", 9)),
        ("dua ratus tujuh lima ribu", ("money", 275_000)),
        ("seratus dua lima ribu", ("money", 125_000)),
        ("tiga koma dua lima miliar", ("money", 3_250_000_000)),
        ("dua koma dua puluh lima persen", ("share", 2.25)),
        ("2 koma 25 miliar", ("money", 2_250_000_000)),
        ("05.30 wita", ("time", 5.3)),
        ("setengah enam pagi", ("time", 5.3)),
    ],
)
def test_kinds(words: str, expected: tuple[str, float]) -> None:
    assert read(words) == [expected]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("empat ratus ribu empat ratus ribu", [("money", 400_000), ("money", 400_000)]),
        ("pukul 08.00 sampai 31 mei", [("time", 8), ("date", 531)]),
        ("tanggal 12 16 mei", [("date", 512), ("date", 516)]),
        ("dua belas hingga enam belas mei", [("date", 512), ("date", 516)]),
        ("12 dan 16 mei", [("date", 512), ("date", 516)]),
        ("rt 5 16 mei", [("count", 5), ("date", 516)]),
        ("30 sampai 40 mei", [("count", 30), ("count", 40)]),
        ("usia 5 sampai 12 tahun", [("count", 5), ("count", 12)]),
        ("lima puluh ribu lima juta", [("money", 50_000), ("money", 5_000_000)]),
        ("tahap tiga satu juta", [("count", 3), ("money", 1_000_000)]),
        ("anak ke dua lima juta", [("count", 2), ("money", 5_000_000)]),
        ("korban 3 koma 2 meninggal", [("count", 3), ("count", 2)]),
        ("sampai 3 malam berturut turut", [("count", 3)]),
        ("gang 3 sore tadi", [("count", 3)]),
        ("gelombang 1.25 sampai 2.50 meter", [("count", 1.25), ("count", 2.5)]),
        ("kelompok lima satu april", [("count", 5), ("date", 401)]),
        ("panjang 12.30 meter", [("count", 12.3)]),
        ("tiap bulan tujuh dibagi", [("count", 7)]),
        ("akhir bulan 4 kk", [("count", 4)]),
        ("akhir bulan tiga pegawai", [("count", 3)]),
        ("tanggal satu bulan dua belas libur", [("date", 1201)]),
        ("tanggal 17 bulan 8 tahun 2025", [("date", 817), ("count", 2025)]),
        ("dua tiga juta", [("count", 2), ("money", 3_000_000)]),
        ("lima enam orang", [("count", 5), ("count", 6)]),
        ("koma dua hari", [("count", 2)]),
        ("9 rb m", [("count", 9000)]),
        ("3 bulan 7 hari", [("count", 3), ("count", 7)]),
        ("tiap bulan 7 liter", [("count", 7)]),
        ("3 malam", [("count", 3)]),
        ("rt 9 pagi", [("count", 9)]),
    ],
)
def test_numbers_side_by_side(words: str, expected: list[tuple[str, float]]) -> None:
    assert read(words) == expected


def test_ranges_and_nonsense_end_quietly() -> None:
    assert read("") == []
    assert read("1.2.3.4 puluh ratus juta belas") is not None
    assert read("juta ribu belas") == []


def test_the_price_of_one_ends_before_the_one() -> None:
    assert read("lima belas ribu satu tas") == [("money", 15_000), ("count", 1)]
    assert read("dua ribu lima belas") == [("count", 2015)]


def test_who_died_is_no_minute() -> None:
    assert read("jam 8 lewat 3 orang tewas") == [("time", 8), ("count", 3)]


def test_a_number_of_hundreds_of_digits_is_none() -> None:
    assert read("9" * 400 + " mei") == []
    assert read("9" * 400 + " agustus") == [("date", 800)]


def test_a_month_agrees_with_a_day_in_it() -> None:
    month, day, other = (read_quantities(text.split())[0] for text in ("agustus", "1 agustus", "2 agustus"))
    assert has_same_number(month, [day])
    assert not has_same_number(day, [other])


def test_another_amount_is_a_conflict_and_a_missing_one_is_not() -> None:
    ours, theirs = read_quantities(["rp", "75.000"]), read_quantities(["rp", "50.000"])
    assert compare_numbers(ours, theirs) == (0, 1, 1)
    assert compare_numbers(ours, []) == (0, 1, 0)
    assert compare_numbers(ours, ours) == (1, 0, 0)
