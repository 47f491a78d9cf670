"""What officers do with a report, and that it is made once and sent once whoever works at the same time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from io import BytesIO

import pytest
import sqlalchemy as sa
from apiflask import APIFlask
from flask.testing import FlaskClient
from openpyxl import load_workbook

from hoax_tracker.core.audit.tracked_edits import values_digest
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.errors import EditConflictError, InvalidInputError, NotAllowedError
from hoax_tracker.insight.reports import monthly as service, recipients
from hoax_tracker.insight.reports.content import ReportTable
from hoax_tracker.insight.reports.drafts import make_due_drafts
from hoax_tracker.insight.views.monthly_reports import describe_document
from hoax_tracker.insight.views.report_pdf import draw_report
from hoax_tracker.models import AuditEvent, MonthlyReport, Officer, OutgoingMail, Report, RoleName, db
from hoax_tracker.notifications.mail.outbox import decrypt_letter
from tests import databases, factories
from tests.factories import NOW, csrf_token_in
from tests.forks import run_python
from tests.insight.report_rows import OCTOBER, make_report, report_content
from tests.mail_server import turn_mail_on
from tests.shared_app import change_settings
from tests.test_concurrency import together

SignIn = Callable[[Officer], FlaskClient]
ADDRESSES = ["kadis@kantor.example", "sekda@kantor.example"]
FIRST_WORKING_DAY = datetime(2026, 11, 2, tzinfo=UTC)
WORKER = """
import sys
from datetime import datetime
from hoax_tracker.app import create_app
from hoax_tracker.insight.reports.drafts import make_due_drafts
from tests.failpoints import Failpoint, arm
app = create_app()
with app.app_context():
    make_due_drafts  # loaded before it is armed
    arm(Failpoint(sys.argv[1], sys.argv[2], int(sys.argv[3])))
    make_due_drafts(app.extensions["settings"], datetime.fromisoformat(sys.argv[4]))
"""


def propose_recipients(addresses: list[str], by: Officer) -> None:
    """Propose a list of addresses, as seen now."""
    seen = values_digest(recipients.RECIPIENTS.stored_values(1))
    recipients.RECIPIENTS.propose(1, {"addresses": addresses}, seen, by=by, now=NOW)


@pytest.fixture
def mail(app: APIFlask, settings: Settings, administrator: Officer) -> Settings:
    """A mail server, and two people who get the report."""
    turn_mail_on(app)
    propose_recipients(ADDRESSES, administrator)
    confirmer = factories.make_officer("kedua@kupang.example", RoleName.APPROVER)
    factories.confirm_waiting(confirmer)
    return app.extensions["settings"]


def send(report: MonthlyReport, by: Officer) -> int:
    """Send a report as it stands."""
    return service.send_report(report.id, service.sending_digest(report), by=by, now=NOW)


def list_letters(settings: Settings) -> list[str]:
    """The texts of the letters that wait."""
    rows = db.session.scalars(sa.select(OutgoingMail).order_by(OutgoingMail.id)).all()
    return [decrypt_letter(row, settings).text for row in rows]


def test_a_report_is_sent_with_its_comment_and_kept(mail: Settings, approver: Officer) -> None:
    report = make_report()
    assert send(report, approver) == 2
    assert (report.sent_at, report.sent_by_id, report.letters) == (NOW, approver.id, 2)
    letters = list_letters(mail)
    assert len(letters) == 2
    assert "> Pasar tetap buka" in letters[0]
    assert "/petugas/laporan/2026-10/1" in letters[0]
    assert "#1" not in letters[0], "no claim stands in a letter"
    with pytest.raises(EditConflictError):
        service.change_comment(report.id, "Lain", values_digest({"comment": report.comment}), by=approver, now=NOW)
    assert db.session.get_one(MonthlyReport, report.id).comment == "Pasar tetap buka"


def test_two_officers_who_send_at_once_send_once(
    app: APIFlask, mail: Settings, approver: Officer, administrator: Officer
) -> None:
    report = make_report()
    key, seen, people = report.id, service.sending_digest(report), (approver.id, administrator.id)

    def send_as(officer_id: int) -> Callable[[], int]:
        return lambda: service.send_report(key, seen, by=db.session.get_one(Officer, officer_id), now=NOW)

    outcomes = together(app, [send_as(person) for person in people])
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["EditConflictError", "int"]
    assert db.session.query(OutgoingMail).count() == 2
    assert db.session.query(AuditEvent).filter_by(action="report_sent").count() == 1


def test_what_changed_since_the_page_was_read_is_not_sent(mail: Settings, approver: Officer) -> None:
    report = make_report()
    seen = service.sending_digest(report)
    service.change_comment(report.id, "Baru", values_digest({"comment": report.comment}), by=approver, now=NOW)
    with pytest.raises(EditConflictError):
        service.send_report(report.id, seen, by=approver, now=NOW)
    assert db.session.query(OutgoingMail).count() == 0


def test_without_mail_a_report_is_made_final_and_nothing_is_posted(app: APIFlask, approver: Officer) -> None:
    report = make_report()
    assert send(report, approver) == 0
    assert report.sent_at == NOW


def test_a_new_version_has_a_reason_and_leaves_the_old_one(mail: Settings, approver: Officer) -> None:
    report = make_report(approver)
    content = dict(report.content or {})
    for wrong in ("", " ", "x" * 501):
        with pytest.raises(InvalidInputError):
            service.request_new_version(OCTOBER, wrong, by=approver, now=NOW)
    service.request_new_version(OCTOBER, "Dua aduan ternyata sampah.", by=approver, now=NOW)
    with pytest.raises(InvalidInputError):
        service.request_new_version(OCTOBER, "Lagi", by=approver, now=NOW)
    newest = service.load_report(OCTOBER)
    assert (newest.version, newest.content) == (2, None)
    with pytest.raises(InvalidInputError):
        send(newest, approver)
    assert make_due_drafts(mail, NOW) == 1
    newest = service.load_report(OCTOBER)
    assert newest.content is not None
    assert send(newest, approver) == 2
    letter = " ".join(list_letters(mail)[-1].split())
    assert "Ini versi 2, menggantikan yang sebelumnya." in letter
    assert "> Mengapa dikirim lagi: > Dua aduan ternyata sampah. > > Catatan petugas: > Pasar tetap buka" in letter
    old = service.load_report(OCTOBER, 1)
    assert (old.content, old.sent_at) == (content, NOW)


def test_one_alone_puts_no_address_on_the_list_and_the_audit_log_holds_none(
    mail: Settings, administrator: Officer, approver: Officer
) -> None:
    propose_recipients(["walikota@kota.example"], administrator)
    assert recipients.load_recipients().addresses == ADDRESSES
    with pytest.raises(NotAllowedError):
        factories.confirm_waiting(administrator)
    factories.confirm_waiting(approver)
    assert recipients.load_recipients().addresses == ["walikota@kota.example"]
    events = db.session.query(AuditEvent).order_by(AuditEvent.id.desc()).limit(2).all()
    assert [event.detail["after"] for event in events] == [{"count": 1, "servers": ["kota.example"]}] * 2
    for wrong in (["tanpa-at"], [f"{number}@kota.example" for number in range(21)]):
        with pytest.raises(InvalidInputError):
            propose_recipients(wrong, administrator)


def test_who_may_do_what(sign_in: SignIn, officer: Officer, approver: Officer) -> None:
    make_report()
    base = "/petugas/laporan/2026-10"
    plain = sign_in(officer)
    token = csrf_token_in(plain.get("/petugas/untuk-anda").get_data(as_text=True))
    assert "Simpan catatan" not in plain.get(base).get_data(as_text=True)
    for path in (f"{base}/1/catatan", f"{base}/1/kirim", f"{base}/versi-baru"):
        assert plain.post(path, data={"csrf_token": token}).status_code == 403
    assert plain.post("/petugas/laporan/penerima", data={"csrf_token": token}).status_code == 403
    second = sign_in(approver)
    assert "Penerima laporan bulanan" not in second.get("/petugas/laporan/").get_data(as_text=True)
    assert factories.submit_form(second, "/petugas/laporan/penerima", "/petugas/untuk-anda").status_code == 403


@pytest.mark.parametrize("role", [RoleName.OFFICER, RoleName.AUDITOR, RoleName.APPROVER])
def test_no_act_trusts_its_caller_about_roles(mail: Settings, approver: Officer, role: RoleName) -> None:
    person = factories.make_officer("lain@kupang.example", role)
    may_send = role is RoleName.APPROVER
    report = make_report(approver)
    draft = MonthlyReport(month=date(2026, 9, 1), version=1, content=report.content)
    db.session.add(draft)
    db.session.commit()
    acts: list[Callable[[], object]] = [
        lambda: service.change_comment(draft.id, "Palsu", values_digest({"comment": ""}), by=person, now=NOW),
        lambda: send(draft, person),
        lambda: service.request_new_version(OCTOBER, "Palsu", by=person, now=NOW),
    ]
    if may_send:
        assert [act() for act in acts] == [True, 2, None]
    for act in [] if may_send else acts:
        with pytest.raises(NotAllowedError):
            act()
    assert (draft.comment, draft.sent_at) == (("Palsu", NOW) if may_send else ("", None))
    assert service.load_report(OCTOBER).version == (2 if may_send else 1)


def test_an_approver_comments_and_sends_on_the_page(sign_in: SignIn, approver: Officer) -> None:
    report = make_report()
    browser, base = sign_in(approver), "/petugas/laporan/2026-10/1"
    page = browser.get(base).get_data(as_text=True)
    assert "Rancangan, belum dikirim." in page
    values = {"csrf_token": csrf_token_in(page), "comment": "Mohon perhatian <Dinkes>."}
    stale = browser.post(f"{base}/catatan", data=values | {"seen": "x"})
    assert stale.status_code == 409
    values["seen"] = values_digest({"comment": report.comment})
    assert browser.post(f"{base}/catatan", data=values).status_code == 303
    assert "Mohon perhatian &lt;Dinkes&gt;." in browser.get(base).get_data(as_text=True)
    again = browser.post(f"{base}/kirim", data={"csrf_token": values["csrf_token"], "seen": "x"})
    assert again.status_code == 409
    db.session.expire_all()
    seen = service.sending_digest(service.load_report(OCTOBER))
    db.session.rollback()
    sent = browser.post(f"{base}/kirim", data={"csrf_token": values["csrf_token"], "seen": seen})
    assert sent.status_code == 303
    assert "Ditetapkan Penyetuju" in browser.get(base).get_data(as_text=True)


@pytest.mark.parametrize("path", ["2026-13", "2026-1", "oktober", "2026-09", "2026-10/9", "2026-10/9/laporan.pdf"])
def test_what_is_no_report_is_no_page(sign_in: SignIn, officer: Officer, path: str) -> None:
    make_report()
    assert sign_in(officer).get(f"/petugas/laporan/{path}").status_code == 404


@pytest.mark.needs("fonts")
def test_files_hold_the_report_and_no_formula(sign_in: SignIn, officer: Officer) -> None:
    make_report(officer, text="=HYPERLINK(1) \u202e📢 é " + "panjang" * 40)
    browser = sign_in(officer)
    pdf = browser.get("/petugas/laporan/2026-10/1/laporan.pdf")
    assert pdf.data.startswith(b"%PDF-")
    assert pdf.headers["Content-Disposition"] == "attachment; filename=laporan-2026-10-versi-1.pdf"
    book = load_workbook(BytesIO(browser.get("/petugas/laporan/2026-10/1/laporan.xlsx").data))
    assert book.sheetnames == ["ringkasan", "bulan", "putusan", "terbesar", "koreksi"]
    assert [cell.value for cell in book["bulan"][3]] == ["Oktober 2026", 20, 6]
    cells = [cell for sheet in book for row in sheet for cell in row]
    assert not [cell.coordinate for cell in cells if cell.data_type == "f"]


@pytest.mark.slow
@pytest.mark.parametrize("word", ["Sumbernya keliru. ", "W", "setengahbarislebihsedikit" * 2 + " ", "\u200b", "é\n"])
def test_a_long_reason_breaks_no_pdf(officer: Officer, word: str) -> None:
    """A row must fit on one page: letters are wide, and lines of long words are half empty."""
    text = (word * 6_000)[:6_000]
    rows = (("1 Okt 2026", "7", "Dikoreksi", text), ("2 Okt 2026", "8", text, text), ("3 Okt 2026", "9", "Ditarik", ""))
    tables = (
        ReportTable("koreksi", "Koreksi", "", ("Tanggal", "Nomor", "Apa", "Alasan"), rows),
        ReportTable("terlambat", "Terlambat", "", ("Klaim", "Kabar", "Menunggu apa"), (("#1", text, text),)),
    )
    content = replace(report_content(), tables=tables)
    assert draw_report(describe_document(make_report(officer), content)).startswith(b"%PDF-")


def test_a_report_is_deleted_with_nobody_and_changes_with_nothing(officer: Officer) -> None:
    """The database itself refuses a second draft of a month, and a report sent without content."""
    make_report()
    for row in ({"version": 2}, {"version": 3, "sent_at": NOW, "sent_by_id": officer.id}):
        with pytest.raises(sa.exc.IntegrityError):
            db.session.execute(sa.insert(MonthlyReport).values(month=OCTOBER, reason="", comment="", letters=0, **row))
        db.session.rollback()


def test_two_workers_make_one_draft(app: APIFlask, settings: Settings, officer: Officer) -> None:
    use_since_october()
    outcomes = together(app, [lambda: make_due_drafts(settings, FIRST_WORKING_DAY)] * 2)
    assert sorted(map(str, outcomes)) == ["0", "1"]
    assert db.session.query(MonthlyReport).count() == 1


@pytest.mark.database
@pytest.mark.slow
@pytest.mark.process
@pytest.mark.parametrize(
    ("step", "when", "count", "left"),
    [
        ("hoax_tracker.insight.reports.drafts:write_report", "after", 1, 0),
        ("sqlalchemy:commit", "before", 1, 0),
        ("hoax_tracker.insight.reports.drafts:save_draft", "after", 1, 1),
    ],
)
def test_a_worker_killed_half_way_leaves_one_report(
    settings: Settings, officer: Officer, step: str, when: str, count: int, left: int
) -> None:
    use_since_october()
    db.session.remove()
    environ = databases.command_environment(settings.data_folder)
    killed = run_python("-c", WORKER, step, when, str(count), FIRST_WORKING_DAY.isoformat(), environ=environ)
    assert killed.returncode == -9, killed.stderr
    assert db.session.query(MonthlyReport).count() == left
    db.session.rollback()
    make_due_drafts(settings, FIRST_WORKING_DAY)
    assert [row.version for row in db.session.query(MonthlyReport)] == [1]


def use_since_october() -> None:
    """Let a resident have reported something in October."""
    db.session.add(Report(ticket_digest="x", text="Dari grup", received_at=datetime(2026, 10, 9, tzinfo=UTC)))
    db.session.commit()


def test_an_officer_who_may_send_is_told_of_the_draft(app: APIFlask, approver: Officer, officer: Officer) -> None:
    from hoax_tracker.worker.daily_digest import count_drafts_to_send

    make_report()
    assert [count_drafts_to_send(person) for person in (approver, officer)] == [1, 0]
    assert approver.is_a(RoleName.APPROVER)
    assert factories.NOW == NOW


@pytest.mark.needs("fonts")
def test_files_of_the_demo_say_so(app: APIFlask, settings: Settings, sign_in: SignIn, officer: Officer) -> None:
    make_report(officer)
    browser = sign_in(officer)
    change_settings(app, demo=True)
    book = load_workbook(BytesIO(browser.get("/petugas/laporan/2026-10/1/laporan.xlsx").data))
    assert str(book["ringkasan"]["A2"].value).startswith("CONTOH.")
    assert browser.get("/petugas/laporan/2026-10/1/laporan.pdf").status_code == 200
