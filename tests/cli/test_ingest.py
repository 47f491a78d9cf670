"""``ingest``: due sources, all, one, an address, files; named errors with exit code 1; stable JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from hoax_tracker.models import Claim, Item, Source, db
from tests.cli.conftest import Inside, Run
from tests.factories import count_rows
from tests.feed_server import FeedServer, Reply

HOAX = (
    "INFO PENTING!! Mulai besok Puskesmas Oesapa tidak lagi terima pasien BPJS, semua warga Kota Kupang wajib bayar "
    "Rp75.000. Info dari orang dalam dinas kesehatan. Sebarkan sebelum dihapus!"
)
NEWS = "Tim sepak bola asal Flores menang tiga gol tanpa balas pada laga persahabatan di Ende, Minggu sore."
KEYS = {"sources", "entries", "new", "duplicates", "edited", "flagged", "failed", "seconds", "reading_seconds"}


def feed(*texts: str, name: str = "warta") -> bytes:
    """An RSS feed of posts."""
    items = "".join(
        f"<item><guid>{name}-{n}</guid><link>https://{name}.example/{n}</link><description>{text}</description></item>"
        for n, text in enumerate(texts)
    )
    return f'<rss version="2.0"><channel><title>{name}</title>{items}</channel></rss>'.encode()


@pytest.fixture
def bare(instance: Path, inside: Inside, server: FeedServer) -> FeedServer:
    """An instance without the city's sources, and the server in their place."""
    with inside():
        db.session.execute(sa.delete(Source))
        db.session.commit()
    return server


def counts(run: dict[str, Any]) -> tuple[Any, ...]:
    """The numbers of a run."""
    assert set(run) == KEYS
    assert run["seconds"] > 0
    return tuple(run[key] for key in ("sources", "entries", "new", "duplicates", "flagged"))


@pytest.mark.slow
def test_an_address_is_read_flagged_and_kept_without_schedule(bare: FeedServer, run: Run, inside: Inside) -> None:
    url = bare.answer("/feed", Reply(feed(HOAX, NEWS)))
    done = run("ingest", "--url", url, "--json")
    assert done.code == 0, done.err
    found = json.loads(done.out)
    assert counts(found) == (1, 2, 2, 0, 1)
    assert found["failed"] == []
    assert done.err == "", "no bar where nobody watches"
    with inside():
        assert db.session.scalars(sa.select(Claim.text)).one().startswith("INFO PENTING!!")
        assert db.session.scalars(sa.select(Source.is_active)).one() is False
    again = json.loads(run("ingest", "--url", url, "--json").out)
    assert counts(again) == (1, 2, 0, 2, 0)


def test_due_named_and_all_sources_are_read(bare: FeedServer, run: Run) -> None:
    for name in ("satu", "dua"):
        run("source", "add", bare.answer(f"/{name}", Reply(feed(f"Kabar {name}", name=name))), "--name", name)
    assert counts(json.loads(run("ingest", "--source", "dua", "--json").out))[:3] == (1, 1, 1)
    assert counts(json.loads(run("ingest", "--json").out))[:3] == (1, 1, 1), "only the other one is due"
    assert counts(json.loads(run("ingest", "--json").out))[0] == 0
    run("source", "pause", "satu")
    assert counts(json.loads(run("ingest", "--all", "--json").out))[:4] == (1, 1, 0, 1)


def test_a_web_page_in_place_of_a_feed_is_named_and_the_others_are_read(bare: FeedServer, run: Run) -> None:
    page = Reply(b"<!doctype html><title>Warta</title><p>Halaman", content_type="text/html")
    run("source", "add", bare.answer("/page", page), "--name", "Halaman Warta")
    run("source", "add", bare.answer("/feed", Reply(feed(NEWS))), "--name", "Umpan Warta")
    done = run("ingest")
    assert done.code == 1
    assert "failed: Halaman Warta: Alamat itu halaman web, bukan feed." in done.err
    assert "2 sources, 1 entries: 1 new" in done.out
    found = json.loads(run("ingest", "--all", "--json").out)
    assert [set(one) for one in found["failed"]] == [{"source", "error"}]
    assert found["failed"][0]["source"] == "Halaman Warta"
    assert "failing (2)" in run("source", "list").out


def test_a_server_that_is_gone_is_named(bare: FeedServer, run: Run) -> None:
    run("source", "add", bare.url("/none"), "--name", "Hilang")
    done = run("ingest")
    assert done.code == 1
    assert "failed: Hilang: " in done.err
    assert "404" in done.err


def test_files_are_read(bare: FeedServer, run: Run, inside: Inside, tmp_path: Path) -> None:
    good, bad, empty = tmp_path / "good.xml", tmp_path / "bad.xml", tmp_path / "empty.xml"
    good.write_bytes(feed(HOAX, NEWS))
    bad.write_bytes(b"<html><body>bukan feed</body></html>")
    empty.touch()
    done = run("ingest", "--file", good, "--file", bad, "--file", empty, "--json")
    assert done.code == 1
    found = json.loads(done.out)
    assert counts(found) == (3, 2, 2, 0, 1)
    assert [one["source"] for one in found["failed"]] == [f"file:{bad}", f"file:{empty}"]
    assert not any("(: " in one["error"] for one in found["failed"]), "a file has no address"
    with inside():
        assert count_rows(Item) == 2


def test_wrong_use_is_told_and_nothing_is_read(bare: FeedServer, run: Run, tmp_path: Path) -> None:
    url = bare.answer("/feed", Reply(feed(NEWS)))
    for arguments, words in [
        (["--all", "--url", url], "choose one"),
        (["--source", "Tidak Ada"], "Tidak Ada"),
        (["--file", tmp_path / "none.xml"], "none.xml"),
        (["--url", "file:///etc/passwd"], "tidak boleh diambil"),
        (["--url", "bukan alamat"], "tidak boleh diambil"),
    ]:
        done = run("ingest", *arguments)
        assert done.code == 2, arguments
        assert words in done.err
    assert bare.count() == 0
    assert run("source", "list").out == ""
