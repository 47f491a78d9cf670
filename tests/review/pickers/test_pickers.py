"""Pickers: what they offer, to whom, and that the way to the search page and back loses nothing."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient

from hoax_tracker.models import AuditEvent, Claim, ClaimStatus, Demand, Officer, RoleName, db
from hoax_tracker.review.pickers import PickerQuery, find_options, text_beyond_title
from tests import factories
from tests.review.test_public_questions import add as add_demand

SignIn = Callable[[Officer], FlaskClient]
ASIDE = {"X-Requested-With": "fetch"}
MARKET = "Besok pasar Oeba ditutup satu minggu karena perbaikan atap"


def offered(page: str) -> list[int]:
    """The values of the options in a fragment."""
    return [int(value) for value in re.findall(r'data-value="(\d+)"', page)]


def links_back(page: str) -> list[str]:
    """Where the buttons of a search page lead."""
    return [html.unescape(link) for link in re.findall(r'href="([^"]+)"[^>]*>Pilih<', page)]


def ask(browser: FlaskClient, act: str, **args: object) -> list[int]:
    """What the picker offers in place."""
    answer = browser.get(f"/petugas/pilih/{act}", query_string=args, headers=ASIDE)
    assert answer.status_code == 200
    return offered(answer.get_data(as_text=True))


def test_words_and_numbers_find_a_claim(officer: Officer, sign_in: SignIn) -> None:
    market, other = factories.make_claim(MARKET).id, factories.make_claim("Air mati di Oebobo").id
    browser = sign_in(officer)
    assert ask(browser, "gabung", claim=other, cari="penutupan pasar") == [market]
    assert ask(browser, "gabung", claim=other, cari="pasar perb") == [market]
    assert ask(browser, "gabung", claim=other, cari=f"klaim {market}") == [market]
    assert ask(browser, "gabung", claim=other, cari=str(other)) == []
    assert ask(browser, "gabung", claim=other, cari="tidak ada kata begini") == []


def test_what_is_near_is_offered_first(officer: Officer, sign_in: SignIn) -> None:
    factories.make_claim("Air mati di Oebobo")
    near = factories.make_claim(f"{MARKET}, pedagang pindah").id
    claim = factories.make_claim(MARKET).id
    group = add_demand("pasar oeba ditutup seminggu karena perbaikan atap ko")
    browser = sign_in(officer)
    assert ask(browser, "gabung", claim=claim)[0] == near
    assert set(ask(browser, "hitung", demand=group)) == {near, claim}
    assert ask(browser, "gabung") == []


def test_a_picker_offers_only_what_the_officer_may_choose(officer: Officer, sign_in: SignIn) -> None:
    claim = factories.make_claim("Air mati di Oebobo").id
    accusing = factories.make_claim(MARKET, accused_unit_id=officer.unit_id).id
    target = factories.make_claim(f"{MARKET} lagi").id
    factories.make_claim(f"{MARKET} sekali", status=ClaimStatus.MERGED, merged_into_id=target)
    closed = factories.make_claim(f"{MARKET} dulu", status=ClaimStatus.DISMISSED).id
    other = factories.make_officer("lain@kupang.example", RoleName.OFFICER, unit_code="dinkes")
    browser = sign_in(officer)
    assert set(ask(browser, "gabung", claim=claim, cari="pasar")) == {target, closed}
    assert ask(browser, "gabung", claim=claim, cari=str(accusing)) == []
    assert ask(browser, "hitung", cari="pasar") == [target]
    assert f"Klaim {accusing}" not in browser.get(f"/petugas/klaim/{claim}?into={accusing}").get_data(as_text=True)
    assert accusing in ask(sign_in(other), "gabung", claim=claim, cari="pasar")


@pytest.mark.parametrize("act", ["gabung", "tautkan", "hitung", "unit"])
@pytest.mark.parametrize("role", [RoleName.APPROVER, RoleName.AUDITOR, None])
def test_only_who_decides_may_search(app: APIFlask, sign_in: SignIn, act: str, role: RoleName | None) -> None:
    person = factories.make_officer("bukan@kupang.example", *([role] if role else []))
    factories.make_claim(MARKET)
    assert sign_in(person).get(f"/petugas/pilih/{act}?cari=pasar", headers=ASIDE).status_code == 403


def test_the_list_is_bounded(officer: Officer, sign_in: SignIn) -> None:
    for number in range(40):
        factories.make_claim(f"Pasar ditutup kabar ke-{number}")
    browser = sign_in(officer)
    assert len(ask(browser, "gabung", cari="pasar")) == 8
    page = browser.get("/petugas/pilih/gabung?claim=1&cari=pasar").get_data(as_text=True)
    assert len(links_back(page)) == 30
    assert "Hanya 30 yang terbaru" in page
    assert browser.get(f"/petugas/pilih/gabung?cari={'a' * 5000}").status_code == 200


def test_a_published_clarification_is_found_by_its_words_and_public_number(
    officer: Officer, approver: Officer, sign_in: SignIn
) -> None:
    factories.make_clarification(officer, None, title="Air PDAM rancangan")
    page = factories.make_clarification(officer, approver, number=4_711)
    claim = factories.make_claim("Air PDAM mati total").id
    browser = sign_in(officer)
    assert ask(browser, "tautkan", claim=claim, cari="PDAM mengalir") == [4_711]
    assert ask(browser, "tautkan", claim=claim, cari="klarifikasi 4711") == [4_711]
    assert ask(browser, "tautkan", claim=claim, cari=str(page.id)) == []
    shown = browser.get(f"/petugas/klaim/{claim}?clarification=4711").get_data(as_text=True)
    assert "Klarifikasi 4711" in shown


def test_a_unit_is_found_by_any_of_its_names_and_the_accused_one_last(officer: Officer, sign_in: SignIn) -> None:
    dinkes, pdam = factories.load_unit("dinkes").id, factories.load_unit("pdam").id
    claim = factories.make_claim(unit_id=pdam, accused_unit_id=dinkes).id
    browser = sign_in(officer)
    assert ask(browser, "unit", cari="kesehatan") == [dinkes]
    assert ask(browser, "unit", claim=claim, cari="kesehatan") == [dinkes]
    assert ask(browser, "unit", claim=claim)[0] == pdam
    options = browser.get("/petugas/pilih/unit", query_string={"claim": claim, "cari": "kesehatan"})
    assert "boleh ditanya, tidak diteruskan" in options.get_data(as_text=True)


def test_the_way_to_the_search_page_and_back_keeps_what_was_typed(officer: Officer, sign_in: SignIn) -> None:
    target, claim = factories.make_claim(MARKET).id, factories.make_claim("Pasar tutup", topic="water").id
    browser = sign_in(officer)
    reason = 'Sama, beda\nkata "& <b>'
    query = {"claim": claim, "back": "topic=water&page=1", "cari": "pasar oeba", "reason": reason, "version": 1}
    page = browser.get("/petugas/pilih/gabung", query_string=query).get_data(as_text=True)
    (back,) = links_back(page)
    parts = urlsplit(back)
    assert (parts.path, parts.fragment) == (f"/petugas/klaim/{claim}", "gabung")
    assert parse_qs(parts.query) == {"topic": ["water"], "into": [str(target)], "reason": [reason]}
    shown = browser.get(back).get_data(as_text=True)
    panel = shown[shown.index('id="gabung"') :]
    assert html.escape(reason) in panel.replace("&#34;", "&quot;")
    for told in (f"Klaim {target}", MARKET, "Baru", "belum ada unit"):
        assert told in panel, told
    assert f'name="into" value="{target}"' in panel
    unchosen = html.unescape(re.findall(r'href="([^"]+)">Kembali tanpa memilih', page)[0])
    assert html.escape("Sama, beda") in browser.get(unchosen).get_data(as_text=True)


def test_a_chosen_claim_that_changed_meanwhile_is_not_merged_into(officer: Officer, sign_in: SignIn) -> None:
    target, claim = factories.make_claim(MARKET), factories.make_claim("Pasar tutup")
    path, seen = f"/petugas/klaim/{claim.id}", target.version
    browser = sign_in(officer)
    target.version += 1
    db.session.commit()
    fields = {"version": claim.version, "into": target.id, "into_version": seen}
    answer = factories.submit_form(browser, f"{path}/gabung", path, **fields)
    assert answer.status_code == 409
    fields["into_version"] = target.version
    assert factories.submit_form(browser, f"{path}/gabung", path, **fields).status_code == 303
    assert db.session.get_one(Claim, claim.id).merged_into_id == target.id


def test_nothing_chosen_says_what_to_do(officer: Officer, sign_in: SignIn) -> None:
    claim = factories.make_claim(MARKET)
    browser, path = sign_in(officer), f"/petugas/klaim/{claim.id}"
    for act, said in (("gabung", "pilih dulu klaim yang sama"), ("tautkan", "pilih dulu klarifikasi")):
        answer = factories.submit_form(browser, f"{path}/{act}", path, version=claim.version, cari="pasar", reason="x")
        assert answer.status_code == 422
        assert said in answer.get_data(as_text=True)


def test_the_token_stays_out_of_the_address_of_a_search(officer: Officer, sign_in: SignIn) -> None:
    """A search button sends every field of its form by GET: the token is none of them."""
    claim = factories.make_claim(MARKET).id
    add_demand(MARKET)
    browser = sign_in(officer)
    for path in (f"/petugas/klaim/{claim}", "/petugas/ditanyakan/"):
        page = browser.get(path).get_data(as_text=True)
        forms = [form for form in re.findall(r"<form.*?</form>", page, re.DOTALL) if "formaction=" in form]
        assert forms, path
        for form in forms:
            assert not re.search(r'<input[^>]*name="csrf_token"', form), path
            assert re.search(r'<button class="btn[^"]*" name="csrf_token"', form), path


def test_counting_a_question_without_scripts(officer: Officer, sign_in: SignIn) -> None:
    target, group = factories.make_claim(MARKET).id, add_demand("pasar oeba tutup ko")
    browser = sign_in(officer)
    query = {"demand": group, "cari": "oeba", "back": "page=1"}
    (back,) = links_back(browser.get("/petugas/pilih/hitung", query_string=query).get_data(as_text=True))
    assert urlsplit(back).fragment == f"t{group}"
    shown = browser.get(back).get_data(as_text=True)
    assert f'name="klaim" value="{target}"' in shown
    assert "<details open>" in shown
    factories.submit_form(browser, f"/petugas/ditanyakan/{group}/gabung", "/petugas/ditanyakan/", klaim=target)
    assert db.session.get_one(Demand, group).claim_id == target
    assert "questions_joined" in db.session.scalars(db.select(AuditEvent.action)).all()


def test_an_unknown_claim_or_question_is_no_page(officer: Officer, sign_in: SignIn) -> None:
    browser = sign_in(officer)
    assert browser.get("/petugas/pilih/gabung?claim=999").status_code == 404
    assert browser.get("/petugas/pilih/hitung?demand=999").status_code == 404
    assert browser.get("/petugas/pilih/lain").status_code == 404


def test_the_text_of_an_option_does_not_repeat_its_title() -> None:
    assert text_beyond_title("Air mati…", "Air mati tujuh hari") == "… tujuh hari"
    assert text_beyond_title("Air mati", "Air mati") == ""
    assert text_beyond_title("Lain", "Air mati") == "Air mati"


def test_the_newest_come_first(app: APIFlask, officer: Officer) -> None:
    ids = [factories.make_claim(f"Pasar {n}", last_seen_at=factories.NOW + timedelta(n)).id for n in range(3)]
    with app.test_request_context():
        options = find_options("gabung", PickerQuery(q="pasar"), officer, 2)
    assert [option.value for option in options] == ids[:0:-1]
