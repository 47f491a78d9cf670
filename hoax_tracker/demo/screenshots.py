"""Screenshots of the demo's messages, drawn here: nothing that somebody posted."""

from __future__ import annotations

import io

from PIL import Image, ImageDraw, ImageFont

SIZE, MARGIN, LETTERS = (720, 300), 36, 24


def draw_screenshot(text: str) -> bytes:
    """Return a picture (PNG) of a message."""
    picture = Image.new("RGB", SIZE, "#e8efe9")
    pen = ImageDraw.Draw(picture)
    pen.rounded_rectangle((MARGIN // 2, MARGIN // 2, SIZE[0] - MARGIN, SIZE[1] - MARGIN), 18, fill="white")
    pen.multiline_text((MARGIN, MARGIN + 8), text, fill="#1d2a24", font=ImageFont.load_default(LETTERS), spacing=14)
    written = io.BytesIO()
    picture.save(written, "PNG")
    return written.getvalue()
