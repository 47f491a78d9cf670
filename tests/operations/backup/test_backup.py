"""The drill: seed, back up, destroy, restore, compare row by row; and every bad archive."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import random
import shutil
import signal
import stat
import subprocess
import threading
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from apiflask import APIFlask

from hoax_tracker.app import create_app
from hoax_tracker.clock import utc_now
from hoax_tracker.core import instance_lock
from hoax_tracker.core.audit import audit_log, chain_check
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.database.schema_version import require_newest_database
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.core.encryption import decrypt_contact, encrypt_contact
from hoax_tracker.core.instance_lock import InstanceInUseError
from hoax_tracker.models import Base, Report, db
from hoax_tracker.operations.backup import database_copy
from hoax_tracker.operations.backup.backup import BackupFailedError, Manifest, create_backup, find_last_backup
from hoax_tracker.operations.backup.database_copy import open_engine
from hoax_tracker.operations.backup.restore import RestoreRefusedError, RestoreResult, restore_backup
from hoax_tracker.operations.backup.seal import DIGITS, SEAL, backup_key, put_seal
from hoax_tracker.operations.backup.swap import move_all_or_none
from hoax_tracker.pipeline import no_progress
from tests import databases, factories, hardship
from tests.browser import open_app
from tests.conftest import NOW, settings_for
from tests.core.database.test_migrations import fill
from tests.forks import run_python
from tests.waiting import DEADLINE_S, wait_until

CONTACT = "pelapor@surel.example"
Rows = dict[str, list[tuple[Any, ...]]]


@pytest.fixture
def instance(settings: Settings) -> Iterator[Settings]:
    """An instance with rows in its tables, a sealed contact, a broken-in audit log and a file; nobody uses it."""
    app = create_app(settings)
    with app.app_context():
        fill()
        with write_transaction():
            sealed = encrypt_contact(CONTACT, settings.contact_key)
            db.session.add(
                Report(ticket_digest="c" * 64, text="é", received_at=NOW, contact_encrypted=sealed, consent_at=NOW)
            )
            for number in range(20):
                audit_log.record_event("claim_link", f"claim:{number}", officer=None, now=NOW, detail={"kata": "é"})
        db.session.remove()
        db.engine.dispose()
    (settings.data_folder / "evidence" / "2026").mkdir(parents=True)
    (settings.data_folder / "evidence" / "2026" / "surat é.pdf").write_bytes(os.urandom(5000))
    backup_key(settings)
    yield settings
    leftovers = list(settings.data_folder.parent.glob("*.restoring-*"))
    assert leftovers == []
    drop_kept(settings)


def drop_kept(settings: Settings) -> None:
    """Drop the databases that restores kept beside."""
    if databases.ON_POSTGRESQL:
        own = databases.database_name(settings.data_folder)
        with databases.connect_to_server() as server:
            names = [name for (name,) in server.execute("select datname from pg_database").fetchall()]
        assert not [name for name in names if name.startswith(own[:20]) and "_restoring_" in name]
        for name in names:
            if "_before_" in name:
                databases.run_statement("drop database if exists {} with (force)", name)


def rows(settings: Settings) -> Rows:
    """Every row of every table."""
    with open_engine(settings.database_url) as engine, engine.connect() as connection:
        return {
            table.name: sorted((tuple(row) for row in connection.execute(sa.select(table))), key=repr)
            for table in Base.metadata.sorted_tables
        }


def files(settings: Settings) -> dict[str, bytes]:
    """Every file of the data folder but the database's and the lock."""
    return {
        str(path.relative_to(settings.data_folder)): path.read_bytes()
        for path in settings.data_folder.rglob("*")
        if path.is_file() and not path.name.startswith(("hoax-tracker.sqlite3", instance_lock.LOCK_FILE_NAME))
    }


def destroy(settings: Settings) -> None:
    """Lose everything."""
    shutil.rmtree(settings.data_folder)
    if databases.ON_POSTGRESQL:
        databases.run_statement("drop database {}", databases.database_name(settings.data_folder))


def saved(settings: Settings, path: Path) -> Manifest:
    return create_backup(settings, path, NOW, no_progress)[0]


def restored(settings: Settings, path: Path, environ: dict[str, str] | None = None, **more: Any) -> RestoreResult:
    return restore_backup(settings, path, environ or {}, NOW, no_progress, **more)


@pytest.mark.slow
def test_the_drill(instance: Settings, tmp_path: Path) -> None:
    before, archive = rows(instance), tmp_path / "cadangan.zip"
    manifest = saved(instance, archive)
    kept_files = files(instance)
    assert manifest.facts.tables["audit_event"] == len(before["audit_event"]) == 21
    assert stat.S_IMODE(archive.stat().st_mode) == 0o600
    key = (instance.data_folder / "backup_key").read_bytes()
    audit_key = (instance.data_folder / "audit_key").read_bytes()
    destroy(instance)
    again = settings_without_database(instance)
    assert again.contact_key != instance.contact_key  # a new machine, with secrets of its own
    with pytest.raises(RestoreRefusedError, match="bring the file backup_key of the host that made it"):
        restored(again, archive)
    (again.data_folder / "backup_key").write_bytes(key)
    with pytest.raises(RestoreRefusedError, match="bring the file audit_key of the host that made it"):
        restored(again, archive)
    (again.data_folder / "audit_key").write_bytes(audit_key)
    again = settings_without_database(instance)
    done = restored(again, archive)
    assert done.unproven == ""
    assert rows(instance) == before
    assert files(instance) == kept_files
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in instance.data_folder.rglob("*") if path.is_file())
    assert stat.S_IMODE(instance.data_folder.stat().st_mode) == 0o700
    assert done.kept
    app = create_app(settings_for(instance.data_folder))
    with app.app_context():
        require_newest_database()
        assert chain_check.verify_chain().last_hash == manifest.facts.audit_hash
        sealed = db.session.scalars(sa.select(Report.contact_encrypted).where(Report.ticket_digest == "c" * 64)).one()
        assert decrypt_contact(sealed or b"", app.extensions["settings"].contact_key) == CONTACT
        factories.make_claim()  # numbers go on where they were
        db.session.remove()
        db.engine.dispose()
    assert app.test_client().get("/klarifikasi/").status_code == 200
    with app.app_context():
        db.engine.dispose()


def settings_without_database(instance: Settings) -> Settings:
    """Settings of the same instance on a machine where nothing is left."""
    from hoax_tracker.core.config.settings import read_settings

    url = instance.database_url if databases.ON_POSTGRESQL else ""
    return read_settings({"HOAX_TRACKER_DATA": str(instance.data_folder), "DATABASE_URL": url})


def test_what_came_after_the_backup_is_kept_beside(instance: Settings, tmp_path: Path) -> None:
    before, archive = rows(instance), tmp_path / "a.zip"
    saved(instance, archive)
    (instance.data_folder / "later").write_text("x")
    app = create_app(instance)
    with app.app_context():
        factories.make_claim("kabar lain yang baru")
        db.session.remove()
        db.engine.dispose()
    later = rows(instance)
    done = restored(instance, archive)
    assert rows(instance) == before
    assert done.later == {name: len(later[name]) - len(before[name]) for name in ("audit_event", "report")}
    folder = Path((done.kept or "").partition(", ")[0])
    assert (folder / "later").read_text() == "x"
    if databases.ON_POSTGRESQL:
        name = (done.kept or "").rpartition(" ")[2]
        url = sa.engine.make_url(instance.database_url).set(database=name).render_as_string(hide_password=False)
    else:
        url = f"sqlite:///{folder / 'hoax-tracker.sqlite3'}"
    assert rows(replace(instance, database_url=url)) == later


@pytest.mark.slow
def test_a_backup_while_others_write_is_of_one_moment(instance: Settings, tmp_path: Path) -> None:
    app, stop, written = create_app(instance), threading.Event(), list[int]()

    def write() -> None:
        with app.app_context():
            while not stop.is_set():
                with write_transaction():
                    audit_log.record_event("claim_link", "claim:1", officer=None, now=NOW)
                written.append(1)
            db.session.remove()
            db.engine.dispose()

    def saved_later(number: int) -> Manifest:
        """Back up once something was written after the last time."""
        before = len(written)
        wait_until(lambda: len(written) > before, "something is written")
        return saved(instance, tmp_path / f"{number}.zip")

    writer = threading.Thread(target=write)
    writer.start()
    try:
        made = [saved_later(number) for number in range(3)]
    finally:
        stop.set()
        writer.join(DEADLINE_S)
    counts = [one.facts.audit_rows for one in made]
    assert counts == sorted(counts)
    assert counts[2] > counts[0] >= 21
    for number in range(3):
        assert restored(instance, tmp_path / f"{number}.zip", swap=False).kept is None


@pytest.fixture
def archive(instance: Settings, tmp_path: Path) -> Path:
    """A good backup of the instance."""
    saved(instance, tmp_path / "good.zip")
    return tmp_path / "good.zip"


@pytest.fixture
def untouched(instance: Settings) -> Iterator[None]:
    """After the test the instance must be as it was."""
    before = rows(instance), files(instance)
    yield
    assert (rows(instance), files(instance)) == before
    assert not list(instance.data_folder.parent.glob("*.before-*"))


@pytest.mark.usefixtures("untouched")
def test_a_backup_cut_short_anywhere_is_refused(instance: Settings, archive: Path, tmp_path: Path) -> None:
    whole = archive.read_bytes()
    short = [0, 1, DIGITS, DIGITS + 1, SEAL, SEAL + 1]
    for length in [*short, *range(1000, len(whole), len(whole) // 20), len(whole) - 1]:
        cut = tmp_path / "cut.zip"
        cut.write_bytes(whole[:length])
        with pytest.raises(RestoreRefusedError, match="cut short"):
            restored(instance, cut)


@pytest.mark.usefixtures("untouched")
def test_a_backup_altered_anywhere_is_refused(instance: Settings, archive: Path, tmp_path: Path) -> None:
    whole, chance = archive.read_bytes(), random.Random(4)
    for place in [0, len(whole) - 1, *chance.sample(range(len(whole)), 40)]:
        altered = bytearray(whole)
        altered[place] ^= 1 << chance.randrange(8)
        (tmp_path / "altered.zip").write_bytes(altered)
        with pytest.raises(RestoreRefusedError, match="altered"):
            restored(instance, tmp_path / "altered.zip")


def key_of(settings: Settings) -> str:
    """The key that seals the backups of an instance."""
    return (settings.data_folder / "backup_key").read_text()


def forged(archive: Path, change: Callable[[dict[str, bytes]], None], key: str) -> Path:
    """A backup with other contents, sealed with a key, as somebody makes it who knows how it is built."""
    with zipfile.ZipFile(archive) as source:
        members = {name: source.read(name) for name in source.namelist()}
    change(members)
    target = archive.with_name("forged.zip")
    with zipfile.ZipFile(target, "w") as out:
        for name, content in members.items():
            out.writestr(name, content)
        out.comment = b"0" * SEAL
    put_seal(target, key)
    return target


def manifest_with(members: dict[str, bytes], **changes: Any) -> None:
    """Change the manifest of a forgery."""
    manifest = json.loads(members["manifest.json"])
    for key, value in changes.items():
        manifest[key] = manifest[key] | value if isinstance(value, dict) else value
    members["manifest.json"] = json.dumps(manifest).encode()


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda m: m.pop("manifest.json"), "cannot be read"),
        (lambda m: m.update({"manifest.json": b"[]"}), "cannot be read"),
        (lambda m: m.update({"files/extra": b"x"}), "does not hold what its manifest says"),
        (lambda m: m.update({"files/secret_key": b"x"}), "not what its manifest says"),
        (lambda m: m.update(database=m["database"][:-2000]), "not what its manifest says"),
        (lambda m: manifest_with(m, format=9), "format 9"),
        (lambda m: manifest_with(m, database="oracle"), "the backup is of oracle"),
        (lambda m: manifest_with(m, facts={"migration": "9999"}), "a newer program"),
        (lambda m: manifest_with(m, facts={"migration": "0047"}), "an older program whose migrations are gone"),
        (lambda m: manifest_with(m, contact_key="0" * 16), "sealed with another key"),
        (lambda m: manifest_with(m, facts={"tables": {"claim": 7}}), "not the one that was backed up: claim"),
        (lambda m: manifest_with(m, facts={"audit_hash": "0" * 64}), "not the one that was backed up: audit log"),
    ],
)
def test_a_forged_backup_is_refused(
    instance: Settings, archive: Path, change: Callable[[dict[str, bytes]], None], words: str
) -> None:
    with pytest.raises(RestoreRefusedError, match=words):
        restored(instance, forged(archive, change, key_of(instance)))


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("name", ["files/../../evil", "files//etc/evil", "evil", "files/..\\evil", "files/"])
def test_a_name_that_leads_out_of_the_folder_is_refused(instance: Settings, archive: Path, name: str) -> None:
    def change(members: dict[str, bytes]) -> None:
        members[name] = b"x"
        digest = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"
        manifest_with(members, files={name: {"size": 1, "sha256": digest}})

    with pytest.raises(RestoreRefusedError, match=r"with the name|does not hold"):
        restored(instance, forged(archive, change, key_of(instance)))
    assert not list(instance.data_folder.parent.rglob("evil"))


@pytest.mark.usefixtures("untouched")
def test_a_database_in_it_that_was_tampered_with_is_refused(instance: Settings, archive: Path) -> None:
    def change(members: dict[str, bytes]) -> None:
        old, new = b"claim:17", b"claim:18"
        assert old in members["database"]
        members["database"] = members["database"].replace(old, new)
        member = {"size": len(members["database"]), "sha256": hashlib.sha256(members["database"]).hexdigest()}
        manifest_with(members, files={"database": member})

    with pytest.raises(RestoreRefusedError, match="audit log is broken at row"):
        restored(instance, forged(archive, change, key_of(instance)))


def change_a_report(members: dict[str, bytes]) -> None:
    """Change a row that no chain of hashes covers, and every checksum with it."""
    content = members["database"].replace(b"pesan", b"PESAN")
    assert content != members["database"]
    members["database"] = content
    manifest_with(members, files={"database": {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}})


def unsealed(archive: Path, **changes: Any) -> Path:
    """A forgery as programs before the backup key would have taken it: a changed row, and the SHA-256 alone."""

    def change(members: dict[str, bytes]) -> None:
        change_a_report(members)
        manifest = {key: value for key, value in json.loads(members["manifest.json"]).items() if key != "backup_key"}
        members["manifest.json"] = json.dumps(manifest | changes).encode()

    target = forged(archive, change, "not the key")
    end_as_before(target)
    return target


def end_as_before(archive: Path) -> None:
    """Let an archive end with the SHA-256 alone, as programs before the backup key made them."""
    with zipfile.ZipFile(archive, "a") as out:
        out.comment = b"0" * DIGITS
    whole = archive.read_bytes()[:-DIGITS]
    archive.write_bytes(whole + hashlib.sha256(whole).hexdigest().encode())


@pytest.mark.usefixtures("untouched")
def test_a_backup_built_anew_without_the_backup_key_is_refused(instance: Settings, archive: Path) -> None:
    with pytest.raises(RestoreRefusedError, match="somebody who has not the backup key built it anew"):
        restored(instance, forged(archive, change_a_report, "not the key"))
    with pytest.raises(RestoreRefusedError, match="somebody who has not the backup key built it anew"):
        restored(instance, forged(archive, change_a_report, "not the key"), unproven=True)

    def with_another_fingerprint(members: dict[str, bytes]) -> None:
        change_a_report(members)
        manifest_with(members, backup_key="0" * 16)

    with pytest.raises(RestoreRefusedError, match="sealed with another backup key"):
        restored(instance, forged(archive, with_another_fingerprint, "not the key"))
    with pytest.raises(RestoreRefusedError, match="an older program made it"):
        restored(instance, unsealed(archive, format=1))


@pytest.mark.usefixtures("untouched")
def test_a_backup_that_brings_a_backup_key_is_refused(instance: Settings, archive: Path) -> None:
    def change(members: dict[str, bytes]) -> None:
        members["files/backup_key"] = b"x"
        manifest_with(members, files={"files/backup_key": {"size": 1, "sha256": hashlib.sha256(b"x").hexdigest()}})

    with pytest.raises(RestoreRefusedError, match="holds a backup_key"):
        restored(instance, forged(archive, change, key_of(instance)))


def test_a_backup_of_an_older_program_is_restored_when_a_person_says_so(instance: Settings, tmp_path: Path) -> None:
    before, archive = rows(instance), tmp_path / "old.zip"
    saved(instance, archive)
    with zipfile.ZipFile(archive) as source:
        members = {name: source.read(name) for name in source.namelist()}
    manifest = {key: value for key, value in json.loads(members["manifest.json"]).items() if key != "backup_key"}
    members["manifest.json"] = json.dumps(manifest | {"format": 1}).encode()
    with zipfile.ZipFile(archive, "w") as out:
        for name, content in members.items():
            out.writestr(name, content)
    end_as_before(archive)
    with pytest.raises(RestoreRefusedError, match="To restore it all the same: --unproven"):
        restored(instance, archive)
    done = restored(instance, archive, unproven=True)
    assert "older program" in done.unproven
    assert rows(instance) == before


def test_no_archive_holds_the_backup_key_and_a_restore_leaves_it(instance: Settings, archive: Path) -> None:
    key = key_of(instance)
    with zipfile.ZipFile(archive) as held:
        assert "files/backup_key" not in held.namelist()
        assert not any(key.encode() in held.read(name) for name in held.namelist())
    assert restored(instance, archive).unproven == ""
    assert key_of(instance) == key
    assert restored(instance, archive, swap=False).unproven == "", "archives from before stay proven"


KILLED_WHILE_WRITING = """
import os, signal, sys
from pathlib import Path
from hoax_tracker.core.config.secret_files import read_or_create_file
os.link = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
read_or_create_file(Path(sys.argv[1]), sys.argv[2])
"""


@pytest.mark.process
def test_no_archive_holds_a_key_that_a_killed_process_left(instance: Settings, tmp_path: Path) -> None:
    key = key_of(instance)
    (instance.data_folder / "backup_key").unlink()
    killed = run_python("-c", KILLED_WHILE_WRITING, str(instance.data_folder / "backup_key"), key)
    assert killed.returncode == -signal.SIGKILL
    (left_over,) = (path.name for path in instance.data_folder.glob("backup_key*"))
    assert (instance.data_folder / left_over).read_text() == key
    (instance.data_folder / "backup_key.old").write_text(key)
    (instance.data_folder / "audit_key.4711.0a1b2c3d").write_text(instance.audit_key)
    (instance.data_folder / "contact_key.4711.0a1b2c3d").write_text("of a rotation that was killed")
    saved(instance, tmp_path / "a.zip")
    with zipfile.ZipFile(tmp_path / "a.zip") as held:
        keys = [name for name in held.namelist() if "_key" in name]
        assert sorted(keys) == ["files/contact_key", "files/secret_key"]
        texts = [held.read(name) for name in held.namelist()]
    assert not any(secret.encode() in text for secret in (key, instance.audit_key) for text in texts)


@pytest.mark.slow
@pytest.mark.usefixtures("untouched")
def test_the_backup_key_of_the_environment_counts(instance: Settings, archive: Path, tmp_path: Path) -> None:
    given = replace(instance, backup_key="satu-kunci-cadangan-yang-cukup-panjang-77")
    saved(given, tmp_path / "given.zip")
    with pytest.raises(RestoreRefusedError, match="sealed with another backup key"):
        restored(given, archive)
    with pytest.raises(RestoreRefusedError, match="sealed with another backup key"):
        restored(instance, tmp_path / "given.zip")
    assert restored(given, tmp_path / "given.zip", swap=False).unproven == ""
    assert restored(instance, tmp_path / "given.zip", swap=False, unproven=True).unproven != ""


@pytest.mark.usefixtures("untouched")
def test_contacts_under_a_key_of_the_environment_need_it_again(instance: Settings, archive: Path) -> None:
    with pytest.raises(RestoreRefusedError, match="HOAX_TRACKER_CONTACT_KEY"):
        restored(instance, archive, {"HOAX_TRACKER_CONTACT_KEY": "another"}, swap=False)
    restored(instance, archive, {"HOAX_TRACKER_CONTACT_KEY": instance.contact_key}, swap=False)


@pytest.mark.usefixtures("untouched")
def test_an_instance_in_use_is_not_swapped(instance: Settings, archive: Path) -> None:
    with instance_lock.lock_instance_shared(instance.data_folder), pytest.raises(InstanceInUseError):
        restored(instance, archive)
    # A program of somebody else holds no lock of ours, but the database knows it.
    with open_engine(instance.database_url) as engine, engine.connect() as connection:
        connection.execute(sa.text("select 1"))
        with pytest.raises(InstanceInUseError):
            restored(instance, archive)


@pytest.mark.usefixtures("untouched")
def test_a_backup_is_verified_while_everything_runs(instance: Settings, archive: Path) -> None:
    with (
        instance_lock.lock_instance_shared(instance.data_folder),
        open_engine(instance.database_url) as engine,
        engine.connect() as connection,
    ):
        connection.execute(sa.text("select 1"))
        assert restored(instance, archive, swap=False).kept is None


def test_nobody_starts_while_a_restore_works(instance: Settings) -> None:
    with (
        instance_lock.lock_instance_exclusively(instance.data_folder),
        pytest.raises(InstanceInUseError),
        instance_lock.lock_instance_shared(instance.data_folder),
    ):
        pass


def test_an_archive_is_never_overwritten(instance: Settings, archive: Path) -> None:
    before = archive.read_bytes()
    with pytest.raises(BackupFailedError, match="is there already"):
        saved(instance, archive)
    assert archive.read_bytes() == before


@pytest.mark.process
@pytest.mark.needs("memory_disk")
def test_a_full_disk_leaves_no_half_archive(instance: Settings, tmp_path: Path) -> None:
    with hardship.tiny_disk(tmp_path / "disk", "8k") as disk:
        with pytest.raises(BackupFailedError, match=r"No space left|disk is full"):
            saved(instance, disk / "a.zip")
        assert list(disk.iterdir()) == []


@pytest.mark.usefixtures("untouched")
@pytest.mark.process
@pytest.mark.sqlite  # on PostgreSQL the rows lie elsewhere
@pytest.mark.needs("memory_disk")
def test_a_disk_too_small_to_restore_on_changes_nothing(instance: Settings, archive: Path, tmp_path: Path) -> None:
    with hardship.tiny_disk(tmp_path / "disk", "200k") as disk:
        url = f"sqlite:///{disk / 'i' / 'hoax-tracker.sqlite3'}"
        other = replace(instance, data_folder=disk / "i", database_url=url, backup_key=key_of(instance))
        (disk / "i").mkdir()
        with pytest.raises(RestoreRefusedError, match=r"No space left|disk"):
            restored(other, archive)
        assert [path.name for path in disk.iterdir()] == ["i"]


@pytest.mark.process
@pytest.mark.needs("memory_disk")
def test_a_data_folder_that_is_a_mount_point_is_swapped_within(
    instance: Settings, archive: Path, tmp_path: Path
) -> None:
    before = rows(instance)
    with hardship.tiny_disk(tmp_path / "volume", "20m") as volume:
        url = instance.database_url if databases.ON_POSTGRESQL else f"sqlite:///{volume / 'hoax-tracker.sqlite3'}"
        there = replace(instance, data_folder=volume, database_url=url, backup_key=key_of(instance))
        (volume / "old").write_text("x")
        done = restored(there, archive)
        assert rows(there) == before
        assert (volume / "evidence" / "2026" / "surat é.pdf").exists()
        folder = Path((done.kept or "").partition(", ")[0])
        assert folder.parent == volume
        assert (folder / "old").read_text() == "x"
        saved(there, tmp_path / "again.zip")
        with zipfile.ZipFile(tmp_path / "again.zip") as again:
            assert not [name for name in again.namelist() if "before" in name]


def test_a_rename_that_fails_undoes_those_before(tmp_path: Path) -> None:
    for name in ("a", "b", "taken"):
        (tmp_path / name).write_text(name)
    with pytest.raises(OSError, match="taken"):
        move_all_or_none([(tmp_path / "a", tmp_path / "c"), (tmp_path / "b", tmp_path / "taken")])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b", "taken"]
    assert (tmp_path / "taken").read_text() == "taken"


def change_migration(revision: str) -> None:
    """Let the database be of another program."""
    db.session.execute(sa.text("update alembic_version set version_num = :revision"), {"revision": revision})
    db.session.commit()


@pytest.mark.database
@pytest.mark.slow
@pytest.mark.process
def test_the_commands(instance: Settings, tmp_path: Path) -> None:
    environ = databases.command_environment(instance.data_folder)

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return run_python("-m", "hoax_tracker", *arguments, environ=environ)

    file = str(tmp_path / "cadangan.zip")
    made = run("backup", file, "--json")
    assert made.returncode == 0, made.stderr
    told = json.loads(made.stdout)
    assert told["bytes"] == Path(file).stat().st_size
    assert told["rows"]["audit_event"] == 21
    with open_app(instance):
        assert find_last_backup(utc_now()).made_at is not None
        change_migration("0999")
    older = run("backup", str(tmp_path / "lama.zip"))
    assert (older.returncode, older.stderr.count("the audit log does not name it")) == (0, 1)
    assert "whole: " in run("restore", "--check", file).stdout
    done = run("restore", file)
    assert done.returncode == 0, done.stderr
    assert "kept: " in done.stdout
    again = run("backup", file)
    assert again.returncode == 2
    assert "is there already" in again.stderr
    Path(file).write_bytes(Path(file).read_bytes()[:-9])
    refused = run("restore", file)
    assert refused.returncode == 2
    assert refused.stderr.startswith("hoax-tracker: Cadangan itu tidak dipakai.")


@pytest.mark.postgresql
def test_missing_client_programs_are_named(instance: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database_copy, "DEBIAN_POSTGRESQL_FOLDER", tmp_path / "nowhere")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BackupFailedError, match="apt-get install postgresql-client"):
        saved(instance, tmp_path / "a.zip")
    assert not list(tmp_path.glob("*.partial"))


@pytest.mark.sqlite
def test_a_database_elsewhere_is_named(instance: Settings, app: APIFlask, tmp_path: Path) -> None:
    outside = replace(instance, database_url=f"sqlite:///{tmp_path / 'outside.sqlite3'}")
    with pytest.raises(BackupFailedError, match="lies outside HOAX_TRACKER_DATA"):
        saved(outside, tmp_path / "a.zip")


def tamper_with_log(settings: Settings) -> None:
    """Change a row of the audit log past the program."""
    with open_engine(settings.database_url) as engine, engine.begin() as connection:
        connection.execute(sa.text("update audit_event set subject = 'claim:99' where subject = 'claim:7'"))


def test_a_broken_log_is_kept_as_evidence_and_named(
    instance: Settings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    tamper_with_log(instance)
    archive = tmp_path / "bukti.zip"
    with caplog.at_level(logging.ERROR):
        facts = saved(instance, archive).facts
    assert facts.audit_broken_at
    assert facts.audit_warning in caplog.text
    with zipfile.ZipFile(archive) as opened:
        written = json.loads(opened.read("manifest.json"))["facts"]
    assert written["audit_broken_at"] == facts.audit_broken_at
    assert "not those that its hash was made of" in written["audit_fault"]
    tampered = rows(instance)
    with pytest.raises(RestoreRefusedError, match=f"audit log is broken at row {facts.audit_broken_at}"):
        restored(instance, archive)
    result = restored(instance, archive, unproven=True)
    assert facts.audit_warning in result.unproven
    assert rows(instance) == tampered, "nothing of the evidence was mended"


def test_rows_that_somebody_changed_in_an_archive_of_evidence_are_refused(instance: Settings, tmp_path: Path) -> None:
    tamper_with_log(instance)
    archive = tmp_path / "bukti.zip"
    saved(instance, archive)

    def change(members: dict[str, bytes]) -> None:
        manifest_with(members, facts={"tables": {"audit_event": 20}})

    with pytest.raises(RestoreRefusedError, match="not the one that was backed up"):
        restored(instance, forged(archive, change, key_of(instance)), unproven=True)
