"""``model list`` and ``model activate``: the models of an instance."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from sklearn.pipeline import Pipeline

from classifiers.flagger.artefact import load_bundle, save_bundle
from classifiers.flagger.local_adaptation import AdaptedJudge
from hoax_tracker.flag.model import model_files
from hoax_tracker.flag.model.model_files import shipped_model_path
from hoax_tracker.models import Assessment, AuditEvent, ModelFile, ModelVersion, RoleName, db
from tests import factories
from tests.classifiers.public_folder import make_public_folder
from tests.cli.conftest import Inside, Run
from tests.cli.test_ingest import HOAX, feed
from tests.factories import count_rows


@pytest.mark.slow
def test_another_model_is_put_into_use_and_reads_everything_anew(
    instance: Path, run: Run, inside: Inside, tmp_path: Path
) -> None:
    listed = run("model", "list").out.splitlines()[:-1]
    assert len(listed) == 1
    assert listed[0].startswith("* 1 ")
    file = tmp_path / "feed.xml"
    file.write_bytes(feed(HOAX))
    run("ingest", "--file", file)
    other = copy_of(shipped_model_path(), tmp_path / "other.skops", b"1")
    done = run("model", "activate", other, "--reason", "uji coba")
    assert done.code == 0, done.err
    assert run("model", "list").out.splitlines()[0].startswith("*"), "one alone puts no model into use"
    with inside():
        factories.confirm_waiting(factories.make_officer("kedua@kupang.example", RoleName.APPROVER))
    listed = run("model", "list").out.splitlines()[:-1]
    assert [line[0] for line in listed] == [" ", "*"]
    assert run("flag", "--json", stdin=HOAX).code == 0
    run("ingest", "--file", file)
    with inside():
        assert count_rows(Assessment) == 2
        event = db.session.scalars(sa.select(AuditEvent).where(AuditEvent.action == "model_activated")).one()
        assert event.detail == {"reason": "uji coba", "replaces": 1, "forced": False}
        assert db.session.scalars(sa.select(ModelVersion.is_active).order_by(ModelVersion.id)).all() == [False, True]
        assert [path.suffix for path in (instance / "models").iterdir()] == [".skops"]
    assert run("audit", "verify").code == 0


def test_the_card_of_a_version_by_its_number(instance: Path, run: Run, tmp_path: Path) -> None:
    card = run("model", "card")
    assert run("model", "card", "1").out == card.out
    assert card.out.startswith("# Model card: kota")
    assert run("model", "card", "9").code == 2
    both = run("model", "card", "1", "--model", shipped_model_path())
    assert both.code == 2
    assert "either a number or" in both.err


def test_what_is_no_model_is_not_put_into_use(instance: Path, run: Run, tmp_path: Path) -> None:
    broken = tmp_path / "broken.skops"
    broken.write_bytes(b"no model")
    done = run("model", "activate", broken)
    assert done.code == 2
    assert "broken.skops" in done.err
    assert len(run("model", "list").out.splitlines()[:-1]) == 1
    assert not list(instance.glob("models/*"))


@pytest.mark.training
def test_why_a_model_is_not_put_into_use_is_said_once(instance: Path, run: Run, inside: Inside, tmp_path: Path) -> None:
    base = load_bundle(shipped_model_path())
    judge = AdaptedJudge(base.hoax.named_steps["judge"])
    judge.slope_, judge.offset_ = 1.0, 0.0
    adapted = Pipeline([("features", base.hoax.named_steps["features"]), ("judge", judge)])
    meta = dict(base.meta) | {"metrics": {"criticism_flagged": 1.0}}
    save_bundle(replace(base, hoax=adapted, meta=meta), tmp_path / "worse.skops")
    done = run("model", "activate", tmp_path / "worse.skops")
    assert done.code == 2
    for why in ("Keputusan petugas belum cukup", "lebih sering menandai kritik"):
        assert done.err.count(why) == 1, done.err
    file = next(instance.glob("models/*"))
    file.chmod(0o600)
    file.write_bytes(b"broken")
    with inside():
        db.session.execute(sa.delete(ModelFile))
        db.session.commit()
    done = run("model", "activate", "2")
    assert done.code == 2
    assert done.err.count("hilang atau sudah berubah, dan tidak tersimpan di basis data") == 1, done.err


@pytest.mark.slow
def test_a_newer_program_brings_its_newer_model_unless_the_instance_has_its_own(
    instance: Path, run: Run, inside: Inside, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    newer = copy_of(shipped_model_path(), tmp_path / "newer.skops", b"1")
    monkeypatch.setattr(model_files, "shipped_model_path", lambda: newer)
    assert run("init").code == 0
    assert [line[0] for line in run("model", "list").out.splitlines()[:-1]] == [" ", "*"]
    own = copy_of(newer, tmp_path / "own.skops", b"2")
    run("model", "activate", own)
    with inside():
        factories.confirm_waiting(factories.make_officer("kedua@kupang.example", RoleName.APPROVER))
    monkeypatch.setattr(model_files, "shipped_model_path", lambda: copy_of(own, tmp_path / "newest.skops", b"3"))
    assert run("init").code == 0
    assert [line[0] for line in run("model", "list").out.splitlines()[:-1]] == [" ", " ", "*", " "]


def copy_of(model: Path, target: Path, mark: bytes) -> Path:
    """Copy a model so that its digest differs: what follows the end of a zip archive is no part of it."""
    target.write_bytes(model.read_bytes() + mark)
    return target


def test_the_list_says_how_messages_are_matched(instance: Path, run: Run) -> None:
    from classifiers.matcher.pair_reader.model import is_pair_reader_installed

    last = run("model", "list").out.splitlines()[-1]
    assert last.startswith("* matching: version ")
    assert ("the pair reader" in last) == is_pair_reader_installed()


def test_the_flagger_is_measured_on_files(run: Run) -> None:
    assert run("model", "evaluate").code == 2


def test_real_texts_are_measured_beside_files_never_with_them(run: Run, tmp_path: Path) -> None:
    folder = make_public_folder(tmp_path / "public")
    found = json.loads(run("model", "evaluate", "--public", folder, "--json").out)
    assert list(found) == ["public"]
    assert found["public"]["public_hoax_flagged_ci"]
    assert "public_headline_relevant" in run("model", "evaluate", "--public", folder).out
    missing = run("model", "evaluate", "--public", tmp_path)
    assert missing.code == 2
    assert "tidak ada teks untuk" in missing.err


def write(path: Path, *rows: str) -> Path:
    path.write_text("\n".join(("id,label,title,text", *rows)) + "\n", encoding="utf-8")
    return path


def test_any_file_is_measured_with_intervals_and_bad_rows_are_named(run: Run, tmp_path: Path) -> None:
    rows = [
        f"{at},{at % 2},,{'sebarkan transfer hari ini' if at % 2 else 'rapat dinas membahas air'}" for at in range(8)
    ]
    file = write(tmp_path / "own.csv", *rows, "x,hoaks,,kata")
    done = run("model", "evaluate", "--dataset", file, "--json")
    assert done.code == 0, done.err
    found = json.loads(done.out)
    assert (found["rows"], found["skipped"]) == (8, 1)
    for name in ("roc_auc", "pr_auc", "f1", "brier", "ece"):
        low, high = found[f"{name}_ci"]
        assert 0 <= low <= found[name] <= high <= 1
    assert "own.csv: baris 10 (x) dilewati: label 'hoaks'" in done.err
    trained = run("model", "train", "--dataset", file, "--out", tmp_path / "own.skops")
    assert "own.csv: baris 10 (x) dilewati" in trained.err
    again = run("model", "evaluate", "--model", tmp_path / "own.skops", "--dataset", file, "--json")
    assert json.loads(again.out)["roc_auc"] == 1.0


@pytest.mark.parametrize(
    ("rows", "said"), [((), "tidak ada satu baris pun"), (("a,1,,x", "b,1,,y"), "hanya ada label 1")]
)
@pytest.mark.parametrize("what", ["train", "evaluate"])
def test_an_empty_or_one_sided_file_is_an_error_in_words(
    run: Run, tmp_path: Path, what: str, rows: tuple[str, ...], said: str
) -> None:
    file = write(tmp_path / "bad.csv", *rows)
    out = ("--out", tmp_path / "m.skops") if what == "train" else ()
    done = run("model", what, "--dataset", file, *out)
    assert done.code == 2
    assert "bad.csv" in done.err
    assert said in done.err
    assert "Traceback" not in done.err
