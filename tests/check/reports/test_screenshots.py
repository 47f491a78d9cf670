"""A report's screenshot is re-encoded, sealed, and for officers alone; other files are refused without data loss."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from apiflask import APIFlask
from flask.testing import FlaskClient
from PIL import Image
from werkzeug.test import TestResponse

from hoax_tracker.check.answers import screenshot_ocr as pictures_module
from hoax_tracker.check.reports import submission
from hoax_tracker.check.reports.submission import new_form_key, reencode_screenshot
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.content import confined_reading, images
from hoax_tracker.core.encryption import decrypt_bytes
from hoax_tracker.core.web import downloads
from hoax_tracker.errors import InvalidInputError
from hoax_tracker.models import ClaimAppearance, Officer, Report, ReportPicture, RoleName, db
from tests import factories
from tests.check import shots
from tests.check.conftest import MARKET, kept
from tests.check.views.test_reports import fields_of, press, ticket_of

MANY = 50 * 2**20
TOLD = {"pdf": "Itu berkas PDF", "text": "bukan gambar", "bomb": "terlalu luas", "cut": "bukan gambar"}


def step_with(client: FlaskClient, data: bytes, **fields: str) -> TestResponse:
    """Send the second step with a file."""
    sent = {"langkah": "2", "ke": "3", "teks": MARKET, "tempat": "WhatsApp"} | fields
    parts = [f'--b\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{text}' for key, text in sent.items()]
    head = '--b\r\nContent-Disposition: form-data; name="gambar"; filename="layar.png"\r\n\r\n'
    body = b"\r\n".join([*(one.encode() for one in parts), head.encode() + data, b"--b--\r\n"])
    return client.post("/lapor", data=body, content_type="multipart/form-data; boundary=b")


def pictures() -> list[ReportPicture]:
    """What is kept."""
    return kept(lambda: list(db.session.scalars(sa.select(ReportPicture))))


def with_secrets() -> bytes:
    """A photograph that says where it was taken, and holds a comment."""
    exif = Image.Exif()
    exif[0x010F] = "TanamMerek"
    exif.get_ifd(0x8825)[1] = "S"
    picture = Image.open(io.BytesIO(shots.draw_screenshot(MARKET)))
    return shots.encode_picture(picture, "JPEG", exif=exif, comment=b"TanamKomentar", quality=95)


def test_it_is_made_anew_and_sealed(client: FlaskClient, settings: Settings) -> None:
    sent = with_secrets()
    assert b"TanamMerek" in sent
    third = step_with(client, sent)
    assert third.status_code == 200
    assert "tangkapan layar" in third.text
    (row,) = pictures()
    assert row.report_id is None
    made = decrypt_bytes(row.sealed, settings.contact_key)
    assert made.startswith(b"\xff\xd8\xff")
    assert made not in row.sealed
    for secret in (b"TanamMerek", b"TanamKomentar", b"Exif"):
        assert secret not in made
    again = Image.open(io.BytesIO(made))
    assert (again.size, dict(again.getexif())) == ((row.width, row.height), {})


def test_it_goes_with_the_report_and_officers_see_it(
    client: FlaskClient, settings: Settings, officer: Officer, sign_in: Callable[[Officer], FlaskClient], now: datetime
) -> None:
    ticket = ticket_of(press(client, step_with(client, shots.draw_screenshot(MARKET)), "kirim"))
    (row,) = pictures()
    report = kept(lambda: db.session.scalars(sa.select(Report.id)).one())
    assert (row.report_id, row.token_digest) == (report, None)
    assert "Dengan tangkapan layar" in client.get(f"/lapor/{ticket}").text
    claim = factories.make_claim(MARKET)
    key = claim.id
    db.session.add(ClaimAppearance(claim_id=key, report_id=report, seen_at=now))
    db.session.commit()
    path = f"/petugas/klaim/{key}/aduan/{report}/gambar"
    assert client.get(path).status_code in (302, 401), "residents do not"
    desk = sign_in(officer)
    asked = f"/petugas/klaim/{key}/aduan/{report}/kontak"
    assert asked in desk.get(f"/petugas/klaim/{key}").text
    assert desk.get(path).headers["Location"] == asked, "its purpose is asked first"
    opened = factories.submit_form(desk, asked, asked, reason="Memeriksa isinya")
    assert f'src="{path}"' in opened.get_data(as_text=True)
    shown = desk.get(path)
    assert (shown.mimetype, shown.headers["Cache-Control"]) == ("image/jpeg", "no-store")
    assert Image.open(io.BytesIO(shown.data)).size == (row.width, row.height)
    assert desk.get(f"/petugas/klaim/{key}/aduan/{report + 1}/gambar").status_code == 404


def test_the_accused_unit_does_not_see_who_took_it(
    client: FlaskClient, app: APIFlask, sign_in: Callable[[Officer], FlaskClient], now: datetime
) -> None:
    ticket_of(press(client, step_with(client, shots.draw_screenshot(MARKET)), "kirim"))
    person = factories.make_officer("pdam@kupang.example", RoleName.OFFICER, unit_code="pdam")
    claim = factories.make_claim(MARKET, accused_unit_id=factories.load_unit("pdam").id)
    report = db.session.scalars(sa.select(Report.id)).one()
    db.session.add(ClaimAppearance(claim_id=claim.id, report_id=report, seen_at=now))
    db.session.commit()
    path = f"/petugas/klaim/{claim.id}/aduan/{report}/gambar"
    assert sign_in(person).get(path).status_code == 403


def bomb() -> bytes:
    """A GIF of few bytes and of four thousand million pixels."""
    screen, frame = b"\xff\xff\xff\xff\x80\x00\x00", b"," + b"\x00" * 4 + b"\xff\xff\xff\xff\x00"
    return b"GIF89a" + screen + b"\x00" * 6 + frame + b"\x02\x02D\x01\x00;"


BAD = {
    "pdf": b"%PDF-1.7\n" + b"x" * 2_000,
    "text": b"<script>alert(1)</script>",
    "bomb": bomb(),
    "cut": shots.draw_screenshot(MARKET)[:900],
}


@pytest.mark.parametrize("kind", BAD)
def test_what_is_no_picture_is_refused_and_no_answer_is_lost(client: FlaskClient, kind: str) -> None:
    page = step_with(client, BAD[kind], tautan="kiriman.example/1")
    assert page.status_code == 422
    assert TOLD[kind] in page.text
    assert 'aria-invalid="true"' in page.text
    held = fields_of(page.text)
    assert (held["teks"], held["tempat"], held["tautan"]) == (MARKET, "WhatsApp", "kiriman.example/1")
    assert pictures() == []


def test_fifty_megabytes_are_refused_and_no_answer_is_lost(client: FlaskClient) -> None:
    page = step_with(client, b"\x89PNG\r\n\x1a\n" + b"x" * MANY)
    assert page.status_code == 413
    assert "paling besar 8 MB" in page.text
    assert fields_of(page.text)["teks"] == MARKET
    assert pictures() == []


def many_files(client: FlaskClient, path: str, sizes: tuple[int, ...], message: str, **fields: str) -> TestResponse:
    """Send several files with one form, the picture last."""
    sent = [f'--b\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{text}' for key, text in fields.items()]
    names = [*(f"lain{at}" for at in range(len(sizes) - 1)), "gambar"]
    heads = [f'--b\r\nContent-Disposition: form-data; name="{name}"; filename="a.png"\r\n\r\n' for name in names]
    files = [head.encode() + bytes(size) for head, size in zip(heads, sizes, strict=True)]
    words = f'--b\r\nContent-Disposition: form-data; name="teks"\r\n\r\n{message}'
    body = b"\r\n".join([*(one.encode() for one in sent), *files, words.encode(), b"--b--\r\n"])
    return client.post(path, data=body, content_type="multipart/form-data; boundary=b")


@pytest.mark.parametrize(("path", "fields"), [("/lapor", {"langkah": "2", "ke": "3"}), ("/cek/bagikan", {})])
def test_seven_files_at_once_fill_no_memory_and_no_word_is_lost(
    client: FlaskClient, path: str, fields: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    files: list[downloads.BoundedUpload] = []

    class Seen(downloads.BoundedUpload):
        """A file that can be looked at after its request."""

        def __init__(self, room: list[int]) -> None:
            super().__init__(room)
            files.append(self)

        def close(self) -> None:
            return

    monkeypatch.setattr(downloads, "BoundedUpload", Seen)
    monkeypatch.setattr(pictures_module, "can_read_pictures", lambda: True)
    page = many_files(client, path, (8 * 2**20,) * 7, MARKET, **fields)
    assert len(files) == 7
    assert sum(len(one.getvalue()) for one in files) == downloads.MAX_FILES_BYTES
    assert page.status_code == 413
    assert "paling besar 8 MB" in page.text
    assert MARKET in page.text
    assert pictures() == []


def test_a_thousand_fields_are_not_read(client: FlaskClient) -> None:
    part = '--b\r\nContent-Disposition: form-data; name="teks"\r\n\r\n'
    body = (part + "a" * 2**10 + "\r\n") * 1_000 + "--b--\r\n"
    assert client.post("/lapor", data=body, content_type="multipart/form-data; boundary=b").status_code == 413
    body = part + "a" * (downloads.MAX_FIELD_BYTES + 1) + "\r\n--b--\r\n"
    assert client.post("/lapor", data=body, content_type="multipart/form-data; boundary=b").status_code == 413


def test_more_than_any_form_carries_is_said_so(client: FlaskClient) -> None:
    assert step_with(client, b"x" * (65 * 2**20)).status_code == 413


def test_a_screenshot_can_be_replaced_and_survives_every_step(client: FlaskClient) -> None:
    first = step_with(client, shots.draw_screenshot(MARKET))
    token = fields_of(first.text)["bukti"]
    back = press(client, first, "2")
    assert "Sudah kami terima" in back.text
    assert fields_of(back.text)["bukti"] == token
    again = step_with(client, shots.draw_screenshot("Yang lain sama sekali"), bukti=token)
    ticket_of(press(client, again, "kirim"))
    assert sorted(row.report_id is None for row in pictures()) == [False, True]


def test_a_token_gives_its_picture_to_one_report_only(client: FlaskClient) -> None:
    third = step_with(client, shots.draw_screenshot(MARKET))
    ticket_of(press(client, third, "kirim"))
    owner = pictures()[0].report_id
    ticket_of(press(client, third, "kirim", kunci=new_form_key()))
    assert pictures()[0].report_id == owner
    made_up = press(client, client.get("/lapor"), "3", teks=MARKET, bukti="x" * 500)
    assert made_up.status_code == 200
    assert "bukti" not in fields_of(made_up.text)


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "GIF"])
def test_every_kind_becomes_the_same_kind(app: APIFlask, form: str) -> None:
    assert Image.open(io.BytesIO(reencode_screenshot(shots.draw_screenshot(MARKET, form)).data)).format == "JPEG"


@pytest.mark.slow
def test_a_large_picture_becomes_small_and_a_moving_one_stands_still(app: APIFlask) -> None:
    wide = reencode_screenshot(shots.encode_picture(Image.new("RGB", (4_000, 3_000), "red")))
    assert max(wide.width, wide.height) == submission.LONGEST_SIDE
    frames = [Image.new("RGB", (60, 60), colour) for colour in ("red", "blue")]
    out = io.BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:])
    still = Image.open(io.BytesIO(reencode_screenshot(out.getvalue()).data))
    assert getattr(still, "n_frames", 1) == 1
    assert still.getpixel((5, 5))[0] > 200  # type: ignore[index]


def test_others_who_send_are_waited_for_and_then_told(app: APIFlask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confined_reading, "WAIT_FOR_OTHERS_S", 0.01)
    with images._REDRAWING._one_at_a_time, app.test_request_context("/"), pytest.raises(Exception, match="taken in"):
        reencode_screenshot(shots.draw_screenshot(MARKET))
    with app.test_request_context("/"), pytest.raises(InvalidInputError):
        reencode_screenshot(b"x")
    assert reencode_screenshot(shots.draw_screenshot(MARKET)).width, "an error lets the next one in"


@pytest.mark.sqlite
def test_no_byte_of_it_lies_in_a_file(client: FlaskClient, settings: Settings, tmp_path: Path) -> None:
    step_with(client, with_secrets())
    db.session.remove()
    everything = b"".join(path.read_bytes() for path in settings.data_folder.rglob("*") if path.is_file())
    # With the byte that follows it in a JPEG: four letters alone also come about in what is encrypted.
    assert re.search(rb"TanamMerek|TanamKomentar|JFIF\x00", everything) is None
