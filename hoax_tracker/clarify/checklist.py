"""What a clarification must have before anybody is asked to approve it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from flask_babel import gettext as _

from hoax_tracker.clarify import wordings
from hoax_tracker.clarify.content import Content, SourceLine
from hoax_tracker.errors import Invalid
from hoax_tracker.models import Verdict

LONGEST = {
    "title": 300,
    "summary": 1_000,
    "claim_quote": 5_000,
    "circulated_where": 200,
    "findings": 20_000,
    "conclusion": 5_000,
}
WORD = re.compile(r"\w+")
BLANK = re.compile(r"«[^»\n]*\.\.\.[^»\n]*»|«[^»\n]*…[^»\n]*»")
"""What a text template leaves to its author: «kapan …»."""
GAP = re.compile(r"«[^»\n]*\s(?:…|\.\.\.)»")
"""The same where a message is quoted: an ellipsis without a blank before it shortens the quotation, «Besok libur…»."""
EMAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+")
NUMBER = re.compile(r"(?<![\w/.-])(?:\+62|62|0)[ .-]?8\d{1,2}(?:[ .-]?\d{3,4}){2}\b")
IDENTITY = re.compile(r"(?<!\d)\d{16}(?!\d)")
QUOTED = ("title", "summary", "claim_quote", "circulated_where")
"""Where no number or address of anybody belongs; findings and conclusion may name an office's own."""
PROSE = ("findings", "conclusion")


@dataclass(frozen=True)
class Check:
    """One line of the checklist: the form field it is about, whether it is met, what it asks for, and what to do.

    One that does not block may stay unmet: what is missing is for the approver to weigh.
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


class Incomplete(Invalid):
    """The checklist is not met; ``missing`` are the lines that are not."""

    def __init__(self, missing: list[Check]) -> None:
        message = _("Belum lengkap. %(todo)s", todo=" ".join(check.todo for check in missing))
        super().__init__("incomplete clarification", user_message=message, field=missing[0].field)
        self.missing = missing


def checks(
    content: Content, claims: Iterable[str], unanswered: Sequence[str] = (), source: NamedUnit | None = None
) -> list[Check]:
    """Return the checklist in the order of the form.

    ``claims`` are the texts of the claims it answers; ``unanswered`` the units that were asked and have not answered;
    ``source`` whom the page names after «Menurut» (None: PPID Utama, which speaks for itself).
    """
    return [
        Check("verdict", content.verdict is not None, _("Putusan dipilih"), _("Pilih putusan.")),
        Check("title", written(content.title), _("Judul menyatakan faktanya"), _("Tulis judul.")),
        Check(
            "title",
            not repeats(content, claims),
            _("Judul bukan isi klaim itu sendiri"),
            _("Ganti judul: nyatakan faktanya, jangan mengulang isi klaim."),
        ),
        Check("summary", written(content.summary), _("Ringkasan ditulis"), _("Tulis ringkasan.")),
        Check("claim_quote", written(content.claim_quote), _("Pesan dikutip"), _("Kutip pesan yang beredar.")),
        Check("findings", written(content.findings), _("Hasil cek fakta ditulis"), _("Tulis hasil cek fakta.")),
        Check("conclusion", written(content.conclusion), _("Kesimpulan ditulis"), _("Tulis kesimpulan.")),
        Check("sources", bool(content.sources), _("Paling sedikit satu rujukan"), _("Tambahkan satu rujukan.")),
        *(checks_of_wordings(content) if content.wordings else []),
        *checks_of_care(content, unanswered),
        *([check_of_source(source)] if source else []),
    ]


def check_of_source(source: NamedUnit) -> Check:
    """Return the line on who is named after «Menurut»: nobody is quoted who was not asked."""
    todo = _(
        "Tanyakan dulu ke %(unit)s dari halaman klaimnya. Tanpa jawabannya, penyetuju menulis alasannya dan halaman "
        "terbit «Menurut PPID Utama».",
        unit=source.name,
    )
    text = _("%(unit)s, yang disebut sesudah «Menurut», sudah menjawab pertanyaan", unit=source.name)
    return Check("unit_id", source.has_answered, text, todo, blocks=False)


def checks_of_wordings(content: Content) -> list[Check]:
    """Return what is checked of other wordings: a message in one of them is stamped, so each is the very claim."""
    faults = wordings.faults_of(content.wordings, content.claim_quote, content.fact)
    text = _("Kata-kata lain menyampaikan klaim yang sama, dengan rincian yang sama")
    return [Check("wordings", not faults, text, wordings.summary_of(faults))]


def checks_of_care(content: Content, unanswered: Sequence[str]) -> list[Check]:
    """Return what is checked beside completeness: nobody is exposed, nothing is left open."""
    found = personal(content)
    looked = {"title": GAP, "summary": GAP} | dict.fromkeys(PROSE, BLANK)
    blanks = ((name, blank.search(getattr(content, name))) for name, blank in looked.items())
    blank, gap = next(((name, left[0]) for name, left in blanks if left), (None, "«…»"))
    waiting = _("Tunggu jawaban %(units)s, atau tarik pertanyaannya.", units=", ".join(unanswered))
    hide = _("Hapus nomor atau surel orang: %(what)s.", what=found[1]) if found else ""
    fill = _("Isi atau hapus bagian contoh %(gap)s.", gap=gap)
    return [
        Check(found[0] if found else "claim_quote", found is None, _("Tidak ada nomor atau surel orang"), hide),
        Check(blank or "findings", blank is None, _("Tidak ada bagian contoh yang tertinggal"), fill),
        Check("unit_id", not unanswered, _("Tidak ada pertanyaan yang masih menunggu jawaban"), waiting),
    ]


def personal(content: Content) -> tuple[str, str] | None:
    """Return the field and the piece of text that looks like a person's number or address, if any."""
    for name in (*QUOTED, "wordings", *PROSE):
        text = "\n".join(content.wordings) if name == "wordings" else getattr(content, name)
        found = IDENTITY.search(text)
        if found is None and name not in PROSE:
            found = NUMBER.search(text) or EMAIL.search(text)
        if found:
            return name, found[0]
    return None


def written(text: str) -> bool:
    """Tell whether there is more than blanks."""
    return bool(text.strip())


def require_complete(content: Content, claims: Iterable[str], unanswered: Sequence[str] = ()) -> None:
    """Raise Incomplete with everything that is missing, unless the checklist is met."""
    missing = [check for check in checks(content, claims, unanswered) if check.blocks and not check.met]
    if missing:
        raise Incomplete(missing)


def repeats(content: Content, claims: Iterable[str]) -> bool:
    """Tell whether the title is the claim itself, or a piece of it, as if it were so.

    Where the verdict says that the claim is true, the fact and the claim are the same, and the title may state it.
    """
    if content.verdict is Verdict.BENAR:
        return False
    title = words(content.title)
    return bool(title.strip()) and any(
        title in words(text) for text in (content.claim_quote, *content.wordings, *claims)
    )


def words(text: str) -> str:
    """Return the words of a text with a blank on each side, so that only whole words are found in it."""
    return f" {' '.join(WORD.findall(text.casefold()))} "


def require_storable(content: Content) -> None:
    """Raise Invalid for what cannot even be kept as a draft: a field too long, a source that is no web address."""
    for field, longest in LONGEST.items():
        if len(getattr(content, field)) > longest:
            message = _("Paling banyak %(max)s huruf.", max=longest)
            raise Invalid(f"{field} too long", user_message=message, field=field)
    if len(content.wordings) > wordings.MOST or any(len(one) > wordings.LONGEST for one in content.wordings):
        most = {"count": wordings.MOST, "max": wordings.LONGEST}
        message = _("Paling banyak %(count)s kalimat, masing-masing paling banyak %(max)s huruf.", **most)
        raise Invalid("too many or too long wordings", user_message=message, field="wordings")
    for line in content.sources:
        require_link(line)


def require_link(line: SourceLine) -> None:
    """Raise Invalid unless the source leads to a web page."""
    try:
        parts = urlsplit(line.url)
        fine = parts.scheme in ("http", "https") and bool(parts.hostname) and not re.search(r"\s", line.url)
    except ValueError:
        fine = False
    if not fine or len(line.url) > 2_000 or len(line.title) > 300:
        message = _("Tautan rujukan harus alamat lengkap, misalnya https://situs.example/berita.")
        raise Invalid("a source that leads nowhere", user_message=message, field="sources")
