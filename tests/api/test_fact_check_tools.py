"""``/v1alpha1/claims:search``: Google's own client asks it, and each parameter does what Google says."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from googleapiclient.discovery import build
from googleapiclient.errors import HttpError
from openapi_schema_validator import OAS31Validator

from hoax_tracker.api import fact_check_tools
from hoax_tracker.app import create_app
from hoax_tracker.check.answers.admission import Admission
from hoax_tracker.clock import utc_now
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.errors import OverloadedError
from hoax_tracker.ingest.parsers import parse_feed
from hoax_tracker.models import CheckQuery, ClarificationStatus, Officer, SourceKind, Verdict, db
from tests import factories
from tests.factories import NOW

SEARCH = "/v1alpha1/claims:search"
WATER = "Mulai Senin besok air PDAM se-Kota Kupang mati total tujuh hari karena pipa induk pecah di Tarus"
MARKET = "Besok pasar Oeba ditutup satu minggu karena perbaikan atap, semua pedagang pindah ke lapangan Oesapa"
CATTLE = "Sapi di Naioni mati kena antraks, warga dilarang makan daging sapi dari semua pasar di Kupang"


@pytest.fixture
def pages(officer: Officer, approver: Officer) -> None:
    """Three pages, and what must never be found: withdrawn, awaiting approval, not rated."""

    def add(quote: str, **fields: Any) -> None:
        texts = {"claim_quote": quote, "title": f"Tidak benar: {quote[:60]}", "summary": ""}
        factories.make_clarification(officer, approver, **texts | fields)

    claims = [factories.make_claim(claimant="Maria Tefa"), factories.make_claim(claimant="PDAM")]
    long_ago = datetime(2026, 1, 5, 8, 5, tzinfo=UTC)
    add(WATER, slug="air", circulated_since=date(2026, 1, 3), published_at=long_ago, claims=claims)
    add(MARKET, slug="pasar", verdict=Verdict.MENYESATKAN, published_at=utc_now() - timedelta(days=3))
    add(CATTLE, slug="sapi", published_at=utc_now() - timedelta(days=400))
    add(f"{WATER} RAHASIA", slug="ditarik", status=ClarificationStatus.RETRACTED)
    add(f"{WATER} RAHASIA", slug="opini", verdict=Verdict.BUKAN_KLAIM)
    unfinished = {"status": ClarificationStatus.AWAITING_APPROVAL, "slug": None, "number": None, "published_at": None}
    add(f"{WATER} RAHASIA", **unfinished)


def ask(client: FlaskClient, **parameters: Any) -> dict[str, Any]:
    """The answer to a search."""
    response = client.get(f"{SEARCH}?{urlencode(parameters)}")
    assert response.status_code == 200, response.get_data(as_text=True)
    assert response.content_type == "application/json; charset=UTF-8"
    assert "RAHASIA" not in response.get_data(as_text=True)
    answer: dict[str, Any] = json.loads(response.get_data())
    return answer


def slugs(answer: dict[str, Any]) -> list[str]:
    """The pages in an answer, in their order."""
    return [claim["claimReview"][0]["url"].rsplit("/", 1)[1] for claim in answer.get("claims", [])]


@pytest.mark.usefixtures("pages")
def test_an_answer_has_the_shape_of_googles(client: FlaskClient, settings: Settings) -> None:
    answer = ask(client, query="air PDAM mati tujuh hari pipa induk pecah", pageSize=1)
    assert set(answer) == {"claims", "nextPageToken"}
    assert answer["claims"] == [
        {
            "text": WATER,
            "claimant": "Perumda Air Minum Kota Kupang",
            "claimDate": "2026-01-03T00:00:00Z",
            "claimReview": [
                {
                    "publisher": {"name": "Perumda Air Minum Kota Kupang", "site": "127.0.0.1"},
                    "url": f"{settings.base_url}/klarifikasi/air",
                    "title": f"Tidak benar: {WATER[:60]}",
                    "reviewDate": "2026-01-05T08:05:00Z",
                    "textualRating": "Hoaks",
                    "languageCode": "id",
                }
            ],
        }
    ]
    assert all(isinstance(value, str) for value in strings_in(answer))


def strings_in(value: Any) -> Iterator[Any]:
    """Every value in an answer that is neither object nor list."""
    if isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from strings_in(inner)
    else:
        yield value


@pytest.mark.usefixtures("pages")
@pytest.mark.parametrize("is_shipped", [False, True])
def test_googles_own_client_asks_it(
    app: APIFlask, address: str, monkeypatch: pytest.MonkeyPatch, is_shipped: bool
) -> None:
    """Built from our description, and from the one that Google ships with it, pointed here."""
    monkeypatch.setitem(app.extensions, "settings", replace(app.extensions["settings"], base_url=address))
    here: dict[str, Any] = {"discoveryServiceUrl": f"{address}/$discovery/rest?version={{apiVersion}}"}
    there = {"static_discovery": True, "client_options": {"api_endpoint": address}}
    chosen = there if is_shipped else here | {"static_discovery": False}
    with build("factchecktools", "v1alpha1", developerKey="x", cache_discovery=False, **chosen) as service:
        claims = service.claims()
        call, texts = (
            claims.search(query="di kota kupang besok", pageSize=1, languageCode="id-ID", maxAgeDays=36_500),
            [],
        )
        while call is not None:
            answer = call.execute()
            texts += slugs(answer)
            call = claims.search_next(call, answer)
        assert sorted(texts) == ["air", "pasar", "sapi"]
        with pytest.raises(HttpError) as refused:
            claims.search(query="air", pageToken="palsu").execute()
    assert refused.value.status_code == 400
    assert refused.value.reason == "The page token does not belong to this query."
    assert refused.value.error_details[0]["fieldViolations"][0]["field"] == "pageToken"


def test_the_description_names_what_the_answer_holds(app: APIFlask, client: FlaskClient, settings: Settings) -> None:
    response = client.get("/$discovery/rest?version=v1alpha1")
    document = response.get_json()
    assert document["rootUrl"] == f"{settings.base_url}/"
    assert set(document["schemas"]) == {schema["id"] for schema in fact_check_tools.SCHEMAS}
    for described in document["schemas"].values():
        OAS31Validator.check_schema({name: part for name, part in described.items() if name != "id"})
    assert client.get("/$discovery/rest?version=v2").status_code == 404
    etag = {"If-None-Match": response.headers["ETag"]}
    assert client.get("/$discovery/rest?version=v1alpha1", headers=etag).status_code == 304


@pytest.mark.usefixtures("pages")
def test_ranking_is_the_matchers(client: FlaskClient) -> None:
    for quote, slug in ((WATER, "air"), (MARKET, "pasar"), (CATTLE, "sapi")):
        assert slugs(ask(client, query=quote))[0] == slug
    assert slugs(ask(client, query="antraks")) == ["sapi"]
    assert ask(client, query="xylofon") == {}
    assert ask(client, query="🙏") == {}


@pytest.mark.usefixtures("pages")
@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"languageCode": "id"}, ["sapi", "pasar", "air"]),
        ({"languageCode": "id-ID"}, ["sapi", "pasar", "air"]),
        ({"languageCode": "en-US"}, []),
        ({"maxAgeDays": 7}, ["pasar"]),
        ({"maxAgeDays": 0}, ["sapi", "pasar", "air"]),
        ({"maxAgeDays": 2**31 - 1}, ["sapi", "pasar", "air"]),
        ({"offset": 1, "pageSize": 1}, ["pasar"]),
        ({"offset": 2**31 - 1}, []),
        ({"pageSize": 1_000_000}, ["sapi", "pasar", "air"]),
        ({"key": "x", "alt": "json", "prettyPrint": "false", "$.xgafv": "2"}, ["sapi", "pasar", "air"]),
        ({"reviewPublisherSiteFilter": "http://127.0.0.1/x"}, ["sapi", "pasar", "air"]),
        ({"reviewPublisherSiteFilter": "lain.example"}, []),
        ({"reviewPublisherSiteFilter": "[::1"}, []),
        ({"pageToken": ""}, ["sapi", "pasar", "air"]),
    ],
)
def test_parameters_narrow_the_list(client: FlaskClient, parameters: dict[str, Any], expected: list[str]) -> None:
    assert slugs(ask(client, **{"reviewPublisherSiteFilter": "127.0.0.1"} | parameters)) == expected


@pytest.mark.usefixtures("pages")
def test_an_age_narrows_a_search_too(client: FlaskClient) -> None:
    assert slugs(ask(client, query=CATTLE, maxAgeDays=7)) in (["pasar"], [])
    assert slugs(ask(client, query=CATTLE, maxAgeDays=500))[0] == "sapi"


@pytest.mark.usefixtures("pages")
def test_tokens_lead_through_all_results_once(client: FlaskClient) -> None:
    for asked in ({"reviewPublisherSiteFilter": "127.0.0.1"}, {"query": "besok di kota kupang"}):
        whole, collected, token = slugs(ask(client, **asked)), [], ""
        for _ in range(3):
            answer = ask(client, **asked, pageSize=1, pageToken=token, offset=17 if token else 0)
            collected += slugs(answer)
            token = answer.get("nextPageToken", "")
        assert (collected, token) == (whole, "")


@pytest.mark.usefixtures("pages")
def test_the_token_of_another_query_is_refused(client: FlaskClient) -> None:
    token = ask(client, query="besok di kota kupang", pageSize=1)["nextPageToken"]
    forged = base64.urlsafe_b64encode(b"1." + b"0" * 32).decode().rstrip("=")
    others = ({"query": "air"}, {"languageCode": "id"}, {"maxAgeDays": 5}, {"reviewPublisherSiteFilter": "127.0.0.1"})
    for other in others:
        refused(client, **{"query": "besok di kota kupang", "pageToken": token} | other)
    for wrong in (forged, token[:-2], token + "A", "é", "=", "%", "x" * 3000):
        assert refused(client, query="besok di kota kupang", pageToken=wrong)["field"] == "pageToken"


def refused(client: FlaskClient, **parameters: Any) -> dict[str, str]:
    """The parameter at fault and the words, as Google's envelope has them."""
    response = client.get(f"{SEARCH}?{urlencode(parameters)}")
    assert (response.status_code, response.content_type) == (400, "application/json")
    assert response.headers["Cache-Control"] == "no-store"
    error = response.get_json()["error"]
    assert (error["code"], error["status"]) == (400, "INVALID_ARGUMENT")
    assert error["errors"] == [{"message": error["message"], "domain": "global", "reason": "badRequest"}]
    violation: dict[str, str] = error["details"][0]["fieldViolations"][0]
    return violation


@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        ({}, "query"),
        ({"query": ""}, "query"),
        ({"query": " \x00"}, "query"),
        ({"query": "air", "pageSize": "x"}, "pageSize"),
        ({"query": "air", "pageSize": -1}, "pageSize"),
        ({"query": "air", "offset": 2**31}, "offset"),
        ({"query": "air", "offset": "1e3"}, "offset"),
        ({"query": "air", "maxAgeDays": "٣"}, "maxAgeDays"),
        ({"query": "air", "maxAgeDays": "9" * 5000}, "maxAgeDays"),
        ({"query": "air", "alt": "media"}, "alt"),
        ({"query": "air", "pagesize": 1}, "pagesize"),
    ],
)
def test_a_wrong_parameter_is_named(client: FlaskClient, parameters: dict[str, Any], field: str) -> None:
    assert refused(client, **parameters)["field"] == field


def test_other_errors_have_googles_form_too(client: FlaskClient) -> None:
    for response, name in (
        (client.post(SEARCH), "UNIMPLEMENTED"),
        (client.get("/v1alpha1/pages"), "NOT_FOUND"),
    ):
        error = response.get_json()["error"]
        assert (error["code"], error["status"]) == (response.status_code, name)


def test_a_demo_reviews_nothing(pages: None, settings: Settings) -> None:
    app = create_app(replace(settings, demo=True))
    assert ask(app.test_client(), query=WATER) == {}
    assert ask(app.test_client(), reviewPublisherSiteFilter="127.0.0.1") == {}
    with app.app_context():
        db.engine.dispose()


@pytest.mark.usefixtures("pages")
def test_a_search_stays_private_and_a_list_may_be_kept(client: FlaskClient) -> None:
    """The words may be a message that somebody got."""
    search = client.get(f"{SEARCH}?query=air+mati")
    assert (search.headers["Cache-Control"], search.headers["Referrer-Policy"]) == ("no-store", "no-referrer")
    assert db.session.query(CheckQuery).count() == 0
    listed = client.get(f"{SEARCH}?reviewPublisherSiteFilter=127.0.0.1")
    assert listed.headers["Cache-Control"] == "public, max-age=60"
    for response in (search, listed, client.get(SEARCH)):
        assert response.headers["Access-Control-Allow-Origin"] == "*"
        assert "Access-Control-Allow-Credentials" not in response.headers


@pytest.mark.usefixtures("one_moment")
def test_searches_are_limited_apart_from_residents_questions(settings: Settings) -> None:
    app = create_app(replace(settings, checks_per_minute=1))
    client = app.test_client()
    assert client.get(f"{SEARCH}?query=air").status_code == 200
    response = client.get(f"{SEARCH}?query=air")
    assert (response.status_code, response.get_json()["error"]["status"]) == (429, "RESOURCE_EXHAUSTED")
    assert int(response.headers["Retry-After"]) >= 1
    assert client.post("/api/v1/check", json={"text": "air mati"}).status_code == 200
    assert client.get(f"{SEARCH}?reviewPublisherSiteFilter=127.0.0.1").status_code == 200
    with app.app_context():
        db.engine.dispose()


def test_a_crowd_is_told_to_come_back(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_admission: Admission, _count: object) -> None:
        raise OverloadedError("9 messages wait", retry_after_s=3)

    monkeypatch.setattr(Admission, "deciding", refuse)
    response = client.get(f"{SEARCH}?query=air")
    assert (response.status_code, response.headers["Retry-After"]) == (503, "3")
    assert response.get_json()["error"]["status"] == "UNAVAILABLE"


@pytest.mark.usefixtures("pages")
def test_another_office_reads_the_answer_as_fact_checks(client: FlaskClient, settings: Settings) -> None:
    path = f"{SEARCH}?reviewPublisherSiteFilter=127.0.0.1"
    response = client.get(path)
    feed = parse_feed(response.get_data(), settings.base_url + path, response.content_type, now=NOW)
    assert feed.kind is SourceKind.CLAIM_REVIEW
    assert [entry.title for entry in feed.entries] == [CATTLE, MARKET, WATER]
