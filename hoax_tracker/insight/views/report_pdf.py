"""A report as a file, drawn from what is kept alone: PDF with its charts, XLSX with a sheet for each table."""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from hoax_tracker.core.charts import ColumnChart
from hoax_tracker.core.content.html_to_text import cut_text
from hoax_tracker.core.content.list_files import file_cell, text_cell
from hoax_tracker.core.drawing.ornaments import EDGE, INK, SOFT, FontRole, draw_band, find_fonts
from hoax_tracker.insight.reports.content import Cell, ReportDocument, ReportTable
from hoax_tracker.insight.reports.tables import DrawnTable, draw_table, write_cell

if TYPE_CHECKING:
    from fpdf import FPDF

MARGIN_MM, WIDTH_MM, BAND_MM, FOOT_MM = 18, 210, 6, 16
INNER_MM = WIDTH_MM - 2 * MARGIN_MM
TEXT_PT, SMALL_PT, HEADING_PT, TITLE_PT = 10.5, 8.5, 13, 20
LEADING = 0.5
"""Millimetres of line height for a point of size."""
CHART_MM, ROW_MM, NAME_MM, NUMBER_MM = 42, 6, 66, 22
HEADING_MM, ROWS_TOGETHER = 20, 8
LONGEST_CELL, MOST_LINES = 1_200, 25
"""Letters and lines of a cell, the rest is cut: a row must fit on one page, also where its words break badly."""
LIGHT_BAR, DARK_BAR, PAPER = "#d9a58a", INK, "#ffffff"
WIDE_COLUMNS = {"Kabar": 3.2, "Alasan": 3.2, "Menunggu apa": 2.6, "Keadaan saat dihitung": 2.0}
"""How wide columns of long texts are, against 1 of others."""
FIRST_COLUMN, NUMBER_COLUMN, KEY_COLUMN = 1.6, 0.9, 0.6
UNDRAWABLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def draw_report(report: ReportDocument, notice: str = "") -> bytes:
    """Return the PDF, ``notice`` under its title. Raises FileNotFoundError on a machine without the fonts."""
    return ReportPainter(report, notice).paint()


class ReportPainter:
    """One report while it is painted, from the top down."""

    def __init__(self, report: ReportDocument, notice: str) -> None:
        self.report, self.notice = report, notice
        self.pdf = _open_document(report.title)

    def paint(self) -> bytes:
        """Return the painted report."""
        self.pdf.add_page()
        self.pdf.image(draw_band(WIDTH_MM * 6, 2), x=0, y=0, w=WIDTH_MM, h=BAND_MM)
        self.pdf.set_y(MARGIN_MM)
        self.paint_head()
        for sentence in self.report.sentences:
            self.write(sentence, TEXT_PT, gap_mm=1.5)
        self.paint_notes()
        for table in self.report.tables:
            self.paint_table(draw_table(table))
        return bytes(self.pdf.output())

    def paint_head(self) -> None:
        """Paint what it is a report of, and which version."""
        self.write("Kupang Kabas Hoaks, Pemerintah Kota Kupang", SMALL_PT, colour=SOFT)
        self.write(self.report.title, TITLE_PT, style="B", gap_mm=1)
        self.write(_describe_version(self.report), SMALL_PT, colour=SOFT, gap_mm=4)
        if self.notice:
            self.write(self.notice, TEXT_PT, style="B", gap_mm=2)
        if self.report.reason:
            self.write(f"Mengapa dikirim lagi: {self.report.reason}", TEXT_PT, gap_mm=2)

    def paint_notes(self) -> None:
        """Paint the officers' own texts."""
        for heading, text in self.report.notes:
            self.write(heading, HEADING_PT, style="B", gap_mm=1, space_mm=4)
            for line in filter(str.strip, text.splitlines()):
                self.write(line, TEXT_PT, gap_mm=1)

    def paint_table(self, drawn: DrawnTable) -> None:
        """Paint a table under its heading, its chart before it. A heading stays with its first rows."""
        table = drawn.table
        needed = HEADING_MM + (CHART_MM if drawn.columns else 0) + ROW_MM * min(len(table.rows) + 1, ROWS_TOGETHER)
        if self.pdf.will_page_break(needed):
            self.pdf.add_page()
        self.write(table.heading, HEADING_PT, style="B", gap_mm=0.5, space_mm=5)
        self.write(table.note, SMALL_PT, colour=SOFT, gap_mm=1.5)
        if drawn.columns and table.chart:
            self.write(table.chart.words, SMALL_PT, colour=SOFT, gap_mm=1)
            self.paint_columns(drawn.columns)
        if drawn.bars:
            self.paint_bars(drawn)
        elif table.rows:
            self.paint_rows(drawn)

    def paint_columns(self, chart: ColumnChart) -> None:
        """Paint a chart over time from its per cents."""
        top, pdf = self.pdf.get_y(), self.pdf

        def across(share: float) -> float:
            return MARGIN_MM + INNER_MM * share / 100

        def down(share: float) -> float:
            return top + CHART_MM * share / 100

        pdf.set_font("sans", size=SMALL_PT)
        for bar in filter(lambda bar: bar.height, chart.bars):
            pdf.set_fill_color(DARK_BAR if bar.style == "hot" else LIGHT_BAR)
            pdf.rect(across(bar.x), down(bar.y), INNER_MM * bar.width / 100, CHART_MM * bar.height / 100, style="F")
            self.write_centred(bar.text, across(bar.middle), down(bar.y) - 1)
        for label in chart.labels:
            self.write_centred(label.text, across(label.x), down(96))
        pdf.set_draw_color(INK)
        pdf.set_line_width(0.3)
        pdf.line(MARGIN_MM, down(chart.baseline), MARGIN_MM + INNER_MM, down(chart.baseline))
        if chart.mark is not None:
            pdf.set_dash_pattern(dash=1.5, gap=1)
            pdf.line(MARGIN_MM, down(chart.mark), MARGIN_MM + INNER_MM, down(chart.mark))
            pdf.set_dash_pattern()
        pdf.set_y(top + CHART_MM + 2)

    def write_centred(self, text: str, middle: float, base: float) -> None:
        """Write a short text around a place."""
        self.pdf.set_text_color(INK)
        self.pdf.text(middle - self.pdf.get_string_width(text) / 2, base, text)

    def paint_rows(self, drawn: DrawnTable) -> None:
        """Paint the rows; the longest texts are broken within their cells."""
        from fpdf.enums import TableBordersLayout
        from fpdf.fonts import FontFace

        table, pdf = drawn.table, self.pdf
        pdf.set_font("sans", size=SMALL_PT)
        pdf.set_text_color(INK)
        self.prepare_lines()
        widths = _column_widths(table)
        longest_mm = [INNER_MM * MOST_LINES * width / sum(widths) for width in widths]
        with pdf.table(
            borders_layout=TableBordersLayout.HORIZONTAL_LINES,
            col_widths=tuple(widths),
            text_align=tuple("RIGHT" if table.is_number_column(place) else "LEFT" for place in range(len(widths))),
            headings_style=FontFace(emphasis="BOLD", color=INK),
            line_height=SMALL_PT * LEADING,
            padding=(1, 1),
        ) as painted:
            painted.row([_drawable_line(column) for column in table.columns])
            for row in table.rows:
                painted.row([self.cut_cell(write_cell(cell), longest_mm[place]) for place, cell in enumerate(row)])

    def cut_cell(self, text: str, longest_mm: float) -> str:
        """Return the beginning of a text that fits in a row."""
        return self.shorten(cut_text(_drawable_line(text), LONGEST_CELL), longest_mm)

    def prepare_lines(self) -> None:
        """Set what lines between rows and the ground of cells look like."""
        self.pdf.set_draw_color(EDGE)
        self.pdf.set_line_width(0.2)
        self.pdf.set_fill_color(PAPER)

    def paint_bars(self, drawn: DrawnTable) -> None:
        """Paint a table of short cells on one line each, a bar between the name and the numbers of its row."""
        table = drawn.table
        self.paint_bar_row([_drawable_line(column) for column in table.columns], None, "B")
        for row, bar in zip(table.rows, drawn.bars, strict=True):
            self.paint_bar_row([_drawable_line(write_cell(cell)) for cell in row], bar.length, "")

    def paint_bar_row(self, cells: list[str], length: float | None, style: str) -> None:
        """Paint a row: its name, its bar if there is one, and its numbers."""
        pdf = self.pdf
        if pdf.will_page_break(ROW_MM):
            pdf.add_page()
        top, left = pdf.get_y(), MARGIN_MM + NAME_MM
        width = INNER_MM - NAME_MM - NUMBER_MM * (len(cells) - 1)
        pdf.set_font("sans", style=style, size=SMALL_PT)
        pdf.set_text_color(INK)
        pdf.set_x(MARGIN_MM)
        pdf.cell(w=NAME_MM, h=ROW_MM, text=self.shorten(cells[0], NAME_MM - 2))
        if length:
            pdf.set_fill_color(LIGHT_BAR)
            pdf.rect(left, top + 1.4, width * length / 100, ROW_MM - 2.8, style="F")
        pdf.set_x(left + width)
        for cell in cells[1:]:
            pdf.cell(w=NUMBER_MM, h=ROW_MM, text=cell, align="R")
        self.prepare_lines()
        pdf.line(MARGIN_MM, top + ROW_MM, MARGIN_MM + INNER_MM, top + ROW_MM)
        pdf.set_xy(MARGIN_MM, top + ROW_MM)

    def shorten(self, text: str, width_mm: float) -> str:
        """Return the text as far as it fits on one line."""
        if self.pdf.get_string_width(text) <= width_mm:
            return text
        while text and self.pdf.get_string_width(f"{text}…") > width_mm:
            text = text[:-1]
        return f"{text.rstrip()}…"

    def write(
        self, text: str, size: float, *, style: str = "", colour: str = INK, gap_mm: float = 0, space_mm: float = 0
    ) -> None:
        """Write a paragraph with space before and after."""
        self.pdf.ln(space_mm)
        self.pdf.set_font("sans", style=style, size=size)
        self.pdf.set_text_color(colour)
        self.pdf.set_x(MARGIN_MM)
        self.pdf.multi_cell(w=INNER_MM, h=size * LEADING, text=_drawable_line(text), align="L", new_x="LMARGIN")
        self.pdf.ln(gap_mm)


def _open_document(title: str) -> FPDF:
    """Return an empty document with the fonts of cards and posters embedded, and page numbers at its foot."""
    from fpdf import FPDF

    class NumberedDocument(FPDF):
        def footer(self) -> None:
            self.set_y(-FOOT_MM + 4)
            self.set_font("sans", size=SMALL_PT)
            self.set_text_color(SOFT)
            self.cell(w=INNER_MM, h=5, text=f"{title}, halaman {self.page_no()} dari {{nb}}", align="C")

    fonts = find_fonts()
    if fonts is None:
        raise FileNotFoundError("no font for reports: docs/install.md names them")
    pdf = NumberedDocument(unit="mm", format="A4")
    for name, place in (("sans", 0), ("sans2", -1)):
        pdf.add_font(name, fname=fonts[FontRole.SANS][place])
        pdf.add_font(name, style="B", fname=fonts[FontRole.SANS_BOLD][place])
    pdf.set_fallback_fonts(["sans2"], exact_match=False)
    pdf.set_margins(MARGIN_MM, MARGIN_MM, MARGIN_MM)
    pdf.set_auto_page_break(True, margin=FOOT_MM + 4)
    pdf.c_margin = 0  # text begins where lines and charts do
    pdf.set_title(title)
    pdf.set_author("Pemerintah Kota Kupang")
    pdf.set_lang("id")
    return pdf


def _describe_version(report: ReportDocument) -> str:
    """Return which version it is, when it was counted, and whether it was sent."""
    from flask_babel import format_datetime

    counted = format_datetime(report.counted_at, "d MMMM y, HH.mm")
    words = f"Versi {report.version}. Angkanya dihitung {counted} WITA."
    if report.sent_at is None:
        return f"{words} RANCANGAN, belum dikirim."
    return f"{words} Ditetapkan {format_datetime(report.sent_at, 'd MMMM y, HH.mm')} WITA."


def _column_widths(table: ReportTable) -> list[float]:
    """Return the widths of the columns against each other."""
    widths = [
        WIDE_COLUMNS.get(column, NUMBER_COLUMN if table.is_number_column(place) else 1.0)
        for place, column in enumerate(table.columns)
    ]
    if table.columns[0] == "Klaim":
        return [KEY_COLUMN, *widths[1:]]
    return [max(FIRST_COLUMN, widths[0]), *widths[1:]]


def _drawable_line(text: str) -> str:
    """Return the text on one line without signs that turn a line around or cannot be drawn."""
    plain = unicodedata.normalize("NFC", text)
    return " ".join("".join(" " if unicodedata.category(s) in UNDRAWABLE else s for s in plain).split())


LONGEST_SHEET_NAME = 31


def write_workbook(report: ReportDocument, notice: str = "") -> bytes:
    """Return the file, ``notice`` first where there is one. No cell is a formula, whatever its text begins with."""
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    notes = [line for heading, text in report.notes for line in (heading, *text.splitlines())]
    texts = [notice, *report.sentences, *notes, report.reason]
    heading = f"{report.title}, versi {report.version}"
    _add_sheet(book, "ringkasan", [heading], [[text] for text in texts if text.strip()])
    for table in report.tables:
        _add_sheet(book, table.key, table.columns, [*table.rows, [table.note]])
    packed = io.BytesIO()
    book.save(packed)
    return packed.getvalue()


def _add_sheet(book: Any, name: str, headings: Sequence[Cell], rows: Iterable[Sequence[Cell]]) -> None:
    """Add a sheet with a row of headings that stays in view."""
    from openpyxl.cell import WriteOnlyCell

    sheet = book.create_sheet(name[:LONGEST_SHEET_NAME])
    sheet.freeze_panes = "A2"
    for cells in (headings, *rows):
        values = [cell if isinstance(cell, float) else file_cell(cell) for cell in cells]
        sheet.append([text_cell(WriteOnlyCell(sheet, value=value)) for value in values])
