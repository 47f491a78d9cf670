"""Which requests count as somebody reading: not robots that say so, not browsers reading ahead, not officers."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING

from flask import has_request_context, session

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

CountReader = Callable[["WSGIEnvironment"], None]
"""Counts a request that shows something, where a person reads it. It may run before Flask, without its contexts."""

# Words in the names that robots, previews of chats and programs give themselves. Who gives no name is a program, too.
# A Cubot is a phone.
ROBOT_NAMES = re.compile(
    r"(?<!cu)bot|crawl|spider|slurp|preview|facebookexternalhit|facebookcatalog|meta-external|^whatsapp|^line/|^viber"
    r"|headless|lighthouse|monitor|uptime|pingdom|curl|wget|python|^java/|okhttp|go-http|axios|^node|libwww|httpclient",
    re.IGNORECASE,
)


LONGEST_NAME = 300
"""Letters of a program's name that are read, as some names are remembered."""


def is_reader(environ: WSGIEnvironment) -> bool:
    """Tell whether a request shows its page to a person who is not signed in at the desk."""
    return (
        environ["REQUEST_METHOD"] != "HEAD"
        and "prefetch" not in environ.get("HTTP_SEC_PURPOSE", "")
        and "prefetch" not in environ.get("HTTP_PURPOSE", "")  # of older browsers, and our service worker (check/sw.js)
        and not is_robot(environ.get("HTTP_USER_AGENT", "")[:LONGEST_NAME])
        and not is_officer_signed_in()
    )


@lru_cache(maxsize=1024)
def is_robot(user_agent: str) -> bool:
    """Tell whether a program names itself as a robot, or not at all."""
    return not user_agent or ROBOT_NAMES.search(user_agent) is not None


def is_officer_signed_in() -> bool:
    """Tell whether the request is an officer's. One that is answered before Flask has no session."""
    return has_request_context() and "_user_id" in session
