"""A link of strangers that asks for data is forbidden before anything else, without softening."""

from __future__ import annotations

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient

from hoax_tracker.check.answers.channel_facts import Ban, find_ban
from hoax_tracker.models import ChannelKind, ClaimStatus, OfficialChannel, Verdict, db
from hoax_tracker.organisation.channels.official_list import find_channel_facts
from tests import factories
from tests.check.conftest import Publish, show_main
from tests.factories import NOW

BAN = "Jangan isi nama, nomor KTP, atau kode. Sudah terlanjur? Ganti sandi dan PIN sekarang, lalu telepon bank Anda."
SCAM = "Anda terpilih menerima bantuan tunai. Klaim di bansos-kupangkota.example/daftar, masukkan kode OTP"
SOFT = ("pihak yang jujur", "bukan penilaian isi pesan")


@pytest.fixture(autouse=True)
def listed(app: APIFlask) -> None:
    """Put the city's domain on the list."""
    domain = {"kind": ChannelKind.DOMAIN, "value": "kupangkota.go.id", "owner": "Pemerintah Kota Kupang"}
    db.session.add(OfficialChannel(**domain, is_listed=True, changed_at=NOW))
    db.session.commit()


@pytest.mark.parametrize(
    "text",
    [
        SCAM,
        "Lihat https://kupangkota-go-id.example",
        "BLT cair, daftar di bit.ly/blt-kupang",
        "isi NIK di https://formulir.example/x ya",
    ],
)
def test_it_forbids_what_asks_for_data(app: APIFlask, text: str) -> None:
    assert find_ban(text, find_channel_facts(text, "")) is Ban.LINK


@pytest.mark.parametrize(
    "text",
    [
        "Daftar di https://dukcapil.kupangkota.go.id dengan NIK",
        "Baca beritanya di https://kupang.tribunnews.com/x",
        "Bantuan tunai cair, daftar di kantor lurah dengan KTP",
        "isi NIK lalu telepon 0812-9999-0001",
    ],
)
def test_it_forbids_nothing_else(app: APIFlask, text: str) -> None:
    assert find_ban(text, find_channel_facts(text, "")) is None


def test_the_ban_is_the_first_thing_on_every_kind_of_answer(publish: Publish, client: FlaskClient) -> None:
    def page(text: str) -> str:
        return client.post("/cek", data={"teks": text}).get_data(as_text=True)

    pages = [page(SCAM), page("https://kupangkota-go-id.example/isi")]
    factories.make_claim(SCAM, status=ClaimStatus.INVESTIGATING, examined_since=NOW)
    pages.append(page(SCAM))
    publish(title="Pemerintah Kota tidak membagikan bantuan lewat tautan", claim_quote=SCAM, verdict=Verdict.PENIPUAN)
    pages.append(page(SCAM))
    assert "Pemerintah Kota tidak membagikan bantuan lewat tautan" in pages[-1]
    for shown in pages:
        main = shown[shown.index("<main") :]
        assert f'<h1 class="fact" id="fakta">{BAN}</h1>' in main
        assert main.index("Jangan isi tautan itu") < main.index("<h1") < main.index("example")
        assert not any(word in main for word in SOFT)


MONEY_BAN = (
    "Jangan sebut kode, jangan kirim uang. Sudah terlanjur? Telepon bank Anda sekarang, lalu ganti sandi dan PIN."
)
CALLER = "Bapak telepon dari Dukcapil minta kode enam angka yang masuk SMS, kalau tidak KTP diblokir"
FEE = "Transfer 500 ribu ke rekening 1234567890 BRI untuk daftar CPNS Kota Kupang"


@pytest.mark.parametrize(
    "text",
    [
        CALLER,
        FEE,
        "ada yang telepon mengaku dari bank, suruh sebut PIN ATM",
        "Tolong kirim kode OTP yang masuk ke HP kamu ya",
        "Kirim pulsa 100 ribu ke 081299990001, beta lagi di kantor polisi",
        "petugas PDAM WA beta minta tf biaya meteran",
        "dong minta angka di belakang kartu ATM",
        "Somebody called and asked for the OTP code",
        "kode OTP diminta petugas dukcapil lewat WA, beta kasih ko?",
        "kode OTP diminta lewat WA, kasih ko tidak?",
        "OTP yang masuk itu beta sebut sa ko?",
        "PIN ATM ditanya orang bank, bagaimana ini",
    ],
)
def test_it_forbids_to_tell_a_code_and_to_send_money(app: APIFlask, text: str) -> None:
    assert find_ban(text, find_channel_facts(text, "")) is Ban.CODE_OR_MONEY


@pytest.mark.parametrize(
    "text",
    [
        "Jangan pernah kirim kode OTP ke siapa pun",
        "Petugas tidak pernah minta PIN atau kode",
        "kode pos Oebobo berapa",
        "kode antrean diminta petugas loket",
        "Kode OTP tidak diminta petugas Dukcapil",
        "Pejabat kota tidak mengumpulkan uang melalui kode apa pun. Terima kasih.",
        "Password wifi taman sudah dibagikan",
        "Bayar PBB di bank sebelum 30 September",
        "Uang bantuan ditransfer ke rekening warga",
        "kirim pin lokasi rumah",
        "Pemkot kirim bantuan beras ke Alak",
        "Mulai besok bayar parkir Rp5.000",
    ],
)
def test_whoever_asks_for_neither_is_not_suspected(app: APIFlask, text: str) -> None:
    assert find_ban(text, find_channel_facts(text, "")) is None


def test_money_for_an_account_of_the_city_is_not_forbidden(app: APIFlask) -> None:
    account = {"kind": ChannelKind.BANK_ACCOUNT, "value": "BRI 1234567890", "owner": "Bapenda Kota Kupang"}
    db.session.add(OfficialChannel(**account, is_listed=True, changed_at=NOW))
    db.session.commit()
    assert find_ban(FEE, find_channel_facts(FEE, "")) is None


@pytest.mark.parametrize("text", [CALLER, FEE])
def test_the_ban_on_codes_and_money_is_the_first_thing(client: FlaskClient, text: str) -> None:
    unknown = show_main(client, text)
    factories.make_claim(text, status=ClaimStatus.INVESTIGATING, examined_since=NOW)
    examined = show_main(client, text)
    assert "Sedang diperiksa" in examined
    for shown in (unknown, examined):
        assert f'<h1 class="fact" id="fakta">{MONEY_BAN}</h1>' in shown
