"""A picture that circulates, drawn anew with the verdict across it: small, faded, and never without the word.

The word stands in the pixels, along the whole diagonal, so that neither a download nor a crop gives the picture back as
it circulated. Reading and drawing happen in a process of their own (core/content/confined_reading.py).
"""

from __future__ import annotations

import io
import math

from PIL import Image, ImageDraw

from hoax_tracker.core.content.confined_reading import ConfinedReader
from hoax_tracker.core.content.images import NOT_A_PICTURE, SafePicture, open_picture
from hoax_tracker.core.drawing.ornaments import SHAPE_COLOURS, SHEET, verdict_mask

LARGEST = (480, 640)
"""Width and height in pixels: enough to know the picture again, too little to read what is small on it."""
LIMIT_BYTES = 40_000
QUALITIES = (62, 45, 30, 18)
FADED = 0.3
"""How much of the paper's colour is mixed in."""
WORD_SHARE = 0.105
"""The letters' height, of the picture's diagonal."""

_DRAWING = ConfinedReader(f"{__name__}:draw_crossed", field="picture", unreadable=NOT_A_PICTURE)


def cross_picture(data: bytes, word: str, shape: str) -> SafePicture:
    """Return the picture as a small JPEG with a verdict across it; ``shape`` is the verdict's style class.

    Raises InvalidInputError, ServiceBusyError where others' pictures wait.
    """
    size, _space, drawn = _DRAWING.read(data, word, shape).partition(b" ")
    width, height = map(int, size.split(b"x"))
    return SafePicture(drawn, width, height)


def draw_crossed(data: bytes, word: str, shape: str) -> bytes:
    """Return the size of the crossed picture ("480x320 "), and its JPEG."""
    with open_picture(data) as picture:
        colour = picture.convert("RGBA")
        paper = Image.new("RGB", colour.size, "white")
        paper.paste(colour, mask=colour.getchannel("A"))
    paper.thumbnail(LARGEST)
    faded = Image.blend(paper, Image.new("RGB", paper.size, SHEET), FADED)
    _paint_across(faded, word, shape)
    return f"{faded.width}x{faded.height} ".encode() + _small_jpeg(faded)


def _paint_across(picture: Image.Image, word: str, shape: str) -> None:
    """Paint a ribbon with the verdict from the lower left corner to the upper right one."""
    diagonal = math.hypot(picture.width, picture.height)
    ribbon, ink = _draw_ribbon(round(diagonal), word, shape)
    angle = math.degrees(math.atan2(picture.height, picture.width))
    turned = [part.rotate(angle, Image.Resampling.BICUBIC, expand=True) for part in (ribbon, ink)]
    corner = ((picture.width - turned[0].width) // 2, (picture.height - turned[0].height) // 2)
    for mask, colour in zip(turned, (SHEET, SHAPE_COLOURS[shape]), strict=True):
        picture.paste(colour, corner, mask)


def _draw_ribbon(length: int, word: str, shape: str) -> tuple[Image.Image, Image.Image]:
    """Return the masks of a ribbon and of what is printed on it: the verdict, as often as there is room, and edges."""
    badge = verdict_mask(word, shape, max(14, round(WORD_SHARE * length)))
    if badge.width > 0.7 * length:
        badge = badge.resize((round(0.7 * length), max(1, round(badge.height * 0.7 * length / badge.width))))
    height = badge.height + 12
    ribbon, ink = Image.new("L", (length, height), 225), Image.new("L", (length, height))
    draw = ImageDraw.Draw(ink)
    for top in (0, height - 3):
        draw.rectangle((0, top, length, top + 2), fill=255)
    step = badge.width + 28
    for left in range((length - badge.width) // 2 % step - step, length, step):
        ink.paste(badge, (left, 6), badge)
    return ribbon, ink


def _small_jpeg(picture: Image.Image) -> bytes:
    """Return the picture in the best quality that stays below the limit, else in the least."""
    for quality in QUALITIES:
        out = io.BytesIO()
        picture.save(out, "JPEG", quality=quality, optimize=True)
        if out.tell() <= LIMIT_BYTES:
            break
    return out.getvalue()
