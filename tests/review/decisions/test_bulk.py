"""Bulk acts: counted before, reported after, each claim checked and undone as if alone."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient

from hoax_tracker.claims import locks
from hoax_tracker.claims.recusal import first_accused_unit_id
from hoax_tracker.clock import utc_now
from hoax_tracker.models import Claim, ClaimStatus, Officer, RoleName, db
from hoax_tracker.notifications import notices
from hoax_tracker.review.decisions import labels, service
from hoax_tracker.review.decisions.service import DecisionChoice, DecisionKind
from tests import factories

SignIn = Callable[[Officer], FlaskClient]
PATH = "/petugas/banyak"


@pytest.fixture
def claims(app: APIFlask) -> list[Claim]:
    """Three claims that wait."""
    return [factories.make_claim(f"Kabar {number}") for number in range(3)]


def post(browser: FlaskClient, path: str, fields: Sequence[tuple[str, Any]]) -> str:
    """Send a form of the page to choose on, with fields that are there more than once; return the answer's page."""
    token = factories.csrf_token_in(browser.get(PATH).get_data(as_text=True))
    data: dict[str, Any] = {"csrf_token": token}
    for name, value in fields:
        data.setdefault(name, []).append(str(value))
    sent = browser.post(path, data=data)
    assert sent.status_code == 200
    return sent.get_data(as_text=True)


def hidden(page: str) -> list[tuple[str, str]]:
    """What the form of a page would send, but its token."""
    found = re.findall(r'<input type="hidden" name="([a-z_]+)" value="([^"]*)">', page.split("<main", 1)[1])
    return [(name, html.unescape(value)) for name, value in found if name != "csrf_token"]


def picked(claims: list[Claim]) -> list[tuple[str, Any]]:
    """The boxes of claims as they are now."""
    return [("claim", f"{claim.id}:{claim.version}") for claim in claims]


def fresh(claims: list[Claim]) -> list[Claim]:
    """The claims read anew."""
    db.session.expire_all()
    return claims


def test_closed_together_said_and_taken_back(claims: list[Claim], officer: Officer, sign_in: SignIn) -> None:
    browser = sign_in(officer)
    page = browser.get(PATH).get_data(as_text=True)
    assert page.count('type="checkbox" name="claim"') == 3
    fields = [*picked(claims), ("act", "tutup"), ("decision", "dismiss"), ("reason", "Sudah <b>lewat</b>.")]
    sure = post(browser, PATH, fields)
    assert "Lakukan dengan 3 klaim" in sure
    assert "Sudah &lt;b&gt;lewat&lt;/b&gt;." in sure
    assert [claim.status for claim in fresh(claims)] == [ClaimStatus.NEW] * 3, "nothing is done before it is counted"
    first = claims[0]
    service.decide_claim(first.id, 1, DecisionChoice(DecisionKind.INVESTIGATE), officer=officer, now=utc_now())
    done = post(
        browser, PATH, [(name, value.replace("&lt;", "<").replace("&gt;", ">")) for name, value in hidden(sure)]
    )
    assert "2 klaim selesai" in done
    assert "1 klaim dilewati" in done
    assert f"{officer.name} lebih dulu: «{DecisionKind.INVESTIGATE.label}»" in done
    closed = ClaimStatus.DISMISSED
    assert [claim.status for claim in fresh(claims)] == [ClaimStatus.INVESTIGATING, closed, closed]
    assert claims[1].decisions[-1].reason == "Sudah <b>lewat</b>."
    back = post(browser, f"{PATH}/urungkan", hidden(done))
    assert "Diurungkan: 2 klaim selesai" in back
    assert [claim.status for claim in fresh(claims)] == [ClaimStatus.INVESTIGATING, ClaimStatus.NEW, ClaimStatus.NEW]


def test_given_to_a_unit_together(claims: list[Claim], officer: Officer, sign_in: SignIn) -> None:
    nurse = factories.make_officer("dinkes@kupang.example", RoleName.OFFICER, unit_code="dinkes")
    dinkes, pdam = factories.load_unit("dinkes").id, factories.load_unit("pdam").id
    factories.accuse_unit(claims[0], dinkes)
    factories.accuse_unit(claims[1], pdam)
    db.session.commit()
    browser = sign_in(officer)
    sure = post(browser, PATH, [*picked(claims), ("act", "teruskan"), ("unit_id", dinkes)])
    assert "Teruskan ke Dinas Kesehatan: 3 klaim" in sure
    done = post(browser, PATH, hidden(sure))
    assert "Klaim ini menuduh perangkat daerah itu" in done
    assert [claim.unit_id for claim in fresh(claims)] == [None, dinkes, dinkes]
    assert first_accused_unit_id(claims[1]) == pdam, "whom a claim accuses stays as it is noted"
    assert len(notices.list_unseen_notices(nurse)) == 2
    post(browser, f"{PATH}/urungkan", hidden(done))
    assert [claim.unit_id for claim in fresh(claims)] == [None] * 3
    assert notices.list_unseen_notices(nurse) == []


def test_labelled_together_and_only_what_was_added_comes_off(
    claims: list[Claim], officer: Officer, sign_in: SignIn
) -> None:
    labels.add_labels(claims[0].id, "bansos", officer=officer, now=utc_now())
    browser = sign_in(officer)
    sure = post(browser, PATH, [*picked(claims), ("act", "label"), ("labels", "Bansos, Penipuan")])
    done = post(browser, PATH, hidden(sure))
    assert "Pasang label bansos, penipuan: 3 klaim selesai" in done

    def names() -> list[list[str]]:
        return [[tag.name for tag in labels.tags_of_claim(claim)] for claim in fresh(claims)]

    assert names() == [["bansos", "penipuan"]] * 3
    post(browser, f"{PATH}/urungkan", hidden(done))
    assert names() == [["bansos"], [], []]


def test_held_by_somebody_else_is_left(claims: list[Claim], officer: Officer, sign_in: SignIn) -> None:
    other = factories.make_officer("lain@kupang.example", RoleName.OFFICER)
    locks.lock_claim(claims[0].id, officer=other, now=utc_now())
    fields = [*picked(claims), ("act", "tutup"), ("decision", "not_a_claim"), ("sure", "1")]
    done = post(sign_in(officer), PATH, fields)
    assert "Lain sedang mengerjakan klaim ini" in done
    assert "2 klaim selesai" in done


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"act": "tutup", "decision": "dismiss", "reason": " "}, "Tulis alasannya"),
        ({"act": "tutup", "decision": "dismiss", "reason": "x" * 2001}, "Paling banyak 2000 huruf"),
        ({"act": "teruskan", "unit_id": "999"}, "Pilih perangkat daerah"),
        ({"act": "label", "labels": ","}, "Tulis labelnya"),
        ({"act": "", "reason": "Ketikan saya"}, "Pilih apa yang dilakukan"),
        ({"act": "tutup", "decision": "not_a_claim", "claim": "x:1"}, "Pilih dulu klaimnya"),
    ],
)
def test_what_lacks_is_said_and_nothing_lost(
    claims: list[Claim], officer: Officer, sign_in: SignIn, fields: dict[str, str], words: str
) -> None:
    given = {"claim": f"{claims[1].id}:1"} | fields
    sent = factories.submit_form(sign_in(officer), PATH, PATH, **given)
    page = sent.get_data(as_text=True)
    assert sent.status_code == 422
    assert words in page
    assert (f'value="{claims[1].id}:1" checked' in page) is (given["claim"] != "x:1")
    assert fields.get("reason", "") in page
    assert [claim.version for claim in fresh(claims)] == [1, 1, 1]


def test_a_decision_that_is_another_officers_or_none_is_not_taken_back(
    claims: list[Claim], officer: Officer, sign_in: SignIn
) -> None:
    other = factories.make_officer("lain@kupang.example", RoleName.OFFICER)
    outcome = service.decide_claim(
        claims[0].id, 1, DecisionChoice(DecisionKind.NOT_A_CLAIM), officer=other, now=utc_now()
    )
    page = post(sign_in(officer), f"{PATH}/urungkan", [("decision", outcome.decision_id), ("decision", 999)])
    assert "Hanya Lain yang dapat mengurungkan" in page
    assert "2 klaim dilewati" in page
    assert fresh(claims)[0].status is ClaimStatus.DISMISSED


def test_who_decides_nothing_chooses_nothing(claims: list[Claim], approver: Officer, sign_in: SignIn) -> None:
    browser = sign_in(approver)
    assert browser.get(PATH).status_code == 403
    assert "Pilih beberapa sekaligus" not in browser.get("/petugas/").get_data(as_text=True)


def test_all_of_the_page_are_ticked_without_scripts(claims: list[Claim], officer: Officer, sign_in: SignIn) -> None:
    browser = sign_in(officer)
    ticked = post(browser, PATH, [("semua", "1"), ("act", "tutup"), ("reason", "Kabar lama")])
    assert ticked.count(" checked>") == 3
    assert "3 dipilih" in ticked
    assert '<option value="tutup" selected>' in ticked
    assert "Kabar lama</textarea>" in ticked
    assert {claim.status for claim in fresh(claims)} == {ClaimStatus.NEW}
    assert post(browser, PATH, [*picked(claims), ("semua", "0")]).count(" checked>") == 0


def test_the_acts_stand_over_the_list(claims: list[Claim], officer: Officer, sign_in: SignIn) -> None:
    page = sign_in(officer).get(PATH).get_data(as_text=True)
    assert page.index('name="act"') < page.index(">Lanjut<") < page.index('name="claim"')
