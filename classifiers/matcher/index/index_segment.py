"""Segments: pages with postings, in memory or in a folder that every process maps.

A folder is written once and never changed; a changed index is written to a new folder. Opening takes constant time, and
all processes share the mapped memory. Rows are read at their place in the file instead: a memory map would fill every
process with the file around the few rows that a message needs.
"""

from __future__ import annotations

import json
import os
import shutil
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property, lru_cache
from pathlib import Path
from threading import Lock
from types import MappingProxyType
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from classifiers.matcher.document import Page
from classifiers.matcher.index.document_frequency import Background, Weights
from classifiers.matcher.index.postings import Gathering, Postings

SEGMENT_FORMAT = 8
"""Raised with what a stored page holds, or how its text is read: an older segment is written anew."""
Arrays = Mapping[str, npt.NDArray[Any]]
NO_ARRAYS: Arrays = MappingProxyType({})
_ABOUT_FILE = "about.json"
_EXTRA_PREFIX = "beside-"
_PAGE_CACHE_SIZE = 256
"""Unpacked pages that a stored segment caches."""


class SegmentError(ValueError):
    """The folder is incomplete, or of another version or kind."""


class Pages(Protocol):
    """A sequence of pages."""

    def __len__(self) -> int:
        """Return the number of pages."""

    def __getitem__(self, place: int, /) -> Page:
        """Return the page at a place."""


class StoredPages:
    """Packed pages in one file; a page is unpacked on access."""

    def __init__(self, offsets: npt.NDArray[np.int64], packed: _ByteFile) -> None:
        """``offsets``: (n + 1,) byte offsets of the pages in ``packed``."""
        self._offsets, self._packed = offsets, packed
        self._page = lru_cache(_PAGE_CACHE_SIZE)(self._unpacked)

    def __len__(self) -> int:
        """Return the number of pages."""
        return len(self._offsets) - 1

    def __getitem__(self, place: int) -> Page:
        """Return the page at a place."""
        return self._page(place)

    def _unpacked(self, place: int) -> Page:
        start, stop = map(int, self._offsets[place : place + 2])
        return Page.unpacked(self._packed.read(start, stop - start))


class Segment:
    """Immutable pages with postings."""

    def __init__(self, pages: Pages, ids: npt.NDArray[np.str_], postings: Postings) -> None:
        """Take the parts that ``of`` and ``open_segment`` build."""
        self.pages, self.ids, self.postings = pages, ids, postings

    @cached_property
    def opens(self) -> npt.NDArray[np.bool_]:
        """Return (n,) booleans: which pages begin another clarification. The others are wordings of the one before."""
        return np.concatenate([np.ones(min(len(self.ids), 1), dtype=bool), self.ids[1:] != self.ids[:-1]])

    def __len__(self) -> int:
        """Return the number of pages."""
        return len(self.pages)

    @classmethod
    def of(cls, pages: Sequence[Page], postings: Postings) -> Segment:
        """Build a segment in memory."""
        return cls(pages, np.array([page.id for page in pages], dtype=np.str_), postings)


def write_segment(
    folder: Path,
    pages: Iterable[Page],
    background: Background,
    about: Mapping[str, Any],
    arrays: Arrays = NO_ARRAYS,
) -> None:
    """Write at least one page to a new folder, atomically.

    ``pages``: consumed one at a time, to save memory; ``about`` and ``arrays``: further data for the reader of the
    folder.
    """
    aside = folder.with_name(f"{folder.name}.{os.getpid()}.part")
    aside.mkdir(parents=True)
    try:
        count = _write_pages(aside, pages, background)
        for name, array in arrays.items():
            np.save(aside / f"{_EXTRA_PREFIX}{name}.npy", array)
        sizes = {path.name: path.stat().st_size for path in aside.iterdir()}
        described = {"format": SEGMENT_FORMAT, "pages": count, "sizes": sizes, **about}
        (aside / _ABOUT_FILE).write_text(json.dumps(described), encoding="utf-8")
        for path in aside.iterdir():
            _sync_file(path)
        aside.rename(folder)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _write_pages(aside: Path, pages: Iterable[Page], background: Background) -> int:
    gathering, offsets, ids = Gathering(), [0], list[str]()
    with (aside / "packed").open("wb") as packed:
        for page in pages:
            gathering.add(Counter(page.stems), again=ids[-1:] == [page.id])
            ids.append(page.id)
            offsets.append(offsets[-1] + packed.write(page.packed()))
    weights = Weights(background, gathering.held, gathering.clarifications)
    postings = gathering.postings(weights.of(gathering.numbers, gathering.holders))
    arrays = {name: getattr(postings, name) for name in Postings.names()}
    arrays |= {"offsets": np.array(offsets, dtype=np.int64), "ids": np.array(ids, dtype=np.str_)}
    for name, array in arrays.items():
        np.save(aside / f"{name}.npy", array)
    return len(ids)


def open_segment(folder: Path) -> tuple[Segment, dict[str, Any], Arrays]:
    """Return the segment in a folder, and the ``about`` and ``arrays`` that ``write_segment`` took.

    Raises ``SegmentError`` where the folder is incomplete or of another version.
    """
    try:
        about = json.loads((folder / _ABOUT_FILE).read_text(encoding="utf-8"))
        if about["format"] != SEGMENT_FORMAT:
            raise SegmentError(f"{folder}: of another kind")
        if any((folder / name).stat().st_size != size for name, size in about["sizes"].items()):
            raise SegmentError(f"{folder}: not whole")
        beside = {
            path.stem.removeprefix(_EXTRA_PREFIX): _map_array(path) for path in folder.glob(f"{_EXTRA_PREFIX}*.npy")
        }
        return _load_segment(folder), about, beside
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise error if isinstance(error, SegmentError) else SegmentError(f"{folder}: {error}") from error


def _load_segment(folder: Path) -> Segment:
    def mapped(name: str) -> Any:
        return _map_array(folder / f"{name}.npy")

    pages = StoredPages(mapped("offsets"), _ByteFile(folder / "packed"))
    postings = Postings(*(mapped(name) for name in Postings.names()))
    return Segment(pages, mapped("ids"), postings)


def _map_array(path: Path) -> npt.NDArray[Any]:
    # A plain array, because numpy wraps every slice of a memmap in a new object.
    return np.asarray(np.load(path, mmap_mode="r", allow_pickle=False))


def _sync_file(path: Path) -> None:
    """Flush a file to disk before the folder is renamed, so that it survives a power cut."""
    handle = os.open(path, os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


class _ByteFile:
    """A file that several threads may read at any offset. It closes with the object.

    A memory map would fill every process with the pages of the file around the few rows that a message needs.
    """

    def __init__(self, path: Path) -> None:
        """Open the file for reading."""
        self._file = path.open("rb", buffering=0)
        self._reading = Lock()

    def read(self, start: int, size: int) -> bytes:
        """Return at most ``size`` bytes from an offset."""
        if hasattr(os, "pread"):
            return os.pread(self._file.fileno(), size, start)
        with self._reading:  # threads share the file position
            self._file.seek(start)
            return self._file.read(size)

    def __del__(self) -> None:
        """Close the file, if it could be opened."""
        if hasattr(self, "_file"):
            self._file.close()
