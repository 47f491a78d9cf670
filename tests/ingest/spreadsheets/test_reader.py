"""Tables of posts: spreadsheet formats, guessed columns, rows as entries, hostile files refused."""

from __future__ import annotations

import csv
import io
import time
import tracemalloc
import zipfile
from datetime import UTC, datetime

import pytest
from hypothesis import given, strategies as st
from openpyxl import Workbook

from hoax_tracker.clock import WITA
from hoax_tracker.errors import InvalidInputError
from hoax_tracker.ingest.parsers.entry import EngagementCounts, FeedEntry
from hoax_tracker.ingest.spreadsheets import reader
from hoax_tracker.ingest.spreadsheets.posts import guess_columns, read_posts_from_table
from hoax_tracker.ingest.spreadsheets.reader import SpreadsheetTable, read_table

NOW = datetime(2026, 11, 25, 2, 0, tzinfo=UTC)
EXPORT = (
    "Page Name;Post Created;Message;Likes;Comments;Shares;Post Views;URL\n"
    'Info Kupang Contoh;24/11/2026 08.15 WITA;"Air PDAM mati; sampai kapan?\nTolong bagikan";1.204;35;410;2,5 rb;'
    "https://sosial.example/p/1?utm_source=x\n"
    "Warga Contoh;23/11/2026 19:00;Besok pasar tutup;3;0;1;;https://sosial.example/p/2\n"
    ";;;;;;;\n"
    "Warga Contoh;23/11/2026 19:05;;3;0;1;;https://sosial.example/p/3\n"
)


def xlsx(*rows: list[object]) -> bytes:
    """A workbook whose first sheet is empty."""
    book = Workbook()
    sheet = book.create_sheet("unggahan")
    for row in rows:
        sheet.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def entries(content: bytes, **mapped: str) -> tuple[FeedEntry, ...]:
    table = read_table(content)
    return read_posts_from_table(table, guess_columns(table) | mapped, NOW).entries


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("sign", [";", "\t", "|"])
def test_a_table_in_any_encoding_and_with_any_separator(encoding: str, sign: str) -> None:
    text = EXPORT.replace("; sampai", "é sampai").replace(";", sign)
    first, second = entries(text.encode(encoding))
    assert first.text == "Air PDAM matié sampai kapan?\nTolong bagikan"
    assert first.author == "Info Kupang Contoh"
    assert first.url == "https://sosial.example/p/1"
    assert first.published_at == datetime(2026, 11, 24, 0, 15, tzinfo=UTC)
    assert first.counts == EngagementCounts(replies=35, likes=1204, shares=410, views=2500)
    assert second.counts == EngagementCounts(replies=0, likes=3, shares=1)


def test_a_row_without_words_is_named() -> None:
    table = read_table(EXPORT.encode())
    assert read_posts_from_table(table, guess_columns(table), NOW).problems == ("Entri 3: dilewati, karena tanpa isi",)


def test_excels_separator_line_is_no_row() -> None:
    assert [one.text for one in entries(b"sep=;\nTeks;Suka\nHalo, Kupang;2\n")] == ["Halo, Kupang"]


def test_a_workbook_gives_dates_and_numbers_as_they_are() -> None:
    head: list[object] = ["ID", "Caption", "Create Time", "Video Views", None]
    when = datetime.fromisoformat("2026-11-24T08:15")
    made = xlsx(head, [7123456789012345, "Antre minyak tanah", when, 12000.0, None], [])
    (one,) = entries(made)
    assert (one.feed_id, one.text) == ("7123456789012345", "Antre minyak tanah")
    assert one.published_at == datetime(2026, 11, 24, 0, 15, tzinfo=UTC)
    assert one.counts == EngagementCounts(views=12000)


@pytest.mark.parametrize(
    ("dates", "found"),
    [
        (["11/24/2026 8:00", "11/05/2026 9:00"], [(11, 24), (11, 5)]),
        (["24/11/2026 8:00", "05/11/2026 9:00"], [(11, 24), (11, 5)]),
        (["2026-11-24 08:00:00", "2026-11-05T09:00:00+08:00"], [(11, 24), (11, 5)]),
    ],
)
def test_the_order_of_day_and_month_is_that_of_the_column(dates: list[str], found: list[tuple[int, int]]) -> None:
    content = "teks,tanggal\n" + "".join(f"kabar {date},{date}\n" for date in dates)
    moments = [one.published_at for one in entries(content.encode())]
    assert [(one.month, one.day) for one in moments if one] == found


def test_where_no_name_helps_the_longest_cells_are_the_words() -> None:
    assert guess_columns(read_table(b"a,b,c\n1,kabar dari pasar,2\n2,lain lagi ceritanya,3\n")) == {"text": "b"}


def test_columns_may_be_named_otherwise() -> None:
    assert [one.text for one in entries(b"text,catatan\nsatu,dua\n", text="catatan")] == ["dua"]


def test_the_same_words_by_two_accounts_are_two_posts() -> None:
    first, second = entries(b"akun,isi\nsatu,Sebarkan!\ndua,Sebarkan!\n")
    assert first.feed_id != second.feed_id


WITH_PREFACE = """"Report:","Bulk Mentions Download"
"Brand:","Kupang"

"Query Id","Date","Title","Snippet","Url","Author","Full Text","Likes"
"20","2026-08-24 10:11:12.0","","Air …","https://x.com/a/status/1","warga","Air mati, katanya.","3.0"
"""


def test_lines_about_the_report_are_no_names_of_columns() -> None:
    (post,) = entries(WITH_PREFACE.encode())
    assert (post.text, post.author, post.url) == ("Air mati, katanya.", "warga", "https://x.com/a/status/1")
    assert post.counts is not None
    assert post.counts.likes == 3
    assert entries(xlsx(*csv.reader(io.StringIO(WITH_PREFACE)))) == (post,)


def test_a_single_column_keeps_its_commas() -> None:
    assert [one.text for one in entries(b"teks\nAir mati, katanya, sampai Senin\n")] == [
        "Air mati, katanya, sampai Senin"
    ]


@pytest.mark.parametrize("sign", [",", ";", "\t", "|"])
@pytest.mark.parametrize("above", ["Laporan hoaks\n\n", "Laporan hoaks, Kupang\n", "From:,Senin\nTo:,Selasa\n\n"])
def test_lines_about_the_report_do_not_say_what_parts_the_columns(above: str, sign: str) -> None:
    rows = ["Date,Author,Text,Url,Likes", *('2026-08-24,warga,"Air; mati, | katanya",https://x.example/1,3',) * 2]
    cells = csv.reader(rows)
    saved = io.StringIO()
    csv.writer(saved, delimiter=sign).writerows(cells)
    table = read_table((above + saved.getvalue()).encode())
    assert table.columns == ("Date", "Author", "Text", "Url", "Likes")
    assert [row[2] for row in table.rows] == ["Air; mati, | katanya"] * 2


@pytest.mark.parametrize(
    "row",
    [
        "Air keran, kota, beracun, kata, warga",
        "Air keran, kota, beracun, kata, warga\nAir keran, pesan, waktu, isi, nama",
        "Air keran, pesan, waktu, isi, nama\nAir keran, pesan, waktu, isi, nama",
    ],
)
@pytest.mark.parametrize("header", ["Judul,Isi", "Judul;Isi", "Teks"])
def test_a_row_with_many_commas_is_not_taken_for_the_names(header: str, row: str) -> None:
    table = read_table(f"{header}\nSatu,isi satu\n{row}\nDua,isi dua\n".encode())
    assert table.columns == tuple(header.replace(";", ",").split(","))
    assert len(table.rows) == 3 + row.count("\n")


def test_names_below_a_line_about_the_report_are_no_row_where_there_is_none() -> None:
    with pytest.raises(InvalidInputError):
        read_table(b"Laporan:,hoaks\nDate,Author,Text,Url,Likes\n")


def test_a_single_column_keeps_its_commas_in_every_row() -> None:
    rows = ["Air, isi, mati, katanya, warga", "Air, keran, mati, katanya, warga"]
    for name in ("teks", "Catatan kami"):
        assert read_table("\n".join([name, *rows]).encode()).rows == tuple((row,) for row in rows)


@pytest.mark.parametrize(
    ("header", "wanted"),
    [
        (
            "authorMeta.name,text,diggCount,shareCount,playCount,commentCount,createTime,createTimeISO,webVideoUrl,id",
            "text,url=webVideoUrl,id,author=authorMeta.name,published=createTimeISO,likes=diggCount,shares=shareCount"
            ",replies=commentCount,views=playCount",
        ),
        (
            "id,url,text,fullText,retweetCount,replyCount,likeCount,viewCount,createdAt,author/userName",
            "text=fullText,url,id,author=author/userName,published=createdAt,likes=likeCount,shares=retweetCount"
            ",replies=replyCount,views=viewCount",
        ),
        (
            "Post ID,Page name,Title,Description,Publish time,Permalink,Date,Impressions,Reactions,Comments,Shares",
            "text=Description,title=Title,url=Permalink,id=Post ID,author=Page name,published=Publish time"
            ",likes=Reactions,shares=Shares,replies=Comments,views=Impressions",
        ),
        (
            "Date,Document ID,URL,Author Name,Title,Opening Text,Hit Sentence,Reach,Likes,Replies,Reposts,Views",
            "text=Hit Sentence,title=Title,url=URL,id=Document ID,author=Author Name,published=Date,likes=Likes"
            ",shares=Reposts,replies=Replies,views=Views",
        ),
    ],
)
def test_columns_as_tools_call_them(header: str, wanted: str) -> None:
    found = guess_columns(read_table(f"{header}\n{','.join('1' * (header.count(',') + 1))}\n".encode()))
    named = (one.partition("=") for one in wanted.split(","))
    assert found == {field: column or field for field, _, column in named}


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("2026-08-24 10:11:12 EDT", "2026-08-24T14:11:12"),
        ("2026-01-24 10:11:12 PST", "2026-01-24T18:11:12"),
        ("2026-08-24 10:11:12 WIB", "2026-08-24T03:11:12"),
        ("24-Aug-2026 01:03PM", "2026-08-24T05:03:00"),
        ("24/8/2026 12:05 a.m.", "2026-08-23T16:05:00"),
        ("2026-08-24 2:05:06 PM", "2026-08-24T06:05:06"),
        ("Mon Aug 24 10:11:12 +0000 2026", "2026-08-24T10:11:12"),
        ("Aug 24, 2026 10:11 AM", "2026-08-24T02:11:00"),
        ("August 24, 2026", "2026-08-23T16:00:00"),
        ("2026/8/4 10:11", "2026-08-04T02:11:00"),
        ("24/08/26 10.11", "2026-08-24T02:11:00"),
        ("1787566272000", "2026-08-24T10:11:12"),
        ("1787566272.0", "2026-08-24T10:11:12"),
    ],
)
def test_dates_as_tools_write_them(written: str, found: str) -> None:
    (post,) = entries(f'teks;waktu\nAir mati;"{written}"\n'.encode())
    assert post.published_at == datetime.fromisoformat(f"{found}+00:00")


def test_a_year_of_two_digits_that_may_stand_first_is_not_read() -> None:
    (post,) = entries(b"teks;waktu\nAir mati;26-11-24\n")
    assert post.published_at is None


def test_a_cell_too_long_for_a_date_is_none_at_once() -> None:
    started = time.process_time()
    (post,) = entries(f"teks;waktu\nAir mati;{'a' * 30_000}\n".encode())
    assert post.published_at is None
    assert time.process_time() - started < 1


def test_names_of_columns_are_each_once() -> None:
    assert read_table(b"a,,a,,\n1,2,3,4,5\n").columns == ("a", "Kolom 2", "a (2)")


def test_rows_beyond_the_limit_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "MOST_ROWS", 2)
    table = read_table(b"isi\n1a\n2a\n3a\n4a\n")
    assert (len(table.rows), table.left_out) == (2, 2)
    assert "2 baris terakhir tidak dibaca" in read_posts_from_table(table, guess_columns(table), NOW).problems[0]


def problems_of(content: bytes) -> tuple[str, ...]:
    table = read_table(content)
    return read_posts_from_table(table, guess_columns(table), NOW).problems


def test_cells_beyond_the_last_column_are_named_by_their_rows() -> None:
    """As of a text with a comma and without quotation marks."""
    (said,) = problems_of(b"isi,suka\nair mati,1\nair mati, katanya,2\nsatu,3,,\ndua,4,5,6\n")
    assert said == "Isi di kanan kolom terakhir tidak dibaca pada 2 entri: 2, 4"
    (said,) = problems_of(b"isi,suka\n" + b"air,1,2\n" * 50)
    assert said.startswith("Isi di kanan kolom terakhir tidak dibaca pada 50 entri: 1, 2, ")
    assert said.endswith(", 20, …")
    (said,) = problems_of(xlsx(["isi", "suka"], ["satu", 1, "catatan"], ["dua", 2, None]))
    assert said.endswith("pada 1 entri: 1")
    wide: list[object] = [f"k{place}" for place in range(reader.MOST_COLUMNS + 1)]
    assert read_table(xlsx(["isi", *wide[1:]], wide)).cut == (1,)


def test_what_else_of_a_file_is_not_read_is_said() -> None:
    book = Workbook()
    for name, rows in {"satu": [["isi"], ["air mati"]], "kosong": [], "dua": [["isi"], ["pasar tutup"]]}.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    file = io.BytesIO()
    book.save(file)
    assert problems_of(file.getvalue()) == ("Lembar lain tidak dibaca: dua",)
    broken = io.BytesIO()
    with zipfile.ZipFile(file) as held, zipfile.ZipFile(broken, "w") as written:
        for part in held.infolist():
            content = held.read(part)
            if part.filename.endswith("sheet4.xml"):
                content = content.replace(b't="inlineStr"><is><t>isi</t></is>', b't="n"><v>1,5</v>')
            written.writestr(part, content)
    assert [one.text for one in entries(broken.getvalue())] == ["air mati"], "what is only named need not be readable"
    assert problems_of(WITH_PREFACE.encode()) == (
        "2 baris di atas nama kolom dilewati",
        "2 kolom tidak dibaca: Query Id, Snippet",
    )


def test_what_is_cut_is_said_before_other_problems(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of many problems only the first are shown."""
    monkeypatch.setattr(reader, "MOST_ROWS", 100)
    said = problems_of(b"isi,suka\n" + b",1,x\n" * 200)
    assert said[0] == "100 baris terakhir tidak dibaca: bagi tabelnya"
    assert "pada 100 entri" in said[1]


def test_a_count_or_a_link_that_cannot_be_read_is_named() -> None:
    content = b"isi;suka;tautan\nair mati;12 orang;\nlagi;-;sosial.example/p/1\nlain;n/a;lihat di sini\n"
    first, second, third = entries(content)
    assert [one.url for one in (first, second, third)] == [None, None, None]
    assert problems_of(content) == (
        "Entri 1: jumlah «12 orang» tidak terbaca",
        "Entri 2: tautan «sosial.example/p/1» tidak terbaca",
        "Entri 3: tautan «lihat di sini» tidak terbaca",
    )


def test_of_very_many_rows_no_more_are_read_than_tell_that_there_are_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "MOST_ROWS", 2)
    monkeypatch.setattr(reader, "ROWS_COUNTED_BEYOND", 3)
    monkeypatch.setattr(reader, "PREFACE_MOST", 1)
    read: list[str] = []
    whole = reader.cell_text
    monkeypatch.setattr(reader, "cell_text", lambda cell: (read.append(cell), whole(cell))[1])
    table = read_table(b"isi\n" + b"".join(b"%da\n" % number for number in range(100)))
    assert (len(table.rows), table.left_out, len(read)) == (2, 3, 6)
    assert (
        "3 baris terakhir atau lebih tidak dibaca"
        in read_posts_from_table(table, guess_columns(table), NOW).problems[0]
    )


@pytest.mark.parametrize(
    ("column", "found"),
    [
        ("45621,46000.5,", ["2024-11-25 00:00", "2025-12-09 12:00", None]),
        ('45621,"46000,25",', ["2024-11-25 00:00", "2025-12-09 06:00", None]),
        ("45621,besok", [None, None]),
        ("1732600000,45621", ["2024-11-26 13:46", None]),
        ("12345,45621", [None, None]),
    ],
)
def test_days_as_excel_counts_them_are_dates_where_the_whole_column_is_such(column: str, found: list[str]) -> None:
    times = next(csv.reader([column]))
    rows = [["isi", "waktu"], *([f"kabar {number}", time] for number, time in enumerate(times))]
    saved = io.StringIO()
    csv.writer(saved).writerows(rows)
    at = [one.published_at and one.published_at.astimezone(WITA) for one in entries(saved.getvalue().encode())]
    assert [one and f"{one:%Y-%m-%d %H:%M}" for one in at] == found


def with_part(name: str, content: bytes, blanks: int = 0) -> bytes:
    """A workbook with a part more, which begins with blanks."""
    file = io.BytesIO(xlsx(["isi"], ["kabar"]))
    with zipfile.ZipFile(file, "a", zipfile.ZIP_DEFLATED) as held:
        held.writestr(name, b" " * blanks + content)
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "kosong"),
        (b"isi,suka\n", "kosong"),
        (b"PK\x03\x04 no zip", "tidak dapat dibaca"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", ".xls"),
        (b'isi\n"' + b"x" * 200_000, "bukan tabel"),
        (with_part("xl/extra.xml", b'<!DOCTYPE x [<!ENTITY a "aaaa">]><x>&a;</x>'), "tidak aman"),
        (with_part("xl/far.xml", b"<!DOCTYPE x><x/>", blanks=2**16 - 4), "tidak aman"),
        (xlsx(), "kosong"),
    ],
)
def test_what_is_no_table_is_refused_in_words(content: bytes, words: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        read_table(content)
    assert words in str(caught.value.user_message)
    assert caught.value.field == "file"


@pytest.mark.parametrize(
    ("name", "blanks"),
    [("xl/media/bomb.bin", reader.UNPACKED_LIMIT_BYTES), ("xl/sharedStrings2.xml", reader.SHARED_LIMIT_BYTES)],
)
def test_what_unpacks_to_too_much_is_refused_in_words(name: str, blanks: int) -> None:
    with pytest.raises(InvalidInputError) as caught:
        read_table(with_part(name, b"x", blanks))
    assert "terlalu besar" in str(caught.value.user_message)
    assert caught.value.field == "file"


def test_a_large_part_is_not_unpacked_at_once() -> None:
    content = with_part("xl/extra.xml", b"", blanks=100 * 2**20)
    tracemalloc.start()
    try:
        assert read_table(content).rows == (("kabar",),)
        assert tracemalloc.get_traced_memory()[1] < 30 * 2**20
    finally:
        tracemalloc.stop()


@given(st.binary(max_size=300))
def test_any_bytes_are_a_table_or_refused(content: bytes) -> None:
    try:
        table = read_table(content)
    except InvalidInputError:
        return
    assert all(len(row) == len(table.columns) for row in table.rows)
    read_posts_from_table(table, guess_columns(table), NOW)


@given(st.lists(st.lists(st.text(max_size=12), min_size=3, max_size=3), min_size=1, max_size=5))
def test_any_cells_are_posts_or_left_out(rows: list[list[str]]) -> None:
    table = SpreadsheetTable(("text", "date", "likes"), tuple(tuple(row) for row in rows))
    feed = read_posts_from_table(table, guess_columns(table), NOW)
    assert len(feed.entries) <= len(rows)
