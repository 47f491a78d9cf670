"""The description at /api/openapi.json is valid and complete, and matches the API."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient
from openapi_spec_validator import OpenAPIV31SpecValidator, validate

from hoax_tracker.core.config.settings import Settings


@pytest.fixture
def spec(client: FlaskClient) -> dict[str, Any]:
    """The description as a client loads it."""
    response = client.get("/api/openapi.json")
    assert response.status_code == 200
    body: dict[str, Any] = response.get_json()
    return body


def test_it_is_valid_openapi_3_1(spec: dict[str, Any]) -> None:
    assert spec["openapi"].startswith("3.1")
    validate(spec, cls=OpenAPIV31SpecValidator)


def test_it_describes_check_and_report_only(spec: dict[str, Any], settings: Settings) -> None:
    assert set(spec["paths"]) >= {"/api/v1/check", "/api/v1/reports"}
    assert not any(path.startswith("/petugas") for path in spec["paths"])
    assert spec["servers"] == [{"url": settings.base_url}]


def test_input_is_closed_and_output_open(spec: dict[str, Any]) -> None:
    schemas = spec["components"]["schemas"]
    for name in ("CheckIn", "ReportIn"):
        assert schemas[name]["additionalProperties"] is False
    for name in ("CheckOut", "ReportOut", "ProblemOut", "ClarificationOut"):
        assert schemas[name]["additionalProperties"] is True
    assert schemas["CheckIn"]["properties"]["text"]["maxLength"] == 100_000


def test_details_that_differ_are_described(spec: dict[str, Any]) -> None:
    schemas = spec["components"]["schemas"]
    assert set(schemas["MatchOut"]["required"]) == {"probability", "clarification", "judged_wording"}
    assert schemas["MatchOut"]["properties"]["differs"]["items"] == {"$ref": "#/components/schemas/DifferenceOut"}
    assert set(schemas["DifferenceOut"]["required"]) == {"kind", "yours", "theirs"}
    assert "duration" in schemas["DifferenceOut"]["properties"]["kind"]["enum"]


def test_faults_are_problem_documents(spec: dict[str, Any]) -> None:
    for path in ("/api/v1/check", "/api/v1/reports"):
        operation = spec["paths"][path]["post"]
        assert operation["requestBody"]["required"] is True
        faults = {code: found["content"] for code, found in operation["responses"].items() if code >= "400"}
        assert {"400", "413", "415", "422", "429"} <= set(faults)
        assert {kind for content in faults.values() for kind in content} == {"application/problem+json"}
    assert "201" in spec["paths"]["/api/v1/reports"]["post"]["responses"]
