"""The source pages: health in words, permissions, OPML import and export, and reading a source at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from apiflask import APIFlask
from flask.testing import FlaskClient

from hoax_tracker import pipeline
from hoax_tracker.clock import utc_now
from hoax_tracker.core.audit import chain_check
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.core.paths import data_file_path
from hoax_tracker.flag.model import model_files as flag_models
from hoax_tracker.ingest.service import SourceReading
from hoax_tracker.ingest.sources.opml import OPML_NAMESPACE, OPML_SIZE_LIMIT_BYTES, OUTLINES_LIMIT
from hoax_tracker.ingest.sources.schedule import pause_failing_source
from hoax_tracker.models import Item, Officer, RoleName, Source, SourceKind, db
from tests import factories
from tests.browser import read_form_fields, submit_changes
from tests.factories import count_rows, list_audit_actions
from tests.feed_server import FeedServer, Reply
from tests.ingest import samples

pytestmark = pytest.mark.usefixtures("source")
SignIn = Callable[[Officer], FlaskClient]
BASE = "/petugas/sumber"
PAGES = ["/baru", "/1", "/impor"]
ACTS = ["/baru", "/1", "/1/jeda", "/1/lanjut", "/1/baca", "/impor", "/ekspor"]
FEED = (
    b'<rss version="2.0"><channel><title>Warta</title><item><guid>1</guid><link>https://warta.example/1</link>'
    b"<description>INFO PENTING!! Mulai besok Puskesmas Oesapa tidak lagi terima pasien BPJS, semua warga Kota Kupang "
    b"wajib bayar Rp75.000. Info dari orang dalam dinas kesehatan. Sebarkan sebelum dihapus!</description></item>"
    b"</channel></rss>"
)


@pytest.fixture
def source(app: APIFlask, now: datetime) -> Source:
    """A source that was read well."""
    row = Source(
        name="Warta Contoh",
        url="https://warta.example/feed",
        created_at=now,
        last_success_at=now,
        next_fetch_at=utc_now() + timedelta(days=400),
        etag='"1"',
    )
    db.session.add(row)
    db.session.commit()
    return row


def send(browser: FlaskClient, path: str, **changes: Any) -> Any:
    """Change some fields of the form at a path and send it."""
    return submit_changes(browser, BASE + path, **changes)


def press(browser: FlaskClient, path: str) -> Any:
    """Press a button of the list."""
    return factories.submit_form(browser, BASE + path, f"{BASE}/")


def upload(browser: FlaskClient, content: bytes) -> Any:
    """Send a file to the import form, written as a browser does (the test client leaves its own copy open)."""
    parts = b"".join(
        f'--limit\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{values[0]}\r\n'.encode()
        for name, values in read_form_fields(browser, f"{BASE}/impor").items()
    )
    head = b'--limit\r\nContent-Disposition: form-data; name="file"; filename="daftar.opml"\r\n\r\n'
    body = parts + head + content + b"\r\n--limit--\r\n"
    return browser.post(f"{BASE}/impor", data=body, content_type="multipart/form-data; boundary=limit")


def page_of(browser: FlaskClient) -> str:
    """Return the list, on one line."""
    return " ".join(browser.get(f"{BASE}/").get_data(as_text=True).split())


@pytest.mark.parametrize("role", [RoleName.OFFICER, RoleName.APPROVER])
def test_every_officer_sees_the_list_without_buttons(source: Source, sign_in: SignIn, role: RoleName) -> None:
    page = page_of(sign_in(factories.make_officer("x@kupang.example", role)))
    assert "Warta Contoh" in page
    assert "1 sumber dibaca" in page
    assert "Baca sekarang" not in page


@pytest.mark.parametrize("path", PAGES)
def test_forms_open_for_administrators_only(
    browser: FlaskClient, officer: Officer, sign_in: SignIn, client: FlaskClient, path: str
) -> None:
    assert browser.get(BASE + path).status_code == 200
    assert sign_in(officer).get(BASE + path).status_code == 403
    assert client.get(BASE + path).status_code == 302


@pytest.mark.parametrize("path", ACTS)
def test_a_raw_post_by_others_or_without_a_token_is_refused(
    browser: FlaskClient, officer: Officer, sign_in: SignIn, client: FlaskClient, path: str
) -> None:
    other = sign_in(officer)
    token = factories.csrf_token_in(other.get(f"{BASE}/").get_data(as_text=True))
    fields = {"csrf_token": token, "name": "x", "url": "https://x.example/"}
    assert other.post(BASE + path, data=fields).status_code == 403
    assert client.post(BASE + path, data=fields).status_code in (400, 401)
    assert browser.post(BASE + path, data={"name": "x"}).status_code == 400
    assert list_audit_actions() == []


def test_a_source_is_added(browser: FlaskClient) -> None:
    answer = send(browser, "/baru", url=" https://baru.example/feed ", name="Kabar  Baru")
    assert answer.status_code == 302
    added = db.session.scalars(sa.select(Source).where(Source.name == "Kabar Baru")).one()
    assert (added.url, added.is_active, added.next_fetch_at) == ("https://baru.example/feed", True, None)
    assert list_audit_actions() == ["source_added"]
    assert "Menunggu dibaca pertama kali" in page_of(browser)


def test_a_source_is_marked_as_about_the_city_only_and_unmarked(browser: FlaskClient) -> None:
    assert send(browser, "/baru", url="https://baru.example/feed", name="Grup Liliba", is_local="y").status_code == 302
    added = db.session.scalars(sa.select(Source).where(Source.name == "Grup Liliba")).one()
    assert added.is_local
    assert "hanya Kota Kupang" in browser.get(f"{BASE}/{added.id}/keadaan").get_data(as_text=True)
    fields = read_form_fields(browser, f"{BASE}/{added.id}")
    assert browser.post(f"{BASE}/{added.id}", data=fields).status_code == 302
    assert added.is_local
    fields.pop("is_local")
    assert browser.post(f"{BASE}/{added.id}", data=fields).status_code == 302
    assert not added.is_local
    assert list_audit_actions() == ["source_added", "source_changed"]


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("url", "", "Isian ini wajib diisi."),
        ("url", "file:///etc/passwd", "Alamat itu tidak boleh diambil."),
        ("url", "https://nama:sandi@baru.example/", "Alamat itu tidak boleh diambil."),
        ("url", "bukan alamat", "Alamat itu tidak boleh diambil."),
        ("url", "http://127.0.0.1:21010/feed.atom", "Alamat itu tidak boleh diambil. Ia menunjuk ke mesin"),
        ("url", "http://169.254.169.254/latest/", "Alamat itu tidak boleh diambil. Ia menunjuk ke mesin"),
        ("url", "https://warta.example/feed", "Alamat itu sudah ada di daftar sumber."),
        ("name", "Warta Contoh", "Nama itu sudah dipakai sumber lain."),
        ("name", "x" * 201, "Paling banyak 200 huruf."),
    ],
)
def test_a_fault_stands_beside_its_field_and_what_was_typed_stays(
    browser: FlaskClient, field: str, value: str, words: str
) -> None:
    given = {"url": "https://baru.example/feed", "name": "Kabar Baru"} | {field: value}
    answer = send(browser, "/baru", **given)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert f'id="{field}-salah">{words}' in page
    assert all(f'value="{one}"' in page for one in given.values())
    assert list_audit_actions() == []


def test_another_address_is_read_at_the_next_round(browser: FlaskClient, source: Source) -> None:
    source.failures, source.last_error, source.problems = 3, "rusak", ["sesuatu"]
    db.session.commit()
    assert send(browser, "/1", url="https://warta.example/rss", interval_minutes="60").status_code == 302
    assert (source.url, source.interval_minutes) == ("https://warta.example/rss", 60)
    assert (source.next_fetch_at, source.etag, source.failures, source.last_error) == (None, None, 0, None)
    assert source.edited_at is not None
    assert list_audit_actions() == ["source_changed"]


def test_a_shorter_interval_brings_the_next_reading_nearer(browser: FlaskClient, source: Source, now: datetime) -> None:
    far = source.next_fetch_at
    assert far
    assert send(browser, "/1", interval_minutes="10").status_code == 302
    assert source.next_fetch_at
    assert source.next_fetch_at < far
    assert source.etag == '"1"'
    assert send(browser, "/1", interval_minutes="7").status_code == 422, "not on the list"


def test_the_second_of_two_administrators_is_told(browser: FlaskClient, source: Source) -> None:
    drawn = read_form_fields(browser, f"{BASE}/1")
    assert send(browser, "/1", name="Warta Satu").status_code == 302
    answer = browser.post(f"{BASE}/1", data=drawn | {"name": "Warta Dua"})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert "lebih dulu: «mengubah sumber»" in page
    assert 'value="Warta Dua"' in page
    assert "<dd>Warta Satu</dd>" in page
    assert source.name == "Warta Satu"
    assert list_audit_actions() == ["source_changed"]


def test_a_source_is_paused_and_read_again(browser: FlaskClient, source: Source) -> None:
    for _ in range(2):
        assert press(browser, "/1/jeda").status_code == 302
    assert not source.is_active
    assert "Dijeda" in page_of(browser)
    assert press(browser, "/1/lanjut").status_code == 302
    assert (source.is_active, source.next_fetch_at) == (True, None)
    assert list_audit_actions() == ["source_paused", "source_resumed"]


def test_a_source_without_an_address_keeps_its_name_and_what_it_writes_about(
    browser: FlaskClient, now: datetime
) -> None:
    file = Source(name="file:a.xml", kind=SourceKind.FILE, is_active=False, created_at=now)
    db.session.add(file)
    db.session.commit()
    path = f"/{file.id}"
    assert send(browser, path, name="Arsip", url="https://x.example/").status_code == 302
    assert (file.name, file.url, file.interval_minutes) == ("Arsip", None, 30)
    assert send(browser, path, name="Arsip", is_local="y").status_code == 302
    assert file.is_local
    assert send(browser, path, name="Warta Contoh").status_code == 422
    for act in ("jeda", "lanjut", "baca"):
        assert press(browser, f"{path}/{act}").status_code == 422
    assert "Dari berkas" in page_of(browser)
    assert list_audit_actions() == ["source_changed", "source_changed"]


def test_a_source_is_read_at_once_and_what_came_of_it_is_told(
    browser: FlaskClient, server: FeedServer, source: Source, now: datetime
) -> None:
    with write_transaction():
        flag_models.register_shipped_model(now)
        source.url = server.answer("/feed", Reply(FEED))
    assert press(browser, "/1/baca").status_code == 302
    page = page_of(browser)
    assert "Terbaca: 1 entri baru. Yang baru sedang dinilai" in page
    assert "<dt>Entri</dt><dd>1</dd><dt>Perlu ditinjau</dt><dd>0</dd>" in page
    assert count_rows(Item) == 1
    assert list_audit_actions() == ["source_read"]
    assert pipeline.flag_pending_items(now) == 1
    assert "<dt>Entri</dt><dd>1</dd><dt>Perlu ditinjau</dt><dd>1</dd>" in page_of(browser)
    press(browser, "/1/baca")
    assert "Terbaca: tidak ada yang baru." in page_of(browser)


def test_a_reading_that_fails_says_why_and_the_list_too(
    browser: FlaskClient, server: FeedServer, source: Source, now: datetime
) -> None:
    with write_transaction():
        flag_models.register_shipped_model(now)
        source.url = server.answer("/feed", Reply(b"<html><title>x</title></html>", content_type="text/html"))
    press(browser, "/1/baca")
    page = page_of(browser)
    assert page.count("Alamat itu halaman web, bukan feed.") == 2
    said = "Tata letaknya berubah: dulu terbaca sebagai Umpan, kini halaman web «x» dengan 0 tautan."
    assert page.count(said) == 2
    assert said in browser.get(f"{BASE}/1/keadaan").get_data(as_text=True)
    assert "1 sumber dibaca, 1 gagal" in page
    assert "Gagal dibaca" in page
    assert press(browser, "/1/baca").status_code == 302
    assert "2 kali berturut-turut." in page_of(browser)


def test_what_is_being_read_is_not_read_twice(browser: FlaskClient, server: FeedServer, source: Source) -> None:
    source.url = server.answer("/feed", Reply(FEED))
    source.lease_until = datetime.now(factories.NOW.tzinfo) + timedelta(minutes=5)
    db.session.commit()
    answer = press(browser, "/1/baca")
    assert answer.status_code == 409
    assert "sedang dibaca" in answer.get_data(as_text=True)
    assert server.count() == 0


def test_problems_and_names_are_shown_as_text(browser: FlaskClient, source: Source) -> None:
    source.name, source.problems, source.last_error = "<script>1</script>", ["<b>x</b>"], "<i>y</i>"
    source.url = "javascript:alert(1)"
    db.session.commit()
    page = page_of(browser)
    assert "<script>1" not in page
    assert "<b>x</b>" not in page
    assert "<i>y</i>" not in page
    assert 'href="javascript' not in page


def test_opml_goes_out_and_comes_in_again(browser: FlaskClient, source: Source) -> None:
    answer = press(browser, "/ekspor")
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"] == "attachment; filename=sumber-kabas.opml"
    assert b'xmlUrl="https://warta.example/feed"' in answer.data
    assert upload(browser, answer.data).status_code == 302
    assert "0 sumber ditambahkan, 1 sudah ada." in page_of(browser)
    assert upload(browser, data_file_path("kupang", "sources.opml").read_bytes()).status_code == 302
    assert "15 sumber ditambahkan, 0 sudah ada." in page_of(browser)
    assert list_audit_actions() == ["sources_exported", "sources_imported", "sources_imported"]
    assert chain_check.verify_chain().broken_at is None


def test_opml_of_other_programs_is_taken_in_but_what_is_never_fetched(browser: FlaskClient) -> None:
    addresses = (
        "http://[/f",
        "https://nama:sandi@warta.example/f",
        "feed://satu.example/f",
        "feed:https://dua.example/f",
    )
    rows = "".join(f'<outline text="{place}" xmlUrl="{one}"/>' for place, one in enumerate(addresses))
    rows += '<outline text="x" xmlurl="https://tiga.example/f"/>'
    content = f'\n <?xml version="1.0"?><opml version="1.0"><body><outline text="map">{rows}</outline></body></opml>'
    answer = upload(browser, content.encode())
    assert answer.status_code == 200
    page = answer.get_data(as_text=True)
    assert "3 sumber ditambahkan, 0 sudah ada." in page
    assert "2 tidak diambil:" in page
    assert "«1» tidak diambil: alamatnya bukan alamat web" in page
    assert "sandi" not in page
    found = db.session.scalars(sa.select(Source.url).where(Source.url.like("%.example/f")).order_by(Source.id))
    assert list(found) == ["https://satu.example/f", "https://dua.example/f", "https://tiga.example/f"]


def test_what_a_list_keeps_silent_is_said_on_the_page(browser: FlaskClient) -> None:
    row = '<outline text="a" xmlUrl="https://a.example/f" kh:source="claim_review" kh:paused="1"/>'
    answer = upload(browser, f'<opml xmlns:kh="{OPML_NAMESPACE}"><body>{row}</body></opml>'.encode())
    page = answer.get_data(as_text=True)
    assert "<p>1 pemeriksa fakta diusulkan: masuk setelah orang kedua menyetujuinya</p>" in page
    assert "<p>1 sumber masuk dalam keadaan jeda</p>" in page


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"bukan opml",
        b"<rss/>",
        b'<!DOCTYPE opml [<!ENTITY a "x">]><opml><body><outline text="&a;" xmlUrl="https://a.example/"/></body></opml>',
        b"<opml><body>" + b"<outline/>" * (OUTLINES_LIMIT + 1) + b"</body></opml>",
        b"<opml>" + b" " * OPML_SIZE_LIMIT_BYTES + b"</opml>",
    ],
    ids=["empty", "text", "rss", "entity", "many", "large"],
)
def test_a_file_that_is_no_opml_is_refused_and_adds_nothing(browser: FlaskClient, content: bytes) -> None:
    answer = upload(browser, content)
    assert answer.status_code == 422
    assert 'id="file-salah">Berkas itu' in answer.get_data(as_text=True)
    assert count_rows(Source) == 1
    assert list_audit_actions() == []


def test_a_form_without_a_file_asks_for_one(browser: FlaskClient) -> None:
    answer = send(browser, "/impor")
    assert answer.status_code == 422
    assert "Pilih berkasnya lebih dulu." in answer.get_data(as_text=True)


def test_a_file_over_the_limit_of_other_pages_is_refused_in_the_form(browser: FlaskClient) -> None:
    answer = upload(browser, b"x" * (3 * 2**20))
    assert answer.status_code == 422
    assert "Paling besar 1 MB" in answer.get_data(as_text=True)


def test_a_source_that_paused_by_itself_says_why_where_the_administrator_looks(
    browser: FlaskClient, source: Source, now: datetime
) -> None:
    with write_transaction():
        held = db.session.get_one(Source, source.id)
        gone = SourceReading(source.id, error="HTTP 410", is_gone=True)
        pause_failing_source(held, gone, now)
        name = held.name
    reason = "Situsnya menyatakan sumber ini sudah tidak ada lagi."
    mine = browser.get("/petugas/untuk-anda").get_data(as_text=True)
    assert f'href="/petugas/sumber/{source.id}/keadaan"' in mine
    assert reason in browser.get(f"/petugas/sumber/{source.id}/keadaan").get_data(as_text=True)
    assert f"{name}: {reason}" in mine
    listing = browser.get("/petugas/sumber/").get_data(as_text=True)
    assert f'id="sumber-{source.id}"' in listing
    assert reason in listing
    press(browser, f"/{source.id}/lanjut")
    assert reason not in browser.get("/petugas/sumber/").get_data(as_text=True)


def test_what_an_address_holds_is_shown_before_it_is_saved(
    browser: FlaskClient, server: FeedServer, source: Source
) -> None:
    statuses = "/api/v1/accounts/17/statuses?limit=40&exclude_replies=true"
    server.answer("/api/v1/accounts/lookup?acct=kabar", Reply(b'{"id": "17"}'))
    read_at = server.answer(statuses, Reply(samples.MASTODON.encode()))
    answer = send(browser, "/baru", url=server.url("/@kabar"), name="", look="1")
    page = " ".join(answer.get_data(as_text=True).split())
    assert answer.status_code == 200
    assert "Mastodon: 3 entri" in page
    assert "8 suka" in page
    assert 'value="Kabar Contoh"' in page
    assert db.session.scalar(sa.select(sa.func.count(Source.id))) == 1
    assert list_audit_actions() == []
    assert send(browser, "/baru", url=server.url("/@kabar"), name="Kabar Contoh").status_code == 302
    added = db.session.scalars(sa.select(Source).where(Source.name == "Kabar Contoh")).one()
    assert (added.kind, added.url, added.home_url) == (SourceKind.MASTODON, read_at, server.url("/@kabar"))


def test_what_cannot_be_read_is_said_beside_the_address_and_nothing_is_saved(
    browser: FlaskClient, server: FeedServer, source: Source
) -> None:
    for url, words in [
        ("https://www.facebook.com/contoh", "tidak dapat dibaca langsung"),
        (server.url("/hilang"), "Tidak ada apa-apa lagi"),
        ("http://10.0.0.7/feed", "tidak boleh diambil"),
        ("http://127.0.0.1:21010/feed.atom", "menunjuk ke mesin atau jaringan ini sendiri"),
        ("http://[::1]/feed.atom", "menunjuk ke mesin atau jaringan ini sendiri"),
        ("", "Isian ini wajib diisi."),
        (" ", "Isian ini wajib diisi."),
    ]:
        answer = send(browser, "/baru", url=url, name="", look="1")
        assert answer.status_code == 422
        assert words in answer.get_data(as_text=True)
    assert send(browser, "/baru", url="https://www.facebook.com/contoh", name="Halaman").status_code == 422
    assert list_audit_actions() == []


def test_entries_of_a_strange_site_are_shown_as_text(browser: FlaskClient, server: FeedServer, source: Source) -> None:
    body = samples.BLOG.replace("Air mati tujuh hari?", "&lt;script&gt;alert(1)&lt;/script&gt;&amp;lt;b&amp;gt;Air")
    page = send(browser, "/baru", url=server.answer("/x", Reply(body.encode())), name="", look="1")
    assert "<script>alert" not in page.get_data(as_text=True)
    assert "&lt;b&gt;Air" in page.get_data(as_text=True)
