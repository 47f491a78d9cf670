"""Texts shortened for a list or a headline."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from hoax_tracker.core.content.html_to_text import CUT_MARK, is_cut_text, strip_html
from hoax_tracker.core.web.template_filters import short_text
from hoax_tracker.items.claim_text import CLAIM_TEXT_LIMIT, claim_text_of, headline_of_text
from hoax_tracker.models import Item


@pytest.mark.parametrize("cut", [short_text, headline_of_text])
def test_a_text_is_cut_at_a_word_and_ends_in_three_dots(cut: Callable[[str, int], str]) -> None:
    assert cut("Denda 500 ribu di tempat. Sebarkan", 28) == "Denda 500 ribu di tempat…"
    assert cut("Denda 500 ribu", 28) == "Denda 500 ribu"


def test_a_long_text_says_where_it_was_cut() -> None:
    item = Item(title="Kabar", text="air mati " * 1000)
    text = claim_text_of(item)
    assert is_cut_text(text)
    assert len(text) <= CLAIM_TEXT_LIMIT
    item.text = "a" * (CLAIM_TEXT_LIMIT - len("Kabar\n"))
    assert claim_text_of(item) == f"Kabar\n{item.text}"  # one that just fits is whole, and says nothing
    assert strip_html(f"<p>{'a' * 600}</p>", 600) == "a" * 600
    assert strip_html(f"<p>{'a' * 601}</p>", 600) == "a" * (600 - len(CUT_MARK)) + CUT_MARK
    assert not is_cut_text("Ringkasan situs itu sendiri […]")
