"""The checklist: what a clarification needs before its author may ask for approval."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from flask_babel import gettext as _

from hoax_tracker.clarify import wordings
from hoax_tracker.clarify.content import ClarificationContent, SourceLine
from hoax_tracker.errors import InvalidInputError
from hoax_tracker.models import Verdict

FIELD_LENGTH_LIMITS = {
    "title": 300,
    "summary": 1_000,
    "claim_quote": 5_000,
    "circulated_where": 200,
    "findings": 20_000,
    "conclusion": 5_000,
}
WORD_PATTERN = re.compile(r"\w+")
TEMPLATE_BLANK = re.compile(r"«[^»\n]*\.\.\.[^»\n]*»|«[^»\n]*…[^»\n]*»")
"""What a text template leaves to its author: «kapan …»."""
TEMPLATE_GAP = re.compile(r"«[^»\n]*\s(?:…|\.\.\.)»")
"""The same where a message is quoted: an ellipsis without a blank before it shortens the quotation, «Besok libur…»."""
EMAIL_PATTERN = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+")
PHONE_PATTERN = re.compile(r"(?<![\w/.-])(?:\+62|62|0)[ .-]?8\d{1,2}(?:[ .-]?\d{3,4}){2}\b")
IDENTITY_PATTERN = re.compile(r"(?<!\d)\d{16}(?!\d)")
QUOTED_FIELDS = ("title", "summary", "claim_quote", "circulated_where")
"""Where no number or address of anybody belongs; findings and conclusion may name an office's own."""
PROSE_FIELDS = ("findings", "conclusion")


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
    """The unit that a page names after «Menurut», and whether it answered a question about the page's claims."""

    name: str
    has_answered: bool


class IncompleteError(InvalidInputError):
    """The checklist is not met; ``missing`` are the unmet lines."""

    def __init__(self, missing: list[ChecklistItem]) -> None:
        message = _("Belum lengkap. %(todo)s", todo=" ".join(check.todo for check in missing))
        super().__init__("incomplete clarification", user_message=message, field=missing[0].field)
        self.missing = missing


def build_checklist(
    content: ClarificationContent,
    claims: Iterable[str],
    unanswered: Sequence[str] = (),
    source: NamedUnit | None = None,
) -> list[ChecklistItem]:
    """Return the checklist in the order of the form.

    ``claims`` are the texts of the answered claims; ``unanswered`` the units that were asked and have not answered;
    ``source`` the unit named after «Menurut» (None: PPID Utama, which speaks for itself).
    """
    return [
        ChecklistItem("verdict", content.verdict is not None, _("Putusan dipilih"), _("Pilih putusan.")),
        ChecklistItem("title", has_text(content.title), _("Judul menyatakan faktanya"), _("Tulis judul.")),
        ChecklistItem(
            "title",
            not has_claim_as_title(content, claims),
            _("Judul bukan isi klaim itu sendiri"),
            _("Ganti judul: nyatakan faktanya, jangan mengulang isi klaim."),
        ),
        ChecklistItem("summary", has_text(content.summary), _("Ringkasan ditulis"), _("Tulis ringkasan.")),
        ChecklistItem("claim_quote", has_text(content.claim_quote), _("Pesan dikutip"), _("Kutip pesan yang beredar.")),
        ChecklistItem(
            "findings", has_text(content.findings), _("Hasil cek fakta ditulis"), _("Tulis hasil cek fakta.")
        ),
        ChecklistItem("conclusion", has_text(content.conclusion), _("Kesimpulan ditulis"), _("Tulis kesimpulan.")),
        ChecklistItem("sources", bool(content.sources), _("Paling sedikit satu rujukan"), _("Tambahkan satu rujukan.")),
        *(checks_of_wordings(content) if content.wordings else []),
        *care_items(content, unanswered),
        *([named_unit_item(source)] if source else []),
    ]


def named_unit_item(source: NamedUnit) -> ChecklistItem:
    """Return the line on the unit named after «Menurut»: nobody is quoted who was not asked."""
    todo = _(
        "Tanyakan dulu ke %(unit)s dari halaman klaimnya. Tanpa jawabannya, penyetuju menulis alasannya dan halaman "
        "terbit «Menurut PPID Utama».",
        unit=source.name,
    )
    text = _("%(unit)s, yang disebut sesudah «Menurut», sudah menjawab pertanyaan", unit=source.name)
    return ChecklistItem("unit_id", source.has_answered, text, todo, blocks=False)


def checks_of_wordings(content: ClarificationContent) -> list[ChecklistItem]:
    """Return the lines on approved wordings. Messages in them are stamped, so each must state exactly the claim."""
    faults = wordings.faults_of(content.wordings, content.claim_quote, content.fact)
    text = _("Kata-kata lain menyampaikan klaim yang sama, dengan rincian yang sama")
    return [ChecklistItem("wordings", not faults, text, wordings.summary_of(faults))]


def care_items(content: ClarificationContent, unanswered: Sequence[str]) -> list[ChecklistItem]:
    """Return the lines beyond completeness: no personal data, no open questions."""
    personal_data = find_personal_data(content)
    looked = {"title": TEMPLATE_GAP, "summary": TEMPLATE_GAP} | dict.fromkeys(PROSE_FIELDS, TEMPLATE_BLANK)
    blanks = ((name, blank.search(getattr(content, name))) for name, blank in looked.items())
    blank, gap = next(((name, left[0]) for name, left in blanks if left), (None, "«…»"))
    waiting = _("Tunggu jawaban %(units)s, atau tarik pertanyaannya.", units=", ".join(unanswered))
    hide = _("Hapus nomor atau email orang: %(what)s.", what=personal_data[1]) if personal_data else ""
    fill = _("Isi atau hapus bagian contoh %(gap)s.", gap=gap)
    return [
        ChecklistItem(
            personal_data[0] if personal_data else "claim_quote",
            personal_data is None,
            _("Tidak ada nomor atau email orang"),
            hide,
        ),
        ChecklistItem(blank or "findings", blank is None, _("Tidak ada bagian contoh yang tertinggal"), fill),
        ChecklistItem("unit_id", not unanswered, _("Tidak ada pertanyaan yang masih menunggu jawaban"), waiting),
    ]


def find_personal_data(content: ClarificationContent) -> tuple[str, str] | None:
    """Return the field and the text that looks like a personal number or address, if any."""
    for name in (*QUOTED_FIELDS, "wordings", *PROSE_FIELDS):
        text = "\n".join(content.wordings) if name == "wordings" else getattr(content, name)
        match = IDENTITY_PATTERN.search(text)
        if match is None and name not in PROSE_FIELDS:
            match = PHONE_PATTERN.search(text) or EMAIL_PATTERN.search(text)
        if match:
            return name, match[0]
    return None


def has_text(text: str) -> bool:
    """Tell whether the text is more than blanks."""
    return bool(text.strip())


def require_complete(content: ClarificationContent, claims: Iterable[str], unanswered: Sequence[str] = ()) -> None:
    """Raise IncompleteError with all unmet lines unless the checklist is met."""
    missing = [check for check in build_checklist(content, claims, unanswered) if check.blocks and not check.met]
    if missing:
        raise IncompleteError(missing)


def has_claim_as_title(content: ClarificationContent, claims: Iterable[str]) -> bool:
    """Tell whether the title repeats the claim or a part of it.

    Where the verdict is that the claim is true, the title may state it.
    """
    if content.verdict is Verdict.BENAR:
        return False
    title = normalise_words(content.title)
    return bool(title.strip()) and any(
        title in normalise_words(text) for text in (content.claim_quote, *content.wordings, *claims)
    )


def normalise_words(text: str) -> str:
    """Return the words of a text between single blanks, so that only whole words match in it."""
    return f" {' '.join(WORD_PATTERN.findall(text.casefold()))} "


def require_storable(content: ClarificationContent) -> None:
    """Raise InvalidInputError for what even a draft cannot store: an overlong field, a source without web address."""
    for field, longest in FIELD_LENGTH_LIMITS.items():
        if len(getattr(content, field)) > longest:
            message = _("Paling banyak %(max)s huruf.", max=longest)
            raise InvalidInputError(f"{field} too long", user_message=message, field=field)
    if len(content.wordings) > wordings.MOST or any(len(wording) > wordings.LONGEST for wording in content.wordings):
        most = {"count": wordings.MOST, "max": wordings.LONGEST}
        message = _("Paling banyak %(count)s kalimat, masing-masing paling banyak %(max)s huruf.", **most)
        raise InvalidInputError("too many or too long wordings", user_message=message, field="wordings")
    for line in content.sources:
        require_web_link(line)


def require_web_link(line: SourceLine) -> None:
    """Raise InvalidInputError unless the source is a web address."""
    try:
        parts = urlsplit(line.url)
        fine = parts.scheme in ("http", "https") and bool(parts.hostname) and not re.search(r"\s", line.url)
    except ValueError:
        fine = False
    if not fine or len(line.url) > 2_000 or len(line.title) > 300:
        message = _("Tautan rujukan harus alamat lengkap, misalnya https://situs.example/berita.")
        raise InvalidInputError("a source that leads nowhere", user_message=message, field="sources")
