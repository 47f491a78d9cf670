"""The verdict stands in the pixels, along the diagonal; the file is small and carries nothing of the original."""

from __future__ import annotations

import io
import random

import pytest
from PIL import Image

from hoax_tracker.core.drawing.crossed_pictures import LARGEST, LIMIT_BYTES, cross_picture, draw_crossed
from hoax_tracker.errors import InvalidInputError

pytestmark = pytest.mark.needs("fonts")
HOAX_RED = (139, 28, 64)


def png(size: tuple[int, int], colour: str = "#20c020") -> bytes:
    """Return a plain picture."""
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, "PNG")
    return out.getvalue()


def drawn(data: bytes, word: str = "Hoaks", shape: str = "hoax") -> Image.Image:
    """Return the crossed picture, drawn in this process."""
    return Image.open(io.BytesIO(draw_crossed(data, word, shape).partition(b" ")[2])).convert("RGB")


def is_like(pixel: tuple[int, ...], colour: tuple[int, ...]) -> bool:
    """Tell whether two colours are near each other: JPEG changes each a little."""
    return sum(abs(a - b) for a, b in zip(pixel, colour, strict=True)) < 90


@pytest.mark.parametrize("size", [(2400, 1000), (900, 2000), (120, 90), (1500, 60)])
def test_every_part_of_the_diagonal_carries_the_verdict(size: tuple[int, int]) -> None:
    picture = drawn(png(size))
    assert picture.width <= LARGEST[0]
    assert picture.height <= LARGEST[1]
    for third in range(3):
        left, right = (picture.width * part // 3 for part in (third, third + 1))
        top, bottom = (picture.height * (3 - part) // 3 for part in (third + 1, third))
        part = picture.crop((left, top, right, bottom))
        pixels = [part.getpixel((x, y)) for x in range(part.width) for y in range(part.height)]
        assert any(is_like(pixel, HOAX_RED) for pixel in pixels), (size, third)  # type: ignore[arg-type]


def test_the_file_is_a_few_tens_of_kilobytes_whatever_is_on_it() -> None:
    noise = Image.frombytes("RGB", (1200, 1600), random.Random(4).randbytes(1200 * 1600 * 3))
    out = io.BytesIO()
    noise.save(out, "JPEG", quality=80)
    assert len(out.getvalue()) > 10 * LIMIT_BYTES
    assert len(draw_crossed(out.getvalue(), "Menyesatkan", "part")) < 1.2 * LIMIT_BYTES


@pytest.mark.process
def test_a_confined_process_draws_it_and_refuses_what_is_no_picture() -> None:
    exif = Image.Exif()
    exif[0x010F] = "Kamera Rahasia"
    out = io.BytesIO()
    Image.new("RGB", (600, 300), "#20c020").save(out, "JPEG", exif=exif)
    assert b"Kamera Rahasia" in out.getvalue()
    crossed = cross_picture(out.getvalue(), "Hoaks", "hoax")
    assert (crossed.width, crossed.height) == (480, 240)
    assert b"Kamera Rahasia" not in crossed.data
    with pytest.raises(InvalidInputError):
        cross_picture(b"\x89PNG\r\n\x1a\n" + b"\0" * 40, "Hoaks", "hoax")
