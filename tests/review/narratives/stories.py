"""One story in several editions, each with another date and amount, and the appearances of a claim."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from hoax_tracker.models import Claim, ClaimAppearance, Report, db
from tests import factories

MARCH = "Gaji honorer Pemkot Kupang dihapus mulai 1 Maret, sisa gaji Rp500.000 dipotong untuk kas kantor"
JULY = "Gaji honorer Pemkot Kupang dihapus mulai 1 Juli, sisa gaji Rp750.000 dipotong untuk kas kantor"
OTHER = "Puskesmas Oesapa tidak terima pasien BPJS, semua harus bayar"


def make_edition(text: str, days_ago: int = 0, **fields: Any) -> Claim:
    """A claim that was seen once, so many days before the tests' moment."""
    seen = factories.NOW - timedelta(days=days_ago)
    claim = factories.make_claim(text, first_seen_at=seen, last_seen_at=seen, created_at=seen, **fields)
    add_sightings(claim, seen)
    return claim


def add_sightings(claim: Claim, *moments: datetime) -> None:
    """Add a report of the claim at each moment."""
    for moment in moments:
        number = db.session.query(Report).count()
        report = Report(ticket_digest=f"narasi-{number}", text=claim.text, received_at=moment)
        db.session.add(report)
        db.session.flush()
        db.session.add(ClaimAppearance(claim_id=claim.id, report_id=report.id, seen_at=moment))
    db.session.commit()
