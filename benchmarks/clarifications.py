"""Clarifications of data/pairs published straight into an instance, to measure pages on."""

from __future__ import annotations

import json

from hoax_tracker.accounts.officers import add_officer, generate_password
from hoax_tracker.authority.proposals import confirm_as_shipped
from hoax_tracker.clock import utc_now
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.core.paths import data_file_path
from hoax_tracker.models import Clarification, ClarificationStatus, Officer, RoleName, Topic, Verdict, db
from hoax_tracker.organisation.units import require_root_unit


def publish_clarifications(count: int) -> str:
    """Add ``count`` published clarifications and return the slug of the last; rows only, no audit: it is a bench."""
    lines = data_file_path("pairs", "clarifications.jsonl").read_text(encoding="utf-8").splitlines()[:count]
    with write_transaction():
        author, approver = add_bench_officer("a@bench.example"), add_bench_officer("b@bench.example")
        for number, line in enumerate(lines, 1):
            db.session.add(build_clarification(number, json.loads(line), author, approver))
    return f"klarifikasi-{len(lines)}"


def add_bench_officer(email: str) -> Officer:
    """Add an officer."""
    roles = [RoleName.OFFICER, RoleName.APPROVER]
    return add_officer(
        email, "Bench", roles, unit=require_root_unit(), password=generate_password(), by=None, now=utc_now()
    )


def build_clarification(number: int, row: dict[str, str], author: Officer, approver: Officer) -> Clarification:
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
        confirmation_id=confirm_as_shipped(now).id,
    )
