"""What the corpus holds, as data/README.md quotes it: ``python -m benchmarks.corpus``.

Counts per kind, style and topic, the near-duplicate rate, the most frequent runs of four words, and how far a second
reader, who had not seen the labels, agrees with them (Cohen's kappa).
"""

from __future__ import annotations

import csv
import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from rapidfuzz import fuzz, process
from sklearn.metrics import cohen_kappa_score

from hoax_tracker.core.paths import data_file_path

NEAR_DUPLICATE_SCORE = 85
WORD_PATTERN = re.compile(r"\w+")

Row = dict[str, str]


def load_labelled_rows() -> list[Row]:
    """Return the rows of data/labelled, each with its kind (the file's name)."""
    return [
        row | {"kind": path.stem}
        for path in sorted(data_file_path("labelled").glob("*.csv"))
        for row in read_csv_rows(path)
    ]


def read_csv_rows(path: Path) -> list[Row]:
    """Return the rows of a CSV file."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def title_and_text(row: Row) -> str:
    """Return title and text as one."""
    return f"{row.get('title', '')} {row['text']}".strip()


def near_duplicates(rows: Sequence[Row]) -> list[tuple[str, str, float]]:
    """Return pairs of ids in different groups whose words are nearly the same.

    That is: rapidfuzz token_set_ratio above 85, and the shorter text at least half as long as the other (four common
    words within a long text are no copy).
    """
    texts = [" ".join(WORD_PATTERN.findall(title_and_text(row).casefold())) for row in rows]
    by_length = sorted(range(len(texts)), key=lambda at: len(texts[at]))
    lengths = [len(texts[at]) for at in by_length]
    found = []
    for place, one in enumerate(by_length):
        others = by_length[place + 1 : bisect_left(lengths, 2 * lengths[place])]
        alike = process.extract_iter(
            texts[one], [texts[at] for at in others], scorer=fuzz.token_set_ratio, score_cutoff=NEAR_DUPLICATE_SCORE
        )
        found += [
            (rows[one]["id"], rows[others[at]]["id"], float(score))
            for _text, score, at in alike
            if rows[one]["group"] != rows[others[at]]["group"]
        ]
    return found


def frequent_runs(rows: Iterable[Row], length: int = 4) -> Counter[str]:
    """Return in how many texts each run of ``length`` words stands."""
    runs: Counter[str] = Counter()
    for row in rows:
        words = WORD_PATTERN.findall(title_and_text(row).casefold())
        runs.update({" ".join(words[i : i + length]) for i in range(len(words) - length + 1)})
    return runs


def reader_agreement() -> dict[str, tuple[int, float, float]]:
    """Return (texts, share alike, kappa) of the second reading for label and about_city."""
    first = {row["id"]: row for row in load_labelled_rows()}
    second = read_csv_rows(data_file_path("second_reading.csv"))
    found = {}
    for column in ("label", "about_city"):
        ours = [first[row["id"]][column] for row in second]
        theirs = [row[column] for row in second]
        alike = sum(a == b for a, b in zip(ours, theirs, strict=True)) / len(second)
        found[column] = (len(second), alike, float(cohen_kappa_score(ours, theirs)))
    return found


def print_counts_table(title: str, counts: Counter[str]) -> None:
    """Print counts as a Markdown table, most first."""
    print(f"\n| {title} | texts |\n|---|---|")
    for name, count in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])):
        print(f"| {name} | {count} |")


def main() -> None:
    """Print everything."""
    rows = load_labelled_rows()
    false = sum(row["label"] == "1" for row in rows)
    print(f"{len(rows)} texts, {false} misinformation, {sum(row['about_city'] == '1' for row in rows)} about the city")
    for column in ("kind", "style", "topic"):
        print_counts_table(column, Counter(row[column] for row in rows))
    print(f"\nnear-duplicates across groups: {len(near_duplicates(rows))} pairs")
    print("most frequent runs of four words:", frequent_runs(rows).most_common(5))
    for column, (count, alike, kappa) in reader_agreement().items():
        print(f"second reading, {column}: {count} texts, {100 * alike:.1f} % alike, kappa {kappa:.2f}")


if __name__ == "__main__":
    main()
