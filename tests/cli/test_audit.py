"""``audit``: the chain is checked and compared, with the key elsewhere, lost, in a restore and in a move."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import sqlalchemy as sa

from hoax_tracker.core.audit import audit_log, chain_check
from hoax_tracker.models import AuditEvent, InstanceKey, RoleName, db
from tests import factories
from tests.cli.conftest import ADMIN, Inside, Run, use
from tests.cli.test_keys import join

BY = ("--by", ADMIN["HOAX_TRACKER_ADMIN_EMAIL"])


def head_of(run: Run) -> str:
    done = run("audit", "verify", "--json")
    assert done.code == 0, done.err
    return str(json.loads(done.out)["head"])


def test_init_makes_the_key_and_begins_with_it(instance: Path, run: Run, inside: Inside) -> None:
    key = instance / "audit_key"
    assert key.stat().st_mode & 0o777 == 0o600
    with inside():
        rows = db.session.scalars(sa.select(AuditEvent).order_by(AuditEvent.id)).all()
        assert rows[0].action == audit_log.KEY_STARTED_ACTION
        assert all(audit_log.is_seal_of(row.seal, row.hash, key.read_text()) for row in rows)
        assert db.session.get(InstanceKey, "audit_key") is not None
        assert key.read_text() not in str([row.detail for row in rows])


def test_a_head_noted_before_is_compared(instance: Path, run: Run, inside: Inside) -> None:
    head = head_of(run)
    run("officer", "add", "baru@kupang.example")
    done = run("audit", "verify", "--head", head)
    assert (done.code, done.err) == (0, "")
    later = head_of(run)
    with inside(), db.engine.begin() as connection:
        connection.execute(sa.delete(AuditEvent).where(AuditEvent.action == "proposal_made", AuditEvent.id > 2))
    assert run("audit", "verify").code == 0, "what is left is a whole chain"
    done = run("audit", "verify", "--head", later)
    assert done.code == 1
    assert "the log was cut off after row" in done.err
    done = run("audit", "verify", "--head", later, "--json")
    assert json.loads(done.out)["fault"] == "cut_off"
    done = run("audit", "verify", "--head", "kemarin")
    assert done.code == 2
    assert "64 hex digits" in done.err


def test_a_log_hashed_anew_without_the_key_is_named(instance: Path, run: Run, inside: Inside) -> None:
    from tests.core.audit.test_chain_check import all_rows, forge, replace_all

    with inside():
        replace_all(forge([row | {"officer_id": None, "at": row["at"]} for row in all_rows()]))
    done = run("audit", "verify")
    assert done.code == 1
    assert "was not made with the key" in done.err or "written anew" in done.err
    with inside() as app:  # the records of the key go, too, and init runs
        db.session.execute(sa.delete(InstanceKey))
        db.session.commit()
        assert app
    done = run("init")
    assert done.code == 2
    assert "carries no seals, though this host's key made some" in done.err


def test_another_host_needs_the_same_key(
    instance: Path, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    second = tmp_path / "second"
    second.mkdir()
    for name in ("contact_key", "secret_key", "password_salt"):
        shutil.copy(instance / name, second / name)
    join(monkeypatch, instance, second)
    done = run("purge")
    assert done.code == 2
    assert "replace audit_key in" in done.err
    assert "or in a backup" not in done.err, "no backup holds it"
    assert "hoax-tracker audit new-key" in done.err
    shutil.copy(instance / "audit_key", second / "audit_key")
    assert run("purge").code == 0


@pytest.mark.slow
def test_a_lost_key_is_replaced_by_somebody_with_a_reason(instance: Path, run: Run, inside: Inside) -> None:
    assert "seals the log already" in run("audit", "new-key", *BY, "--reason", "coba").out
    (instance / "audit_key").unlink()
    assert run("audit", "verify").code == 2
    assert run("audit", "new-key", "--by", "siapa@kupang.example", "--reason", "hilang").code == 2
    assert run("keys", "accept", "--yes").code == 2, "the other keys are accepted after this one"
    done = run("audit", "new-key", *BY, "--reason", "berkas hilang bersama disk lama")
    assert done.code == 0, done.err
    with inside():
        row = db.session.scalars(sa.select(AuditEvent).order_by(AuditEvent.id.desc())).first()
        assert row is not None
        assert (row.action, row.officer.email) == (audit_log.KEY_STARTED_ACTION, BY[1])
        assert row.detail["reason"] == "berkas hilang bersama disk lama"
        assert row.detail["broken_at"] is None
        seen = chain_check.verify_chain()
        assert (seen.fault, seen.sealed_from) == (None, row.id)
    assert run("purge").code == 0
    run("officer", "add", "baru@kupang.example")
    assert "sealed from row" in run("audit", "verify").out
    with inside(), db.engine.begin() as connection:
        connection.execute(sa.update(AuditEvent).where(AuditEvent.id == 2).values(subject="officer:9"))
    assert run("audit", "verify").code == 1, "what the lost key sealed is held by the new one"


def test_only_an_administrator_starts_a_key(instance: Path, run: Run, inside: Inside) -> None:
    with inside():
        factories.make_officer("petugas@kupang.example", RoleName.OFFICER)
    (instance / "audit_key").unlink()
    done = run("audit", "new-key", "--by", "petugas@kupang.example", "--reason", "ingin")
    assert done.code == 2
    assert "is no administrator" in done.err


def test_an_instance_from_before_there_was_a_key_begins_with_init(instance: Path, run: Run, inside: Inside) -> None:
    """As the migration leaves it: rows without seals, no record of the key, no stamp."""
    with inside():
        db.session.execute(sa.delete(AuditEvent).where(AuditEvent.action == audit_log.KEY_STARTED_ACTION))
        from tests.core.audit.test_chain_check import all_rows, forge, replace_all

        db.session.commit()
        replace_all(forge(all_rows()))
        db.session.execute(sa.delete(InstanceKey).where(InstanceKey.name == "audit_key"))
        db.session.commit()
    (instance / audit_log.STAMP_FILE).unlink()
    assert run("init").code == 0
    done = run("audit", "verify", "--json")
    found = json.loads(done.out)
    assert found["fault"] is None
    assert found["sealed_from"] > 1


@pytest.mark.sqlite
def test_a_restore_on_another_host_asks_for_the_key_or_starts_a_new_one(
    instance: Path, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = tmp_path / "cadangan.zip"
    assert run("backup", archive).code == 0
    assert b"audit_key" not in zip_names(archive)
    other = tmp_path / "baru"
    use(monkeypatch, other)
    other.mkdir()
    shutil.copy(instance / "backup_key", other / "backup_key")
    done = run("restore", archive)
    assert done.code == 2
    assert "bring the file audit_key of the host that made it" in done.err
    assert run("restore", "--unproven", archive).code == 0
    assert run("audit", "verify").code == 2, "nothing starts with another key"
    assert run("audit", "new-key", *BY, "--reason", "mesin lama terbakar").code == 0
    assert run("audit", "verify").code == 0
    third = tmp_path / "ketiga"
    use(monkeypatch, third)
    third.mkdir()
    for name in ("backup_key", "audit_key"):
        shutil.copy(instance / name, third / name)
    done = run("restore", archive)
    assert done.code == 0, done.err
    assert (third / "audit_key").read_text() == (instance / "audit_key").read_text()
    assert run("audit", "verify").code == 0


def zip_names(archive: Path) -> bytes:
    import zipfile

    with zipfile.ZipFile(archive) as held:
        return "\n".join(held.namelist()).encode()


def test_a_move_carries_the_seals(instance: Path, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    head = head_of(run)
    target = f"sqlite:///{instance / 'baru.sqlite3'}"
    done = run("move", "--to", target)
    assert done.code == 0, done.err
    monkeypatch.setenv("DATABASE_URL", target)
    assert run("audit", "verify", "--head", head).code == 0
