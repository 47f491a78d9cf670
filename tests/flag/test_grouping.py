"""Near-copies are found, denials and other claims are not."""

from __future__ import annotations

import pytest

from hoax_tracker.flag.grouping import Grouper

CLAIM = "mulai senin besok air pdam se kota kupang mati total 7 hari karena pipa induk pecah isi semua bak memang su"


@pytest.fixture
def grouper() -> Grouper:
    """A grouper that knows one claim among others."""
    known = Grouper()
    known.add(1, "puskesmas oesapa tidak terima pasien bpjs mulai desember semua harus bayar")
    known.add(2, CLAIM)
    known.add(3, "besok sirene tsunami berbunyi warga pasir panjang harus mengungsi ke tempat tinggi")
    return known


@pytest.mark.parametrize(
    "copy",
    [
        CLAIM,
        CLAIM.upper(),
        "info dari grup sebelah " + CLAIM + " teruskan e",
        CLAIM.replace("senin", "selasa").replace("7 hari", "10 hari"),
        CLAIM.replace("karena pipa induk pecah", "tagal pipa besar su pecah"),
    ],
)
def test_a_copy_joins_its_claim(grouper: Grouper, copy: str) -> None:
    found = grouper.find(copy)
    assert found is not None
    assert found[0] == 2
    assert 0.78 <= found[1] <= 1


@pytest.mark.parametrize(
    "other",
    [
        "air pdam se kota kupang tidak mati total 7 hari karena pipa induk tidak pecah isi semua bak memang su",
        "mulai senin besok air pdam di oesapa mati dua jam karena penggantian katup",
        "air di rumah beta su mati satu minggu pdam kermana",
        "",
        "😀",
        "7 hari",
    ],
)
def test_another_claim_joins_nothing(grouper: Grouper, other: str) -> None:
    assert grouper.find(other) is None


def test_an_empty_grouper_finds_nothing() -> None:
    assert Grouper().find(CLAIM) is None
