"""Any broken JSON feed gives its whole items, in linear time and without a crash."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, strategies as st

from hoax_tracker.ingest.parsers import FeedError, json_feed
from hoax_tracker.models import SourceKind
from tests.ingest.parsers.test_feeds import only, read
from tests.ingest.samples import claim_review


def test_a_number_of_thousands_of_digits_costs_no_entry() -> None:
    body = '{"version": "https://jsonfeed.org/version/1.1", "items": [{"id": ' + "9" * 5000 + '}, {"id": 2}]}'
    assert [len(entry.feed_id or "") for entry in read(body).entries] == [2000, 1]


VERSION = '"version": "https://jsonfeed.org/version/1.1"'


def ids(body: str) -> list[str | None]:
    return [entry.feed_id for entry in read(body).entries]


def test_json_that_breaks_off_gives_what_stands_before() -> None:
    head = '{"version": "https://jsonfeed.org/version/1.1", "title": "Kabar", "items" : ['
    for rest in ('{"id": 3, "ti', '{"id": 3 "a"}, {"name": "b"}]}', "", "]", '{"id": ' + "[" * 100_000):
        feed = read(head + '{"id": 1, "title": "a\t\x0bb"}\n, {"id": 2, "items": [{"id": 7}]},' + rest)
        assert (feed.title, [(entry.feed_id, entry.title) for entry in feed.entries]) == (
            "Kabar",
            [("1", "a b"), ("2", "")],
        )
        assert feed.problems[0].startswith("JSON rusak")
    for body in ('{"items": [{"id": 1}', '{"title": "a, "items": [{"id": 1}]}'):
        with pytest.raises(FeedError, match="not a JSON Feed"):
            read(body)


def test_a_list_of_another_name_before_the_items_of_a_feed_is_none_of_them() -> None:
    assert ids(f'{{{VERSION}, "_asal": {{"data": [{{"id": "7"}}]}}, "items": [{{"id": "1", "title": "a"}}, {{"id"') == [
        "1"
    ]


def test_json_that_is_broken_in_the_middle_gives_what_stands_behind() -> None:
    broken = """{"id": 2, "title": "kata "orang" itu", "authors": [{"id": "x", "name": "Ani"}],
        "attachments": [{"url": "/a", "mime_type": "image/png", "title": "A"}], "_asal": {"id": 9}},"""
    for first in ("", '{"id": 1, "title": "a"},'):
        feed = read(
            f'{{{VERSION}, "items": [{first}{broken}{broken}{{"id": 3, "title": "c"}}, {{"id": 4}}], "language": "id"}}'
        )
        assert [entry.feed_id for entry in feed.entries] == ["1", "3", "4"][not first :]
        assert feed.language == "id"


@pytest.mark.parametrize("sign", [":", ": ", ":\n"])
def test_what_lies_within_a_broken_item_is_no_item(sign: str) -> None:
    inner = f'"_asal"{sign}{{"id": "77", "title": "dalam"}}'
    broken = f'{{"id": "3" "title": "c", {inner}}}'
    assert ids(f'{{{VERSION}, "items": [{broken}, {{"id": "4", "title": "d"}}, {broken}]}}') == ["4"]


@pytest.mark.parametrize("sign", [":", ": ", ":\n"])
def test_what_lies_in_a_list_within_a_broken_item_is_no_item(sign: str) -> None:
    inner = f'"_lain"{sign}[{{"id": "77", "title": "dalam", "tags": []}}, {{"id": "78", "title": "dalam"}}]'
    for broken in (f'{{"id": "3" "title": "c", {inner}}}', f'{{"id": "3", {inner}, "title": "kata "orang" itu"}}'):
        assert ids(f'{{{VERSION}, "items": [{broken}, {{"id": "4", "title": "d"}}, {broken}]}}') == ["4"]


@pytest.mark.parametrize(
    "head",
    [
        f'{VERSION}, "title": "Kabar "Kota"",',
        f'{VERSION}, "title": "Kabar,\n',
        f'{VERSION}, "title": , "hubs": [{{"type": "WebSub", "url": "https://k.example/"}},',
        f'"title": Kabar, {VERSION}, "authors": [{{]',
    ],
)
def test_json_that_is_broken_before_its_items_gives_them(head: str) -> None:
    assert ids(f'{{{head} "items": [{{"id": 1}}, {{"id": 2}}]}}') == ["1", "2"]
    assert ids(f'{{{head} "items": [{{"id": 1}}, {{"id": 2') == ["1"]


def test_json_whose_version_stands_behind_broken_items_is_a_feed() -> None:
    assert ids(f'{{"items": [{{"id": 1}}, {{"id": "2"b}}], {VERSION}}}') == ["1"]


def test_commas_and_escapes_that_json_does_not_know_cost_nothing() -> None:
    item = r"""{"id": 1, "title": "a\'b \d \\d \u00e9 \u12 \"c\", ]", "tags": ["x",],}"""
    feed = read(f'{{{VERSION}, "title": "Kabar", "items": [{item}, {{"id": 2, }} , ] , }}')
    assert [entry.title for entry in feed.entries] == [r"""a'b d \d é u12 "c", ]""", ""]
    assert feed.title == "Kabar"
    assert feed.problems[0].startswith("JSON rusak")


@pytest.mark.parametrize(
    "piece",
    [
        *('{"a":', '{"id": 1, "title": "b" c},', '{"a" ', '"\\', '[{"id": 1},', '"', "{", '"title": '),
        *('{"a":[{"b":[', '{"a" 1, "b":[1,2,', '"a":[[[[[', '{"a" "b":[{"c"}],'),
    ],
)
def test_broken_json_costs_no_more_than_its_bound(piece: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sixteenth of the bound, for feeds a sixteenth as large: each error costs more, the further it stands."""
    monkeypatch.setattr(json_feed, "_READ_AT_MOST", json_feed._READ_AT_MOST // 16)
    assert_bounded(lambda size: f'{{{VERSION}, "items": [{piece * (size // len(piece))}')


@pytest.mark.slow
def test_the_bound_holds_for_a_large_feed() -> None:
    piece = '{"a" 1, "b":[1,2,'
    assert_bounded(lambda size: f'{{{VERSION}, "items": [{piece * (4 * size // len(piece))}')


def assert_bounded(body: Callable[[int], str]) -> None:
    """Let reading four times as much cost less than six times as much: sixteen times would be quadratic."""

    def cost(size: int) -> float:
        started = time.process_time()
        with suppress(FeedError):
            read(body(size))
        return time.process_time() - started

    assert cost(2**18) < 6 * cost(2**16) + 0.3


def test_a_control_character_in_json_costs_nothing() -> None:
    feed = read('{"version": "https://jsonfeed.org/version/1.1", "items": [{"id": 1, "title": "a\tb\x0bc\nd"}]}')
    assert (only(feed).title, feed.problems) == ("a b c d", ())


JSON_VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["name", "url", "mime_type"]), inner),
    max_leaves=6,
)
KEYS = ["id", "url", "external_url", "title", "content_html", "content_text", "summary", "image", "author", "authors",
        "attachments", "date_published", "date_modified", "language"]  # fmt: skip


@given(st.lists(JSON_VALUES | st.dictionaries(st.sampled_from(KEYS), JSON_VALUES), max_size=4), JSON_VALUES)
def test_json_of_any_shape_loses_no_object(items: list[Any], other: Any) -> None:
    head = {"version": "https://jsonfeed.org/version/1.1", "title": other, "language": other, "home_page_url": other}
    feed = read(json.dumps({**head, "items": items}))
    assert len(feed.entries) == sum(isinstance(item, dict) for item in items)


# One object a line


def lines_of(*numbers: int) -> list[str]:
    return [json.dumps(claim_review(number), ensure_ascii=False) for number in numbers]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\n\n", " \n\t"])
def test_reviews_one_a_line_are_read(end: str) -> None:
    feed = read("".join(f"{line}{end}" for line in lines_of(1, 2, 3)))
    assert [entry.url for entry in feed.entries] == [f"https://cek.example/{number}" for number in (1, 2, 3)]
    assert (feed.kind, feed.problems) == (SourceKind.CLAIM_REVIEW, ())


def test_a_line_that_is_broken_costs_no_other() -> None:
    first, second, third = lines_of(1, 2, 3)
    feed = read("\n".join([first, second[:-9], "7", third, second[:20]]))
    assert [entry.url for entry in feed.entries] == ["https://cek.example/1", "https://cek.example/3"]
    assert [problem.split(",")[0] for problem in feed.problems] == ["Entri 2: dilewati", "Entri 5: dilewati"]


def test_objects_one_a_line_that_are_no_reviews_are_refused() -> None:
    with pytest.raises(FeedError):
        read('{"a": 1}\n{"b": 2}\n')


@pytest.mark.parametrize("piece", ['{"a":1}\n', '{"a":[[[[[[\n', "{}\n{", '{"@type":"ClaimReview"}\n'])
def test_many_lines_take_linear_time(piece: str) -> None:
    assert_bounded(lambda size: '{"a":1}\n{"b":2}\n' + piece * (size // len(piece)))
