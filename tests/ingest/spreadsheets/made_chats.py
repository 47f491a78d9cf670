"""Made chats of WhatsApp and of private Telegram groups, in which every detail of a person is marked.

All names, numbers and addresses are made up. What a chat may keep are its claims; what it must not keep is ``marked``.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

FIRST = (
    "Zefanya",
    "Wilhelmina",
    "Yosafat",
    "Kristoforus",
    "Marselina",
    "Doroteus",
    "Apolonia",
    "Ludgardis",
    "Thimotius",
)
LAST = ("Naitboho", "Tlonaenx", "Kolimonq", "Benuqx", "Lasfetoq", "Manafeqx", "Nubatonq", "Seranquli", "Taeqbenu")
STREETS = ("Anggrekqu", "Bougenvilq", "Cendanaqu", "Dahliaqx", "Flamboyanq")
HYPHENS = ("-", "\u2011", "\u2010", "\u2013", " ", "\u00a0", "")
CLAIMS = {
    "id": ("Air PDAM mati tujuh hari, sebarkan!", "Katanya pasar ditutup besok", "Minyak tanah naik Rp5.000"),
    "en": ("Water is off for seven days, pass it on!", "They say the market closes tomorrow"),
    "pt": ("A água vai faltar sete dias, partilhem!", "Dizem que o mercado fecha amanhã"),
    "ms": ("Air tiada selama tujuh hari, sebarkan!", "Kata orang pasar ditutup esok"),
}


@dataclass(frozen=True)
class Words:
    """What the program writes in a language; ``{n}`` is a name, ``{m}`` another."""

    encrypted: str
    created: str
    added: str
    left: str
    subject: str
    media: str
    attached: str
    document: str
    deleted: str
    deleted_by: str
    edited: str
    location: str
    live: str
    call: str
    poll: str
    option: str
    votes: str
    admin: str = "admin"


WORDS = {
    "id": Words(
        "Pesan dan panggilan terenkripsi secara end-to-end.",
        '{n} membuat grup "Keluarga {m}"',
        "{n} menambahkan {m}",
        "{n} keluar",
        '{n} mengubah subjek menjadi "Warga: {m}"',
        "<Media tidak disertakan>",
        "file terlampir",
        "3 halaman dokumen tidak disertakan",
        "Pesan ini telah dihapus",
        "Pesan ini dihapus oleh admin {n}",
        "<Pesan ini diedit>",
        "lokasi",
        "Lokasi terkini dibagikan",
        "Panggilan suara tak terjawab",
        "POLLING:",
        "OPSI:",
        "suara",
    ),
    "en": Words(
        "Messages and calls are end-to-end encrypted.",
        '{n} created group "Family {m}"',
        "{n} added {m}",
        "{n} left",
        '{n} changed the subject to "Block: {m}"',
        "<Media omitted>",
        "file attached",
        "3 pages document omitted",
        "This message was deleted",
        "This message was deleted by admin {n}",
        "<This message was edited>",
        "location",
        "live location shared",
        "Missed voice call",
        "POLL:",
        "OPTION:",
        "votes",
    ),
    "pt": Words(
        "As mensagens e as chamadas são protegidas com a criptografia de ponta a ponta.",
        '{n} criou o grupo "Família {m}"',
        "{n} adicionou {m}",
        "{n} saiu",
        '{n} mudou o nome do grupo para "Rua: {m}"',
        "<Mídia oculta>",
        "arquivo anexado",
        "3 páginas documento omitido",
        "Mensagem apagada",
        "Esta mensagem foi apagada pelo admin {n}",
        "<Mensagem editada>",
        "localização",
        "localização em tempo real compartilhada",
        "Chamada de voz perdida",
        "ENQUETE:",
        "OPÇÃO:",
        "votos",
    ),
    "ms": Words(
        "Mesej dan panggilan disulitkan hujung ke hujung.",
        '{n} mencipta kumpulan "Keluarga {m}"',
        "{n} menambah {m}",
        "{n} keluar",
        '{n} menukar subjek kepada "Jiran: {m}"',
        "<Media disembunyikan>",
        "fail dilampirkan",
        "3 halaman dokumen dikecualikan",
        "Mesej ini telah dipadam",
        "Mesej ini dipadam oleh pentadbir {n}",
        "<Mesej ini telah disunting>",
        "lokasi",
        "lokasi langsung dikongsi",
        "Panggilan suara terlepas",
        "UNDIAN:",
        "PILIHAN:",
        "undi",
    ),
}


@dataclass
class MadeChat:
    """A chat, what of it must be gone, and the claims of which none may be."""

    text: str
    marked: set[str] = field(default_factory=set)
    claims: set[str] = field(default_factory=set)


class ChatMaker:
    """Makes one chat by a seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.chat = MadeChat("")
        self.language = self.random.choice(list(WORDS))
        self.words = WORDS[self.language]
        self.is_iphone = self.random.random() < 0.5
        self.moment = datetime(2026, 11, 20, 7) + timedelta(minutes=self.random.randrange(500))  # noqa: DTZ001
        self.people = [self.make_person() for _ in range(self.random.randint(2, 5))]

    def pick(self, *values: str) -> str:
        return self.random.choice(values)

    def make_name(self) -> str:
        name = f"{self.pick(*FIRST)} {self.pick(*LAST)}"
        self.chat.marked |= set(name.split())
        return name

    def make_number(self) -> str:
        """Return a number as programs show it."""
        digits = "".join(str(self.random.randrange(10)) for _ in range(8))
        self.chat.marked |= {digits, digits[:4] + "-" + digits[4:]}
        return f"+62 812{self.pick(*HYPHENS)}{digits[:4]}{self.pick(*HYPHENS)}{digits[4:]}"

    def make_person(self) -> str:
        return self.make_name() if self.random.random() < 0.6 else self.make_number()

    def make_street(self) -> str:
        street = self.pick(*STREETS)
        self.chat.marked.add(street)
        return f"{self.pick('Jl.', 'Jalan', 'Rua')} {street} No. {self.random.randint(1, 90)}, Kupang"

    def claim(self) -> str:
        claim = self.pick(*CLAIMS[self.language])
        self.chat.claims.add(claim)
        return claim

    def date(self) -> str:
        return f"{self.moment:%d/%m/%y}" if self.language in ("id", "pt") else f"{self.moment:%d/%m/%Y}"

    def time(self) -> str:
        return f"{self.moment:%H.%M}" if self.language == "id" else f"{self.moment:%H:%M}"

    def line(self, rest: str) -> str:
        """Return a line with its time, later than the last."""
        self.moment += timedelta(minutes=self.random.randint(1, 30))
        if self.is_iphone:
            return f"[{self.date()} {self.time()}{self.pick('.', ':')}15] {rest}"
        return (
            f"{self.date()} {self.time()} - {rest}"
            if self.language == "id"
            else f"{self.date()}, {self.time()} - {rest}"
        )

    def sender(self) -> str:
        name = self.pick(*self.people)
        return f"~\u202f{name}" if self.is_iphone and self.random.random() < 0.3 else name

    def generated(self, words: str) -> str:
        """Return what the program writes; an iPhone puts a mark before."""
        return f"\u200e{words}" if self.is_iphone else words

    def group_line(self) -> str:
        form = self.pick(self.words.created, self.words.added, self.words.left, self.words.subject)
        words = form.format(n=self.pick(*self.people), m=self.make_person())
        return self.line(f"{self.sender()}: \u200e{words}" if self.is_iphone else words)

    def copied(self) -> str:
        """A message that somebody copied from another chat, with who wrote it there."""
        who, when = self.make_person(), f"{self.moment:%d/%m}"
        head = self.pick(
            f"[{when} 14.05] {who}: ",
            f"[{when}, 14:05] {who}: ",
            f"[14.05, {when}/2026] {who}: ",
            f"[{when}/26 14.05.09] ~{who}: ",
            f"{who}, [{when}/2026 14:05]\n",
            f"[Diteruskan dari {who}]\n",
            f"[Forwarded from {who}]\n",
        )
        again = f"\n[{when} 14.06] {who}: {self.claim()}" if self.random.random() < 0.4 else ""
        return f"{head}{self.claim()}{again}"

    def quoted(self) -> str:
        return f"> {self.pick(*self.people)}: {self.claim()}\n{self.claim()}"

    def mention(self) -> str:
        name = self.pick(*self.people)
        shown = self.pick(f"@\u2068{name}\u2069", f"@\u2068{self.make_name()}\u2069")
        if name.startswith("+"):
            shown = "@" + "".join(filter(str.isdigit, name))
        return f"{shown} {self.claim()}"

    def named(self) -> str:
        """A message that speaks of somebody in the chat."""
        name = self.pick(*self.people)
        digits = "".join(filter(str.isdigit, name))
        shown = f"0{digits[2:]}" if digits else self.pick(name, f"Pak {name.split()[0]}", name.upper())
        return f"{self.claim()} {self.pick('tanya', 'kontak', 'ask')} {shown}"

    def located(self) -> str:
        venue, street = f"Kios {self.make_name()}", self.make_street()
        link = self.pick(
            "https://maps.google.com/?q=-10.1772,123.6070",
            "https://foursquare.com/v/4b0588f1f964a520",
            "https://maps.app.goo.gl/Qx7Qx7Qx7",
        )
        self.chat.marked |= {"-10.1772", "4b0588f1f964a520", "Qx7Qx7Qx7"}
        if self.random.random() < 0.4:
            return self.generated(f"{self.words.location}: {link}")
        if self.is_iphone:
            return self.generated(f"{self.words.location.title()}: {venue}: {street} {link}")
        return self.pick(f"{venue} ({street}): {link}", f"{venue}\n{street}\n{link}")

    def attached(self) -> str:
        if self.is_iphone:
            return self.pick(
                f"Surat Bu {self.make_name()}.pdf • \u200e{self.words.document}",
                f"Surat Bu {self.make_name()}.pdf • {self.words.document}",
                f"\u200e<terlampir: 0000-{self.make_name()}.jpg>",
                "\u200e" + self.words.media.strip("<>"),
            )
        return self.pick(
            self.words.media,
            f"{self.make_name()}.vcf ({self.words.attached})",
            f"Surat Bu {self.make_name()}.pdf ({self.words.attached})\n{self.claim()}",
        )

    def removed(self) -> str:
        form = self.pick(self.words.deleted, self.words.deleted_by)
        return self.generated(form.format(n=self.make_name()))

    def edited(self) -> str:
        return f"{self.claim()} \u200e{self.words.edited}"

    def asked(self) -> str:
        votes = f"({self.random.randint(0, 9)} {self.words.votes})"
        return f"{self.words.poll}\n{self.claim()}\n{self.words.option} Ya {votes}\n{self.words.option} 50% {votes}"

    def called(self) -> str:
        return self.generated(self.pick(self.words.call, self.words.live))

    def mailed(self) -> str:
        name = self.make_name().replace(" ", ".").lower()
        self.chat.marked.add(name)
        return f"{self.claim()} {name}@surel.example"

    def messages(self) -> list[Callable[[], str]]:
        return [
            self.claim,
            self.copied,
            self.quoted,
            self.mention,
            self.named,
            self.located,
            self.attached,
            self.removed,
            self.edited,
            self.asked,
            self.called,
            self.mailed,
        ]

    def make(self) -> MadeChat:
        """Return the chat."""
        lines = [
            self.line(
                self.generated(self.words.encrypted) if not self.is_iphone else f"Grup: \u200e{self.words.encrypted}"
            )
        ]
        # Whom nothing but the words of others names, nobody can tell from the subject of a claim: each writes once.
        lines += [self.line(f"{name}: {self.claim()}") for name in self.people]
        for _ in range(self.random.randint(3, 25)):
            if self.random.random() < 0.2:
                lines.append(self.group_line())
            else:
                lines.append(self.line(f"{self.sender()}: {self.random.choice(self.messages())()}"))
        lines.append(self.line(f"{self.sender()}: {self.claim()}"))
        self.chat.text = "\n".join(lines) + "\n"
        return self.chat


def make_whatsapp_chat(seed: int) -> MadeChat:
    """Return a chat as a phone exports it."""
    return ChatMaker(seed).make()


def make_telegram_group(seed: int) -> MadeChat:
    """Return a private group as Telegram Desktop exports it."""
    maker = ChatMaker(seed)
    rows: list[dict[str, object]] = []
    for number in range(maker.random.randint(3, 25)):
        who, other = maker.pick(*maker.people), maker.make_name()
        account, mail = f"akunqx{seed}_{number}", f"surelqx{number}@surel.example"
        maker.chat.marked |= {account, mail}
        pieces = [
            f"{maker.claim()} kata {who}, {other} ",
            {"type": "mention", "text": f"@{account}"},
            {"type": "email", "text": mail},
            {"type": "phone", "text": maker.make_number()},
            {"type": "mention_name", "text": maker.make_name(), "user_id": 7},
            f" @{account} {mail} ",
            {"type": "text_link", "text": "di sini", "href": "https://kabar.example/1"},
        ]
        row: dict[str, object] = {
            "id": number,
            "type": "message",
            "date": "2026-11-20T09:00:00",
            "from": who,
            "text": pieces,
            "reactions": [{"type": "emoji", "count": 2, "emoji": "👍", "recent": [{"from": maker.make_name()}]}],
        }
        kinds = ("forwarded_from", "saved_from", "contact", "poll", "place", "reply", "service")
        extra = maker.pick(*kinds[: len(kinds) - (number == 0)])
        if extra == "contact":
            first, last = other.split()
            row["contact_information"] = {"first_name": first, "last_name": last, "phone_number": maker.make_number()}
        elif extra == "poll":
            row["poll"] = {"question": maker.claim(), "answers": [{"text": "Ya", "voters": 2}]}
        elif extra == "place":
            row["location_information"] = {"latitude": -10.17723344, "longitude": 123.6}
            row["place_name"], row["address"] = f"Kios {maker.make_name()}", maker.make_street()
            maker.chat.marked.add("-10.17723344")
        elif extra == "service":
            row |= {"type": "service", "actor": who, "members": [maker.make_name()], "action": "invite_members"}
        elif extra == "reply":
            row["reply_to_peer_name"] = other
        else:
            row[extra] = other
        known = extra in ("contact", "reply", "forwarded_from", "saved_from")
        if not known:  # of whom nothing but a text speaks, nobody can know
            pieces[0] = f"{maker.claim()} kata {who} "
        rows.append(row)
    group = {"name": f"Keluarga {maker.make_name()}", "type": "private_group", "id": 12, "messages": rows}
    maker.chat.text = json.dumps(group, ensure_ascii=False)
    return maker.chat
