"""Other wordings of a claim are offered from reports, approved with the page, stamped, and withdrawn with it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import pytest
from flask.testing import FlaskClient

from hoax_tracker.check.answers.service import answer_as_json, answer_message
from hoax_tracker.claims.claim_review_markup import build_claim_reviews
from hoax_tracker.clarify import corrections, service
from hoax_tracker.clarify.checklist import IncompleteError
from hoax_tracker.clarify.content import clarification_content, content_from_json
from hoax_tracker.clarify.diff import compare_contents
from hoax_tracker.clarify.suggestions import EVERYDAY, FROM_QUESTION, FROM_REPORT, suggested
from hoax_tracker.errors import InvalidInputError
from hoax_tracker.match_index import current_match_index
from hoax_tracker.models import CheckDecision, Claim, Clarification, Demand, IndexChange, Officer, db
from tests import factories
from tests.clarify.conftest import Drafting, complete
from tests.clarify.test_views import TYPED, begin, post, version_of
from tests.review.decisions.test_service import make_report

SignIn = Callable[[Officer], FlaskClient]
QUOTE = "Mulai Senin air PDAM mati total tujuh hari"
WORDING = "Katong tampung aer su, ledeng kering tujuh hari terus dari hari Senin"
PARAPHRASE = "katanya ledeng kering 7 hari dari Senin, tampung aer su ko?"


def texts(page: Clarification) -> list[str]:
    """What is offered for a page."""
    return [one.text for one in suggested(page, clarification_content(page))]


def test_words_of_residents_are_offered_first_without_personal_data(
    claim: Claim, drafted: Drafting, now: datetime
) -> None:
    told = "Selamat pagi. Hubungi Ibu Maria Bere di 081234567890. Aer ledeng mati satu minggu dari hari Senin ni. Amin."
    make_report(claim, text=told)
    db.session.add(
        Demand(text="kran kering tujuh hari air pdam mulai senin", first_day=now, last_day=now, claim_id=claim.id)
    )
    db.session.commit()
    page = drafted(claim)
    found = suggested(page, clarification_content(page))
    assert [(one.text, one.source) for one in found][:2] == [
        ("Aer ledeng mati satu minggu dari hari Senin ni.", FROM_REPORT),
        ("kran kering tujuh hari air pdam mulai senin", FROM_QUESTION),
    ]
    assert not re.search("Maria|Bere|0812", " ".join(texts(page)))


def test_nothing_is_offered_that_tells_another_claim_or_adds_nothing(
    claim: Claim, drafted: Drafting, now: datetime
) -> None:
    for text in (
        "Air PDAM mati total tiga hari mulai Senin",  # another duration
        "Air PDAM tidak mati total tujuh hari mulai Senin",  # a denial
        "Air PDAM mati total tujuh hari mulai Senin di Oesapa",  # a place more
        f"Diteruskan: {QUOTE}!!",  # recognised anyway
        "Selamat pagi bapak ibu",
        "Tarif parkir di pasar naik",
    ):
        make_report(claim, text=text)
    page = drafted(claim)
    for one in texts(page):
        assert not re.search("tiga|tidak|Oesapa|Diteruskan|parkir|pagi", one), one
    assert texts(replace_quote(page, "")) == []


def replace_quote(page: Clarification, quote: str) -> Clarification:
    """The page with another quote, not stored."""
    page.claim_quote = quote
    return page


def test_a_long_quote_is_offered_in_short_and_in_everyday_words(claim: Claim, drafted: Drafting) -> None:
    quote = (
        "INFO PENTING untuk semua. Pemerintah Kota akan menaikkan tarif parkir di Pasar Oeba menjadi Rp5.000 mulai "
        "Senin. Tolong bagikan ke grup lain supaya semua orang tahu, jangan sampai menyesal di kemudian hari ya."
    )
    page = drafted(claim, claim_quote=quote, title="Tarif parkir Pasar Oeba tetap", summary="Tarif tetap Rp2.000.")
    found = {str(one.source): one.text for one in suggested(page, clarification_content(page))}
    assert found[str(EVERYDAY)] == "Pemkot mau kasi naik harga parkir di Pasar Oeba menjadi Rp5.000 mulai Senin."


def test_at_most_five_and_none_twice(claim: Claim, drafted: Drafting, now: datetime) -> None:
    for text in (
        "Kran kering tujuh hari air PDAM dari Senin",
        "Katong sonde dapa aer ledeng tujuh hari mulai Senin",
        "Aliran air ledeng berhenti satu minggu sejak Senin",
        "Siap ember, PDAM stop air tujuh hari Senin ini",
        "Seminggu penuh tidak ada air leding mulai Senin",
        "KRAN KERING tujuh hari air pdam dari senin!!!",
    ):
        make_report(claim, text=text)
    page = drafted(claim)
    assert 2 <= len(texts(page)) <= 5
    assert len({one.casefold() for one in texts(page)}) == len(texts(page))
    page.wordings = texts(page)[:1]
    assert page.wordings[0] not in texts(page)


def test_the_way_of_a_wording(
    claim: Claim, published: Drafting, officer: Officer, approver: Officer, now: datetime
) -> None:
    page = published(claim)
    assert not answer_message(WORDING, now).stamped
    content = replace(clarification_content(page), wordings=(WORDING,))
    corrections.propose_correction(page.id, page.version, content, "Kata lain.", officer=officer, now=now)
    assert [
        (one.before, one.after)
        for one in compare_contents(clarification_content(page), content_from_json(page.proposed or {}))
    ] == [("", WORDING)]
    assert not answer_message(WORDING, now).stamped, "not before a second person approved it"
    corrections.approve_proposal(page.id, page.version, "", officer=approver, now=now)
    assert page.wordings == [WORDING]
    assert page.revisions[-1].content["wordings"] == [WORDING]
    assert page.revisions[0].content["wordings"] == []
    for text in (WORDING, f"Diteruskan\nSelamat malam, {WORDING.upper()} 🙏 batul ko?"):
        found = answer_message(text, now)
        assert (found.decision, found.stamped) == (CheckDecision.MATCH, True), text
        told = answer_as_json(found)["matches"]
        assert [one["judged_wording"] for one in told] == [True, *[False] * (len(told) - 1)]
    near = answer_message(PARAPHRASE, now)
    assert [one.clarification.id for one in near.matches] == [page.id]
    assert (near.stamped, answer_as_json(near)["matches"][0]["judged_wording"]) == (False, False)
    corrections.propose_retraction(page.id, page.version, "Keliru.", officer=officer, now=now)
    corrections.approve_proposal(page.id, page.version, "", officer=approver, now=now)
    assert answer_message(WORDING, now).matches == (), "a withdrawn page answers nothing"


@pytest.mark.parametrize(
    "changed",
    [
        WORDING.replace("tujuh", "tiga"),
        WORDING.replace("Senin", "Jumat"),
        WORDING.replace("Katong", "Katong di Oesapa"),
        f"Tidak benar {WORDING}",
        f"{WORDING}. Itu hoaks, PDAM sudah bantah.",
        WORDING.replace("aer", "listrik"),
        WORDING.replace("kering", "sonde kering"),
    ],
)
def test_a_near_miss_of_a_wording_is_never_stamped(
    claim: Claim, published: Drafting, now: datetime, changed: str
) -> None:
    published(claim, wordings=(WORDING,))
    assert answer_message(WORDING, now).stamped
    found = answer_message(changed, now)
    assert not found.stamped
    assert not any(one["judged_wording"] for one in answer_as_json(found)["matches"])


def test_wordings_lie_in_the_files_of_the_index(
    claim: Claim, published: Drafting, officer: Officer, approver: Officer, now: datetime
) -> None:
    page, other = published(claim, wordings=(WORDING,)), factories.make_clarification(officer, approver)
    assert "published" in current_match_index().keep(after=0)
    assert [one.id for one in current_match_index().published(WORDING).matches] == [str(page.id), str(other.id)]
    page.confirmation_id = factories.make_confirmation(officer, approver, "correction").id
    page.wordings, page.version = [], page.version + 1
    db.session.commit()
    assert db.session.scalars(db.select(IndexChange.row_id)).all()[-1] == page.id
    assert not answer_message(WORDING, now).stamped
    assert "published" in current_match_index().keep(after=0), "with the vectors that the files had"
    assert not answer_message(WORDING, now).stamped
    assert answer_message(QUOTE, now).stamped


@pytest.mark.parametrize(
    ("wording", "words"),
    [
        ("Aer ledeng mati tiga hari mulai Senin", "Menyebut «tiga hari», kutipannya «tujuh hari»"),
        ("Aer ledeng mati tujuh hari mulai Senin di Oesapa", "Menyebut «Oesapa», kutipannya tidak"),
        ("Air PDAM tidak mati total tujuh hari", "Menyangkal yang dinyatakan kutipan"),
        ("Pesan bahwa air PDAM mati total tujuh hari itu hoaks, sudah dibantah Perumda", "Terbaca seperti bantahan"),
    ],
)
def test_what_tells_another_claim_is_not_submitted_and_says_why(
    claim: Claim, drafted: Drafting, officer: Officer, now: datetime, wording: str, words: str
) -> None:
    page = drafted(claim, wordings=(WORDING, wording))
    assert page.wordings == [WORDING, wording], "a draft is kept as it is"
    with pytest.raises(IncompleteError) as fault:
        service.submit_draft(page.id, page.version, officer=officer, now=now)
    assert fault.value.field == "wordings"
    assert words in str(fault.value.user_message)
    with pytest.raises(InvalidInputError, match="a draft that no row can store"):
        service.save_draft(page.id, page.version, complete(page, wordings=("x" * 301,)), officer=officer, now=now)
    many = tuple(f"kata {number}" for number in range(6))
    with pytest.raises(InvalidInputError, match="a draft that no row can store"):
        service.save_draft(page.id, page.version, complete(page, wordings=many), officer=officer, now=now)


def test_no_number_of_anybody_and_no_title_stands_in_a_wording(
    claim: Claim, drafted: Drafting, officer: Officer, now: datetime
) -> None:
    page = drafted(claim, wordings=(f"{WORDING}, telepon 081234567890",))
    with pytest.raises(IncompleteError) as fault:
        service.submit_draft(page.id, page.version, officer=officer, now=now)
    assert "081234567890" in str(fault.value.user_message)
    page = drafted(
        factories.add_unit_answer(factories.make_claim(unit_id=page.unit_id), "pdam"),
        title=WORDING,
        wordings=(WORDING,),
    )
    with pytest.raises(IncompleteError) as fault:
        service.submit_draft(page.id, page.version, officer=officer, now=now)
    assert "Ganti judul" in str(fault.value.user_message)


def test_by_forms_without_scripts(
    claim: Claim, officer: Officer, approver: Officer, sign_in: SignIn, client: FlaskClient, now: datetime
) -> None:
    make_report(claim, text="Aer ledeng mati satu minggu dari hari Senin ni")
    author, second = sign_in(officer), sign_in(approver)
    path = begin(author, claim)
    page = db.session.scalars(db.select(Clarification)).one()
    form = author.get(f"{path}/sunting").get_data(as_text=True)
    assert "Saran. Dari aduan warga" in form
    assert not re.search(r'name="wordings-0-used"[^>]*checked|checked[^>]*name="wordings-0-used"', form), (
        "nothing is chosen"
    )
    wrong = {"wordings-0-used": "y", "wordings-0-text": "Aer mati tiga hari dari Senin", "wordings-1-text": "bukan ini"}
    status, text = post(
        author, f"{path}/sunting", f"{path}/sunting", version=page.version, act="ajukan", **TYPED | wrong
    )
    assert status == 422
    assert 'id="wordings-0-text-salah">Menyebut «tiga hari»' in text
    assert "Aer mati tiga hari dari Senin" in text
    assert "bukan ini" in text, "what was typed and not chosen is still there"
    assert version_of(page) == 2, "the draft is kept"
    right = {"wordings-0-used": "y", "wordings-0-text": f" {WORDING} ", "wordings-1-text": "bukan ini"}
    status, text = post(author, f"{path}/sunting", f"{path}/sunting", version=2, act="ajukan", **TYPED | right)
    assert (status, page.wordings) == (200, [WORDING]), text
    assert WORDING in second.get(path).get_data(as_text=True), "the second person reads what is approved"
    db.session.rollback()
    post(second, f"{path}/setujui", path, version=version_of(page))
    public = client.get(f"/klarifikasi/{page.slug}").get_data(as_text=True)
    assert WORDING not in public
    assert WORDING not in json.dumps(build_claim_reviews(page, author.application.extensions["settings"]))
    status, text = post(
        author, f"{path}/koreksi", f"{path}/koreksi", version=version_of(page), note="Satu kata lain dihapus.", **TYPED
    )
    assert "Koreksi diusulkan." in text
    assert f"<del>{WORDING}</del>" in second.get(path).get_data(as_text=True)
    post(second, f"{path}/setujui-usulan", path, version=version_of(page))
    db.session.expire_all()
    assert page.wordings == []


def test_a_proposal_from_before_has_none(claim: Claim, published: Drafting) -> None:
    kept = clarification_content(published(claim)).as_json()
    del kept["wordings"]
    assert content_from_json(kept).wordings == ()
