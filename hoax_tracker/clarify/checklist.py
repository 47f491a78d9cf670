"""The checklist: what a clarification needs before its author may ask for approval.

Title and summary must say the fact by themselves, because they stand beside the message.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from flask_babel import format_date, gettext as _

from hoax_tracker.clarify import wordings
from hoax_tracker.clarify.content import ClarificationContent, PagePicture
from hoax_tracker.errors import FieldFaultsError
from hoax_tracker.models import Verdict
from hoax_tracker.organisation.channels.facts import ListedChannels
from hoax_tracker.organisation.public_contacts import find_contacts

WORD_PATTERN = re.compile(r"\w+")


def _split_words(text: str) -> frozenset[str]:
    return frozenset(text.split())


FILLERS = _split_words(
    "a akan agar an and atas bagi bahwa dalam dan dari dengan di for guna in itu ini ke kepada lagi lah of on pada "
    "para per saat sang sebagai secara sedang serta si sudah supaya telah tentang terhadap that the to untuk yang"
)
"""Words that change nothing of what a sentence states; any other word in the title makes it a statement of its own."""
DENIALS = _split_words(
    "bkn bohong bukan bukanlah false fake gak hoaks hoax jangan keliru nggak no not palsu salah sonde tak tanpa tdk "
    "tidak tidaklah untrue"
)
_MOST_BETWEEN = 3
"""Further words of the claim that may stand between two of the title's: a message is longer than its headline."""
_POINTING = re.compile(
    r"\b(?:kabar|pesan|berita|klaim|informasi|isu|narasi|rumor) (?:itu|ini|tersebut|tadi)\b"
    r"|\b(?:this|that) (?:news|message|claim|rumou?r|report|information)\b"
    r"|\A\W*(?:hal|unggahan|video|foto|cerita|tuduhan) (?:itu|ini|tersebut|tadi)\b"
    r"|\A\W*(?:itu|tersebut|demikian)\b[^.!?\n]{0,40}"
    r"|\A\W*ini (?:adalah |cuma |hanya |sama sekali )?(?:tidak|bukan|hoaks|keliru|salah|palsu|bohong)\b"
    r"|\A\W*(?:it|this|that)(?: is| was|'s| isn't| wasn't)\b"
    r"|\A\W*(?:adalah |ini |itu )?(?:tidak benar|hoaks|keliru|salah|palsu|bohong|tidak betul)\W*\Z",
    re.IGNORECASE,
)
"""What points at a message that does not stand there, or judges something without saying what."""


def _find_pointing_words(text: str) -> str:
    """Return the words by which a text points at what does not stand there, "" for none."""
    found = _POINTING.search(text)
    return found[0].strip() if found else ""


def _repeats_claim(title: str, claim: str) -> bool:
    """Tell whether a title says what the claim says, in its words and their order."""
    words, claim_words = _content_words(title), _content_words(claim)
    if not words or f" {' '.join(words)} " in f" {' '.join(claim_words)} ":
        return bool(words)
    starts = [place for place, word in enumerate(claim_words) if word == words[0]]
    return len(words) > 1 and any(_follows(words, claim_words, start) for start in starts)


def _follows(words: Sequence[str], claim_words: Sequence[str], start: int) -> bool:
    """Tell whether all words follow in the claim from ``start`` on, close to each other and with no denial between."""
    place = start
    for word in words[1:]:
        between = next(
            (gap for gap in range(_MOST_BETWEEN + 1) if claim_words[place + gap + 1 : place + gap + 2] == [word]), None
        )
        if between is None or DENIALS.intersection(claim_words[place + 1 : place + 1 + between]):
            return False
        place += between + 1
    return True


def _content_words(text: str) -> list[str]:
    """Return the words of a text but those that change nothing; all of them where there are no others."""
    words = WORD_PATTERN.findall(text.casefold())
    return [word for word in words if word not in FILLERS] or words


# Each of these reads a letter a fixed number of times at most, however long the text is without a blank or a sign.
GUILLEMETS = re.compile(r"«[^»\n]*»?")
"""A quotation, or one that is never closed: it is passed over as a whole."""
TEMPLATE_BLANK = re.compile(r"…|\.\.\.")
"""What a quotation holds that a text template leaves to its author: «kapan …»."""
TEMPLATE_GAP = re.compile(r"\s(?:…|\.\.\.)»\Z")
"""The same where a message is quoted: an ellipsis without a blank before it shortens the quotation, «Besok libur…»."""
OLD_DETAIL = re.compile(r"«\s{0,9}dulu\s[^»\n]{0,80}»?")
"""An old detail that a draft took over from an earlier answer; whatever follows «dulu, nobody may publish it."""
PROSE_FIELDS = ("findings", "conclusion")
READ_FIELDS = ("title", "summary", "claim_quote", "circulated_where", *PROSE_FIELDS)
"""What residents read: no number or address of anybody stands there but those of the list of official channels."""
NO_CHANNELS: ListedChannels = {}


@dataclass(frozen=True)
class ChecklistItem:
    """One line of the checklist: its form field, whether it is met, what it requires, and what to do.

    A line that does not block may stay unmet; the approver weighs it.
    """

    field: str
    met: bool
    text: str
    todo: str
    blocks: bool = True


@dataclass(frozen=True)
class NamedUnit:
    """The unit that a page names after «Menurut», and whether it answered a question about the page's claims.

    ``outside``: by what its answer is known, where it came outside of the program.
    """

    name: str
    has_answered: bool
    outside: str = ""


class IncompleteError(FieldFaultsError):
    """The checklist is not met; ``faults`` are the unmet lines by field."""

    def __init__(self, missing: list[ChecklistItem]) -> None:
        message = _("Belum lengkap. %(todo)s", todo=" ".join(check.todo for check in missing))
        faults = ((check.field, check.todo) for check in missing)
        super().__init__("incomplete clarification", faults, user_message=message)


def build_checklist(
    content: ClarificationContent,
    claims: Iterable[str],
    unanswered: Sequence[str] = (),
    source: NamedUnit | None = None,
    withdrawn: str = "",
    *,
    silent: Sequence[str] = (),
    channels: ListedChannels = NO_CHANNELS,
    first_seen: date | None = None,
    templates: Collection[str] = (),
) -> list[ChecklistItem]:
    """Return the checklist in the order of the form; a line about an empty field is not met.

    ``claims`` are the texts of the answered claims; ``unanswered`` the units that were asked and have not answered,
    ``silent`` those among the accused, who are not waited for; ``channels`` whose numbers may stand on the page;
    ``first_seen`` the day on which one of the claims was first seen; ``templates`` the texts with gaps that a draft
    began with: where they stand as they were, nothing is written (their gaps block by a line of their own);
    ``source`` the unit named after «Menurut» (None: PPID Utama, which speaks for itself); ``withdrawn`` the address of
    the withdrawn clarification from which the draft was begun.
    """
    return [
        ChecklistItem("verdict", content.verdict is not None, _("Putusan dipilih"), _("Pilih putusan.")),
        ChecklistItem("title", _has_text(content.title), _("Judul ditulis"), _("Tulis judul.")),
        _title_item(content, claims),
        ChecklistItem("summary", _has_text(content.summary), _("Ringkasan ditulis"), _("Tulis ringkasan.")),
        *_standing_alone_items(content),
        ChecklistItem(
            "claim_quote", _has_text(content.claim_quote), _("Pesan dikutip"), _("Kutip pesan yang beredar.")
        ),
        ChecklistItem(
            "findings",
            _is_written(content.findings, templates),
            _("Hasil cek fakta ditulis"),
            _("Tulis hasil cek fakta."),
        ),
        ChecklistItem(
            "conclusion", _is_written(content.conclusion, templates), _("Kesimpulan ditulis"), _("Tulis kesimpulan.")
        ),
        ChecklistItem("sources", bool(content.sources), _("Paling sedikit satu rujukan"), _("Tambahkan satu rujukan.")),
        *(_checks_of_wordings(content) if content.wordings else []),
        *([_picture_item(content.picture)] if content.picture else []),
        *([_circulation_item(content, first_seen)] if content.circulated_since and first_seen else []),
        *_care_items(content, unanswered, silent, channels),
        *([_named_unit_item(source)] if source else []),
        *([_withdrawn_source_item(content, withdrawn)] if withdrawn else []),
    ]


def _title_item(content: ClarificationContent, claims: Iterable[str]) -> ChecklistItem:
    """Return the line on what the title says; where there is none, another line blocks."""
    text = _("Judul bukan isi klaim itu sendiri")
    if not _has_text(content.title):
        return ChecklistItem("title", False, text, _("Tulis judul dulu."), blocks=False)
    todo = _("Ganti judul: nyatakan faktanya, jangan mengulang isi klaim.")
    return ChecklistItem("title", not has_claim_as_title(content, claims), text, todo)


def _standing_alone_items(content: ClarificationContent) -> list[ChecklistItem]:
    """Return the lines on title and summary: they are read beside other messages, and "that news" would be those."""
    text = _("Judul dan ringkasan dapat dibaca sendiri, tanpa menunjuk «kabar itu»")
    pointed = {name: _find_pointing_words(getattr(content, name)) for name in ("title", "summary")}
    items = [
        ChecklistItem(name, False, text, _("Tulis faktanya sendiri, tanpa «%(words)s».", words=words))
        for name, words in pointed.items()
        if words
    ]
    is_there = _has_text(content.title) and _has_text(content.summary)
    todo = "" if is_there else _("Tulis judul dan ringkasan dulu.")
    return items or [ChecklistItem("summary", is_there, text, todo, blocks=is_there)]


def _picture_item(picture: PagePicture) -> ChecklistItem:
    """Return the line on the picture's words: who cannot see it reads them."""
    todo = _("Tulis apa yang terlihat di gambar itu, untuk yang tidak dapat melihatnya.")
    return ChecklistItem("picture-alt", _has_text(picture.alt), _("Isi gambar ditulis dengan kata-kata"), todo)


def _circulation_item(content: ClarificationContent, first_seen: date) -> ChecklistItem:
    """Return the line on since when it circulates: not later than it was seen here, in a report or anywhere."""
    day = format_date(first_seen, "d MMMM y")
    text = _("«Beredar sejak» tidak lebih lambat dari kemunculan pertamanya")
    todo = _("Ubah «Beredar sejak»: klaim ini sudah muncul %(day)s.", day=day)
    is_met = content.circulated_since is not None and content.circulated_since <= first_seen
    return ChecklistItem("circulated_since", is_met, text, todo)


def _named_unit_item(source: NamedUnit) -> ChecklistItem:
    """Return the line on the unit named after «Menurut»: nobody is quoted who was not asked."""
    todo = _(
        "Tanyakan dulu ke %(unit)s dari halaman klaimnya. Tanpa jawabannya, penyetuju menulis alasannya dan halaman "
        "terbit «Menurut PPID Utama».",
        unit=source.name,
    )
    text = (
        _("%(unit)s menjawab di luar program: %(outside)s", unit=source.name, outside=source.outside)
        if source.outside
        else _("%(unit)s, yang disebut sesudah «Menurut», sudah menjawab pertanyaan", unit=source.name)
    )
    return ChecklistItem("unit_id", source.has_answered, text, todo, blocks=False)


def _withdrawn_source_item(content: ClarificationContent, withdrawn: str) -> ChecklistItem:
    """Return the line on the withdrawn clarification from which the draft was begun: it proves nothing any more."""
    is_cited = any(re.split(r"[?#]", line.url)[0].rstrip("/") == withdrawn for line in content.sources)
    text = _("Klarifikasi yang ditarik bukan rujukan")
    todo = _(
        "Klarifikasi asal rancangan ini ditarik. Periksa lagi semua yang diambil darinya, lalu hapus dari rujukan."
    )
    return ChecklistItem("sources", not is_cited, text, todo)


def _checks_of_wordings(content: ClarificationContent) -> list[ChecklistItem]:
    """Return the lines on approved wordings. Messages in them are stamped, so each must state exactly the claim."""
    faults = wordings.faults_of(content.wordings, content.claim_quote, content.fact)
    text = _("Kata-kata lain menyampaikan klaim yang sama, dengan rincian yang sama")
    return [ChecklistItem("wordings", not faults, text, wordings.summary_of(faults))]


def _care_items(
    content: ClarificationContent, unanswered: Sequence[str], silent: Sequence[str], channels: ListedChannels
) -> list[ChecklistItem]:
    """Return the lines beyond completeness: no personal data, no blanks of a template, no open questions."""
    return [
        *personal_data_items(content, channels),
        *template_blank_items(content),
        *_question_items(unanswered, silent),
    ]


def _question_items(unanswered: Sequence[str], silent: Sequence[str]) -> list[ChecklistItem]:
    """Return the lines on questions: one that is met only where every unit that was asked has answered.

    Who is accused is not waited for; that it has not answered is said, and weighed by the approver.
    """
    waiting = _("Tunggu jawaban %(units)s, atau tarik pertanyaannya.", units=", ".join(unanswered))
    accused = _(
        "%(units)s dituduh klaim ini dan belum menjawab: boleh tidak ditunggu. Tulis di hasil cek fakta bahwa sudah "
        "ditanya dan belum menjawab.",
        units=", ".join(silent),
    )
    text = _("Tidak ada pertanyaan yang masih menunggu jawaban")
    items = [ChecklistItem("unit_id", False, text, waiting)] if unanswered else []
    items += [ChecklistItem("unit_id", False, text, accused, blocks=False)] if silent else []
    return items or [ChecklistItem("unit_id", True, text, "")]


def personal_data_items(content: ClarificationContent, channels: ListedChannels = NO_CHANNELS) -> list[ChecklistItem]:
    """Return one line for each field with a personal number or address, else one that is met."""
    text = _("Tidak ada nomor atau email orang")
    items = [
        ChecklistItem(name, False, text, _("Hapus nomor atau email orang: %(what)s.", what=", ".join(matches)))
        for name, matches in _find_personal_data(content, channels).items()
    ]
    return items or [ChecklistItem("claim_quote", True, text, "")]


def template_blank_items(content: ClarificationContent) -> list[ChecklistItem]:
    """Return one line for each field with blanks of a text template or old details left, else one that is met."""
    text = _("Tidak ada bagian contoh yang tertinggal")
    looked = {"title": TEMPLATE_GAP, "summary": TEMPLATE_GAP} | dict.fromkeys(PROSE_FIELDS, TEMPLATE_BLANK)
    texts = {name: getattr(content, name) for name in looked}
    blanks = {
        name: dict.fromkeys([*find_template_blanks(text, looked[name]), *OLD_DETAIL.findall(text)])
        for name, text in texts.items()
    }
    items = [
        ChecklistItem(name, False, text, _("Isi atau hapus bagian contoh %(gap)s.", gap=", ".join(gaps)))
        for name, gaps in blanks.items()
        if gaps
    ]
    return items or [ChecklistItem("findings", True, text, "")]


def find_template_blanks(text: str, pattern: re.Pattern[str]) -> list[str]:
    """Return the closed quotations of a text in which the pattern stands."""
    quotations = GUILLEMETS.findall(text)
    return [quotation for quotation in quotations if quotation.endswith("»") and pattern.search(quotation)]


def _find_personal_data(content: ClarificationContent, channels: ListedChannels) -> dict[str, list[str]]:
    """Return the texts that look like a personal number or address, by field."""
    texts = {name: getattr(content, name) for name in READ_FIELDS}
    texts |= {"wordings": "\n".join(content.wordings), "picture-alt": content.picture.alt if content.picture else ""}
    texts["sources"] = "\n".join(line.title for line in content.sources)
    matches = {name: find_contacts(text, channels) for name, text in texts.items()}
    return {name: contacts for name, contacts in matches.items() if contacts}


def _has_text(text: str) -> bool:
    """Tell whether the text is more than blanks."""
    return bool(text.strip())


def _is_written(text: str, templates: Collection[str]) -> bool:
    """Tell whether the text is more than blanks and than what the draft began with."""
    return _has_text(text) and " ".join(text.split()) not in {" ".join(begun.split()) for begun in templates}


def unmet_items(
    content: ClarificationContent,
    claims: Iterable[str],
    unanswered: Sequence[str] = (),
    withdrawn: str = "",
    *,
    channels: ListedChannels = NO_CHANNELS,
    first_seen: date | None = None,
) -> list[ChecklistItem]:
    """Return the lines that stand in the way of an approval."""
    return [
        check
        for check in build_checklist(
            content, claims, unanswered, None, withdrawn, channels=channels, first_seen=first_seen
        )
        if check.blocks and not check.met
    ]


def require_complete(
    content: ClarificationContent,
    claims: Iterable[str],
    unanswered: Sequence[str] = (),
    withdrawn: str = "",
    *,
    channels: ListedChannels = NO_CHANNELS,
    first_seen: date | None = None,
) -> None:
    """Raise IncompleteError with all unmet lines unless the checklist is met."""
    if missing := unmet_items(content, claims, unanswered, withdrawn, channels=channels, first_seen=first_seen):
        raise IncompleteError(missing)


def has_claim_as_title(content: ClarificationContent, claims: Iterable[str]) -> bool:
    """Tell whether the title repeats the claim or a part of it.

    Where the verdict is that the claim is true, the title may state it.
    """
    if content.verdict is Verdict.BENAR:
        return False
    return any(_repeats_claim(content.title, text) for text in (content.claim_quote, *content.wordings, *claims))
