"""Labelled CSV files in, texts with labels and groups out. A bad row is named and left out; a bad file is an error."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from classifiers.csv_file import Row, read_csv

UNKNOWN_ABOUT_CITY = -1
"""Stands for an ``about_city`` that the file does not tell."""


class CorpusError(ValueError):
    """The files hold nothing that a model can be trained or measured on; the message says why."""


@dataclass(frozen=True)
class Fault:
    """A row that was left out, and why."""

    file: str
    line: int
    id: str
    reason: str

    def __str__(self) -> str:
        """Name the row as an editor would find it."""
        row = f" ({self.id})" if self.id else ""
        return f"{self.file}: baris {self.line}{row} dilewati: {self.reason}"


@dataclass(frozen=True)
class Corpus:
    """Labelled texts, one entry a text in every field but ``faults``.

    ``labels``: 1 misinformation, 0 not; ``about_city``: 1, 0 or ``UNKNOWN_ABOUT_CITY``; ``kinds``: the file's name
    without ".csv"; ``groups``: texts on one story share it; ``dates`` and ``sources`` are empty where the file has
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

    def subset(self, at: Iterable[int]) -> Corpus:
        """Return the texts at these places, in this order."""
        places = list(at)
        columns: dict[str, Any] = {name: _select_entries(getattr(self, name), places) for name in _CORPUS_COLUMNS}
        return Corpus(**columns)

    def where(self, mask: npt.NDArray[np.bool_]) -> Corpus:
        """Return the texts for which ``mask`` is true."""
        return self.subset(np.flatnonzero(mask).tolist())

    def digest(self) -> str:
        """Return the SHA-256 of texts, labels and groups: two corpora with one digest train the same model."""
        summary = hashlib.sha256()
        for text, label, city, topic, group in zip(
            self.texts, self.labels, self.about_city, self.topics, self.groups, strict=True
        ):
            summary.update("\x1f".join((text, str(label), str(city), topic, group, "\x1e")).encode())
        return summary.hexdigest()


_CORPUS_COLUMNS = [field.name for field in fields(Corpus) if field.name != "faults"]


def _select_entries(column: Sequence[str] | npt.NDArray[np.int8], at: list[int]) -> object:
    return column[at] if isinstance(column, np.ndarray) else tuple(column[place] for place in at)


def load_labelled_corpus(paths: Sequence[Path]) -> Corpus:
    """Return the city's corpus in the columns ``id,label,title,text,about_city,topic,style,group``.

    A story that several files tell (the news, a notice) is one group. Raises ``CorpusError`` where a file cannot be
    read, lacks a column or the files hold one class only.
    """
    columns = ("id", "label", "title", "text", "about_city", "topic", "style", "group")
    return _load_corpus(paths, columns, across_files=True)


def load_dataset_corpus(paths: Sequence[Path]) -> Corpus:
    """Return any data set in the columns ``id,label,title,text[,group,date,source]``, others if there.

    Raises ``CorpusError`` as ``load_labelled_corpus`` does.
    """
    return _load_corpus(paths, ("id", "label", "title", "text"))


def join_corpora(corpora: Sequence[Corpus]) -> Corpus:
    """Return one corpus of all texts; groups of different corpora stay apart."""
    columns = {name: tuple(entry for c in corpora for entry in getattr(c, name)) for name in _CORPUS_COLUMNS}
    columns["groups"] = tuple(f"{at}:{group}" for at, corpus in enumerate(corpora) for group in corpus.groups)
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
        columns, rows = read_csv(path)
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
"""Labels as files have them: a spreadsheet or pandas turns 1 into 1.0. A word is no label: which side "ya" is on, no
program should guess."""


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
