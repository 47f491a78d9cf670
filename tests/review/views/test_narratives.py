"""The pages of narratives: what they show, each act with its undo, and what is refused in words."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient

from hoax_tracker.models import (
    Claim,
    ClaimStatus,
    Clarification,
    Narrative,
    NarrativeClaim,
    NarrativeOrigin,
    Officer,
    RoleName,
    db,
)
from hoax_tracker.review.narratives.membership import find_narrative_id
from tests import factories
from tests.review.narratives.stories import JULY, MARCH, OTHER, add_sightings, make_edition
from tests.review.views.test_browser import enter

SignIn = Callable[[Officer], FlaskClient]
FRAGMENT = {"X-Requested-With": "fetch"}


def read(browser: FlaskClient, address: str, **headers: Any) -> str:
    answer = browser.get(address, **headers)
    assert answer.status_code == 200, answer.status
    return unescape(answer.get_data(as_text=True))


def send(browser: FlaskClient, address: str, status: int = 303, **fields: Any) -> str:
    """Post a form, and return the page that it leads to, or the one that refuses it."""
    token = factories.csrf_token_in(browser.get("/petugas/narasi/").get_data(as_text=True))
    answer = browser.post(address, data={"csrf_token": token, **fields})
    assert answer.status_code == status, answer.get_data(as_text=True)[:2_000]
    return read(browser, answer.location) if status == 303 else unescape(answer.get_data(as_text=True))


def button_after(page: str, word: str) -> tuple[str, dict[str, str]]:
    """The address and hidden fields of the form whose button says the word."""
    for form in re.findall(r"<form.*?</form>", page, re.DOTALL):
        if word in form and (action := re.search(r'action="([^"]+)"', form)):
            return action[1], dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', form))
    raise AssertionError(f"no button {word}")


def press(browser: FlaskClient, page: str, word: str) -> str:
    """Press a button that stands on a page."""
    address, fields = button_after(page, word)
    return send(browser, address, **fields)


@pytest.mark.slow
def test_a_suggestion_is_accepted_with_one_click_and_undone(app: APIFlask, officer: Officer, sign_in: SignIn) -> None:
    earlier = make_edition(MARCH, 120, status=ClaimStatus.CLARIFIED)
    claim = make_edition(JULY)
    browser = sign_in(officer)
    assert f'data-decided="/petugas/klaim/{claim.id}/narasi"' in read(browser, f"/petugas/klaim/{claim.id}")
    part = read(browser, f"/petugas/klaim/{claim.id}/narasi", headers=FRAGMENT)
    assert "<html" not in part
    assert "Klaim serupa:" in part
    assert re.search(r"Tanggal: <b[^>]*>1 Juli</b>, di sana <b[^>]*>1 Maret</b>", part)
    assert "120 hari tidak terlihat di antaranya." in part
    page = press(browser, part, "Ya, satu narasi")
    assert "Bagian dari narasi" in page
    rows = db.session.query(NarrativeClaim).all()
    assert {row.claim_id for row in rows} == {earlier.id, claim.id}
    assert {row.origin for row in rows} == {NarrativeOrigin.SUGGESTION}
    narrative_id = rows[0].narrative_id
    page = press(browser, page, "Urungkan")
    assert find_narrative_id(claim.id) is None
    press(browser, page, "Urungkan")
    assert find_narrative_id(claim.id) == narrative_id


def test_a_refused_suggestion_is_gone_until_it_is_undone(app: APIFlask, officer: Officer, sign_in: SignIn) -> None:
    make_edition(MARCH, 120)
    address = f"/petugas/klaim/{make_edition(JULY).id}/narasi"
    browser = sign_in(officer)
    page = press(browser, read(browser, address), ">Bukan<")
    assert "Saran ini tidak muncul lagi." in page
    assert "Ya, satu narasi" not in page
    assert "Ya, satu narasi" in press(browser, page, "Urungkan")


def test_claims_and_narratives_are_found_by_hand(app: APIFlask, officer: Officer, sign_in: SignIn) -> None:
    claim, other, third = make_edition(JULY), make_edition(OTHER), make_edition("Pasar Oeba tutup")
    narrative = factories.make_narrative(officer, third, title="Pasar tutup")
    browser = sign_in(officer)
    address = f"/petugas/klaim/{claim.id}/narasi"
    assert "Tidak ada narasi atau klaim dengan kata itu." in read(browser, f"{address}?cari=zzz")
    page = read(browser, f"{address}?cari=pasar")
    assert f'name="narrative" value="{narrative.id}"' in page
    page = read(browser, f"{address}?cari={other.id}")
    assert f'name="other" value="{other.id}"' in page
    page = send(browser, f"{address}/satukan", other=other.id, reason="Pola yang sama")
    assert find_narrative_id(claim.id) == find_narrative_id(other.id) != narrative.id
    shown = read(browser, f"/petugas/narasi/{find_narrative_id(claim.id)}")
    assert "Pola yang sama" in shown


def test_a_new_narrative_keeps_what_was_typed_when_it_is_refused(
    app: APIFlask, officer: Officer, sign_in: SignIn
) -> None:
    claim = make_edition(JULY)
    browser, address = sign_in(officer), f"/petugas/klaim/{claim.id}/narasi/baru"
    page = send(browser, address, 422, title="Gaji honorer", notes="x" * 2001)
    assert 'value="Gaji honorer"' in page
    assert "x" * 2001 in page
    assert "paling banyak 2000 huruf" in page
    page = send(browser, address, title="Gaji honorer", notes="Tiap tahun")
    assert "Gaji honorer" in page
    assert find_narrative_id(claim.id)


def test_a_narrative_shows_its_claims_waves_and_history(
    app: APIFlask, officer: Officer, approver: Officer, sign_in: SignIn
) -> None:
    earlier, claim = make_edition(MARCH, 120, status=ClaimStatus.CLARIFIED), make_edition(JULY)
    answer = factories.make_clarification(officer, approver, title="Gaji honorer tetap dibayar")
    earlier.clarifications.append(answer)  # type: ignore[attr-defined]
    add_sightings(claim, claim.last_seen_at + timedelta(hours=1))
    narrative = factories.make_narrative(officer, earlier, claim)
    browser = sign_in(officer)
    page = read(browser, f"/petugas/narasi/{narrative.id}")
    assert f"<h1>{earlier.title}</h1>" in page
    assert page.index(f"Klaim {claim.id}: ") < page.index(f"Klaim {earlier.id}: ")
    assert "2 gelombang sejak 27 Juli 2026" in page
    assert "<svg" in page
    assert f'<a href="/petugas/klarifikasi/{answer.id}">Gaji honorer tetap dibayar</a>' in page
    assert "HOAKS" in page.upper()
    page = send(browser, f"/petugas/narasi/{narrative.id}/ubah", version=1, title="Gaji", notes="Tiap tahun")
    assert "<h1>Gaji</h1>" in page
    assert "<b>Mengubah judul atau catatan.</b>" in page
    page = press(browser, page, "Keluarkan")
    assert find_narrative_id(claim.id) is None
    listed = read(browser, "/petugas/narasi/")
    assert "1 klaim, <b>1 gelombang</b>" in listed


def test_two_officers_at_one_narrative_lose_nothing(app: APIFlask, officer: Officer, sign_in: SignIn) -> None:
    narrative = factories.make_narrative(officer, make_edition(MARCH), title="Gaji")
    colleague = factories.make_officer("rekan@kupang.example", RoleName.OFFICER)
    address = f"/petugas/narasi/{narrative.id}/ubah"
    send(sign_in(officer), address, version=1, title="Gaji honorer", notes="")
    page = send(sign_in(colleague), address, 409, version=1, title="Honorer", notes="Catatan panjang")
    assert f"{officer.name} lebih dulu: «Mengubah judul atau catatan»" in page
    assert 'value="Honorer"' in page
    assert "Catatan panjang</textarea>" in page


def test_narratives_are_merged_and_separated(app: APIFlask, officer: Officer, sign_in: SignIn) -> None:
    claim = make_edition(MARCH)
    first = factories.make_narrative(officer, claim, title="Gaji honorer")
    second = factories.make_narrative(officer, make_edition(JULY), title="Honorer dihapus")
    browser = sign_in(officer)
    page = press(browser, read(browser, f"/petugas/narasi/{first.id}?cari=honorer"), "Gabungkan ke sana")
    assert find_narrative_id(claim.id) == second.id
    assert "<h1>Honorer dihapus</h1>" in page
    assert "Gaji honorer" not in read(browser, "/petugas/narasi/")
    page = press(browser, read(browser, f"/petugas/narasi/{first.id}"), "Pisahkan lagi")
    assert find_narrative_id(claim.id) == first.id
    page = send(browser, f"/petugas/narasi/{first.id}/gabung", version=99, into=second.id)
    assert "lebih dulu" in page
    db.session.expire_all()
    page = send(browser, f"/petugas/narasi/{first.id}/gabung", version=first.version, into=9999)
    assert "Tidak ada narasi dengan nomor itu." in page


def test_a_draft_is_begun_from_the_earlier_answer(
    app: APIFlask, officer: Officer, approver: Officer, sign_in: SignIn
) -> None:
    earlier, claim = make_edition(MARCH, 120, status=ClaimStatus.CLARIFIED), make_edition(JULY)
    answer = factories.make_clarification(officer, approver, claim_quote=MARCH, findings="Dibantah 1 Maret.")
    earlier.clarifications.append(answer)  # type: ignore[attr-defined]
    factories.make_narrative(officer, earlier, claim)
    browser = sign_in(officer)
    part = read(browser, f"/petugas/klaim/{claim.id}/narasi", headers=FRAGMENT)
    page = press(browser, part, "Susun dari jawaban ini")
    assert "Disusun dari klarifikasi nomor 1:" in page
    assert "«dulu 1 Maret, sekarang …»" in page
    draft = db.session.query(Clarification).order_by(Clarification.id.desc()).first()
    assert draft is not None
    assert draft.findings == "Dibantah «dulu 1 Maret, sekarang …»."
    assert "Susun dari jawaban ini" in read(browser, f"/petugas/klaim/{claim.id}/narasi", headers=FRAGMENT)
    page = press(browser, part, "Susun dari jawaban ini")  # from the page as it was
    assert "lebih dulu" in page


def test_the_list_is_searched_and_sorted(app: APIFlask, officer: Officer, sign_in: SignIn) -> None:
    twice, once = make_edition(MARCH, 10), make_edition(OTHER)
    add_sightings(twice, factories.NOW - timedelta(days=200))
    old = factories.make_narrative(officer, twice, title="Gaji 100% honorer")
    new = factories.make_narrative(officer, once)
    browser = sign_in(officer)

    def order(query: str = "") -> list[int]:
        return [
            int(key)
            for key in re.findall(r'class="go" href="/petugas/narasi/(\d+)"', read(browser, f"/petugas/narasi/{query}"))
        ]

    assert order() == [new.id, old.id]
    assert order("?urut=gelombang") == [old.id, new.id]
    assert order("?urut=tidak-ada") == [new.id, old.id]
    assert order("?q=bpjs oesapa") == [new.id]
    assert order("?q=100%25") == [old.id]
    assert order("?q=%25") == [old.id]
    assert order("?q=_") == []
    assert order("?page=99999") == []


def test_an_empty_desk_says_what_a_narrative_is_and_where_to_begin(
    app: APIFlask, officer: Officer, sign_in: SignIn
) -> None:
    assert "Belum ada narasi" in read(sign_in(officer), "/petugas/narasi/")


def test_who_may_not_decide_reads_and_changes_nothing(app: APIFlask, officer: Officer, sign_in: SignIn) -> None:
    make_edition(MARCH, 120)
    claim: Claim = make_edition(JULY, accused_unit_id=factories.load_unit("dinkes").id)
    narrative = factories.make_narrative(officer, claim, title="Gaji")
    accused = factories.make_officer("dinkes@kupang.example", RoleName.OFFICER, unit_code="dinkes")
    browser = sign_in(accused)
    part = read(browser, f"/petugas/klaim/{claim.id}/narasi", headers=FRAGMENT)
    assert "<button" not in part
    page = read(browser, f"/petugas/narasi/{narrative.id}")
    assert f"/petugas/klaim/{claim.id}/narasi/keluar" not in page
    assert "Judul dan catatan" not in page
    page = send(browser, f"/petugas/klaim/{claim.id}/narasi/keluar", narrative=narrative.id)
    assert "menuduh perangkat daerah Anda" in page
    assert find_narrative_id(claim.id) == narrative.id
    page = send(browser, f"/petugas/narasi/{narrative.id}/ubah", 403, version=1, title="Biasa", notes="")
    assert "menuduh perangkat daerah Anda" in page
    assert db.session.get_one(Narrative, narrative.id).title == "Gaji"


def test_the_accused_unit_reads_and_finds_no_notes_and_reasons(
    app: APIFlask, officer: Officer, sign_in: SignIn
) -> None:
    """Nor those of a narrative whose claims a merge took elsewhere. As with the notes of a claim."""
    claim: Claim = make_edition(MARCH, accused_unit_id=factories.load_unit("dinkes").id)
    narrative = factories.make_narrative(officer, claim, title="Gaji", notes="Pelapornya bidan puskesmas")
    into = factories.make_narrative(officer, make_edition(OTHER), title="Lain")
    colleague = sign_in(officer)
    send(colleague, f"/petugas/klaim/{make_edition(JULY).id}/narasi/masuk", narrative=narrative.id, reason="Kata bidan")
    accused = factories.make_officer("dinkes@kupang.example", RoleName.OFFICER, unit_code="dinkes")
    for browser, is_read in ((colleague, True), (sign_in(accused), False)):
        page = read(browser, f"/petugas/narasi/{narrative.id}")
        assert ("Pelapornya bidan" in page) is is_read
        assert page.count("Kata bidan") == (2 if is_read else 0)
        assert ("Gaji" in read(browser, "/petugas/narasi/?q=pelapornya")) is is_read
        assert "Gaji" in read(browser, "/petugas/narasi/?q=gaji")
    version = db.session.get_one(Narrative, narrative.id).version
    send(colleague, f"/petugas/narasi/{narrative.id}/gabung", version=version, into=into.id)
    assert "Pelapornya bidan" in read(colleague, f"/petugas/narasi/{narrative.id}")
    assert "Pelapornya bidan" not in read(sign_in(accused), f"/petugas/narasi/{narrative.id}")


def test_refused_suggestions_are_listed_and_allowed_again(app: APIFlask, officer: Officer, sign_in: SignIn) -> None:
    earlier, claim = make_edition(MARCH, 120), make_edition(JULY)
    address, browser = f"/petugas/klaim/{claim.id}/narasi", sign_in(officer)
    assert 'id="ditolak"' not in read(browser, address)
    press(browser, read(browser, address), ">Bukan<")
    page = read(browser, address)
    assert 'id="ditolak"' in page
    assert f"Klaim {earlier.id}: " in page
    assert "Ya, satu narasi" in press(browser, page, "Bolehkan lagi")
    assert 'id="ditolak"' not in read(browser, address)


def test_a_claim_that_is_put_back_keeps_its_reason_and_origin(app: APIFlask, officer: Officer, sign_in: SignIn) -> None:
    make_edition(MARCH, 120)
    claim = make_edition(JULY)
    browser, address = sign_in(officer), f"/petugas/klaim/{claim.id}/narasi"
    other = db.session.query(Claim).filter(Claim.id != claim.id).one()
    send(browser, f"{address}/satukan", other=other.id, saran=1, reason="Pola «yang» sama")
    page = press(browser, read(browser, address), "Keluarkan dari narasi ini")
    press(browser, page, "Urungkan")
    row = db.session.query(NarrativeClaim).filter_by(claim_id=claim.id).one()
    assert (row.reason, row.origin) == ("Pola «yang» sama", NarrativeOrigin.SUGGESTION)


def test_the_page_reads_well_in_english(app: APIFlask, officer: Officer, sign_in: SignIn) -> None:
    """«Keluarkan» is "Sign out" elsewhere, «Minggu» is Sunday, and «Catatan» are the entries of a log."""
    narrative = factories.make_narrative(officer, make_edition(MARCH), notes="Tiap tahun")
    browser = sign_in(officer)
    browser.set_cookie("bahasa", "en")
    page = read(browser, f"/petugas/narasi/{narrative.id}")
    assert '<button class="plain">Take out of the narrative<' in page
    assert '<th scope="col">Week</th>' in page
    assert '<h2 id="catatan">Notes for officers</h2>' in page


def test_an_approver_reads_alone(app: APIFlask, officer: Officer, approver: Officer, sign_in: SignIn) -> None:
    narrative = factories.make_narrative(officer, make_edition(MARCH))
    browser = sign_in(approver)
    assert "Judul dan catatan" not in read(browser, f"/petugas/narasi/{narrative.id}")
    assert browser.post(f"/petugas/narasi/{narrative.id}/ubah").status_code in (400, 403)
    assert browser.get("/petugas/narasi/9999").status_code == 404


@pytest.mark.slow
def test_a_suggestion_opens_its_part_by_itself(address: str, chromium: Any, officer: Officer) -> None:
    make_edition(MARCH, 120, status=ClaimStatus.CLARIFIED)
    claim_id = make_edition(JULY).id
    page = chromium.new_context(viewport={"width": 1280, "height": 800}).new_page()
    enter(page, address, officer)
    page.goto(f"{address}/petugas/klaim/{claim_id}")
    page.click("[data-suggested] >> text=Ya, satu narasi")
    page.wait_for_selector(".notice >> text=kini di")
    assert page.locator("details:has(#narasi) >> text=2 klaim").is_visible()
    assert page.locator("details:has(#serupa)").get_attribute("open") is None
    db.session.rollback()
    assert find_narrative_id(claim_id) is not None
