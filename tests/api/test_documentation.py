"""/api/docs in a real browser, under our Content-Security-Policy, and with nothing of another site."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient

from hoax_tracker.api.documentation import POST_EXAMPLES, READ_EXAMPLES
from tests.chrome import axe_violations, serve_app
from tests.feed_server import FeedServer, Reply

DOCS = "/api/docs"


def test_the_files_are_those_of_the_package(client: FlaskClient) -> None:
    page = client.get(DOCS)
    assert page.status_code == 200
    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'")
    for path, kind in (("swagger-ui.css", "text/css"), ("swagger-ui-bundle.js", "text/javascript")):
        response = client.get(f"{DOCS}/{path}")
        assert (response.status_code, response.mimetype) == (200, kind)
        assert "max-age=86400" in response.headers["Cache-Control"]
        assert f'"{DOCS}/{path}"' in page.get_data(as_text=True)
    for path in ("oauth2-redirect.html", "../__init__.py", "%2e%2e/LICENSE"):
        assert client.get(f"{DOCS}/{path}").status_code == 404


@pytest.mark.slow
@pytest.mark.browser
def test_it_shows_every_operation_and_tries_one(chromium: Any, fresh_app: APIFlask) -> None:
    with serve_app(fresh_app) as address:
        fresh_app.servers = [{"url": address}]
        page = chromium.new_context().new_page()
        faults: list[str] = []
        hosts: set[str | None] = set()
        page.on("console", lambda said: faults.append(said.text) if said.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("request", lambda request: hosts.add(urlsplit(request.url).hostname))
        page.goto(address + DOCS)
        page.wait_for_selector(".opblock")
        assert page.locator(".opblock").count() == len(READ_EXAMPLES) + len(POST_EXAMPLES)
        for path in ("/api/v1/clarifications", "/api/v1/check", "/api/v1/topics"):
            shown = page.locator(".opblock", has=page.locator(f"[data-path='{path}']"))
            shown.locator(".opblock-summary-control").click()
            shown.locator(".try-out__btn").click()
            assert f"{address}{path}" in shown.locator(".opblock-description").inner_text()
        shown.locator(".execute").click()
        answer = shown.locator(".live-responses-table .microlight").first
        answer.wait_for()
        assert "Air bersih" in answer.inner_text()
    assert faults == []
    assert hosts == {"127.0.0.1"}


@pytest.mark.browser
def test_axe_finds_nothing_in_it(chromium: Any, fresh_app: APIFlask) -> None:
    with serve_app(fresh_app) as address:
        fresh_app.servers = [{"url": address}]
        page = chromium.new_context(bypass_csp=True).new_page()
        page.goto(address + DOCS)
        page.wait_for_selector(".opblock")
        page.wait_for_load_state("networkidle")
        assert axe_violations(page) == []


@pytest.mark.browser
def test_a_script_of_another_site_reads_and_may_not_post(chromium: Any, address: str, server: FeedServer) -> None:
    server.answer("/", Reply(b"<!doctype html><title>Koran</title>", content_type="text/html"))
    page = chromium.new_context().new_page()
    page.goto(server.url("/"))
    topics = page.evaluate("url => fetch(url).then(answer => answer.json())", f"{address}/api/v1/topics")
    assert topics["items"][1]["label"]["id"] == "Air bersih"
    sent = """{method: "POST", headers: {"Content-Type": "application/json"}, body: '{"text": "air"}'}"""
    post = f"url => fetch(url, {sent}).then(() => 'posted', () => 'refused')"
    assert page.evaluate(post, f"{address}/api/v1/check") == "refused"
