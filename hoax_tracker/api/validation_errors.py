"""Errors in API input as RFC 9457 problem documents, and their OpenAPI description."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from apiflask import APIFlask, HTTPError
from flask import Response, jsonify, request
from flask.blueprints import BlueprintSetupState
from flask_babel import gettext as _

from hoax_tracker.api.documentation import show_example
from hoax_tracker.api.schemas import ProblemOut

PROBLEM_MEDIA_TYPE = "application/problem+json"
FAULT_DESCRIPTIONS = {
    400: "The body is not JSON.",
    404: "There is nothing at this address.",
    410: "It was withdrawn and is valid no longer.",
    413: "The body is too large.",
    415: "The body is not said to be JSON.",
    422: "A field is missing, unknown or wrong.",
    429: "Too many requests; see Retry-After.",
    503: "Busy, or not able to at the moment; see Retry-After.",
}
FaultResponses = dict[int | str, dict[str, str | dict[str, dict[str, Any]]]]


def select_fault_responses(*statuses: int) -> FaultResponses:
    """Return the descriptions of the errors that an operation answers with."""
    return {
        status: {"description": FAULT_DESCRIPTIONS[status], "content": {PROBLEM_MEDIA_TYPE: {"schema": ProblemOut}}}
        for status in statuses
    }


FAULT_RESPONSES = select_fault_responses(400, 413, 415, 422, 429, 503)
"""The errors of an operation that takes a body."""


def register_api_errors(state: BlueprintSetupState) -> None:
    """Register the handler for invalid input and its description with the app."""
    app = state.app
    assert isinstance(app, APIFlask)  # noqa: S101 - the factory makes no other
    settings = app.extensions["settings"]
    app.error_processor(_handle_faulty_input)
    app.spec_processor(_complete_description)
    app.servers = [{"url": settings.base_url}]
    app.config["AUTO_VALIDATION_ERROR_RESPONSE"] = False  # RESPONSES says it with the right media type


def _complete_description(spec: dict[str, Any] | str) -> dict[str, Any] | str:
    """Complete the OpenAPI description by what APIFlask leaves open.

    Request bodies are required, and each operation shows how curl asks for it.
    """
    assert isinstance(spec, dict)  # noqa: S101 - it is text only where YAML was chosen
    for path in spec["paths"].values():
        for operation in path.values():
            if "requestBody" in operation:
                operation["requestBody"]["required"] = True
            example = show_example(operation["operationId"], spec["servers"][0]["url"])
            operation["description"] = f"{operation.get('description', '')}\n\n{example}".strip()
    return spec


def _handle_faulty_input(error: HTTPError) -> Response:
    """Return the problem document for input that does not fit the schema. It names every faulty field."""
    title = _("Isian belum dapat diterima. Periksa kembali, lalu kirim lagi.")
    if error.status_code == 400:
        title = _("Isi permintaan bukan JSON yang benar. Periksa kembali, lalu kirim lagi.")
    response = jsonify(
        type="about:blank",
        title=title,
        status=error.status_code,
        instance=request.path,
        errors=[{"field": field, "detail": detail} for field, detail in _iterate_field_faults(error.detail)],
    )
    response.status_code, response.content_type = error.status_code, PROBLEM_MEDIA_TYPE
    response.headers["Cache-Control"] = "no-store"
    return response


def _iterate_field_faults(detail: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield (field, fault) from a schema's nested messages."""
    if isinstance(detail, dict):
        for name, inner in detail.items():
            yield from _iterate_field_faults(inner, name if path in ("", "json", "query") else f"{path}.{name}")
    elif isinstance(detail, list):
        for inner in detail:
            yield from _iterate_field_faults(inner, path)
    elif detail:
        yield path, str(detail)
