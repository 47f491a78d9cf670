"""The charts of a report, drawn from its kept tables."""

from __future__ import annotations

from dataclasses import dataclass

from hoax_tracker.core.charts.columns import Column, ColumnChart, ColumnValue, draw_columns
from hoax_tracker.core.charts.meters import MeterBar, draw_meters
from hoax_tracker.core.web.template_filters import format_number
from hoax_tracker.insight.reports.content import Cell, ReportTable

MONTH_LETTERS = 3
FEWEST_PLACES = 6


@dataclass(frozen=True)
class DrawnTable:
    """A table with its chart: columns over time, or a bar for each row."""

    table: ReportTable
    columns: ColumnChart | None
    bars: list[MeterBar]


def draw_table(table: ReportTable) -> DrawnTable:
    """Return the table with its chart, if it has rows and one."""
    if table.chart is None or not table.rows:
        return DrawnTable(table, None, [])
    if not table.chart.is_over_time:
        return DrawnTable(table, None, draw_meters([_read_number(row[table.chart.columns[0]]) for row in table.rows]))
    columns = [
        Column(
            tuple(
                ColumnValue(_read_number(row[place]), _write_over_bar(row[place]), is_dark=number > 0)
                for number, place in enumerate(table.chart.columns)
            ),
            str(row[0])[:MONTH_LETTERS],
        )
        for row in table.rows
    ]
    words = f"{table.heading}. {table.chart.words}"
    drawn = draw_columns(columns, words, places=max(FEWEST_PLACES, len(columns)), mark=table.chart.mark)
    return DrawnTable(table, drawn, [])


def _read_number(cell: Cell) -> float | None:
    """Return a cell's number, None for a hidden one."""
    return None if isinstance(cell, str) else float(cell)


def _write_over_bar(cell: Cell) -> str:
    """Return the number over a bar, nothing for none."""
    return write_cell(cell) if not isinstance(cell, str) and cell else ""


def write_cell(cell: Cell) -> str:
    """Return a cell as display text."""
    return cell if isinstance(cell, str) else format_number(cell, 1 if isinstance(cell, float) else 0)
