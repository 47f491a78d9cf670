"""Dates in Indonesian notation."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, strategies as st

from hoax_tracker.clock import WITA
from hoax_tracker.ingest.parsers.dates import has_local_zone, parse_local_date

AFTERNOON = datetime(2026, 8, 24, 6, 5, tzinfo=UTC)  # 14.05 WITA


@pytest.mark.parametrize(
    "text",
    [
        "Mon, 24 Aug 2026 14:05:00 WITA",
        "Sen, 24 Agu 2026 14:05:00 +0800",
        "Senin, 24 Agustus 2026 14.05 WITA",
        "Senin, 24 Agustus 2026 | 14:05",
        "Mon,24 Aug 2026 06:05:00 GMT",
        "24 Agustus 2026 pukul 13.05 WIB",
        "24 Ags 2026, 15:05 WIT",
        "24/08/2026 14:05",
        "24-08-2026 14:05:00 WITA",
        "24 Agustus 2026 14:05 GMT+8",
        "24 Agustus 2026 06:05 UTC",
        "24 Agustus 2026 02:35 -0330",
    ],
)
def test_the_same_moment_in_many_spellings(text: str) -> None:
    assert parse_local_date(text) == AFTERNOON


def test_days_months_and_unix_seconds() -> None:
    assert parse_local_date("Jum'at, 1 Mei 2026") == datetime(2026, 4, 30, 16, 0, tzinfo=UTC)
    assert parse_local_date("7 Nopember 2025 00:00 UTC") == datetime(2025, 11, 7, tzinfo=UTC)
    assert parse_local_date("1763964300") == datetime(2025, 11, 24, 6, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["", "kemarin", "31 Februari 2026", "24 Foo 2026", "24 Agu 2026 25:00", "1 Jan 0001 00:00 +14", "24 Agu 26",
             "24 Agu 2026 10:00 +9999", "24/13/2026"]
)  # fmt: skip
def test_what_is_no_date_is_none(text: str) -> None:
    assert parse_local_date(text) is None


NEWSPAPER_FORMS = [
    "Kamis, 6 Agustus 2026 10:00 WITA",
    "Kamis, 06 Agu 2026 09:00 WIB",
    "Kamis, 06 Agt 2026 09.00 WIB",
    "Kam, 6 Ags. 2026 10.00 Wita",
    "Kamis 06 Agu 2026 09:00 WIB",
    "Kamis (6/8/2026) 10.00 WITA",
    "Kamis (6/8/2026), pukul 10.00 Wita",
    "Kamis, 6 Agustus 2026 | 10:00 WITA",
    "Kamis, 06 Agustus 2026 - 09:00 WIB",
    "Kamis, 06 Agustus 2026 / 10.00 wita",
    "Kamis, 06/08/2026 11:00 WIT",
    "Kamis, 06-08-2026 10:00:00",
    "06/08/2026, 09:00 WIB",
    "Kompas.com - 06/08/2026, 09:00 WIB",
    "Kupang, 6 Agustus 2026 10.00 WITA",
    "6 Agustus 2026 \u2022 10:00",
    "6 Agustus 2026 \u2013 10.00 WITA",
    "6 Agustus 2026 (10:00 WITA)",
    "06 Aug 2026, 09:00 WIB",
    "6 Agustus 2026 jam 10.00",
    "10:00 WITA, Kamis 6 Agustus 2026",
    "09.00 WIB - 6 Agustus 2026",
    "Pukul 10.00 WITA, Kamis (6/8/2026)",
]
"""The same moment as newspapers of Indonesia write it above their stories and into their feeds."""


@pytest.mark.parametrize("text", NEWSPAPER_FORMS)
def test_dates_are_read_as_newspapers_write_them(text: str) -> None:
    assert parse_local_date(text) == datetime(2026, 8, 6, 2, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("Fri, 05/03/2019", "2019-05-03"),
        ("Jumat, 05/03/2019 10:00", "2019-05-03"),
        ("Jum'at (3/5/2019)", "2019-05-03"),
        ("Tue, 05/03/2019", "2019-03-05"),
        ("Selasa, 05-03-2019", "2019-03-05"),
        ("05/03/2019", "2019-03-05"),
        ("Rabu, 05/03/2019", "2019-03-05"),  # the name of neither: day before month as ever
        ("Fri, 5 March 2019", "2019-03-05"),  # a month in words is not a day
        ("Kupang, 05/03/2019", "2019-03-05"),
        ("Minggu, 20/10/2019", "2019-10-20"),
    ],
)
def test_a_weekday_decides_which_number_is_the_month(text: str, day: str) -> None:
    moment = parse_local_date(text)
    assert moment is not None
    assert moment.astimezone(WITA).date().isoformat() == day


@pytest.mark.parametrize("text", ["24-8-2026" + " " * 30_000 + "x", "24 Agu 2026 10:00" + " " * 30_000 + "x"])
def test_a_text_too_long_for_a_date_is_none_at_once(text: str) -> None:
    started = time.process_time()
    assert parse_local_date(text) is None
    assert time.process_time() - started < 1


def test_local_zones_are_recognised_as_words() -> None:
    assert all(has_local_zone(f"14:05 {zone}") for zone in ("WIB", "WITA", "WIT", "wita"))
    assert not any(has_local_zone(text) for text in ("Wed, 24 Nov", "WITH", "24 Nov 2026 +0800"))


@given(st.text(alphabet="0123456789 .:/-+,|abdegijlmnoprstuwzWITABUCG'", max_size=40))
def test_no_text_raises(text: str) -> None:
    moment = parse_local_date(text)
    assert moment is None or moment.tzinfo is UTC


NAMES = ("Januari", "Februari", "Maret", "April", "Mei", "Juni", "Juli", "Agustus", "September", "Oktober", "November")
ZONES = {"WIB": 7, "WITA": 8, "WIT": 9, "GMT": 0, "+0530": 5.5, "GMT-3": -3, "": 8}


@given(
    st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1)),  # noqa: DTZ001 - the zone comes with the text
    st.sampled_from(sorted(ZONES)),
    st.sampled_from(
        ["{d} {name} {y} {t} {z}", "{weekday}, {d:02}/{m:02}/{y} {t} {z}", "{d} {name:.3} {y}, pukul {t} {z}"]
    ),
    st.sampled_from([":", "."]),
)
def test_a_date_that_was_written_is_read(moment: datetime, zone: str, form: str, colon: str) -> None:
    moment = moment.replace(microsecond=0)
    clock = moment.strftime(f"%H{colon}%M{colon}%S")
    name, day, month = (*NAMES, "Desember")[moment.month - 1], moment.day, moment.month
    weekday = ("Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu", "Minggu")[moment.weekday()]
    text = form.format(d=day, m=month, name=name, y=moment.year, t=clock, z=zone, weekday=weekday)
    assert parse_local_date(text) == moment.replace(tzinfo=timezone(timedelta(hours=ZONES[zone])))
