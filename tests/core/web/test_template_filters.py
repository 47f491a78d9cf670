"""Ages on pages: whole units that have passed."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from apiflask import APIFlask

from hoax_tracker.core.web.template_filters import format_age


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (0.0004, "34 detik yang lalu"),
        (0.05, "72 menit yang lalu"),
        (0.9, "21 jam yang lalu"),
        (1.5, "36 jam yang lalu"),
        (6.6, "6 hari yang lalu"),
        (11, "11 hari yang lalu"),
        (20, "2 minggu yang lalu"),
        (70, "2 bulan yang lalu"),
        (800, "2 tahun yang lalu"),
        (-6.6, "dalam 6 hari"),
    ],
)
def test_an_age_is_cut_to_what_has_passed(app: APIFlask, now: datetime, days: float, words: str) -> None:
    with app.test_request_context():
        assert format_age(now - timedelta(days=days), now) == words
