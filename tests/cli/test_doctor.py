"""``hoax-tracker doctor`` names what is missing and what to do, and changes nothing."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from hoax_tracker.accounts.officers import add_officer
from hoax_tracker.clock import utc_now
from hoax_tracker.models import AuditEvent, ModelFile, ModelVersion, Officer, RoleName, Source, db
from tests.cli.conftest import Inside, Result, Run, everything, use
from tests.mail_server import Postman, run_mail_server

Findings = dict[str, list[dict[str, str]]]


def read_findings(result: Result) -> Findings:
    """The findings by part."""
    findings: Findings = {}
    for line in result.out.splitlines():
        finding = json.loads(line)
        findings.setdefault(finding["part"], []).append(finding)
    return findings


@pytest.fixture
def examine(run: Run) -> Callable[[], Findings]:
    """Return a function that runs the doctor and reads its findings."""
    return lambda: read_findings(run("doctor", "--json"))


def levels(findings: Findings, part: str) -> list[str]:
    """The levels of a part's findings."""
    return [finding["level"] for finding in findings[part]]


def test_without_an_instance_it_says_so_and_makes_nothing(run: Run, tmp_path: Path, monkeypatch) -> None:
    use(monkeypatch, tmp_path / "none")
    done = run("doctor")
    assert done.code == 2
    assert "Belum ada layanan di" in done.err
    assert "hoax-tracker init" in done.err
    assert not (tmp_path / "none").exists()


def test_before_init_it_asks_for_init_once(run: Run, empty: Path) -> None:
    empty.mkdir(mode=0o700)
    done = run("doctor")
    assert done.code == 1
    assert done.out.count("hoax-tracker init") == 1
    assert "✗ Basis data" in done.out


def test_a_new_instance_lacks_people_mail_and_a_worker(
    examine: Callable[[], Findings], run: Run, instance: Path, inside: Inside
) -> None:
    with inside():
        before = everything()
    findings = examine()
    assert levels(findings, "Basis data") == levels(findings, "Kunci mesin ini") == ["ok"]
    assert levels(findings, "Pekerja latar") == ["fault"]
    assert levels(findings, "Email keluar") == levels(findings, "Alamat publik") == ["note"]
    assert "fault" in levels(findings, "Orang")
    assert all(finding["advice"] for each in findings.values() for finding in each if finding["level"] != "ok")
    assert run("doctor").code == 1
    with inside():
        after = everything()
    assert [row[0] for row in after["kept_figures"]] == ["readiness"], "one small row tells that it can be written"
    assert after | {"kept_figures": []} == before


@pytest.mark.parametrize("rule", ["required", "offered"])
def test_enough_people_are_no_fault_and_a_missing_second_is_a_note(
    examine: Callable[[], Findings], instance: Path, inside: Inside, monkeypatch: pytest.MonkeyPatch, rule: str
) -> None:
    monkeypatch.setenv("HOAX_TRACKER_SECOND_FACTOR", rule)  # who decides by a password alone is named either way
    with inside():
        unit = db.session.scalar(sa.select(Officer)).unit
        roles, password = [RoleName.APPROVER], "pinang-siri-kapur-17"
        add_officer("ana@kupang.example", "Ana", roles, unit=unit, password=password, by=None, now=utc_now())
        db.session.commit()
    people = examine()["Orang"]
    assert [finding["level"] for finding in people] == ["ok", "note", "note"]
    assert "pihak kedua" in people[1]["words"]
    assert "ana@kupang.example" in people[2]["words"]
    with inside():
        db.session.execute(sa.update(Officer).values(is_named_second=True, has_second_factor=True))
        db.session.commit()
    assert [finding["level"] for finding in examine()["Orang"]] == ["ok"]


def test_a_mail_server_is_asked_and_nothing_is_sent(
    examine: Callable[[], Findings], instance: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOAX_TRACKER_MAIL_FROM", "PPID <ppid@kupang.example>")
    postman = Postman()
    with run_mail_server(postman) as port:
        monkeypatch.setenv("HOAX_TRACKER_SMTP_URL", f"smtp+plain://127.0.0.1:{port}")
        assert levels(examine(), "Email keluar") == ["ok"]
    assert postman.letters == []
    assert levels(examine(), "Email keluar") == ["fault"]


def test_failing_sources_and_a_broken_log_are_named(
    examine: Callable[[], Findings], instance: Path, inside: Inside
) -> None:
    assert levels(examine(), "Sumber") == levels(examine(), "Catatan audit") == ["ok"]
    with inside():
        db.session.execute(sa.update(Source).values(failures=3))
        first = db.session.scalar(sa.select(sa.func.min(AuditEvent.id)))
        db.session.execute(sa.update(AuditEvent).filter_by(id=first).values(hash="0" * 64))
        db.session.commit()
    findings = examine()
    assert levels(findings, "Sumber") == ["note"]
    assert levels(findings, "Catatan audit") == ["fault"]


def test_it_speaks_english_when_asked(run: Run, instance: Path) -> None:
    assert "✓ Database: works" in run("doctor", "--english").out


def test_a_model_in_the_database_that_is_not_the_registered_one_is_named(
    examine: Callable[[], Findings], instance: Path, inside: Inside
) -> None:
    assert levels(examine(), "Model di basis data") == ["ok"]
    with inside():
        for number, content in ((7, b"sound"), (8, b"another")):
            digest = hashlib.sha256(b"sound").hexdigest() if number == 7 else "8" * 64
            version = ModelVersion(id=number, digest=digest, name="m", file_name="m.skops", registered_at=utc_now())
            db.session.add(version)
            db.session.flush()
            db.session.add(ModelFile(version_id=number, content=content))
        db.session.commit()
    [finding] = examine()["Model di basis data"]
    assert finding["level"] == "fault"
    assert finding["words"].endswith("nomor 8")
