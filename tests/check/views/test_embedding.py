"""What other sites may frame, and that nothing else may be; oEmbed as its specification says."""

from __future__ import annotations

import json
import re
from html import unescape
from typing import Any
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient

from hoax_tracker.models import ClarificationStatus
from tests.check.conftest import Publish
from tests.feed_server import FeedServer, Reply

BASE = "http://127.0.0.1:8000"


def ask(client: FlaskClient, url: str, **more: str) -> Any:
    return client.get("/oembed", query_string={"url": url} | more)


@pytest.mark.parametrize("path", ["/klarifikasi/air", "/k/147", "/klarifikasi/air?r=1#bagikan"])
def test_oembed_answers_as_specified(publish: Publish, client: FlaskClient, path: str) -> None:
    publish(slug="air", number=147, title='Air </iframe><script>"x"')
    response = ask(client, BASE + path)
    assert response.content_type == "application/json"
    answer = json.loads(response.data)
    assert (answer["version"], answer["type"], answer["title"]) == ("1.0", "rich", 'Air </iframe><script>"x"')
    frame = re.fullmatch(r'<iframe src="([^"]+)" title="([^"]+)" width="600" [^<>]*></iframe>', answer["html"])
    assert frame
    assert frame[1] == f"{BASE}/klarifikasi/air/sematan"
    assert unescape(frame[2]) == 'Klarifikasi: Air </iframe><script>"x"'
    assert client.get(answer["thumbnail_url"].removeprefix(BASE)).status_code == 200


def test_oembed_keeps_to_the_room_there_is(publish: Publish, client: FlaskClient) -> None:
    publish(slug="air")
    page = f"{BASE}/klarifikasi/air"
    assert [ask(client, page, maxwidth=width).get_json()["width"] for width in ("400", "5000", "1", "x", "-3", "")] == [
        400, 600, 280, 600, 600, 600,
    ]  # fmt: skip
    assert ask(client, page, format="xml").status_code == 501


@pytest.mark.parametrize(
    "url",
    ["", "x", f"{BASE}/", f"{BASE}/lapor", f"{BASE}/klarifikasi/tidak-ada", f"{BASE}/k/999999999", f"{BASE}/k/1/2",
     "https://jahat.example/klarifikasi/air", f"{BASE}@jahat.example/klarifikasi/air", "http://[/klarifikasi/air",
     f"{BASE}/klarifikasi/air/../ditarik", f"{BASE}/klarifikasi/ditarik", f"{BASE}/k/٣",
     "//127.0.0.1:8000/klarifikasi/air"],
)  # fmt: skip
def test_oembed_of_anything_else_is_not_found(publish: Publish, client: FlaskClient, url: str) -> None:
    publish(slug="air")
    publish(slug="ditarik", status=ClarificationStatus.RETRACTED)
    assert ask(client, url).status_code == 404


def test_the_page_names_its_oembed(publish: Publish, client: FlaskClient) -> None:
    publish(slug="air")
    page = client.get("/klarifikasi/air").get_data(as_text=True)
    (link,) = re.findall(r'type="application/json\+oembed" title="[^"]*" href="([^"]+)"', page)
    assert client.get(unescape(link).removeprefix(BASE)).status_code == 200


def test_a_withdrawn_page_says_so_in_its_frame(publish: Publish, client: FlaskClient) -> None:
    publish(slug="air", status=ClarificationStatus.RETRACTED)
    page = client.get("/klarifikasi/air/sematan").get_data(as_text=True)
    assert "sudah ditarik" in page
    assert "is-hoax" not in page
    assert "tetap mengalir" not in page


def test_the_lines_for_other_sites_stand_on_the_pages(publish: Publish, client: FlaskClient) -> None:
    publish(slug="air")
    for path, framed in (("/tentang", "/sematan"), ("/klarifikasi/air", "/klarifikasi/air/sematan")):
        page = client.get(path).get_data(as_text=True)
        (line,) = [
            text for text in re.findall(r"<textarea[^>]*>\n(.*?)</textarea>", page, re.DOTALL) if "iframe" in text
        ]
        assert "<" not in line
        assert unescape(line).startswith(f'<iframe src="{BASE}{framed}" title="')
        assert "<script" not in unescape(line)


def test_another_site_frames_those_two_and_nothing_else(
    publish: Publish, address: str, server: FeedServer, chromium: Any
) -> None:
    publish(slug="air", title="Air PDAM tetap mengalir")
    paths = {"yes": "/klarifikasi/air/sematan", "box": "/sematan", "page": "/klarifikasi/air", "front": "/"}
    paths |= {"check": "/cek", "report": "/lapor", "desk": "/petugas/masuk", "none": "/klarifikasi/x/sematan"}
    frames = "".join(f'<iframe name="{name}" src="{address}{path}"></iframe>' for name, path in paths.items())
    site = server.answer("/situs", Reply(f"<!doctype html>{frames}".encode(), content_type="text/html"))
    page = chromium.new_context(service_workers="block").new_page()
    page.goto(site)
    shown = {name for name in paths if page.frame(name=name).url.startswith(address)}
    assert shown == {"yes", "box"}
    assert page.frame(name="yes").text_content("h1") == "Air PDAM tetap mengalir"
    page.frame(name="box").fill("#pesan", "air mati tujuh hari")
    with page.context.expect_page() as opened:
        page.frame(name="box").click("button")
    assert opened.value.url == f"{address}/cek"


def test_the_address_of_a_page_is_kept_whole(publish: Publish, client: FlaskClient) -> None:
    """What a reader's program asks with every letter escaped is the same address."""
    publish(slug="air")
    assert client.get(f"/oembed?url={quote(BASE + '/klarifikasi/air', safe='')}").status_code == 200
