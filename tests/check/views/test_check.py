"""The front page and its answers in a browser without scripts."""

from __future__ import annotations

import re
import socket
from dataclasses import replace
from datetime import datetime, timedelta
from html import unescape
from typing import Any

import pytest
import sqlalchemy as sa
from apiflask import APIFlask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from classifiers.matcher.details import Difference
from classifiers.matcher.match import MatchResult
from classifiers.matcher.stance import Stance
from hoax_tracker.check.answers.service import MESSAGE_LENGTH_LIMIT
from hoax_tracker.check.counting import question_tally
from hoax_tracker.core.web.query_args import local_path
from hoax_tracker.match_index import MatchIndex
from hoax_tracker.models import CheckQuery, Claim, ClaimStatus, Evidence, EvidenceKind, Verdict, db
from tests import factories
from tests.check.conftest import MARKET, MESSAGE, REORDERED, RETOLD, UNRELATED, AppWith, Found, Publish, judged, kept

MARKUP = '<script>alert("x")</script><img src=x onerror=alert(1)>'
# What a page may never say about a message that was not clarified.
PROMISES = re.compile(
    r"is-true|\bpesan(nya)? (ini )?(sudah )?(benar|aman|valid)\b|bukan hoaks|tidak hoaks", re.IGNORECASE
)


def ask(client: FlaskClient, text: str) -> TestResponse:
    """Paste a message into the box."""
    return client.post("/cek", data={"teks": text})


def words(response: TestResponse) -> str:
    """What the page says, without markup."""
    main = re.search(r"<main.*</main>", response.get_data(as_text=True), re.DOTALL)
    assert main
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", main[0])).split())


def test_the_front_holds_the_box_and_the_newest(publish: Publish, client: FlaskClient) -> None:
    publish(title="Air tetap mengalir", slug="air")
    page = client.get("/").get_data(as_text=True)
    assert '<textarea class="in" id="pesan" name="teks"' in page
    assert 'action="/cek" method="post"' in page
    assert 'href="/klarifikasi/air"' in page
    assert not re.search("<script(?! src=)", page)  # the policy would refuse what stands in the page itself
    assert " style=" not in page


def test_the_front_says_why_it_is_empty(client: FlaskClient) -> None:
    assert "Belum ada klarifikasi yang terbit" in words(client.get("/"))


def test_an_answer_is_read_in_the_other_language_and_counted_once(publish: Publish, client: FlaskClient) -> None:
    publish(title="Air PDAM tetap mengalir", slug="air")
    page = ask(client, MARKUP + RETOLD).get_data(as_text=True)
    form = re.search(r'<form action="(/cek\?bahasa=en)" method="post">.*?</form>', page, re.DOTALL)
    assert form
    assert MARKUP not in form[0]
    counted = sa.select(sa.func.sum(CheckQuery.count))
    question_tally().write()
    before = db.session.scalar(counted)
    shown = client.post(form[1], data={"teks": MARKUP + RETOLD})
    assert '<html lang="en">' in shown.get_data(as_text=True)
    assert "Bahasa Indonesia</button>" in shown.get_data(as_text=True)
    assert 'lang="en"' in client.get("/").get_data(as_text=True)[:60], "the next pages are, too"
    question_tally().write()
    assert db.session.scalar(counted) == before
    assert '<html lang="id">' in client.post("/cek?bahasa=id", data={"teks": RETOLD}).get_data(as_text=True)
    assert client.get("/cek?bahasa=en").headers.get("Set-Cookie") is None


def test_a_page_that_holds_nothing_typed_leads_to_the_other_language(client: FlaskClient) -> None:
    footer = ask(client, "").get_data(as_text=True).split("<footer")[1]
    assert 'href="/bahasa/en?next=/cek"' in footer


def test_a_match_quotes_the_claim_with_its_verdict_and_states_the_fact(publish: Publish, client: FlaskClient) -> None:
    publish(title="Air PDAM tetap mengalir", slug="air")
    response = ask(client, RETOLD)
    page = response.get_data(as_text=True)
    assert response.status_code == 200
    quote = re.search(r"<figure.*?</figure>", page, re.DOTALL)
    assert quote
    assert f"<q>{MESSAGE}</q>" in quote[0]
    assert '<b class="verdict is-hoax">Hoaks</b>' in quote[0]
    assert re.findall(r'class="verdict ([^"]+)"', page) == ["is-same", "is-hoax"]
    assert '<h1 class="fact" id="fakta">Air PDAM tetap mengalir</h1>' in page
    assert 'href="/klarifikasi/air"' in page
    assert "Perumda Air Minum Kota Kupang" in words(response)


ORDER = ("verdict is-", "<h1", "<figure", '<dl class="cmp">', "Menurut", '<div class="do">', "Pesan Anda</summary>")


@pytest.mark.parametrize("text", [MESSAGE, RETOLD, MESSAGE.replace("tujuh", "delapan"), "air PDAM mati ko?"])
def test_every_answer_has_one_order(publish: Publish, client: FlaskClient, text: str) -> None:
    publish(title="Air PDAM tetap mengalir")
    page = ask(client, text).get_data(as_text=True)
    main = page[page.index("<main") :]
    places = [main.index(part) for part in ORDER]
    assert places == sorted(places)
    above = unescape(re.sub(r"<[^>]+>", " ", main[: main.index("</h1>")])).split()
    assert len(above) <= 5 + 4, "a label of five words, and the four of the fact"


def test_the_score_is_folded_away(publish: Publish, client: FlaskClient) -> None:
    publish()
    page = ask(client, RETOLD).get_data(as_text=True)
    folded = re.search(r'<details class="why".*?</details>', page, re.DOTALL)
    assert folded
    assert re.search(r'aria-label="Kemiripan \d+ dari 100, batas jawaban \d+"', folded[0])
    assert "dari 100" not in page.replace(folded[0], "")


def test_words_that_officers_judged_are_stamped(publish: Publish, client: FlaskClient) -> None:
    judged(publish(title="Air PDAM tetap mengalir"))
    response = ask(client, f"Diteruskan, batul ko? {MESSAGE} 🙏")
    said = words(response)
    assert said.startswith("Sama, sudah diperiksa kota Air PDAM tetap mengalir Yang beredar: Hoaks")
    assert "Kata-katanya, sampai rinciannya" in said
    assert "dari 100" not in said


def test_a_detail_that_differs_is_named_and_the_verdict_is_on_the_citys_claim(
    publish: Publish, client: FlaskClient, found: Found
) -> None:
    publish(title="Air mati tiga hari saja")
    found(Difference("duration", "tujuh hari", "tiga hari"))
    response = ask(client, MESSAGE)
    page = response.get_data(as_text=True)
    said = words(response)
    assert said.startswith("Mirip, lamanya berbeda Air mati tiga hari saja Kabar yang diperiksa kota: Hoaks")
    assert "Pesan Anda tujuh hari , yang diperiksa tiga hari" in said
    assert "mati total <mark>tujuh hari</mark> karena" in page
    assert "Air mati <mark>tiga hari</mark> saja" in page
    assert "Your message tujuh hari" in words(client.post("/cek?bahasa=en", data={"teks": MESSAGE}))


@pytest.mark.parametrize("stance", ["denies", "reports", "notice"])
@pytest.mark.parametrize("verdict", [Verdict.HOAKS, Verdict.BENAR, Verdict.BELUM_TERBUKTI])
def test_a_tone_alone_neither_agrees_nor_answers(
    publish: Publish, client: FlaskClient, found: Found, stance: Stance, verdict: Verdict
) -> None:
    publish(verdict=verdict)
    found(stance=stance)
    said = words(ask(client, REORDERED))
    assert said.startswith("Belum pasti sama")
    assert "Kabar yang diperiksa kota:" in said
    assert not re.search("sejalan|pengumuman kota|membantah|memberitakan", said, re.IGNORECASE)


def test_the_fact_itself_agrees(publish: Publish, client: FlaskClient) -> None:
    fact = "Air PDAM tetap mengalir di seluruh kota pada hari Senin"
    publish(title=fact)
    said = words(ask(client, f"Info dari PPID: {fact}"))
    assert said.startswith(f"Sejalan dengan klarifikasi kota {fact} Yang beredar: Hoaks")
    assert "Kami tidak memeriksa apakah pesan ini sendiri asli." in said


@pytest.mark.parametrize("text", [UNRELATED, "listrik padam", "apakah vaksin aman?"])
def test_no_match_never_reads_as_true(publish: Publish, client: FlaskClient, text: str) -> None:
    publish()
    response = ask(client, text)
    said = words(response).replace(text, "")
    assert "Belum ada klarifikasi untuk pesan ini." in said
    assert "tidak berarti pesannya benar" in said
    assert not PROMISES.search(said.replace("tidak berarti pesannya benar", ""))
    assert 'action="/lapor"' in response.get_data(as_text=True)


def test_what_the_city_confirmed_is_never_stamped_on_likeness(publish: Publish, client: FlaskClient) -> None:
    key = publish(verdict=Verdict.BENAR)
    said = words(ask(client, RETOLD))
    assert said.startswith("Memuat kabar yang diperiksa kota")
    assert "is-true" not in ask(client, RETOLD).get_data(as_text=True)
    judged(key)
    response = ask(client, f"{MESSAGE}.")
    assert "Yang beredar: Benar" in words(response)
    assert PROMISES.search(response.get_data(as_text=True)), "the search above is not blind"


def test_a_word_more_than_the_claim_has_is_not_called_the_same(publish: Publish, client: FlaskClient) -> None:
    claim = "Retribusi sampah naik jadi 100 ribu per rumah per bulan, su ada papan pengumuman"
    publish(title="Rp100.000 adalah retribusi hotel", claim_quote=claim)
    said = words(ask(client, "retribusi sampah hotel naik jadi 100 ribu per rumah per bulan, su ada papan pengumuman"))
    assert said.startswith("Belum pasti sama")


def test_what_is_possible_asks_to_compare(publish: Publish, client: FlaskClient, now: datetime) -> None:
    key, url = publish(title="Jadwal air terbit resmi"), "https://pdam.example/jadwal"
    db.session.add(Evidence(kind=EvidenceKind.LINK, title="Jadwal", url=url, clarification_id=key, added_at=now))
    db.session.commit()
    said = words(ask(client, url))
    assert said.startswith("Belum pasti sama Jadwal air terbit resmi")
    assert "Jadwal air terbit resmi" in said
    assert "Itu tidak berarti isinya benar" in said
    assert "Isi tautan ini" not in said


def test_that_it_may_be_another_matter_is_read_before_any_verdict(
    publish: Publish, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(title="Air PDAM tetap mengalir")
    published = MatchIndex.published

    def only_possible(index: MatchIndex, text: Any) -> MatchResult:
        return replace(published(index, text), decision="possible")

    monkeypatch.setattr(MatchIndex, "published", only_possible)
    response = ask(client, REORDERED)
    said = words(response)
    assert said.startswith("Belum pasti sama Air PDAM tetap mengalir Kabar yang diperiksa kota: Hoaks")
    assert "verdict big" not in response.get_data(as_text=True)
    assert client.post("/api/v1/check", json={"text": REORDERED}).get_json()["decision"] == "possible"


def test_under_review_says_since_when_and_counts(app: APIFlask, client: FlaskClient, now: datetime) -> None:
    since = now - timedelta(hours=2)
    factories.make_claim(MARKET, title="Rahasia meja", status=ClaimStatus.INVESTIGATING, examined_since=since)
    page = ask(client, MARKET).get_data(as_text=True)
    assert "Petugas sedang memeriksa pesan seperti ini." in page
    assert "24 November 2026, 14.05 WITA" in page
    assert "Rahasia meja" not in page
    token = factories.csrf_token_in(page)
    for told in ("Tercatat: Anda juga menerimanya.", "sudah tercatat hari ini"):
        response = client.post("/cek/sama", data={"csrf_token": token, "teks": MARKET})
        assert told in words(response)
    assert kept(lambda: db.session.scalar(sa.select(Claim.sightings))) == 1


def test_a_sighting_is_not_counted_from_another_site(app: APIFlask, client: FlaskClient) -> None:
    factories.make_claim(MARKET, status=ClaimStatus.INVESTIGATING)
    assert client.post("/cek/sama", data={"teks": MARKET}).status_code == 400
    assert kept(lambda: db.session.scalar(sa.select(Claim.sightings))) == 0


@pytest.mark.parametrize("text", ["a", "🙏", "   ", "\u200b\u200b", "7", "asdfgh", "qwerty asdasd!!"])
def test_a_message_that_says_nothing_is_asked_for_words(client: FlaskClient, text: str) -> None:
    response = ask(client, text)
    assert response.status_code == 200
    assert "Kami tidak menemukan pesan di sini." in words(response)
    assert 'action="/lapor"' not in response.get_data(as_text=True)


@pytest.mark.parametrize(
    "text",
    [
        "سيتم قطع المياه عن المدينة كلها غدا",
        "\u202eenoyreve rof retaw on",
        "a\u200bi\u200br\u200b m\u200ba\u200bt\u200bi",
        "水 停 了",
    ],
)
def test_other_scripts_and_hidden_letters_are_answered(publish: Publish, client: FlaskClient, text: str) -> None:
    publish()
    response = ask(client, text)
    assert response.status_code == 200
    assert re.search("Belum ada klarifikasi untuk pesan ini|tidak menemukan pesan|Belum pasti sama", words(response))


@pytest.mark.parametrize(
    "link", ["http://127.0.0.1:1/", "http://169.254.169.254/latest", "http://[::1]/", "http://10.0.0.1/"]
)
def test_a_private_address_is_only_looked_up(client: FlaskClient, monkeypatch: pytest.MonkeyPatch, link: str) -> None:
    def refused(*_: object, **__: object) -> None:
        raise AssertionError("something was connected to")

    monkeypatch.setattr(socket.socket, "connect", refused)
    monkeypatch.setattr(socket, "getaddrinfo", refused)
    response = ask(client, link)
    assert response.status_code == 200
    assert re.search("Kami tidak membuka tautan|tidak menemukan pesan", words(response))


def test_a_link_only_is_asked_for_its_words(client: FlaskClient) -> None:
    said = words(ask(client, "https://berita.example/air"))
    assert "Tautan ini belum ada dalam klarifikasi kami." in said
    assert "tidak berarti isinya benar" in said


def test_the_longest_message_fits_and_a_longer_one_is_kept(publish: Publish, client: FlaskClient) -> None:
    publish()
    longest = f"{MESSAGE}\r\n" + "teruskan\r\n" * 20_000
    fits = longest.replace("\r\n", "\n")[:MESSAGE_LENGTH_LIMIT].replace("\n", "\r\n")
    assert ask(client, fits).status_code == 200
    response = ask(client, longest)
    assert response.status_code == 422
    page = response.get_data(as_text=True)
    assert "Teks itu terlalu panjang" in page
    assert page.count("teruskan") > 19_000  # nothing is lost


def test_a_message_with_markup_is_shown_as_text(publish: Publish, client: FlaskClient) -> None:
    publish()
    for text in (MARKUP + MESSAGE, MARKUP + UNRELATED, MARKUP):
        page = ask(client, text).get_data(as_text=True)
        assert "<script>" not in page
        assert "<img" not in page
        assert "&lt;script&gt;" in page


def test_a_clarification_with_markup_is_shown_as_text(publish: Publish, client: FlaskClient) -> None:
    publish(title=f"Fakta {MARKUP}", summary=MARKUP, claim_quote=f"{MESSAGE} {MARKUP}")
    page = ask(client, MESSAGE).get_data(as_text=True)
    assert "<script>" not in page
    assert "<img" not in page


def test_an_address_with_the_question_works_too(publish: Publish, client: FlaskClient) -> None:
    publish()
    assert words(client.get("/cek", query_string={"q": RETOLD})).startswith("Sama, sudah diperiksa kota")


def test_without_a_question_the_box_stands_there(client: FlaskClient) -> None:
    response = client.get("/cek")
    assert response.status_code == 200
    assert 'name="teks"' in response.get_data(as_text=True)


def test_what_somebody_pasted_is_never_stored_by_caches(publish: Publish, client: FlaskClient) -> None:
    publish()
    answers = {"private, no-cache": ask(client, MESSAGE), "no-store": client.get("/cek", query_string={"q": UNRELATED})}
    for control, response in answers.items():
        assert response.headers["Cache-Control"] == control, "only the browser that sent it may, for its Back"
        assert "noindex" in response.headers["X-Robots-Tag"]
        assert response.headers["Referrer-Policy"] == "no-referrer"
        assert "Set-Cookie" not in response.headers


def test_a_question_is_counted_without_personal_data(client: FlaskClient) -> None:
    ask(client, f"{UNRELATED} hubungi 0812-3456-7890")
    question_tally().write()
    (row,) = kept(lambda: db.session.execute(sa.select(CheckQuery.text, CheckQuery.decision, CheckQuery.count)).all())
    assert "7890" not in row.text
    assert (row.decision.value, row.count) == ("none", 1)


@pytest.mark.usefixtures("one_moment")
def test_too_many_questions_keep_the_message(client_with: AppWith) -> None:
    client = client_with(checks_per_minute=1)
    assert ask(client, UNRELATED).status_code == 200
    response = ask(client, UNRELATED)
    assert response.status_code == 429
    assert int(response.headers["Retry-After"]) >= 1
    assert UNRELATED in words(response)


@pytest.mark.parametrize("path", ["/", "/klarifikasi/", "/tentang"])
def test_a_public_page_is_kept_for_a_minute_and_known_by_its_tag(client: FlaskClient, path: str) -> None:
    response = client.get(path)
    assert response.headers["Cache-Control"] == "public, max-age=60"
    assert "Cookie" in response.headers["Vary"]
    assert "Set-Cookie" not in response.headers
    again = client.get(path, headers={"If-None-Match": response.headers["ETag"]})
    assert (again.status_code, again.get_data()) == (304, b"")


def test_about_explains_every_verdict(client: FlaskClient) -> None:
    response = client.get("/tentang")
    said = words(response)
    for verdict in Verdict:
        assert str(verdict.label) in said
        assert f"is-{verdict.shape}" in response.get_data(as_text=True)
    for word in ("SP4N-LAPOR", "1708", "PPID", "Mesin tidak pernah menyatakan sesuatu hoaks", "90 hari"):
        assert word in said


def test_the_language_is_remembered(client: FlaskClient) -> None:
    response = client.get("/bahasa/en?next=/tentang")
    assert (response.status_code, response.headers["Location"]) == (302, "/tentang")
    assert '<html lang="en">' in client.get("/tentang").get_data(as_text=True)
    client.get("/bahasa/id?next=/")
    assert '<html lang="id">' in client.get("/tentang").get_data(as_text=True)
    assert client.get("/bahasa/xx").status_code == 404


@pytest.mark.parametrize(
    "wanted",
    [
        "https://jahat.example",
        "//jahat.example",
        "/\\jahat.example",
        "\\\\jahat",
        "javascript:alert(1)",
        "",
        "tentang",
        "/\t/jahat.example",
        "///jahat.example",
        "/ /jahat",
        "/\n/jahat.example",
        "http:jahat.example",
    ],
)
def test_the_language_link_leads_nowhere_else(app: APIFlask, wanted: str) -> None:
    with app.test_request_context("/"):
        assert local_path(wanted, otherwise="/") == "/"


def test_the_language_link_keeps_a_search(app: APIFlask) -> None:
    with app.test_request_context("/"):
        assert local_path("/klarifikasi/?q=air&hal=2", otherwise="/") == "/klarifikasi/?q=air&hal=2"


def test_error_pages_say_what_to_do(client: FlaskClient) -> None:
    response = client.get("/tidak-ada")
    assert response.status_code == 404
    assert "Halaman itu tidak ada." in words(response)
    assert 'href="/"' in response.get_data(as_text=True)
