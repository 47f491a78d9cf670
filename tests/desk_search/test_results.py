"""What a result shows of a text."""

from __future__ import annotations

from apiflask import APIFlask

from hoax_tracker.desk_search.query_parser import read_search_words
from hoax_tracker.desk_search.results import hit_for_clarification
from hoax_tracker.models import Officer
from tests import factories


def test_an_excerpt_shows_markdown_as_it_is_read(app: APIFlask, officer: Officer, approver: Officer) -> None:
    findings = "Tarif niaga naik **12 persen**, menurut [perumda](https://air.example/1).\n\n- <b>rumah</b> tidak naik"
    row = factories.make_clarification(officer, approver, findings=findings)
    with app.test_request_context():
        words = hit_for_clarification(row, None, read_search_words("niaga persen")).words
    assert "12 <mark>persen</mark>, menurut perumda." in words
    assert "**" not in words
    assert "<b>" not in words
