"""The guide of a kelurahan's officer prints on one page of A4, in both languages."""

from __future__ import annotations

import re
from typing import Any

import pytest

from hoax_tracker.models import Officer, db
from tests.review.views.test_browser import enter


def count_pages(pdf: bytes) -> int:
    """Count the pages of a PDF as Chromium writes it."""
    return len(re.findall(rb"/Type\s*/Page\b(?!s)", pdf))


@pytest.mark.parametrize("language", ["id", "en"])
def test_the_guide_prints_on_one_page(address: str, chromium: Any, officer: Officer, language: str) -> None:
    officer.language = language
    db.session.commit()
    page = chromium.new_context(viewport={"width": 1280, "height": 800}).new_page()
    enter(page, address, officer)
    page.goto(f"{address}/petugas/bantuan/")
    assert count_pages(page.pdf(format="A6")) > 1, "the count sees pages"
    page.goto(f"{address}/petugas/bantuan/kelurahan")
    assert page.locator("html").get_attribute("lang") == language
    assert count_pages(page.pdf(prefer_css_page_size=True)) == 1
    page.emulate_media(media="print")
    assert page.locator(".guide").bounding_box()["height"] < 1017, "the height of A4 within its margins, at 96 dpi"
