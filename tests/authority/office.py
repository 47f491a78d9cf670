"""An honest office with a published page, tickets and an accusation, and what residents and the accused read of it.

The office never confirms anything. Whatever one person does alone, ``public_face`` stays as it was.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from hoax_tracker.authority.guards import GUARDED_TABLES
from hoax_tracker.claims.public_words.judged_claims import judge_claims
from hoax_tracker.core.encryption import encrypt_contact
from hoax_tracker.models import (
    AuditEvent,
    Base,
    Claim,
    ClaimAppearance,
    ClaimStatus,
    Clarification,
    JudgedClaim,
    Officer,
    OfficerTie,
    Proposal,
    Report,
    RoleName,
    Unit,
    db,
)
from tests import factories

SECRET = "pelapor-rahasia-7731@warga.example"
"""The contact of who reported the accused unit: no one of its branch may ever read it."""
HOAX = "Mulai Senin besok air PDAM se-Kota Kupang mati total 7 hari karena pipa induk pecah"
ACCUSATION = "Petugas Puskesmas Bakti meminta uang lima puluh ribu dari tiap ibu hamil"


@dataclass
class Office:
    """The ids of what the game is about, and how residents saw it in the beginning."""

    page_id: int
    answered_id: int
    waiting_id: int
    accusation_id: int
    closed_id: int
    accused_units: frozenset[int]
    face: dict[str, Any] = field(default_factory=dict)
    events: int = 0
    proposals: int = 0
    ties: int = 0


def open_office(now: datetime) -> Office:
    """Make the office in the current database, whose guards are on."""
    dinkes = factories.load_unit("dinkes")
    puskesmas = Unit(code="pkm-bakti", name="Puskesmas Bakti", short_name="Puskesmas Bakti", kind="puskesmas")
    puskesmas.parent_id = dinkes.id
    db.session.add(puskesmas)
    db.session.commit()
    author = factories.make_officer("penulis@kota.example", RoleName.OFFICER)
    approver = factories.make_officer("penyetuju@kota.example", RoleName.APPROVER)
    factories.make_officer("penyetuju2@kota.example", RoleName.APPROVER, unit_code="pdam")
    factories.make_officer("kepala@kota.example", RoleName.ADMINISTRATOR)
    factories.make_officer("dinkes@kota.example", RoleName.OFFICER, unit_code="dinkes")
    answered = factories.make_claim(HOAX, status=ClaimStatus.INVESTIGATING)
    page = factories.make_clarification(author, approver, claim_quote=HOAX)
    page.claims.append(answered)
    confirmation = db.session.get(Proposal, page.confirmation_id)
    assert confirmation is not None
    judge_claims([answered.id], page.id, confirmation)
    answered.status = ClaimStatus.CLARIFIED
    waiting = factories.make_claim("Jembatan Liliba ditutup selama dua bulan mulai besok pagi")
    closed = factories.make_claim("Harga garam naik tiga kali lipat", status=ClaimStatus.DISMISSED)
    accusation = factories.make_claim(ACCUSATION, accused_unit_id=puskesmas.id, unit_id=factories.load_unit().id)
    for number, claim in enumerate((answered, waiting, accusation, closed)):
        add_report(claim, number, now)
    db.session.commit()
    office = Office(
        page.id,
        answered.id,
        waiting.id,
        accusation.id,
        closed.id,
        frozenset({puskesmas.id, dinkes.id}),
    )
    office.face = public_face(office)
    office.events, office.proposals, office.ties = count_traces()
    return office


def add_report(claim: Claim, number: int, now: datetime) -> None:
    """Let a resident have reported the claim, and left a contact."""
    key = factories_key()
    report = Report(
        ticket_digest=f"tiket{number}",
        text=claim.text,
        received_at=now,
        consent_at=now,
        contact_encrypted=encrypt_contact(SECRET if claim.accusations else f"warga{number}@w.example", key),
    )
    db.session.add(report)
    db.session.flush()
    db.session.add(ClaimAppearance(claim_id=claim.id, report_id=report.id, seen_at=now))


def factories_key() -> str:
    """The key of contacts of the current application."""
    from flask import current_app

    return str(current_app.extensions["settings"].contact_key)


def public_face(office: Office) -> dict[str, Any]:
    """Return all that residents read in the city's name, row by row, and how their tickets stand.

    A page that one approver published alone in an emergency is left out: it says so itself, and goes within a day.
    """
    del office
    face: dict[str, Any] = {}
    for guarded in GUARDED_TABLES:
        table = Base.metadata.tables[guarded.table]
        columns = [table.c[name] for name in guarded.columns if name in table.c]
        key = next(iter(table.primary_key.columns))
        query = sa.select(key, *columns).where(sa.text(guarded.public.format(row=guarded.table)))
        for row in db.session.execute(query):
            face[f"{guarded.table}:{row[0]}"] = digest(list(row)[1:])
    alone = set(db.session.scalars(sa.select(Proposal.id).where(Proposal.stands_until.is_not(None))))
    pages = {
        key
        for key, confirmation in db.session.execute(sa.select(Clarification.id, Clarification.confirmation_id))
        if confirmation in alone
    }
    alone_names = {f"clarification:{key}" for key in pages}
    left_out = {name for name in face if name in alone_names or name.startswith("clarification_revision")}
    face = {name: value for name, value in face.items() if name not in left_out}
    judged = sa.select(JudgedClaim.claim_id, JudgedClaim.clarification_id).where(JudgedClaim.ended_at.is_(None))
    face["judged"] = sorted(tuple(row) for row in db.session.execute(judged) if row[1] not in pages)
    answered = sa.select(Claim.id).where(Claim.status == ClaimStatus.CLARIFIED)
    face["answered"] = sorted(db.session.scalars(answered))
    return face


def digest(values: list[Any]) -> str:
    """Return a digest of a row's words."""
    return hashlib.sha256(json.dumps(values, default=str, sort_keys=True).encode()).hexdigest()[:16]


def count_traces() -> tuple[int, int, int]:
    """Return how many events, proposals and ties the database holds."""
    count = sa.func.count()
    events, made, ties = (
        db.session.scalar(sa.select(count).select_from(table)) or 0 for table in (AuditEvent, Proposal, OfficerTie)
    )
    return events, made, ties


def list_roles(person: Officer) -> set[str]:
    """Return the names of an officer's roles."""
    return {role.name for role in person.roles}
