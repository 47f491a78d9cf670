"""``flag``, ``match`` and ``model`` work right after installation, without an instance or database."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hoax_tracker.core.paths import data_file_path
from hoax_tracker.models import Topic
from tests.cli.conftest import Run
from tests.cli.test_ingest import HOAX, NEWS
from tests.repository import ROOT

DOCUMENTS = [
    {
        "id": "air",
        "title": "Air PDAM tetap mengalir di seluruh kota",
        "claim": "Mulai Senin besok air PDAM se-Kota Kupang mati total 7 hari karena pipa induk pecah",
        "summary": "Tidak ada pipa induk yang pecah.",
    },
    {
        "id": "bpjs",
        "title": "Puskesmas Oesapa tetap melayani peserta BPJS",
        "claim": "Mulai 1 Desember Puskesmas Oesapa tidak terima pasien BPJS, semua harus bayar Rp75.000",
        "summary": "Layanan BPJS tidak berubah.",
    },
]
COPY = "katanya mulai senin besok air pdam se-kota kupang mati total 7 hari karena pipa induk pecah, tolong sebarkan"


@pytest.fixture(autouse=True)
def no_instance(empty: Path) -> Iterator[None]:
    """No command here may make an instance (``flag``, ``match``, ``model`` need none)."""
    yield
    assert not empty.exists(), "an instance was made"


def lines(text: str) -> list[dict[str, Any]]:
    """Parse one JSON object a line."""
    return [json.loads(line) for line in text.splitlines()]


def index_file(folder: Path, *more: str) -> Path:
    """Write the documents, and more lines, to an index file."""
    path = folder / "index.jsonl"
    path.write_text("\n".join([*map(json.dumps, DOCUMENTS), *more]) + "\n", encoding="utf-8")
    return path


def test_texts_are_flagged_a_line_each(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "texts.txt"
    file.write_text(f"{HOAX}\n\n{NEWS}\n😀😀\n" + "x" * 100_000 + "\n", encoding="utf-8")
    done = run("flag", file, "--json")
    assert done.code == 0, done.err
    found = lines(done.out)
    assert [one["text"] for one in found] == [HOAX, "", NEWS, "😀😀", "x" * 100_000]
    for one in found:
        assert set(one) == {"text", "relevance", "misinformation", "priority", "topic", "unit", "reasons"}
        assert all(0 <= one[name] <= 1 for name in ("relevance", "misinformation", "priority"))
        assert one["topic"] in {topic.value for topic in Topic}
        assert all(set(reason) == {"kind", "label", "weight"} for reason in one["reasons"])
    hoax, news = found[0], found[2]
    assert hoax["priority"] > news["priority"]
    assert (hoax["topic"], hoax["unit"]) == ("health", "dinkes")
    assert hoax["reasons"]


def test_standard_input_is_flagged_too(run: Run) -> None:
    done = run("flag", stdin=f"{HOAX}\r\n{NEWS}")
    assert done.code == 0, done.err
    assert len(done.out.splitlines()) == 2
    assert "dinkes" in done.out
    assert lines(run("flag", "-", "--json", stdin=HOAX).out)[0]["text"] == HOAX
    assert run("flag", stdin="").out == ""


def test_broken_bytes_do_not_stop_the_lines_after_them(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "texts.txt"
    file.write_bytes(b"\xff\xfe air mati\n" + NEWS.encode() + b"\n")
    found = lines(run("flag", file, "--json").out)
    assert found[1]["text"] == NEWS


def test_messages_are_matched_a_line_each(run: Run, tmp_path: Path) -> None:
    done = run("match", "--index", index_file(tmp_path), stdin=f"{COPY}\nHarga beras di pasar turun\n")
    assert done.code == 0, done.err
    same, other = lines(done.out)
    assert set(same) == {"text", "decision", "matches"}
    assert (same["text"], same["decision"], same["matches"][0]["id"]) == (COPY, "match", "air")
    assert set(same["matches"][0]) == {"id", "probability"}
    assert other["decision"] == "none"
    for one in (same, other):
        probabilities = [match["probability"] for match in one["matches"]]
        assert probabilities == sorted(set(probabilities), reverse=True), "best first, without plateaus"
        assert all(0 <= value <= 1 for value in probabilities)
        assert len(probabilities) <= 5


def test_broken_lines_are_named_and_the_others_matched(run: Run, tmp_path: Path) -> None:
    index = index_file(tmp_path, "not json", '{"title": "tanpa id"}', "[]", "")
    done = run("match", "--index", index, stdin=f"\n{COPY}\n")
    assert done.code == 1
    assert [one["matches"][0]["id"] for one in lines(done.out)] == ["air"]
    for words in ("line 3: ", "line 4: KeyError: 'id'", "line 5: ", "line 1: empty"):
        assert words in done.err


@pytest.mark.slow
@pytest.mark.process
def test_a_line_of_a_pipe_is_matched_before_the_next_one_comes(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hoax_tracker", "match", "--index", str(index_file(tmp_path))]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0) as process:
        assert process.stdin
        assert process.stdout
        for sent, text in ((b"satu\r\n", "satu"), (b"ti\xffga\n", "ti\ufffdga")):
            process.stdin.write(sent)
            assert json.loads(process.stdout.readline())["text"] == text
        process.stdin.write(b"em")
        process.stdin.write(b"pat")
        process.stdin.close()
        assert json.loads(process.stdout.read())["text"] == "empat"


def test_many_lines_are_matched_as_each_alone(run: Run, tmp_path: Path) -> None:
    texts = [COPY, "Harga beras di pasar turun", COPY, COPY.replace("7", "3"), HOAX, NEWS] * 3
    done = run("match", "--index", index_file(tmp_path), stdin="\n".join(texts))
    together = lines(done.out)
    assert [one["text"] for one in together] == texts
    for text, one in zip(texts[:6], together, strict=False):
        assert lines(run("match", "--index", index_file(tmp_path), stdin=text).out) == [one]


def test_match_without_an_index_is_wrong_use(run: Run, tmp_path: Path) -> None:
    assert run("match", stdin=COPY).code == 2
    assert run("match", "--index", tmp_path / "none.jsonl", stdin=COPY).code == 2
    empty = tmp_path / "empty.jsonl"
    empty.touch()
    done = run("match", "--index", empty, stdin=COPY)
    assert (done.code, lines(done.out)) == (0, [{"text": COPY, "decision": "none", "matches": []}])


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small labelled file: a part of the corpus, of each label."""
    path = tmp_path_factory.mktemp("dataset") / "texts.csv"
    rows = []
    for name in ("misinformation_calm", "misinformation_loud", "complaint", "nation", "notices"):
        with data_file_path("labelled", f"{name}.csv").open(encoding="utf-8", newline="") as file:
            rows += list(csv.DictReader(file))[:60]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
    return path


def test_a_model_is_trained_measured_and_used(run: Run, dataset: Path, tmp_path: Path) -> None:
    out = tmp_path / "own.skops"
    done = run("model", "train", "--dataset", dataset, "--out", out)
    assert done.code == 0, done.err
    assert json.loads(done.out)["out"] == str(out)
    found = json.loads(run("model", "evaluate", "--model", out, "--dataset", dataset, "--json").out)
    assert found["roc_auc"] > 0.8
    low, high = found["roc_auc_ci"]
    assert low <= found["roc_auc"] <= high
    done = run("flag", "--model", out, "--json", stdin=HOAX)
    assert done.code == 0, done.err
    assert lines(done.out)[0]["misinformation"] > 0.5


def test_the_shipped_model_is_measured_and_described(run: Run, dataset: Path) -> None:
    done = run("model", "evaluate", "--dataset", dataset)
    assert done.code == 0, done.err
    assert "roc_auc" in done.out
    card = run("model", "card").out
    assert len(card) > 1000


def test_what_cannot_be_used_is_named(run: Run, dataset: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.skops"
    broken.write_bytes(b"no model")
    for arguments in (
        ["flag", "--model", broken],
        ["model", "evaluate", "--model", broken, "--dataset", dataset],
        ["model", "card", "--model", broken],
    ):
        done = run(*arguments, stdin=HOAX)
        assert done.code == 2, arguments
        assert "broken.skops" in done.err
    table = tmp_path / "table.csv"
    table.write_text("a,b\n1,2\n", encoding="utf-8")
    done = run("model", "train", "--dataset", table, "--out", tmp_path / "x.skops")
    assert done.code == 2
    assert "table.csv" in done.err
    done = run("model", "train", "--dataset", dataset, "--out", dataset / "x.skops")
    assert done.code == 2
    assert "texts.csv" in done.err
    assert run("model", "train").code == 2
    assert run("model", "evaluate", "--json").code == 2
