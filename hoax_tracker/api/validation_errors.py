"""Errors in API input as RFC 9457 problem documents, and their OpenAPI description."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from apiflask import APIFlask, HTTPError
from flask import Response, jsonify, request
from flask.blueprints import BlueprintSetupState
from flask_babel import gettext as _

from hoax_tracker.api.schemas import ProblemOut

PROBLEM_MEDIA_TYPE = "application/problem+json"
FAULT_DESCRIPTIONS = {
    400: "The body is not JSON.",
    413: "The body is too large.",
    415: "The body is not said to be JSON.",
    422: "A field is missing, unknown or wrong.",
    429: "Too many requests; see Retry-After.",
    503: "Busy, or not able to at the moment; see Retry-After.",
}
FAULT_RESPONSES: dict[int | str, dict[str, str | dict[str, dict[str, Any]]]] = {
    status: {"description": words, "content": {PROBLEM_MEDIA_TYPE: {"schema": ProblemOut}}}
    for status, words in FAULT_DESCRIPTIONS.items()
}


def register_api_errors(state: BlueprintSetupState) -> None:
    """Register the handler for invalid input and its description with the app."""
    app = state.app
    assert isinstance(app, APIFlask)  # noqa: S101 - the factory makes no other
    settings = app.extensions["settings"]
    app.error_processor(handle_faulty_input)
    app.spec_processor(mark_bodies_required)
    app.servers = [{"url": settings.base_url}]
    app.config["AUTO_VALIDATION_ERROR_RESPONSE"] = False  # RESPONSES says it with the right media type


def mark_bodies_required(spec: dict[str, Any] | str) -> dict[str, Any] | str:
    """Mark request bodies as required in the OpenAPI description, which APIFlask leaves open."""
    assert isinstance(spec, dict)  # noqa: S101 - it is text only where YAML was chosen
    for path in spec["paths"].values():
        for operation in path.values():
            if "requestBody" in operation:
                operation["requestBody"]["required"] = True
    return spec


def handle_faulty_input(error: HTTPError) -> Response:
    """Return the problem document for input that does not fit the schema. It names every faulty field."""
    title = _("Isian belum dapat diterima. Periksa kembali, lalu kirim lagi.")
    if error.status_code == 400:
        title = _("Isi permintaan bukan JSON yang benar. Periksa kembali, lalu kirim lagi.")
    response = jsonify(
        type="about:blank",
        title=title,
        status=error.status_code,
        instance=request.path,
        errors=[{"field": field, "detail": detail} for field, detail in iterate_field_faults(error.detail)],
    )
    response.status_code, response.content_type = error.status_code, PROBLEM_MEDIA_TYPE
    response.headers["Cache-Control"] = "no-store"
    return response


def iterate_field_faults(detail: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield (field, fault) from a schema's nested messages."""
    if isinstance(detail, dict):
        for name, inner in detail.items():
            yield from iterate_field_faults(inner, name if path in ("", "json") else f"{path}.{name}")
    elif isinstance(detail, list):
        for inner in detail:
            yield from iterate_field_faults(inner, path)
    elif detail:
        yield path, str(detail)
