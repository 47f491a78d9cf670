"""The very words of a page that the city withdrew are told so, with the day, the reason and the page."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from html import unescape

import pytest
from flask.testing import FlaskClient

from hoax_tracker.check.answers.known_wordings import find_near_claims, find_withdrawal
from hoax_tracker.check.answers.service import answer_as_json, answer_message
from hoax_tracker.models import (
    CheckDecision,
    ClaimStatus,
    Clarification,
    ClarificationRevision,
    ClarificationStatus,
    db,
)
from tests import factories
from tests.check.conftest import MESSAGE, UNRELATED, Publish, judged

WHY = "Kami membaca jadwal bulan lalu; yang baru berlaku sejak 1 November."
FAR = "Nona dong dengar kran kering samua, isi ember capat"
"""A claim that shares hardly a word with the page that answered it."""
REPORTED = "pipa induk di Tarus su pecah, satu minggu sonde ada aer di seluruh kota mulai senin"


@pytest.fixture
def withdrawn(publish: Publish, now: datetime) -> Clarification:
    """A page that answered MESSAGE and the claims REPORTED and FAR, and was withdrawn two days ago."""
    page = db.session.get_one(Clarification, publish(slug="air", title="Air tetap mengalir di seluruh kota"))
    judged(page.id, REPORTED)
    judged(page.id, FAR)
    page.status = ClarificationStatus.RETRACTED
    db.session.add(
        ClarificationRevision(
            clarification_id=page.id,
            number=2,
            kind=ClarificationStatus.RETRACTED,
            note=WHY,
            content={"title": page.title},
            author_id=page.author_id,
            approver_id=page.approver_id,
            made_at=now - timedelta(days=2),
            confirmation_id=page.confirmation_id,
        )
    )
    db.session.commit()
    return page


@pytest.mark.parametrize(
    "text", [MESSAGE, f"Diteruskan, batul ko? {MESSAGE} 🙏", REPORTED, FAR, "Air tetap mengalir di seluruh kota!"]
)
def test_its_very_words_are_told_to_be_withdrawn(withdrawn: Clarification, now: datetime, text: str) -> None:
    answer = answer_message(text, now)
    assert answer.withdrawal is not None
    assert (answer.withdrawal.page.id, answer.withdrawal.at, answer.withdrawal.why) == (
        withdrawn.id,
        now - timedelta(days=2),
        WHY,
    )
    assert answer.decision is CheckDecision.NONE, "a program that knows no withdrawals reads no answer"


@pytest.mark.parametrize(
    "text", [UNRELATED, MESSAGE.replace("tujuh", "delapan"), MESSAGE.replace("mati", "tidak mati")]
)
def test_other_words_are_not(withdrawn: Clarification, text: str) -> None:
    assert find_withdrawal(text, find_near_claims(text)) is None


def test_a_page_that_answers_now_comes_first(withdrawn: Clarification, publish: Publish, now: datetime) -> None:
    publish(title="Air mati di Oebobo saja")
    answer = answer_message(MESSAGE, now)
    assert (answer.withdrawal, answer.decision) == (None, CheckDecision.MATCH)


def test_the_page_says_when_why_and_where(withdrawn: Clarification, client: FlaskClient) -> None:
    factories.make_claim(MESSAGE, status=ClaimStatus.INVESTIGATING)
    page = client.post("/cek", data={"teks": MESSAGE}).get_data(as_text=True)
    said = " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())
    for part in ("Jawaban kota sudah ditarik", "22 November 2026", WHY, "Petugas sedang memeriksanya lagi"):
        assert part in said
    assert 'href="/klarifikasi/air"' in page
    assert re.search(r"<del>Hoaks</del>, kini:</span> <b class=\"verdict is-gone\">Ditarik</b>", page)
    assert "Petugas belum memeriksanya" not in said
    assert "is-hoax" not in page, "the old stamp stands struck only"


def test_programs_read_it_too(withdrawn: Clarification, now: datetime) -> None:
    told = answer_as_json(answer_message(MESSAGE, now))
    assert told["withdrawn"]["reason"] == WHY
    assert told["withdrawn"]["url"].endswith("/klarifikasi/air")
    assert "withdrawn" not in answer_as_json(answer_message(UNRELATED, now))
