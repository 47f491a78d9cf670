"""Whoever was answered with a page is told where the city corrects or withdraws it, once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from hoax_tracker.models import Clarification, ClarificationRevision, ClarificationStatus, Officer, Verdict, db
from hoax_tracker.tipline.corrections import tell_changed_pages
from tests.check.conftest import MARKET, MESSAGE
from tests.tipline.conftest import Phone

Page = Callable[..., int]
NOTE = "Kami memakai jadwal yang lama. Maaf."


def change(page_id: int, kind: ClarificationStatus, officer: Officer, at: datetime, **fields: object) -> None:
    """Change a published page as a confirmed correction or withdrawal leaves it."""
    row = db.session.get_one(Clarification, page_id)
    row.status = kind
    for name, value in fields.items():
        setattr(row, name, value)
    db.session.add(
        ClarificationRevision(
            clarification_id=page_id, number=2, kind=kind, made_at=at, author_id=officer.id, note=NOTE, content={}
        )
    )
    db.session.commit()


@pytest.fixture
def answered(phone: Phone, page: Page) -> int:
    """The id of a page with which the phone was answered."""
    page_id = page(title="Air PDAM tidak mati tujuh hari", slug="air")
    phone.ask(MESSAGE, forwarded=True)
    phone.clock[0] += timedelta(days=3)
    return page_id


def test_a_correction_is_told_with_what_holds_now(phone: Phone, answered: int, officer: Officer) -> None:
    corrected = {"title": "Air PDAM mati satu hari di Fontein saja", "verdict": Verdict.KURANG_KONTEKS}
    change(answered, ClarificationStatus.CORRECTED, officer, phone.clock[0], **corrected)
    assert [tell_changed_pages(phone.clock[0]) for _ in range(2)] == [1, 0]
    (word,) = phone.wait()
    lines = word.text.split("\n\n")
    assert lines[0].startswith("Jawaban kami 24 November 2026 dikoreksi.")
    assert lines[1] == corrected["title"]
    assert lines[2] == "Yang beredar: Kurang konteks."
    assert lines[3] == NOTE
    assert "/k/" in word.link


def test_a_withdrawal_is_told_without_what_no_longer_holds(phone: Phone, answered: int, officer: Officer) -> None:
    change(answered, ClarificationStatus.RETRACTED, officer, phone.clock[0])
    tell_changed_pages(phone.clock[0])
    (word,) = phone.wait()
    assert word.text.startswith("Jawaban kami 24 November 2026 ditarik dan tidak berlaku lagi.")
    assert "tujuh hari" not in word.text
    assert word.card_url == ""


def test_nobody_is_told_of_pages_that_did_not_answer_them(
    phone: Phone, page: Page, answered: int, officer: Officer
) -> None:
    other = page(title="Pasar Oeba tetap buka", slug="pasar", claim_quote=MARKET)
    change(other, ClarificationStatus.CORRECTED, officer, phone.clock[0])
    assert tell_changed_pages(phone.clock[0]) == 0


def test_who_wrote_berhenti_is_not_told(phone: Phone, answered: int, officer: Officer) -> None:
    phone.ask("berhenti")
    change(answered, ClarificationStatus.CORRECTED, officer, phone.clock[0])
    assert tell_changed_pages(phone.clock[0]) == 0
    assert phone.wait() == []


def test_the_same_change_is_no_news_to_whoever_was_answered_after_it(
    phone: Phone, answered: int, officer: Officer
) -> None:
    change(answered, ClarificationStatus.CORRECTED, officer, phone.clock[0])
    phone.wait(timedelta(minutes=1))
    phone.ask(MESSAGE, forwarded=True)
    assert tell_changed_pages(phone.clock[0]) == 0


def test_news_like_what_was_withdrawn_is_pointed_to_it(phone: Phone, page: Page, officer: Officer) -> None:
    road = "Jalan Frans Seda ditutup total dua minggu karena galian pipa"
    change(page(title="Satu lajur ditutup", claim_quote=road), ClarificationStatus.RETRACTED, officer, phone.clock[0])
    lines = phone.ask("Jalan Frans Seda ditutup karena galian pipa", forwarded=True).text.split("\n\n")
    assert lines[0].startswith("Belum ada klarifikasi.")
    assert lines[1].startswith(f"Kota pernah menjawab kabar yang mirip, “{road}”, lalu menarik jawabannya 24 November")
    assert NOTE in lines[1]
    assert "/k/" in lines[1]
    assert lines[2] == "Tahan dulu, jangan teruskan."
