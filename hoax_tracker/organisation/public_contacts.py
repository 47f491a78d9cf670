"""Whom residents can reach: the PPID, whom to call in an emergency, and where the conversation opens.

An administrator proposes them, a second person lets them count. Whoever confirms is told of every number, account and
link in any of the texts that is not on the list of official channels (organisation/channels/mentions.py).

The PPID's and the emergency numbers, the mailbox and the site are shown only while they are on that list, too: a number
that the city takes off its list, because it was stolen, is gone from every page at once. A short number of the country
needs no list.

In what officers write for residents, identity numbers are nobody's business; a mobile number or an e-mail address may
stand there only where the list has it (of an address: its domain).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _, lazy_gettext as _l

from hoax_tracker.authority.acts import ActClass
from hoax_tracker.authority.row_acts import RowAct, Values, register_row_act
from hoax_tracker.models import ChannelKind, PublicContacts, TiplineChannel, db
from hoax_tracker.organisation.channels.facts import ListedChannels
from hoax_tracker.organisation.channels.hosts import is_plain_host, is_within, normalise_host, split_link
from hoax_tracker.organisation.channels.mentions import normalise_telephone
from hoax_tracker.organisation.channels.official_list import describe_new_mentions, load_listed_channels
from hoax_tracker.organisation.units import field_error

LONGEST = {"address": 300, "telephone": 80, "email": 200, "website": 300}
EMERGENCY_MOST = 12
EMERGENCY_LONGEST = 1_000

_TELEPHONE = re.compile(r"\+?[\d\s().-]{2,40}")
_EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(?:\.[^@\s.]+)+")
_PLAIN_USER = re.compile(r"[a-z0-9._+-]+")
SHORT_NUMBER = re.compile(r"1\d\d")
_WEBSITE = re.compile(r"https://[^\s/.]+(?:\.[^\s/.]+)+(?:/\S*)?")


def _load_public_contacts() -> PublicContacts:
    """Return the stored contacts, or empty ones in a row that is not stored."""
    row = db.session.get(PublicContacts, 1)
    return row or PublicContacts(id=1, address="", telephone="", email="", website="", emergency=[])


@dataclass(frozen=True)
class ShownContacts:
    """The contacts as residents see them; what is not on the list of official channels is empty."""

    row: PublicContacts
    listed: ListedChannels

    @property
    def address(self) -> str:
        """The PPID's address."""
        return self.row.address

    @property
    def email(self) -> str:
        """The PPID's email."""
        return self.row.email if _is_listed_email(self.row.email, self.listed) else ""

    @property
    def telephone(self) -> str:
        """The PPID's number."""
        return _shown_number(self.row.telephone, self.listed)

    @property
    def website(self) -> str:
        """The PPID's site."""
        return self.row.website if _is_listed_site(self.row.website, self.listed) else ""

    @property
    def emergency(self) -> list[dict[str, Any]]:
        """Whom to call in an emergency."""
        contacts: list[dict[str, Any]] = self.row.emergency
        return [contact | {"telephone": _shown_number(contact["telephone"], self.listed)} for contact in contacts]


def load_shown_contacts() -> ShownContacts:
    """Return what residents are told."""
    return ShownContacts(_load_public_contacts(), load_listed_channels())


def _shown_number(number: str, listed: ListedChannels) -> str:
    """Return a number that residents may be told, else "" for it."""
    return number if _is_short_number(number) or _is_listed_telephone(number, listed) else ""


def _is_short_number(number: str) -> bool:
    """Tell whether a number is one of three digits, which only the country assigns: 112, 110, 113."""
    return bool(SHORT_NUMBER.fullmatch(number.strip()))


def _is_listed_telephone(number: str, listed: ListedChannels) -> bool:
    wanted = normalise_telephone(number)
    return any(channel.value == wanted for channel in listed.get(ChannelKind.TELEPHONE, ()))


def _is_listed_email(email: str, listed: ListedChannels) -> bool:
    """Tell whether a plain email address is at a domain on the list of official channels.

    Other signs before the "@" could name further readers in a mailto: link.
    """
    user, _at_sign, host = email.lower().rpartition("@")
    if not _PLAIN_USER.fullmatch(user) or not is_plain_host(host):
        return False
    return any(is_within(host, channel.value) for channel in listed.get(ChannelKind.DOMAIN, ()))


def _is_listed_site(website: str, listed: ListedChannels) -> bool:
    """Tell whether the site lies within a domain on the list of official channels."""
    host = split_link(website).host if website else ""
    return any(is_within(host, channel.value) for channel in listed.get(ChannelKind.DOMAIN, ()))


def list_hidden_fields() -> list[str]:
    """Return the names of fields that are filled in and not shown, because the channel is not listed yet."""
    shown = load_shown_contacts()
    named = ("telephone", "email", "website")
    return [name for name in named if getattr(shown.row, name) and not getattr(shown, name)]


def _require_valid_contacts(_row: PublicContacts | None, values: Values) -> None:
    """Raise InvalidInputError for a contact that reaches nobody."""
    for name, most in LONGEST.items():
        if len(values[name]) > most:
            raise field_error(name, _("Paling banyak %(most)s huruf.", most=most))
    if values["telephone"] and not _TELEPHONE.fullmatch(values["telephone"]):
        raise field_error("telephone", _("Tulis satu nomor telepon, atau kosongkan."))
    if values["email"] and not _EMAIL.fullmatch(values["email"]):
        raise field_error("email", _("Tulis satu alamat email, atau kosongkan."))
    if values["website"] and not _WEBSITE.fullmatch(values["website"]):
        raise field_error("website", _("Tulis alamat lengkap yang diawali https://, atau kosongkan."))
    if len(values["emergency"]) > EMERGENCY_MOST:
        raise field_error("emergency", _("Paling banyak %(most)s baris.", most=EMERGENCY_MOST))
    for contact in values["emergency"]:
        _require_valid_emergency_contact(contact)


def _require_valid_emergency_contact(contact: dict[str, Any]) -> None:
    """Raise InvalidInputError for an emergency contact without name or cue, or with a number that is none."""
    line = format_emergency_line(contact)
    if not contact["name"] or not contact["cues"] or len(line) > EMERGENCY_LONGEST:
        message = _("Nama dan kata-katanya wajib ada:")
        raise field_error("emergency", f"{message} «{line[:80]}»")
    if contact["telephone"] and not _TELEPHONE.fullmatch(contact["telephone"]):
        raise field_error("emergency", _("Ini bukan nomor telepon: «%(number)s».", number=contact["telephone"][:80]))


def read_emergency_line(line: str) -> dict[str, Any]:
    """Return the emergency contact of a line "name | telephone | note | cue, cue"."""
    name, telephone, note, cues = [part.strip() for part in [*line.split("|", 3), "", "", ""][:4]]
    listed = [cue.strip() for cue in cues.split(",") if cue.strip()]
    return {"name": name, "telephone": telephone, "note": note, "cues": listed}


def format_emergency_line(contact: dict[str, Any]) -> str:
    """Return an emergency contact as the line that is edited."""
    return " | ".join((contact["name"], contact["telephone"], contact["note"], ", ".join(contact["cues"])))


CONTACTS = RowAct(
    "contacts",
    _l("Kontak untuk warga"),
    ActClass.PUBLIC,
    {
        "address": _l("Alamat kantor PPID"),
        "telephone": _l("Telepon"),
        "email": _l("Email"),
        "website": _l("Situs resmi"),
        "emergency": _l("Siapa yang dihubungi dalam keadaan darurat"),
    },
    find=lambda key: _load_public_contacts(),
    check=_require_valid_contacts,
    title=lambda proposal: str(_("Kontak yang dibaca warga")),
    effect=describe_new_mentions,
    word=lambda name, value: [format_emergency_line(line) for line in value] if name == "emergency" else value,
    link=lambda proposal: ("accounts.public_contacts", {}),
)
"""One row: its key is 1."""
register_row_act(CONTACTS)


CHAT_LABELS = {"whatsapp": "WhatsApp", "telegram": "Telegram"}
"""In the order in which they are offered."""
_BEGINS = {"whatsapp": "https://wa.me/", "telegram": "https://t.me/"}


@dataclass(frozen=True, slots=True)
class ChatLink:
    """A channel as residents find it. ``written`` is the address as it is typed."""

    label: str
    address: str

    @property
    def written(self) -> str:
        """The address without its scheme."""
        return self.address.split("://", 1)[-1]


def public_address(name: str, account: str) -> str:
    """Return the address that opens the conversation; "" for a channel without an account."""
    return f"{_BEGINS[name]}{account}" if account else ""


def list_chat_links() -> list[ChatLink]:
    """Return the channels in service, with the address that opens each."""
    serving = sa.select(TiplineChannel.name, TiplineChannel.account).where(TiplineChannel.is_in_service)
    accounts = dict(db.session.execute(serving).all())
    return [
        ChatLink(label, public_address(name, accounts[name]))
        for name, label in CHAT_LABELS.items()
        if accounts.get(name)
    ]


# Each of these reads a letter a fixed number of times at most, however long the text is without a blank or a sign.
EMAIL_PATTERN = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}\.[\w.-]+")
_PHONE = re.compile(r"(?<![\w/.-])(?:\+62|62|0)[ .-]?8\d{1,2}(?:[ .-]?\d{3,4}){2}\b")
_IDENTITY = re.compile(r"(?<!\d)\d{16}(?!\d)")


def find_contacts(text: str, channels: ListedChannels) -> list[str]:
    """Return the numbers and addresses in a text that are a person's, as they are written."""
    emails = [one[0] for one in EMAIL_PATTERN.finditer(text) if not _is_official_address(one[0], channels)]
    phones = [one[0] for one in _PHONE.finditer(text) if not _is_official_number(one[0], channels)]
    return [*(one[0] for one in _IDENTITY.finditer(text)), *phones, *emails]


def _is_official_number(written: str, channels: ListedChannels) -> bool:
    number = normalise_telephone(written)
    return any(channel.value == number for channel in channels.get(ChannelKind.TELEPHONE, ()))


def _is_official_address(written: str, channels: ListedChannels) -> bool:
    """Tell whether an e-mail address lies in a domain of the list."""
    host = normalise_host(written.rpartition("@")[2].rstrip("."))
    return any(is_within(host, channel.value) for channel in channels.get(ChannelKind.DOMAIN, ()))
