"""A host with other keys does not start; keys can be changed deliberately."""

from __future__ import annotations

import base64
import shutil
from pathlib import Path

import pytest
import sqlalchemy as sa

from hoax_tracker.clock import utc_now
from hoax_tracker.core.audit import chain_check
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.encryption import decrypt_contact, derivation_key, encrypt_anew, encrypt_contact, newest_key
from hoax_tracker.models import AuditEvent, Base, InstanceKey, Report, db
from hoax_tracker.operations import health_checks, instance_keys
from hoax_tracker.operations.bootstrap import prepare_database
from tests import databases
from tests.cli.conftest import ADMIN, Inside, Run, use
from tests.forks import run_python

KEY_FILES = ("contact_key", "secret_key", "password_salt", "audit_key")


def join(monkeypatch: pytest.MonkeyPatch, instance: Path, folder: Path, **more: str) -> None:
    """Let commands run on another host: the database of an instance, a data folder of its own."""
    url = databases.existing_database_url(instance) or f"sqlite:///{instance / 'hoax-tracker.sqlite3'}"
    use(monkeypatch, folder, DATABASE_URL=url, **more)


def recorded(inside: Inside) -> dict[str, str]:
    """The fingerprints in the database."""
    with inside():
        return {row.name: row.fingerprint for row in db.session.scalars(sa.select(InstanceKey))}


def leave_contact(key: str) -> None:
    """Store a reporter's contact, sealed with a key."""
    sealed = encrypt_contact("pelapor@surel.example", key)
    at = {"received_at": utc_now(), "consent_at": utc_now()}
    db.session.add(Report(ticket_digest="c" * 64, text="x", contact_encrypted=sealed, **at))
    db.session.commit()


@pytest.mark.parametrize(
    "command",
    [("serve",), ("worker",), ("init",), ("purge",), ("officer", "reset", ADMIN["HOAX_TRACKER_ADMIN_EMAIL"])],
    ids=lambda command: command[0],
)
def test_a_host_with_an_empty_data_folder_does_not_start(
    instance: Path, run: Run, inside: Inside, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    before = recorded(inside)
    join(monkeypatch, instance, tmp_path / "second", **ADMIN)
    done = run(*command)
    assert done.code == 2
    assert done.err.startswith("hoax-tracker: Kunci di mesin ini bukan kunci yang dipakai layanan ini.")
    assert f"replace contact_key, secret_key, password_salt, audit_key in {tmp_path / 'second'}" in done.err
    assert "recorded by the host" in done.err
    assert recorded(inside) == before
    for name in KEY_FILES:
        shutil.copy(instance / name, tmp_path / "second" / name)
    assert run("purge").code == 0, "with the keys it belongs to the instance"


def test_one_key_that_differs_is_named_alone(
    instance: Path, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = (instance / "contact_key").read_text()
    join(monkeypatch, instance, tmp_path / "second", HOAX_TRACKER_CONTACT_KEY=key)
    (tmp_path / "second").mkdir()
    for name in ("secret_key", "audit_key"):
        shutil.copy(instance / name, tmp_path / "second" / name)
    done = run("purge")
    assert done.code == 2
    assert "replace password_salt in" in done.err
    join(monkeypatch, instance, instance, HOAX_TRACKER_SECRET_KEY="satu-kunci-lain-yang-cukup-panjang-0192")
    done = run("purge")
    assert done.code == 2
    assert "set HOAX_TRACKER_SECRET_KEY as on a host that runs" in done.err
    assert "replace" not in done.err


def test_a_contact_key_that_alone_is_missing_is_named_alone(instance: Path, run: Run) -> None:
    key = (instance / "contact_key").read_text()
    (instance / "contact_key").unlink()
    done = run("serve")
    assert done.code == 2
    assert "replace contact_key in" in done.err
    assert "the other keys can only be compared with it" in done.err
    assert "secret_key" not in done.err
    (instance / "contact_key").write_text(key)
    assert run("purge").code == 0


def test_changed_keys_are_accepted_by_a_command_that_says_what_is_lost(
    instance: Path, run: Run, inside: Inside
) -> None:
    with inside() as app:
        leave_contact(app.extensions["settings"].contact_key)
    (instance / "contact_key").unlink()
    (instance / "secret_key").unlink()
    assert run("purge").code == 2
    asked = run("keys", "accept", stdin="n\n")
    assert asked.code == 130
    assert "1 contacts of reporters, 0 screenshots" in asked.out
    assert "officer reset" in asked.out
    assert run("purge").code == 2, "nothing was accepted"
    done = run("keys", "accept", "--yes")
    assert done.code == 0, done.err
    assert run("purge").code == 0
    with inside():
        event = db.session.scalars(sa.select(AuditEvent).where(AuditEvent.action == "keys_accepted")).one()
        assert event.detail == {"replaced": ["contact_key", "secret_key", "password_salt"]}
        assert chain_check.verify_chain().broken_at is None


def test_an_instance_from_before_records_only_a_key_that_opens_its_contacts(
    instance: Path, run: Run, inside: Inside, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with inside() as app:
        leave_contact(app.extensions["settings"].contact_key)
        db.session.execute(sa.delete(InstanceKey))
        db.session.commit()
    join(monkeypatch, instance, tmp_path / "second", **ADMIN)
    done = run("init")
    assert done.code == 2
    assert "replace contact_key" in done.err
    assert recorded(inside) == {}
    use(monkeypatch, instance)
    assert run("init").code == 0
    assert set(recorded(inside)) == set(KEY_FILES)


def test_a_lost_contact_key_of_an_instance_from_before_can_be_accepted(
    instance: Path, run: Run, inside: Inside
) -> None:
    with inside() as app:
        leave_contact(app.extensions["settings"].contact_key)
        db.session.execute(sa.delete(InstanceKey))
        db.session.commit()
    (instance / "contact_key").unlink()
    assert run("init").code == 2
    done = run("keys", "accept", "--yes")
    assert done.code == 0, done.err
    assert "1 contacts of reporters" in done.out
    assert run("init").code == 0


def test_a_host_that_runs_on_with_other_keys_is_not_ready(instance: Path, inside: Inside) -> None:
    with inside() as app:
        settings = app.extensions["settings"]
        assert health_checks.keys(settings, utc_now()) == health_checks.OK
        db.session.execute(sa.update(InstanceKey).values(fingerprint="0" * 64))
        db.session.commit()
        assert health_checks.keys(settings, utc_now()).said == "other keys than the instance's"


def test_a_fingerprint_tells_nothing_without_the_contact_key(instance: Path, inside: Inside) -> None:
    with inside() as app:
        settings: Settings = app.extensions["settings"]
        found = instance_keys.fingerprints(settings)
        assert len(set(found.values())) == 4
        other = base64.urlsafe_b64encode(bytes(range(32))).decode()
        elsewhere = instance_keys.fingerprints(Settings(**{**vars(settings), "contact_key": other}))
        assert not set(found.values()) & set(elsewhere.values()), "the same salt elsewhere has another fingerprint"
        prepare_database(utc_now())
        stored = {row.name: row.fingerprint for row in db.session.scalars(sa.select(InstanceKey))}
        assert stored == found
        db.session.rollback()
        for name in KEY_FILES:
            assert getattr(settings, name) not in str(stored)


def leave_contacts(key: str, count: int) -> None:
    """Store contacts of many reporters, sealed with a key."""
    rows = [
        {"ticket_digest": f"{number:064}", "text": "x", "received_at": utc_now(), "consent_at": utc_now()}
        | {"contact_encrypted": encrypt_contact(f"{number}@surel.example", key)}
        for number in range(count)
    ]
    db.session.execute(sa.insert(Report), rows)
    db.session.commit()


def count_left(inside: Inside) -> int:
    """How many contacts an older key sealed. Each opens, and is its own row's."""
    with inside() as app:
        keys = app.extensions["settings"].contact_key
        rows = db.session.execute(sa.select(Report.ticket_digest, Report.contact_encrypted)).all()
        for digest, sealed in rows:
            assert decrypt_contact(sealed, keys) == f"{int(digest)}@surel.example"
        return sum(encrypt_anew(sealed, keys) is not None for _digest, sealed in rows)


def test_a_new_key_seals_old_ones_open_and_all_is_sealed_anew(instance: Path, run: Run, inside: Inside) -> None:
    with inside() as app:
        before = app.extensions["settings"].contact_key
        leave_contacts(before, 30)
    done = run("keys", "rotate")
    assert done.code == 0, done.err
    keys = (instance / "contact_key").read_text()
    assert keys.split(",")[1:] == [before]
    assert (instance / "contact_key").stat().st_mode & 0o777 == 0o600
    assert derivation_key(keys) == before.encode(), "digests, recovery codes and the key of Web Push stay"
    assert newest_key(keys) not in done.out + done.err
    assert count_left(inside) == 30
    assert run("purge").code == 0
    done = run("keys", "reseal")
    assert done.code == 0, done.err
    assert "report.contact_encrypted: 30 encrypted anew" in done.out
    assert count_left(inside) == 0
    assert "report.contact_encrypted: 0 encrypted anew" in run("keys", "reseal").out
    assert run("keys", "rotate").code == 0
    assert (instance / "contact_key").read_text().split(",")[1:] == keys.split(",")
    with inside():
        acts = db.session.scalars(sa.select(AuditEvent.action).order_by(AuditEvent.id)).all()
        seen = [act for act in acts if act.startswith("keys_")]
        assert seen == ["keys_rotated", "keys_resealed", "keys_resealed", "keys_rotated"]
        assert chain_check.verify_chain().broken_at is None


def test_what_no_key_opens_is_said_and_left_alone(instance: Path, run: Run, inside: Inside) -> None:
    with inside():
        leave_contact(base64.urlsafe_b64encode(b"k" * 32).decode())
        sealed = db.session.scalar(sa.select(Report.contact_encrypted))
    done = run("keys", "reseal")
    assert done.code == 1
    assert "report.contact_encrypted: 1 that none of the keys opens" in done.err
    with inside():
        assert db.session.scalar(sa.select(Report.contact_encrypted)) == sealed


def test_keys_of_the_environment_are_rotated_by_who_set_them(
    instance: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = (instance / "contact_key").read_text().strip()
    (instance / "contact_key").unlink()
    use(monkeypatch, instance, HOAX_TRACKER_CONTACT_KEY=key)
    assert run("keys", "rotate").code == 2
    both = base64.urlsafe_b64encode(b"neu!" * 8).decode() + "," + key
    use(monkeypatch, instance, HOAX_TRACKER_CONTACT_KEY=both)
    assert "keys rotate finishes it" in run("purge").err
    assert run("keys", "rotate").code == 0
    assert run("purge").code == 0
    use(monkeypatch, instance, HOAX_TRACKER_CONTACT_KEY=key)
    assert run("purge").code == 2, "a host without the newest key opens nothing of what the others seal"


def test_every_sealed_column_is_found_and_named() -> None:
    """A column of bytes that is sealed says so by its type; its kind stands in the words of `keys accept`."""
    columns = [column for table in Base.metadata.sorted_tables for column in table.columns]
    binary = {f"{one.table.name}.{one.name}" for one in columns if isinstance(one.type, sa.LargeBinary)}
    sealed = {f"{column.table.name}.{column.name}" for column in instance_keys.sealed_columns()}
    assert binary - sealed == {"page_copy.html", "model_file.content", "passkey.public_key", "posts_file.content"}
    tables = {column.class_.__tablename__ for column in instance_keys.SEALED.values()}
    assert tables == {name.split(".")[0] for name in sealed}


@pytest.mark.slow
@pytest.mark.database
@pytest.mark.process
@pytest.mark.parametrize(
    ("step", "when"),
    [
        ("hoax_tracker.core.config.secret_files:replace_secret", "before"),
        ("hoax_tracker.core.config.secret_files:replace_secret", "after"),
        ("sqlalchemy:commit", "before"),
        ("sqlalchemy:commit", "after"),
    ],
)
def test_a_rotation_that_is_killed_is_finished_by_the_same_command(
    instance: Path, run: Run, inside: Inside, step: str, when: str
) -> None:
    with inside() as app:
        leave_contacts(app.extensions["settings"].contact_key, 3)
    killed = run_python("-m", "tests.failpoints", step, when, "1", "keys", "rotate")
    assert "killed" in killed.stderr
    assert run("keys", "rotate").code == 0
    assert run("purge").code == 0
    assert count_left(inside) == 3


KILLED_WHILE_SEALING = """
import sys
from hoax_tracker.cli import main
from hoax_tracker.operations import instance_keys
from tests.failpoints import Failpoint, arm
instance_keys.HELD_S = -1  # each value in a transaction of its own, as on a machine where one takes long
arm(Failpoint("hoax_tracker.core.encryption:encrypt_anew", "before", int(sys.argv[1])))
main(["keys", "reseal"])
"""


@pytest.mark.slow
@pytest.mark.database
@pytest.mark.process
@pytest.mark.parametrize("count", [2, 25])
def test_sealing_anew_that_is_killed_goes_on(instance: Path, run: Run, inside: Inside, count: int) -> None:
    with inside() as app:
        leave_contacts(app.extensions["settings"].contact_key, 40)
    assert run("keys", "rotate").code == 0
    killed = run_python("-c", KILLED_WHILE_SEALING, str(count))
    assert "killed" in killed.stderr, killed.stderr
    left = count_left(inside)
    assert left == 40 - count + 1
    assert f"report.contact_encrypted: {left} encrypted anew" in run("keys", "reseal").out
    assert count_left(inside) == 0
