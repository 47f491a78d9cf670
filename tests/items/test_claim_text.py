"""Texts cut for a list or a headline."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from hoax_tracker.core.web.template_filters import short_text
from hoax_tracker.items.claim_text import headline_of_text


@pytest.mark.parametrize("cut", [short_text, headline_of_text])
def test_a_text_is_cut_at_a_word_and_ends_in_three_dots(cut: Callable[[str, int], str]) -> None:
    assert cut("Denda 500 ribu di tempat. Sebarkan", 28) == "Denda 500 ribu di tempat…"
    assert cut("Denda 500 ribu", 28) == "Denda 500 ribu"
