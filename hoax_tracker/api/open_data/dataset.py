"""What a dataset is, and the rule of its counts.

Nothing in them tells of a person. Numbers of what people did are rounded, and left out below five
(privacy/small_counts.py). What stands on public pages is exact, because everybody can count it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _l

from hoax_tracker.core.config.settings import Settings

Row = tuple[Any, ...]
HIDDEN_COUNT = _l("dibulatkan ke lima terdekat, kosong bila kurang dari lima")


@dataclass(frozen=True)
class Column:
    """A column; ``kind`` is its type in the words of JSON Schema, "date" and "date-time" included."""

    name: str
    kind: str
    meaning: Any


@dataclass(frozen=True)
class Dataset:
    """A dataset; ``list_rows`` yields its rows, whose values are in the order of the columns."""

    name: str
    title: Any
    description: Any
    columns: tuple[Column, ...]
    list_rows: Callable[[Settings, datetime], Iterator[Row]]
