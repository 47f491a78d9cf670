"""The drafting pages without scripts: typed text survives, and nobody exceeds their role."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from apiflask import APIFlask
from flask import current_app
from flask.testing import FlaskClient

from hoax_tracker.authority import proposals
from hoax_tracker.clarify import corrections
from hoax_tracker.core.audit import chain_check
from hoax_tracker.models import (
    AuditEvent,
    Claim,
    ClaimStatus,
    Clarification,
    ClarificationStatus,
    Officer,
    Question,
    RoleName,
    db,
)
from tests import factories
from tests.clarify.conftest import Drafting

SignIn = Callable[[Officer], FlaskClient]
TYPED = {
    "title": "Air PDAM tetap mengalir di seluruh kota",
    "verdict": "hoaks",
    "summary": "Tidak ada pipa yang pecah.",
    "claim_quote": "Mulai Senin air PDAM mati total tujuh hari",
    "findings": "Perumda menyatakan **tidak ada** pipa pecah [1].\r\n\r\n<script>alert(1)</script>",
    "conclusion": "Tidak perlu menimbun air.",
    "topic": "water",
    "unit_id": "3",
    "circulated_since": "2026-11-22",
    "sources-0-title": "Jadwal",
    "sources-0-url": "https://pdam.example/jadwal",
    "sources-0-dated": "2026-11-23",
    "sources-1-title": "",
    "sources-1-url": "",
}


def begin(browser: FlaskClient, claim: Claim) -> str:
    """Draft from the claim's page and return the address of the draft."""
    response = factories.submit_form(
        browser, f"/petugas/klarifikasi/klaim/{claim.id}/rancangan", "/petugas/klarifikasi/", version=claim.version
    )
    assert response.status_code == 303
    return str(response.location).removesuffix("/sunting")


def post(browser: FlaskClient, path: str, page: str, **fields: object) -> tuple[int, str]:
    """Post a form, follow where it leads, and return (status, page)."""
    token = factories.csrf_token_in(browser.get(page).get_data(as_text=True))
    response = browser.post(path, data={"csrf_token": token, **fields}, follow_redirects=True)
    return response.status_code, response.get_data(as_text=True)


def version_of(page: Clarification) -> int:
    """The version now in the database."""
    db.session.expire_all()
    return page.version


def test_an_empty_list_offers_the_first_act(officer: Officer, sign_in: SignIn) -> None:
    page = sign_in(officer).get("/petugas/klarifikasi/").get_data(as_text=True)
    assert "Belum ada klarifikasi</h2>" in page
    assert "Ke antrean" in page


def test_the_whole_way_by_forms(
    claim: Claim, officer: Officer, approver: Officer, sign_in: SignIn, client: FlaskClient
) -> None:
    author, second = sign_in(officer), sign_in(approver)
    path = begin(author, claim)
    form = author.get(f"{path}/sunting").get_data(as_text=True)
    assert claim.text in form
    assert "Satu kalimat yang benar, bukan isi hoaksnya" in form
    page = db.session.scalars(db.select(Clarification)).one()
    status, text = post(author, f"{path}/sunting", f"{path}/sunting", version=page.version, **TYPED)
    assert status == 200
    assert "Rancangan tersimpan." in text
    assert "<strong>tidak ada</strong>" in text
    assert '<a href="#r1"' in text
    assert "<script>alert" not in text
    post(author, f"{path}/ajukan", path, version=version_of(page))
    status, text = post(second, f"{path}/setujui", path, version=version_of(page))
    assert "Klaim dan aduan yang tertaut sudah terjawab." in text
    db.session.expire_all()
    assert (page.status, claim.status) == (ClarificationStatus.PUBLISHED, ClaimStatus.CLARIFIED)
    assert client.get(f"/klarifikasi/{page.slug}").status_code == 200
    changed = TYPED | {"note": "Ringkasan diperjelas.", "summary": "Tidak ada satu pun pipa yang pecah."}
    status, text = post(author, f"{path}/koreksi", f"{path}/koreksi", version=page.version, **changed)
    assert "Koreksi diusulkan." in text
    assert "satu pun" not in client.get(f"/klarifikasi/{page.slug}").get_data(as_text=True)
    text = second.get(path).get_data(as_text=True)
    assert "<del>Tidak ada pipa yang pecah.</del>" in text
    assert "<ins>Tidak ada satu pun pipa yang pecah.</ins>" in text
    post(second, f"{path}/setujui-usulan", path, version=version_of(page))
    public = client.get(f"/klarifikasi/{page.slug}").get_data(as_text=True)
    assert "satu pun" in public
    assert "Ringkasan diperjelas." in public
    assert chain_check.verify_chain().broken_at is None


def test_a_page_is_approved_where_it_is_read_and_not_from_the_list(
    claim: Claim, submitted: Drafting, approver: Officer, sign_in: SignIn
) -> None:
    page, browser = submitted(claim), sign_in(approver)
    (row,) = proposals.list_open(["clarification"])
    listed = browser.get("/petugas/menunggu").get_data(as_text=True)
    assert f'<a class="btn" href="/petugas/klarifikasi/{page.id}">Baca, lalu putuskan' in listed
    sent = {"seen": proposals.proposal_digest(row)}
    path = f"/petugas/menunggu/{row.id}/setujui"
    assert factories.submit_form(browser, path, "/petugas/menunggu", **sent).status_code == 403
    assert page.status is ClarificationStatus.AWAITING_APPROVAL


def test_a_day_that_has_not_come_is_refused(claim: Claim, officer: Officer, sign_in: SignIn) -> None:
    browser = sign_in(officer)
    path = begin(browser, claim)
    for field in ("circulated_since", "sources-0-dated"):
        version = version_of(db.session.scalars(db.select(Clarification)).one())
        typed = TYPED | {field: "2055-11-22", "act": "simpan"}
        status, text = post(browser, f"{path}/sunting", f"{path}/sunting", version=version, **typed)
        assert (status, "Tanggal itu belum tiba" in text) == (422, True), field


def test_a_later_answer_is_shown_and_put_in(claim: Claim, officer: Officer, sign_in: SignIn) -> None:
    browser = sign_in(officer)
    path = begin(browser, claim)
    page = db.session.scalars(db.select(Clarification)).one()
    assert "sisipkan" not in browser.get(f"{path}/sunting").get_data(as_text=True)
    late, unit = page.created_at + timedelta(days=1), factories.load_unit("dinkes")
    asked = {"asked_by_id": officer.id, "asked_at": page.created_at, "due_at": late, "unit_id": unit.id}
    nurse = factories.make_officer("dinkes@kupang.example", unit_code="dinkes")
    answer = {"answer": "Tidak ada <b>wabah</b>.", "answered_at": late, "closed_at": late, "answered_by_id": nurse.id}
    db.session.add(Question(claim_id=claim.id, text="Benarkah?", **asked, **answer))
    db.session.commit()
    assert "Tidak ada &lt;b&gt;wabah&lt;/b&gt;." in browser.get(f"{path}/sunting").get_data(as_text=True)
    wrong = TYPED | {"circulated_since": "22-11-2026", "act": "sisipkan"}
    status, text = post(browser, f"{path}/sunting", f"{path}/sunting", version=1, **wrong)
    assert (status, "Tanggal itu tidak ada" in text, "Tidak ada &lt;b&gt;wabah" in text) == (422, True, True)
    full = TYPED | {"findings": "kata " * 3_999, "act": "sisipkan"}
    status, text = post(browser, f"{path}/sunting", f"{path}/sunting", version=version_of(page), **full)
    assert (status, "tidak muat lagi" in text, "jawaban belum disisipkan</h2>" in text) == (422, True, True)
    assert (version_of(page), page.findings) == (3, ("kata " * 3_999).strip()), "said, and what was typed is stored"
    put_in = TYPED | {"act": "sisipkan"}
    status, text = post(browser, f"{path}/sunting", f"{path}/sunting", version=version_of(page), **put_in)
    assert (status, 'value="sisipkan"' in text) == (200, False), "shown again, and nothing is missing"
    db.session.expire_all()
    assert page.findings.startswith("Perumda menyatakan **tidak ada** pipa pecah [1].")
    assert page.findings.endswith(": Tidak ada <b>wabah</b>.")
    assert page.title == TYPED["title"], "what was typed is kept with it"


def test_a_stale_draft_form_overwrites_nothing(claim: Claim, officer: Officer, sign_in: SignIn) -> None:
    browser = sign_in(officer)
    path = begin(browser, claim)
    page = db.session.scalars(db.select(Clarification)).one()
    post(browser, f"{path}/sunting", f"{path}/sunting", version=1, **TYPED)
    late = TYPED | {"title": "Judul dari tab lama"}
    status, text = post(browser, f"{path}/sunting", f"{path}/sunting", version=1, **late)
    assert status == 409
    assert "Judul dari tab lama" in text
    assert f"{officer.name} lebih dulu: «Menyunting rancangan»" in text
    db.session.expire_all()
    assert page.title == TYPED["title"]


def test_a_session_that_ended_gives_back_what_was_typed(claim: Claim, officer: Officer, sign_in: SignIn) -> None:
    browser = sign_in(officer)
    path = begin(browser, claim)
    browser.delete_cookie(current_app.config["SESSION_COOKIE_NAME"])
    ours = {"Sec-Fetch-Site": "same-origin"}
    response = browser.post(f"{path}/sunting", data={"csrf_token": "x", "version": "1", **TYPED}, headers=ours)
    text = response.get_data(as_text=True)
    assert response.status_code == 401
    assert "Tidak perlu menimbun air." in text
    assert "&lt;script&gt;" in text
    token = factories.csrf_token_in(text)
    factories.submit_form(browser, "/petugas/masuk", email=officer.email, password=factories.PASSWORD)
    again = browser.post(f"{path}/sunting", data={"csrf_token": token, "version": "1", **TYPED}, headers=ours)
    assert (again.status_code, again.location) == (303, path)
    db.session.expire_all()
    assert db.session.scalars(db.select(Clarification)).one().title == TYPED["title"]


@pytest.mark.parametrize("headers", [{}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}])
def test_a_form_that_another_site_made_is_not_made_ours(
    claim: Claim, officer: Officer, sign_in: SignIn, headers: dict[str, str]
) -> None:
    browser = sign_in(officer)
    path = begin(browser, claim)
    response = browser.post(f"{path}/sunting", data=TYPED, headers=headers)
    assert response.status_code == 400
    assert "Tidak perlu menimbun air." not in response.get_data(as_text=True)


def test_the_author_approves_nothing_by_raw_post(claim: Claim, submitted: Drafting, sign_in: SignIn) -> None:
    page = submitted(claim)
    acting = db.select(factories.Role).where(factories.Role.name != RoleName.AUDITOR.value)
    page.author.roles = list(db.session.scalars(acting))
    db.session.commit()
    browser = sign_in(page.author)
    path = f"/petugas/klarifikasi/{page.id}"
    text = browser.get(path).get_data(as_text=True)
    assert "Ini usulan Anda sendiri" in text
    assert f"{path}/setujui" not in text
    status, text = post(browser, f"{path}/setujui", path, version=page.version, reason="Mendesak")
    assert status == 403
    assert "Mendesak" in text
    db.session.expire_all()
    assert page.status is ClarificationStatus.AWAITING_APPROVAL


def test_an_officer_without_the_role_is_refused_by_raw_post(claim: Claim, submitted: Drafting, sign_in: SignIn) -> None:
    page = submitted(claim)
    browser = sign_in(factories.make_officer("kedua@kupang.example", RoleName.OFFICER))
    path = f"/petugas/klarifikasi/{page.id}"
    assert "Peran Anda tidak memutuskan hal ini." in browser.get(path).get_data(as_text=True)
    for act in ("setujui", "kembalikan"):
        assert post(browser, f"{path}/{act}", path, version=page.version, reason="x")[0] == 403
    assert browser.get(f"{path}/sunting").status_code == 403
    db.session.expire_all()
    assert page.status is ClarificationStatus.AWAITING_APPROVAL


def test_an_administrator_is_told_who_may(
    claim: Claim, submitted: Drafting, administrator: Officer, approver: Officer, sign_in: SignIn
) -> None:
    page = submitted(claim)
    browser, path = sign_in(administrator), f"/petugas/klarifikasi/{page.id}"
    text = browser.get(path).get_data(as_text=True)
    assert f"Yang boleh: {approver.name}." in text
    assert f"{path}/setujui" not in text
    assert post(browser, f"{path}/setujui", path, version=page.version, reason="Mendesak")[0] == 403
    approver.active = False
    db.session.commit()
    assert "Sekarang tidak ada yang boleh" in browser.get(path).get_data(as_text=True)


def test_who_refuses_without_a_reason_is_told_so_beside_the_field(
    claim: Claim, submitted: Drafting, approver: Officer, sign_in: SignIn
) -> None:
    page = submitted(claim)
    browser, path = sign_in(approver), f"/petugas/klarifikasi/{page.id}"
    form = browser.get(path).get_data(as_text=True).split(f'<form action="{path}/kembalikan"', 1)[1].split(">", 1)[0]
    assert "novalidate" in form, "the browser would say it in its own language"
    status, text = post(browser, f"{path}/kembalikan", path, version=page.version, reason=" ")
    assert status == 422
    assert '<a href="#kembalikan-alasan">Tulis apa yang masih perlu diperbaiki.</a>' in text
    assert '<p class="wrong" id="kembalikan-salah">Tulis apa yang masih perlu diperbaiki.</p>' in text
    field = text.split('<textarea class="in" id="kembalikan-alasan"', 1)[1].split(">", 1)[0]
    assert 'aria-describedby="kembalikan-salah"' in field
    assert "setujui-salah" not in text, "only at the form that was sent"


def test_a_withdrawn_page_is_not_shown_as_what_readers_see(
    officer: Officer, approver: Officer, sign_in: SignIn
) -> None:
    standing = factories.make_clarification(officer, approver)
    withdrawn = factories.make_clarification(officer, approver, status=ClarificationStatus.RETRACTED)
    browser, stamp = sign_in(officer), 'is-hoax"'
    shown = [browser.get(f"/petugas/klarifikasi/{page.id}").get_data(as_text=True) for page in (standing, withdrawn)]
    assert ["Begini pembaca melihatnya" in page for page in shown] == [True, False]
    assert [stamp in page for page in shown] == [True, False]


def test_an_approver_does_not_draft_or_propose(
    claim: Claim, published: Drafting, approver: Officer, sign_in: SignIn
) -> None:
    page = published(claim)
    browser, path = sign_in(approver), f"/petugas/klarifikasi/{page.id}"
    other = factories.make_claim("Klaim lain")
    assert post(browser, f"/petugas/klarifikasi/klaim/{other.id}/rancangan", path, version=1)[0] == 403
    assert browser.get(f"{path}/koreksi").status_code == 403
    assert post(browser, f"{path}/penarikan", path, version=page.version, reason="x")[0] == 403


def test_drafting_a_claim_that_somebody_decided_meanwhile(claim: Claim, officer: Officer, sign_in: SignIn) -> None:
    browser = sign_in(officer)
    begin(browser, claim)
    status, text = post(browser, f"/petugas/klarifikasi/klaim/{claim.id}/rancangan", "/petugas/klarifikasi/", version=1)
    assert status == 200
    assert "lebih dulu: «Susun klarifikasi»" in text
    assert db.session.query(Clarification).count() == 1


def test_the_list_shows_what_waits_and_finds_by_words(
    claim: Claim, submitted: Drafting, published: Drafting, officer: Officer, sign_in: SignIn
) -> None:
    submitted(claim)
    published(factories.make_claim("Pasar Oeba tutup"), title="Pasar Oeba tetap buka")
    browser = sign_in(officer)
    text = browser.get("/petugas/klarifikasi/").get_data(as_text=True)
    assert "1 klarifikasi menunggu persetujuan" in text
    assert "Pernah terbit (1)" in text
    text = browser.get("/petugas/klarifikasi/?q=oeba").get_data(as_text=True)
    assert "<h1>Klarifikasi dengan «oeba»</h1>" in text
    assert "Pasar Oeba tetap buka" in text
    assert "Air PDAM tetap" not in text
    assert "Tidak ada klarifikasi dengan kata itu" in browser.get("/petugas/klarifikasi/?q=zzz").get_data(as_text=True)


def test_signed_out_every_address_leads_to_the_sign_in(
    app: APIFlask, claim: Claim, submitted: Drafting, client: FlaskClient
) -> None:
    page = submitted(claim)
    before = db.session.query(AuditEvent).count()
    rules = [rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith("clarify.")]
    assert len(rules) >= 8
    acts = {"write": "ajukan", "approve": "setujui", "decline": "tolak-usulan"}
    for rule in rules:
        act = acts.get(rule.endpoint.split(".")[1], "")
        values = {"clarification_id": page.id, "claim_id": claim.id, "act": act, "file_format": "csv"}
        values |= {"digest": "0" * 64}
        built = rule.build({name: values[name] for name in rule.arguments})
        assert built is not None
        if "GET" in (rule.methods or ()):
            response = client.get(built[1])
            assert response.status_code == 302
            assert "/petugas/masuk?next=" in str(response.location)
        else:
            response = client.post(built[1], data={"version": page.version})
            assert response.status_code == 401
            assert "/petugas/masuk" in response.get_data(as_text=True)
    assert db.session.query(AuditEvent).count() == before


def test_an_officer_finds_their_drafts_and_an_approver_what_waits(
    drafted: Drafting, submitted: Drafting, published: Drafting, officer: Officer, approver: Officer, sign_in: SignIn
) -> None:
    drafted(factories.make_claim("Pasar tutup"), title="Rancangan")
    submitted(factories.make_claim("Jalan tutup"), title="Menunggu")
    changed = published(factories.make_claim("Sekolah tutup"), title="Diusulkan")
    published(factories.make_claim("Kantor tutup"), title="Selesai")
    corrections.propose_retraction(changed.id, changed.version, "Keliru", officer=officer, now=changed.changed_at)
    titles, shown = ("Rancangan", "Menunggu", "Diusulkan", "Selesai"), {}
    for who in (officer, approver):
        page = sign_in(who).get("/petugas/untuk-anda").get_data(as_text=True)
        part = page[page.index('id="tulisan"') : page.index('id="hari"')]
        shown[who.name] = [title for title in titles if f">{title}<" in part]
    assert shown == {officer.name: ["Rancangan"], approver.name: ["Menunggu", "Diusulkan"]}


def test_the_list_shows_the_first_of_every_part_and_each_part_in_pages(
    drafted: Drafting, submitted: Drafting, officer: Officer, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hoax_tracker.clarify.listing.FEW_ROWS", 1)
    monkeypatch.setattr("hoax_tracker.clarify.listing.CLARIFICATIONS_PER_PAGE", 2)
    for number in range(5):
        submitted(factories.make_claim(f"Jalan {number} tutup"), title=f"Menunggu {number}")
    drafted(factories.make_claim("Pasar tutup"), title="Ditulis")
    browser, here = sign_in(officer), "/petugas/klarifikasi/"

    def shown(address: str) -> tuple[list[str], list[str], str]:
        page = browser.get(address).get_data(as_text=True)
        ways = re.findall(rf'class="tap" href="({here}\?[^"]+)"(?: rel="(?:prev|next)")?>', page)
        return re.findall(r'<a class="go"[^>]*>([^<]+)</a>', page), [html.unescape(one) for one in ways], page

    titles, ways, page = shown(here)
    assert (titles, ways) == (["Menunggu 0", "Ditulis"], [f"{here}?part=menunggu"])
    assert "5 klarifikasi menunggu persetujuan" in page
    assert "Menunggu persetujuan (5)" in page
    titles, ways, page = shown(f"{here}?part=menunggu")
    assert (titles, ways) == (["Menunggu 0", "Menunggu 1"], [f"{here}?part=menunggu&page=2"])
    assert "3 klarifikasi lagi" in page
    titles, ways, _page = shown(ways[0])
    assert (titles, ways) == (["Menunggu 2", "Menunggu 3"], [f"{here}?part=menunggu", f"{here}?part=menunggu&page=3"])
    assert shown(f"{here}?part=menunggu&page=9")[:2] == shown(ways[1])[:2], "past the last page it is the last"
    assert shown(ways[1])[0] == ["Menunggu 4"]
    titles, ways, page = shown(f"{here}?part=menunggu&q=tutup")
    assert ways == [f"{here}?part=menunggu", f"{here}?q=tutup&part=menunggu&page=2"]
    assert f'<a href="{here}?q=tutup">Semua klarifikasi</a>' in page
    assert '<input type="hidden" name="part" value="menunggu">' in page
    assert "Tidak ada klarifikasi di bagian ini" in shown(f"{here}?part=usulan")[2]
    assert shown(f"{here}?part=lain&page=x")[0] == ["Menunggu 0", "Ditulis"]
