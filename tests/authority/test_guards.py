"""The database itself refuses what no second, independent person confirmed: on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from apiflask import APIFlask

from hoax_tracker.authority import guards, proposals
from hoax_tracker.authority.confirmers import tie_officer
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.models import (
    ChannelKind,
    District,
    Officer,
    OfficerTie,
    OfficialChannel,
    Programme,
    Proposal,
    ProposalHand,
    ProposalOutcome,
    PublicContacts,
    ReportRecipients,
    RoleName,
    Source,
    SourceKind,
    TiplineChannel,
    Topic,
    Unit,
    UnitTopic,
    db,
)
from tests import factories

pytestmark = pytest.mark.usefixtures("guarded")


@contextmanager
def refused(words: str) -> Iterator[None]:
    """Expect that the database refuses what is written."""
    with pytest.raises(sa.exc.DBAPIError, match=words):
        yield
        db.session.flush()
    db.session.rollback()


def public_rows(now: datetime) -> dict[str, Any]:
    """Return a row of each table that one person alone would put before residents."""
    contacts = {"address": "Jalan", "telephone": "", "email": "", "website": "", "emergency": []}
    return {
        "official_channel": OfficialChannel(
            kind=ChannelKind.TELEPHONE, value="081200007777", owner="PPID", is_listed=True, changed_at=now
        ),
        "public_contacts": PublicContacts(id=1, edited_at=now, **contacts),
        "unit": Unit(code="x", name="WA 0812", short_name="x", kind="dinas", edited_at=now),
        "unit_topic": UnitTopic(topic=Topic.WATER, unit_id=factories.load_unit().id, edited_at=now),
        "district": District(code="x", name="WA 0812", kind="kelurahan", aliases=[], edited_at=now),
        "programme": Programme(name="WA 0812", aliases=[], edited_at=now),
        "source": Source(name="Mafindo", url="https://x.example", kind=SourceKind.CLAIM_REVIEW, created_at=now),
        "report_recipients": ReportRecipients(id=1, addresses=["x@x.example"], edited_at=now),
        "tipline_channel": TiplineChannel(name="telegram", account="lain_bot", is_in_service=True),
    }


@pytest.mark.parametrize(
    "table",
    [
        "official_channel",
        "public_contacts",
        "unit",
        "unit_topic",
        "district",
        "programme",
        "source",
        "report_recipients",
        "tipline_channel",
    ],
)
def test_a_public_row_stands_on_a_confirmation_of_its_own_kind(
    app: APIFlask, officer: Officer, approver: Officer, now: datetime, table: str
) -> None:
    act = next(one.acts[0] for one in guards.GUARDED_TABLES if one.table == table)
    with refused("no second person confirmed"):
        db.session.add(public_rows(now)[table])
    for wrong in (
        factories.make_confirmation(officer, approver, "clarification").id,
        waiting(officer, act, now).id,
    ):
        row = public_rows(now)[table]
        row.confirmation_id = wrong
        with refused("no second person confirmed"):
            db.session.add(row)
    row = public_rows(now)[table]
    row.confirmation_id = factories.make_confirmation(officer, approver, act).id
    db.session.add(row)
    db.session.flush()
    assert guards.list_unconfirmed(db.session.connection()) == []


def waiting(officer: Officer, act: str, now: datetime) -> Proposal:
    """A proposal that nobody confirmed."""
    row = Proposal(act=act, subject=f"{act}:1", proposed_by_id=officer.id, proposed_at=now)
    db.session.add(row)
    db.session.commit()
    return row


def test_words_change_only_with_another_confirmation(officer: Officer, approver: Officer, now: datetime) -> None:
    row = public_rows(now)["programme"]
    row.confirmation_id = factories.make_confirmation(officer, approver, "programme").id
    db.session.add(row)
    db.session.commit()
    with refused("no second person confirmed"):
        row.name = "Bantuan 0812"
    with refused("no second person confirmed"):
        row.confirmation_id = None
        row.name = "Bantuan 0812"
    row.name, row.confirmation_id = "Bantuan", factories.make_confirmation(officer, approver, "programme").id
    db.session.commit()


def test_a_row_is_not_made_public_by_leaving_out_that_it_was_edited(
    officer: Officer, approver: Officer, now: datetime
) -> None:
    row = public_rows(now)["district"]
    row.confirmation_id = factories.make_confirmation(officer, approver, "district").id
    db.session.add(row)
    db.session.commit()
    with refused("no second person confirmed"):
        row.name, row.edited_at = "WA 0813", None


def test_a_settled_proposal_never_changes_and_nothing_is_deleted(
    officer: Officer, approver: Officer, now: datetime
) -> None:
    row = factories.make_confirmation(officer, approver)
    db.session.add(ProposalHand(proposal_id=row.id, officer_id=officer.id))
    db.session.commit()
    with write_transaction():
        tie_officer(officer, approver, "invited", now - timedelta(days=200))
    for name, value in (("values", {"a": 1}), ("before", {"a": 1}), ("act", "channel"), ("note", "lain")):
        with refused("never changes"):
            setattr(row, name, value)
    with refused("never changes"):
        row.outcome, row.settled_at = ProposalOutcome.OPEN, None
    for table in (ProposalHand, Proposal, OfficerTie):
        with refused("is deleted"):
            db.session.execute(sa.delete(table))
    with refused("no tie is changed"):
        db.session.execute(sa.update(OfficerTie).values(tied_at=now - timedelta(days=400)))


def test_who_wrote_in_it_or_depends_on_its_author_does_not_confirm(
    officer: Officer, approver: Officer, administrator: Officer, now: datetime
) -> None:
    def settle(by: Officer) -> None:
        row = db.session.scalars(sa.select(Proposal).where(Proposal.outcome == ProposalOutcome.OPEN)).one()
        row.outcome, row.settled_by_id, row.settled_at = ProposalOutcome.CONFIRMED, by.id, now

    row = waiting(officer, "channel", now)
    db.session.add(ProposalHand(proposal_id=row.id, officer_id=approver.id))
    db.session.commit()
    with write_transaction():
        tie_officer(officer, administrator, "invited", now - timedelta(days=89))
    for person in (approver, administrator):
        with refused("not independent"):
            settle(person)
    stranger = factories.make_officer("luar@kupang.example", RoleName.APPROVER)
    confirmed = factories.make_confirmation(officer, stranger, "channel")
    db.session.commit()
    with refused("who wrote in it"):
        db.session.add(ProposalHand(proposal_id=confirmed.id, officer_id=confirmed.settled_by_id))


def test_only_what_is_shipped_is_shipped(app: APIFlask, now: datetime) -> None:
    with refused("only what is shipped"):
        outcome = ProposalOutcome.SHIPPED
        db.session.add(Proposal(act="channel", subject="x", outcome=outcome, proposed_at=now, settled_at=now))
    assert proposals.confirm_as_shipped(now).outcome is ProposalOutcome.SHIPPED
