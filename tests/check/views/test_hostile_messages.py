"""No message takes more than a second of processor time, whatever is in it and however many pages there are."""

from __future__ import annotations

import time

import pytest
from flask.testing import FlaskClient

from tests.check.conftest import Publish, judged

LONGEST = 100_000
PAGES = 40
MOST_S = 1.0
CASES = {
    "words": "air mati tujuh hari kata warga oesapa " * 2700,
    "distinct": " ".join(f"kata{n}" for n in range(14000))[:100000],
    "digits": "1 " * 50000,
    "longdigits": "1" * 100000,
    "money": "Rp5.000 " * 12500,
    "links": "https://a.example/x " * 5000,
    "hosts": " ".join(f"https://h{n}.example/a" for n in range(4000))[:100000],
    "dots": "a.b." * 25000,
    "at": "@" * 100000,
    "ats": "@ab " * 25000,
    "hyphen": "a-" * 50000,
    "combining": "a" + "\u0301" * 99000,
    "arabic": "\ufdfa" * 99000,
    "emoji": "\U0001f600" * 50000,
    "caps": "PAK " * 25000,
    "pak": "pak Budi " * 11000,
    "jalan": "jalan " * 16000,
    "rt": "rt 1 rw 2 " * 10000,
    "no": "tidak " * 16000,
    "date": "20 November 2026 " * 5800,
    "spaces": " " * 99000 + "x",
    "newlines": "a\n" * 50000,
    "quote": "\u201c" * 99000,
    "slash": "/" * 99000,
    "colon": "a:" * 50000,
    "phone": "0812-3456-7890 " * 6600,
    "mail": "a@b.example " * 8300,
}


@pytest.mark.slow
def test_no_message_takes_long(publish: Publish, client: FlaskClient) -> None:
    for number in range(PAGES):
        quote = f"Mulai {number % 28 + 1} November 2026 air di Oesapa mati {number} hari, bayar Rp{number}.000"
        judged(publish(claim_quote=quote, slug=f"air-{number}"))
    client.post("/cek", data={"teks": "air mati tujuh hari"})  # the first one reads the match index
    took = {}
    for name, text in CASES.items():
        begun = time.process_time()
        assert client.post("/cek", data={"teks": text[:LONGEST]}).status_code == 200
        took[name] = time.process_time() - begun
    print({name: round(seconds, 2) for name, seconds in sorted(took.items(), key=lambda one: -one[1])})  # noqa: T201
    assert {name: seconds for name, seconds in took.items() if seconds > MOST_S} == {}
