"""Clarifications of data/pairs published straight into an instance, to measure pages on."""

from __future__ import annotations

import json

from hoax_tracker.accounts.officers import add_officer, new_password
from hoax_tracker.clock import utc_now
from hoax_tracker.core.database.transactions import writing
from hoax_tracker.core.paths import data
from hoax_tracker.models import Clarification, ClarificationStatus, Officer, RoleName, Topic, Verdict, db
from hoax_tracker.organisation.reference_data import root_unit


def publish(count: int) -> str:
    """Add ``count`` published clarifications and return the slug of the last; rows only, no audit: it is a bench."""
    lines = data("pairs", "clarifications.jsonl").read_text(encoding="utf-8").splitlines()[:count]
    with writing():
        author, approver = officer("a@bench.example"), officer("b@bench.example")
        for number, line in enumerate(lines, 1):
            db.session.add(clarification(number, json.loads(line), author, approver))
    return f"klarifikasi-{len(lines)}"


def officer(email: str) -> Officer:
    """Add an officer."""
    roles = [RoleName.OFFICER, RoleName.APPROVER]
    return add_officer(email, "Bench", roles, unit=root_unit(), password=new_password(), by=None, now=utc_now())


def clarification(number: int, row: dict[str, str], author: Officer, approver: Officer) -> Clarification:
    """Return a published clarification with a page of ordinary length."""
    now = utc_now()
    return Clarification(
        slug=f"klarifikasi-{number}",
        number=number,
        status=ClarificationStatus.PUBLISHED,
        verdict=Verdict(row["verdict"].lower()),
        topic=Topic(row["topic"]),
        title=row["title"],
        summary=row["summary"],
        claim_quote=row["claim"],
        findings="\n\n".join([row["summary"]] * 4),
        conclusion=row["summary"],
        unit_id=author.unit_id,
        author_id=author.id,
        approver_id=approver.id,
        created_at=now,
        submitted_at=now,
        published_at=now,
        changed_at=now,
    )
