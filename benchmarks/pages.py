"""Public pages by Lighthouse (mobile profile) and the Nu HTML checker: ``make pages``.

Both come from npm into build/npm and are no part of the program; Node, Java and a Chromium are needed. Answers are
asked for by an address, which shows the same page.
"""

from __future__ import annotations

import json
import os
import subprocess
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import quote

from benchmarks.instance import temporary_instance
from benchmarks.web import run_server, wait_for_index
from tests.needs import program

TOOLS_FOLDER = Path("build/npm")
LIGHTHOUSE_SCORES = ("performance", "accessibility", "best-practices", "seo")

WATER_MESSAGE = (
    "Diteruskan: mulai Senin besok air PDAM se-Kota Kupang mati total 7 hari karena pipa pecah, isi bak memang"
)
MARKET_MESSAGE = "Besok pasar Oeba ditutup satu minggu karena perbaikan atap, semua pedagang pindah ke lapangan Oesapa"
UNRELATED_MESSAGE = "Katanya kapal feri tujuan Rote dibatalkan sampai ombak tenang, penumpang tidur di pelabuhan Bolok"


def measure_public_pages() -> dict[str, Any]:
    """Return by page: Lighthouse's scores of 100, bytes over the wire, and how many faults the HTML has."""
    fetch_tools()
    with temporary_instance(LIMIT_FACTOR="10000") as (_app, folder):
        paths = make_pages()
        with run_server(folder, ["-m", "hoax_tracker", "serve", "--workers", "1", "--no-worker"]) as (port, _process):
            wait_for_index(folder)
            return {name: check_page(f"http://127.0.0.1:{port}{path}") for name, path in paths.items()}


def fetch_tools() -> None:
    """Install Lighthouse and the checker where they are missing."""
    if not (TOOLS_FOLDER / "node_modules" / "lighthouse").exists():
        TOOLS_FOLDER.mkdir(parents=True, exist_ok=True)
        command = [
            "npm",
            "install",
            "--silent",
            "--no-audit",
            "--no-fund",
            "--prefix",
            TOOLS_FOLDER,
            "lighthouse",
            "vnu-jar",
        ]
        subprocess.run(command, check=True)


def make_pages() -> dict[str, str]:
    """Fill the instance with something for every kind of page; return the paths by name."""
    from benchmarks.clarifications import publish_clarifications
    from hoax_tracker.models import ClaimStatus, Evidence, EvidenceKind, db
    from tests import factories

    slug = publish_clarifications(90)
    factories.make_claim(MARKET_MESSAGE, status=ClaimStatus.INVESTIGATING, examined_since=factories.NOW)
    link = "https://pdam.example/jadwal"
    db.session.add(
        Evidence(kind=EvidenceKind.LINK, title="Jadwal", url=link, clarification_id=1, added_at=factories.NOW)
    )
    db.session.commit()
    asked = {"match": WATER_MESSAGE, "possible": link, "under review": MARKET_MESSAGE, "none": UNRELATED_MESSAGE}
    answers = {name: f"/cek?q={quote(text)}" for name, text in asked.items()}
    return {
        "front": "/",
        **answers,
        "clarification": f"/klarifikasi/{slug}",
        "list": "/klarifikasi/",
        "report": "/lapor",
    }


def check_page(address: str) -> dict[str, Any]:
    """Return what was found of one page."""
    return run_lighthouse(address) | {"html_faults": count_html_faults(address)}


def run_lighthouse(address: str) -> dict[str, Any]:
    """Return the scores of 100 and the bytes over the wire (not compressed: that is the proxy's work)."""
    command = [
        "node", TOOLS_FOLDER / "node_modules/lighthouse/cli/index.js", address, "--quiet", "--output=json",
        "--only-categories", ",".join(LIGHTHOUSE_SCORES), "--chrome-flags=--headless=new --no-sandbox",
    ]  # fmt: skip
    done = subprocess.run(
        command, env=os.environ | {"CHROME_PATH": program("chromium")}, capture_output=True, text=True, check=True
    )
    report = json.loads(done.stdout)
    scores = {name: round(100 * report["categories"][name]["score"]) for name in LIGHTHOUSE_SCORES}
    faults = [
        key
        for name in LIGHTHOUSE_SCORES[1:]
        for key in (one["id"] for one in report["categories"][name]["auditRefs"])
        if report["audits"][key]["score"] == 0
    ]
    return scores | {"bytes": int(report["audits"]["total-byte-weight"]["numericValue"]), "faults": sorted(set(faults))}


def count_html_faults(address: str) -> int:
    """Return how many errors the Nu HTML checker finds."""
    body = urllib.request.urlopen(address, timeout=30).read()  # noqa: S310 - our own server
    command = ["java", "-jar", TOOLS_FOLDER / "node_modules/vnu-jar/build/dist/vnu.jar", "--format", "json", "-"]
    done = subprocess.run(command, input=body, capture_output=True, check=False)
    messages = json.loads(done.stderr)["messages"]
    for one in messages:
        print(one["type"], one.get("message"), one.get("extract", "")[:120], flush=True)
    return sum(one["type"] == "error" for one in messages)
