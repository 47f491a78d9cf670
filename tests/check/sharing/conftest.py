"""Words for cards, and the instance's folder of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from hoax_tracker.check.sharing.card_facts import CardFacts
from hoax_tracker.core.config.settings import Settings


def card_facts(**changes: str) -> CardFacts:
    """The words of an everyday card, with some changed."""
    words = {
        "fact": "Air PDAM tetap mengalir. Hanya Oebobo dan Oebufu yang berhenti dua jam pada 26 November.",
        "link": "https://kabas.example/k/147",
        "service": "Kupang Kabas Hoaks",
        "office": "Layanan PPID Kota Kupang",
        "source_opening": "Menurut",
        "source": "Perumda Air Minum Kota Kupang",
        "dated": "24 November 2026, 14.05 WITA",
        "label": "Pesan yang beredar",
        "quote": "“air PDAM mati 7 hari”",
        "verdict": "Hoaks",
        "shape": "hoax",
    }
    return CardFacts(**words | changes)


@pytest.fixture
def cards_folder(settings: Settings) -> Path:
    """Where the instance keeps its cards."""
    return settings.data_folder / "cards"
