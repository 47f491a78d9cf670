"""Choices of forms and filters for claims: units, labels, and the lists that an officer saved under a name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode

import sqlalchemy as sa
from flask import url_for
from flask_babel import gettext as _

from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.desk_search.query_parser import SearchQuery
from hoax_tracker.errors import InvalidInputError
from hoax_tracker.models import Officer, SavedSearch, Tag, Unit, db
from hoax_tracker.review.decisions.labels import LABELS_OFFERED
from hoax_tracker.review.queue.queue import QueueFilters

SAVED_LISTS_LIMIT, LIST_NAME_LIMIT, LIST_QUERY_LIMIT = 20, 60, 1_000
SEARCH_PREFIX = "cari?"
"""Before the filters of the search page; those of the queue stand alone."""


@dataclass(frozen=True)
class SavedList:
    """A saved list with its name and address."""

    id: int
    name: str
    link: str


def save_list(name: str, page: str, query: str, *, officer: Officer) -> None:
    """Save the filters of an address (``page`` "cari": of the search) under a name. The same name is overwritten.

    Raises InvalidInputError for an empty or long name, empty filters, a long address, and too many lists.
    """
    list_name, wanted = " ".join(name.replace("\x00", "").split()), normalise_list_filters(page, dict(parse_qsl(query)))
    if not list_name or len(list_name) > LIST_NAME_LIMIT:
        message = _("Beri nama daftar ini, paling banyak %(max)s huruf.", max=LIST_NAME_LIMIT)
        raise InvalidInputError("no name, or a long one", user_message=message, field="name")
    if not wanted:
        raise InvalidInputError(
            "nothing to save", user_message=_("Saring dulu daftarnya; yang disimpan adalah saringannya.")
        )
    address = (SEARCH_PREFIX if page == "cari" else "") + urlencode(wanted)
    if len(address) > LIST_QUERY_LIMIT:
        message = _("Pencarian ini terlalu panjang untuk disimpan. Pakai lebih sedikit kata.")
        raise InvalidInputError("a long address", user_message=message)
    with write_transaction():
        mine = db.session.scalars(sa.select(SavedSearch).where(SavedSearch.officer_id == officer.id)).all()
        row = next((saved for saved in mine if saved.name.casefold() == list_name.casefold()), None)
        if row is None and len(mine) >= SAVED_LISTS_LIMIT:
            message = _("Paling banyak %(max)s daftar. Hapus dulu yang tidak dipakai.", max=SAVED_LISTS_LIMIT)
            raise InvalidInputError("too many lists", user_message=message)
        if row is None:
            row = SavedSearch(officer_id=officer.id)
            db.session.add(row)
        row.name, row.query = list_name, address


def normalise_list_filters(page: str, args: Mapping[str, str]) -> dict[str, Any]:
    """Return the filters of an address without page number and invalid values."""
    if page == "cari":
        wanted = SearchQuery.from_args(args)
        return {} if wanted.is_empty else wanted.of(wanted.kind)
    return QueueFilters.from_args(args).at(1)


def delete_saved_list(saved_id: int, *, officer: Officer) -> None:
    """Delete a list of the officer's own; others are left alone."""
    with write_transaction(None):
        mine = sa.delete(SavedSearch).where(SavedSearch.id == saved_id, SavedSearch.officer_id == officer.id)
        db.session.execute(mine)


def _build_saved_list(key: int, name: str, query: str) -> SavedList:
    """Return a list with its address. Filters that no longer exist are left out."""
    of_search = query.startswith(SEARCH_PREFIX)
    args = dict(parse_qsl(query.removeprefix(SEARCH_PREFIX)))
    link = url_for("search.search", **SearchQuery.from_args(args).args()) if of_search else None
    return SavedList(key, name, link or url_for("review.queue", **QueueFilters.from_args(args).args()))


def list_filter_choices(officer_id: int) -> dict[str, Any]:
    """Return units (id, name), labels and the officer's saved lists with one read."""
    text = sa.String()
    parts = (
        sa.select(
            sa.literal("unit").label("kind"),
            Unit.id,
            Unit.name,
            (~Unit.is_root).label("below"),
            sa.literal("", text).label("query"),
        ).where(Unit.is_active),
        sa.select(sa.literal("tag"), Tag.id, Tag.name, sa.true(), sa.literal("", text)),
        sa.select(sa.literal("list"), SavedSearch.id, SavedSearch.name, sa.true(), SavedSearch.query).where(
            SavedSearch.officer_id == officer_id
        ),
    )
    choices = sa.union_all(*parts).subquery()
    rows = db.session.execute(sa.select(choices).order_by(choices.c.below, choices.c.name)).all()
    return {
        "units": [(row.id, row.name) for row in rows if row.kind == "unit"],
        "tags": [row.name for row in rows if row.kind == "tag"][:LABELS_OFFERED],
        "lists": [_build_saved_list(row.id, row.name, row.query) for row in rows if row.kind == "list"],
    }
