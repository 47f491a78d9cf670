"""The official channels in the database: the form in which a value is held, and what is refused.

A domain speaks for everything below it, so an ending such as "go.id" and a site on which anybody has pages are
refused.

Any text that residents read can bring in a number, an account or a link that nobody confirmed as the city's: an
address, a note, the name of a unit. Whoever confirms the text is told of each that is neither on the list nor in the
text that stood there before.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa
from flask_babel import gettext as _

from hoax_tracker.errors import InvalidInputError
from hoax_tracker.models import ChannelKind, OfficialChannel, Proposal, db
from hoax_tracker.organisation.channels.facts import (
    ChannelFact,
    ChannelStatus,
    ListedChannels,
    compare_with_list,
    group_by_kind,
    list_channel_facts,
)
from hoax_tracker.organisation.channels.hosts import (
    is_plain_host,
    is_shared_host,
    is_shortener,
    normalise_host,
    registered_name,
    split_link,
)
from hoax_tracker.organisation.channels.mentions import (
    MAX_ACCOUNT_DIGITS,
    MIN_ACCOUNT_DIGITS,
    Mention,
    MentionKind,
    find_mentions,
    normalise_telephone,
    write_plainly,
)

ListSignature = tuple[object, ...]


def load_listed_channels() -> ListedChannels:
    """Return the channels that count as official now, by kind. What one person proposed is not among them."""
    query = sa.select(OfficialChannel.kind, OfficialChannel.value, OfficialChannel.owner)
    rows = db.session.execute(query.where(OfficialChannel.is_listed).order_by(OfficialChannel.id))
    return group_by_kind((kind, value, owner) for kind, value, owner in rows)


def find_channel_facts(text: str, base_url: str) -> tuple[ChannelFact, ...]:
    """Return the facts about the channels that a text names, with this service's own address left out."""
    mentions = find_mentions(text)
    if not mentions:
        return ()
    return list_channel_facts(mentions, load_listed_channels(), normalise_host(urlsplit(base_url).netloc))


def list_signature() -> ListSignature:
    """Return a value that changes with the list."""
    query = sa.select(sa.func.count(), sa.func.max(OfficialChannel.changed_at)).where(OfficialChannel.is_listed)
    return tuple(db.session.execute(query).one())


MAX_VALUE_LENGTH = 120


class OtherKindError(InvalidInputError):
    """What was typed is no value of the chosen kind, but one of ``kind``."""

    def __init__(self, kind: ChannelKind) -> None:
        message = _("Isinya tampak seperti «%(kind)s». Jenisnya sudah diganti di sini: periksa, lalu kirim lagi.")
        super().__init__("a channel of another kind", user_message=message % {"kind": kind.label}, field="kind")
        self.kind = kind


def read_channel(kind: ChannelKind | None, typed: str) -> tuple[ChannelKind, str]:
    """Return the kind, where None was chosen the one that the value has, and the value in the list's normal form.

    Raises InvalidInputError where the value is none of that kind, or of no kind.
    """
    fitting = [other for other in ChannelKind if _fits_kind(other, typed)]
    if kind is None and len(fitting) != 1:
        message = _("Jenisnya tidak dikenali dari isinya. Pilih jenisnya.")
        raise InvalidInputError("a channel of no kind", user_message=message, field="kind")
    if kind is not None and kind not in fitting and fitting:
        raise OtherKindError(fitting[0])
    kind = kind or fitting[0]
    return kind, read_channel_value(kind, typed)


def _fits_kind(kind: ChannelKind, typed: str) -> bool:
    """Tell whether what was typed is a value of that kind."""
    try:
        read_channel_value(kind, typed)
    except InvalidInputError:
        return False
    return True


def read_channel_value(kind: ChannelKind, typed: str) -> str:
    """Return what was typed in the list's normal form. Raises InvalidInputError where it is none of that kind."""
    readers = {
        ChannelKind.DOMAIN: _read_domain,
        ChannelKind.TELEPHONE: _read_telephone,
        ChannelKind.BANK_ACCOUNT: _read_bank_account,
        ChannelKind.SOCIAL_ACCOUNT: _read_social_account,
    }
    return readers[kind](typed.strip())


def _read_domain(typed: str) -> str:
    """Return a domain: "kupangkota.go.id"."""
    user, host = split_link(typed)
    domain = host.removeprefix("www.")
    ending = domain.rpartition(".")[2]
    if user or not is_plain_host(domain) or not registered_name(domain) or not ending.isalpha() or "xn--" in domain:
        raise _value_error(_("Tulis nama situsnya saja, dengan huruf biasa, misalnya kupangkota.go.id."))
    if is_shared_host(domain) or is_shortener(domain):
        raise _value_error(_("Di situs itu siapa saja dapat membuat halaman, jadi tidak dapat menjadi alamat resmi."))
    if len(domain) > MAX_VALUE_LENGTH:
        raise _value_error(_("Nama situs itu terlalu panjang."))
    return domain


def _read_telephone(typed: str) -> str:
    """Return a telephone number: "0380821234"."""
    plain = write_plainly(typed)
    if not (number := normalise_telephone(plain)) or re.search(r"[^\d\s().+-]", plain):
        raise _value_error(_("Tulis satu nomor lengkap dengan kode daerahnya, misalnya 0380 atau 08 di depan."))
    return number


def _read_bank_account(typed: str) -> str:
    """Return the bank and the account's digits: "Bank NTT 01202010045678"."""
    typed = write_plainly(typed)
    written = re.search(r"\d[\d .-]*\d", typed)
    digits = re.sub(r"\D", "", written[0]) if written else ""
    bank = " ".join(typed.replace(written[0], " ").strip(" .,:-").split()) if written else ""
    fits = MIN_ACCOUNT_DIGITS <= len(digits) <= MAX_ACCOUNT_DIGITS and len(bank) <= MAX_VALUE_LENGTH - 20
    if not fits or not re.fullmatch(r"[^\W\d][^\d]*", bank):
        raise _value_error(_("Tulis nama bank, lalu nomor rekeningnya, misalnya «Bank NTT» dan angkanya."))
    return f"{bank} {digits}"


def _read_social_account(typed: str) -> str:
    """Return an account of a social site: "instagram.com/name"."""
    named = [mention for mention in find_mentions(typed) if mention.kind is MentionKind.SOCIAL_ACCOUNT]
    if len(named) != 1 or named[0].value.startswith("@"):
        raise _value_error(_("Tulis alamat akunnya, misalnya instagram.com/namaakun."))
    return named[0].value


def _value_error(message: str) -> InvalidInputError:
    return InvalidInputError("a channel's value", user_message=message, field="value")


def describe_new_mentions(proposal: Proposal) -> str:
    """Return the sentence that names the numbers, accounts and links which a proposal brings; "" for none."""
    written = [mention.written for mention in _find_new_mentions(proposal.before, proposal.values)]
    if not written:
        return ""
    return str(
        _(
            "Nomor, rekening, atau tautan baru di sini, yang tidak ada di daftar saluran resmi: %(named)s. Cocokkan "
            "dengan kantornya, bukan dengan pengusulnya.",
            named=", ".join(written),
        )
    )


def _find_new_mentions(before: Any, after: Any) -> list[Mention]:
    """Return what the values after name that those before do not, without what is on the list of official channels."""
    known = {(mention.kind, mention.value) for mention in _find_all(_texts_in(before))}
    fresh = [mention for mention in _find_all(_texts_in(after)) if (mention.kind, mention.value) not in known]
    if not fresh:
        return []
    listed = load_listed_channels()
    facts = [(mention, compare_with_list(mention, listed)) for mention in fresh]
    return [mention for mention, fact in facts if fact is None or fact.status is not ChannelStatus.OFFICIAL]


def _find_all(texts: Iterable[str]) -> list[Mention]:
    """Return what the texts name, each once."""
    found = {(mention.kind, mention.value): mention for text in texts for mention in find_mentions(text)}
    return list(found.values())


def _texts_in(value: Any) -> Iterator[str]:
    """Yield every text in a value, however deep."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from _texts_in(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _texts_in(part)
