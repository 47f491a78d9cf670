"""The published page, its history, the list, the feed, and what the demo leaves out."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from lxml import etree

from hoax_tracker.check.clarification_list import PER_PAGE
from hoax_tracker.clock import WITA, utc_now
from hoax_tracker.ingest.parsers import parse_feed
from hoax_tracker.ingest.parsers.entry import FeedProblems
from hoax_tracker.ingest.parsers.json_feed import parse_json
from hoax_tracker.models import (
    ClarificationReach,
    ClarificationRevision,
    ClarificationStatus,
    Evidence,
    EvidenceKind,
    Officer,
    SourceKind,
    Verdict,
    db,
)
from tests.check.conftest import AppWith, Publish
from tests.factories import NOW

ATOM = "{http://www.w3.org/2005/Atom}"
SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
XSS = "</script><script>alert(1)</script>\"'><img src=x onerror=alert(1)>]]>"


def revise(key: int, number: int, kind: ClarificationStatus, note: str, **content: Any) -> None:
    """Add a revision by the first two officers."""
    first, second = [row.id for row in db.session.query(Officer).order_by(Officer.id).limit(2)]
    db.session.add(
        ClarificationRevision(
            clarification_id=key,
            number=number,
            kind=kind,
            note=note,
            content=content,
            author_id=first,
            approver_id=second,
            made_at=NOW.replace(minute=5 + number),
        )
    )
    db.session.commit()


def get(client: FlaskClient, path: str = "/klarifikasi/air") -> str:
    """The page at a path."""
    response = client.get(path)
    assert response.status_code == 200
    return response.get_data(as_text=True)


def json_ld(page: str) -> list[Any]:
    """Every JSON-LD block of a page, read as a machine reads it: up to the first end tag."""
    blocks = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)
    return [json.loads(block) for block in blocks]


def test_the_page_holds_all_its_parts(publish: Publish, client: FlaskClient, settings: Any) -> None:
    key = publish(
        slug="air",
        number=147,
        circulated_where="Pesan berantai WhatsApp",
        circulated_since=date(2026, 11, 22),
        findings="Tekanan *normal*. [1]\n\n- Oebobo\n- Oebufu",
    )
    db.session.add(
        Evidence(
            kind=EvidenceKind.LINK,
            title="Catatan tekanan",
            url="https://pdam.example/t",
            dated=date(2026, 11, 23),
            clarification_id=key,
            added_at=NOW,
        )
    )
    db.session.commit()
    page = get(client)
    for part in (
        "Klarifikasi Nomor 147/KKH/XI/2026",
        '<b class="verdict big is-hoax">Hoaks</b>',
        '<h1 id="fakta">Air PDAM tetap mengalir di seluruh kota</h1>',
        "<q>Mulai Senin besok air PDAM",
        "Pesan berantai WhatsApp",
        "<em>normal</em>",
        '<sup><a href="#r1"',
        "<li>Oebobo</li>",
        "Kabar itu tidak benar.",
        '<li id="r1"><a href="https://pdam.example/t"',
        "23 November 2026",
        "Perumda Air Minum Kota Kupang",
        "24 November 2026, 16.05 WITA",
        f'<link rel="canonical" href="{settings.base_url}/klarifikasi/air">',
    ):
        assert part in page
    (review,) = json_ld(page)
    assert review["reviewRating"]["ratingValue"] == 1


def test_officers_are_not_named(publish: Publish, client: FlaskClient) -> None:
    publish(slug="air")
    page = get(client)
    assert "Petugas@" not in page
    assert "penyetuju" not in page.lower()


def test_corrections_stay_visible(publish: Publish, client: FlaskClient) -> None:
    key = publish(slug="air", status=ClarificationStatus.CORRECTED)
    revise(key, 1, ClarificationStatus.PUBLISHED, "", title="Hanya Oebobo yang berhenti", verdict="menyesatkan")
    revise(key, 2, ClarificationStatus.CORRECTED, "Oebufu ditambahkan.", title="Air mengalir", verdict="hoaks")
    page = unescape(get(client))
    assert "Dikoreksi 1 kali" in page
    assert "Oebufu ditambahkan." in page
    assert "Judul semula: “Hanya Oebobo yang berhenti”." in page
    assert "Putusan semula: Menyesatkan." in page
    assert page.index("Koreksi.") < page.index("Terbit.")


def test_a_retracted_page_says_so_and_why(publish: Publish, client: FlaskClient) -> None:
    key = publish(slug="air", status=ClarificationStatus.RETRACTED)
    revise(key, 1, ClarificationStatus.PUBLISHED, "", title="Air mengalir", verdict="hoaks")
    revise(key, 2, ClarificationStatus.RETRACTED, "Pipa ternyata memang pecah.")
    response = client.get("/klarifikasi/air")
    page = response.get_data(as_text=True)
    assert "sudah ditarik dan tidak berlaku lagi" in page
    assert "Pipa ternyata memang pecah." in page
    assert "is-hoax" not in page
    assert "Hoaks</b>" not in page
    assert json_ld(page) == []
    assert response.headers["X-Robots-Tag"] == "noindex"
    assert 'href="/klarifikasi/air"' not in get(client, "/klarifikasi/")


@pytest.mark.parametrize("status", [ClarificationStatus.DRAFT, ClarificationStatus.AWAITING_APPROVAL])
def test_what_is_not_public_has_no_page(publish: Publish, client: FlaskClient, status: ClarificationStatus) -> None:
    publish(slug="air", status=status)
    assert client.get("/klarifikasi/air").status_code == 404
    assert client.get("/klarifikasi/tidak-ada").status_code == 404
    assert "Air PDAM" not in get(client, "/klarifikasi/")
    assert "Air PDAM" not in get(client, "/feed.atom")


def test_markup_is_shown_as_text(publish: Publish, client: FlaskClient) -> None:
    fields = ("title", "summary", "claim_quote", "findings", "conclusion", "circulated_where")
    key = publish(slug="air", **dict.fromkeys(fields, XSS))
    db.session.add(
        Evidence(kind=EvidenceKind.LINK, title=XSS, url="javascript:alert(1)", clarification_id=key, added_at=NOW)
    )
    db.session.commit()
    revise(key, 1, ClarificationStatus.PUBLISHED, XSS)
    page = get(client)
    assert re.findall(r"<script(?! src=)[^>]*>", page) == ['<script type="application/ld+json">']
    assert "<img" not in page
    assert "javascript:" not in page
    (review,) = json_ld(page)
    assert review["claimReviewed"] == XSS
    assert "<img" not in get(client, "/klarifikasi/")


def test_a_page_is_known_by_its_tag_until_it_changes(publish: Publish, client: FlaskClient) -> None:
    key = publish(slug="air")
    first = client.get("/klarifikasi/air")
    assert first.headers["Cache-Control"] == "public, max-age=60"
    tag = {"If-None-Match": first.headers["ETag"]}
    assert client.get("/klarifikasi/air", headers=tag).status_code == 304
    revise(key, 1, ClarificationStatus.CORRECTED, "diubah")
    assert client.get("/klarifikasi/air", headers=tag).status_code == 200
    client.set_cookie("bahasa", "en")
    assert client.get("/klarifikasi/air", headers=tag).status_code == 200


def test_the_list_is_paged_newest_first(publish: Publish, client: FlaskClient) -> None:
    for at in range(PER_PAGE + 5):
        publish(slug=f"s{at:02}", title=f"Fakta nomor {at:02}.", published_at=datetime(2026, 11, 1 + at, tzinfo=UTC))
    first, second = get(client, "/klarifikasi/"), get(client, "/klarifikasi/?hal=2")
    assert re.findall(r"Fakta nomor (\d\d)\.", first)[:2] == [f"{PER_PAGE + 4}", f"{PER_PAGE + 3}"]
    assert re.findall(r"Fakta nomor (\d\d)\.", second) == ["04", "03", "02", "01", "00"]
    assert 'rel="next"' in first
    assert 'rel="prev"' in second
    for odd in ("0", "-3", "999999999999999999999", "x", ""):
        assert client.get(f"/klarifikasi/?hal={odd}").status_code == 200


def test_the_list_can_be_searched(publish: Publish, client: FlaskClient) -> None:
    publish(slug="air", title="Air mengalir 100% lancar")
    publish(slug="ktp", title="KTP fisik tetap berlaku", claim_quote="ktp digital wajib")
    page = get(client, "/klarifikasi/?q=DIGITAL+ktp")
    assert 'href="/klarifikasi/ktp"' in page
    assert 'href="/klarifikasi/air"' not in page
    assert 'href="/klarifikasi/air"' in get(client, "/klarifikasi/?q=100%25")
    assert 'href="/klarifikasi/ktp"' not in get(client, "/klarifikasi/?q=%25")  # no wildcard
    nothing = unescape(get(client, f"/klarifikasi/?q=naga+{XSS}"))
    assert "Tidak ada klarifikasi yang memuat" in nothing
    assert "Itu tidak berarti kabarnya benar" in nothing


def test_the_front_page_shows_what_is_asked_for_most(publish: Publish, client: FlaskClient, now: datetime) -> None:
    old = [publish(title=f"Lama {number}", published_at=now - timedelta(days=40 + number)) for number in range(6)]
    newest = [publish(title=f"Baru {number}", published_at=now - timedelta(hours=number)) for number in range(3)]
    retracted = publish(title="Ditarik", published_at=now, status=ClarificationStatus.RETRACTED)
    today = utc_now().astimezone(WITA).date()
    counts = [
        *((old[number], today, 3 + number, 0) for number in range(4)),  # the last has 6
        (old[0], today - timedelta(days=8), 90, 0),  # long ago
        (old[4], today, 1, 1),  # twice says nothing
        (old[1], today - timedelta(days=6), 0, 9),
        (newest[0], today, 50, 0),  # stands above already
        (retracted, today, 50, 0),
    ]
    for key, day, answers, comparisons in counts:
        db.session.add(ClarificationReach(clarification_id=key, day=day, answers=answers, comparisons=comparisons))
    db.session.commit()
    page = client.get("/").get_data(as_text=True)
    asked = page[page.index("Paling banyak ditanyakan") :]
    assert re.findall(r">(Lama \d|Baru \d|Ditarik)</a>", asked) == ["Lama 1", "Lama 3", "Lama 2"]
    assert re.findall(r"Ditanyakan (\d+) kali", asked) == ["13", "6", "5"]
    assert '<a class="tap" href="/feed.atom"' in page


def test_what_nobody_asked_for_has_no_list(publish: Publish, client: FlaskClient) -> None:
    publish(title="Baru")
    assert "Paling banyak ditanyakan" not in client.get("/").get_data(as_text=True)


def test_an_empty_list_offers_the_first_act(client: FlaskClient) -> None:
    page = get(client, "/klarifikasi/")
    assert "Belum ada klarifikasi yang terbit." in page
    assert 'href="/lapor"' in page


def test_the_feed_is_atom(publish: Publish, client: FlaskClient, settings: Any) -> None:
    key = publish(slug="air", title=f"Air {XSS} \x0b\x00", verdict=Verdict.PENIPUAN)
    revise(key, 1, ClarificationStatus.PUBLISHED, "")
    response = client.get("/feed.atom")
    assert response.content_type.startswith("application/atom+xml")
    feed = etree.fromstring(response.get_data())
    assert feed.tag == f"{ATOM}feed"
    (entry,) = feed.findall(f"{ATOM}entry")
    assert entry.findtext(f"{ATOM}title", "").strip() == f"Air {XSS}"
    assert entry.findtext(f"{ATOM}id") == f"{settings.base_url}/klarifikasi/air"
    assert "Penipuan" in entry.findtext(f"{ATOM}summary", "")
    updated = entry.findtext(f"{ATOM}updated", "")
    assert datetime.fromisoformat(updated) == NOW.replace(minute=6)
    assert feed.findtext(f"{ATOM}updated") == updated
    assert client.get("/feed.atom", headers={"If-None-Match": response.headers["ETag"]}).status_code == 304


def test_the_feed_is_json_too(publish: Publish, client: FlaskClient, settings: Any) -> None:
    key = publish(slug="air", title=f"Air {XSS} \x0b", verdict=Verdict.PENIPUAN)
    publish(slug="lama", status=ClarificationStatus.RETRACTED)
    revise(key, 1, ClarificationStatus.PUBLISHED, "")
    response = client.get("/feed.json")
    assert response.content_type.startswith("application/feed+json")
    own, problems = f"{settings.base_url}/feed.json", FeedProblems()
    feed = parse_json(response.get_data(as_text=True), own, NOW, problems)
    assert (feed.title, feed.language, problems.as_tuple()) == ("Kupang Kabas Hoaks", "id", ())
    (entry,) = feed.entries
    assert (entry.url, entry.published_at) == (f"{settings.base_url}/klarifikasi/air", NOW)
    raw = json.loads(response.get_data(as_text=True))
    assert raw["feed_url"] == own
    assert raw["items"][0]["title"] == f"Air {XSS} "
    assert "Penipuan" in raw["items"][0]["tags"]
    assert datetime.fromisoformat(raw["items"][0]["date_modified"]) == NOW.replace(minute=6)
    assert client.get("/feed.json", headers={"If-None-Match": response.headers["ETag"]}).status_code == 304
    assert 'type="application/feed+json"' in get(client, "/")


def test_the_site_map_lists_what_is_public(publish: Publish, client: FlaskClient, settings: Any) -> None:
    publish(slug="air")
    publish(slug="lama", status=ClarificationStatus.RETRACTED)
    places = [one.text for one in etree.fromstring(client.get("/sitemap.xml").get_data()).iter(f"{SITEMAP}loc")]
    assert f"{settings.base_url}/klarifikasi/air" in places
    assert f"{settings.base_url}/" in places
    assert not any("lama" in str(place) for place in places)
    robots = client.get("/robots.txt").get_data(as_text=True)
    assert f"Sitemap: {settings.base_url}/sitemap.xml" in robots
    assert "Disallow: /lapor/" in robots


def test_another_office_reads_the_page_as_a_fact_check(publish: Publish, client: FlaskClient, settings: Any) -> None:
    """Though the page names the feeds, in which there is no claim and no verdict."""
    publish(slug="air", claim_quote="Air PDAM mati total tujuh hari")
    page, url = client.get("/klarifikasi/air"), f"{settings.base_url}/klarifikasi/air"
    feed = parse_feed(page.get_data(), url, page.content_type, now=NOW)
    (entry,) = feed.entries
    assert (feed.kind, entry.title, entry.url) == (SourceKind.CLAIM_REVIEW, "Air PDAM mati total tujuh hari", url)
    assert entry.text.split("\n")[0] == "Hoaks"
    assert "/claimreview.json" in feed.problems[0]


def test_the_demo_is_no_source_for_machines(publish: Publish, client_with: AppWith, app: APIFlask) -> None:
    publish(slug="air")
    assert json_ld(get(app.test_client()))
    demo = client_with(demo=True)
    page = get(demo)
    assert json_ld(page) == []
    assert '"ClaimReview"}' not in page
    assert '"@type": "ClaimReview"' not in page
    assert '<meta name="robots" content="noindex">' in page
    assert "CONTOH" in page
    assert etree.fromstring(demo.get("/feed.atom").get_data()).findall(f"{ATOM}entry") == []
    assert json.loads(demo.get("/feed.json").get_data())["items"] == []
    assert list(etree.fromstring(demo.get("/sitemap.xml").get_data())) == []
    for path in ("/", "/klarifikasi/", "/tentang", "/lapor", "/tiket"):
        assert '<meta name="robots" content="noindex">' in get(demo, path)
