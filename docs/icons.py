"""Draw the icons of the installed app from hoax_tracker/static/icon.svg: ``python docs/icons.py``."""

from __future__ import annotations

import io

from PIL import Image

from hoax_tracker.core.paths import PACKAGE_FOLDER
from tests.chrome import launch_chromium, run_driver

SIZES = (192, 512)


def main() -> None:
    """Write one PNG a size; full to the edge, as the system rounds the corners itself."""
    drawing = (PACKAGE_FOLDER / "static" / "icon.svg").read_text(encoding="utf-8").replace(' rx="6"', "")
    with run_driver() as driver, launch_chromium(driver) as browser:
        for size in SIZES:
            page = browser.new_page(viewport={"width": size, "height": size})
            page.set_content(f"<style>body{{margin:0}}svg{{display:block}}</style>{drawing}")
            drawn = Image.open(io.BytesIO(page.screenshot())).convert("RGB").quantize(64)
            drawn.save(PACKAGE_FOLDER / "static" / f"icon-{size}.png", optimize=True)
            page.close()


main()
