"""``/api/docs``: the API to read and try out. Swagger UI comes from an installed package, never from another site."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from apiflask import APIBlueprint
from flask import Response, send_from_directory

from hoax_tracker.check.cache.http_caching import render_shared_page
from hoax_tracker.core.current import current_settings
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
    """Return the response with a file of Swagger UI."""
    return send_from_directory(_swagger_ui_folder(), name, max_age=KEPT_FOR_S)


def _swagger_ui_folder() -> Path:
    """Return the folder with the files of Swagger UI, without importing the package."""
    spec = find_spec(SWAGGER_UI_PACKAGE)
    assert spec is not None and spec.origin is not None  # noqa: S101, PT018 - setup.cfg asks for it
    return Path(spec.origin).parent / "dist"
