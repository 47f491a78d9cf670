"""A screenshot is read within limits, shown for correction, and not stored."""

from __future__ import annotations

import io
import os
import re
import stat
import tempfile
import tracemalloc
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
import sqlalchemy as sa
from apiflask import APIFlask
from flask.testing import FlaskClient
from PIL import Image
from werkzeug import formparser
from werkzeug.test import TestResponse

from hoax_tracker.check.answers import screenshot_ocr
from hoax_tracker.check.answers.screenshot_ocr import read_picture_text
from hoax_tracker.check.counting import question_tally
from hoax_tracker.check.views import check
from hoax_tracker.core.content import images
from hoax_tracker.errors import FileTooLargeError, InvalidInputError, ServiceBusyError
from hoax_tracker.models import CheckQuery, db
from tests.check import shots
from tests.check.conftest import MESSAGE, AppWith, Publish, kept

MANY = 50 * 2**20


@pytest.fixture
def page(app: APIFlask) -> Iterator[None]:
    """A request, in whose language errors are told."""
    with app.test_request_context("/"):
        yield


def send(client: FlaskClient, data: bytes, name: str = "layar.png", **fields: str) -> TestResponse:
    """Send a picture by the box."""
    part = f'--b\r\nContent-Disposition: form-data; name="gambar"; filename="{name}"\r\n\r\n'.encode() + data
    typed = [f'--b\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{text}' for key, text in fields.items()]
    # Written here: Werkzeug's own client would write a large one into a file.
    body = b"\r\n".join([part, *(one.encode() for one in typed), b"--b--\r\n"])
    return client.post("/cek", data=body, content_type="multipart/form-data; boundary=b")


def box(response: TestResponse) -> str:
    """What stands in the box."""
    found = re.search(r"<textarea[^>]*>\n(.*?)</textarea>", response.get_data(as_text=True), re.DOTALL)
    assert found
    return unescape(found[1])


def read_text(response: TestResponse) -> str:
    """The text of a picture as its answer shows it."""
    clipped = re.search(r'<p class="wrote">(.*?)</p>', response.get_data(as_text=True), re.DOTALL)
    assert clipped
    return unescape(re.sub("<[^>]+>", "", clipped[1]))


@pytest.mark.needs("tesseract")
@pytest.mark.parametrize("form", images.PICTURE_FORMATS)
@pytest.mark.parametrize("colours", [shots.LIGHT_COLOURS, shots.DARK_COLOURS])
@pytest.mark.usefixtures("page")
@pytest.mark.process
def test_a_screenshot_is_read(form: str, colours: tuple[str, str]) -> None:
    text = read_picture_text(shots.draw_screenshot(MESSAGE, form, colours))
    assert text.split() == MESSAGE.split()


@pytest.mark.slow
@pytest.mark.needs("tesseract")
@pytest.mark.usefixtures("page")
@pytest.mark.process
def test_a_small_a_turned_and_a_clear_picture_are_read_too() -> None:
    assert read_picture_text(shots.draw_screenshot(MESSAGE, width=400)).split() == MESSAGE.split()
    upright = Image.open(io.BytesIO(shots.draw_screenshot(MESSAGE)))
    exif = Image.Exif()
    exif[0x0112] = 6  # held on its side
    turned = shots.encode_picture(upright.transpose(Image.Transpose.ROTATE_90), "JPEG", exif=exif, quality=95)
    assert read_picture_text(turned).split() == MESSAGE.split()
    clear = upright.convert("RGBA")
    clear.putalpha(Image.eval(upright.convert("L"), lambda shade: 255 - shade))
    assert read_picture_text(shots.encode_picture(clear)).split() == MESSAGE.split()


@pytest.mark.needs("tesseract")
@pytest.mark.process
def test_a_picture_goes_straight_to_its_answer_and_what_was_read_can_be_corrected(
    publish: Publish, client: FlaskClient
) -> None:
    publish(title="Air PDAM tetap mengalir")
    response = send(client, shots.draw_screenshot(MESSAGE))
    page = response.get_data(as_text=True)
    assert response.status_code == 200
    assert '<h1 class="fact" id="fakta">Air PDAM tetap mengalir</h1>' in page
    assert "Dibaca komputer dari gambar Anda, yang tidak kami simpan." in page
    assert response.headers["Cache-Control"] == "private, no-cache"
    corrected = client.post("/cek", data={"teks": MESSAGE, "perbaiki": "ya"})
    assert "Ini yang terbaca dari gambar Anda" in corrected.get_data(as_text=True)
    assert box(corrected) == MESSAGE
    typed = client.post("/cek", data={"teks": MESSAGE}).get_data(as_text=True)
    assert "Dibaca komputer" not in typed
    question_tally().write()
    assert kept(lambda: db.session.scalar(sa.select(sa.func.sum(CheckQuery.count)))) == 2


@pytest.mark.needs("tesseract")
@pytest.mark.process
def test_what_was_typed_beside_a_picture_stays(client: FlaskClient) -> None:
    shown = read_text(send(client, shots.draw_screenshot(MESSAGE), teks="dari grup RT"))
    assert shown.startswith("dari grup RT\n\n")
    assert shown.split()[3:] == MESSAGE.split()


BAD = {
    "a PDF": (b"%PDF-1.7\n1 0 obj", "berkas PDF"),
    "a PDF behind a blank line": (b"\n%PDF-1.4", "berkas PDF"),
    "a text": (b"air mati total", "bukan gambar"),
    "a web page": (b"<!doctype html><script>alert(1)</script>", "bukan gambar"),
    "an SVG": (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "bukan gambar"),
    "nothing at all": (b"", "bukan gambar"),
    "a broken PNG": (shots.draw_screenshot("air mati")[:300], "bukan gambar"),
    "a header only": (b"\x89PNG\r\n\x1a\n", "bukan gambar"),
    "TIFF, which we do not take": (b"II*\x00" + bytes(100), "bukan gambar"),
    "a line": (shots.encode_picture(Image.new("L", (60_000, 1), 255)), "Tidak ada tulisan"),
    "one pixel": (shots.encode_picture(Image.new("L", (1, 1))), "Tidak ada tulisan"),
    "an image of nothing": (shots.draw_noise(), "Tidak ada tulisan"),
    "a white image": (shots.encode_picture(Image.new("RGB", (600, 900), "white")), "Tidak ada tulisan"),
}


@pytest.mark.needs("tesseract")
@pytest.mark.parametrize("name", [*BAD, *shots.BOMBS])
@pytest.mark.process
def test_what_is_no_screenshot_is_told_what_to_do(client: FlaskClient, name: str) -> None:
    data, told = (shots.BOMBS[name](), "terlalu luas") if name in shots.BOMBS else BAD[name]
    response = send(client, data, teks="yang sudah saya ketik")
    assert response.status_code == 422
    assert told in response.get_data(as_text=True)
    assert box(response) == "yang sudah saya ketik", "nothing that was typed is lost"


@pytest.mark.parametrize("name", shots.BOMBS)
@pytest.mark.usefixtures("page")
def test_a_bomb_is_never_decoded(name: str) -> None:
    bomb = shots.BOMBS[name]()
    Image.init()
    tracemalloc.start()
    try:
        with pytest.raises(InvalidInputError):
            read_picture_text(bomb)
        assert tracemalloc.get_traced_memory()[1] < 2**20
    finally:
        tracemalloc.stop()


@pytest.mark.needs("tesseract")
def test_fifty_megabytes_are_not_taken_in(client: FlaskClient) -> None:
    response = send(client, b"\x89PNG\r\n\x1a\n" + bytes(MANY), teks=MESSAGE)
    assert response.status_code == 413
    assert "paling besar 8 MB" in response.get_data(as_text=True)
    assert box(response) == MESSAGE, "what was typed is not lost"
    assert send(client, bytes(65 * 2**20)).status_code == 413


@pytest.mark.usefixtures("page")
def test_a_file_just_over_the_limit_is_too_large() -> None:
    with pytest.raises(FileTooLargeError):
        read_picture_text(bytes(images.PICTURE_LIMIT_BYTES + 1))


def test_other_pages_keep_their_own_limit(client: FlaskClient) -> None:
    assert client.post("/lapor", data={"teks": "a" * 3 * 2**20}).status_code == 413


@pytest.mark.needs("tesseract")
@pytest.mark.process
def test_a_picture_is_kept_nowhere(client: FlaskClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def refused(*_: object, **__: object) -> None:
        raise AssertionError("a file was opened for a picture")

    for module in (formparser, tempfile):
        for name in ("TemporaryFile", "SpooledTemporaryFile", "mkstemp"):
            monkeypatch.setattr(module, name, refused, raising=False)
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    # Larger than what Werkzeug keeps in memory by itself.
    large = shots.encode_picture(
        Image.open(io.BytesIO(shots.draw_screenshot(MESSAGE, width=1400))), "PNG", compress_level=0
    )
    assert len(large) > 2**21
    assert read_text(send(client, large)).split() == MESSAGE.split()
    assert list(folder.iterdir()) == []


@pytest.mark.needs("tesseract")
@pytest.mark.usefixtures("page")
@pytest.mark.process
def test_reading_ends_in_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = tmp_path / "tesseract"
    slow.write_text("#!/bin/sh\nexec tail -f /dev/null\n")
    slow.chmod(stat.S_IRWXU)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(screenshot_ocr, "READ_WITHIN_S", 0.2)
    monkeypatch.setattr(screenshot_ocr, "tesseract_language", lambda: "ind")
    with pytest.raises(InvalidInputError) as caught:
        read_picture_text(shots.draw_screenshot(MESSAGE))
    assert "tidak selesai dibaca" in str(caught.value.user_message)
    assert caught.value.__cause__ is None, "its text would repeat what was being read"


@pytest.mark.usefixtures("page")
def test_one_picture_is_read_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(screenshot_ocr, "WAIT_FOR_OTHERS_S", 0.01)
    with screenshot_ocr._one_at_a_time, pytest.raises(ServiceBusyError):
        read_picture_text(shots.draw_screenshot(MESSAGE))
    assert screenshot_ocr._one_at_a_time.acquire(blocking=False), "it is free again"
    screenshot_ocr._one_at_a_time.release()


@pytest.mark.usefixtures("one_moment")
def test_too_many_pictures_keep_the_message(client_with: AppWith, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check.screenshot_ocr, "can_read_pictures", lambda: True)
    client = client_with(pictures_per_minute=1)
    assert send(client, b"x").status_code == 422
    response = send(client, b"x", teks="tetap ada")
    assert response.status_code == 429
    assert int(response.headers["Retry-After"]) >= 1
    assert box(response) == "tetap ada"
    assert "Gambarnya tidak ikut tersimpan: pilih gambarnya sekali lagi." in response.get_data(as_text=True)


def test_the_box_says_where_no_pictures_are_read(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(screenshot_ocr, "tesseract_language", lambda: None)
    screenshot_ocr.can_read_pictures.cache_clear()
    try:
        page = client.get("/").get_data(as_text=True)
        assert 'name="gambar"' not in page
        assert "Gambar belum dapat dibaca di sini: ketik kalimatnya." in page
        assert "tangkapan layar</label>" not in page
        response = send(client, shots.draw_screenshot(MESSAGE))
        assert (response.status_code, "Gambar belum dapat dibaca di sini." in response.get_data(as_text=True)) == (
            422,
            True,
        )
    finally:
        screenshot_ocr.can_read_pictures.cache_clear()


@pytest.mark.process
def test_a_program_that_hangs_reads_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    slow = tmp_path / "tesseract"
    slow.write_text("#!/bin/sh\nexec tail -f /dev/null\n")
    slow.chmod(stat.S_IRWXU)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(screenshot_ocr, "READ_WITHIN_S", 0.2)
    screenshot_ocr.tesseract_language.cache_clear()
    try:
        assert screenshot_ocr.tesseract_language() is None
    finally:
        screenshot_ocr.tesseract_language.cache_clear()


def test_without_the_program_there_is_no_language(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    screenshot_ocr.tesseract_language.cache_clear()
    try:
        assert screenshot_ocr.tesseract_language() is None
    finally:
        screenshot_ocr.tesseract_language.cache_clear()
