"""The index files, memory-mapped by every process. One process at a time writes a new folder; none changes an old one.

In the data folder: ``index/published/current`` names the current folder, ``index/published/000042/`` holds its files
(``classifiers/matcher/index/index_segment.py``); likewise for the other kinds.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from classifiers.matcher.document import Document, Page
from classifiers.matcher.index.index_segment import Segment, SegmentError, open_segment
from classifiers.matcher.match import matching_version, read_wordings, write_base_segment
from hoax_tracker.core import instance_lock
from hoax_tracker.core.database.transactions import read_transaction
from hoax_tracker.match_index.documents import Marks, MatchedRows, differing_row_ids
from hoax_tracker.models import db

log = logging.getLogger(__name__)

POINTER_FILE = "current"


@dataclass(frozen=True)
class OpenedIndex:
    """An opened folder; ``marks`` describe the rows when it was written, one for each page."""

    name: str
    version: str
    segment: Segment
    marks: Marks

    def has(self, key: int) -> bool:
        """Tell whether a row was written."""
        ids = self.marks[:, 0]
        position = int(ids.searchsorted(key))
        return position < len(ids) and bool(ids[position] == key)

    def places(self, key: int) -> range:
        """Return the positions of a row's pages: one for each wording of its claim."""
        return range(*(int(self._ids.searchsorted(key, side=side)) for side in ("left", "right")))

    @cached_property
    def _ids(self) -> npt.NDArray[np.int64]:
        ids: npt.NDArray[np.int64] = self.segment.ids.astype(int)
        return ids


class IndexFiles:
    """The folder of one kind of rows. ``root`` None: nothing is stored on disk."""

    def __init__(self, root: Path | None, rows: MatchedRows) -> None:
        self.folder = root / rows.name if root else None
        self._rows = rows

    def current(self) -> str:
        """Return the name of the current folder, or "" without one."""
        try:
            return (self.folder / POINTER_FILE).read_text(encoding="ascii") if self.folder else ""
        except OSError:
            return ""

    def open(self) -> OpenedIndex | None:
        """Return the usable folder, or None: rows are the truth, and the files are rewritten."""
        base = self._opened()
        return base if base and base.version == matching_version() else None

    def _opened(self) -> OpenedIndex | None:
        name = self.current()
        if self.folder is None or not name:
            return None
        try:
            segment, about, arrays = open_segment(self.folder / name)
            return OpenedIndex(name, about["version"], segment, arrays["marks"])
        except (SegmentError, ValueError, KeyError, TypeError) as error:
            log.warning("the index %s cannot be used and is written anew: %s", name, error)
            return None

    def write(self) -> bool:
        """Write the present rows as the current folder; False where another process is writing."""
        if self.folder is None:
            return False
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            with instance_lock.lock_instance_exclusively(self.folder):
                self._write(self.folder)
        except instance_lock.InstanceInUseError:
            return False
        return True

    def _write(self, folder: Path) -> None:
        base = self._opened()
        with read_transaction():
            marks = self._rows.marks()
            previous_marks = base.marks if base and base.version == matching_version() else marks[:0]
            documents = self._rows.documents(differing_row_ids(previous_marks, marks))
            db.session.rollback()
        name = f"{max([0, *(int(path.name) for path in folder.iterdir() if path.name.isdecimal())]) + 1:06d}"
        if len(marks):
            about, arrays = {"version": matching_version()}, {"marks": marks}
            write_base_segment(folder / name, _read_pages(marks[:, 0].tolist(), documents, base), about, arrays)
        pointer = folder / f"{POINTER_FILE}.new"
        pointer.write_text(name if len(marks) else "", encoding="ascii")
        pointer.replace(folder / POINTER_FILE)
        for path in folder.iterdir():  # the one before may still be being opened
            if path.is_dir() and path.name not in (name, base.name if base else ""):
                shutil.rmtree(path, ignore_errors=True)


def _read_pages(keys: Iterable[int], documents: Mapping[int, Document], base: OpenedIndex | None) -> Iterator[Page]:
    """Yield the pages of each row: read from its document, or taken from the previous folder."""
    for key in keys:
        if key in documents:
            yield from read_wordings(documents[key])
        elif base and base.has(key):
            yield from (base.segment.pages[place] for place in base.places(key))
        else:
            raise LookupError(f"the row {key} was neither read nor in the folder before")
