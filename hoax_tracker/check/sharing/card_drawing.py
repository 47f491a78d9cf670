"""Cards as pictures: 1200 x 630 for previews in chats, 1080 x 1920 for a phone's status.

The fact is the largest; the claim stands quoted in a dashed box with the verdict beside it. On the status the upper and
lower bands stay free, because apps put their buttons there.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageFont

from hoax_tracker.check.sharing.card_facts import CardFacts, CardLayout
from hoax_tracker.core.drawing.ornaments import (
    EDGE,
    INK,
    SHAPE_COLOURS,
    SHEET,
    SOFT,
    FontRole,
    choose_font_file,
    dashed_box_mask,
    draw_band,
    drawable_text,
    font_for,
    open_font,
    verdict_mask,
)

LONGEST_TEXT = 600
"""Letters of a text that are looked at: no box holds more, and measuring takes time."""
ELLIPSIS, CLOSING = "…", "”"


@dataclass(frozen=True)
class FittedText:
    """Lines of text in a size; ``line_height`` in pixels."""

    lines: tuple[str, ...]
    font: ImageFont.FreeTypeFont
    line_height: int

    @property
    def height(self) -> int:
        """The height of all lines."""
        return len(self.lines) * self.line_height


def fit_text(
    text: str, role: FontRole, sizes: Sequence[int], width: int, height: int, *, leading: float = 1.22
) -> FittedText:
    """Return the text in the largest of the sizes in which it fits, in the last one cut off."""
    plain = drawable_text(text[:LONGEST_TEXT], role)
    file = choose_font_file(role, plain)
    for size in sizes:
        font, line_height = open_font(file, size), round(size * leading)
        lines = _break_lines(plain, font, width)
        # A word that had to be broken is better whole in a smaller size.
        whole = size == sizes[-1] or all(font.getlength(word) <= width for word in plain.split())
        if len(lines) * line_height <= height and whole:
            return FittedText(tuple(_balance_lines(plain, font, width, len(lines))), font, line_height)
    most = max(1, height // line_height)
    return FittedText(tuple(_cut_lines(lines, font, width, most)), font, line_height)


def _break_lines(text: str, font: ImageFont.FreeTypeFont, width: float) -> list[str]:
    """Return the text in lines not wider than ``width``, broken between words, and within one that is too wide."""
    lines, line = list[str](), ""
    for word in text.split():
        joined = f"{line} {word}" if line else word
        if font.getlength(joined) <= width:
            line = joined
            continue
        if line:
            lines.append(line)
        *full, line = _break_word(word, font, width)
        lines += full
    return [*lines, line] if line or not lines else lines


def _break_word(word: str, font: ImageFont.FreeTypeFont, width: float) -> list[str]:
    """Return a word in pieces that are not wider than ``width``."""
    pieces, piece = list[str](), ""
    for letter in word:
        if piece and font.getlength(piece + letter) > width:
            pieces.append(piece)
            piece = ""
        piece += letter
    return [*pieces, piece]


def _balance_lines(text: str, font: ImageFont.FreeTypeFont, width: int, count: int) -> list[str]:
    """Return the text in so many lines, as narrow as they can be: no last line of one word."""
    longest_word = max((font.getlength(word) for word in text.split()), default=0)
    narrow, wide = min(width, max(width // 2, int(longest_word))), width
    while wide - narrow > 8:
        middle = (narrow + wide) // 2
        if len(_break_lines(text, font, middle)) > count:
            narrow = middle
        else:
            wide = middle
    return _break_lines(text, font, wide)


def _cut_lines(lines: Sequence[str], font: ImageFont.FreeTypeFont, width: int, most: int) -> list[str]:
    """Return at most so many lines, the last one with an ellipsis where some are left out."""
    if len(lines) <= most:
        return list(lines)
    last, end = lines[most - 1], ELLIPSIS + CLOSING if lines[-1].endswith(CLOSING) else ELLIPSIS
    while last and font.getlength(last + end) > width:
        last = last[:-1]
    return [*lines[: most - 1], last.rstrip(" .,;:") + end]


DRAWING_VERSION = 2
"""Raised when cards are to look otherwise, so that those on disk are drawn anew."""
JPEG_QUALITY = 84


def draw_card(facts: CardFacts, layout: CardLayout) -> bytes:
    """Return the card as a JPEG."""
    picture = CardPainter(facts, layout).paint()
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=JPEG_QUALITY, optimize=True)
    return out.getvalue()


class CardPainter:
    """One card while it is painted, from the top down."""

    def __init__(self, facts: CardFacts, layout: CardLayout) -> None:
        self.facts, self.layout = facts, layout
        self.picture: Image.Image = Image.new("RGB", (layout.width, layout.height), SHEET)
        self.draw: ImageDraw.ImageDraw = ImageDraw.Draw(self.picture)

    def paint(self) -> Image.Image:
        """Return the painted card."""
        layout = self.layout
        band = draw_band(layout.width, 2)
        self.picture.paste(band, (0, 0))
        top = layout.top
        if layout.is_tall:
            self.picture.paste(band, (0, layout.height - band.height))
            top = self.paint_service(top)
        if self.facts.has_clip:
            top = self.paint_clip(top) + layout.clip_gap
        foot = self.paint_foot()
        self.paint_fact(top, foot - layout.clip_gap)
        return self.picture

    def paint_service(self, top: int) -> int:
        """Paint whose card it is at the top of a status; return where what follows begins."""
        left = self.layout.margin
        self.draw.text((left, top), self.facts.service, font=font_for(FontRole.SERIF, 44), fill=INK)
        small = font_for(FontRole.SANS, 32)
        self.draw.text((left, top + 58), self.facts.office, font=small, fill=INK)
        if self.facts.sample:
            shift = small.getlength(self.facts.office) + 18
            bold = font_for(FontRole.SANS_BOLD, 32)
            self.draw.text((left + shift, top + 58), self.facts.sample, font=bold, fill=INK)
        return top + 150

    def paint_clip(self, top: int) -> int:
        """Paint the quoted claim and the verdict on it; return the lower edge."""
        layout, facts = self.layout, self.facts
        across, down = layout.clip_padding
        badge = self.fit_verdict(layout.inner_width - 2 * across)
        text_width = layout.inner_width - 2 * across - (0 if layout.is_tall else badge.width + 36)
        quote = self.fit_quote(text_width)
        label_height = round(layout.label_size * 1.4)
        text_height = label_height + quote.height
        height = text_height + 2 * down + (24 + badge.height if layout.is_tall else 0)
        height = max(height, badge.height + 2 * down - 8)
        self.paint_mask(dashed_box_mask(layout.inner_width, height, 3, 14), (layout.margin, top), EDGE)
        left = layout.margin + across
        text_top = top + down if layout.is_tall else top + (height - text_height) // 2
        self.draw.text((left, text_top), facts.label, font=font_for(FontRole.SANS, layout.label_size), fill=SOFT)
        self.paint_lines(quote, left, text_top + label_height, SOFT)
        corner = (left - 6 if facts.shape == "hoax" else left, top + down + text_height + 24)
        if not layout.is_tall:
            corner = (layout.width - layout.margin - across - badge.width, top + (height - badge.height) // 2)
        self.paint_mask(badge, corner, SHAPE_COLOURS[facts.shape])
        return top + height

    def fit_verdict(self, width: int) -> Image.Image:
        """Return the mask of the verdict, smaller where it would be wider than the box: letters of DejaVu are wide."""
        size = self.layout.verdict_size
        badge = verdict_mask(self.facts.verdict, self.facts.shape, size)
        if badge.width > width:
            badge = verdict_mask(self.facts.verdict, self.facts.shape, size * (width - 4) // badge.width)
        return badge

    def fit_quote(self, width: int) -> FittedText:
        """Return the quoted claim in so many lines as the box may have."""
        layout = self.layout
        height = layout.quote_lines * round(layout.quote_size * 1.35)
        return fit_text(self.facts.quote, FontRole.SANS, (layout.quote_size,), width, height, leading=1.35)

    def paint_foot(self) -> int:
        """Paint who says it, when, and the address, at the bottom; return the upper edge."""
        layout, facts = self.layout, self.facts
        line = round(layout.foot_size * 1.45)
        source = self.fit_source(line)
        rows = source.height + line + (round(layout.address_size * 1.6) if layout.is_tall else 0)
        top = layout.height - layout.bottom - rows
        rule = top - (38 if layout.is_tall else 24)
        right = layout.width - layout.margin
        for offset in (0, 4):
            self.draw.rectangle((layout.margin, rule + offset, right - 1, rule + offset + 1), fill=INK)
        self.paint_source(source, top)
        under = top + source.height
        sans = font_for(FontRole.SANS, layout.foot_size)
        self.draw.text((layout.margin, under), facts.dated, font=sans, fill=INK)
        if layout.is_tall:
            address = fit_text(
                facts.address, FontRole.SANS_BOLD, (layout.address_size, 40, 32, 26), layout.inner_width, line * 2
            )
            self.paint_lines(address, layout.margin, under + line + 10, INK)
        else:
            self.paint_address(under - source.line_height / 2, under)
        return rule

    def fit_source(self, line: int) -> FittedText:
        """Return who says it: one line where it fits, two at most."""
        layout = self.layout
        width = layout.inner_width if layout.is_tall else layout.inner_width - self.address_width() - 40
        size = layout.foot_size
        text = f"{self.facts.source_opening} {self.facts.source}".strip()
        first = fit_text(text, FontRole.SANS_BOLD, (size, size - 2, size - 4), width, line, leading=1.45)
        if first.lines[0] == drawable_text(text, FontRole.SANS_BOLD):
            return first
        return fit_text(text, FontRole.SANS_BOLD, (size - 2, size - 4), width, 2 * line, leading=1.45)

    def paint_source(self, source: FittedText, top: int) -> None:
        """Paint who says it: its first word or two in the plain font, the unit in bold."""
        opening, left = self.facts.source_opening, self.layout.margin
        middle = top + source.line_height / 2
        first, *more = source.lines
        if opening and first.startswith(opening):
            plain = font_for(FontRole.SANS, round(source.font.size))
            self.draw.text((left, middle), opening, font=plain, fill=INK, anchor="lm")
            shift, first = round(plain.getlength(opening + " ")), first.removeprefix(opening).strip()
            self.draw.text((left + shift, middle), first, font=source.font, fill=INK, anchor="lm")
            source = FittedText(tuple(more), source.font, source.line_height)
            top += source.line_height
        self.paint_lines(source, left, top, INK)

    def address_width(self) -> int:
        """Return the width of the right half of the foot."""
        bold, sans = (font_for(role, self.layout.foot_size) for role in (FontRole.SANS_BOLD, FontRole.SANS))
        name = bold.getlength(self.facts.service) + (sans.getlength(self.facts.sample) + 8 if self.facts.sample else 0)
        return round(max(name, min(sans.getlength(self.facts.address), self.layout.inner_width * 0.55)))

    def paint_address(self, middle: float, under: int) -> None:
        """Paint whose card it is and the short address at the right of the foot."""
        layout, facts = self.layout, self.facts
        right = layout.width - layout.margin
        bold = font_for(FontRole.SANS_BOLD, layout.foot_size)
        name_right = right
        if facts.sample:
            small = font_for(FontRole.SANS_BOLD, 24)
            self.draw.text((right, middle), facts.sample, font=small, fill=INK, anchor="rm")
            name_right = right - round(small.getlength(facts.sample)) - 10
        self.draw.text((name_right, middle), facts.service, font=bold, fill=INK, anchor="rm")
        width = round(layout.inner_width * 0.55)
        address = fit_text(facts.address, FontRole.SANS, (layout.address_size, 22, 18), width, layout.address_size * 2)
        for number, line in enumerate(address.lines):
            self.draw.text(
                (right, under + number * address.line_height), line, font=address.font, fill=INK, anchor="ra"
            )

    def paint_fact(self, top: int, bottom: int) -> None:
        """Paint the fact as large as there is room, and the note under it, between the box and the foot."""
        layout, facts = self.layout, self.facts
        note = None
        room = bottom - top
        if facts.note:
            lines = round(layout.note_size * 1.4) * (3 if layout.is_tall else 2)
            note = fit_text(facts.note, FontRole.SANS, (layout.note_size,), layout.inner_width, lines, leading=1.4)
            room -= note.height + 18
        fact = fit_text(facts.fact, FontRole.SERIF, layout.fact_sizes, layout.inner_width, room)
        spare = room - fact.height
        # In the middle of the room where there is much of it, on the status at its top.
        top += 0 if layout.is_tall else max(0, spare // 2)
        self.paint_lines(fact, layout.margin, top, INK)
        if note is not None:
            self.paint_lines(note, layout.margin, top + fact.height + 18, SOFT)

    def paint_lines(self, text: FittedText, left: int, top: int, colour: str) -> None:
        """Paint lines of text from the left edge down."""
        for number, line in enumerate(text.lines):
            middle = top + number * text.line_height + text.line_height / 2
            self.draw.text((left, middle), line, font=text.font, fill=colour, anchor="lm")

    def paint_mask(self, mask: Image.Image, corner: tuple[int, int], colour: str) -> None:
        """Paint a mask in a colour."""
        self.picture.paste(colour, (*corner, corner[0] + mask.width, corner[1] + mask.height), mask)
