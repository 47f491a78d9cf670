"""The list with filters and marks, related pages, and usefulness votes."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from html import unescape
from urllib.parse import urlencode

import pytest
import sqlalchemy as sa
from apiflask import APIFlask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from hoax_tracker.check.answers.highlights import found_words
from hoax_tracker.check.clarification_list import (
    PER_PAGE,
    ClarificationFilters,
    load_clarification_page,
    names_place_condition,
)
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.models import (
    Clarification,
    ClarificationStatus,
    District,
    Officer,
    RateLimit,
    Topic,
    Usefulness,
    Verdict,
    db,
)
from tests import factories
from tests.check.conftest import MESSAGE, Publish, kept


@pytest.fixture
def places(app: APIFlask) -> dict[str, int]:
    """Two kecamatan with a kelurahan each, one of them with another spelling."""
    for number, (name, child, aliases) in enumerate([("Oebobo", "Liliba", []), ("Alak", "Manulai II", ["Manulai 2"])]):
        parent = District(code=f"k{number}", name=name, kind="kecamatan")
        db.session.add(parent)
        db.session.flush()
        db.session.add(District(code=f"l{number}", name=child, kind="kelurahan", parent_id=parent.id, aliases=aliases))
    db.session.commit()
    return {name: key for name, key in db.session.execute(sa.select(District.name, District.id))}  # noqa: C416 - rows


def titles(**args: str) -> list[str]:
    """The headings of what the filters let through."""
    return kept(lambda: [row.title for row in load_clarification_page(ClarificationFilters.from_args(args), 1).rows])


def test_filters_narrow_the_list(publish: Publish, now: datetime) -> None:
    publish(slug="a", title="Air", topic=Topic.WATER, verdict=Verdict.HOAKS, published_at=now)
    publish(slug="b", title="Vaksin", topic=Topic.HEALTH, verdict=Verdict.BENAR, published_at=now - timedelta(days=40))
    publish(slug="c", title="Gone", topic=Topic.WATER, status=ClarificationStatus.RETRACTED)
    assert titles() == ["Air", "Vaksin"]
    assert titles(topik="water") == ["Air"]
    assert titles(putusan="benar") == ["Vaksin"]
    assert titles(topik="water", putusan="benar") == []
    assert titles(dari="2026-11-01") == ["Air"]
    assert titles(sampai="2026-11-01") == ["Vaksin"]
    assert titles(q="vaksin", dari="2026-11-01") == []


def test_a_day_is_one_of_kupang(publish: Publish) -> None:
    publish(slug="a", title="Malam", published_at=datetime.fromisoformat("2026-11-23T16:30:00+00:00"))  # 00.30 WITA
    assert titles(dari="2026-11-24", sampai="2026-11-24") == ["Malam"]
    assert titles(sampai="2026-11-23") == []


def test_places_are_found_by_their_names_as_words(publish: Publish, places: dict[str, int]) -> None:
    publish(slug="a", title="Jembatan Liliba, aman", claim_quote="retak")
    publish(slug="b", title="Pasar", claim_quote="di (Manulai 2)!")
    publish(slug="c", title="Malaka dan Oebobowati", claim_quote="alakadarnya")
    assert titles(tempat=str(places["Oebobo"])) == ["Jembatan Liliba, aman"]
    assert titles(tempat=str(places["Alak"])) == ["Pasar"]
    assert titles(tempat="99999") == []


def test_the_index_of_words_finds_places_so_that_no_page_is_read_for_nothing(app: APIFlask) -> None:
    """Reading 10,000 texts for a name takes seconds, and any visitor may ask."""
    condition = names_place_condition(["Liliba", "Manulai 2"])
    query = str(sa.select(Clarification.id).where(condition).compile(db.engine, compile_kwargs={"literal_binds": True}))
    connection = db.session.connection()
    if db.engine.dialect.name == "sqlite":
        plan = connection.exec_driver_sql(f"explain query plan {query}")
    else:
        connection.exec_driver_sql("set local enable_seqscan = off")  # the few rows of a test need no index
        plan = connection.exec_driver_sql(f"explain {query}")
    assert "words_of_clarification" in str(plan.all())


@pytest.mark.parametrize(
    "args",
    [
        {"topik": "x"}, {"putusan": "'"}, {"tempat": "-1"}, {"tempat": "9" * 30}, {"dari": "kemarin"},
        {"dari": "0001-01-01"}, {"sampai": "9999-12-31"}, {"q": "   "}, {"hal": "x"},
    ],
)  # fmt: skip
def test_what_is_asked_for_wrongly_is_left_out(publish: Publish, client: FlaskClient, args: dict[str, str]) -> None:
    publish(title="Air tetap mengalir")
    response = client.get("/klarifikasi/", query_string=args)
    assert (response.status_code, "Air tetap mengalir" in response.get_data(as_text=True)) == (200, True)


def test_the_page_keeps_what_was_chosen(publish: Publish, client: FlaskClient, places: dict[str, int]) -> None:
    for number in range(16):
        publish(slug=f"s{number}", title=f"Air {number} Liliba")
    chosen = {"q": "air", "topik": "water", "tempat": str(places["Oebobo"]), "putusan": "hoaks", "dari": "2026-01-01"}
    page = unescape(client.get("/klarifikasi/", query_string=chosen).get_data(as_text=True))
    for part in (
        'value="water" selected',
        'value="hoaks" selected',
        'value="2026-01-01"',
        '<details class="sift" open>',
    ):
        assert part in page
    assert "16 klarifikasi cocok dengan saringan." in page
    older = re.search(r'rel="next" href="([^"]+)"', page)
    assert older
    assert all(f"{name}={value}" in older[1] for name, value in chosen.items())
    assert "noindex" in page
    assert "1 klarifikasi" not in page
    nothing = client.get("/klarifikasi/?topik=water&putusan=satire").get_data(as_text=True)
    assert "Tidak ada klarifikasi yang cocok dengan saringan ini." in nothing


def test_found_words_are_marked(publish: Publish, client: FlaskClient) -> None:
    publish(title="Air & pipa <b>", claim_quote=f"{'kata ' * 60} PIPA pecah", summary="Tidak ada pipa yang pecah.")
    page = client.get("/klarifikasi/?q=pipa").get_data(as_text=True)
    assert "Air &amp; <mark>pipa</mark> &lt;b&gt;" in page
    assert "<mark>PIPA</mark> pecah" in page
    assert "Tidak ada <mark>pipa</mark> yang pecah." in page


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("penutupan", ["Pasar ditutup"]),
        ("TUTUP pasar", ["Pasar ditutup"]),
        ('"pasar oeba"', ["Pasar ditutup"]),
        ('"oeba pasar"', []),
        ("cair*", ["Dana cair"]),
        ("air", ["Air mati"]),
        ("air (mati)", ["Air mati"]),
        ("kekeringan", []),
        ("(", []),
        ("😱", []),
        ("' or 1=1 --", []),
        ("NEAR(air mati) AND *", []),
    ],
)
def test_words_are_found_in_every_form_and_not_within_others(
    publish: Publish, client: FlaskClient, words: str, found: list[str]
) -> None:
    texts = {"Air mati": "Pipa pecah", "Pasar ditutup": "Pasar Oeba sepi", "Dana cair": "Pencairan dana desa"}
    for title, quote in texts.items():
        publish(title=title, claim_quote=quote, summary="Begitu.", findings="", conclusion="")
    assert titles(q=words) == found
    page = client.get("/klarifikasi/", query_string={"q": words}).get_data(as_text=True)
    assert len(re.findall(r"<article>", page)) == len(found)
    assert ("<mark>" in page) is bool(found)


def test_the_form_that_was_found_is_marked(publish: Publish, client: FlaskClient) -> None:
    publish(title="Pasar ditutup, pencairan tidak", claim_quote="Penutupan pasar")
    page = client.get("/klarifikasi/?q=menutup").get_data(as_text=True)
    assert "Pasar <mark>ditutup</mark>, pencairan tidak" in page
    assert "<mark>Penutupan</mark> pasar" in page


@pytest.mark.parametrize(
    ("words", "marked"),
    [
        ("a.c", "x <mark>a</mark>.<mark>c</mark> abc"),
        ("(", "x a.c abc"),
        ("", "x a.c abc"),
        ("ab abc", "x a.c <mark>abc</mark>"),
        ("<mark>", "x a.c abc"),
    ],
)
def test_a_search_is_no_pattern(words: str, marked: str) -> None:
    assert found_words("x a.c abc", words) == marked


def test_related_pages_are_of_the_same_topic(publish: Publish, client: FlaskClient) -> None:
    publish(slug="ini", title="Yang ini", topic=Topic.WATER)
    publish(slug="lain", title="Air yang lain", topic=Topic.WATER)
    publish(slug="jauh", title="Vaksin", topic=Topic.HEALTH)
    publish(slug="tarik", title="Ditarik", topic=Topic.WATER, status=ClarificationStatus.RETRACTED)
    page = client.get("/klarifikasi/ini").get_data(as_text=True)
    more = page[page.index('class="more"') :]
    assert "Klarifikasi lain tentang air bersih" in more
    assert 'href="/klarifikasi/lain"' in more
    assert "Vaksin" not in more
    assert "Ditarik" not in more
    assert 'class="more"' not in client.get("/klarifikasi/jauh").get_data(as_text=True)


def vote(client: FlaskClient, slug: str = "air", answer: str = "ya", address: str = "192.0.2.1", **headers: str) -> int:
    """Say whether a page was useful, from an address; returns the status."""
    environ = {"REMOTE_ADDR": address}
    sent = client.post(f"/klarifikasi/{slug}/berguna", data={"berguna": answer}, headers=headers, environ_base=environ)
    return sent.status_code


@pytest.mark.usefixtures("one_moment")
def test_useful_is_counted_once_a_day_without_who(publish: Publish, client: FlaskClient) -> None:
    key = publish(slug="air")
    for address, answer in (("192.0.2.1", "ya"), ("192.0.2.1", "tidak"), ("192.0.2.2", "tidak"), ("192.0.2.3", "ya")):
        assert vote(client, answer=answer, address=address) == 200
    row = kept(lambda: db.session.get(Usefulness, key))
    assert row is not None
    assert (row.useful, row.not_useful) == (2, 1)
    columns = {column.name for column in Usefulness.__table__.columns}
    assert columns == {"clarification_id", "useful", "not_useful", "same", "not_same"}
    assert not [key for key in kept(lambda: db.session.scalars(sa.select(RateLimit.key)).all()) if "192.0.2" in key]


def test_another_site_cannot_vote(publish: Publish, client: FlaskClient) -> None:
    key = publish(slug="air")
    assert vote(client, **{"Sec-Fetch-Site": "cross-site"}) == 403
    assert vote(client, **{"Sec-Fetch-Site": "same-site"}) == 403
    assert kept(lambda: db.session.get(Usefulness, key)) is None
    assert vote(client, **{"Sec-Fetch-Site": "same-origin"}) == 200


def suggest(client: FlaskClient, answer: str = "ya", address: str = "192.0.2.1", **headers: str) -> TestResponse:
    """Say whether a page is about the message that was checked, from an address."""
    fields = {"sama": answer, "teks": f"{MESSAGE} <b>"}
    return client.post("/klarifikasi/air/sama", data=fields, headers=headers, environ_base={"REMOTE_ADDR": address})


@pytest.mark.usefixtures("one_moment")
def test_what_a_resident_takes_for_the_same_is_counted_once_a_day(publish: Publish, client: FlaskClient) -> None:
    key = publish(slug="air")
    assert vote(client) == 200, "another question"
    for address, said in (("192.0.2.1", "ya"), ("192.0.2.1", "bukan"), ("192.0.2.2", "bukan"), ("192.0.2.3", "bukan")):
        assert suggest(client, said, address).status_code == 200
    row = kept(lambda: db.session.get(Usefulness, key))
    assert row is not None
    assert (row.useful, row.not_useful, row.same, row.not_same) == (1, 0, 1, 2)


def test_what_a_resident_takes_for_another_changes_no_answer(
    publish: Publish, client: FlaskClient, officer: Officer, sign_in: object
) -> None:
    key = publish(slug="air")
    before = client.post("/cek", data={"teks": MESSAGE}).data
    response = suggest(client, "bukan")
    page = response.get_data(as_text=True)
    assert "dihitung sebagai saran" in page
    assert f'action="/lapor" method="post"><input type="hidden" name="teks" value="{MESSAGE} &lt;b&gt;">' in page
    assert response.headers["Cache-Control"] == "no-store"
    assert client.post("/cek", data={"teks": MESSAGE}).data == before
    desk = sign_in(officer).get(f"/petugas/klarifikasi/{key}").get_data(as_text=True)  # type: ignore[operator]
    assert "ya, sama 0, bukan ini 1 (saran saja)" in desk


def test_another_site_cannot_suggest(publish: Publish, client: FlaskClient) -> None:
    key = publish(slug="air")
    assert suggest(client, **{"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert kept(lambda: db.session.get(Usefulness, key)) is None
    assert client.post("/klarifikasi/tidak-ada/sama", data={"sama": "ya"}).status_code == 404


def test_a_vote_draws_no_page_anew_and_is_shown_to_officers(
    publish: Publish, client: FlaskClient, officer: Officer, sign_in: object
) -> None:
    key = publish(slug="air")
    before = client.get("/klarifikasi/air").headers["ETag"]
    vote(client)
    assert client.get("/klarifikasi/air", headers={"If-None-Match": before}).status_code == 304
    page = sign_in(officer).get(f"/petugas/klarifikasi/{key}").get_data(as_text=True)  # type: ignore[operator]
    assert "Pembaca: membantu 1, belum 0." in page
    assert "ya, sama 0, bukan ini 0" in page


def test_a_page_withdrawn_while_it_is_read(publish: Publish, client: FlaskClient) -> None:
    key = publish(slug="air", title="Air tetap mengalir")
    read = client.get("/klarifikasi/air")
    assert "Air tetap mengalir" in client.post("/cek", data={"teks": MESSAGE}).get_data(as_text=True)
    with write_transaction():
        row = db.session.get_one(Clarification, key)
        row.status, row.version, row.changed_at = ClarificationStatus.RETRACTED, row.version + 1, factories.NOW
    again = client.get("/klarifikasi/air", headers={"If-None-Match": read.headers["ETag"]})
    assert again.status_code == 200, "the reader is not told that nothing changed"
    assert "sudah ditarik dan tidak berlaku lagi" in again.get_data(as_text=True)
    answered = client.post("/cek", data={"teks": MESSAGE}).get_data(as_text=True)
    assert "Jawaban kota sudah ditarik" in answered
    assert vote(client) == 404
    assert titles() == []


def test_days_are_dates() -> None:
    filters = ClarificationFilters.from_args({"dari": "2026-02-30", "sampai": "2026-02-28"})
    assert (filters.since, filters.until) == (None, date(2026, 2, 28))


def test_the_fullest_list_is_light(publish: Publish, client: FlaskClient) -> None:
    """Before the proxy compresses it, with all of its files: the longest titles, and every filter."""
    words = "penyaluran bantuan air bersih dari kota "
    kinds = list(Verdict)
    for number in range(40):
        publish(
            slug=f"{number}-{'klarifikasi-' * 9}x",
            title=(words * 8)[:300].strip(),
            claim_quote=words * 9,
            summary=words * 9,
            topic=Topic.WATER,
            verdict=kinds[number % len(kinds)],
        )
    sizes = {}
    for search in ("", "air", "bantuan kota", words.strip(), "air " * 40):
        address = f"/klarifikasi/?{urlencode({'q': search, 'topik': 'water', 'dari': '2020-01-01', 'hal': 2})}"
        page = client.get(address).get_data(as_text=True)
        assert page.count("<article>") == PER_PAGE
        files = set(re.findall(r'"(/static/[^"]+)"', page)) | {"/manifest.webmanifest"}
        assert len(files) >= 3
        sizes[search] = len(page.encode()) + sum(len(client.get(unescape(one)).data) for one in files)
    assert max(sizes.values()) < 41_000, sizes
