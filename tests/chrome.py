"""Run Chromium, serve the app to it over loopback, and report what axe finds on a page."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from flask import Flask
from werkzeug.serving import make_server
from werkzeug.wsgi import ClosingIterator

from tests.needs import program
from tests.waiting import DEADLINE_S, wait_until

STARTED: dict[str, Any] = {"args": ["--no-sandbox"], "timeout": DEADLINE_S * 1000}
AXE_RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")


@contextmanager
def serve_app(app: Flask) -> Iterator[str]:
    """Serve the app on a free port until the block ends; yields its address."""
    counted = CountedRequests(app)
    server = make_server("127.0.0.1", 0, counted, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        wait_until(lambda: not counted.under_way, "requests under way are answered")
        server.server_close()


class CountedRequests:
    """A WSGI application that counts its active requests: the next test's database waits until none is left."""

    def __init__(self, app: Flask) -> None:
        self._app, self._lock, self.under_way = app, threading.Lock(), 0

    def __call__(self, environ: Any, start_response: Any) -> list[bytes]:
        """Answer a request completely, so that nothing of the app runs afterwards."""
        self._count(1)
        try:
            with closing(ClosingIterator(self._app(environ, start_response))) as answer:
                return [b"".join(answer)]
        finally:
            self._count(-1)

    def _count(self, change: int) -> None:
        with self._lock:
            self.under_way += change


@contextmanager
def run_driver() -> Iterator[Any]:
    """Run Playwright's driver until the block ends: one a process."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        yield driver


@contextmanager
def launch_chromium(driver: Any, need: str = "chromium") -> Iterator[Any]:
    """Run the Chromium of a need (tests/needs.py) until the block ends. Every wait in it may take DEADLINE_S."""
    browser = driver.chromium.launch(executable_path=program(need), **STARTED)
    new_context = browser.new_context

    def new_patient_context(**how: Any) -> Any:
        context = new_context(**how)
        context.set_default_timeout(DEADLINE_S * 1000)
        return context

    browser.new_context = new_patient_context
    yield browser
    browser.close()


def go_online(page: Any) -> None:
    """Reconnect the page, and wait until a request succeeds: the browser continues before that."""
    page.context.set_offline(False)
    wait_until(lambda: page.evaluate("fetch('/healthz').then(() => true, () => false)"), "the browser is online again")


def follow(page: Any, selector: str) -> None:
    """Click what leads to another page, and wait for it: a click alone returns before."""
    with page.expect_navigation():
        page.click(selector)


def note_faults(page: Any, faults: list[str]) -> None:
    """Add to the list what goes wrong on the page: errors on its console, and of its scripts."""
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: faults.append(str(error)))


def photograph(page: Any, name: str) -> None:
    """Keep a picture in both schemes, where CHAT_SHOTS names a folder."""
    if folder := os.environ.get("CHAT_SHOTS"):
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            page.screenshot(path=Path(folder) / f"{name}-{scheme}.png", full_page=True)


def axe_violations(page: Any, rules: Sequence[str] = AXE_RULES) -> list[tuple[str, str]]:
    """What axe reports on the page: the rule, and the beginning of the first element that violates it."""
    from axe_playwright_python.sync_playwright import Axe

    violations = Axe().run(page, options={"runOnly": list(rules)}).response["violations"]
    return [(one["id"], one["nodes"][0]["html"][:120]) for one in violations]


def axe_violations_both_schemes(page: Any) -> list[tuple[str, str]]:
    """What axe reports in both colour schemes, which differ only in colours."""
    page.emulate_media(color_scheme="light")
    found = axe_violations(page)
    page.emulate_media(color_scheme="dark")
    return found + [(f"{rule} by night", element) for rule, element in axe_violations(page, ["color-contrast"])]
