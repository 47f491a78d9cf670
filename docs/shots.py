"""The screenshots of README.md and docs: the demo, clicked through in a real Chromium (``make shots``).

Needs Chromium (or CHROMIUM=path). Writes PNG files to docs/shots/, twice as large and without the demo's banner.
``--all DIR`` writes every page at 360 and 1280 px in light and dark to another folder, to be looked at.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

HERE = Path(__file__).resolve().parent
PORT = 8765
BASE = f"http://127.0.0.1:{PORT}"
PHONE, DESK = {"width": 360, "height": 740}, {"width": 1280, "height": 800}
FORWARDED = (
    "Diteruskan: LOKER 200 orang petugas kebersihan DLHK Kota Kupang, langsung PPPK tanpa tes! Bayar administrasi "
    "350 ribu lewat dompet digital. Cepat sebelum penuh"
)
UNKNOWN = "Besok kantor lurah Nunbaun Delha pindah ke gedung baru di dekat pasar, betul ko?"


@contextmanager
def demo() -> Iterator[dict[str, str]]:
    """Run the demo; yield each account's password and the sample ticket's address."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "hoax_tracker", "demo", "--port", str(PORT), "--folder", folder]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            found: dict[str, str] = {}
            for line in process.stdout or ():
                if match := re.search(r"(\S+@\S+)\s+(\S+)\s*$", line):
                    found[match.group(1).split("@")[0]] = match.group(2)
                if match := re.search(r"(http\S+/lapor/\S+)", line):
                    found["ticket"] = match.group(1)
                if "Ctrl+C" in line:
                    break
            try:
                yield found
            finally:
                process.terminate()


def sign_in(page: Page, email: str, password: str) -> None:
    """Sign an officer in."""
    page.context.clear_cookies()
    page.goto(f"{BASE}/petugas/masuk")
    page.fill("input[name=email]", email)
    page.fill("input[name=password]", password)
    page.click("main button")


def ask(page: Page, text: str) -> None:
    """Paste a message into the box on the front page."""
    page.goto(f"{BASE}/")
    page.fill("textarea", text)
    page.click("main button")


def open_page(page: Page, name: str, found: dict[str, str]) -> None:
    """Bring a page to the state that its picture shows."""
    if name == "front":
        page.goto(f"{BASE}/")
    elif name == "answer":
        ask(page, FORWARDED)
    elif name == "none":
        ask(page, UNKNOWN)
    elif name == "clarification":
        page.goto(f"{BASE}/klarifikasi/")
        page.click(".news h2 a")
    elif name == "ticket":
        page.goto(found["ticket"])
    elif name == "claim":
        page.goto(f"{BASE}/petugas/")
        page.goto(BASE + (page.locator(".queue a[data-id]").first.get_attribute("href") or ""))
    else:
        page.goto(
            BASE
            + {
                "list": "/klarifikasi/",
                "report": "/lapor",
                "about": "/tentang",
                "find": "/tiket",
                "sign-in": "/petugas/masuk",
                "queue": "/petugas/",
                "several": "/petugas/banyak",
                "drafts": "/petugas/klarifikasi/",
                "sources": "/petugas/sumber/",
                "manage": "/petugas/kelola/",
            }[name]
        )


PUBLIC = ("front", "answer", "none", "clarification", "list", "report", "about", "find", "ticket", "sign-in")
OFFICERS = ("queue", "claim", "several", "drafts", "sources", "manage")
# docs/desk.md shows these at both widths.
DESK_PAGES = ("queue", "claim", "several")
README = {"front": PHONE, "answer": PHONE, "none": PHONE, "clarification": PHONE, "ticket": PHONE, "queue": DESK}


def shoot(browser: Browser, folder: Path, found: dict[str, str], *, everything: bool) -> None:
    """Write the pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    admin = ("admin@kupang.example", found["admin"])
    for size in (PHONE, DESK):
        for scheme in ("light", "dark") if everything else ("light",):
            scale = 1 if everything else 2
            context = browser.new_context(
                viewport=size, color_scheme=scheme, device_scale_factor=scale, java_script_enabled=False
            )
            page = context.new_page()
            for name in PUBLIC + OFFICERS:
                if name in ("queue", "manage"):
                    sign_in(page, *(("petugas@kupang.example", found["petugas"]) if name == "queue" else admin))
                if everything or README.get(name) == size or name in DESK_PAGES:
                    open_page(page, name, found)
                    width = f"-{size['width']}" if everything or README.get(name) != size else ""
                    scheme_too = f"-{scheme}" if everything else ""
                    path = folder / f"{name}{width}{scheme_too}.png"
                    write_picture(page.screenshot(full_page=True) if everything else below_banner(page, size), path)
            context.close()


def below_banner(page: Page, size: dict[str, int]) -> bytes:
    """Return the window of a page without the demo's banner at its head."""
    banner = page.locator(".demo").bounding_box() or {"height": 0}
    page.set_viewport_size({"width": size["width"], "height": size["height"] + round(banner["height"])})
    picture = page.screenshot(clip={"x": 0, "y": banner["height"], **size})
    page.set_viewport_size(size)
    return picture


def write_picture(picture: bytes, path: Path) -> None:
    """Write a picture with few colours: it shows text and flat grounds, and the repository keeps it."""
    Image.open(BytesIO(picture)).convert("RGB").quantize(96).save(path, optimize=True)


def main() -> None:
    """Run the demo and take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--all", type=Path, metavar="DIR", help="every page, widths and schemes")
    chosen = parser.parse_args()
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if not chromium:
        sys.exit("no Chromium found: install it, or name it with CHROMIUM=path")
    with demo() as found, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        shoot(browser, chosen.all or HERE / "shots", found, everything=bool(chosen.all))
        browser.close()


if __name__ == "__main__":
    main()
