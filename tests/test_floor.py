"""The coverage floor only rises."""

from __future__ import annotations

import pytest

from tests.floor import coverage_trouble


@pytest.mark.parametrize(
    ("measured", "begins"),
    [(89.99, "coverage fell to 89.99 %"), (90.0, ""), (91.49, ""), (91.5, "coverage rose to 91.50 %")],
)
def test_falling_and_rising_are_said(measured: float, begins: str) -> None:
    said = coverage_trouble(measured, 90)
    assert said.startswith(begins)
    assert bool(said) is bool(begins)


def test_the_new_floor_is_what_was_measured_rounded_down() -> None:
    assert coverage_trouble(93.9, 90).endswith("to 93")
