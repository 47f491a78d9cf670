"""Whatever a file makes its parser do ends with the process that reads it, is said in words, and costs little else."""

from __future__ import annotations

import io
import os
import resource
import struct
import subprocess
import sys
import tempfile
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pikepdf
import pytest
from apiflask import APIFlask
from flask_babel import force_locale
from openpyxl import Workbook
from PIL import Image

from hoax_tracker.core.content import confined_reading
from hoax_tracker.core.content.confined_reading import ConfinedReader
from hoax_tracker.core.content.images import reencode_picture
from hoax_tracker.core.paths import PACKAGE_FOLDER
from hoax_tracker.errors import FileTooLargeError, InvalidInputError, ServiceBusyError
from hoax_tracker.ingest.spreadsheets.reader import CPU_SECONDS, read_uploaded_table
from hoax_tracker.review.evidence.safe_files import make_safe_file

pytestmark = [pytest.mark.process, pytest.mark.usefixtures("app")]


def reader(name: str, **limits: int) -> ConfinedReader:
    return ConfinedReader(f"{__name__}:{name}", field="file", unreadable="Berkas itu rusak.", **limits)


def echo(data: bytes, *arguments: str) -> bytes:
    return data + " ".join(arguments).encode()


def tell_environment(_data: bytes) -> bytes:
    return "\n".join(os.environ).encode()


def test_no_reader_waits_for_the_program_to_load() -> None:
    files = [path for path in PACKAGE_FOLDER.rglob("*.py") if " = ConfinedReader(" in path.read_text(encoding="utf-8")]
    modules = [".".join(path.relative_to(PACKAGE_FOLDER.parent).with_suffix("").parts) for path in files]
    assert "hoax_tracker.core.content.pdf_objects" in modules
    loaded = f"import sys, {', '.join(modules)}; print('hoax_tracker.models' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True)
    assert told.stdout == "False\n"


def loop(_data: bytes) -> bytes:
    while True:
        pass


def grow(_data: bytes) -> bytes:
    held = [bytearray(2**24)]
    while True:
        held.append(bytearray(2**24))


def crash(_data: bytes) -> bytes:
    os.abort()


def fail(data: bytes) -> bytes:
    raise KeyError(data)


def write(_data: bytes) -> bytes:
    with tempfile.TemporaryFile() as file:
        file.write(b"x")
    return b""


def refuse(data: bytes) -> bytes:
    from flask_babel import gettext as _

    kind = FileTooLargeError if data else InvalidInputError
    raise kind("no", user_message=_("Pilih berkasnya dulu."), field="picture")


@pytest.mark.slow
def test_what_a_reader_returns_comes_back_unchanged() -> None:
    every_byte = bytes(range(256)) * 5000
    assert reader("echo").read(every_byte, "satu", "dua") == every_byte + b"satu dua"


@pytest.mark.slow
def test_a_reader_sees_no_setting_and_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOAX_TRACKER_SECRET_KEY", "rahasia")
    monkeypatch.setenv("DATABASE_URL", "postgresql://user:rahasia@host/db")
    names = reader("tell_environment").read(b"").decode().split("\n")
    assert "PATH" in names
    assert [name for name in names if name.startswith(("HOAX", "DATABASE"))] == []


@pytest.mark.slow
def test_a_refusal_keeps_its_kind_field_and_language() -> None:
    for data, kind, status in ((b"", InvalidInputError, 422), (b"x", FileTooLargeError, 413)):
        for language, words in (("id", "Pilih berkasnya dulu."), ("en", "Choose the file first.")):
            with force_locale(language), pytest.raises(kind) as caught:
                reader("refuse").read(data)
            assert (caught.value.status, caught.value.field) == (status, "picture")
            assert str(caught.value.user_message) == words


@pytest.mark.slow
@pytest.mark.parametrize("name", ["crash", "fail", "write", "no_such_function"])
def test_a_reader_that_fails_says_that_the_file_is_unreadable(name: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        reader(name).read(b"Maria Bere")
    assert (caught.value.user_message, caught.value.field) == ("Berkas itu rusak.", "file")
    assert "Maria" not in repr(caught.value) + repr(caught.value.__cause__)


@pytest.mark.slow
@pytest.mark.needs("posix")
@pytest.mark.parametrize("name", ["loop", "grow"])
def test_a_reader_that_needs_too_much_ends_and_says_so(name: str) -> None:
    with cost_at_most(name, 3.0), pytest.raises(InvalidInputError) as caught:
        reader(name, cpu_seconds=1).read(b"")
    assert "terlalu rumit" in str(caught.value.user_message)


def test_where_no_limit_holds_the_waiting_time_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confined_reading, "_SECONDS_A_CPU_SECOND", 0.05)
    begun = time.monotonic()
    with pytest.raises(InvalidInputError) as caught:
        reader("loop", cpu_seconds=20).read(b"")
    assert time.monotonic() - begun < 10
    assert "terlalu rumit" in str(caught.value.user_message)


@pytest.mark.slow
def test_others_are_waited_for_and_then_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confined_reading, "WAIT_FOR_OTHERS_S", 0.01)
    one = reader("echo")
    with one._turn(), pytest.raises(ServiceBusyError):
        one.read(b"x")
    with pytest.raises(InvalidInputError):
        ConfinedReader(f"{__name__}:fail", field="file", unreadable="").read(b"x")
    assert one.read(b"x") == b"x", "an error lets the next one in"


@contextmanager
def cost_at_most(what: str, cpu_s: float) -> Iterator[None]:
    """Print what the processes of a block needed, and hold them to it."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    own, begun = time.process_time(), time.monotonic()
    yield
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    own = time.process_time() - own
    print(f"{what}: {cpu:.2f} s of its process, {own:.2f} s of ours, {time.monotonic() - begun:.1f} s")  # noqa: T201
    assert cpu < cpu_s
    assert own < 0.5, "the web process only waits"


def workbook(rows: int, columns: int) -> bytes:
    book = Workbook(write_only=True)
    sheet = book.create_sheet("unggahan")
    sheet.append(["isi", *(f"kolom {number}" for number in range(columns - 1))])
    for number in range(rows):
        sheet.append([f"kabar {number}", *range(columns - 1)])
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def with_sheet(rows: Callable[[], Iterator[str]]) -> bytes:
    """A workbook whose sheet is written by hand."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook(1, 1))) as held, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as out:
        for part in held.infolist():
            if "worksheets/sheet" not in part.filename:
                out.writestr(part, held.read(part))
                continue
            with out.open(part.filename, "w") as sheet:
                sheet.write(b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>')
                for row in rows():
                    sheet.write(row.encode())
                sheet.write(b"</sheetData></worksheet>")
    return made.getvalue()


def cells_beyond_count() -> bytes:
    """About five megabytes of filled cells: read in a web process, they held it for two minutes."""
    row = "".join(f"<c><v>{number}</v></c>" for number in range(150))
    return with_sheet(lambda: (f'<row r="{number}">{row}</row>' for number in range(1, 40_001)))


def far_cells() -> bytes:
    """Five kilobytes: in each row one cell in Excel's last column."""
    return with_sheet(lambda: (f'<row r="{n}"><c r="XFD{n}"><v>1</v></c></row>' for n in range(1, 3_001)))


def far_rows() -> bytes:
    """Two cells, with a billion rows in between that the reader makes up."""
    return with_sheet(lambda: iter(['<row r="1"><c><v>1</v></c></row>', '<row r="999999999"><c><v>1</v></c></row>']))


def many_parts() -> bytes:
    """An archive of sixty thousand entries."""
    made = io.BytesIO(workbook(1, 1))
    with zipfile.ZipFile(made, "a") as archive:
        for number in range(60_000):
            archive.writestr(f"xl/a{number}.xml", b"")
    return made.getvalue()


def many_files() -> bytes:
    """A chat among sixty thousand pictures."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("_chat.txt", "20/11/26 09.00 - Ani: Air mati\n")
        for number in range(60_000):
            archive.writestr(f"IMG-{number}.jpg", b"")
    return made.getvalue()


def zeros_in_a_sheet() -> bytes:
    """A small archive that unpacks to 140 MB of blanks."""
    return with_sheet(lambda: (" " * 2**20 for _ in range(140)))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("make", "words", "cpu_s"),
    [
        (cells_beyond_count, "terlalu banyak bagian", CPU_SECONDS + 2),
        (far_cells, "", 4),
        (far_rows, "terlalu banyak bagian", 8),
        (many_parts, "terlalu banyak bagian", 4),
        (many_files, "terlalu banyak bagian", 4),
        (zeros_in_a_sheet, "", 6),
    ],
)
def test_a_table_costs_no_more_than_it_may(make: Callable[[], bytes], words: str, cpu_s: float) -> None:
    content = make()
    with cost_at_most(f"{make.__name__}, {len(content):,} bytes", cpu_s):
        said = refusal(lambda: read_uploaded_table(content))
    assert words in said or "terlalu rumit" in said


def refusal(read: Callable[[], object]) -> str:
    """Read a file, and return the words in which it is refused, "" where it is not."""
    try:
        read()
    except InvalidInputError as error:
        return str(error.user_message)
    return ""


def pdf_of_objects(number: int) -> bytes:
    with pikepdf.new() as made:
        made.add_blank_page()
        made.Root.Kept = pikepdf.Array([made.make_indirect(pikepdf.Dictionary(A=1)) for _ in range(number)])
        file = io.BytesIO()
        made.save(file, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    return file.getvalue()


@pytest.mark.slow
def test_a_pdf_of_very_many_objects_is_refused_in_words() -> None:
    content = pdf_of_objects(200_000)
    with cost_at_most(f"200,000 objects, {len(content):,} bytes", 8), pytest.raises(InvalidInputError) as caught:
        make_safe_file(content, "surat.pdf")
    assert "paling banyak 50.000 objek PDF" in str(caught.value.user_message)
    assert make_safe_file(pdf_of_objects(2_000), "surat.pdf").media_type == "application/pdf"


def jpeg_of_passes(side: int, passes: int) -> bytes:
    """A JPEG that is drawn again and again: its last pass, which adds nothing, is repeated."""
    out = io.BytesIO()
    Image.new("L", (side, side), 90).save(out, "JPEG", progressive=True, quality=5)
    whole = out.getvalue()
    last = whole.rindex(b"\xff\xda")
    return whole[:-2] + whole[last:-2] * passes + whole[-2:]


def png_of_zeros(width: int, height: int) -> bytes:
    """A PNG that says that it is small and holds more rows than that."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + content))
        return struct.pack(">I", len(content)) + kind + content + check

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    body = chunk(b"IDAT", zlib.compress(bytes(200 * 2**20), 9))
    return b"\x89PNG\r\n\x1a\n" + head + body + chunk(b"IEND", b"")


@pytest.mark.slow
@pytest.mark.parametrize(
    "make", [lambda: jpeg_of_passes(3_990, 400), lambda: png_of_zeros(400, 400)], ids=["JPEG drawn 400 times", "PNG"]
)
def test_a_picture_costs_no_more_than_it_may(make: Callable[[], bytes]) -> None:
    content = make()
    with cost_at_most(f"a picture of {len(content):,} bytes", confined_reading.CPU_SECONDS + 2):
        said = refusal(lambda: reencode_picture(content, longest_side=1_600, quality=75))
    assert not said or "terlalu rumit" in said or "bukan gambar" in said


def test_a_small_file_is_not_slowed_much(app: APIFlask) -> None:
    with cost_at_most("a small CSV", 3):
        assert read_uploaded_table(b"isi\nair mati\n").rows == (("air mati",),)
    content = workbook(20, 8)
    with cost_at_most("a small XLSX", 3):
        assert len(read_uploaded_table(content).rows) == 20
