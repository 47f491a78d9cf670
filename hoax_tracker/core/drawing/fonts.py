"""The fonts of cards and posters: Debian's Noto, else DejaVu. The product ships none (docs/install.md).

The font within Pillow is no way out: it has one weight and neither "é" nor the dash of a range.
"""

from __future__ import annotations

import unicodedata
from enum import Enum
from functools import cache, lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont


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
    from PIL import ImageFont

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
def open_font(file: str, size: int) -> FreeTypeFont:
    """Return a font at a size in pixels. Files and sizes are few, so all are kept."""
    from PIL import ImageFont

    return ImageFont.truetype(file, size)


def font_for(role: FontRole, size: int, text: str = "") -> FreeTypeFont:
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
