"""``/api/docs``: the API to read and try out, with the curl command of each operation, which the tests try, too.

Swagger UI comes from an installed package, never from another site.
"""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path
from shlex import quote

from apiflask import APIBlueprint
from flask import Response, send_from_directory

from hoax_tracker.check.cache.page_cache import render_shared_page
from hoax_tracker.core.extensions import current_settings
from hoax_tracker.core.web.security_headers import FOREIGN_SCRIPT_HEADERS

bp = APIBlueprint("documentation", __name__, url_prefix="/api/docs", enable_openapi=False)

SWAGGER_UI_PACKAGE = "flask_swagger_ui"
KEPT_FOR_S = 86_400


@bp.get("")
def show_documentation() -> Response:
    """Show the page."""
    page = render_shared_page("api/documentation.html", settings=current_settings())
    page.headers.update(FOREIGN_SCRIPT_HEADERS)
    return page


@bp.get("/swagger-ui.css")
def swagger_ui_style() -> Response:
    """Serve the looks of Swagger UI."""
    return _send_package_file("swagger-ui.css")


@bp.get("/swagger-ui-bundle.js")
def swagger_ui_script() -> Response:
    """Serve the program of Swagger UI."""
    return _send_package_file("swagger-ui-bundle.js")


def _send_package_file(name: str) -> Response:
    return send_from_directory(_swagger_ui_folder(), name, max_age=KEPT_FOR_S)


def _swagger_ui_folder() -> Path:
    """Return the folder with the files of Swagger UI, without importing the package."""
    spec = find_spec(SWAGGER_UI_PACKAGE)
    assert spec is not None and spec.origin is not None  # noqa: S101, PT018 - setup.cfg asks for it
    return Path(spec.origin).parent / "dist"


READ_EXAMPLES = {
    "list_clarifications": "/api/v1/clarifications?topic=water&limit=5",
    "read_clarification": "/api/v1/clarifications/1",
    "search_clarifications": "/api/v1/search?q=air+mati+tujuh+hari",
    "list_changes": "/api/v1/changes?since=2026-01-01T00:00:00Z",
    "check_channel": "/api/v1/channels?value=kupangkota-go-id.example",
    "list_units": "/api/v1/units",
    "list_topics": "/api/v1/topics",
    "list_verdicts": "/api/v1/verdicts",
    "list_places": "/api/v1/places",
    "read_statistics": "/api/v1/statistics",
}
POST_EXAMPLES = {
    "check": ("/api/v1/check", {"text": "Mulai Senin air PDAM mati tujuh hari"}),
    "report": ("/api/v1/reports", {"text": "Mulai Senin air PDAM mati tujuh hari"}),
}


def show_example(operation: str, server: str) -> str:
    """Return the example of an operation in Markdown."""
    return f"```sh\n{curl_command(operation, server)}\n```"


def curl_command(operation: str, server: str) -> str:
    """Return the command that asks a server for an operation."""
    if operation in READ_EXAMPLES:
        return f"curl {quote(server + READ_EXAMPLES[operation])}"
    path, body = POST_EXAMPLES[operation]
    return f"curl -H 'Content-Type: application/json' -d {quote(json.dumps(body))} {quote(server + path)}"
