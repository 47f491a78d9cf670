"""Near-misses of a claim are not answered as the claim; repeats are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.near import measure_among
from classifiers.matcher.match import Document, Matcher, load_shipped_reader
from classifiers.matcher.near_miss import NEAR_MISS_FEATURES, NearMissModel, load_near_miss_model
from classifiers.matcher.training.edits import Editor

PAGES = [
    Document(
        "oepoi",
        "Puskesmas Oepoi pindah sementara ke gedung serbaguna kelurahan selama tiga minggu",
        "Puskesmas Oepoi pindah ke gedung serbaguna kelurahan selama tiga minggu",
        "Gedung lama diperbaiki atapnya.",
    ),
    Document(
        "libur",
        "SD dan SMP di Kota Kupang tetap masuk seperti biasa",
        "Semua SD dan SMP di Kota Kupang libur 14 hari mulai Senin karena demam berdarah",
        "Dinas Pendidikan tidak meliburkan sekolah; yang ada hanya pengasapan pada hari Sabtu.",
    ),
    Document(
        "bantuan",
        "Tidak ada bantuan tunai Rp2.500.000 dari wali kota lewat tautan",
        "Wali kota bagi bantuan tunai Rp2.500.000 untuk semua warga, daftar lewat tautan",
        "Tautan itu mencuri data.",
    ),
]


@pytest.fixture(scope="module", params=[True, False], ids=["vectors", "words"])
def matcher(request: pytest.FixtureRequest) -> Matcher:
    return Matcher(PAGES, use_vectors=request.param)


@pytest.mark.parametrize(
    "text",
    [
        "puskesmas oepoi pindah 3 bulan",
        "puskesmas oepoi pindah selamanya",
        "puskesmas oepoi tutup, dokter tidak ada",
        "Puskesmas Oepoi pindah ke gedung serbaguna kelurahan selama tiga bulan",
        "tidak benar semua SD dan SMP libur 14 hari",
        "Dinas Pendidikan membantah kabar bahwa semua SD dan SMP libur 14 hari karena demam berdarah",
        "Semua SD dan SMP di Kota Kupang libur 4 hari mulai Senin karena demam berdarah",
        "bantuan tunai wali kota",
    ],
)
def test_what_was_stamped_by_mistake_is_not_any_more(matcher: Matcher, text: str) -> None:
    assert matcher.decide(text).decision != "match"


@pytest.mark.parametrize("place", range(len(PAGES)))
def test_the_claim_itself_is_answered(matcher: Matcher, place: int) -> None:
    told = matcher.decide(f"Info penting: {PAGES[place].claim}. Teruskan!")
    assert (told.decision, told.matches[0].id, told.matches[0].differs) == ("match", PAGES[place].id, ())


@pytest.mark.parametrize("title", ["Tidak ada pemadaman", "Air", "Mulai Senin besok air PDAM mati total"])
def test_the_very_words_of_a_claim_repeat_it_whatever_the_title(title: str) -> None:
    claim = "Mulai Senin besok air PDAM se-Kota Kupang mati total tujuh hari karena pipa induk pecah di Tarus"
    told = Matcher([Document("air", title, claim, "")], use_vectors=False).decide
    assert (told(claim).decision, told(claim).matches[0].probability > 0.8) == ("match", True)
    assert told(claim.replace("mati total", "tidak mati total")).decision != "match"
    assert told(claim.replace("tujuh", "tiga")).decision != "match"


@pytest.mark.parametrize(
    "text",
    [
        "Semua SD dan SMP di Kota Kupang tidak libur 14 hari mulai Senin karena demam berdarah",
        "Puskesmas Oepoi sonde pindah ke gedung serbaguna kelurahan selama tiga minggu",
    ],
)
def test_a_denial_put_into_the_words_of_a_claim_decides(matcher: Matcher, text: str) -> None:
    assert matcher.decide(text).decision != "match"


WATER = Document(
    "air",
    "Air PDAM tetap mengalir di seluruh kota",
    "Mulai Senin besok air PDAM se-Kota Kupang mati total 7 hari karena pipa induk pecah",
    "Tidak ada pipa induk yang pecah.",
)
PLAIN_WATER = "air pdam sekota kupang mati total 7 hari mulai senin besok, pipa induk pecah"


@pytest.fixture(scope="module", params=[True, False], ids=["vectors", "words"])
def water_matcher(request: pytest.FixtureRequest) -> Matcher:
    return Matcher([WATER, *PAGES], use_vectors=request.param)


@pytest.mark.parametrize("text", [PLAIN_WATER, f"{PLAIN_WATER}?", f"Info warga: {PLAIN_WATER}. Tolong teruskan"])
def test_a_retelling_that_drops_or_moves_words_is_answered(water_matcher: Matcher, text: str) -> None:
    assert water_matcher.decide(text).decision == "match"


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("7 hari", "10 hari"),
        ("senin besok", "akhir tahun"),
        ("sekota kupang", "khusus di Oesapa"),
        ("mati total", "tidak mati total"),
        ("mati total", "mengalir lancar"),
        ("pdam", "pdam hanya"),
        ("pipa induk pecah", "pelanggan menunggak"),
        ("air pdam", "tidak benar air pdam"),
        ("air pdam", "listrik pln"),
    ],
)
def test_a_retelling_with_another_word_in_it_is_not(water_matcher: Matcher, theirs: str, ours: str) -> None:
    assert water_matcher.decide(PLAIN_WATER.replace(theirs, ours)).decision != "match"


@pytest.mark.parametrize("spelt", [True, False])
def test_a_number_in_digits_or_spelt_is_the_same_claim(matcher: Matcher, spelt: bool) -> None:
    told = PAGES[0].claim if spelt else PAGES[0].claim.replace("tiga", "3")
    assert matcher.decide(f"Diteruskan dari grup. {told}. Mohon info").decision == "match"


def test_the_detail_that_differs_is_named(matcher: Matcher) -> None:
    best = matcher.decide("Puskesmas Oepoi pindah ke gedung serbaguna kelurahan 3 bulan").matches[0]
    assert [(one.kind, one.yours, one.theirs) for one in best.differs] == [("duration", "3 bulan", "tiga minggu")]


def test_the_probability_tells_a_near_miss_and_the_likeness_does_not(matcher: Matcher) -> None:
    repeat = matcher.decide(f"Info penting: {PAGES[1].claim}. Teruskan!").matches[0]
    denial = matcher.decide("Dinas membantah kabar bahwa semua SD dan SMP libur 14 hari karena demam berdarah").matches[
        0
    ]
    assert repeat.id == denial.id == "libur"
    assert min(repeat.likeness, denial.likeness) > 0.8
    assert repeat.probability > 0.7 > 0.3 > denial.probability


@pytest.mark.training
@pytest.mark.parametrize("vectors", [True, False])
def test_few_near_misses_pass_among_pages_that_nothing_learned_from(vectors: bool) -> None:
    """Guards the code; docs/matching.md has the figures."""
    found = measure_among(beside=False, vectors=vectors)
    assert found["near_misses_stamped"] <= 0.1 * found["near_misses"]
    assert found["repeats_answered"] >= 0.5 * found["repeats"]
    assert found["repeats_with_their_page_first"] >= 0.95 * found["repeats"]
    assert found["unrelated_shown"] <= 2


def test_a_model_survives_its_file(tmp_path: Path) -> None:
    load_near_miss_model().save(tmp_path / "near_miss.npz")
    again = NearMissModel.load(tmp_path / "near_miss.npz")
    rows = np.random.default_rng(0).random((5, len(NEAR_MISS_FEATURES)))
    for vectors in (True, False):
        before = load_near_miss_model().gate(vectors=vectors).probabilities(rows)
        assert np.array_equal(again.gate(vectors=vectors).probabilities(rows), before)


@pytest.mark.parametrize(
    ("text", "claim"),
    [
        ("Puskesmas Oepoi su pindah tiga minggu", "Puskesmas Oepoi pindah tiga minggu"),
        ("air naik 40%", "Tarif air naik 40 persen"),
    ],
)
def test_an_edit_changes_what_the_claim_tells(text: str, claim: str) -> None:
    made = Editor(load_shipped_reader()).near_miss(text, claim)
    assert made is not None
    assert made[1] != text
    assert made == Editor(load_shipped_reader()).near_miss(text, claim), "always the same of the same"


def test_what_the_claim_does_not_tell_is_left_alone() -> None:
    assert Editor(load_shipped_reader()).near_miss("besok 5 ekor sapi", "Tarif air naik 40 persen") is None


def test_edits_deny_some_of_the_messages() -> None:
    editor, claim = Editor(load_shipped_reader()), "Petugas dilarang menjual kartu di pasar"
    made = [editor.near_miss("Petugas dilarang menjual kartu di pasar", claim) for _ in range(200)]
    kinds = {one[0] for one in made if one is not None}
    assert {"opposite", "verb"} <= kinds
    denied = [one[1] for one in made if one is not None and one[0] == "opposite"]
    assert all("petugas" in text.lower() and len(text.split()) > len(claim.split()) for text in denied)
