"""Train, measure, describe, list and activate models; ``flag`` and ``match`` run them without a database."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import click

from hoax_tracker.cli.common import elapsed_time, open_instance, print_json
from hoax_tracker.clock import utc_now
from hoax_tracker.core.paths import data_file_path

if TYPE_CHECKING:
    from classifiers.corpus import Corpus
    from classifiers.flagger.artefact import Bundle

EXISTING_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
EXISTING_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


@click.group()
def model() -> None:
    """Train, measure and list models."""


@model.command("train")
@click.option("--dataset", "datasets", multiple=True, type=EXISTING_FILE)
@click.option(
    "--public", type=EXISTING_FOLDER, help="Folder of texts that really went around, to learn from beside the corpus."
)
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path))
@elapsed_time("model train")
def train_model(datasets: tuple[Path, ...], public: Path | None, out: Path) -> int:
    """Train on the corpus in data/labelled, or only on the given CSV files, and write one model file."""
    from classifiers.corpus import load_dataset_corpus
    from classifiers.flagger.train import train_datasets, train_shipped

    if datasets and public:
        raise click.UsageError("either --dataset or --public")
    if datasets:
        _print_corpus_faults(corpus := load_dataset_corpus(list(datasets)))
        bundle = train_datasets(corpus, out, data_file_path("language"))
    else:
        bundle = train_shipped(data_file_path(), out, public=public)
    print_json({"out": str(out), "metrics": bundle.meta.get("metrics", {}), "public": bundle.meta.get("public")})
    return 0


@model.command("train-reader")
@click.option("--retrieval", multiple=True, type=EXISTING_FILE, help="Public pairs to learn from, in JSON Lines.")
@click.option("--leave-out", multiple=True, help="A hand of data/hands that is not learned from, to measure on.")
@click.option("--start", type=EXISTING_FILE, help="A trained reader to begin with. Default: e5.")
@click.option("--pairs", type=click.IntRange(1), help="Pairs that are read. Default: all.")
@click.option("--seed", type=int, default=1, show_default=True)
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path))
@elapsed_time("model train-reader")
def train_pair_reader(
    retrieval: tuple[Path, ...], leave_out: tuple[str, ...], start: Path | None, pairs: int | None, seed: int, out: Path
) -> int:
    """Train the pair reader of matching on one core; a stopped run goes on where it was.

    Needs the extra "training": pip install -e '.[training]'. Beside --out stands a checkpoint until the end.
    """
    try:
        from classifiers.matcher.training.train_reader import ReaderTraining, train_reader

        training = ReaderTraining(data_file_path(), retrieval, out, frozenset(leave_out), start, pairs, seed=seed)
        trained = train_reader(training, lambda line: click.echo(line, err=True))
    except ModuleNotFoundError as error:
        raise click.UsageError(f"{error.name} is not installed: pip install -e '.[training]'") from error
    except ValueError as error:  # a checkpoint of other pairs
        raise click.UsageError(str(error)) from error
    print_json({"out": str(out)} | dict(trained.about))
    return 0


def _print_corpus_faults(corpus: Corpus) -> None:
    """Print on stderr which rows were left out, and why."""
    for fault in corpus.faults:
        click.echo(str(fault), err=True)


def _load_flagger(path: Path | None) -> Bundle:
    """Return the flagger of a model file, by default of the shipped one."""
    from classifiers.flagger.artefact import load_bundle
    from hoax_tracker.flag.model.model_files import shipped_model_path

    return load_bundle(path or shipped_model_path())


@model.command("evaluate")
@click.option("--model", "path", type=EXISTING_FILE, help="The flagger's model file. Default: shipped.")
@click.option("--dataset", "datasets", multiple=True, type=EXISTING_FILE, help="Labelled CSV files.")
@click.option("--public", type=EXISTING_FOLDER, help="A folder of texts that really went around; its held-out half.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@elapsed_time("model evaluate")
def evaluate_model(path: Path | None, datasets: tuple[Path, ...], public: Path | None, as_json: bool) -> int:
    """Measure the flagger on labelled CSV files, or on texts that really circulated, with 95 % intervals."""
    if not datasets and not public:
        raise click.UsageError("the flagger is measured on files: --dataset FILE.csv or --public FOLDER")
    from classifiers.corpus import load_dataset_corpus
    from classifiers.flagger.evaluate import evaluate_bundle, evaluate_public_texts
    from classifiers.flagger.public_texts import load_public_texts

    bundle = _load_flagger(path)
    figures: dict[str, Any] = {}
    if datasets:
        corpus = load_dataset_corpus(list(datasets))
        _print_corpus_faults(corpus)
        figures |= evaluate_bundle(bundle, corpus)
    if public:
        figures["public"] = evaluate_public_texts(bundle, load_public_texts(public)[1])
    if as_json:
        print_json(figures)
    else:
        real = figures.pop("public", {})
        for key, value in (figures | real).items():
            click.echo(f"{key:38} {value}")
    return 0


@model.command("card")
@click.argument("number", required=False, type=int)
@click.option("--model", "path", type=EXISTING_FILE, help="Default: shipped.")
def print_model_card(number: int | None, path: Path | None) -> int:
    """Print the model card: intended use, unsuitable uses, data, metrics, known failures.

    Of the shipped model, of a file, or of the version with this number, as «model list» prints it.
    """
    from classifiers.flagger.evaluate import render_model_card
    from hoax_tracker.flag.model import registry

    if number is not None and path is not None:
        raise click.UsageError("either a number or --model FILE")
    if number is None:
        bundle = _load_flagger(path)
    else:
        with open_instance():
            bundle = registry.require_usable_bundle(registry.require_version(number))
    click.echo(render_model_card(bundle), nl=False)
    return 0


@model.command("list")
def list_models() -> int:
    """List the models of this instance; a star marks the active one."""
    import sqlalchemy as sa

    from hoax_tracker.models import ModelVersion, db

    with open_instance():
        for version in db.session.scalars(sa.select(ModelVersion).order_by(ModelVersion.id)):
            star = "*" if version.is_active else " "
            proposed = "  proposed" if version.proposed_at else ""
            registered = f"registered {version.registered_at:%Y-%m-%d}"
            click.echo(f"{star} {version.id}  {version.name}  {version.digest[:12]}  {registered}{proposed}")
    click.echo(f"* matching: {_describe_matcher()}")
    return 0


def _describe_matcher() -> str:
    """Describe what matches messages here."""
    from classifiers.matcher.model_file import load_match_model
    from classifiers.matcher.pair_reader.model import is_pair_reader_installed

    without = "words alone (the package onnxruntime is not installed)"
    how = "words and the pair reader" if is_pair_reader_installed() else without
    return f"version {load_match_model().about['version']}, {how}"


@model.command("activate")
@click.argument("what")
@click.option("--reason", default=None, help="Why; kept in the audit log. Needed where the model is worse.")
def activate_model(what: str, reason: str | None) -> int:
    """Propose a model for use: a trained file, or the number of a version as «model list» prints it.

    Once an approver confirmed that in the app, every item is assessed again. Refused where the model is worse on
    officers' decisions or flags more criticism, unless --reason says why it must be so.
    """
    from hoax_tracker.flag.model import model_files, registry

    with open_instance():
        now, used = utc_now(), model_files.find_active_version()
        version_id = int(what) if what.isdecimal() else _import_model(Path(what), now)
        seen = used.id if used else None
        registry.propose_version(version_id, seen_active=seen, officer=None, now=now, reason=reason)
        click.echo(f"proposed, a second person confirms it: version {version_id}")
    return 0


def _import_model(path: Path, now: datetime) -> int:
    """Copy a model file into this instance and return the number of its version, which is not active yet."""
    from hoax_tracker.core.database.transactions import write_transaction
    from hoax_tracker.flag.model import model_files

    if not path.is_file():
        raise click.UsageError(f"{path}: neither a file nor the number of a version (see «model list»)")
    with write_transaction():
        return model_files.import_model_file(path, now).id


@model.command("learn")
@elapsed_time("model learn")
def propose_model() -> int:
    """Fit a model on officers' decisions so far and propose it, as the worker does once a day."""
    from hoax_tracker.flag.model import retraining

    with open_instance():
        version = retraining.watch_and_propose(utc_now())
        if version is None:
            click.echo("nothing to propose: too few decisions, or none since the last time")
        else:
            outcome = "proposed" if version.proposed_at else "not better than the base, so not proposed"
            click.echo(f"version {version.id}: {outcome}")
    return 0


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
    from classifiers.flagger.assess import assess_texts
    from hoax_tracker.claims.priority import build_priority_parts, calculate_priority

    bundle = _load_flagger(path)
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
