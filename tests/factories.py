"""Factories of rows. Each commits, so that other connections see the row."""

from __future__ import annotations

import re
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any, TypeVar

import flask_migrate
import sqlalchemy as sa
from flask import current_app
from flask.testing import FlaskClient
from flask_security.utils import hash_password
from werkzeug.test import TestResponse

from hoax_tracker.authority import proposals
from hoax_tracker.claims.public_words.judged_claims import judge_claims, list_with_merged
from hoax_tracker.claims.recusal import note_accusations
from hoax_tracker.clock import utc_now
from hoax_tracker.models import (
    Alarm,
    AuditEvent,
    Claim,
    ClaimStatus,
    Clarification,
    ClarificationStatus,
    Measure,
    Narrative,
    NarrativeClaim,
    NarrativeOrigin,
    Officer,
    Proposal,
    ProposalOutcome,
    Question,
    RisingKind,
    Role,
    RoleName,
    Topic,
    Unit,
    Verdict,
    db,
)
from hoax_tracker.organisation.named_units import NamedUnits

PASSWORD = "kata-sandi-panjang-1"
NOW = datetime(2026, 11, 24, 8, 5, tzinfo=UTC)
T = TypeVar("T")


def migrate_database() -> None:
    """Bring the database to the newest migration."""
    flask_migrate.upgrade()


def seed_reference() -> None:
    """Add the roles and three units. Tests of the reference data load the real files."""
    db.session.add_all(Role(name=role.value) for role in RoleName)
    root = Unit(code="diskominfo", name="Dinas Komunikasi dan Informatika", short_name="Diskominfo", kind="dinas")
    db.session.add(root)
    db.session.flush()
    for code, name, short in [
        ("dinkes", "Dinas Kesehatan", "Dinkes"),
        ("pdam", "Perumda Air Minum Kota Kupang", "PDAM"),
    ]:
        db.session.add(Unit(code=code, name=name, short_name=short, kind="dinas", parent_id=root.id))
    db.session.commit()


def load_unit(code: str = "diskominfo") -> Unit:
    """The unit with that code."""
    return db.session.execute(db.select(Unit).filter_by(code=code)).scalar_one()


def make_unit(code: str, parent: str) -> Unit:
    """A unit under another."""
    under = load_unit(parent).id
    row = Unit(code=code, name=code.capitalize(), short_name=code.capitalize(), kind="other", parent_id=under)
    db.session.add(row)
    db.session.commit()
    return row


@cache
def password_hash(_salt: str, _how: str) -> str:
    """The hash of the common test password. It is slow by design, so it is cached by secrets."""
    return str(hash_password(PASSWORD))


def make_officer(email: str, *roles: RoleName, unit_code: str = "diskominfo") -> Officer:
    """An officer with the roles and the common test password."""
    salt, how = current_app.config["SECURITY_PASSWORD_SALT"], current_app.extensions["security"].pwd_context.to_string()
    held = db.session.scalars(db.select(Role).where(Role.name.in_([role.value for role in roles]))).all()
    person = Officer(
        email=email,
        name=email.split("@")[0].capitalize(),
        password=password_hash(salt, how),
        fs_uniquifier=uuid.uuid4().hex,
        unit_id=load_unit(unit_code).id,
        created_at=NOW,
        roles=list(held),
    )
    db.session.add(person)
    db.session.commit()
    return person


def make_claim(
    text: str = "Mulai Senin air PDAM mati total tujuh hari", *, accused_unit_id: int | None = None, **fields: Any
) -> Claim:
    """A claim in the queue."""
    given: dict[str, Any] = {
        "title": text[:120],
        "text": text,
        "topic": Topic.WATER,
        "status": ClaimStatus.NEW,
        "priority": 0.7,
        "first_seen_at": NOW,
        "last_seen_at": NOW,
        "due_at": NOW,
        "created_at": NOW,
    } | fields
    claim = Claim(**given)
    db.session.add(claim)
    db.session.flush()
    if accused_unit_id is not None:
        accuse_unit(claim, accused_unit_id)
    db.session.commit()
    return claim


def accuse_unit(claim: Claim, unit_id: int) -> None:
    """Note that a claim accuses a unit, in the current transaction; who answers it stays."""
    answering = claim.unit_id
    note_accusations(claim, NamedUnits(frozenset({unit_id})), claim.created_at)
    claim.unit_id = answering


def make_alarm(claim: Claim | None = None, topic: Topic | None = None, **fields: Any) -> Alarm:
    """An alarm about a claim, or about a topic."""
    given: dict[str, Any] = {
        "subject": f"claim:{claim.id}" if claim else f"topic:{(topic or Topic.TAX).value}",
        "kind": RisingKind.CLAIM if claim else RisingKind.TOPIC,
        "claim_id": claim.id if claim else None,
        "topic": None if claim else topic or Topic.TAX,
        "measure": Measure.SEEN,
        "hours": 6,
        "count": 14,
        "usual": 0.2,
        "raised_at": NOW,
        "last_sign_at": NOW,
    } | fields
    alarm = Alarm(**given)
    db.session.add(alarm)
    db.session.commit()
    return alarm


def make_narrative(officer: Officer, *claims: Claim, **fields: Any) -> Narrative:
    """A narrative with the claims."""
    given: dict[str, Any] = {"created_by_id": officer.id, "created_at": NOW, "changed_at": NOW} | fields
    narrative = Narrative(**given)
    db.session.add(narrative)
    db.session.flush()
    about = {"origin": NarrativeOrigin.BY_HAND, "added_by_id": officer.id, "added_at": NOW}
    db.session.add_all(NarrativeClaim(narrative_id=narrative.id, claim_id=claim.id, **about) for claim in claims)
    db.session.commit()
    return narrative


def add_unit_answer(claim: Claim, unit_code: str) -> Claim:
    """Add an answered question of the unit to the claim."""
    asker = make_officer(f"penanya-{uuid.uuid4().hex[:8]}@kupang.example", unit_code=unit_code)
    at = {"asked_at": NOW, "due_at": NOW, "answered_at": NOW, "closed_at": NOW}
    by = {"asked_by_id": asker.id, "answered_by_id": asker.id, "unit_id": load_unit(unit_code).id}
    row = Question(claim_id=claim.id, text="Benarkah?", answer="Tidak benar.", **at, **by)
    db.session.add(row)
    db.session.commit()
    return claim


def make_confirmation(
    author: Officer | None, confirmer: Officer, act: str = "clarification", subject: str = "clarification:0"
) -> Proposal:
    """A proposal of the author that another person confirmed, on which a public row can stand."""
    row = Proposal(act=act, subject=subject, proposed_at=NOW, proposed_by_id=author.id if author else None)
    db.session.add(row)
    db.session.flush()
    row.outcome, row.settled_by_id, row.settled_at = ProposalOutcome.CONFIRMED, confirmer.id, NOW
    db.session.flush()
    return row


def shipped_id() -> int:
    """The id of the row on which shipped data stands."""
    return proposals.confirm_as_shipped(NOW).id


def confirm_waiting(by: Officer | None = None, now: datetime | None = None, *, acts: Sequence[str] = ()) -> Officer:
    """Let another person (None: the approver of an office outside) confirm all that waits, or what waits of these acts.

    Return who did.
    """
    person = by or find_outsider()
    for row in list(proposals.list_open(acts or None)):
        proposals.confirm(row.id, proposals.proposal_digest(row), by=person, now=now or utc_now())
    return person


def find_outsider() -> Officer:
    """The approver whom nobody here made, added when first asked for."""
    email = "luar@provinsi.example"
    found = db.session.scalar(db.select(Officer).where(Officer.email == email))
    return found or make_officer(email, RoleName.APPROVER)


def make_clarification(author: Officer, approver: Officer | None, **fields: Any) -> Clarification:
    """A clarification; published where an approver is passed."""
    given: dict[str, Any] = {
        "status": ClarificationStatus.PUBLISHED if approver else ClarificationStatus.DRAFT,
        "verdict": Verdict.HOAKS,
        "topic": Topic.WATER,
        "title": "Air PDAM tetap mengalir di seluruh kota",
        "summary": "Tidak ada pipa induk yang pecah.",
        "claim_quote": "Mulai Senin besok air PDAM se-Kota Kupang mati total 7 hari karena pipa induk pecah",
        "findings": "Perumda Air Minum menyatakan tidak ada pipa induk yang pecah.",
        "conclusion": "Kabar itu tidak benar.",
        "unit_id": load_unit("pdam").id,
        "author_id": author.id,
        "created_at": NOW,
        "changed_at": NOW,
    } | fields
    if approver:
        count = len(db.session.scalars(db.select(Clarification)).all()) + 1
        given = {
            "approver_id": approver.id,
            "published_at": NOW,
            "slug": f"klarifikasi-{count}",
            "number": count,
            "confirmation_id": make_confirmation(author, approver).id,
        } | given
    clarification = Clarification(**given)
    db.session.add(clarification)
    db.session.commit()
    if approver and clarification.claims:
        judge(clarification)
    return clarification


def judge(page: Clarification) -> None:
    """Let the words of all claims of a public page count as read by its second person, merged ones included."""
    confirmation = db.session.get_one(Proposal, page.confirmation_id)
    judge_claims(list_with_merged(claim.id for claim in page.claims), page.id, confirmation)
    db.session.commit()


def csrf_token_in(page: str) -> str:
    """The CSRF token in a page."""
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert found, "the page has no form with a CSRF token"
    return found.group(1)


def submit_form(browser: FlaskClient, path: str, page: str | None = None, **fields: Any) -> TestResponse:
    """Fill in the form on ``page`` (default: the page at ``path``) and post it to ``path``."""
    token = csrf_token_in(browser.get(page or path).get_data(as_text=True))
    return browser.post(path, data={"csrf_token": token, **fields}, follow_redirects=False)


def count_rows(table: Any) -> int:
    """Return how many rows a table has."""
    return db.session.scalar(sa.select(sa.func.count()).select_from(table)) or 0


def list_rows(table: type[T]) -> list[T]:
    """Return the rows of a table as they are stored now, in the order in which they were added."""
    db.session.rollback()
    return list(db.session.scalars(sa.select(table).order_by(sa.inspect(table).primary_key[0])))


def only_row(table: type[T]) -> T:
    """Return the one row of a table as it is stored now."""
    db.session.rollback()
    return db.session.scalars(sa.select(table)).one()


def list_audit_actions() -> list[str]:
    """Return the actions in the audit log but the sign-ins, oldest first."""
    actions = sa.select(AuditEvent.action).where(AuditEvent.action != "signed_in")
    return list(db.session.scalars(actions.order_by(AuditEvent.id)))
