"""Posters for a kelurahan's board: one A4 page with the fact, its address as a QR code, and the city's line.

The page is laid out in tenths of a millimetre, in which text is measured as on the cards (card_drawing.py).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import segno
from flask_babel import get_locale, gettext as _
from PIL import Image

from hoax_tracker.check.sharing.card_drawing import FittedText, fit_text
from hoax_tracker.check.sharing.card_facts import CardFacts
from hoax_tracker.core.drawing.ornaments import (
    EDGE,
    INK,
    SHAPE_COLOURS,
    SOFT,
    FontRole,
    draw_band,
    drawable_text,
    verdict_mask,
)

if TYPE_CHECKING:
    from fpdf import FPDF

UNITS_A_MM = 10
POINTS_A_UNIT = 72 / 25.4 / UNITS_A_MM
WIDTH, HEIGHT, MARGIN = 2100, 2970, 180
INNER = WIDTH - 2 * MARGIN
BAND_HEIGHT = 91
CODE_SIDE, CHAT_CODE_SIDE = 620, 250
FACT_SIZES = (210, 190, 170, 150, 134, 120, 106, 94, 84, 75, 66, 58, 50)


def draw_poster(facts: CardFacts) -> bytes:
    """Return the poster as a PDF."""
    return PosterPainter(facts).paint()


class PosterPainter:
    """One poster while it is painted, from the top down."""

    def __init__(self, facts: CardFacts) -> None:
        from fpdf import FPDF

        self.facts = facts
        self.pdf: FPDF = FPDF(unit="mm", format="A4")
        self.pdf.set_auto_page_break(False)
        self.pdf.set_title(drawable_text(facts.fact, FontRole.SERIF))
        self.pdf.set_author(facts.service)
        self.pdf.set_lang(str(get_locale() or "id"))
        self.pdf.add_page()

    def paint(self) -> bytes:
        """Return the painted poster."""
        band = draw_band(WIDTH // 2, 2)
        for top in (0, HEIGHT - BAND_HEIGHT):
            self.place(band, 0, top, WIDTH, BAND_HEIGHT)
        top = self.paint_service(BAND_HEIGHT + 110)
        if self.facts.has_clip:
            top = self.paint_clip(top) + 70
        self.paint_fact(top, self.paint_foot() - 60)
        return bytes(self.pdf.output())

    def paint_service(self, top: int) -> int:
        """Paint whose poster it is; return where what follows begins."""
        name = fit_text(self.facts.service, FontRole.SERIF, (76,), INNER, 100)
        self.write(name, MARGIN, top, INK)
        office = fit_text(self.facts.office, FontRole.SANS, (46,), INNER, 70)
        self.write(office, MARGIN, top + 96, SOFT)
        if self.facts.sample:
            left = MARGIN + round(office.font.getlength(office.lines[0])) + 30
            self.write(fit_text(self.facts.sample, FontRole.SANS_BOLD, (46,), INNER, 70), left, top + 96, INK)
        return top + 250

    def paint_clip(self, top: int) -> int:
        """Paint the quoted claim with the verdict in a dashed box; return its lower edge."""
        facts, padding = self.facts, 60
        badge = verdict_mask(facts.verdict, facts.shape, 110)
        label = fit_text(facts.label, FontRole.SANS, (44,), INNER - 2 * padding, 62, leading=1.4)
        quote = fit_text(facts.quote, FontRole.SANS, (56,), INNER - 2 * padding, 4 * 76, leading=1.35)
        height = 2 * padding + label.height + quote.height + 40 + badge.height
        self.frame(MARGIN, top, INNER, height)
        self.write(label, MARGIN + padding, top + padding, SOFT)
        self.write(quote, MARGIN + padding, top + padding + label.height, SOFT)
        left = MARGIN + padding - (16 if facts.shape == "hoax" else 0)
        self.place_mask(badge, left, top + height - padding - badge.height, SHAPE_COLOURS[facts.shape])
        return top + height

    def paint_fact(self, top: int, bottom: int) -> None:
        """Paint the fact as large as there is room, and who says it below."""
        facts = self.facts
        source = f"{facts.source_opening} {facts.source}".strip()
        parts = [
            (fit_text(source, FontRole.SANS_BOLD, (50, 44, 38), INNER, 140, leading=1.4), 50),
            (fit_text(facts.dated, FontRole.SANS, (46, 40), INNER, 70, leading=1.4), 0),
        ]
        if facts.note:
            parts.insert(0, (fit_text(facts.note, FontRole.SANS, (66,), INNER, 4 * 92, leading=1.4), 40))
        room = bottom - top - sum(text.height + gap for text, gap in parts)
        fact = fit_text(facts.fact, FontRole.SERIF, FACT_SIZES, INNER, room)
        top += max(0, room - fact.height) // 3
        for text, gap in ((fact, 0), *parts):
            top += gap
            self.write(text, MARGIN, top, INK)
            top += text.height

    def paint_foot(self) -> int:
        """Paint the QR code and the city's line beside it; return the upper edge."""
        top = self.paint_chats(HEIGHT - BAND_HEIGHT - 110) - CODE_SIDE
        self.rule(top - 60)
        self.paint_code(self.facts.link, MARGIN, top, CODE_SIDE)
        left = MARGIN + CODE_SIDE + 90
        width = WIDTH - MARGIN - left
        line = fit_text(_("Tempel pesan, tanya di sini"), FontRole.SERIF, (118, 100), width, 400, leading=1.16)
        how = fit_text(
            _("Arahkan kamera ponsel ke kode ini, atau ketik alamatnya:"), FontRole.SANS, (46,), width, 200, leading=1.4
        )
        address = fit_text(self.facts.address, FontRole.SANS_BOLD, (66, 56, 46, 38), width, 130)
        height = line.height + how.height + address.height + 70
        top_of_text = top + (CODE_SIDE - height) // 2
        for text, gap in ((line, 40), (how, 30), (address, 0)):
            self.write(text, left, top_of_text, INK)
            top_of_text += text.height + gap
        return top - 60

    def paint_chats(self, bottom: int) -> int:
        """Paint where the conversation is opened, each with its QR code; return the upper edge."""
        chats = self.facts.chats
        if not chats:
            return bottom
        top, cell = bottom - CHAT_CODE_SIDE, INNER // len(chats)
        for place, chat in enumerate(chats):
            left = MARGIN + place * cell
            self.paint_code(chat.address, left, top, CHAT_CODE_SIDE)
            beside, width = left + CHAT_CODE_SIDE + 50, cell - CHAT_CODE_SIDE - 90
            words = _("Atau teruskan ke %(channel)s:", channel=chat.label)
            label = fit_text(words, FontRole.SANS, (46, 40), width, 140, leading=1.3)
            address = fit_text(chat.written, FontRole.SANS_BOLD, (50, 42, 36, 30), width, 110)
            self.write(label, beside, top + 30, INK)
            self.write(address, beside, top + 50 + label.height, INK)
        return top - 70

    def paint_code(self, link: str, left: int, top: int, side: int) -> None:
        """Paint an address as a QR code, in squares that no printer blurs."""
        rows = list(segno.make(link, error="m", micro=False).matrix)
        module = side / len(rows)
        self.pdf.set_fill_color(INK)
        for y, row in enumerate(rows):
            for start, end in dark_runs(row):
                self.pdf.rect(
                    (left + start * module) / UNITS_A_MM,
                    (top + y * module) / UNITS_A_MM,
                    (end - start) * module / UNITS_A_MM,
                    module / UNITS_A_MM,
                    style="F",
                )

    def write(self, text: FittedText, left: int, top: int, colour: str) -> None:
        """Write lines of text."""
        path = Path(str(text.font.path))
        if path.stem.lower() not in self.pdf.fonts:
            self.pdf.add_font(path.stem, fname=path)
        self.pdf.set_font(path.stem, size=text.font.size * POINTS_A_UNIT)
        self.pdf.set_text_color(colour)
        for number, line in enumerate(text.lines):
            base = top + number * text.line_height + text.line_height * 0.5 + text.font.size * 0.36
            self.pdf.text(left / UNITS_A_MM, base / UNITS_A_MM, line)

    def frame(self, left: int, top: int, width: int, height: int) -> None:
        """Draw a dashed frame with round corners."""
        self.pdf.set_draw_color(EDGE)
        self.pdf.set_line_width(0.7)
        self.pdf.set_dash_pattern(dash=2.2, gap=1.6)
        x, y, w, h = (side / UNITS_A_MM for side in (left, top, width, height))
        self.pdf.rect(x, y, w, h, round_corners=True, corner_radius=3)
        self.pdf.set_dash_pattern()

    def rule(self, top: int) -> None:
        """Draw the double rule of a letterhead."""
        self.pdf.set_draw_color(INK)
        self.pdf.set_line_width(0.4)
        for shift in (0, 10):
            y = (top + shift) / UNITS_A_MM
            self.pdf.line(MARGIN / UNITS_A_MM, y, (WIDTH - MARGIN) / UNITS_A_MM, y)

    def place(self, picture: Image.Image, left: float, top: float, width: float, height: float) -> None:
        """Place a picture."""
        left, top, width, height = (side / UNITS_A_MM for side in (left, top, width, height))
        self.pdf.image(picture, x=left, y=top, w=width, h=height)

    def place_mask(self, mask: Image.Image, left: int, top: int, colour: str) -> None:
        """Place a mask in a colour."""
        picture = Image.new("RGBA", mask.size, colour)
        picture.putalpha(mask)
        self.place(picture, left, top, mask.width, mask.height)


def dark_runs(row: bytearray) -> list[tuple[int, int]]:
    """Return where the dark modules of a row begin and end."""
    dark = [False, *map(bool, row), False]
    edges = [column for column in range(len(row) + 1) if dark[column] != dark[column + 1]]
    return list(zip(edges[::2], edges[1::2], strict=True))
