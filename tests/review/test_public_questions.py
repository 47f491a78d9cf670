"""Residents' questions at the desk: one act opens a claim, joins one, or sets the group aside."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest
import sqlalchemy as sa
from apiflask import APIFlask
from flask.testing import FlaskClient

from hoax_tracker import pipeline
from hoax_tracker.clock import WITA, utc_now
from hoax_tracker.core.audit import audit_log, chain_check
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.errors import EditConflictError, InvalidInputError, NotAllowedError, NotFoundError
from hoax_tracker.models import AuditEvent, CheckDecision, CheckQuery, Claim, ClaimStatus, Demand, Officer, Topic, db
from hoax_tracker.review import public_questions
from tests import factories
from tests.factories import count_rows, list_audit_actions

MARKET = "besok pasar oeba ditutup satu minggu karena perbaikan atap, pedagang pindah ke oesapa"
Shown = Callable[[Officer], FlaskClient]


def add(text: str = MARKET, *, day: date | None = None, counts: tuple[int, ...] = (3,), **fields: object) -> int:
    """A group with one question for each count, a day apart, the newest on ``day``; returns its id."""
    day = day or utc_now().astimezone(WITA).date()
    group = Demand(text=text, first_day=day - timedelta(len(counts) - 1), last_day=day, **fields)
    db.session.add(group)
    db.session.flush()
    for ago, count in enumerate(counts):
        db.session.add(
            CheckQuery(
                day=day - timedelta(ago), digest=text[:60], text=text, decision=CheckDecision.NONE, count=count,
                demand_id=group.id,
            )
        )  # fmt: skip
    db.session.commit()
    return group.id


def killed(*_given: object, **_more: object) -> None:
    """What a process does that is killed at this place."""
    raise KeyboardInterrupt


def test_the_most_asked_lately_stands_first(app: APIFlask, now: datetime) -> None:
    today = now.astimezone(WITA).date()
    old = add("lama", day=today - timedelta(9), counts=(50,))
    busy = add("ramai", day=today, counts=(4, 5, *[1] * 8))
    quiet = add("sepi", day=today, counts=(2,))
    add("sudah dihitung", day=today, claim_id=factories.make_claim().id)
    add("disisihkan", day=today, set_aside_at=now)
    add("lewat", day=today - timedelta(40), counts=(90,))
    found = public_questions.list_asked_groups(now)
    assert [(one.demand.id, one.lately, one.all) for one in found] == [(busy, 14, 17), (quiet, 2, 2), (old, 0, 50)]
    assert [one.demand.text for one in public_questions.list_asked_groups(now, set_aside=True)] == ["disisihkan"]


@pytest.mark.usefixtures("shipped_model")
def test_a_claim_is_opened_with_topic_unit_and_an_officers_status(officer: Officer, now: datetime) -> None:
    key = add(day=now.date())
    public_questions.ask_for_claim(key, officer=officer, now=now - timedelta(minutes=1))
    assert db.session.scalar(sa.select(Claim.id)) is None
    assert pipeline.do_what_officers_asked(now) == 1
    claim = db.session.scalars(sa.select(Claim)).one()
    assert (claim.status, claim.topic, claim.text) == (ClaimStatus.TRIAGED, Topic.MARKET, MARKET)
    assert claim.examined_since == now
    assert claim.first_seen_at <= claim.last_seen_at == now
    assert claim.unit_id is not None or claim.unit is None
    assert db.session.get_one(Demand, key).claim_id == claim.id
    assert list_audit_actions() == ["claim_asked_from_questions", "claim_opened_from_questions"]
    assert set(db.session.scalars(sa.select(AuditEvent.officer_id))) == {officer.id}
    assert pipeline.do_what_officers_asked(now) == 0
    assert chain_check.verify_chain().broken_at is None


@pytest.mark.usefixtures("shipped_model")
def test_two_officers_open_one_claim(officer: Officer, now: datetime) -> None:
    key = add(day=now.date())
    public_questions.ask_for_claim(key, officer=officer, now=now)
    with pytest.raises(EditConflictError, match="is being opened"):
        public_questions.ask_for_claim(key, officer=officer, now=now)
    with pytest.raises(EditConflictError, match="is being opened"):
        public_questions.set_group_aside(key, back=False, officer=officer, now=now)
    db.session.rollback()
    pipeline.do_what_officers_asked(now)
    with pytest.raises(EditConflictError) as caught:
        public_questions.ask_for_claim(key, officer=officer, now=now)
    assert str(db.session.scalar(sa.select(Claim.id))) in str(caught.value.user_message)
    assert count_rows(Claim) == 1


@pytest.mark.usefixtures("shipped_model")
def test_a_worker_that_dies_while_it_opens_the_claim_loses_nothing(
    officer: Officer, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = add(day=now.date())
    public_questions.ask_for_claim(key, officer=officer, now=now)
    with monkeypatch.context() as dying:
        dying.setattr(audit_log, "record_event", killed)
        with pytest.raises(KeyboardInterrupt):
            pipeline.do_what_officers_asked(now)
    db.session.rollback()
    assert db.session.scalar(sa.select(Claim.id)) is None
    assert pipeline.do_what_officers_asked(now) == 1
    assert db.session.get_one(Demand, key).claim_id == db.session.scalar(sa.select(Claim.id))


@pytest.mark.usefixtures("shipped_model")
def test_questions_that_count_for_a_claim_meanwhile_open_none(officer: Officer, now: datetime) -> None:
    key, claim = add(day=now.date()), factories.make_claim(MARKET)
    public_questions.ask_for_claim(key, officer=officer, now=now)
    with write_transaction():
        db.session.get_one(Demand, key).claim_id = claim.id
    assert pipeline.do_what_officers_asked(now) == 0
    assert db.session.scalars(sa.select(Claim.id)).all() == [claim.id]


def test_it_can_count_for_a_claim_that_is_there(officer: Officer, now: datetime) -> None:
    claim, key = factories.make_claim(MARKET), add()
    version = claim.version
    assert public_questions.join_group_to_claim(key, claim.id, officer=officer, now=now) == claim.id
    assert db.session.get_one(Demand, key).claim_id == claim.id
    assert claim.version == version, "the claim's own forms stay good"
    assert list_audit_actions() == ["questions_joined"]


def test_what_counts_for_a_merged_claim_counts_where_that_went(officer: Officer, now: datetime) -> None:
    root, key = factories.make_claim(MARKET), add()
    middle = factories.make_claim(f"{MARKET} ya", status=ClaimStatus.MERGED, merged_into_id=root.id)
    gone = factories.make_claim(f"{MARKET} ko", status=ClaimStatus.MERGED, merged_into_id=middle.id)
    assert public_questions.join_group_to_claim(key, gone.id, officer=officer, now=now) == root.id
    assert db.session.get_one(Demand, key).claim_id == root.id


def test_a_closed_claim_takes_no_questions(officer: Officer, now: datetime) -> None:
    closed, key = factories.make_claim(MARKET, status=ClaimStatus.DISMISSED), add()
    merged = factories.make_claim(f"{MARKET} ya", status=ClaimStatus.MERGED, merged_into_id=closed.id)
    for claim in (closed, merged):
        with pytest.raises(InvalidInputError) as caught:
            public_questions.join_group_to_claim(key, claim.id, officer=officer, now=now)
        assert f"Klaim {closed.id} sudah ditutup" in str(caught.value.user_message)
    assert db.session.get_one(Demand, key).claim_id is None
    assert list_audit_actions() == []


@pytest.mark.parametrize("claim_id", [None, 0, 404])
def test_a_claim_that_is_not_there_is_said(officer: Officer, now: datetime, claim_id: int | None) -> None:
    key = add()
    with pytest.raises(InvalidInputError):
        public_questions.join_group_to_claim(key, claim_id, officer=officer, now=now)
    with pytest.raises(NotFoundError):
        public_questions.set_group_aside(key + 1, back=False, officer=officer, now=now)
    assert list_audit_actions() == []


def test_only_officers_decide(approver: Officer, now: datetime) -> None:
    key = add()
    with pytest.raises(NotAllowedError):
        public_questions.set_group_aside(key, back=False, officer=approver, now=now)


@pytest.mark.usefixtures("shipped_model")
def test_the_page_shows_counts_and_does_the_acts(officer: Officer, sign_in: Shown) -> None:
    claim = factories.make_claim(MARKET, title="Pasar Oeba ditutup")
    key = add("<b>pasar</b> oeba tutup seminggu ko", suggested_id=claim.id, counts=(3, 4))
    browser, claim_id = sign_in(officer), claim.id
    page = browser.get("/petugas/ditanyakan/").get_data(as_text=True)
    assert "1 hal ditanyakan warga dan belum ada klaimnya" in page
    assert "<b>7 kali</b>" in page
    assert "&lt;b&gt;pasar" in page
    assert f"Hitung untuk klaim {claim_id}" in page
    assert "Pasar Oeba ditutup" in page
    here = "/petugas/ditanyakan/"
    acts = (("sisihkan", "Disisihkan."), ("kembalikan", "Dikembalikan"), ("gabung", "menghitung"))
    for act, said in acts:
        seen = f"{here}?aside=1" if act == "kembalikan" else here
        response = factories.submit_form(browser, f"{here}{key}/{act}", seen, klaim=str(claim_id))
        assert response.status_code == 303
        assert said in browser.get(here).get_data(as_text=True)
    response = factories.submit_form(browser, f"{here}{key}/buka", "/petugas/")
    assert "sudah menghitungnya" in browser.get(here).get_data(as_text=True)
    assert "Tidak ada pertanyaan warga yang belum ada klaimnya" in browser.get(here).get_data(as_text=True)


def test_both_lists_come_in_pages_and_an_act_leads_back_to_its_page(
    officer: Officer, sign_in: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(public_questions, "GROUPS_PER_PAGE", 2)
    keys = [add(f"hal {number}", counts=(9 - number,)) for number in range(5)]
    aside = [add(f"tepi {number}", counts=(9 - number,), set_aside_at=utc_now()) for number in range(3)]
    browser, here = sign_in(officer), "/petugas/ditanyakan/"

    def shown(address: str) -> tuple[list[str], str]:
        page = browser.get(address).get_data(as_text=True)
        return re.findall(r"(?:hal|tepi) \d(?=</p>)", page), page

    texts, page = shown(here)
    assert texts == ["hal 0", "hal 1"]
    assert "5 hal ditanyakan warga" in page
    assert f'href="{here}?page=2" rel="next">3 hal lagi' in page
    assert f'href="{here}?aside=1">Disisihkan <em>3</em>' in page
    texts, page = shown(f"{here}?page=2")
    assert texts == ["hal 2", "hal 3"]
    assert f'href="{here}?page=1" rel="prev"' not in page
    assert f'href="{here}" rel="prev"' in page
    assert f'action="{here}{keys[2]}/sisihkan?page=2"' in page
    assert shown(f"{here}?page=99")[0] == shown(f"{here}?page=3")[0] == ["hal 4"]
    assert shown(f"{here}?page=x")[0] == ["hal 0", "hal 1"]
    response = factories.submit_form(browser, f"{here}{keys[4]}/sisihkan?page=3", f"{here}?page=3")
    assert response.location == f"{here}?page=3"
    assert shown(response.location)[0] == ["hal 2", "hal 3"], "its page is empty now: the last one is shown"
    texts, page = shown(f"{here}?aside=1&page=2")
    assert (len(texts), "4 hal disisihkan" in page) == (2, True)
    response = factories.submit_form(browser, f"{here}{aside[0]}/kembalikan?aside=1&page=2", f"{here}?aside=1&page=2")
    assert response.location == f"{here}?aside=1&page=2"


@pytest.mark.usefixtures("shipped_model")
def test_the_officer_sees_that_the_claim_is_being_opened(officer: Officer, sign_in: Shown, now: datetime) -> None:
    key, browser, here = add(), sign_in(officer), "/petugas/ditanyakan/"
    factories.submit_form(browser, f"{here}{key}/buka", here)
    page = browser.get(here).get_data(as_text=True)
    assert "Klaim sedang dibuka dan sebentar lagi ada di antrean." in page
    assert "Klaim sedang dibuka dari pertanyaan ini" in page
    assert "Sisihkan" not in page
    pipeline.do_what_officers_asked(utc_now())
    assert MARKET not in browser.get(here).get_data(as_text=True)
    claim_id = db.session.scalar(sa.select(Demand.claim_id))
    assert browser.get(f"/petugas/klaim/{claim_id}").status_code == 200


def test_others_see_and_do_not_touch(approver: Officer, sign_in: Shown) -> None:
    key, browser = add(), sign_in(approver)
    page = browser.get("/petugas/ditanyakan/").get_data(as_text=True)
    assert MARKET in page
    assert "Buka klaim" not in page
    response = factories.submit_form(browser, f"/petugas/ditanyakan/{key}/buka", "/petugas/ditanyakan/")
    assert response.status_code == 403


def test_nobody_sees_it_without_signing_in(client: FlaskClient) -> None:
    assert client.get("/petugas/ditanyakan/").status_code == 302
