"""What ends, moves or merges a claim belongs to the unit in charge of it, whatever page, list, key or call asks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from flask.testing import FlaskClient

from hoax_tracker.authority import acts
from hoax_tracker.authority.acts import ClaimAct
from hoax_tracker.claims import locks
from hoax_tracker.errors import NotAllowedError
from hoax_tracker.models import Claim, ClaimStatus, DecisionKind, Officer, RoleName, db
from hoax_tracker.review.collaboration import notes, unit_questions
from hoax_tracker.review.decisions import bulk, junk_reports, merge, service, split
from hoax_tracker.review.decisions.service import DecisionChoice
from tests import factories

SignIn = Callable[[Officer], FlaskClient]


@pytest.fixture
def claim(app: object) -> Claim:
    """A claim that is proposed to another unit."""
    return factories.make_claim(unit_id=factories.load_unit("pdam").id)


def test_every_act_says_who_takes_it() -> None:
    declared = [acts.IN_CHARGE_ACTS, acts.OPEN_ACTS]
    assert not declared[0] & declared[1]
    assert declared[0] | declared[1] == {*DecisionKind, *ClaimAct}


@pytest.mark.parametrize(
    "kind", [DecisionKind.DISMISS, DecisionKind.NOT_A_CLAIM, DecisionKind.OUT_OF_SCOPE, DecisionKind.ASSIGN]
)
def test_another_unit_ends_and_moves_nothing(claim: Claim, nurse: Officer, now: datetime, kind: DecisionKind) -> None:
    choice = DecisionChoice(kind, "Sudah lewat.", unit_id=nurse.unit_id)
    with pytest.raises(NotAllowedError, match="not in charge"):
        service.decide_claim(claim.id, 1, choice, officer=nurse, now=now)
    [result] = bulk.apply_bulk_act(bulk.BulkAct(choice), [bulk.ChosenClaim(claim.id, 1)], officer=nurse, now=now)
    assert "ditangani PDAM" in result.fault
    assert (claim.status, claim.version) == (ClaimStatus.NEW, 1)


def test_nor_merges_splits_reopens_rejects_or_takes_over(
    claim: Claim, nurse: Officer, officer: Officer, now: datetime
) -> None:
    own = factories.make_claim("Klaim unit sendiri", unit_id=nurse.unit_id)
    closed = factories.make_claim("Klaim selesai", unit_id=claim.unit_id, status=ClaimStatus.DISMISSED)
    merged = factories.make_claim("Klaim kembar", unit_id=nurse.unit_id)
    merge.merge_claims(merged.id, 1, claim.id, officer=officer, now=now)
    by: dict[str, Any] = {"officer": nurse, "now": now}
    acts: list[Callable[[], object]] = [
        lambda: merge.merge_claims(claim.id, claim.version, own.id, **by),
        lambda: merge.merge_claims(own.id, own.version, claim.id, **by),
        lambda: split.split_claim(claim.id, claim.version, {1}, **by),
        lambda: split.unmerge_claim(merged.id, merged.version, **by),
        lambda: service.decide_claim(closed.id, 1, DecisionChoice(DecisionKind.REOPEN), **by),
        lambda: junk_reports.reject_junk_reports(claim.id, claim.version, {1}, **by),
    ]
    for act in acts:
        with pytest.raises(NotAllowedError, match="not in charge"):
            act()
    locks.lock_claim(claim.id, officer=officer, now=now)
    with pytest.raises(NotAllowedError, match="not in charge"):
        locks.lock_claim(claim.id, over=True, **by)


def test_it_asks_notes_and_proposes(claim: Claim, nurse: Officer, officer: Officer, now: datetime) -> None:
    unit_questions.ask_unit(claim.id, claim.unit_id, "Benarkah?", officer=nurse, now=now)
    notes.write_note(claim.id, "Kami dengar dari puskesmas.", officer=nurse, now=now)
    approver = factories.make_officer("penyetuju@kupang.example", RoleName.APPROVER)
    page = factories.make_clarification(officer, approver)
    choice = DecisionChoice(DecisionKind.LINK, clarification_id=page.id)
    assert service.decide_claim(claim.id, claim.version, choice, officer=nurse, now=now).is_proposed
    assert claim.status is ClaimStatus.NEW


@pytest.mark.parametrize("unit", ["pdam", "diskominfo"])
def test_the_unit_in_charge_and_ppid_utama_close(claim: Claim, now: datetime, unit: str) -> None:
    person = factories.make_officer("dia@kupang.example", RoleName.OFFICER, unit_code=unit)
    service.decide_claim(claim.id, 1, DecisionChoice(DecisionKind.NOT_A_CLAIM), officer=person, now=now)
    assert claim.status is ClaimStatus.DISMISSED


def test_what_no_unit_answers_is_everybodys(nurse: Officer, now: datetime) -> None:
    orphan = factories.make_claim("Tanpa unit")
    service.decide_claim(orphan.id, 1, DecisionChoice(DecisionKind.NOT_A_CLAIM), officer=nurse, now=now)


def test_who_undoes_takes_back_what_they_gave_away(claim: Claim, now: datetime) -> None:
    from hoax_tracker.review.decisions.undo import undo_decision

    pipes = factories.make_officer("pdam@kupang.example", RoleName.OFFICER, unit_code="pdam")
    choice = DecisionChoice(DecisionKind.ASSIGN, unit_id=factories.load_unit("dinkes").id)
    outcome = service.decide_claim(claim.id, 1, choice, officer=pipes, now=now)
    undo_decision(outcome.decision_id, officer=pipes, now=now)
    assert claim.unit_id == pipes.unit_id


def test_page_and_keys_offer_what_the_unit_may_do(claim: Claim, nurse: Officer, sign_in: SignIn) -> None:
    path = f"/petugas/klaim/{claim.id}"
    browser = sign_in(nurse)
    for shown in (browser.get(path), browser.get(f"{path}/isi")):
        text = shown.get_data(as_text=True)
        for act in ("tutup", "teruskan", "gabung", "sampah"):
            assert f"{path}/{act}" not in text, act
        for key in "VGXMBDL":
            assert f'data-key="{key}"' not in text, key
        assert f"{path}/tanya" in text
        assert 'data-key="A"' in text
    for act, fields in (("tutup", {"decision": "dismiss", "reason": "Sudah lewat."}), ("gabung", {"into": 1})):
        refused = factories.submit_form(browser, f"{path}/{act}", path, version=1, **fields)
        assert refused.status_code == 403
    db.session.expire_all()
    assert claim.status is ClaimStatus.NEW
