"""The installed web app: manifest, sharing, offline reading, and no page older than the network's."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from contextlib import ExitStack
from html import unescape
from typing import Any

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient

from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.models import Clarification, ClarificationStatus, db
from tests.check import shots
from tests.check.conftest import MESSAGE, Publish
from tests.check.test_reach_tally import PHONE, Counts, counts
from tests.chrome import serve_app

READY = "navigator.serviceWorker.ready.then(one => one.active.state)"
KEPT = "caches.open('kabas-1').then(store => store.keys()).then(all => all.map(one => new URL(one.url).pathname))"


def share(client: FlaskClient, **fields: Any) -> str:
    """Share into the site as the system does; returns what stands in the box."""
    page = client.post("/cek/bagikan", data=fields, content_type="multipart/form-data").get_data(as_text=True)
    found = re.search(r"<textarea[^>]*>\n(.*?)</textarea>", page, re.DOTALL)
    assert found
    return unescape(found[1])


def test_the_manifest_describes_what_is_there(client: FlaskClient) -> None:
    response = client.get("/manifest.webmanifest")
    assert response.content_type == "application/manifest+json"
    described = json.loads(response.data)
    for icon in described["icons"]:
        with client.get(icon["src"]) as picture:
            assert picture.status_code == 200
            width, height = (int.from_bytes(picture.data[at : at + 4]) for at in (16, 20))
        assert f"{width}x{height}" == icon["sizes"]
    target = described["share_target"]
    assert client.post(target["action"], data={}).status_code == 200
    assert 'rel="manifest"' in client.get("/").get_data(as_text=True)


def test_the_icon_is_where_browsers_ask_unasked(client: FlaskClient) -> None:
    with client.get("/favicon.ico") as picture:
        assert picture.status_code == 200
        assert picture.content_type == "image/png"
        assert picture.data[:8] == b"\x89PNG\r\n\x1a\n"
        assert picture.headers["Cache-Control"] == "public, max-age=86400"
        assert "Set-Cookie" not in picture.headers


def test_what_is_shared_lands_in_the_box(client: FlaskClient) -> None:
    assert share(client, teks=MESSAGE) == MESSAGE
    assert share(client, tautan="https://x.example/1") == "https://x.example/1"
    assert share(client, judul="Kabar", teks="air mati", tautan="https://x.example/1").split("\n") == [
        "Kabar",
        "air mati",
        "https://x.example/1",
    ]
    assert share(client, teks="lihat https://x.example/1", tautan="https://x.example/1") == "lihat https://x.example/1"
    assert share(client) == ""
    markup = '</textarea><script>alert("x")</script>'
    assert share(client, teks=markup) == markup


def test_what_is_shared_is_neither_kept_nor_looked_up(publish: Publish, client: FlaskClient) -> None:
    publish(title="Air tetap mengalir")
    response = client.post("/cek/bagikan", data={"teks": MESSAGE})
    assert response.headers["Cache-Control"] == "no-store"
    assert "Air tetap mengalir" not in response.get_data(as_text=True)
    assert "Ini yang Anda bagikan" in response.get_data(as_text=True)


@pytest.mark.needs("tesseract")
@pytest.mark.process
def test_a_shared_picture_is_answered(publish: Publish, client: FlaskClient) -> None:
    publish(title="Air tetap mengalir")
    sent = {"gambar": (io.BytesIO(shots.draw_screenshot(MESSAGE)), "layar.png")}
    page = client.post("/cek/bagikan", data=sent, content_type="multipart/form-data").get_data(as_text=True)
    assert '<h1 class="fact" id="fakta">Air tetap mengalir</h1>' in page
    assert "Dibaca komputer dari gambar Anda" in page


def test_the_worker_is_asked_for_anew_and_names_files_that_are_there(client: FlaskClient) -> None:
    response = client.get("/sw.js")
    assert response.headers["Cache-Control"] == "no-cache"
    assert response.content_type.startswith("text/javascript")
    (files,) = re.findall(r"FILES = (\[.*?\]);", response.get_data(as_text=True))
    for path in json.loads(files):
        with client.get(path) as file:
            assert file.status_code == 200


class Network:
    """The site on a port of its own that can go away."""

    def __init__(self, app: APIFlask) -> None:
        self.stack = ExitStack()
        self.address = self.stack.enter_context(serve_app(app))

    def goes(self) -> None:
        """Let nothing answer any more."""
        self.stack.close()


@pytest.fixture
def network(app: APIFlask) -> Iterator[Network]:
    """The site over loopback, until it goes or the test ends."""
    found = Network(app)
    yield found
    found.goes()


def installed(chromium: Any, network: Network) -> Any:
    """A page on which the worker is at work."""
    page = chromium.new_context(base_url=network.address, user_agent=PHONE).new_page()
    page.goto("/")
    page.evaluate(READY)
    page.wait_for_function("navigator.serviceWorker.controller")
    return page


@pytest.mark.browser
def test_the_last_clarifications_are_read_without_a_network(publish: Publish, network: Network, chromium: Any) -> None:
    publish(slug="air", title="Air PDAM tetap mengalir")
    page = installed(chromium, network)
    assert {"/luring", "/klarifikasi/air", "/static/site.css"} <= set(page.evaluate(KEPT))
    assert counts() == Counts(), "what is only kept is read by nobody"
    page.goto("/klarifikasi/air")
    assert counts() == Counts(views=1)
    page.goto("/")
    page.fill("#pesan", MESSAGE)
    with page.expect_navigation():
        page.click("form.ask button")
    network.goes()
    page.goto("/klarifikasi/air")
    assert page.text_content("h1") == "Air PDAM tetap mengalir"
    assert "Tidak ada jaringan. Halaman ini disimpan pada" in page.text_content("[role=status]")
    assert page.evaluate("getComputedStyle(document.querySelector('.sheet')).backgroundColor") != "rgba(0, 0, 0, 0)"
    for path in ("/klarifikasi/tidak-ada", "/lapor", "/klarifikasi/?q=air"):
        page.goto(path)
        assert page.text_content("h1") == "Yang dapat dibaca tanpa jaringan"
        assert "Air PDAM tetap mengalir" in page.text_content("main")
    kept = page.evaluate(KEPT)
    assert not [path for path in kept if path.startswith(("/cek", "/lapor", "/petugas"))]


@pytest.mark.browser
def test_a_withdrawn_page_is_not_shown_as_it_was(publish: Publish, network: Network, chromium: Any) -> None:
    key = publish(slug="air", title="Air PDAM tetap mengalir")
    page = installed(chromium, network)
    with write_transaction():
        row = db.session.get_one(Clarification, key)
        row.status, row.version = ClarificationStatus.RETRACTED, row.version + 1
    page.goto("/klarifikasi/air")
    assert "ditarik" in page.text_content("h1")
    network.goes()
    page.goto("/klarifikasi/air")
    assert "ditarik" in page.text_content("h1")


def test_its_answer_undoes_no_sign_in_that_was_faster(client: FlaskClient) -> None:
    assert client.get("/petugas/masuk").headers.getlist("Set-Cookie")
    assert client.get("/sw.js").headers.getlist("Set-Cookie") == []
