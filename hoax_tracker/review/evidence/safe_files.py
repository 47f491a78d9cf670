"""Safe files: the type of an officer's upload is read from its bytes, never its name, and the stored file is harmless.

Pictures are re-encoded (core/content/images.py). A PDF is stored unchanged and only offered as a download. A PDF with
actions (core/content/pdf_objects.py), one that is also another file type, and every other type are refused with a
message.
"""

from __future__ import annotations

import hashlib
import unicodedata
from dataclasses import dataclass
from pathlib import PurePosixPath

from flask_babel import gettext as _

from hoax_tracker.core.content.images import PICTURE_LIMIT_BYTES, is_picture, reencode_picture
from hoax_tracker.core.content.pdf_objects import UNREADABLE_PDF, is_plain_pdf
from hoax_tracker.errors import FileTooLargeError, InvalidInputError

LONGEST_SIDE, QUALITY = 2_400, 85
FILE_NAME_LIMIT = 120
PDF_TYPE, JPEG_TYPE = "application/pdf", "image/jpeg"
PROGRAM_SIGNATURES = (
    b"MZ",
    b"\x7fELF",
    b"#!",
    b"\xfe\xed\xfa",
    b"\xce\xfa\xed\xfe",
    b"\xcf\xfa\xed\xfe",
    b"\xca\xfe\xba\xbe",
    b"\x00asm",
)
OFFICE_SIGNATURES = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
PDF_TAIL_BYTES = 2_048


@dataclass(frozen=True)
class SafeFile:
    """A file as it is stored. ``digest``: SHA-256 of the uploaded bytes."""

    data: bytes
    media_type: str
    name: str
    digest: str


def make_safe_file(data: bytes | None, name: str) -> SafeFile:
    """Return the file to store (None: too large). Raises InvalidInputError for a refused file."""
    if data is None or len(data) > PICTURE_LIMIT_BYTES:
        raise file_too_large_error()
    if not data:
        raise InvalidInputError("no file", user_message=_("Pilih berkasnya dulu."), field="file")
    digest = hashlib.sha256(data).hexdigest()
    if is_picture(data):
        return SafeFile(_safe_picture_bytes(data), JPEG_TYPE, _safe_file_name(name, ".jpg"), digest)
    _require_plain_pdf(data, name)
    return SafeFile(data, PDF_TYPE, _safe_file_name(name, ".pdf"), digest)


def file_too_large_error() -> FileTooLargeError:
    """Return the error for a file beyond the size limit."""
    message = _("Berkas itu terlalu besar: paling besar 8 MB. Berkasnya tidak disimpan; pilih yang lebih kecil.")
    return FileTooLargeError("a file of too many bytes", user_message=message, field="file")


def _safe_picture_bytes(data: bytes) -> bytes:
    try:
        return reencode_picture(data, longest_side=LONGEST_SIDE, quality=QUALITY).data
    except InvalidInputError as error:
        raise InvalidInputError(str(error), user_message=str(error.user_message), field="file") from error


def _require_plain_pdf(data: bytes, name: str) -> None:
    """Raise InvalidInputError for bytes that are no passive PDF."""
    if data.startswith(PROGRAM_SIGNATURES):
        message = _(
            "Berkas itu program, walau bernama «%(name)s». Program tidak diterima.", name=_displayable_file_name(name)
        )
        raise InvalidInputError("a program", user_message=message, field="file")
    if data.startswith(OFFICE_SIGNATURES):
        message = _("Berkas Word, Excel, atau ZIP tidak diterima. Simpan sebagai PDF, lalu kirim PDF-nya.")
        raise InvalidInputError("an office document or an archive", user_message=message, field="file")
    if not data.startswith(b"%PDF-"):
        message = _("Jenis berkas itu tidak diterima. Kirim PDF, atau gambar PNG, JPG, WebP, atau GIF.")
        raise InvalidInputError("neither a picture nor a PDF", user_message=message, field="file")
    tail = data[-PDF_TAIL_BYTES:]
    if b"%%EOF" not in tail or b"PK\x05\x06" in tail or not is_plain_pdf(data):
        raise InvalidInputError("not a plain PDF", user_message=str(UNREADABLE_PDF), field="file")


def _safe_file_name(name: str, ending: str) -> str:
    """Return the file name without folders and invisible characters, with the extension of its real type."""
    return f"{_displayable_file_name(PurePosixPath(_displayable_file_name(name)).stem) or 'berkas'}{ending}"


def _displayable_file_name(name: str) -> str:
    """Return the file name for display: no folders, invisible or direction-changing characters."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    plain = "".join(character for character in last if unicodedata.category(character)[0] != "C")
    return " ".join(plain.split())[:FILE_NAME_LIMIT].strip(". ")
