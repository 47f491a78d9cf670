"""Codes of an app: which are accepted, which count as used, and how wrong clocks are handled."""

from __future__ import annotations

from datetime import timedelta

import pytest
from pyotp import HOTP

from hoax_tracker.accounts.second_factor import code_app
from hoax_tracker.accounts.second_factor.code_app import CodeFit, match_code
from hoax_tracker.accounts.second_factor.verification import clean_digits, describe_misfit
from hoax_tracker.core.encryption import DecryptionError
from tests.accounts.second_factor.helpers import code_at
from tests.conftest import NOW

SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
KEY = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="


def fit_of(code: str, last_step: int | None = None, burnt_step: int | None = None) -> CodeFit:
    return match_code(SECRET, code, NOW, last_step=last_step, burnt_step=burnt_step).fit


def test_codes_are_those_of_the_standard() -> None:
    """RFC 6238, appendix B: the last six digits at 59 seconds and at 1111111109."""
    generator = HOTP(SECRET)
    assert generator.at(1) == "287082"
    assert generator.at(1111111109 // 30) == "081804"


@pytest.mark.parametrize(
    ("seconds", "fit"),
    [(0, "RIGHT"), (30, "RIGHT"), (-30, "RIGHT"), (60, "OFF"), (-60, "OFF"), (300, "OFF"), (-300, "OFF"),
     (3600, "WRONG"), (-86400, "WRONG")],
)  # fmt: skip
def test_a_step_each_way_fits_and_yesterday_does_not(seconds: int, fit: str) -> None:
    assert fit_of(code_at(SECRET, NOW, seconds=seconds)) is CodeFit[fit]


def test_a_used_code_and_all_before_it_are_used() -> None:
    present = code_app.step_at(NOW)
    assert fit_of(code_at(SECRET, NOW), last_step=present) is CodeFit.USED
    assert fit_of(code_at(SECRET, NOW, seconds=-30), last_step=present) is CodeFit.USED
    assert fit_of(code_at(SECRET, NOW, seconds=30), last_step=present) is CodeFit.RIGHT
    assert fit_of(code_at(SECRET, NOW), burnt_step=present) is CodeFit.USED


@pytest.mark.parametrize("minutes", [5, -5])
def test_a_clock_that_is_off_is_named_with_both_times(minutes: int) -> None:
    match = match_code(SECRET, code_at(SECRET, NOW, minutes=minutes), NOW, last_step=None, burnt_step=None)
    said = describe_misfit(match, NOW)
    assert "Jam HP Anda meleset kira-kira 5 menit" in said
    assert "16.05 WITA" in said, "our time"
    assert ("16.10" if minutes > 0 else "16.00") in said, "the phone's"


def test_a_code_of_a_minute_ago_is_late_and_no_clock_is_blamed() -> None:
    match = match_code(SECRET, code_at(SECRET, NOW, seconds=-60), NOW, last_step=None, burnt_step=None)
    assert describe_misfit(match, NOW) == "Kode itu sudah lewat. Ketik angka yang sedang tampil."


@pytest.mark.parametrize(
    ("typed", "digits"), [("123 456", "123456"), ("123-456", "123456"), ("12345", ""), ("١٢٣٤٥٦", ""), ("abcdef", "")]
)
def test_only_six_digits_are_a_code(typed: str, digits: str) -> None:
    assert clean_digits(typed) == digits


def test_a_secret_is_sealed_with_whose_it_is_and_for_an_hour() -> None:
    sealed = code_app.seal_secret(SECRET, 7, KEY)
    assert SECRET.encode() not in sealed
    assert code_app.open_secret(sealed, 7, KEY) == SECRET
    with pytest.raises(DecryptionError):
        code_app.open_secret(sealed, 8, KEY)
    with pytest.raises(DecryptionError):
        code_app.open_secret(sealed, 7, KEY, max_age=timedelta(seconds=-1))


def test_the_qr_code_is_svg_that_no_policy_forbids() -> None:
    drawn = code_app.draw_qr_code(code_app.provisioning_uri(SECRET, "petugas@kupang.example"))
    assert drawn.startswith("<svg viewBox=")
    assert "style" not in drawn
    assert "http" not in drawn


def test_the_address_in_it_names_site_and_account() -> None:
    uri = code_app.provisioning_uri(SECRET, "petugas@kupang.example")
    assert uri.startswith("otpauth://totp/Kupang%20Kabas%20Hoaks:petugas%40kupang.example?")
    assert f"secret={SECRET}" in uri
    assert "issuer=Kupang%20Kabas%20Hoaks" in uri
