"""Cards of every verdict in both formats and languages, and of texts that nobody should write: inside their margins."""

from __future__ import annotations

import io
from functools import cache
from typing import Any

import pytest
from apiflask import APIFlask
from flask_babel import force_locale
from PIL import Image

from hoax_tracker.check.sharing.card_drawing import draw_card, fit_text
from hoax_tracker.check.sharing.card_facts import FORMATS, TALL, WIDE, CardFacts, CardLayout
from hoax_tracker.core.drawing.ornaments import FontRole, choose_font_file, drawable_text, find_fonts, has_glyph
from hoax_tracker.models import Verdict
from tests.check.sharing.conftest import card_facts

pytestmark = pytest.mark.needs("fonts")

SHEET = (255, 253, 248)
BAND_PIXELS = 52
LIMIT_BYTES = 300_000


@cache
def drawn(facts: CardFacts, name: str) -> bytes:
    """The card, drawn once for all tests."""
    return draw_card(facts, FORMATS[name])


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data)).convert("RGB")


def is_blank(picture: Image.Image) -> bool:
    """Whether a part of a card is sheet alone, but for the noise of JPEG."""
    limits: Any = picture.getextrema()
    return all(low > wanted - 24 for (low, _high), wanted in zip(limits, SHEET, strict=True))


def require_inside_margins(data: bytes, layout: CardLayout) -> None:
    """Fail where something was drawn in the margins: left, right, and below the foot."""
    picture = opened(data)
    assert picture.size == (layout.width, layout.height)
    end = layout.height - (BAND_PIXELS if layout.is_tall else 0)
    edge = layout.margin - 8
    for box in (
        (0, BAND_PIXELS + 8, edge, end - 8),
        (layout.width - edge, BAND_PIXELS + 8, layout.width, end - 8),
        (0, layout.height - layout.bottom + 16, layout.width, end - 8),
        (0, BAND_PIXELS + 8, layout.width, layout.top - 12),
    ):
        assert is_blank(picture.crop(box)), box
    assert not is_blank(picture.crop((0, 0, layout.width, BAND_PIXELS))), "the band is woven"


@pytest.mark.parametrize("verdict", Verdict)
@pytest.mark.parametrize("language", ["id", "en"])
def test_every_verdict_has_its_card(app: APIFlask, verdict: Verdict, language: str) -> None:
    with app.test_request_context(), force_locale(language):
        facts = card_facts(verdict=str(verdict.label), shape=verdict.shape)
    for name, layout in FORMATS.items():
        data = drawn(facts, name)
        assert data[:3] == b"\xff\xd8\xff"
        assert len(data) < LIMIT_BYTES
        require_inside_margins(data, layout)
        assert data != drawn(card_facts(verdict="Ditarik", shape="gone"), name)


ABSURD = {
    "no space": "W" * 200,
    "narrow letters": "i" * 200,
    "longest": ("Penyaluran bantuan air bersih dari kota berjalan seperti biasa. " * 5)[:300],
    "emoji": "🚨" * 100,
    "emoji and words": "Air 💧 tetap 👨‍👩‍👧‍👦 mengalir 🙏🏽 1️⃣",
    "turned around": "\u202eAir tetap mengalir\u202c \u2067seluruh\u2069 \u200fkota",
    "heap of marks": "a" + "\u0301" * 199,
    "Arabic": "الماء " * 40,
    "nothing": "",
    "spaces": " \u00a0\u3000" * 60,
    "lines": "Air\n" * 80,
    "controls": "Air\x00\x07\x1b[31m tetap\ufeff mengalir\ud800"[:30],
}


@pytest.mark.parametrize("name", ABSURD)
def test_an_absurd_text_stays_inside(name: str) -> None:
    text = ABSURD[name]
    everywhere = card_facts(fact=text, quote=f"“{text}”", source=text, link=f"https://{'a' * 60}.example/k/2147483647")
    for kind, layout in FORMATS.items():
        data = drawn(everywhere, kind)
        require_inside_margins(data, layout)
        assert len(data) < 2 * LIMIT_BYTES


@pytest.mark.parametrize("shape", ["away", "hoax"])
def test_a_verdict_wider_than_the_box_is_drawn_smaller(shape: str) -> None:
    """“Di luar kewenangan” is, in the letters of DejaVu."""
    for kind, layout in FORMATS.items():
        require_inside_margins(drawn(card_facts(verdict="Di luar kewenangan kotamadya", shape=shape), kind), layout)


@pytest.mark.parametrize("layout", [WIDE, TALL])
@pytest.mark.parametrize("letters", [20, 90, 160, 200])
def test_the_fact_is_the_largest(layout: CardLayout, letters: int) -> None:
    text = ("Pendaftaran bantuan sosial tidak pernah lewat tautan atau pesan pribadi. " * 4)[:letters]
    room = 210 if layout is WIDE else 500  # less than there is under the fullest box
    fact = fit_text(text, FontRole.SERIF, layout.fact_sizes, layout.inner_width, room)
    assert fact.font.size > layout.quote_size
    assert "".join(fact.lines).replace(" ", "") == text.replace(" ", "")


def test_what_is_cut_says_so_and_keeps_its_closing_quote() -> None:
    fitted = fit_text("“" + "kabar " * 90 + "”", FontRole.SANS, (28,), 600, 2 * 38, leading=1.35)
    assert len(fitted.lines) == 2
    assert fitted.lines[-1].endswith("…”")
    assert all(fitted.font.getlength(line) <= 600 for line in fitted.lines)


def test_no_line_holds_a_lost_word() -> None:
    fitted = fit_text("Air PDAM tetap mengalir di seluruh kota Kupang", FontRole.SERIF, (60,), 1056, 300)
    widths = [fitted.font.getlength(line) for line in fitted.lines]
    assert min(widths) > 0.6 * max(widths)


def test_what_cannot_be_seen_or_drawn_is_left_out() -> None:
    assert drawable_text("Air \u202emengalir\u202c 💧🙏🏽 hari\u200f ini", FontRole.SERIF) == "Air mengalir hari ini"
    assert drawable_text("“🚨 air mati 🚨”", FontRole.SANS) == "“air mati”"
    assert drawable_text("e" + "\u0301" * 30, FontRole.SERIF) == "é\u0301"
    assert drawable_text("½ H₂O é Rp5.000 – 30 °C", FontRole.SERIF) == "½ H₂O é Rp5.000 – 30 °C"


def test_a_letter_is_never_left_out_silently() -> None:
    """A claim without its sign would be another claim: where no font has it, its box says that it is there."""
    assert drawable_text("≥ 5 \u1e9e \U00013000", FontRole.SERIF) == "≥ 5 \u1e9e \U00013000"
    fonts = find_fonts()
    assert fonts
    assert has_glyph(fonts[FontRole.SERIF][0], "A")
    assert not has_glyph(fonts[FontRole.SERIF][0], "\U0010fffe")
    assert choose_font_file(FontRole.SERIF, "Air tetap") == fonts[FontRole.SERIF][0]
