"""Paths of the shipped files (templates, data, static files), in a wheel and in a checkout alike."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import hoax_tracker

PACKAGE_FOLDER = Path(hoax_tracker.__file__).resolve().parent


@cache
def shipped_folder(name: str) -> Path:
    """Return the folder ``name`` ("templates" or "data").

    A wheel has it inside the package, an editable install beside it; ``importlib.resources`` finds only the first.
    Raises FileNotFoundError.
    """
    for place in (PACKAGE_FOLDER / name, PACKAGE_FOLDER.parent / name):
        if place.is_dir():
            return place
    raise FileNotFoundError(f"{name}/ lies neither in nor beside {PACKAGE_FOLDER}")


def data_file_path(*parts: str) -> Path:
    """Return the path of a shipped data file, e.g. ``data_file_path("kupang", "units.csv")``."""
    return shipped_folder("data").joinpath(*parts)
