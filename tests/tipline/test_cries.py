"""Cries for help in a chat: whom to call, whatever was spoken of before, and never a report to wait for."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from hoax_tracker.models import ReportAddition, db
from tests.check.conftest import UNRELATED
from tests.tipline.conftest import Phone

DESPAIR, BEATEN = "beta su cape hidup, lebe bae mati sa", "tolong suami saya pukul saya"


pytestmark = pytest.mark.usefixtures("city")


def test_despair_is_answered_with_whom_to_call(phone: Phone) -> None:
    reply = phone.ask(DESPAIR)
    assert reply.text.startswith("Anda tidak sendirian.")
    assert "119" in reply.text
    assert reply.choices == ()


@pytest.mark.parametrize("text", [BEATEN, "anak saya hilang"])
def test_a_cry_for_help_is_answered_with_the_number_first(phone: Phone, text: str) -> None:
    reply = phone.ask(text)
    assert reply.text.startswith("Telepon 112 sekarang.")
    assert "Jangan teruskan" not in reply.text


def test_the_scam_of_a_caller_is_forbidden_first(phone: Phone) -> None:
    reply = phone.ask("Bapak telepon dari Dukcapil minta kode enam angka yang masuk SMS, kalau tidak KTP diblokir")
    assert reply.text.startswith("Jangan sebut kode, jangan kirim uang.")


def test_neither_despair_nor_a_cry_is_swallowed_by_a_report(phone: Phone) -> None:
    phone.press(phone.ask(UNRELATED, forwarded=True), "Laporkan")
    assert phone.ask(DESPAIR).text.startswith("Anda tidak sendirian.")
    assert phone.ask(BEATEN).text.startswith("Telepon 112 sekarang.")
    assert db.session.scalars(sa.select(ReportAddition)).all() == []
