"""Untrusted pictures: checked before decoding, and re-encoded from their pixels.

The stored JPEG holds no byte of the original file: neither its metadata (place, device, comment), nor damage that could
harm a viewer. Pixels are decoded in a process of its own (confined_reading.py): a JPEG may be drawn in thousands of
passes over the same sixteen million pixels.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from flask_babel import gettext as _, lazy_gettext as _l
from PIL import Image, ImageOps

from hoax_tracker.core.content.confined_reading import ConfinedReader
from hoax_tracker.errors import FileTooLargeError, InvalidInputError

PICTURE_LIMIT_BYTES = 8 * 2**20
MOST_PIXELS = 16_000_000
PICTURE_FORMATS = ("PNG", "JPEG", "WEBP", "GIF")


NOT_A_PICTURE = _l("Berkas itu bukan gambar yang dapat dibaca. Kirim gambar PNG, JPG, WebP, atau GIF.")

_REDRAWING = ConfinedReader(f"{__name__}:redraw_picture", field="picture", unreadable=NOT_A_PICTURE)


@dataclass(frozen=True)
class SafePicture:
    """A re-encoded JPEG with its size in pixels."""

    data: bytes
    width: int
    height: int


def reencode_picture(data: bytes, *, longest_side: int, quality: int) -> SafePicture:
    """Return the re-encoded picture: first frame, upright, on white, of bounded width, without metadata.

    Raises InvalidInputError or FileTooLargeError, ServiceBusyError where others' pictures wait.
    """
    if len(data) > PICTURE_LIMIT_BYTES:
        raise picture_too_large_error()
    require_picture(data)
    size, _space, drawn = _REDRAWING.read(data, str(longest_side), str(quality)).partition(b" ")
    width, height = map(int, size.split(b"x"))
    return SafePicture(drawn, width, height)


def redraw_picture(data: bytes, longest_side: str, quality: str) -> bytes:
    """Return the size of the re-encoded picture ("800x600 "), and its JPEG. Sixteen million pixels take 110 MB."""
    with open_picture(data) as picture:
        colour = picture.convert("RGBA")
        paper = Image.new("RGB", colour.size, "white")
        paper.paste(colour, mask=colour.getchannel("A"))
    paper.thumbnail((int(longest_side), 4 * int(longest_side)))
    out = io.BytesIO()
    paper.save(out, "JPEG", quality=int(quality), optimize=True)
    return f"{paper.width}x{paper.height} ".encode() + out.getvalue()


def is_picture(data: bytes) -> bool:
    """Tell whether bytes begin like a picture of FORMATS."""
    begins = data.startswith((b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a"))
    return begins or (data.startswith(b"RIFF") and data[8:12] == b"WEBP")


def picture_too_large_error() -> FileTooLargeError:
    """Return the error for a file beyond the size of a screenshot."""
    message = _("Gambar itu terlalu besar: paling besar 8 MB. Potong bagian yang ada tulisannya, lalu kirim lagi.")
    return FileTooLargeError("a picture of too many bytes", user_message=message, field="picture")


def require_picture(data: bytes) -> None:
    """Raise InvalidInputError for bytes that do not begin like a picture of FORMATS, with advice for a PDF."""
    if data[:1024].lstrip().startswith(b"%PDF"):
        message = _("Itu berkas PDF. Buka berkasnya, ambil tangkapan layar, lalu kirim gambarnya.")
        raise InvalidInputError("a PDF", user_message=message, field="picture")
    if not is_picture(data):
        raise _not_a_picture_error()


def _not_a_picture_error() -> InvalidInputError:
    """Return the error for a file that cannot be decoded."""
    return InvalidInputError("not a picture", user_message=str(NOT_A_PICTURE), field="picture")


@contextmanager
def open_picture(data: bytes) -> Iterator[Image.Image]:
    """Yield the first frame, upright. Raises InvalidInputError for what is no picture or has too many pixels.

    Pixels are decoded when the block reads them; damage found then raises the same error.
    """
    # Our own limit lies lower, and is told in words.
    warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)
    try:
        with Image.open(io.BytesIO(data), formats=PICTURE_FORMATS) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                raise _too_many_pixels_error()
            yield ImageOps.exif_transpose(picture)
    except Image.DecompressionBombError as error:
        raise _too_many_pixels_error() from error
    except (InvalidInputError, MemoryError):
        raise
    # Damaged pictures make Pillow's plugins raise nearly anything.
    except Exception as error:
        raise _not_a_picture_error() from error


def _too_many_pixels_error() -> InvalidInputError:
    """Return the error for a picture that would fill the memory."""
    message = _("Gambar itu terlalu luas untuk dibaca. Potong bagian yang ada tulisannya, lalu kirim lagi.")
    return InvalidInputError("a picture of too many pixels", user_message=message, field="picture")
