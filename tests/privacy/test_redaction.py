"""Residents' questions are stored without personal data."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given, strategies as st

from hoax_tracker.privacy import names
from hoax_tracker.privacy.names import KEPT_CHARACTERS, redact_personal_data, redact_question

PLANTED = [
    ("NIK saya 5371012345670001 kena blokir", "5371012345670001"),
    ("hubungi 0812-3456-7890 segera", "7890"),
    ("hubungi +62 812 3456 7890 segera", "3456"),
    ("hubungi (0380) 831 234 segera", "831"),
    ("hubungi 0812.3456.7890 segera", "0812"),
    ("hubungi 0 8 1 2 3 4 5 6 7 8 9 segera", "8"),
    ("hubungi 08\u200b12\u200b3456\u200b7890 segera", "3456"),
    ("hubungi ０８１２３４５６７８９０ segera", "3456"),
    ("rekening BRI 1234-5678-9012-345 segera", "9012"),
    ("email maria.bere@surel.example segera", "maria"),
    ("email maria.bere (at) email.example segera", "maria"),
    ("instagram @maria_bere segera", "maria"),
    ("transfer a.n. Maria Bere Lede, segera", "maria"),
    ("transfer A/N maria bere, segera", "bere"),
    ("transfer an. Maria Bere, segera", "bere"),
    ("transfer atas nama: MARIA BERE, segera", "bere"),
]


@pytest.mark.parametrize(("text", "secret"), PLANTED)
def test_personal_data_is_not_kept(text: str, secret: str) -> None:
    kept = redact_question(text)
    assert secret not in kept.lower()
    assert "segera" in kept or "blokir" in kept


@pytest.mark.parametrize(
    "text",
    ["Bantuan Rp1.500.000 cair", "Bantuan Rp 900000000 cair", "cair 24-11-2026", "cair 26 November 2026 jam 10.00"],
)
def test_prices_and_dates_are_what_people_ask_about(text: str) -> None:
    assert redact_personal_data(text) == text


def test_a_number_cut_at_the_end_of_the_head_is_not_half_kept() -> None:
    filler = "air mati " * 500
    text = filler[: 4 * KEPT_CHARACTERS - 6] + " 081234567890"
    assert "0812" not in redact_question(text)


def test_a_number_cut_there_is_recognised_in_any_run_of_signs() -> None:
    for length in range(7):
        for signs in product("1 .x", repeat=length):
            text = "".join(signs)
            assert names._CUT_NUMBER.sub("", text) == text.rstrip("1 ."), text
    run = "1." * 2**20
    assert names._CUT_NUMBER.sub("", f"{run}x {run}") == f"{run}x", "in one pass over a long text"


def test_a_megabyte_of_blanks_is_read_in_one_pass() -> None:
    blanks = " " * 2**20
    redacted = redact_personal_data(f"Kata Pak{blanks}Maria Bere,{blanks}!air mati")
    assert ("Maria" in redacted, "Bere" in redacted, redacted.endswith("!air mati")) == (False, False, True)


@given(st.text(max_size=300))
def test_any_text_is_readable_and_short(text: str) -> None:
    assert len(redact_question(text)) <= KEPT_CHARACTERS


@given(st.text(alphabet="ab c.-", max_size=30), st.integers(10**8, 10**16))
def test_a_long_number_never_stays(before: str, number: int) -> None:
    assert str(number) not in redact_question(f"{before} {number}")
