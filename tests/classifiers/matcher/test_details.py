"""Typed details are read in every spelling and compared slot by slot."""

from __future__ import annotations

import pytest

from classifiers.matcher.details import FOREVER_DAYS, Difference, compare_details, has_decisive_difference
from classifiers.matcher.match import load_shipped_reader


def details(text: str) -> list[tuple[str, str | float]]:
    return [(one.kind, one.value) for one in load_shipped_reader().read(text).details]


def differences(message: str, claim: str) -> list[Difference]:
    return compare_details(load_shipped_reader().read(message).details, load_shipped_reader().read(claim).details)


@pytest.mark.parametrize(
    ("text", "detail"),
    [
        ("tutup selama tiga minggu", ("duration", 21)),
        ("tutup 3 pekan", ("duration", 21)),
        ("pindah selamanya", ("duration", FOREVER_DAYS)),
        ("libur selama sebulan", ("duration", 30)),
        ("denda 5 ribu per kubik", ("money", 5000)),
        ("bantuan Rp600.000", ("money", 600_000)),
        ("dapat dua juta lima ratus", ("money", 2_500_000)),
        ("naik 40 persen", ("share", 40)),
        ("masuk jam lima lewat tiga puluh", ("time", 5.3)),
        ("mulai 10 Juni", ("date", 610)),
        ("yang kena pajak cuma 12 rumah", ("count", "12 rumah")),
        ("50 orang tewas", ("count", "50 orang")),
        ("5 ribu orang datang", ("count", "5000 orang")),
        ("bawa KTP asli", ("document", "ktp")),
        ("bendera warna jingga", ("colour", "oranye")),
        ("kata polisi pamong praja", ("agency", "satpol")),
        ("kata polisi lalu lintas", ("agency", "polisi")),
        ("berlaku untuk semua pelanggan", ("scope", "all")),
        ("berlaku cuma untuk pelanggan baru", ("scope", "some")),
        ("berlaku seumur hidup", ("duration", FOREVER_DAYS)),
        ("percobaan satu semester", ("duration", 182)),
        ("dikurung satu tahun di panti", ("duration", 365)),
        ("WC pasar dong kunci setahun", ("duration", 365)),
        ("disita Dinas Kesehatan Kota Kupang", ("agency", "dinkes")),
    ],
)
def test_a_detail_is_read(text: str, detail: tuple[str, str | float]) -> None:
    assert detail in details(text)


@pytest.mark.parametrize(
    "text",
    [
        "anak umur 5 tahun",
        "tiap 3 bulan",
        "warga RT 03 RW 07",
        "SD Inpres tahun 2026",
        "satu bulan seratus ribu",
        "kelas 6 minggu depan",
    ],
)
def test_ages_rates_and_numbers_of_houses_are_no_durations_or_counts(text: str) -> None:
    assert not {kind for kind, _ in details(text)} & {"duration", "count"}


def test_a_programme_acts_only_where_no_office_is_named() -> None:
    assert ("agency", "bapenda") in details("bayar PBB di loket Kota Kupang")
    agencies = [value for kind, value in details("disita Dinas Kesehatan karena pakai air got") if kind == "agency"]
    assert agencies == ["dinkes"]


@pytest.mark.parametrize(
    ("message", "claim", "kinds"),
    [
        ("Puskesmas Oepoi pindah 3 bulan", "Puskesmas Oepoi pindah tiga minggu", ["duration"]),
        ("Puskesmas Oepoi pindah selamanya", "Puskesmas Oepoi pindah tiga minggu", ["duration"]),
        ("Puskesmas Oepoi pindah 21 hari", "Puskesmas Oepoi pindah tiga minggu", []),
        ("libur 4 minggu", "libur selama sebulan", []),
        ("denda 5 ribu", "denda Rp20.000", ["money"]),
        ("12 lampu hilang", "40 lampu hilang", ["count"]),
        ("12 lampu hilang", "40 tiang hilang", []),
        ("mulai Agustus", "mulai 1 Agustus", []),
        ("mulai 2 Agustus", "mulai 1 Agustus", ["date"]),
        ("banjir di Namosain", "banjir di Pantai Namosain", []),
        ("banjir di Oesapa", "banjir di Oesapa Barat", ["place"]),
        ("3 orang tewas", "50 orang tewas", ["count"]),
        ("banjir di Liliba", "banjir di Oesapa", ["place"]),
        ("bawa KK", "bawa KTP", ["document"]),
        ("bawa KTP dan KK", "bawa KTP", []),
        ("semua SD libur", "khusus SD negeri libur", ["scope"]),
        ("ditutup karena lampu dicuri", "ditutup karena pohon tumbang", ["cause"]),
        ("libur mulai Rabu", "libur mulai Senin", ["weekday"]),
        ("libur hari Minggu", "libur mulai Senin", ["weekday"]),
        ("libur Minggu depan", "libur mulai Senin", []),
        ("libur hari Ahad", "libur hari Minggu", []),
        ("libur Rabu sampai Sabtu", "libur mulai Senin", []),
        ("libur", "libur mulai Senin", []),
        ("ditutup", "ditutup tiga minggu karena pohon tumbang", []),
        ("gerobak disita Dinas Kesehatan, airnya air got", "Satpol PP sita gerobak, airnya air got", ["agency"]),
        ("dikurung tiga hari", "dikurung satu tahun", ["duration"]),
        ("berlaku seumur hidup", "berlaku satu tahun", ["duration"]),
        ("buka sampai pukul dua puluh tiga", "buka sampai jam 11", []),
        ("buka sampai jam 24.00", "buka sampai pukul 0.00", []),
        ("truk dilarang dari jam enam sore sampai enam pagi", "truk dilarang dari jam 6 pagi sampai 6 sore", ["time"]),
        ("listrik padam dari pukul 18.00 sampai 06.00", "listrik padam dari pukul 06.00 sampai 18.00", ["time"]),
        ("listrik padam dari jam 6 sampai jam 6", "listrik padam dari pukul 06.00 sampai 18.00", []),
        ("rapat jam 11 malam", "rapat pukul 23.00", []),
        ("rapat malam jam 11", "rapat jam sebelas siang", ["time"]),
        ("tsunami jam 12 malam", "tsunami pukul 00.00", []),
        ("tsunami jam 12 siang", "tsunami pukul 00.00", ["time"]),
        ("antre jam 3 subuh", "antre jam 3 siang", ["time"]),
        ("masuk setengah enam sore", "masuk jam 5.30 pagi", ["time"]),
        ("pasar buka Sabtu malam", "pasar buka Sabtu pagi", ["day_part"]),
        ("pasar buka Sabtu petang", "pasar buka sabtu sore", []),
        ("pasar buka Sabtu", "pasar buka Sabtu pagi", []),
        ("pasar buka Sabtu malam", "pasar buka Jumat pagi", ["weekday"]),
        ("PDAM beri uang kepada setiap pelanggan", "PDAM memungut uang dari setiap pelanggan", ["side"]),
        ("PDAM menagih biaya pasang kepada setiap pelanggan", "PDAM memungut biaya pasang dari setiap pelanggan", []),
        ("ikan dikirim ke Makassar", "ikan tongkol dari Makassar", ["side"]),
        ("KTP pindah dari Kota Kupang ke kabupaten asal", "KTP pindah dari kabupaten asal ke Kota Kupang", ["side"]),
        ("uang dari dinas kepada warga", "warga dapat uang dari dinas", []),
        ("saya teruskan dari grup", "kirim ke grup", []),
        ("uang dari warga kembali kepada warga", "uang dari warga", []),
        ("pindah dari sana ke Atambua", "mereka dari Atambua", ["side"]),
        ("saya teruskan dari grup pelanggan", "bayar kepada pelanggan", []),
        ("masuk diundur ke pukul 08.00", "masuk dari pukul 08.00", []),
        ("toko buka jam 6 pagi, tutup jam 6", "toko buka jam 6 sore", []),
        ("padam 2x24 jam", "padam 48 jam", []),
        ("rapat RT 5 minggu depan", "rapat ditunda selama 2 minggu", []),
        ("polisi pukul 2 pedagang", "polisi tutup jam 8", []),
        ("ampat puluh hari", "40 hari", []),
        ("semua TK libur", "semua SD dan SMP libur", ["school"]),
        ("semua SD, SMP dan SMA libur", "semua SD dan SMP libur", ["school"]),
        ("semua SDN libur", "semua SD dan SMP libur", ["school"]),
        ("semua SMPN dan SDN libur", "semua SD dan SMP libur", []),
        ("TK libur Senin sd Rabu", "TK libur Senin sampai Rabu", []),
        ("TK libur 1 Juli sd 5 Juli", "TK libur 1 sampai 5 Juli", []),
        ("SD 5 libur", "SMP libur", ["school"]),
        ("semua SMPN libur", "semua sekolah libur", []),
        ("libur 1 sd 5 Juli", "SMP libur 1 sampai 5 Juli", []),
        ("bayar seratus ribu sebulan", "bayar seratus ribu selama enam bulan", []),
        ("RS Lerik tolak pasien BPJS", "RSUD S.K. Lerik menolak pasien", []),
        ("vaksin dibagi di RS SK Lerik", "vaksin dibagi di RSUD Johannes", ["place"]),
        ("pasien rumah sakit Lerik mati", "Dinkes umumkan pasien mati", []),
        ("sekolah libur 3 hari, Senin sampai Rabu", "sekolah libur 14 hari", ["duration"]),
        ("air mati 2 hari, Sabtu dan Minggu", "air mati seminggu", ["duration"]),
        ("laptop untuk siswa lulus SMP", "laptop untuk siswa lulus SMA", ["school"]),
        ("beasiswa lulus SD, SMP, SMA", "beasiswa SD, SMP, SMA", []),
        ("lampu redup sebulan lamanya, selama tiga hari nyala", "lampu redup selama sebulan", []),
        ("air mati jam 6-9 malam", "air mati jam 9-11 malam", ["time"]),
        ("air mati jam 7 sampai 9 pagi", "air mati jam 9 sampai 11 pagi", ["time"]),
        ("kebakaran di blok 4 pagi ini", "kebakaran jam 8 pagi ini", []),
        ("akhir bulan 10 pegawai dipecat", "akhir bulan 20 pegawai dipecat", ["count"]),
        ("admin lima puluh ribu, lima juta langsung cair", "lima juta langsung cair", []),
        ("bagi ke RT dua. Lima juta per KK", "bagi lima juta per KK", []),
        ("bantuan tahap dua sembilan Mei", "bantuan 9 Mei", []),
        ("korban 3 koma 2 meninggal", "korban 3 koma dan 2 meninggal", []),
        ("kemensos cairkan PKH", "Dinsos Kota Kupang cairkan PKH", []),
        ("bayar parkir di pasar", "Satpol PP minta bayar di pasar", []),
        ("PLN naikkan tarif", "tarif PDAM naik", ["agency"]),
        ("mobil dinas tiga koma dua miliar", "mobil dinas Rp3,2 miliar", []),
        ("mobil dinas lima ribu juta", "mobil dinas Rp5 miliar", []),
        ("mobil dinas tiga ribu enam ratus juta", "mobil dinas Rp3,6 miliar", []),
        ("bayar empat ratus ribu. Empat ratus ribu, mama!", "bayar Rp400.000", []),
        ("tutup dua lima april", "tutup 25 April", []),
        ("tutup tanggal dua dua Agustus", "tutup 22 Agustus", []),
        ("tutup mulai bulan tujuh", "tutup mulai Juli", []),
        ("tutup mulai bulan delapan", "tutup mulai Juli", ["date"]),
        ("anaknya baru lulus SD, masuk SMP bayar", "masuk SMP bayar", []),
        ("umur lebih 60, hari Jumat ambil", "umur di atas 60 tahun ambil Jumat", []),
        ("padam sebulan lamanya, tiga hari sekali nyala", "padam selama sebulan", []),
        ("bemo dilarang di Timor Raya", "bemo dilarang di Jalan Timor Raya", []),
    ],
)
def test_a_slot_differs_where_both_fill_it_otherwise(message: str, claim: str, kinds: list[str]) -> None:
    assert [one.kind for one in differences(message, claim)] == kinds


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("naik 40%", "40 persen"),
        ("bayar Rp 5.000 per orang", "Rp 5.000"),
        ("bayar 5.000 rupiah", "5.000 rupiah"),
        ("masuk jam 7", "jam 7"),
        ("masuk jam 7 malam", "jam 7 malam"),
        ("mulai tanggal 10 Juni", "tanggal 10 Juni"),
        (f"3{' 😀' * 200} bulan", "3 😀 😀 😀 😀 😀 😀 😀 😀 😀 😀 😀 😀 😀 😀 😀 😀 😀 😀 😀"),
    ],
)
def test_a_value_is_shown_whole_and_short(text: str, shown: str) -> None:
    assert load_shipped_reader().read(text).details[0].shown == shown


@pytest.mark.parametrize(
    ("message", "claim"),
    [
        ("tarif turun", "tarif naik"),
        ("pasar buka Sabtu malam", "pasar buka Sabtu pagi"),
        ("PDAM beri uang kepada pelanggan", "PDAM memungut uang dari pelanggan"),
    ],
)
def test_what_is_turned_round_decides_by_itself(message: str, claim: str) -> None:
    assert has_decisive_difference(differences(message, claim))


@pytest.mark.parametrize(
    "text", ["ktp " * 1000, "9" * 400 + " mei", " ".join(f"{n} ekor" for n in range(900)), "karena", "5"]
)
def test_no_text_has_many_details_or_breaks_it(text: str) -> None:
    assert len(load_shipped_reader().read(text).details) <= 60


def test_a_difference_shows_both_as_they_were_written() -> None:
    [found] = differences("Puskesmas Oepoi su pindah *3 bulan*!", "Puskesmas Oepoi pindah tiga  minggu.")
    assert (found.yours, found.theirs) == ("3 bulan", "tiga minggu")
