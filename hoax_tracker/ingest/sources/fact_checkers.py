"""Fact-checkers among the sources: residents read their names and reviews, so a second person confirms each.

That is the act "source": adding one, making a source one or none, and changing its name or address.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _, lazy_gettext as _l

from hoax_tracker.authority.acts import ActClass
from hoax_tracker.authority.row_acts import RowAct, register_row_act
from hoax_tracker.errors import InvalidInputError
from hoax_tracker.items.claim_text import apply_fact_checker_mark
from hoax_tracker.models import HubSubscription, Proposal, Source, SourceKind, db
from hoax_tracker.organisation.channels.hosts import split_link
from hoax_tracker.organisation.channels.mentions import find_mentions

SourceValues = dict[str, Any]


def needs_second_person(source: Source, values: SourceValues) -> bool:
    """Tell whether an edit changes what residents read of a fact-checker, or goes on with one that waits."""
    if SOURCES.find_waiting(source.id) is not None:
        return True
    is_read = source.is_fact_checker or values["is_fact_checker"]
    return is_read and any(values[name] != getattr(source, name) for name in ("name", "url", "is_fact_checker"))


def follow_edit(source: Source, before: SourceValues, now: datetime) -> None:
    """Do what follows from changed values of a source, in the current transaction."""
    if source.is_fact_checker != before.get("is_fact_checker", source.is_fact_checker):
        db.session.flush()
        apply_fact_checker_mark(source)
    if source.url != before.get("url"):
        reset_reading_state(source)
    elif source.next_fetch_at is not None:
        source.next_fetch_at = min(source.next_fetch_at, now + timedelta(minutes=source.interval_minutes))


def _require_valid_fact_checker(source: Source | None, values: SourceValues) -> None:
    """Raise InvalidInputError for a name in use, or one by which residents would be led elsewhere than to its site."""
    require_name_is_free(source, values["name"])
    own_host = split_link(values["url"] or "").host
    led = [mention.written for mention in find_mentions(values["name"]) if mention.value != own_host]
    if values["is_fact_checker"] and led:
        message = _(
            "Nama pemeriksa fakta dibaca warga: tanpa nomor, rekening, atau tautan (%(led)s).", led=", ".join(led)
        )
        raise InvalidInputError("a name with a number", user_message=message, field="name")


def require_name_is_free(source: Source | None, name: str) -> None:
    """Raise InvalidInputError for a name that another source has."""
    if _is_source_name_taken(source, name):
        raise InvalidInputError("name taken", user_message=_("Nama itu sudah dipakai sumber lain."), field="name")


def _make_source(proposal: Proposal) -> Source:
    """Return a fact-checker's source that a proposal adds. Raises InvalidInputError where its address is in use."""
    values = proposal.values
    if (
        db.session.scalar(
            sa.select(Source.id).where(sa.or_(Source.url == values["url"], Source.home_url == values["url"]))
        )
        is not None
    ):
        raise InvalidInputError("address known", user_message=_("Alamat itu sudah ada di daftar sumber."), field="url")
    return Source(kind=SourceKind.FEED, is_active=True, created_at=proposal.settled_at)


def reset_reading_state(source: Source) -> None:
    """Discard the reading state of the old address. The next round reads the new one."""
    source.etag = source.last_modified = source.last_error = source.next_fetch_at = source.moving_to = None
    source.failures, source.problems = 0, []
    db.session.execute(sa.delete(HubSubscription).where(HubSubscription.source_id == source.id))


def _is_source_name_taken(source: Source | None, name: str) -> bool:
    own = source.id if source is not None else None
    return any(other != own for other in db.session.scalars(sa.select(Source.id).where(Source.name == name)))


SOURCES = RowAct(
    "source",
    _l("Pemeriksa fakta"),
    ActClass.PUBLIC,
    {
        "name": _l("Nama"),
        "url": _l("Alamat feed atau situs"),
        "is_fact_checker": _l("Pemeriksa fakta"),
        "is_local": _l("Hanya tentang Kota Kupang"),
        "interval_minutes": _l("Dibaca setiap (menit)"),
    },
    find=lambda key: db.session.get(Source, int(key)),
    make=_make_source,
    check=_require_valid_fact_checker,
    title=lambda proposal: str(proposal.values["name"]),
    effect=lambda proposal: str(
        _("Warga membaca namanya dan pemeriksaannya di samping jawaban kota. Buka alamatnya, dan cocokkan namanya.")
    ),
    link=lambda proposal: ("ingest.listing", {}),
)
register_row_act(SOURCES, then=lambda source, before, proposal, by, now: follow_edit(source, before, now))
