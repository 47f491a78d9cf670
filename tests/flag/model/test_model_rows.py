"""A model is a row: a host without its file fetches it and changes nothing for others."""

from __future__ import annotations

import os
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from apiflask import APIFlask
from flask.testing import FlaskClient

from classifiers.flagger.artefact import ArtefactError
from hoax_tracker import pipeline
from hoax_tracker.core.audit import audit_log
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.errors import ModelUnusableError
from hoax_tracker.flag.model import model_files, registry, retraining
from hoax_tracker.models import Assessment, ModelFile, ModelVersion, Officer, Report, db
from hoax_tracker.operations import health_checks
from hoax_tracker.operations.backup.backup import create_backup
from hoax_tracker.operations.health_checks import Heartbeat
from hoax_tracker.worker import embedded
from tests import hardship
from tests.flag.activation import activate_by_two
from tests.flag.decided import load_corpus_texts
from tests.flag.model.test_retraining import events, in_use
from tests.shared_app import create_test_app

pytestmark = pytest.mark.usefixtures("fitted_once")


@contextmanager
def other_host(settings: Settings, folder: Path) -> Iterator[APIFlask]:
    """Yield another host of the same instance: the same keys and database, a data folder with nothing else in it."""
    app = create_test_app(replace(settings, data_folder=folder))
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def second(settings: Settings, tmp_path: Path) -> Iterator[APIFlask]:
    """Another host of the same instance."""
    (tmp_path / "second").mkdir()
    with other_host(settings, tmp_path / "second") as app:
        yield app


def stored() -> list[int]:
    """The versions whose files are in the database."""
    return list(db.session.scalars(sa.select(ModelFile.version_id).order_by(ModelFile.version_id)))


@pytest.mark.slow
@pytest.mark.parametrize("who", ["worker", "init", "report", "learning", "administrator"])
def test_a_host_that_lacks_the_file_fetches_it_and_changes_nothing(
    base: ModelVersion, local: ModelVersion, second: APIFlask, now: datetime, who: str
) -> None:
    report = Report(ticket_digest="r" * 64, text=load_corpus_texts("misinformation_loud")[3], received_at=now)
    db.session.add(report)
    db.session.commit()
    key, base_id, digest, report_id = local.id, base.id, local.digest, report.id
    db.session.remove()
    with second.app_context():
        settings = second.extensions["settings"]
        if who == "worker":
            embedded.run_round(settings, now, Heartbeat(), threading.Event())
        elif who == "init":
            with write_transaction():
                model_files.register_shipped_model(now)
        elif who == "report":
            pipeline.assign_report_to_claim(report_id, now)
        elif who == "learning":
            retraining.watch_and_propose(now)
        else:
            with write_transaction():
                registry.set_active_version(db.session.get_one(ModelVersion, base_id))
            activate_by_two(key, seen_active=base_id, officer=None, now=now)
        assert in_use() == key
        assert events("model_fell_back") == []
        assert (
            model_files.file_digest(second.extensions["settings"].data_folder / "models" / f"{digest[:16]}.skops")
            == digest
        )
        if who in ("worker", "report"):
            assert db.session.scalars(sa.select(Assessment.model_version_id)).all() == [key]
        db.session.remove()


@pytest.mark.slow
def test_a_damaged_file_is_fetched_anew(base: ModelVersion, local: ModelVersion, now: datetime) -> None:
    path = model_files.model_path(local)
    path.write_bytes(path.read_bytes()[:5000])
    assert not registry.fall_back_if_unusable(now)
    assert in_use() == local.id
    assert model_files.has_its_file(local)


LACKING, OTHER = "tidak tersimpan di basis data", "yang di basis data bukan yang terdaftar (sidik "


@pytest.mark.slow
@pytest.mark.parametrize(
    ("damage", "why"),
    [(lambda content: content[:5000], OTHER), (lambda content: b"Q" + content[1:], OTHER), (None, LACKING)],
)
def test_a_host_without_a_sound_file_anywhere_falls_back_with_a_notice(
    base: ModelVersion,
    local: ModelVersion,
    second: APIFlask,
    now: datetime,
    damage: Callable[[bytes], bytes] | None,
    why: str,
) -> None:
    """As an older instance left it: the file lies on another host alone."""
    if damage is None:
        db.session.execute(sa.delete(ModelFile))
    else:
        content = damage(db.session.scalars(sa.select(ModelFile.content)).one())
        db.session.execute(sa.update(ModelFile).values(content=content))
    db.session.commit()
    base_id = base.id
    db.session.remove()
    with second.app_context():
        assert registry.fall_back_if_unusable(now)
        assert in_use() == base_id
        assert "hilang atau sudah berubah" in events("model_fell_back")[0].detail["why"]
        assert why in events("model_fell_back")[0].detail["why"]
        folder = second.extensions["settings"].data_folder / "models"
        assert not folder.exists() or list(folder.iterdir()) == []
        db.session.remove()


@pytest.mark.slow
def test_a_host_that_cannot_write_the_file_stands_aside(
    base: ModelVersion, local: ModelVersion, second: APIFlask, now: datetime, caplog: pytest.LogCaptureFixture
) -> None:
    report = Report(ticket_digest="r" * 64, text=load_corpus_texts("misinformation_loud")[3], received_at=now)
    db.session.add(report)
    db.session.commit()
    key, settings = local.id, second.extensions["settings"]
    db.session.rollback()
    (settings.data_folder / "models").write_text("in the way")
    with second.app_context():
        failed = embedded.run_round(settings, now, Heartbeat(), threading.Event())
        assert failed == []
        assert "no model can be used" in caplog.text
        assert in_use() == key
        assert events("model_fell_back") == []
        db.session.remove()
    embedded.run_round(settings, now, Heartbeat(), threading.Event())
    assert db.session.scalars(sa.select(Assessment.model_version_id)).all() == [key], "the other host goes on"


@pytest.mark.needs("memory_disk")
def test_a_host_whose_disk_is_full_stands_aside_and_goes_on_once_there_is_room(
    base: ModelVersion, local: ModelVersion, settings: Settings, now: datetime, tmp_path: Path
) -> None:
    key, base_id, name = local.id, base.id, f"{local.digest[:16]}.skops"
    db.session.remove()
    with hardship.tiny_disk(tmp_path / "full", "16m") as disk, other_host(settings, disk) as host, host.app_context():
        hardship.fill_disk(disk)
        os.truncate(disk / "ballast", 15 * 2**20)  # less room than a model needs
        with pytest.raises(ModelUnusableError, match="No space left"):
            registry.fall_back_if_unusable(now)
        assert list((disk / "models").iterdir()) == []
        (disk / "ballast").unlink()
        assert not registry.fall_back_if_unusable(now)
        assert [path.name for path in (disk / "models").iterdir()] == [name]
        assert in_use() == key != base_id
        assert events("model_fell_back") == []
        db.session.remove()


@pytest.mark.slow
def test_what_a_killed_process_left_half_written_is_cleared_by_the_next_fetch(
    base: ModelVersion, local: ModelVersion, second: APIFlask, now: datetime
) -> None:
    name = f"{local.digest[:16]}.skops"
    folder = second.extensions["settings"].data_folder / "models"
    folder.mkdir()
    killed, written, foreign = folder / f".{name}.abcd", folder / f".{name}.efgh", folder / ".keep"
    for path in (killed, written, foreign):
        path.write_bytes(b"half")
    for path in (killed, foreign):
        os.utime(path, (0, 0))  # long ago by any clock
    os.utime(written, (time.time(), time.time()))  # just now, by the clock of this process
    db.session.remove()
    with second.app_context():
        assert not registry.fall_back_if_unusable(now)
        db.session.remove()
    assert sorted(path.name for path in folder.iterdir()) == sorted([written.name, ".keep", name])


def test_a_file_that_is_too_large_for_a_row_is_refused_before_it_is_read(
    base: ModelVersion, local: ModelVersion, now: datetime, tmp_path: Path
) -> None:
    path = tmp_path / "large.skops"
    path.touch()
    os.truncate(path, model_files.MODEL_SIZE_LIMIT_BYTES + 1)
    with pytest.raises(ArtefactError, match="paling besar 100000000"), write_transaction():
        model_files.import_model_file(path, now)
    with pytest.raises(ArtefactError, match="paling besar 100000000"), write_transaction():
        model_files.store_file(local, path)
    assert stored() == [local.id], "the row before stays"


def test_a_host_with_an_older_program_stands_aside(
    base: ModelVersion,
    settings: Settings,
    second: APIFlask,
    now: datetime,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A newer program was set up on one host; the other still runs the old one, with the model of that."""
    newer = tmp_path / "base.skops"
    newer.write_bytes(model_files.shipped_model_path().read_bytes() + b"1")
    with monkeypatch.context() as then:
        then.setattr(model_files, "shipped_model_path", lambda: newer)
        with write_transaction():
            shipped = model_files.register_shipped_model(now + timedelta(days=1))
        key, base_id = shipped.id, base.id
        assert in_use() == key != base_id
        db.session.remove()
    with second.app_context():
        with pytest.raises(ModelUnusableError, match="another host runs a newer program"):
            registry.fall_back_if_unusable(now + timedelta(days=2))
        assert in_use() == key
        with write_transaction():
            # init of the older program, as a person asks for it
            model_files.register_shipped_model(now + timedelta(days=3))
        assert in_use() == base_id
        db.session.remove()
    with monkeypatch.context() as then:
        then.setattr(model_files, "shipped_model_path", lambda: newer)
        with pytest.raises(ModelUnusableError, match="another host runs a newer program"):
            registry.fall_back_if_unusable(now + timedelta(days=4))
    assert in_use() == base_id, "the two do not put their models back in turns"


def test_a_file_that_only_one_host_has_is_stored_by_its_worker(
    base: ModelVersion, local: ModelVersion, now: datetime
) -> None:
    """An instance that is updated: its local model was only a file."""
    db.session.execute(sa.delete(ModelFile))
    db.session.commit()
    assert not registry.fall_back_if_unusable(now)
    assert stored() == [local.id]


@pytest.mark.slow
def test_the_newest_files_and_the_one_in_use_are_stored(base: ModelVersion, local: ModelVersion, now: datetime) -> None:
    path, key = model_files.model_path(local), local.id
    with write_transaction():
        for number in range(model_files.STORED + 2):
            version = ModelVersion(digest=f"{number:064}", name="m", file_name="m", registered_at=now)
            db.session.add(version)
            db.session.flush()
            model_files.store_file(version, path)
            model_files.forget_old_files()
    found = stored()
    assert found[0] == key, "the one in use stays"
    assert len(found) == model_files.STORED + 1
    assert base.id not in found, "the shipped model comes with the program"
    with write_transaction():
        registry.set_active_version(db.session.get_one(ModelVersion, base.id))
        model_files.forget_old_files()
    assert stored() == found, "so does the one in use until just now"
    use_others(base, now)
    with write_transaction():
        model_files.forget_old_files()
    assert stored() == found[1:]


def use_others(version: ModelVersion, now: datetime) -> None:
    """Put a version into use so often that those before were not in use lately."""
    with write_transaction():
        for _ in range(model_files.USED_LATELY):
            audit_log.record_event("model_activated", f"model:{version.id}", officer=None, now=now)


def test_a_hosts_copies_go_with_their_rows_and_nothing_else_does(
    base: ModelVersion, local: ModelVersion, now: datetime
) -> None:
    folder, bytes_of_a_model = model_files.own_models_folder(), model_files.model_path(local).read_bytes()
    used = model_files.model_path(local).name
    with write_transaction():
        for number in range(model_files.STORED + 1):
            name, digest = f"m{number}.skops", f"{number:x}".ljust(64, "0")
            version = ModelVersion(digest=digest, name="m", file_name=name, registered_at=now)
            db.session.add(version)
            (folder / name).write_bytes(bytes_of_a_model)
    (folder / model_files.copy_name("0" * 64)).write_bytes(b"fetched")
    (folder / "somebodys.skops").write_bytes(b"of no version")
    model_files.delete_old_copies(folder, local)
    left = {path.name for path in folder.iterdir()}
    assert left == {used, "somebodys.skops", *(f"m{number}.skops" for number in range(1, model_files.STORED + 1))}


@pytest.mark.slow
def test_the_file_of_an_old_version_can_be_put_into_use_again(
    base: ModelVersion, local: ModelVersion, now: datetime, tmp_path: Path
) -> None:
    path = tmp_path / "old.skops"
    path.write_bytes(model_files.model_path(local).read_bytes())
    use_others(base, now)
    with write_transaction():
        registry.set_active_version(base)
        for number in range(model_files.STORED):
            db.session.add(ModelVersion(digest=f"{number:064}", name="m", file_name="m", registered_at=now))
        db.session.flush()
        model_files.forget_old_files()
        model_files.delete_old_copies(model_files.own_models_folder(), base)
    assert not model_files.has_its_file(local)
    assert stored() == []
    with write_transaction():
        assert model_files.import_model_file(path, now).id == local.id
    activate_by_two(local.id, seen_active=base.id, officer=None, now=now)
    assert stored() == [local.id]


def packed(settings: Settings, archive: Path, now: datetime) -> set[str]:
    """The names of the models that a backup packs as files."""
    db.session.rollback()
    create_backup(settings, archive, now, pipeline.no_progress)
    with zipfile.ZipFile(archive) as held:
        return {name.rpartition("/")[2] for name in held.namelist() if name.startswith("files/models/")}


@pytest.mark.slow
def test_a_backup_holds_each_model_once(local: ModelVersion, settings: Settings, now: datetime, tmp_path: Path) -> None:
    name = model_files.model_path(local).name
    (model_files.own_models_folder() / "older.skops").write_bytes(b"of a version whose row holds no file any more")
    assert packed(settings, tmp_path / "rows.zip", now) == {"older.skops"}
    db.session.execute(sa.delete(ModelFile))
    db.session.commit()
    assert packed(settings, tmp_path / "files.zip", now) == {"older.skops", name}


def test_a_file_name_in_a_row_leads_nowhere_else(base: ModelVersion, local: ModelVersion, now: datetime) -> None:
    outside = model_files.own_models_folder().parent / "outside"
    outside.write_bytes(model_files.model_path(local).read_bytes())
    model_files.model_path(local).unlink()
    local.file_name = "../outside"
    db.session.execute(sa.delete(ModelFile))
    db.session.commit()
    assert model_files.model_path(local) == model_files.shipped_model_path()


def test_a_host_is_ready_whose_file_waits_in_the_database(
    base: ModelVersion,
    local: ModelVersion,
    second: APIFlask,
    administrator: Officer,
    now: datetime,
    sign_in: Callable[[Officer], FlaskClient],
) -> None:
    settings = second.extensions["settings"]
    db.session.remove()
    with second.app_context():
        assert health_checks.model(settings, now) == health_checks.OK
        db.session.execute(sa.delete(ModelFile))
        db.session.commit()
        assert health_checks.model(settings, now) != health_checks.OK
        db.session.remove()
