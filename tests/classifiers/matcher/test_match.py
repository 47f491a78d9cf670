"""Matching: what it answers, what it leaves unanswered, and robustness against any text."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from classifiers.matcher.match import Document, Matcher, load_shipped_reader
from classifiers.matcher.model_file import MATCH_MODEL_FILE, MatchModel, MatchModelError
from classifiers.matcher.wording import is_same_wording
from classifiers.shipped import shipped_data_folder

ROOT = Path(__file__).resolve().parents[3]
DOCUMENTS = (
    Document(
        "tarif",
        "Tarif air rumah tangga tidak naik",
        "Mulai 1 September tarif air PDAM naik 35 persen untuk semua pelanggan.",
        "Perumda Air Minum tidak mengubah tarif. Surat yang beredar tidak bernomor.",
    ),
    Document(
        "sapi",
        "Tidak ada sapi kena antraks di Naioni",
        "Sepuluh ekor sapi di Naioni mati kena antraks, jangan makan daging dulu.",
        "Dinas Pertanian memeriksa ternak di Naioni dan tidak menemukan antraks.",
    ),
    Document(
        "pungutan",
        "Puskesmas Alak tidak memungut biaya imunisasi",
        "Imunisasi bayi di Puskesmas Alak sekarang bayar Rp75.000 per anak.",
        "Imunisasi dasar tetap gratis. Tidak ada pungutan di Puskesmas Alak.",
    ),
)


@pytest.fixture(scope="module")
def matcher() -> Matcher:
    return Matcher(DOCUMENTS)


REWORDED = Document(
    "jatah",
    "PDAM tidak membatasi pemakaian air rumah tangga dan tidak mendenda kelebihan",
    "Mulai 10 Juni PDAM batasi pemakaian air 15 kubik sebulan untuk semua pelanggan, lebih didenda Rp20.000 per kubik.",
    "Direksi tidak pernah menetapkan batas pemakaian maupun denda untuk semua pelanggan.",
    (
        "Jatah air ledeng tiap rumah 15 kubik sebulan mulai 10 Juni, selebihnya bayar denda Rp20.000 per kubik",
        "Mulai 10 Juni katong samua cuma boleh pake aer 15 kubik satu bulan, lebe dari itu kena denda dua puluh ribu",
    ),
)
PARAPHRASE = "benar ko jatah air tiap rumah tinggal 15 kubik sebulan, lewat itu didenda?"


def test_a_paraphrase_of_a_wording_is_surer_than_without_it() -> None:
    before = Matcher([*DOCUMENTS, replace(REWORDED, wordings=())]).decide(PARAPHRASE)
    after = Matcher([*DOCUMENTS, REWORDED]).decide(PARAPHRASE)
    assert (after.decision, after.matches[0].id) == ("match", "jatah")
    assert after.matches[0].probability > before.matches[0].probability


@pytest.mark.parametrize("change", [("15", "25"), ("10 Juni", "10 Juli"), ("Rp20.000", "Rp50.000"), ("15 kubik", "")])
def test_a_near_miss_of_a_wording_is_no_wording(change: tuple[str, str]) -> None:
    text = REWORDED.wordings[0].replace(*change)
    assert not any(is_same_wording(text, one, load_shipped_reader()) for one in (REWORDED.claim, *REWORDED.wordings))
    if change[1]:
        found = Matcher([*DOCUMENTS, REWORDED]).decide(text)
        assert (found.decision, found.matches[0].id) == ("possible", "jatah")
        assert found.matches[0].differs


def test_a_page_stands_once_however_many_wordings_it_has() -> None:
    matcher = Matcher([*DOCUMENTS, REWORDED])
    assert (len(matcher.index), matcher.index.available) == (6, 4)
    for text in (*REWORDED.wordings, REWORDED.claim, "air PDAM", "sapi mati di Naioni", "cuaca hari ini cerah sekali"):
        ids = [one.id for one in matcher.decide(text).matches]
        assert len(ids) == len(set(ids))
    none = Matcher([*DOCUMENTS, replace(REWORDED, wordings=())])
    for stem in ("air", "kubik", "sapi"):
        assert matcher.index.weights[stem] == none.index.weights[stem], "a page is counted once"
    one, other = matcher.decide("sapi mati di Naioni"), none.decide("sapi mati di Naioni")
    assert one.matches[0].probability == pytest.approx(other.matches[0].probability, rel=1e-3)


def test_a_search_ranks_as_a_decision_does() -> None:
    matcher = Matcher([*DOCUMENTS, REWORDED])
    for text in (*REWORDED.wordings, "air PDAM naik 35 persen", "sapi mati di Naioni"):
        decided = [match.id for match in matcher.decide(text).matches]
        pages = matcher.find_pages(text, 10)
        assert len(pages) == len(set(pages)), "a page stands once however many wordings it has"
        assert pages[0] == decided[0]
        assert pages == [key for key in decided if key in pages]
        assert matcher.find_pages(text, 1) == pages[:1]


def test_a_search_finds_pages_beyond_those_that_are_compared(matcher: Matcher) -> None:
    many = [replace(DOCUMENTS[1], id=f"sapi-{number}") for number in range(30)]
    pages = Matcher([*DOCUMENTS, *many]).find_pages("sapi antraks", 100)
    assert set(pages) == {"sapi", *(page.id for page in many)}


@pytest.mark.parametrize("text", ["", "🙏", "xylofon zebra"])
def test_a_search_for_what_no_page_holds_finds_nothing(matcher: Matcher, text: str) -> None:
    assert matcher.find_pages(text, 10) == []
    assert Matcher([]).find_pages("air", 10) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("*Diteruskan* mulai 1 September tarif air PDAM naik 35% untuk semua pelanggan, siap2 bayar lebih", "tarif"),
        ("tarif air PDAM naik 35% per 1 September, batul ko?", "tarif"),
        ("Apakah benar sepuluh ekor sapi di Naioni mati karena antraks?", "sapi"),
        ("imunisasi di puskesmas alak bayar 75rb per anak, batul ko?", "pungutan"),
    ],
)
def test_a_repeated_claim_is_a_match(matcher: Matcher, text: str, expected: str) -> None:
    result = matcher.decide(text)
    assert (result.decision, result.matches[0].id) == ("match", expected)


@pytest.mark.parametrize(
    "text",
    [
        "Kapan loket PDAM buka hari Sabtu?",
        "Kucing di Lasiana hilang, ada yang lihat?",
        "Selamat pagi, Tuhan berkati kita semua",
        "PDAM pindahkan kantor ke Oebobo bulan depan",
        "Jalan di depan rumah beta rusak parah su dua tahun",
    ],
)
def test_another_claim_is_no_match(matcher: Matcher, text: str) -> None:
    assert matcher.decide(text).decision != "match"


@pytest.mark.parametrize(
    "text", ["", " ", "😀😀", "\u0000\ud800", "?", "https://contoh.example/a", "ok", "1", "di ke dari"]
)
def test_texts_that_say_nothing(matcher: Matcher, text: str) -> None:
    assert matcher.decide(text).decision == "none"


def test_a_message_that_says_nothing_has_no_stance(matcher: Matcher) -> None:
    assert [matcher.decide(text).stance for text in ("", "😀😀", "di ke dari")] == [None] * 3


def test_the_stance_of_a_message_is_known_where_there_is_no_page_yet(matcher: Matcher) -> None:
    denial = "Tidak benar, dinas membantah: puskesmas Oepoi tetap buka, kabar itu hoaks"
    assert Matcher([]).decide(denial).stance == matcher.decide(denial).stance
    assert matcher.decide(denial).stance not in ("asserts", None)


@pytest.mark.parametrize(
    "text", ["x" * 100_000, "air naik 35 persen " * 6_000, "9" * 100_000, "a\u0301" * 50_000, "\n" * 100_000]
)
def test_a_very_long_text_is_read_at_its_head(matcher: Matcher, text: str) -> None:
    assert matcher.decide(text).decision in ("match", "possible", "none")


def test_probabilities_rank_strictly_even_for_twins() -> None:
    twins = [Document(str(at), one.title, one.claim, one.summary) for at, one in enumerate(DOCUMENTS * 3)]
    for text in ("tarif air naik 35 persen", "sapi antraks", "kabar lain dari pulau sebelah"):
        found = [match.probability for match in Matcher(twins).decide(text).matches]
        assert len(found) == 5
        assert all(0 < later < earlier < 1 for earlier, later in pairwise(found))


def test_empty_fields_and_an_empty_index(matcher: Matcher) -> None:
    only_title = Matcher([Document("a", "Sapi mati kena antraks di Naioni", "", "")])
    assert only_title.decide("sapi di Naioni mati kena antraks").decision == "possible", "no claim to repeat"
    assert Matcher([Document("a", "", "", "")]).decide("sapi").decision == "none"
    nothing = Matcher([]).decide("sapi")
    assert (nothing.decision, nothing.matches) == ("none", ())


def test_it_says_what_agreed_and_what_differed(matcher: Matcher) -> None:
    best = matcher.decide("imunisasi di Puskesmas Sikumana bayar Rp90.000 per anak?").matches[0]
    assert best.id == "pungutan"
    assert "imunisasi" in best.words
    assert best.differed == ("Puskesmas Sikumana",)
    assert ("money", "Rp90.000", "Rp75.000") in best.differs


@pytest.mark.slow
def test_the_development_pairs_are_mostly_left_alone_or_answered_right() -> None:
    """The shipped gate has learned from these pairs, so this guards the code, not the figures in docs/matching.md."""
    folder = shipped_data_folder() / "pairs"
    rows = [json.loads(line) for line in (folder / "clarifications.jsonl").read_text(encoding="utf-8").splitlines()]
    matcher = Matcher([Document(r["id"], r["title"], r["claim"], r["summary"]) for r in rows])
    right = [matcher.decide(row["claim"]).matches[0].id == row["id"] for row in rows]
    assert all(right)
    assert np.mean([matcher.decide(row["claim"]).decision == "match" for row in rows]) > 0.9


def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / MATCH_MODEL_FILE).write_bytes(b"no model")
    with pytest.raises(MatchModelError, match=MATCH_MODEL_FILE):
        MatchModel.load(tmp_path / MATCH_MODEL_FILE)
    model = MatchModel.load(shipped_data_folder() / "models" / MATCH_MODEL_FILE)
    np.savez(tmp_path / MATCH_MODEL_FILE, about=np.array(json.dumps({"features": ["another"]})))
    with pytest.raises(MatchModelError, match="other features"):
        MatchModel.load(tmp_path / MATCH_MODEL_FILE)
    model.save(tmp_path / MATCH_MODEL_FILE)
    again = MatchModel.load(tmp_path / MATCH_MODEL_FILE)
    rows = np.random.default_rng(0).random((5, len(again.about["features"])))
    assert np.array_equal(again.ranking.probabilities(rows), model.ranking.probabilities(rows))


@pytest.mark.process
def test_matching_needs_no_scikit_learn() -> None:
    code = (
        "import sys; sys.modules['sklearn'] = None\n"
        "from classifiers.matcher.match import Document, Matcher\n"
        "one = Document('a', 'Sapi di Naioni sehat', 'Sapi mati kena antraks di Naioni', '')\n"
        "print(Matcher([one]).decide('sapi di Naioni mati kena antraks').decision)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "match"


PAGE = Document("1", "Pasar Oeba tetap buka", "besok pasar Oeba ditutup satu minggu karena perbaikan atap", "")


@pytest.mark.parametrize(
    ("text", "decision"),
    [
        (PAGE.claim, "match"),
        ("besok pasar Oesapa ditutup satu minggu karena perbaikan atap", "possible"),
        ("besok puskesmas Oeba ditutup satu minggu karena perbaikan atap", "possible"),
    ],
)
def test_the_same_words_about_another_place_are_for_a_person_to_compare(text: str, decision: str) -> None:
    assert Matcher([PAGE]).decide(text).decision == decision


def test_the_same_words_about_another_amount_are_for_a_person_to_compare() -> None:
    page = Document(
        "1", "Retribusi tidak naik", "Retribusi sampah rumah tangga di Oebobo naik jadi Rp50.000 per bulan", ""
    )
    assert Matcher([page]).decide(page.claim).decision == "match"
    assert Matcher([page]).decide(page.claim.replace("Rp50.000", "Rp20.000")).decision == "possible"


TOLD_TRUE = Document(
    "1",
    "Pasar Oeba tetap buka",
    "Mulai Senin depan Pasar Oeba akan ditutup, semua pedagang harus keluar",
    "Tidak ada rencana penutupan.",
)


@pytest.mark.parametrize(
    "text",
    [
        "Mulai Senin depan Pasar Oeba tidak akan ditutup, semua pedagang boleh tetap berjualan",
        "Pasar Oeba tidak jadi ditutup Senin depan",
        "Pasar Oeba tetap buka, tidak ada rencana penutupan",
        "Pasar Oeba tetap buka seperti biasa",
    ],
)
def test_who_passes_on_the_fact_is_not_told_that_it_is_a_hoax(text: str) -> None:
    matcher = Matcher([TOLD_TRUE])
    assert matcher.decide(TOLD_TRUE.claim).decision == "match"
    assert matcher.decide(f"{TOLD_TRUE.claim}. Betul ko tidak?").decision == "match"
    assert matcher.decide(text).decision != "match"


@pytest.mark.parametrize("text", ["Air PDAM mati seminggu, betul ko?", "Ayam goreng naik harga", "", "😀"])
def test_the_likeliest_page_is_one_of_the_decision(matcher: Matcher, text: str) -> None:
    found = {match.id for match in matcher.decide(text).matches}
    best = matcher.best(text)
    assert (best is None) == (not found)
    assert best is None or best[0] in found
