"""Run the measurements of this folder and print them as JSON: ``python -m benchmarks [pipeline] [many] [web] …``."""

from __future__ import annotations

import json
import sys

from benchmarks import (
    answers,
    calibration,
    desk,
    growth,
    index,
    links,
    load,
    many,
    memory,
    near,
    order,
    pages,
    pipeline,
    web,
)

PARTS = {
    "pipeline": pipeline.measure,
    "many": many.measure,
    "web": web.measure,
    "answers": answers.measure,
    "memory": memory.measure,
    "index": index.measure,
    "near": near.measure,
    "load": load.measure,
}
# Needs Node, Java and npm, a million rows, or many minutes: asked for by name only.
NAMED = {
    "pages": pages.measure,
    "desk": desk.measure,
    "growth": growth.measure,
    "links": links.measure,
    "order": order.measure,
    "calibration": calibration.measure,
}


def main() -> None:
    """Measure the named parts, or all."""
    for name in sys.argv[1:] or list(PARTS):
        print(json.dumps({name: (PARTS | NAMED)[name]()}), flush=True)


main()
