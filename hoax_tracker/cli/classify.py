"""``flag`` and ``match``: run the classifiers alone, without an instance or a database."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

import click

from hoax_tracker.cli.common import print_json

LINES_AT_ONCE = 256


def _iterate_line_batches(lines: TextIO) -> Iterator[list[str]]:
    """Yield the lines in batches, without line ends, so that any number of lines can stream through."""
    stripped = (line.rstrip("\r\n") for line in lines)
    while batch := list(islice(stripped, LINES_AT_ONCE)):
        yield batch


@click.command()
@click.argument("file", type=click.File(encoding="utf-8", errors="replace"), default="-")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
@click.option("--model", "path", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="A trained model.")
def flag(file: TextIO, as_json: bool, path: Path | None) -> int:
    """Assess whether texts, one per line, are worth an officer's look (a file, or - for standard input)."""
    from classifiers.flagger.artefact import load_bundle
    from classifiers.flagger.assess import assess_texts
    from hoax_tracker.claims.priority import build_priority_parts, calculate_priority
    from hoax_tracker.flag.model.model_files import shipped_model_path

    bundle = load_bundle(path or shipped_model_path())
    for texts in _iterate_line_batches(file):
        for text, score in zip(texts, assess_texts(bundle, texts), strict=True):
            result = {
                "text": text,
                "relevance": round(score.relevance, 6),
                "misinformation": round(score.misinformation, 6),
                "priority": round(
                    calculate_priority(build_priority_parts(score.relevance, score.misinformation, score.topic)), 6
                ),
                "topic": score.topic,
                "unit": score.unit,
                "reasons": [
                    {"kind": reason.kind, "label": reason.label, "weight": round(float(reason.weight), 4)}
                    for reason in score.reasons
                ],
            }
            print_json(result) if as_json else _print_assessment(result)
    return 0


def _print_assessment(scored: dict[str, Any]) -> None:
    """Print an assessment for a person."""
    why = ", ".join(reason["label"] for reason in scored["reasons"][:3])
    click.echo(f"{scored['priority']:.2f}  {scored['topic']}  {scored['unit'] or '-'}  {scored['text'][:80]}  [{why}]")


@click.command()
@click.option("--index", type=click.Path(exists=True, dir_okay=False, path_type=Path), required=True)
@click.argument("file", type=click.File(encoding="utf-8", errors="replace"), default="-")
def match(index: Path, file: TextIO) -> int:
    """Match one message per line against clarifications {id,title,claim,summary}; one JSON object each."""
    from classifiers.matcher.match import Matcher

    documents, faults = _read_documents(index)
    matcher = Matcher(documents)
    for number, line in enumerate(file, 1):
        text = line.rstrip("\r\n")
        if not text.strip():
            click.echo(f"line {number}: empty", err=True)
            faults += 1
            continue
        result = matcher.decide(text)
        matches = [{"id": candidate.id, "probability": candidate.probability} for candidate in result.matches]
        print_json({"text": text, "decision": result.decision, "matches": matches})
    return 1 if faults else 0


def _read_documents(index: Path) -> tuple[list[Any], int]:
    """Return the documents of an index file and the number of broken lines.

    Each broken line is named on stderr.
    """
    from classifiers.matcher.match import Document

    documents, faults = [], 0
    with index.open(encoding="utf-8", errors="replace") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
                documents.append(
                    Document(
                        str(row["id"]), str(row["title"]), str(row.get("claim") or ""), str(row.get("summary") or "")
                    )
                )
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                click.echo(f"{index}: line {number}: {type(error).__name__}: {error}", err=True)
                faults += 1
    return documents, faults
