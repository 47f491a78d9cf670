"""What an answer says about a link, number or account in the message: plain sentences, and JSON.

Each sentence is about the channel. None says whether the message is true.

One ban stands before anything else (``Ban``). It is about what a message demands, so it waits for no officer: who fills
in a form of strangers, or tells them a code, loses an account within minutes. Not to fill in a link, where the link
imitates the city's, and where one that is not the city's, or cannot be seen, comes with a demand for data or a promise
that is fetched there. Not to tell a code nor to send money, where a message or somebody in it asks for a code, or for
money to a number or an account that is not on the list.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from flask_babel import gettext as _

from classifiers.text.normalise import word_tokens
from hoax_tracker.organisation.channels.facts import ChannelFact, ChannelStatus, ListedChannel
from hoax_tracker.organisation.channels.hosts import punycode_host, registered_domain
from hoax_tracker.organisation.channels.mentions import SITE_NAMES, MentionKind, find_mentions

HOST_KINDS = (MentionKind.LINK, MentionKind.EMAIL)
NUMBER_KINDS = (MentionKind.TELEPHONE, MentionKind.BANK_ACCOUNT)
SHOWN_USER_CHARACTERS = 60
_DATA_WORDS = "ktp nik kk otp kode pin sandi password cvv rekening biodata verifikasi login"
DATA_WORDS = frozenset(_DATA_WORDS.split())
"""What a form of strangers asks for."""
_PROMISES = "bansos bantuan blt cair dana diskon gratis hadiah kuota lowongan loker pulsa subsidi terpilih token undian"
PROMISE_WORDS = frozenset(_PROMISES.split())
_FETCH_WORDS = "ambil buka claim daftar daftarkan isi input klaim klik masuk masukkan"
FETCH_WORDS = frozenset(_FETCH_WORDS.split())
"""How what is promised is fetched."""
_STRANGE = (ChannelStatus.SHORTENED, ChannelStatus.NOT_LISTED)
_CODE = (
    r"(?:kode(?! (?:antrean|antrian|area|barang|etik|pos|promo|qr|wilayah) )|otp|pin(?! lokasi )|sandi|password|cvv"
    r"|(?:angka|nomor) (?:\S+ )?(?:belakang (?:atm|kartu)|kartu atm))"
)
_GIVES = (
    "(?:bacakan|balas|beri|berikan|kase|kasi|kasih|kirim|kirimkan|masukkan|minta|meminta|diminta|mintai|sebut|sebutkan"
    "|tanya|menanyakan|give|send|tell|asks?|asking|asked)"
)
_PAY = "(?:bayar|kirim|kirimkan|setor|setorkan|tf|trf|transfer|transferkan|send)"
_MONEY = "(?:dana|doi|duit|gopay|juta|jt|linkaja|ovo|pulsa|rb|ribu|rp|shopeepay|uang|money)"
_IS_GIVEN = (
    "(?:diminta|dimintai|ditanya|ditanyakan|kase|(?<!terima )(?<!tarima )(?<!trima )kasih?|kirim|minta|sebut|sebutkan"
    "|tanya)"
)
_UNLESS_DENIED = r"(?:(?!(?:bukan|sonde|son|tak|tanpa|tidak) )\S+ ){0,4}?"
_ASKS_FOR_CODE = re.compile(rf" (?:{_GIVES} (?:\S+ ){{0,5}}?{_CODE}|{_CODE} {_UNLESS_DENIED}{_IS_GIVEN}) ")
_PAYS = re.compile(rf" (?:isi|{_PAY}) ")
_SENDS_MONEY = re.compile(rf" (?:isi|{_PAY}) (?:\S+ ){{0,4}}?{_MONEY} ")
_IS_TOLD_TO_PAY = re.compile(
    r" (?:diminta|disuru|disuruh|minta|meminta|suru|suruh) (?:\S+ )?(?:tf|trf|transfer"
    r"|(?:kirim|isi|setor) (?:doi|pulsa|uang)) "
)
_WARNS = re.compile(
    r" (?:jangan|jang|(?:tidak|tak|sonde|son) (?:akan|pernah)|never|do not|don t) (?:\S+ ){0,3}?"
    rf"(?:bagikan|percaya|{_GIVES}|{_PAY}) "
)
"""Who warns of a fraud demands nothing."""


@dataclass(frozen=True)
class HostEnds:
    """A host to be shown with its end marked: ``before`` and ``end`` make it up. ``code`` is its "xn--" form, or ""."""

    before: str
    end: str
    code: str


def channel_heading(fact: ChannelFact) -> str:
    """Return the fact in one sentence."""
    status, kind = fact.status, fact.mention.kind
    if status is ChannelStatus.SHORTENED:
        return str(_("Tautan ini dipendekkan: tidak terlihat ke mana perginya"))
    if status is ChannelStatus.SAME_NAME:
        return str(_("Akun bernama sama ada di daftar resmi kota, di %(site)s", site=_listed_site(fact)))
    if status is ChannelStatus.LOOKALIKE:
        if kind is MentionKind.SOCIAL_ACCOUNT:
            return str(_("Nama akun ini mirip akun resmi kota, tetapi bukan"))
        return str(_("Alamat ini mirip alamat resmi, tetapi bukan"))
    return _official_heading(kind) if status is ChannelStatus.OFFICIAL else _not_listed_heading(kind)


def _official_heading(kind: MentionKind) -> str:
    """Return the sentence for a channel on the list."""
    sentences = {
        MentionKind.LINK: _("Tautan ini ada di daftar resmi kota"),
        MentionKind.EMAIL: _("Alamat email ini ada di daftar resmi kota"),
        MentionKind.TELEPHONE: _("Nomor ini ada di daftar resmi kota"),
        MentionKind.BANK_ACCOUNT: _("Rekening ini ada di daftar resmi kota"),
        MentionKind.SOCIAL_ACCOUNT: _("Akun ini ada di daftar resmi kota"),
    }
    return str(sentences[kind])


def _not_listed_heading(kind: MentionKind) -> str:
    """Return the sentence for a channel that is not on the list."""
    sentences = {
        MentionKind.LINK: _("Tautan ini bukan alamat resmi kota"),
        MentionKind.EMAIL: _("Email ini bukan alamat resmi kota"),
        MentionKind.TELEPHONE: _("Nomor ini tidak ada di daftar resmi kota"),
        MentionKind.BANK_ACCOUNT: _("Rekening ini tidak ada di daftar resmi kota"),
        MentionKind.SOCIAL_ACCOUNT: _("Akun ini tidak ada di daftar resmi kota"),
    }
    return str(sentences[kind])


def channel_advice(fact: ChannelFact) -> str:
    """Return what follows from the fact for the resident, calmly."""
    status, kind = fact.status, fact.mention.kind
    if status is ChannelStatus.OFFICIAL and fact.listed:
        return _official_advice(kind, fact.listed)
    if status is ChannelStatus.LOOKALIKE:
        return str(_("Jangan isi atau kirim nama, nomor KTP, atau kode ke sana."))
    if status is ChannelStatus.SHORTENED:
        return str(_("Kami tidak membukanya. Minta alamat lengkapnya kepada yang mengirim."))
    if status is ChannelStatus.SAME_NAME:
        return str(_("Yang bernama sama di tempat lain belum tentu milik kota."))
    if kind in HOST_KINDS and fact.listed:
        return str(_("Alamat kota berakhir dengan %(domain)s. Yang lain bisa saja milik pihak yang jujur.",
                     domain=fact.listed.value))  # fmt: skip
    if kind is MentionKind.BANK_ACCOUNT:
        return str(_("Sebelum mengirim uang, tanyakan dulu ke kantor yang disebut dalam pesan."))
    return str(_("Bisa saja milik orang atau kantor lain yang jujur."))


def _official_advice(kind: MentionKind, listed: ListedChannel) -> str:
    """Return whose a listed channel is."""
    if kind is MentionKind.BANK_ACCOUNT:
        bank = listed.value.rpartition(" ")[0]
        return str(
            _("Tercatat milik %(owner)s di %(bank)s. Cocokkan juga nama banknya.", owner=listed.owner, bank=bank)
        )
    return str(_("Tercatat milik %(owner)s.", owner=listed.owner))


def _listed_site(fact: ChannelFact) -> str:
    """Return the name of the site on which the listed account is."""
    site = fact.listed.value.partition("/")[0] if fact.listed else ""
    return SITE_NAMES.get(site, site)


def only_listed(facts: Sequence[ChannelFact]) -> bool:
    """Return whether all links, numbers and accounts of a message are on the list of official channels."""
    return bool(facts) and all(fact.status is ChannelStatus.OFFICIAL for fact in facts)


def first_number(facts: Iterable[ChannelFact]) -> ChannelFact | None:
    """Return what is known of the first telephone number or bank account, where a message holds one."""
    return next((fact for fact in facts if fact.mention.kind in NUMBER_KINDS), None)


def host_ends(fact: ChannelFact) -> HostEnds | None:
    """Return a look-alike host to be compared with the city's by its end; None for anything else."""
    mention = fact.mention
    if fact.status is not ChannelStatus.LOOKALIKE or mention.kind not in HOST_KINDS:
        return None
    end = registered_domain(mention.value)
    user = f"{mention.user[:SHOWN_USER_CHARACTERS]}@" if mention.user else ""
    code = punycode_host(mention.value)
    return HostEnds(user + mention.value.removesuffix(end), end, code if code != mention.value else "")


def channel_fact_as_json(fact: ChannelFact) -> dict[str, Any]:
    """Return a fact in the form of the API."""
    return {
        "kind": fact.mention.kind.value,
        "written": fact.mention.written,
        "value": fact.mention.value,
        "status": fact.status.value,
        "listed": {"value": fact.listed.value, "owner": fact.listed.owner} if fact.listed else None,
    }


class Ban(enum.Enum):
    """What a reader is told not to do, before anything else."""

    LINK = "link"
    CODE_OR_MONEY = "code_or_money"


class BanWords(NamedTuple):
    """A ban in words: a label of few, and the sentence."""

    label: str
    sentence: str


def write_ban(ban: Ban) -> BanWords:
    """Return the words of a ban, with what helps whoever has done it already."""
    if ban is Ban.LINK:
        return BanWords(
            _("Jangan isi tautan itu"),
            _(
                "Jangan isi nama, nomor KTP, atau kode. Sudah terlanjur? Ganti sandi dan PIN sekarang, lalu telepon "
                "bank Anda."
            ),
        )
    return BanWords(
        _("Jangan dituruti dulu"),
        _(
            "Jangan sebut kode, jangan kirim uang. Sudah terlanjur? Telepon bank Anda sekarang, lalu ganti sandi dan "
            "PIN."
        ),
    )


def find_ban(text: str, facts: Sequence[ChannelFact]) -> Ban | None:
    """Return what residents are told not to do with a message, None for most."""
    if _forbids_link(text, facts):
        return Ban.LINK
    words = f" {' '.join(word_tokens(text))} "
    if _WARNS.search(words):
        return None
    return Ban.CODE_OR_MONEY if _ASKS_FOR_CODE.search(words) or _asks_for_money(text, words, facts) else None


def _forbids_link(text: str, facts: Sequence[ChannelFact]) -> bool:
    """Return whether residents are told not to fill in a link of the message."""
    statuses = {fact.status for fact in facts if fact.mention.kind is MentionKind.LINK}
    if ChannelStatus.LOOKALIKE in statuses:
        return True
    words = set(word_tokens(text))
    asks = not words.isdisjoint(DATA_WORDS) or not (words.isdisjoint(PROMISE_WORDS) or words.isdisjoint(FETCH_WORDS))
    return asks and not statuses.isdisjoint(_STRANGE)


def _asks_for_money(text: str, words: str, facts: Sequence[ChannelFact]) -> bool:
    """Return whether a text, and its words with blanks around, want money sent to whoever is not on the list."""
    if _IS_TOLD_TO_PAY.search(words):
        return True
    if not _PAYS.search(words):
        return False
    listed = {fact.mention.value for fact in facts if fact.status is ChannelStatus.OFFICIAL}
    strange = {one.kind for one in find_mentions(text) if one.is_sure and one.value not in listed}
    is_sent = _SENDS_MONEY.search(words) is not None
    return MentionKind.BANK_ACCOUNT in strange or (MentionKind.TELEPHONE in strange and is_sent)
