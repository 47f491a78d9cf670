"""``source``: add, list, pause, export and import of OPML, and files that are no OPML."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
import sqlalchemy as sa

from hoax_tracker.core.paths import data_file_path
from hoax_tracker.models import AuditEvent, Item, Source, db
from tests.cli.conftest import Inside, Run, use

BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE opml [<!ENTITY a "hahahahaha">'
    + b"".join(b'<!ENTITY %c "%b">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(12))
    + b']><opml version="2.0"><body><outline text="&m;" xmlUrl="https://a.example/"/></body></opml>'
)
OUTSIDE = (
    b'<!DOCTYPE opml [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
    b'<opml version="2.0"><body><outline text="&a;" xmlUrl="https://a.example/"/></body></opml>'
)


def test_a_source_is_added_listed_and_paused(instance: Path, run: Run, inside: Inside) -> None:
    done = run("source", "add", "https://baru.example/feed", "--name", "Kabar Baru")
    assert (done.code, done.out) == (0, "added: Kabar Baru\n")
    assert run("source", "add", "https://tanpa-nama.example/feed").code == 0
    rows = [json.loads(line) for line in run("source", "list", "--json").out.splitlines()]
    assert len(rows) == 17
    assert {
        "name": "Kabar Baru",
        "url": "https://baru.example/feed",
        "state": "ok",
        "error": None,
        "local": False,
    } in rows
    assert run("source", "pause", "Kabar Baru").out == "paused: Kabar Baru\n"
    assert "paused       Kabar Baru" in run("source", "list").out
    assert run("source", "pause", "Kabar Baru", "--resume").out == "resumed: Kabar Baru\n"
    with inside():
        actions = db.session.scalars(sa.select(AuditEvent.action).order_by(AuditEvent.id)).all()
        assert list(actions)[-4:] == ["source_added", "source_added", "source_paused", "source_resumed"]


def test_what_cannot_be_a_source_is_refused(instance: Path, run: Run) -> None:
    for arguments, words in [
        (["file:///etc/passwd"], "tidak boleh diambil"),
        (["https://katongntt.com/feed/"], "sudah ada"),
        (["https://baru.example/", "--name", "Pos Kupang"], "sudah dipakai"),
    ]:
        done = run("source", "add", *arguments)
        assert done.code == 2
        assert words in done.err
    done = run("source", "pause", "Tidak Ada")
    assert done.code == 2
    assert "Tidak Ada" in done.err
    assert len(run("source", "list").out.splitlines()) == 15


def test_sources_survive_a_way_through_opml(
    instance: Path, run: Run, inside: Inside, tmp_path: Path, empty: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, instance)
    run("source", "add", "https://baru.example/feed?a=1&b=2", "--name", 'Kabar "Baru" <&> Lain', "--local")
    file = tmp_path / "sources.opml"
    assert run("source", "export", file).code == 0
    assert 'version="2.0">' in file.read_text(encoding="utf-8")
    assert run("source", "import", file).out == "0 added, 16 known already\n"
    with inside():
        before = addresses()
        db.session.execute(sa.delete(Source))
        db.session.commit()
    assert run("source", "import", file).out == "16 added, 0 known already\n"
    with inside():
        assert addresses() == before


def addresses() -> list[tuple[str, str | None, str | None, bool]]:
    """Return name, address, home page and mark of every source; of the city's own three and one more it is set."""
    query = sa.select(Source.name, Source.url, Source.home_url, Source.is_local)
    rows = sorted(tuple(row) for row in db.session.execute(query))
    assert sum(row[3] for row in rows) == 4
    return rows


def test_two_sources_of_one_name_both_come_in(instance: Path, run: Run, tmp_path: Path) -> None:
    file = tmp_path / "sources.opml"
    file.write_text(
        '<opml version="2.0"><body><outline text="Berita"><outline text="Berita" xmlUrl="https://a.example/1"/>'
        '<outline text="Berita" xmlUrl="https://a.example/2"/><outline xmlUrl="https://b.example/"/>'
        '<outline text="Berita" xmlUrl="https://a.example/3"/><outline text="x" xmlUrl="javascript:1"/>'
        '<outline text="Berita" xmlUrl="https://a.example/1"/></outline></body></opml>',
        encoding="utf-8",
    )
    done = run("source", "import", file)
    assert done.out == "4 added, 1 known already, 1 left out\n"
    assert "! «x» tidak diambil: alamatnya bukan alamat web" in done.err
    listed = run("source", "list").out
    for name in ("Berita", "Berita (a.example)", "Berita (a.example 2)", "https://b.example/"):
        assert f"  {name}  " in listed


def test_sources_that_a_list_keeps_silent_are_counted(instance: Path, run: Run, tmp_path: Path) -> None:
    file = tmp_path / "sources.opml"
    rows = "".join(f'<outline xmlUrl="https://a.example/{place}" kh:paused="1"/>' for place in "ab")
    file.write_text(f'<opml xmlns:kh="urn:hoax-tracker:opml"><body>{rows}</body></opml>', encoding="utf-8")
    done = run("source", "import", file)
    assert done.out == "2 added, 0 known already\n"
    assert done.err == "  ! 2 sumber masuk dalam keadaan jeda\n"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not xml",
        b"<rss/>",
        b'{"a": 1}',
        b"<opml><body>",
        data_file_path("kupang", "units.csv").read_bytes(),
        BOMB,
        OUTSIDE,
    ],
    ids=["empty", "text", "rss", "json", "cut off", "csv", "billion laughs", "external entity"],
)
def test_what_is_no_opml_is_refused_and_adds_nothing(instance: Path, run: Run, tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "sources.opml"
    file.write_bytes(content)
    started = time.process_time()
    done = run("source", "import", file)
    assert time.process_time() - started < 20
    assert done.code == 2
    assert "bukan OPML" in done.err
    assert "root:" not in done.out + done.err
    assert len(run("source", "list").out.splitlines()) == 15


def test_a_file_that_is_not_there_is_named(instance: Path, run: Run, tmp_path: Path) -> None:
    done = run("source", "import", tmp_path / "none.opml")
    assert done.code == 2
    assert "none.opml" in done.err
    done = run("source", "export", tmp_path / "no-folder" / "out.opml")
    assert done.code == 2
    assert "out.opml" in done.err


@pytest.mark.slow
def test_posts_of_a_table_are_looked_at_and_stored(instance: Path, run: Run, inside: Inside, tmp_path: Path) -> None:
    path = tmp_path / "ekspor.csv"
    path.write_text("Akun,Teks,Catatan\nWarga Contoh,Air mati di Oebobo,x\nWarga Contoh,,y\n", encoding="utf-8")
    looked = run("source", "posts", path, "--name", "Pantauan", "--look", "--column", "author=")
    assert looked.out == "text       Teks\n  Air mati di Oebobo\n"
    assert "Entri 2: dilewati" in looked.err
    assert run("source", "posts", path, "--name", "Pantauan").out == "1 new, 0 known already\n"
    assert run("source", "posts", path, "--name", "Pantauan").out == "0 new, 1 known already\n"
    for wrong in ("text=Isi", "words=Teks"):
        refused = run("source", "posts", path, "--name", "Pantauan", "--column", wrong)
        assert refused.code == 2
        assert "Akun, Teks, Catatan" in refused.err
    assert run("source", "posts", path, "--name", "Pos Kupang").code == 2
    with inside():
        assert db.session.scalars(sa.select(Item.text)).all() == ["Air mati di Oebobo"]
