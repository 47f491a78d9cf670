"""The PPID's yearly report: what is entered, what must agree, and that it stays as it was sent."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from openpyxl import load_workbook

from hoax_tracker.core.audit.tracked_edits import values_digest
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.errors import EditConflictError, InvalidInputError, NotAllowedError, NotFoundError
from hoax_tracker.insight.figures.month_figures import settle_months
from hoax_tracker.insight.reports import yearly as service
from hoax_tracker.insight.reports.register import GROUPS, empty_register, list_disagreements, list_missing
from hoax_tracker.insight.views import yearly_reports as view
from hoax_tracker.models import AuditEvent, Officer, RoleName, YearlyReport, db
from tests import factories
from tests.factories import NOW, submit_form
from tests.insight.golden_month import make_golden_month
from tests.test_concurrency import together

SignIn = Callable[[Officer], FlaskClient]
AFTER_YEAR = datetime(2027, 1, 20, 2, tzinfo=UTC)
ENTERED = {
    **{key: 0 for group in GROUPS for key in group.labels},
    "way_visit": 12,
    "way_mail": 8,
    "granted": 15,
    "granted_partly": 1,
    "refused": 2,
    "dropped": 1,
    "pending": 1,
    "article_17h": 2,
    "not_held": 1,
    "within_10": 14,
    "within_17": 3,
    "after_17": 1,
    "average_days": 7.5,
    "objections": 2,
    "objections_upheld": 1,
    "objections_pending": 1,
    "objections_within_30": 1,
    "disputes": 1,
    "disputes_pending": 1,
    "obstacles": "Arsip lama belum dipindai.",
    "recommendations": "",
}


def save(values: dict[str, Any], by: Officer, *, now: datetime = NOW, year: int = 2026) -> bool:
    """Enter values into the newest draft."""
    report = service.load_yearly_report(year, now)
    seen = values_digest(service.register_values(report))
    return service.save_register(year, report.version, empty_register() | values, seen, by=by, now=now)


def send(by: Officer, *, year: int = 2026, now: datetime = AFTER_YEAR) -> int:
    """Send the newest draft as it stands."""
    report = service.load_yearly_report(year, now)
    content, _numbers = service.read_yearly_content(report, now)
    seen = service.sending_digest(report, content)
    return service.send_yearly_report(year, report.version, seen, by=by, now=now)


@pytest.fixture
def whole_year(officer: Officer, approver: Officer, settings: Settings, one_moment: None) -> None:
    """A golden month in a year that is settled, and a register that agrees."""
    make_golden_month(officer, approver)
    settle_months(settings, AFTER_YEAR)
    save(ENTERED, approver, now=AFTER_YEAR)


def test_a_register_that_agrees_has_nothing_to_mend() -> None:
    assert (list_missing(ENTERED), list_disagreements(ENTERED)) == ([], [])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"way_mail": 9}, "Hasil permintaan berjumlah 20, sedangkan yang diterima 21."),
        ({"not_held": 0}, "Alasan penolakan berjumlah 2, sedangkan yang ditolak dan dikabulkan sebagian 3."),
        ({"after_17": 2}, "Waktu menjawab berjumlah 19 permintaan, sedangkan yang dikabulkan dan ditolak 18."),
        ({"objections_pending": 0}, "Hasil keberatan berjumlah 1, sedangkan keberatan yang diterima 2."),
        (
            {"objections_after_30": 1},
            "Waktu menanggapi berjumlah 2 keberatan, sedangkan yang dikabulkan dan ditolak 1.",
        ),
        ({"disputes_settled": 1}, "Hasil sengketa berjumlah 2, sedangkan sengketa yang diajukan 1."),
        (
            {"after_17": 0, "within_10": 18, "within_17": 0, "average_days": 10.1},
            "Rata-ratanya 10,1 hari kerja, padahal menurut waktu menjawab paling lama 10,0.",
        ),
        ({"after_17": 0, "within_10": 15, "average_days": 11.3}, "Rata-ratanya 11,3 hari kerja"),
    ],
)
def test_numbers_that_contradict_each_other_are_named(app: APIFlask, change: dict[str, Any], words: str) -> None:
    faults = list_disagreements(ENTERED | change)
    assert len(faults) == 1
    assert faults[0].startswith(words)


def test_an_average_may_be_rounded_up_and_has_no_bound_above_17_days(app: APIFlask) -> None:
    every_third_extended = {"after_17": 0, "within_10": 12, "within_17": 6, "average_days": 12.4}
    assert len(list_disagreements(ENTERED | every_third_extended)) == 1
    exact_bound = {"after_17": 0, "within_10": 15, "within_17": 3, "average_days": 11.2}
    assert list_disagreements(ENTERED | exact_bound) == []
    assert list_disagreements(ENTERED | {"average_days": 40.0}) == []


def test_an_objection_that_was_withdrawn_has_its_place(app: APIFlask) -> None:
    assert list_disagreements(ENTERED | {"objections_pending": 0, "objections_dropped": 1}) == []


def test_what_nobody_entered_is_missing_and_contradicts_nothing(app: APIFlask) -> None:
    assert len(list_missing(empty_register())) == len(ENTERED) - 2
    assert list_disagreements(ENTERED | {"way_other": None, "article_17a": None}) == []
    nobody_asked = dict.fromkeys(ENTERED, 0) | {"average_days": None}
    assert list_missing(nobody_asked) == [], "of no answer there is no average"


def test_a_draft_is_begun_once_and_a_stale_form_overwrites_nothing(
    app: APIFlask, approver: Officer, administrator: Officer
) -> None:
    seen, people = values_digest(empty_register()), (approver.id, administrator.id)

    def save_as(officer_id: int) -> Callable[[], bool]:
        values = empty_register() | {"way_mail": officer_id}
        return lambda: service.save_register(2026, 1, values, seen, by=db.session.get_one(Officer, officer_id), now=NOW)

    outcomes = together(app, [save_as(person) for person in people])
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["EditConflictError", "bool"]
    assert db.session.query(YearlyReport).count() == 1
    events = db.session.query(AuditEvent).filter_by(action="yearly_report_entered").all()
    assert [event.subject for event in events] == ["yearly_report:2026"]


def test_only_those_who_send_reports_enter_numbers(officer: Officer) -> None:
    with pytest.raises(NotAllowedError):
        save(ENTERED, officer)
    assert db.session.query(YearlyReport).count() == 0


@pytest.mark.parametrize(
    "text",
    [
        "Hubungi ani@kantor.example",
        "Telepon 0812-3456-7890",
        "Telepon 0812 2024 2025",
        "Telepon 0812.345.678.901",
        "Tahun 2024 0812 3456 7890",
        "NIK 5371014507900123",
        "NIK 5.371.014.507.900.123",
        "x" * 5_001,
    ],
)
def test_texts_hold_no_contact_and_are_not_endless(approver: Officer, text: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        save(ENTERED | {"obstacles": text}, approver)
    assert refused.value.field == "obstacles"


@pytest.mark.parametrize(
    "text",
    [
        "Anggaran Rp 1.250.000.000, belanja Rp1.200.000.000,00.",
        "Naik sejak 2023 2024 2025, dari 1.250.000.000-1.500.000.000 rupiah",
        "Pagu 2025 12.500.000.000",
    ],
)
def test_amounts_and_years_are_nobodys_number(approver: Officer, text: str) -> None:
    assert save(ENTERED | {"obstacles": text}, approver)


def test_it_is_sent_once_the_year_is_counted_and_then_stays(whole_year: None, approver: Officer) -> None:
    send(approver)
    report = service.load_yearly_report(2026, AFTER_YEAR)
    assert (report.sent_at, report.sent_by_id, report.version) == (AFTER_YEAR, approver.id, 1)
    kept = report.content or {}
    assert kept["sentences"][0] == (
        "Pada 2026 PPID menerima 20 permintaan informasi: 15 dikabulkan, 1 dikabulkan sebagian, 2 ditolak, "
        "1 dicabut atau tidak dilengkapi, 1 masih diproses pada akhir tahun."
    )
    assert "Rata-rata permintaan dijawab dalam 7,5 hari kerja." in kept["sentences"]
    assert "Dari sekitar 20 aduan, sekitar 15 sudah dijawab klarifikasi (75 %)." in kept["sentences"]
    assert "Tahun itu 7 klarifikasi, 1 koreksi, dan 1 penarikan." in kept["sentences"]
    reasons = next(table for table in kept["tables"] if table["key"] == "alasan")
    assert [list(row) for row in reasons["rows"]] == [
        ["Huruf h: rahasia pribadi", 2],
        ["Informasi tidak dikuasai Pemerintah Kota", 1],
    ]
    with pytest.raises(EditConflictError):
        save(ENTERED | {"way_mail": 9}, approver, now=AFTER_YEAR)
    with pytest.raises(EditConflictError):
        send(approver)


@pytest.mark.parametrize("now", [NOW, datetime(2027, 1, 7, 15, 59, tzinfo=UTC)])
def test_a_year_that_still_changes_is_not_sent(whole_year: None, approver: Officer, now: datetime) -> None:
    with pytest.raises(InvalidInputError) as refused:
        send(approver, now=now)
    assert "Laporan dapat dikirim mulai 8 Januari." in str(refused.value.user_message)


def test_a_month_that_the_worker_has_not_counted_holds_the_report_up(approver: Officer) -> None:
    save(ENTERED, approver, now=AFTER_YEAR)
    with pytest.raises(InvalidInputError) as refused:
        send(approver)
    assert "Pekerja latar masih menghitung" in str(refused.value.user_message)


def test_what_is_missing_or_contradicts_is_not_sent(whole_year: None, approver: Officer) -> None:
    save(ENTERED | {"disputes_pending": None, "way_mail": 7}, approver, now=AFTER_YEAR)
    with pytest.raises(InvalidInputError) as refused:
        send(approver)
    assert "1 angka belum diisi." in str(refused.value.user_message)
    assert "sedangkan yang diterima 19." in str(refused.value.user_message)


def test_a_new_version_begins_with_the_former_numbers(whole_year: None, approver: Officer) -> None:
    with pytest.raises(InvalidInputError):
        service.begin_new_version(2026, "Keliru", by=approver, now=AFTER_YEAR)
    send(approver)
    with pytest.raises(InvalidInputError):
        service.begin_new_version(2026, " ", by=approver, now=AFTER_YEAR)
    service.begin_new_version(2026, "Satu surat terlewat.", by=approver, now=AFTER_YEAR)
    newest = service.load_yearly_report(2026, AFTER_YEAR)
    assert (newest.version, newest.sent_at, service.register_values(newest)) == (2, None, ENTERED)
    save(ENTERED | {"way_letter": 1, "granted": 16, "within_10": 15}, approver, now=AFTER_YEAR)
    send(approver)
    first, second = (service.load_yearly_report(2026, AFTER_YEAR, version) for version in (1, 2))
    assert "menerima 20 permintaan" in (first.content or {})["sentences"][0]
    assert "menerima 21 permintaan" in (second.content or {})["sentences"][0]


def test_of_very_many_corrections_the_newest_are_told(
    whole_year: None, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    monkeypatch.setattr("hoax_tracker.insight.reports.yearly.CHANGES_SHOWN", 1)
    content, _numbers = service.read_yearly_content(service.load_yearly_report(2026, AFTER_YEAR), AFTER_YEAR)
    changes = next(table for table in content.tables if table.key == "koreksi")
    assert len(changes.rows) == 1
    assert changes.note.startswith("1 yang terbaru; semuanya ada di data terbuka.")


def test_other_years_have_no_page(approver: Officer) -> None:
    for year in (2027, 2024):
        with pytest.raises(NotFoundError):
            service.load_yearly_report(year, NOW)
    with pytest.raises(NotFoundError):
        service.load_yearly_report(2026, NOW, 2)


@pytest.mark.slow
def test_the_officer_enters_numbers_on_the_page(
    approver: Officer, sign_in: SignIn, one_moment: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(view, "utc_now", lambda: NOW)
    browser, page = sign_in(approver), "/petugas/laporan/2026"
    assert "39 angka belum diisi." in browser.get(page).text
    typed = {key: "" if value is None else str(value) for key, value in ENTERED.items()} | {"average_days": "7,5"}
    typed |= {"seen": values_digest(empty_register())}
    refused = submit_form(browser, f"{page}/1/register", page, **typed | {"way_mail": "delapan", "average_days": "x"})
    assert refused.status_code == 422
    assert 'value="delapan"' in refused.text, "what was typed stays"
    assert "Tulis jumlah hari, misalnya 6 atau 6,5." in refused.text
    for wrong in ("1.5", "-1", "1,5", "0" * 9, "1.000.001", "٣"):
        answer = submit_form(browser, f"{page}/1/register", page, **typed | {"way_mail": wrong})
        assert (wrong, answer.status_code) == (wrong, 422)
    for wrong in ("1.000", "12345", "6,", "6,5,1", "٣"):
        answer = submit_form(browser, f"{page}/1/register", page, **typed | {"average_days": wrong})
        assert (wrong, answer.status_code) == (wrong, 422)
    done = submit_form(browser, f"{page}/1/register", page, **typed | {"way_mail": "1.008"})
    assert (done.status_code, done.headers["Location"]) == (303, f"{page}/1")
    shown = " ".join(browser.get(page).text.split())
    assert "Pada 2026 PPID menerima 1.020 permintaan informasi" in shown
    assert "Hasil permintaan berjumlah 20, sedangkan yang diterima 1.020." in shown
    assert "Arsip lama belum dipindai." in shown
    assert "2026" in browser.get("/petugas/laporan/").text


@pytest.mark.parametrize(("typed", "status"), [("9", 409), ("delapan", 422)])
def test_what_was_typed_while_a_colleague_sent_is_shown(
    whole_year: None, approver: Officer, sign_in: SignIn, typed: str, status: int
) -> None:
    browser, page = sign_in(approver), "/petugas/laporan/2026"
    form = {key: str(value).replace(".", ",") for key, value in ENTERED.items()} | {"seen": values_digest(ENTERED)}
    form |= {"way_mail": typed, "obstacles": "Baru <b>diketik</b>."}
    send(approver)
    answer = submit_form(browser, f"{page}/1/register", page, **form)
    shown = " ".join(answer.text.split())
    assert answer.status_code == status
    assert f"<dt>Email</dt><dd>{typed}</dd><dt>Kendala</dt><dd>Baru &lt;b&gt;diketik&lt;/b&gt;.</dd></dl>" in shown
    assert "Laporan ini sudah dikirim. Salin yang perlu ke versi baru." in shown
    assert ("lebih dulu" in shown) == (status == 409)
    assert "Isian Anda yang tidak disimpan" not in browser.get(page).text


def test_who_may_not_send_reads_the_numbers_without_the_form(
    whole_year: None, officer: Officer, sign_in: SignIn
) -> None:
    browser = sign_in(officer)
    assert 'name="way_mail"' not in browser.get("/petugas/laporan/2026").text
    token = factories.csrf_token_in(browser.get("/petugas/akun").text)
    for act in ("1/register", "1/kirim", "versi-baru"):
        assert browser.post(f"/petugas/laporan/2026/{act}", data={"csrf_token": token}).status_code == 403


@pytest.mark.needs("fonts")
def test_its_files_say_what_the_page_says(whole_year: None, approver: Officer, sign_in: SignIn) -> None:
    browser = sign_in(approver)
    send(approver)
    packed = browser.get("/petugas/laporan/2026/1/laporan.xlsx")
    book = load_workbook(BytesIO(packed.data))
    first = [row[0] for row in book["ringkasan"].iter_rows(values_only=True)]
    assert first[0] == "Laporan Layanan Informasi Publik 2026, versi 1"
    assert first[-2:] == ["Kendala", "Arsip lama belum dipindai."]
    assert ("Email", 8) in list(book["permintaan"].iter_rows(values_only=True))
    assert browser.get("/petugas/laporan/2026/1/laporan.pdf").data.startswith(b"%PDF-")


def test_an_auditor_reads_it(whole_year: None, sign_in: SignIn) -> None:
    auditor = factories.make_officer("auditor@kupang.example", RoleName.AUDITOR)
    assert sign_in(auditor).get("/petugas/laporan/2026/1").status_code == 200
