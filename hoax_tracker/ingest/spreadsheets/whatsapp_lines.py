"""What WhatsApp itself writes into an exported chat, in Indonesian and English."""

from __future__ import annotations

import re
from collections.abc import Sequence

from hoax_tracker.core.content.html_to_text import strip_invisible

# "Ani mengubah subjek menjadi: …" has a colon, too. No sender is called so.
_SYSTEM = re.compile(
    r"\b(?:mengubah|mengganti) (?:subjek|nama|ikon|deskripsi|setelan|pengaturan|nomor|info|keterangan)\b"
    r"|\bmembuat grup\b|\b(?:menambahkan|mengeluarkan|mengundang) \S|\bterenkripsi\b|\bmenyematkan pesan\b"
    r"|\bbergabung (?:menggunakan|melalui|dari|dengan)\b|\bkode keamanan\b"
    r"|\bchanged (?:the|this|their|to)\b|\bcreated (?:this )?group\b|\b(?:added|removed|invited) \S"
    r"|\bjoined (?:using|from|via)\b|\bend-to-end\b|\bpinned a message\b|\bsecurity code\b",
    re.IGNORECASE,
)
_MEDIA = (
    "media|gambar|foto|image|photo|video|audio|voice message|pesan suara|video note|pesan video|sticker|stiker|gif"
    "|document|dokumen|contact card|kartu kontak|kontak"
)
_GENERATED = re.compile(
    rf"<?\s*(?:{_MEDIA})\s(?:omitted|tidak disertakan|dihilangkan)\s*>?"
    r"|.{1,300}\((?:file attached|file terlampir|berkas terlampir)\)"
    r"|(?:this message was|you) deleted(?: this message)?\.?"
    r"|(?:pesan ini|anda)(?: telah)? (?:dihapus|menghapus pesan ini)\.?"
    r"|(?:waiting for this message|menunggu pesan ini).{0,200}|null"
    r"|(?:missed|panggilan|silenced) (?:group )?(?:voice|video|suara)\b.{0,100}"
    r"|(?:location|lokasi): https?://\S+|(?:live location shared|lokasi terkini dibagikan).{0,100}"
    r"|(?:messages and calls are|pesan dan (?:panggilan|telepon)).{0,300}",
    re.IGNORECASE,
)
_ATTACHED = re.compile(r"<(?:attached|terlampir):\s[^<>\n]{1,300}>", re.IGNORECASE)
_EDITED = re.compile(r"\s?<(?:this message was edited|pesan ini (?:telah )?diedit)>", re.IGNORECASE)
_POLL = re.compile(r"(?:POLL|POLLING|JAJAK PENDAPAT|OPTION|OPSI|PILIHAN):\s?", re.IGNORECASE)
_VOTES = re.compile(r"\s?\(\d+ (?:votes?|suara)\)\Z", re.IGNORECASE)
_LABEL = re.compile(
    r"[\s*_\[(]*(?:forwarded(?: many times)?|diteruskan(?: berkali-kali| berulang kali)?)[\s*_\]).:]*", re.IGNORECASE
)
_PASSED_ON = re.compile(
    r"\b(?:forwarded|fwd|forward(?:an)?|diteruskan|copas|copy ?paste|(?:grup|group|wag?) (?:sebelah|tetangga))\b",
    re.IGNORECASE,
)
_BEGINNING = 100
"""Within how many characters a message says that it is passed on."""
_MARK = "\u200e"


def is_system_line(sender: str) -> bool:
    """Tell whether what stands before a colon is a sentence about the group rather than a name."""
    return bool(_SYSTEM.search(strip_invisible(sender)))


def drop_generated_lines(lines: Sequence[str]) -> str:
    """Return the words that a person wrote, "" for a message that has none."""
    return "\n".join(words for line in lines if (words := written_part(line))).strip()


def written_part(line: str) -> str:
    """Return what a person wrote in a line. An iPhone puts a mark before what it writes itself."""
    line = _EDITED.sub("", line.replace("\u202f", " ").replace("\xa0", " "))
    is_marked = line.startswith(_MARK)
    without_file = _ATTACHED.sub("", line)
    if without_file != line:
        return strip_marks(without_file)
    bare = strip_marks(line)
    if _GENERATED.fullmatch(bare):
        return ""
    if _POLL.match(bare):
        return _VOTES.sub("", _POLL.sub("", bare, count=1))
    return "" if is_marked else without_marks(line)


def strip_marks(line: str) -> str:
    """Return a line without invisible marks."""
    return strip_invisible(line).strip()


def without_marks(line: str) -> str:
    """Return a line without its direction marks; those that enclose a mentioned name stay."""
    return line.replace(_MARK, "").rstrip()


def is_forwarded(text: str) -> tuple[bool, str]:
    """Tell whether a message says that it is passed on; return its words without such a label on a line of its own."""
    first, _, rest = text.partition("\n")
    if rest and _LABEL.fullmatch(first):
        return True, rest
    return bool(_PASSED_ON.search(text[:_BEGINNING])), text
