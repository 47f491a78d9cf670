"""Every response of every route has the headers, and no page contains what they block."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from hoax_tracker.app import PAGE_LIMIT_BYTES, create_app
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.models import Officer, db
from tests import factories, walk
from tests.browser import Browser
from tests.repository import ROOT
from tests.shared_app import change_settings

SignIn = Callable[[Officer], FlaskClient]
MACHINES = ("/healthz", "/readyz", "/readyz/web", "/metrics")
NO_PAGES = (".atom", ".xml", ".css", ".txt", ".json", ".js", ".webmanifest", ".ico", ".jpg", ".pdf")
FRAMEABLE = {"/sematan", "/klarifikasi/<slug>/sematan"}
SHOWN_ELSEWHERE = (".jpg", ".pdf", "/sematan")
NOT_ELSEWHERE = "/gambar.jpg"  # the picture that circulates, also crossed


@pytest.fixture
def people(app: APIFlask) -> dict[str, Officer]:
    """One person of each role."""
    return walk.make_people()


@pytest.fixture
def known(app: APIFlask, people: dict[str, Officer]) -> walk.Values:
    """What can stand in addresses of an instance whose every text is hostile."""
    found = walk.fill_instance(app, people)
    walk.make_hostile()
    return found


def require_safe(response: TestResponse, path: str, *, framed: bool = False) -> None:
    """Fail unless the answer carries what every answer carries; ``framed``: but for what other sites may frame."""
    headers = response.headers
    directives = dict(part.strip().partition(" ")[::2] for part in headers["Content-Security-Policy"].split(";"))
    assert directives["default-src"] == "'none'", path
    assert directives.pop("frame-ancestors") == ("*" if framed else "'none'"), path
    assert directives["base-uri"] == "'none'", path
    foreign = urlsplit(path).path == "/api/docs"  # Swagger UI writes markup; the page knows no reader
    assert directives.pop("require-trusted-types-for", None) == (None if foreign else "'script'"), path
    assert directives.pop("trusted-types", None) == (None if foreign else "kabas"), path
    assert set(" ".join(directives.values()).split()) == {"'none'", "'self'"}, path
    assert headers["X-Content-Type-Options"] == "nosniff", path
    assert headers.get("X-Frame-Options") == (None if framed else "DENY"), path
    assert headers["Referrer-Policy"] in ("no-referrer", "strict-origin-when-cross-origin"), path
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin", path
    is_public = not path.startswith("/petugas/")
    elsewhere = response.status_code == 200 and is_public and urlsplit(path).path.endswith(SHOWN_ELSEWHERE)
    elsewhere = elsewhere and not urlsplit(path).path.endswith(NOT_ELSEWHERE)
    assert headers["Cross-Origin-Resource-Policy"] == ("cross-origin" if elsewhere else "same-origin"), path
    for feature in ("camera", "microphone", "geolocation"):
        assert f"{feature}=()" in headers["Permissions-Policy"], path
    assert len(headers.getlist("Content-Security-Policy")) == 1, path
    if path.startswith(("/petugas", "/lapor/", "/keberatan/", "/cek?")):
        assert headers["Cache-Control"] == "no-store", path
        assert "noindex" in headers["X-Robots-Tag"], path
        assert headers["Referrer-Policy"] == "no-referrer", path
    if "no-store" not in headers.get("Cache-Control", "no-store"):
        assert "Set-Cookie" not in headers, f"{path}: a cache would give one person's cookie to all"
    if response.mimetype == "text/html":
        assert walk.page_faults(response.get_data(as_text=True)) == [], path


@pytest.mark.slow
@pytest.mark.parametrize("role", ["anonymous", "none", "officer", "approver", "administrator"])
def test_every_page_in_every_role(
    app: APIFlask, known: walk.Values, people: dict[str, Officer], sign_in: SignIn, client: FlaskClient, role: str
) -> None:
    browser = client if role == "anonymous" else sign_in(people[role])
    statuses = {}
    for rule, path in walk.iterate_addresses(app, known):
        response = browser.get(path)
        require_safe(response, path, framed=rule.rule in FRAMEABLE and response.status_code == 200)
        statuses[rule.rule] = min(response.status_code, statuses.get(rule.rule, 600))
        assert response.status_code < 500 or path in MACHINES, path
    assert {statuses[rule] for rule in FRAMEABLE} == {200}
    assert statuses["/"] == statuses["/klarifikasi/<slug>"] == statuses["/lapor/<ticket>"] == 200
    assert statuses["/petugas/"] == (302 if role == "anonymous" else 200)
    assert statuses["/petugas/kelola/"] == {"anonymous": 302, "administrator": 200}.get(role, 403)


@pytest.mark.slow
def test_every_other_way_of_asking(app: APIFlask, known: walk.Values, client: FlaskClient) -> None:
    for _, path in walk.iterate_addresses(app, known):
        for method in ("HEAD", "OPTIONS", "DELETE", "TRACE"):
            response = client.open(path, method=method)
            assert response.headers["Content-Security-Policy"], (method, path)
            assert response.status_code != 500, (method, path)


def refused_too_often(client: FlaskClient) -> TestResponse:
    change_settings(client.application, checks_per_minute=1)
    client.get("/cek?q=air+mati")
    return client.get("/cek?q=air+mati")


ERRORS: dict[str, Callable[[FlaskClient], TestResponse]] = {
    "400 /bahasa/en": lambda client: client.post("/cek/sama", data={"teks": "x"}),
    "404 /tidak-ada": lambda client: client.get("/tidak-ada"),
    "404 /api/v1/tidak-ada": lambda client: client.get("/api/v1/tidak-ada"),
    "404 /static/..": lambda client: client.get("/static/../app.py"),
    "404 /static/%2e": lambda client: client.get("/static/%2e%2e/%2e%2e/setup.cfg"),
    "404 /lapor/x": lambda client: client.get("/lapor/XXXX"),
    "405 /klarifikasi/": lambda client: client.delete("/klarifikasi/"),
    "405 /api/v1/check": lambda client: client.get("/api/v1/check"),
    "401 /petugas/klaim/1/tutup": lambda client: client.post("/petugas/klaim/1/tutup"),
    "413 /lapor": lambda client: client.post("/lapor", data={"teks": "x" * (PAGE_LIMIT_BYTES + 1)}),
    "413 /cek": lambda client: client.post("/cek", json={"teks": "x" * PAGE_LIMIT_BYTES}),
    "413 /api/v1/check": lambda client: client.post("/api/v1/check", json={"text": "x" * PAGE_LIMIT_BYTES}),
    "415 /api/v1/check": lambda client: client.post("/api/v1/check", data={"text": "x"}),
    "422 /cek": lambda client: client.post("/cek", data={"teks": "x" * 100_001}),
    "422 /api/v1/check": lambda client: client.post("/api/v1/check", json={"teks": "x"}),
    "429 /cek?q=": refused_too_often,
    "500 /rusak": lambda client: client.get("/rusak"),
}


@pytest.mark.usefixtures("one_moment")
@pytest.mark.parametrize("name", ERRORS)
def test_errors_too(settings: Settings, name: str) -> None:
    app = create_app(settings)
    app.test_client_class = Browser
    app.add_url_rule("/rusak", view_func=lambda: 1 // 0)
    with app.app_context():
        factories.make_claim()
        response = ERRORS[name](app.test_client())
        status, path = name.split(" ")
        assert response.status_code == int(status)
        require_safe(response, path)
        assert response.headers["Cache-Control"] == "no-store"
        db.session.remove()
        db.engine.dispose()


ASKED_TLS = {"X-Forwarded-Proto": "https"}


@pytest.mark.parametrize(
    ("changes", "headers", "forced"),
    [
        ({}, {}, False),
        ({}, ASKED_TLS, False),
        ({"behind_proxy": True}, {}, False),
        ({"behind_proxy": True}, ASKED_TLS, True),
        ({"base_url": "https://kabas.example"}, {}, True),
        ({"base_url": "https://kabas.example", "behind_proxy": True}, ASKED_TLS, True),
    ],
)
def test_tls_is_forced_only_where_there_is_tls(
    settings: Settings, changes: dict[str, Any], headers: dict[str, str], forced: bool
) -> None:
    app = create_app(replace(settings, **changes))
    with app.app_context():
        for path in ("/", "/tidak-ada", "/static/site.css", "/petugas/masuk"):
            response = app.test_client().get(path, headers=headers, buffered=True)
            sent = response.headers.get("Strict-Transport-Security")
            assert sent == ("max-age=31536000" if forced else None)
        db.session.remove()
        db.engine.dispose()


BROWSER = [
    "addEventListener('securitypolicyviolation', one => { throw Error('blocked: ' + one.violatedDirective) })",
    "window.alert = () => { throw Error('a script of an attacker ran') }",
]


@pytest.mark.parametrize("role", ["anonymous", "administrator"])
@pytest.mark.slow
def test_a_browser_blocks_nothing_and_runs_nothing(
    app: APIFlask, known: walk.Values, people: dict[str, Officer], address: str, chromium: Any, role: str
) -> None:
    from playwright.sync_api import Error

    page = chromium.new_context().new_page()
    heard: list[str] = []
    page.on("console", lambda said: heard.append(f"{said.type}: {said.text}"))
    page.on("pageerror", lambda error: heard.append(str(error)))
    for script in BROWSER:
        page.add_init_script(script)
    email = people["administrator"].email
    db.session.rollback()
    if role != "anonymous":
        page.goto(f"{address}/petugas/masuk")
        page.fill("#surel", email)
        page.fill("#sandi", factories.PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url(f"{address}/petugas/kelola/")
    seen = 0
    for rule, path in list(walk.iterate_addresses(app, known)):
        if rule.rule in MACHINES or path.endswith(NO_PAGES):
            continue
        try:
            shown = page.goto(address + path).status == 200
        except Error as error:
            if "Download is starting" not in str(error):
                raise
            shown = False  # saved and never opened: it runs nothing
        if shown:
            seen += 1
            assert heard == [], path
        heard.clear()
    assert seen > (30 if role == "administrator" else 8)


STRING_SINKS = re.compile(
    r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|parseHTMLUnsafe|setHTMLUnsafe|srcdoc|\beval\("
    r"|new Function|createContextualFragment|createHTML|set(?:Timeout|Interval)\(\s*[\"'`]"
    r"|new (?:Shared)?Worker\((?!window\.scriptAddresses)|\.register\((?!window\.scriptAddresses)"
)


def test_no_script_of_ours_makes_markup_or_a_script_of_a_text() -> None:
    """A browser with Trusted Types would stop it there; one without would run it."""
    found = {
        path.name: STRING_SINKS.findall(path.read_text(encoding="utf-8"))
        for path in (ROOT / "hoax_tracker" / "static").glob("*.js")
        if STRING_SINKS.search(path.read_text(encoding="utf-8"))
    }
    assert found == {}


def test_a_browser_refuses_markup_and_scripts_made_of_texts(address: str, chromium: Any) -> None:
    page = chromium.new_context().new_page()
    page.goto(address)
    attempts = (
        "document.body.innerHTML = '<b>x</b>'",
        "new DOMParser().parseFromString('<b>x</b>', 'text/html')",
        "document.body.appendChild(Object.assign(document.createElement('script'), {text: 'window.ran = 1'}))",
        "new Worker('/static/proof_of_work.js')",
        "window.scriptAddresses.createScriptURL('/klarifikasi/x.jpg')",
        "window.scriptAddresses.createScriptURL('https://lain.example/sw.js')",
        "trustedTypes.createPolicy('lain', {})",
        "trustedTypes.createPolicy('kabas', {})",
    )
    for attempt in attempts:
        thrown = page.evaluate(f"() => {{ try {{ {attempt} }} catch (error) {{ return error.name }} return '' }}")
        assert thrown == "TypeError", attempt
    page.evaluate("new Worker(window.scriptAddresses.createScriptURL('/static/proof_of_work.js')).terminate()")
