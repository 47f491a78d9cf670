"""The help of a page, for the question mark at its top."""

from __future__ import annotations

from flask import request
from markupsafe import Markup

from hoax_tracker.help.admin_texts import ADMIN_HELP
from hoax_tracker.help.desk_texts import DESK_HELP
from hoax_tracker.help.glossary import link_terms

PAGE_HELP = DESK_HELP | ADMIN_HELP


def page_help() -> Markup:
    """Return what helps on the present page.

    A form that was refused shows its page under the address it was sent to: that gets the help of its part.
    """
    text = PAGE_HELP.get(request.endpoint or "") or PAGE_HELP.get(request.blueprint or "", "")
    return link_terms(str(text))
