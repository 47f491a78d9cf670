"""The two pages for people, /api/docs and /data: their HTML, and who reads them with help or on a small screen."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.chrome import axe_violations_both_schemes
from tests.markup import html_faults


@pytest.mark.parametrize("path", ["/api/docs", "/data"])
@pytest.mark.parametrize("language", ["id", "en"])
def test_the_html_is_valid(client: FlaskClient, path: str, language: str) -> None:
    client.get(f"/bahasa/{language}")
    assert html_faults(client.get(path).get_data(as_text=True)) == []


@pytest.mark.browser
def test_open_data_reads_well_for_all(chromium: Any, address: str) -> None:
    page = chromium.new_context(viewport={"width": 360, "height": 740}).new_page()
    page.goto(f"{address}/data")
    assert axe_violations_both_schemes(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
