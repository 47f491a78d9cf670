"""Forms of the desk that bring files: however large they are, the form comes back in words."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from flask import request

from hoax_tracker.core.extensions import csrf
from hoax_tracker.errors import Invalid
from hoax_tracker.uploads import MOST_FROM_AN_OFFICER, take_files

View = TypeVar("View", bound=Callable[..., Any])


def bringing_files(too_large: Callable[[], Invalid]) -> Callable[[View], View]:
    """Let a view's form bring files: read before anything else asks for the form.

    The token of the form is asked for here: whoever asks before would refuse a large file unread, with a broken
    connection. ``too_large`` returns the error for a request that is not read at all.
    """

    def around(view: View) -> View:
        @wraps(view)
        def reading(*args: Any, **kwargs: Any) -> Any:
            if request.method == "POST":
                if not take_files(MOST_FROM_AN_OFFICER):
                    raise too_large()
                csrf.protect()
            return view(*args, **kwargs)

        csrf.exempt(reading)
        return cast(View, reading)

    return around
