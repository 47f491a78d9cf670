"""Statements per act at the desk: few, and as many with many rows as with few."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from io import BytesIO
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from PIL import Image

from hoax_tracker.authority import proposals
from hoax_tracker.clarify import corrections, service
from hoax_tracker.clarify.content import clarification_content
from hoax_tracker.clock import utc_now
from hoax_tracker.core.audit.tracked_edits import values_digest
from hoax_tracker.insight.reports import yearly as yearly_service
from hoax_tracker.insight.reports.monthly import sending_digest
from hoax_tracker.insight.reports.register import empty_register
from hoax_tracker.insight.reports.yearly import present_year
from hoax_tracker.models import (
    Alarm,
    ClaimAppearance,
    ClaimStatus,
    Demand,
    Evidence,
    Narrative,
    Note,
    Officer,
    Question,
    db,
)
from hoax_tracker.review.decisions import junk_reports, merge, service as deciding, split as parting
from tests import factories
from tests.crowded import MAX_STATEMENTS, Crowd, count_statements
from tests.insight.report_rows import make_report, make_yearly_report

SignIn = Callable[[Officer], FlaskClient]
Fields = dict[str, Any]
Act = Callable[[Crowd], tuple[str, Fields]]


def on_claim(act: str, **fields: Any) -> Act:
    """An act on the first claim that needs nothing else."""
    return lambda crowd: (
        f"/petugas/klaim/{crowd.claim.id}/{act}",
        {"version": crowd.claim.version}
        | {name: given(crowd) if callable(given) else given for name, given in fields.items()},
    )


def unit_of(_crowd: Crowd) -> int:
    """The unit that has many officers."""
    return factories.load_unit("dinkes").id


def with_status(status: ClaimStatus, act: Act) -> Act:
    """The same with the claim at that status."""

    def prepared(crowd: Crowd) -> tuple[str, Fields]:
        crowd.claim.status = status
        db.session.commit()
        return act(crowd)

    return prepared


def appearances(crowd: Crowd) -> list[int]:
    """The ids of all appearances of the first claim but the oldest."""
    found = db.session.scalars(sa.select(ClaimAppearance.id).where(ClaimAppearance.claim_id == crowd.claim.id))
    return sorted(found)[1:]


def reports(crowd: Crowd) -> list[int]:
    """The ids of the reports on the first claim."""
    query = sa.select(ClaimAppearance.report_id).where(
        ClaimAppearance.claim_id == crowd.claim.id, ClaimAppearance.report_id.is_not(None)
    )
    return [int(one or 0) for one in db.session.scalars(query)]


def merged(crowd: Crowd) -> deciding.DecisionOutcome:
    """Merge the first claim into the second."""
    return merge.merge_claims(crowd.claim.id, crowd.claim.version, crowd.other.id, officer=crowd.officer, now=utc_now())


def take_out(crowd: Crowd) -> tuple[str, Fields]:
    """Take a merged claim out again."""
    merged(crowd)
    return on_claim("pisah")(crowd)


def undone(decide: Callable[[Crowd], deciding.DecisionOutcome]) -> Act:
    """Take back what was decided just now."""
    return lambda crowd: (f"/petugas/keputusan/{decide(crowd).decision_id}/urungkan", {})


def split(crowd: Crowd) -> deciding.DecisionOutcome:
    """Part all but one appearance from the first claim."""
    chosen = appearances(crowd)
    return parting.split_claim(crowd.claim.id, crowd.claim.version, chosen, officer=crowd.officer, now=utc_now())


def junked(crowd: Crowd) -> deciding.DecisionOutcome:
    """Reject the reports on the first claim."""
    return junk_reports.reject_junk_reports(
        crowd.claim.id, crowd.claim.version, reports(crowd), officer=crowd.officer, now=utc_now()
    )


def assigned(crowd: Crowd) -> deciding.DecisionOutcome:
    """Give the first claim to the unit that has many officers."""
    choice = deciding.DecisionChoice(deciding.DecisionKind.ASSIGN, unit_id=unit_of(crowd))
    return deciding.decide_claim(crowd.claim.id, crowd.claim.version, choice, officer=crowd.officer, now=utc_now())


def held_over(crowd: Crowd) -> tuple[str, Fields]:
    """Take over a claim that somebody else works on."""
    crowd.hold(crowd.rekan)
    return on_claim("ambil-alih")(crowd)


def first(model: Any, *conditions: Any) -> Any:
    """The first row of a table that meets the conditions."""
    return db.session.scalars(sa.select(model).where(*conditions).order_by(model.id).limit(1)).one()


def on_note(crowd: Crowd) -> tuple[str, Fields]:
    """Delete a note of the officer."""
    note = first(Note)
    note.officer_id = crowd.officer.id
    db.session.commit()
    return f"/petugas/catatan/{note.id}/hapus", {}


def on_evidence(crowd: Crowd) -> tuple[str, Fields]:
    """Delete a piece of evidence of the officer."""
    row = first(Evidence)
    row.added_by_id = crowd.officer.id
    db.session.commit()
    return f"/petugas/bukti/{row.id}/hapus", {}


def on_question(act: str, **fields: Any) -> Act:
    """A step on an open question."""

    def prepared(crowd: Crowd) -> tuple[str, Fields]:
        row = Question(
            claim_id=crowd.claim.id,
            unit_id=unit_of(crowd),
            text="Benarkah?",
            asked_by_id=crowd.officer.id,
            asked_at=utc_now(),
            due_at=utc_now(),
        )
        crowd.add(row)
        db.session.commit()
        given = {name: value(crowd) if callable(value) else value for name, value in fields.items()}
        return f"/petugas/pertanyaan/{row.id}/{act}", {"version": row.version} | given

    return prepared


def pictures(_crowd: Crowd) -> list[tuple[BytesIO, str]]:
    """A small file."""
    file = BytesIO()
    Image.new("RGB", (8, 8)).save(file, "PNG")
    return [(BytesIO(file.getvalue()), "keterangan.png")]


def on_demand(act: str, **fields: Any) -> Act:
    """An act on a group of questions that counts for no claim yet."""

    def prepared(crowd: Crowd) -> tuple[str, Fields]:
        row = first(Demand, Demand.claim_id.is_(None))
        given = {name: value(crowd) if callable(value) else value for name, value in fields.items()}
        return f"/petugas/ditanyakan/{row.id}/{act}", given

    return prepared


def on_alarm(act: str) -> Act:
    """An act on what rises."""
    return lambda _crowd: (f"/petugas/naik/{first(Alarm, Alarm.claim_id.is_not(None)).id}/{act}", {})


def draft_from_earlier(crowd: Crowd) -> tuple[str, Fields]:
    """A draft that begins from the answer to another claim of the narrative."""
    fellow, answer = crowd.others[0], crowd.published[0]
    fellow.clarifications.append(answer)
    db.session.commit()
    fields = {"version": crowd.claim.version, "earlier": answer.id}
    return f"/petugas/klarifikasi/klaim/{crowd.claim.id}/rancangan", fields


def on_narrative(act: str, **fields: Any) -> Act:
    """An act on the claim that is in a narrative with many others: as suggested, by hand, and out of it."""

    def prepared(crowd: Crowd) -> tuple[str, Fields]:
        given = {name: value(crowd) if callable(value) else value for name, value in fields.items()}
        of_claim = crowd.claim if act == "keluar" else crowd.other
        return f"/petugas/klaim/{of_claim.id}/narasi/{act}", given

    return prepared


FULL: Fields = {
    "title": "Air PDAM tetap mengalir di seluruh kota",
    "verdict": "hoaks",
    "summary": "Tidak ada pipa induk yang pecah.",
    "claim_quote": "Mulai Senin besok air PDAM se-Kota Kupang mati total 7 hari karena pipa induk pecah",
    "circulated_where": "WhatsApp",
    "circulated_since": "2026-11-01",
    "findings": "Perumda Air Minum menyatakan tidak ada pipa induk yang pecah. Lihat [1].",
    "conclusion": "Kabar itu tidak benar.",
    "topic": "water",
    **{f"sources-{n}-title": f"Keterangan {n}" for n in range(20)},
    **{f"sources-{n}-url": f"https://kota.example/{n}" for n in range(20)},
}


def on_draft(step: str, /, **fields: Any) -> Act:
    """A step on a draft."""

    def prepared(crowd: Crowd) -> tuple[str, Fields]:
        page = crowd.draft(circulated_where="WhatsApp", circulated_since=date(2026, 11, 1))
        return f"/petugas/klarifikasi/{page.id}/{step}", {"version": page.version, "unit_id": page.unit_id} | fields

    return prepared


def on_submitted(step: str, /, **fields: Any) -> Act:
    """A step on a draft that waits for approval; it answers many claims."""

    def prepared(crowd: Crowd) -> tuple[str, Fields]:
        page = crowd.draft(circulated_where="WhatsApp", circulated_since=date(2026, 11, 1))
        page.claims.extend(crowd.others)
        page.author_id = crowd.approver.id if step != "batal" else page.author_id
        db.session.commit()
        service.submit_draft(page.id, page.version, officer=page.author, now=utc_now())
        return f"/petugas/klarifikasi/{page.id}/{step}", {"version": page.version} | fields

    return prepared


def on_page(step: str, /, **fields: Any) -> Act:
    """A step on a public page that answers many claims."""

    def prepared(crowd: Crowd) -> tuple[str, Fields]:
        page = crowd.published[0]
        return f"/petugas/klarifikasi/{page.id}/{step}", {"version": page.version, "unit_id": page.unit_id} | fields

    return prepared


def proposed(act: str, kind: str, **fields: Any) -> Act:
    """A step on a change that waits for approval."""

    def prepared(crowd: Crowd) -> tuple[str, Fields]:
        page = crowd.published[0]
        page.author_id, page.approver_id = crowd.approver.id, crowd.rekan.id
        if kind == "retraction":
            corrections.propose_retraction(page.id, page.version, "Keliru", officer=crowd.rekan, now=utc_now())
        else:
            content = replace(
                clarification_content(page), summary="Tidak ada pipa yang pecah.", circulated_where="WhatsApp"
            )
            corrections.propose_correction(
                page.id, page.version, content, "Diperjelas", officer=crowd.rekan, now=utc_now()
            )
        return f"/petugas/klarifikasi/{page.id}/{act}", {"version": page.version} | fields

    return prepared


def on_proposed_answer(act: str) -> Act:
    """A step on the answer that somebody else proposed for the first claim."""

    def prepared(crowd: Crowd) -> tuple[str, Fields]:
        choice = deciding.DecisionChoice(deciding.DecisionKind.LINK, clarification_id=crowd.published[-1].id)
        deciding.decide_claim(crowd.claim.id, crowd.claim.version, choice, officer=crowd.rekan, now=utc_now())
        [row] = proposals.list_open(["decision"])
        return f"/petugas/menunggu/{row.id}/{act}", {"seen": proposals.proposal_digest(row), "reason": "Lain kabar"}

    return prepared


def renew_report(crowd: Crowd) -> tuple[str, Fields]:
    """Ask for a new version of a report that was sent."""
    make_report(crowd.officer)
    return "/petugas/laporan/2026-10/versi-baru", {"reason": "Keliru"}


def send_year(crowd: Crowd) -> tuple[str, Fields]:
    """Send the report on a year that is long over."""
    report = make_yearly_report(present_year(utc_now()) - 2)
    content, _numbers = yearly_service.read_yearly_content(report, utc_now())
    return f"/petugas/laporan/{report.year}/1/kirim", {"seen": yearly_service.sending_digest(report, content)}


def renew_year(crowd: Crowd) -> tuple[str, Fields]:
    """Begin a new version of a yearly report that was sent."""
    report = make_yearly_report(present_year(utc_now()) - 2, crowd.officer)
    return f"/petugas/laporan/{report.year}/versi-baru", {"reason": "Keliru"}


ACTS: dict[str, Act] = {
    "examine": with_status(ClaimStatus.NEW, on_claim("periksa")),
    "dismiss": on_claim("tutup", decision="dismiss", reason="Kabar lama"),
    "assign": on_claim("teruskan", unit_id=unit_of),
    "link": on_claim("tautkan", clarification=lambda crowd: crowd.published[-1].number),
    "reopen": with_status(ClaimStatus.DISMISSED, on_claim("buka")),
    "merge": on_claim("gabung", into=lambda crowd: crowd.other.id),
    "split": on_claim("pisah", appearance=appearances),
    "take out": take_out,
    "accuse": on_claim("tuduhan", accused_unit_id=unit_of),
    "junk": on_claim("sampah", report=reports),
    "note": on_claim("catatan", text="Sudah ditanyakan @rekan @penyetuju"),
    "labels": on_claim("label", label="baru, lain"),
    "label off": on_claim("label/lepas", label="label 1"),
    "ask": on_claim("tanya", unit_id=unit_of, reason="Benarkah?"),
    "send back": on_claim("kembalikan", reason="Bukan unit kami"),
    "hold": on_claim("kerjakan"),
    "take over": held_over,
    "let go": on_claim("lepas"),
    "link as evidence": on_claim("bukti/tautan", url="https://w.example/lain", title="Lain"),
    "undo examining": undone(assigned),
    "undo a merge": undone(merged),
    "undo a split": undone(split),
    "undo junk": undone(junked),
    "note deleted": on_note,
    "evidence deleted": on_evidence,
    "answer": on_question("jawab", text="Tidak benar.", source="Surat 12", file=pictures),
    "decline": on_question("kembalikan", reason="Bukan urusan kami"),
    "pass on": on_question("teruskan", unit_id=lambda _crowd: factories.load_unit("pdam").id, reason="Mereka tahu"),
    "withdraw a question": on_question("tarik"),
    "open from questions": on_demand("buka"),
    "join questions": on_demand("gabung", klaim=lambda crowd: crowd.claim.id),
    "set questions aside": on_demand("sisihkan"),
    "answer an alarm": on_alarm("tangani"),
    "silence an alarm": on_alarm("diamkan"),
    "draft": lambda crowd: (
        f"/petugas/klarifikasi/klaim/{crowd.claim.id}/rancangan",
        {"version": crowd.claim.version},
    ),
    "save a draft": on_draft("sunting", **FULL),
    "save and submit": on_draft("sunting", act="ajukan", **FULL),
    "keep what is typed": on_draft("ketikan", **FULL),
    "forget what was typed": on_draft("buang-ketikan"),
    "submit": on_draft("ajukan"),
    "take back a draft": on_submitted("batal"),
    "publish": on_submitted("setujui", reason="Mendesak"),
    "return a draft": on_submitted("kembalikan", reason="Tambah rujukan"),
    "propose a correction": on_page("koreksi", **(FULL | {"note": "Diperjelas", "summary": "Air mengalir."})),
    "propose a retraction": on_page("penarikan", reason="Keliru"),
    "still right": on_page("masih-benar"),
    "approve a correction": proposed("setujui-usulan", "correction", reason="Mendesak"),
    "approve a retraction": proposed("setujui-usulan", "retraction", reason="Mendesak"),
    "confirm an answer": on_proposed_answer("setujui"),
    "refuse an answer": on_proposed_answer("tolak"),
    "decline a proposal": proposed("tolak-usulan", "correction", reason="Belum perlu"),
    "seen": lambda crowd: ("/petugas/untuk-anda/dibaca", {"newest": 10_000}),
    "comment on a report": lambda _crowd: (
        "/petugas/laporan/2026-10/1/catatan",
        {"comment": "Baru", "seen": values_digest({"comment": make_report().comment})},
    ),
    "send a report": lambda _crowd: ("/petugas/laporan/2026-10/1/kirim", {"seen": sending_digest(make_report())}),
    "renew a report": renew_report,
    "enter a year's numbers": lambda _crowd: (
        f"/petugas/laporan/{present_year(utc_now())}/1/register",
        {"way_mail": 3, "obstacles": "Arsip lama", "seen": values_digest(empty_register())},
    ),
    "send a yearly report": send_year,
    "renew a yearly report": renew_year,
    "who gets reports": lambda _crowd: (
        "/petugas/laporan/penerima",
        {"addresses": "kadis@kantor.example", "seen": values_digest({"addresses": []})},
    ),
    "start a narrative": on_narrative("baru", title="Air"),
    "add to a narrative": on_narrative("masuk", narrative=lambda _crowd: first(Narrative).id),
    "join two claims": on_narrative("satukan", other=lambda crowd: crowd.claim.id, saran=1),
    "refuse a narrative": on_narrative("tolak", other=lambda crowd: crowd.claim.id),
    "take out of a narrative": on_narrative("keluar", narrative=lambda _crowd: first(Narrative).id),
    "name a narrative": lambda _crowd: (f"/petugas/narasi/{first(Narrative).id}/ubah", {"version": 1, "title": "Air"}),
    "merge narratives": lambda _crowd: (f"/petugas/narasi/{first(Narrative).id}/gabung", {"version": 1, "into": 2}),
    "draft from an earlier answer": draft_from_earlier,
    "keep a list": lambda crowd: ("/petugas/daftar", {"of": "antrean", "query": "topic=water", "name": "Daftar 1"}),
}


LONGER = {
    "dismiss": 23,  # its reason is proposed: who may confirm it, and is told; whose numbers may stand in it
    "link": 18,  # is proposed
    "split": 20,  # is the claim answered
    "merge": 29,  # a narrative's history tells that its claim is another one now; which is answered, or further along
    "take out": 27,  # the same, and what both claims accuse
    "undo examining": 16,  # did it give or take an answer
    "undo a merge": 24,
    "undo a split": 25,
    "undo junk": 16,
    "draft": 16,  # since when the claim was seen
    "draft from an earlier answer": 20,  # that answer, its sources and who wrote it, copied
    # Whose numbers may stand in it, since when its claims were seen, and …
    "submit": 25,  # all who wrote in it, who may confirm it and is told, the merged claims whose words will count
    # The proposal, its hands and ties, whom its claims accuse, the words that count, the named source, the webhooks.
    # On PostgreSQL the job that it wakes is one statement, none on SQLite; so it is with the two below.
    "publish": 41,
    "return a draft": 22,  # who may, as its claims accuse nobody of theirs, and whom it tells
    "propose a correction": 30,  # what its checklist reads, who wrote in it, who may confirm it and is told
    "propose a retraction": 20,
    # The proposal, its hands and ties, whom its claims accuse, the jobs it wakes, whom it and a webhook tell.
    "approve a correction": 25,
    "approve a retraction": 30,  # the same, the audit, and the words that count no more
    "decline a proposal": 22,
    "confirm an answer": 39,  # the confirmation and the decision that it carries out, in one transaction
    "refuse an answer": 22,
    "save a draft": 16,  # its references are read before it is decided what of it can be stored
    "save and submit": 41,  # stored as a draft first, in a transaction of its own; was it begun from a withdrawn page
}
"""What takes more: an act that writes to ten tables, or two acts in one. Each holds whatever a claim has."""


@pytest.mark.parametrize("act", ACTS)
def test_no_act_sends_more(act: str, crowd: Crowd, sign_in: SignIn) -> None:
    path, fields = ACTS[act](crowd)
    browser = sign_in(crowd.officer)
    token = factories.csrf_token_in(browser.get("/petugas/untuk-anda").get_data(as_text=True))
    db.session.remove()  # as in a process that serves: nothing is known from the making of the rows
    with count_statements() as sent:
        answer = browser.post(path, data={"csrf_token": token} | fields)
    assert answer.status_code < 400, answer.get_data(as_text=True)
    assert len(sent) <= LONGER.get(act, MAX_STATEMENTS), "\n\n".join(sent)
