"""The message for a source whose page no longer holds what it held before."""

from __future__ import annotations

from flask_babel import gettext as _

from hoax_tracker.ingest.parsers.entry import FeedError
from hoax_tracker.ingest.sources.leases import LeasedSource
from hoax_tracker.models import SourceKind

_KINDS_READ_FROM_PAGES = (SourceKind.CLAIM_REVIEW, SourceKind.TELEGRAM)


def describe_layout_change(target: LeasedSource, error: FeedError) -> str:
    """Describe what a page shows in place of what was read there before, or "" where there is no such page.

    A page that has always named its feed may name another one.
    """
    held_entries = target.kind in _KINDS_READ_FROM_PAGES
    if not (target.was_read and error.found and (held_entries or not error.links)):
        return ""
    words = _("Tata letaknya berubah: dulu terbaca sebagai %(kind)s, kini %(found)s.")
    said = words % {"kind": target.kind.label, "found": error.found}
    link = error.links[0] if error.links else ""
    return " ".join(filter(None, (said, link and _("Yang dibaca kini feed yang disebutnya: %(link)s", link=link))))
