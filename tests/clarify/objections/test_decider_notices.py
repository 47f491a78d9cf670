"""Who may decide about a new objection is told on *Pagi ini* and by letter, and nobody else is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from apiflask import APIFlask
from flask.testing import FlaskClient

from hoax_tracker.authority import proposals
from hoax_tracker.claims.recusal import note_accusations
from hoax_tracker.clarify.objections import notify_deciders, propose_decision
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.models import Claim, Clarification, Objection, ObjectionOutcome, Officer, OutgoingMail, RoleName, db
from hoax_tracker.notifications import notices
from hoax_tracker.organisation.named_units import NamedUnits
from tests import factories
from tests.clarify.objections.conftest import SAID
from tests.mail_server import turn_mail_on

ANNOUNCED = "Keberatan untuk diputuskan"


def told(*people: Officer) -> list[bool]:
    """Tell of each officer whether they are told of an objection."""
    return [any(one.objection_id for one in notices.list_unseen_notices(person)) for person in people]


def test_who_may_decide_opens_the_objection_from_the_morning(
    sign_in: Callable[[Officer], FlaskClient], objection: Objection, decider: Officer, officer: Officer, now: datetime
) -> None:
    notify_deciders(now)
    browser = sign_in(decider)
    text = browser.get("/petugas/untuk-anda").get_data(as_text=True)
    assert ANNOUNCED in text
    assert objection.clarification.title in text
    assert SAID not in text
    assert f'href="/petugas/keberatan/{objection.id}"' in text
    assert "Usulkan keputusan" in browser.get(f"/petugas/keberatan/{objection.id}").get_data(as_text=True)
    assert ANNOUNCED not in sign_in(officer).get("/petugas/untuk-anda").get_data(as_text=True)  # its author


def test_nobody_with_a_part_in_the_page_is_told(
    objection: Objection, claim: Claim, decider: Officer, judge: Officer, officer: Officer, approver: Officer,
    now: datetime,
) -> None:  # fmt: skip
    source = factories.make_officer("air@kupang.example", RoleName.OFFICER, unit_code="pdam")
    factories.make_unit("jalan", "diskominfo")
    accused = factories.make_officer("jalan@kupang.example", RoleName.OFFICER, unit_code="jalan")
    with write_transaction():
        note_accusations(claim, NamedUnits(frozenset({accused.unit_id})), now)
    assert notify_deciders(now) == 1
    assert notify_deciders(now) == 0
    assert told(decider, judge, officer, approver, source, accused) == [True, False, False, False, False, False]


def test_a_letter_names_the_page_and_not_what_was_written(
    app: APIFlask, objection: Objection, page: Clarification, decider: Officer, now: datetime
) -> None:
    turn_mail_on(app)
    notify_deciders(now)
    [notice] = notices.list_unseen_notices(decider)
    assert notices.describe_notice(notice).line == f"{ANNOUNCED}: {page.title}"
    notices.mail_unseen_notices(now + timedelta(minutes=11))
    letters = db.session.scalars(db.select(OutgoingMail.key)).all()
    assert [key for key in letters if key.startswith(f"notices:{decider.id}:")] == [f"notices:{decider.id}:{notice.id}"]


def test_it_waits_for_nobody_while_a_decision_is_proposed(
    objection: Objection, decider: Officer, judge: Officer, now: datetime
) -> None:
    colleague = factories.make_officer("rekan@kupang.example", RoleName.OFFICER, unit_code="dinkes")
    notify_deciders(now)
    propose_decision(objection.id, ObjectionOutcome.REFUSED, "Tetap benar.", officer=decider, now=now)
    assert told(decider, colleague) == [False, False]
    (row,) = proposals.list_open(["objection"])
    proposals.refuse(row.id, "Catatan pipanya belum dibaca.", by=judge, now=now)
    assert told(decider, colleague) == [True, True]


def test_the_first_who_may_decide_is_told_when_they_come(objection: Objection, now: datetime) -> None:
    assert notify_deciders(now) == 0
    late = factories.make_officer("baru@kupang.example", RoleName.OFFICER, unit_code="dinkes")
    assert notify_deciders(now + timedelta(days=1)) == 1
    assert told(late) == [True]
