"""A pasted link is a certain match only where officers judged the page; else possible, under review, or unknown."""

from __future__ import annotations

import re
from datetime import datetime

import pytest
import sqlalchemy as sa
from apiflask import APIFlask
from flask.testing import FlaskClient

from hoax_tracker.check.answers.link_lookup import ROWS_READ_LIMIT, LinkKnowledge
from hoax_tracker.check.answers.service import AnswerHint, answer_message
from hoax_tracker.models import (
    CheckDecision,
    Claim,
    ClaimAppearance,
    ClaimMove,
    ClaimStatus,
    Clarification,
    Decision,
    DecisionKind,
    Evidence,
    EvidenceKind,
    Item,
    Officer,
    PageCopy,
    Report,
    Source,
    db,
)
from hoax_tracker.models.url_keys import page_digest, page_key
from tests import factories
from tests.check.conftest import MARKET, MESSAGE, Publish

POST = "https://berita.example/2026/air-mati?id=7"


def seen_at(url: str, claim: Claim, now: datetime, *, opens: bool = True) -> ClaimAppearance:
    """Let a claim have stood at an address: what it was opened from, or what the program joined to it."""
    source = Source(name=f"Berita {url}", created_at=now)
    item = Item(source=source, entry_key="1", url=url, content_key="x", fetched_at=now)
    db.session.add_all([source, item])
    db.session.flush()
    appearance = ClaimAppearance(claim_id=claim.id, item_id=item.id, seen_at=now, opens=opens)
    db.session.add(appearance)
    db.session.commit()
    return appearance


def answered(key: int) -> Claim:
    """Return a claim that the clarification answers."""
    claim = factories.make_claim(MESSAGE, status=ClaimStatus.CLARIFIED)
    row = db.session.get_one(Clarification, key)
    row.claims.append(claim)
    db.session.commit()
    factories.judge(row)
    return claim


@pytest.mark.parametrize(
    "link",
    [
        POST,
        f"{POST} {POST}&fbclid=x",
        "http://www.berita.example/2026/air-mati/?id=7&utm_source=wa#komentar",
        "berita.example/2026/air-mati?id=7&fbclid=x",
    ],
)
def test_a_link_whose_words_officers_judged_is_a_match(publish: Publish, now: datetime, link: str) -> None:
    seen_at(POST, answered(publish()), now)
    found = answer_message(link, now)
    assert found.decision is CheckDecision.MATCH
    assert found.matches[0].by_link is LinkKnowledge.JUDGED
    assert answer_message("https://berita.example/2026/air-mati?id=8", now).hint is AnswerHint.ONLY_LINK
    assert answer_message("https://berita.example.jahat.example/2026/air-mati?id=7", now).hint is AnswerHint.ONLY_LINK


def test_a_link_that_the_program_joined_is_only_possible(publish: Publish, client: FlaskClient, now: datetime) -> None:
    """The utility's own explanation repeats the claim, too: the city must not call it a hoax."""
    claim = answered(publish())
    seen_at(POST, claim, now)
    seen_at("https://pdam.example/penjelasan-air", claim, now, opens=False)
    found = answer_message("https://pdam.example/penjelasan-air", now)
    assert found.decision is CheckDecision.POSSIBLE
    assert found.matches[0].by_link is LinkKnowledge.REPEATS
    page = client.post("/cek", data={"teks": "https://pdam.example/penjelasan-air"}).get_data(as_text=True)
    assert "Isi tautan ini" not in page
    assert "Kami tidak menilai isinya" in page
    assert "bisa jadi justru penjelasannya" in page


def test_a_link_to_a_source_is_only_possible(publish: Publish, client: FlaskClient, now: datetime) -> None:
    """The official schedule is a source of the page: it must not be stamped a hoax."""
    key, url = publish(), "https://pdam.example/jadwal"
    db.session.add(Evidence(kind=EvidenceKind.LINK, title="Jadwal", url=url, clarification_id=key, added_at=now))
    db.session.commit()
    seen_at(url, answered(key), now, opens=False)
    found = answer_message(url, now)
    assert found.decision is CheckDecision.POSSIBLE
    assert found.matches[0].clarification.id == key
    assert found.matches[0].by_link is LinkKnowledge.SOURCE
    page = client.post("/cek", data={"teks": url}).get_data(as_text=True)
    assert "Termasuk rujukan klarifikasi ini" in page
    assert re.findall(r'class="verdict ([\w-]+)', page) == ["is-none", "is-hoax"], "on the quoted claim"


def test_one_judged_link_says_nothing_about_another(publish: Publish, now: datetime) -> None:
    seen_at(POST, answered(publish()), now)
    found = answer_message(f"{POST} https://koran.example/penjelasan", now)
    assert found.decision is CheckDecision.POSSIBLE


@pytest.mark.parametrize("changed", ["entry", "page"])
def test_a_page_that_says_something_else_now_is_only_possible(publish: Publish, now: datetime, changed: str) -> None:
    appearance = seen_at(POST, answered(publish()), now)
    item = db.session.get_one(Item, appearance.item_id)
    copy = PageCopy(item_id=item.id, url=POST)
    db.session.add(copy)
    db.session.commit()
    assert answer_message(POST, now).decision is CheckDecision.MATCH
    if changed == "entry":
        item.edited_at = now
    else:
        copy.changed_at = now
    db.session.commit()
    assert answer_message(POST, now).decision is CheckDecision.POSSIBLE


def test_what_officers_merged_into_an_answered_claim_is_judged(
    publish: Publish, officer: Officer, now: datetime
) -> None:
    """Only what the merged claim was opened from, and only as long as the merging stands."""
    claim = answered(publish())
    other = factories.make_claim(MESSAGE, status=ClaimStatus.MERGED, merged_into_id=claim.id)
    merge = Decision(claim_id=other.id, officer_id=officer.id, kind=DecisionKind.MERGE, decided_at=now)
    db.session.add(merge)
    db.session.flush()
    for url, opened in ((POST, True), ("https://koran.example/penjelasan", False)):
        ids = {"from_claim_id": other.id, "to_claim_id": claim.id, "decision_id": merge.id}
        moved = seen_at(url, claim, now, opens=False)
        db.session.add(ClaimMove(appearance_id=moved.id, opened=opened, **ids))
    db.session.commit()
    factories.judge(claim.clarifications[0])
    assert answer_message(POST, now).decision is CheckDecision.MATCH
    assert answer_message("https://koran.example/penjelasan", now).decision is CheckDecision.POSSIBLE
    undo = Decision(claim_id=other.id, officer_id=officer.id, kind=DecisionKind.UNDO, decided_at=now)
    undo.undoes_id = merge.id
    db.session.add(undo)
    db.session.commit()
    assert answer_message(POST, now).decision is CheckDecision.POSSIBLE


def test_a_link_under_review_tells_since_when(app: APIFlask, now: datetime) -> None:
    claim = factories.make_claim(MARKET, status=ClaimStatus.INVESTIGATING, examined_since=now)
    seen_at("https://berita.example/pasar", claim, now)
    found = answer_message("https://berita.example/pasar", now)
    assert found.decision is CheckDecision.NONE
    assert found.under_review is not None


NO_PAGE = [
    "media.example",
    "https://www.media.example/?utm_source=wa#komentar",
    "https://www.facebook.com/walikota",
    "facebook.com/profile.php?id=1",
    "https://x.com/walikota/",
    "https://www.tiktok.com/@walikota?lang=id",
    "t.me/kabar",
    "https://www.youtube.com/@kabar",
]


def test_pages_speak_of_the_link_and_not_of_a_message(publish: Publish, client: FlaskClient, now: datetime) -> None:
    seen_at(POST, answered(publish()), now)
    seen_at("https://berita.example/lain", factories.make_claim(MARKET, status=ClaimStatus.TRIAGED), now)
    for link, said in (
        (POST, "Isi tautan ini sudah diperiksa"),
        ("https://berita.example/lain", "Petugas sedang memeriksa kabar yang beredar di tautan ini."),
        ("https://berita.example/baru", "Tautan ini belum ada dalam klarifikasi kami."),
    ):
        page = client.post("/cek", data={"teks": link}).get_data(as_text=True)
        assert said in page
        assert "Tautan Anda" in page
        assert "Laporkan tautan ini" in page
        assert "Pesan Anda" not in page


def test_a_link_that_nobody_knows_leaves_the_box_free_for_its_words(client: FlaskClient) -> None:
    page = client.post("/cek", data={"teks": POST}).get_data(as_text=True)
    box = page[page.index("<textarea") : page.index("</textarea>")]
    assert "berita.example" not in box
    assert f'name="teks" value="{POST}"' in page, "it can be reported all the same"


@pytest.mark.parametrize("link", NO_PAGE)
def test_a_site_or_an_account_is_no_page(publish: Publish, now: datetime, link: str) -> None:
    """Else one entry, or one report that names the site, would speak for everything that stands there."""
    seen_at(link, answered(publish()), now)
    assert answer_message(link, now).hint is AnswerHint.ONLY_LINK


@pytest.mark.parametrize("link", NO_PAGE)
def test_a_report_of_a_site_puts_nothing_under_review(app: APIFlask, now: datetime, link: str) -> None:
    claim = factories.make_claim(MARKET, status=ClaimStatus.INVESTIGATING, examined_since=now)
    for number, url in enumerate((link, f"https://{host_of(link)}/berita/1")):
        report = Report(ticket_digest=f"{number}", text=MARKET, url=url, received_at=now)
        db.session.add(report)
        db.session.flush()
        db.session.add(ClaimAppearance(claim_id=claim.id, report_id=report.id, seen_at=now))
    db.session.commit()
    assert answer_message(link, now).under_review is None
    assert answer_message(f"https://{host_of(link)}/berita/1", now).under_review is not None


def host_of(link: str) -> str:
    """Return the host of a link."""
    return link.removeprefix("https://").split("/")[0]


def test_pages_are_told_apart_by_what_names_them() -> None:
    assert page_key("https://www.facebook.com/#!/p/1") not in (None, page_key("https://www.facebook.com/#!/p/2"))
    assert page_key("https://x.example/a#bawah") == page_key("x.example/a") == page_key("https://m.x.example/a/")
    for page in (
        "facebook.com/permalink.php?story_fbid=1",
        "youtube.com/watch?v=a",
        "t.me/kabar/7",
        "x.com/a/status/1",
    ):
        assert page_key(page) is not None
    assert page_key("https://[::1") is None


def test_many_addresses_of_a_site_hide_none(publish: Publish, now: datetime) -> None:
    claim = answered(publish())
    seen_at(POST, claim, now)
    source = Source(name="Berita Contoh", created_at=now)
    for number in range(ROWS_READ_LIMIT + 1):
        url = f"https://berita.example/2026/air-mati?id={number + 8}"
        item = Item(source=source, entry_key=f"{number}", url=url, content_key="x", fetched_at=now)
        db.session.add(ClaimAppearance(claim_id=claim.id, item=item, seen_at=now))
    db.session.commit()
    assert answer_message(POST, now).decision is CheckDecision.MATCH


def test_every_row_with_an_address_is_found_by_its_page(publish: Publish, now: datetime) -> None:
    key, digest = publish(), page_digest(POST)
    source = Source(name="Berita", created_at=now)
    link = {"kind": EvidenceKind.LINK, "title": "x", "added_at": now, "clarification_id": key}
    report = Report(ticket_digest="d", text="x", url=f"{POST}&utm_source=wa", received_at=now)
    db.session.add_all([source, report, Evidence(**link, url=POST)])
    db.session.flush()
    entry = {"source_id": source.id, "content_key": "x", "fetched_at": now}
    rows = [entry | {"entry_key": "1", "url": POST}, entry | {"entry_key": "2", "url": None}]
    db.session.execute(sa.insert(Item.__table__), rows)
    db.session.execute(sa.insert(Evidence), [link | {"url": f"http://m.{POST[8:]}#atas"}])
    db.session.commit()
    assert db.session.scalars(sa.select(Item.page_key).order_by(Item.entry_key)).all() == [digest, None]
    assert db.session.scalars(sa.select(Evidence.page_key)).all() == [digest, digest]
    assert report.page_key == digest
