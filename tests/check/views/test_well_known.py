"""Well-known addresses: security.txt (RFC 9116) and change-password."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient

from hoax_tracker.clock import utc_now
from hoax_tracker.core.audit import audit_log
from hoax_tracker.core.config.settings import read_settings
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.errors import SettingsError
from tests.shared_app import change_settings


def fields_of(client: FlaskClient) -> dict[str, str]:
    answer = client.get("/.well-known/security.txt")
    assert (answer.status_code, answer.mimetype) == (200, "text/plain")
    return dict(line.split(": ", 1) for line in answer.text.splitlines())


def test_security_txt_says_where_and_until_when(app: APIFlask, client: FlaskClient) -> None:
    found = fields_of(client)
    assert found["Contact"] == f"{app.extensions['settings'].base_url}/tentang"
    assert found["Canonical"].endswith("/.well-known/security.txt")
    assert found["Preferred-Languages"] == "id, en"
    expires = datetime.fromisoformat(found["Expires"])
    assert timedelta(days=30) < expires - utc_now() < timedelta(days=365)


def test_the_contact_is_a_setting(app: APIFlask, client: FlaskClient) -> None:
    change_settings(app, security_contact="mailto:csirt@kupang.example")
    assert fields_of(client)["Contact"] == "mailto:csirt@kupang.example"


@pytest.mark.parametrize("wrong", ["csirt@kupang.example", "http://kupang.example", "mailto:a b@c", "javascript:x"])
def test_a_contact_that_is_none_is_refused(tmp_path: object, wrong: str) -> None:
    with pytest.raises(SettingsError, match="SECURITY_CONTACT"):
        read_settings({"HOAX_TRACKER_DATA": str(tmp_path), "HOAX_TRACKER_SECURITY_CONTACT": wrong})


def test_change_password_leads_to_the_own_account(client: FlaskClient) -> None:
    answer = client.get("/.well-known/change-password")
    assert (answer.status_code, answer.location) == (302, "/petugas/akun")
    assert answer.headers["Cache-Control"] == "no-store"


def test_the_page_about_the_service_shows_the_head_of_the_log(client: FlaskClient, now: datetime) -> None:
    assert "log-audit" not in client.get("/tentang").text
    with write_transaction():
        audit_log.record_event("purged", "retention", officer=None, now=now)
    head = audit_log.read_head()
    assert head is not None
    text = client.get("/tentang").text
    assert head.digest in text.partition('<code class="digest">')[2].partition("</code>")[0].replace(" ", "")
