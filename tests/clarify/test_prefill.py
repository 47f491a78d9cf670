"""A draft is filled with the asked units and dates that are known, and with gaps for the others."""

from __future__ import annotations

import csv
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from hoax_tracker.clarify import prefill
from hoax_tracker.clarify.answered_claims import prefill_draft
from hoax_tracker.clarify.prefill import AskedUnit
from hoax_tracker.models import Officer, Question, TextTemplate, Topic, db
from tests import factories
from tests.repository import ROOT

LATE = datetime(2026, 11, 24, 17, 30, tzinfo=UTC)
"""Half past one the next morning in Kupang."""
PDAM = AskedUnit("Perumda Air Minum Kota Kupang", "PDAM", LATE)
DINKES = AskedUnit("Dinas Kesehatan", "Dinkes", LATE + timedelta(days=1))
DATA = ROOT / "data" / "kupang" / "templates.csv"


@pytest.mark.parametrize(
    ("text", "asked", "shown"),
    [
        (
            "Kami bertanya kepada «siapa, misalnya BPBD …» pada «tanggal …».",
            [PDAM],
            "Kami bertanya kepada Perumda Air Minum Kota Kupang pada 25 November 2026.",
        ),
        (
            "Kami bertanya kepada «siapa ...» pada «tanggal dan jam ...».",
            [PDAM],
            "Kami bertanya kepada Perumda Air Minum Kota Kupang pada 25 November 2026 pukul 01.30 WITA.",
        ),
        (
            "Pada «tanggal …» kami bertanya kepada «siapa …».",
            [PDAM, DINKES, PDAM],
            "Pada 25 November 2026 dan 26 November 2026 kami bertanya kepada Perumda Air Minum Kota Kupang dan "
            "Dinas Kesehatan.",
        ),
        (
            "Kami bertanya kepada Perumda Air Minum pada «tanggal …».",
            [DINKES, PDAM],
            "Kami bertanya kepada Perumda Air Minum pada 25 November 2026.",
        ),
        # Another unit was asked than the one that the text names; nobody was; the day is that of something else.
        ("Kami bertanya kepada BPBD pada «tanggal …».", [PDAM], None),
        ("Kami bertanya kepada «siapa …» pada «tanggal …».", [], None),
        ("PDAM mengalirkan air sejak «tanggal …».", [PDAM], None),
        ("Kami bertanya kepada PDAM: «jadwal …».", [PDAM], None),
    ],
)
def test_known_gaps_are_filled_and_the_others_stay(text: str, asked: list[AskedUnit], shown: str | None) -> None:
    assert prefill.fill_paragraph(text, asked) == (shown or text)


def test_an_answer_follows_what_says_who_was_asked() -> None:
    answered = AskedUnit("Dinas Kesehatan", "Dinkes", LATE, "Tidak ada.", LATE + timedelta(days=1))
    text = "Kami bertanya kepada «siapa …» pada «tanggal …».\r\n\r\nData: «berapa …»."
    assert prefill.begin_findings(text, [answered]).split("\n\n") == [
        "Kami bertanya kepada Dinas Kesehatan pada 25 November 2026.",
        "Menurut Dinas Kesehatan pada 26 November 2026: Tidak ada.",
        "Data: «berapa …».",
    ]
    assert prefill.begin_findings("Data: «berapa …».", [answered]).startswith("Menurut Dinas Kesehatan")
    assert prefill.begin_findings("", []) == ""


def test_every_shipped_text_says_who_was_asked() -> None:
    with DATA.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            first = prefill.begin_findings(row["findings"], [DINKES]).split("\n\n")[0]
            assert "Dinas Kesehatan" in first, row["topic"]
            assert "26 November 2026" in first, row["topic"]
            assert "«" not in first, row["topic"]


def test_what_was_withdrawn_or_sent_back_is_not_told(officer: Officer, now: datetime) -> None:
    claim = factories.make_claim(topic=Topic.WATER)
    text = "Kami bertanya kepada «siapa …» pada «tanggal …»."
    db.session.add(TextTemplate(topic=Topic.WATER, findings=text, conclusion=""))
    given: dict[str, Any] = {"claim_id": claim.id, "asked_by_id": officer.id, "asked_at": now, "due_at": now}
    given |= {"text": "Benarkah?"}
    pdam, dinkes = factories.load_unit("pdam").id, factories.load_unit("dinkes").id
    db.session.add(Question(unit_id=pdam, closed_at=now, closed_reason="Bukan bidang kami.", **given))
    db.session.commit()
    assert prefill_draft(claim, officer, now).findings == text
    db.session.add(Question(unit_id=dinkes, **given))
    db.session.commit()
    assert prefill_draft(claim, officer, now).findings == (
        "Kami bertanya kepada Dinas Kesehatan pada 24 November 2026."
    ), "it has still to answer, but it was asked"


def test_only_what_came_later_and_is_not_told_yet_is_missing() -> None:
    early = AskedUnit("Dinas Kesehatan", "Dinkes", LATE, "Tidak ada.", LATE)
    later = AskedUnit("BPBD", "BPBD", LATE, "Posko di\nSikumana.", LATE + timedelta(days=1))
    waiting = AskedUnit("Dinas Sosial", "Dinsos", LATE)
    sentence = "Menurut BPBD pada 26 November 2026: Posko di\nSikumana."
    asked = [early, later, waiting]
    assert prefill.missing_answers("", asked, LATE) == [sentence]
    told = (f"Data.\n\n{sentence}", "BPBD: «posko di Sikumana». Begitu.")
    assert [prefill.missing_answers(text, asked, LATE) for text in told] == [[], []]
    for untold in ("Menurut BPBD pada 26 November 2026: Ada banjir.", "Ada posko di Sikumanalama."):
        assert prefill.missing_answers(untold, asked, LATE) == [sentence], untold
    short = AskedUnit("BPBD", "BPBD", LATE, "Tidak.", LATE + timedelta(days=1))
    assert len(prefill.missing_answers("Tidak ada.", [short], LATE)) == 1
    assert prefill.missing_answers("Menurut BPBD pada 26 November 2026: tidak", [short], LATE) == []
