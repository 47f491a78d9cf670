"""Statements per page: few, however many rows exist. For acts see test_*_acts.py."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa
from apiflask import APIFlask
from flask.testing import FlaskClient

from hoax_tracker.check.reports.submission import ticket_digest
from hoax_tracker.clock import utc_now
from hoax_tracker.insight.reports.yearly import present_year
from hoax_tracker.models import (
    District,
    Evidence,
    Explainer,
    Narrative,
    Objection,
    ObjectionGround,
    ObjectionStatement,
    Officer,
    OfficialChannel,
    PageCopy,
    PostsFile,
    Programme,
    Question,
    Report,
    db,
)
from tests.crowded import MAX_STATEMENTS, TICKET, Crowd, count_statements

SignIn = Callable[[Officer], FlaskClient]
FILES = {"static", "security.static", "install.favicon", "install.service_worker"}
FILES |= {
    "evidence.download",
    "clarify.picture",
    "share.crossed_picture",
    "review.picture",
    "review.added_picture",
    "review.contact",
    "ingest.page_copy",
}  # sealed: there is none of it
FILES |= {"ingest.page_text"}  # as the copy that it is made from
FILES |= {"documentation.swagger_ui_style", "documentation.swagger_ui_script"}
FILES |= {"audit.download_csv", "audit.download_json", "audit.download_xlsx"}  # streamed
FILES |= {"bulk.download_queue", "search.download_results", "clarify.download_list", "ingest.download_list"}  # so, too
FILES |= {"account_links.accept_invitation", "account_links.choose_password"}  # not while somebody is signed in
UNREADY = {
    "health.readyz",
    "health.readyz_web",
    "hub.verify",
    "tipline_hooks.verify_whatsapp",
    "demo_chat.phone",  # a demo only
    "sign_on.finish",
    "embed.oembed",
    "fact_check_tools.search_claims",
    "reading.check_channel",
    "reading.find_clarifications",
    "subscriptions.subscribe",
    "subscriptions.confirm",
}  # which say what is lacking: files, a hub, a provider, a push service, what to look for
NARROWED = [
    "/petugas/?q=air",
    "/petugas/?status=dismissed",
    "/petugas/?topic=water&label=label+1",
    "/petugas/banyak?q=air",
    "/petugas/pilih/gabung?cari=air",
    "/petugas/pilih/gabung?claim=1",
    "/petugas/pilih/tautkan?cari=air",
    "/petugas/pilih/tautkan?claim=1",
    "/petugas/pilih/unit?claim=1",
    "/petugas/narasi/?q=air",
    "/petugas/narasi/1?cari=lain",
    "/petugas/klaim/2/narasi?cari=air",
    "/petugas/cari/?q=air",
    "/petugas/cari/?q=air&kind=kiriman",
    "/petugas/cari/?status=investigating&topic=water",
    "/petugas/penanda/?bulan=lalu",
    "/klarifikasi/?q=air",
    "/klarifikasi/?topik=water",
    "/v1alpha1/claims:search?query=air",
    "/api/v1/search?q=air",
    "/api/v1/channels?value=kupangkota-go-id.example",
]


def addresses(app: APIFlask, crowd: Crowd) -> Iterator[str]:
    """The address of every page that the application has, and of some lists that are narrowed."""
    draft = crowd.draft()
    objection = Objection(
        clarification_id=crowd.published[0].id, ground=ObjectionGround.FACT, received_at=utc_now(), due_at=utc_now()
    )
    objection.statements = [ObjectionStatement(text="x", ticket_digest=ticket_digest(TICKET), received_at=utc_now())]
    db.session.add(objection)
    db.session.commit()
    firsts = {"evidence_id": Evidence, "question_id": Question, "report_id": Report, "upload_id": PostsFile}
    firsts |= {"programme_id": Programme, "district_id": District, "explainer_id": Explainer}
    firsts |= {"channel_id": OfficialChannel, "narrative_id": Narrative, "objection_id": Objection}
    known = {name: db.session.scalar(sa.select(sa.func.min(model.id))) for name, model in firsts.items()}
    known |= {"claim_id": crowd.ids["claim"], "source_id": crowd.ids["sources"][0], "officer_id": crowd.ids["rekan"]}
    known |= {"slug": crowd.published[0].slug, "value": "water", "unit_id": 1, "code": "en", "ticket": TICKET}
    known |= {"webhook_id": 1, "token": "karangan", "channel_name": "telegram"}
    known |= {"number": crowd.published[0].number}
    known |= {"item_id": db.session.scalar(sa.select(sa.func.min(PageCopy.item_id)))}
    known |= {"act": "gabung"}
    known |= {"month": "2000-01", "version": 1, "file_kind": "xlsx"}
    known |= {"year": present_year(utc_now())}
    known |= {"guide": db.session.scalar(sa.select(sa.func.min(Explainer.slug)))}
    places = app.url_map.bind("localhost")
    for rule in app.url_map.iter_rules():
        if "GET" in (rule.methods or ()) and rule.endpoint not in FILES | UNREADY:
            for page in (draft.id, crowd.published[0].id) if "clarification_id" in rule.arguments else (0,):
                given = known | {"clarification_id": page}
                yield places.build(rule.endpoint, {name: given[name] for name in rule.arguments})
    yield from NARROWED


@pytest.mark.slow
def test_no_page_sends_more(app: APIFlask, crowd: Crowd, sign_in: SignIn) -> None:
    browser = sign_in(crowd.officer)
    sent_by = {}
    for address in list(addresses(app, crowd)):
        browser.get(address)  # the match index reads its files once
        db.session.remove()  # as in a process that serves: nothing is known from the making of the rows
        with count_statements() as sent:
            answer = browser.get(address)
        sent_by[address] = (answer.status_code, list(sent))
    assert not {address for address, (status, _sent) in sent_by.items() if status >= 400}
    longest = {address: MAX_STATEMENTS + 3 * ("/narasi?cari=" in address) for address in sent_by}  # a search more
    # Whom the claim that is shown accuses and what is hidden from them, where it was asked about, which answered claims
    # it may repeat, and which files came with its reports.
    desk = [address for address in sent_by if address.split("?")[0] == "/petugas/" or "/petugas/klaim/" in address]
    longest |= {address: longest[address] + 5 for address in desk}
    # What waits for a second person about the page, and whether its quotation is hidden.
    longest |= {address: MAX_STATEMENTS + 4 for address in sent_by if address.startswith("/petugas/klarifikasi/")}
    # What rises of topics and places, with the claims that they counted and whom these accuse.
    longest |= {address: MAX_STATEMENTS + 7 for address in sent_by if address == "/petugas/untuk-anda"}
    # When the last backup was made.
    longest |= {address: MAX_STATEMENTS + 1 for address in sent_by if address.endswith("/kelola/sistem")}
    # Each of the ten proposals is read by its own act, which shows what it changes.
    longest |= {address: MAX_STATEMENTS + 20 for address in sent_by if "/menunggu" in address}
    assert not {address: sent for address, (_status, sent) in sent_by.items() if len(sent) > longest[address]}
