"""Somebody at a desk without a mouse: walks with Tab, types, and counts the keys and the pages that they loaded."""

from __future__ import annotations

from typing import Any

import pytest

from tests import factories

MOST_TABS = 150
IS_FOCUSED_SCRIPT = "selector => document.activeElement.matches(selector)"


class Typist:
    """A person with a keyboard at a page. ``keys`` counts what was pressed, ``loads`` the pages that came of it."""

    def __init__(self, page: Any) -> None:
        self.page, self.keys, self.loads = page, 0, 0
        page.on("request", self.requested)

    def requested(self, request: Any) -> None:
        """Count what loads a page (a new address alone does not)."""
        self.loads += request.is_navigation_request()

    def begin_to_count(self) -> None:
        """Forget what was counted so far."""
        self.keys = self.loads = 0

    def press(self, key: str) -> None:
        """Press a key."""
        self.keys += 1
        self.page.keyboard.press(key)

    def go(self, key: str = "Enter") -> None:
        """Press a key that leads to another page, and wait for it."""
        with self.page.expect_navigation():
            self.press(key)

    def type(self, text: str) -> None:
        """Type a text where the cursor is."""
        self.keys += len(text)
        self.page.keyboard.type(text)

    def tab_to(self, selector: str) -> None:
        """Press Tab until the element is reached, if the cursor is not there already."""
        for _ in range(MOST_TABS):
            if self.page.evaluate(IS_FOCUSED_SCRIPT, selector):
                return
            self.press("Tab")
        pytest.fail(f"Tab does not reach {selector} on {self.page.url}")

    def fill(self, selector: str, text: str) -> None:
        """Go on to a field, and type into it what is to stand there alone."""
        self.tab_to(selector)
        if self.page.evaluate("document.activeElement.value") and not self.page.evaluate(IS_FOCUSED_SCRIPT, "select"):
            self.press("Control+A")
        self.type(text)

    def follow(self, selector: str) -> None:
        """Go on to a link or a button, and to the page that it leads to."""
        self.tab_to(selector)
        self.go()

    def sign_in(self, address: str, email: str) -> None:
        """Open the desk, and sign in there."""
        self.page.goto(f"{address}/petugas/")
        self.fill("#surel", email)
        self.fill("#sandi", factories.PASSWORD)
        self.go()

    def reads(self, words: str, within: str = "main") -> None:
        """Wait until the words stand on the page."""
        self.page.wait_for_selector(f"{within} >> text={words}")

    def open_claim(self, claim_id: int) -> None:
        """Walk to a claim in the list at the left, and open it."""
        self.tab_to(f".queue a[data-id='{claim_id}']")
        self.press("Enter")
        self.page.wait_for_selector(f"article.case[data-id='{claim_id}']:focus")
        self.page.wait_for_load_state("networkidle")
