"""Our data is well-formed, our own, fictional, and not generated from a template."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Iterator

import pytest

from benchmarks.corpus import Row, frequent_runs, load_labelled_rows, near_duplicates, read_csv_rows, title_and_text
from classifiers.matcher.stance import STANCES
from classifiers.matcher.training.train_stance import is_held_out
from hoax_tracker.core.paths import data_file_path
from hoax_tracker.models import Topic, Verdict
from tests.needs import DATA_SETS

KINDS = {
    "misinformation_calm": ("1", "1"),
    "misinformation_loud": ("1", "1"),
    "notices": ("0", "1"),
    "news": ("0", "1"),
    "true_loud": ("0", "1"),
    "criticism": ("0", "1"),
    "complaint": ("0", "1"),
    "allegation": ("0", "1"),
    "satire": ("0", "1"),
    "confusable": (None, None),
    "elsewhere": (None, "0"),
    "nation": (None, "0"),
    "daily": ("0", "0"),
}
STYLES = {"post", "forward", "voice", "letter", "headline", "news", "comment", "question"}
COLUMNS = ["id", "label", "title", "text", "about_city", "topic", "style", "group"]
MESSAGE_KINDS = {"forward", "formal_question", "short_malay", "paraphrase", "voice"}
NEAR_KINDS = {"near_topic", "near_place", "service_question"}

PERSONAL = {
    "a phone number": re.compile(r"(?<![\d.])(?:\+?62|0)8\d{2}[\s-]?\d{3,4}[\s-]?\d{3,5}(?!\d)"),
    "sixteen digits (NIK)": re.compile(r"(?<!\d)\d{16}(?!\d)"),
    "an e-mail address": re.compile(r"[\w.+-]+@(?!\S*example)[\w-]+\.\w+"),
    "a real web address": re.compile(r"https?://(?!\S*\.example)\S+"),
}


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    """All labelled texts."""
    return load_labelled_rows()


def texts_everywhere() -> Iterator[tuple[str, str]]:
    """Yield (where, text) for every text file of ours that holds prose."""
    for folder in ("labelled", "near_misses", "pairs", "samples", "stance"):
        for path in sorted(data_file_path(folder).rglob("*")):
            if path.is_file() and path.suffix in {".csv", ".jsonl", ".json"}:
                yield path.name, path.read_text(encoding="utf-8")


def test_every_kind_is_there_and_large_enough(rows: list[Row]) -> None:
    counts = Counter(row["kind"] for row in rows)
    assert set(counts) == set(KINDS)
    assert len(rows) >= 1500
    assert sum(counts[kind] for kind in ("criticism", "complaint", "allegation", "satire")) >= 200
    assert min(counts.values()) >= 60


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_file_is_well_formed(kind: str) -> None:
    path = data_file_path("labelled", f"{kind}.csv")
    text = path.read_bytes().decode("utf-8")
    assert "\r" not in text
    assert next(csv.reader(io.StringIO(text))) == COLUMNS
    label, about_city = KINDS[kind]
    for row in read_csv_rows(path):
        assert row["label"] == label if label else row["label"] in "01", row["id"]
        assert row["about_city"] == about_city if about_city else row["about_city"] in "01", row["id"]
        assert row["topic"] in {topic.value for topic in Topic}, row["id"]
        assert row["style"] in STYLES, row["id"]
        assert row["group"], row["id"]
        assert 5 <= len(title_and_text(row).split()) <= 90, row["id"]


def test_ids_are_unique(rows: list[Row]) -> None:
    assert [one for one, count in Counter(row["id"] for row in rows).items() if count > 1] == []


@pytest.mark.slow
def test_nothing_was_filled_into_a_template(rows: list[Row]) -> None:
    assert near_duplicates(rows) == []
    copied = rows[0] | {"id": "copied", "group": "another", "text": f"{rows[0]['text']} lagi"}
    assert [set(pair[:2]) for pair in near_duplicates([*rows[:20], copied])] == [{rows[0]["id"], "copied"}]
    often = [(run, count) for run, count in frequent_runs(rows).most_common(20) if count > len(rows) // 100]
    assert often == []


def test_pairs_are_complete() -> None:
    lines = data_file_path("pairs", "clarifications.jsonl").read_text(encoding="utf-8").splitlines()
    documents = [json.loads(line) for line in lines]
    units = {row["code"] for row in read_csv_rows(data_file_path("kupang", "units.csv"))}
    assert len(documents) >= 80
    assert {one["verdict"].lower() for one in documents} <= {verdict.value for verdict in Verdict}
    assert {one["topic"] for one in documents} <= {topic.value for topic in Topic}
    assert {one["unit"] for one in documents} <= units
    messages = read_csv_rows(data_file_path("pairs", "messages.csv"))
    assert len({row["id"] for row in messages}) == len(messages)
    for one in documents:
        mine = [row for row in messages if row["clarification"] == one["id"]]
        answered = {row["kind"] for row in mine if row["answers"] == "1"}
        assert answered == MESSAGE_KINDS, one["id"]
        near = [row["kind"] for row in mine if row["answers"] == "0"]
        assert len(near) >= 3, one["id"]
        assert set(near) <= NEAR_KINDS, one["id"]


NEAR_MISS_KINDS = {
    "agency", "cause", "colour", "date", "denial", "duration", "fact", "money", "notice", "number", "object",
    "opposite", "other_claim", "place", "report", "scope", "verb",
}  # fmt: skip


def test_near_misses_are_complete_in_both_halves() -> None:
    lines = data_file_path("near_misses", "clarifications.jsonl").read_text(encoding="utf-8").splitlines()
    pages = [json.loads(line)["id"] for line in lines]
    messages = read_csv_rows(data_file_path("near_misses", "messages.csv"))
    assert len({row["id"] for row in messages}) == len(messages)
    for page in pages:
        mine = [row for row in messages if row["clarification"] == page]
        assert {row["kind"] for row in mine if row["answers"] == "1"} == MESSAGE_KINDS - {"formal_question"}, page
        assert len([row for row in mine if row["answers"] == "0"]) == 6, page
    for held_out in (True, False):
        near = [row for row in messages if row["answers"] == "0" and is_held_out(row["clarification"]) == held_out]
        counts = Counter(row["kind"] for row in near)
        assert set(counts) == NEAR_MISS_KINDS
        assert min(counts.values()) >= 9


def test_every_matter_is_told_in_every_stance() -> None:
    messages = read_csv_rows(data_file_path("stance", "messages.csv"))
    matters = {row["matter"] for row in read_csv_rows(data_file_path("stance", "matters.csv"))}
    assert len(matters) >= 100
    assert len({row["text"] for row in messages}) == len(messages) >= 400
    told = {(row["matter"], row["stance"]) for row in messages}
    assert told == {(matter, stance) for matter in matters for stance in STANCES}
    styles = Counter((row["stance"], row["style"]) for row in messages)
    assert min(styles.values()) >= 20, "the style of a message does not tell its stance"
    assert len(styles) == 6 * len(STANCES)


def test_units_and_districts_that_are_named_exist() -> None:
    units = read_csv_rows(data_file_path("kupang", "units.csv"))
    codes = {row["code"] for row in units}
    assert len(codes) == len(units)
    assert {row["parent"] for row in units} - {""} <= codes
    topics = Counter(topic for row in units for topic in row["topics"].split())
    assert topics == Counter(topic.value for topic in Topic)
    districts = {row["name"] for row in read_csv_rows(data_file_path("kupang", "districts.csv"))}
    places = {row["district"] for row in read_csv_rows(data_file_path("kupang", "places.csv"))} - {""}
    assert {row["unit"] for row in read_csv_rows(data_file_path("kupang", "places.csv"))} - {""} <= codes
    assert places <= districts | {row["code"] for row in read_csv_rows(data_file_path("kupang", "districts.csv"))}


@pytest.mark.parametrize("what", sorted(PERSONAL))
def test_no_personal_data(what: str) -> None:
    found = [(where, match.group()) for where, text in texts_everywhere() for match in PERSONAL[what].finditer(text)]
    assert found == []


def test_no_living_person_is_named() -> None:
    names = {
        name.casefold()
        for row in read_csv_rows(data_file_path("kupang", "people.csv"))
        for name in [row["name"], *row["aliases"].split("|")]
        if len(name.split()) > 1 or name.casefold() == "jeriko"
    }
    assert len(names) >= 8
    found = [(where, name) for where, text in texts_everywhere() for name in names if name in text.casefold()]
    assert found == []


@pytest.mark.needs("data_sets")
def test_no_text_is_taken_from_the_data_sets() -> None:
    length = 9
    theirs: set[int] = set()
    for path in sorted(DATA_SETS.rglob("*")):
        if path.suffix in {".csv", ".jsonl"}:
            words = re.findall(r"\w+", path.read_text(encoding="utf-8", errors="replace").casefold())
            theirs.update(hash(tuple(words[i : i + length])) for i in range(len(words) - length + 1))
    shared = []
    for where, text in texts_everywhere():
        words = re.findall(r"\w+", text.casefold())
        shared += [
            (where, words[i : i + length])
            for i in range(len(words) - length + 1)
            if hash(tuple(words[i : i + length])) in theirs
        ]
    assert shared == []
