"""``/data``: the datasets to download, their columns explained, and their catalogue. Empty in the demo."""

from __future__ import annotations

import csv
import io
import json
from functools import partial, update_wrapper
from typing import Any

from apiflask import APIBlueprint
from flask import Response, make_response, redirect, request
from flask_babel import force_locale

from hoax_tracker.api.cross_origin import allow_reading
from hoax_tracker.api.open_data.catalog import LICENSE_NAME, LICENSE_URL, MEDIA_TYPES, build_catalog
from hoax_tracker.api.open_data.datasets import DATASETS, Dataset, Row
from hoax_tracker.check.cache.page_cache import cache_view, make_cacheable, render_shared_page
from hoax_tracker.clock import utc_now
from hoax_tracker.core.content.list_files import safe_cell
from hoax_tracker.core.extensions import current_settings

bp = APIBlueprint("open_data", __name__, url_prefix="/data", enable_openapi=False)
bp.after_request(allow_reading)


@bp.get("")
@cache_view
def show_overview() -> Response:
    """Explain the datasets and their columns."""
    licence = {"name": LICENSE_NAME, "url": LICENSE_URL}
    return render_shared_page("api/open_data.html", datasets=DATASETS, extensions=list(MEDIA_TYPES), licence=licence)


@bp.get("/catalog.jsonld")
@cache_view
def serve_catalog() -> Response:
    """Serve the catalogue (DCAT)."""
    text = json.dumps(build_catalog(current_settings()), ensure_ascii=False, indent=1)
    return _answer_file(text, "application/ld+json")


def _serve_dataset(dataset: Dataset, extension: str) -> Response:
    """Serve a dataset as a file. No question in its address has it made anew."""
    if request.args:
        return make_response(redirect(request.path))
    return serve_dataset_file(dataset, extension)


@cache_view
def serve_dataset_file(dataset: Dataset, extension: str) -> Response:
    """Return the file, made once a minute at most, however often it is asked for."""
    settings = current_settings()
    rows = [] if settings.demo else list(dataset.list_rows(settings, utc_now()))
    write = {"csv": _write_csv, "json": _write_json}[extension]
    return _answer_file(write(dataset, rows), MEDIA_TYPES[extension])


def _write_csv(dataset: Dataset, rows: list[Row]) -> str:
    """Return the rows as CSV with a header; a cell that a spreadsheet would run is marked as text."""
    file = io.StringIO()
    table = csv.writer(file)
    table.writerow([column.name for column in dataset.columns])
    table.writerows([safe_cell(cell) if isinstance(cell, str) else cell for cell in row] for row in rows)
    return file.getvalue()


def _write_json(dataset: Dataset, rows: list[Row]) -> str:
    """Return the rows as JSON, each an object by column, with licence and columns before them."""
    names = [column.name for column in dataset.columns]
    with force_locale("id"):
        columns = [
            {"name": column.name, "type": column.kind, "description": str(column.meaning)} for column in dataset.columns
        ]
    facts: dict[str, Any] = {"dataset": dataset.name, "license": LICENSE_URL, "columns": columns}
    return json.dumps(facts | {"rows": [dict(zip(names, row, strict=True)) for row in rows]}, ensure_ascii=False)


def _answer_file(text: str, media_type: str) -> Response:
    response = make_response(text)
    response.content_type = f"{media_type}; charset=utf-8"
    return make_cacheable(response)


for _dataset in DATASETS:
    for _extension in MEDIA_TYPES:
        _view = update_wrapper(partial(_serve_dataset, _dataset, _extension), _serve_dataset)
        bp.add_url_rule(f"/{_dataset.name}.{_extension}", f"{_dataset.name}_{_extension}", _view)
