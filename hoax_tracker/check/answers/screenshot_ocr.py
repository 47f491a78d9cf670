"""OCR of screenshots: checked before decoding, decoded within limits, read by tesseract, never stored.

1. The first bytes give the type and the header the size. Only then is it decoded, in a process of
   its own: grey, one frame.
2. Tesseract (Debian's ``tesseract-ocr`` and ``tesseract-ocr-ind``) reads it from a pipe; no file is written.
3. Uncertain words are dropped. The resident sees and corrects the rest before the search.
"""

from __future__ import annotations

import io
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from itertools import groupby
from threading import BoundedSemaphore

from flask_babel import gettext as _
from PIL import Image, ImageOps, ImageStat

from hoax_tracker.core.content.confined_reading import ConfinedReader
from hoax_tracker.core.content.images import (
    MOST_PIXELS,
    NOT_A_PICTURE,
    PICTURE_LIMIT_BYTES,
    open_picture,
    picture_too_large_error,
    require_picture,
)
from hoax_tracker.errors import InvalidInputError, ServiceBusyError

READ_WITHIN_S = 20.0
WAIT_FOR_OTHERS_S = 8.0
# In hundredths, as tesseract tells them. Photographs without any writing give words far below this one.
MIN_CONFIDENCE = 50
TABLE_COLUMNS = 12
# Letters of a screenshot that was made small on its way are too low for tesseract; more than this adds only time.
MIN_WIDTH, MAX_WIDTH = 900, 2_000
DARK_BELOW = 100

_GREYING = ConfinedReader(f"{__name__}:convert_to_grey", field="picture", unreadable=NOT_A_PICTURE)

# Two pictures at once would take the processor from everybody who only pastes a message.
_one_at_a_time = BoundedSemaphore(1)


@cache
def can_read_pictures() -> bool:
    """Tell whether this server has OCR; asked once."""
    return tesseract_language() is not None


@cache
def tesseract_language() -> str | None:
    """Return tesseract's language: Indonesian, else English, which has the same letters; None without either."""
    if (program := shutil.which("tesseract")) is None:
        return None
    command = [program, "--list-langs"]
    try:
        asked = subprocess.run(  # noqa: S603 - our own arguments
            command, capture_output=True, text=True, timeout=READ_WITHIN_S, check=False
        )
    except (subprocess.SubprocessError, OSError):
        return None
    languages = set(asked.stdout.split())
    return next((name for name in ("ind", "eng") if name in languages), None)


def read_picture_text(data: bytes) -> str:
    """Return the text in a picture, line by line.

    Raises InvalidInputError for a file that is no picture, too large, or without text; ServiceBusyError where others
    keep the server busy.
    """
    if len(data) > PICTURE_LIMIT_BYTES:
        raise picture_too_large_error()
    require_picture(data)
    if not _one_at_a_time.acquire(timeout=WAIT_FOR_OTHERS_S):
        message = _("Server sedang membaca gambar lain. Tunggu sebentar, lalu kirim lagi, atau ketik kalimatnya.")
        raise ServiceBusyError("pictures are being read", retry_after_s=10, user_message=message)
    try:
        text = _text_from_table(_run_tesseract(_GREYING.read(data)))
    finally:
        _one_at_a_time.release()
    if not text:
        message = _("Tidak ada tulisan yang terbaca pada gambar itu. Ketik kalimat yang ingin Anda periksa.")
        raise InvalidInputError("a picture without writing", user_message=message, field="picture")
    return text


def convert_to_grey(data: bytes) -> bytes:
    """Return the first frame in grey, dark on light, at a size tesseract reads well, as PGM."""
    with open_picture(data) as picture:
        grey = _flatten_on_white(picture)
    wanted = min(
        max(grey.width, MIN_WIDTH), MAX_WIDTH, int(grey.width * (MOST_PIXELS / (grey.width * grey.height)) ** 0.5)
    )
    if wanted != grey.width:
        grey = grey.resize((wanted, max(1, round(grey.height * wanted / grey.width))), Image.Resampling.BICUBIC)
    if ImageStat.Stat(grey).mean[0] < DARK_BELOW:
        grey = ImageOps.invert(grey)
    out = io.BytesIO()
    grey.save(out, "PPM")
    return out.getvalue()


def _flatten_on_white(picture: Image.Image) -> Image.Image:
    """Return a picture in grey, with transparent areas white."""
    if not picture.has_transparency_data:
        return picture.convert("L")
    clear = picture.convert("LA")
    paper = Image.new("L", clear.size, 255)
    paper.paste(clear.getchannel("L"), mask=clear.getchannel("A"))
    return paper


def _run_tesseract(grey: bytes) -> str:
    """Return tesseract's table of words. Raises InvalidInputError where it fails or takes too long."""
    command = [shutil.which("tesseract") or "tesseract", "stdin", "stdout", "-l", tesseract_language() or "eng", "tsv"]
    environ = {"OMP_THREAD_LIMIT": "1", "LC_ALL": "C.UTF-8"}
    try:
        done = subprocess.run(  # noqa: S603 - the picture comes by the pipe only
            command, input=grey, capture_output=True, timeout=READ_WITHIN_S, check=True, env=environ
        )
    except (subprocess.SubprocessError, OSError) as error:
        message = _("Gambar itu tidak selesai dibaca. Potong bagian yang ada tulisannya, atau ketik kalimatnya.")
        # Not ``from`` it: its text would repeat what was being read.
        raise InvalidInputError(
            f"reading a picture: {type(error).__name__}", user_message=message, field="picture"
        ) from None
    return done.stdout.decode("utf-8", "replace")


def _text_from_table(table: str) -> str:
    """Return the certain words of tesseract's table, one paragraph a line, because line breaks depend on the screen."""
    paragraphs = groupby(_iterate_sure_words(table), lambda placed_word: placed_word[0])
    return "\n".join(" ".join(word for _place, word in words) for _paragraph, words in paragraphs)


def _iterate_sure_words(table: str) -> Iterator[tuple[tuple[str, str], str]]:
    """Yield ((block, paragraph), word); a line without letters, such as an icon or a clock, is dropped."""
    rows = (row.split("\t") for row in table.splitlines()[1:])
    words = (row for row in rows if len(row) == TABLE_COLUMNS and float(row[10]) >= MIN_CONFIDENCE and row[11].strip())
    for (block, paragraph, _line), line in groupby(words, lambda row: tuple(row[2:5])):
        line_words = [row[11].strip() for row in line]
        if any(sum(map(str.isalpha, word)) > 1 for word in line_words):
            yield from (((block, paragraph), word) for word in line_words)
