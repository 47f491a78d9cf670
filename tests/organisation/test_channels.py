"""What is said of links, numbers and accounts in a message: nothing passes for the city's that is not on the list."""

from __future__ import annotations

import random
import time

import pytest
from apiflask import APIFlask

from hoax_tracker.check.answers.channel_facts import host_ends
from hoax_tracker.errors import InvalidInputError
from hoax_tracker.models import ChannelKind, OfficialChannel, db
from hoax_tracker.organisation.channels.facts import ChannelFact, ChannelStatus, group_by_kind, list_channel_facts
from hoax_tracker.organisation.channels.mentions import CHARACTERS_READ, MOST_MENTIONS, find_mentions
from hoax_tracker.organisation.channels.official_list import find_channel_facts, read_channel_value
from hoax_tracker.organisation.reference_data import load_reference_data
from tests import factories

DOMAIN, OFFICE = "kupangkota.go.id", "PPID"
LISTED = group_by_kind(
    [
        (ChannelKind.DOMAIN, DOMAIN, "Kota"),
        (ChannelKind.TELEPHONE, "0380555123", OFFICE),
        (ChannelKind.TELEPHONE, "081200000001", OFFICE),
        (ChannelKind.BANK_ACCOUNT, "Bank NTT 01202010045678", "Bapenda"),
        (ChannelKind.SOCIAL_ACCOUNT, "instagram.com/pemkotkupang", "Kota"),
    ]
)

ADDRESSES = [
    # The city's own, as a browser reads them.
    ("https://kupangkota.go.id", "official"),
    ("http://kupangkota.go.id/bansos?x=1#y", "official"),
    ("KUPANGKOTA.GO.ID", "official"),
    ("HTTPS://KupangKota.Go.Id/", "official"),
    ("kupangkota.go.id.", "official"),
    ("https://kupangkota.go.id.:443/x", "official"),
    ("kupangkota.go.id:8080/x", "official"),
    ("www.kupangkota.go.id", "official"),
    ("https://ppid.kupangkota.go.id/profil", "official"),
    ("a.b.c.kupangkota.go.id", "official"),
    ("Situs:kupangkota.go.id", "official"),
    ("(https://kupangkota.go.id/)", "official"),
    ("*https://kupangkota.go.id*", "official"),
    ("_https://kupangkota.go.id_", "official"),
    ("https://kupangkota.go.id,terima kasih", "official"),
    ("https:/kupangkota.go.id/x", "official"),
    ("https:\\\\kupangkota.go.id\\x", "official"),
    ("hxxps://kupangkota[.]go[.]id/x", "official"),
    ("kupangkota(dot)go(dot)id", "official"),
    ("kupangkota。go。id", "official"),
    ("ｋｕｐａｎｇｋｏｔａ.go.id", "official"),
    ("ku\u200bpangkota.go.id", "official"),
    ("https://kupangkota%2ego%2eid/", "official"),
    ("ppid@kupangkota.go.id", "official"),
    # User names, ports, backslashes, percent signs before or in another host.
    ("https://kupangkota.go.id@evil.example", "lookalike"),
    ("https://kupangkota.go.id:80@evil.example/kupangkota.go.id", "lookalike"),
    ("kupangkota.go.id:8080@evil.example", "lookalike"),
    ("https://kupangkota.go.id(@evil.example/", "lookalike"),
    ("https://kupangkota.go.id<@evil.example/", "lookalike"),
    ("https://kupangkota.go.id,@evil.example/", "lookalike"),
    ("https://kupangkota.go.id,x.evil.example/", "lookalike"),
    ("https://kupangkota.go.id\\@evil.example", "lookalike"),
    ("https://evil.example\\@kupangkota.go.id", "not_listed"),
    ("https://kupangkota.go.id%2eevil.example", "lookalike"),
    ("https://kupangkota.go.id%00.evil.example", "lookalike"),
    ("https://evil.example%23.kupangkota.go.id", "lookalike"),
    ("https://evil.example\uff0f.kupangkota.go.id", "lookalike"),
    ("https://kupangkota.go.id\uff20evil.example", "lookalike"),
    ("kupangkota.go.id@gmail.com", "lookalike"),
    ("admin@kupangkota-go.id", "lookalike"),
    # The city's name inside another address.
    ("kupangkota-go-id.example", "lookalike"),
    ("kupangkota.go.id.example.com", "lookalike"),
    ("x1.x2.x3.x4.x5.x6.x7.kupangkota.go.id.evil.example", "lookalike"),
    ("notkupangkota.go.id", "lookalike"),
    ("kupangkotagoid.xyz", "lookalike"),
    ("kupangkota.com", "lookalike"),
    ("kupangkota.id/daftar", "lookalike"),
    ("kupang-kota.id", "lookalike"),
    ("bansos-kupangkota.info", "lookalike"),
    # Letters swapped, left out, added.
    ("kupnagkota.go.id", "lookalike"),
    ("kupangkta.go.id", "lookalike"),
    ("kupanggkota.go.id", "lookalike"),
    ("kuqangkoda.go.id", "lookalike"),
    ("layanan.kupangkotta.my.id/x", "lookalike"),
    # Letters of other scripts, digits for letters, punycode.
    ("kup\u0430ngkota.go.id", "lookalike"),  # Cyrillic a
    ("https://\u03bau\u03c1angkota.go.id", "lookalike"),  # Greek kappa and rho
    ("kupangkota.go.\u0456d", "lookalike"),  # Cyrillic i in the ending
    ("kup\u00e1ngkota.go.id", "lookalike"),
    ("kupangk0ta.go.id", "lookalike"),
    ("kup4ngkot4.go.id", "lookalike"),
    ("https://xn--kupngkota-2yh.go.id/", "lookalike"),
    ("https://xn--kupangkota-.go.id/", "lookalike"),
    ("ku\u200dpangkota.go.id", "lookalike"),
    ("ku\u202epangkota.go.id", "lookalike"),
    # Shortened: nobody sees where it leads, whatever its path says.
    ("bit.ly/abc", "shortened"),
    ("https://s.id/kupangkota", "shortened"),
    ("HTTPS://BIT.LY/kupangkota.go.id", "shortened"),
    # Ordinary links, calmly.
    ("https://kupang.tribunnews.com/2026/11/24/air", "not_listed"),
    ("https://kupangkab.go.id", "not_listed"),
    ("bansos-kupang.example/daftar", "not_listed"),
    ("https://evil.example/kupangkota.go.id", "not_listed"),
    ("evil.example/?to=https://kupangkota.go.id", "not_listed"),
    ("https://evil.example#@kupangkota.go.id", "not_listed"),
    ("http://103.12.4.5/bansos", "not_listed"),
    ("http://1729384756/", "not_listed"),
    ("https://chat.whatsapp.com/AbCdEf", "not_listed"),
    ("budi@gmail.com", "not_listed"),
    # No addresses at all.
    ("Air su mengalir.Info lebih lanjut nanti", ""),
    ("oleh.KH Ahmad, banyak.org bilang, hubungi.tel", ""),
    ("Rp1.500.000 per KK, jam 08.00-12.00 WITA", ""),
    ("versi 1.2.3 dan pasal 4.5", ""),
    ("a@kupangkota.go.id@evil.example", ""),
    # Social sites are spoken of by their accounts.
    ("https://www.instagram.com/pemkotkupang/", "official"),
    ("instagram.com/PemkotKupang?igsh=1", "official"),
    ("IG: @pemkotkupang", "official"),
    ("instagram.com/pemkotkupang_", "lookalike"),
    ("instagram.com/pemkot.kupang", "lookalike"),
    ("instagram.com/info_pemkotkupang", "lookalike"),
    ("instagram.com/pemkotkupamg", "lookalike"),
    ("https://www.tiktok.com/@pemkotkupang/video/1", "same_name"),
    ("ikuti @pemkotkupang", "same_name"),
    ("fb @pemkotkupang", "same_name"),
    ("https://instagram.com@evil.example/pemkotkupang", "not_listed"),
    ("instagram.com/pemkotkupang/../warungbudi", ""),
    ("instagram.com/pemkotkupang/%2e%2e/warungbudi", ""),
    ("https://help.instagram.com/pemkotkupang", ""),
    ("instagram.com/warungbudi", "not_listed"),
    ("https://instagram.com/p/AbC123/", ""),
    ("https://facebook.com/groups/1", ""),
    ("https://vt.tiktok.com/ZSabc/", ""),
]
NUMBERS = [
    ("0812-0000-0001", "official"),
    ("0812 0000 0001", "official"),
    ("0812.0000.0001", "official"),
    ("+62 812 0000 0001", "official"),
    ("+62812-0000-0001", "official"),
    ("6281200000001", "official"),
    ("+62 (0)812 0000 0001", "official"),
    ("0062 812 0000 0001", "official"),
    ("\u202a+62\u00a0812\u20110000\u20110001\u202c", "official"),
    ("０８１２０００００００１", "official"),
    ("https://wa.me/6281200000001?text=hai", "official"),
    ("wa.me/+6281200000001", "official"),
    ("https://api.whatsapp.com/send?phone=6281200000001&text=x", "official"),
    ("tel:0380555123", "official"),
    ("(0380) 555123", "official"),
    ("0380-555-123", "official"),
    ("+62 380 555123", "official"),
    ("62 (380) 555 123", "official"),
    ("Telp. 0380 555123 10 November", "official"),
    ("0812-0000-0002", "not_listed"),
    ("+62 812 0000 0002", "not_listed"),
    ("+60 12 345 6789", "not_listed"),
    ("https://wa.me/6281200000002", "not_listed"),
    ("(0380) 555124", "not_listed"),
    ("+1 0380555123", "not_listed"),
    ("0380 555123 4", ""),  # more digits than the listed number: one cannot tell
    ("Rp 1.500.000.000", ""),
    ("rp0812000000", ""),
    ("NIK 5371012345678901", ""),
    ("02-12-2026 pukul 08.00", ""),
    ("1234567890", ""),
    ("rek Bank NTT 012.02.01.004567-8", "official"),
    ("Rekening BPD NTT: 012 02 01 004567 8 a.n. Bapenda", "official"),
    ("setor ke 01202010045678", "official"),
    ("norek 01202010045679", "not_listed"),
    ("rek Bank NTT 012.02.01.004567-81", "not_listed"),
    ("rek BRI 012.02.01.004567-8", "not_listed"),
    ("BRI 0123-01-012345-50-1 a.n. Budi", "not_listed"),
    ("1234567890 a.n. Budi", "not_listed"),
    ("usaha mandiri, hubungi 0812-0000-0001", "official"),
    ("kirim bukti rekening ke WA 0812-0000-0001", "official"),
    ("WA.ME/6281200000001", "official"),
    ("https://[.whatsapp.com/send?phone=6281200000001", "not_listed"),
    ("rekening 0380555123", "not_listed"),  # a listed telephone number is no listed account
    ("01202010045679", ""),
]


def facts_about(text: str) -> list[ChannelFact]:
    return list(list_channel_facts(find_mentions(text), LISTED, "kabas.example"))


def statuses(text: str) -> list[str]:
    return [fact.status.value for fact in facts_about(text)]


@pytest.mark.parametrize(("text", "status"), ADDRESSES)
def test_an_address_is_what_a_browser_makes_of_it(text: str, status: str) -> None:
    assert statuses(text) == ([status] if status else [])
    assert statuses(f"Kabar dari kota, lihat {text}") == ([status] if status else [])


@pytest.mark.parametrize(("text", "status"), NUMBERS)
def test_a_number_is_the_same_in_every_writing(text: str, status: str) -> None:
    assert statuses(text) == ([status] if status else [])


def test_nothing_of_an_empty_kind_is_said() -> None:
    text = "kupangkota-go-id.example bit.ly/x 0812-0000-0002 rek BRI 1234567890 @pemkotkupang wa.me/6281200000002"
    assert len(list_channel_facts(find_mentions(text), LISTED)) == 5
    for kind, listed in LISTED.items():
        kinds = {fact.mention.kind.value for fact in list_channel_facts(find_mentions(text), {kind: listed})}
        assert kinds == {"link" if kind is ChannelKind.DOMAIN else kind.value}
    assert list_channel_facts(find_mentions(text), {}) == ()


def test_a_lookalike_is_not_hidden_by_many_others() -> None:
    shown = statuses(" ".join(f"a{n}.kupangkota.go.id" for n in range(50)) + " kupangkota-go-id.example")
    assert shown == ["lookalike", *["official"] * 4]


def test_a_link_in_brackets_does_not_hide_the_one_behind_it() -> None:
    shown = statuses("[https://kupangkota.go.id](https://evil.example/x) atau (0380)555123/https://kupangkota.go.id")
    assert sorted(shown) == ["not_listed", "official", "official"]


def test_of_this_service_itself_nothing_is_said() -> None:
    assert facts_about("https://kabas.example/klarifikasi/air") == []
    assert statuses("https://kabas.example@evil.example x@kabas.example") == ["not_listed", "not_listed"]


@pytest.mark.parametrize(
    "piece",
    ["0-", "a.", "https://", "@a", "a@", "[.]", "rek 1 ", "12.00 ", "\u200b", "a-", "((0", " 0812 345", "/a.id",
     "https://x@", "a1kupangkota.go.id ", "xn--", "IG @", "0812345678 "],
)  # fmt: skip
def test_no_text_takes_long(piece: str) -> None:
    """The longest of these took a twentieth of this on two busy cores; without the bound on the text, minutes."""
    text = piece * (200_000 // len(piece))
    began = time.process_time()
    mentions = find_mentions(text)
    list_channel_facts(mentions, LISTED)
    assert len(mentions) <= MOST_MENTIONS
    assert time.process_time() - began < 5


def test_no_text_breaks_the_reading() -> None:
    chance = random.Random(6)
    pieces = ["https://", "xn--", "@", ".", "[", "]", "%", "%2e", ":", "/", "\\", "?phone=", "wa.me", ".whatsapp.com",
              "kupangkota", ".go.id", "\u0430", "\u200d", "\u0301", "\ud800", "\x00", "0812", "+62", "rek", " ", "\n",
              "𝟘", "ß", "İ", "ﷺ", "instagram.com/", "..", "-", "9" * 30, "IG @", "#", "<"]  # fmt: skip
    for _ in range(4_000):
        text = "".join(chance.choices(pieces, k=chance.randint(1, 12)))
        for fact in list_channel_facts(find_mentions(text), LISTED):
            host_ends(fact)
            assert fact.status is not ChannelStatus.OFFICIAL or fact.listed


def test_the_head_of_a_long_text_is_read() -> None:
    assert statuses("a " * (CHARACTERS_READ // 2 - 20) + "kupangkota.go.id") == ["official"]
    assert statuses("a " * CHARACTERS_READ + "kupangkota.go.id") == []


@pytest.mark.parametrize(
    ("kind", "typed", "value"),
    [
        (ChannelKind.DOMAIN, " https://www.Kupangkota.go.id/x ", DOMAIN),
        (ChannelKind.TELEPHONE, "+62 (380) 555-123", "0380555123"),
        (ChannelKind.BANK_ACCOUNT, "Bank NTT 012.02.01.004567-8", "Bank NTT 01202010045678"),
        (ChannelKind.SOCIAL_ACCOUNT, "https://www.tiktok.com/@PemkotKupang", "tiktok.com/pemkotkupang"),
        (ChannelKind.SOCIAL_ACCOUNT, "instagram @pemkotkupang", "instagram.com/pemkotkupang"),
    ],
)
def test_a_value_has_one_form_in_the_list(app: APIFlask, kind: ChannelKind, typed: str, value: str) -> None:
    with app.test_request_context():
        assert read_channel_value(kind, typed) == value


REFUSED = {
    ChannelKind.DOMAIN: [
        "id", "go.id", "com", "co.id", "bit.ly", "s.id", "facebook.com", "kota.blogspot.com", "docs.google.com",
        "wa.me", "kup\u0430ngkota.go.id", "x@kupangkota.go.id", "10.0.0.1", "xn--a.example", "kota kupang", "",
        "a..b.id", "evil.example,kupangkota.go.id",
    ],
    ChannelKind.TELEPHONE: ["", "112", "0380", "telepon 0380555123", "0380555123/0380555124", "0812" * 5],
    ChannelKind.BANK_ACCOUNT: ["", "01202010045678", "Bank NTT", "Bank NTT 123", "Bank NTT 123456789 atau 987654321"],
    ChannelKind.SOCIAL_ACCOUNT: ["", "@pemkotkupang", "instagram.com", "instagram.com/p/abc", "kupangkota.go.id"],
}  # fmt: skip


@pytest.mark.parametrize(("kind", "typed"), [(kind, typed) for kind, values in REFUSED.items() for typed in values])
def test_what_would_make_others_official_is_refused(app: APIFlask, kind: ChannelKind, typed: str) -> None:
    with app.test_request_context(), pytest.raises(InvalidInputError) as refused:
        read_channel_value(kind, typed)
    assert refused.value.field == "value"
    assert not typed or typed not in str(refused.value)


def test_the_shipped_list_is_loaded_and_never_overwrites_the_office(app: APIFlask) -> None:
    load_reference_data()
    db.session.commit()
    row, warnings = db.session.query(OfficialChannel).order_by(OfficialChannel.id).all()
    assert (warnings.value, warnings.owner.split()[0]) == ("bmkg.go.id", "BMKG")
    assert (row.kind, row.value, row.is_listed, row.edited_at) == (ChannelKind.DOMAIN, DOMAIN, True, None)
    assert find_channel_facts("www.kupangkota.go.id", "https://kabas.example")[0].status.value == "official"
    row.is_listed, row.edited_at = False, factories.NOW
    db.session.commit()
    assert load_reference_data()["channels"] == 0
    assert not row.is_listed
    assert find_channel_facts("www.kupangkota.go.id", "https://kabas.example")[0].status.value == "not_listed"
