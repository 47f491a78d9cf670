"""Text in a box: broken into lines of even length, in the largest size that fits, cut where none does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hoax_tracker.core.drawing.fonts import FontRole, choose_font_file, drawable_text, open_font

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont

LONGEST_TEXT = 600
"""Letters of a text that are looked at: no box holds more, and measuring takes time."""
ELLIPSIS, CLOSING = "…", "”"


@dataclass(frozen=True)
class FittedText:
    """Lines of text in a size; ``line_height`` in pixels."""

    lines: tuple[str, ...]
    font: FreeTypeFont
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


def _break_lines(text: str, font: FreeTypeFont, width: float) -> list[str]:
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


def _break_word(word: str, font: FreeTypeFont, width: float) -> list[str]:
    """Return a word in pieces that are not wider than ``width``."""
    pieces, piece = list[str](), ""
    for letter in word:
        if piece and font.getlength(piece + letter) > width:
            pieces.append(piece)
            piece = ""
        piece += letter
    return [*pieces, piece]


def _balance_lines(text: str, font: FreeTypeFont, width: int, count: int) -> list[str]:
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


def _cut_lines(lines: Sequence[str], font: FreeTypeFont, width: int, most: int) -> list[str]:
    """Return at most so many lines, the last one with an ellipsis where some are left out."""
    if len(lines) <= most:
        return list(lines)
    last, end = lines[most - 1], ELLIPSIS + CLOSING if lines[-1].endswith(CLOSING) else ELLIPSIS
    while last and font.getlength(last + end) > width:
        last = last[:-1]
    return [*lines[: most - 1], last.rstrip(" .,;:") + end]
