"""A WhatsApp chat as a phone exports it: a table of messages without anybody's name or number.

Android writes "20/11/26 09.00 - Ani: Halo", an iPhone "[20/11/26 09.00.15] Ani: Halo", each with the date and time of
the phone's language; what is copied from WhatsApp Web puts the time first. Lines without a time continue a message.

1. Every line is read once for the people that it names by its form (below): senders, who was added, whose
   card was sent, who wrote what somebody copied.
2. What a person wrote of each message is kept, without them (privacy/chat_people.py).

So nothing of them is stored: neither in the uploaded file nor in an item.
"""

from __future__ import annotations

import enum
import hashlib
import io
import re
import zipfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

from flask_babel import gettext as _, lazy_gettext as _l, ngettext

from hoax_tracker.core.content.confined_reading import too_many_parts_error
from hoax_tracker.core.content.encodings import decode_bytes
from hoax_tracker.core.content.html_to_text import TEXT_LIMIT, cut_text, strip_invisible
from hoax_tracker.privacy.chat_people import LONGEST_NAME, ChatPeople
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


def _is_system_line(sender: str) -> bool:
    """Tell whether what stands before a colon is a sentence about the group rather than a name."""
    return bool(_GROUP_LINE.search(strip_invisible(sender)))


def _people_in_group_line(line: str) -> Iterator[str]:
    """Yield whom a line about the group names: who did something, and to whom."""
    line = _strip_marks(line).rstrip(".")
    if added := _ADDED.fullmatch(line):
        yield added["who"]
        yield from _AND.split(added["whom"])
    elif came := _CAME_OR_WENT.match(line):
        yield came["who"]


def _people_in_message_line(line: str) -> Iterator[str]:
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


def _is_forwarded(text: str) -> tuple[bool, str]:
    """Tell whether a message says that it is passed on; return its words without such a label on a line of its own."""
    first, _, rest = text.partition("\n")
    if rest and _LABEL.fullmatch(first):
        return True, rest
    return bool(_PASSED_ON.search(text[:_BEGINNING])), text


CHAT_COLUMNS = ("Waktu", "Pesan", "Pengirim", "Nomor unggahan")
UNPACKED_LIMIT_BYTES = 50 * 2**20
FILES_LIMIT = 20_000
"""Files in an archive. Phones put in the ten thousand newest pictures at most."""
_LINES_LOOKED_AT, _BYTES_LOOKED_AT = 30, 20_000
_ZIP = b"PK\x03\x04"

_DATE = r"(?P<a>\d{1,4})[/.-](?P<b>\d{1,2})[/.-](?P<c>\d{2,4})"
_TIME = (
    r"(?P<hour>\d{1,2})[.:](?P<minute>\d{2})(?:[.:](?P<second>\d{2}))?"
    r"(?:\s?(?:(?P<half>[ap])\.?\s?m\.?|(?P<malay>pg|ptg)\b))?"
)
_HEADS = tuple(
    re.compile(rf"[\u200e\u200f\ufeff]*{head}(?P<rest>.*)", re.IGNORECASE | re.DOTALL)
    for head in (
        rf"\[{_DATE},?\s{_TIME}\]\s",
        rf"\[{_TIME},\s{_DATE}\]\s",
        rf"{_DATE},?\s{_TIME}\s[-–]\s",
    )
)
_AMERICAN = re.compile(r"\D*[1-9]\d?/[1-9]\d?/\d{2},\s\d{1,2}:|\D*\d{1,2}:\d{2}\s?[ap].?m.?,", re.IGNORECASE)
"""An American phone fills up neither month nor day with a zero: "01/12/24, 9:05" is of another country."""
_SENDER = re.compile(rf"(?P<name>[^\n]{{1,{LONGEST_NAME}}}?):\s(?P<text>.*)", re.DOTALL)
_UNREAD_NAMES = {
    Unread.GROUP_LINE: _l("baris tentang grup"),
    Unread.ATTACHMENT: _l("lampiran"),
    Unread.PLACE: _l("lokasi"),
    Unread.CONTACT: _l("kontak"),
    Unread.CALL: _l("panggilan"),
    Unread.DELETED: _l("pesan yang dihapus"),
    Unread.OTHER: _l("baris lain dari WhatsApp"),
}


@dataclass(frozen=True)
class ExportedChat:
    """The rows under CHAT_COLUMNS, the newest first, and what was not read, in words."""

    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...]


@dataclass
class ChatMessage:
    """A message while it is read: its moment as it is written, and its lines."""

    head: re.Match[str]
    lines: list[str]


def read_chat(content: bytes) -> ExportedChat | None:
    """Return the messages where ``content`` is an exported chat, else None."""
    chat, files = content, 0
    if content.startswith(_ZIP):
        unpacked = _unpack_chat(content)
        if unpacked is None:
            return None
        chat, files = unpacked
    if not _is_whatsapp_chat(decode_bytes(chat[:_BYTES_LOOKED_AT])[0]):
        return None
    unread: Counter[Unread] = Counter()
    rows = tuple(_list_messages(decode_bytes(chat)[0].replace("\r\n", "\n"), unread))
    return ExportedChat(rows, tuple(_describe_unread(unread, files)))


def _describe_unread(unread: Counter[Unread], files: int) -> Iterator[str]:
    """Yield what a chat holds that is not read."""
    if unread:
        parts = ", ".join(f"{name} ({unread[kind]})" for kind, name in _UNREAD_NAMES.items() if unread[kind])
        words = ngettext(
            "%(num)d bagian tidak dibaca: %(parts)s",
            "%(num)d bagian tidak dibaca: %(parts)s",
            unread.total(),
            parts=parts,
        )
        yield words
    if files:
        yield ngettext("%(num)d berkas lampiran tidak dibaca", "%(num)d berkas lampiran tidak dibaca", files)


def is_chat_file(path: Path) -> bool:
    """Tell whether a file is an exported chat, or an archive, which may hold one."""
    try:
        with path.open("rb") as file:
            head = file.read(_BYTES_LOOKED_AT)
    except OSError:
        return False
    return head.startswith(_ZIP) or _is_whatsapp_chat(decode_bytes(head)[0])


def _is_whatsapp_chat(text: str) -> bool:
    """Tell whether a text is an exported chat: its first line has a time, or of a truncated one, two of the next."""
    lines = [line for line in text.split("\n") if line.strip()][:_LINES_LOOKED_AT]
    heads = [_match_head(line) is not None for line in lines]
    return bool(heads) and (heads[0] or sum(heads) > 1)


def _unpack_chat(content: bytes) -> tuple[bytes, int] | None:
    """Return the chat within an archive, as phones send it where the chat has pictures, and the number of other files.

    None for another archive. Raises InvalidInputError for one of too many files.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
            if len(parts) > FILES_LIMIT:
                raise too_many_parts_error("file", _("%(count)s berkas", count=f"{FILES_LIMIT:,}".replace(",", ".")))
            texts = [part for part in parts if part.filename.lower().endswith(".txt")]
            is_chat = len(texts) == 1 and texts[0].file_size <= UNPACKED_LIMIT_BYTES
            return (archive.read(texts[0]), len(parts) - 1) if is_chat else None
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError):
        return None


def _list_messages(text: str, unread: Counter[Unread]) -> list[tuple[str, str, str, str]]:
    """Return the rows of the table, the newest first: of very many the oldest are left out."""
    people = ChatPeople()
    messages = list(_iterate_messages(text, people, unread))
    order = _date_order([message.head for message in messages])
    rows = []
    for message in messages:
        moment, words = _read_moment(message.head, order), people.hide(written_words(message.lines, unread))
        if moment is not None and words:
            is_passed_on, words = _is_forwarded(cut_text(words, TEXT_LIMIT))
            number = hashlib.sha256(f"{moment} {words}".encode()).hexdigest()[:20]
            rows.append((moment, words, "WhatsApp (diteruskan)" if is_passed_on else "WhatsApp", number))
    return rows[::-1]


def _iterate_messages(text: str, people: ChatPeople, unread: Counter[Unread]) -> Iterator[ChatMessage]:
    """Yield the messages of people, and learn who they are.

    A line about the group is no message, and ends the one before it.
    """
    message: ChatMessage | None = None
    for line in text.split("\n"):
        head = _match_head(line)
        if head is None:
            if message is not None:
                message.lines.append(line)
                _learn_people(people, line)
            continue
        if message is not None:
            yield message
        sender = _SENDER.match(head["rest"])
        if sender is not None and not _is_system_line(sender["name"]):
            people.learn(sender["name"])
            _learn_people(people, sender["text"])
            message = ChatMessage(head, [sender["text"]])
            continue
        message = None
        unread[Unread.GROUP_LINE] += 1
        for name in _people_in_group_line(head["rest"]):
            people.learn(name)
    if message is not None:
        yield message


def _learn_people(people: ChatPeople, line: str) -> None:
    """Learn the people whom a line of a message names by its form."""
    people.learn_mentioned(line)
    for name in _people_in_message_line(line):
        people.learn(name)


def _match_head(line: str) -> re.Match[str] | None:
    """Return the time that begins a message, with the rest of the line, or None."""
    return next((match for pattern in _HEADS if (match := pattern.match(line[:70_000]))), None)


def _date_order(heads: Sequence[re.Match[str]]) -> str:
    """Return which part of the dates is the year, month and day: "ymd", "dmy" or "mdy".

    Messages stand in the order of time, so the reading under which fewest go back is right. Where both read alike,
    the form tells: only Americans put a comma behind a year of two digits, and a colon into the time.
    """
    if any(len(head["a"]) == 4 for head in heads):
        return "ymd"
    steps = {order: _count_steps_back(heads, order) for order in ("dmy", "mdy")}
    if steps["dmy"] == steps["mdy"]:
        return "mdy" if all(_AMERICAN.match(head.string) for head in heads) else "dmy"
    return min(steps, key=lambda order: steps[order])


def _count_steps_back(heads: Sequence[re.Match[str]], order: str) -> int:
    """Return how many messages are older than the one before them; a date that does not exist counts as more."""
    moments = [_read_moment(head, order) for head in heads]
    back = sum(1 for before, after in pairwise(moment for moment in moments if moment) if after < before)
    return back + len(moments) * sum(1 for moment in moments if moment is None)


def _read_moment(head: re.Match[str], order: str) -> str | None:
    """Return the time of a message as the phone showed it, or None where there is no such date."""
    parts = dict(zip(order, (int(head["a"]), int(head["b"]), int(head["c"])), strict=True))
    half = {"pg": "a", "ptg": "p"}.get((head["malay"] or "").lower(), (head["half"] or "").lower())
    hour = int(head["hour"])
    year = parts["y"] if parts["y"] > 99 else 2000 + parts["y"]
    if half and hour <= 12:
        hour = hour % 12 + 12 * (half == "p")
    try:
        moment = datetime(year, parts["m"], parts["d"], hour, int(head["minute"]))  # noqa: DTZ001 - the phone's
    except ValueError:
        return None
    return (moment + timedelta(seconds=int(head["second"] or 0))).isoformat(" ")
