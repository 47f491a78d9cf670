"""Load labelled CSV files as a corpus. A faulty row is skipped and reported; a faulty file raises ``CorpusError``.

Columns are separated by commas, semicolons, tabs or pipes, in UTF-8, UTF-16 or Windows-1252.
"""

from __future__ import annotations

import codecs
import csv
import hashlib
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

# Cells may hold pasted articles, and the csv module's own limit is 131,072 characters.
_CELL_LIMIT = 10_000_000
_SEPARATORS = ",;\t|"
_UTF_16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class Row(NamedTuple):
    """A row of a CSV file.

    ``line``: the line on which it begins; ``cells``: trimmed values by column, without empty ones; ``spilled``: the row
    has more cells than the header, so an unquoted separator has split a text.
    """

    line: int
    cells: dict[str, str]
    spilled: bool


def _read_csv(path: Path) -> tuple[list[str], Iterator[Row]]:
    """Return the column names in lower case, and the rows. An empty file has no columns.

    Raises ``OSError``; reading the rows raises ``csv.Error``.
    """
    csv.field_size_limit(_CELL_LIMIT)
    content = _decode_csv(path.read_bytes()).replace("\0", "")
    reader = csv.reader(io.StringIO(content, newline=""), delimiter=_detect_separator(content))
    header = next((cells for cells in reader if any(map(str.strip, cells))), [])
    columns = [name.strip().lower() for name in header]
    return columns, _iterate_rows(reader, columns)


def _iterate_rows(reader: Any, columns: list[str]) -> Iterator[Row]:
    line = reader.line_num + 1
    for cells in reader:
        trimmed = [cell.strip() for cell in cells]
        if any(trimmed):
            named = {name: cell for name, cell in zip(columns, trimmed, strict=False) if name and cell}
            yield Row(line, named, any(trimmed[len(columns) :]))
        line = reader.line_num + 1


def _detect_separator(content: str) -> str:
    """Return the separator that occurs most often in the header, as no column name contains one."""
    header = content.lstrip("\r\n").partition("\n")[0]
    return max(_SEPARATORS, key=header.count)


def _decode_csv(content: bytes) -> str:
    if content.startswith(_UTF_16_MARKS):
        return content.decode("utf-16", errors="replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    text = content.decode("utf-8-sig", errors="replace")
    # A few broken bytes among many good letters are a fault in a UTF-8 file. Mostly broken bytes mean Windows-1252.
    good = sum(letter > "\x7f" and letter != "\ufffd" for letter in text)
    is_utf_8 = content.startswith(codecs.BOM_UTF8) or good > text.count("\ufffd")
    return text if is_utf_8 else content.decode("cp1252", errors="replace")


UNKNOWN_ABOUT_CITY = -1
"""The value of ``about_city`` where the file does not say."""


class CorpusError(ValueError):
    """The files cannot be used for training or measuring; the message says why."""


@dataclass(frozen=True)
class Fault:
    """A skipped row and the reason."""

    file: str
    line: int
    id: str
    reason: str

    def __str__(self) -> str:
        """Return the fault as an Indonesian sentence with file, line and id."""
        row = f" ({self.id})" if self.id else ""
        return f"{self.file}: baris {self.line}{row} dilewati: {self.reason}"


@dataclass(frozen=True)
class Corpus:
    """Labelled texts. Every field but ``faults`` has one entry per text.

    ``labels``: 1 misinformation, 0 not; ``about_city``: 1, 0 or ``UNKNOWN_ABOUT_CITY``; ``kinds``: the name of the file
    without ".csv"; ``groups``: texts about one story share a group; ``dates`` and ``sources``: "" where the file has
    none.
    """

    ids: tuple[str, ...]
    texts: tuple[str, ...]
    labels: npt.NDArray[np.int8]
    about_city: npt.NDArray[np.int8]
    topics: tuple[str, ...]
    styles: tuple[str, ...]
    groups: tuple[str, ...]
    kinds: tuple[str, ...]
    dates: tuple[str, ...]
    sources: tuple[str, ...]
    faults: tuple[Fault, ...] = ()

    def __len__(self) -> int:
        """Return the number of texts."""
        return len(self.texts)

    def subset(self, chosen: Iterable[int]) -> Corpus:
        """Return the texts at these positions, in this order."""
        places = list(chosen)
        columns: dict[str, Any] = {name: _select_entries(getattr(self, name), places) for name in _CORPUS_COLUMNS}
        return Corpus(**columns)

    def where(self, mask: npt.NDArray[np.bool_]) -> Corpus:
        """Return the texts for which ``mask``, (n,) booleans, is true."""
        return self.subset(np.flatnonzero(mask).tolist())

    def digest(self) -> str:
        """Return the SHA-256 of texts, labels, topics and groups. Corpora with one digest train the same model."""
        summary = hashlib.sha256()
        for text, label, city, topic, group in zip(
            self.texts, self.labels, self.about_city, self.topics, self.groups, strict=True
        ):
            summary.update("\x1f".join((text, str(label), str(city), topic, group, "\x1e")).encode())
        return summary.hexdigest()


_CORPUS_COLUMNS = [field.name for field in fields(Corpus) if field.name != "faults"]


def _select_entries(column: Sequence[str] | npt.NDArray[np.int8], places: list[int]) -> object:
    return column[places] if isinstance(column, np.ndarray) else tuple(column[place] for place in places)


def load_labelled_corpus(paths: Sequence[Path]) -> Corpus:
    """Load the city's corpus with the columns ``id,label,title,text,about_city,topic,style,group``.

    A group may span several files. Raises ``CorpusError`` where a file cannot be read or lacks a column, and where only
    one label occurs.
    """
    columns = ("id", "label", "title", "text", "about_city", "topic", "style", "group")
    return _load_corpus(paths, columns, across_files=True)


def load_dataset_corpus(paths: Sequence[Path]) -> Corpus:
    """Load any data set with the columns ``id,label,title,text`` and, where present, ``group,date,source``.

    Raises ``CorpusError`` as ``load_labelled_corpus`` does.
    """
    return _load_corpus(paths, ("id", "label", "title", "text"))


def join_corpora(corpora: Sequence[Corpus]) -> Corpus:
    """Return one corpus of all texts. Groups of different corpora stay apart."""
    columns = {name: tuple(entry for c in corpora for entry in getattr(c, name)) for name in _CORPUS_COLUMNS}
    columns["groups"] = tuple(f"{number}:{group}" for number, corpus in enumerate(corpora) for group in corpus.groups)
    return _build_corpus(columns, [fault for corpus in corpora for fault in corpus.faults])


def _load_corpus(paths: Sequence[Path], required: Sequence[str], *, across_files: bool = False) -> Corpus:
    rows: dict[str, list[str]] = {name: [] for name in _CORPUS_COLUMNS}
    faults: list[Fault] = []
    seen: set[str] = set()
    for path in paths:
        for row in _read_corpus_rows(path, required):
            reason = _reason_to_skip(row, seen)
            if reason:
                faults.append(Fault(path.name, row.line, row.cells.get("id", ""), reason))
                continue
            seen.add(row.cells["id"])
            _append_row(rows, row.cells, path.stem)
            group = row.cells.get("group", "")
            rows["groups"].append(group if group and across_files else f"{path.stem}:{group or f'line {row.line}'}")
    corpus = _build_corpus({name: tuple(column) for name, column in rows.items()}, faults)
    _require_both_labels(corpus, paths)
    return corpus


def _read_corpus_rows(path: Path, required: Sequence[str]) -> Iterable[Row]:
    try:
        columns, rows = _read_csv(path)
        missing = [name for name in required if name not in columns]
        if missing:
            fault = f"tidak ada kolom {', '.join(missing)}" if columns else "berkas ini kosong"
            raise CorpusError(f"{path.name}: {fault}. Kolom yang perlu ada: {','.join(required)}")
        yield from rows
    except OSError as error:
        raise CorpusError(f"{path}: berkas tidak dapat dibaca ({error.strerror})") from error
    except csv.Error as error:
        raise CorpusError(f"{path.name}: bukan CSV yang utuh ({error})") from error


_LABEL_VALUES = {"0": "0", "1": "1", "0.0": "0", "1.0": "1"}
"""Spellings of a label: spreadsheets and pandas turn 1 into 1.0. Words such as "ya" are refused, because reading them
would be a guess."""


def _reason_to_skip(row: Row, seen: set[str]) -> str:
    cells = row.cells
    if row.spilled:
        return "lebih banyak sel daripada kolom; teks yang memuat pemisah harus diapit tanda petik"
    if cells.get("label") not in _LABEL_VALUES:
        return f"label {cells.get('label', '')!r} bukan 0 atau 1"
    if not cells.get("title") and not cells.get("text"):
        return "tidak ada teks"
    if cells.get("id") in seen:
        return "id sudah dipakai baris lain"
    if cells.get("about_city", "0") not in _LABEL_VALUES:
        return f"about_city {cells['about_city']!r} bukan 0 atau 1"
    return "" if cells.get("id") else "id kosong"


def _append_row(rows: dict[str, list[str]], row: Mapping[str, str], kind: str) -> None:
    title, text = row.get("title", ""), row.get("text", "")
    body = text if text.startswith(title) else f"{title}\n{text}".strip()
    rows["ids"].append(row["id"])
    rows["texts"].append(body)
    rows["labels"].append(_LABEL_VALUES[row["label"]])
    rows["about_city"].append(row.get("about_city", str(UNKNOWN_ABOUT_CITY)))
    rows["kinds"].append(kind)
    for plural, name in (("topics", "topic"), ("styles", "style"), ("dates", "date"), ("sources", "source")):
        rows[plural].append(row.get(name, ""))


def _build_corpus(columns: Mapping[str, tuple[object, ...]], faults: Sequence[Fault]) -> Corpus:
    numbers = {name: np.array(columns[name], dtype=float).astype(np.int8) for name in ("labels", "about_city")}
    words = {name: column for name, column in columns.items() if name not in numbers}
    return Corpus(**words, **numbers, faults=tuple(faults))  # type: ignore[arg-type]


def _require_both_labels(corpus: Corpus, paths: Sequence[Path]) -> None:
    names = ", ".join(path.name for path in paths)
    if not len(corpus):
        first = f"; yang pertama: {corpus.faults[0]}" if corpus.faults else ""
        raise CorpusError(
            f"{names}: tidak ada satu baris pun yang dapat dipakai ({len(corpus.faults)} baris dilewati{first})"
        )
    if len(set(corpus.labels.tolist())) < 2:
        raise CorpusError(f"{names}: hanya ada label {corpus.labels[0]}. Perlu baris berlabel 0 dan baris berlabel 1")
