"""Enums of the domain, stored by value, each with an Indonesian label (in KUPANG's words)."""

from __future__ import annotations

import enum
from typing import Any, Self

from flask_babel import lazy_gettext as _l, lazy_pgettext


class Labelled(enum.Enum):
    """An enum whose members are written ``NAME = "value", label``."""

    label: Any

    def __new__(cls, value: str, label: Any = "") -> Self:
        """Create a member that is stored by its value and shown by its label."""
        member = object.__new__(cls)
        member._value_ = value
        member.label = label
        return member


class ClaimStatus(Labelled):
    """The status of a claim. Only the machine sets ``new``; officers set all others."""

    NEW = "new", _l("Baru")
    TRIAGED = "triaged", _l("Sudah diteruskan")
    INVESTIGATING = "investigating", _l("Sedang diperiksa")
    CLARIFIED = "clarified", _l("Sudah diklarifikasi")
    DISMISSED = "dismissed", _l("Ditutup tanpa klarifikasi")
    MERGED = "merged", _l("Digabung")


class ClarificationStatus(Labelled):
    """The status of a clarification. Only published, corrected and retracted ones have a public page."""

    DRAFT = "draft", _l("Rancangan")
    AWAITING_APPROVAL = "awaiting_approval", _l("Menunggu persetujuan")
    PUBLISHED = "published", _l("Terbit")
    CORRECTED = "corrected", _l("Terbit, dikoreksi")
    RETRACTED = "retracted", _l("Ditarik")


class Verdict(Labelled):
    """An officer's rating of a claim; ``shape`` is the style class, ``rating`` schema.org's ratingValue or None."""

    BENAR = "benar", _l("Benar")
    SEBAGIAN_BENAR = "sebagian_benar", _l("Sebagian benar")
    KURANG_KONTEKS = "kurang_konteks", _l("Kurang konteks")
    MENYESATKAN = "menyesatkan", _l("Menyesatkan")
    HOAKS = "hoaks", _l("Hoaks")
    PENIPUAN = "penipuan", _l("Penipuan")
    SATIRE = "satire", _l("Satire")
    BELUM_TERBUKTI = "belum_terbukti", _l("Belum terbukti")
    BUKAN_KLAIM = "bukan_klaim", _l("Bukan klaim")
    DI_LUAR_KEWENANGAN = "di_luar_kewenangan", _l("Di luar kewenangan")

    @property
    def rating(self) -> int | None:
        """schema.org ratingValue, 1 worst to 5 best; None for verdicts without a number."""
        return RATINGS.get(self)

    @property
    def shape(self) -> str:
        """The style class that draws the verdict's shape: hoax, part, true, open, satire, talk or away."""
        return SHAPES[self]

    @property
    def meaning(self) -> Any:
        """One phrase that explains the verdict to a resident."""
        return MEANINGS[self]


RATINGS = {
    Verdict.BENAR: 5,
    Verdict.SEBAGIAN_BENAR: 4,
    Verdict.KURANG_KONTEKS: 3,
    Verdict.MENYESATKAN: 2,
    Verdict.HOAKS: 1,
}

SHAPES = {
    Verdict.BENAR: "true",
    Verdict.SEBAGIAN_BENAR: "part",
    Verdict.KURANG_KONTEKS: "part",
    Verdict.MENYESATKAN: "part",
    Verdict.HOAKS: "hoax",
    Verdict.PENIPUAN: "hoax",
    Verdict.SATIRE: "satire",
    Verdict.BELUM_TERBUKTI: "open",
    Verdict.BUKAN_KLAIM: "talk",
    Verdict.DI_LUAR_KEWENANGAN: "away",
}

MEANINGS = {
    Verdict.BENAR: _l("sesuai dengan bukti"),
    Verdict.SEBAGIAN_BENAR: _l("ada bagian yang sesuai bukti, ada yang tidak"),
    Verdict.KURANG_KONTEKS: _l("isinya ada, tetapi keterangan pentingnya hilang"),
    Verdict.MENYESATKAN: _l("ada yang benar, tetapi membuat orang salah paham"),
    Verdict.HOAKS: _l("isinya tidak benar dan tidak berdasar"),
    Verdict.PENIPUAN: _l("dibuat untuk menipu dan mengambil uang atau data"),
    Verdict.SATIRE: _l("lelucon atau sindiran yang disangka sungguhan"),
    Verdict.BELUM_TERBUKTI: _l("sudah diperiksa, bukti belum cukup"),
    Verdict.BUKAN_KLAIM: _l("pendapat, kritik, atau keluhan; tidak dinilai benar atau salah"),
    Verdict.DI_LUAR_KEWENANGAN: _l("bukan urusan Pemerintah Kota; kami tunjukkan ke mana bertanya"),
}

# Opinion, criticism and satire are not rated: no ClaimReview is published for these.
UNRATED = frozenset({Verdict.SATIRE, Verdict.BUKAN_KLAIM, Verdict.DI_LUAR_KEWENANGAN})


class DecisionKind(Labelled):
    """The kinds of officers' decisions about a claim."""

    DISMISS = "dismiss", _l("Tutup tanpa klarifikasi")
    NOT_A_CLAIM = "not_a_claim", _l("Bukan klaim (pendapat, kritik, satire)")
    OUT_OF_SCOPE = "out_of_scope", _l("Bukan kota yang berhak menjawab")
    INVESTIGATE = "investigate", _l("Tandai sedang diperiksa")
    ASSIGN = "assign", _l("Teruskan ke perangkat daerah")
    CLARIFY = "clarify", _l("Susun klarifikasi")
    LINK = "link", _l("Tautkan ke klarifikasi yang sudah terbit")
    REOPEN = "reopen", _l("Buka kembali")
    MERGE = "merge", _l("Gabungkan dengan klaim lain")
    SPLIT = "split", _l("Pisahkan kemunculan")
    JUNK = "junk", _l("Tolak aduan yang bukan kabar")
    UNDO = "undo", _l("Urungkan")


class NoticeKind(Labelled):
    """The kinds of notices to an officer."""

    ROUTED = "routed", _l("Klaim untuk perangkat daerah Anda")
    RETURNED = "returned", _l("Klaim dikembalikan")
    ASKED = "asked", _l("Pertanyaan untuk perangkat daerah Anda")
    ANSWERED = "answered", _l("Jawaban atas pertanyaan")
    DECLINED = "declined", _l("Pertanyaan dikembalikan")
    SENT_BACK = "sent_back", _l("Rancangan dikembalikan")
    MENTIONED = "mentioned", _l("Catatan untuk Anda")
    SOURCE_PAUSED = "source_paused", _l("Satu sumber berhenti dibaca")
    CONTACT_SHOWN = "contact_shown", _l("Perlindungan pelapor")
    WEBHOOK_OFF = "webhook_off", _l("Satu webhook dimatikan")
    REPLIED = "replied", _l("Pelapor menambah keterangan")
    RISING = "rising", _l("Sedang naik")
    PROPOSED = "proposed", _l("Menunggu orang kedua")
    SETTLED = "settled", _l("Usulan Anda diputuskan")
    OBJECTED = "objected", _l("Keberatan untuk diputuskan")
    TIPLINE_COST = "tipline_cost", _l("Balasan bulan ini mendekati batas")


class RisingKind(enum.StrEnum):
    """What can rise."""

    CLAIM = "claim"
    TOPIC = "topic"
    PLACE = "place"


class Measure(enum.StrEnum):
    """What is counted of it: appearances (reports among them), reports alone, residents' questions.

    Of the questions those that came as a forwarded message are counted once more, for themselves.
    """

    SEEN = "seen"
    REPORTED = "reported"
    ASKED = "asked"
    FORWARDED = "forwarded"


class AlarmAnswer(enum.StrEnum):
    """How an officer ended an alarm for all: somebody works on it, or it needs no work."""

    ANSWERED = "answered"
    SILENCED = "silenced"


class NarrativeOrigin(enum.StrEnum):
    """How a claim came into its narrative: an officer chose it, or accepted the machine's suggestion."""

    BY_HAND = "by_hand"
    SUGGESTION = "suggestion"


class WebhookEvent(Labelled):
    """The events that webhooks tell other services of."""

    PUBLISHED = "clarification.published", _l("Klarifikasi terbit")
    CORRECTED = "clarification.corrected", _l("Klarifikasi dikoreksi")
    WITHDRAWN = "clarification.withdrawn", _l("Klarifikasi ditarik")
    REPORT_RECEIVED = "report.received", _l("Aduan warga masuk")
    CLAIM_FLAGGED = "claim.flagged", _l("Klaim ditandai")


class Topic(Labelled):
    """The topic of a text; each topic has one unit that answers by default (table unit_topic)."""

    HEALTH = "health", _l("Kesehatan")
    WATER = "water", _l("Air bersih")
    CIVIL_REGISTRY = "civil_registry", _l("Kependudukan")
    EDUCATION = "education", _l("Pendidikan")
    SOCIAL_AID = "social_aid", _l("Bantuan sosial")
    TRANSPORT = "transport", _l("Perhubungan")
    PUBLIC_WORKS = "public_works", _l("Jalan dan bangunan")
    WASTE = "waste", _l("Kebersihan")
    MARKET = "market", _l("Pasar dan harga")
    TAX = "tax", _l("Pajak dan retribusi")
    DISASTER = "disaster", _l("Bencana")
    PUBLIC_ORDER = "public_order", _l("Ketertiban")
    PERSONNEL = "personnel", _l("Kepegawaian")
    GOVERNMENT = "government", _l("Pemerintahan")
    TOURISM = "tourism", _l("Pariwisata")
    AGRICULTURE = "agriculture", _l("Pertanian")
    FISHERIES = "fisheries", _l("Perikanan")
    HOUSING = "housing", _l("Perumahan")
    PERMITS = "permits", _l("Perizinan")
    WOMEN_CHILDREN = "women_children", _l("Perempuan dan anak")
    OTHER = "other", _l("Lainnya")


URGENT_TOPICS = (Topic.DISASTER, Topic.HEALTH)
"""What rises in them is told at any hour."""


class RoleName(Labelled):
    """The roles of officers. Roles add up; an administrator is not automatically an approver.

    An auditor reads what officers read, and the audit log, and changes nothing; that role cannot be combined.
    """

    OFFICER = "officer", lazy_pgettext("role", "Petugas")
    APPROVER = "approver", _l("Penyetuju")
    ADMINISTRATOR = "administrator", _l("Administrator")
    AUDITOR = "auditor", _l("Auditor")


class ProposalOutcome(Labelled):
    """What became of a proposal. ``ALONE``: nobody could confirm it, so it took effect after its time."""

    OPEN = "open", _l("Menunggu orang kedua")
    CONFIRMED = "confirmed", _l("Disetujui")
    REFUSED = "refused", _l("Ditolak")
    WITHDRAWN = "withdrawn", _l("Ditarik pengusulnya")
    ALONE = "alone", _l("Berlaku tanpa orang kedua, karena tidak ada yang lain")
    SHIPPED = "shipped", _l("Bawaan program")


class ObjectionGround(Labelled):
    """What a resident says is wrong with a page."""

    FACT = "fact", _l("Faktanya salah")
    VERDICT = "verdict", _l("Putusannya tidak adil")
    OUTDATED = "outdated", _l("Sudah tidak berlaku")
    SELF = "self", _l("Menyangkut diri saya")


class ObjectionOutcome(Labelled):
    """What was decided about an objection."""

    CORRECT = "correct", _l("Diterima, halaman dikoreksi")
    WITHDRAW = "withdraw", _l("Diterima, halaman ditarik")
    PARTLY = "partly", _l("Diterima sebagian")
    REFUSED = "refused", _l("Ditolak")


class SourceKind(Labelled):
    """The ways to read a source."""

    FEED = "feed", _l("Umpan")
    MASTODON = "mastodon", _l("Mastodon")
    YOUTUBE = "youtube", _l("Kanal YouTube")
    TELEGRAM = "telegram", _l("Kanal Telegram")
    BLUESKY = "bluesky", _l("Bluesky")
    REDDIT = "reddit", _l("Reddit")
    GOOGLE_NEWS = "google_news", _l("Google Berita")
    BRIDGE = "bridge", _l("Jembatan RSS")
    CLAIM_REVIEW = "claim_review", _l("Pemeriksa fakta lain")
    POSTS = "posts", _l("Tabel unggahan")
    FILE = "file", _l("Berkas")
    MANUAL = "manual", _l("Dicatat petugas")


class ChannelKind(Labelled):
    """The kinds of official channels."""

    DOMAIN = "domain", _l("Alamat situs")
    TELEPHONE = "telephone", _l("Nomor telepon atau WhatsApp")
    BANK_ACCOUNT = "bank_account", _l("Rekening bank")
    SOCIAL_ACCOUNT = "social_account", _l("Akun media sosial")


class EvidenceKind(Labelled):
    """The kinds of evidence."""

    LINK = "link", _l("Tautan")
    FILE = "file", _l("Berkas")
    ARCHIVED_COPY = "archived_copy", _l("Salinan arsip")


class CheckDecision(Labelled):
    """The answers of the public check."""

    MATCH = "match", _l("Sudah diklarifikasi")
    POSSIBLE = "possible", _l("Belum pasti sama")
    NONE = "none", _l("Belum ada klarifikasi")
