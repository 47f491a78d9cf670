"""What a report says, as it is kept: sentences, and tables of words and numbers. Later code only draws it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

Cell = str | int | float
"""Numbers have at most one decimal; a number that is hidden is words."""
FEW, NO_NUMBER = "kurang dari 5", "–"
HIDDEN_NUMBERS = (FEW, NO_NUMBER)


@dataclass(frozen=True)
class ReportChart:
    """Which columns of a table are drawn: as bars in its rows, or as columns over time with a line at ``mark``."""

    columns: tuple[int, ...]
    is_over_time: bool = False
    mark: float | None = None
    words: str = ""


@dataclass(frozen=True)
class ReportTable:
    """A table with its heading. ``key`` names it in files; without rows ``note`` says why."""

    key: str
    heading: str
    note: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    chart: ReportChart | None = None

    def is_number_column(self, place: int) -> bool:
        """Tell whether a column holds numbers, some of them perhaps hidden."""
        cells = [row[place] for row in self.rows]
        return bool(cells) and all(not isinstance(cell, str) or cell in HIDDEN_NUMBERS for cell in cells)

    @property
    def has_texts(self) -> bool:
        """Whether a column beside the first holds words: too wide for a phone."""
        return any(not self.is_number_column(place) for place in range(1, len(self.columns)))


@dataclass(frozen=True)
class ReportContent:
    """All of a report but the officers' own texts. The first sentence says the most important."""

    counted_at: datetime
    sentences: tuple[str, ...]
    tables: tuple[ReportTable, ...]

    def as_json(self) -> dict[str, Any]:
        """Return the content as it is kept."""
        return asdict(self) | {"counted_at": self.counted_at.isoformat()}


@dataclass(frozen=True)
class ReportDocument:
    """A version of a report as its files show it; ``notes`` are the officers' own texts with their headings."""

    title: str
    version: int
    counted_at: datetime
    sent_at: datetime | None
    reason: str
    notes: tuple[tuple[str, str], ...]
    sentences: tuple[str, ...]
    tables: tuple[ReportTable, ...]


def content_from_json(kept: Mapping[str, Any]) -> ReportContent:
    """Return kept content."""
    return ReportContent(
        datetime.fromisoformat(kept["counted_at"]),
        tuple(kept["sentences"]),
        tuple(_table_from_json(table) for table in kept["tables"]),
    )


def _table_from_json(kept: Mapping[str, Any]) -> ReportTable:
    chart = ReportChart(**{**kept["chart"], "columns": tuple(kept["chart"]["columns"])}) if kept["chart"] else None
    rows = tuple(tuple(row) for row in kept["rows"])
    return ReportTable(kept["key"], kept["heading"], kept["note"], tuple(kept["columns"]), rows, chart)
