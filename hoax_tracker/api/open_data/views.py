"""``/data``: the datasets to download, their columns explained, and their catalogue. Empty in the demo.

The catalogue is DCAT 3 (https://www.w3.org/TR/vocab-dcat-3/) as JSON-LD, in Indonesian. It holds what a portal of Satu
Data (Perpres 39/2019) needs to list them: publisher, title, description, columns, licence, language, place and how
often they change.
"""

from __future__ import annotations

import csv
import io
import json
from datetime import datetime
from functools import partial, update_wrapper
from typing import Any

import sqlalchemy as sa
from apiflask import APIBlueprint
from flask import Response, make_response, redirect, request
from flask_babel import force_locale

from hoax_tracker.api.cross_origin import allow_reading
from hoax_tracker.api.open_data.datasets import DATASETS, Dataset, Row
from hoax_tracker.check.cache.page_cache import cache_view, make_cacheable, render_shared_page
from hoax_tracker.clock import utc_now
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.content.list_files import safe_cell
from hoax_tracker.core.extensions import current_settings
from hoax_tracker.models import PUBLIC_STATUSES, Clarification, ClarificationRevision, db

LICENSE_NAME, LICENSE_URL = "CC BY 4.0", "https://creativecommons.org/licenses/by/4.0/"
MEDIA_TYPES = {"csv": "text/csv", "json": "application/json"}
CONTEXT = {
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "csvw": "http://www.w3.org/ns/csvw#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
}
IANA_MEDIA_TYPE = "http://www.iana.org/assignments/media-types/"
CONTINUOUS = "http://publications.europa.eu/resource/authority/frequency/CONT"
GOVERNMENT = "http://publications.europa.eu/resource/authority/data-theme/GOVE"
MONTHLY = "http://publications.europa.eu/resource/authority/frequency/MONTHLY"


def _build_catalog(settings: Settings) -> dict[str, Any]:
    page = f"{settings.base_url}/data"
    publisher = {"@type": "foaf:Agent", "@id": f"{settings.base_url}/", "foaf:name": "Pemerintah Kota Kupang"}
    with force_locale("id"):
        shared = {"dct:publisher": publisher, "dcat:contactPoint": _contact_point(settings)}
        if modified := _last_change():
            shared["dct:modified"] = {"@value": modified.isoformat(timespec="seconds"), "@type": "xsd:dateTime"}
        datasets = [_describe_dataset(dataset, page) | shared for dataset in DATASETS]
    return {
        "@context": CONTEXT,
        "@id": f"{page}/catalog.jsonld",
        "@type": "dcat:Catalog",
        "dct:title": in_indonesian("Kupang Kabas Hoaks: data terbuka"),
        "dct:description": in_indonesian("Klarifikasi Pemerintah Kota Kupang tentang kabar yang beredar."),
        "dct:publisher": publisher,
        "dct:language": "id",
        "dct:license": {"@id": LICENSE_URL},
        "foaf:homepage": {"@id": page},
        "dcat:dataset": datasets,
    }


def _describe_dataset(dataset: Dataset, page: str) -> dict[str, Any]:
    """Return a dataset with its columns and its files."""
    columns = [
        {"@type": "csvw:Column", "csvw:name": column.name, "csvw:datatype": column.kind}
        | {"dct:description": in_indonesian(str(column.meaning))}
        for column in dataset.columns
    ]
    files = [
        {
            "@type": "dcat:Distribution",
            "@id": f"{page}/{dataset.name}.{extension}",
            "dcat:downloadURL": {"@id": f"{page}/{dataset.name}.{extension}"},
            "dcat:accessURL": {"@id": page},
            "dcat:mediaType": {"@id": IANA_MEDIA_TYPE + media_type},
            "dct:license": {"@id": LICENSE_URL},
        }
        for extension, media_type in MEDIA_TYPES.items()
    ]
    return {
        "@type": "dcat:Dataset",
        "@id": f"{page}#{dataset.name}",
        "dct:identifier": dataset.name,
        "dct:title": in_indonesian(str(dataset.title)),
        "dct:description": in_indonesian(str(dataset.description)),
        "dct:language": "id",
        "dct:license": {"@id": LICENSE_URL},
        "dct:spatial": in_indonesian("Kota Kupang"),
        "dct:accrualPeriodicity": {"@id": MONTHLY if dataset.name == "bulanan" else CONTINUOUS},
        "dcat:theme": {"@id": GOVERNMENT},
        "dcat:landingPage": {"@id": page},
        "dcat:keyword": [in_indonesian(word) for word in ("hoaks", "klarifikasi", "cek fakta")],
        "csvw:tableSchema": {"@type": "csvw:Schema", "csvw:column": columns},
        "dcat:distribution": files,
    }


def _contact_point(settings: Settings) -> dict[str, Any]:
    """Return whom to ask about the data: the office, by the page that says how to reach it."""
    return {
        "@type": "vcard:Organization",
        "vcard:fn": "PPID Kota Kupang",
        "vcard:hasURL": {"@id": f"{settings.base_url}/tentang"},
    }


def _last_change() -> datetime | None:
    """Return when what is public changed last, None before anything was."""
    query = sa.select(sa.func.max(ClarificationRevision.made_at)).join(
        Clarification, Clarification.id == ClarificationRevision.clarification_id
    )
    return db.session.scalar(query.where(Clarification.status.in_(PUBLIC_STATUSES)))


def in_indonesian(text: str) -> dict[str, str]:
    """Return a text marked as Indonesian."""
    return {"@value": text, "@language": "id"}


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
    text = json.dumps(_build_catalog(current_settings()), ensure_ascii=False, indent=1)
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
