"""What a card is drawn from beside text: the woven band, the dashed box, the verdicts' shapes.

The same as in static/site.css, whose colours and measures they take: a card looks like the page that it leads to.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

from hoax_tracker.core.drawing.fonts import FontRole, drawable_text, font_for

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw

SHEET, INK, SOFT, EDGE = "#fffdf8", "#1c2250", "#4d5276", "#7f7159"
CLOTH, THREAD, MADDER = "#1f2659", "#f0e0bf", "#cb6431"
SHAPE_COLOURS = {
    "hoax": "#8b1c40",
    "part": "#745000",
    "true": "#1b5f45",
    "open": "#465277",
    "satire": "#465277",
    "talk": SOFT,
    "away": SOFT,
    "gone": SOFT,
}

# Curves are drawn so many times larger and made small, which smooths them.
FINE = 4
STAMP_TILT_DEGREES = 3

# The band, in threads of a repeat of 64 by 26: which columns each row of the hooked lozenge fills.
REPEAT, BAND_THREADS, MOTIF_TOP = 64, 26, 6
MOTIF = [
    [(30, 33)],
    [(12, 17), (26, 37), (46, 51)],
    [(0, 1), (12, 13), (24, 29), (34, 39), (50, 51), (62, 64)],
    [(0, 3), (12, 29), (34, 51), (60, 64)],
]
BAND_STRIPES = [(0, 2, CLOTH), (2, 4, MADDER), (4, 5, THREAD), (5, 21, CLOTH), (21, 22, THREAD), (22, 24, MADDER)]


def draw_band(width: int, scale: int) -> Image:
    """Return the woven band across the width, a repeat in its middle; ``scale`` pixels a thread."""
    import PIL.Image

    tile, band = _weave_repeat(scale), PIL.Image.new("RGB", (width, BAND_THREADS * scale), CLOTH)
    start = (width - tile.width) // 2 % tile.width - tile.width
    for left in range(start, width, tile.width):
        band.paste(tile, (left, 0))
    return band


@cache
def _weave_repeat(scale: int) -> Image:
    """Return one repeat of the band."""
    import PIL.Image
    import PIL.ImageDraw

    tile = PIL.Image.new("RGB", (REPEAT * scale, BAND_THREADS * scale), CLOTH)
    draw = PIL.ImageDraw.Draw(tile)

    def fill(left: int, top: int, right: int, bottom: int, colour: str) -> None:
        draw.rectangle((left * scale, top * scale, right * scale - 1, bottom * scale - 1), fill=colour)

    for top, bottom, colour in BAND_STRIPES:
        fill(0, top, REPEAT, bottom, colour)
    for number, row in enumerate([*MOTIF, *MOTIF[-2::-1]]):
        top = MOTIF_TOP + 2 * number
        for left, right in row:
            fill(left, top, right, top + 2, THREAD)
    middle = MOTIF_TOP + 2 * (len(MOTIF) - 1)
    fill(30, middle, 33, middle + 2, MADDER)
    return tile


def _draw_fine(width: int, height: int, paint: Callable[[ImageDraw], None]) -> Image:
    """Return a mask of what ``paint`` draws in white on a sheet that is ``FINE`` times larger."""
    import PIL.Image
    import PIL.ImageDraw

    sheet = PIL.Image.new("L", (width * FINE, height * FINE))
    paint(PIL.ImageDraw.Draw(sheet))
    return sheet.reduce(FINE)


def dashed_box_mask(width: int, height: int, line: int, radius: int) -> Image:
    """Return the mask of a dashed frame with round corners."""
    dash, gap = 3 * line, 2 * line

    def paint(draw: ImageDraw) -> None:
        right, bottom, thick, curve = width * FINE - 1, height * FINE - 1, line * FINE, radius * FINE
        corners = [
            (0, 0, 180),
            (right - 2 * curve, 0, 270),
            (right - 2 * curve, bottom - 2 * curve, 0),
            (0, bottom - 2 * curve, 90),
        ]
        for left, top, start in corners:
            draw.arc((left, top, left + 2 * curve, top + 2 * curve), start + 8, start + 82, fill=255, width=thick)
        for begin, end in dashes(radius, width - radius, dash, gap):
            draw.rectangle((begin * FINE, 0, end * FINE, thick - 1), fill=255)
            draw.rectangle((begin * FINE, bottom - thick + 1, end * FINE, bottom), fill=255)
        for begin, end in dashes(radius, height - radius, dash, gap):
            draw.rectangle((0, begin * FINE, thick - 1, end * FINE), fill=255)
            draw.rectangle((right - thick + 1, begin * FINE, right, end * FINE), fill=255)

    return _draw_fine(width, height, paint)


def dashes(start: float, end: float, dash: float, gap: float) -> list[tuple[float, float]]:
    """Return the dashes of a side, with a gap at both ends, stretched so that they come out even."""
    count = max(1, round((end - start - gap) / (dash + gap)))
    step = (end - start) / count
    half_gap = step * gap / (dash + gap) / 2
    return [(start + number * step + half_gap, start + (number + 1) * step - half_gap) for number in range(count)]


def verdict_mask(word: str, shape: str, size: int) -> Image:
    """Return the mask of a verdict: its word beside its shape, or within a tilted stamp."""
    return _stamp_mask(word, size) if shape == "hoax" else _marked_word_mask(word, shape, size)


def _marked_word_mask(word: str, shape: str, size: int) -> Image:
    """Return the mask of a shape and the word after it."""
    font, em = font_for(FontRole.SERIF, size * FINE), size * FINE
    text = drawable_text(word, FontRole.SERIF)
    wide, gap, high = round(0.95 * size), round(0.4 * size), round(1.35 * size)

    def paint(draw: ImageDraw) -> None:
        top = (high * FINE - 0.95 * em) / 2
        _paint_shape(draw, shape, top, em)
        draw.text(((wide + gap) * FINE, high * FINE / 2), text, font=font, fill=255, anchor="lm")

    return _draw_fine(wide + gap + round(font.getlength(text) / FINE) + 2, high, paint)


def _paint_shape(draw: ImageDraw, shape: str, top: float, em: float) -> None:
    """Paint a verdict's shape into a square of .95 em at the left edge."""
    side, line = 0.95 * em, round(0.14 * em)
    square = (0, top, side, top + side)
    if shape == "true":
        points = [(0.02 * em, top + 0.5 * em), (0.3 * em, top + 0.78 * em), (0.86 * em, top + 0.16 * em)]
        draw.line(points, fill=255, width=round(0.17 * em), joint="curve")
    elif shape == "satire":
        draw.arc((0, top - 0.1 * em, side, top + 0.85 * em), 15, 165, fill=255, width=round(0.17 * em))
    elif shape == "away":
        draw.line([(0.1 * em, top), (0.8 * em, top), (0.8 * em, top + 0.7 * em)], fill=255, width=line)
        draw.line([(0.04 * em, top + 0.76 * em), (0.8 * em, top)], fill=255, width=line)
    else:
        _paint_ring(draw, shape, square, line)


def _paint_ring(draw: ImageDraw, shape: str, square: tuple[float, float, float, float], line: int) -> None:
    """Paint a ring: half filled, struck through, or with the tail of a speech bubble."""
    left, top, right, bottom = square
    middle = ((left + right) / 2, (top + bottom) / 2)
    if shape == "talk":
        draw.rectangle((left, middle[1], middle[0], bottom), fill=255)
        draw.ellipse(square, fill=255)
        draw.ellipse((left + line, top + line, right - line, bottom - line), fill=0)
        draw.rectangle((left + line, middle[1], middle[0], bottom - line), fill=0)
        return
    draw.ellipse(square, outline=255, width=line)
    if shape == "part":
        draw.pieslice(square, 90, 270, fill=255)
    elif shape == "gone":
        reach = (right - left) * 0.36
        draw.line(
            [(middle[0] - reach, middle[1] - reach), (middle[0] + reach, middle[1] + reach)], fill=255, width=line
        )


def _stamp_mask(word: str, size: int) -> Image:
    """Return the mask of a word in a double frame, a little tilted."""
    import PIL.Image
    import PIL.ImageDraw

    font, em = font_for(FontRole.SERIF, size * FINE), size * FINE
    spacing, margin, frame = 0.03 * em, 0.2 * em, round(0.12 * em)
    letters = drawable_text(word, FontRole.SERIF)
    text_width = font.getlength(letters) + spacing * len(letters)
    width, height = round(text_width + 1.14 * em + 2 * margin), round(1.45 * em + 2 * margin)
    sheet = PIL.Image.new("L", (width, height))
    draw = PIL.ImageDraw.Draw(sheet)
    outer, inner = 0.06 * em, margin
    draw.rounded_rectangle((outer, outer, width - outer, height - outer), 0.3 * em, outline=255, width=round(outer))
    draw.rounded_rectangle((inner, inner, width - inner, height - inner), 0.18 * em, outline=255, width=frame)
    left = margin + 0.57 * em + spacing / 2
    for letter in letters:
        draw.text((left, height / 2), letter, font=font, fill=255, anchor="lm")
        left += font.getlength(letter) + spacing
    return sheet.rotate(STAMP_TILT_DEGREES, PIL.Image.Resampling.BICUBIC, expand=True).reduce(FINE)
