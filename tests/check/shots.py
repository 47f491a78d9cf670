"""Pictures for tests: a screenshot of a message, and files that only pretend to be pictures."""

from __future__ import annotations

import io
import struct
import zlib
from functools import cache

from PIL import Image, ImageDraw, ImageFont

LIGHT_COLOURS, DARK_COLOURS = ("white", "black"), ("#0b141a", "#e9edef")


def draw_screenshot(text: str, form: str = "PNG", colours: tuple[str, str] = LIGHT_COLOURS, width: int = 720) -> bytes:
    """A chat with the text, as on a phone: wrapped lines, and the clock at the top."""
    picture = Image.new("RGB", (width, 900), colours[0])
    draw, font = ImageDraw.Draw(picture), ImageFont.load_default(width / 26)
    lines, line = ["10.42"], ""
    for word in text.split():
        if draw.textlength(f"{line} {word}", font) > width - 80:
            lines.append(line)
            line = ""
        line = f"{line} {word}".strip()
    draw.multiline_text((40, 60), "\n".join([*lines, line]), fill=colours[1], font=font, spacing=12)
    return encode_picture(picture, form)


def encode_picture(picture: Image.Image, form: str = "PNG", **how: object) -> bytes:
    """The picture as a file."""
    out = io.BytesIO()
    picture.save(out, form, **how)
    return out.getvalue()


def draw_noise() -> bytes:
    """A picture of noise, like a photograph in the dark."""
    return encode_picture(Image.effect_noise((700, 700), 60), "JPEG")


def gif_bomb() -> bytes:
    """A GIF of some hundred bytes that claims to be 65,535 pixels wide and high."""
    small = encode_picture(Image.new("L", (2, 2)), "GIF")
    return small[:6] + struct.pack("<HH", 65_535, 65_535) + small[10:]


def hidden_gif_bomb() -> bytes:
    """A GIF with a small screen whose only frame is 60,000 pixels wide and high."""
    small = encode_picture(Image.new("L", (2, 2)), "GIF")
    at = small.index(b",")
    return small[: at + 5] + struct.pack("<HH", 60_000, 60_000) + small[at + 9 :]


@cache
def png_bomb() -> bytes:
    """A PNG of few bytes that would fill the memory: one colour, compressed a thousand times.

    Compressing it takes half a second, so a test makes it, not the import of its module.
    """

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    side = 30_000
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    rows = zlib.compress(bytes(side // 8 + 1) * side, 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


BOMBS = {"a GIF bomb": gif_bomb, "a GIF bomb in its frame": hidden_gif_bomb, "a PNG bomb": png_bomb}
"""By name what makes a picture that is too wide to be decoded."""
