"""Posters: one page of A4, with a code that leads to the short address."""

from __future__ import annotations

import io

import pikepdf
import pytest
import segno
from apiflask import APIFlask
from flask_babel import force_locale

from hoax_tracker.check.sharing.card_facts import service_poster_facts
from hoax_tracker.check.sharing.poster import dark_runs, draw_poster
from tests.check.sharing.conftest import card_facts
from tests.check.sharing.test_card_drawing import ABSURD

pytestmark = pytest.mark.needs("fonts")
A4_POINTS = (595, 842)


def require_a4(data: bytes) -> pikepdf.Pdf:
    pdf = pikepdf.open(io.BytesIO(data))
    assert len(pdf.pages) == 1
    assert tuple(round(float(side)) for side in pdf.pages[0].mediabox[2:]) == A4_POINTS
    return pdf


@pytest.mark.parametrize("language", ["id", "en"])
def test_a_poster_is_one_page_and_says_what_it_is(app: APIFlask, language: str) -> None:
    with app.test_request_context(), force_locale(language):
        pdf = require_a4(draw_poster(card_facts(fact="Air tetap mengalir")))
        require_a4(draw_poster(service_poster_facts()))
    assert pdf.docinfo["/Title"] == "Air tetap mengalir"
    assert pdf.Root["/Lang"] == language


@pytest.mark.slow
@pytest.mark.parametrize("name", ABSURD)
def test_an_absurd_text_makes_a_poster_all_the_same(app: APIFlask, name: str) -> None:
    text = ABSURD[name]
    with app.test_request_context():
        require_a4(draw_poster(card_facts(fact=text, quote=text, source=text)))


def test_the_code_is_painted_module_for_module() -> None:
    for row in segno.make("https://kabas.example/k/147", error="m", micro=False).matrix:
        painted = bytearray(len(row))
        for start, end in dark_runs(row):
            painted[start:end] = b"\x01" * (end - start)
        assert painted == row
