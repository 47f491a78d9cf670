"""Charts: bars inside the drawing, in proportion, and labels that are not cut off."""

from __future__ import annotations

from hoax_tracker.core.charts import BASELINE, HIGHEST_BAR, Column, ColumnValue, draw_columns, draw_meters


def test_bars_are_in_proportion_and_what_is_hidden_has_none() -> None:
    columns = [Column((ColumnValue(10, "10"), ColumnValue(5, "5", True)), "Okt"), Column((ColumnValue(None),), "Nov")]
    chart = draw_columns(columns, "kata", mark=20)
    assert [(bar.height, bar.style, bar.text) for bar in chart.bars] == [(35.0, "s-bar", "10"), (17.5, "hot", "5")]
    assert chart.mark == BASELINE - HIGHEST_BAR, "the line is the highest of all"
    assert all(bar.x >= 0 and bar.x + bar.width <= 50 for bar in chart.bars)
    assert [(label.text, label.x) for label in chart.labels] == [("Okt", 25.0), ("Nov", 75.0)]


def test_a_small_number_is_seen_and_nothing_is_nothing() -> None:
    chart = draw_columns([Column((ColumnValue(1), ColumnValue(1000), ColumnValue(0)))], "kata")
    assert [bar.height for bar in chart.bars] == [2.5, 70.0, 0.0]


def test_nothing_at_all_is_drawn_without_fault() -> None:
    assert draw_columns([], "kata").bars == ()
    assert draw_meters([]) == []
    assert [bar.length for bar in draw_meters([0, None])] == [0.0, None]


def test_long_labels_at_the_ends_stay_inside() -> None:
    columns = [Column((ColumnValue(1),), label) for label in ("1 November", "15 Nov", "30 November")]
    labels = draw_columns(columns, "kata").labels
    assert [(label.x, label.anchor) for label in labels] == [(0.0, "start"), (50.0, "middle"), (100.0, "end")]


def test_an_upright_line_stands_before_its_place() -> None:
    chart = draw_columns([Column((ColumnValue(1),))] * 3, "kata", places=10, place_mark=2)
    assert chart.upright == 20.0
    assert draw_columns([], "kata").upright is None


def test_a_meter_beyond_the_mark_is_dark() -> None:
    assert [(bar.length, bar.mark, bar.is_dark) for bar in draw_meters([49, 12], 24)] == [
        (98.0, 48.0, True), (24.0, 48.0, False)
    ]  # fmt: skip
