"""What short messages ask for: greetings, commands and answers to the last reply, in Indonesian, English, Kupang Malay.

A message is a command only where it consists of nothing else: "berhenti" is one, "bantuan beras berhenti" is news.
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass

from hoax_tracker.check.answers.short_messages import list_words
from hoax_tracker.check.reports.submission import read_ticket

_NUMBER = re.compile(r"(?:(?:yang )?(?:nomor|nomer|no|number)|pilih|yang)? ?([0-9])")
_REPORT_NUMBER = re.compile(r"(?:lapor|laporkan|report)(?: (?:nomor|no|number))? ([1-9])")

_GREETING_WORDS = """
halo hallo helo hai hay hi hello hey hei selamat slamat met pagi siang sore malam good morning afternoon evening night
assalamualaikum assalamu alaikum waalaikumsalam shalom syalom salom salam permisi misi p ping test tes start mulai
"""
_ADDRESS_WORDS = """
kaka kakak kak ka bapa bapak pak ibu bu ade adik adek bos bosku nona nyong min admin mimin sobat basodara sodara saudara
e ee o wae we ko kah semua teman temans om tante mama mas mbak there sir madam please tolong dolo dulu
"""
_GREETING = frozenset(_GREETING_WORDS.split())
_ADDRESS = frozenset(_ADDRESS_WORDS.split())
_THANKS_WORDS = """
terima tarima trima tarimakasi terimakasih kasih kasi makasih makasi mksh trims thanks thank you thx tq sip oke ok okay
mantap
"""
_THANKS = frozenset(_THANKS_WORDS.split())
_BESIDE_THANKS_WORDS = """
banyak byk sekali sangat atas untuk buat su sudah ini itu infonya informasinya jawabannya bantuannya penjelasannya
balasannya jawab balas bantu dijawab dibantu very much so for your the this quick help answer info reply
"""
_BESIDE_THANKS = frozenset(_BESIDE_THANKS_WORDS.split())
_THANKS_SIGNS = re.compile("[\U0001f44d\U0001f44c\U0001f64f\u2764\U0001f60a\U0001f970\U0001f3fb-\U0001f3ff\ufe0f\\s]+")
"""Thumb, ring of fingers, folded hands, heart, smiles, in any colour."""


class Command(enum.Enum):
    """What a message asks for, beside news to be checked."""

    GREET = "greet"
    THANK = "thank"
    HELP = "help"
    STOP = "stop"
    RESUME = "resume"
    ERASE = "erase"
    ENGLISH = "en"
    INDONESIAN = "id"
    REPORT = "report"
    SAME = "same"
    NOT_SAME = "not_same"
    TICKETS = "tickets"
    TICKET = "ticket"
    NUMBER = "number"
    NO_MAIL = "no_mail"


_PHRASES: dict[Command, tuple[str, ...]] = {
    Command.HELP: ("bantuan", "bantu", "help", "menu", "cara", "cara memeriksa kabar", "cara pakai", "how to check"),
    Command.STOP: ("berhenti", "brenti", "stop", "jangan kirim lagi", "unsubscribe"),
    Command.RESUME: ("kabari lagi", "lanjut", "lanjutkan", "resume"),
    Command.ERASE: ("hapus data saya", "hapus data", "hapus data beta", "hapus semua data saya", "delete my data"),
    Command.NO_MAIL: ("hapus email", "hapus email saya", "hapus alamat email", "delete my email"),
    Command.ENGLISH: ("english", "inggris", "bahasa inggris", "in english"),
    Command.INDONESIAN: ("indonesia", "bahasa indonesia", "indonesian", "bahasa"),
    Command.REPORT: ("lapor", "laporkan", "laporkan pesan ini", "report", "report it", "beta mau lapor"),
    Command.SAME: ("ya", "iya", "ya ini", "iya ini", "ya sama", "sama", "io", "io ini", "yes", "yes this", "this one"),
    Command.NOT_SAME: (
        "bukan", "bukan itu", "bukan ini", "bukan yang itu", "bukan itu maksud saya", "bukan itu beta pung maksud",
        "son itu", "sonde itu", "no", "not that", "not this", "tidak",
    ),
    Command.TICKETS: ("tiket", "tiket saya", "status", "cek tiket", "aduan saya", "my ticket", "ticket"),
}  # fmt: skip
_MEANT = r"maksud (?:saya|beta)|beta (?:pung|pu) maksud|yang (?:saya|beta) maksud|i mean"
_DENIAL = re.compile(
    rf"\s*(?:bukan (?:yang )?(?:itu|ini)|sonde? itu|son itu|not (?:that|this))(?: (?:{_MEANT}))?"
    rf"(?:\s*[,.;:!\n–-]\s*|\s+(?=(?:tapi|tetapi|but|{_MEANT})\b))(?P<meant>\S.*)",
    re.IGNORECASE | re.DOTALL,
)
_BY_PHRASE = {phrase: command for command, phrases in _PHRASES.items() for phrase in phrases}


@dataclass(frozen=True, slots=True)
class ReadCommand:
    """A command, with the ticket or the number in it, or what was meant instead."""

    command: Command
    ticket: str = ""
    number: int = 0
    meant: str = ""


def says_same(text: str, title: str) -> bool:
    """Tell whether a message has the words of a button."""
    words = list_words(text)
    return bool(words) and words == list_words(title)


def read_command(text: str) -> ReadCommand | None:
    """Return what a message asks for; None for news and searches."""
    words = list_words(text)
    phrase = " ".join(words)
    if chosen := _NUMBER.fullmatch(phrase):
        return ReadCommand(Command.NUMBER, number=int(chosen[1]))
    if ticket := read_ticket(text.strip()):
        return ReadCommand(Command.TICKET, ticket=ticket)
    if numbered := _REPORT_NUMBER.fullmatch(phrase):
        return ReadCommand(Command.REPORT, number=int(numbered[1]))
    # A word of address beside a command changes nothing: "bantuan kaka".
    plain = " ".join(word for word in words if word not in _ADDRESS)
    if command := _BY_PHRASE.get(phrase) or _BY_PHRASE.get(plain):
        return ReadCommand(command)
    if denial := _DENIAL.fullmatch(text):
        return ReadCommand(Command.NOT_SAME, meant=denial["meant"].strip())
    if text.strip() and _THANKS_SIGNS.fullmatch(text):
        return ReadCommand(Command.THANK)
    return _read_courtesy(words)


def _read_courtesy(words: list[str]) -> ReadCommand | None:
    """Return the command for a greeting or thanks."""
    left = [word for word in words if word not in _ADDRESS]
    if words and all(word in _GREETING for word in left):
        return ReadCommand(Command.GREET)
    if not _THANKS.isdisjoint(left) and all(word in _THANKS or word in _BESIDE_THANKS for word in left):
        return ReadCommand(Command.THANK)
    return None
