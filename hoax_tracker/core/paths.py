"""Where the shipped files lie: templates, data and static files, in a wheel and in a checkout alike."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import hoax_tracker

PACKAGE = Path(hoax_tracker.__file__).resolve().parent


@cache
def folder(name: str) -> Path:
    """Return the folder ``name`` ("templates" or "data").

    A wheel has it inside the package, an editable install beside it: ``importlib.resources`` knows only the first.
    """
    for place in (PACKAGE / name, PACKAGE.parent / name):
        if place.is_dir():
            return place
    raise FileNotFoundError(f"{name}/ lies neither in nor beside {PACKAGE}")


def data(*parts: str) -> Path:
    """Return the path of a shipped data file, e.g. ``data("kupang", "units.csv")``."""
    return folder("data").joinpath(*parts)
