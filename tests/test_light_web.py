"""The web process loads no scikit-learn: the worker does what needs a model, and requests wait in rows."""

from __future__ import annotations

import subprocess
import sys
from datetime import datetime

import pytest
import sqlalchemy as sa
from apiflask import APIFlask

from hoax_tracker import pipeline
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.flag.model import model_files as flag_models
from hoax_tracker.models import Claim, ClaimAppearance, ClaimStatus, Demand, Item, Officer, RoleName, Source, db
from tests import databases, factories
from tests.factories import count_rows
from tests.feed_server import FeedServer, Reply
from tests.ingest.views.test_sources import FEED
from tests.review.test_public_questions import MARKET, add

ACTS = """
import sys
from hoax_tracker.app import create_app
from tests import factories
from tests.browser import read_form_fields
browser = create_app().test_client()
said = []

def post(path, page=None, **fields):
    said.append(factories.submit_form(browser, path, page, **fields).status_code)

post('/petugas/masuk', email=sys.argv[1], password=factories.PASSWORD)
said.append(browser.post('/cek', data={'text': 'Katanya air PDAM mati tujuh hari di Oebobo'}).status_code)
said += [browser.post(f'/api/v1/{what}', json={'text': 'Air PDAM mati'}).status_code for what in ('check', 'reports')]
post('/petugas/sumber/1/baca', '/petugas/sumber/')
record = '/petugas/sumber/catat'
fields = read_form_fields(browser, record) | {'text': 'Puskesmas Oesapa tolak pasien BPJS', 'url': ''}
answer = browser.post(record, data=fields)
said += [answer.status_code, browser.get(answer.location).status_code]
post(f'/petugas/ditanyakan/{sys.argv[2]}/buka', '/petugas/ditanyakan/')
post('/petugas/klaim/1/gabung', '/petugas/klaim/1', version=1, into=2)
pages = ('/petugas/', '/petugas/klaim/2', '/petugas/penanda/', '/petugas/sumber/1/keadaan', '/petugas/ditanyakan/')
said += [browser.get(page).status_code for page in pages]
print(*said)
print(*sys.modules)
"""


@pytest.fixture
def officer(app: APIFlask) -> Officer:
    """An officer who may do everything that loaded a model once."""
    return factories.make_officer("rosa@kupang.example", RoleName.OFFICER, RoleName.ADMINISTRATOR)


@pytest.mark.slow
@pytest.mark.process
def test_no_act_at_the_desk_loads_scikit_learn_and_the_worker_does_what_was_asked(
    server: FeedServer, settings: Settings, officer: Officer, now: datetime
) -> None:
    with write_transaction():
        flag_models.register_shipped_model(now)
        db.session.add(Source(name="Warta", url=server.answer("/feed", Reply(FEED)), created_at=now))
    factories.make_claim("Air PDAM mati tujuh hari")
    factories.make_claim("Seminggu tidak ada air PDAM")
    key, email = add(), officer.email
    db.session.rollback()
    allow = ",".join(f"{host}:{port}" for host, port in settings.fetch_allow)
    environ = databases.command_environment(settings.data_folder, HOAX_TRACKER_FETCH_ALLOW=allow)
    command = [sys.executable, "-c", ACTS, email, str(key)]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    codes, loaded = done.stdout.splitlines()[-2:]
    assert codes == "302 200 200 201 302 302 200 303 303 200 200 200 200 200"
    assert not set(loaded.split()) & {"sklearn", "scipy", "skops"}
    assert count_rows(Claim) == 2
    assert pipeline.assign_waiting_reports(now) == 1
    assert pipeline.do_what_officers_asked(now) == 2
    assert pipeline.flag_pending_items(now) == 1
    assert db.session.get_one(Claim, 2).status is ClaimStatus.MERGED, "into the older one"
    assert db.session.get_one(Demand, key).claim_id is not None
    assert db.session.scalar(sa.select(Claim.text).where(Claim.status == ClaimStatus.TRIAGED)) == MARKET
    assert count_rows(Item) == count_rows(ClaimAppearance) - 1 == 2, "both items and the report are in claims"
