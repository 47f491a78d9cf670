"""The folder of the shipped data: word lists, models, and texts to train and measure on."""

from __future__ import annotations

from functools import cache
from pathlib import Path


@cache
def shipped_data_folder() -> Path:
    """Return the data folder: ``hoax_tracker/data`` in a wheel, ``data`` beside this package in a checkout.

    Raises ``FileNotFoundError`` where neither holds a folder ``models``.
    """
    here = Path(__file__).resolve().parent.parent
    for place in (here / "hoax_tracker" / "data", here / "data"):
        if (place / "models").is_dir():
            return place
    raise FileNotFoundError(f"data/models lies neither in {here / 'hoax_tracker'} nor in {here}")


def list_hands(data: Path) -> list[str]:
    """Return the names of the writers of ``hands`` in a data folder; none where it has no hands."""
    return sorted(path.parent.name for path in (data / "hands").glob("*/pages.jsonl"))
