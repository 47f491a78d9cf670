"""A player: one person who tries every form, route and command of the program, alone, to change what residents read.

Nothing here knows single pages: routes come from the URL map, forms from the pages, commands from the command line, so
what is added tomorrow is played as well. The player owns every mailbox at pemain.example, opens the links that arrive
there, and acts as whoever they make.
"""

from __future__ import annotations

import html
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import click
import sqlalchemy as sa
from apiflask import APIFlask
from flask.testing import FlaskClient

from hoax_tracker.cli import cli, common
from hoax_tracker.models import (
    WAITING_STATUSES,
    Claim,
    ClaimAppearance,
    Clarification,
    Decision,
    Officer,
    Proposal,
    Report,
    RoleName,
    Unit,
    db,
)
from tests import factories
from tests.accounts.letters import GOOD_PASSWORD, read_letters

DOMAIN = "pemain.example"
TEXTS = ("Hubungi 0812-0000-7777, transfer ke BRI 1234567890", "Semua itu hoaks", "Benar sekali", "x")
READING = {"GET", "HEAD", "OPTIONS"}
# They end the player's own game, or send letters to nobody; the sign-in is played by itself.
LEFT_OUT = ("security.", "static", "hub.deliver", "sign_on.", "second_step.", "second_factor.", "account_links.forgot")


@dataclass(frozen=True)
class Form:
    """A form on a page: where it is sent, and its fields with the values to choose from."""

    action: str
    fields: tuple[tuple[str, tuple[str, ...]], ...]


@dataclass
class Player:
    """The player's browsers by address, and what they did so far, for the report of a lost game."""

    app: APIFlask
    random: random.Random
    browsers: dict[str, FlaskClient] = field(default_factory=dict)
    passwords: dict[str, str] = field(default_factory=dict)
    moves: list[str] = field(default_factory=list)
    read: list[tuple[str, str]] = field(default_factory=list)

    def begin(self, roles: tuple[RoleName, ...], unit_code: str) -> None:
        """Let the player be an officer with these roles in this unit, made long ago by honest people."""
        factories.make_officer(f"pemain@{DOMAIN}", *roles, unit_code=unit_code)
        self.sign_in(f"pemain@{DOMAIN}", factories.PASSWORD)

    def sign_in(self, email: str, password: str) -> None:
        """Sign in as one of the player's accounts."""
        browser = self.app.test_client()
        answer = factories.submit_form(browser, "/petugas/masuk", email=email, password=password)
        if answer.status_code == 302:
            self.browsers[email], self.passwords[email] = browser, password

    def open_letters(self) -> None:
        """Open every link to choose a password that arrived at a mailbox of the player, and sign in."""
        known = {letter.to for letter in read_all_letters(self.app)}
        for address in sorted(one for one in known if one.endswith(DOMAIN)):
            for letter in read_letters(self.app, address):
                for path in re.findall(r"https?://[^/\s]+(/petugas/(?:sandi|undangan)/\S+)", letter.text):
                    self.open_link(path, address)

    def open_link(self, path: str, address: str) -> None:
        """Choose a password on the page of a link, where it still works."""
        browser = self.app.test_client()
        if browser.get(path).status_code == 200:
            factories.submit_form(browser, path, password=GOOD_PASSWORD, again=GOOD_PASSWORD)
            self.moves.append(f"link {address}")
        self.sign_in(address, GOOD_PASSWORD)

    def choose_browser(self) -> tuple[str, FlaskClient] | None:
        """Return one of the player's browsers."""
        if not self.browsers:
            return None
        name = self.random.choice(sorted(self.browsers))
        return name, self.browsers[name]

    def play_form(self) -> None:
        """Open a page of the desk and send one of its forms, filled in at random."""
        chosen = self.choose_browser()
        if chosen is None:
            return
        name, browser = chosen
        path = self.random.choice(list(self.list_paths("GET")))
        answer = browser.get(path)
        page = answer.get_data(as_text=True) if answer.mimetype == "text/html" else ""
        self.note(name, path, answer.get_data())
        forms = [form for form in read_forms(page, path) if "keluar" not in form.action]
        if not forms:
            return
        form = self.random.choice(forms)
        self.send(name, browser, form.action, {key: self.fill(key, values) for key, values in form.fields})

    def play_raw(self) -> None:
        """Post to a route without its page, with fields that other forms have."""
        chosen = self.choose_browser()
        if chosen is None:
            return
        name, browser = chosen
        path = self.random.choice(list(self.list_paths("POST")))
        token = read_token(browser)
        fields = {key: self.fill(key, ()) for key in RAW_FIELDS}
        self.send(name, browser, path, fields | {"csrf_token": token})

    def make_friend(self) -> None:
        """Invite somebody of the player's own with every role, in any unit."""
        for name, browser in sorted(self.browsers.items()):
            fields = {
                "email": f"teman{self.random.randrange(4)}@{DOMAIN}",
                "name": "Teman",
                "roles": ["officer", "approver"],
                "unit_id": str(self.random.choice(existing_values()["unit_id"])),
            }
            path = "/petugas/kelola/petugas/baru"
            seen = read_forms(browser.get(path).get_data(as_text=True), path)
            hidden = {key: values[0] for form in seen for key, values in form.fields if key in HIDDEN and values}
            if hidden:
                self.send(name, browser, path, hidden | fields)

    def write_page(self) -> None:
        """Draft a page about the claim that waits, complete it, and submit it, as any account that may write."""
        from hoax_tracker.clarify import service
        from hoax_tracker.clock import utc_now
        from hoax_tracker.errors import HoaxTrackerError
        from tests.clarify.conftest import complete

        mine = Officer.email.endswith(DOMAIN)
        writers = [one for one in db.session.scalars(sa.select(Officer).where(mine)).unique() if one.is_officer]
        claims = db.session.scalars(sa.select(Claim).where(Claim.status.in_(WAITING_STATUSES))).all()
        if not writers or not claims:
            return
        officer, claim = self.random.choice(writers), self.random.choice(claims)
        try:
            now = utc_now()
            key = service.draft_from_claim(claim.id, claim.version, officer=officer, now=now)
            page = db.session.get_one(Clarification, key)
            content = complete(page, title="Warga diminta mentransfer ke rekening baru")
            service.save_draft(key, page.version, content, officer=officer, now=now)
            service.submit_draft(key, page.version, officer=officer, now=now)
            self.moves.append(f"{officer.email} submits a page about claim {claim.id}")
        except HoaxTrackerError:
            db.session.rollback()

    def link_claim(self) -> None:
        """Answer a claim with the published page, merge one into the answered one, or take the answer away."""
        for name, browser in sorted(self.browsers.items()):
            claim_id = self.random.choice(existing_values()["claim_id"])
            path = f"/petugas/klaim/{claim_id}"
            forms = read_forms(browser.get(path).get_data(as_text=True), path)
            acts = [form for form in forms if form.action.split("?")[0].endswith(ANSWERING)]
            if acts:
                form = self.random.choice(acts)
                given = {key: self.fill(key, values) for key, values in form.fields}
                self.send(name, browser, form.action, given)

    def confirm_everything(self) -> None:
        """Confirm all that waits, as each of the accounts."""
        for name, browser in sorted(self.browsers.items()):
            paths = ["/petugas/menunggu"]
            paths += [f"/petugas/klarifikasi/{key}" for key in existing_values()["clarification_id"]]
            for path in paths:
                for form in read_forms(browser.get(path).get_data(as_text=True), path):
                    if form.action.endswith(("/setujui", "/setujui-usulan", "/konfirmasi")):
                        self.send(
                            name, browser, form.action, {key: value[0] if value else "x" for key, value in form.fields}
                        )

    def send(self, name: str, browser: FlaskClient, path: str, fields: dict[str, Any]) -> None:
        """Post a form, and remember what came back."""
        answer = browser.post(path, data=fields)
        self.moves.append(f"{name} POST {path} {answer.status_code} {short(fields)}")
        self.note(name, path, answer.get_data())
        page = answer.get_data(as_text=True) if answer.mimetype == "text/html" else ""
        for found in re.findall(r"https?://[^/\s<\"]+(/petugas/(?:sandi|undangan)/[^\s<\"]+)", page):
            self.open_link(found, f"tautan@{DOMAIN}")

    def note(self, name: str, path: str, content: bytes) -> None:
        """Remember what one of the accounts read, where it is somebody's secret."""
        self.read.append((f"{name} {path}", content.decode("utf-8", "replace") if b"rahasia" in content else ""))

    def fill(self, name: str, values: tuple[str, ...]) -> Any:
        """Return a value for a field: what the form offers, or what an attacker would write."""
        if name in ("csrf_token", "seen", "version", "into_version"):
            return values[0] if values else str(self.random.choice([1, 2, 3]))
        if name == "email":
            return f"teman{self.random.randrange(6)}@{DOMAIN}"
        if "id" in name or name in ("into", "clarification", "appearance", "report", "number"):
            return self.random.choice([*values, "1", "2", "3", "4"])
        if name == "roles":
            return self.random.sample([role.value for role in RoleName][:3], k=self.random.randrange(1, 4))
        if len(values) > 1 or (values and values[0] in ("y", "1", "on")):
            return self.random.choice([*values, ""])
        return self.random.choice([*values, *TEXTS])

    def list_paths(self, method: str) -> Iterator[str]:
        """Yield an address of every route with that method, its arguments filled in with rows that exist."""
        adapter = self.app.url_map.bind("localhost")
        known = existing_values()
        for rule in self.app.url_map.iter_rules():
            is_written = bool(set(rule.methods or ()) - READING)
            wanted = (method == "GET" and "GET" in (rule.methods or ())) or (method == "POST" and is_written)
            if not wanted or rule.endpoint.startswith(LEFT_OUT) or not rule.rule.startswith("/petugas"):
                continue
            values = {name: self.random.choice(known.get(name, ["1", "2"])) for name in rule.arguments}
            act = re.search(r"<any\(([^)]*)\):(\w+)>", rule.rule)
            if act:
                values[act.group(2)] = self.random.choice([one.strip(" '\"") for one in act.group(1).split(",")])
            try:
                yield adapter.build(rule.endpoint, values, method=method, force_external=False)
            except Exception:  # noqa: BLE001, S112 - a converter refuses the value; another move tries another one
                continue

    def play_command(self) -> None:
        """Type a command on the server, with arguments of the player's choice."""
        from click.testing import CliRunner

        deciding = [words for words in list_commands() if words[0] in DECIDING and words not in FITTING]
        words = self.random.choice(deciding)
        arguments = [*words, *self.command_arguments(words)]
        db.session.remove()  # the choice was read in a transaction, which the command would wait for
        result = CliRunner().invoke(cli, arguments, standalone_mode=True)
        self.moves.append(f"shell {' '.join(arguments)} {result.exit_code}")
        for found in re.findall(r"https?://[^/\s]+(/petugas/(?:sandi|undangan)/\S+)", result.output):
            self.open_link(found, f"tautan@{DOMAIN}")

    def command_arguments(self, words: tuple[str, ...]) -> list[str]:
        """Return arguments and options for a command, from what it declares."""
        command: Any = cli
        for word in words:
            command = command.commands[word]
        email = self.random.choice([*(f"teman{n}@{DOMAIN}" for n in range(3)), *honest_addresses()])
        given: list[str] = []
        for parameter in command.params:
            if isinstance(parameter, click.Argument) and parameter.required:
                given.append(email if "mail" in (parameter.name or "") else "1")
            elif parameter.name == "roles":
                given += ["--role", self.random.choice(["approver", "administrator", "officer"])]
            elif parameter.required:
                given += [parameter.opts[0], "Diminta lewat telepon"]
            elif getattr(parameter, "is_flag", False) and self.random.random() < SOME:
                given.append(parameter.opts[0])
        return given


HIDDEN = ("csrf_token", "seen")
# Commands about who decides and what the machine reads with; those that only fit a file for half a minute are left out.
DECIDING = ("officer", "model", "source")
SOME = 0.3
FITTING = (("model", "train"), ("model", "train-reader"), ("model", "evaluate"))
ANSWERING = ("/tautkan", "/gabung", "/buka", "/pisah")
RAW_FIELDS = (
    "version",
    "seen",
    "reason",
    "into",
    "into_version",
    "clarification",
    "appearance",
    "accused_unit_id",
    "unit_id",
    "parent_id",
    "name",
    "email",
    "roles",
    "title",
    "owner",
    "value",
    "text",
    "note",
    "is_listed",
    "is_shown",
    "is_active",
    "is_fact_checker",
    "url",
    "report",
)


def list_commands() -> list[tuple[str, ...]]:
    """Return every command of the program, as the words that one types."""
    return [tuple(words.split()) for words in sorted(common.list_commands())]


def existing_values() -> dict[str, list[Any]]:
    """Return the values of address arguments that name a row."""
    rows = {
        "claim_id": Claim.id,
        "clarification_id": Clarification.id,
        "report_id": Report.id,
        "officer_id": Officer.id,
        "unit_id": Unit.id,
        "proposal_id": Proposal.id,
        "decision_id": Decision.id,
    }
    found: dict[str, list[Any]] = {}
    for name, column in rows.items():
        found[name] = list(db.session.scalars(sa.select(column))) or [1]
    found["report_id"] = list(db.session.scalars(sa.select(ClaimAppearance.report_id))) or [1]
    return found | {"file_format": ["csv"], "value": ["water", "other"], "day": ["2027-02-06"], "month": ["2026-10"]}


def honest_addresses() -> list[str]:
    """Return the addresses of the honest office."""
    return list(db.session.scalars(sa.select(Officer.email).where(~Officer.email.endswith(DOMAIN))))


def read_all_letters(app: APIFlask) -> list[Any]:
    """Return all queued letters."""
    from hoax_tracker.models import OutgoingMail
    from hoax_tracker.notifications.mail.outbox import decrypt_letter

    rows = db.session.scalars(sa.select(OutgoingMail).where(OutgoingMail.sealed.is_not(None))).all()
    return [decrypt_letter(row, app.extensions["settings"]) for row in rows]


def read_token(browser: FlaskClient) -> str:
    """Return a CSRF token of the browser's session."""
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', browser.get("/petugas/akun").get_data(as_text=True))
    return found.group(1) if found else ""


def read_forms(page: str, path: str) -> list[Form]:
    """Return the forms of a page that are posted, with every field and the values that it offers."""
    forms = []
    for opening, inner in re.findall(r"<form\b([^>]*)>(.*?)</form>", page, re.DOTALL):
        if 'method="post"' not in opening.lower():
            continue
        action = re.search(r'action="([^"]*)"', opening)
        fields: dict[str, list[str]] = {}
        for tag in re.findall(r"<(?:input|button)\b[^>]*>", inner):
            given = dict(re.findall(r'([a-z_-]+)="([^"]*)"', tag))
            if "name" in given and given.get("type") != "file":
                fields.setdefault(given["name"], []).append(html.unescape(given.get("value", "")))
        for name, options in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', inner, re.DOTALL):
            fields[name] = [html.unescape(value) for value in re.findall(r'value="([^"]*)"', options)]
        for name in re.findall(r'<textarea[^>]*name="([^"]+)"', inner):
            fields.setdefault(name, [])
        where = html.unescape(action.group(1)) if action and action.group(1) else path
        forms.append(Form(where, tuple((name, tuple(values)) for name, values in fields.items())))
    return forms


def short(fields: dict[str, Any]) -> str:
    """Return the fields of a move, as far as they fit a line."""
    told = {name: value for name, value in fields.items() if name != "csrf_token" and value not in ("", [])}
    return str(told)[:200]
