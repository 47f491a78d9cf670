"""Whom a text names: by name, short name, territory or office, as residents of Kupang write them."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from hoax_tracker.models import District, Unit, db
from hoax_tracker.organisation.named_units import UnitNames, load_unit_names


@pytest.fixture
def names(city: None) -> UnitNames:
    """The names of the city's units, as shipped."""
    return load_unit_names()


def codes(names: UnitNames, text: str) -> set[str]:
    """The codes of the units that a text names, and its kinds in capitals."""
    named = names.find(text)
    found = db.session.scalars(sa.select(Unit.code).where(Unit.id.in_(named.unit_ids)))
    return {*found, *(kind.upper() for kind in named.kinds)}


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("Lurah Namosain meminta uang", {"kel-namosain"}),
        ("Kel. Namosain minta uang", {"kel-namosain"}),
        ("Ibu lurah di kelurahan Kayu Putih", {"kel-kayu-putih"}),
        ("#LurahNamosain #lurahnamosain", {"kel-namosain"}),
        ("L.U.R.A.H Nam\u200bosain", {"kel-namosain"}),
        ("pa lurah Naikoten I pung anak buah", {"kel-naikoten-satu"}),
        ("jalan rusak di naikoten1", set()),
        ("TDM gelap", set()),
        ("lurah TDM", {"kel-tuak-daun-merah"}),
        ("Kelurahan Manulai Dua banjir", {"kel-manulai-ii"}),
        ("Banjir di Oesapa Barat", set()),
        ("Camat Alak", {"kec-alak"}),
        ("warga Alak marah", set()),
        ("Is the Liliba bridge cracked?", set()),
        ("Puskesmas Oesapa tutup", {"pkm-oesapa"}),
        ("pkm. sekumana dan kapus Oepoi", {"pkm-sikumana", "pkm-oepoi"}),
        ("Puskesmas di Liliba", {"PUSKESMAS"}),
        ("lurahnya minta uang", {"KELURAHAN"}),
        ("Di puskesmas su bayar", {"PUSKESMAS"}),
        ("kadis kesehatan, KADINKES dan orang dinkes", {"dinkes"}),
        ("dinas PU, dinas kebersihan", {"pupr", "dlhk"}),
        ("Dinas Kominfo bohong", {"diskominfo"}),
        ("Kata kadis semua gratis", {"DINAS"}),
        ("Dinkes jual vaksin di puskesmas Sikumana, kepala dinas dapat bagian", {"dinkes", "pkm-sikumana"}),
        ("Satpol PP pungut 100 ribu, kepala dinasnya su tau tapi diam", {"satpolpp"}),
        ("kadis su tau, Dinkes diam", {"dinkes"}),
        ("Dinkes minta uang, sekretaris dinas ikut", {"dinkes"}),
        ("Kepala dinas perhubungan dan Satpol PP", {"dishub", "satpolpp"}),
        ("kepala dinas minta uang", {"DINAS"}),
        ("Dinkes pungli, semua dinas pungli", {"dinkes", "DINAS"}),
        ("Dinkes pungli, semua kepala dinas dapat bagian", {"dinkes", "DINAS"}),
        ("Dinkes pungli, kepala-kepala dinas dapat bagian", {"dinkes", "DINAS"}),
        ("Dinkes pungli, para kadis dapat bagian", {"dinkes", "DINAS"}),
        ("Air PDAM, Perumda Air Minum", {"pdam"}),
        ("Sekda dan kabag hukum", {"setda", "bag-hukum"}),
        ("satpol gusur pedagang", {"satpolpp"}),
        ("minyak kayu putih, air mata, Indonesia merdeka", set()),
        ("mobil dinas, bagian depan, badan sakit, sakit kepala", set()),
        ("Besok listrik padam", set()),
    ],
)
def test_whom_a_text_names(text: str, named: set[str], names: UnitNames) -> None:
    assert codes(names, text) == named


def test_words_for_people_alone_name_nobody_in_particular(names: UnitNames) -> None:
    assert names.find("Petugas minta uang").has_staff
    assert names.find("Oknum pegawai kasar").has_staff
    assert not names.find("Petugas minta uang")
    assert not names.find("Sakit kepala sesudah vaksin").has_staff


def test_the_names_are_those_of_the_city_now(names: UnitNames) -> None:
    unit = db.session.scalars(sa.select(Unit).where(Unit.code == "pdam")).one()
    unit.short_name = "Tirta Kasih"
    place = db.session.scalars(sa.select(District).where(District.code == "kel-bello")).one()
    place.aliases = ["Kampung Bundar"]
    db.session.commit()
    assert codes(load_unit_names(), "tirta kasih menipu, lurah kampung bundar") == {"pdam", "kel-bello"}


def test_a_long_report_is_read_to_its_end(names: UnitNames) -> None:
    assert codes(names, "begitu ceritanya " * 400 + "lurah Namosain") == {"kel-namosain"}


@pytest.mark.parametrize(
    ("text", "acting"),
    [
        ("malam ini Satpol PP razia kos-kosan", {"satpolpp"}),
        ("Satpol PP akan menyita dagangan di Oeba", {"satpolpp"}),
        ("Dinas Kesehatan tolak warga tanpa KTP", {"dinkes"}),
        ("PDAM mati tujuh hari", set()),
        ("Razia di depan kantor Satpol PP", set()),
        ("Satpol PP bilang tidak ada razia", set()),
    ],
)
def test_who_acts_against_somebody(text: str, acting: set[str], names: UnitNames) -> None:
    codes_of = sa.select(Unit.code).where(Unit.id.in_(names.find(text).acting_ids))
    assert set(db.session.scalars(codes_of)) == acting
