"""Open data: what is public as files, explained and catalogued, with no person in it and no small number of people."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from hoax_tracker.api.open_data.datasets import DATASETS, list_monthly_numbers
from hoax_tracker.api.open_data.views import LICENSE_URL
from hoax_tracker.app import create_app
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.models import (
    CheckDecision,
    CheckQuery,
    Claim,
    ClaimAppearance,
    ClarificationStatus,
    Item,
    Officer,
    Report,
    Source,
    SourceKind,
    db,
)
from tests import factories
from tests.api.test_reading import Publish, publish

__all__ = ["publish"]
AUGUST, NOW = datetime(2026, 8, 10, 1, tzinfo=UTC), datetime(2026, 11, 10, 1, tzinfo=UTC)
PATHS = [f"/data/{dataset.name}.{extension}" for dataset in DATASETS for extension in ("csv", "json")]


def read_rows(client: FlaskClient, name: str) -> list[dict[str, Any]]:
    """The rows of a dataset, which are the same in both forms."""
    whole = json.loads(client.get(f"/data/{name}.json").get_data())
    table = list(csv.DictReader(io.StringIO(client.get(f"/data/{name}.csv").get_data(as_text=True))))
    names = [column["name"] for column in whole["columns"]]
    written = [{key: "" if row[key] is None else str(row[key]) for key in names} for row in whole["rows"]]
    assert [{key: cell.removeprefix("'") for key, cell in row.items()} for row in table] == written
    rows: list[dict[str, Any]] = whole["rows"]
    return rows


def add_reports(claim: Claim, count: int, received_at: datetime = AUGUST) -> None:
    """Let residents report a claim."""
    for number in range(count):
        key = f"{claim.id} {received_at:%m} {number}"
        report = Report(
            ticket_digest=key, text="RAHASIA Oma Maria", url="https://rahasia.example", received_at=received_at
        )
        db.session.add(report)
        db.session.flush()
        db.session.add(ClaimAppearance(claim_id=claim.id, report_id=report.id, seen_at=received_at))
    db.session.commit()


def add_items(claim: Claim, count: int) -> None:
    """Let a claim appear in a source."""
    source = Source(name="Kanal Maria", kind=SourceKind.TELEGRAM, url="https://t.me/s/maria", created_at=AUGUST)
    db.session.add(source)
    db.session.flush()
    for number in range(count):
        item = Item(source_id=source.id, entry_key=str(number), content_key=str(number), fetched_at=AUGUST)
        item.author, item.url = "RAHASIA", f"https://t.me/maria/{number}"
        db.session.add(item)
        db.session.flush()
        db.session.add(ClaimAppearance(claim_id=claim.id, item_id=item.id, seen_at=AUGUST))
    db.session.commit()


def test_clarifications_are_those_that_are_public(publish: Publish, client: FlaskClient, settings: Settings) -> None:
    publish(slug="air", title="=HYPERLINK(1)", circulated_since=date(2026, 8, 1), status=ClarificationStatus.CORRECTED)
    publish(slug="ditarik", status=ClarificationStatus.RETRACTED, title="RAHASIA")
    publish(slug=None, number=None, published_at=None, status=ClarificationStatus.AWAITING_APPROVAL, title="RAHASIA")
    (row,) = read_rows(client, "klarifikasi")
    assert row["url"] == f"{settings.base_url}/klarifikasi/air"
    assert (row["number"], row["status"], row["verdict"], row["unit"]) == (1, "corrected", "hoaks", "pdam")
    assert (row["circulated_since"], row["changed_at"]) == ("2026-08-01", "2026-11-24T08:06:00+00:00")
    assert "'=HYPERLINK(1)" in client.get("/data/klarifikasi.csv").get_data(as_text=True)


def test_claims_tell_neither_their_words_nor_few_people(publish: Publish, client: FlaskClient) -> None:
    few = factories.make_claim("RAHASIA", title="RAHASIA", claimant="RAHASIA", first_seen_at=AUGUST)
    many = factories.make_claim("RAHASIA", title="RAHASIA", first_seen_at=AUGUST)
    add_reports(few, 4)
    add_reports(many, 5)
    add_items(many, 6)
    publish(claims=[few])
    publish(claims=[many])
    publish(claims=[factories.make_claim()], status=ClarificationStatus.RETRACTED)
    factories.make_claim("RAHASIA belum dijawab")
    common = {"topic": "water", "first_month": "2026-08", "last_month": "2026-11"}
    assert read_rows(client, "klaim") == [
        {"number": 1, "appearances": None, "reports": None} | common,
        {"number": 2, "appearances": 5, "reports": 5} | common,
    ]


def test_months_are_those_of_kupang_that_are_over(publish: Publish, settings: Settings) -> None:
    publish(published_at=datetime(2026, 7, 31, 16, 30, tzinfo=UTC))  # half past midnight in Kupang
    publish(published_at=datetime(2026, 10, 2, tzinfo=UTC), status=ClarificationStatus.RETRACTED)
    publish(published_at=datetime(2026, 11, 2, tzinfo=UTC))
    claim = factories.make_claim()
    add_reports(claim, 4, AUGUST)
    add_reports(claim, 5, AUGUST + timedelta(days=31))
    db.session.query(Report).filter(Report.received_at == AUGUST).first().is_junk = True  # type: ignore[union-attr]
    for day, count in ((date(2026, 8, 3), 90), (date(2026, 9, 3), 4), (date(2026, 10, 3), 3), (date(2026, 10, 4), 2)):
        db.session.add(CheckQuery(day=day, digest=str(day), text="RAHASIA", decision=CheckDecision.NONE, count=count))
    db.session.commit()
    assert list(list_monthly_numbers(replace(settings, query_retention=timedelta(days=90)), NOW)) == [
        ("2026-08", 1, 0, 0, None, None),  # of August the first days are deleted already
        ("2026-09", 0, 0, 0, 5, None),
        ("2026-10", 1, 0, 1, None, 5),
    ]


def test_a_year_ends(publish: Publish, settings: Settings) -> None:
    publish(published_at=datetime(2026, 11, 2, tzinfo=UTC))
    months = [row[0] for row in list_monthly_numbers(settings, datetime(2027, 2, 1, tzinfo=UTC))]
    assert months == ["2026-11", "2026-12", "2027-01"]


def test_no_file_names_a_person(publish: Publish, client: FlaskClient, officer: Officer, approver: Officer) -> None:
    claim = factories.make_claim("RAHASIA", title="RAHASIA", claimant="RAHASIA")
    officer.name = approver.name = "RAHASIA"
    add_reports(claim, 6)
    add_items(claim, 6)
    publish(claims=[claim], wordings=["RAHASIA"], published_at=AUGUST)
    for path in [*PATHS, "/data", "/data/catalog.jsonld"]:
        text = client.get(path).get_data(as_text=True)
        for secret in ("RAHASIA", "Maria", "t.me", "rahasia.example", officer.email, approver.email):
            assert secret not in text, path


@pytest.mark.parametrize("path", PATHS)
def test_an_empty_instance_and_a_demo_have_empty_files(
    publish: Publish, client: FlaskClient, settings: Settings, path: str
) -> None:
    assert client.get(path).status_code == 200
    publish(published_at=AUGUST, claims=[factories.make_claim()])
    app = create_app(replace(settings, demo=True))
    text = app.test_client().get(path).get_data(as_text=True)
    assert len(text.splitlines()) == 1
    assert "2026-08" not in text
    with app.app_context():
        db.engine.dispose()


@pytest.mark.parametrize("path", [*PATHS, "/data/catalog.jsonld"])
def test_files_may_be_kept_and_read_by_scripts(publish: Publish, client: FlaskClient, path: str) -> None:
    publish()
    response = client.get(path)
    assert response.headers["Cache-Control"] == "public, max-age=60"
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert client.get(path, headers={"If-None-Match": response.headers["ETag"]}).status_code == 304


def test_no_question_has_a_file_made_anew(client: FlaskClient) -> None:
    response = client.get("/data/klarifikasi.csv?x=1")
    assert (response.status_code, response.headers["Location"]) == (302, "/data/klarifikasi.csv")


def test_the_catalogue_names_every_file_column_and_the_licence(client: FlaskClient, settings: Settings) -> None:
    catalog = json.loads(client.get("/data/catalog.jsonld").get_data())
    assert catalog["@type"] == "dcat:Catalog"
    assert catalog["dct:license"] == {"@id": LICENSE_URL}
    assert [dataset["dct:identifier"] for dataset in catalog["dcat:dataset"]] == [
        *("klarifikasi", "klaim", "bulanan"),
        *(f"statistik-{name}" for name in ("bulan", "putusan", "perangkat-daerah", "topik", "kecamatan")),
        *("statistik-belum-dijawab", "statistik-koreksi"),
    ]
    for dataset, described in zip(DATASETS, catalog["dcat:dataset"], strict=True):
        columns = described["csvw:tableSchema"]["csvw:column"]
        assert [column["csvw:name"] for column in columns] == [column.name for column in dataset.columns]
        for file in described["dcat:distribution"]:
            address, kind = file["dcat:downloadURL"]["@id"], file["dcat:mediaType"]["@id"]
            response = client.get(address.removeprefix(settings.base_url))
            assert response.mimetype == kind.removeprefix("http://www.iana.org/assignments/media-types/")
            assert file["dct:license"] == {"@id": LICENSE_URL}


def test_the_page_explains_every_column_in_both_languages(client: FlaskClient) -> None:
    page = client.get("/data").get_data(as_text=True)
    for dataset in DATASETS:
        for column in dataset.columns:
            assert f"<code>{column.name}</code>" in page
        assert f'href="/data/{dataset.name}.csv"' in page
    assert LICENSE_URL in page
    client.get("/bahasa/en")
    assert "Monthly numbers" in client.get("/data").get_data(as_text=True)
