"""``officer`` and ``audit verify``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import sqlalchemy as sa

from hoax_tracker.models import AuditEvent, Officer, OfficerTie, Proposal, RoleName, db
from tests import factories
from tests.accounts.letters import GOOD_PASSWORD, choose, path_on
from tests.cli.conftest import Inside, Run
from tests.factories import count_rows


def confirm(inside: Inside) -> None:
    """Let somebody whom no command made confirm all that waits."""
    with inside():
        factories.confirm_waiting()


def test_an_officer_is_invited_and_the_link_works_once(instance: Path, run: Run, inside: Inside) -> None:
    add = ("officer", "add", "baru@kupang.example", "--name", "Rambu", "--role", "approver", "--unit", "dinkes")
    done = run(*add)
    assert done.code == 0, done.err
    assert "menunggu orang kedua: Undangan petugas: Rambu (baru@kupang.example)" in done.out
    assert "http" not in done.out
    assert "(invited)" not in run("officer", "list").out
    assert run(*add).code == 2, "it waits already"
    confirm(inside)
    email, link = run(*add).out.split()
    assert email == "baru@kupang.example"
    [invited] = [
        row for line in run("officer", "list", "--json").out.splitlines() if (row := json.loads(line))["invited"]
    ]
    assert (invited["email"], invited["active"]) == ("baru@kupang.example", False)
    assert "(invited)" in run("officer", "list").out
    with inside() as app:
        browser = app.test_client()
        assert choose(browser, path_on(link)) == 303
        assert choose(browser, path_on(link)) == 404
        factories.submit_form(browser, "/petugas/masuk", email=email, password=GOOD_PASSWORD)
        assert browser.get("/petugas/sumber/").status_code == 200
        events = db.session.scalars(sa.select(AuditEvent.detail)).all()
        assert link.rsplit("/", 1)[1] not in str(events)
        ties = db.session.execute(sa.select(OfficerTie.maker_id, OfficerTie.because)).all()
        assert ties == [(None, "invited")], "whoever typed the command is tied to the officer"
    listed = run("officer", "list", "--json").out.splitlines()
    assert json.loads(listed[1]) == {
        "email": "baru@kupang.example",
        "name": "Rambu",
        "roles": ["approver"],
        "unit": "dinkes",
        "active": True,
        "invited": False,
        "second": False,
    }
    assert "Rambu" in run("officer", "list").out


def test_what_cannot_be_added_is_refused(instance: Path, run: Run, inside: Inside) -> None:
    for arguments, words in [
        (["admin@kupang.example"], "sudah dipakai"),
        (["bukan surel"], "tidak sah"),
        (["x@kupang.example", "--unit", "tidak-ada"], "tidak-ada"),
        (["x@kupang.example", "--role", "raja"], "raja"),
    ]:
        done = run("officer", "add", *arguments)
        assert done.code == 2
        assert words in done.err
    with inside():
        assert count_rows(Officer) == 1


def add_officer(inside: Inside) -> None:
    with inside():
        factories.make_officer("baru@kupang.example", RoleName.OFFICER)


def test_an_account_is_disabled_and_its_owner_sent_to_a_new_password(instance: Path, run: Run, inside: Inside) -> None:
    add_officer(inside)
    assert run("officer", "disable", "BARU@kupang.example").code == 0
    assert "(disabled)" in run("officer", "list").out
    assert "menunggu orang kedua" in run("officer", "reset", "admin@kupang.example").out
    confirm(inside)
    first, second = (run("officer", "reset", "admin@kupang.example").out.split()[1] for _ in range(2))
    assert first != second
    with inside() as app:
        browser = app.test_client()
        assert choose(browser, path_on(first)) == 404
        assert choose(browser, path_on(second)) == 303
        factories.submit_form(browser, "/petugas/masuk", email="admin@kupang.example", password=GOOD_PASSWORD)
        assert browser.get("/petugas/kelola/").status_code == 200


def test_the_last_administrator_and_strangers_are_refused(instance: Path, run: Run) -> None:
    done = run("officer", "disable", "admin@kupang.example")
    assert done.code == 2
    assert "administrator terakhir" in done.err
    for act in ("disable", "reset"):
        done = run("officer", act, "tidak@ada.example")
        assert done.code == 2
        assert "tidak ada" in done.err


def test_the_log_is_whole_and_a_change_breaks_it(instance: Path, run: Run, inside: Inside) -> None:
    add_officer(inside)
    run("officer", "disable", "baru@kupang.example")
    done = run("audit", "verify", "--json")
    found = json.loads(done.out)
    assert (done.code, found["fault"], found["broken_at"]) == (0, None, None)
    assert f"whole: {found['rows']} rows, last hash {found['last_hash']}" in run("audit", "verify").out
    with inside(), db.engine.begin() as connection:
        changed = sa.update(AuditEvent).where(AuditEvent.id == 2).values(detail={"roles": ["administrator"]})
        connection.execute(changed)
    done = run("audit", "verify")
    assert (done.code, done.out) == (1, "")
    assert "broken at row 2 after 1 whole rows" in done.err
    done = run("audit", "verify", "--json")
    assert (done.code, json.loads(done.out)["broken_at"]) == (1, 2)


@pytest.mark.slow
def test_the_second_is_named_and_taken_back_and_waits(instance: Path, run: Run, inside: Inside) -> None:
    add_officer(inside)
    waits = run("officer", "second", "baru@kupang.example").out
    assert "menunggu orang kedua: Pihak kedua" in waits
    assert "berlaku sesudah 24 jam" in waits, "only an administrator is there, and none confirms a command"
    assert is_second(run) is False
    confirm(inside)
    assert is_second(run) is True
    assert run("officer", "second", "baru@kupang.example").out == "the second: baru@kupang.example\n"
    refused = run("officer", "second", "admin@kupang.example")
    assert refused.code == 2
    assert "bukan administrator" in refused.err
    assert "yang boleh: Luar" in run("officer", "second", "baru@kupang.example", "--remove").out
    confirm(inside)
    assert is_second(run) is False
    with inside():
        actions = list(db.session.scalars(sa.select(AuditEvent.action).where(AuditEvent.action.like("second%"))))
        assert actions == ["second_named", "second_removed"]


def is_second(run: Run) -> bool:
    rows = [json.loads(line) for line in run("officer", "list", "--json").out.splitlines()]
    [seconds] = [row["second"] for row in rows if row["email"] == "baru@kupang.example"]
    return bool(seconds)


def test_commands_wait_as_the_pages_do(instance: Path, run: Run, inside: Inside) -> None:
    add_officer(inside)
    with inside():
        person = db.session.scalars(sa.select(Officer).filter_by(email="baru@kupang.example")).one()
        person.has_second_factor = True
        db.session.commit()
    assert run("officer", "reset", "baru@kupang.example").code == 0
    assert run("officer", "reset-second-factor", "baru@kupang.example", "--reason", "HP hilang di pasar").code == 0
    assert run("officer", "unlink", "baru@kupang.example").out.endswith("0 joined accounts removed\n")
    assert "menunggu orang kedua: Tutup akun" in run("officer", "disable", "baru@kupang.example").out
    with inside():
        rows = {row.act: row.hand_ids for row in db.session.scalars(sa.select(Proposal)) if row.settled_at is None}
        assert rows == {act: {None} for act in ("officer_password", "officer_second_factor", "officer_closing")}
