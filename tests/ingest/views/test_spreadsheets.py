"""Tables of posts at the desk and on the command line: uploaded, previewed, stored once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from apiflask import APIFlask
from flask.testing import FlaskClient

from hoax_tracker.core.config.settings import Settings
from hoax_tracker.ingest.spreadsheets import importer
from hoax_tracker.ingest.spreadsheets.reader import read_table
from hoax_tracker.models import Engagement, Item, Officer, PostsFile, RoleName, Source, SourceKind, db
from hoax_tracker.privacy.retention import purge_expired_data
from tests import factories
from tests.browser import read_form_fields, submit_changes
from tests.factories import count_rows, list_audit_actions

SignIn = Callable[[Officer], FlaskClient]
BASE = "/petugas/sumber/tabel"
TABLE = (
    b"Akun,Teks,Suka,Catatan\nWarga Contoh,Air PDAM mati di Oebobo,12,abc\nInfo Contoh,<b>Sebarkan</b> sebelum dihapus,"
    b"1.204,def\n"
)


def upload(browser: FlaskClient, content: bytes, name: str = "ekspor.csv") -> Any:
    """Send a file, written as a browser does (the test client leaves its own copy open)."""
    parts = b"".join(
        f'--limit\r\nContent-Disposition: form-data; name="{field}"\r\n\r\n{values[0]}\r\n'.encode()
        for field, values in read_form_fields(browser, BASE).items()
    )
    head = f'--limit\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'.encode()
    body = parts + head + content + b"\r\n--limit--\r\n"
    return browser.post(BASE, data=body, content_type="multipart/form-data; boundary=limit")


def store(browser: FlaskClient, content: bytes, **changes: str) -> Any:
    """Send a file and store it."""
    return submit_changes(browser, upload(browser, content).location, **changes)


def page_of(browser: FlaskClient, path: str) -> str:
    return " ".join(browser.get(path).get_data(as_text=True).split())


def test_a_table_is_shown_before_it_is_stored(browser: FlaskClient) -> None:
    answer = upload(browser, TABLE)
    assert answer.status_code == 302
    page = page_of(browser, answer.location)
    assert "2 unggahan" in page
    assert "Air PDAM mati di Oebobo" in page
    assert "&lt;b&gt;Sebarkan" in page
    assert "1.204 suka" in page
    assert count_rows(Item) == 0


def test_other_columns_are_looked_at_without_storing(browser: FlaskClient) -> None:
    page = upload(browser, TABLE).location
    fields = read_form_fields(browser, page)
    assert (fields["text"], fields["author"], fields["likes"]) == (["Teks"], ["Akun"], ["Suka"])
    looked = browser.post(page, data=fields | {"text": "Catatan", "look": "1"}).get_data(as_text=True)
    assert "<strong>abc</strong>" in looked
    assert count_rows(Item) == 0
    assert count_rows(PostsFile) == 1


def test_posts_are_stored_once_with_how_far_they_went(browser: FlaskClient) -> None:
    assert store(browser, TABLE, name="Pantauan").location == "/petugas/sumber/"
    source = db.session.scalars(sa.select(Source)).one()
    assert (source.name, source.kind, source.is_active) == ("Pantauan", SourceKind.POSTS, False)
    assert source.columns == {"text": "Teks", "author": "Akun", "likes": "Suka"}
    assert set(db.session.scalars(sa.select(Item.text))) == {
        "Air PDAM mati di Oebobo",
        "<b>Sebarkan</b> sebelum dihapus",
    }
    assert sorted(db.session.scalars(sa.select(Engagement.likes))) == [12, 1204]
    assert count_rows(PostsFile) == 0
    assert "2 unggahan disimpan, 0 sudah ada" in page_of(browser, "/petugas/sumber/")
    db.session.rollback()
    store(browser, TABLE.replace(b",12,", b",15,"), name="Pantauan")
    assert "0 unggahan disimpan, 2 sudah ada" in page_of(browser, "/petugas/sumber/")
    assert sorted(db.session.scalars(sa.select(Engagement.likes))) == [15, 1204]
    assert list_audit_actions() == ["posts_imported"] * 2


def test_the_next_table_begins_with_the_columns_of_the_last(browser: FlaskClient) -> None:
    store(browser, TABLE, name="Pantauan", text="Catatan")
    fields = read_form_fields(browser, upload(browser, TABLE).location)
    assert (fields["name"], fields["text"]) == (["Pantauan"], ["Catatan"])
    assert read_form_fields(browser, upload(browser, b"isi\nx y z\n").location)["name"] == [""]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": "Pantauan", "text": ""}, "Pilih kolom yang memuat isi unggahan."),
        ({"name": ""}, "Isian ini wajib diisi."),
        ({"name": "Pantauan", "text": "Kolom lain"}, "Pilih salah satu dari daftar."),
        ({"name": "Portal Contoh"}, "Nama itu sudah dipakai sumber lain."),
    ],
)
def test_what_cannot_be_stored_is_said_beside_its_field(
    browser: FlaskClient, now: datetime, changes: dict[str, str], words: str
) -> None:
    db.session.add(Source(name="Portal Contoh", url="https://portal.example/", created_at=now))
    db.session.commit()
    answer = store(browser, TABLE, **changes)
    assert answer.status_code == 422
    assert words in answer.get_data(as_text=True)
    assert count_rows(Item) == 0
    assert count_rows(PostsFile) == 1


@pytest.mark.parametrize("content", [b"", b"\x89PNG....", b"x" * (9 * 2**20), b"isi\n" + b"kabar\n" * (2 * 2**20)])
def test_what_is_no_table_is_refused(browser: FlaskClient, content: bytes) -> None:
    answer = upload(browser, content)
    assert answer.status_code == 422
    assert "Belum disimpan" in answer.get_data(as_text=True)
    assert count_rows(PostsFile) == 0


def test_a_file_is_its_senders_alone_and_goes_after_a_day(
    browser: FlaskClient, sign_in: SignIn, settings: Settings, now: datetime
) -> None:
    page = upload(browser, TABLE).location
    other = sign_in(factories.make_officer("lain@kupang.example", RoleName.ADMINISTRATOR))
    assert other.get(page).status_code == 404
    assert sign_in(factories.make_officer("x@kupang.example", RoleName.OFFICER)).get(BASE).status_code == 403
    added = db.session.scalars(sa.select(PostsFile.added_at)).one()
    purge_expired_data(settings, added + timedelta(hours=23))
    assert count_rows(PostsFile) == 1
    purge_expired_data(settings, added + timedelta(hours=25))
    assert count_rows(PostsFile) == 0


def test_many_posts_are_stored_in_parts(app: APIFlask, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importer, "STORED_AT_ONCE", 3)
    table = read_table(b"id,isi\n" + b"".join(b"%d,kabar %d\n" % (n, n) for n in range(10)))
    found = importer.import_posts(table, {"id": "id", "text": "isi"}, "x", by=None, now=now)
    assert (found.new, found.known) == (10, 0)


def test_a_file_without_the_token_is_refused(browser: FlaskClient) -> None:
    answer = browser.post(BASE, data=b"--l--\r\n", content_type="multipart/form-data; boundary=l")
    assert answer.status_code == 400
    assert count_rows(PostsFile) == 0
