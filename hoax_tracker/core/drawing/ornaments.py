"""What a card is drawn from: fonts, the woven band, the dashed box, the verdicts' shapes.

The same as in static/site.css, whose colours and measures they take: a card looks like the page that it leads to.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from enum import Enum
from functools import cache, lru_cache

from PIL import Image, ImageDraw, ImageFont


class FontRole(Enum):
    """What a font is for: the fact and the verdict stand in ``SERIF``, all else in ``SANS`` and ``SANS_BOLD``."""

    SERIF = "serif"
    SANS = "sans"
    SANS_BOLD = "sans_bold"


FAMILIES = {
    "Noto": ("NotoSerif-Bold.ttf", "NotoSans-Regular.ttf", "NotoSans-Bold.ttf"),
    "DejaVu": ("DejaVuSerif-Bold.ttf", "DejaVuSans.ttf", "DejaVuSans-Bold.ttf"),
}
PROBE_SIZE = 24
NO_CHARACTER = "\U0010ffff"  # no font has it: it draws the box for missing letters
# Controls, marks of direction, joiners, halves of pairs, what is not assigned: nothing to see, or made to mislead.
INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
MARKS = frozenset({"Mn", "Me"})
# What may be left out where no font has a sign for it. A letter or a number never is: its box says that it is there.
DISPENSABLE = frozenset({"So", "Sk", "Mn", "Me"})


@cache
def find_fonts() -> dict[FontRole, list[str]] | None:
    """Return the files for each role, the best first; None without a whole family. Looked for once.

    The second family helps out with letters that the first one lacks.
    """
    families = [paths for name in FAMILIES if (paths := _find_family(name))]
    if not families:
        return None
    serif, sans, bold = (list(paths) for paths in zip(*families, strict=True))
    return {FontRole.SERIF: [*serif, *bold], FontRole.SANS: sans, FontRole.SANS_BOLD: bold}


def _find_family(name: str) -> list[str] | None:
    """Return the files of a family in the order of the roles; None where one is missing."""
    try:
        return [str(ImageFont.truetype(file, PROBE_SIZE).path) for file in FAMILIES[name]]
    except (OSError, ImportError):
        return None


def can_draw_cards() -> bool:
    """Tell whether this machine has the fonts for cards and posters."""
    return find_fonts() is not None


def choose_font_file(role: FontRole, text: str) -> str:
    """Return the first file of a role that has all letters of a text, else the best one."""
    fonts = find_fonts()
    if fonts is None:
        raise FileNotFoundError("no font for cards: docs/install.md names them")
    files = fonts[role]
    return next((file for file in files if all(has_glyph(file, letter) for letter in set(text))), files[0])


@cache
def open_font(file: str, size: int) -> ImageFont.FreeTypeFont:
    """Return a font at a size in pixels. Files and sizes are few, so all are kept."""
    return ImageFont.truetype(file, size)


def font_for(role: FontRole, size: int, text: str = "") -> ImageFont.FreeTypeFont:
    """Return the font for a text in a role, at a size in pixels."""
    return open_font(choose_font_file(role, text), size)


def drawable_text(text: str, role: FontRole) -> str:
    """Return the text on one line without what cannot be seen or drawn.

    Marks of direction would turn a line around, and emoji would be empty boxes. One mark a letter is kept, as a heap of
    them runs into other lines.
    """
    letters: list[str] = []
    for letter in unicodedata.normalize("NFC", text):
        category = unicodedata.category(letter)
        if category in INVISIBLE:
            letters += [" "] if letter.isspace() else []
        elif category in MARKS and letters and unicodedata.category(letters[-1]) in MARKS:
            continue
        elif category not in DISPENSABLE or has_glyph(choose_font_file(role, letter), letter):
            letters.append(letter)
    return " ".join("".join(letters).split()).replace("“ ", "“").replace(" ”", "”")


@lru_cache(maxsize=4096)
def has_glyph(file: str, letter: str) -> bool:
    """Tell whether a font draws a letter otherwise than as the box for missing ones."""
    font = open_font(file, PROBE_SIZE)
    drawn, missing = font.getmask(letter), font.getmask(NO_CHARACTER)
    return bool(drawn.size != missing.size or bytes(drawn) != bytes(missing))


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


def draw_band(width: int, scale: int) -> Image.Image:
    """Return the woven band across the width, a repeat in its middle; ``scale`` pixels a thread."""
    tile, band = _weave_repeat(scale), Image.new("RGB", (width, BAND_THREADS * scale), CLOTH)
    start = (width - tile.width) // 2 % tile.width - tile.width
    for left in range(start, width, tile.width):
        band.paste(tile, (left, 0))
    return band


@cache
def _weave_repeat(scale: int) -> Image.Image:
    """Return one repeat of the band."""
    tile = Image.new("RGB", (REPEAT * scale, BAND_THREADS * scale), CLOTH)
    draw = ImageDraw.Draw(tile)

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


def _draw_fine(width: int, height: int, paint: Callable[[ImageDraw.ImageDraw], None]) -> Image.Image:
    """Return a mask of what ``paint`` draws in white on a sheet that is ``FINE`` times larger."""
    sheet = Image.new("L", (width * FINE, height * FINE))
    paint(ImageDraw.Draw(sheet))
    return sheet.reduce(FINE)


def dashed_box_mask(width: int, height: int, line: int, radius: int) -> Image.Image:
    """Return the mask of a dashed frame with round corners."""
    dash, gap = 3 * line, 2 * line

    def paint(draw: ImageDraw.ImageDraw) -> None:
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


def verdict_mask(word: str, shape: str, size: int) -> Image.Image:
    """Return the mask of a verdict: its word beside its shape, or within a tilted stamp."""
    return _stamp_mask(word, size) if shape == "hoax" else _marked_word_mask(word, shape, size)


def _marked_word_mask(word: str, shape: str, size: int) -> Image.Image:
    """Return the mask of a shape and the word after it."""
    font, em = font_for(FontRole.SERIF, size * FINE), size * FINE
    text = drawable_text(word, FontRole.SERIF)
    wide, gap, high = round(0.95 * size), round(0.4 * size), round(1.35 * size)

    def paint(draw: ImageDraw.ImageDraw) -> None:
        top = (high * FINE - 0.95 * em) / 2
        _paint_shape(draw, shape, top, em)
        draw.text(((wide + gap) * FINE, high * FINE / 2), text, font=font, fill=255, anchor="lm")

    return _draw_fine(wide + gap + round(font.getlength(text) / FINE) + 2, high, paint)


def _paint_shape(draw: ImageDraw.ImageDraw, shape: str, top: float, em: float) -> None:
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


def _paint_ring(draw: ImageDraw.ImageDraw, shape: str, square: tuple[float, float, float, float], line: int) -> None:
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


def _stamp_mask(word: str, size: int) -> Image.Image:
    """Return the mask of a word in a double frame, a little tilted."""
    font, em = font_for(FontRole.SERIF, size * FINE), size * FINE
    spacing, margin, frame = 0.03 * em, 0.2 * em, round(0.12 * em)
    letters = drawable_text(word, FontRole.SERIF)
    text_width = font.getlength(letters) + spacing * len(letters)
    width, height = round(text_width + 1.14 * em + 2 * margin), round(1.45 * em + 2 * margin)
    sheet = Image.new("L", (width, height))
    draw = ImageDraw.Draw(sheet)
    outer, inner = 0.06 * em, margin
    draw.rounded_rectangle((outer, outer, width - outer, height - outer), 0.3 * em, outline=255, width=round(outer))
    draw.rounded_rectangle((inner, inner, width - inner, height - inner), 0.18 * em, outline=255, width=frame)
    left = margin + 0.57 * em + spacing / 2
    for letter in letters:
        draw.text((left, height / 2), letter, font=font, fill=255, anchor="lm")
        left += font.getlength(letter) + spacing
    return sheet.rotate(STAMP_TILT_DEGREES, Image.Resampling.BICUBIC, expand=True).reduce(FINE)
