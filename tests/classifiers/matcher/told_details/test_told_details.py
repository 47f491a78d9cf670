"""What differs between residents' messages and a claim is named, and nothing that only sounds otherwise."""

from __future__ import annotations

from pathlib import Path

import pytest

from classifiers.matcher.details import Difference
from classifiers.matcher.document import Document
from classifiers.matcher.judging import shipped_judge
from classifiers.matcher.match import Matcher
from classifiers.matcher.same_claim import differing_details, explain_claim_agreement
from classifiers.matcher.training.data import read_csv_table

FOLDER = Path(__file__).parent
COMPARED_ELSEWHERE = {"school", "scope"}
"""Kinds that other tests compare: "SD" against "SD and SMP"."""


def told(row: dict[str, str]) -> list[Difference]:
    differs = differing_details(row["message"], Document("claim", "", row["claim"], ""))
    return [one for one in differs if one.kind not in COMPARED_ELSEWHERE]


def rows(name: str) -> list[pytest.param]:
    return [pytest.param(row, id=row["message"]) for row in read_csv_table(FOLDER / f"{name}.csv")]


@pytest.mark.parametrize("row", rows("causes"))
def test_a_cause_differs_where_it_is_another_not_where_it_has_another_name(row: dict[str, str]) -> None:
    assert "|".join(one.kind for one in told(row)) == row["differs"]


@pytest.mark.parametrize("row", rows("causes"))
def test_a_cause_is_shown_in_whole_words_of_its_own_clause(row: dict[str, str]) -> None:
    for one in told(row):
        assert f" {one.yours} " in f" {row['message'].replace(',', ' ')} "
        assert "," not in one.yours + one.theirs


@pytest.mark.parametrize("row", rows("places"))
def test_the_first_place_of_a_text_is_named_as_it_is_written(row: dict[str, str]) -> None:
    places = [one for one in told(row) if one.kind in ("place", "agency")]
    assert "|".join(one.kind for one in places) == row["differs"]
    if row["yours"]:
        assert (places[0].yours, places[0].theirs) == (row["yours"], row["theirs"])


@pytest.mark.parametrize("row", rows("numbers"))
def test_a_number_is_one_detail_with_its_unit(row: dict[str, str]) -> None:
    assert "|".join(one.kind for one in told(row)) == row["differs"]
    agreed = "; ".join(explain_claim_agreement(row["message"], Document("claim", "", row["claim"], "")).agreed)
    assert row["agreed"] in agreed
    assert not row["not_agreed"] or row["not_agreed"] not in agreed.replace(row["agreed"], "", 1)


@pytest.fixture(scope="module")
def matcher() -> Matcher:
    pages = read_csv_table(FOLDER / "pages.csv")
    documents = [Document(row["id"], row["title"], row["claim"], row["summary"]) for row in pages]
    return Matcher(documents, judge=shipped_judge(uses_reader=True))


def claims_told(matcher: Matcher, text: str) -> set[str]:
    result = matcher.decide(text)
    return {match.id for match in result.matches if match.repeated} if result.decision == "match" else set()


@pytest.mark.needs("onnxruntime")
def test_each_of_several_claims_in_one_breath_is_found(matcher: Matcher) -> None:
    several = [row for row in read_csv_table(FOLDER / "several.csv") if row["told"]]
    found = [claims_told(matcher, row["message"]) == set(row["told"].split("|")) for row in several]
    assert sum(found) >= 0.65 * len(found)


@pytest.mark.needs("onnxruntime")
@pytest.mark.parametrize("row", [row for row in rows("several") if not row.values[0]["told"]])
def test_a_message_of_which_a_part_tells_otherwise_does_not_tell_both(matcher: Matcher, row: dict[str, str]) -> None:
    assert len(claims_told(matcher, row["message"])) < 2


@pytest.mark.needs("onnxruntime")
def test_the_claims_of_a_message_stand_surest_first(matcher: Matcher) -> None:
    text = "Tarif air PDAM naik 300 persen mulai bulan depan dan mobil putih culik anak SD di TDM"
    chances = [match.probability for match in matcher.decide(text).matches]
    assert len(chances) == 2
    assert chances[0] > chances[1]
