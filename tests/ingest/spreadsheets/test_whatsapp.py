"""Exported WhatsApp chats: one message each, and nobody's name or number, in any form that phones write."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from time import process_time

import pytest
import sqlalchemy as sa
from apiflask import APIFlask
from flask.testing import FlaskClient

from hoax_tracker.core.content.html_to_text import is_cut_text
from hoax_tracker.errors import InvalidInputError
from hoax_tracker.ingest.parsers.entry import FeedEntry
from hoax_tracker.ingest.service import IngestOutcome, read_feed_file
from hoax_tracker.ingest.spreadsheets import reader
from hoax_tracker.ingest.spreadsheets.posts import guess_columns, read_posts_from_table
from hoax_tracker.ingest.spreadsheets.reader import SpreadsheetTable, read_table, read_uploaded_table
from hoax_tracker.ingest.spreadsheets.whatsapp import read_chat, written_words
from hoax_tracker.models import Officer, PostsFile, Source, db
from tests.ingest.views.test_spreadsheets import upload

pytestmark = pytest.mark.usefixtures("app")
NOW = datetime(2026, 12, 24, 8, 5, tzinfo=UTC)
SignIn = Callable[[Officer], FlaskClient]

ANDROID = """20/11/26 08.59 - Pesan dan panggilan terenkripsi secara end-to-end. Ketuk untuk info selengkapnya.
20/11/26 08.59 - Maria Bere membuat grup "Warga RT 5"
20/11/26 08.59 - Maria Bere menambahkan +62 812-3456-7890
20/11/26 09.00 - +62 812-3456-7890: Diteruskan
Air PDAM mati *tujuh hari*: sebarkan!
Hubungi 0813-9999-0000

20/11/26 09.01 - Yohanes Kale: <Media tidak disertakan>
20/11/26 09.02 - Yohanes Kale: IMG-20261120-WA0001.jpg (file terlampir)
Keran kering di Oesapa
20/11/26 09.03 - Maria Bere: @6281234567890 @\u2068Yohanes Kale\u2069 benarkah? nomor 081234567890 itu
20/11/26 09.04 - Maria Bere mengubah subjek menjadi "Warga: RT 5"
20/11/26 09.05 - Yohanes Kale: Pesan ini telah dihapus
20/11/26 09.06 - Yohanes Kale: @Maria Bere jam 10: kumpul <Pesan ini diedit>
"""
IPHONE = """[20/11/26 08.59.01] Warga RT 5: \u200ePesan dan panggilan terenkripsi secara end-to-end.
[20/11/26 09.00.15] ~\u202fAni: Air mati tujuh hari!
\u200e[20/11/26 09.01.15] ~\u202fAni: \u200egambar tidak disertakan
[20/11/26 09.02.15] Budi: Lihat \u200e<terlampir: 00000007-PHOTO-2026-11-20.jpg>
[20/11/26 09.03.15] Budi: \u200eBudi menambahkan Cici
[20/11/26 09.04.15] Budi: \u200ePOLL:
Benarkah?
\u200eOPTION: Ya (3 votes)
"""
TEN = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)


def messages(chat: str | bytes) -> list[FeedEntry]:
    """The messages of a chat, the oldest first."""
    table = read_table(chat.encode() if isinstance(chat, str) else chat)
    return list(read_posts_from_table(table, guess_columns(table), NOW).entries)[::-1]


def texts(chat: str) -> list[str]:
    return [entry.text for entry in messages(chat)]


def test_a_chat_from_android_is_one_message_each() -> None:
    first, caption, asked, edited = messages(ANDROID)
    assert first.text == "Air PDAM mati *tujuh hari*: sebarkan!\nHubungi 0813-9999-0000"
    assert (first.published_at, first.author) == (TEN, "WhatsApp (diteruskan)")
    assert (caption.text, caption.author) == ("Keran kering di Oesapa", "WhatsApp")
    assert asked.text == "@… @… benarkah? nomor … itu"
    assert edited.text == "@… jam 10: kumpul"


def test_a_chat_from_an_iphone() -> None:
    first, attached, poll = messages(IPHONE)
    assert (first.text, first.published_at) == ("Air mati tujuh hari!", TEN.replace(second=15))
    assert (attached.text, poll.text) == ("Lihat", "Benarkah?\nYa")


NAMES = [
    "Maria",
    "Bere",
    "Yohanes",
    "Kale",
    "6281234567890",
    "3456-7890",
    "081234567890",
    "Ani",
    "Budi",
    "Cici",
    "RT 5",
]


@pytest.mark.parametrize("chat", [ANDROID, IPHONE], ids=["Android", "iPhone"])
def test_nobodys_name_or_number_is_left(chat: str) -> None:
    left = str(read_chat(chat.encode()))
    assert [name for name in NAMES if name in left] == []


@pytest.mark.parametrize(
    ("line", "moment"),
    [
        ("20/11/26 09.00 - Ani: Halo", "2026-11-20 09:00"),
        ("20/11/2026, 09:00 - Ani: Halo", "2026-11-20 09:00"),
        ("20-11-2026 09.00 – Ani: Halo", "2026-11-20 09:00"),
        ("20.11.26, 09:00 - Ani: Halo", "2026-11-20 09:00"),
        ("11/20/26, 9:00 AM - Ani: Halo", "2026-11-20 09:00"),
        ("11/20/26, 9:00\u202fPM - Ani: Halo", "2026-11-20 21:00"),
        ("11/20/26, 12:05 a.m. - Ani: Halo", "2026-11-20 00:05"),
        ("11/2/26, 9:00 AM - Ani: Halo", "2026-11-02 09:00"),
        ("12/9/26, 23:55 - Ani: Halo", "2026-12-09 23:55"),
        ("09/12/2026, 23:55 - Ani: Halo", "2026-12-09 23:55"),
        ("2/11/26 09.00 - Ani: Halo", "2026-11-02 09:00"),
        ("2026/11/20 09:00 - Ani: Halo", "2026-11-20 09:00"),
        ("[20/11/26 09.00.15] Ani: Halo", "2026-11-20 09:00:15"),
        ("[20/11/26, 09.00.15] Ani: Halo", "2026-11-20 09:00:15"),
        ("[11/20/26, 9:00:15\u202fPM] Ani: Halo", "2026-11-20 21:00:15"),
        ("\u200e[20/11/2026, 09:00:15] Ani: Halo", "2026-11-20 09:00:15"),
        ("[09.00, 20/11/2026] Ani: Halo", "2026-11-20 09:00"),
        ("[9:00 AM, 11/20/2026] +62 812-3456-7890: Halo", "2026-11-20 09:00"),
    ],
)
def test_times_as_phones_write_them(line: str, moment: str) -> None:
    (entry,) = messages(line)
    assert entry.text == "Halo"
    assert entry.published_at == datetime.fromisoformat(f"{moment}+08:00")


def test_the_order_of_messages_tells_day_and_month_apart() -> None:
    american = "1/2/26, 09:00 - A: satu\n1/3/26, 09:00 - A: dua\n2/1/26, 09:00 - A: tiga\n"
    indonesian = "1/2/26 09.00 - A: satu\n2/2/26 09.00 - A: dua\n1/3/26 09.00 - A: tiga\n"
    assert [f"{entry.published_at:%m-%d}" for entry in messages(american)] == ["01-02", "01-03", "02-01"]
    assert [f"{entry.published_at:%m-%d}" for entry in messages(indonesian)] == ["02-01", "02-02", "03-01"]


@pytest.mark.parametrize(
    "line",
    [
        "<Media omitted>",
        "<Media tidak disertakan>",
        "\u200eimage omitted",
        "\u200estiker tidak disertakan",
        "PTT-20261120-WA0001.opus (file attached)",
        "Maria Bere.vcf (file terlampir)",
        "\u200e<attached: 00000001-PHOTO-2026-11-20.jpg>",
        "This message was deleted",
        "You deleted this message",
        "Anda telah menghapus pesan ini",
        "Menunggu pesan ini. Ini mungkin perlu beberapa saat.",
        "Missed voice call",
        "Panggilan suara tak terjawab",
        "null",
        "Lokasi: https://maps.google.com/?q=-10.1,123.6",
        "\u200eMaria menambahkan Ani",
    ],
)
def test_what_whatsapp_writes_itself_is_no_message(line: str) -> None:
    assert written_words([line]) == ""
    assert written_words([line, "Keran kering"]) == "Keran kering"


@pytest.mark.parametrize(
    "line",
    [
        "Media omitted the truth: air mati",
        "Dokumen tidak disertakan dalam rapat",
        "Pesan ini telah dihapus oleh siapa?",
    ],
)
def test_what_only_begins_alike_is_one(line: str) -> None:
    assert written_words([line]) == line


@pytest.mark.parametrize(
    ("text", "is_passed_on"),
    [
        ("Forwarded many times\nAir mati", True),
        ("*Diteruskan dari grup sebelah*: air mati", True),
        ("Copas dari WAG tetangga, air mati", True),
        ("Air mati tujuh hari", False),
        ("Air mati. " * 20 + "Diteruskan", False),
    ],
)
def test_what_says_that_it_is_passed_on_is_marked(text: str, is_passed_on: bool) -> None:
    (entry,) = messages(f"20/11/26 09.00 - Ani: {text}")
    assert (entry.author == "WhatsApp (diteruskan)") is is_passed_on


def test_a_truncated_chat_loses_only_the_message_that_was_begun_before() -> None:
    assert texts("lanjutan pesan\nyang terpotong\n" + ANDROID)[0].startswith("Air PDAM mati")
    assert texts(ANDROID[: ANDROID.index("benarkah")])[-1] == "@… @…"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_a_chat_in_another_encoding(encoding: str) -> None:
    chat = "20/11/26 09.00 - Ani: Café “mati”\r\n20/11/26 09.01 - Ani: Dua\r\n"
    assert texts(chat)[0] == messages(chat.encode(encoding))[0].text == "Café “mati”"


def packed(*names: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name in names:
            archive.writestr(name, ANDROID)
    return file.getvalue()


def test_a_chat_with_pictures_comes_in_an_archive() -> None:
    assert len(messages(packed("WhatsApp Chat with Maria Bere.txt", "IMG-20261120-WA0001.jpg"))) == 4
    with pytest.raises(InvalidInputError):
        read_table(packed("a.txt", "b.txt"))  # which of them is meant, nobody knows


def test_the_same_export_later_brings_only_what_is_new() -> None:
    first, later = messages(ANDROID), messages(ANDROID + "20/11/26 10.00 - Ani: Baru\n")
    assert [entry.feed_id for entry in later[:-1]] == [entry.feed_id for entry in first]
    assert len({entry.feed_id for entry in later}) == 5


def test_of_a_very_long_chat_the_newest_messages_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "MOST_ROWS", 3)
    chat = "".join(f"20/11/26 09.{minute:02d} - Ani: Pesan {minute}\n" for minute in range(9))
    assert texts(chat) == ["Pesan 6", "Pesan 7", "Pesan 8"]


@pytest.mark.slow
def test_a_hostile_chat_takes_no_time_of_its_own() -> None:
    line = "20/11/26 09.00 - Ani: " + "@" * 20_000 + "1 " * 20_000 + "<attached: " * 5000
    senders = "".join(f"20/11/26 09.00 - Pengirim {number}: Halo\n" for number in range(20_000))
    start = process_time()
    assert len(messages(f"{senders}{line}\n{line[:60_000]}x\n")) == 20_002
    assert process_time() - start < 20


def test_lines_in_an_unknown_form_cost_no_other_message() -> None:
    """They continue the message before them, which is cut."""
    unknown = "entah apa ini\n" * 20_000
    first, last = messages(f"20/11/26 09.00 - Ani: Satu\n{unknown}20/11/26 09.01 - Ani: Dua\n")
    assert first.text.startswith("Satu\nentah apa")
    assert is_cut_text(first.text)
    assert last.text == "Dua"


@pytest.mark.parametrize(
    "content",
    [b"", b"tanggal,pesan\n20/11/26 09.00 - Ani: Halo,x\n", b"99/99/26 x\n", b"Isi\n1\n2\n", b"PK\x03\x04rusak"],
)
def test_what_is_no_chat_is_left_as_it_is(content: bytes) -> None:
    assert read_chat(content) is None


def test_a_file_of_a_hundred_megabytes_is_refused_in_words() -> None:
    with pytest.raises(InvalidInputError) as caught:
        read_uploaded_table(bytes(100 * 2**20))
    assert "terlalu besar" in str(caught.value.user_message)


def test_an_upload_stores_no_name_in_between(administrator: Officer, sign_in: SignIn) -> None:
    browser = sign_in(administrator)
    page = upload(browser, ANDROID.encode(), "WhatsApp Chat with Maria Bere.txt").location
    stored = db.session.scalars(sa.select(PostsFile)).one()
    assert [name for name in NAMES if name in str(SpreadsheetTable.from_bytes(stored.content))] == []
    assert stored.file_name == "WhatsApp"
    shown = browser.get(page).get_data(as_text=True)
    assert "Keran kering di Oesapa" in shown
    assert "Maria" not in shown


def test_ingest_leads_a_chat_to_where_names_are_dropped(app: APIFlask, tmp_path: Path) -> None:
    for name, content in (("Chat Maria Bere.txt", ANDROID.encode()), ("Chat Maria Bere.zip", packed("_chat.txt"))):
        path, outcome = tmp_path / name, IngestOutcome()
        path.write_bytes(content)
        read_feed_file(path, NOW, outcome)
        ((source, error),) = outcome.failed
        assert source == "WhatsApp"
        assert "source posts" in error
    assert db.session.scalars(sa.select(Source.name)).all() == []


def test_a_feed_file_of_a_hundred_megabytes_is_refused_unread(app: APIFlask, tmp_path: Path) -> None:
    path, outcome = tmp_path / "result.json", IngestOutcome()
    with path.open("wb") as file:
        file.write(b'{"messages": [')
        file.truncate(100 * 2**20)
    read_feed_file(path, NOW, outcome)
    ((_source, error),) = outcome.failed
    assert "paling besar 10 MB" in error


@pytest.mark.parametrize(
    "copied",
    [
        "[19/11 14.05] +62 812-0000-0000: Air mati",
        "[19/11, 14:05] Yosafat Kolimon: Air mati",
        "[14.05, 19/11/2026] ~Yosafat: Air mati",
        "[19/11/26 14.05.09] Yosafat Kolimon: Air mati",
        "> [19/11 2:05 PM] Yosafat Kolimon: Air mati",
        "Yosafat Kolimon, [19/11/2026 14:05]\nAir mati",
        "[Diteruskan dari Yosafat Kolimon]\nAir mati",
    ],
)
def test_a_copied_message_loses_who_wrote_it(copied: str) -> None:
    assert texts(f"20/11/26 09.00 - Ani: {copied}\n20/11/26 09.01 - Ani: kata Yosafat Kolimon") in (
        ["Air mati", "kata …"],
        ["Air mati", "kata Yosafat Kolimon"],  # where the copy gave a number or another name
    )
    assert texts(f"20/11/26 09.00 - Ani: Kata RT:\n{copied}")[-1].endswith("Air mati"), (
        "a message of its own with a year"
    )


@pytest.mark.parametrize("hyphen", ["-", "\u2010", "\u2011", "\u2013", " ", "\u00a0", ""])
def test_a_members_number_goes_however_it_is_written(hyphen: str) -> None:
    shown = hyphen.join(("812", "0000", "1111"))
    chat = f"20/11/26 09.00 - +62 {shown}: Air mati\n20/11/26 09.01 - Ani: tanya 0{shown}, lapor ke 0813-2222-3333"
    assert texts(chat) == ["Air mati", "tanya …, lapor ke 0813-2222-3333"]


@pytest.mark.parametrize(
    ("line", "left"),
    [
        ("Surat Bu Ani.pdf • \u200e3 halaman \u200edokumen tidak disertakan", ""),
        ("Surat Bu Ani.pdf • 3 halaman dokumen tidak disertakan", ""),
        ("Pesan ini dihapus oleh admin Siti", ""),
        ("This message was deleted by admin Siti.", ""),
        ("Kios Contoh (Jl. Contoh No. 5, Kupang): https://foursquare.com/v/4b05", ""),
        ("https://maps.app.goo.gl/Qx7", ""),
        ("Banjir di Jalan Contoh https://maps.app.goo.gl/Qx7", "Banjir di Jalan Contoh"),
        ("Cek di kupang.example • air mati", "Cek di kupang.example • air mati"),
        ("lihat gambar.jpg (katanya asli)", "lihat gambar.jpg (katanya asli)"),
    ],
)
def test_what_names_a_person_or_a_place_by_its_form_goes(line: str, left: str) -> None:
    assert written_words([line]) == left


def test_a_place_on_several_lines_goes_and_what_was_written_stays() -> None:
    place = ["Kios Contoh", "Jl. Contoh No. 5, Kupang 85111", "https://maps.google.com/?q=-10.1,123.6"]
    assert written_words(place) == ""
    assert written_words(["Air mati di sini!", *place]) == "Air mati di sini!"


def test_names_of_ordinary_words_and_longer_names_stay() -> None:
    chat = "20/11/26 09.00 - BPBD Kota Kupang: Halo\n20/11/26 09.01 - Yosafat: Halo\n20/11/26 09.02 - Yosafat: {}\n"
    for said in ("BPBD Kota Kupang bilang banjir", "Wali kota Yosafat Kolimon mundur"):
        assert texts(chat.format(said))[-1] == said
    assert texts(chat.format("tanya Pak Yosafat saja"))[-1] == "tanya Pak … saja"


def test_a_day_with_a_zero_before_it_is_no_american_one() -> None:
    (entry,) = messages("01/12/24, 09:05 - Ani: Halo")
    assert entry.published_at == datetime.fromisoformat("2024-12-01 09:05+08:00")
    (entry,) = messages("1/12/24, 09:05 - Ani: Halo")
    assert entry.published_at == datetime.fromisoformat("2024-01-12 09:05+08:00")


def test_what_a_chat_holds_that_is_not_read_is_said() -> None:
    table = read_table(ANDROID.encode())
    assert table.notes == ("7 bagian tidak dibaca: baris tentang grup (4), lampiran (2), pesan yang dihapus (1)",)
    table = read_table(packed("_chat.txt", "IMG-1.jpg", "IMG-2.jpg"))
    assert table.notes[-1] == "2 berkas lampiran tidak dibaca"
