"""October 2026 as rows, whose figures are computed by hand in test_golden_month.py."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from hoax_tracker.models import (
    CheckDecision,
    CheckQuery,
    Claim,
    ClaimAppearance,
    ClaimStatus,
    Clarification,
    ClarificationRevision,
    ClarificationStatus,
    District,
    Officer,
    Report,
    Topic,
    Verdict,
    db,
)
from tests import factories

FIRST_MOMENT = datetime(2026, 9, 30, 16, tzinfo=UTC)
"""Midnight in Kupang, between September and October."""
LAST_MOMENT = datetime(2026, 10, 31, 15, 59, 59, tzinfo=UTC)
NOW = factories.NOW


def add_report(claim: Claim, received_at: datetime, text: str = "Dari grup", *, is_junk: bool = False) -> None:
    """Let a resident report a claim."""
    report = Report(ticket_digest=f"{claim.id} {received_at}", text=text, received_at=received_at, is_junk=is_junk)
    db.session.add(report)
    db.session.flush()
    db.session.add(ClaimAppearance(claim_id=claim.id, report_id=report.id, seen_at=received_at))
    db.session.commit()


def publish(
    officers: tuple[Officer, Officer],
    claim: Claim,
    published_at: datetime,
    verdict: Verdict,
    unit: str,
    title: str = "Fakta",
) -> Clarification:
    """Publish an answer to a claim."""
    author, approver = officers
    page = factories.make_clarification(
        author,
        approver,
        claims=[claim],
        published_at=published_at,
        verdict=verdict,
        topic=claim.topic,
        title=title,
        unit_id=factories.load_unit(unit).id,
    )
    change_page(page, ClarificationStatus.PUBLISHED, published_at)
    return page


def change_page(page: Clarification, kind: ClarificationStatus, made_at: datetime, note: str = "") -> None:
    """Publish, correct or withdraw a page."""
    number = db.session.query(ClarificationRevision).filter_by(clarification_id=page.id).count() + 1
    people = {"author_id": page.author_id, "approver_id": page.approver_id}
    page.status = kind
    row = ClarificationRevision(number=number, kind=kind, note=note, content={}, made_at=made_at, **people)
    page.revisions.append(row)
    db.session.commit()


def make_golden_month(officer: Officer, approver: Officer) -> None:
    """Write the month."""
    officers = (officer, approver)
    add_districts()
    water = factories.make_claim(topic=Topic.WATER, status=ClaimStatus.CLARIFIED)
    for number in range(6):  # six of the eight name a kelurahan of Kelapa Lima, the first one twice
        text = "Air mati di OESAPA, ya, Oesapa." if number == 0 else "Air mati di Lasiana"
        add_report(water, FIRST_MOMENT + timedelta(hours=number), text)
    add_report(water, FIRST_MOMENT + timedelta(days=20), "Di Oebobo dan Lasianaku")  # one word is not a part of another
    add_report(water, LAST_MOMENT, "Di Oebobo")
    add_report(water, FIRST_MOMENT - timedelta(seconds=1))  # September
    add_report(water, LAST_MOMENT + timedelta(seconds=1))  # November
    add_report(water, FIRST_MOMENT + timedelta(days=2), is_junk=True)
    tax = factories.make_claim("Pajak naik", topic=Topic.TAX, status=ClaimStatus.CLARIFIED)
    for number in range(5):
        add_report(tax, datetime(2026, 10, 29, 15, 30, tzinfo=UTC) + timedelta(minutes=number))
    health = factories.make_claim("BPJS ditolak", topic=Topic.HEALTH, status=ClaimStatus.INVESTIGATING)
    for number in range(3):
        add_report(health, datetime(2026, 10, 12, number, tzinfo=UTC))
    aid = [
        factories.make_claim(f"Bantuan {number}", topic=Topic.SOCIAL_AID, status=ClaimStatus.CLARIFIED)
        for number in range(3)
    ]
    for claim in aid:
        add_report(claim, datetime(2026, 10, 20, tzinfo=UTC))
    unreported = factories.make_claim("Pasar pindah", topic=Topic.MARKET, status=ClaimStatus.CLARIFIED)
    title = "Air tetap mengalir di Kelapa  Lima"
    page = publish(officers, water, FIRST_MOMENT + timedelta(hours=9), Verdict.HOAKS, "pdam", title)
    publish(officers, tax, datetime(2026, 10, 31, 15, 30, tzinfo=UTC), Verdict.BENAR, "diskominfo")
    publish(officers, aid[0], datetime(2026, 10, 20, 2, tzinfo=UTC), Verdict.PENIPUAN, "dinkes")
    publish(officers, aid[1], datetime(2026, 10, 20, 4, tzinfo=UTC), Verdict.PENIPUAN, "dinkes")
    wrong = publish(officers, aid[2], datetime(2026, 10, 21, 6, tzinfo=UTC), Verdict.MENYESATKAN, "dinkes")
    publish(officers, unreported, datetime(2026, 10, 21, 6, tzinfo=UTC), Verdict.HOAKS, "diskominfo")
    publish(officers, unreported, datetime(2026, 11, 2, tzinfo=UTC), Verdict.HOAKS, "diskominfo")  # November
    change_page(page, ClarificationStatus.CORRECTED, datetime(2026, 10, 5, tzinfo=UTC), "Tanggalnya keliru.")
    change_page(wrong, ClarificationStatus.RETRACTED, datetime(2026, 10, 25, tzinfo=UTC), "Bantuan itu ada.")
    add_questions()


def add_districts() -> None:
    """Add two kecamatan, one with its kelurahan."""
    lima = District(code="kec-kelapa-lima", name="Kelapa Lima", kind="kecamatan", aliases=["Kelapalima"])
    db.session.add_all([lima, District(code="kec-oebobo", name="Oebobo", kind="kecamatan")])
    db.session.flush()
    for name in ("Oesapa", "Lasiana"):
        db.session.add(District(code=f"kel-{name}", name=name, kind="kelurahan", parent_id=lima.id))


def add_questions() -> None:
    """Let residents check messages."""
    for day, decision, count in (
        (date(2026, 10, 1), CheckDecision.NONE, 6),
        (date(2026, 10, 31), CheckDecision.NONE, 5),
        (date(2026, 10, 31), CheckDecision.MATCH, 7),
        (date(2026, 11, 1), CheckDecision.NONE, 90),
    ):
        db.session.add(CheckQuery(day=day, digest=f"{day}", text="RAHASIA", decision=decision, count=count))
    db.session.commit()
