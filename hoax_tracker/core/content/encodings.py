"""Decode bytes to text without ever raising: the declared encoding is a hint, the bytes decide."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator

from charset_normalizer import from_bytes

# The longer marks first: that of UTF-32 LE begins with that of UTF-16 LE.
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# "<" and the zeros around it, where there is no mark (XML 1.0, appendix F); an empty line may stand before it.
_OPENING_BYTES = (
    (re.compile(rb"<\0\0\0"), "utf-32-le"),
    (re.compile(rb"\0\0\0<"), "utf-32-be"),
    (re.compile(rb"(?:[ \t\r\n]\0)*+<\0[^\0]\0"), "utf-16-le"),
    (re.compile(rb"(?:\0[ \t\r\n])*+\0<\0[^\0]"), "utf-16-be"),
    (re.compile(rb"\x4c\x6f\xa7\x94"), "cp037"),
)
_XML_ENCODING = re.compile(rb"""\s{0,99}<\?xml[^>]{0,200}?encoding\s{0,9}=\s{0,9}["']([A-Za-z0-9._:-]{1,40})""")
_HTML_OPENING = re.compile(
    rb"(?:\s++|<\?[^>]*+>|<!--.{0,999}?-->)*+<(?:!doctype\s+html|html|head|meta)\b", re.IGNORECASE | re.DOTALL
)
_META_ENCODING = re.compile(
    rb"""<meta\b[^<>]{0,500}?\bcharset\s{0,9}=\s{0,9}["']?\s{0,9}([a-z0-9._:-]{1,40})""", re.IGNORECASE
)
_META_LENGTH = 4096
"""Bytes at the start of a page in which its encoding is looked for; browsers look through the first 1,024."""
_CHARSET = re.compile(r"""charset\s*=\s*["']?([A-Za-z0-9._:-]{1,40})""", re.IGNORECASE)

# What sites call by the narrower name is in truth the wider encoding (WHATWG Encoding standard).
_WIDER_ENCODINGS = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "gb2312": "gb18030",
    "gbk": "gb18030",
}
_WIDER_ENCODINGS |= {"shift_jis": "cp932", "euc_kr": "cp949"}

# One byte a character: bytes that happen to be valid UTF-8 are practically never meant in one of these.
_ONE_BYTE = ("ascii", "iso8859", "cp125", "koi8", "mac-", "utf-8")
# Codecs for program text and host names, and those that differ between machines.
_NOT_FOR_TEXT = frozenset({"unicode-escape", "raw-unicode-escape", "idna", "punycode", "undefined", "mbcs", "oem"})

# Words of another script are runs of bytes beyond ASCII; Latin letters with accents and quotation marks stand alone.
_RUNS = re.compile(rb"[\x80-\xff]{3,}")
_PUNCTUATION = frozenset(b"\x85\x91\x92\x93\x94\x95\x96\x97\xa0")
"""What Windows-1252 has for dots, quotation marks, bullets, dashes and the space that does not break."""
_TAGS = re.compile(rb"<[^<>]*+>")
_ASCII = bytes(range(0x80))
_GUESSED_FROM = 20_000
_GUESSED_FROM_AT_LEAST = 30


def decode_bytes(body: bytes, content_type: str | None = None) -> tuple[str, str | None]:
    """Return the text of ``body``, and the declared encoding where another one was used, else None.

    These are tried in order: the byte order mark; zeros around the first "<"; UTF-8 where the bytes are valid UTF-8 and
    nothing but a one-byte encoding is declared; the encoding of the HTTP header, the XML declaration or a page's
    ``<meta>``; UTF-8 with a few broken characters; the encoding that words in a script other than Latin look like;
    Windows-1252.
    """
    marked = _decode_by_signature(body)
    if marked is not None:
        return marked, None
    declared = [name for name in _declared_encodings(body, content_type) if name]
    if all(name.startswith(_ONE_BYTE) for name in declared):
        declared.insert(0, "utf-8")
    for name in declared:
        try:
            return body.decode(_WIDER_ENCODINGS.get(name, name)), None
        except (UnicodeError, LookupError):
            continue
    return _decode_leniently(body), ", ".join(dict.fromkeys(declared))


def _decode_by_signature(body: bytes) -> str | None:
    """Return the text where the first bytes reveal the encoding, else None."""
    for mark, name in _BYTE_ORDER_MARKS:
        if body.startswith(mark):
            return body[len(mark) :].decode(name, "replace")
    for opening, name in _OPENING_BYTES:
        if opening.match(body):
            return body.decode(name, "replace")
    return None


def _declared_encodings(body: bytes, content_type: str | None) -> Iterator[str | None]:
    """Yield Python's names of the encodings in the HTTP header, the XML declaration and a page's head."""
    charset = _CHARSET.search(content_type or "")
    xml = _XML_ENCODING.match(body)
    meta = _META_ENCODING.search(body, 0, _META_LENGTH) if _HTML_OPENING.match(body[:_META_LENGTH]) else None
    yield _codec_name(charset[1] if charset else "")
    for declared in (xml, meta):
        yield _codec_name(declared[1].decode("ascii") if declared else "")


def _codec_name(label: str) -> str | None:
    """Return Python's name of an encoding, or None where it is unknown or unsuitable.

    UTF-16 is unsuitable here: the first bytes would have revealed it.
    """
    try:
        name = codecs.lookup(label).name
        b"<".decode(name, "replace")  # refuses codecs that are not for text, such as hex
    except (LookupError, ValueError):
        return None
    return None if name in _NOT_FOR_TEXT or name.startswith(("utf-16", "utf-32")) else name


def _decode_leniently(body: bytes) -> str:
    """Return the text as UTF-8 with replacement characters where most bytes are UTF-8.

    Otherwise decode it with the guessed encoding.
    """
    text = body.decode("utf-8", "replace")
    broken = text.count("\N{REPLACEMENT CHARACTER}")
    whole = len(text) - len(text.encode("ascii", "ignore")) - broken
    return text if whole > broken else body.decode(_guess_encoding(body), "replace")


def _guess_encoding(body: bytes) -> str:
    """Return the likely encoding of a text in another script; Windows-1252 where the script is Latin."""
    head = body[:_GUESSED_FROM]
    if len(body) > _GUESSED_FROM:  # never to the middle of a character, if it can be told
        head = head.rpartition(b"<")[0] or head.rpartition(b"\n")[0] or head
    words = _TAGS.sub(b" ", head)
    # A ruler of dashes or dots is a run too, and no word.
    runs = [(len(run), len(set(run) - _PUNCTUATION) > 1) for run in _RUNS.findall(words)]
    in_words = sum(length for length, is_word in runs if is_word)
    others = len(words.translate(None, _ASCII)) - sum(length for length, is_word in runs if not is_word)
    if in_words < _GUESSED_FROM_AT_LEAST or 2 * in_words < others:
        return "cp1252"
    match = from_bytes(words).best()
    name = _codec_name(match.encoding) if match else None
    return _WIDER_ENCODINGS.get(name, name) if name else "cp1252"
