"""Near-misses of a claim are not answered as the claim; repeats are, by the pair reader and by words alone."""

from __future__ import annotations

from itertools import pairwise

import pytest

from benchmarks.same_claim import measure, measure_set, near_miss_set, render_tables
from classifiers.matcher.document import Document, Page
from classifiers.matcher.judging import Judge, PairJudgement, load_answer_model, shipped_judge
from classifiers.matcher.match import Matcher
from classifiers.matcher.pair_reader.model import PairChances
from classifiers.matcher.reading import Reading
from classifiers.matcher.shown_pages import SHOWN_FROM
from classifiers.shipped import shipped_data_folder

JUDGES = [
    pytest.param(True, marks=pytest.mark.needs("onnxruntime"), id="reader"),
    pytest.param(False, id="words"),
]
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


@pytest.fixture(scope="module", params=JUDGES)
def matcher(request: pytest.FixtureRequest) -> Matcher:
    return Matcher(PAGES, judge=shipped_judge(uses_reader=request.param))


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
    ],
)
def test_what_was_stamped_by_mistake_is_not_any_more(matcher: Matcher, text: str) -> None:
    assert matcher.decide(text).decision != "match"


@pytest.mark.parametrize("place", range(len(PAGES)))
def test_the_claim_itself_is_answered(matcher: Matcher, place: int) -> None:
    told = matcher.decide(f"Info penting: {PAGES[place].claim}. Teruskan!")
    assert (told.decision, told.matches[0].id, told.matches[0].differs) == ("match", PAGES[place].id, ())


class _NearMissAlways(Judge):
    """Takes every message for a near-miss."""

    def read(self, message: Reading, page: Page) -> PairChances:
        return PairChances(0.01, 0.98, 0.01)


@pytest.mark.parametrize(
    ("told", "decision"),
    [
        ("{}", "match"),
        ("Info penting: {}. Teruskan!", "match"),
        ("apakah benar {}?", "match"),
        ("tidak benar {}", "possible"),
        ("hoaks: {}", "possible"),
        ("{} tahun lalu", "possible"),
    ],
)
def test_the_very_words_of_a_claim_repeat_it_whatever_the_reader_says(told: str, decision: str) -> None:
    matcher = Matcher(PAGES, judge=_NearMissAlways(load_answer_model().by_reader))
    assert [matcher.decide(told.format(page.claim)).decision for page in PAGES] == [decision] * len(PAGES)


@pytest.mark.parametrize("uses_reader", JUDGES)
@pytest.mark.parametrize("word", ["harimau", "Harimau?", "apa itu vaksin"])
def test_no_page_is_shown_for_one_word(word: str, uses_reader: bool) -> None:
    tiger = Document("harimau", "Tidak ada harimau di Oesapa", "Seekor harimau lepas di Oesapa", "")
    vaccine = Document("vaksin", "Vaksin aman", "Vaksin bikin mandul", "")
    matcher = Matcher([tiger, vaccine], judge=shipped_judge(uses_reader=uses_reader))
    assert matcher.judged(word)[0].relevance > SHOWN_FROM
    assert matcher.decide(word).decision == "none"


@pytest.mark.parametrize("title", ["Tidak ada pemadaman", "Air", "Mulai Senin besok air PDAM mati total"])
def test_the_very_words_of_a_claim_repeat_it_whatever_the_title(title: str) -> None:
    claim = "Mulai Senin besok air PDAM se-Kota Kupang mati total tujuh hari karena pipa induk pecah di Tarus"
    told = Matcher([Document("air", title, claim, "")]).decide
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
def test_a_denial_put_into_the_words_of_a_claim_decides(reading_matcher: Matcher, text: str) -> None:
    assert reading_matcher.decide(text).decision != "match"


WATER = Document(
    "air",
    "Air PDAM tetap mengalir di seluruh kota",
    "Mulai Senin besok air PDAM se-Kota Kupang mati total 7 hari karena pipa induk pecah",
    "Tidak ada pipa induk yang pecah.",
)
PLAIN_WATER = "air pdam sekota kupang mati total 7 hari mulai senin besok, pipa induk pecah"


@pytest.fixture(scope="module")
def reading_matcher() -> Matcher:
    """The matcher with the pair reader: one changed word among ten is no sign that words alone can see."""
    return Matcher([WATER, *PAGES], judge=shipped_judge(uses_reader=True))


@pytest.fixture(scope="module", params=JUDGES)
def water_matcher(request: pytest.FixtureRequest) -> Matcher:
    return Matcher([WATER, *PAGES], judge=shipped_judge(uses_reader=request.param))


@pytest.mark.parametrize("text", [PLAIN_WATER, f"{PLAIN_WATER}?", f"Info warga: {PLAIN_WATER}. Tolong teruskan"])
def test_a_retelling_that_drops_or_moves_words_is_shown_first(water_matcher: Matcher, text: str) -> None:
    told = water_matcher.decide(text)
    assert told.decision != "none"
    assert (told.matches[0].id, told.matches[0].differs) == ("air", ())


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
def test_a_retelling_with_another_word_in_it_is_not(reading_matcher: Matcher, theirs: str, ours: str) -> None:
    assert reading_matcher.decide(PLAIN_WATER.replace(theirs, ours)).decision != "match"


@pytest.mark.parametrize("spelt", [True, False])
def test_a_number_in_digits_or_spelt_is_the_same_claim(matcher: Matcher, spelt: bool) -> None:
    told = PAGES[0].claim if spelt else PAGES[0].claim.replace("tiga", "3")
    assert matcher.decide(f"Diteruskan dari grup. {told}. Mohon info").decision == "match"


def test_the_detail_that_differs_is_named(matcher: Matcher) -> None:
    best = matcher.decide("Puskesmas Oepoi pindah ke gedung serbaguna kelurahan 3 bulan").matches[0]
    assert [(one.kind, one.yours, one.theirs) for one in best.differs] == [("duration", "3 bulan", "tiga minggu")]


def test_the_probability_tells_a_near_miss_and_the_likeness_does_not(reading_matcher: Matcher) -> None:
    repeat = reading_matcher.decide(f"Info penting: {PAGES[1].claim}. Teruskan!").matches[0]
    denial = reading_matcher.decide(
        "Dinas membantah kabar bahwa semua SD dan SMP libur 14 hari karena demam berdarah"
    ).matches[0]
    assert repeat.id == denial.id == "libur"
    assert min(repeat.likeness, denial.likeness) > 0.8
    assert repeat.probability > 0.7 > 0.6 > denial.probability


def test_a_claim_far_down_a_forward_is_read_there_and_nothing_vouches_for_the_rest(reading_matcher: Matcher) -> None:
    talk = "Selamat pagi bapak mama semua, saya bagi saja apa adanya dari grup arisan. "
    told = reading_matcher.decide(talk * 20 + PAGES[1].claim + ". Begitu kabarnya. " + talk * 5)
    assert (told.decision, told.matches[0].id) == ("possible", "libur")
    assert told.matches[0].likeness > 0.9, "without the passage that tells the claim the reader calls it something else"


@pytest.mark.training
@pytest.mark.parametrize("uses_reader", JUDGES)
def test_few_near_misses_pass_among_pages_that_nothing_learned_from(uses_reader: bool) -> None:
    """Guards the code; docs/matching.md has the figures."""
    found = measure_set(near_miss_set(shipped_data_folder()), shipped_judge(uses_reader=uses_reader))
    assert found["near_misses_stamped"] <= 0.1 * found["near_misses"]
    assert found["repeats_stamped"] >= (0.7 if uses_reader else 0.1) * found["repeats"]
    assert found["repeats_shown_first"] >= 0.9 * found["repeats"]
    assert found["unrelated_shown"] <= 4


@pytest.mark.slow
def test_the_command_tells_how_often_it_is_right_by_hand_and_by_kind() -> None:
    [figures] = measure(["a"], ["words"]).values()
    tables = render_tables(figures).splitlines()
    kinds = {line.split(" | ")[0] for line in tables}
    assert {"| a", "| all", "| near_misses", "| paraphrase", "| question", "| near-miss: duration"} <= kinds
    assert figures["fits"]["gates_fitted"] > len(figures["hands"])
    low, high = figures["hands"]["a"]["repeats_stamped_interval"]
    assert low <= figures["hands"]["a"]["repeats_stamped"] / figures["hands"]["a"]["repeats"] <= high


@pytest.mark.parametrize("kind", ["by_reader", "by_words"])
def test_the_likeness_and_the_repeat_both_raise_an_answer(kind: str) -> None:
    """A fit once gave the likeness a weight of nothing, so that a page with a likeness of .06 got .98."""
    curves = getattr(load_answer_model(), kind)
    chances = (0.02, 0.3, 0.7, 0.98)
    by_likeness = [curves.answer_of(chance, PairJudgement(0.5, 0.5)) for chance in chances]
    by_repeat = [curves.answer_of(0.5, PairJudgement(chance, 0.5)) for chance in chances]
    for rising in (by_likeness, by_repeat):
        assert all(0 < low < high < 1 for low, high in pairwise(rising))
    read, unread = (curves.relevance_of(0.9, judged) for judged in (PairJudgement(0.5, 0.98), None))
    assert read >= unread > curves.relevance_of(0.02, None)


def test_of_two_pages_that_answer_alike_the_newer_stands_first(matcher: Matcher) -> None:
    newer = Document("baru", PAGES[0].title, PAGES[0].claim, "Sudah kembali ke gedung lama.")
    both = Matcher([*PAGES, newer], judge=matcher.judge)
    told = both.decide(f"Info: {PAGES[0].claim}")
    assert [match.id for match in told.matches[:2]] == ["baru", "oepoi"]
    assert told.matches[0].likeness > told.matches[1].likeness


def test_each_claim_that_a_message_tells_is_answered(reading_matcher: Matcher) -> None:
    told = reading_matcher.decide(f"{PAGES[0].claim}. {PAGES[1].claim}.")
    assert {match.id for match in told.matches if match.repeated} == {"oepoi", "libur"}
