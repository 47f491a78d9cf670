"""Work on an instance and tell each act once it is confirmed, until the power goes: ``python -m tests.power_cut``.

A line for each: its kind and by what it is found. After ``done`` the process waits, with everything open.
"""

from __future__ import annotations

import sys
from dataclasses import replace

from apiflask import APIFlask

from hoax_tracker.app import create_app
from hoax_tracker.clarify import service
from hoax_tracker.clarify.content import SourceLine, clarification_content
from hoax_tracker.core.audit.audit_log import read_head
from hoax_tracker.core.database.transactions import read_transaction
from hoax_tracker.models import Clarification, Officer, RoleName, Verdict, db
from tests import factories
from tests.factories import NOW

TICKETS, PAGES = 12, 3


def main() -> None:
    """Give tickets, publish pages, and say how far the audit log is."""
    app = create_app()
    with app.app_context():
        officer = factories.make_officer("petugas@kupang.example", RoleName.OFFICER)
        approver = factories.make_officer("penyetuju@kupang.example", RoleName.APPROVER)
        for number in range(TICKETS):
            say("ticket", give_ticket(app, number))
            if number < PAGES:
                say("page", publish_page(number, officer, approver))
            say("audit", tell_audit_head())
    say("done", "")
    sys.stdin.read()


def say(kind: str, what: str) -> None:
    """Confirm an act."""
    sys.stdout.write(f"{kind} {what}".strip() + "\n")
    sys.stdout.flush()


def give_ticket(app: APIFlask, number: int) -> str:
    """Return the ticket of a report."""
    sent = {"text": f"Air PDAM mati {number + 2} hari di Oebobo, katanya pipa pecah"}
    with app.app_context():  # of its own, as the server's
        answer = app.test_client().post("/api/v1/reports", json=sent, environ_base={"REMOTE_ADDR": f"10.0.0.{number}"})
    if answer.status_code != 201:
        raise RuntimeError(answer.get_data(as_text=True))
    return str(answer.json["ticket"])


def publish_page(number: int, officer: Officer, approver: Officer) -> str:
    """Return the slug of a page that one person wrote and another published."""
    claim = factories.make_claim(f"Mulai Senin air PDAM mati total {number + 2} hari")
    factories.add_unit_answer(claim, "pdam")
    key = service.draft_from_claim(claim.id, claim.version, officer=officer, now=NOW)
    page = db.session.get_one(Clarification, key)
    written = replace(
        clarification_content(page),
        title=f"Air PDAM tetap mengalir, kabar ke-{number}",
        summary="Tidak ada pipa induk yang pecah.",
        verdict=Verdict.HOAKS,
        findings="Perumda menyatakan tidak ada pipa yang pecah [1].",
        conclusion="Warga tidak perlu menimbun air.",
        sources=(SourceLine("Jadwal pekerjaan", "https://pdam.example/jadwal"),),
    )
    service.save_draft(key, page.version, written, officer=officer, now=NOW)
    service.submit_draft(key, page.version, officer=officer, now=NOW)
    service.approve_draft(key, page.version, "", officer=approver, now=NOW)
    return str(page.slug)


def tell_audit_head() -> str:
    """Return the hash of the newest row of the audit log."""
    db.session.rollback()
    with read_transaction():
        head = read_head()
        db.session.rollback()
    return head.digest if head else ""


if __name__ == "__main__":
    main()
