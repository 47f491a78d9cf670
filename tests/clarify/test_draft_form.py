"""The draft's form: what can be stored is, all that is in the way is named at once, and one empty reference waits."""

from __future__ import annotations

import html
import re

import pytest
from flask.testing import FlaskClient

from hoax_tracker.clarify import corrections, diff, service
from hoax_tracker.models import AuditEvent, Claim, Clarification, ClarificationStatus, Officer, RoleName, TypedText, db
from tests import factories
from tests.clarify.conftest import Drafting
from tests.clarify.test_views import TYPED, SignIn, begin, post, version_of
from tests.factories import only_row

LONG_LINK = "https://situs.example/" + "x" * 2_000


def save(browser: FlaskClient, path: str, version: int, **typed: object) -> tuple[int, str]:
    """Send the form and return (status, page)."""
    return post(browser, f"{path}/sunting", f"{path}/sunting", version=version, **(TYPED | typed))


def named_faults(page: str) -> dict[str, str]:
    """Return the faults at the head of the page, by the field that each leads to."""
    head = page[page.index('<div class="fault"') :].split("</div>", 1)[0]
    rows = re.findall(r'<li><a href="#([^"]+)">[^<]+</a>: ([^<]+)</li>', head)
    return {name: html.unescape(message) for name, message in rows}


def reference_values(page: str) -> list[str]:
    """Return the addresses in the boxes of the references, from the first to the last."""
    boxes = re.findall(r'<input[^>]*name="sources-\d+-url"[^>]*>', page)
    return [html.unescape(re.search(r'value="([^"]*)"', box)[1]) for box in boxes]  # type: ignore[index]


def test_a_refused_submission_is_stored_and_names_everything_at_once(
    claim: Claim, officer: Officer, sign_in: SignIn
) -> None:
    browser = sign_in(officer)
    path = begin(browser, claim)
    typed = {
        "title": "t" * 301,
        "verdict": "",
        "summary": "Telepon 081234567890.",
        "circulated_since": "22-11-2026",
        "conclusion": " ",
        "unit_id": "999999",
        "sources-0-url": "javascript:alert(1)",
        "sources-1-title": "Berita",
        "sources-1-url": "https://berita.example/1",
        "sources-1-dated": "kemarin",
        "sources-2-dated": "2026-11-20",
    }
    status, page = save(browser, path, 1, act="ajukan", **typed)
    assert status == 422
    assert "<h2>Tersimpan sebagai rancangan, belum diajukan</h2>" in page
    faults = named_faults(page)
    assert list(faults) == [
        *("title", "verdict", "summary", "conclusion", "sources-0-url", "sources-1-dated", "sources-2-url"),
        *("circulated_since", "unit_id"),
    ], "in the order of the page"
    for name, message in faults.items():
        assert f'id="{name}"' in page, "the link leads to the field"
        assert f'id="{name}-salah">{html.escape(message)}</p>' in page.replace("&#39;", "'"), "and it says why"
    unstored = {name for name, message in faults.items() if message.endswith("belum tersimpan.")}
    assert unstored == set(faults) - {"verdict", "summary", "conclusion"}
    stored = only_row(Clarification)
    assert (stored.status, stored.summary, stored.findings[:8]) == (
        ClarificationStatus.DRAFT,
        "Telepon 081234567890.",
        "Perumda ",
    )
    assert (stored.title, stored.verdict, stored.unit_id) == ("", None, claim.unit_id), "as they were"
    assert stored.sources == []
    assert faults["sources-0-url"].endswith("Perubahan pada rujukan belum tersimpan."), "also the one without a fault"
    for text in ("t" * 301, "22-11-2026", "javascript:alert(1)", "kemarin", "2026-11-20"):
        assert f'value="{text}"' in page, "nothing that was typed is lost"
    status, page = save(browser, path, stored.version, act="ajukan")
    assert (status, only_row(Clarification).status) == (200, ClarificationStatus.AWAITING_APPROVAL), (
        "one round was enough"
    )


def test_what_the_draft_could_not_take_is_offered_again(claim: Claim, officer: Officer, sign_in: SignIn) -> None:
    browser = sign_in(officer)
    path = begin(browser, claim)
    _status, page = save(browser, path, 1, **{"title": "t" * 301, "sources-0-url": "pdam.example"})
    assert "<h2>Tersimpan sebagai rancangan, kecuali yang ditandai</h2>" in page
    assert "Ada tulisan Anda yang belum disimpan" in browser.get(f"{path}/sunting").get_data(as_text=True)
    resumed = browser.get(f"{path}/sunting?lanjut=1").get_data(as_text=True)
    assert ("t" * 301 in resumed, 'value="pdam.example"' in resumed) == (True, True)
    assert f'name="version" value="{only_row(Clarification).version}"' in resumed, (
        "and it is no conflict to go on with it"
    )
    assert save(browser, path, only_row(Clarification).version)[0] == 200
    assert db.session.query(TypedText).count() == 0


def test_a_typing_fault_in_a_source_takes_none_from_the_draft(claim: Claim, officer: Officer, sign_in: SignIn) -> None:
    browser = sign_in(officer)
    path = begin(browser, claim)
    second = {"sources-1-title": "Berita", "sources-1-url": "https://berita.example/1"}
    save(browser, path, 1, **second)
    before = [(line.title, line.url, line.dated) for line in only_row(Clarification).sources]
    assert len(before) == 2
    for fault in ({"sources-0-url": "htps://pdam.example/jadwal"}, {"sources-0-dated": "23-11-2026"}):
        typed = second | fault | {"summary": f"Ringkasan {fault}"}
        status, page = save(browser, path, only_row(Clarification).version, **typed)
        assert (status, list(named_faults(page))) == (422, list(fault))
        assert [(line.title, line.url, line.dated) for line in only_row(Clarification).sources] == before
        assert only_row(Clarification).summary == typed["summary"], "the rest is stored"
        resumed = browser.get(f"{path}/sunting?lanjut=1").get_data(as_text=True)
        assert f'value="{next(iter(fault.values()))}"' in resumed, "and the fault is offered again, to be mended"
    assert (
        save(browser, path, only_row(Clarification).version, **{"sources-0-url": "https://pdam.example/baru"})[0] == 200
    )
    assert [line.url for line in only_row(Clarification).sources] == ["https://pdam.example/baru"]


def test_what_was_typed_before_outlives_a_form_that_is_too_long_to_be_kept(
    claim: Claim, officer: Officer, sign_in: SignIn
) -> None:
    browser = sign_in(officer)
    path = begin(browser, claim)
    assert (
        factories.submit_form(
            browser, f"{path}/ketikan", page=f"{path}/sunting", version="1", findings="Diketik lebih dulu"
        ).status_code
        == 204
    )
    status, page = save(browser, path, 1, findings="f" * (diff.AUTOSAVE_LIMIT + 1))
    assert (status, list(named_faults(page))) == (422, ["findings"])
    resumed = browser.get(f"{path}/sunting?lanjut=1").get_data(as_text=True)
    assert "Diketik lebih dulu" in resumed
    assert save(browser, path, only_row(Clarification).version)[0] == 200
    assert db.session.query(TypedText).count() == 0


def test_what_is_too_long_to_be_offered_again_stays_on_the_page(
    claim: Claim, officer: Officer, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(diff, "AUTOSAVE_LIMIT", 1_000)
    browser = sign_in(officer)
    path = begin(browser, claim)
    status, page = save(browser, path, 1, title="t" * 1_001)
    assert (status, "t" * 1_001 in page, db.session.query(TypedText).count()) == (422, True, 0)
    assert only_row(Clarification).summary == TYPED["summary"]


def test_exactly_one_empty_reference_waits(claim: Claim, officer: Officer, sign_in: SignIn) -> None:
    browser = sign_in(officer)
    path = begin(browser, claim)
    filled = {f"sources-{place}-url": f"https://situs.example/{place}" for place in (0, 2, 5)}
    for _refusal in range(3):
        _status, page = save(browser, path, only_row(Clarification).version, act="ajukan", verdict="", **filled)
        assert reference_values(page) == [*filled.values(), ""]
    page = browser.get(f"{path}/sunting").get_data(as_text=True)
    assert reference_values(page) == [*filled.values(), ""]
    full = {f"sources-{place}-url": f"https://situs.example/{place}" for place in range(20)}
    _status, page = save(browser, path, only_row(Clarification).version, act="rujukan", **full)
    assert reference_values(page) == list(full.values()), "no more than a page may have"


def test_exactly_one_empty_wording_waits(claim: Claim, officer: Officer, sign_in: SignIn) -> None:
    browser = sign_in(officer)
    path = begin(browser, claim)
    typed = {"wordings-0-text": "", "wordings-0-used": "y", "wordings-2-text": "Aer mati tujuh hari", "verdict": ""}
    for _refusal in range(3):
        _status, page = save(
            browser, path, only_row(Clarification).version, act="ajukan", **typed, **{"wordings-2-used": "y"}
        )
        texts = re.findall(r'<textarea[^>]*name="wordings-\d+-text"[^>]*>\s*([^<]*)</textarea>', page)
        assert [text.strip() for text in texts] == ["Aer mati tujuh hari", ""]


def test_without_scripts_the_next_reference_is_asked_for(
    claim: Claim, published: Drafting, officer: Officer, sign_in: SignIn
) -> None:
    browser = sign_in(officer)
    path = begin(browser, claim)
    assert '<noscript><p><button class="btn line small" name="act" value="rujukan">' in browser.get(
        f"{path}/sunting"
    ).get_data(as_text=True)
    status, page = save(browser, path, 1, act="rujukan")
    assert (status, reference_values(page)) == (200, [TYPED["sources-0-url"], ""])
    assert only_row(Clarification).title == TYPED["title"]
    public = published(factories.add_unit_answer(factories.make_claim(unit_id=3), "pdam"))
    path = f"/petugas/klarifikasi/{public.id}"
    changed = TYPED | {"title": "Judul lain", "note": "Diperjelas", "act": "rujukan"}
    status, page = post(browser, f"{path}/koreksi", f"{path}/koreksi", version=public.version, **changed)
    assert (status, reference_values(page), 'value="Judul lain"' in page) == (200, [TYPED["sources-0-url"], ""], True)
    assert public.proposed_kind is None, "a correction is not proposed by that"


def test_two_at_once_a_conflict_is_told_and_nothing_is_stored(claim: Claim, officer: Officer, sign_in: SignIn) -> None:
    browser = sign_in(officer)
    path = begin(browser, claim)
    save(browser, path, 1)
    for act in ("simpan", "ajukan", "rujukan"):
        late = {"title": "Judul dari tab lama", "circulated_since": "22-11-2026", "act": act}
        status, page = save(browser, path, 1, **late)
        assert status == 409
        assert "<h2>Belum tersimpan</h2>" in page
        assert f"{officer.name} lebih dulu: «Menyunting rancangan»" in page
        assert ('value="Judul dari tab lama"' in page, 'value="22-11-2026"' in page) == (True, True)
        assert (only_row(Clarification).title, only_row(Clarification).version) == (TYPED["title"], 2)
    assert db.session.query(TypedText).count() == 0


def test_a_conflict_between_storing_and_submitting_says_what_was_stored(
    claim: Claim, officer: Officer, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = sign_in(officer)
    path = begin(browser, claim)
    save_draft = service.save_draft

    def save_and_be_overtaken(*args: object, **kwargs: object) -> int:
        version = save_draft(*args, **kwargs)  # type: ignore[arg-type]
        only_row(Clarification).version += 1
        db.session.commit()
        return version

    monkeypatch.setattr(service, "save_draft", save_and_be_overtaken)
    status, page = save(browser, path, 1, act="ajukan")
    assert (status, only_row(Clarification).title) == (409, TYPED["title"])
    assert "<h2>Tersimpan sebagai rancangan, belum diajukan</h2>" in page
    assert f'name="version" value="{version_of(only_row(Clarification))}"' in page


def test_somebody_else_stores_nothing_in_a_draft(claim: Claim, officer: Officer, sign_in: SignIn) -> None:
    path = begin(sign_in(officer), claim)
    other = sign_in(factories.make_officer("kedua@kupang.example", RoleName.OFFICER))
    before = db.session.query(AuditEvent).count()
    token = factories.csrf_token_in(other.get(path).get_data(as_text=True))
    typed = TYPED | {"title": "t" * 301, "act": "ajukan", "version": "1", "csrf_token": token}
    response = other.post(f"{path}/sunting", data=typed)
    assert (response.status_code, "<h2>Belum tersimpan</h2>" in response.get_data(as_text=True)) == (403, True)
    assert (only_row(Clarification).version, db.session.query(TypedText).count()) == (1, 0)
    assert db.session.query(AuditEvent).count() == before


def test_a_refused_correction_names_everything_at_once(
    claim: Claim, published: Drafting, officer: Officer, sign_in: SignIn
) -> None:
    public = published(claim)
    browser, path = sign_in(officer), f"/petugas/klarifikasi/{public.id}"
    wrong = TYPED | {"note": "", "title": " ", "sources-0-url": LONG_LINK, "circulated_since": "besok"}
    status, page = post(browser, f"{path}/koreksi", f"{path}/koreksi", version=public.version, **wrong)
    assert (status, "<h2>Belum diusulkan</h2>" in page) == (422, True)
    assert list(named_faults(page)) == ["note", "title", "sources-0-url", "circulated_since"]
    wrong["circulated_since"] = ""
    status, page = post(browser, f"{path}/koreksi", f"{path}/koreksi", version=public.version, **wrong)
    assert list(named_faults(page)) == ["note", "title", "sources-0-url"]
    db.session.expire_all()
    assert (
        public.proposed_kind,
        corrections.list_correction_faults(public, service.clarification_content(public), "x"),
    ) == (
        None,
        [],
    )
