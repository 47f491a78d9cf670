"""An index on disk answers as one in memory, is whole or absent, and is never changed in place."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse

from classifiers.matcher.document import Page
from classifiers.matcher.index import postings as postings_module
from classifiers.matcher.index.document_frequency import Weights
from classifiers.matcher.index.index_segment import SEGMENT_FORMAT, SegmentError, open_segment, write_segment
from classifiers.matcher.index.postings import Gathering, Postings
from classifiers.matcher.match import Document, Matcher, load_shipped_reader
from classifiers.matcher.model_file import load_match_model
from classifiers.shipped import shipped_data_folder

ROWS = [
    json.loads(line)
    for line in (shipped_data_folder() / "pairs" / "clarifications.jsonl").read_text(encoding="utf-8").splitlines()
]
DOCUMENTS = [Document(row["id"], row["title"], row["claim"], row["summary"]) for row in ROWS]
MESSAGES = ["air leding naik 40% bulan Agustus, batul ko?", "vaksin di puskesmas bayar 75 ribu", "sapi mati di Naioni"]


def written(folder: Path, documents: list[Document]) -> Path:
    """A folder of these pages."""
    pages = [page for one in documents for page in Page.read_wordings(one, load_shipped_reader())]
    write_segment(folder, pages, load_match_model().background, {"made_for": "tests"}, {"even": np.arange(3)})
    return folder


def test_a_page_survives_its_record() -> None:
    for document in DOCUMENTS:
        page = Page.read(document, load_shipped_reader())
        assert Page.unpacked(page.packed()) == page


def test_a_folder_answers_as_memory_does(tmp_path: Path) -> None:
    base, about, beside = open_segment(written(tmp_path / "one", DOCUMENTS))
    assert about["made_for"] == "tests"
    assert beside["even"].tolist() == [0, 1, 2]
    on_disk, in_memory = Matcher([], base=base), Matcher(DOCUMENTS)
    for text in [*MESSAGES, *(document.claim for document in DOCUMENTS[:20])]:
        disk, memory = on_disk.decide(text), in_memory.decide(text)
        assert disk.decision == memory.decision
        assert [one.id for one in disk.matches] == [one.id for one in memory.matches]
        assert np.allclose([m.probability for m in disk.matches], [m.probability for m in memory.matches], rtol=1e-3)


def test_wordings_survive_the_folder_and_go_with_their_page(tmp_path: Path) -> None:
    told = replace(DOCUMENTS[0], wordings=("aer ledeng mau nae 40% Agustus ini", "iuran air 40 persen lebih mahal"))
    base, _, _ = open_segment(written(tmp_path / "one", [told, *DOCUMENTS[1:]]))
    assert (len(base), int(base.opens.sum())) == (len(DOCUMENTS) + 2, len(DOCUMENTS))
    on_disk = Matcher([], base=base)
    in_memory = Matcher([told, *DOCUMENTS[1:]])
    assert on_disk.index.available == in_memory.index.available == len(DOCUMENTS)
    for text in [*MESSAGES, *told.wordings]:
        disk, memory = on_disk.decide(text), in_memory.decide(text)
        assert [one.id for one in disk.matches] == [one.id for one in memory.matches]
        assert np.allclose([m.probability for m in disk.matches], [m.probability for m in memory.matches], rtol=1e-3)
    gone = Matcher([], base=base, gone=[told.id])
    assert gone.index.available == len(DOCUMENTS) - 1
    assert told.id not in [one.id for text in told.wordings for one in gone.decide(text).matches]
    fresh = Matcher([replace(told, wordings=())], base=base, gone=[told.id])
    assert fresh.index.available == len(DOCUMENTS)


def test_what_grows_with_the_pages_is_shared_by_all_processes(tmp_path: Path) -> None:
    base, _about, beside = open_segment(written(tmp_path / "one", DOCUMENTS))
    arrays = [base.ids, *beside.values(), *(getattr(base.postings, name) for name in Postings.names())]
    assert all(isinstance(array.base, np.memmap) for array in arrays)


def test_newer_pages_count_beside_a_folder_and_those_that_are_gone_do_not(tmp_path: Path) -> None:
    base, *_ = open_segment(written(tmp_path / "one", DOCUMENTS[1:]))
    matcher = Matcher([DOCUMENTS[0]], base=base, gone={DOCUMENTS[5].id})
    assert len(matcher.index) == len(DOCUMENTS)
    assert matcher.decide(DOCUMENTS[0].claim).matches[0].id == DOCUMENTS[0].id
    assert matcher.decide(DOCUMENTS[6].claim).matches[0].id == DOCUMENTS[6].id
    answer = matcher.decide(DOCUMENTS[5].claim)
    assert DOCUMENTS[5].id not in [match.id for match in answer.matches]
    everything = Matcher([], base=base, gone={one.id for one in DOCUMENTS})
    assert everything.decide(DOCUMENTS[5].claim) == Matcher([]).decide(DOCUMENTS[5].claim)


@pytest.mark.parametrize("name", ["packed", "places.npy", "about.json"])
def test_a_folder_that_is_not_whole_is_refused(tmp_path: Path, name: str) -> None:
    folder = written(tmp_path / "one", DOCUMENTS[:5])
    path = folder / name
    path.write_bytes(path.read_bytes()[:-7])
    with pytest.raises(SegmentError, match="one"):
        open_segment(folder)


def test_a_folder_of_another_version_and_none_at_all_are_refused(tmp_path: Path) -> None:
    folder = written(tmp_path / "one", DOCUMENTS[:5])
    about = folder / "about.json"
    about.write_text(about.read_text().replace(f'"format": {SEGMENT_FORMAT}', f'"format": {SEGMENT_FORMAT - 1}'))
    with pytest.raises(SegmentError, match="kind"):
        open_segment(folder)
    with pytest.raises(SegmentError):
        open_segment(tmp_path / "nothing")


def test_a_folder_whose_writing_fails_leaves_nothing(tmp_path: Path) -> None:
    def broken():  # type: ignore[no-untyped-def]
        yield Page.read(DOCUMENTS[0], load_shipped_reader())
        raise OSError("no space")

    with pytest.raises(OSError, match="no space"):
        write_segment(tmp_path / "one", broken(), load_match_model().background, {})
    assert list(tmp_path.iterdir()) == []


def test_postings_tell_holders_and_products() -> None:
    gathering = Gathering()
    for stems in (["air", "mati", "air"], ["sapi", "mati"], []):
        gathering.add(Counter(stems))
    weights = Weights(load_match_model().background, gathering.held, 3)
    postings = gathering.postings(weights.of(gathering.numbers, gathering.holders))
    assert [postings.holders(stem) for stem in ("air", "mati", "sapi", "tidakada")] == [1, 2, 1, 0]
    scores = postings.scores(postings.ranges(["sapi", "tidakada"]), np.array([weights["sapi"], 5.0]))
    lengths = np.sqrt(weights["sapi"] ** 2 + weights["mati"] ** 2)
    assert scores == pytest.approx([0, weights["sapi"] / lengths, 0])
    twice = (1 + np.log(2)) * weights["air"]
    assert postings.lengths[0] == pytest.approx(np.sqrt(twice**2 + weights["mati"] ** 2), rel=1e-5)
    empty = Gathering().postings(np.zeros(0))
    assert empty.holders("air") == 0
    assert len(empty.scores(empty.ranges(["air"]), np.ones(1))) == 0


def test_a_clarification_in_several_wordings_holds_a_stem_once() -> None:
    gathering = Gathering()
    for stems, again in ((["air", "mati"], False), (["air", "padam"], True), (["air"], False)):
        gathering.add(Counter(stems), again=again)
    weights = Weights(load_match_model().background, gathering.held, gathering.clarifications)
    postings = gathering.postings(weights.of(gathering.numbers, gathering.holders))
    assert gathering.clarifications == 2
    assert [postings.holders(stem) for stem in ("air", "mati", "padam")] == [2, 1, 1]
    starts, stops, _ = postings.ranges(["air"])
    assert list(postings.places[starts[0] : stops[0]]) == [0, 1, 2], "each wording is found"


def test_all_ways_of_adding_up_words_give_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    dice = np.random.default_rng(5)
    stems = [f"kata{number}" for number in range(60)]
    gathering = Gathering()
    for _ in range(200):
        gathering.add(Counter(dice.choice(stems, 80, p=np.arange(1, 61) / np.arange(1, 61).sum()).tolist()))
    weights = Weights(load_match_model().background, lambda _: 1, 200)
    postings = gathering.postings(weights.of(gathering.numbers, np.ones(60, dtype=np.int64)))
    asked = postings.ranges([*stems[::2], "tidakada"]), dice.random(31)
    few = postings.scores(*asked)
    monkeypatch.setattr(postings_module, "FEW_POSTINGS", 0)
    monkeypatch.setitem(sys.modules, "scipy.sparse", scipy.sparse)
    compiled = postings.scores(*asked)
    monkeypatch.delitem(sys.modules, "scipy.sparse")
    monkeypatch.setattr(Postings, "_product", None)
    plain = postings.scores(*asked)
    assert compiled.dtype == plain.dtype == np.float32
    assert few.tolist() == compiled.tolist() == plain.tolist(), "to the last bit"
    assert len(set(plain.tolist())) > 100


def test_an_index_that_goes_on_from_another_is_as_one_made_anew() -> None:
    documents = [replace(DOCUMENTS[0], wordings=("air leding mati seminggu",)), *DOCUMENTS[1:6]]
    changed = [*documents[:2], replace(documents[2], claim="sapi di Naioni mati kena antraks"), *documents[3:]]
    first = Matcher(documents[:1])
    for listed in (documents[:1], documents[:4], documents, changed, documents[1:]):
        anew, other = Matcher(listed), Matcher(documents, earlier=first)
        for earlier in (first, other, anew):
            postings = Matcher(listed, earlier=earlier).index.segments[0].postings
            for name in Postings.names():
                assert np.array_equal(getattr(postings, name), getattr(anew.index.segments[0].postings, name)), name


@pytest.mark.process
def test_a_process_that_only_answers_does_not_load_what_assessing_needs() -> None:
    code = (
        "import sys; from classifiers.matcher.match import Document, Matcher\n"
        "page = Document('1', 'Air mati di Oesapa', 'Air mati di Oesapa besok', '')\n"
        "assert Matcher([page]).nearest('air mati besok', 3, 0.1) == ['1']\n"
        "sys.exit('scipy.sparse' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
