"""The pair reader: plain forms, what it reads of long messages, and its chances."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from classifiers.matcher.match import load_shipped_reader
from classifiers.matcher.pair_reader.encoding import (
    CLAIM_PIECES,
    MESSAGE_PIECES,
    MESSAGE_WORDS,
    OPENING_WORDS,
    encode_pair,
    passage_about,
)
from classifiers.matcher.pair_reader.model import PairReader, load_pair_reader

ROOT = Path(__file__).resolve().parents[4]
CLAIM = "Mulai 1 September tarif air PDAM naik 35 persen untuk semua pelanggan"


def plain(text: str) -> str:
    return load_shipped_reader().read(text).plain


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("bayar 5jt", "bayar lima juta"),
        ("bayar Rp500.000", "bayar setengah juta rupiah"),
        ("naik 35%", "naik 35 persen"),
        ("mulai 1 September", "mulai 1 sept"),
        ("libur dua pekan", "libur 14 hari"),
        ("libur seminggu", "libur satu minggu"),
        ("padam 2x24 jam", "padam 48 jam"),
        ("dihukum setahun", "dihukum satu tahun"),
        ("tutup setengah tahun", "tutup enam bulan"),
        ("tutup setengah jam", "tutup 30 menit"),
        ("jam 12 malam", "pukul 00.00 malam"),
        ("jam setengah sepuluh malam", "pukul 21.30 malam"),
        ("jam 3 sore", "pukul 15.00 sore"),
        ("kena demam berdarah", "kena DBD"),
        ("Dinas Perhubungan tilang", "Dishub tilang"),
        ("mulai tanggal 5 april", "mulai 5 apr"),
        ("lima ribu orang", "5.000 orang"),
        ("umur tiga pulu", "umur 30"),
        ("SDN libur", "SD libur"),
        ("psr tutup jm 5", "pasar tutup jam 5"),
        ("dari setengah enam sampe setengah sembilan pagi", "dari jam 05.30 sampe jam 08.30 pagi"),
        ("dari jam 05.30 sampai 08.30", "dari pukul 05.30 sampai pukul 08.30"),
        ("jam 6 sampai 9 malam", "pukul 18.00 sampai jam 21 malam"),
        ("jam 6 sampai jam 9 malam", "pukul 18.00 sampai jam 9 malam"),
        ("antre dari 9 pagi", "antre dari jam 9 pagi"),
        ("jam 6-9 malam", "pukul 18.00-jam 21.00 malam"),
        ("mulai tanggal tiga bulan sebelas", "mulai 3 November"),
        ("mulai bulan tujuh", "mulai bulan Juli"),
        ("dilarang selama 30 hari", "dilarang selama sebulan"),
        ("dihukum 12 bulan", "dihukum setahun"),
        ("takbir malam lebaran", "takbir malam Idul Fitri"),
    ],
)
def test_what_is_written_in_several_ways_has_one_plain_form(text: str, other: str) -> None:
    assert plain(text) == plain(other)


@pytest.mark.parametrize(
    ("text", "plain_text"),
    [
        ("rapat RT 5 minggu depan", "rapat rt 5 minggu depan"),
        ("tanggal 7 minggu depan", "tanggal 7 minggu depan"),
        ("bansos tahap 2 minggu keempat", "bansos tahap 2 minggu keempat"),
        ("sabtu 6, minggu 7 juli libur", "sabtu 6 minggu 7 juli libur"),
        ("korban jadi 5. Minggu lalu 3", "korban jadi 5 minggu lalu 3"),
        ("padam 2-3 minggu", "padam 2 3 minggu"),
        ("buka 24 jam", "buka 24 jam"),
        ("jam 7 pagi", "jam 7 pagi"),
        ("jam 12 siang", "jam 12 siang"),
        ("jam setengah 1 siang", "jam 12.30 siang"),
        ("setengah mati", "setengah mati"),
        ("2 setengah jam", "2 setengah jam"),
        ("tahap 2, setengah juta per orang", "tahap 2 rp 500 ribu per orang"),
        ("jalan rusak setengah m", "jalan rusak setengah m"),
        ("satpol pp pukul 2 pedagang", "satpol pp pukul 2 pedagang"),
        ("lahan 2x24 meter", "lahan 2 x 24 meter"),
        ("nomor 6281234567894", "nomor 6281234567894"),
        ("pada tahun 2025", "pada tahun 2025"),
        ("Rp 12.345.678", "rp 12.345678 juta"),
        ("jam 7 sampai 4 sore", "jam 7 sampai jam 16 sore"),
        ("jam 6 pagi sampai jam 9 malam", "jam 6 pagi sampai jam 21 malam"),
        ("menginap 3 hari 2 malam", "menginap 3 hari 2 malam"),
        ("tiap bulan 7 liter", "tiap bulan 7 liter"),
        ("hilang 3 bulan 7 hari", "hilang 3 bulan 7 hari"),
        ("sejak bulan 2 hari libur", "sejak bulan 2 hari libur"),
        ("setengah 5 kilo", "setengah 5 kilo"),
        ("tanggal 12 bulan ini", "tanggal 12 bulan ini"),
        ("sampai 12 bulan Mei", "sampai 12 bulan mei"),
        ("tanggal 30 hari ini", "tanggal 30 hari ini"),
        ("kasus tambah 60 hari ini", "kasus tambah 60 hari ini"),
        ("umur 60 hari Jumat", "umur 60 hari jumat"),
        ("lebaran haji", "lebaran haji"),
        ("naik dari 2.50 sampai 3.75 persen", "naik dari 2.5 sampai 3.75 persen"),
        ("panjang 2.50 meter", "panjang 2.5 meter"),
        ("rt 9 pagi ini", "rt 9 pagi ini"),
        ("tutup 20-30 hari", "tutup 20 30 hari"),
        ("cair 5 juli, tanggal 7 tutup", "cair 5 juli tanggal 7 tutup"),
    ],
)
def test_what_only_looks_like_it_stays(text: str, plain_text: str) -> None:
    assert plain(text) == plain_text


@pytest.mark.parametrize(
    ("message", "claim"),
    [("wrga batal ditutup", "warga betul tutupnya"), ("warga betul tutupnya", "wrga batal ditutup")],
)
def test_two_words_in_full_are_not_alike_for_their_consonants(message: str, claim: str) -> None:
    pieces = load_pair_reader().pieces
    marks = iter(encode_pair(message, claim, pieces).echoes[1:])
    assert [{next(marks) for _piece in word} for word in pieces.cut(message.split())] == [{1}, {0}, {1}]


def test_a_long_message_is_read_at_its_opening_and_where_it_tells_the_claim() -> None:
    talk = [f"kata{number}" for number in range(60)]
    claim = CLAIM.lower().split()
    read = passage_about([*talk, *claim, *talk], claim)
    assert len(read) == MESSAGE_WORDS
    assert list(read[:OPENING_WORDS]) == talk[:OPENING_WORDS]
    assert set(claim) <= set(read)
    assert passage_about(claim, claim) == claim


def test_a_word_on_both_sides_is_marked_on_both() -> None:
    pair = encode_pair("air ditutupnya besok", "air ditutup lusa", load_pair_reader().pieces)
    echoes = {side: {echo for echo, of in zip(pair.echoes, pair.sides, strict=True) if of == side} for side in (0, 1)}
    assert echoes[0] == echoes[1] == {0, 1, 2, 3}


@given(st.text(max_size=400), st.text(max_size=400))
def test_any_texts_are_encoded_within_the_limits(message: str, claim: str) -> None:
    pair = encode_pair(plain(message), plain(claim), load_pair_reader().pieces)
    assert len(pair.pieces) == len(pair.echoes) == len(pair.sides) <= MESSAGE_PIECES + CLAIM_PIECES + 4


def test_a_word_is_cut_into_known_pieces_and_unknown_letters() -> None:
    pieces = load_pair_reader().pieces
    (cut,) = pieces.cut(["pelanggan"])
    assert "".join(pieces.pieces[number] for number in cut) == "▁pelanggan"
    (strange,) = pieces.cut(["ꙮ"])
    assert pieces.UNKNOWN in strange


@pytest.mark.needs("onnxruntime")
def test_a_repeat_is_likelier_than_a_near_miss_and_another_matter() -> None:
    reader = load_pair_reader()
    same, near, other = (
        reader.chances(plain(text), plain(CLAIM))
        for text in (
            "info dari grup: tarif air pdam naik 35% per 1 september, semua pelanggan kena",
            "tarif air pdam turun 35% per 1 september untuk semua pelanggan",
            "lowongan kerja di dinas perhubungan dibuka sampai jumat",
        )
    )
    assert same.repeat > 0.5 > near.repeat > other.repeat
    assert other.other > 0.5
    assert all(sum(chances) == pytest.approx(1) for chances in (same, near, other))


@pytest.mark.needs("onnxruntime")
def test_a_reader_survives_its_file(tmp_path: Path) -> None:
    load_pair_reader().save(tmp_path / "reader.npz")
    again = PairReader.load(tmp_path / "reader.npz")
    assert again.chances(plain(CLAIM), plain(CLAIM)) == load_pair_reader().chances(plain(CLAIM), plain(CLAIM))
    assert again.about == load_pair_reader().about


@pytest.mark.process
def test_without_onnxruntime_words_decide_and_nothing_heavy_is_loaded() -> None:
    code = (
        "import sys, importlib.util as util; found = util.find_spec\n"
        "util.find_spec = lambda name, package=None: None if name == 'onnxruntime' else found(name, package)\n"
        "from classifiers.matcher.match import Document, Matcher\n"
        f"page = Document('a', 'Tarif air tidak naik', {CLAIM!r}, '')\n"
        f"told = Matcher([page]).decide('Info: ' + {CLAIM!r})\n"
        "assert 'onnxruntime' not in sys.modules and 'sklearn' not in sys.modules\n"
        "print(told.decision, told.matches[0].id)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.split() == ["match", "a"]


@pytest.mark.needs("onnxruntime")
@pytest.mark.process
def test_the_network_is_loaded_by_the_first_pair_not_before() -> None:
    code = (
        "import sys\n"
        "from classifiers.matcher.match import Document, Matcher\n"
        f"matcher = Matcher([Document('a', 'Tarif air tidak naik', {CLAIM!r}, '')])\n"
        "assert 'onnxruntime' not in sys.modules\n"
        f"matcher.decide('Kabar dari pasar, ' + {CLAIM!r})\n"
        "print('onnxruntime' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "True"
