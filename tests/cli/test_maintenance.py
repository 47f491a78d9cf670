"""``purge``, ``export`` and ``check``: what is deleted, exported, and answered to the public."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from hoax_tracker.models import (
    AuditEvent,
    ClarificationStatus,
    Item,
    Report,
    RoleName,
    Source,
    SourceKind,
    UnassessedItem,
    Unit,
    Verdict,
    db,
)
from tests import factories
from tests.cli.conftest import Inside, Run
from tests.conftest import NOW

QUOTE = "Mulai Senin besok air PDAM se-Kota Kupang mati total 7 hari karena pipa induk pecah"


@pytest.fixture
def published(instance: Path, inside: Inside) -> None:
    """An instance with three published clarifications, and one draft."""
    with inside():
        author = factories.make_officer("a@kupang.example", RoleName.OFFICER)
        approver = factories.make_officer("b@kupang.example", RoleName.APPROVER)
        factories.make_clarification(author, approver, claim_quote=QUOTE)
        factories.make_clarification(
            author,
            approver,
            title="=HYPERLINK(1)",
            verdict=Verdict.BUKAN_KLAIM,
            claim_quote="Kartu parkir baru dijual lewat akun WhatsApp, warga diminta transfer Rp50.000",
            published_at=factories.NOW - timedelta(days=1),
        )
        factories.make_clarification(
            author,
            approver,
            title="Ditarik",
            status=ClarificationStatus.RETRACTED,
            claim_quote="Bantuan sembako dibagi di Kelurahan Liliba besok pagi",
        )
        factories.make_clarification(author, None, title="Rancangan")


def test_published_clarifications_go_out_as_csv(published: None, run: Run) -> None:
    done = run("export", "csv")
    assert done.code == 0, done.err
    rows = list(csv.DictReader(io.StringIO(done.out)))
    assert [row["number"] for row in rows] == ["1", "2"]
    assert rows[0] | {"summary": ""} == {
        "number": "1",
        "url": "http://127.0.0.1:8000/klarifikasi/klarifikasi-1",
        "verdict": "hoaks",
        "title": "Air PDAM tetap mengalir di seluruh kota",
        "claim": QUOTE,
        "summary": "",
        "unit": rows[0]["unit"],
        "published_at": factories.NOW.isoformat(),
    }
    assert rows[1]["title"] == "'=HYPERLINK(1)", "a spreadsheet would run it"


def test_rated_clarifications_go_out_as_the_feed_of_claimreviews(published: None, run: Run, inside: Inside) -> None:
    """Byte for byte what the web serves."""
    written = run("export", "claimreview").out
    items = json.loads(written)["dataFeedElement"]
    assert [review["claimReviewed"] for item in items for review in item["item"]] == [QUOTE]
    with inside() as app:
        assert app.test_client().get("/claimreview.json").get_data(as_text=True) == written


@pytest.mark.sqlite
def test_the_demo_gives_no_claimreviews(published: None, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOAX_TRACKER_DEMO", "1")
    assert json.loads(run("export", "claimreview").out)["dataFeedElement"] == []


@pytest.mark.slow
def test_what_goes_out_as_claimreview_comes_in_elsewhere_as_fact_checks(
    published: None, run: Run, inside: Inside, tmp_path: Path
) -> None:
    """One line a page of the feed; those that are read back are never flagged."""
    path = tmp_path / "klarifikasi.jsonl"
    feed = run("export", "claimreview").out
    path.write_text(feed, encoding="utf-8")
    found = json.loads(run("ingest", "--file", str(path), "--json").out)
    assert (found["new"], found["failed"]) == (1, []), "until a second person confirms it, it is read as any other"
    with inside():
        factories.confirm_waiting()
    path.write_text(feed + feed.replace("klarifikasi-1", "lain").replace(QUOTE, "Air keruh"), encoding="utf-8")
    found = json.loads(run("ingest", "--file", str(path), "--json").out)
    assert (found["new"], found["flagged"], found["failed"]) == (1, 0, [])
    with inside():
        source = db.session.query(Source).filter(Source.name.startswith("file:")).one()
        assert source.kind is SourceKind.CLAIM_REVIEW
        titles = [item.title for item in db.session.query(Item).filter_by(source_id=source.id).order_by(Item.id)]
        assert titles == [QUOTE, "Air keruh"]
        assert db.session.query(UnassessedItem).count() == 0


@pytest.mark.slow
def test_a_message_is_answered_as_the_public_would_be(published: None, run: Run) -> None:
    text = "katanya mulai senin besok air pdam se-kota kupang mati total 7 hari karena pipa induk pecah, tampung"
    done = run("check", text, "--json")
    found = json.loads(done.out)
    assert done.code == 0
    assert set(found) >= {"decision", "matches", "under_review"}
    assert found["decision"] == "match"
    assert found["matches"][0]["clarification"]["url"] == "http://127.0.0.1:8000/klarifikasi/klarifikasi-1"
    shown = run("check", stdin=QUOTE)
    assert shown.out.startswith("Sudah diklarifikasi\n")
    assert "Air PDAM tetap mengalir" in shown.out
    assert run("check", "Harga beras di pasar turun").out == "Belum ada klarifikasi\n"
    lines = run("check", "Harga beras turun, lihat kupangkota-go-id.example").out.splitlines()
    assert lines[1:] == ["Alamat ini mirip alamat resmi, tetapi bukan: kupangkota-go-id.example"]
    done = run("check", "x" * 100_001)
    assert done.code == 2
    assert "100.000" in done.err


def test_purge_tells_what_went(instance: Path, run: Run, inside: Inside) -> None:
    with inside():
        source = db.session.scalars(db.select(Source)).first()
        assert source
        old = datetime.now(UTC) - timedelta(days=91)
        db.session.add(Item(source_id=source.id, entry_key="k", content_key="c", fetched_at=old))
        db.session.commit()
    counts = json.loads(run("purge", "--json").out)
    assert counts == dict.fromkeys(counts, 0) | {"items": 1}
    assert {"contacts", "items", "queries", "letters", "pictures"} <= set(counts)
    assert run("purge").out.startswith("0 contacts, 0 items, ")


@pytest.mark.slow
def test_purge_refuses_what_is_long_overdue_until_told_otherwise(instance: Path, run: Run, inside: Inside) -> None:
    with inside():
        source = db.session.scalars(db.select(Source)).first()
        assert source
        old = datetime.now(UTC) - timedelta(days=191)
        db.session.add(Item(source_id=source.id, entry_key="k", content_key="c", fetched_at=old))
        db.session.commit()
    refused = run("purge")
    assert refused.code == 2
    assert "Data lama belum dihapus. Periksa jam mesin ini." in refused.err
    assert "1 of 1 items have been past their time" in refused.err
    assert "hoax-tracker purge --overdue" in refused.err
    assert json.loads(run("purge", "--overdue", "--json").out)["items"] == 1
    assert run("purge").code == 0


def test_factories_fit_the_real_city(instance: Path, inside: Inside) -> None:
    with inside():
        assert {unit.code for unit in db.session.scalars(db.select(Unit))} >= {"diskominfo", "dinkes", "pdam"}


def test_a_backup_of_a_broken_log_is_made_and_says_so(instance: Path, tmp_path: Path, run: Run, inside: Inside) -> None:
    with inside():
        db.session.execute(sa.update(AuditEvent).where(AuditEvent.id == 1).values(subject="audit:9"))
        db.session.commit()
    done = run("backup", tmp_path / "bukti.zip", "--json")
    assert done.code == 1
    assert json.loads(done.out)["audit_broken_at"] == 1
    assert "WARNING: the audit log is broken at row 1" in done.err
    assert (tmp_path / "bukti.zip").exists()
    refused = run("restore", "--check", tmp_path / "bukti.zip")
    assert refused.code == 2
    assert "the audit log is broken at row 1" in refused.err
    checked = run("restore", "--check", "--unproven", tmp_path / "bukti.zip")
    assert checked.code == 0
    assert "WARNING" in checked.err


@pytest.mark.sqlite  # a restore into PostgreSQL wants the client programs: tests/operations/backup has it
def test_a_restore_is_in_the_log_and_says_what_came_after_the_backup(
    instance: Path, tmp_path: Path, run: Run, inside: Inside
) -> None:
    assert run("backup", tmp_path / "a.zip").code == 0
    again = run("backup", tmp_path / "a.zip")
    assert (again.code, again.out) == (2, "")
    assert "Berkas cadangan itu sudah ada dan tidak ditimpa. Pilih nama lain." in again.err
    with inside():
        db.session.add(Report(ticket_digest="c" * 64, text="banjir", received_at=NOW))
        db.session.commit()
    checked = run("restore", "--check", tmp_path / "a.zip")
    assert "more than the backup" not in checked.out
    done = run("restore", tmp_path / "a.zip")
    assert (done.code, done.err) == (0, "")
    # The archive does not hold that it was made: that is the one row.
    assert "the instance before had 1 audit rows and 1 reports more than the backup" in done.out
    with inside():
        event = db.session.scalars(sa.select(AuditEvent).order_by(AuditEvent.id.desc()).limit(1)).one()
        assert event.action == "backup_restored"
        assert event.detail["later"] == {"audit_event": 1, "report": 1}
        assert event.detail["archive"] in done.out
    assert run("audit", "verify").code == 0


@pytest.mark.sqlite
def test_a_restore_that_cannot_be_recorded_says_so_and_is_done(instance: Path, tmp_path: Path, run: Run) -> None:
    assert run("backup", tmp_path / "a.zip").code == 0
    (instance / "audit_key").unlink()
    (instance / "hoax-tracker.sqlite3").write_bytes(b"no database")
    done = run("restore", "--unproven", tmp_path / "a.zip")
    assert done.code == 0
    assert "NOTE: all is restored, the audit log does not say so: this host has other keys" in done.err
    assert "kept: " in done.out
    assert "more than the backup" not in done.out, "nobody can count in a damaged one"
    assert run("audit", "verify").code == 2
