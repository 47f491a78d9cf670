"""What WhatsApp itself writes into an exported chat: in Indonesian, English, Portuguese (Timor-Leste) and Malay.

Most of it names people or places: who was added, whose card was sent, where somebody stood, who deleted what.
"""

from __future__ import annotations

import enum
import re
from collections import Counter
from collections.abc import Iterator, Sequence

from hoax_tracker.core.content.html_to_text import strip_invisible
from hoax_tracker.privacy.names import redact_home_addresses


class Unread(enum.StrEnum):
    """What a chat holds beside messages. It is not kept, and counted for the person who brings the chat."""

    GROUP_LINE = "group_line"
    ATTACHMENT = "attachment"
    PLACE = "place"
    CONTACT = "contact"
    CALL = "call"
    DELETED = "deleted"
    OTHER = "other"


# "Ani mengubah subjek menjadi: …" has a colon, too. No sender is called so.
_GROUP_LINE = re.compile(
    r"\b(?:mengubah|mengganti|menukar) (?:subjek|nama|ikon|deskripsi|setelan|pengaturan|tetapan|nomor|nombor|info"
    r"|keterangan|perihalan)\b"
    r"|\b(?:membuat|mencipta|membentuk) (?:grup|kumpulan)\b|\b(?:menambahkan?|mengeluarkan|mengundang|menjemput) \S"
    r"|\bterenkripsi\b|\bdisulitkan\b|\b(?:menyematkan|mengepin|mengepinkan) (?:pesan|mesej)\b"
    r"|\b(?:bergabung|menyertai)\b.{0,20}\b(?:menggunakan|melalui|dari|dengan)\b"
    r"|\b(?:kode|kod) (?:keamanan|keselamatan)\b"
    r"|\bchanged (?:the|this|their|to)\b|\bcreated (?:this )?group\b|\b(?:added|removed|invited) \S"
    r"|\bjoined (?:using|from|via)\b|\bend-to-end\b|\bpinned a message\b|\bsecurity code\b"
    r"|\b(?:mudou|alterou) (?:o|a|as|para)\b|\bcriou (?:o|este) grupo\b|\b(?:adicionou|removeu|convidou) \S"
    r"|\bentrou (?:usando|com|através|pelo)\b|\bponta a ponta\b|\bfixou uma mensagem\b|\bcódigo de segurança\b",
    re.IGNORECASE,
)
_MEDIA = (
    "media|gambar|foto|image|photo|video|audio|voice message|pesan suara|video note|pesan video|sticker|stiker|gif"
    "|document|dokumen|mídia|imagem|vídeo|áudio|figurinha|documento|ficheiro|arquivo|imej|pelekat"
    "|mesej suara|nota de vídeo"
)
_CARD = "contact card|kartu kontak|kontak|cartão d[eo] contat?c?to|kad kenalan"
_LEFT_OUT = (
    "omitted|tidak disertakan|dihilangkan|ocult[oa]s?|ocultad[oa]|omitid[oa]|não revelado|dikecualikan|disembunyikan"
    "|diabaikan"
)
_ATTACHED_TO = (
    "file attached|file terlampir|berkas terlampir|arquivo anexado|ficheiro anexado|fail dilampirkan|fail disertakan"
)
_ADMIN = r"(?:admin(?:istrador)?|pentadbir) .{1,100}?"
# The kind of a line that WhatsApp wrote as a whole.
_GENERATED = {
    Unread.CONTACT: rf"<?\s*(?:{_CARD})\s(?:{_LEFT_OUT})\s*>?|.{{1,300}}\.vcf(?:\s\([^()]{{1,60}}\))?",
    Unread.ATTACHMENT: rf"<?\s*(?:{_MEDIA})\s(?:{_LEFT_OUT})\s*>?|.{{1,300}}\((?:{_ATTACHED_TO})\)"
    # An iPhone gives a document's name, its pages, and that it is left out: "Surat.pdf • 3 halaman dokumen …".
    r"|.{1,300}\.\w{2,5}\s?[•·]\s?\d.{0,80}"
    r"|(?:IMG|VID|AUD|PTT|STK|DOC)-\d{8}-WA\d{4}\.\w{2,5}(?:\s\([^()]{1,60}\))?"
    r"|<[^\W\d][^<>\d]{5,80}>",
    Unread.DELETED: rf"(?:this message was|you) deleted(?: this message)?(?: by {_ADMIN}| as admin)?\.?"
    rf"|(?:pesan|mesej) ini(?: telah)? (?:dihapus|dipadam(?:kan)?)(?: oleh {_ADMIN})?\.?"
    r"|anda(?:,? sebagai admin,?)?(?: telah)? (?:menghapus|memadam(?:kan)?) (?:pesan|mesej) ini(?: sebagai admin)?\.?"
    rf"|(?:esta )?mensagem (?:foi )?apagada(?: pel[oa] {_ADMIN})?\.?|(?:você )?apagou esta mensagem\.?"
    rf"|{_ADMIN} (?:deleted this message|menghapus pesan ini|apagou esta mensagem|memadam(?:kan)? mesej ini)\.?",
    Unread.CALL: r"(?:missed|silenced) (?:group )?(?:voice|video)\b.{0,100}|(?:voice|video) call\b.{0,60}"
    r"|panggilan (?:grup |kumpulan )?(?:suara|video)\b.{0,100}|(?:chamada|ligação) de (?:voz|vídeo)\b.{0,100}",
    Unread.PLACE: r"(?:location|lokasi|localização): https?://\S+"
    r"|(?:live location shared|lokasi terkini dibagikan|lokasi langsung dikongsi|localização em tempo real).{0,100}",
    Unread.OTHER: r"(?:waiting for this message|menunggu pesan ini|aguardando mensagem|menunggu mesej ini).{0,200}|null"
    r"|(?:messages and calls are|pesan dan (?:panggilan|telepon)|mesej dan panggilan"
    r"|as mensagens e (?:as )?(?:chamadas|ligações)).{0,300}",
}
_GENERATED_LINES = {kind: re.compile(pattern, re.IGNORECASE) for kind, pattern in _GENERATED.items()}
_ATTACHED = re.compile(r"<(?:attached|terlampir|anexado|dilampirkan):\s[^<>\n]{1,300}>", re.IGNORECASE)
_EDITED = re.compile(
    r"\s?<(?:this message was edited|(?:pesan|mesej) ini (?:telah )?di(?:edit|sunting)|mensagem editada)>",
    re.IGNORECASE,
)
_POLL = re.compile(
    r"(?:POLL|POLLING|JAJAK PENDAPAT|OPTION|OPSI|PILIHAN|ENQUETE|SONDAGEM|OPÇÃO|UNDIAN|TINJAUAN):\s?", re.IGNORECASE
)
_VOTES = re.compile(r"\s?\(\d+ (?:votes?|suara|votos?|undi)\)\Z", re.IGNORECASE)
_LABEL = re.compile(
    r"[\s*_\[(]*(?:forwarded(?: many times)?|diteruskan(?: berkali-kali| berulang kali)?|encaminhad[oa]"
    r"(?: (?:com frequência|muitas vezes))?|dimajukan(?: berkali-kali)?)[\s*_\]).:]*",
    re.IGNORECASE,
)
_PASSED_ON = re.compile(
    r"\b(?:forwarded|fwd|forward(?:an)?|diteruskan|copas|copy ?paste|(?:grup|group|wag?) (?:sebelah|tetangga))\b",
    re.IGNORECASE,
)
_BEGINNING = 100
"""Within how many characters a message says that it is passed on."""
_MARK = "\u200e"

_MAP_LINK = re.compile(
    r"(?:https?://)?(?:(?:www\.|m\.)?(?:maps\.google\.[a-z.]{2,8}|google\.[a-z.]{2,8}/maps|goo\.gl/maps|maps\.app\.goo\.gl"
    r"|maps\.apple\.com|foursquare\.com|waze\.com|openstreetmap\.org|osm\.org)[^\s]*|geo:-?\d[\d.,?=;a-z-]*)",
    re.IGNORECASE,
)
_STREET = re.compile(
    r"\b(?:jalan|jln|jl|gang|gg|lorong|lrg|rua|avenida|street|st|road|rd|rt|rw|kec|kel|desa)\b\.?\s*\S|\b\d{5}\b",
    re.IGNORECASE,
)
_PLACE_LINE_MOST, _PLACE_NAME_MOST = 200, 60

# A message that somebody copied keeps when and by whom it was written: "[19/11 14.05] Ani: Air mati" on a phone,
# "[14.05, 19/11/2026] Ani: Air mati" in WhatsApp Web, "Ani, [19/11/2026 14:05]" and a new line in Telegram.
_DAY = r"\d{1,4}[/.-]\d{1,2}(?:[/.-]\d{2,4})?"
_HOUR = r"\d{1,2}[.:]\d{2}(?:[.:]\d{2})?(?:[\s\u202f]?(?:[ap]\.?\s?m\.?|pg|ptg|tgh))?"
_COPIED_WHEN = rf"\[(?:{_DAY},?\s{_HOUR}|{_HOUR},?\s{_DAY})\]"
_COPIED_HEADS = (
    re.compile(rf"^[\s>\u200e\u200f*_\"“'‘]*{_COPIED_WHEN}\s?(?P<name>[^\n:]{{1,100}}):(?:\s|$)", re.IGNORECASE),
    re.compile(rf"^[\s>\u200e\u200f]*(?P<name>[^\n\[\]]{{1,100}}),\s{_COPIED_WHEN}:?(?:\s|$)", re.IGNORECASE),
    re.compile(
        r"^[\s>]*\[(?:forwarded from|diteruskan dari|in reply to|balasan (?:ke|untuk)|membalas|encaminhado de"
        r"|em resposta a|dimajukan daripada|membalas kepada)\s(?P<name>[^\n\]]{1,100})\]\s*",
        re.IGNORECASE,
    ),
)

_ADDED = re.compile(
    r"(?P<who>.{1,100}?) (?:menambahkan?|mengeluarkan|mengundang|menjemput|added|removed|invited|adicionou|removeu"
    r"|convidou) (?P<whom>.{1,500})",
    re.IGNORECASE,
)
_CAME_OR_WENT = re.compile(
    r"(?P<who>.{1,100}?) (?:bergabung|menyertai|keluar|joined|left|entrou|saiu|mengubah|mengganti|menukar|changed|mudou"
    r"|alterou|membuat|mencipta|created|criou|menyematkan|pinned|fixou)\b",
    re.IGNORECASE,
)
_AND = re.compile(r", | dan | and | e ")
_DELETED_BY = re.compile(
    r"(?:by|oleh|pel[oa]) (?:admin(?:istrador)?|pentadbir) (?P<a>.{1,100}?)\.?\Z"
    r"|\A(?:admin(?:istrador)?|pentadbir) (?P<b>.{1,100}?) (?:deleted|menghapus|apagou|memadam)",
    re.IGNORECASE,
)


def is_system_line(sender: str) -> bool:
    """Tell whether what stands before a colon is a sentence about the group rather than a name."""
    return bool(_GROUP_LINE.search(strip_invisible(sender)))


def people_in_group_line(line: str) -> Iterator[str]:
    """Yield whom a line about the group names: who did something, and to whom."""
    line = _strip_marks(line).rstrip(".")
    if added := _ADDED.fullmatch(line):
        yield added["who"]
        yield from _AND.split(added["whom"])
    elif came := _CAME_OR_WENT.match(line):
        yield came["who"]


def people_in_message_line(line: str) -> Iterator[str]:
    """Yield whom a line of a message names by its form: on a card, as an admin, or as who wrote what is copied."""
    for pattern in _COPIED_HEADS:
        if head := pattern.match(line):
            yield head["name"]
    bare = _strip_marks(line)
    if ".vcf" in bare:
        yield bare.partition(".vcf")[0]
    if deleted := _DELETED_BY.search(bare):
        yield deleted["a"] or deleted["b"]


def written_words(lines: Sequence[str], unread: Counter[Unread] | None = None) -> str:
    """Return the words that a person wrote, "" for a message that has none; count the rest in ``unread``."""
    unread = Counter() if unread is None else unread
    written = [part for line in lines if (part := _written_part(line, unread))]
    if any(_MAP_LINK.search(line) for line in written):
        unread[Unread.PLACE] += 1
        written = _without_place(written)
    return "\n".join(written).strip()


def _written_part(line: str, unread: Counter[Unread]) -> str:
    """Return what a person wrote in a line. An iPhone puts a mark before what it writes itself."""
    line = _EDITED.sub("", line.replace("\u202f", " ").replace("\xa0", " "))
    is_marked = line.startswith(_MARK)
    without_file = _ATTACHED.sub("", line)
    if without_file != line:
        unread[Unread.ATTACHMENT] += 1
        return _strip_marks(without_file)
    bare = _strip_marks(line)
    for kind, pattern in _GENERATED_LINES.items():
        if pattern.fullmatch(bare):
            unread[kind] += 1
            return ""
    if _POLL.match(bare):
        return _VOTES.sub("", _POLL.sub("", bare, count=1))
    if is_marked:
        unread[Unread.GROUP_LINE] += bool(bare)
        return ""
    for pattern in _COPIED_HEADS:
        line = pattern.sub("", line, count=1)
    return _without_marks(line)


def _without_place(lines: Sequence[str]) -> list[str]:
    """Return lines without a place on the map: its link, and the name and address that programs put before it.

    They write them before the link on one line ("Kios Contoh (Jl. Contoh 5): https://…"), or above it. What a person
    typed beside a link stays, without house numbers.
    """
    without_place: list[str] = []
    for line in lines:
        link = _MAP_LINK.search(line)
        if link is None:
            without_place.append(line)
            continue
        before = line[: link.start()].strip()
        if not before and without_place and _is_address(without_place[-1]):
            without_place.pop()
            if without_place and _is_bare_name(without_place[-1]):
                without_place.pop()
        elif before and not before.endswith(":") and not _is_address(before):
            without_place.append(_MAP_LINK.sub("", line).strip())
    return [redact_home_addresses(line) for line in without_place if line]


def _is_address(line: str) -> bool:
    """Tell whether a line is an address: a street or postcode among parts with commas, and a number."""
    is_listed = "," in line and any(map(str.isdigit, line))
    return is_listed and len(line) <= _PLACE_LINE_MOST and _STREET.search(line) is not None


def _is_bare_name(line: str) -> bool:
    return len(line) <= _PLACE_NAME_MOST and not re.search(r"[.!?]", line)


def _strip_marks(line: str) -> str:
    """Return a line without invisible marks."""
    return strip_invisible(line).strip()


def _without_marks(line: str) -> str:
    """Return a line without its direction marks; those that enclose a mentioned name stay."""
    return line.replace(_MARK, "").rstrip()


def is_forwarded(text: str) -> tuple[bool, str]:
    """Tell whether a message says that it is passed on; return its words without such a label on a line of its own."""
    first, _, rest = text.partition("\n")
    if rest and _LABEL.fullmatch(first):
        return True, rest
    return bool(_PASSED_ON.search(text[:_BEGINNING])), text
