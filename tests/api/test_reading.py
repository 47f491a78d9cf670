"""The API that reads: lists, one page, searches, changes; what is public and nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from hoax_tracker.api.documentation import POST_EXAMPLES, READ_EXAMPLES, curl_command
from hoax_tracker.app import create_app
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.models import (
    Clarification,
    ClarificationRevision,
    ClarificationStatus,
    District,
    Evidence,
    EvidenceKind,
    Officer,
    Topic,
    Unit,
    Verdict,
    db,
)
from tests import factories
from tests.api.test_api import problem
from tests.crowded import count_statements
from tests.factories import NOW

LIST = "/api/v1/clarifications"
WATER = "Mulai Senin besok air PDAM se-Kota Kupang mati total tujuh hari karena pipa induk pecah di Tarus"
MARKET = "Besok pasar Oeba ditutup satu minggu karena perbaikan atap, semua pedagang pindah ke lapangan Oesapa"
Publish = Callable[..., Clarification]


@pytest.fixture
def publish(officer: Officer, approver: Officer) -> Publish:
    """Return a function that publishes a page as officers do: with a revision."""

    def go(**fields: Any) -> Clarification:
        row = factories.make_clarification(officer, approver, **{"claim_quote": WATER} | fields)
        if row.number is not None:
            revise(row, ClarificationStatus.PUBLISHED)
            if row.status is not ClarificationStatus.PUBLISHED:
                revise(row, row.status, "Alasannya.", 1)
        return row

    return go


def revise(row: Clarification, kind: ClarificationStatus, note: str = "", minutes: int = 0) -> None:
    """Add a revision to a page."""
    author, approver = db.session.query(Officer).order_by(Officer.id).limit(2)
    revision = ClarificationRevision(clarification_id=row.id, kind=kind, note=note, content={"title": "DAHULU"})
    revision.number = len(row.revisions) + 1
    revision.author_id, revision.approver_id = author.id, approver.id
    revision.made_at = row.published_at + timedelta(minutes=minutes)
    db.session.add(revision)
    db.session.commit()
    db.session.refresh(row)


def read(client: FlaskClient, path: str, **parameters: Any) -> Any:
    """What the API answers."""
    response = client.get(path, query_string=parameters or None)
    assert response.status_code == 200, response.get_data(as_text=True)
    assert response.content_type == "application/json"
    assert "RAHASIA" not in response.get_data(as_text=True)
    return response.get_json()


def numbers(answer: dict[str, Any]) -> list[int]:
    """The numbers of the clarifications in an answer."""
    return [item["number"] for item in answer["items"]]


def test_an_item_says_what_its_page_says(publish: Publish, client: FlaskClient, settings: Settings) -> None:
    row = publish(slug="air", circulated_since=NOW.date(), status=ClarificationStatus.CORRECTED)
    (item,) = read(client, LIST)["items"]
    assert item == {
        "number": 1,
        "url": f"{settings.base_url}/klarifikasi/air",
        "status": "corrected",
        "title": row.title,
        "summary": row.summary,
        "claim": WATER,
        "verdict": "hoaks",
        "topic": "water",
        "unit": {"code": "pdam", "name": "Perumda Air Minum Kota Kupang"},
        "circulated_since": "2026-11-24",
        "published_at": "2026-11-24T08:05:00+00:00",
        "changed_at": "2026-11-24T08:06:00+00:00",
        "unconfirmed_until": None,
        "is_example": False,
    }


def test_one_page_is_read_whole_without_who_wrote_it(
    publish: Publish, client: FlaskClient, officer: Officer, approver: Officer
) -> None:
    row = publish(circulated_where="Grup warga", wordings=["RAHASIA cara lain"], status=ClarificationStatus.CORRECTED)
    proof = {"clarification_id": row.id, "added_at": NOW, "added_by_id": officer.id}
    link = {"kind": EvidenceKind.LINK, "title": "Pengumuman", "url": "https://pdam.example/1", "dated": NOW.date()}
    db.session.add(Evidence(**link, **proof))
    db.session.add(Evidence(kind=EvidenceKind.LINK, title="Aneh", url="javascript:alert(1)", **proof))
    db.session.commit()
    page = read(client, f"{LIST}/1")
    assert page["sources"] == [
        {"title": "Pengumuman", "url": "https://pdam.example/1", "dated": "2026-11-24"},
        {"title": "Aneh", "url": None, "dated": None},
    ]
    assert (page["findings"], page["conclusion"]) == (row.findings, row.conclusion)
    assert [(change["kind"], change["note"]) for change in page["history"]] == [
        ("corrected", "Alasannya."),
        ("published", ""),
    ]
    for person in (officer, approver):
        assert person.name not in json.dumps(page)
        assert person.email not in json.dumps(page)


def test_drafts_are_nowhere_and_a_withdrawn_page_is_gone(publish: Publish, client: FlaskClient) -> None:
    unfinished = {"slug": None, "published_at": None, "title": "RAHASIA", "claim_quote": f"{WATER} RAHASIA"}
    publish(status=ClarificationStatus.AWAITING_APPROVAL, number=None, **unfinished)
    publish(status=ClarificationStatus.RETRACTED, title="RAHASIA", slug="ditarik", number=7)
    publish(slug="air", number=8)
    assert numbers(read(client, LIST)) == [8]
    assert numbers(read(client, "/api/v1/search", q=WATER)) == [8]
    assert [item["number"] for item in read(client, "/api/v1/changes")["items"]] == [7, 7, 8]
    assert "RAHASIA" not in client.get(f"{LIST}/7").get_data(as_text=True)
    problem(client.get(f"{LIST}/7"), 410)
    problem(client.get(f"{LIST}/6"), 404)
    problem(client.get(f"{LIST}/0"), 404)
    problem(client.get(f"{LIST}/9999999999999"), 404)


def test_cursors_lead_through_the_list_though_more_is_published(publish: Publish, client: FlaskClient) -> None:
    for _ in range(5):
        publish()
    first = read(client, LIST, limit=2)
    publish()
    second = read(client, LIST, limit=2, cursor=first["next_cursor"])
    third = read(client, LIST, limit=2, cursor=second["next_cursor"])
    assert [numbers(page) for page in (first, second, third)] == [[5, 4], [3, 2], [1]]
    assert third["next_cursor"] is None


@pytest.fixture
def three(publish: Publish, client: FlaskClient) -> FlaskClient:
    """Three pages that differ in all that can be asked for; and the places of one of them."""
    parent = District(code="kec-kelapa-lima", name="Kelapa Lima", kind="kecamatan")
    db.session.add_all([parent, District(code="kec-alak", name="Alak", kind="kecamatan")])
    db.session.flush()
    db.session.add(District(code="kel-oesapa", name="Oesapa", kind="kelurahan", parent_id=parent.id))
    db.session.commit()
    publish(slug="air")
    unit = factories.load_unit("dinkes").id
    publish(slug="pasar", claim_quote=MARKET, topic=Topic.MARKET, unit_id=unit, published_at=NOW - timedelta(days=30))
    publish(slug="benar", claim_quote="Jadwal", verdict=Verdict.BENAR, published_at=NOW - timedelta(days=60))
    return client


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({}, [3, 2, 1]),
        ({"topic": "market"}, [2]),
        ({"verdict": "benar"}, [3]),
        ({"unit": "dinkes"}, [2]),
        ({"unit": "tidak-ada\x00"}, []),
        ({"place": "kel-oesapa"}, [2]),
        ({"place": "kec-kelapa-lima"}, [2]),
        ({"place": "kec-alak"}, []),
        ({"place": "tidak-ada"}, []),
        ({"since": "2026-11-24"}, [1]),
        ({"until": "2026-11-23"}, [3, 2]),
        ({"since": "2026-10-01", "until": "2026-10-31"}, [2]),
        ({"since": "0001-01-01", "until": "9999-12-31"}, [3, 2, 1]),
        ({"topic": "market", "verdict": "benar"}, []),
    ],
)
def test_filters_narrow_the_list(three: FlaskClient, parameters: dict[str, str], expected: list[int]) -> None:
    assert numbers(read(three, LIST, **parameters)) == expected


def test_filters_narrow_a_search_and_its_cursor_goes_on(three: FlaskClient) -> None:
    assert numbers(read(three, "/api/v1/search", q=MARKET))[0] == 2
    assert numbers(read(three, "/api/v1/search", q=MARKET, topic="water")) != [2]
    whole = numbers(read(three, "/api/v1/search", q="besok pasar air kupang satu minggu"))
    pages: list[dict[str, Any]] = [{"next_cursor": None}]
    while len(pages) == 1 or pages[-1]["next_cursor"]:
        more = {"cursor": pages[-1]["next_cursor"]} if len(pages) > 1 else {}
        pages.append(read(three, "/api/v1/search", q="besok pasar air kupang satu minggu", limit=1, **more))
    assert [number for page in pages[1:] for number in numbers(page)] == whole


@pytest.mark.parametrize(
    ("path", "field"),
    [
        (f"{LIST}?limit=0", "limit"),
        (f"{LIST}?limit=101", "limit"),
        (f"{LIST}?limit=1_0", "limit"),
        (f"{LIST}?limit=٣", "limit"),
        (f"{LIST}?cursor=-1", "cursor"),
        (f"{LIST}?cursor=9999999999", "cursor"),
        (f"{LIST}?topic=cuaca", "topic"),
        (f"{LIST}?verdict=HOAKS", "verdict"),
        (f"{LIST}?since=kemarin", "since"),
        ("/api/v1/search", "q"),
        ("/api/v1/search?q=", "q"),
        (f"/api/v1/search?q={'a' * 5001}", "q"),
        ("/api/v1/changes?since=kemarin", "since"),
    ],
)
def test_what_does_not_fit_is_named(client: FlaskClient, path: str, field: str) -> None:
    document = problem(client.get(path), 422)
    assert [fault["field"] for fault in document["errors"]] == [field]


def test_a_copy_stays_in_step_by_the_changes(publish: Publish, client: FlaskClient) -> None:
    row = publish(slug="air")
    first = read(client, "/api/v1/changes")
    assert [(item["kind"], item["clarification"]["number"]) for item in first["items"]] == [("published", 1)]
    cursor = first["next_cursor"]
    nothing = read(client, "/api/v1/changes", cursor=cursor)
    assert nothing == {"items": [], "next_cursor": cursor, "has_more": False}
    row.status, row.version, row.title = ClarificationStatus.RETRACTED, row.version + 1, "RAHASIA"
    db.session.commit()
    revise(row, ClarificationStatus.RETRACTED, "Keliru.", 9)
    later = read(client, "/api/v1/changes", cursor=cursor)
    assert later["items"] == [
        {
            "kind": "withdrawn",
            "changed_at": "2026-11-24T08:14:00+00:00",
            "note": "Keliru.",
            "number": 1,
            "url": row_url(client, "air"),
            "clarification": None,
        }
    ]
    assert read(client, "/api/v1/changes", limit=1)["has_more"]
    assert read(client, "/api/v1/changes", since="2026-11-24T16:10:00+08:00")["items"] == later["items"]
    for far in ("0001-01-01T00:00:00+14:00", "2026-11-24T08:00:00"):
        assert len(read(client, "/api/v1/changes", since=far)["items"]) == 2
    assert read(client, "/api/v1/changes", since="9999-12-31T23:59:59-12:00")["items"] == []


def row_url(client: FlaskClient, slug: str) -> str:
    """The address of a page."""
    return f"{client.application.extensions['settings'].base_url}/klarifikasi/{slug}"


def test_lists_of_values_are_those_of_the_pages(client: FlaskClient) -> None:
    db.session.add(Unit(code="lama", name="Lama", short_name="Lama", kind="dinas", is_active=False))
    db.session.add(District(code="kec-alak", name="Alak", kind="kecamatan", aliases=["Alaq"]))
    db.session.commit()
    units = {unit["code"]: unit for unit in read(client, "/api/v1/units")["items"]}
    assert set(units) == {"diskominfo", "dinkes", "pdam"}
    assert (units["pdam"]["parent"], units["diskominfo"]["parent"]) == ("diskominfo", None)
    topics = read(client, "/api/v1/topics")["items"]
    assert topics[1] == {"value": "water", "label": {"id": "Air bersih", "en": "Water"}}
    verdicts = {verdict["value"]: verdict for verdict in read(client, "/api/v1/verdicts")["items"]}
    assert set(verdicts) == {verdict.value for verdict in Verdict}
    assert (verdicts["hoaks"]["rating"], verdicts["penipuan"]["rating"]) == (1, None)
    assert (verdicts["satire"]["is_rated"], verdicts["penipuan"]["is_rated"]) == (False, True)
    (place,) = read(client, "/api/v1/places")["items"]
    assert place == {"code": "kec-alak", "name": "Alak", "kind": "kecamatan", "parent": None, "aliases": ["Alaq"]}


PRIVATE = {"search_clarifications", "check_channel"}  # what is asked may be a resident's message
READ_PATHS = [path for name, path in READ_EXAMPLES.items() if name not in PRIVATE]


@pytest.mark.parametrize("path", READ_PATHS)
def test_answers_may_be_kept_a_minute_and_are_not_sent_twice(publish: Publish, client: FlaskClient, path: str) -> None:
    publish()
    response = client.get(path)
    assert response.headers["Cache-Control"] == "public, max-age=60"
    assert client.get(path, headers={"If-None-Match": response.headers["ETag"]}).status_code == 304


def test_what_is_withdrawn_leaves_kept_answers_at_once(publish: Publish, client: FlaskClient) -> None:
    row = publish()
    assert (numbers(read(client, LIST)), read(client, f"{LIST}/1")["number"]) == ([1], 1)
    row.status, row.version = ClarificationStatus.RETRACTED, row.version + 1
    db.session.commit()
    assert numbers(read(client, LIST)) == []
    problem(client.get(f"{LIST}/1"), 410)


@pytest.mark.parametrize("path", [*READ_EXAMPLES.values(), f"{LIST}?limit=0", f"{LIST}/4711"])
def test_scripts_of_any_site_may_read(client: FlaskClient, path: str) -> None:
    asked = client.options(path, headers={"Origin": "https://koran.example", "Access-Control-Request-Method": "GET"})
    for response in (client.get(path, headers={"Origin": "https://koran.example"}), asked):
        assert response.headers["Access-Control-Allow-Origin"] == "*"
        assert "Access-Control-Allow-Credentials" not in response.headers
    assert asked.headers["Access-Control-Allow-Methods"] == "GET, HEAD"


@pytest.mark.parametrize("path", [path for path, _ in POST_EXAMPLES.values()])
def test_scripts_of_other_sites_may_not_post(client: FlaskClient, path: str) -> None:
    def headers_of(response: TestResponse) -> set[str]:
        return {name.lower() for name, _ in response.headers}

    asked = {"Origin": "https://koran.example", "Access-Control-Request-Method": "POST"}
    responses = (client.options(path, headers=asked), client.post(path, json={"text": "air mati"}, headers=asked))
    for response in responses:
        assert not {name for name in headers_of(response) if name.startswith("access-control")}


def test_every_operation_has_an_example_that_works(publish: Publish, client: FlaskClient, settings: Settings) -> None:
    publish()
    spec = client.get("/api/openapi.json").get_json()
    operations = [operation for path in spec["paths"].values() for operation in path.values()]
    assert {operation["operationId"] for operation in operations} == {*READ_EXAMPLES, *POST_EXAMPLES}
    for operation in operations:
        assert curl_command(operation["operationId"], settings.base_url) in operation["description"]
    for path in READ_EXAMPLES.values():
        key = "number" if path.endswith("/1") else "months" if path.endswith("/statistics") else "items"
        assert read(client, path)[key] is not None
    for path, body in POST_EXAMPLES.values():
        assert client.post(path, json=body).status_code in (200, 201)


@pytest.mark.usefixtures("one_moment")
def test_searches_are_limited_and_never_kept(settings: Settings) -> None:
    app = create_app(replace(settings, checks_per_minute=1))
    client = app.test_client()
    first = client.get("/api/v1/search?q=air+mati")
    assert (first.status_code, first.headers["Cache-Control"], first.headers["X-Robots-Tag"]) == (
        200,
        "no-store",
        "noindex, nofollow",
    )
    for path in ("/api/v1/search?q=air+mati", f"{LIST}?place=kec-alak"):
        response = client.get(path)
        problem(response, 429)
        assert int(response.headers["Retry-After"]) >= 1
    assert client.get(LIST).status_code == 200
    with app.app_context():
        db.engine.dispose()


def test_a_demo_says_that_it_is_made_up(publish: Publish, settings: Settings) -> None:
    publish()
    app = create_app(replace(settings, demo=True))
    assert [item["is_example"] for item in read(app.test_client(), LIST)["items"]] == [True]
    with app.app_context():
        db.engine.dispose()


def test_a_longer_list_asks_the_database_no_more_often(publish: Publish, app: APIFlask) -> None:
    asked = []
    for _ in range(2):
        for _ in range(3):
            publish()
        for path in (f"{LIST}?limit=50", "/api/v1/changes?limit=50", "/api/v1/search?q=air+pdam+mati"):
            db.session.expire_all()
            with count_statements() as queries:
                read(app.test_client(), path)
            asked.append(len(queries))
    assert asked[:2] == asked[3:5]
    assert asked[5] <= asked[2] + 1
